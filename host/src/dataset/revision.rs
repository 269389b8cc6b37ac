//! What a revision is made of, and what went through it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::lock;
use super::status::{Parts, RevisionStatus, State};
use super::turn::Revision;
use crate::audit::rfc3339;
use crate::host::Host;
use crate::snapshot::Beat;

/// A revision that can be in force.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) host: Host,
    pub(super) parts: Parts,
    pub(super) counts: Counts,
    /// When it came where it is.
    since: Mutex<SystemTime>,
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
    pub(super) fn new(host: Host, parts: Parts) -> Self {
        Self { host, parts, counts: Counts::default(), since: Mutex::new(SystemTime::now()) }
    }

    /// It came into another state now.
    pub(super) fn moved(&self) {
        *lock(&self.since) = SystemTime::now();
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
