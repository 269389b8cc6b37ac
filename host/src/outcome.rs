//! Exactly one outcome for each input row, and the counts that must add up.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::Place;

/// Why a row could not be masked: the cases of `rejection-code` in `wit/types.wit`, and what the host finds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectionCode {
    /// The value is not of the form that the transform reads.
    Unparsable,
    /// The value lies outside what the transform handles.
    OutOfRange,
    /// The transform would have to return the value as it came.
    Unchanged,
    /// The row has no value where the transform needs one.
    Missing,
    /// The value is of a kind that the transform does not handle.
    Unsupported,
    /// The row is not what the policy's contract says of the input. No plugin saw it.
    Contract,
    /// The contents of the column are not what its label says. No plugin that masks saw the row.
    Content,
    /// An original value stands in the output of the row.
    Residue,
}

impl fmt::Display for RejectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unparsable => "unparsable",
            Self::OutOfRange => "out-of-range",
            Self::Unchanged => "unchanged",
            Self::Missing => "missing",
            Self::Unsupported => "unsupported",
            Self::Contract => "contract",
            Self::Content => "content",
            Self::Residue => "residue",
        })
    }
}

/// One row that a transform could not handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectedRow {
    /// Counted from 0 in the batch.
    pub row: usize,
    /// The column of the batch whose rule rejected it.
    pub column: usize,
    /// Why.
    pub code: RejectionCode,
    /// What the policy does with it.
    pub fate: Fate,
}

/// What the policy does with a row that was rejected.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The row is not written.
    Drop,
    /// The row is not written, and kept encrypted in the quarantine file.
    #[default]
    Quarantine,
}

/// How many rows had which outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Outcomes {
    /// Rows read.
    pub read: u64,
    /// Rows masked and written.
    pub masked: u64,
    /// Rows kept in quarantine.
    pub quarantined: u64,
    /// Rows dropped by policy.
    pub dropped: u64,
    /// Rejections by code. A row counts once, under the code that decided its fate.
    pub codes: BTreeMap<RejectionCode, u64>,
    /// Rows of the output that were searched for original values.
    pub scanned: u64,
    /// Values of the input and the output that classifiers looked at, to hold contents against labels.
    pub examined: u64,
}

impl Outcomes {
    /// Adds the outcomes of another batch.
    pub fn add(&mut self, other: &Self) {
        self.read = self.read.saturating_add(other.read);
        self.masked = self.masked.saturating_add(other.masked);
        self.quarantined = self.quarantined.saturating_add(other.quarantined);
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.scanned = self.scanned.saturating_add(other.scanned);
        self.examined = self.examined.saturating_add(other.examined);
        for (code, count) in &other.codes {
            let total = self.codes.entry(*code).or_default();
            *total = total.saturating_add(*count);
        }
    }

    /// What is left without a part of it.
    pub(crate) fn without(&self, part: &Self) -> Self {
        let codes = self
            .codes
            .iter()
            .map(|(code, count)| (*code, count.saturating_sub(part.codes.get(code).copied().unwrap_or_default())));
        Self {
            read: self.read.saturating_sub(part.read),
            masked: self.masked.saturating_sub(part.masked),
            quarantined: self.quarantined.saturating_sub(part.quarantined),
            dropped: self.dropped.saturating_sub(part.dropped),
            codes: codes.filter(|(_, count)| *count > 0).collect(),
            scanned: self.scanned.saturating_sub(part.scanned),
            examined: self.examined.saturating_sub(part.examined),
        }
    }

    /// Whether every row read has exactly one outcome.
    pub fn add_up(&self) -> bool {
        self.masked.checked_add(self.quarantined).and_then(|sum| sum.checked_add(self.dropped)) == Some(self.read)
    }
}

/// More rows were rejected than the operator allows.
#[derive(Clone, Debug)]
pub struct TooManyQuarantined {
    /// How many the operator allows.
    pub allowed: u64,
    /// How many there are so far.
    pub rows: u64,
    /// Where the first few are, and why.
    pub first: Vec<(Place, RejectionCode)>,
}

impl fmt::Display for TooManyQuarantined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows could not be masked and {} are allowed:", self.rows, self.allowed)?;
        for (place, code) in &self.first {
            write!(f, " {place} ({code});")?;
        }
        write!(f, " nothing was written; mend the rows or the policy, or allow more with --max-quarantined N")
    }
}
