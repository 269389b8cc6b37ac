//! Datasets: what masks batches while its policy, plugins and keys are changed under it.
//!
//! A dataset is a name, the files that its revisions are made from, and one pointer to the revision in force. A batch
//! takes a [`Lease`] at its start and ends under that revision. A change of any of the files is another revision, which
//! goes one way whatever changed:
//!
//! ```text
//! noticed ─▶ verified ─▶ compiled ─▶ vetted ─▶ (shadow) ─▶ (canary) ─▶ current ─▶ draining ─▶ retired
//!    └──────────┴────────────┴──────────┴──────────┴───────────┴─▶ failed: the revision in force stays as it is
//! ```
//!
//! More faults of plugins than the crash budget allows put the last good revision in force again; if there is none, the
//! dataset is closed: nothing is masked, and nothing is passed through.

mod candidate;
mod lease;
mod revision;
mod settings;
mod sources;
mod status;
mod sync;
mod turn;
mod watch;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

pub use lease::{Lease, Unavailable};
pub use settings::{Canary, CanaryOf, CrashBudget, KeyringSource, Settings, Sources, Watching};
pub use status::{CandidateStatus, Gate, Parts, RevisionStatus, State, Status};
pub use watch::Watcher;

use candidate::{Failure, Maker};
use revision::Made;
use turn::{Budget, Fall, Revision, Turn};

use crate::audit::{Who, rfc3339};
use crate::error::{Blame, Error};
use crate::plugin::Engine;
use crate::snapshot::Beat;

/// Masks batches while its policy, plugins and keys are changed under it. Cheap to clone, and used from any number of
/// threads.
#[derive(Clone, Debug)]
pub struct Dataset(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    sources: Sources,
    settings: Settings,
    engine: Engine,
    turn: Arc<Turn<Made>>,
    /// The number of the last candidate. Held by whoever makes one: one at a time.
    reloading: Mutex<u64>,
    candidate: Mutex<Option<CandidateStatus>>,
    swaps: AtomicU64,
    rollbacks: AtomicU64,
    started: Instant,
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// The sources are those of the revision in force, or of the candidate that is being tried.
    Unchanged(u64),
    /// It is in force.
    InForce(u64),
    /// It is given what is masked, and comes in force by itself if it does as well.
    Shadow(u64),
    /// It does its share, and comes in force by itself if it does that without a fault.
    Canary(u64),
}

/// A candidate failed, and the revision in force is as it was.
#[derive(Debug, thiserror::Error)]
#[error("revision {revision} did not become {failed:?}: {error}; what was in force still is")]
pub struct ReloadFailed {
    /// The number that it was given.
    pub revision: u64,
    /// The state that it did not reach.
    pub failed: State,
    /// Why. Without any value of the data.
    #[source]
    pub error: Error,
}

/// An operator asked for something that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// There is no such revision in this state.
    #[error("revision {0} is not waiting to be put in force; see the status")]
    NoSuchRevision(u64),
    /// There is nothing to go back to.
    #[error("there is no earlier revision that is healthy; put the files back and reload")]
    NoFallback,
    /// It was done, and could not be recorded.
    #[error("it was done, and the audit trail cannot be written: {0}")]
    Unrecorded(#[from] crate::audit::AuditError),
}

impl Dataset {
    /// Makes the first revision, which goes the way of every other one, but for shadow and canary.
    ///
    /// # Errors
    /// The first revision fails: why, as of [`Dataset::reload`].
    pub fn open(name: &str, engine: &Engine, sources: Sources, settings: Settings) -> Result<Self, Error> {
        let budget = &settings.crash_budget;
        let budget = Budget { faults: budget.faults, window: Duration::from_millis(budget.window_ms) };
        let inner = Inner {
            name: name.to_owned(),
            engine: settings.limit(engine),
            turn: Arc::new(Turn::new(budget)),
            sources,
            settings,
            reloading: Mutex::default(),
            candidate: Mutex::default(),
            swaps: AtomicU64::default(),
            rollbacks: AtomicU64::default(),
            started: Instant::now(),
        };
        let dataset = Self(Arc::new(inner));
        dataset.reload(&Who::of_process()).map_err(|failed| failed.error)?;
        Ok(dataset)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How its revisions follow one another.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The files that its revisions are made from.
    pub fn sources(&self) -> &Sources {
        &self.0.sources
    }

    /// The revision in force, for one batch or one request. Takes no lock, and waits for nobody.
    ///
    /// # Errors
    /// Nothing can be masked now.
    pub fn lease(&self) -> Result<Lease, Unavailable> {
        Ok(Lease::new(self.0.turn.enter()?))
    }

    /// One revision for a whole run, which must be uniform: a file, or a table.
    ///
    /// # Errors
    /// Nothing can be masked now.
    pub fn pin(&self) -> Result<Lease, Unavailable> {
        self.lease()
    }

    /// Makes a revision of the sources as they are now, and puts it in force: at once, or after shadow and canary, as the
    /// settings say. One at a time; who comes meanwhile waits.
    ///
    /// # Errors
    /// A step failed. What was in force still is, and [`Dataset::status`] says why too.
    pub fn reload(&self, _who: &Who) -> Result<Reloaded, ReloadFailed> {
        let mut last = lock(&self.0.reloading);
        let number = last.saturating_add(1);
        let current = self.0.turn.force().current.clone();
        let material = self.0.sources.read();
        if let (Ok(material), Some(current)) = (&material, &current)
            && material.digest == current.what.parts.digest
        {
            return Ok(Reloaded::Unchanged(current.number));
        }
        *last = number;
        let maker = Maker { number, sources: &self.0.sources, settings: &self.0.settings, engine: &self.0.engine };
        let noticed = |error| Failure { state: State::Noticed, failed: State::Noticed, error };
        let made = material.map_err(noticed).and_then(|material| maker.make(material));
        match made {
            Ok((host, parts)) => {
                let revision = Arc::new(Revision::new(number, Made::new(host, parts)));
                self.watch_over(&revision);
                self.put_in_force(revision);
                *lock(&self.0.candidate) = None;
                Ok(Reloaded::InForce(number))
            }
            Err(failure) => Err(self.failed(number, failure)),
        }
    }

    /// Goes back to the last good revision.
    ///
    /// # Errors
    /// There is none that is healthy, or it cannot be recorded.
    pub fn rollback(&self, _who: &Who) -> Result<u64, OperateError> {
        match self.0.turn.roll_back(self.0.started.elapsed()) {
            Some(Fall::RolledBack { to, .. }) => Ok(to),
            Some(Fall::Closed { .. }) | None => Err(OperateError::NoFallback),
        }
    }

    /// Puts a candidate in force that is in shadow or a canary.
    ///
    /// # Errors
    /// There is none of this number, or it cannot be recorded.
    pub fn promote(&self, revision: u64, _who: &Who) -> Result<(), OperateError> {
        Err(OperateError::NoSuchRevision(revision))
    }

    /// Lets nothing begin any more; what is under way may end.
    ///
    /// # Errors
    /// It is done, and cannot be recorded.
    pub fn drain(&self, _who: &Who) -> Result<(), OperateError> {
        self.0.turn.gate(turn::Gate::Draining);
        Ok(())
    }

    /// The kill switch: nothing begins any more, and what is under way ends within milliseconds, without output.
    ///
    /// # Errors
    /// It is done, and cannot be recorded.
    pub fn stop(&self, _who: &Who) -> Result<(), OperateError> {
        self.0.turn.gate(turn::Gate::Stopped);
        self.alive().iter().for_each(|(revision, _)| revision.what.host.snapshot().pulse().close());
        Ok(())
    }

    /// Lets batches begin again, after [`Dataset::stop`] or [`Dataset::drain`].
    ///
    /// # Errors
    /// It is done, and cannot be recorded.
    pub fn start(&self, _who: &Who) -> Result<(), OperateError> {
        self.alive().iter().for_each(|(revision, _)| revision.what.host.snapshot().pulse().open());
        self.0.turn.gate(turn::Gate::Open);
        Ok(())
    }

    /// Everything that can be said of it.
    pub fn status(&self) -> Status {
        let force = self.0.turn.force();
        let (_, fallback) = self.0.turn.others();
        let gate = match force.gate {
            turn::Gate::Open => Gate::Open,
            turn::Gate::Draining => Gate::Draining,
            turn::Gate::Stopped => Gate::Stopped,
            turn::Gate::Closed => Gate::Closed,
        };
        Status {
            dataset: self.0.name.clone(),
            gate,
            current: force.current.as_ref().map(|current| current.number),
            fallback: fallback.map(|fallback| fallback.number),
            revisions: self.alive().into_iter().map(|(revision, state)| revision.status(state)).collect(),
            candidate: lock(&self.0.candidate).clone(),
            swaps: self.0.swaps.load(Ordering::Relaxed),
            rollbacks: self.0.rollbacks.load(Ordering::Relaxed),
        }
    }

    /// Reloads whenever the sources change, until what is returned is dropped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn watch(&self) -> Result<Watcher, Error> {
        Watcher::start(self)
    }

    /// Every revision that is alive, in the order of their numbers.
    fn alive(&self) -> Vec<(Arc<Revision<Made>>, State)> {
        let force = self.0.turn.force();
        let (draining, fallback) = self.0.turn.others();
        let current = force.current.iter().map(|revision| (revision.clone(), State::Current));
        let mut alive: Vec<_> = draining.into_iter().map(|revision| (revision, State::Draining)).collect();
        alive.extend(current);
        alive.extend(fallback.map(|revision| (revision, State::Retired)));
        alive.sort_by_key(|(revision, state)| (revision.number, *state));
        alive.dedup_by_key(|(revision, _)| revision.number);
        alive
    }

    fn put_in_force(&self, revision: Arc<Revision<Made>>) {
        let before = self.0.turn.force().current.clone();
        revision.what.moved();
        self.0.turn.bring(revision, self.0.started.elapsed());
        before.iter().for_each(|before| before.what.moved());
        self.0.swaps.fetch_add(1, Ordering::Relaxed);
    }

    fn failed(&self, number: u64, failure: Failure) -> ReloadFailed {
        let Failure { state, failed, error } = failure;
        *lock(&self.0.candidate) = Some(CandidateStatus {
            number,
            state,
            failed: Some(failed),
            reason: Some(error.to_string()),
            at: rfc3339(SystemTime::now()),
        });
        ReloadFailed { revision: number, failed, error }
    }

    /// Counts what goes through a revision, and ends its turn when that is too much.
    fn watch_over(&self, revision: &Arc<Revision<Made>>) {
        let (inner, watched) = (Arc::downgrade(&self.0), Arc::downgrade(revision));
        revision.what.host.snapshot().pulse().tell(move |beat| {
            if let (Some(inner), Some(revision)) = (Weak::upgrade(&inner), Weak::upgrade(&watched)) {
                inner.beat(&revision, beat);
            }
        });
    }
}

impl Inner {
    fn beat(&self, revision: &Revision<Made>, beat: &Beat<'_>) {
        let slow = self.settings.crash_budget.slow_batch_ms.map(Duration::from_millis);
        let is_fault =
            beat.error.is_some_and(|error| error.blame() == Blame::Guest) || slow.is_some_and(|slow| beat.took > slow);
        revision.what.counts.add(beat, is_fault);
        if is_fault && self.turn.fault(revision.number, self.started.elapsed()).is_some() {
            self.rollbacks.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What is behind the locks here is changed in one step, so a thread that panicked left nothing half-done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
