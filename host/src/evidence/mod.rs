//! The evidence for what a policy claims: what becomes of each of the eighteen identifiers of 45 CFR 164.514(b)(2)(i). Pure.
//!
//! It says who labelled which column, and what its mask leaves; it does not say that the labels are right.

mod gather;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::policy::Looked;

pub use gather::evidence;

/// What is known of a run, from its report or from the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunFacts {
    /// Where that was read.
    pub source: String,
    /// SHA-256 of the policy that it ran under.
    pub policy_digest: String,
    /// SHA-256 of the file of labels.
    pub labels_digest: Option<String>,
    /// How many rows were read.
    pub read: u64,
    /// How many of them were written, masked.
    pub masked: u64,
    /// How many went to quarantine.
    pub quarantined: u64,
    /// How many were dropped by policy.
    pub dropped: u64,
    /// Name, version and digest of each plugin that was called.
    pub plugins: Vec<String>,
    /// How many values of each column were masked, kept or dropped.
    #[serde(skip)]
    pub values: BTreeMap<String, u64>,
}

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// What the policy claims: `none` if it claims nothing.
    pub profile: &'static str,
    /// On what ground beside the columns: the agreement, or the method of the expert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// The policy's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// SHA-256 of its text.
    pub policy_digest: String,
    /// SHA-256 of the file of labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels_digest: Option<String>,
    /// What classifiers looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked: Option<Looked>,
    /// The run that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunFacts>,
    /// (A) to (R).
    pub identifiers: Vec<Identifier>,
    /// What else a reader has to know before relying on it.
    pub exceptions: Vec<String>,
}

/// What becomes of one identifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Identifier {
    /// Its letter.
    pub letter: char,
    /// What it is, in short.
    pub what: &'static str,
    /// What becomes of it.
    pub state: State,
    /// The columns that are one.
    pub columns: Vec<ColumnEvidence>,
    /// Why there is said to be none, where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absence: Vec<String>,
}

/// What becomes of an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing of it is left in any column.
    Removed,
    /// What is left was changed.
    Changed,
    /// At least one column is written as it is.
    Kept,
    /// No column is labelled as one, and the policy says that there is none.
    DeclaredAbsent,
    /// No column is labelled as one.
    NotFound,
}

impl State {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Kept => "kept",
            Self::DeclaredAbsent => "declared absent",
            Self::NotFound => "in no column",
        }
    }
}

/// What becomes of one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnEvidence {
    /// Its name, if it is sure to be one; else its place, counted from 1.
    pub column: String,
    /// What it is.
    pub label: &'static str,
    /// Who says so.
    pub said_by: String,
    /// The line of the rule in the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// What is done: the transform with its plugin, `keep`, or `drop`.
    pub done: String,
    /// What of the values is left in the output.
    pub left: &'static str,
    /// What the column of the output is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_as: Option<&'static str>,
    /// How many values that were, in the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<u64>,
}
