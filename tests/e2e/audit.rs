//! The audit trail as the command keeps it: no output without its record, and no change that is not noticed.

use std::fs;
use std::io::Write;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use moretta::audit::{Event, Revision, RunStarted, Trail, Who};
use moretta::keys::Keyring;
use moretta_tests::command::{Desk, moretta};
use moretta_tests::generate::{Amount, write_patients};
use serde_json::Value;

use crate::table::corpus;

const POLICY: &str = "\
version: 1
domain: audit
subject: id
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 30 } }
unmatched: drop
";

const TABLE: &str = "id,born,note\nperson-1,1980-01-02,a\nperson-2,1981-02-03,b\nperson-3,1982-03-04,c\n";

const VERIFY: &str = "audit verify keys/audit --keyring keys";

fn desk() -> Desk {
    let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY)]);
    desk.make_keys("keys");
    desk
}

fn mask(out: &str) -> String {
    format!("mask in.csv --policy policy.yaml --keyring keys --quiet --out {out}")
}

/// The records of the trail, by an export with these options.
fn records(desk: &Desk, options: &str) -> Vec<Value> {
    let export = desk.run(&format!("audit export keys/audit {options}")).assert_code(0);
    export.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn actions(records: &[Value]) -> Vec<(&str, &str)> {
    let word = |record: &'_ Value, name: &str| record[name].as_str().unwrap().to_owned();
    records
        .iter()
        .map(|record| (word(record, "action").leak() as &str, word(record, "outcome").leak() as &str))
        .collect()
}

/// The records since the keys were made.
fn of_runs(desk: &Desk) -> Vec<Value> {
    let mut records = records(desk, "");
    records.retain(|record| record["action"] != "key-changed");
    records
}

#[test]
fn a_run_is_recorded_from_its_keys_to_its_rows() {
    let desk = desk();
    desk.run(&mask("out.csv")).assert_code(0);
    assert!(desk.run(VERIFY).assert_code(0).text().starts_with("clean: 9 records, 3 checkpoints"));
    let made = records(&desk, "--action key-changed");
    let keys: Vec<_> = made.iter().map(|record| record["details"]["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["identity", "dates", "quarantine", "audit"]);
    let run = of_runs(&desk);
    let expected = [
        ("run-started", "done"),
        ("key-granted", "allowed"),
        ("key-granted", "allowed"),
        ("masked", "done"),
        ("run-ended", "done"),
    ];
    assert_eq!(actions(&run), expected);
    assert!(run.iter().all(|record| record["run"] == run[0]["run"] && record["who"]["kind"] == "os-user"));
    assert_eq!(run[0]["details"]["inputs"][0], "in.csv");
    assert_eq!((&run[1]["details"]["key"], &run[2]["details"]["domain"]), (&"identity".into(), &"audit".into()));
    let masked = &run[3]["details"];
    assert_eq!(masked["outcomes"]["masked"], 3);
    assert_eq!(masked["operations"][0], serde_json::json!({"transform": "pseudonym/pseudonym", "values": 3}));
    let columns: Vec<_> = masked["columns"].as_array().unwrap().iter().map(|column| &column["action"]).collect();
    assert_eq!(columns, ["mask", "mask", "drop"]);
    assert_eq!(masked["revision"]["plugins"][0]["digest"].as_str().unwrap().len(), 64);
    assert_eq!(run[4]["details"]["bytes_written"], desk.bytes("out.csv").len());
}

#[test]
fn records_are_found_by_run_key_action_and_time() {
    let desk = desk();
    desk.run(&mask("one.csv")).assert_code(0);
    desk.run(&mask("two.csv")).assert_code(0);
    let all = records(&desk, "");
    let run = all.last().unwrap()["run"].as_str().unwrap();
    assert_eq!(records(&desk, &format!("--run {run}")).len(), 5);
    assert_eq!(records(&desk, "--key dates").len(), 1 + 2 * 3);
    assert_eq!(records(&desk, "--action masked --key identity").len(), 2);
    let last = all.last().unwrap()["time"].as_str().unwrap();
    assert_eq!(records(&desk, &format!("--since {}", &last[..10])).len(), all.len());
    assert_eq!(records(&desk, &format!("--until {}", &last[..10])).len(), all.len());
    assert!(records(&desk, "--until 2020").is_empty() && records(&desk, "--since 2999-12").is_empty());
    desk.run("audit show keys/audit --since yesterday").assert_code(2);
    let shown = desk.run(&format!("audit show keys/audit --run {run}")).assert_code(0).text();
    assert!(shown.lines().count() == 6 && shown.contains("two.csv") && !shown.contains("one.csv"), "{shown}");
    assert_eq!(records(&desk, "--format ocsf").len(), all.len());
}

#[test]
fn what_fails_or_is_denied_is_recorded_as_that() {
    let desk = desk();
    desk.put("in.csv", TABLE.replace("1981-02-03", "soon"));
    desk.run(&mask("out.csv")).assert_code(3);
    assert_eq!(actions(&of_runs(&desk))[3..], [("masked", "done"), ("run-ended", "failed")]);
    desk.put("in.csv", TABLE.replace(",b", ",b,b"));
    desk.run(&mask("out.csv")).assert_code(1);
    desk.put("in.csv", TABLE);
    desk.put("policy.yaml", POLICY.replace("key: identity", "key: others"));
    desk.run(&mask("out.csv")).assert_code(2);
    let records = of_runs(&desk);
    let problems: Vec<_> = records.iter().filter_map(|record| record["details"]["problem"].as_str()).collect();
    assert_eq!(problems, ["quarantine", "input", "usage"]);
    let denied: Vec<_> = records.iter().filter(|record| record["outcome"] == "denied").collect();
    assert_eq!(denied.len(), 1);
    assert_eq!(
        (&denied[0]["details"]["key"], &denied[0]["details"]["refused"]),
        (&"others".into(), &"unknown-key".into())
    );
    desk.run(VERIFY).assert_code(0);
}

#[test]
fn reading_a_quarantine_is_recorded_before_and_after() {
    let desk = desk();
    desk.put("in.csv", TABLE.replace("1981-02-03", "soon"));
    desk.run(&format!("{} --quarantine rows.q --max-quarantined 1", mask("out.csv"))).assert_code(0);
    desk.run("quarantine read rows.q --keyring keys").assert_code(0);
    desk.make_keys("others");
    desk.run("quarantine read rows.q --keyring others --audit keys/audit").assert_code(1);
    desk.run("quarantine read rows.q --keyring others").assert_code(1);
    let read = [records(&desk, "--action quarantine-opened"), records(&desk, "--action quarantine-read")].concat();
    assert_eq!(actions(&read), [("quarantine-opened", "allowed"), ("quarantine-read", "done")]);
    assert_eq!(read[1]["details"], serde_json::json!({"file": "rows.q", "rows": 1}));
    let others = desk.run("audit export others/audit --action quarantine-read").assert_code(0).text();
    assert!(others.contains(r#""refused":"key","rows":0"#) && others.contains(r#""outcome":"failed""#), "{others}");
    desk.run("keys init --keyring without --key audit=audit").assert_code(0);
    desk.run("quarantine read rows.q --keyring without").assert_code(2);
    let without = desk.run("audit export without/audit --action quarantine-opened").assert_code(0).text();
    assert!(without.contains(r#""refused":"key""#) && without.contains(r#""outcome":"denied""#), "{without}");
}

#[test]
fn a_trail_is_kept_where_the_operator_says_and_not_where_there_is_none_to_keep() {
    let desk = desk();
    desk.run(&format!("{} --audit elsewhere", mask("out.csv"))).assert_code(0);
    assert!(of_runs(&desk).is_empty());
    desk.run("audit verify elsewhere --keyring keys").assert_code(0);
    desk.run("mask in.csv --policy policy.yaml --ephemeral-keys --out out.csv").assert_code(0);
    desk.run("mask in.csv --policy policy.yaml --ephemeral-keys --out out.csv --audit elsewhere").assert_code(2);
    desk.run(&format!("{} --audit elsewhere --ephemeral-keys", mask("out.csv"))).assert_code(0);
    let trail = desk.run("audit verify elsewhere --keyring keys").assert_code(0).text();
    assert!(trail.starts_with("clean: 10 records"), "{trail}");
    let inside = desk.run(&mask("elsewhere/out.csv").replace("--quiet", "--audit elsewhere")).assert_code(2);
    assert!(inside.stderr.contains("write somewhere else"), "{}", inside.stderr);

    let plain = "keys init --keyring plain --key identity=pseudonym --key dates=date-shift";
    desk.run(plain).assert_code(0);
    let run = desk.run("mask in.csv --policy policy.yaml --keyring plain --out out.csv").assert_code(0);
    assert!(run.stderr.contains("in no audit trail"), "{}", run.stderr);
    desk.run("mask in.csv --policy policy.yaml --keyring plain --out out.csv --audit elsewhere").assert_code(2);
    fs::create_dir(desk.path("plain/audit")).unwrap();
    desk.run("mask in.csv --policy policy.yaml --keyring plain --out out.csv").assert_code(2);
}

#[test]
fn tampering_is_named_and_ends_with_code_1() {
    let desk = desk();
    desk.run(&mask("out.csv")).assert_code(0);
    let segment = desk.path("keys/audit/records-00000000000000000000");
    let clean = fs::read(&segment).unwrap();
    let place = clean.windows(8).position(|bytes| bytes == b"\"out.csv").unwrap();
    let mut changed = clean.clone();
    changed[place + 1] = b'0';
    fs::write(&segment, &changed).unwrap();
    let verify = desk.run(VERIFY).assert_code(1);
    assert!(verify.stderr.contains("record 4 ") && verify.stderr.contains("its digest"), "{}", verify.stderr);
    desk.run("audit show keys/audit").assert_code(1);
    desk.remove("out.csv");
    let refused = desk.run(&mask("out.csv")).assert_code(1);
    assert!(refused.stderr.contains("tampered"), "{}", refused.stderr);
    assert!(!desk.path("out.csv").exists());
    fs::write(&segment, &clean).unwrap();
    desk.run(VERIFY).assert_code(0);
    desk.make_keys("others");
    desk.run("audit verify keys/audit --keyring others").assert_code(1);
    desk.run("audit verify nowhere --keyring keys").assert_code(2);
    desk.run("audit verify keys/audit").assert_code(2);
}

#[test]
fn a_third_party_verifies_with_the_public_key_and_a_checkpoint_that_it_kept() {
    let desk = desk();
    let public = desk.run("audit public-key keys/audit --keyring keys").assert_code(0);
    desk.put("public", public.stdout);
    desk.put("kept", desk.bytes("keys/audit/checkpoint"));
    desk.run(&mask("out.csv")).assert_code(0);
    let proof = desk.run("audit prove 7 keys/audit").assert_code(0);
    desk.put("proof.json", proof.stdout);
    desk.put("growth.json", desk.run("audit prove-growth kept keys/audit").assert_code(0).stdout);
    let verify = "audit verify keys/audit --public-key public --checkpoint kept";
    desk.run(verify).assert_code(0);
    let taken = desk.path("taken");
    fs::create_dir(&taken).unwrap();
    for file in fs::read_dir(desk.path("keys/audit")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), taken.join(file.file_name())).unwrap();
    }
    fs::remove_dir_all(desk.path("keys")).unwrap();
    desk.run("audit verify taken --public-key public --checkpoint kept").assert_code(0);
    let proved = desk.run("audit verify-proof proof.json --public-key public").assert_code(0).text();
    assert!(proved.starts_with("proved: record 7 of moretta/audit/") && proved.contains("\"masked\""), "{proved}");
    let grown = desk.run("audit verify-proof growth.json --public-key public").assert_code(0).text();
    assert!(grown.contains("grew from 4 records to 9"), "{grown}");
    desk.put("proof.json", desk.text("proof.json").replace("\\\"masked\\\":3", "\\\"masked\\\":2"));
    desk.run("audit verify-proof proof.json --public-key public").assert_code(1);
    desk.make_keys("others");
    desk.run("audit verify-proof growth.json --keyring others").assert_code(1);
    desk.put("kept", desk.bytes("others/audit/checkpoint"));
    desk.run(verify).assert_code(1);
}

/// Makes the trail longer than 128 KiB.
fn lengthen(desk: &Desk) {
    let key = Keyring::open(&desk.path("keys")).unwrap().audit_key("audit").unwrap();
    let trail = Trail::open(&desk.path("keys/audit"), key, Who::of_process(), SystemTime::now).unwrap();
    let revision = Revision {
        number: 1,
        host: String::new(),
        policy: None,
        policy_digest: String::new(),
        labels_digest: None,
        plugins: Vec::new(),
        keys: Vec::new(),
    };
    let (inputs, out) = (vec!["x".repeat(1000); 200], String::new());
    let started = Event::RunStarted(RunStarted { inputs, out, quarantine: None, revision });
    let _recorded = trail.record(None, &[started]).unwrap();
}

#[test]
fn a_run_that_cannot_be_recorded_leaves_nothing_and_the_trail_is_clean() {
    let desk = desk();
    lengthen(&desk);
    let before = desk.names();
    // A file may have 64 or 128 KiB, by the shell's unit: the output fits, and the trail is longer already.
    let line = format!("trap '' XFSZ; ulimit -f 128; exec \"$MORETTA\" {}", mask("out.csv"));
    let full = desk.run_in_shell(&line).assert_code(1);
    assert!(full.stderr.contains("cannot write keys/audit/records-"), "{}", full.stderr);
    assert_eq!(desk.names(), before);
    assert!(desk.run(VERIFY).assert_code(0).text().starts_with("clean: 5 records"));
    desk.run(&mask("out.csv")).assert_code(0);
    desk.run(VERIFY).assert_code(0);
}

/// A run that has begun, and waits for the rest of its input.
fn waiting(desk: &Desk) -> Child {
    let arguments = mask("out.csv").replace("in.csv", "- --input-format csv");
    let mut command = desk.command(&moretta());
    let command = command.args(arguments.split_whitespace()).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut run = command.spawn().unwrap();
    // More than is read at once, so that reading has begun.
    let rows = TABLE.to_owned() + &"person-4,1983-04-05,d\n".repeat(300_000);
    run.stdin.as_mut().unwrap().write_all(rows.as_bytes()).unwrap();
    let started = Instant::now();
    while of_runs(desk).is_empty() && started.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(5));
    }
    assert_eq!(actions(&of_runs(desk))[0], ("run-started", "done"));
    run
}

#[test]
fn a_run_whose_end_cannot_be_recorded_leaves_nothing() {
    let desk = desk();
    let run = waiting(&desk);
    let segment = desk.path("keys/audit/records-00000000000000000000");
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 1]).unwrap();
    let before = desk.names();
    let ended = run.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{error}");
    assert!(error.contains("tampered"), "{error}");
    let mut after = desk.names();
    after.extend(before.iter().filter(|name| name.starts_with(".moretta-")).cloned());
    assert_eq!(after, before);
    assert!(!desk.path("out.csv").exists());
}

#[test]
fn a_run_that_is_killed_has_begun_in_the_trail() {
    let desk = desk();
    let mut run = waiting(&desk);
    run.kill().unwrap();
    run.wait().unwrap();
    let records = of_runs(&desk);
    assert_eq!(actions(&records)[..2], [("run-started", "done"), ("key-granted", "allowed")]);
    desk.run(VERIFY).assert_code(0);
    desk.run(&mask("out.csv")).assert_code(0);
    desk.run(VERIFY).assert_code(0);
}

#[test]
fn processes_that_write_to_one_trail_at_once_are_all_in_it() {
    let desk = desk();
    for round in 0..5 {
        let run = |number| {
            let arguments = mask(&format!("out-{round}-{number}.csv"));
            desk.command(&moretta()).args(arguments.split_whitespace()).spawn().unwrap()
        };
        let runs: Vec<_> = (0..2).map(run).collect();
        for mut run in runs {
            assert!(run.wait().unwrap().success());
        }
    }
    let ended = records(&desk, "--action run-ended");
    assert_eq!(ended.len(), 10);
    assert_eq!(of_runs(&desk).len(), 50);
    assert!(desk.run(VERIFY).assert_code(0).text().starts_with("clean: 54 records, 21 checkpoints"));
}

#[test]
fn every_output_of_a_killed_run_has_its_record() {
    let desk = desk();
    let mut table = Vec::new();
    write_patients(11, Amount::Rows(40_000), &mut table).unwrap();
    desk.put("in.csv", table);
    let policy = corpus("generated/patients.yaml").display().to_string();
    let run = |out: &str| {
        let arguments = mask(out).replace("policy.yaml", &policy);
        desk.command(&moretta()).args(arguments.split_whitespace()).spawn().unwrap()
    };
    let started = Instant::now();
    assert!(run("whole.csv").wait().unwrap().success());
    let (mut whole_run, whole) = (started.elapsed(), desk.bytes("whole.csv").len());
    let (mut killed, mut seed) = (0, 2_026_u64);
    for number in 0..20 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = (seed >> 33) as f64 / (1_u64 << 31) as f64;
        let mut child = run(&format!("out-{number}.csv"));
        // Half of them near the end, where the records are written, as far as it can be told when that is.
        sleep(whole_run.mul_f64(if number % 2 == 0 { moment } else { 0.8 + moment / 4.0 }));
        child.kill().unwrap();
        let ended = child.wait().unwrap().code().is_some();
        killed += u32::from(!ended);
        whole_run = whole_run.mul_f64(if ended { 0.85 } else { 1.05 });
        desk.run(VERIFY).assert_code(0);
    }
    assert!(killed >= 4, "only {killed} of 20 runs were killed before their end");
    let ended = records(&desk, "--action run-ended");
    for name in desk.names().iter().filter(|name| name.starts_with("out-")) {
        assert_eq!(desk.bytes(name).len(), whole, "{name}");
        let of_it: Vec<_> = ended.iter().filter(|record| record["details"]["out"] == name.as_str()).collect();
        assert_eq!(of_it.len(), 1, "{name}");
        assert_eq!((&of_it[0]["outcome"], &of_it[0]["details"]["bytes_written"]), (&"done".into(), &whole.into()));
    }
}

#[test]
fn a_key_of_a_document_that_is_data_is_no_name_in_the_trail() {
    let desk = desk();
    desk.put("in.ndjson", "{\"id\":\"person-1\",\"born\":\"1980-01-02\",\"999-55-0001\":\"x\"}\n");
    desk.run(&mask("out.ndjson").replace("in.csv", "in.ndjson")).assert_code(0);
    let masked = records(&desk, "--action masked");
    assert_eq!(masked[0]["details"]["columns"].as_array().unwrap().len(), 3);
    assert!(!format!("{:?}", records(&desk, "")).contains("999-55"));
}
