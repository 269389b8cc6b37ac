//! The outcomes of runs, for who asked for them, for some time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use super::access::Principal;
use super::problem::Problem;
use crate::report::Report;

/// How many are remembered at most; then the oldest is forgotten first.
const MOST: usize = 10_000;

/// A run, and how it ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Run {
    /// Its name.
    pub(crate) run: String,
    /// What was masked.
    pub(crate) dataset: String,
    /// Who asked for it.
    pub(crate) principal: String,
    /// How far it is.
    #[serde(flatten)]
    pub(crate) state: State,
}

/// How far a run is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub(crate) enum State {
    /// It goes on.
    Running,
    /// Everything was masked, and given to who asked.
    Complete {
        /// What was done: counts, and the revision that did it.
        #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
        report: Arc<Report>,
    },
    /// It failed, and who asked has no complete answer.
    Failed {
        /// Why.
        problem: Problem,
    },
}

/// The runs of late.
pub(crate) struct Runs {
    keep: Duration,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_name: BTreeMap<String, (Principal, Run)>,
    by_age: VecDeque<(Instant, String)>,
}

impl Runs {
    pub(crate) fn new(keep: Duration) -> Self {
        Self { keep, kept: Mutex::default() }
    }

    /// A run begins.
    pub(crate) fn begin(&self, name: &str, dataset: &str, principal: &Principal) {
        let run = Run {
            run: name.to_owned(),
            dataset: dataset.to_owned(),
            principal: principal.name().to_owned(),
            state: State::Running,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(self.keep);
        kept.by_age.push_back((Instant::now(), name.to_owned()));
        kept.by_name.insert(name.to_owned(), (principal.clone(), run));
    }

    /// A run ended.
    pub(crate) fn end(&self, name: &str, state: State) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, run)) = kept.by_name.get_mut(name) {
            run.state = state;
        }
    }

    /// A run and whose it is.
    pub(crate) fn find(&self, name: &str) -> Option<(Principal, Run)> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(self.keep);
        kept.by_name.get(name).cloned()
    }
}

impl Kept {
    fn forget(&mut self, keep: Duration) {
        while let Some((begun, _)) = self.by_age.front() {
            if begun.elapsed() < keep && self.by_age.len() < MOST {
                return;
            }
            if let Some((_, name)) = self.by_age.pop_front() {
                self.by_name.remove(&name);
            }
        }
    }
}
