//! Stopping, starting, reloading and ending.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use moretta_tests::http::{chunk, connect, exchange, head};
use moretta_tests::serving::{Serving, await_that};

use super::{POLICY, begin_masking, desk, rows, table};

/// What is left of an answer, and whether its end came.
fn rest(mut stream: TcpStream) -> (Vec<u8>, bool) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    let complete = String::from_utf8_lossy(&rest).contains("moretta-status: complete");
    (rest, complete)
}

fn ready(serving: &Serving) -> u16 {
    exchange(connect(serving.address()), head("GET", "/readyz", &[("connection", "close")]).as_bytes()).status
}

#[test]
fn the_kill_switch_ends_what_is_under_way_at_once() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    let stream = begin_masking(&serving, "etl", &[]);
    let pulled = Instant::now();
    let told = serving.post("anna", "/v1/datasets/patients/stop", &[], b"").assert_status(200).json();
    assert_eq!(told["status"]["gate"], "stopped", "{told}");
    let (_, complete) = rest(stream);
    assert!(!complete && pulled.elapsed() < Duration::from_secs(2), "{:?}", pulled.elapsed());
    let refused = serving.mask("etl", &table(3)).assert_status(503);
    assert_eq!((refused.problem().as_str(), refused.field("retry-after")), ("stopped", "30"));
    assert_eq!(ready(&serving), 503);
    serving.post("anna", "/v1/datasets/patients/start", &[], b"").assert_status(200);
    assert_eq!(ready(&serving), 200);
    serving.mask("etl", &table(3)).assert_whole();
    let records = desk.run("audit export keys/audit").assert_code(0).text();
    let by_anna = records.lines().filter(|line| line.contains("\"anna\"")).count();
    assert!(by_anna >= 2, "{records}");
}

#[test]
fn a_hang_up_reads_everything_again() {
    let desk = desk("");
    let configuration = desk.text("moretta.yaml").replace(
        "max_quarantined: 2 }",
        "max_quarantined: 2, revisions: { watch: { events: false, poll_ms: 600000 } } }",
    );
    desk.put("moretta.yaml", configuration);
    let serving = Serving::start(&desk);
    let before = serving.mask("etl", &table(3)).assert_whole();
    desk.put("policy.yaml", POLICY.replace("[visits], keep: true", "[visits], mask: redact"));
    serving.signal("HUP");
    assert_eq!(serving.await_logged("reloaded")["result"], "in-force");
    let after = serving.mask("etl", &table(3)).assert_whole();
    assert!(after.body != before.body && after.trailer("moretta-revision") == "2");
    desk.put("policy.yaml", "version: 9\n");
    serving.signal("HUP");
    serving.await_logged("reload-failed");
    assert!(serving.mask("etl", &table(3)).assert_whole().body == after.body);
}

#[test]
fn a_server_that_is_to_stop_ends_what_is_under_way_in_order() {
    let desk = desk("");
    let mut serving = Serving::start(&desk);
    let mut stream = begin_masking(&serving, "etl", &[]);
    serving.signal("TERM");
    serving.await_logged("stopping");
    await_that("the end of listening", || TcpStream::connect(serving.address()).is_err());
    stream.write_all(&[chunk(rows(0..10).as_bytes()), chunk(b"")].concat()).unwrap();
    let (_, complete) = rest(stream);
    assert!(complete);
    assert_eq!(serving.wait(), Some(0));
    assert_eq!(serving.logged("stopped").len(), 1);
}

#[test]
fn a_server_that_is_to_stop_does_not_wait_for_ever() {
    let desk = desk("limits: { drain_seconds: 1 }\n");
    let mut serving = Serving::start(&desk);
    let stream = begin_masking(&serving, "etl", &[]);
    let told = Instant::now();
    serving.signal("TERM");
    assert_eq!(serving.wait(), Some(0));
    assert!((900..5_000).contains(&told.elapsed().as_millis()), "{:?}", told.elapsed());
    assert!(!rest(stream).1 && serving.logged("ended-under-way").len() == 1);
}

#[test]
fn what_is_wrong_shows_before_anybody_is_served() {
    let desk = desk("");
    desk.put("jwks.json", moretta_tests::serving::jwks().to_string());
    desk.run("serve --check moretta.yaml").assert_code(0);
    let configuration = desk.text("moretta.yaml");
    for (wrong, part) in [
        (configuration.replace("allow: [mask]", "allow: [mask, operate]"), "may not both mask and operate"),
        (configuration.replace("policy.yaml", "missing.yaml"), "missing.yaml"),
        (configuration.replace("jwks.json", "policy.yaml"), "JSON Web Key Set"),
        (configuration.replace("workers: 2", "worker: 2"), "no section `worker`"),
    ] {
        desk.put("wrong.yaml", wrong);
        let refused = desk.run("serve --check wrong.yaml").assert_code(2);
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
}
