//! Date shifting: all dates of one individual move by one number of days, so the intervals between them stay.
//!
//! The number comes from the host: it is derived from the row's subject under a key that the plugin never sees, and it
//! is never 0, so no date comes back as it came. Time of day and zone stay as they are.

use moretta_guest::dates::{self, Date};
use moretta_guest::{
    BatchError, Column, DateShiftKey, DateShiftMasker, Masked, NumberBuilder, RejectionCode, Rejections, Request, Text,
    Values, Variable, mask_each, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct ShiftDates;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    max_days: u32,
}

impl DateShiftMasker for ShiftDates {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl DateShiftKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = &only(columns)?;
        let offsets = key.offsets(config.max_days)?;
        if offsets.len() != column.rows as usize {
            return Err(BatchError::Internal);
        }
        match &column.values {
            Values::Text(_) => Ok(shift_text(column.text()?, &offsets)),
            Values::Date32(_) => {
                let shift = |days, offset| dates::shift_days(days, offset);
                Ok(shift_numbers(column.date32()?.iter(), &offsets, shift, NumberBuilder::finish_date32))
            }
            Values::Timestamp(_) => {
                let shift = |micros, offset| dates::shift_micros(micros, offset);
                Ok(shift_numbers(column.timestamp()?.iter(), &offsets, shift, NumberBuilder::finish_timestamp))
            }
            _ => Err(BatchError::UnsupportedType),
        }
    }
}

fn shift_text(text: Text<'_>, offsets: &[i32]) -> Masked {
    shift_in_place(text, offsets).unwrap_or_else(|| write_anew(text, offsets))
}

fn write_anew(text: Text<'_>, offsets: &[i32]) -> Masked {
    let rows = (0..text.rows()).map(|row| text.bytes(row).map(|value| (value, offsets[row])));
    // A date without leading zeros can grow by two digits.
    mask_each(rows, text.data().len() + 2 * text.rows(), |(value, offset), out| write_shifted(value, offset, out))
}

/// The path for columns whose values all keep their length: dates are written over those in a copy of the column, which
/// takes half the time. `None` if a value has no leading zeros or has blanks around it.
///
/// What stands in a rejected row is ignored; it is blotted out all the same.
fn shift_in_place(text: Text<'_>, offsets: &[i32]) -> Option<Masked> {
    let mut data = text.data().to_vec();
    let mut rejections = Rejections::default();
    for (row, (bounds, offset)) in text.offsets().windows(2).zip(offsets).enumerate() {
        let value = &mut data[bounds[0] as usize..bounds[1] as usize];
        if let Some((date, place)) = dates::parse_iso_in_place(value)
            && let Ok(shifted) = shift(date, *offset)
        {
            *place = dates::to_iso(shifted);
        } else if let Err(code) = shift_other(value, *offset)? {
            rejections.push(row, code);
            value.fill(b'0');
        }
    }
    let values = Values::Text(Variable { offsets: text.offsets().to_vec(), data });
    let validity = text.validity().bits().map(<[u8]>::to_vec);
    Some(rejections.with(Column { rows: text.rows() as u32, validity, values }))
}

/// Shifts a value of another form in place; `None` if it does not keep its length.
#[inline(never)]
fn shift_other(value: &mut [u8], offset: i32) -> Option<Result<(), RejectionCode>> {
    let mut shifted = Vec::with_capacity(value.len());
    if let Err(code) = write_shifted(value, offset, &mut shifted) {
        return Some(Err(code));
    }
    if shifted.len() != value.len() {
        return None;
    }
    value.copy_from_slice(&shifted);
    Some(Ok(()))
}

fn write_shifted(value: &[u8], offset: i32, out: &mut Vec<u8>) -> Result<(), RejectionCode> {
    if value.is_empty() {
        return Ok(());
    }
    let written = dates::parse(value.trim_ascii()).ok_or(RejectionCode::Unparsable)?;
    written.write(shift(written.date, offset)?, out);
    Ok(())
}

#[inline]
fn shift(date: Date, offset: i32) -> Result<Date, RejectionCode> {
    let days = dates::shift_days(date.to_days(), subject_offset(offset)?);
    days.and_then(Date::from_days).ok_or(RejectionCode::OutOfRange)
}

fn shift_numbers<T: Copy + Default>(
    values: impl ExactSizeIterator<Item = Option<T>>,
    offsets: &[i32],
    shift: impl Fn(T, i32) -> Option<T>,
    finish: impl FnOnce(NumberBuilder<T>) -> Column,
) -> Masked {
    let mut output = NumberBuilder::with_capacity(values.len());
    let mut rejections = Rejections::default();
    for (row, (value, offset)) in values.zip(offsets).enumerate() {
        let shifted = value.map(|value| {
            let offset = subject_offset(*offset)?;
            shift(value, offset).ok_or(RejectionCode::OutOfRange)
        });
        output.push(shifted.and_then(|shifted| shifted.map_err(|code| rejections.push(row, code)).ok()));
    }
    rejections.with(finish(output))
}

/// A row without a subject has no offset, and its date would come back as it came.
#[inline]
fn subject_offset(offset: i32) -> Result<i32, RejectionCode> {
    if offset == 0 { Err(RejectionCode::Missing) } else { Ok(offset) }
}

moretta_guest::date_shift_masker!(ShiftDates);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};
    use proptest::prelude::*;

    use super::*;

    fn mask(max_days: u32, column: &Column, subjects: &[Option<&str>]) -> Result<Masked, BatchError> {
        let config = format!(r#"{{"max_days":{max_days}}}"#);
        let request = Request { transform: "shift-dates".to_owned(), config, reference_date: None };
        ShiftDates::mask(&request, vec![column.clone()], &[], &TestKey::for_subjects(subjects))
    }

    fn parsed(text: &str) -> i32 {
        dates::parse(text.as_bytes()).unwrap().date.to_days()
    }

    #[test]
    fn golden_cases_hold() {
        check_cases(include_str!("../manifest.json"), |case| {
            let subjects: Vec<_> = case.subjects.iter().map(Option::as_deref).collect();
            ShiftDates::mask(&case.request, case.columns().to_vec(), &[], &TestKey::for_subjects(&subjects))
        });
    }

    #[test]
    fn refuses_more_days_than_the_host_grants() {
        let column = Column::from_text([Some("2021-03-04")]);
        assert_eq!(mask(36_501, &column, &[Some("p")]), Err(BatchError::KeyRefused));
    }

    #[test]
    fn refuses_an_answer_of_the_wrong_length() {
        assert_eq!(mask(365, &Column::from_text([Some("2021-03-04")]), &[]), Err(BatchError::Internal));
    }

    #[test]
    fn refuses_other_types() {
        let numbers = NumberBuilder::<i64>::with_capacity(0).finish_int64();
        assert_eq!(mask(365, &numbers, &[]), Err(BatchError::UnsupportedType));
    }

    #[test]
    fn text_days_and_microseconds_move_together() {
        let day = 86_400_000_000;
        let (mut days, mut micros) = (NumberBuilder::with_capacity(1), NumberBuilder::with_capacity(1));
        days.push(Some(18_690));
        micros.push(Some(18_690 * day + 7));
        let subject = [Some("p1")];
        let text = mask(365, &Column::from_text([Some("2021-03-04")]), &subject).unwrap();
        let text = parsed(text.columns[0].text().unwrap().get(0).unwrap());
        assert_eq!(mask(365, &days.finish_date32(), &subject).unwrap().columns[0].date32().unwrap().get(0), Some(text));
        let micros = mask(365, &micros.finish_timestamp(), &subject).unwrap();
        assert_eq!(micros.columns[0].timestamp().unwrap().get(0), Some(i64::from(text) * day + 7));
    }

    proptest! {
        #[test]
        fn intervals_of_one_subject_stay_and_dates_do_not(
            first in 40_000i32..2_800_000, interval in 0i32..30_000, subject in "[a-z0-9]{1,8}", max_days in 1u32..=36_500,
        ) {
            let written = |days: i32| {
                let date = Date::from_days(days - 719_162).unwrap();
                let mut out = Vec::new();
                dates::parse(b"2000-01-01").unwrap().write(date, &mut out);
                String::from_utf8(out).unwrap()
            };
            let values = [written(first), written(first + interval)];
            let input = Column::from_text(values.iter().map(|value| Some(value.as_str())));
            let masked = mask(max_days, &input, &[Some(&subject), Some(&subject)]).unwrap();
            let cells = check_promises(&input, &masked, false, false);
            let shifted: Vec<i32> = cells.iter().flatten().map(|cell| parsed(cell.as_str().unwrap())).collect();
            prop_assert_eq!(shifted[1] - shifted[0], interval);
            prop_assert!((shifted[0] - parsed(&values[0])).unsigned_abs() <= max_days);
        }

        #[test]
        fn what_is_shifted_in_place_is_what_is_written_anew(
            values in proptest::collection::vec(
                proptest::option::of("|20[0-9]{2}-[01][0-9]-[0-3][0-9](T1[0-9]:[0-5][0-9])?|[01][0-9]/[0-2][0-9]/2021|20210[1-9]1[0-9]"), 0..20,
            ),
            offset in -400i32..400,
        ) {
            let column = Column::from_text(values.iter().map(Option::as_deref));
            let (text, offsets) = (column.text().unwrap(), vec![offset; values.len()]);
            let (in_place, anew) = (shift_in_place(text, &offsets).unwrap(), write_anew(text, &offsets));
            prop_assert_eq!(&in_place.rejections, &anew.rejections);
            let rejected = |row: usize| anew.rejections.iter().any(|rejection| rejection.row as usize == row);
            let (in_place, anew) = (in_place.columns[0].text().unwrap(), anew.columns[0].text().unwrap());
            for row in (0..text.rows()).filter(|row| !rejected(*row)) {
                prop_assert_eq!(in_place.get(row), anew.get(row));
            }
        }

        #[test]
        fn keeps_its_promises(
            values in proptest::collection::vec(proptest::option::of("|[0-9]{4}-[01][0-9]-[0-3][0-9]|1?[0-9]/[12]?[0-9]/2021|.{0,10}"), 0..20),
            named: bool,
        ) {
            let input = Column::from_text(values.iter().map(Option::as_deref));
            let subjects = vec![named.then_some("p"); values.len()];
            check_promises(&input, &mask(365, &input, &subjects).unwrap(), false, false);
        }
    }
}
