//! Being under a revision: what masks a batch, and what says why none can be masked.

use std::ops::Deref;

use super::revision::{Made, Trial};
use super::turn::{Gate, Under};
use crate::host::Host;

/// One revision, for as long as this lives: whatever is masked through it is masked under that one, also when another
/// comes in force. It is counted as in flight, so a batch or a request takes one and drops it; who keeps it for longer
/// than the drain deadline after another revision came in force finds that its batches fail with
/// [`Error::Ended`](crate::Error::Ended).
///
/// It is a [`Host`]: `lease.mask_rows(batch)`, or `mask_files(&lease, &run, …)`. Faults of plugins are counted against the
/// revision in either case. While a candidate is tried it sees what is masked through a lease: in shadow its answers
/// are compared and thrown away, in a canary it masks its share of the rows.
#[derive(Debug)]
pub struct Lease {
    under: Under<Made>,
    host: Host,
}

impl Lease {
    /// `pinned`: for a whole run, which has no part in a canary of batches.
    pub(super) fn new(under: Under<Made>, pinned: bool) -> Self {
        let aside = under.beside().and_then(|candidate| candidate.what.trial());
        let aside = aside.and_then(|trial| match trial {
            Trial::Shadow(run) => Some(run.aside()),
            Trial::Canary(run) => run.aside(pinned),
        });
        let host = under.current().what.host.with(aside);
        Self { under, host }
    }

    /// The number of the revision in force.
    pub fn revision(&self) -> u64 {
        self.under.current().number
    }

    /// The number of the candidate that is tried on what is masked.
    pub fn candidate(&self) -> Option<u64> {
        self.under.beside().map(|candidate| candidate.number)
    }

    /// What masks.
    pub fn host(&self) -> &Host {
        &self.host
    }
}

impl Deref for Lease {
    type Target = Host;

    fn deref(&self) -> &Host {
        &self.host
    }
}

/// Why nothing can be masked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// What is under way may end, and nothing begins.
    #[error("the dataset is draining; send it again when it was started")]
    Draining,
    /// An operator stopped it.
    #[error("the dataset was stopped; an operator has to start it")]
    Stopped,
    /// There is no revision that is healthy.
    #[error("the dataset is closed: no revision of it is healthy; put one in force that is")]
    Closed,
}

impl From<Gate> for Unavailable {
    fn from(gate: Gate) -> Self {
        match gate {
            Gate::Draining => Self::Draining,
            Gate::Stopped => Self::Stopped,
            Gate::Open | Gate::Closed => Self::Closed,
        }
    }
}
