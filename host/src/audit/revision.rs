//! What can be recorded of a dataset: which revision of it is in force, and who changed that.

use std::collections::BTreeMap;

use serde::Serialize;

/// A revision of a dataset on its way.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RevisionChanged {
    /// The name of the dataset.
    pub dataset: String,
    /// The number of the revision.
    pub revision: u64,
    /// SHA-256 over the digests of all that it is made of.
    pub digest: String,
    /// SHA-256 of the policy's text.
    pub policy_digest: String,
    /// SHA-256 of the file of labels, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels_digest: Option<String>,
    /// SHA-256 of each plugin that is not shipped, by its name.
    pub plugins: BTreeMap<String, String>,
    /// SHA-256 of the trust root that their signatures were held against, if they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_root: Option<String>,
    /// The primary version of each key.
    pub keys: BTreeMap<String, u32>,
    /// Its share, where it is tried in a canary, or was until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<CanaryShare>,
    /// The number of the revision that was in force before, or is again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<u64>,
    /// The step that it is tried in, or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<&'static str>,
    /// Whose fault it was: `input`, `plugin`, `machine` or `usage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
}

/// What a candidate masks in a canary. Of which rows of a run it was, the run tells.
#[derive(Clone, Debug, Serialize)]
pub struct CanaryShare {
    /// How much, in a hundred.
    pub percent: u8,
    /// Of what: `subjects` or `batches`.
    pub of: &'static str,
    /// Of subjects: 16 bytes, in hexadecimal. Whoever is normalized as the policy says and put behind them is in the share
    /// if the first eight bytes of the SHA-256 are a number (the greatest byte first) with a remainder below `percent`
    /// when divided by 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// How many batches it masked so far, all or in part.
    pub batches: u64,
    /// How many rows it masked of them.
    pub rows: u64,
}

/// A dataset that somebody stopped or started.
#[derive(Clone, Debug, Serialize)]
pub struct DatasetChanged {
    /// Its name.
    pub dataset: String,
    /// The number of the revision in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
}

/// Somebody asked for something that no role of theirs allows.
#[derive(Clone, Debug, Serialize)]
pub struct OperationDenied {
    /// The dataset that it was to be done with.
    pub dataset: String,
    /// What was to be done: `mask`, `operate` or `read-audit`.
    pub operation: &'static str,
}
