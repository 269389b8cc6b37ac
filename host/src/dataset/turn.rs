//! Whose turn it is: which revision is in force, who is under it, and how one follows another.
//!
//! No clock, no disk and no plugin: the time is an argument, and what a revision is made of is `T`. Whoever masks reads
//! one pointer; whoever changes what is in force holds the desk. Its interleavings are tried in `tests/turn`.

use std::collections::VecDeque;
use std::time::Duration;

use super::sync::{Arc, AtomicUsize, Mutex, Ordering, Pointer, fence};

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
    /// When it faulted last, since the beginning of the clock; no more than the budget and one.
    faults: Mutex<VecDeque<Duration>>,
}

/// What only those who change what is in force look at.
#[derive(Debug)]
struct Desk<T> {
    /// The last good revision, which a rollback goes to.
    fallback: Option<Arc<Revision<T>>>,
    /// Out of force, and not idle yet.
    draining: Vec<Arc<Revision<T>>>,
}

/// Is under what was in force when it came, until it is dropped.
#[derive(Debug)]
pub(super) struct Under<T> {
    turn: Arc<Turn<T>>,
    force: Arc<Force<T>>,
    current: Arc<Revision<T>>,
}

/// What came of a fault that was one too many.
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

impl<T> Turn<T> {
    /// Nothing is in force yet.
    pub(super) fn new(budget: Budget) -> Self {
        let force = Pointer::from_pointee(Force { gate: Gate::Closed, current: None });
        Self { force, desk: Mutex::new(Desk { fallback: None, draining: Vec::new() }), budget }
    }

    /// What is in force now.
    pub(super) fn force(&self) -> Arc<Force<T>> {
        self.force.load_full()
    }

    /// Comes under what is in force.
    ///
    /// INVARIANT: a revision that is drained has nobody under it and never will: whoever counts in looks again whether
    /// what was read is in force still, and whoever changes that looks at the count afterwards.
    pub(super) fn enter(self: &Arc<Self>) -> Result<Under<T>, Gate> {
        loop {
            let force = self.force.load_full();
            let current = match (force.gate, &force.current) {
                (Gate::Open, Some(current)) => current.clone(),
                (Gate::Open, None) => return Err(Gate::Closed),
                (gate, _) => return Err(gate),
            };
            current.in_flight.fetch_add(1, Ordering::SeqCst);
            let under = Under { turn: self.clone(), force, current };
            fence(Ordering::SeqCst);
            if Arc::ptr_eq(&under.force, &self.force.load_full()) {
                return Ok(under);
            }
        }
    }

    /// Puts a revision in force. The one before it is the fallback now, unless it is not healthy at this time.
    pub(super) fn bring(&self, revision: Arc<Revision<T>>, now: Duration) {
        let mut desk = lock(&self.desk);
        let force = self.force.load_full();
        let gate = if force.gate == Gate::Closed { Gate::Open } else { force.gate };
        let before = force.current.clone();
        self.force.store(Arc::new(Force { gate, current: Some(revision) }));
        if let Some(before) = before {
            if self.is_healthy(&before, now) {
                desk.fallback = Some(before.clone());
            }
            desk.draining.push(before);
        }
        desk.sweep();
    }

    /// A batch under a revision failed by the fault of a plugin.
    pub(super) fn fault(&self, number: u64, now: Duration) -> Option<Fall> {
        let mut desk = lock(&self.desk);
        let force = self.force.load_full();
        let revision = desk.draining.iter().chain(&force.current).chain(&desk.fallback);
        let revision = revision.into_iter().find(|revision| revision.number == number)?.clone();
        self.count(&revision, now);
        let is_current = force.current.as_ref().is_some_and(|current| current.number == number);
        if !is_current || self.is_healthy(&revision, now) || force.gate == Gate::Closed {
            return None;
        }
        Some(self.fall(&mut desk, &force, now))
    }

    /// Goes back to the last good revision.
    pub(super) fn roll_back(&self, now: Duration) -> Option<Fall> {
        let mut desk = lock(&self.desk);
        desk.fallback.as_ref().filter(|fallback| self.is_healthy(fallback, now))?;
        let force = self.force.load_full();
        Some(self.fall(&mut desk, &force, now))
    }

    /// Lets batches begin, or not. What there was before is returned.
    pub(super) fn gate(&self, gate: Gate) -> Gate {
        let _desk = lock(&self.desk);
        let force = self.force.load_full();
        let before = force.gate;
        let gate = if gate == Gate::Open && force.current.is_none() { Gate::Closed } else { gate };
        self.force.store(Arc::new(Force { gate, current: force.current.clone() }));
        before
    }

    /// What is out of force and in use still, and what a rollback would go to.
    pub(super) fn others(&self) -> (Vec<Arc<Revision<T>>>, Option<Arc<Revision<T>>>) {
        let mut desk = lock(&self.desk);
        desk.sweep();
        (desk.draining.clone(), desk.fallback.clone())
    }

    fn fall(&self, desk: &mut Desk<T>, force: &Force<T>, now: Duration) -> Fall {
        let from = force.current.as_ref().map_or(0, |current| current.number);
        let fallback = desk.fallback.take().filter(|fallback| self.is_healthy(fallback, now));
        let to = fallback.as_ref().map(|fallback| fallback.number);
        let gate = match (to, force.gate) {
            (None, _) => Gate::Closed,
            (Some(_), Gate::Closed) => Gate::Open,
            (Some(_), gate) => gate,
        };
        if let Some(fallback) = &fallback {
            desk.draining.retain(|draining| draining.number != fallback.number);
        }
        self.force.store(Arc::new(Force { gate, current: fallback }));
        desk.draining.extend(force.current.clone());
        desk.sweep();
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

impl<T> Desk<T> {
    /// Nobody is under a revision that is idle, and nobody will be.
    fn sweep(&mut self) {
        fence(Ordering::SeqCst);
        self.draining.retain(|revision| revision.in_flight() > 0);
    }
}

impl<T> Under<T> {
    /// The revision.
    pub(super) fn revision(&self) -> &Arc<Revision<T>> {
        &self.current
    }
}

impl<T> Drop for Under<T> {
    fn drop(&mut self) {
        let last = self.current.in_flight.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && !Arc::ptr_eq(&self.force, &self.turn.force.load_full()) {
            lock(&self.turn.desk).sweep();
        }
    }
}

/// A thread that panicked left nothing half-done: what is behind the locks is changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> super::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(super::sync::PoisonError::into_inner)
}
