//! What goes through a snapshot, whichever way it came there, and what ends that.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::error::Error;
use crate::leash::{Leash, Pull};

/// Lets batches begin, ends those that are under way, and tells what became of each.
#[derive(Default)]
pub(crate) struct Pulse {
    closed: AtomicBool,
    pull: Pull,
    told: OnceLock<Box<Told>>,
}

/// Is told of each batch.
type Told = dyn Fn(&Beat<'_>) + Send + Sync;

/// One batch that went through, or did not.
#[derive(Debug)]
pub(crate) struct Beat<'a> {
    /// How many rows it has.
    pub(crate) rows: u64,
    /// How long it took.
    pub(crate) took: Duration,
    /// Why it failed.
    pub(crate) error: Option<&'a Error>,
}

impl Pulse {
    /// What the batch that begins now is held by.
    ///
    /// # Errors
    /// None may begin.
    pub(crate) fn leash(&self) -> Result<Leash, Error> {
        let leash = self.pull.leash();
        if self.closed.load(Ordering::SeqCst) { Err(Error::Ended) } else { Ok(leash) }
    }

    /// Ends every batch that is under way, within a few ticks of the engine. No other begins while it is closed.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.pull.all();
    }

    /// Lets batches begin again.
    pub(crate) fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
    }

    /// Tells of each batch from now on. Who is told first stays.
    pub(crate) fn tell(&self, told: impl Fn(&Beat<'_>) + Send + Sync + 'static) {
        // Told twice only by a defect, and then the first is right.
        drop(self.told.set(Box::new(told)));
    }

    /// A batch ended.
    pub(crate) fn beat(&self, beat: &Beat<'_>) {
        if let Some(told) = self.told.get() {
            told(beat);
        }
    }
}

impl fmt::Debug for Pulse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pulse").field("closed", &self.closed).finish_non_exhaustive()
    }
}
