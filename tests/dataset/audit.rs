//! What the trail says of a dataset.

use moretta::audit::{Record, Trust, examine};
use moretta::dataset::{Canary, CanaryOf, CrashBudget, Settings};
use moretta_tests::guests::HOSTILE;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::place::{Place, batch, constant, names, reload, wait, who};

fn records(place: &Place) -> Vec<Record> {
    let mut records = Vec::new();
    examine(&place.path().join("keys/audit"), Trust::default(), &mut |record, _| records.push(record)).unwrap();
    records
}

fn actions(place: &Place) -> Vec<(String, String)> {
    let told = |record: Record| (record.action, record.who.name);
    records(place)
        .into_iter()
        .map(told)
        .filter(|(action, _)| action.starts_with("revision") || action.starts_with("dataset"))
        .collect()
}

#[test]
fn every_change_of_what_is_in_force_is_recorded_with_who_and_digests() {
    let place = Place::new(&constant("one"));
    place.keyring();
    place.plugin("hostile.wasm", HOSTILE);
    let settings =
        Settings { crash_budget: CrashBudget { faults: 0, ..CrashBudget::default() }, ..Settings::default() };
    let dataset = place.open(settings);
    place.rules("{ columns: [name, city], mask: hostile/echo }");
    reload(&dataset).unwrap_err();
    place.rules("{ columns: [name, city], mask: hostile/sleeper-trap }");
    reload(&dataset).unwrap();
    dataset.lease().unwrap().mask(batch(&["wake"])).unwrap_err();
    wait("the rollback", || actions(&place).iter().any(|(action, _)| action == "revision-rolled-back"));
    dataset.stop(&who()).unwrap();
    dataset.start(&who()).unwrap();
    let process = records(&place)[0].who.name.clone();
    let expected = [
        ("revision-noticed", &*process),
        ("revision-in-force", &process),
        ("revision-refused", "anna"),
        ("revision-noticed", "anna"),
        ("revision-in-force", "anna"),
        ("revision-rolled-back", &process),
        ("dataset-stopped", "anna"),
        ("dataset-started", "anna"),
    ];
    assert_eq!(actions(&place), expected.map(|(action, who)| (action.to_owned(), who.to_owned())));
    let refused = records(&place).into_iter().find(|record| record.action == "revision-refused").unwrap();
    assert_eq!((&refused.details["step"], &refused.details["problem"]), (&"vetted".into(), &"plugin".into()));
    let in_force = records(&place).into_iter().rfind(|record| record.action == "revision-in-force").unwrap();
    assert_eq!(in_force.details["plugins"]["hostile"].as_str().unwrap().len(), 64);
    assert_eq!(in_force.details["keys"]["identity"], 1);
}

#[test]
fn a_trail_that_cannot_be_written_lets_nothing_come_in_force() {
    let place = Place::new(&constant("one"));
    place.keyring();
    let dataset = place.open(Settings::default());
    let trail = place.path().join("keys/audit");
    std::fs::rename(&trail, place.path().join("elsewhere")).unwrap();
    std::fs::write(&trail, "no directory").unwrap();
    place.rules(&constant("two"));
    reload(&dataset).unwrap_err();
    assert_eq!(dataset.status().current, Some(1));
}

/// The rows of a run that each of two revisions masked, as its record says.
fn shares(place: &Place) -> [u64; 2] {
    let masked = records(place).into_iter().rfind(|record| record.action == "masked").unwrap();
    let shares = masked.details["shares"].as_array().unwrap().clone();
    assert_eq!((&shares[0]["revision"], &shares[1]["revision"]), (&json!(1), &json!(2)));
    let rows = [0, 1].map(|at| shares[at]["rows"]["masked"].as_u64().unwrap());
    for (share, rows) in shares.iter().zip(rows) {
        let batches = if rows > 0 { json!([{ "first": 1, "last": 1 }]) } else { json!([]) };
        assert_eq!(share["batches"], batches, "a call is one batch");
    }
    assert_eq!(masked.details["outcomes"]["masked"], json!(rows[0] + rows[1]));
    rows
}

#[test]
fn the_trail_alone_says_which_revision_masked_how_many_rows_in_a_canary() {
    for of in [CanaryOf::Subjects, CanaryOf::Batches] {
        let place = Place::new(&constant("one"));
        place.keyring();
        let canary = Some(Canary { percent: 50, of, batches: 1_000 });
        let dataset = place.open(Settings { canary, ..Settings::default() });
        place.rules(&constant("two"));
        reload(&dataset).unwrap();
        let people: Vec<String> = (0..40).map(|number| format!("person {number}")).collect();
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        let (mut by_candidate, mut batches, mut in_share) = (0, 0, Vec::new());
        for _ in 0..4 {
            let lease = dataset.lease().unwrap();
            let masked = names(&lease.mask(batch(&people)).unwrap());
            let two = masked.iter().filter(|name| *name == "two").count() as u64;
            if lease.candidate().is_some() && (of == CanaryOf::Subjects || two > 0) {
                assert_eq!(shares(&place), [40 - two, two]);
            }
            (by_candidate, batches) = (by_candidate + two, batches + u64::from(two > 0));
            in_share = masked;
        }
        dataset.promote(2, &who()).unwrap();
        let in_force = records(&place).into_iter().rfind(|record| record.action == "revision-in-force").unwrap();
        let told = &in_force.details["canary"];
        assert_eq!(
            (&told["percent"], &told["rows"], &told["batches"]),
            (&json!(50), &json!(by_candidate), &json!(batches))
        );
        let tried = records(&place).into_iter().rfind(|record| record.action == "revision-tried").unwrap();
        assert_eq!((&tried.details["canary"]["salt"], &tried.details["canary"]["rows"]), (&told["salt"], &json!(0)));
        match of {
            CanaryOf::Subjects => check_salt(&told["salt"], &people, &in_share),
            CanaryOf::Batches => assert!(told["salt"].is_null() && by_candidate == 80, "{told}"),
        }
    }
}

/// Who knows the salt and the rows knows which of them the candidate masked.
fn check_salt(salt: &Value, people: &[&str], masked: &[String]) {
    let salt = salt.as_str().unwrap();
    let salt: Vec<u8> = (0..32).step_by(2).map(|at| u8::from_str_radix(&salt[at..at + 2], 16).unwrap()).collect();
    for (name, masked) in people.iter().zip(masked) {
        let digest = Sha256::new().chain_update(&salt).chain_update(name).finalize();
        let number = u64::from_be_bytes(digest[..8].try_into().unwrap());
        assert_eq!(number % 100 < 50, masked == "two", "{name}");
    }
}
