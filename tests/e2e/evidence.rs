//! What is shown to people who have to sign: the page of what columns are, and the evidence for a profile.

use moretta::policy::digest;
use moretta_tests::command::Desk;
use serde_json::Value;

const TABLE: &str = "name,ssn,born,visit,zip,gender\nAda Roe,123-45-6789,1950-02-03,2024-05-06,02139,f\nEve Poe,321-54-9876,1980-12-31,2024-06-07,03601,m\n";

const LABELS: &str = "\
version: 1
schema: SCHEMA
looked: { rows: 2, every: true, classifiers: [identifiers 0.1.0 0123456789ab] }
columns:
  name: { type: text, label: person-name, status: approved, by: anna, at: \"2026-11-22\" }
  ssn: { type: text, label: us-ssn, status: approved, by: anna, at: \"2026-11-22\" }
  born: { type: text, label: birth-date, status: approved, by: anna, at: \"2026-11-22\" }
  visit: { type: text, label: admission-date, status: approved, by: anna, at: \"2026-11-22\" }
  zip: { type: text, label: zip, status: approved, by: anna, at: \"2026-11-22\" }
  gender: { type: text, label: gender, status: approved, suggested: phone, confidence: 0.6, why: w, by: anna, at: \"2026-11-22\" }
";

const POLICY: &str = "\
version: 1
name: release
domain: d
reference_date: 2026-01-01
profile: { name: safe-harbor, absent: [D, E, F, H, I, J, K, L, M, N, O, P, Q, R] }
rules:
  - { columns: [name], mask: redact }
  - { columns: [born], mask: age }
  - { columns: [visit], mask: generalize, with: { to: year } }
  - { columns: [zip], mask: zip3 }
  - { columns: [gender], keep: true }
unmatched: drop
";

fn desk() -> Desk {
    let columns = TABLE.lines().next().unwrap().split(',').map(|name| (name, "text"));
    Desk::with(&[("in.csv", TABLE), ("l.yaml", &LABELS.replace("SCHEMA", &digest(columns))), ("p.yaml", POLICY)])
}

fn report(desk: &Desk, arguments: &str) -> Value {
    let told = desk.run(&format!("profile report -p p.yaml --labels l.yaml --json {arguments}")).assert_code(0).text();
    serde_json::from_str(&told).unwrap()
}

fn of<'r>(report: &'r Value, letter: &str) -> &'r Value {
    report["identifiers"].as_array().unwrap().iter().find(|identifier| identifier["letter"] == letter).unwrap()
}

fn has_exception(report: &Value, said: &str) -> bool {
    report["exceptions"].as_array().unwrap().iter().any(|exception| exception.as_str().unwrap().contains(said))
}

#[test]
fn every_identifier_has_its_columns_rules_and_rows_or_says_why_there_are_none() {
    let desk = desk();
    desk.run("mask in.csv -p p.yaml --labels l.yaml --out o.csv -q --report run.json").assert_code(0);
    let report = report(&desk, "--run-report run.json");
    assert_eq!((report["profile"].as_str(), report["policy"].as_str()), (Some("safe-harbor"), Some("release")));
    assert_eq!(report["identifiers"].as_array().unwrap().len(), 18);
    let states: String =
        report["identifiers"].as_array().unwrap().iter().map(|one| &one["state"].as_str().unwrap()[..1]).collect();
    assert_eq!(states, "rccdddrddddddddddd");
    assert_eq!(report["exceptions"].as_array().unwrap().len(), 0, "{report}");
    let born = &of(&report, "C")["columns"][0];
    let expected = [("column", "born"), ("label", "birth-date"), ("written_as", "quasi-identifier")];
    for (key, value) in expected {
        assert_eq!(born[key], value);
    }
    assert_eq!((born["rule"].as_u64(), born["values"].as_u64()), (Some(8), Some(2)));
    assert!(born["said_by"].as_str().unwrap().contains("approved by anna at 2026-11-22"));
    assert!(of(&report, "G")["columns"][0]["done"].as_str().unwrap().starts_with("drop"));
    let phones = of(&report, "D")["absence"].to_string();
    assert!(phones.contains("all 2 rows of 6 columns were looked at, with identifiers 0.1.0"), "{phones}");
    assert!(phones.contains("`gender` was suggested to be phone; approved by anna"), "{phones}");
}

#[test]
fn the_audit_trail_serves_as_well_as_the_report() {
    let desk = desk();
    desk.run("keys init --keyring keys --key audit=audit").assert_code(0);
    desk.run("mask in.csv -p p.yaml --labels l.yaml --keyring keys --out o.csv -q --report run.json").assert_code(0);
    let shown = desk.run("audit export keys/audit --action masked").text();
    let record: Value = serde_json::from_str(shown.lines().next().unwrap()).unwrap();
    let run = record["run"].as_str().unwrap();
    let of_trail = report(&desk, &format!("--audit keys/audit --run {run}"));
    let of_report = report(&desk, "--run-report run.json");
    assert_eq!(of_trail["identifiers"], of_report["identifiers"]);
    assert_eq!(of_trail["run"]["plugins"], of_report["run"]["plugins"]);
    let refused = desk.run("profile report -p p.yaml --audit keys/audit --run 0000").assert_code(2).stderr;
    assert!(refused.contains("has no run of this name"), "{refused}");
}

#[test]
fn what_does_not_fit_together_is_an_exception() {
    let desk = desk();
    assert!(has_exception(&report(&desk, "in.csv"), "no run is shown"));
    desk.run("mask in.csv -p p.yaml --labels l.yaml --out o.csv -q --report run.json").assert_code(0);
    desk.put("p.yaml", format!("{POLICY}# later\n"));
    desk.put("l.yaml", desk.text("l.yaml") + "# later\n");
    let report = report(&desk, "--run-report run.json");
    assert!(has_exception(&report, "under another policy") && has_exception(&report, "another file of labels"));
    for wrong in ["p.yaml", "in.csv", "missing.json"] {
        let refused = desk.run(&format!("profile report -p p.yaml --run-report {wrong}")).assert_code(2).stderr;
        assert!(!refused.contains("123-45"), "{refused}");
    }
    // A policy that its profile refuses has no evidence.
    desk.put("p.yaml", POLICY.replace("mask: age", "keep: true"));
    let refused = desk.run("profile report -p p.yaml --labels l.yaml").assert_code(2).stderr;
    assert!(refused.contains("164.514(b)(2)(i)(C)"), "{refused}");
}

#[test]
fn the_evidence_is_told_as_text_and_as_a_page() {
    let desk = desk();
    let told = desk.run("profile report -p p.yaml --labels l.yaml in.csv --html e.html").assert_code(0).text();
    assert!(told.contains("(A)") && told.contains("declared absent") && told.contains("exception: no run"), "{told}");
    let page = desk.text("e.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("(C) dates but the year"), "{page}");
    assert_offline(&page);
    for value in ["Ada", "123-45", "1950-02", "02139"] {
        assert!(!page.contains(value) && !told.contains(value), "{value} is told");
    }
    desk.run("profile report -p p.yaml --html p.yaml").assert_code(2);
}

/// Nothing of it is loaded or run.
fn assert_offline(page: &str) {
    assert!(
        page.contains("Content-Security-Policy") && page.contains("default-src &#39;none&#39;")
            || page.contains("default-src 'none'")
    );
    for loaded in ["<script", "http://", "https://", "src=", "href=", "url(", "@import", "onerror=", "<img", "<link"] {
        assert!(!page.contains(loaded), "{loaded}");
    }
}

#[test]
fn the_page_of_what_columns_are_is_safe_whatever_they_are_called() {
    let desk = Desk::new();
    let rows: String = (0..40).map(|row| format!("{}-45-{},a{row}@example.org,x\n", 123 + row, 6789 + row)).collect();
    desk.put("in.csv", format!("ssn,<script>alert(1)</script>,\"a\"\" onerror=x\"\n{rows}"));
    desk.run("classify in.csv --out l.yaml --report r.html").assert_code(0);
    let page = desk.text("r.html");
    assert_offline(&page);
    assert!(page.contains("us-ssn") && page.contains("restricted") && page.contains("prefers-color-scheme: dark"));
    assert!(page.contains("column 2") && page.contains("<rect width=\""), "{page}");
    for value in ["123-45", "example.org", "999-99"] {
        assert!(!page.contains(value), "{value} is told");
    }
    assert!(desk.text("l.yaml").contains("looked: {\"rows\":40,"), "{}", desk.text("l.yaml"));
    desk.run("labels approve l.yaml ssn").assert_code(0);
    desk.run("classify in.csv --out l.yaml --report r.html").assert_code(0);
    assert!(desk.text("r.html").contains("approved by "));
    for (arguments, why) in [
        ("in.csv --report in.csv", "read by this run"),
        ("in.csv --report ./in.csv", "read by this run"),
        ("in.csv --out x --report x", "written twice"),
    ] {
        let refused = desk.run(&format!("classify {arguments}")).assert_code(2).stderr;
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn ten_thousand_columns_have_a_page() {
    let names: Vec<String> = (0..10_000).map(|number| format!("c_{number}")).collect();
    let desk = Desk::with(&[("in.csv", &format!("{}\n{}\n", names.join(","), vec!["1"; names.len()].join(",")))]);
    desk.run("classify in.csv --report r.html --out l.yaml").assert_code(0);
    assert_eq!(desk.text("r.html").matches("class=\"card\"").count(), 10_000);
}
