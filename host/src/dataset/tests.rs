use std::fs;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{RecordBatch, StringArray};

use super::*;
use crate::plugin::Limits;

const KEEP: &str = "version: 1\nrules:\n  - { columns: [name], mask: redact }\n";

fn batch() -> RecordBatch {
    RecordBatch::try_from_iter([("name", Arc::new(StringArray::from(vec!["Ada", "Grace"])) as _)]).unwrap()
}

fn open(directory: &std::path::Path, policy: &str) -> Result<Dataset, Error> {
    fs::write(directory.join("policy.yaml"), policy).unwrap();
    let engine = Engine::new(Limits::default(), None).unwrap();
    Dataset::open("patients", &engine, Sources::new(directory.join("policy.yaml")), Settings::default())
}

fn masked(dataset: &Dataset) -> String {
    dataset.lease().unwrap().mask(batch()).unwrap().column(0).as_string::<i32>().value(0).to_owned()
}

#[test]
fn a_lease_stays_under_its_revision_when_another_comes_in_force() {
    let directory = tempfile::tempdir().unwrap();
    let dataset = open(directory.path(), KEEP).unwrap();
    let who = Who::principal("anna");
    let before = dataset.lease().unwrap();
    fs::write(directory.path().join("policy.yaml"), KEEP.replace("redact", "redact, with: { with: NEXT }")).unwrap();
    assert_eq!(dataset.reload(&who).unwrap(), Reloaded::InForce(2));
    assert_eq!(dataset.reload(&who).unwrap(), Reloaded::Unchanged(2));
    assert_eq!((before.revision(), dataset.lease().unwrap().revision()), (1, 2));
    let states: Vec<_> = dataset.status().revisions.iter().map(|one| (one.number, one.state)).collect();
    assert_eq!(states, [(1, State::Draining), (2, State::Current)]);
    before.mask(batch()).unwrap();
    drop(before);
    assert_eq!(dataset.status().revisions[0].state, State::Retired);
}

#[test]
fn a_candidate_that_fails_leaves_the_revision_in_force_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let dataset = open(directory.path(), KEEP).unwrap();
    let before = masked(&dataset);
    fs::write(directory.path().join("policy.yaml"), "version: 1\nrules: [").unwrap();
    let failed = dataset.reload(&Who::principal("anna")).unwrap_err();
    assert_eq!((failed.revision, failed.failed), (2, State::Verified));
    assert_eq!((masked(&dataset), dataset.status().current), (before, Some(1)));
    assert_eq!(dataset.status().candidate.unwrap().failed, Some(State::Verified));
}

#[test]
fn the_kill_switch_ends_leases_that_were_given_out() {
    let directory = tempfile::tempdir().unwrap();
    let dataset = open(directory.path(), KEEP).unwrap();
    let (who, lease) = (Who::principal("anna"), dataset.lease().unwrap());
    dataset.stop(&who).unwrap();
    assert!(matches!(lease.mask(batch()), Err(Error::Ended)));
    assert_eq!(dataset.lease().unwrap_err(), Unavailable::Stopped);
    dataset.start(&who).unwrap();
    masked(&dataset);
}
