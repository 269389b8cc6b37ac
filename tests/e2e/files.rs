//! Three tables under one keyring: what a study needs stays, and who they are goes.

use std::collections::{BTreeMap, BTreeSet};

use moretta_tests::command::Desk;

use crate::table::{Table, corpus, corpus_text, day};

const TABLES: [&str; 3] = ["patients", "encounters", "notes"];

/// The dates of each table.
const DATES: [(&str, &[&str]); 3] =
    [("patients", &["birth_date", "death_date"]), ("encounters", &["start", "stop"]), ("notes", &["date"])];

/// The columns of each table that become pseudonyms, empty ones left out.
const NAMES: [(&str, &[&str]); 3] = [
    ("patients", &["patient_id", "mrn"]),
    ("encounters", &["encounter_id", "patient_id"]),
    ("notes", &["document_id"]),
];

type Tables = BTreeMap<&'static str, Table>;

fn originals() -> Tables {
    TABLES.map(|name| (name, Table::of_csv(corpus_text(&format!("synthea/{name}.csv")).as_bytes()))).into()
}

/// Masks the three tables on a desk with these keys, with the research policy as `edit` changes it.
fn masked(desk: &Desk, keys: &str, edit: impl Fn(String) -> String) -> Tables {
    desk.put("policy.yaml", edit(corpus_text("synthea/research.yaml")));
    let mask = |name| {
        let input = corpus(&format!("synthea/{name}.csv"));
        let arguments = format!("--policy policy.yaml --keyring {keys} --out {name}.csv --quiet");
        desk.run(&format!("mask {} {arguments}", input.display())).assert_code(0);
        (name, Table::of_csv(&desk.bytes(&format!("{name}.csv"))))
    };
    TABLES.map(mask).into()
}

fn desk_with_keys() -> Desk {
    let desk = Desk::new();
    desk.make_keys("keys");
    desk
}

fn unchanged(policy: String) -> String {
    policy
}

/// Every pair of rows, by number, that a join of two tables on the patient puts together.
fn joined(tables: &Tables, left: &str, right: &str) -> Vec<(usize, usize)> {
    let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, patient) in tables[left].column("patient_id").into_iter().enumerate() {
        rows.entry(patient).or_default().push(row);
    }
    let right = tables[right].column("patient_id").into_iter().enumerate();
    right.flat_map(|(row, patient)| rows.get(patient).into_iter().flatten().map(move |left| (*left, row))).collect()
}

#[test]
fn the_tables_join_as_the_originals_do() {
    let originals = originals();
    let masked = masked(&desk_with_keys(), "keys", unchanged);
    for (left, right) in [("patients", "encounters"), ("patients", "notes"), ("encounters", "notes")] {
        let pairs = joined(&masked, left, right);
        assert!(pairs.len() >= 400, "{left} and {right}: {}", pairs.len());
        assert!(pairs == joined(&originals, left, right), "{left} and {right}");
    }
}

/// By how many days the dates of each patient moved, in all tables. The patients are those of the originals.
fn offsets(originals: &Tables, masked: &Tables) -> BTreeMap<String, BTreeSet<i64>> {
    let mut offsets: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for (table, columns) in DATES {
        let patients = originals[table].column("patient_id");
        for column in columns {
            let (before, after) = (originals[table].column(column), masked[table].column(column));
            for ((patient, before), after) in patients.iter().zip(before).zip(after) {
                if before.is_empty() {
                    assert_eq!(after, "", "{table}, {column}");
                    continue;
                }
                let ((before, time), (after, same_time)) = (day(before), day(after));
                assert_eq!(time, same_time, "{table}, {column}");
                offsets.entry((*patient).to_owned()).or_default().insert(after - before);
            }
        }
    }
    offsets
}

#[test]
fn all_dates_of_a_patient_move_by_the_same_days_and_none_stays() {
    let offsets = offsets(&originals(), &masked(&desk_with_keys(), "keys", unchanged));
    assert_eq!(offsets.len(), 50);
    for (patient, days) in &offsets {
        assert_eq!(days.len(), 1, "{patient}: {days:?}");
        assert!(days.iter().all(|days| *days != 0 && days.abs() <= 365), "{patient}: {days:?}");
    }
    let different: BTreeSet<_> = offsets.values().collect();
    assert!(different.len() > 30, "{} offsets for 50 patients", different.len());
}

#[test]
fn columns_are_kept_as_they_are_or_not_written_at_all() {
    let originals = originals();
    let masked = masked(&desk_with_keys(), "keys", unchanged);
    let patients = &masked["patients"];
    for kept in ["prefix", "gender", "race", "marital_status", "state"] {
        assert_eq!(patients.column(kept), originals["patients"].column(kept), "{kept}");
    }
    for dropped in ["middle_name", "maiden_name", "passport", "drivers_license", "address", "city", "lat", "phone"] {
        assert!(originals["patients"].has(dropped) && !patients.has(dropped), "{dropped}");
    }
    assert_eq!(patients.set("ssn"), BTreeSet::from(["REDACTED"]));
    assert_eq!(masked["notes"].set("note"), BTreeSet::from(["[withheld]"]));
}

#[test]
fn the_same_bytes_come_out_of_any_number_of_workers_and_any_run() {
    let desk = desk_with_keys();
    let (input, policy) = (corpus("synthea/encounters.csv"), corpus("synthea/research.yaml"));
    let mask = |options: &str| {
        let (input, policy) = (input.display(), policy.display());
        desk.run(&format!("mask {input} --policy {policy} --keyring keys --out out.csv --quiet {options}"))
            .assert_code(0);
        desk.bytes("out.csv")
    };
    let first = mask("--workers 1 --batch-bytes 20000");
    for options in ["--workers 1", "--workers 2", "--workers 7", "--workers 7", "--workers 2 --batch-bytes 777"] {
        let options =
            if options.contains("bytes") { options.to_owned() } else { format!("{options} --batch-bytes 20000") };
        assert!(mask(&options) == first, "{options}");
    }
}

/// Fails if one of the pseudonyms in one set of tables occurs in the other, in whatever column.
fn assert_no_pseudonym_in_common(one: &Tables, other: &Tables) {
    let all = |tables: &Tables| -> BTreeSet<String> {
        let columns = NAMES.iter().flat_map(|(table, columns)| columns.iter().map(|column| (*table, *column)));
        columns.flat_map(|(table, column)| tables[table].set(column)).map(str::to_owned).collect()
    };
    let (one, other) = (all(one), all(other));
    assert!(one.len() == 5_630 && other.len() == 5_630, "{} and {}", one.len(), other.len());
    assert!(one.is_disjoint(&other));
}

/// How many patients have other offsets in one set of tables than in the other.
fn moved_otherwise(one: &Tables, other: &Tables) -> usize {
    let originals = originals();
    let (one, other) = (offsets(&originals, one), offsets(&originals, other));
    one.iter().filter(|(patient, days)| other[*patient] != **days).count()
}

#[test]
fn another_keyring_gives_other_pseudonyms_and_other_dates() {
    let desk = desk_with_keys();
    desk.make_keys("others");
    let (one, other) = (masked(&desk, "keys", unchanged), masked(&desk, "others", unchanged));
    assert_no_pseudonym_in_common(&one, &other);
    assert!(moved_otherwise(&one, &other) > 40);
}

#[test]
fn two_domains_of_one_keyring_cannot_be_linked() {
    let desk = desk_with_keys();
    let other_domain = |policy: String| policy.replace("domain: research-2026", "domain: research-2027");
    let (one, other) = (masked(&desk, "keys", unchanged), masked(&desk, "keys", other_domain));
    assert_no_pseudonym_in_common(&one, &other);
    assert!(moved_otherwise(&one, &other) > 40);
}
