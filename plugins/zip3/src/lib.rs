//! US postal codes to their first three digits, where more than 20,000 people live, and to `000` elsewhere:
//! 45 CFR 164.514(b)(2)(i)(B).
//!
//! Read are five digits, nine digits, and ZIP+4 with a dash or a blank. Zeros that a spreadsheet dropped from the
//! front are put back: `2139` is 02139, `21391234` is 02139-1234, and the same for integers. Whatever else is there
//! becomes `000`, codes of other countries included; a foreign code of five digits, though, looks like a ZIP code.

mod areas;

use moretta_guest::{
    BatchError, Column, Length, Masked, Masker, RejectionCode, Request, Values, mask_each_to_length, only,
};
use serde::Deserialize;

/// What stands for the areas that may not.
const OTHERS: [u8; 3] = *b"000";

/// The plugin.
#[derive(Debug)]
pub struct Zip3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    vintage: u32,
}

impl Masker for Zip3 {
    fn mask(request: &Request, columns: Vec<Column>, _: &[Column]) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        if config.vintage != 2020 {
            return Err(BatchError::InvalidConfig);
        }
        let column = &only(columns)?;
        match &column.values {
            Values::Text(_) => Ok(mask_each_to_length(column.text()?.iter_bytes(), &OTHERS, |value, out| {
                if value == OTHERS {
                    return Err(RejectionCode::Unchanged);
                }
                out.copy_from_slice(&prefix(area_of_text(value)));
                Ok(Length::Full)
            })),
            Values::Int64(_) => Ok(mask_each_to_length(column.int64()?.iter(), &OTHERS, |value, out| {
                // As a number, `000` is 0: it would come back as it went in.
                if value == 0 {
                    return Err(RejectionCode::Unchanged);
                }
                out.copy_from_slice(&prefix(area_of_number(value)));
                Ok(Length::Full)
            })),
            _ => Err(BatchError::UnsupportedType),
        }
    }
}

/// The three digits of an area that may stand, or `000`.
#[inline]
fn prefix(area: Option<u32>) -> [u8; 3] {
    area.map_or(OTHERS, areas::prefix)
}

#[inline]
fn area_of_text(value: &[u8]) -> Option<u32> {
    match value.as_array::<5>().and_then(|five| number(five)) {
        Some(five) => Some(five / 100),
        None => area_of_other(value),
    }
}

/// The forms beside five digits, out of the way of the loop that reads a column.
#[inline(never)]
fn area_of_other(value: &[u8]) -> Option<u32> {
    match value.trim_ascii() {
        [five @ .., b'-' | b' ', a, b, c, d] if (3..=5).contains(&five.len()) => {
            number(&[*a, *b, *c, *d])?;
            Some(number(five)? / 100).filter(|_| may_have_lost_zeros(five, 5))
        }
        digits @ ([_, _, _] | [_, _, _, _] | [_, _, _, _, _]) => {
            Some(number(digits)? / 100).filter(|_| may_have_lost_zeros(digits, 5))
        }
        digits if (7..=9).contains(&digits.len()) => {
            Some(number(digits)? / 1_000_000).filter(|_| may_have_lost_zeros(digits, 9))
        }
        _ => None,
    }
}

/// A code that is shorter than it should be has lost its zeros only if it does not begin with one.
#[inline]
fn may_have_lost_zeros(digits: &[u8], full: usize) -> bool {
    digits.len() == full || digits.first() != Some(&b'0')
}

#[inline]
fn area_of_number(value: i64) -> Option<u32> {
    match value {
        0..=99_999 => Some((value / 100) as u32),
        1_000_000..=999_999_999 => Some((value / 1_000_000) as u32),
        _ => None,
    }
}

/// The number that at most nine ASCII digits say.
#[inline]
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + u32::from(digit))
    })
}

moretta_guest::masker!(Zip3);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{check_cases, check_promises};
    use proptest::prelude::*;

    use super::*;

    fn mask(vintage: u32, column: &Column) -> Result<Masked, BatchError> {
        let config = format!(r#"{{"vintage":{vintage}}}"#);
        let request = Request { transform: "zip3".to_owned(), config, reference_date: None };
        Zip3::mask(&request, vec![column.clone()], &[])
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| Zip3::mask(&case.request, case.columns().to_vec(), &[]));
    }

    #[test]
    fn refuses_a_vintage_that_it_does_not_have() {
        assert_eq!(mask(2030, &Column::from_text([Some("02139")])), Err(BatchError::InvalidConfig));
    }

    proptest! {
        #[test]
        fn answers_three_digits_of_a_large_area_whatever_comes(
            values in proptest::collection::vec(proptest::option::of(" ?[0-9]{0,10}([- ][0-9]{4})? ?|.{0,6}"), 0..20),
        ) {
            let input = Column::from_text(values.iter().map(Option::as_deref));
            for cell in check_promises(&input, &mask(2020, &input).unwrap(), false, false).into_iter().flatten() {
                let area = cell.as_str().map(|text| (text.len(), text.parse::<u32>()));
                prop_assert!(matches!(area, None | Some((3, Ok(_)))));
                prop_assert!(area.is_none_or(|(_, area)| matches!(area, Ok(area) if area == 0 || areas::prefix(area) != OTHERS)));
            }
        }

        #[test]
        fn a_number_and_its_text_are_one(value in 0i64..1_100_000_000) {
            prop_assume!(value != 0);
            prop_assert_eq!(prefix(area_of_number(value)), prefix(area_of_text(value.to_string().as_bytes())));
        }
    }
}
