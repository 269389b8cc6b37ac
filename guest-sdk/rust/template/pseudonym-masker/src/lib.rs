//! Codes of a letter and digits, from a keyed digest of the value.

use moretta_guest::{
    BatchError, Column, Masked, Normalize, PseudonymKey, PseudonymMasker, Request, TextBuilder,
    only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Codes;

/// The options of a rule, as the schema in `manifest.json` has them.
#[derive(Deserialize)]
struct Config {
    digits: u32,
}

/// How many bytes of the digest of a value are taken.
const DIGEST: usize = 8;

impl PseudonymMasker for Codes {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl PseudonymKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        let normalize = Normalize { trim: true, ascii_case: true, ..Normalize::default() };
        let digests = key.digests(0, normalize, DIGEST as u32)?;
        let valid = column.valid();
        let rows = column.rows as usize;
        let mut codes = TextBuilder::with_capacity(rows, rows * (config.digits as usize + 1));
        for (row, digest) in digests.chunks_exact(DIGEST).enumerate() {
            codes
                .push_option((!valid.is_null(row)).then(|| code(digest, config.digits)).as_deref());
        }
        Ok(codes.finish().into())
    }
}

/// The last digits of a digest that is taken as one number.
fn code(digest: &[u8], digits: u32) -> String {
    let number = digest.iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    format!("C{:0width$}", number % 10_u64.pow(digits), width = digits as usize)
}

moretta_guest::pseudonym_masker!(Codes);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};

    use super::*;

    fn mask(request: &Request, columns: &[Column]) -> Result<Masked, BatchError> {
        Codes::mask(request, columns.to_vec(), &[], &TestKey::for_columns(columns))
    }

    #[test]
    fn the_golden_cases_come_out() {
        check_cases(include_str!("../manifest.json"), |case| mask(&case.request, case.columns()));
    }

    #[test]
    fn equal_values_have_equal_codes_and_others_have_others() {
        let column = Column::from_text([Some("MRN-1"), Some("MRN-2"), Some("mrn-1 "), None]);
        let config = r#"{"digits":12}"#.to_owned();
        let request = Request { transform: "my-plugin".to_owned(), config, reference_date: None };
        let masked = mask(&request, std::slice::from_ref(&column)).unwrap();
        let codes = check_promises(&column, &masked, false, false);
        assert_eq!(codes[0], codes[2]);
        assert_ne!(codes[0], codes[1]);
    }
}
