//! The legal profile that a policy claims, as it is written.

use std::ops::Range;

/// The legal profile that a policy claims, and where it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What is claimed.
    pub claim: Claim,
    /// Where, in bytes.
    pub span: Range<usize>,
}

/// What a policy claims of its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// 45 CFR 164.514(b)(2): the eighteen identifiers are removed.
    SafeHarbor {
        /// The letters of identifiers that the data has not: somebody looked.
        absent: Vec<char>,
    },
    /// 45 CFR 164.514(e): the direct identifiers are removed.
    LimitedDataSet {
        /// The data use agreement, by its name.
        agreement: String,
    },
    /// 45 CFR 164.514(b)(1): an expert determined that the risk is very small.
    ExpertDetermination {
        /// How the expert did so: a document, by its name.
        method: String,
        /// The last day of it, in days since 1970-01-01.
        expires: i32,
    },
}

impl Claim {
    /// Its name in policies.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SafeHarbor { .. } => "safe-harbor",
            Self::LimitedDataSet { .. } => "limited-data-set",
            Self::ExpertDetermination { .. } => "expert-determination",
        }
    }
}
