//! What can be recorded. An event says names, digests, versions and counts; there is no place for a value in it.

use serde::{Deserialize, Serialize};

use super::key_change::KeyChanged;
use super::revision::{DatasetChanged, OperationDenied, RevisionChanged};

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "action", content = "details", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A run began: nothing has been read yet.
    RunStarted(RunStarted),
    /// A plugin may use a key.
    KeyGranted(KeyUse),
    /// A plugin may not use a key that a rule names.
    KeyDenied(KeyUse),
    /// Batches were masked under one revision.
    Masked(Masked),
    /// A run ended. Where it is `done`, the output gets its name after this.
    RunEnded(RunEnded),
    /// The output of a run that was `done` could not get its name.
    CommitFailed(RunEnded),
    /// Somebody asks for the rows of a quarantine file; they are not decrypted yet.
    QuarantineOpened(Quarantine),
    /// Rows of a quarantine file were decrypted.
    QuarantineRead(Quarantine),
    /// Somebody asks for the values of an encrypted column; nothing is decrypted yet.
    RevealOpened(Reveal),
    /// An alarm: an operator acts on one approval. The review of it is open from here on.
    GlassBroken(Reveal),
    /// Values were decrypted. Where it is `done`, the output gets its name after this.
    Revealed(Reveal),
    /// The output of a reveal that was `done` could not get its name.
    RevealWithdrawn(Reveal),
    /// An operator looked at a broken glass.
    ReviewSigned(ReviewSigned),
    /// A key was made, or its state changed.
    KeyChanged(KeyChanged),
    /// The policy, a plugin or a key of a dataset changed, and a revision of it is made.
    RevisionNoticed(RevisionChanged),
    /// A revision failed on its way, and what was in force still is.
    RevisionRefused(RevisionChanged),
    /// A revision is tried beside the one in force.
    RevisionTried(RevisionChanged),
    /// A revision comes in force.
    RevisionInForce(RevisionChanged),
    /// A revision is taken out of force, and an earlier one is in force again.
    RevisionRolledBack(RevisionChanged),
    /// A revision is taken out of force, and there is none to go back to: nothing is masked.
    DatasetClosed(RevisionChanged),
    /// Nothing is masked any more, and what was under way was ended.
    DatasetStopped(DatasetChanged),
    /// Nothing begins any more, and what is under way may end.
    DatasetDrained(DatasetChanged),
    /// Batches may begin again.
    DatasetStarted(DatasetChanged),
    /// Somebody asked for something that no role of theirs allows.
    OperationDenied(OperationDenied),
    /// The last write to the trail had been interrupted, and what was left of it was put in order.
    TrailRepaired(TrailRepaired),
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was allowed.
    Allowed,
    /// It was denied.
    Denied,
    /// It failed.
    Failed,
    /// The operator stopped it.
    Interrupted,
}

impl Event {
    /// How it ended.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::KeyGranted(_) | Self::QuarantineOpened(Quarantine { refused: None, .. }) => Outcome::Allowed,
            Self::RevealOpened(Reveal { refused: None, .. }) | Self::GlassBroken(_) => Outcome::Allowed,
            Self::KeyDenied(_) | Self::QuarantineOpened(_) | Self::RevealOpened(_) => Outcome::Denied,
            Self::OperationDenied(_) => Outcome::Denied,
            Self::CommitFailed(_) | Self::QuarantineRead(Quarantine { refused: Some(_), .. }) => Outcome::Failed,
            Self::RevealWithdrawn(_) | Self::Revealed(Reveal { refused: Some(_), .. }) => Outcome::Failed,
            Self::Revealed(_) | Self::ReviewSigned(_) => Outcome::Done,
            Self::RunEnded(ended) => ended.outcome(),
            Self::RunStarted(_) | Self::Masked(_) | Self::QuarantineRead(_) | Self::KeyChanged(_) => Outcome::Done,
            Self::RevisionRefused(_) | Self::DatasetClosed(_) => Outcome::Failed,
            Self::RevisionNoticed(_) | Self::RevisionTried(_) | Self::TrailRepaired(_) => Outcome::Done,
            Self::RevisionInForce(_) | Self::RevisionRolledBack(_) | Self::DatasetStopped(_) => Outcome::Done,
            Self::DatasetDrained(_) | Self::DatasetStarted(_) => Outcome::Done,
        }
    }
}

/// What a run sets out to do.
#[derive(Clone, Debug, Serialize)]
pub struct RunStarted {
    /// The inputs, as the operator named them.
    pub inputs: Vec<String>,
    /// The output.
    pub out: String,
    /// The quarantine file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
    /// What is in force.
    pub revision: Revision,
}

/// What is in force, as far as it was used so far.
#[derive(Clone, Debug, Serialize)]
pub struct Revision {
    /// The number of the snapshot.
    pub number: u64,
    /// The version of the host.
    pub host: String,
    /// The policy's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// SHA-256 of the policy's text.
    pub policy_digest: String,
    /// SHA-256 of the file of labels, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels_digest: Option<String>,
    /// The plugins that were called.
    pub plugins: Vec<PluginUsed>,
    /// The keys that were lent.
    pub keys: Vec<KeyUsed>,
}

/// A plugin that was called.
#[derive(Clone, Debug, Serialize)]
pub struct PluginUsed {
    /// Its name.
    pub name: String,
    /// As its manifest says.
    pub version: String,
    /// SHA-256 of its file.
    pub digest: String,
}

/// A key that was lent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyUsed {
    /// Its name.
    pub key: String,
    /// Its version.
    pub version: u32,
}

/// A plugin that may use a key, or may not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyUse {
    /// The name of the key.
    pub key: String,
    /// The version that was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What for.
    pub purpose: String,
    /// In which domain.
    pub domain: String,
    /// The plugin, and its transform.
    pub transform: String,
    /// SHA-256 of the plugin's file.
    pub plugin_digest: String,
    /// Why it was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'static str>,
}

/// Batches masked under one revision.
#[derive(Clone, Debug, Serialize)]
pub struct Masked {
    /// What was in force.
    pub revision: Revision,
    /// A candidate that masked a share of the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<Revision>,
    /// Where there is one: what each of the two masked. Together that is all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
    /// Which batches, counted from 1.
    pub batches: Range,
    /// Which rows, counted from 1 over all inputs.
    pub rows: Range,
    /// How many rows had which outcome.
    pub outcomes: Rows,
    /// How many values each transform was given.
    pub operations: Vec<Operations>,
    /// What was done to each column.
    pub columns: Vec<Column>,
}

/// What one revision masked of what a candidate has a share of.
#[derive(Clone, Debug, Serialize)]
pub struct Share {
    /// The number of the revision.
    pub revision: u64,
    /// The batches that it masked, all or in part, counted from 1. Of more than 64 ranges the last one reaches from
    /// the first to the last batch of all further ones.
    pub batches: Vec<Range>,
    /// How many of its rows had which outcome.
    pub rows: Rows,
}

/// The first and the last of a range. Of an empty one, the last is before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// How many rows had which outcome.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Rows {
    /// Rows read.
    pub read: u64,
    /// Rows masked.
    pub masked: u64,
    /// Rows in quarantine.
    pub quarantined: u64,
    /// Rows dropped.
    pub dropped: u64,
    /// Rows rejected, by the code of the reason.
    pub rejected: Vec<Rejected>,
}

/// Rows rejected for one reason.
#[derive(Clone, Debug, Serialize)]
pub struct Rejected {
    /// The code of the reason.
    pub code: String,
    /// How many.
    pub rows: u64,
}

/// How much work a transform did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Operations {
    /// The plugin, and its transform.
    pub transform: String,
    /// How many values it was given.
    pub values: u64,
}

/// What was done to a column.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its name, absent where that may be data itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `mask`, `scrub`, `keep` or `drop`.
    pub action: String,
    /// Which transform of which plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
    /// The line of the rule in the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u64>,
    /// How many values it has.
    pub values: u64,
}

/// How a run ended.
#[derive(Clone, Debug, Serialize)]
pub struct RunEnded {
    /// The output.
    pub out: String,
    /// Rows read.
    pub rows: u64,
    /// Bytes written. They are under the output's name only where the run is done.
    pub bytes_written: u64,
    /// What went wrong: `input`, `plugin`, `machine`, `usage`, `quarantine` or `interrupted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
}

impl RunEnded {
    fn outcome(&self) -> Outcome {
        match self.problem {
            None => Outcome::Done,
            Some("interrupted") => Outcome::Interrupted,
            Some(_) => Outcome::Failed,
        }
    }
}

/// A quarantine file that is read.
#[derive(Clone, Debug, Serialize)]
pub struct Quarantine {
    /// The file.
    pub file: String,
    /// How many rows were decrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Why it was refused, or failed: `key` or `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'static str>,
}

/// Somebody who sees, or wants to see, the values of an encrypted column. Why they say so is free text that may name a
/// person, so it is not here: the digest is of the request that says it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Reveal {
    /// The masked file.
    pub input: String,
    /// Its SHA-256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_digest: Option<String>,
    /// The output.
    pub out: String,
    /// The name of the column, absent where that may be data itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// In which rows.
    pub rows: String,
    /// In how many rows at most.
    pub most_rows: u64,
    /// The name of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// In which domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The digest of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Who asks, as the request says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// The operators whose approvals were given.
    pub approvers: Vec<String>,
    /// Whether one approval was to be enough.
    pub break_glass: bool,
    /// In how many rows something was decrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_revealed: Option<u64>,
    /// How many values were decrypted: a row with a list has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values_revealed: Option<u64>,
    /// How many cells were asked for and left as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unopened: Option<u64>,
    /// The versions of the key that opened them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<u32>,
    /// Why it was denied, or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'static str>,
}

/// A review of a broken glass, signed off by one operator.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewSigned {
    /// The digest of the request that was carried out.
    pub request: String,
    /// The operator.
    pub reviewer: String,
    /// Their public key.
    pub public_key: String,
    /// Their signature.
    pub signature: String,
    /// How many must still sign.
    pub missing: u64,
}

/// What was left of a write that had been interrupted.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TrailRepaired {
    /// Bytes of a piece of a record that were cut off.
    pub bytes_cut: u64,
    /// Whole records that stand after the last checkpoint and were kept. No signature vouched for them until now.
    pub unsealed_records: u64,
}
