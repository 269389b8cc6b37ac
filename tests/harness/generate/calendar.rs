//! All days that occur, written once.

use chrono::NaiveDate;

/// 100 years: the days of 1926 to 2025.
const DAYS: usize = 36_525;

/// Every day from the first to the last as `year-month-day`.
#[derive(Debug)]
pub(super) struct Calendar(Vec<[u8; 10]>);

impl Calendar {
    pub(super) fn new() -> Self {
        let first = NaiveDate::from_ymd_opt(1926, 1, 1).expect("the calendar has this day");
        let text = |day: NaiveDate| day.to_string().into_bytes().try_into().expect("a date has ten characters");
        Self(first.iter_days().take(DAYS).map(text).collect())
    }

    /// How many days there are.
    pub(super) fn days(&self) -> usize {
        self.0.len()
    }

    /// A day, counted from the first.
    #[inline]
    pub(super) fn day(&self, day: usize) -> &[u8; 10] {
        &self.0[day]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_century_has_its_leap_days() {
        let calendar = Calendar::new();
        assert_eq!(calendar.day(0), b"1926-01-01");
        assert_eq!(calendar.day(calendar.days() - 1), b"2025-12-31");
        assert!(calendar.0.contains(b"2000-02-29") && !calendar.0.contains(b"2001-02-29"));
    }
}
