//! What can be said about a dataset, without any value of the data.

use std::collections::BTreeMap;

use serde::Serialize;

/// A dataset at one time.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Its name.
    pub dataset: String,
    /// Whether batches may begin.
    pub gate: Gate,
    /// The number of the revision in force.
    pub current: Option<u64>,
    /// The number of the revision that a rollback goes to.
    pub fallback: Option<u64>,
    /// Every revision that is alive, the newest last.
    pub revisions: Vec<RevisionStatus>,
    /// The last candidate, if it did not come in force: how far it got, or why it failed.
    pub candidate: Option<CandidateStatus>,
    /// How often a revision came in force.
    pub swaps: u64,
    /// How often one was rolled back by itself.
    pub rollbacks: u64,
}

impl Status {
    /// Whether batches are masked now.
    pub fn is_ready(&self) -> bool {
        self.gate == Gate::Open && self.current.is_some()
    }
}

/// Whether batches may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// They may.
    Open,
    /// What is under way may end, and nothing begins.
    Draining,
    /// An operator stopped it.
    Stopped,
    /// There is no revision that is healthy.
    Closed,
}

/// Where a revision is on its way. One that failed stays where it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its sources changed, and are read.
    Noticed,
    /// Everything in it is what it has to be. None of its code has run.
    Verified,
    /// Its plugins are compiled.
    Compiled,
    /// Its plugins did what they must on data that is no one's.
    Vetted,
    /// It is given what is masked, and what it gives back is compared and thrown away.
    Shadow,
    /// It does its share.
    Canary,
    /// It is in force.
    Current,
    /// Another one is in force, and batches under this one are under way.
    Draining,
    /// It is in nobody's use. The last good one is kept for a rollback.
    Retired,
    /// It failed.
    Failed,
}

/// One revision.
#[derive(Clone, Debug, Serialize)]
pub struct RevisionStatus {
    /// Its number.
    pub number: u64,
    /// Where it is on its way.
    pub state: State,
    /// Since when it is there: RFC 3339.
    pub since: String,
    /// What it is made of.
    pub parts: Parts,
    /// How many are under it now.
    pub in_flight: usize,
    /// How many batches were masked under it.
    pub batches: u64,
    /// How many rows these have.
    pub rows: u64,
    /// How many batches failed by the fault of a plugin, or took too long.
    pub faults: u64,
}

/// What a revision is made of: digests are SHA-256 in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// Of everything below.
    pub digest: String,
    /// Of the policy's text.
    pub policy: String,
    /// Of the file of labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// Of each plugin that is not shipped, by name.
    pub plugins: BTreeMap<String, String>,
    /// Of the keyring's file: keys are wrapped in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyring: Option<String>,
    /// The primary version of each key.
    pub keys: BTreeMap<String, u32>,
}

/// A candidate that is not in force.
#[derive(Clone, Debug, Serialize)]
pub struct CandidateStatus {
    /// The number that it was given.
    pub number: u64,
    /// The last state that it reached.
    pub state: State,
    /// The step that failed, if one did: what comes after the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<State>,
    /// Why: names, positions, digests and counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When: RFC 3339.
    pub at: String,
}
