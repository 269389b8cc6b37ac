//! Notices that the sources of a dataset changed.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use super::Dataset;
use crate::audit::Who;
use crate::error::Error;

/// Reloads a dataset whenever its sources change, until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    _ends: Sender<()>,
}

impl Watcher {
    pub(super) fn start(dataset: &Dataset) -> Result<Self, Error> {
        let (ends, ended) = bounded(0);
        let (weak, poll) = (Arc::downgrade(&dataset.0), Duration::from_millis(dataset.settings().watch.poll_ms));
        let watch = move || {
            while ended.recv_timeout(poll) == Err(RecvTimeoutError::Timeout) {
                let Some(inner) = weak.upgrade() else { return };
                // Why it failed stands in the status.
                drop(Dataset(inner).reload(&Who::of_process()));
            }
        };
        thread::Builder::new().name("moretta-watch".into()).spawn(watch).map_err(Error::io("start", "a thread"))?;
        Ok(Self { _ends: ends })
    }
}
