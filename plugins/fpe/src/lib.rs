//! Format-preserving encryption: an identifier becomes another of the same length, alphabet and separators.
//!
//! FF1 with AES-256 (NIST SP 800-38G). Equal values have equal ciphertexts within a domain and tweak, so they join; who
//! holds the key can bring them back. A value with so few symbols that fewer than a million exist is rejected: they could
//! be tried one by one. So there is no format-preserving encryption of a five-digit ZIP code; `zip3` is for those.

mod check_digit;

use check_digit::CheckDigit;
use moretta_guest::{
    BatchError, Column, FormatPreservingKey, FormatPreservingMasker, Masked, RejectionCode, Request, Symbols, Values,
    mask_each, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Fpe;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    alphabet: Alphabet,
    keep_first: u32,
    keep_last: u32,
    min_length: usize,
    others: Others,
    check_digit: CheckDigit,
    tweak: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Alphabet {
    Digits,
    Upper,
    Lower,
    UpperDigits,
    LettersDigits,
}

/// Letters and digits that are not of the alphabet.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Others {
    Reject,
    Keep,
}

impl Alphabet {
    fn symbols(self) -> &'static str {
        const ALL: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        match self {
            Self::Digits => &ALL[..10],
            Self::Upper => &ALL[10..36],
            Self::Lower => &ALL[36..],
            Self::UpperDigits => &ALL[..36],
            Self::LettersDigits => ALL,
        }
    }
}

impl FormatPreservingMasker for Fpe {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl FormatPreservingKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let (alphabet, has_check) = (config.alphabet.symbols(), config.check_digit != CheckDigit::None);
        if has_check && (config.keep_last > 0 || !matches!(config.alphabet, Alphabet::Digits)) {
            return Err(BatchError::InvalidConfig);
        }
        let column = only(columns)?;
        let symbols = Symbols {
            alphabet,
            skip_first: config.keep_first,
            skip_last: config.keep_last + u32::from(has_check),
            tweak: &config.tweak,
        };
        let sealed = key.encrypt(0, &symbols)?;
        let sealed = |row: usize| &sealed.data[sealed.offsets[row] as usize..sealed.offsets[row + 1] as usize];
        let value = |row: usize| text(&column, row).map(|value| (row, value));
        let rows = column.rows as usize;
        let values = (0..rows).map(value).collect::<Vec<_>>();
        Ok(mask_each(values.into_iter(), rows * 16, |(row, value), out| config.write(&value, sealed(row), out)))
    }
}

impl Config {
    fn write(&self, value: &[u8], sealed: &[u8], out: &mut Vec<u8>) -> Result<(), RejectionCode> {
        if value.is_empty() {
            return Ok(());
        }
        let alphabet = self.alphabet.symbols().as_bytes();
        let is_other = |byte: &u8| !alphabet.contains(byte) && (byte.is_ascii_alphanumeric() || !byte.is_ascii());
        if self.others == Others::Reject && value.iter().any(is_other) {
            return Err(RejectionCode::Unsupported);
        }
        if sealed.is_empty() || sealed.len() < self.min_length {
            return Err(RejectionCode::OutOfRange);
        }
        let (start, first) = (out.len(), self.keep_first as usize);
        let places = first..first + sealed.len();
        let mut symbol = 0;
        for byte in value {
            let is_symbol = alphabet.contains(byte);
            out.push(if is_symbol && places.contains(&symbol) { sealed[symbol - first] } else { *byte });
            symbol += usize::from(is_symbol);
        }
        self.check_digit.write(&mut out[start..]);
        if out[start..] == *value { Err(RejectionCode::Unchanged) } else { Ok(()) }
    }
}

/// The text of a cell; a number's is its decimal.
fn text(column: &Column, row: usize) -> Option<Vec<u8>> {
    match column.values {
        Values::Int64(_) => column.int64().ok()?.get(row).map(|number| number.to_string().into_bytes()),
        _ => column.text().ok()?.bytes(row).map(<[u8]>::to_vec),
    }
}

moretta_guest::format_preserving_masker!(Fpe);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};
    use proptest::prelude::*;

    use super::*;

    fn mask(config: &str, column: &Column) -> Result<Masked, BatchError> {
        let request = Request { transform: "fpe".to_owned(), config: config.to_owned(), reference_date: None };
        let key = TestKey::for_columns(std::slice::from_ref(column));
        Fpe::mask(&request, vec![column.clone()], &[], &key)
    }

    fn config(first: u32, last: u32, others: &str, check: &str) -> String {
        format!(
            r#"{{"alphabet":"digits","keep_first":{first},"keep_last":{last},"min_length":6,"others":"{others}","check_digit":"{check}","tweak":""}}"#
        )
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            Fpe::mask(&case.request, case.columns().to_vec(), &[], &TestKey::for_columns(case.columns()))
        });
    }

    #[test]
    fn keeps_separators_and_chosen_places() {
        let column = Column::from_text([Some("(555) 123-45678"), None, Some("")]);
        let masked = mask(&config(3, 1, "reject", "none"), &column).unwrap();
        let values: Vec<_> = masked.columns[0].text().unwrap().iter().collect();
        assert_eq!(values, [Some("(555) 234-56788"), None, Some("")]);
    }

    #[test]
    fn makes_the_check_digit_right_or_wrong() {
        let column = Column::from_text([Some("4539 1488 0343 6467")]);
        let value = |check| {
            mask(&config(0, 0, "reject", check), &column).unwrap().columns[0].text().unwrap().get(0).map(str::to_owned)
        };
        let (right, wrong) = (value("luhn").unwrap(), value("break-luhn").unwrap());
        assert!(check_digit::is_luhn(right.bytes()) && !check_digit::is_luhn(wrong.bytes()));
        assert_eq!(right[..right.len() - 1], wrong[..wrong.len() - 1]);
        assert_eq!(mask(&config(0, 1, "reject", "luhn"), &column), Err(BatchError::InvalidConfig));
    }

    #[test]
    fn rejects_letters_among_digits_unless_they_are_to_stay() {
        let column = Column::from_text([Some("AB1234567"), Some("ü1234567")]);
        let codes = |others| mask(&config(0, 0, others, "none"), &column).unwrap().rejections.len();
        assert_eq!((codes("reject"), codes("keep")), (2, 0));
    }

    proptest! {
        #[test]
        fn keeps_its_promises(
            values in proptest::collection::vec(proptest::option::of("[0-9 -]{0,14}|[0-9a-z]{6,9}"), 0..20),
            first in 0u32..4, last in 0u32..4, others in "reject|keep", check in "none|luhn|break-luhn",
        ) {
            let input = Column::from_text(values.iter().map(Option::as_deref));
            let last = if check == "none" { last } else { 0 };
            let masked = mask(&config(first, last, &others, &check), &input).unwrap();
            check_promises(&input, &masked, false, false);
            let text = masked.columns[0].text().unwrap();
            for (row, value) in values.iter().enumerate() {
                let (Some(value), Some(masked)) = (value, text.get(row)) else { continue };
                prop_assert_eq!(value.len(), masked.len());
            }
        }
    }
}
