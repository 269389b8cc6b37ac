//! How what is in force changes: each way is a step of [`Turn`], a line in the status, and a record in the trail.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::Sender;

use super::canary::CanaryRun;
use super::candidate::{self, Failure, Maker};
use super::keep::Task;
use super::revision::{Made, Trial};
use super::settings::{Settings, Sources};
use super::shadow::ShadowRun;
use super::sources::Material;
use super::status::{CandidateStatus, Parts, State};
use super::sync::lock;
use super::tell::{changed, of_parts, tell, word};
use super::turn::{Fall, Gate, Revision, Turn};
use super::{ReloadFailed, Reloaded};
use crate::account::problem;
use crate::audit::{Event, RevisionChanged, Trail, Who, rfc3339};
use crate::error::{Blame, Error};
use crate::plugin::Engine;
use crate::snapshot::Beat;

/// From so many candidates on that took too long and cannot be stopped, no other is begun: compiling ends by itself alone.
const ABANDONED: usize = 2;

/// A dataset, for those who change what is in force.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) name: String,
    pub(super) sources: Sources,
    pub(super) settings: Settings,
    pub(super) engine: Engine,
    pub(super) turn: Turn<Made>,
    /// The number of the last candidate. Held by whoever makes one: one at a time.
    pub(super) reloading: Mutex<u64>,
    pub(super) candidate: Mutex<Option<CandidateStatus>>,
    pub(super) tasks: Sender<Task>,
    pub(super) swaps: AtomicU64,
    pub(super) rollbacks: AtomicU64,
    pub(super) refusals: AtomicU64,
    pub(super) faults: AtomicU64,
    pub(super) started: Instant,
    /// Held by each candidate that is being made, also by those that nobody waits for any more.
    pub(super) lane: Arc<()>,
}

impl Inner {
    /// The time, for [`Turn`].
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Has something done by the keeper.
    pub(super) fn ask(&self, task: Task) {
        // The keeper lives as long as this.
        drop(self.tasks.send(task));
    }

    /// The trail of the revision in force.
    pub(super) fn trail_in_force(&self, tell: impl FnOnce(Option<&Trail>)) {
        let force = self.turn.force();
        tell(force.current.as_ref().and_then(|current| current.what.host.audit()));
    }

    /// Makes a revision of the sources as they are.
    pub(super) fn reload(self: &Arc<Self>, who: &Who) -> Result<Reloaded, ReloadFailed> {
        let mut last = lock(&self.reloading);
        let material = self.sources.read();
        if let Some(same) = material.as_ref().ok().and_then(|material| self.same(&material.digest, who)) {
            return Ok(same);
        }
        material.iter().for_each(|material| self.disown(material, who));
        *last = last.saturating_add(1);
        let (number, digest) = (*last, material.as_ref().map_or(String::new(), |material| material.digest.clone()));
        self.reached(number, State::Noticed, None);
        let noticed = |error| Failure { state: State::Noticed, failed: State::Noticed, error };
        let made = material.map_err(noticed).and_then(|material| self.make(number, material));
        let admitted = made.and_then(|made| {
            let failed = |error| Failure { state: State::Vetted, failed: State::Current, error };
            self.admit(&Arc::new(Revision::new(number, made)), who).map_err(failed)
        });
        admitted.map_err(|failure| self.refused(number, digest, failure, who))
    }

    /// What is made of the same sources already. Where that is what is in force, nobody wants another any more.
    fn same(&self, digest: &str, who: &Who) -> Option<Reloaded> {
        let force = self.turn.force();
        let is_it = |revision: &&Arc<Revision<Made>>| revision.what.parts.digest == digest;
        if let Some(candidate) = force.beside.as_ref().filter(is_it) {
            return Some(Reloaded::Unchanged(candidate.number));
        }
        let current = force.current.as_ref().filter(is_it)?;
        if let Some(candidate) = &force.beside {
            self.dismiss(candidate.number, "the files are again what is in force".to_owned(), who);
        }
        Some(Reloaded::Unchanged(current.number))
    }

    fn make(self: &Arc<Self>, number: u64, material: Material) -> Result<Made, Failure> {
        if Arc::strong_count(&self.lane) > ABANDONED {
            let mend = "earlier candidates that took too long are still being compiled; wait for them, or restart";
            let error = Error::Candidate(mend.into());
            return Err(Failure { state: State::Noticed, failed: State::Verified, error });
        }
        let earlier = self.turn.force().current.clone().into_iter().chain(self.turn.fallback()).collect();
        let (sources, settings, engine) = (self.sources.clone(), self.settings.clone(), self.engine.clone());
        let maker = Maker { number, sources, settings, engine, earlier, _lane: self.lane.clone() };
        candidate::make(maker, material, |state| self.reached(number, state, None))
    }

    /// Tries a revision, or puts it in force at once: where there is none, there is nothing to try it beside.
    fn admit(self: &Arc<Self>, revision: &Arc<Revision<Made>>, who: &Who) -> Result<Reloaded, Error> {
        let number = revision.number;
        self.watch_over(revision);
        let alone = self.turn.force().current.is_none();
        let trial = if alone { None } else { self.first_trial(revision)? };
        let noticed = Event::RevisionNoticed(changed(&self.name, revision, None));
        match trial {
            None => {
                self.put_in_force(revision, who, vec![noticed])?;
                Ok(Reloaded::InForce(number))
            }
            Some(trial) => {
                let reloaded = match &trial {
                    Trial::Shadow(_) => Reloaded::Shadow(number),
                    Trial::Canary(_) => Reloaded::Canary(number),
                };
                self.try_beside(revision, trial, who, vec![noticed])?;
                Ok(reloaded)
            }
        }
    }

    fn first_trial(self: &Arc<Self>, revision: &Revision<Made>) -> Result<Option<Trial>, Error> {
        if self.settings.shadow == 0 {
            return self.canary(revision);
        }
        let (host, wanted) = (revision.what.host.clone(), self.settings.shadow);
        let run = ShadowRun::start(revision.number, host, Arc::downgrade(self), wanted)?;
        Ok(Some(Trial::Shadow(run)))
    }

    fn canary(self: &Arc<Self>, revision: &Revision<Made>) -> Result<Option<Trial>, Error> {
        let Some(canary) = self.settings.canary else { return Ok(None) };
        let run = CanaryRun::new(revision.number, revision.what.host.clone(), Arc::downgrade(self), canary)?;
        Ok(Some(Trial::Canary(Arc::new(run))))
    }

    fn try_beside(
        &self,
        revision: &Arc<Revision<Made>>,
        trial: Trial,
        who: &Who,
        mut events: Vec<Event>,
    ) -> Result<(), Error> {
        let state = trial.state();
        let canary = match &trial {
            Trial::Canary(run) => Some(run.told()),
            Trial::Shadow(_) => None,
        };
        let tried = RevisionChanged { canary, ..changed(&self.name, revision, self.current()) };
        events.push(Event::RevisionTried(RevisionChanged { step: Some(word(state)), ..tried }));
        tell(revision.what.host.audit(), who, &events)?;
        revision.what.set_trial(Some(trial));
        revision.what.moved();
        match self.turn.force().beside.as_ref().map(|other| other.number) {
            // From shadow to canary it stays where it is.
            Some(number) if number == revision.number => {}
            other => {
                if let Some(other) = other {
                    self.dismiss(other, "another candidate took its place".to_owned(), who);
                }
                self.turn.bring_beside(revision.clone(), self.now());
            }
        }
        self.reached(revision.number, state, None);
        self.ask(Task::Drain);
        Ok(())
    }

    /// Nothing comes in force that is not recorded.
    pub(super) fn put_in_force(
        &self,
        revision: &Arc<Revision<Made>>,
        who: &Who,
        mut events: Vec<Event>,
    ) -> Result<(), Error> {
        let before = self.turn.force().current.clone();
        events.push(Event::RevisionInForce(changed(&self.name, revision, self.current())));
        tell(revision.what.host.audit(), who, &events)?;
        revision.what.moved();
        if revision.what.trial().is_none() {
            self.turn.bring(revision.clone(), self.now());
        } else if !self.turn.promote(revision.number, self.now()) {
            return Err(Error::Candidate("it was taken away before it came in force".into()));
        }
        revision.what.set_trial(None);
        before.iter().for_each(|before| before.what.moved());
        self.swaps.fetch_add(1, Ordering::Relaxed);
        *lock(&self.candidate) = None;
        self.ask(Task::Drain);
        Ok(())
    }

    fn current(&self) -> Option<u64> {
        self.turn.force().current.as_ref().map(|current| current.number)
    }

    /// A candidate is where it is now.
    fn reached(&self, number: u64, state: State, failed: Option<(State, String)>) {
        let (failed, reason) = failed.unzip();
        let at = rfc3339(SystemTime::now());
        *lock(&self.candidate) =
            Some(CandidateStatus { number, state, failed, reason, at, shadow: None, canary: None });
    }

    fn refused(&self, number: u64, digest: String, failure: Failure, who: &Who) -> ReloadFailed {
        let Failure { state, failed, error } = failure;
        self.reached(number, state, Some((failed, error.to_string())));
        self.refusals.fetch_add(1, Ordering::Relaxed);
        let refused = of_parts(&self.name, number, &Parts { digest, ..Parts::default() }, self.current());
        let (step, problem) = (Some(word(failed)), Some(problem(&error)));
        let refused = Event::RevisionRefused(RevisionChanged { step, problem, ..refused });
        // That it cannot be recorded changes nothing of what is in force.
        self.trail_in_force(|trail| drop(tell(trail, who, &[refused])));
        ReloadFailed { revision: number, failed, error: Box::new(error) }
    }

    /// Takes a candidate away that is tried: what is in force goes on alone.
    pub(super) fn dismiss(&self, number: u64, reason: String, who: &Who) {
        let force = self.turn.force();
        let Some(candidate) = force.beside.as_ref().filter(|candidate| candidate.number == number) else { return };
        if !self.turn.dismiss(number, self.now()) {
            return;
        }
        let state = candidate.what.trial().map_or(State::Vetted, |trial| trial.state());
        let refused = changed(&self.name, candidate, self.current());
        candidate.what.dismissed();
        self.reached(number, state, Some((State::Current, reason)));
        self.refusals.fetch_add(1, Ordering::Relaxed);
        let step = Some(word(state));
        let refused = Event::RevisionRefused(RevisionChanged { step, ..refused });
        drop(tell(candidate.what.host.audit(), who, &[refused]));
        self.ask(Task::Drain);
    }

    /// Does what the keeper was asked for.
    pub(super) fn perform(self: &Arc<Self>, task: Task) {
        match task {
            Task::Advance(number) => self.advance(number),
            Task::Dismiss(number, reason) => self.dismiss(number, reason, &Who::of_process()),
            Task::Told(fall, fallen) => self.told(fall, &fallen),
            Task::Drain => {}
        }
    }

    /// After shadow comes the canary, and after that the candidate is in force.
    fn advance(self: &Arc<Self>, number: u64) {
        let force = self.turn.force();
        let Some(candidate) = force.beside.as_ref().filter(|candidate| candidate.number == number) else { return };
        let who = Who::of_process();
        let next = match candidate.what.trial() {
            Some(Trial::Shadow(_)) => self.canary(candidate),
            _ => Ok(None),
        };
        let advanced = match next {
            Ok(None) => self.put_in_force(candidate, &who, Vec::new()),
            Ok(Some(trial)) => self.try_beside(candidate, trial, &who, Vec::new()),
            Err(error) => Err(error),
        };
        if let Err(error) = advanced {
            self.dismiss(number, error.to_string(), &who);
        }
    }

    /// A revision fell. Who masks does not wait for the trail.
    fn fell(&self, fall: Fall, fallen: &Arc<Revision<Made>>) {
        self.returned();
        // Who was tried beside it fell with it.
        self.turn.draining().iter().for_each(|(_, revision)| revision.what.dismissed());
        self.rollbacks.fetch_add(1, Ordering::Relaxed);
        self.ask(Task::Told(fall, fallen.clone()));
    }

    /// What is in force was in force before: it may have been ended while it drained.
    pub(super) fn returned(&self) {
        let force = self.turn.force();
        if let (Some(current), true) = (&force.current, force.gate != Gate::Stopped) {
            current.what.host.snapshot().pulse().open();
            current.what.moved();
        }
        self.ask(Task::Drain);
    }

    fn told(&self, fall: Fall, fallen: &Revision<Made>) {
        let to = match fall {
            Fall::RolledBack { to, .. } => Some(to),
            Fall::Closed { .. } => None,
        };
        let reason = "it had more faults than the crash budget allows, and was taken out of force".to_owned();
        self.reached(fallen.number, State::Current, Some((State::Current, reason)));
        let event = changed(&self.name, fallen, to);
        let event = if to.is_some() { Event::RevisionRolledBack(event) } else { Event::DatasetClosed(event) };
        drop(tell(fallen.what.host.audit(), &Who::of_process(), &[event]));
    }

    /// Ends what is under way under revisions that drain for too long. Says whether any drains.
    pub(super) fn end_overdue(&self) -> bool {
        let (now, deadline) = (self.now(), Duration::from_millis(self.settings.drain_deadline_ms));
        let draining = self.turn.draining();
        for (since, revision) in &draining {
            if now.saturating_sub(*since) > deadline {
                revision.what.host.snapshot().pulse().close();
            }
        }
        !draining.is_empty()
    }

    /// Every revision that is alive, in the order of their numbers.
    pub(super) fn alive(&self) -> Vec<(Arc<Revision<Made>>, State)> {
        let force = self.turn.force();
        let draining = self.turn.draining().into_iter().map(|(_, revision)| (revision, State::Draining));
        let mut alive: Vec<_> = draining.collect();
        alive.extend(force.current.iter().map(|revision| (revision.clone(), State::Current)));
        let tried = |revision: &Revision<Made>| revision.what.trial().map_or(State::Vetted, |trial| trial.state());
        alive.extend(force.beside.iter().map(|revision| (revision.clone(), tried(revision))));
        alive.extend(self.turn.fallback().map(|revision| (revision, State::Retired)));
        alive.sort_by_key(|(revision, state)| (revision.number, *state));
        alive.dedup_by_key(|(revision, _)| revision.number);
        alive
    }

    /// Counts what goes through a revision, and ends its turn when that is too much.
    fn watch_over(self: &Arc<Self>, revision: &Arc<Revision<Made>>) {
        let (inner, watched) = (Arc::downgrade(self), Arc::downgrade(revision));
        revision.what.host.snapshot().pulse().tell(move |beat| {
            if let (Some(inner), Some(revision)) = (Weak::upgrade(&inner), Weak::upgrade(&watched)) {
                inner.beat(&revision, beat);
            }
        });
    }

    fn beat(&self, revision: &Arc<Revision<Made>>, beat: &Beat<'_>) {
        let slow = self.settings.crash_budget.slow_batch_ms.map(Duration::from_millis);
        let is_slow = slow.is_some_and(|slow| beat.took > slow);
        let is_fault = is_slow || beat.error.is_some_and(|error| error.blame() == Blame::Guest);
        revision.what.counts.add(beat, is_fault);
        if !is_fault {
            return;
        }
        self.faults.fetch_add(1, Ordering::Relaxed);
        if let Some(fall) = self.turn.fault(revision, self.now()) {
            self.fell(fall, revision);
        }
        // A trial allows no faults; those that are errors end it where they are seen.
        if is_slow && self.turn.force().beside.as_ref().is_some_and(|beside| beside.number == revision.number) {
            self.ask(Task::Dismiss(revision.number, "a batch took longer than the crash budget allows".to_owned()));
        }
    }
}
