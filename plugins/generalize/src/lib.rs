//! Generalization: dates to years, quarters or months, numbers to ranges.

mod bin;
mod period;

use bin::Bins;
use moretta_guest::dates::{self, Date};
use moretta_guest::{BatchError, Column, Masked, Masker, RejectionCode, Request, Values, mask_each, only};
use period::Period;
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Generalize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    to: To,
    width: i64,
    bottom: Option<i64>,
    top: Option<i64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum To {
    Year,
    Quarter,
    Month,
    Bin,
}

impl Masker for Generalize {
    fn mask(request: &Request, columns: Vec<Column>, _: &[Column]) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = &only(columns)?;
        match config.to {
            To::Year => to_period(Period::Year, column),
            To::Quarter => to_period(Period::Quarter, column),
            To::Month => to_period(Period::Month, column),
            To::Bin => to_bins(&Bins::new(config.width, config.bottom, config.top)?, column),
        }
    }
}

fn to_period(period: Period, column: &Column) -> Result<Masked, BatchError> {
    let out_of_range = RejectionCode::OutOfRange;
    let bytes = column.rows as usize * period.length();
    match &column.values {
        Values::Text(_) => Ok(mask_each(column.text()?.iter_bytes(), bytes, |value, out| {
            if !value.is_empty() {
                period.write(period.read(value.trim_ascii()).ok_or(RejectionCode::Unparsable)?, out);
            }
            Ok(())
        })),
        Values::Date32(_) => Ok(mask_each(column.date32()?.iter(), bytes, |days, out| {
            period.write(Date::from_days(days).ok_or(out_of_range)?, out);
            Ok(())
        })),
        Values::Timestamp(_) => Ok(mask_each(column.timestamp()?.iter(), bytes, |micros, out| {
            period.write(dates::from_micros(micros).ok_or(out_of_range)?, out);
            Ok(())
        })),
        _ => Err(BatchError::UnsupportedType),
    }
}

fn to_bins(bins: &Bins, column: &Column) -> Result<Masked, BatchError> {
    let bytes = column.rows as usize * 8;
    match &column.values {
        Values::Text(_) => Ok(mask_each(column.text()?.iter_bytes(), bytes, |value, out| match value {
            [] => Ok(()),
            value => bins.write(bin::whole(value.trim_ascii())?, out),
        })),
        Values::Int64(_) => Ok(mask_each(column.int64()?.iter(), bytes, |value, out| bins.write(value, out))),
        Values::Float64(_) => {
            Ok(mask_each(column.float64()?.iter(), bytes, |value, out| bins.write(bin::floor(value)?, out)))
        }
        _ => Err(BatchError::UnsupportedType),
    }
}

moretta_guest::masker!(Generalize);

#[cfg(test)]
mod tests {
    use moretta_guest::NumberBuilder;
    use moretta_guest::testing::{check_cases, check_promises};
    use proptest::prelude::*;

    use super::*;

    fn mask(to: &str, column: &Column) -> Result<Masked, BatchError> {
        let config = format!(r#"{{"to":"{to}","width":10,"bottom":null,"top":null}}"#);
        let request = Request { transform: "generalize".to_owned(), config, reference_date: None };
        Generalize::mask(&request, vec![column.clone()], &[])
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            Generalize::mask(&case.request, case.columns().to_vec(), &[])
        });
    }

    #[test]
    fn refuses_numbers_as_dates_and_dates_as_numbers() {
        let numbers = NumberBuilder::<i64>::with_capacity(0).finish_int64();
        let dates = NumberBuilder::<i32>::with_capacity(0).finish_date32();
        assert_eq!(mask("year", &numbers), Err(BatchError::UnsupportedType));
        assert_eq!(mask("bin", &dates), Err(BatchError::UnsupportedType));
    }

    #[test]
    fn rejects_numbers_that_are_none() {
        let mut numbers = NumberBuilder::with_capacity(3);
        [f64::NAN, f64::INFINITY, 1e300].into_iter().for_each(|number| numbers.push(Some(number)));
        let masked = mask("bin", &numbers.finish_float64()).unwrap();
        assert_eq!(masked.rejections.len(), 3);
        assert!(masked.rejections.iter().all(|rejection| rejection.code == RejectionCode::OutOfRange));
    }

    proptest! {
        #[test]
        fn keeps_its_promises_for_text(
            values in proptest::collection::vec(proptest::option::of("[0-9]{0,4}(-[0-9]{2}){0,2}|-?[0-9]{1,20}(\\.[0-9])?"), 0..20),
            to in "year|quarter|month|bin",
        ) {
            let input = Column::from_text(values.iter().map(Option::as_deref));
            check_promises(&input, &mask(&to, &input).unwrap(), true, false);
        }

        #[test]
        fn a_number_lies_in_its_range(value: i64) {
            let mut numbers = NumberBuilder::with_capacity(1);
            numbers.push(Some(value));
            let masked = mask("bin", &numbers.finish_int64()).unwrap();
            if masked.rejections.is_empty() {
                let label = masked.columns[0].text().unwrap().get(0).unwrap().to_owned();
                let separator = if value < 0 { " to " } else { "-" };
                let (low, high) = label.split_once(separator).unwrap();
                let (low, high): (i64, i64) = (low.parse().unwrap(), high.parse().unwrap());
                prop_assert!(low <= value && value <= high && high - low == 9 && low % 10 == 0);
            } else {
                prop_assert!(!(i64::MIN + 10..=i64::MAX - 10).contains(&value));
            }
        }
    }
}
