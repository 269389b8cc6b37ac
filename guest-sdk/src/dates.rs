//! Dates as text and as days, in the years 1 to 9999 of the Gregorian calendar.
//!
//! These forms are read, and no other:
//!
//! | form | example |
//! |---|---|
//! | ISO 8601 date | `2021-03-04` |
//! | the same with a time of day | `2021-03-04T05:06`, `2021-03-04 05:06:07.125`, `2021-03-04T05:06:07Z`, `2021-03-04T05:06:07+01:00` |
//! | month first with slashes | `03/04/2021`, `3/4/2021` |
//! | eight digits | `20210304` |
//!
//! A time of day has hours and minutes, may have seconds with a fraction of any length, and may name a zone: `Z` or an
//! offset with a colon. It is checked and otherwise left alone: the date is the one that is written, whatever the zone.
//! Years of two digits, names of months, days before months, and blanks around the value are not read.

use std::fmt;

use chrono::Datelike;
pub use chrono::NaiveDate;

/// Days from 0000-12-31, which is what the calendar counts from, to 1970-01-01.
const EPOCH: i32 = 719_163;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The date so many days after 1970-01-01; `None` outside the years 1 to 9999.
#[inline]
pub fn from_days(days: i64) -> Option<NaiveDate> {
    let days = i32::try_from(days).ok()?.checked_add(EPOCH)?;
    NaiveDate::from_num_days_from_ce_opt(days).filter(|date| (1..=9999).contains(&date.year()))
}

/// The date of so many microseconds after 1970-01-01T00:00:00; `None` outside the years 1 to 9999.
#[inline]
pub fn from_micros(micros: i64) -> Option<NaiveDate> {
    from_days(micros.div_euclid(MICROS_PER_DAY))
}

/// Days since 1970-01-01.
#[inline]
pub fn to_days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - EPOCH
}

/// The date so many days later, as days since 1970-01-01; `None` outside the years 1 to 9999, on either side.
#[inline]
pub fn shift_days(days: i32, by: i32) -> Option<i32> {
    const YEARS: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;
    days.checked_add(by).filter(|shifted| YEARS.contains(&days) && YEARS.contains(shifted))
}

/// The time of day stays, the date moves by so many days; `None` outside the years 1 to 9999, on either side.
#[inline]
pub fn shift_micros(micros: i64, days: i32) -> Option<i64> {
    let before = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?;
    let after = shift_days(before, days)?;
    Some(i64::from(after) * MICROS_PER_DAY + micros.rem_euclid(MICROS_PER_DAY))
}

/// The year and the month of a year, each counted from 1.
#[inline]
pub fn year_and_month(date: NaiveDate) -> (u32, u32) {
    (date.year() as u32, date.month())
}

/// Full years from a birth to a day; `None` if the birth is later. A birthday on 29 February is on 1 March in other years.
#[inline]
pub fn years_between(birth: NaiveDate, today: NaiveDate) -> Option<u32> {
    today.years_since(birth)
}

/// A date as it was written, to be read and to be written in the same form.
pub struct Written<'a> {
    /// The date.
    pub date: NaiveDate,
    form: Form,
    time: &'a [u8],
}

#[derive(Clone, Copy)]
enum Form {
    Iso,
    Digits,
    Slashes { padded: bool },
}

impl fmt::Debug for Written<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Written").finish_non_exhaustive()
    }
}

/// Reads a date in one of the forms that this module lists.
#[inline]
pub fn parse(value: &[u8]) -> Option<Written<'_>> {
    match value {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, time @ ..] if time.is_empty() || is_time(time) => {
            let date = calendar(&[*y1, *y2, *y3, *y4], &[*m1, *m2], &[*d1, *d2])?;
            Some(Written { date, form: Form::Iso, time })
        }
        [y1, y2, y3, y4, m1, m2, d1, d2] if !value.contains(&b'/') => {
            let date = calendar(&[*y1, *y2, *y3, *y4], &[*m1, *m2], &[*d1, *d2])?;
            Some(Written { date, form: Form::Digits, time: &[] })
        }
        _ => slashes(value),
    }
}

impl Written<'_> {
    /// Appends another date in the same form, with the same time of day.
    #[inline]
    pub fn write(&self, date: NaiveDate, out: &mut Vec<u8>) {
        let (year, month, day) = (four(date.year() as u32), two(date.month()), two(date.day()));
        match self.form {
            Form::Iso => {
                let ([y1, y2, y3, y4], [m1, m2], [d1, d2]) = (year, month, day);
                out.extend_from_slice(&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]);
                if !self.time.is_empty() {
                    out.extend_from_slice(self.time);
                }
            }
            Form::Digits => {
                out.extend_from_slice(&year);
                out.extend_from_slice(&month);
                out.extend_from_slice(&day);
            }
            Form::Slashes { padded } => {
                for part in [month, day] {
                    let digits: &[u8] = if padded { &part } else { part.strip_prefix(b"0").unwrap_or(&part) };
                    out.extend_from_slice(digits);
                    out.push(b'/');
                }
                out.extend_from_slice(&year);
            }
        }
    }
}

/// Month, day and year with slashes. Only a lone digit tells the form without leading zeros from the other.
fn slashes(value: &[u8]) -> Option<Written<'_>> {
    let mut parts = value.split(|byte| *byte == b'/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    let lengths_fit = (1..=2).contains(&month.len()) && (1..=2).contains(&day.len()) && year.len() == 4;
    if !lengths_fit || parts.next().is_some() {
        return None;
    }
    let date = calendar(year, month, day)?;
    Some(Written { date, form: Form::Slashes { padded: month.len() == 2 && day.len() == 2 }, time: &[] })
}

/// `Thh:mm[:ss[.fraction]][Z|±hh:mm]`, or with a blank for the `T`. A second may be 60: there are leap seconds.
fn is_time(text: &[u8]) -> bool {
    let [b'T' | b' ', h1, h2, b':', m1, m2, rest @ ..] = text else { return false };
    let clock = below(&[*h1, *h2], 24) && below(&[*m1, *m2], 60);
    let zone = match rest {
        [b':', s1, s2, rest @ ..] if below(&[*s1, *s2], 61) => skip_fraction(rest),
        [b':', ..] => return false,
        rest => rest,
    };
    clock
        && match zone {
            [] | [b'Z'] => true,
            [b'+' | b'-', h1, h2, b':', m1, m2] => below(&[*h1, *h2], 24) && below(&[*m1, *m2], 60),
            _ => false,
        }
}

/// What follows the fraction. A point without digits is no fraction and is left standing, where nothing reads it.
fn skip_fraction(text: &[u8]) -> &[u8] {
    let Some(fraction) = text.strip_prefix(b".") else { return text };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { text } else { &fraction[digits..] }
}

fn below(digits: &[u8], limit: u32) -> bool {
    number(digits).is_some_and(|number| number < limit)
}

#[inline]
fn calendar(year: &[u8], month: &[u8], day: &[u8]) -> Option<NaiveDate> {
    let year = number(year).filter(|year| *year > 0)?;
    NaiveDate::from_ymd_opt(year as i32, number(month)?, number(day)?)
}

/// The number that a few ASCII digits say.
#[inline]
fn number(digits: &[u8]) -> Option<u32> {
    let mut number = 0;
    let mut wrong = false;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        wrong |= digit > 9;
        number = number * 10 + u32::from(digit);
    }
    (!wrong).then_some(number)
}

#[inline]
fn two(number: u32) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

/// A number below 10000 as four digits: how a year is written.
#[inline]
pub fn four(number: u32) -> [u8; 4] {
    let ([a, b], [c, d]) = (two(number / 100), two(number % 100));
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rewritten(value: &str, days: i64) -> Option<String> {
        let written = parse(value.as_bytes())?;
        let mut out = Vec::new();
        written.write(from_days(i64::from(to_days(written.date)) + days)?, &mut out);
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn writes_each_form_as_it_was_read() {
        for (value, next_day) in [
            ("2021-03-04", "2021-03-05"),
            ("2021-12-31T05:06", "2022-01-01T05:06"),
            ("2021-03-04 05:06:07", "2021-03-05 05:06:07"),
            ("2021-03-04T05:06:07.125Z", "2021-03-05T05:06:07.125Z"),
            ("2021-03-04T23:59:60-05:00", "2021-03-05T23:59:60-05:00"),
            ("03/04/2021", "03/05/2021"),
            ("3/4/2021", "3/5/2021"),
            ("12/9/2021", "12/10/2021"),
            ("12/31/1999", "01/01/2000"),
            ("20240228", "20240229"),
        ] {
            assert_eq!(rewritten(value, 1).as_deref(), Some(next_day), "{value}");
        }
    }

    #[test]
    fn refuses_what_is_no_date_or_in_no_listed_form() {
        for value in [
            "",
            "2021",
            "2021-03",
            "2021-3-4",
            "21-03-04",
            "3/4/21",
            "2021/03/04",
            "04.03.2021",
            "4 Mar 2021",
            "2021-02-29",
            "2021-13-01",
            "2021-00-10",
            "0000-01-01",
            "00000101",
            "1/1/0000",
            " 2021-03-04",
            "2021-03-04 ",
            "2021-03-04T",
            "2021-03-04T05",
            "2021-03-04T24:00",
            "2021-03-04T05:60",
            "2021-03-04T05:06:61",
            "2021-03-04T05:06:07.",
            "2021-03-04T05:06:07.Z",
            "2021-03-04T05:06:07+0100",
            "2021-03-04T05:06:07 +01:00",
            "2021-03-04x05:06",
            "2021030",
            "202103045",
            "1/1/2021/",
            "/1/2021",
            "003/4/2021",
            "٢٠٢١-٠٣-٠٤",
            "+021-03-04",
            "2021-+3-04",
        ] {
            assert!(parse(value.as_bytes()).is_none(), "{value}");
        }
    }

    #[test]
    fn days_and_microseconds_end_with_the_years_1_and_9999() {
        assert!(from_days(-719_162).is_some() && from_days(-719_163).is_none());
        assert!(from_days(2_932_896).is_some() && from_days(2_932_897).is_none());
        assert!(from_days(i64::MAX).is_none() && from_days(i64::from(i32::MAX)).is_none());
        assert!(from_micros(i64::MIN).is_none() && from_micros(i64::MAX).is_none());
        assert_eq!(from_micros(-1), from_days(-1));
        assert_eq!(shift_micros(-1, 1), Some(MICROS_PER_DAY - 1));
        assert_eq!(shift_micros(2_932_896 * MICROS_PER_DAY, 1), None);
    }

    proptest! {
        #[test]
        fn agrees_with_the_calendar_crate(value in "[0-9]{4}-[01][0-9]-[0-3][0-9]") {
            let expected = NaiveDate::parse_from_str(&value, "%Y-%m-%d").ok().filter(|date| date.year() > 0);
            prop_assert_eq!(parse(value.as_bytes()).map(|written| written.date), expected);
            let slashes = format!("{}/{}/{}", &value[5..7], &value[8..], &value[..4]);
            prop_assert_eq!(parse(slashes.as_bytes()).map(|written| written.date), expected);
            prop_assert_eq!(parse(value.replace('-', "").as_bytes()).map(|written| written.date), expected);
        }

        #[test]
        fn a_date_moved_there_and_back_is_written_as_before(days in -700_000i64..2_900_000, by in -30_000i64..30_000) {
            for form in ["%Y-%m-%dT12:30:00Z", "%Y%m%d", "%m/%d/%Y"] {
                let date = from_days(days).unwrap();
                let (year, month, day) = (format!("{:04}", date.year()), format!("{:02}", date.month()), format!("{:02}", date.day()));
                let value = form.replace("%Y", &year).replace("%m", &month).replace("%d", &day);
                let moved = rewritten(&value, by);
                prop_assert_eq!(moved.and_then(|moved| rewritten(&moved, -by)), from_days(days + by).map(|_| value));
            }
        }

        #[test]
        fn never_panics(value in any::<Vec<u8>>()) {
            parse(&value);
        }
    }
}
