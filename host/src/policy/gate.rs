//! What stands before masking and after it: the contract that the input keeps, and what is looked for.
//!
//! ```yaml
//! contract:                 # held against every row before a plugin sees it; without it nothing is promised
//!   rows: stop              # or quarantine: what a row that breaks it does
//!   unexpected: reject      # or drop: not written, whatever the rules say; or quarantine: the rows with a value there too
//!   columns:
//!     zip: { type: text, nulls: false, pattern: '[0-9]{5}' }
//!     gender: { values: [female, male], optional: true }
//! gate:
//!   content: stop           # or quarantine (all rows of the batch), or off
//!   residue: stop           # or quarantine: the row; every row is searched then
//!   verify: sample          # or full; `moretta mask --verify` has the last word
//! rules:
//!   - { columns: [comment], keep: true, may_hold: [city], looks_like: [us-ssn] }
//! ```
//!
//! `content` looks at 64 values of a batch, where at least twelve of them differ: at columns that are kept, and at masked
//! ones with a label of which much is left; at every batch of the first 65,536 rows of an input and one of each 32,768
//! behind them, and at all where rows go to quarantine or `verify` is full. `residue` is what [`crate::verify`] searches the output for. `may_hold`
//! names columns whose values may stand in the output of these; `looks_like` what these look like and are not.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::batch::ColumnType;

/// What happens when something is found that must not be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Consequence {
    /// The run stops, and nothing is written.
    #[default]
    Stop,
    /// The rows go to quarantine.
    Quarantine,
}

/// What happens when the contents of a column are not what its label says, or look like an identifier and nobody has said
/// what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContentCheck {
    /// The run stops, and nothing is written.
    #[default]
    Stop,
    /// The rows of the batch go to quarantine.
    Quarantine,
    /// Contents are not looked at.
    Off,
}

/// Which rows of the output are searched for original values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Thoroughness {
    /// The first 256 rows of each input and every 128th behind them.
    #[default]
    Sample,
    /// Every row.
    Full,
}

/// What is looked for before and after masking, and what happens when it is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// Contents that are not what their label says.
    pub content: ContentCheck,
    /// An original value in the output of its row.
    pub residue: Consequence,
    /// How closely the output is looked at.
    pub verify: Thoroughness,
}

/// What an input must be.
#[derive(Clone, Debug)]
pub struct Contract {
    /// What happens to a row that breaks it.
    pub rows: Consequence,
    /// What happens to a column that it does not name.
    pub unexpected: Unexpected,
    /// What each column must be.
    pub columns: BTreeMap<String, Promise>,
}

/// What happens to a column that the contract does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unexpected {
    /// The run stops.
    #[default]
    Reject,
    /// It is not written, whatever the rules say.
    Drop,
    /// It is not written, and each row that has a value in it goes to quarantine.
    Quarantine,
}

/// What a column must be.
#[derive(Clone, Debug)]
pub struct Promise {
    /// The type of its values; texts that can be read as one of it are.
    pub column_type: Option<ColumnType>,
    /// Whether there may be nulls.
    pub nulls: bool,
    /// Whether an input may be without it.
    pub optional: bool,
    /// The only values that there are, sorted.
    pub values: Option<Vec<String>>,
    /// What each value must match from its first to its last character.
    pub pattern: Option<Regex>,
    /// Where it stands in the policy, in bytes.
    pub span: Range<usize>,
}

/// How an input breaks the policy's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// A column that the contract does not name.
    #[error("the contract does not have this column")]
    Unexpected,
    /// A null.
    #[error("a null, and the contract allows none here")]
    Null,
    /// A value that is not of the type.
    #[error("the value is not of type {0}, which the contract promises")]
    Type(ColumnType),
    /// A value that is not in the list.
    #[error("the value is none of those that the contract lists")]
    Value,
    /// A value that does not match.
    #[error("the value does not match the pattern of the contract")]
    Pattern,
    /// A value that cannot be held against anything.
    #[error("the value has no text that could be held against the contract")]
    NoText,
}

impl Contract {
    /// Whether the contract names a column: a path in it is one for the lists along that path as well.
    pub fn names(&self, column: &str) -> bool {
        self.promise(column).is_some()
    }

    /// What a column must be.
    pub fn promise(&self, column: &str) -> Option<&Promise> {
        self.columns.get(column).or_else(|| {
            let path = column.replace("[]", "");
            self.columns.iter().find(|(name, _)| name.replace("[]", "") == path).map(|(_, promise)| promise)
        })
    }
}
