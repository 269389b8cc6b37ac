//! Replaces the digits of numbers by others. Length and separators stay.

use moretta_guest::{
    BatchError, Column, FormatPreservingKey, FormatPreservingMasker, Masked, RejectionCode,
    Request, Symbols, mask_each_in_place, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct OtherDigits;

/// The options of a rule, as the schema in `manifest.json` has them.
#[derive(Deserialize)]
struct Config {
    keep_last: u32,
}

impl FormatPreservingMasker for OtherDigits {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl FormatPreservingKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        let symbols = Symbols {
            alphabet: "0123456789",
            skip_first: 0,
            skip_last: config.keep_last,
            tweak: "my-plugin",
        };
        let sealed = key.encrypt(0, &symbols)?;
        mask_each_in_place(column, |row, value| {
            let (start, end) = (sealed.offsets[row] as usize, sealed.offsets[row + 1] as usize);
            replace(value, &sealed.data[start..end])
        })
    }
}

/// Puts the encrypted digits in the place of a value's own.
fn replace(value: &mut [u8], digits: &[u8]) -> Result<(), RejectionCode> {
    if value.is_empty() {
        return Ok(());
    }
    if value.iter().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()) {
        return Err(RejectionCode::Unsupported);
    }
    // Of so few that all could be tried the host encrypts none.
    if digits.is_empty() {
        return Err(RejectionCode::OutOfRange);
    }
    let mut is_changed = false;
    for (place, digit) in value.iter_mut().filter(|byte| byte.is_ascii_digit()).zip(digits) {
        is_changed |= place != digit;
        *place = *digit;
    }
    if is_changed { Ok(()) } else { Err(RejectionCode::Unchanged) }
}

moretta_guest::format_preserving_masker!(OtherDigits);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};

    use super::*;

    fn mask(request: &Request, columns: &[Column]) -> Result<Masked, BatchError> {
        OtherDigits::mask(request, columns.to_vec(), &[], &TestKey::for_columns(columns))
    }

    #[test]
    fn the_golden_cases_come_out() {
        check_cases(include_str!("../manifest.json"), |case| mask(&case.request, case.columns()));
    }

    #[test]
    fn the_last_digits_stay_and_all_others_go() {
        let column = Column::from_text([Some("123-45-6789"), None]);
        let config = r#"{"keep_last":2}"#.to_owned();
        let request = Request { transform: "my-plugin".to_owned(), config, reference_date: None };
        let masked = mask(&request, std::slice::from_ref(&column)).unwrap();
        let replaced = check_promises(&column, &masked, false, false);
        let replaced = replaced[0].as_ref().unwrap().as_str().unwrap();
        assert!(replaced.ends_with("89") && !replaced.starts_with('1'), "{replaced}");
    }
}
