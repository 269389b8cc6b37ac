//! Generated patients.

use std::collections::BTreeSet;
use std::io;

use moretta_tests::generate::{Amount, COLUMNS, write_patients};

fn patients(seed: u64, amount: Amount) -> Vec<u8> {
    let mut file = Vec::new();
    write_patients(seed, amount, &mut file).unwrap();
    file
}

fn column(rows: &[csv::StringRecord], name: &str) -> Vec<String> {
    let place = COLUMNS.iter().position(|column| *column == name).unwrap();
    rows.iter().map(|row| row[place].to_owned()).collect()
}

fn rows(file: &[u8]) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(file).records().map(Result::unwrap).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let first = patients(7, Amount::Rows(20_000));
    assert!(first == patients(7, Amount::Rows(20_000)));
    assert!(first != patients(8, Amount::Rows(20_000)));
}

#[test]
fn fewer_rows_are_the_beginning_of_more() {
    assert!(patients(7, Amount::Rows(200)).starts_with(&patients(7, Amount::Rows(100))));
}

#[test]
fn stops_after_the_row_that_reaches_the_bytes_asked_for() {
    let mut file = Vec::new();
    let rows = write_patients(7, Amount::Bytes(3_000_000), &mut file).unwrap();
    assert!(file.len() >= 3_000_000);
    assert!(patients(7, Amount::Rows(rows - 1)).len() < 3_000_000);
    assert_eq!(patients(7, Amount::Bytes(0)), [COLUMNS.join(",").as_bytes(), b"\n"].concat());
}

#[test]
fn says_that_the_output_is_full() {
    let error = write_patients(7, Amount::Rows(100), &mut [0_u8; 64].as_mut_slice()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
}

#[test]
fn rows_are_22_columns_of_the_size_of_real_ones() {
    let file = patients(7, Amount::Rows(20_000));
    let mut reader = csv::Reader::from_reader(file.as_slice());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
    assert_eq!(reader.records().filter(|row| row.as_ref().unwrap().len() == 22).count(), 20_000);
    assert!((200..=260).contains(&(file.len() / 20_000)), "{} bytes a row", file.len() / 20_000);
}

#[test]
fn some_fields_need_quotes_and_few_hold_quotes_or_line_feeds() {
    let rows = rows(&patients(7, Amount::Rows(20_000)));
    let with = |mark| rows.iter().filter(|row| row.iter().any(|field| field.contains(mark))).count();
    assert!((2_000..3_000).contains(&with(',')), "{}", with(','));
    let (quotes, line_feeds) = (with('"'), with('\n'));
    assert!(quotes > 50 && line_feeds > 25 && quotes + line_feeds < 400, "{quotes} and {line_feeds}");
}

#[test]
fn nobody_is_the_same_person() {
    let rows = rows(&patients(7, Amount::Rows(20_000)));
    for name in ["patient_id", "mrn"] {
        assert_eq!(column(&rows, name).into_iter().collect::<BTreeSet<_>>().len(), 20_000, "{name}");
    }
}

#[test]
fn lives_go_from_birth_by_the_last_visit_to_death() {
    let rows = rows(&patients(7, Amount::Rows(20_000)));
    let (born, visited, died) = (column(&rows, "birth_date"), column(&rows, "last_visit"), column(&rows, "death_date"));
    for ((born, visited), died) in born.iter().zip(&visited).zip(&died) {
        assert!(born <= visited && (died.is_empty() || visited <= died), "{born} {visited} {died}");
    }
    let living = died.iter().filter(|died| died.is_empty()).count();
    assert!((18_000..19_000).contains(&living), "{living}");
}

#[test]
fn numbers_have_the_form_that_rules_and_detectors_look_for() {
    let rows = rows(&patients(7, Amount::Rows(2_000)));
    for (name, form) in [
        ("patient_id", "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx"),
        ("mrn", "00000000"),
        ("ssn", "900-00-0000"),
        ("zip", "00000"),
        ("phone", "000-555-0000"),
        ("birth_date", "0000-00-00"),
    ] {
        for value in column(&rows, name) {
            assert!(value.len() == form.len() && value.bytes().zip(form.bytes()).all(fits), "{name}: {value}");
        }
    }
    assert!(column(&rows, "zip").iter().any(|zip| zip.starts_with('0')));
}

/// `0` is any digit, `x` any lower-case hexadecimal one; all else is itself.
fn fits((byte, form): (u8, u8)) -> bool {
    match form {
        b'0' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        _ => byte == form,
    }
}
