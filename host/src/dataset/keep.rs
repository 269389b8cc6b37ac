//! What nobody waits for: candidates go on when their trial is over, what drains too long is ended, and what happened by
//! itself is told.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::change::Inner;
use super::revision::Made;
use super::turn::{Fall, Revision};
use crate::error::Error;

/// How often what drains is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long to sleep when there is nothing to look at.
const SLEEP: Duration = Duration::from_secs(3600);

/// What is to be done.
#[derive(Debug)]
pub(super) enum Task {
    /// The trial of a candidate is over, and it did well.
    Advance(u64),
    /// A candidate did not do well: why.
    Dismiss(u64, String),
    /// A revision fell: the trail is to be told.
    Told(Fall, Arc<Revision<Made>>),
    /// A revision is out of force since now.
    Drain,
}

/// Starts the keeper of a dataset. It ends with the dataset.
pub(super) fn start(dataset: Weak<Inner>, tasks: Receiver<Task>) -> Result<(), Error> {
    let keep = move || keep(&dataset, &tasks);
    let spawned = thread::Builder::new().name("moretta-keeper".into()).spawn(keep);
    spawned.map(drop).map_err(Error::io("start", "a thread"))
}

fn keep(dataset: &Weak<Inner>, tasks: &Receiver<Task>) {
    let mut wait = SLEEP;
    loop {
        let task = tasks.recv_timeout(wait);
        let Some(dataset) = dataset.upgrade() else { return };
        match task {
            Ok(task) => dataset.perform(task),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        wait = if dataset.end_overdue() { LOOK } else { SLEEP };
    }
}
