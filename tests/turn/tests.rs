//! What must hold whoever is interrupted where.

use std::time::Duration;

use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use shuttle::sync::{Arc, Mutex};
use shuttle::{check_pct, check_random, thread};

use crate::turn::{Budget, Fall, Gate, Revision, Turn};

/// How many schedules of each kind are tried.
const SCHEDULES: usize = 20_000;

/// Tries random schedules, and such that change as seldom as a rare fault needs.
fn tried(test: fn()) {
    check_random(test, SCHEDULES);
    check_pct(test, SCHEDULES, 3);
}

/// What a revision is made of here: whether it may be used, and how often it was.
#[derive(Debug, Default)]
struct Life {
    /// It was drained: nobody is under it, and nobody will be.
    drained: AtomicBool,
    batches: AtomicUsize,
}

const BUDGET: Budget = Budget { faults: 1, window: Duration::from_secs(60) };
const NOW: Duration = Duration::from_secs(1);

fn turn() -> Arc<Turn<Life>> {
    let turn = Arc::new(Turn::new(BUDGET));
    turn.bring(revision(1), NOW);
    turn
}

fn revision(number: u64) -> Arc<Revision<Life>> {
    Arc::new(Revision::new(number, Life::default()))
}

/// Masks so many batches, each under one revision that nobody takes apart meanwhile.
fn mask(turn: &Turn<Life>, batches: usize) -> usize {
    let mut masked = 0;
    for _ in 0..batches {
        let Ok(under) = turn.enter() else { continue };
        let number = under.current().number;
        for revision in [Some(under.current()), under.beside()].into_iter().flatten() {
            assert!(!revision.what.drained.load(Ordering::SeqCst), "revision {} was drained", revision.number);
        }
        thread::yield_now();
        under.current().what.batches.fetch_add(1, Ordering::SeqCst);
        assert_eq!(under.current().number, number, "one batch, one revision");
        assert!(!under.current().what.drained.load(Ordering::SeqCst), "revision {number} was drained under a batch");
        masked += 1;
    }
    masked
}

/// Takes apart what is out of force and idle, as its memory is when the last one who holds it lets go.
fn take_apart(turn: &Turn<Life>, all: &[Arc<Revision<Life>>]) {
    let force = turn.force();
    let draining = turn.draining();
    let is_alive = |revision: &Revision<Life>| {
        draining
            .iter()
            .map(|(_, alive)| alive)
            .chain(&force.current)
            .chain(&force.beside)
            .any(|alive| alive.number == revision.number)
    };
    for revision in all.iter().filter(|revision| !is_alive(revision)) {
        // Whoever counts in on it now finds so, and counts out again without a batch.
        revision.what.drained.store(true, Ordering::SeqCst);
    }
}

#[test]
fn no_batch_is_under_a_revision_that_was_drained_and_none_is_lost() {
    tried(|| {
        let turn = turn();
        let first = turn.force().current.clone().unwrap();
        let clients: Vec<_> = (0..2)
            .map(|_| {
                let turn = turn.clone();
                thread::spawn(move || mask(&turn, 2))
            })
            .collect();
        let (second, third) = (revision(2), revision(3));
        turn.bring(second.clone(), NOW);
        take_apart(&turn, std::slice::from_ref(&first));
        turn.bring(third.clone(), NOW);
        take_apart(&turn, &[first.clone(), second.clone()]);
        let masked: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
        assert_eq!(masked, 4, "nobody is turned away by a swap");
        let batches = [&first, &second, &third].map(|revision| revision.what.batches.load(Ordering::SeqCst));
        assert_eq!(batches.iter().sum::<usize>(), 4);
        assert!(turn.draining().is_empty());
    });
}

/// A batch that fails by the fault of a plugin, if it is under this revision.
fn fault_under(turn: &Turn<Life>, number: u64) -> Option<Fall> {
    let under = turn.enter().ok()?;
    if under.current().number == number { turn.fault(under.current(), NOW) } else { None }
}

#[test]
fn a_candidate_that_is_dismissed_and_promoted_at_once_has_one_fate() {
    tried(|| {
        let turn = turn();
        turn.bring_beside(revision(2), NOW);
        let (promoter, dismisser) = (turn.clone(), turn.clone());
        let promoted = thread::spawn(move || promoter.promote(2, NOW));
        let dismissed = thread::spawn(move || dismisser.dismiss(2, NOW));
        assert_eq!(mask(&turn, 1), 1);
        let (promoted, dismissed) = (promoted.join().unwrap(), dismissed.join().unwrap());
        assert!(promoted != dismissed, "promoted {promoted}, dismissed {dismissed}");
        let current = turn.force().current.as_ref().map(|current| current.number);
        assert_eq!(current, Some(if promoted { 2 } else { 1 }));
        assert!(turn.force().beside.is_none());
    });
}

#[test]
fn faults_of_several_threads_roll_back_once() {
    tried(|| {
        let turn = turn();
        turn.bring(revision(2), NOW);
        let falls = Arc::new(Mutex::new(Vec::new()));
        let faulty: Vec<_> = (0..3)
            .map(|_| {
                let (turn, falls) = (turn.clone(), falls.clone());
                thread::spawn(move || {
                    let fall = fault_under(&turn, 2);
                    falls.lock().unwrap().extend(fall);
                })
            })
            .collect();
        faulty.into_iter().for_each(|thread| thread.join().unwrap());
        let falls = falls.lock().unwrap();
        assert!(falls.is_empty() || *falls == [Fall::RolledBack { from: 2, to: 1 }], "{falls:?}");
        let current = turn.force().current.as_ref().map(|current| current.number);
        assert_eq!(current, Some(if falls.is_empty() { 2 } else { 1 }));
    });
}

#[test]
fn a_swap_and_a_fall_at_once_leave_something_healthy_in_force() {
    tried(|| {
        let turn = turn();
        turn.bring(revision(2), NOW);
        let faulty = {
            let turn = turn.clone();
            thread::spawn(move || {
                fault_under(&turn, 2);
                fault_under(&turn, 2);
            })
        };
        turn.bring(revision(3), NOW);
        assert_eq!(mask(&turn, 1), 1);
        faulty.join().unwrap();
        // Either it fell before the swap, and what it fell to was swapped out, or after it, and nobody cares.
        let force = turn.force();
        assert_eq!((force.gate, force.current.as_ref().unwrap().number), (Gate::Open, 3));
    });
}

#[test]
fn after_the_gate_is_shut_and_what_is_under_way_has_ended_nothing_begins() {
    tried(|| {
        let turn = turn();
        let first = turn.force().current.clone().unwrap();
        let client = {
            let turn = turn.clone();
            thread::spawn(move || mask(&turn, 3))
        };
        turn.gate(Gate::Stopped);
        while first.in_flight() > 0 {
            thread::yield_now();
        }
        // Whoever counts in from here on finds the gate shut, and counts out again without masking.
        let before = first.what.batches.load(Ordering::SeqCst);
        let masked = client.join().unwrap();
        assert_eq!(first.what.batches.load(Ordering::SeqCst), masked);
        assert_eq!(masked, before, "a batch began behind the shut gate");
    });
}
