//! Encryption: ciphertexts that only the holder of the key can open.
//!
//! AES-256-GCM, each value by itself: equal values have different ciphertexts, so nothing can be joined or counted. Each
//! says which version of the key opens it, and opens only as a value of the column and the domain it was made for.

use moretta_guest::{BatchError, Column, EncryptionKey, EncryptionMasker, Masked, Request, ciphertexts, only};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Encrypt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    prefix: String,
}

impl EncryptionMasker for Encrypt {
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

moretta_guest::encryption_masker!(Encrypt);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases};

    use super::*;

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            Encrypt::mask(&case.request, case.columns().to_vec(), &[], &TestKey::for_columns(case.columns()))
        });
    }
}
