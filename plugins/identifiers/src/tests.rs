use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::kind::LABELS;

fn manifest() -> Value {
    serde_json::from_str(include_str!("../manifest.json")).unwrap()
}

fn column(values: &[&str]) -> Column {
    Column::from_text(values.iter().map(|value| Some(*value)))
}

/// The greatest count of each label.
fn found(column: Column) -> BTreeMap<&'static str, u32> {
    let request = Request { transform: "classify".into(), config: "{}".into(), reference_date: None };
    let mut most = BTreeMap::new();
    for finding in Identifiers::classify(&request, &["x".into()], &[column]).unwrap() {
        assert!(finding.matched <= finding.examined && finding.column == 0);
        let count = most.entry(LABELS[finding.label as usize]).or_default();
        *count = finding.matched.max(*count);
    }
    most
}

#[test]
fn the_manifest_has_the_labels_in_their_order() {
    let manifest = manifest();
    let labels: Vec<_> =
        manifest["labels"].as_array().unwrap().iter().map(|it| it["label"].as_str().unwrap()).collect();
    assert_eq!(labels, LABELS);
}

#[test]
fn every_vector_of_the_corpus_is_right() {
    let corpus = include_str!("../../../tests/corpus/vectors/identifier_check_vectors.json");
    let corpus: BTreeMap<String, Vec<Value>> = serde_json::from_str(corpus).unwrap();
    for (kind, vectors) in corpus {
        for vector in vectors {
            let value = vector["value"].as_str().unwrap();
            let plain: Vec<u8> = value.bytes().filter(|byte| *byte != b'-').collect();
            let valid = match kind.as_str() {
                "npi" => digits::is_npi(&plain),
                "dea" => codes::is_dea(&plain),
                "mbi" => codes::is_mbi(value.as_bytes()),
                "vin" => codes::is_vin(&plain),
                "luhn" => digits::is_luhn(&plain),
                "ssn" => digits::is_ssn(&plain),
                "aba" => digits::is_bank_routing(&plain),
                other => panic!("a kind without a validator: {other}"),
            };
            assert_eq!(valid, vector["valid"].as_bool().unwrap(), "{kind} {value}");
        }
    }
}

/// How values of each kind are written.
const WRITTEN: &[(Kind, &[&str])] = &[
    (Kind::Ssn, &["123-45-6789", "123 45 6789"]),
    (Kind::SsnShape, &["999-95-5351"]),
    (Kind::Itin, &["912-70-1234", "912701234"]),
    (Kind::PaymentCard, &["4111111111111111", "4111-1111-1111-1111", "4111 1111 1111 1111", "378282246310005"]),
    (Kind::Imei, &["490154203237518"]),
    (Kind::Iban, &["GB82WEST12345698765432", "DE89 3704 0044 0532 0130 00"]),
    (Kind::Mbi, &["1EG4-TE5-MK73", "1eg4te5mk73"]),
    (Kind::IpAddress, &["10.0.0.1", "192.168.1.0/24", "2001:db8::1", "fe80::1%eth0", "::1"]),
    (Kind::MacAddress, &["00:1A:2b:3c:4d:5e", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e"]),
    (Kind::Email, &["a.b+c@example.co.uk", "mailto:x@y.org"]),
    (Kind::Url, &["https://example.org/a?b=c", "www.example.org", "ftp://h/x"]),
    (
        Kind::Phone,
        &[
            "555-518-6479",
            "(617) 555-0123",
            "617.555.0123",
            "+1 617 555 0123",
            "+44 20 7946 0018",
            "1-617-555-0123",
            "617-555-0123 x12",
            "617-555-0123 ext. 4",
            "555-0123",
            "(617)555-0123",
        ],
    ),
    (Kind::BarePhone, &["6175550123", "16175550123"]),
    (
        Kind::Date,
        &[
            "2026-01-31",
            "2026-01-31T10:00:00Z",
            "1979-03-25T11:38:40.967331+00:00",
            "1/31/2026",
            "01/31/26",
            "31.01.2026",
            "2026/1/31",
            "31 Jan 2026",
            "January 31, 2026",
            "31-JAN-26",
            "Jan 31 2026 10:00 PM",
            "2026-01",
            "Sat, 31 Jan 2026 10:00:00 GMT",
            "1st March 1950",
            "1/31/2026 4:05:06 PM",
        ],
    ),
    (Kind::CompactDate, &["20260131"]),
    (Kind::Year, &["1957"]),
    (Kind::Zip, &["02139", "90210"]),
    (Kind::ZipPlus4, &["02139-4307", "02139 4307"]),
    (Kind::Icd10, &["E11.9", "U07.1", "QA0.0101", "S52.521A", "E119"]),
    (Kind::ClinicalCode, &["2345-7", "0002-8215-01"]),
    (Kind::Coordinate, &["42.297761742513565", "-71.0044"]),
    (Kind::Coordinates, &["42.29776, -71.00442"]),
    (Kind::Uuid, &["ca99c920-57da-4cb1-b8bc-64b4bfb6642d"]),
    (Kind::Udi, &["(01)00643169007222(17)160712", "+H123PARTNO1234567890120"]),
    (Kind::Quasi, &["female", "Married", "White"]),
    (Kind::Decimal, &["12.5", "$1,234.50", "1,234.50", "-0.75"]),
    (Kind::FreeText, &["The patient was seen today. She feels well and will be back in March."]),
];

#[test]
fn values_look_like_what_they_are() {
    for (kind, values) in WRITTEN {
        for value in *values {
            assert!(look(value.as_bytes()).has(*kind), "{value} is no {kind:?}");
        }
    }
}

#[test]
fn values_do_not_look_like_what_they_are_not() {
    for (kind, values) in [
        (Kind::Ssn, &["123-456-789", "12-345-6789", "000-12-3456", "1234-5-6789"][..]),
        (Kind::IpAddress, &["256.1.1.1", "1.2.3", "01.2.3.4", "1.2.3.4.5", ":::"]),
        (Kind::Email, &["a@b", "@x.org", "a b@x.org", "a@x.1"]),
        (
            Kind::Phone,
            &["111-555-0123", "12-34567890", "617-5550-123", "1234567", "2026-01-31", "12.5", "1-2", "06-12-2020"],
        ),
        (
            Kind::Date,
            &["2026-13-01", "32/01/2026", "2026-02-30", "12-34", "10:30", "31 Foo 2026", "2026-01-31x", "1.2.3"],
        ),
        (Kind::Icd10, &["1E1.9", "E1.9", "E11.", "e11.9", "PATIENT"]),
        (Kind::Coordinate, &["12.5", "200.12345", "0.12345"]),
        (
            Kind::FreeText,
            &["2099 McDermott Pathway, Boston, MA 02111", "24 HR Metoprolol 100 MG Extended Release Oral Tablet"],
        ),
        (Kind::Zip, &["00000", "99", "123456"]),
        (Kind::Npi, &["3234567893", "123456789"]),
    ] {
        for value in values {
            assert!(!look(value.as_bytes()).has(kind), "{value} is taken for {kind:?}");
        }
    }
}

#[test]
fn codes_that_repeat_are_none_of_one_person() {
    let values: Vec<String> = (0..500).map(|number| format!("AB{:06}", number * 7919 % 999_983)).collect();
    let all: Vec<_> = values.iter().map(String::as_str).collect();
    assert_eq!(found(column(&all))["other-id"], 500);
    let few: Vec<_> = (0..500).map(|row| all[row % 5]).collect();
    assert_eq!(found(column(&few))["other-id"], 5);
    let amounts: Vec<String> = (0..500_u64).map(|number| (number * number * 37 % 3_000_017).to_string()).collect();
    let amounts: Vec<_> = amounts.iter().map(String::as_str).collect();
    assert_eq!(found(column(&amounts)).get("other-id").copied().unwrap_or_default(), 0);
}

#[test]
fn nulls_and_blanks_are_not_looked_at() {
    let values = Column::from_text([None, Some("  "), Some(""), Some("a@b.org")]);
    assert_eq!(found(values), BTreeMap::from([("email", 1)]));
    assert!(found(Column::from_text([])).is_empty());
}

#[test]
fn golden_cases_hold() {
    for case in manifest()["cases"].as_array().unwrap() {
        if let Some(values) = case["input"]["text"].as_array() {
            let expected: BTreeMap<_, _> = case["matched"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(label, count)| (label.as_str(), count.as_u64().unwrap() as u32))
                .collect();
            assert_eq!(found(Column::from_text(values.iter().map(Value::as_str))), expected, "{}", case["name"]);
        }
    }
}

proptest! {
    #[test]
    fn never_panics_whatever_comes(values in proptest::collection::vec("\\PC{0,40}|[-0-9./:+()A-Za-z @,$]{0,24}", 0..40)) {
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        for (_, matched) in found(column(&values)) {
            prop_assert!(matched as usize <= values.len());
        }
    }

    #[test]
    fn every_valid_npi_has_nine_neighbours_that_are_none(number in 100_000_000_u64..300_000_000) {
        let valid = (0..10).filter(|check| digits::is_npi(format!("{number}{check}").as_bytes())).count();
        prop_assert_eq!(valid, usize::from(number < 300_000_000));
    }
}
