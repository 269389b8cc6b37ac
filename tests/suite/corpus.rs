//! The synthetic tables are what the tests take them for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The values of some columns of a table, row by row.
fn columns<const N: usize>(table: &str, names: [&str; N]) -> Vec<[String; N]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/synthea").join(table);
    let mut reader = csv::Reader::from_path(path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let places = names.map(|name| headers.iter().position(|header| header == name).unwrap());
    reader.records().map(|row| row.map(|row| places.map(|place| row[place].to_owned())).unwrap()).collect()
}

#[test]
fn the_tables_join_on_the_patient() {
    let patients: BTreeSet<_> = columns("patients.csv", ["patient_id"]).into_iter().collect();
    assert_eq!(patients.len(), 50);
    for (table, rows, of_patients) in [("encounters.csv", 5_130, 50), ("notes.csv", 400, 5)] {
        let ids = columns(table, ["patient_id"]);
        assert_eq!(ids.len(), rows, "{table}");
        let ids: BTreeSet<_> = ids.into_iter().collect();
        assert_eq!(ids.len(), of_patients, "{table}");
        assert!(ids.is_subset(&patients), "{table}");
    }
}

#[test]
fn every_note_tells_a_date_and_the_name_of_its_patient() {
    let names: BTreeMap<_, _> =
        columns("patients.csv", ["patient_id", "first_name"]).into_iter().map(|[id, name]| (id, name)).collect();
    let notes = columns("notes.csv", ["patient_id", "date", "note"]);
    for [id, _, note] in &notes {
        assert!(note.contains(&names[id]) && note.contains('\n'));
    }
    assert!(notes.iter().filter(|[_, date, note]| date[..10] == note[..10]).count() > 390);
}

#[test]
fn postal_codes_begin_with_a_zero_and_security_numbers_with_999() {
    for [zip, ssn] in columns("patients.csv", ["zip", "ssn"]) {
        assert!(zip.len() == 5 && zip.starts_with('0'), "{zip}");
        assert!(ssn.starts_with("999-"), "{ssn}");
    }
}
