//! What stands before masking and after it: the contract that the input keeps, and what is looked for.

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
    /// The first 256 rows of each input and every 16th behind them.
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
