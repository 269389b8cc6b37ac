//! Deterministic encryption: ciphertexts that only the holder of the key can open, and that can be joined.
//!
//! AES-SIV (RFC 5297): equal values of columns of one name have equal ciphertexts within a domain. That is what makes
//! them join, and what they tell: how often a value is there, and that two rows share it.

use moretta_guest::{BatchError, Column, EncryptionKey, EncryptionMasker, Masked, Request, ciphertexts, only};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct EncryptDeterministic;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    prefix: String,
}

impl EncryptionMasker for EncryptDeterministic {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl EncryptionKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        Ok(ciphertexts(&column, &key.encrypt(0)?, &config.prefix).into())
    }
}

moretta_guest::deterministic_encryption_masker!(EncryptDeterministic);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases};

    use super::*;

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            EncryptDeterministic::mask(
                &case.request,
                case.columns().to_vec(),
                &[],
                &TestKey::for_columns(case.columns()),
            )
        });
    }
}
