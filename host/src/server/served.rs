//! A dataset that is served, and what is under way on it.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;

use super::config::{Bounds, DatasetConfig};
use super::ending::{Cause, Ending};
use super::gates::{Count, Place};
use super::problem::{Fault, Problem};
use crate::audit::RunId;
use crate::dataset::Dataset;
use crate::error::Error;

/// A dataset that is served.
pub(crate) struct Served {
    dataset: Dataset,
    config: DatasetConfig,
    most: usize,
    at_once: Count,
    under_way: Mutex<Vec<Ending>>,
}

impl Served {
    /// Serves a dataset. The directory of its quarantine is made where there is none.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn new(dataset: Dataset, config: DatasetConfig, bounds: &Bounds) -> Result<Self, Error> {
        if let Some(directory) = &config.quarantine {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
            made.map_err(Error::named("make", directory))?;
        }
        let most = config.requests_at_once.unwrap_or(bounds.requests_at_once);
        Ok(Self { dataset, config, most, at_once: Count::default(), under_way: Mutex::default() })
    }

    pub(crate) fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    pub(crate) fn name(&self) -> &str {
        self.dataset.name()
    }

    /// Where a run keeps rows that cannot be masked, and how many.
    pub(crate) fn quarantine(&self, run: &RunId) -> (Option<PathBuf>, u64) {
        let file = self.config.quarantine.as_ref().map(|directory| directory.join(format!("{}.jsonl", run.as_str())));
        (file, self.config.max_quarantined)
    }

    /// The directory of the quarantine, if rows may go there.
    pub(crate) fn quarantine_directory(&self) -> Option<&Path> {
        self.config.quarantine.as_deref()
    }

    /// How many requests are masked now.
    pub(crate) fn busy(&self) -> usize {
        self.at_once.now()
    }

    /// A place for a request that is masked.
    ///
    /// # Errors
    /// So many are masked already.
    pub(crate) fn enter(&self) -> Result<Place, Problem> {
        self.at_once.enter(self.most).ok_or_else(|| {
            let title = "as many requests of this dataset are under way as may be";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title, Fault::Server).retry_after(1)
        })
    }

    /// Keeps an exchange in mind, so that it can be ended, until what is returned is dropped.
    pub(crate) fn keep(self: &Arc<Self>, ending: &Ending) -> UnderWay {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).push(ending.clone());
        UnderWay { served: self.clone(), ending: ending.clone() }
    }

    /// Ends everything that is under way.
    pub(crate) fn end_all(&self, cause: Cause) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|ending| ending.end(cause));
    }
}

/// An exchange that can be ended from outside.
pub(crate) struct UnderWay {
    served: Arc<Served>,
    ending: Ending,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut under_way = self.served.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|other| !other.is(&self.ending));
    }
}
