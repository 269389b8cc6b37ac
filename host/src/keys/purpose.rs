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
    /// Ciphertexts of which no two are equal.
    Encrypt,
    /// Ciphertexts that are equal for equal values.
    EncryptDeterministic,
    /// Ciphertexts of the same length and alphabet.
    #[serde(rename = "fpe")]
    FormatPreserving,
    /// Sealing rows in quarantine.
    Quarantine,
    /// Signing the audit trail.
    Audit,
    /// Sealing the values behind tokens, and finding them.
    Token,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pseudonym => "pseudonym",
            Self::DateShift => "date-shift",
            Self::Encrypt => "encrypt",
            Self::EncryptDeterministic => "encrypt-deterministic",
            Self::FormatPreserving => "fpe",
            Self::Quarantine => "quarantine",
            Self::Audit => "audit",
            Self::Token => "token",
        })
    }
}
