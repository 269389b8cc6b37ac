//! Days of the Gregorian calendar and their count, in integer arithmetic.
//!
//! The arithmetic is that of C. Neri and L. Schneider, "Euclidean affine functions and their application to calendar
//! algorithms", Software: Practice and Experience 53 (2023): multiplications and shifts, and neither loops nor tables. It
//! counts from 0000-03-01, so that a leap day is the last of its year.

use std::fmt;

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i32 = 719_468;
const DAYS_PER_FOUR_CENTURIES: u32 = 146_097;

/// A day in the years 1 to 9999. Dates are ordered as they follow each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u32,
    month: u32,
    day: u32,
}

impl Date {
    /// The day of a year, month and day, each counted from 1; `None` if the calendar has no such day.
    #[inline]
    pub fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        let is_date = (1..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1;
        // Most days are in every month: the year is asked only for the last three.
        (is_date && (day <= 28 || day <= days_in_month(year, month))).then_some(Self { year, month, day })
    }

    /// The day so many days after 1970-01-01; `None` outside the years 1 to 9999.
    #[inline]
    pub fn from_days(days: i32) -> Option<Self> {
        if !is_in_range(days) {
            return None;
        }
        let quarters = 4 * (days + EPOCH) as u32 + 3;
        let (century, of_century) = (quarters / DAYS_PER_FOUR_CENTURIES, quarters % DAYS_PER_FOUR_CENTURIES / 4);
        // The quotient and the remainder of a division by 1461, the quarters of a day in a year.
        let product = 2_939_745 * u64::from(4 * of_century + 3);
        let (year, of_year) = (100 * century + (product >> 32) as u32, product as u32 / 2_939_745 / 4);
        let product = 2_141 * of_year + 197_913;
        let (month, day) = (product >> 16, product % (1 << 16) / 2_141 + 1);
        let in_next = u32::from(of_year >= 306);
        Some(Self { year: year + in_next, month: month - 12 * in_next, day })
    }

    /// Days since 1970-01-01.
    #[inline]
    pub fn to_days(self) -> i32 {
        let in_last = u32::from(self.month <= 2);
        let (year, month) = (self.year - in_last, self.month + 12 * in_last);
        let century = year / 100;
        let days = 1_461 * year / 4 - century + century / 4 + (979 * month - 2_919) / 32 + self.day - 1;
        days as i32 - EPOCH
    }

    /// 1 to 9999.
    #[inline]
    pub fn year(self) -> u32 {
        self.year
    }

    /// 1 to 12.
    #[inline]
    pub fn month(self) -> u32 {
        self.month
    }

    /// 1 to 31.
    #[inline]
    pub fn day(self) -> u32 {
        self.day
    }
}

/// A date is a value: it is not shown.
impl fmt::Debug for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Date").finish_non_exhaustive()
    }
}

/// Whether so many days after 1970-01-01 is in the years 1 to 9999.
#[inline]
pub(crate) fn is_in_range(days: i32) -> bool {
    (-719_162..=2_932_896).contains(&days)
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    /// Days from 0000-12-31, which is what the calendar crate counts from, to 1970-01-01.
    const COMMON_ERA: i32 = 719_163;

    #[test]
    fn every_day_of_the_years_1_to_9999_is_that_of_the_calendar_crate() {
        for days in -719_162..=2_932_896 {
            let date = Date::from_days(days).unwrap();
            let expected = NaiveDate::from_num_days_from_ce_opt(days + COMMON_ERA).unwrap();
            assert_eq!((date.year as i32, date.month, date.day), (expected.year(), expected.month(), expected.day()));
            assert_eq!(date.to_days(), days);
            assert!(Date::new(date.year, date.month, date.day) == Some(date));
        }
    }

    #[test]
    fn there_is_no_day_outside_the_years_1_to_9999() {
        for days in [i32::MIN, -719_163, 2_932_897, i32::MAX] {
            assert!(Date::from_days(days).is_none(), "{days}");
        }
    }

    proptest! {
        #[test]
        fn takes_the_days_that_the_calendar_crate_takes(year in 0u32..=10_000, month in 0u32..=13, day in 0u32..=32) {
            let expected = NaiveDate::from_ymd_opt(year as i32, month, day).filter(|date| (1..=9999).contains(&date.year()));
            let days = Date::new(year, month, day).map(|date| date.to_days() + COMMON_ERA);
            prop_assert_eq!(days, expected.map(|date| date.num_days_from_ce()));
        }
    }
}
