//! Encrypts codes, and equal ones have equal ciphertexts.

use moretta_guest::{
    BatchError, Column, EncryptionKey, EncryptionMasker, Masked, RejectionCode, Rejections,
    Request, only, sealed_text,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct SealedCodes;

/// The options of a rule, as the schema in `manifest.json` has them.
#[derive(Deserialize)]
struct Config {
    prefix: String,
}

impl EncryptionMasker for SealedCodes {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl EncryptionKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        let mut rejections = Rejections::default();
        for (row, value) in column.text()?.iter().enumerate() {
            if value.is_some_and(|value| value.trim() != value) {
                rejections.push(row, RejectionCode::Unparsable);
            }
        }
        // What takes the place of a value is the `prefix` of the options, its ciphertext, and
        // nothing else: the host compares.
        let sealed = key.encrypt(0)?;
        Ok(rejections.with(sealed_text(&column, &sealed, &config.prefix)))
    }
}

moretta_guest::deterministic_encryption_masker!(SealedCodes);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};

    use super::*;

    fn mask(request: &Request, columns: &[Column]) -> Result<Masked, BatchError> {
        SealedCodes::mask(request, columns.to_vec(), &[], &TestKey::for_columns(columns))
    }

    #[test]
    fn the_golden_cases_come_out() {
        check_cases(include_str!("../manifest.json"), |case| mask(&case.request, case.columns()));
    }

    #[test]
    fn equal_codes_can_be_joined_by_their_ciphertexts() {
        let column = Column::from_text([Some("MRN-1"), Some("MRN-2"), Some("MRN-1"), None]);
        let config = r#"{"prefix":"E-"}"#.to_owned();
        let request = Request { transform: "my-plugin".to_owned(), config, reference_date: None };
        let masked = mask(&request, std::slice::from_ref(&column)).unwrap();
        let sealed = check_promises(&column, &masked, false, false);
        assert_eq!(sealed[0], sealed[2]);
        assert_ne!(sealed[0], sealed[1]);
    }
}
