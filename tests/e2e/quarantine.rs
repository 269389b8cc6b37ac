//! Rows that cannot be masked: kept for whoever holds the keyring, dropped where the policy says so, and counted.

use moretta_tests::command::{Desk, Finished};
use serde_json::{Value, json};

const POLICY: &str = "\
version: 1
domain: quarantine
subject: id
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [name], mask: redact }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 30 } }
  - { columns: [age], mask: age, with: { from: age }, rejected: drop }
reference_date: 2026-01-01
";

/// Ten rows, of which those of lines 4 and 8 have no date and that of line 6 no age.
const TABLE: &str = "\
id,name,born,age
p1,Anna,1980-01-02,41
p2,Berta,1980-01-02,42
p3,\"Carla, \"\"Kay\"\"\",31.12.1980,43
p4,Dora,1980-01-02,44
p5,Emma,1980-01-02,old
p6,Frida,1980-01-02,46
p7,Gerda,not known,very old
p8,Hanna,1980-01-02,48
p9,Irma,1980-01-02,49
p10,Jutta,1980-01-02,50
";

fn desk() -> Desk {
    let desk = Desk::with(&[("in.csv", TABLE), ("policy.yaml", POLICY)]);
    desk.make_keys("keys");
    desk
}

fn mask(desk: &Desk, options: &str) -> Finished {
    desk.run(&format!("mask in.csv --policy policy.yaml --keyring keys --out out.csv {options}"))
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_original_rows_come_back_to_who_holds_the_keyring() {
    let desk = desk();
    for options in ["--workers 1", "--workers 3 --batch-bytes 40"] {
        mask(&desk, &format!("{options} --quarantine rows.q --max-quarantined 2")).assert_code(0);
        let read = desk.run("quarantine read rows.q --keyring keys").assert_code(0);
        let third = json!({"id": "p3", "name": "Carla, \"Kay\"", "born": "31.12.1980", "age": "43"});
        let seventh = json!({"id": "p7", "name": "Gerda", "born": "not known", "age": "very old"});
        let row = |row: u64, values: &Value| json!({"input": "in.csv", "row": row, "line": row + 1, "column": "born", "code": "unparsable", "values": values});
        assert_eq!(json_lines(&read.text()), [row(3, &third), row(7, &seventh)], "{options}");
        desk.remove("rows.q");
    }
}

#[test]
fn nobody_else_reads_it_and_whatever_is_changed_is_noticed() {
    let desk = desk();
    desk.make_keys("others");
    mask(&desk, "--quarantine rows.q --max-quarantined 2").assert_code(0);
    let good = desk.text("rows.q");
    let refused = |keyring: &str| {
        let read = desk.run(&format!("quarantine read rows.q --keyring {keyring}"));
        assert_ne!(read.code, Some(0));
        assert!(!read.text().contains("Gerda") && !read.stderr.contains("Gerda"));
    };
    refused("others");
    let lines: Vec<_> = good.lines().collect();
    let without_first = [lines[0], lines[2], lines[3]].join("\n");
    let without_end = lines[..3].join("\n");
    let other_place = good.replace("\"line\":8", "\"line\":9");
    for changed in [without_first, without_end, other_place] {
        assert_ne!(changed, good);
        desk.put("rows.q", changed + "\n");
        let read = desk.run("quarantine read rows.q --keyring keys");
        assert_ne!(read.code, Some(0));
    }
}

#[test]
fn the_counts_of_the_report_add_up() {
    let desk = desk();
    let run = mask(&desk, "--quarantine rows.q --max-quarantined 2 --report report.json").assert_code(0);
    assert!(run.stderr.starts_with("7 rows masked, 2 quarantined, 1 dropped;"), "{}", run.stderr);
    let report: Value = serde_json::from_str(&desk.text("report.json")).unwrap();
    let counts = json!({"read": 10, "masked": 7, "quarantined": 2, "dropped": 1, "codes": {"unparsable": 3}});
    let rows = json!({"scanned": 7, "examined": 0}).as_object().unwrap().clone();
    let rows = Value::Object(counts.as_object().unwrap().clone().into_iter().chain(rows).collect());
    assert_eq!(report["rows"], rows);
    assert_eq!(desk.text("out.csv").lines().count(), 1 + 7);
    assert_eq!(report["revision"]["keys"], json!({"dates": 1, "identity": 1}));
    let plugins: Vec<_> = report["revision"]["plugins"].as_object().unwrap().keys().collect();
    assert_eq!(plugins, ["age", "pseudonym", "redact", "shift-dates"]);
    for (column, transform) in [("id", "pseudonym/pseudonym"), ("born", "shift-dates/shift-dates")] {
        assert_eq!(report["columns"][column]["transform"], transform);
        assert_eq!(report["columns"][column]["cells"], 10);
    }
}

#[test]
fn one_row_more_than_allowed_is_too_many() {
    let desk = desk();
    for options in ["", "--quarantine rows.q", "--quarantine rows.q --max-quarantined 1"] {
        let before = desk.names();
        let failed = mask(&desk, options).assert_code(3);
        assert!(failed.stderr.contains("2 rows could not be masked"), "{}", failed.stderr);
        assert!(failed.stderr.contains("in.csv, line 4, column `born` (unparsable)"), "{}", failed.stderr);
        assert_eq!(desk.names(), before, "{options}");
    }
}

#[test]
fn what_the_policy_drops_is_gone_and_needs_no_quarantine() {
    let desk = desk();
    desk.put("policy.yaml", POLICY.replace("{ max_days: 30 }", "{ max_days: 30 }, rejected: drop"));
    let run = mask(&desk, "--report report.json").assert_code(0);
    assert!(run.stderr.starts_with("7 rows masked, 0 quarantined, 3 dropped;"), "{}", run.stderr);
    assert_eq!(desk.text("out.csv").lines().count(), 1 + 7);
}

#[test]
fn a_document_goes_to_quarantine_whole() {
    let desk = desk();
    let policy = POLICY.replace("[name]", "[\"name[]\"]").replace("[age]", "[years]");
    desk.put("policy.yaml", policy);
    desk.put(
        "in.ndjson",
        "{\"id\":7,\"name\":[\"Anna\",\"Kay\"],\"born\":\"1980\"}\n{\"id\":8,\"born\":\"1980-01-02\"}\n",
    );
    let options = "--keyring keys --quarantine rows.q --max-quarantined 1";
    desk.run(&format!("mask in.ndjson --policy policy.yaml {options} --out out.ndjson")).assert_code(0);
    assert_eq!(desk.text("out.ndjson").lines().count(), 1);
    let read = desk.run("quarantine read rows.q --keyring keys").assert_code(0);
    assert_eq!(json_lines(&read.text())[0]["values"], json!({"id": "7", "name[]": ["Anna", "Kay"], "born": "1980"}));
}
