//! Requests that come twice with one `Idempotency-Key`.

use std::io::Write;

use moretta_tests::http::{Answer, chunk, read};
use moretta_tests::serving::{MASK, Serving, await_that, names_in};

use super::{CSV, begin, begin_masking, desk, rows, table};

fn with_key(serving: &Serving, subject: &str, key: &str, body: &str) -> Answer {
    serving.post(subject, MASK, &[CSV, ("idempotency-key", key)], body.as_bytes())
}

/// A policy under which no two runs make the same.
const RANDOM: &str = "\
version: 1
domain: server
labels: { zip: zip, born: birth-date }
rules:
  - { columns: [id], mask: encrypt, key: sealing }
  - { columns: [zip, born, visits], keep: true }
";

fn random_desk(more: &str) -> moretta_tests::command::Desk {
    let desk = desk(more);
    desk.run("keys add --keyring keys sealing=encrypt").assert_code(0);
    desk.put("policy.yaml", RANDOM);
    desk
}

#[test]
fn a_request_that_comes_again_is_answered_from_the_record() {
    let desk = random_desk("");
    let serving = Serving::start(&desk);
    let body = table(30_000);
    let first = with_key(&serving, "etl", "1", &body).assert_whole();
    assert_eq!(first.field("moretta-replayed"), "");
    let again = with_key(&serving, "etl", "1", &body).assert_whole();
    assert!(again.body == first.body && again.field("moretta-replayed") == "true");
    assert_eq!((&again.trailers, again.field("moretta-run")), (&first.trailers, first.field("moretta-run")));
    // Another body, another format and an odd one are other requests; other principals have other keys.
    assert_eq!(with_key(&serving, "etl", "1", &table(29_999)).assert_status(422).problem(), "key-reused");
    let fields = [CSV, ("idempotency-key", "1"), ("accept", "application/x-ndjson")];
    serving.post("etl", MASK, &fields, body.as_bytes()).assert_status(422);
    let other = with_key(&serving, "etl-2", "1", &body).assert_whole();
    assert!(other.body != first.body && other.field("moretta-replayed").is_empty());
    // A body that is packed is the same body.
    let packed = zstd::encode_all(body.as_bytes(), 1).unwrap();
    let fields = [CSV, ("idempotency-key", "1"), ("content-encoding", "zstd")];
    assert!(serving.post("etl", MASK, &fields, &packed).assert_whole().body == first.body);
}

#[test]
fn a_request_that_failed_is_done_anew() {
    let desk = random_desk("");
    let serving = Serving::start(&desk);
    for _ in 0..2 {
        with_key(&serving, "etl", "1", "id,zip\n\"1\n").assert_status(422);
    }
    with_key(&serving, "etl", "1", &table(10)).assert_whole();
    assert_eq!(names_in(&desk.path("spool")).len(), 3);
}

#[test]
fn a_request_that_is_under_way_is_not_done_beside_it() {
    let desk = random_desk("");
    let serving = Serving::start(&desk);
    let mut stream = begin_masking(&serving, "etl", &[("idempotency-key", "1")]);
    let refused = with_key(&serving, "etl", "1", &table(3)).assert_status(409);
    assert_eq!((refused.problem().as_str(), refused.field("retry-after")), ("under-way", "1"));
    // Who goes away leaves no record, and their turn to the next.
    drop(stream.write_all(&chunk(rows(0..10).as_bytes())));
    drop(stream);
    await_that("the end of the run", || with_key(&serving, "etl", "1", &table(3)).status == 200);
    assert_eq!(names_in(&desk.path("spool")).len(), 3);
}

#[test]
fn a_killed_server_loses_nothing_and_does_nothing_twice() {
    let desk = random_desk("");
    let mut serving = Serving::start(&desk);
    let body = table(30_000);
    let first = with_key(&serving, "etl", "done", &body).assert_whole();
    let stream = begin_masking(&serving, "etl", &[("idempotency-key", "half")]);
    serving.signal("KILL");
    assert_eq!(serving.wait(), None);
    assert!(!read(stream).complete);
    // Nothing of what was under way is left: the key of the spool, its lock, and one record.
    assert_eq!(names_in(&desk.path("spool")).len(), 3);
    assert!(names_in(&desk.path("quarantine")).is_empty());
    let serving = Serving::start(&desk);
    let again = with_key(&serving, "etl", "done", &body).assert_whole();
    assert!(again.body == first.body && again.field("moretta-replayed") == "true");
    let anew = with_key(&serving, "etl", "half", &body).assert_whole();
    assert!(anew.field("moretta-replayed").is_empty());
    desk.run("audit verify keys/audit --keyring keys").assert_code(0);
}

#[test]
fn an_answer_that_is_too_large_to_be_kept_is_not_made_twice() {
    let desk = random_desk("");
    let configuration =
        desk.text("moretta.yaml").replace("directory: spool }", "directory: spool, answer_bytes: 10000 }");
    desk.put("moretta.yaml", configuration);
    let serving = Serving::start(&desk);
    with_key(&serving, "etl", "1", &table(10_000)).assert_whole();
    assert_eq!(with_key(&serving, "etl", "1", &table(10_000)).assert_status(410).problem(), "answer-not-kept");
    with_key(&serving, "etl", "2", &table(10)).assert_whole();
    with_key(&serving, "etl", "2", &table(10)).assert_whole();
}

#[test]
fn a_key_is_not_overlooked_where_no_answers_are_kept() {
    let desk = desk("");
    desk.put("moretta.yaml", desk.text("moretta.yaml").replace("spool: { directory: spool }", ""));
    let serving = Serving::start(&desk);
    assert_eq!(with_key(&serving, "etl", "1", &table(3)).assert_status(501).problem(), "no-spool");
    drop(begin(&serving, "etl", &[]));
}
