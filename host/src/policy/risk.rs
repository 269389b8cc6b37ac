//! How small the classes of rows with equal quasi-identifiers may be, as it is written.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::At;

/// How small the classes of rows with equal quasi-identifiers may be in the output.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskBound {
    /// The columns of the output that somebody may know of a person from elsewhere.
    pub quasi_identifiers: Vec<At<String>>,
    /// The columns of the output that nobody is to learn of a person, for the figures of the report.
    pub sensitive: Vec<At<String>>,
    /// How many individuals a class has at least; rows, where no subject is named.
    pub k: u64,
    /// What happens to the rows of smaller ones.
    pub small_classes: SmallClasses,
    /// Where, in bytes.
    pub span: Range<usize>,
}

/// What happens to the rows of classes that are too small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SmallClasses {
    /// They are not written, and count as dropped.
    #[default]
    Suppress,
    /// They are written, without their quasi-identifiers.
    Blank,
}
