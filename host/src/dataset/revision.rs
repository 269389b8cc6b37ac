//! What a revision is made of, what went through it, and what is tried with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::canary::CanaryRun;
use super::plugins::Unverified;
use super::shadow::ShadowRun;
use super::status::{Parts, RevisionStatus, State};
use super::sync::lock;
use super::turn::Revision;
use super::vet::Vetted;
use crate::audit::rfc3339;
use crate::host::Host;
use crate::snapshot::Beat;

/// A revision that can be in force.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) host: Host,
    pub(super) parts: Parts,
    pub(super) released: Released,
    pub(super) counts: Counts,
    pub(super) vetted: Vetted,
    /// How it is tried, while it is.
    trial: Mutex<Option<Trial>>,
    /// When it came where it is.
    since: Mutex<SystemTime>,
}

/// The plugins of a revision as they were read, and who signed them, by digest.
#[derive(Default)]
pub(super) struct Released {
    pub(super) plugins: Vec<Unverified>,
    pub(super) signers: BTreeMap<String, Vec<String>>,
}

impl std::fmt::Debug for Released {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Released").field("signers", &self.signers).finish_non_exhaustive()
    }
}

/// How a candidate is tried beside the revision in force.
#[derive(Clone, Debug)]
pub(super) enum Trial {
    Shadow(Arc<ShadowRun>),
    Canary(Arc<CanaryRun>),
}

impl Trial {
    pub(super) fn state(&self) -> State {
        match self {
            Self::Shadow(_) => State::Shadow,
            Self::Canary(_) => State::Canary,
        }
    }
}

/// What went through a revision.
#[derive(Debug, Default)]
pub(super) struct Counts {
    batches: AtomicU64,
    rows: AtomicU64,
    faults: AtomicU64,
}

impl Counts {
    /// A batch ended, with a fault or without.
    pub(super) fn add(&self, beat: &Beat<'_>, is_fault: bool) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.faults.fetch_add(u64::from(is_fault), Ordering::Relaxed);
        if beat.error.is_none() {
            self.rows.fetch_add(beat.rows, Ordering::Relaxed);
        }
    }
}

impl Made {
    pub(super) fn new(host: Host, parts: Parts, released: Released, vetted: Vetted) -> Self {
        let (counts, trial, since) = (Counts::default(), Mutex::default(), Mutex::new(SystemTime::now()));
        Self { host, parts, released, counts, vetted, trial, since }
    }

    /// It came into another state now.
    pub(super) fn moved(&self) {
        *lock(&self.since) = SystemTime::now();
    }

    /// It is tried in this way from now on. Leases that know of an earlier canary go on with it.
    pub(super) fn set_trial(&self, trial: Option<Trial>) {
        *lock(&self.trial) = trial;
    }

    /// It is tried no more: nobody goes on with it.
    pub(super) fn dismissed(&self) {
        if let Some(Trial::Canary(run)) = lock(&self.trial).take() {
            run.end();
        }
    }

    pub(super) fn trial(&self) -> Option<Trial> {
        lock(&self.trial).clone()
    }
}

impl Revision<Made> {
    pub(super) fn status(&self, state: State) -> RevisionStatus {
        let Made { parts, counts, since, .. } = &self.what;
        RevisionStatus {
            number: self.number,
            state,
            since: rfc3339(*lock(since)),
            parts: parts.clone(),
            in_flight: self.in_flight(),
            batches: counts.batches.load(Ordering::Relaxed),
            rows: counts.rows.load(Ordering::Relaxed),
            faults: counts.faults.load(Ordering::Relaxed),
        }
    }
}
