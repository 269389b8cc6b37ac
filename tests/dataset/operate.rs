//! What operators do: stop, start, drain, roll back, bar.

use std::thread;
use std::time::{Duration, Instant};

use moretta::dataset::{Gate, Reloaded, Settings, Unavailable};
use moretta::error::Error;
use moretta_tests::guests::HOSTILE;

use crate::place::{Place, batch, constant, masked, reload, who};

#[test]
fn the_kill_switch_ends_what_is_under_way_within_milliseconds() {
    let place = Place::new("{ columns: [name], mask: hostile/sleeper-spin }\n{ columns: [city], drop: true }");
    place.plugin("hostile.wasm", HOSTILE);
    let dataset = place.open(Settings::default());
    let (lease, idle) = (dataset.lease().unwrap(), dataset.lease().unwrap());
    let spinning = thread::spawn(move || lease.mask(batch(&["wake"])).unwrap_err());
    thread::sleep(Duration::from_millis(60));
    let started = Instant::now();
    dataset.stop(&who()).unwrap();
    assert!(matches!(spinning.join().unwrap(), Error::Ended));
    println!("stopped after {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_millis(200), "{:?}", started.elapsed());
    assert!(matches!(idle.mask(batch(&["Ada"])), Err(Error::Ended)));
    assert_eq!(dataset.lease().unwrap_err(), Unavailable::Stopped);
    assert_eq!(dataset.status().gate, Gate::Stopped);
    assert_eq!(dataset.status().rollbacks, 0, "what was stopped is no fault of a plugin");
    dataset.start(&who()).unwrap();
    assert_eq!(masked(&dataset), "masked");
}

#[test]
fn what_comes_in_force_while_it_is_stopped_waits() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(Settings::default());
    dataset.stop(&who()).unwrap();
    place.rules(&constant("two"));
    assert_eq!(reload(&dataset).unwrap(), Reloaded::InForce(2));
    assert_eq!(dataset.lease().unwrap_err(), Unavailable::Stopped);
    dataset.start(&who()).unwrap();
    assert_eq!(masked(&dataset), "two");
    assert_eq!(dataset.rollback(&who()).unwrap(), 1);
    assert_eq!(masked(&dataset), "one");
}

#[test]
fn draining_lets_what_is_under_way_end() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(Settings::default());
    let lease = dataset.lease().unwrap();
    dataset.drain(&who()).unwrap();
    assert_eq!(dataset.lease().unwrap_err(), Unavailable::Draining);
    lease.mask(batch(&["Ada"])).unwrap();
    assert_eq!(dataset.status().revisions[0].in_flight, 1);
    drop(lease);
    assert_eq!(dataset.status().revisions[0].in_flight, 0);
    dataset.start(&who()).unwrap();
    assert_eq!(masked(&dataset), "one");
}

#[test]
fn a_rollback_needs_an_earlier_revision_and_a_reload_undoes_it() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(Settings::default());
    assert!(dataset.rollback(&who()).is_err());
    place.rules(&constant("two"));
    reload(&dataset).unwrap();
    assert_eq!(dataset.rollback(&who()).unwrap(), 1);
    assert_eq!(masked(&dataset), "one");
    assert!(dataset.rollback(&who()).is_err(), "what was rolled back is nothing to go back to");
    assert_eq!(reload(&dataset).unwrap(), Reloaded::InForce(3));
    assert_eq!(masked(&dataset), "two");
}

#[test]
fn a_revision_that_is_barred_does_not_come_back() {
    let place = Place::new(&constant("one"));
    let dataset = place.open(Settings::default());
    place.rules(&constant("two"));
    reload(&dataset).unwrap();
    dataset.quarantine(1, &who()).unwrap();
    assert!(dataset.rollback(&who()).is_err());
    assert!(dataset.quarantine(1, &who()).is_err());
    dataset.quarantine(2, &who()).unwrap();
    assert_eq!(dataset.lease().unwrap_err(), Unavailable::Closed);
}
