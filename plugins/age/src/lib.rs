//! Ages: from birth dates and the reference date, or from ages, with everybody over 89 in one group.
//!
//! 45 CFR 164.514(b)(2)(i)(C) lets ages up to 89 stand and collapses those over 89 into one category. An age is in
//! full years: it goes up on the birthday, and for a person born on 29 February on 1 March of years without that day.

use moretta_guest::dates::{self, Date};
use moretta_guest::{BatchError, Column, Masked, Masker, RejectionCode, Request, Values, mask_each, only};
use serde::Deserialize;

/// The first age of the last group.
const TOP: u32 = 90;
/// Nobody is older: what is, is a wrong date.
const OLDEST: u32 = 150;

/// The plugin.
#[derive(Debug)]
pub struct Age;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    from: From,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum From {
    BirthDate,
    Age,
}

impl Masker for Age {
    fn mask(request: &Request, columns: Vec<Column>, _: &[Column]) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = &only(columns)?;
        match config.from {
            From::Age => from_ages(column),
            From::BirthDate => {
                let today = Date::from_days(request.today()?).ok_or(BatchError::NoReferenceDate)?;
                from_birth_dates(column, today)
            }
        }
    }
}

fn from_birth_dates(column: &Column, today: Date) -> Result<Masked, BatchError> {
    let write = |birth: Date, out: &mut Vec<u8>| write_age(dates::years_between(birth, today), out);
    let bytes = column.rows as usize * 3;
    match &column.values {
        Values::Text(_) => Ok(mask_each(column.text()?.iter_bytes(), bytes, |value, out| match value {
            [] => Ok(()),
            value => write(dates::parse(value.trim_ascii()).ok_or(RejectionCode::Unparsable)?.date, out),
        })),
        Values::Date32(_) => Ok(mask_each(column.date32()?.iter(), bytes, |days, out| {
            write(Date::from_days(days).ok_or(RejectionCode::OutOfRange)?, out)
        })),
        Values::Timestamp(_) => Ok(mask_each(column.timestamp()?.iter(), bytes, |micros, out| {
            write(dates::from_micros(micros).ok_or(RejectionCode::OutOfRange)?, out)
        })),
        _ => Err(BatchError::UnsupportedType),
    }
}

fn from_ages(column: &Column) -> Result<Masked, BatchError> {
    let bytes = column.rows as usize * 3;
    match &column.values {
        Values::Text(_) => Ok(mask_each(column.text()?.iter_bytes(), bytes, |value, out| match value {
            [] => Ok(()),
            value => write_age(Some(read_age(value.trim_ascii()).ok_or(RejectionCode::Unparsable)?), out),
        })),
        Values::Int64(_) => {
            Ok(mask_each(column.int64()?.iter(), bytes, |age, out| write_age(u32::try_from(age).ok(), out)))
        }
        _ => Err(BatchError::UnsupportedType),
    }
}

/// One to three digits, or the last group as this plugin writes it.
fn read_age(text: &[u8]) -> Option<u32> {
    match text {
        b"90+" => Some(TOP),
        [] | [_, _, _, _, ..] => None,
        digits => digits.iter().try_fold(0, |age, digit| {
            let digit = digit.wrapping_sub(b'0');
            (digit < 10).then(|| age * 10 + u32::from(digit))
        }),
    }
}

/// Appends `0` to `89`, or `90+`.
#[inline]
fn write_age(age: Option<u32>, out: &mut Vec<u8>) -> Result<(), RejectionCode> {
    match age.ok_or(RejectionCode::OutOfRange)? {
        age @ 0..10 => out.push(b'0' + age as u8),
        age @ 10..TOP => out.extend_from_slice(&[b'0' + (age / 10) as u8, b'0' + (age % 10) as u8]),
        TOP..=OLDEST => out.extend_from_slice(b"90+"),
        _ => return Err(RejectionCode::OutOfRange),
    }
    Ok(())
}

moretta_guest::masker!(Age);

#[cfg(test)]
mod tests {
    use moretta_guest::NumberBuilder;
    use moretta_guest::testing::{check_cases, check_promises};
    use proptest::prelude::*;

    use super::*;

    fn mask(from: &str, column: &Column, reference_date: Option<i32>) -> Result<Masked, BatchError> {
        let request =
            Request { transform: "age".to_owned(), config: format!(r#"{{"from":"{from}"}}"#), reference_date };
        Age::mask(&request, vec![column.clone()], &[])
    }

    fn days(values: impl IntoIterator<Item = i32>) -> Column {
        let mut builder = NumberBuilder::with_capacity(0);
        values.into_iter().for_each(|value| builder.push(Some(value)));
        builder.finish_date32()
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| Age::mask(&case.request, case.columns().to_vec(), &[]));
    }

    #[test]
    fn a_birth_date_needs_a_reference_date_and_an_age_does_not() {
        assert_eq!(mask("birth-date", &days([0]), None), Err(BatchError::NoReferenceDate));
        assert!(mask("age", &Column::from_text([Some("7")]), None).is_ok());
    }

    #[test]
    fn refuses_types_that_say_something_else() {
        let numbers = NumberBuilder::<i64>::with_capacity(0).finish_int64();
        assert_eq!(mask("birth-date", &numbers, Some(0)), Err(BatchError::UnsupportedType));
        assert_eq!(mask("age", &days([]), Some(0)), Err(BatchError::UnsupportedType));
    }

    proptest! {
        #[test]
        fn keeps_its_promises(values in proptest::collection::vec(proptest::option::of("[0-9]{0,4}|90\\+"), 0..20)) {
            let input = Column::from_text(values.iter().map(Option::as_deref));
            check_promises(&input, &mask("age", &input, None).unwrap(), true, false);
        }

        #[test]
        fn an_age_never_says_more_than_89(birth in -60_000i32..40_000) {
            let input = days([birth]);
            let masked = mask("birth-date", &input, Some(20_454)).unwrap();
            for cell in check_promises(&input, &masked, true, false).into_iter().flatten() {
                let text = cell.as_str().unwrap();
                prop_assert!(text == "90+" || text.parse::<u32>().unwrap() < 90);
            }
        }
    }
}
