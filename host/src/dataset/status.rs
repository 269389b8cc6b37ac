//! What can be said about a dataset, without any value of the data.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::settings::Canary;

/// A dataset at one time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
    /// How often a candidate was refused.
    pub refusals: u64,
    /// How many batches failed by the fault of a plugin, or took too long, under any revision.
    pub faults: u64,
}

impl Status {
    /// Whether batches are masked now.
    pub fn is_ready(&self) -> bool {
        self.gate == Gate::Open && self.current.is_some()
    }
}

/// Whether batches may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
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
    /// Of the trust root that these plugins were held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_root: Option<String>,
    /// Of the keyring's file: keys are wrapped in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyring: Option<String>,
    /// The primary version of each key.
    pub keys: BTreeMap<String, u32>,
}

/// A candidate that is not in force.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
    /// What was seen in shadow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowStatus>,
    /// How far the canary is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<CanaryStatus>,
}

/// What a candidate does in shadow, beside what the revision in force does with the same rows: counts, and no value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShadowStatus {
    /// How many batches are to be compared.
    pub wanted: u64,
    /// How many were.
    pub compared: u64,
    /// How many the candidate had no time for.
    pub skipped: u64,
    /// Rows of those that were compared.
    pub rows: u64,
    /// Batches that the candidate could not mask.
    pub errors: u64,
    /// Rows that the candidate rejected.
    pub rejected: u64,
    /// Rows that the revision in force rejected.
    pub rejected_in_force: u64,
    /// Batches of which the two rejected other rows, so that their columns were not compared.
    pub incomparable: u64,
    /// The columns of the output, by name.
    pub columns: BTreeMap<String, ColumnDifference>,
}

/// How a column of the candidate's output differs from the one in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ColumnDifference {
    /// Cells that were compared.
    pub cells: u64,
    /// Cells that are not the same. For another key, and for what is random, that is all.
    pub differing: u64,
    /// Nulls of the candidate, where anything differs.
    pub nulls: u64,
    /// Nulls of the revision in force, where anything differs.
    pub nulls_in_force: u64,
    /// Whether it has another type.
    pub other_type: bool,
    /// Whether the candidate does not put it out.
    pub missing: bool,
    /// Whether the candidate alone puts it out.
    pub added: bool,
}

/// How far a canary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CanaryStatus {
    /// Which share.
    #[serde(flatten)]
    pub canary: Canary,
    /// How many batches the candidate masked, or a part of them.
    pub done: u64,
    /// How many rows it masked of them.
    pub rows: u64,
}
