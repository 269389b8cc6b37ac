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
//! dataset is closed: nothing is masked, and nothing is passed through. The same happens to a revision with a plugin that
//! a new trust root does not vouch for ([`Signatures`]). A key that is disabled or destroyed stays lent to the
//! revision in force until another one follows or the dataset is stopped.
//!
//! ```no_run
//! use moretta::audit::Who;
//! use moretta::dataset::{Dataset, Settings, Sources};
//! use moretta::plugin::{Engine, Limits};
//!
//! # fn batches() -> Vec<arrow_array::RecordBatch> { Vec::new() }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::new(Limits::default(), None)?;
//! let patients = Dataset::open("patients", &engine, Sources::new("policy.yaml"), Settings::default())?;
//! let _watcher = patients.watch()?;
//! for batch in batches() {
//!     let masked = patients.lease()?.mask(batch)?;
//! }
//! patients.rollback(&Who::of_process())?;
//! # Ok(())
//! # }
//! ```

mod canary;
mod candidate;
mod change;
mod disown;
mod keep;
mod lease;
mod plugins;
mod revision;
mod settings;
mod shadow;
mod sources;
mod status;
mod sync;
mod synthetic;
mod tell;
mod turn;
mod vet;
mod watch;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub use lease::{Lease, Unavailable};
pub use plugins::PluginStatus;
pub use settings::{
    Canary, CanaryOf, CrashBudget, KeyringSource, KnownSchemas, Settings, Signatures, Sources, Watching,
};
pub use status::{
    CanaryStatus, CandidateStatus, ColumnDifference, Gate, Parts, RevisionStatus, ShadowStatus, State, Status,
};
pub use watch::Watcher;

use change::Inner;
use revision::Trial;
use sync::lock;
use turn::{Budget, Fall, Turn};

use crate::audit::{AuditError, Event, OperationDenied, Who};
use crate::error::Error;
use crate::plugin::Engine;

/// Masks batches while its policy, plugins and keys are changed under it. Cheap to clone, and used from any number of
/// threads.
#[derive(Clone, Debug)]
pub struct Dataset(Arc<Inner>);

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
    pub error: Box<Error>,
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
    /// The audit trail cannot be written.
    #[error("the audit trail cannot be written: {0}")]
    Unrecorded(#[from] AuditError),
}

impl Dataset {
    /// Makes the first revision, which goes the way of every other one, but for shadow and canary.
    ///
    /// # Errors
    /// The first revision fails: why, as of [`Dataset::reload`]. Or the settings contradict each other.
    pub fn open(name: &str, engine: &Engine, sources: Sources, settings: Settings) -> Result<Self, Error> {
        if settings.uniform && settings.canary.is_some() {
            let mend = "a uniform dataset has one revision at a time, and so no canary; take one of them away";
            return Err(Error::Usage(mend.into()));
        }
        if settings.canary.is_some_and(|canary| !(1..=100).contains(&canary.percent)) {
            return Err(Error::Usage("the `percent` of a canary is from 1 to 100".into()));
        }
        let budget = &settings.crash_budget;
        let budget = Budget { faults: budget.faults, window: Duration::from_millis(budget.window_ms) };
        let (tasks, asked) = crossbeam_channel::unbounded();
        let inner = Inner {
            name: name.to_owned(),
            engine: settings.limit(engine),
            turn: Turn::new(budget),
            sources,
            settings,
            reloading: Mutex::default(),
            candidate: Mutex::default(),
            tasks,
            swaps: AtomicU64::default(),
            rollbacks: AtomicU64::default(),
            refusals: AtomicU64::default(),
            faults: AtomicU64::default(),
            started: Instant::now(),
            lane: Arc::default(),
        };
        let dataset = Self(Arc::new(inner));
        keep::start(Arc::downgrade(&dataset.0), asked)?;
        dataset.reload(&Who::of_process()).map_err(|failed| *failed.error)?;
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

    /// The revision in force, for one batch or one request. Waits for nobody who changes what is in force.
    ///
    /// # Errors
    /// Nothing can be masked now.
    pub fn lease(&self) -> Result<Lease, Unavailable> {
        Ok(Lease::new(self.0.turn.enter()?, self.0.settings.uniform))
    }

    /// One revision for a whole run, which must be uniform: a file, or a table. In a canary of subjects the candidate
    /// masks its individuals here too; in one of batches it has no part.
    ///
    /// # Errors
    /// Nothing can be masked now.
    pub fn pin(&self) -> Result<Lease, Unavailable> {
        Ok(Lease::new(self.0.turn.enter()?, true))
    }

    /// Makes a revision of the sources as they are now, and puts it in force: at once, or after shadow and canary, as the
    /// settings say. One at a time; who comes meanwhile waits.
    ///
    /// # Errors
    /// A step failed. What was in force still is, and [`Dataset::status`] says why too.
    pub fn reload(&self, who: &Who) -> Result<Reloaded, ReloadFailed> {
        self.0.reload(who)
    }

    /// Goes back to the last good revision, and gives its number. The files are as they were: put them back too, or the
    /// next reload brings the same candidate again.
    ///
    /// # Errors
    /// There is none that is healthy, or it cannot be recorded.
    pub fn rollback(&self, who: &Who) -> Result<u64, OperateError> {
        let from = self.0.turn.force().current.clone();
        let Some(Fall::RolledBack { to, .. }) = self.0.turn.roll_back(self.0.now()) else {
            return Err(OperateError::NoFallback);
        };
        self.0.returned();
        let event = from.map(|from| Event::RevisionRolledBack(tell::changed(&self.0.name, &from, Some(to))));
        self.record(who, event.as_slice())?;
        Ok(to)
    }

    /// Puts a candidate in force now that is in shadow or a canary.
    ///
    /// # Errors
    /// There is none of this number, or it cannot be recorded: then it is not done.
    pub fn promote(&self, revision: u64, who: &Who) -> Result<(), OperateError> {
        let _one_at_a_time = lock(&self.0.reloading);
        let force = self.0.turn.force();
        let candidate = force.beside.as_ref().filter(|candidate| candidate.number == revision);
        let candidate = candidate.ok_or(OperateError::NoSuchRevision(revision))?;
        self.0.put_in_force(candidate, who, Vec::new()).map_err(|error| match error {
            Error::Audit(error) => OperateError::Unrecorded(error),
            _ => OperateError::NoSuchRevision(revision),
        })
    }

    /// Bars a revision: a candidate is tried no more, the fallback is never gone back to, and in the place of the one in
    /// force comes the fallback, or nothing.
    ///
    /// # Errors
    /// There is none of this number, or it is done and cannot be recorded.
    pub fn quarantine(&self, revision: u64, who: &Who) -> Result<(), OperateError> {
        let force = self.0.turn.force();
        let is_it = |other: Option<u64>| other == Some(revision);
        if is_it(force.beside.as_ref().map(|candidate| candidate.number)) {
            self.0.dismiss(revision, format!("{} barred it", who.name), who);
            return Ok(());
        }
        if let Some(barred) = self.0.turn.spurn(revision) {
            let barred = tell::changed(&self.0.name, &barred, force.current.as_ref().map(|current| current.number));
            return self.record(who, &[Event::RevisionRefused(barred)]);
        }
        let current = force.current.clone().filter(|current| is_it(Some(current.number)));
        let current = current.ok_or(OperateError::NoSuchRevision(revision))?;
        let fall = self.0.turn.oust(revision, self.0.now()).ok_or(OperateError::NoSuchRevision(revision))?;
        self.0.returned();
        let other = match fall {
            Fall::RolledBack { to, .. } => Some(to),
            Fall::Closed { .. } => None,
        };
        let changed = tell::changed(&self.0.name, &current, other);
        let event = if other.is_some() { Event::RevisionRolledBack } else { Event::DatasetClosed };
        tell::tell(current.what.host.audit(), who, &[event(changed)])?;
        Ok(())
    }

    /// Lets nothing begin any more; what is under way may end.
    ///
    /// # Errors
    /// It is done, and cannot be recorded.
    pub fn drain(&self, who: &Who) -> Result<(), OperateError> {
        self.0.turn.gate(turn::Gate::Draining);
        self.record(who, &[Event::DatasetDrained(self.operated())])
    }

    /// The kill switch: nothing begins any more, and what is under way ends within milliseconds, without output.
    ///
    /// # Errors
    /// It is done, and cannot be recorded.
    pub fn stop(&self, who: &Who) -> Result<(), OperateError> {
        self.0.turn.gate(turn::Gate::Stopped);
        self.0.alive().iter().for_each(|(revision, _)| revision.what.host.snapshot().pulse().close());
        self.record(who, &[Event::DatasetStopped(self.operated())])
    }

    /// Lets batches begin again, after [`Dataset::stop`] or [`Dataset::drain`].
    ///
    /// # Errors
    /// It cannot be recorded: then it is not done.
    pub fn start(&self, who: &Who) -> Result<(), OperateError> {
        self.record(who, &[Event::DatasetStarted(self.operated())])?;
        let stays = |state: &State| *state == State::Draining;
        for (revision, _) in self.0.alive().iter().filter(|(_, state)| !stays(state)) {
            revision.what.host.snapshot().pulse().open();
        }
        self.0.turn.gate(turn::Gate::Open);
        Ok(())
    }

    /// Everything that can be said of it.
    pub fn status(&self) -> Status {
        let force = self.0.turn.force();
        let gate = match force.gate {
            turn::Gate::Open => Gate::Open,
            turn::Gate::Draining => Gate::Draining,
            turn::Gate::Stopped => Gate::Stopped,
            turn::Gate::Closed => Gate::Closed,
        };
        let mut candidate = lock(&self.0.candidate).clone();
        let tried = candidate.as_mut().zip(force.beside.as_ref());
        // Another one may have failed since it is tried.
        if let Some((candidate, beside)) = tried.filter(|(candidate, beside)| candidate.number == beside.number) {
            match beside.what.trial() {
                Some(Trial::Shadow(run)) => candidate.shadow = Some(run.status()),
                Some(Trial::Canary(run)) => candidate.canary = Some(run.status()),
                None => {}
            }
        }
        Status {
            dataset: self.0.name.clone(),
            gate,
            current: force.current.as_ref().map(|current| current.number),
            fallback: self.0.turn.fallback().map(|fallback| fallback.number),
            revisions: self.0.alive().into_iter().map(|(revision, state)| revision.status(state)).collect(),
            candidate,
            swaps: self.0.swaps.load(Ordering::Relaxed),
            rollbacks: self.0.rollbacks.load(Ordering::Relaxed),
            refusals: self.0.refusals.load(Ordering::Relaxed),
            faults: self.0.faults.load(Ordering::Relaxed),
        }
    }

    /// The number of the revision in force and its plugins, by name. None where none is in force.
    pub fn plugins(&self) -> (Option<u64>, Vec<PluginStatus>) {
        let force = self.0.turn.force();
        match &force.current {
            Some(current) => (Some(current.number), plugins::of(&current.what)),
            None => (None, Vec::new()),
        }
    }

    /// Where the trail of the revision in force is, if one is kept.
    pub fn audit_directory(&self) -> Option<PathBuf> {
        let force = self.0.turn.force();
        let trail = force.current.as_ref().and_then(|current| current.what.host.audit());
        trail.map(|trail| trail.directory().to_owned())
    }

    /// Records that somebody asked for something that they may not do.
    ///
    /// # Errors
    /// It cannot be recorded.
    pub fn denied(&self, who: &Who, operation: &'static str) -> Result<(), OperateError> {
        let denied = OperationDenied { dataset: self.0.name.clone(), operation };
        self.record(who, &[Event::OperationDenied(denied)])
    }

    /// Reloads whenever the sources change, until what is returned is dropped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn watch(&self) -> Result<Watcher, Error> {
        Watcher::start(self)
    }

    fn operated(&self) -> crate::audit::DatasetChanged {
        tell::operated(&self.0.name, self.0.turn.force().current.as_ref().map(|current| current.number))
    }

    fn record(&self, who: &Who, events: &[Event]) -> Result<(), OperateError> {
        let force = self.0.turn.force();
        let trail = force.current.as_ref().and_then(|current| current.what.host.audit());
        Ok(tell::tell(trail, who, events)?)
    }
}
