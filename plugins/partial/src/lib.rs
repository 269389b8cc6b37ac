//! Partial masking: the first and last letters and digits stay, the others become a fill character.

mod ascii;
mod unicode;

pub use ascii::mask_ascii;
use moretta_guest::{
    BatchError, Column, Masked, Masker, RejectionCode, Request, Text, Values, Variable, mask_each, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Partial;

/// What to keep, and what takes the place of the rest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How many letters and digits stay at the start.
    pub keep_first: usize,
    /// How many letters and digits stay at the end.
    pub keep_last: usize,
    /// What takes the place of each letter or digit that does not stay.
    pub fill: char,
    /// Whether everything else stays in its place; if not, it is masked like letters and digits.
    pub keep_separators: bool,
}

impl Masker for Partial {
    fn mask(request: &Request, columns: Vec<Column>, _: &[Column]) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        if config.fill.is_control() {
            return Err(BatchError::InvalidConfig);
        }
        let mut column = only(columns)?;
        let Values::Text(Variable { offsets, data }) = &mut column.values else {
            return Err(BatchError::UnsupportedType);
        };
        match mask_ascii(offsets, data, &config) {
            Some(rejections) => Ok(rejections.with(column)),
            None => Ok(mask_any(column.text()?, &config)),
        }
    }
}

fn mask_any(text: Text<'_>, config: &Config) -> Masked {
    let mut masked = String::new();
    mask_each(text.iter(), text.data().len() * config.fill.len_utf8(), |value, out| {
        masked.clear();
        unicode::mask_value(value, config, &mut masked);
        if masked == value && !value.is_empty() {
            return Err(RejectionCode::Unchanged);
        }
        out.extend_from_slice(masked.as_bytes());
        Ok(())
    })
}

moretta_guest::masker!(Partial);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{check_cases, check_promises};
    use proptest::prelude::*;

    use super::*;

    fn request(keep_first: usize, keep_last: usize, fill: char, keep_separators: bool) -> Request {
        let config = format!(
            r#"{{"keep_first":{keep_first},"keep_last":{keep_last},"fill":"{fill}","keep_separators":{keep_separators}}}"#
        );
        Request { transform: "partial".to_owned(), config, reference_date: None }
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            Partial::mask(&case.request, case.columns().to_vec(), &[])
        });
    }

    #[test]
    fn refuses_a_fill_that_cannot_be_seen() {
        let column = Column::from_text([Some("a")]);
        assert_eq!(Partial::mask(&request(0, 0, '\u{7f}', true), vec![column], &[]), Err(BatchError::InvalidConfig));
    }

    #[test]
    fn refuses_other_types() {
        let dates = moretta_guest::NumberBuilder::<i32>::with_capacity(0).finish_date32();
        assert_eq!(Partial::mask(&request(0, 0, '*', true), vec![dates], &[]), Err(BatchError::UnsupportedType));
    }

    fn letters_and_digits(value: &str) -> usize {
        value.chars().filter(|character| character.is_ascii_alphanumeric()).count()
    }

    proptest! {
        #[test]
        fn keeps_its_promises(
            values in proptest::collection::vec(proptest::option::of("[a1*é \u{301}🧑-]{0,9}"), 0..20),
            first in 0usize..3, last in 0usize..5, fill in "[*a•-]", separators: bool,
        ) {
            let fill = fill.chars().next().unwrap();
            let input = Column::from_text(values.iter().map(Option::as_deref));
            let masked = Partial::mask(&request(first, last, fill, separators), vec![input.clone()], &[]).unwrap();
            check_promises(&input, &masked, false, false);
        }

        #[test]
        fn the_bytes_path_agrees_with_the_characters_path(
            values in proptest::collection::vec(proptest::option::of("[ab1*/@\r\n -]{0,12}"), 0..20),
            keep_first in 0usize..4, keep_last in 0usize..6, fill in "[*a-]", keep_separators: bool,
        ) {
            let config = Config { keep_first, keep_last, fill: fill.chars().next().unwrap(), keep_separators };
            let column = Column::from_text(values.iter().map(Option::as_deref));
            let text = column.text().unwrap();
            let mut data = text.data().to_vec();
            let rejections = mask_ascii(text.offsets(), &mut data, &config).unwrap();
            let expected = mask_any(text, &config);
            let rejected = rejections.with(column.clone()).rejections;
            prop_assert_eq!(&rejected, &expected.rejections);
            for row in (0..text.rows()).filter(|row| rejected.iter().all(|rejection| rejection.row as usize != *row)) {
                let got = text.bytes(row).map(|_| &data[text.offsets()[row] as usize..text.offsets()[row + 1] as usize]);
                prop_assert_eq!(got, expected.columns[0].text().unwrap().bytes(row));
            }
        }

        #[test]
        fn no_more_letters_and_digits_survive_than_are_to_be_kept(
            value in "[a-z0-9 -]{1,20}", first in 0usize..4, last in 0usize..6, separators: bool,
        ) {
            let input = Column::from_text([Some(value.as_str())]);
            let masked = Partial::mask(&request(first, last, '*', separators), vec![input], &[]).unwrap();
            let output = masked.columns[0].text().unwrap().get(0).unwrap();
            let survive = letters_and_digits(output);
            prop_assert!(survive == first + last || survive == 0, "{} of {}", survive, value);
            prop_assert!(survive < letters_and_digits(&value) || survive == 0);
        }
    }
}
