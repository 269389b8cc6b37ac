//! Pseudonyms: the keyed digest of a value, written in an alphabet of choice.
//!
//! Equal values give equal pseudonyms, in every table that is masked under the same key and domain, and nobody without
//! the key can tell which value a pseudonym stands for or check a guess. They are derived from the value, so they are
//! pseudonyms and no anonymous data: see 45 CFR 164.514(c).
//!
//! # Collisions
//! Two different values may get one pseudonym. With `n` different values and `s` symbols to the power of `length`
//! possible pseudonyms, the odds are about `n² / (2 · s^length)` (the birthday bound):
//!
//! | alphabet, length | possible | 1 million values | 100 million values |
//! |---|---|---|---|
//! | base32, 8 | 2⁴⁰ | 0.37 | certain |
//! | base32, 16 (default) | 2⁸⁰ | 4 in 10¹³ | 4 in 10⁹ |
//! | hex, 16 | 2⁶⁴ | 3 in 10⁸ | 3 in 10⁴ |
//! | digits, 16 | 10¹⁶ | 5 in 10⁵ | 0.4 |
//!
//! The host compares the rows that it masked with these numbers and warns.

mod alphabet;

use alphabet::Alphabet;
use moretta_guest::{
    BatchError, Column, Length, Masked, Normalize, Numbers, PseudonymKey, PseudonymMasker, RejectionCode, Request,
    Text, Values, mask_each_to_length, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Pseudonym;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    prefix: String,
    length: usize,
    alphabet: Alphabet,
    normalize: Normalize,
}

impl PseudonymMasker for Pseudonym {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl PseudonymKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        if !(4..=51).contains(&config.length) {
            return Err(BatchError::InvalidConfig);
        }
        let column = only(columns)?;
        let source = Source::of(&column)?;
        let digest_length = config.alphabet.digest_length(config.length);
        let digests = key.digests(0, config.normalize, digest_length as u32)?;
        if digests.len() != source.rows() * digest_length {
            return Err(BatchError::Internal);
        }
        Ok(config.mask(&source, digests.chunks_exact(digest_length)))
    }
}

impl Config {
    fn mask<'a>(&self, source: &Source<'_>, digests: impl ExactSizeIterator<Item = &'a [u8]>) -> Masked {
        let mut decimal = itoa::Buffer::new();
        let rows = digests.enumerate().map(|(row, digest)| source.has(row).then_some((row, digest)));
        let start = self.prefix.len();
        let template = [self.prefix.as_bytes(), &vec![0; self.length]].concat();
        mask_each_to_length(rows, &template, |(row, digest), pseudonym| {
            let value = source.bytes(row, &mut decimal);
            if value.is_empty() {
                return Ok(Length::Empty);
            }
            if is_nothing(value, self.normalize) {
                return Err(RejectionCode::Missing);
            }
            self.alphabet.write(digest, &mut pseudonym[start..]);
            if pseudonym == value { Err(RejectionCode::Unchanged) } else { Ok(Length::Full) }
        })
    }
}

/// A value that normalization leaves nothing of, such as `--`: one pseudonym for all such would make them one subject.
fn is_nothing(value: &[u8], normalize: Normalize) -> bool {
    normalize.separators && value.iter().all(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric())
        || normalize.trim && value.trim_ascii().is_empty()
}

/// The columns that have canonical bytes.
enum Source<'a> {
    Text(Text<'a>),
    Int64(Numbers<'a, i64>),
}

impl<'a> Source<'a> {
    fn of(column: &'a Column) -> Result<Self, BatchError> {
        match column.values {
            Values::Int64(_) => column.int64().map(Self::Int64),
            _ => column.text().map(Self::Text),
        }
    }

    fn rows(&self) -> usize {
        match self {
            Self::Text(text) => text.rows(),
            Self::Int64(numbers) => numbers.rows(),
        }
    }

    fn has(&self, row: usize) -> bool {
        match self {
            Self::Text(text) => !text.validity().is_null(row),
            Self::Int64(numbers) => numbers.get(row).is_some(),
        }
    }

    fn bytes<'b>(&'b self, row: usize, decimal: &'b mut itoa::Buffer) -> &'b [u8] {
        match self {
            Self::Text(text) => text.bytes(row).unwrap_or_default(),
            Self::Int64(numbers) => numbers.get(row).map_or(&[], |number| decimal.format(number).as_bytes()),
        }
    }
}

moretta_guest::pseudonym_masker!(Pseudonym);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};
    use proptest::prelude::*;

    use super::*;

    fn mask(config: &str, column: &Column) -> Result<Masked, BatchError> {
        let request = Request { transform: "pseudonym".to_owned(), config: config.to_owned(), reference_date: None };
        Pseudonym::mask(&request, vec![column.clone()], &[], &TestKey::for_columns(std::slice::from_ref(column)))
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            Pseudonym::mask(&case.request, case.columns().to_vec(), &[], &TestKey::for_columns(case.columns()))
        });
    }

    #[test]
    fn a_number_and_its_text_get_one_pseudonym() {
        let config = r#"{"prefix":"","length":16,"alphabet":"hex","normalize":{}}"#;
        let mut numbers = moretta_guest::NumberBuilder::with_capacity(2);
        [Some(-17), None].into_iter().for_each(|number| numbers.push(number));
        let text = Column::from_text([Some("-17"), None]);
        assert_eq!(mask(config, &numbers.finish_int64()), mask(config, &text));
    }

    #[test]
    fn two_spellings_get_one_pseudonym_when_normalized() {
        let config =
            r#"{"prefix":"","length":8,"alphabet":"digits","normalize":{"separators":true,"ascii-case":true}}"#;
        let masked = mask(config, &Column::from_text([Some("1eg4-te5"), Some("1EG4TE5")])).unwrap();
        let text = masked.columns[0].text().unwrap();
        assert_eq!(text.get(0), text.get(1));
    }

    #[test]
    fn refuses_a_length_without_enough_digest() {
        for length in [3, 52] {
            let config = format!(r#"{{"prefix":"","length":{length},"alphabet":"base32","normalize":{{}}}}"#);
            assert_eq!(mask(&config, &Column::from_text([Some("a")])), Err(BatchError::InvalidConfig));
        }
    }

    #[test]
    fn refuses_a_second_use_of_the_key() {
        let columns = [Column::from_text([Some("a")])];
        let key = TestKey::for_columns(&columns);
        key.digests(0, Normalize::default(), 1).unwrap();
        let config = r#"{"prefix":"","length":16,"alphabet":"hex","normalize":{}}"#.to_owned();
        let request = Request { transform: "pseudonym".to_owned(), config, reference_date: None };
        assert_eq!(Pseudonym::mask(&request, columns.to_vec(), &[], &key), Err(BatchError::KeyRefused));
    }

    proptest! {
        #[test]
        fn keeps_its_promises(
            values in proptest::collection::vec(proptest::option::of("[A-Za-z0-9 é-]{0,12}"), 0..20),
            length in 4usize..=51, alphabet in "base32|hex|digits", trim: bool,
        ) {
            let config = format!(
                r#"{{"prefix":"P-","length":{length},"alphabet":"{alphabet}","normalize":{{"trim":{trim}}}}}"#
            );
            let input = Column::from_text(values.iter().map(Option::as_deref));
            let masked = mask(&config, &input).unwrap();
            for cell in check_promises(&input, &masked, false, false).into_iter().flatten().filter(|cell| !cell.is_null()) {
                let pseudonym = cell.as_str().unwrap();
                prop_assert!(pseudonym.is_empty() || pseudonym.len() == length + 2, "{}", pseudonym);
            }
        }
    }
}
