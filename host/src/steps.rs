//! Where the time of a run goes.

use std::time::{Duration, Instant};

/// How long each step took, all batches together: several are worked on at once, so the sum may be more than the run took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// Making columns of what was read.
    pub read: Duration,
    /// Holding rows against the contract, and contents against labels.
    pub gate: Duration,
    /// Finding what is done to each column. Compiling the plugins, for the first batch that needs them.
    pub plan: Duration,
    /// Calls of plugins.
    pub mask: Duration,
    /// Checking what they returned.
    pub verify: Duration,
    /// Waiting for the audit trail to be on disk.
    pub audit: Duration,
    /// Making text or files of columns.
    pub write: Duration,
}

impl Steps {
    /// Adds what another batch took.
    pub(crate) fn add(&mut self, other: &Self) {
        let Self { read, gate, plan, mask, verify, audit, write } = self;
        let pairs = [
            (read, other.read),
            (gate, other.gate),
            (plan, other.plan),
            (mask, other.mask),
            (verify, other.verify),
            (audit, other.audit),
            (write, other.write),
        ];
        pairs.into_iter().for_each(|(ours, theirs)| *ours = ours.saturating_add(theirs));
    }
}

/// Tells how long each of several steps took that follow one another.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it is since the last time.
    pub(crate) fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now.saturating_duration_since(std::mem::replace(&mut self.0, now))
    }
}
