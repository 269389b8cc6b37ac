//! One key, one purpose.

use std::fmt;

/// What a key may be used for. A key has exactly one, checked when it is lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Digests that pseudonyms are made of.
    Pseudonym,
    /// Offsets that dates are shifted by.
    DateShift,
    /// Sealing rows in quarantine.
    Quarantine,
    /// Sealing the values behind tokens, and finding them.
    Token,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pseudonym => "pseudonym",
            Self::DateShift => "date-shift",
            Self::Quarantine => "quarantine",
            Self::Token => "token",
        })
    }
}
