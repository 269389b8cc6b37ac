//! What is asked for by who wants to see masked values again.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Rows;

/// One column of one file, in some of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// SHA-256 of the masked file, 64 hexadecimal digits.
    pub input: String,
    /// The name of the column.
    pub column: String,
    /// In which rows.
    pub rows: Rows,
    /// In how many rows at most.
    pub most_rows: u64,
    /// The name of the key that opens the cells.
    pub key: String,
    /// What the key is for: `encrypt`, `encrypt-deterministic` or `token`.
    pub purpose: String,
    /// The domain that the cells were encrypted in.
    pub domain: String,
    /// Whether one approval is to be enough, for an operator who may do that, with an alarm and a review.
    pub break_glass: bool,
}

impl fmt::Display for Reveal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { input, column, rows, most_rows, key, purpose, domain, break_glass } = self;
        if *break_glass {
            f.write_str("break the glass, on one approval, and ")?;
        }
        let which = if rows.count().is_none() { "all rows".to_owned() } else { format!("rows {rows}") };
        write!(f, "reveal column `{column}` in {which} (at most {most_rows}) of the file with SHA-256 {input}, ")?;
        let how = if purpose == "token" { "masked" } else { "encrypted" };
        write!(f, "{how} with {purpose} under key `{key}` in domain `{domain}`,")
    }
}
