//! One revision after another: leases, drains, keys, and what is not compiled twice.

use std::thread;
use std::time::{Duration, Instant};

use moretta::dataset::{Dataset, Gate, Reloaded, Settings, State};
use moretta::error::Error;
use moretta::keys::Purpose;
use moretta::plugin::{Engine, Limits};
use moretta::vault::Vault;
use moretta_tests::guests::HOSTILE;

use crate::place::{Place, batch, constant, engine, masked, names, reload, wait};

#[test]
fn a_lease_stays_under_its_revision_when_another_comes_in_force() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(Settings::default());
    let before = dataset.lease().unwrap();
    place.rules(&constant("two"));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::InForce(2));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::Unchanged(2));
    assert_eq!((before.revision(), dataset.lease().unwrap().revision()), (1, 2));
    let states = || dataset.status().revisions.iter().map(|one| (one.number, one.state)).collect::<Vec<_>>();
    assert_eq!(states(), [(1, State::Draining), (2, State::Current)]);
    assert_eq!(names(&before.mask(batch(&["Ada"])).unwrap()), ["one"]);
    assert_eq!(masked(&dataset), "two");
    drop(before);
    assert_eq!(states(), [(1, State::Retired), (2, State::Current)]);
    assert_eq!(dataset.status().fallback, Some(1));
}

#[test]
fn the_shipped_transforms_pass_vetting_on_every_type_they_take() {
    let place = Place::new(
        "{ columns: [name], mask: pseudonym, key: identity }
{ columns: [a], mask: redact }
{ columns: [a2], mask: redact, with: { fill: same-length } }
{ columns: [a3], mask: redact, with: { fill: 'null' } }
{ columns: [b], mask: partial }
{ columns: [c], mask: surrogate, key: identity, with: { kind: given-name } }
{ columns: [d], mask: shift-dates, key: dates }
{ columns: [g], mask: generalize, with: { to: year } }
{ columns: [g2], mask: generalize, with: { to: bin } }
{ columns: [h], mask: age }
{ columns: [j], mask: noise, with: { amount: 5 } }
{ columns: [k], mask: encrypt, key: sealing }
{ columns: [l], mask: encrypt-deterministic, key: joining }
{ columns: [m], mask: fpe, key: formats }
{ columns: [n], mask: token, key: tokens }
{ columns: [i], mask: zip3 }",
    );
    let policy = std::fs::read_to_string(place.policy()).unwrap();
    std::fs::write(place.policy(), policy.replace("domain:", "reference_date: 2026-01-01\ndomain:")).unwrap();
    let mut keyring = place.keyring();
    for (key, purpose) in [
        ("sealing", Purpose::Encrypt),
        ("joining", Purpose::EncryptDeterministic),
        ("formats", Purpose::FormatPreserving),
        ("tokens", Purpose::Token),
    ] {
        keyring.add(key, purpose).unwrap();
    }
    let mut sources = place.sources();
    sources.vault = Some(place.path().join("vault"));
    Vault::create(&place.path().join("vault"), &keyring.token_key("tokens").unwrap()).unwrap();
    let started = Instant::now();
    let dataset = Dataset::open("all", engine(), sources, Settings::default()).unwrap();
    println!("all shipped transforms were compiled and vetted in {:?}", started.elapsed());
    assert_eq!(dataset.status().gate, Gate::Open);
}

#[test]
fn a_change_of_the_primary_key_is_another_revision() {
    let place = Place::new("{ columns: [name], mask: pseudonym, key: identity }\n{ columns: [city], keep: true }");
    let mut keyring = place.keyring();
    let dataset = place.open(Settings::default());
    let before = masked(&dataset);
    assert_eq!(masked(&dataset), before);
    keyring.rotate("identity").unwrap();
    assert_eq!(masked(&dataset), before, "nobody noticed yet");
    assert_eq!(reload(&dataset).unwrap(), Reloaded::InForce(2));
    assert_ne!(masked(&dataset), before);
    assert_eq!(dataset.status().revisions.last().unwrap().parts.keys["identity"], 2);
}

#[test]
fn what_drains_too_long_is_ended_and_fails_closed() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(Settings { drain_deadline_ms: 50, ..Settings::default() });
    let stuck = dataset.lease().unwrap();
    place.rules(&constant("two"));
    reload(&dataset).unwrap();
    wait("the end of the lease", || matches!(stuck.mask(batch(&["Ada"])), Err(Error::Ended)));
    assert_eq!(masked(&dataset), "two");
    drop(stuck);
    // It is whole again for a rollback.
    assert_eq!(dataset.rollback(&crate::place::who()).unwrap(), 1);
    assert_eq!(masked(&dataset), "one");
}

#[test]
fn a_batch_that_spins_is_ended_by_the_drain_deadline_and_not_by_its_own() {
    let place = Place::new("{ columns: [name], mask: hostile/sleeper-spin }\n{ columns: [city], drop: true }");
    place.plugin("hostile.wasm", HOSTILE);
    let settings = Settings { drain_deadline_ms: 30, ..Settings::default() };
    // A call may take ten seconds here.
    let engine = Engine::new(Limits::default(), None).unwrap();
    let dataset = Dataset::open("spinning", &engine, place.sources(), settings).unwrap();
    let (lease, started) = (dataset.lease().unwrap(), Instant::now());
    let spinning = thread::spawn(move || (lease.mask(batch(&["wake"])).unwrap_err(), started.elapsed()));
    thread::sleep(Duration::from_millis(50));
    place.rules(&constant("two"));
    reload(&dataset).unwrap();
    let (error, took) = spinning.join().unwrap();
    assert!(matches!(error, Error::Ended), "{error}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert_eq!(dataset.status().rollbacks, 0);
}

#[test]
fn what_did_not_change_is_not_compiled_again() {
    let place = Place::new("{ columns: [name, city], mask: hostile/honest }");
    place.plugin("hostile.wasm", HOSTILE);
    let dataset = place.open(Settings::default());
    let mut quickest = Duration::MAX;
    for domain in ["a", "b", "c"] {
        let policy = std::fs::read_to_string(place.policy()).unwrap();
        std::fs::write(place.policy(), format!("{policy}# {domain}\n")).unwrap();
        let started = Instant::now();
        assert!(matches!(reload(&dataset).unwrap(), Reloaded::InForce(_)));
        quickest = quickest.min(started.elapsed());
    }
    println!("a revision without a new plugin took {quickest:?}");
    assert!(quickest < Duration::from_millis(100), "{quickest:?}");
}
