//! Whose turn it is: which revision is in force, who is under it, and how one follows another.
//!
//! No clock, no disk and no plugin: the time is an argument, and what a revision is made of is `T`. Whoever masks reads
//! one pointer; whoever changes what is in force holds the desk. Interleavings are tried in `tests/turn`.

use std::collections::VecDeque;
use std::time::Duration;

use super::sync::{Arc, AtomicUsize, Mutex, Ordering, Pointer, fence, lock};

/// Which revision is in force, and which ones still are in use.
#[derive(Debug)]
pub(super) struct Turn<T> {
    force: Pointer<Force<T>>,
    desk: Mutex<Desk<T>>,
    budget: Budget,
}

/// What is in force at one time. Nothing in it changes.
#[derive(Debug)]
pub(super) struct Force<T> {
    pub(super) gate: Gate,
    pub(super) current: Option<Arc<Revision<T>>>,
    /// A candidate that is tried beside it.
    pub(super) beside: Option<Arc<Revision<T>>>,
}

/// Whether batches may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// They may.
    Open,
    /// What is under way may end, and nothing begins.
    Draining,
    /// An operator stopped it.
    Stopped,
    /// There is no revision that is healthy.
    Closed,
}

/// How many faults are too many: more than so many within a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) faults: usize,
    pub(super) window: Duration,
}

/// One revision, and who is under it.
#[derive(Debug)]
pub(super) struct Revision<T> {
    pub(super) number: u64,
    pub(super) what: T,
    in_flight: AtomicUsize,
    /// When it faulted last: no more than the budget and one.
    faults: Mutex<VecDeque<Duration>>,
}

/// What only those look at who change what is in force.
#[derive(Debug)]
struct Desk<T> {
    /// The last good revision, which a rollback goes to.
    fallback: Option<Arc<Revision<T>>>,
    /// Out of force since when, and not idle yet.
    draining: Vec<(Duration, Arc<Revision<T>>)>,
}

/// Is under what was in force when it came, until it is dropped.
#[derive(Debug)]
pub(super) struct Under<T> {
    /// Held, so that nothing else has its address while it is compared.
    force: Arc<Force<T>>,
    current: Arc<Revision<T>>,
}

/// How a revision left that nobody replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fall {
    /// The revision before it is in force again.
    RolledBack { from: u64, to: u64 },
    /// There is none that is healthy.
    Closed { from: u64 },
}

impl<T> Revision<T> {
    pub(super) fn new(number: u64, what: T) -> Self {
        Self { number, what, in_flight: AtomicUsize::new(0), faults: Mutex::new(VecDeque::new()) }
    }

    /// How many are under it.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }
}

impl<T> Force<T> {
    fn revisions(&self) -> impl Iterator<Item = &Arc<Revision<T>>> {
        self.current.iter().chain(&self.beside)
    }
}

impl<T> Turn<T> {
    /// Nothing is in force yet.
    pub(super) fn new(budget: Budget) -> Self {
        let force = Arc::new(Force { gate: Gate::Closed, current: None, beside: None });
        let desk = Desk { fallback: None, draining: Vec::new() };
        Self { force: Pointer::new(force), desk: Mutex::new(desk), budget }
    }

    /// What is in force now.
    pub(super) fn force(&self) -> Arc<Force<T>> {
        self.force.load_full()
    }

    /// Comes under what is in force.
    ///
    /// INVARIANT: a revision that is drained has nobody under it and never will, until it is in force again: whoever
    /// counts in looks again whether what was read is in force still, and whoever changes that counts afterwards.
    pub(super) fn enter(&self) -> Result<Under<T>, Gate> {
        loop {
            let force = self.force.load_full();
            let current = match (force.gate, &force.current) {
                (Gate::Open, Some(current)) => current.clone(),
                (Gate::Open, None) => return Err(Gate::Closed),
                (gate, _) => return Err(gate),
            };
            for revision in force.revisions() {
                revision.in_flight.fetch_add(1, Ordering::SeqCst);
            }
            let under = Under { force, current };
            fence(Ordering::SeqCst);
            if Arc::ptr_eq(&under.force, &self.force.load_full()) {
                return Ok(under);
            }
        }
    }

    /// Puts a revision in force. The one before it is the fallback now, unless it is not healthy at this time.
    pub(super) fn bring(&self, revision: Arc<Revision<T>>, now: Duration) {
        let mut desk = lock(&self.desk);
        self.replace(&mut desk, revision, now);
    }

    /// Tries a candidate beside what is in force.
    pub(super) fn bring_beside(&self, candidate: Arc<Revision<T>>, now: Duration) {
        let mut desk = lock(&self.desk);
        self.set_beside(&mut desk, Some(candidate), now);
    }

    /// Puts the candidate of this number in force, if it still is tried.
    pub(super) fn promote(&self, number: u64, now: Duration) -> bool {
        let mut desk = lock(&self.desk);
        let candidate = self.force.load_full().beside.clone().filter(|candidate| candidate.number == number);
        candidate.map(|candidate| self.replace(&mut desk, candidate, now)).is_some()
    }

    /// Takes the candidate of this number away, if it still is tried.
    pub(super) fn dismiss(&self, number: u64, now: Duration) -> bool {
        let mut desk = lock(&self.desk);
        let is_it = self.force.load_full().beside.as_ref().is_some_and(|candidate| candidate.number == number);
        if is_it {
            self.set_beside(&mut desk, None, now);
        }
        is_it
    }

    /// A batch under a revision failed by the fault of a plugin.
    pub(super) fn fault(&self, revision: &Revision<T>, now: Duration) -> Option<Fall> {
        let mut desk = lock(&self.desk);
        self.count(revision, now);
        let force = self.force.load_full();
        let is_current = force.current.as_ref().is_some_and(|current| current.number == revision.number);
        let is_over = is_current && !self.is_healthy(revision, now);
        is_over.then(|| self.fall(&mut desk, &force, now))
    }

    /// Goes back to the last good revision, if it is healthy.
    pub(super) fn roll_back(&self, now: Duration) -> Option<Fall> {
        let mut desk = lock(&self.desk);
        desk.fallback.as_ref().filter(|fallback| self.is_healthy(fallback, now))?;
        let force = self.force.load_full();
        Some(self.fall(&mut desk, &force, now))
    }

    /// Takes the revision of this number out of force, whatever there is to go back to.
    pub(super) fn oust(&self, number: u64, now: Duration) -> Option<Fall> {
        let mut desk = lock(&self.desk);
        let force = self.force.load_full();
        let is_it = force.current.as_ref().is_some_and(|current| current.number == number);
        is_it.then(|| self.fall(&mut desk, &force, now))
    }

    /// Never goes back to a revision.
    pub(super) fn spurn(&self, number: u64) -> Option<Arc<Revision<T>>> {
        lock(&self.desk).fallback.take_if(|fallback| fallback.number == number)
    }

    /// Lets batches begin, or not. Where there is nothing in force they do not in any case.
    pub(super) fn gate(&self, gate: Gate) {
        let _desk = lock(&self.desk);
        let Force { current, beside, .. } = &*self.force.load_full();
        let gate = if gate == Gate::Open && current.is_none() { Gate::Closed } else { gate };
        self.force.store(Arc::new(Force { gate, current: current.clone(), beside: beside.clone() }));
    }

    /// Forgets what is idle, and gives what is out of force and still in use, with since when.
    pub(super) fn draining(&self) -> Vec<(Duration, Arc<Revision<T>>)> {
        let mut desk = lock(&self.desk);
        fence(Ordering::SeqCst);
        let (draining, idle) = desk.draining.drain(..).partition(|(_, revision)| revision.in_flight() > 0);
        desk.draining = draining;
        let draining = desk.draining.clone();
        // What takes time to take apart is taken apart when nobody waits.
        drop(desk);
        drop::<Vec<_>>(idle);
        draining
    }

    /// What a rollback would go to.
    pub(super) fn fallback(&self) -> Option<Arc<Revision<T>>> {
        lock(&self.desk).fallback.clone()
    }

    fn replace(&self, desk: &mut Desk<T>, revision: Arc<Revision<T>>, now: Duration) {
        let force = self.force.load_full();
        let gate = if force.gate == Gate::Closed { Gate::Open } else { force.gate };
        let number = revision.number;
        self.force.store(Arc::new(Force { gate, current: Some(revision), beside: None }));
        let beside = force.beside.clone().filter(|beside| beside.number != number);
        desk.draining.extend(beside.map(|beside| (now, beside)));
        if let Some(before) = force.current.clone() {
            if self.is_healthy(&before, now) {
                desk.fallback = Some(before.clone());
            }
            desk.draining.push((now, before));
        }
    }

    fn set_beside(&self, desk: &mut Desk<T>, beside: Option<Arc<Revision<T>>>, now: Duration) {
        let force = self.force.load_full();
        self.force.store(Arc::new(Force { gate: force.gate, current: force.current.clone(), beside }));
        desk.draining.extend(force.beside.clone().map(|before| (now, before)));
    }

    /// Whoever is tried beside goes as well: it was compared with what is no more in force.
    fn fall(&self, desk: &mut Desk<T>, force: &Force<T>, now: Duration) -> Fall {
        let from = force.current.as_ref().map_or(0, |current| current.number);
        let fallback = desk.fallback.take().filter(|fallback| self.is_healthy(fallback, now));
        let to = fallback.as_ref().map(|fallback| fallback.number);
        let gate = if to.is_none() && force.gate == Gate::Open { Gate::Closed } else { force.gate };
        desk.draining.retain(|(_, draining)| Some(draining.number) != to);
        self.force.store(Arc::new(Force { gate, current: fallback, beside: None }));
        desk.draining.extend(force.revisions().map(|revision| (now, revision.clone())));
        to.map_or(Fall::Closed { from }, |to| Fall::RolledBack { from, to })
    }

    fn count(&self, revision: &Revision<T>, now: Duration) {
        let mut faults = lock(&revision.faults);
        faults.push_back(now);
        while faults.len() > self.budget.faults.saturating_add(1) {
            faults.pop_front();
        }
    }

    /// Whether no more faults than allowed lie within the window before now.
    fn is_healthy(&self, revision: &Revision<T>, now: Duration) -> bool {
        let recent = |fault: &&Duration| fault.saturating_add(self.budget.window) > now;
        lock(&revision.faults).iter().filter(recent).count() <= self.budget.faults
    }
}

impl<T> Under<T> {
    /// The revision.
    pub(super) fn current(&self) -> &Arc<Revision<T>> {
        &self.current
    }

    /// The candidate that is tried beside it.
    pub(super) fn beside(&self) -> Option<&Arc<Revision<T>>> {
        self.force.beside.as_ref()
    }
}

impl<T> Drop for Under<T> {
    fn drop(&mut self) {
        for revision in self.force.revisions() {
            revision.in_flight.fetch_sub(1, Ordering::SeqCst);
        }
    }
}
