//! Bringing encrypted values back: with two others or not at all, exactly what was approved, once, and recorded.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Instant;

use moretta_tests::command::{Desk, Finished, moretta};
use serde_json::Value;

use crate::table::Table;

const POLICY: &str = "\
version: 1
domain: clinic
rules:
  - { columns: [ssn], mask: encrypt, key: cells, with: { prefix: \"E-\" } }
  - { columns: [mrn], mask: encrypt-deterministic, key: joins }
  - { columns: [name], mask: redact }
  - { columns: [state], keep: true }
";

const ROWS: usize = 40;

/// Values that occur nowhere else. Each third row has no number, and each tenth an empty one.
fn row(number: usize) -> [String; 4] {
    let ssn = match number {
        number if number.is_multiple_of(10) => "\"\"".to_owned(),
        number if number.is_multiple_of(3) => String::new(),
        _ => format!("999-55-{number:04}"),
    };
    [ssn, format!("MRN/{}/KX", number % 7), format!("Wendelmira-{number:04}"), "Alaska".to_owned()]
}

fn table(rows: usize) -> String {
    let lines = (1..=rows).map(|number| row(number).join(",") + "\n");
    "ssn,mrn,name,state\n".to_owned() + &lines.collect::<String>()
}

fn secrets() -> BTreeSet<String> {
    let values = (1..=ROWS).flat_map(|number| row(number).into_iter().take(3));
    values.filter(|value| value.len() > 2).collect()
}

/// A desk with a masked table and five operators, of whom rosalba may break the glass. Mallory has a key and is none.
fn desk() -> Desk {
    let desk = Desk::with(&[("in.csv", &table(ROWS)), ("policy.yaml", POLICY)]);
    make_keys(&desk, "keys");
    mask(&desk, "in.csv", "masked.csv");
    for name in ["anna", "bruno", "dario", "emma", "rosalba"] {
        register(&desk, name);
    }
    desk.run("operators new-key --out mallory.key").assert_code(0);
    desk
}

fn make_keys(desk: &Desk, name: &str) {
    let keys = "--key cells=encrypt --key joins=encrypt-deterministic --key audit=audit";
    desk.run(&format!("keys init --keyring {name} {keys}")).assert_code(0);
}

fn mask(desk: &Desk, input: &str, out: &str) {
    desk.run(&format!("mask {input} --policy policy.yaml --keyring keys --quiet --out {out}")).assert_code(0);
}

pub(crate) fn register(desk: &Desk, name: &str) {
    let public = desk.run(&format!("operators new-key --out {name}.key")).assert_code(0).text();
    let role = if name == "rosalba" { "--break-glass" } else { "" };
    let add = format!("operators add {name} --public-key {} {role} --keyring keys", public.trim());
    if ["anna", "bruno"].contains(&name) {
        desk.run(&add).assert_code(0);
        return;
    }
    desk.run(&format!("{add} --ask add.json --as carla --justification joined")).assert_code(0);
    approve(desk, "add.json", &["anna", "bruno"]);
    desk.run(&format!("{add} --request add.json --approval anna.json --approval bruno.json")).assert_code(0);
}

/// `NAME.json` of each.
pub(crate) fn approve(desk: &Desk, request: &str, names: &[&str]) {
    for name in names {
        desk.run(&format!("approve {request} --as {name} --key {name}.key --out {name}.json")).assert_code(0);
    }
}

const OF: &str = "--policy policy.yaml --keyring keys";

pub(crate) fn ask(desk: &Desk, what: &str) -> Finished {
    desk.run(&format!("reveal {what} {OF} --ask request.json --as carla --justification event-17"))
}

pub(crate) fn reveal(desk: &Desk, what: &str, names: &[&str]) -> Finished {
    let approvals: String = names.iter().map(|name| format!(" --approval {name}.json")).collect();
    desk.run(&format!("reveal {what} {OF} --request request.json{approvals}"))
}

/// Everything that it takes.
pub(crate) fn reveal_approved(desk: &Desk, what: &str, out: &str) -> Finished {
    ask(desk, what).assert_code(0);
    approve(desk, "request.json", &["anna", "bruno"]);
    reveal(desk, &format!("{what} --out {out}"), &["anna", "bruno"])
}

/// The records of the trail with this action.
pub(crate) fn records(desk: &Desk, action: &str) -> Vec<Value> {
    let export = desk.run(&format!("audit export keys/audit --action {action}")).assert_code(0);
    export.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Why the last attempt was denied, as the trail has it.
#[track_caller]
pub(crate) fn assert_denied(desk: &Desk, run: Finished, said: &str, code: &str) {
    let run = run.assert_code(2);
    assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    assert!(!desk.path("out.csv").exists());
    let record = records(desk, "reveal-opened").pop().unwrap();
    assert_eq!((&record["outcome"], &record["details"]["refused"]), (&"denied".into(), &code.into()), "{said}");
}

#[test]
fn what_was_masked_is_revealed_and_all_else_stays_masked() {
    let desk = desk();
    let (before, masked) = (Table::of_csv(table(ROWS).as_bytes()), Table::of_csv(&desk.bytes("masked.csv")));
    for column in ["ssn", "mrn"] {
        let out = format!("{column}.csv");
        let run = reveal_approved(&desk, &format!("masked.csv --column {column}"), &out).assert_code(0);
        let cells =
            before.column(column).iter().filter(|value| !value.is_empty()).count() + 4 * usize::from(column == "ssn");
        assert!(run.stderr.contains(&format!("{cells} values; 0 cells left")), "{}", run.stderr);
        let revealed = Table::of_csv(&desk.bytes(&out));
        assert_eq!(revealed.column(column), before.column(column));
        for other in ["ssn", "mrn", "name", "state"].iter().filter(|other| **other != column) {
            assert_eq!(revealed.column(other), masked.column(other), "{other}");
        }
        assert_eq!(fs::metadata(desk.path(&out)).unwrap().permissions().mode() & 0o777, 0o600);
        let record = records(&desk, "revealed").pop().unwrap();
        let details = &record["details"];
        assert_eq!((&record["outcome"], &details["rows_revealed"]), (&"done".into(), &cells.into()));
        assert_eq!((&details["column"], &details["versions"]), (&column.into(), &serde_json::json!([1])));
        assert_eq!((&details["requester"], &details["approvers"][1]), (&"carla".into(), &"bruno".into()));
    }
    // What is empty and what is missing differ again, as they did before.
    let lines =
        |name: &str| desk.text(name).lines().map(|line| line.split(',').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(lines("ssn.csv"), lines("in.csv"));
    desk.run("audit verify keys/audit --keyring keys").assert_code(0);
}

#[test]
fn every_format_is_revealed() {
    let desk = desk();
    let before = Table::of_csv(table(ROWS).as_bytes());
    desk.put("keep.yaml", "version: 1\ngate: { content: off }\nrules: [{ columns: [\"**\"], keep: true }]\n");
    for name in ["masked.tsv", "masked.csv.gz", "masked.ndjson", "masked.ndjson.zst", "masked.parquet", "masked.arrow"]
    {
        mask(&desk, "in.csv", name);
        let out = name.replace("masked", "out");
        reveal_approved(&desk, &format!("{name} --column ssn"), &out).assert_code(0);
        let text = desk.run(&format!("mask {out} --policy keep.yaml --out - --format csv --quiet")).assert_code(0);
        assert_eq!(Table::of_csv(&text.stdout).column("ssn"), before.column("ssn"), "{name}");
    }
}

#[test]
fn values_in_documents_are_revealed_in_their_places() {
    let desk = desk();
    let policy = POLICY.replace("columns: [ssn]", "columns: [ssn, \"ids[].value\"]").replace("[state]", "[\"**\"]");
    desk.put("policy.yaml", policy);
    let documents = "{\"ids\":[{\"value\":\"a-1\",\"use\":\"x\"},{\"value\":\"é-2\"}],\"n\":1.50}\n{\"n\":2}\n\
                     {\"ids\":[{\"value\":null},{\"value\":\"c-3\"}],\"n\":3}\n";
    desk.put("in.ndjson", documents);
    mask(&desk, "in.ndjson", "masked.ndjson");
    assert!(!desk.text("masked.ndjson").contains("\"a-1\""));
    let what = "masked.ndjson --column ids[].value";
    let run = reveal_approved(&desk, what, "out.ndjson").assert_code(0);
    assert_eq!(desk.text("out.ndjson"), documents);
    assert!(run.stderr.contains("2 rows revealed to out.ndjson: 3 values"), "{}", run.stderr);
    reveal_approved(&desk, &format!("{what} --rows 3"), "third.ndjson").assert_code(0);
    let third: Vec<_> = desk.text("third.ndjson").lines().map(str::to_owned).collect();
    let masked: Vec<_> = desk.text("masked.ndjson").lines().map(str::to_owned).collect();
    assert_eq!((third[0].as_str(), third[2].as_str()), (masked[0].as_str(), documents.lines().nth(2).unwrap()));
}

#[test]
fn numbers_and_bytes_are_what_they_were() {
    let desk = desk();
    let rule = "columns: [ssn, n, bytes]";
    let policy = POLICY.replace("columns: [ssn]", rule).replace("rules:", "types: { n: int64, bytes: binary }\nrules:");
    desk.put("policy.yaml", policy);
    let documents = "{\"n\":17,\"bytes\":\"/wBB\"}\n{\"n\":null,\"bytes\":null}\n{\"n\":-3,\"bytes\":\"\"}\n";
    desk.put("in.ndjson", documents);
    mask(&desk, "in.ndjson", "masked.ndjson");
    assert!(!desk.text("masked.ndjson").contains("/wBB") && !desk.text("masked.ndjson").contains(":17"));
    reveal_approved(&desk, "masked.ndjson --column n", "n.ndjson").assert_code(0);
    reveal_approved(&desk, "n.ndjson --column bytes", "out.ndjson").assert_code(0);
    assert_eq!(desk.text("out.ndjson"), documents);
    reveal_approved(&desk, "n.ndjson --column bytes --rows 1", "first.ndjson").assert_code(0);
    assert_eq!(desk.text("first.ndjson").lines().next(), documents.lines().next());

    mask(&desk, "in.ndjson", "masked.parquet");
    desk.put("keep.yaml", "version: 1\nrules: [{ columns: [\"**\"], keep: true }]\n");
    reveal_approved(&desk, "masked.parquet --column n", "n.parquet").assert_code(0);
    reveal_approved(&desk, "n.parquet --column bytes", "out.parquet").assert_code(0);
    let text = desk.run("mask out.parquet --policy keep.yaml --out - --format ndjson --quiet").assert_code(0);
    assert_eq!(text.text(), documents);
    let policy = desk.text("policy.yaml").replace(", bytes: binary", "");
    desk.put("policy.yaml", policy);
    let refused = reveal_approved(&desk, "masked.parquet --column bytes", "none.parquet").assert_code(1);
    assert!(
        refused.stderr.contains("row 1, column `bytes`: the cell holds bytes that are no text"),
        "{}",
        refused.stderr
    );
}

#[test]
fn only_the_rows_that_were_asked_for_are_revealed() {
    let desk = desk();
    let (before, masked) = (Table::of_csv(table(ROWS).as_bytes()), Table::of_csv(&desk.bytes("masked.csv")));
    reveal_approved(&desk, "masked.csv --column mrn --rows 7,2-4,40 --max-rows 5", "out.csv").assert_code(0);
    let revealed = Table::of_csv(&desk.bytes("out.csv"));
    for (index, cell) in revealed.column("mrn").into_iter().enumerate() {
        let from = if [2, 3, 4, 7, 40].contains(&(index + 1)) { &before } else { &masked };
        assert_eq!(cell, from.column("mrn")[index], "row {}", index + 1);
    }
    let record = records(&desk, "revealed").pop().unwrap();
    assert_eq!((&record["details"]["rows"], &record["details"]["rows_revealed"]), (&"2-4,7,40".into(), &5.into()));

    let many = ask(&desk, "masked.csv --column mrn --rows 1-9 --max-rows 8").assert_code(2);
    assert!(many.stderr.contains("more than 8 rows"), "{}", many.stderr);
    ask(&desk, "masked.csv --column mrn --rows 9-1").assert_code(2);
    for (what, said) in [("--max-rows 39", "more than 39 rows"), ("--rows 3,41", "the request is for row 41")] {
        let run = reveal_approved(&desk, &format!("masked.csv --column mrn {what}"), "more.csv").assert_code(2);
        assert!(run.stderr.contains(said), "{}", run.stderr);
        let record = records(&desk, "revealed").pop().unwrap();
        assert_eq!((&record["outcome"], &record["details"]["refused"]), (&"failed".into(), &"rows".into()));
        assert!(!desk.path("more.csv").exists());
    }
}

#[test]
fn nothing_less_than_two_others_reveals_anything() {
    let desk = desk();
    let what = "masked.csv --column ssn";
    ask(&desk, what).assert_code(0);
    approve(&desk, "request.json", &["anna", "bruno", "mallory"]);
    desk.run("approve request.json --as bruno --key mallory.key --out forged.json").assert_code(0);
    desk.run(&format!("reveal {what} {OF} --ask own-request.json --as anna --justification x")).assert_code(0);
    let own = desk.run("approve own-request.json --as anna --key anna.key --out own.json").assert_code(2);
    assert!(own.stderr.contains("cannot approve it as well"), "{}", own.stderr);
    desk.put("damaged.json", desk.text("anna.json").replace('{', "["));
    desk.run("approve own-request.json --as bruno --key bruno.key --out other.json").assert_code(0);

    let revealing = format!("{what} --out out.csv");
    let none = desk.run(&format!("reveal {revealing} {OF}"));
    assert_denied(&desk, none, "0 of 2 approvals", "too-few-approvals");
    let cases: [(&[&str], &str, &str); 6] = [
        (&["anna"], "1 of 2 approvals", "too-few-approvals"),
        (&["anna", "anna"], "`anna` approved twice", "approved-twice"),
        (&["anna", "mallory"], "`mallory` is no operator", "unknown-operator"),
        (&["anna", "forged"], "not signed with the key of `bruno`", "forged"),
        (&["anna", "other"], "is for another request", "other-request"),
        (&["anna", "damaged"], "this is no approval", "malformed"),
    ];
    for (approvals, said, code) in cases {
        assert_denied(&desk, reveal(&desk, &revealing, approvals), said, code);
    }
    // Who asks is one of those who approve, by a name that was written into the request afterwards.
    let request = desk.text("request.json");
    desk.put("request.json", request.replace("carla", "anna"));
    assert_denied(&desk, reveal(&desk, &revealing, &["anna", "bruno"]), "is for another request", "other-request");
    let mut expired: Value = serde_json::from_str(&request).unwrap();
    (expired["made"], expired["expires"]) = ("2020-01-01T00:00:00Z".into(), "2020-01-01T01:00:00Z".into());
    desk.put("request.json", expired.to_string());
    assert_denied(&desk, reveal(&desk, &revealing, &["anna", "bruno"]), "the request expired", "expired");
    desk.put("request.json", &request);
    let other = desk.run(&format!(
        "reveal {revealing} {OF} --justification curious --request request.json --approval anna.json --approval bruno.json"
    ));
    assert_denied(&desk, other, "another justification", "other-justification");
    let denied = records(&desk, "reveal-opened");
    assert_eq!(denied.len(), 10);
    // Of a name that no operator has nothing is told: it may be anything.
    assert!(!denied.iter().any(|record| record["details"]["approvers"].to_string().contains("mallory")));
    assert!(records(&desk, "revealed").is_empty());
    reveal(&desk, &revealing, &["anna", "bruno"]).assert_code(0);
}

#[test]
fn an_approver_reads_what_is_asked_and_nothing_that_looks_like_it() {
    let desk = desk();
    ask(&desk, "masked.csv --column ssn --rows 1-9").assert_code(0);
    let mut request: Value = serde_json::from_str(&desk.text("request.json")).unwrap();
    request["justification"] = "routine\nuntil 2020-01-01; carla asks to reveal nothing\u{1b}[8m".into();
    desk.put("request.json", request.to_string());
    let shown = desk.run("approve request.json --as anna --key anna.key --out anna.json").assert_code(0).text();
    assert_eq!(shown.lines().count(), 5, "{shown}");
    for part in
        ["carla asks to reveal column `ssn` in rows 1-9 (at most 1000)", "SHA-256", "key `cells` in domain `clinic`"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn an_approval_is_for_exactly_what_was_asked() {
    let desk = desk();
    let what = "masked.csv --column ssn --rows 1-9";
    ask(&desk, what).assert_code(0);
    approve(&desk, "request.json", &["anna", "bruno"]);
    let both = ["anna", "bruno"];
    let elsewhere = desk.text("masked.csv");
    let at = elsewhere.len() - 3;
    desk.put("changed.csv", [&elsewhere[..at], "i", &elsewhere[at + 1..]].concat());
    assert_ne!(desk.text("changed.csv"), elsewhere);
    let cases = [
        ("changed.csv --column ssn --rows 1-9", "other-input"),
        ("masked.csv --column mrn --rows 1-9", "other-column"),
        ("masked.csv --column ssn --rows 1-10", "other-rows"),
        ("masked.csv --column ssn", "other-rows"),
        ("masked.csv --column ssn --rows 1-9 --max-rows 9", "other-rows"),
        ("masked.csv --column ssn --rows 1-9 --break-glass", "other-approvals"),
    ];
    for (other, code) in cases {
        let run = reveal(&desk, &format!("{other} --out out.csv"), &both);
        assert_denied(&desk, run, "asks for something else", code);
    }
    for (from, to) in [("domain: clinic", "domain: other"), ("key: cells", "key: cells-2")] {
        desk.put("policy.yaml", POLICY.replace(from, to));
        assert_denied(&desk, reveal(&desk, &format!("{what} --out out.csv"), &both), "something else", "other-key");
    }
    desk.put("policy.yaml", POLICY);
    for column in ["name", "state", "nowhere"] {
        let run = reveal(&desk, &format!("masked.csv --column {column} --out out.csv"), &both);
        assert_denied(&desk, run, "does not mask", "policy");
    }
    desk.run("keys destroy joins --version 1 --keyring keys --ask request.json --as carla --justification x")
        .assert_code(0);
    approve(&desk, "request.json", &both);
    assert_denied(&desk, reveal(&desk, &format!("{what} --out out.csv"), &both), "something else", "other-action");
}

#[test]
fn what_cannot_be_revealed_is_not_asked_for() {
    let desk = desk();
    desk.put("policy.yaml", POLICY.replace("[ssn]", "[ssn, other]"));
    for (what, code, said) in [
        ("masked.csv --column other", 2, "the input has no column `other`"),
        ("masked.csv --column name", 2, "does not mask `name` with encrypt"),
        ("nowhere.csv --column ssn", 1, "cannot read nowhere.csv"),
        ("masked.csv --input-format arrow --column ssn", 1, "not a readable arrow file"),
        ("keys --input-format csv --column ssn", 2, "write it to a file first"),
    ] {
        let refused = ask(&desk, what).assert_code(code);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
        assert!(!desk.path("request.json").exists());
    }
}

#[test]
fn broken_glass_that_reveals_nothing_is_reviewed_as_well() {
    let desk = desk();
    let what = "masked.csv --column mrn --break-glass --max-rows 3";
    desk.run(&format!("reveal {what} {OF} --ask request.json --as rosalba --justification urgent")).assert_code(0);
    approve(&desk, "request.json", &["rosalba", "anna"]);
    reveal(&desk, &format!("{what} --out out.csv"), &["rosalba", "anna"]).assert_code(2);
    assert!(!desk.path("out.csv").exists());
    let open = || -> Value { serde_json::from_str(&desk.run("review list --json --keyring keys").text()).unwrap() };
    assert_eq!((open().as_array().unwrap().len(), &open()[0]["rows_revealed"]), (1, &Value::Null));
    let request = open()[0]["request"].as_str().unwrap().to_owned();
    let sign = |name: &str| {
        desk.run(&format!("review sign-off {request} --as {name} --key {name}.key --keyring keys")).assert_code(0)
    };
    sign("bruno");
    // It is tried again: what was signed was signed for the first time alone.
    reveal(&desk, &format!("{what} --out out.csv"), &["rosalba", "anna"]).assert_code(2);
    assert_eq!(sign("dario").text(), "signed off; 1 more must\n");
    assert_eq!(sign("bruno").text(), "signed off; the review is closed\n");
}

#[test]
fn an_approval_serves_once() {
    let desk = desk();
    let what = "masked.csv --column ssn";
    let older = desk.bytes("keys/keyring.json");
    reveal_approved(&desk, what, "first.csv").assert_code(0);
    let both = ["anna", "bruno"];
    let again = || reveal(&desk, &format!("{what} --out out.csv"), &both);
    assert_denied(&desk, again(), "was carried out already", "replay");
    // An older file of the keyring has forgotten it, and the trail has not.
    fs::write(desk.path("keys/keyring.json"), older).unwrap();
    assert_denied(&desk, again(), "was carried out already", "replay");
    // A run that failed gave nobody anything.
    ask(&desk, what).assert_code(0);
    approve(&desk, "request.json", &both);
    reveal(&desk, &format!("{what} --out first.csv"), &both).assert_code(2);
    reveal(&desk, &format!("{what} --out second.csv"), &both).assert_code(0);
    assert_eq!(desk.bytes("first.csv"), desk.bytes("second.csv"));
}

#[test]
fn two_at_once_are_not_both_served() {
    let desk = desk();
    ask(&desk, "masked.csv --column ssn").assert_code(0);
    approve(&desk, "request.json", &["anna", "bruno"]);
    let begin = |out: usize| {
        let approvals = "--request request.json --approval anna.json --approval bruno.json";
        let arguments = format!("reveal masked.csv --column ssn {OF} {approvals} --out {out}.csv");
        let mut command = desk.command(&moretta());
        command.args(arguments.split_whitespace()).stderr(Stdio::null()).spawn().unwrap()
    };
    let running: Vec<_> = (0..4).map(begin).collect();
    let done = running.into_iter().map(|mut process| process.wait().unwrap().success()).filter(|done| *done).count();
    let written = (0..4).filter(|out| desk.path(&format!("{out}.csv")).exists()).count();
    assert_eq!((done, written), (1, 1));
}

#[test]
fn cells_that_do_not_open_stop_it_or_are_counted() {
    let desk = desk();
    let mut lines: Vec<_> = desk.text("masked.csv").lines().map(str::to_owned).collect();
    let first = |line: &str| line.split(',').next().unwrap().to_owned();
    let deterministic = |line: &str| line.split(',').nth(1).unwrap().to_owned();
    let cells: Vec<_> = lines.iter().map(|line| first(line)).collect();
    // Damaged, cut, of another column, no ciphertext; and the cell of another row, which opens: it is of this column.
    let flipped = if cells[1].as_bytes()[40] == b'A' { "B" } else { "A" };
    lines[1] = lines[1].replacen(&cells[1], &[&cells[1][..40], flipped, &cells[1][41..]].concat(), 1);
    lines[2] = lines[2].replacen(&cells[2], &cells[2][..cells[2].len() - 4], 1);
    lines[4] = lines[4].replacen(&cells[4], &format!("E-{}", deterministic(&lines[4])), 1);
    lines[5] = lines[5].replacen(&cells[5], "plain", 1);
    lines[7] = lines[7].replacen(&cells[7], &cells[8], 1);
    desk.put("damaged.csv", lines.join("\n") + "\n");
    let what = "damaged.csv --column ssn";
    for row in [1, 2, 4, 5] {
        let run = reveal_approved(&desk, &format!("{what} --rows {row}"), "out.csv").assert_code(1);
        assert!(run.stderr.contains(&format!("damaged.csv, line {}, column `ssn`", row + 1)), "{}", run.stderr);
        assert!(run.stderr.contains("a cell does not open under this key") && run.stderr.contains("--skip-unopened"));
        assert!(!desk.path("out.csv").exists());
        let record = records(&desk, "revealed").pop().unwrap();
        assert_eq!((&record["outcome"], &record["details"]["refused"]), (&"failed".into(), &"unopened".into()));
    }
    ask(&desk, what).assert_code(0);
    approve(&desk, "request.json", &["anna", "bruno"]);
    let skipped = reveal(&desk, &format!("{what} --skip-unopened --out out.csv"), &["anna", "bruno"]).assert_code(0);
    assert!(skipped.stderr.contains("4 cells left as they were"), "{}", skipped.stderr);
    let revealed = desk.text("out.csv");
    let revealed: Vec<_> = revealed.lines().map(first).collect();
    for row in [1, 2, 4, 5] {
        assert_eq!(revealed[row], first(&lines[row]), "row {row}");
    }
    assert_eq!((revealed[7].as_str(), revealed[11].as_str()), ("999-55-0008", "999-55-0011"));
    assert_eq!(records(&desk, "revealed").pop().unwrap()["details"]["unopened"], 4);
}

#[test]
fn a_rotated_key_still_opens_and_a_disabled_or_destroyed_one_says_why() {
    let desk = desk();
    desk.run("keys rotate cells --keyring keys").assert_code(0);
    mask(&desk, "in.csv", "newer.csv");
    let both: Vec<_> =
        desk.text("masked.csv").lines().chain(desk.text("newer.csv").lines().skip(1)).map(str::to_owned).collect();
    desk.put("both.csv", both.join("\n") + "\n");
    reveal_approved(&desk, "both.csv --column ssn", "out.csv").assert_code(0);
    assert_eq!(records(&desk, "revealed").pop().unwrap()["details"]["versions"], serde_json::json!([1, 2]));
    desk.remove("out.csv");

    desk.run("keys disable cells --version 1 --keyring keys").assert_code(0);
    let disabled = reveal_approved(&desk, "both.csv --column ssn", "out.csv").assert_code(1);
    assert!(disabled.stderr.contains("version 1 of key `cells` is disabled; enable it"), "{}", disabled.stderr);
    assert!(disabled.stderr.contains("both.csv, line 2, column `ssn`"), "{}", disabled.stderr);
    desk.run("keys enable cells --version 1 --keyring keys").assert_code(0);
    let destroy = "keys destroy cells --version 1 --yes --keyring keys";
    desk.run(&format!("{destroy} --ask request.json --as carla --justification over")).assert_code(0);
    approve(&desk, "request.json", &["anna", "bruno"]);
    desk.run(&format!("{destroy} --request request.json --approval anna.json --approval bruno.json")).assert_code(0);
    let destroyed = reveal_approved(&desk, "both.csv --column ssn", "out.csv").assert_code(1);
    assert!(destroyed.stderr.contains("version 1 of key `cells` was destroyed"), "{}", destroyed.stderr);
    let newer = reveal_approved(&desk, "both.csv --column ssn --rows 41-80", "out.csv").assert_code(0);
    assert!(newer.stderr.contains("0 cells left"), "{}", newer.stderr);
}

#[test]
fn without_operators_or_without_a_trail_there_is_no_reveal() {
    let desk = Desk::with(&[("in.csv", &table(ROWS)), ("policy.yaml", POLICY)]);
    make_keys(&desk, "keys");
    mask(&desk, "in.csv", "masked.csv");
    let asked = ask(&desk, "masked.csv --column ssn").assert_code(2);
    assert!(asked.stderr.contains("this keyring has no operators") && asked.stderr.contains("operators add"));
    let tried = desk.run(&format!("reveal masked.csv --column ssn {OF} --out out.csv"));
    assert_denied(&desk, tried, "moretta operators new-key", "no-operators");
    desk.run("keys init --keyring plain --key cells=encrypt --key joins=encrypt-deterministic").assert_code(0);
    let plain = "reveal masked.csv --column ssn --policy policy.yaml --keyring plain --out out.csv";
    for options in ["", " --audit elsewhere"] {
        let refused = desk.run(&format!("{plain}{options}")).assert_code(2);
        assert!(refused.stderr.contains("nothing is revealed without an audit trail"), "{}", refused.stderr);
    }
    assert!(!desk.path("out.csv").exists() && !desk.path("elsewhere").exists());
}

#[test]
fn an_output_takes_no_other_files_place() {
    let desk = desk();
    desk.put("there.csv", "old\n");
    for (out, said) in [
        ("there.csv", "is there already"),
        ("masked.csv", "is there already"),
        ("-", "name one with --out"),
        ("keys/out.csv", "among keys or records"),
        ("keys/audit/out.csv", "among keys or records"),
        ("nowhere/out.csv", "cannot make a file in"),
    ] {
        let run = reveal_approved(&desk, "masked.csv --column ssn", out).assert_code(2);
        assert!(run.stderr.contains(said), "{out}: {}", run.stderr);
        assert!(run.stdout.is_empty());
    }
    assert_eq!(desk.text("there.csv"), "old\n");
    let piped = desk.run_in_shell(&format!(
        "\"$MORETTA\" reveal - --input-format csv --column ssn {OF} --ask r.json --as c --justification x < masked.csv"
    ));
    assert!(piped.assert_code(2).stderr.contains("write it to a file first"));
}

#[test]
fn broken_glass_raises_an_alarm_and_stays_open_until_two_others_sign() {
    let desk = desk();
    let what = "masked.csv --column ssn --break-glass";
    let ask_as = |name: &str| {
        desk.run(&format!("reveal {what} {OF} --ask request.json --as {name} --justification urgent")).assert_code(0)
    };
    let shown = ask_as("rosalba").text();
    assert!(shown.contains("break the glass, on one approval") && shown.contains("sign it yourself"), "{shown}");
    approve(&desk, "request.json", &["rosalba", "anna"]);
    let revealing = format!("{what} --out out.csv");
    let refused = |names: &[&str], said: &str, code: &str| {
        assert_denied(&desk, reveal(&desk, &revealing, names), said, code);
    };
    refused(&["rosalba"], "0 of 1 approvals", "too-few-approvals");
    refused(&["anna"], "let `rosalba` `moretta approve` the request", "not-signed");
    ask_as("bruno");
    approve(&desk, "request.json", &["bruno", "anna"]);
    refused(&["bruno", "anna"], "`bruno` is no operator who may break the glass", "no-break-glass");
    assert!(records(&desk, "glass-broken").is_empty());
    assert_eq!(desk.run("review list --keyring keys").assert_code(0).text(), "no review is open\n");

    ask_as("rosalba");
    approve(&desk, "request.json", &["rosalba", "anna"]);
    let broken = reveal(&desk, &revealing, &["rosalba", "anna"]).assert_code(0);
    assert!(broken.stderr.contains("its review is open until two others"), "{}", broken.stderr);
    assert_eq!(
        Table::of_csv(&desk.bytes("out.csv")).column("ssn"),
        Table::of_csv(table(ROWS).as_bytes()).column("ssn")
    );
    let alarm = records(&desk, "glass-broken").pop().unwrap();
    let request = alarm["details"]["request"].as_str().unwrap().to_owned();
    let siem = desk.run("audit export keys/audit --action glass-broken --format ocsf").assert_code(0).text();
    assert!(siem.contains("\"severity_id\":5"), "{siem}");

    let sign = |name: &str, key: &str| {
        desk.run(&format!("review sign-off {} --as {name} --key {key}.key --keyring keys", &request[..16]))
    };
    let open = || desk.run("review list --keyring keys").assert_code(0).text();
    assert!(open().contains("rosalba") && open().contains("anna") && open().contains(&request[..16]), "{}", open());
    for (name, key, said) in [
        ("rosalba", "rosalba", "and cannot sign it off"),
        ("anna", "anna", "and cannot sign it off"),
        ("mallory", "mallory", "is no operator"),
        ("bruno", "mallory", "this is not the key of `bruno`"),
    ] {
        let refused = sign(name, key).assert_code(2);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    assert_eq!(sign("bruno", "bruno").assert_code(0).text(), "signed off; 1 more must\n");
    assert!(sign("bruno", "bruno").assert_code(2).stderr.contains("another operator must"));
    let json: Value = serde_json::from_str(&desk.run("review list --json --keyring keys").text()).unwrap();
    assert_eq!((&json[0]["signed"][0], json[0]["rows_revealed"].as_u64()), (&"bruno".into(), Some(28)));
    assert_eq!(sign("dario", "dario").assert_code(0).text(), "signed off; the review is closed\n");
    assert_eq!(open(), "no review is open\n");
    assert!(sign("emma", "emma").assert_code(2).stderr.contains("no review of this request is open"));
    desk.run("audit verify keys/audit --keyring keys").assert_code(0);
}

#[test]
fn no_value_is_told_anywhere_but_in_the_output() {
    let (desk, secrets) = (desk(), secrets());
    assert!(secrets.len() > 60);
    let masked = desk.text("masked.csv");
    desk.put("ragged.csv", table(ROWS).replace(",Alaska\n", "\n"));
    desk.put("half.csv", masked.replace(masked.lines().nth(22).unwrap().split(',').next().unwrap(), "999-55-0022"));
    let told = [
        reveal_approved(&desk, "masked.csv --column ssn", "out.csv").assert_code(0),
        ask(&desk, "masked.csv --column mrn"),
        reveal(&desk, "masked.csv --column mrn --out fails.csv", &["anna", "bruno"]).assert_code(2),
        // The original, in the place of the masked file: none of its cells opens.
        reveal_approved(&desk, "in.csv --column ssn", "fails.csv").assert_code(1),
        reveal_approved(&desk, "in.csv --column mrn", "fails.csv").assert_code(1),
        ask(&desk, "ragged.csv --column ssn"),
        reveal(&desk, "ragged.csv --column ssn --out fails.csv", &["anna", "bruno"]).assert_code(2),
        reveal_approved(&desk, "half.csv --column ssn", "fails.csv").assert_code(1),
        desk.run("audit show keys/audit").assert_code(0),
        desk.run("audit export keys/audit").assert_code(0),
        desk.run("audit export keys/audit --format ocsf").assert_code(0),
    ];
    let mut texts: Vec<_> = told.into_iter().flat_map(|run| [run.text(), run.stderr]).collect();
    let files = |directory: &str| {
        fs::read_dir(desk.path(directory)).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
    };
    texts.extend(
        files("keys")
            .chain(files("keys/audit"))
            .map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()),
    );
    texts.extend(["request.json", "anna.json", "masked.csv"].map(|name| desk.text(name)));
    assert!(texts.len() > 25);
    for text in texts {
        let found: Vec<_> = secrets.iter().filter(|secret| text.contains(secret.as_str())).collect();
        assert!(found.is_empty(), "{found:?} in {text}");
    }
    assert!(!desk.path("fails.csv").exists() && desk.text("out.csv").contains("999-55-0001"));
}

#[test]
fn a_killed_reveal_leaves_nothing_or_the_whole() {
    let desk = desk();
    desk.put("in.csv", table(60_000));
    mask(&desk, "in.csv", "masked.csv");
    let what = "masked.csv --column ssn --max-rows 60000";
    let started = Instant::now();
    reveal_approved(&desk, what, "out.csv").assert_code(0);
    let (whole_run, whole, mut killed) = (started.elapsed(), desk.bytes("out.csv"), 0);
    for moment in 0..8 {
        desk.remove("out.csv");
        ask(&desk, what).assert_code(0);
        approve(&desk, "request.json", &["anna", "bruno"]);
        let before = desk.names();
        let arguments = format!("reveal {what} {OF} --request request.json --approval anna.json --approval bruno.json");
        let mut command = desk.command(&moretta());
        command.args(arguments.split_whitespace()).args(["--out", "out.csv"]).stderr(Stdio::null());
        let mut running = command.spawn().unwrap();
        sleep(whole_run.mul_f64(f64::from(moment) / 8.0));
        running.kill().unwrap();
        killed += usize::from(running.wait().unwrap().code().is_none());
        match fs::read(desk.path("out.csv")) {
            Ok(out) => assert!(out == whole, "moment {moment}: a partial output"),
            // Not even under a hidden name: what was decrypted was in a file without one.
            Err(_) => assert_eq!(desk.names(), before, "moment {moment}"),
        }
        desk.put("out.csv", "");
    }
    assert!(killed >= 3, "only {killed} of 8 runs were killed before their end");
    desk.remove("out.csv");
    reveal_approved(&desk, what, "out.csv").assert_code(0);
    desk.run("audit verify keys/audit --keyring keys").assert_code(0);
}

#[test]
fn the_help_says_who_gets_what() {
    let help = Desk::new().run("reveal --help").assert_code(0).text();
    for part in ["malicious operator", "malicious plugin", "stolen disk", "--break-glass", "approvals are void"] {
        assert!(help.contains(part), "{part}");
    }
}
