//! What the policy's contract promises of the input: rows that break it stop the run or go to quarantine.

use moretta_tests::command::{Desk, Finished};
use serde_json::Value;

use crate::gate::{assert_adds_up, mask, report};

const CONTRACT: &str = "\
version: 1
types: { visits: int64 }
contract:
  columns:
    id: { type: text, nulls: false, pattern: 'p[0-9]+' }
    gender: { values: [female, male] }
    day: { type: date32 }
    visits: { type: int64 }
    note: { optional: true }
rules:
  - { columns: [id], mask: redact }
  - { columns: [gender, visits, day, note, extra], keep: true }
";

fn under_contract(policy: &str, header: &str, rows: &str) -> (Desk, Finished) {
    let desk = Desk::with(&[("in.csv", &format!("{header}\n{rows}")), ("p.yaml", policy)]);
    desk.make_keys("keys");
    let run = mask(&desk, "--quarantine q --max-quarantined 9 --report r.json");
    (desk, run)
}

#[test]
fn a_row_that_breaks_the_contract_stops_the_run_and_is_told_by_its_place() {
    let header = "id,gender,day,visits";
    under_contract(CONTRACT, header, "p1,female,2020-01-31,3\np2,,,\n").1.assert_code(0);
    for (row, column, why) in [
        (",male,2020-01-31,3", "id", "a null"),
        ("x7secret,male,2020-01-31,3", "id", "does not match the pattern"),
        ("p1x,male,2020-01-31,3", "id", "does not match the pattern"),
        ("p2,secret,2020-01-31,3", "gender", "none of those"),
        ("p2,Male,2020-01-31,3", "gender", "none of those"),
        ("p2,male,secret,3", "day", "not of type date32"),
        ("p2,male,31.1.2020,3", "day", "not of type date32"),
    ] {
        let (desk, run) = under_contract(CONTRACT, header, &format!("p1,female,2020-01-31,3\n{row}\n"));
        assert_eq!(run.code, Some(1), "{row}: {}", run.stderr);
        let place = format!("in.csv, line 3, column `{column}`");
        assert!(run.stderr.contains(&place) && run.stderr.contains(why), "{row}: {}", run.stderr);
        assert!(!run.stderr.contains("secret") && !desk.names().contains("out.csv"), "{}", run.stderr);
    }
}

#[test]
fn rows_that_break_the_contract_go_to_quarantine_and_no_plugin_sees_them() {
    let policy = CONTRACT.replace("  columns:\n", "  rows: quarantine\n  columns:\n");
    let rows = "p1,female,2020-01-31,3\nx,male,,\np3,male,,2\np4,neither,,\n";
    let (desk, run) = under_contract(&policy, "id,gender,day,visits", rows);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = report(&desk);
    assert_adds_up(&report);
    assert_eq!(
        (&report["rows"]["quarantined"], &report["rows"]["codes"]["contract"]),
        (&Value::from(2), &Value::from(2))
    );
    assert_eq!(report["columns"]["id"]["cells"], 2, "the plugin was lent the others");
    assert_eq!(desk.text("out.csv").lines().count(), 3);
    let read = desk.run("quarantine read q --keyring keys").assert_code(0).text();
    assert!(read.contains("\"line\":3") && read.contains("\"line\":5") && read.contains("neither"), "{read}");
}

#[test]
fn columns_that_the_contract_does_not_name_are_rejected_dropped_or_quarantined() {
    let (header, rows) = ("id,gender,day,visits,extra", "p1,female,,3,\np2,male,,2,surprise\n");
    let run = under_contract(CONTRACT, header, rows).1;
    assert!(
        run.code == Some(2) && run.stderr.contains("a column `extra`, and the contract does not"),
        "{}",
        run.stderr
    );
    let with = |how: &str| CONTRACT.replace("  columns:\n", &format!("  unexpected: {how}\n  columns:\n"));
    let (desk, run) = under_contract(&with("drop"), header, rows);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = desk.text("out.csv");
    assert!(
        text.starts_with("id,gender,day,visits\n") && text.lines().count() == 3 && !text.contains("surprise"),
        "{text}"
    );
    let (desk, run) = under_contract(&with("quarantine"), header, rows);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = desk.text("out.csv");
    assert!(text.starts_with("id,gender,day,visits\n") && text.lines().count() == 2, "{text}");
    assert_eq!(report(&desk)["rows"]["codes"]["contract"], 1);
    let run = under_contract(CONTRACT, "id,gender,visits", "p1,male,3\n").1;
    assert!(
        run.code == Some(2) && run.stderr.contains("no column `day`, which the contract promises"),
        "{}",
        run.stderr
    );
}

#[test]
fn documents_are_held_against_the_contract_one_by_one() {
    let policy = "\
version: 1
contract: { columns: { id: { nulls: false }, 'tags[]': { values: [a, b] } } }
rules:
  - { columns: [id], mask: redact }
  - { columns: ['tags[]', extra], keep: true }
";
    for (document, why) in [
        ("{\"tags\":[\"a\"]}", "line 2, column `id`: a null"),
        ("{\"id\":\"1\",\"tags\":[\"a\",\"secret\"]}", "line 2, column `tags[]`: the value is none"),
        ("{\"id\":\"1\",\"extra\":\"secret\"}", "line 2, column `extra`: the contract does not have"),
    ] {
        let input = format!("{{\"id\":\"0\",\"tags\":[\"b\"]}}\n{document}\n");
        let desk = Desk::with(&[("in.ndjson", &input), ("p.yaml", policy)]);
        let run = desk.run("mask in.ndjson -p p.yaml --out o.ndjson").assert_code(1);
        assert!(run.stderr.contains(why) && !run.stderr.contains("secret"), "{document}: {}", run.stderr);
    }
}
