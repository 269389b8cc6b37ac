//! Moves dates, each by the number of days of the individual that its row is about.

use moretta_guest::{
    BatchError, Column, DateShiftKey, DateShiftMasker, Masked, RejectionCode, Request, dates,
    mask_each, only,
};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct MovedDates;

/// The options of a rule, as the schema in `manifest.json` has them.
#[derive(Deserialize)]
struct Config {
    max_days: u32,
}

impl DateShiftMasker for MovedDates {
    fn mask(
        request: &Request,
        columns: Vec<Column>,
        _: &[Column],
        key: &impl DateShiftKey,
    ) -> Result<Masked, BatchError> {
        let config: Config = request.config()?;
        let column = only(columns)?;
        let text = column.text()?;
        let offsets = key.offsets(config.max_days)?;
        let rows = text.iter_bytes().zip(offsets);
        let rows = rows.map(|(value, days)| value.map(|value| (value, days)));
        Ok(mask_each(rows, text.data().len(), |(value, days), moved| write(value, days, moved)))
    }
}

/// Appends the date so many days later, as it is written. Who has no individual has no days.
fn write(value: &[u8], days: i32, moved: &mut Vec<u8>) -> Result<(), RejectionCode> {
    if value.is_empty() {
        return Ok(());
    }
    let written = dates::parse(value).ok_or(RejectionCode::Unparsable)?;
    if days == 0 {
        return Err(RejectionCode::Missing);
    }
    let later = dates::shift_days(written.date.to_days(), days).and_then(dates::Date::from_days);
    written.write(later.ok_or(RejectionCode::OutOfRange)?, moved);
    Ok(())
}

moretta_guest::date_shift_masker!(MovedDates);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::{TestKey, check_cases, check_promises};

    use super::*;

    fn mask(
        request: &Request,
        column: &Column,
        subjects: &[Option<&str>],
    ) -> Result<Masked, BatchError> {
        MovedDates::mask(request, vec![column.clone()], &[], &TestKey::for_subjects(subjects))
    }

    #[test]
    fn the_golden_cases_come_out() {
        check_cases(include_str!("../manifest.json"), |case| {
            let subjects: Vec<_> = case.subjects.iter().map(Option::as_deref).collect();
            mask(&case.request, &case.input, &subjects)
        });
    }

    #[test]
    fn the_time_between_two_dates_of_one_individual_stays() {
        let column = Column::from_text([Some("2021-06-15"), Some("2021-06-25")]);
        let config = r#"{"max_days":2}"#.to_owned();
        let request = Request { transform: "my-plugin".to_owned(), config, reference_date: None };
        let masked = mask(&request, &column, &[Some("p1"); 2]).unwrap();
        let moved = check_promises(&column, &masked, false, false);
        let day = |row: usize| moved[row].as_ref().unwrap().as_str().unwrap()[8..].parse::<i32>();
        assert_eq!(day(1).unwrap() - day(0).unwrap(), 10);
    }
}
