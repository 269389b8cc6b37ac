//! Encrypts text, and equal values have different ciphertexts.

use moretta_guest::{
    BatchError, Column, EncryptionKey, EncryptionMasker, Masked, RejectionCode, Rejections,
    Request, only, sealed_text,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Sealed;

/// The options of a rule, as the schema in `manifest.json` has them.
#[derive(Deserialize)]
struct Config {
    longest: usize,
}

impl EncryptionMasker for Sealed {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl EncryptionKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        let mut rejections = Rejections::default();
        for (row, value) in column.text()?.iter_bytes().enumerate() {
            if value.is_some_and(|value| value.len() > config.longest) {
                rejections.push(row, RejectionCode::OutOfRange);
            }
        }
        // What takes the place of a value is its ciphertext and nothing else: the host compares.
        let sealed = key.encrypt(0)?;
        Ok(rejections.with(sealed_text(&column, &sealed, "")))
    }
}

moretta_guest::encryption_masker!(Sealed);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};

    use super::*;

    fn mask(request: &Request, columns: &[Column]) -> Result<Masked, BatchError> {
        Sealed::mask(request, columns.to_vec(), &[], &TestKey::for_columns(columns))
    }

    #[test]
    fn the_golden_cases_come_out() {
        check_cases(include_str!("../manifest.json"), |case| mask(&case.request, case.columns()));
    }

    #[test]
    fn every_value_that_is_not_too_long_has_a_ciphertext() {
        let column = Column::from_text([Some("Ada"), None, Some("Countess of Lovelace")]);
        let config = r#"{"longest":5}"#.to_owned();
        let request = Request { transform: "my-plugin".to_owned(), config, reference_date: None };
        let masked = mask(&request, std::slice::from_ref(&column)).unwrap();
        let sealed = check_promises(&column, &masked, false, false);
        assert!(sealed[0].is_some() && sealed[2].is_none());
    }
}
