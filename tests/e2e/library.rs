//! The library: a host is built once and masks batches on any number of threads.

use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use moretta::audit::{Record, Trail, Trust, TrustedKeys, Who, examine};
use moretta::error::{Blame, Error};
use moretta::keys::{DEFAULT_KEYS, Keyring};
use moretta::outcome::RejectionCode;
use moretta::policy::Policy;
use moretta::{Host, plugin::Package};

const POLICY: &str = "\
version: 1
domain: library
subject: id
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 30 } }
  - { columns: [note], drop: true }
  - { columns: [visits], keep: true }
";

fn host(policy: &str) -> Host {
    Host::builder(Policy::parse("policy.yaml", policy).unwrap()).ephemeral_keys().build().unwrap()
}

/// A batch of patients with these dates of birth, numbered from `first`.
fn patients(first: usize, born: &[&str]) -> RecordBatch {
    let ids: StringArray = (first..first + born.len()).map(|number| Some(format!("patient-{number}"))).collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("id", Arc::new(ids)),
        ("born", Arc::new(StringArray::from(born.to_vec()))),
        ("note", Arc::new(StringArray::from(vec!["secret"; born.len()]))),
        ("visits", Arc::new(Int64Array::from_iter_values(0..born.len() as i64))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn column<'b>(batch: &'b RecordBatch, name: &str) -> Vec<&'b str> {
    batch.column_by_name(name).unwrap().as_string::<i32>().iter().map(Option::unwrap).collect()
}

#[test]
fn a_batch_comes_back_masked() {
    let original = patients(0, &["1980-01-02", "1981-02-03"]);
    let masked = host(POLICY).mask(original.clone()).unwrap();
    let names: Vec<_> = masked.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id", "born", "visits"]);
    for name in ["id", "born"] {
        assert!(column(&masked, name).iter().zip(column(&original, name)).all(|(after, before)| *after != before));
    }
    assert_eq!(masked.column(2), original.column(3));
}

#[test]
fn a_row_that_is_rejected_fails_the_batch_or_is_named() {
    let host = host(POLICY);
    let batch = patients(0, &["1980-01-02", "soon", "1981-02-03"]);
    let error = host.mask(batch.clone()).unwrap_err();
    assert!(matches!(error, Error::Quarantined(_)) && error.blame() == Blame::Data);
    assert!(error.to_string().contains("row 2") && !error.to_string().contains("soon"), "{error}");

    let masked = host.mask_rows(batch).unwrap();
    assert_eq!((masked.batch.num_rows(), masked.outcomes.masked, masked.outcomes.quarantined), (2, 2, 1));
    let [(place, code)] = masked.quarantined.as_slice() else { panic!("{:?}", masked.quarantined) };
    assert_eq!((place.row, *code), (Some(2), RejectionCode::Unparsable));
}

#[test]
fn a_dropped_row_is_no_error() {
    let policy = POLICY.replace("{ max_days: 30 }", "{ max_days: 30 }, rejected: drop");
    let masked = host(&policy).mask(patients(0, &["soon", "1980-01-02"])).unwrap();
    assert_eq!(masked.num_rows(), 1);
}

#[test]
fn a_stream_ends_with_its_first_error() {
    let host = host(POLICY);
    let batches = [patients(0, &["1980-01-02"]), patients(1, &["soon"]), patients(2, &["1980-01-02"])];
    let masked: Vec<_> = host.mask_all(batches).map(|batch| batch.map(|batch| batch.num_rows()).ok()).collect();
    assert_eq!(masked, [Some(1), None]);
}

#[test]
fn a_column_without_a_rule_is_an_error_of_the_operator() {
    let policy = POLICY.replace("  - { columns: [visits], keep: true }\n", "");
    let error = host(&policy).mask(patients(0, &["1980-01-02"])).unwrap_err();
    assert!(matches!(error, Error::Policy(_)) && error.blame() == Blame::Operator);
    assert!(error.to_string().contains("`visits`"), "{error}");
}

#[test]
fn a_host_without_keys_masks_nothing_that_needs_one() {
    let host = Host::builder(Policy::parse("policy.yaml", POLICY).unwrap()).build().unwrap();
    assert!(matches!(host.mask(patients(0, &["1980-01-02"])), Err(Error::Policy(_))));
}

#[test]
fn a_batch_without_rows_or_of_nulls_passes() {
    let host = host(POLICY);
    assert_eq!(host.mask(patients(0, &[])).unwrap().num_rows(), 0);
    let id = Field::new("id", DataType::Utf8, true);
    let nulls: ArrayRef = Arc::new(StringArray::new_null(3));
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![id])), vec![nulls.clone()]).unwrap();
    assert_eq!(host.mask(batch).unwrap().column(0), &nulls);
}

fn rows_masked(record: &Record) -> Option<u64> {
    record.details.get("outcomes")?["masked"].as_u64()
}

#[test]
fn a_batch_is_given_away_after_its_record_is_written_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let keyring = Keyring::ephemeral(&DEFAULT_KEYS).unwrap();
    let key = keyring.audit_key("audit").unwrap();
    let trusted = TrustedKeys::of_grant(&key);
    let trail = Trail::open(directory.path(), key, Who::principal("annie"), SystemTime::now).unwrap();
    let host = Host::builder(Policy::parse("policy.yaml", POLICY).unwrap()).keyring(keyring).audit(trail);
    let host = host.build().unwrap();
    host.mask(patients(0, &["1980-01-02", "1981-02-03"])).unwrap();
    host.mask(patients(2, &["1982-03-04"])).unwrap();
    let (mut rows, trust) = (Vec::new(), Trust { keys: Some(&trusted), remembered: None });
    let examined = examine(directory.path(), trust, &mut |record, _| {
        rows.push((record.who.name.clone(), record.action.clone(), rows_masked(&record)));
    });
    assert_eq!(examined.unwrap().checkpoints, 2);
    let record = |action: &str, rows| ("annie".to_owned(), action.to_owned(), rows);
    let granted = || record("key-granted", None);
    assert_eq!(rows, [granted(), granted(), record("masked", Some(2)), record("masked", Some(1))]);

    std::fs::remove_file(directory.path().join("checkpoint")).unwrap();
    let error = host.mask(patients(3, &["1983-04-05"])).unwrap_err();
    assert!(matches!(error, Error::Audit(_)), "{error}");
}

#[test]
fn threads_share_a_host_and_agree() {
    let host = host(POLICY);
    let batch = |number: usize| patients(number * 50, &["1980-01-02"; 100]);
    let alone: Vec<_> = (0..16).map(|number| host.mask(batch(number)).unwrap()).collect();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let host = host.clone();
            thread::spawn(move || host.mask_all((0..16).map(batch)).collect::<Result<Vec<_>, _>>().unwrap())
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), alone);
    }
    // Batches overlap by half: whoever is in two of them has one pseudonym.
    assert_eq!(column(&alone[0], "id")[50..], column(&alone[1], "id")[..50]);
}

#[test]
fn bytes_that_are_no_component_are_no_plugin() {
    assert!(Package::read("nothing", b"\0asm\x01\0\0\0".to_vec()).is_err());
    assert!(Package::read("nothing", Vec::new()).is_err());
}
