//! Shadow and canary: a candidate is tried on what is masked, and who gave it notices nothing.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use moretta::dataset::{Canary, CanaryOf, Dataset, Reloaded, Settings, State};
use moretta_tests::guests::HOSTILE;

use crate::place::{Place, batch, constant, masked, names, reload, wait};

const SLEEPER: &str = "{ columns: [name], mask: hostile/sleeper-trap }\n{ columns: [city], keep: true }";
const ONE: &str = "{ columns: [name], mask: redact, with: { value: one } }\n{ columns: [city], keep: true }";

fn canary(percent: u8, of: CanaryOf, batches: u64) -> Settings {
    Settings { canary: Some(Canary { percent, of, batches }), ..Settings::default() }
}

fn shadow(batches: u64) -> Settings {
    Settings { shadow: batches, ..Settings::default() }
}

/// Masks until a candidate is no more tried.
fn mask_until_over(dataset: &Dataset) {
    wait("the end of the trial", || {
        masked(dataset);
        dataset.status().revisions.iter().all(|one| !matches!(one.state, State::Shadow | State::Canary))
    });
}

#[test]
fn a_shadow_is_compared_without_values_and_comes_in_force_by_itself() {
    let place = Place::new(ONE);
    let dataset = place.open(shadow(3));
    place.rules(&ONE.replace("one", "two"));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Shadow(2));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Unchanged(2));
    assert_eq!(masked(&dataset), "one");
    wait("a comparison", || {
        masked(&dataset);
        let shadow = dataset.status().candidate.and_then(|candidate| candidate.shadow);
        shadow.is_none_or(|shadow| shadow.compared > 0 && shadow.columns["name"].differing == 2 * shadow.compared)
    });
    mask_until_over(&dataset);
    assert_eq!((masked(&dataset).as_str(), dataset.status().current), ("two", Some(2)));
    assert!(dataset.status().candidate.is_none());
}

#[test]
fn a_shadow_that_fails_is_taken_away_and_nobody_noticed() {
    let place = Place::new(ONE);
    place.plugin("hostile.wasm", HOSTILE);
    let dataset = place.open(shadow(1_000));
    place.rules(SLEEPER);
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Shadow(2));
    wait("the end of the trial", || {
        let lease = dataset.lease().unwrap();
        assert_eq!(names(&lease.mask(batch(&["Ada", "wake"])).unwrap()), ["one", "one"]);
        dataset.status().revisions.len() == 1
    });
    let status = dataset.status();
    let candidate = status.candidate.unwrap();
    assert_eq!((candidate.state, candidate.failed, status.current), (State::Shadow, Some(State::Current), Some(1)));
    let reason = candidate.reason.unwrap();
    assert!(reason.contains("trapped") && !reason.contains("wake"), "{reason}");
}

#[test]
fn a_shadow_that_rejects_more_rows_is_taken_away() {
    let place = Place::new("{ columns: [name, city], mask: redact, rejected: drop }");
    let dataset = place.open(shadow(2));
    place.rules("{ columns: [name, city], mask: generalize, with: { to: year }, rejected: drop }");
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Shadow(2));
    mask_until_over(&dataset);
    let reason = dataset.status().candidate.unwrap().reason.unwrap();
    assert!(reason.contains("rejected"), "{reason}");
    assert_eq!(dataset.status().current, Some(1));
}

#[test]
fn an_individual_is_never_masked_under_two_revisions_in_a_canary_of_subjects() {
    let place = Place::new("{ columns: [name], mask: redact, with: { value: one } }\n{ columns: [city], keep: true }");
    let dataset = place.open(canary(50, CanaryOf::Subjects, u64::MAX));
    place.rules("{ columns: [name], mask: redact, with: { value: two } }\n{ columns: [city], keep: true }");
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Canary(2));
    let everybody: Vec<String> = (0..40).map(|number| format!("person {number}")).collect();
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for round in 0..20 {
        let some: Vec<&str> = everybody.iter().map(String::as_str).cycle().skip(round * 7).take(25).collect();
        let lease = if round % 2 == 0 { dataset.lease().unwrap() } else { dataset.pin().unwrap() };
        let masked = lease.mask(batch(&some)).unwrap();
        assert_eq!(masked.num_rows(), some.len());
        for (name, revision) in some.iter().zip(names(&masked)) {
            assert_eq!(seen.entry(name).or_insert_with(|| revision.clone()), &revision, "{name}");
        }
    }
    let counted = |value: &str| seen.values().filter(|revision| *revision == value).count();
    assert!(counted("one") >= 8 && counted("two") >= 8, "{} and {}", counted("one"), counted("two"));
    dataset.promote(2, &crate::place::who()).unwrap();
    assert_eq!(masked(&dataset), "two");
}

#[test]
fn rows_of_both_revisions_stay_in_their_order_with_all_their_cells() {
    let place = Place::new("{ columns: [name], mask: redact, with: { value: one } }\n{ columns: [city], keep: true }");
    let dataset = place.open(canary(50, CanaryOf::Subjects, 3));
    place.rules("{ columns: [name], mask: redact, with: { value: two } }\n{ columns: [city], keep: true }");
    reload(&dataset).unwrap();
    let people: Vec<String> = (0..100).map(|number| format!("person {number}")).collect();
    let mut columns = batch(&people.iter().map(String::as_str).collect::<Vec<_>>()).columns().to_vec();
    columns[1] = std::sync::Arc::new(
        people.iter().map(|name| Some(name.replace("person", "city"))).collect::<arrow_array::StringArray>(),
    );
    let whole = arrow_array::RecordBatch::try_new(batch(&["x"]).schema(), columns.clone()).unwrap();
    let masked = dataset.lease().unwrap().mask(whole).unwrap();
    assert_eq!(masked.column_by_name("city").unwrap().as_string::<i32>(), columns[1].as_string::<i32>());
}

#[test]
fn a_canary_of_batches_takes_its_share_and_comes_in_force_by_itself() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(canary(25, CanaryOf::Batches, 10));
    place.rules(&constant("two"));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Canary(2));
    let masked: Vec<String> = (0..36).map(|_| masked(&dataset)).collect();
    assert_eq!(masked.iter().filter(|name| *name == "two").count(), 9, "{masked:?}");
    assert_eq!(names(&dataset.pin().unwrap().mask(batch(&["Ada"])).unwrap()), ["one"], "a run has no part in it");
    mask_until_over(&dataset);
    assert_eq!(crate::place::masked(&dataset), "two");
}

#[test]
fn what_a_canary_cannot_mask_the_revision_in_force_does() {
    for of in [CanaryOf::Subjects, CanaryOf::Batches] {
        let place = Place::new(ONE);
        place.plugin("hostile.wasm", HOSTILE);
        let dataset = place.open(canary(100, of, 1_000));
        place.rules(SLEEPER);
        assert_eq!(reload(&dataset).unwrap(), Reloaded::Canary(2));
        assert_eq!(masked(&dataset), "masked");
        let lease = dataset.lease().unwrap();
        assert_eq!(names(&lease.mask(batch(&["Ada", "wake"])).unwrap()), ["one", "one"]);
        assert_eq!(names(&lease.mask(batch(&["Ada"])).unwrap()), ["one"], "a lease that knew of it goes on without it");
        wait("the end of the trial", || dataset.status().candidate.is_some_and(|it| it.failed.is_some()));
        assert_eq!(masked(&dataset), "one");
    }
}

#[test]
fn a_canary_that_puts_out_other_columns_is_taken_away() {
    let place = Place::new("{ columns: [name], mask: redact, with: { value: one } }\n{ columns: [city], keep: true }");
    let dataset = place.open(canary(50, CanaryOf::Subjects, 1_000));
    place.rules("{ columns: [name], mask: redact, with: { value: two } }\n{ columns: [city], drop: true }");
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Canary(2));
    let people: Vec<String> = (0..40).map(|number| format!("person {number}")).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let masked = dataset.lease().unwrap().mask(batch(&people)).unwrap();
    assert!(names(&masked).iter().all(|name| name == "one") && masked.num_columns() == 2);
    wait("the end of the trial", || dataset.status().candidate.is_some_and(|it| it.failed.is_some()));
}

#[test]
fn after_shadow_comes_the_canary() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(Settings { shadow: 2, drain_deadline_ms: 100, ..canary(50, CanaryOf::Batches, 4) });
    place.rules(&constant("two"));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Shadow(2));
    wait("the canary", || {
        masked(&dataset);
        dataset.status().candidate.is_none_or(|candidate| candidate.state == State::Canary)
    });
    // It is no revision that drains, however long the canary takes.
    std::thread::sleep(std::time::Duration::from_millis(200));
    mask_until_over(&dataset);
    assert_eq!(dataset.status().current, Some(2));
}

#[test]
fn a_candidate_gives_way_to_the_next_one_and_to_the_files_as_they_were() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(shadow(1_000));
    place.rules(&constant("two"));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Shadow(2));
    place.rules(&constant("three"));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Shadow(3));
    assert!(dataset.promote(2, &crate::place::who()).is_err());
    place.rules(&constant("one"));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Unchanged(1));
    assert!(dataset.promote(3, &crate::place::who()).is_err());
    assert_eq!(dataset.status().revisions.len(), 1);
}

#[test]
fn a_uniform_dataset_has_no_canary() {
    let place = Place::new(&constant("one"));
    let settings = Settings { uniform: true, ..canary(50, CanaryOf::Batches, 4) };
    assert!(place.try_open(settings).unwrap_err().to_string().contains("uniform"));
    assert!(place.try_open(canary(101, CanaryOf::Batches, 4)).unwrap_err().to_string().contains("percent"));
}
