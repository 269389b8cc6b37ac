//! What the trail says of a dataset.

use moretta::audit::{Record, Trust, examine};
use moretta::dataset::{CrashBudget, Settings};
use moretta_tests::guests::HOSTILE;

use crate::place::{Place, batch, constant, reload, wait, who};

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
