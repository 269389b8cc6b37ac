//! Being under a revision: what masks a batch, and what says why none can be masked.

use std::ops::Deref;

use super::revision::Made;
use super::turn::{Gate, Under};
use crate::host::Host;

/// One revision, for as long as this lives: whatever is masked through it is masked under that one, also when another
/// comes in force. It is counted as in flight, so a batch or a request takes one and drops it; who keeps it for longer
/// than the drain deadline after another revision came in force finds that its batches fail with
/// [`Error::Ended`](crate::Error::Ended).
///
/// It is a [`Host`]: `lease.mask_rows(batch)`, or `mask_files(&lease, &run, …)`. Faults of plugins are counted against the
/// revision in either case.
#[derive(Debug)]
pub struct Lease(Under<Made>);

impl Lease {
    pub(super) fn new(under: Under<Made>) -> Self {
        Self(under)
    }

    /// The number of the revision.
    pub fn revision(&self) -> u64 {
        self.0.revision().number
    }

    /// What masks.
    pub fn host(&self) -> &Host {
        &self.0.revision().what.host
    }
}

impl Deref for Lease {
    type Target = Host;

    fn deref(&self) -> &Host {
        self.host()
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
