//! Format-preserving encryption: an identifier becomes another of the same length, alphabet and separators.
//!
//! FF1 with AES-256 (NIST SP 800-38G). Equal values have equal ciphertexts within a domain and tweak, so they join; who
//! holds the key can bring them back. A value with so few symbols that fewer than a million exist is rejected: they could
//! be tried one by one. So there is no format-preserving encryption of a five-digit ZIP code; `zip3` is for those.

mod check_digit;

use check_digit::CheckDigit;
use moretta_guest::{
    BatchError, Column, FormatPreservingKey, FormatPreservingMasker, Masked, RejectionCode, Request, Symbols,
    TextBuilder, Values, mask_each_in_place, only,
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
        let kinds = Kinds::of(alphabet);
        mask_each_in_place(as_text(column)?, |row, value| {
            let sealed = &sealed.data[sealed.offsets[row] as usize..sealed.offsets[row + 1] as usize];
            config.write(&kinds, sealed, value)
        })
    }
}

impl Config {
    /// Puts the encrypted symbols in the place of a value's own.
    fn write(&self, kinds: &Kinds, sealed: &[u8], value: &mut [u8]) -> Result<(), RejectionCode> {
        if value.is_empty() {
            return Ok(());
        }
        let is_too_short = sealed.len() < self.min_length;
        // As many symbols as bytes: nothing stands between them, and none stays.
        if sealed.len() == value.len() && !is_too_short {
            let is_changed = value != sealed;
            value.copy_from_slice(sealed);
            return if is_changed { Ok(()) } else { Err(RejectionCode::Unchanged) };
        }
        let (mut sealed, mut kept, mut is_changed) = (sealed.iter(), 0, false);
        for byte in value.iter_mut() {
            match kinds.of_byte(*byte) {
                Kind::Symbol if kept < self.keep_first => kept += 1,
                Kind::Symbol => {
                    if let Some(sealed) = sealed.next() {
                        is_changed |= std::mem::replace(byte, *sealed) != *sealed;
                    }
                }
                Kind::Other if self.others == Others::Reject => return Err(RejectionCode::Unsupported),
                Kind::Other | Kind::Separator => {}
            }
        }
        if is_too_short {
            return Err(RejectionCode::OutOfRange);
        }
        is_changed |= self.check_digit.write(value);
        if is_changed { Ok(()) } else { Err(RejectionCode::Unchanged) }
    }
}

/// What a byte of a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Symbol,
    Separator,
    /// A letter or digit that is not of the alphabet, or a part of one.
    Other,
}

/// What each byte is.
struct Kinds([Kind; 256]);

impl Kinds {
    fn of(alphabet: &str) -> Self {
        Self(std::array::from_fn(|byte| match byte as u8 {
            byte if alphabet.as_bytes().contains(&byte) => Kind::Symbol,
            byte if byte.is_ascii_alphanumeric() || !byte.is_ascii() => Kind::Other,
            _ => Kind::Separator,
        }))
    }

    fn of_byte(&self, byte: u8) -> Kind {
        self.0[usize::from(byte)]
    }
}

/// The column as text; numbers as their decimals.
fn as_text(column: Column) -> Result<Column, BatchError> {
    if !matches!(column.values, Values::Int64(_)) {
        return Ok(column);
    }
    let numbers = column.int64()?;
    let mut text = TextBuilder::with_capacity(numbers.rows(), numbers.rows() * 16);
    numbers.iter().for_each(|number| text.push_option(number.map(|number| number.to_string()).as_deref()));
    Ok(text.finish())
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
