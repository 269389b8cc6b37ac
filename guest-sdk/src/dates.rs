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

pub use crate::calendar::Date;
use crate::calendar::is_in_range;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The date of so many microseconds after 1970-01-01T00:00:00; `None` outside the years 1 to 9999.
#[inline]
pub fn from_micros(micros: i64) -> Option<Date> {
    Date::from_days(i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?)
}

/// The date so many days later, as days since 1970-01-01; `None` outside the years 1 to 9999, on either side.
#[inline]
pub fn shift_days(days: i32, by: i32) -> Option<i32> {
    days.checked_add(by).filter(|shifted| is_in_range(days) && is_in_range(*shifted))
}

/// The time of day stays, the date moves by so many days; `None` outside the years 1 to 9999, on either side.
#[inline]
pub fn shift_micros(micros: i64, days: i32) -> Option<i64> {
    let before = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?;
    let after = shift_days(before, days)?;
    Some(i64::from(after) * MICROS_PER_DAY + micros.rem_euclid(MICROS_PER_DAY))
}

/// Full years from a birth to a day; `None` if the birth is later. A birthday on 29 February is on 1 March in other years.
#[inline]
pub fn years_between(birth: Date, today: Date) -> Option<u32> {
    let before_birthday = (today.month(), today.day()) < (birth.month(), birth.day());
    (birth <= today).then(|| today.year() - birth.year() - u32::from(before_birthday))
}

/// A date as it was written, to be read and to be written in the same form.
pub struct Written<'a> {
    /// The date.
    pub date: Date,
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
    if let Some(date) = value.as_array().and_then(from_iso) {
        return Some(Written { date, form: Form::Iso, time: &[] });
    }
    parse_other(value)
}

/// The forms beside the commonest, out of the way of the loop that reads a column.
#[inline(never)]
fn parse_other(value: &[u8]) -> Option<Written<'_>> {
    if let Some((date, time)) = value.split_first_chunk()
        && is_time(time)
    {
        return Some(Written { date: from_iso(date)?, form: Form::Iso, time });
    }
    if let Some(date) = value.as_array().and_then(|digits| from_digits(u64::from_le_bytes(*digits))) {
        return Some(Written { date, form: Form::Digits, time: &[] });
    }
    slashes(value)
}

/// The date with which a value in one of the ISO forms begins, and its place: another may be written there with
/// [`to_iso`], and the value is as long as before. `None` for the other forms.
#[inline]
pub fn parse_iso_in_place(value: &mut [u8]) -> Option<(Date, &mut [u8; 10])> {
    let (date, time) = value.split_first_chunk_mut()?;
    if time.is_empty() || is_time(time) { Some((from_iso(date)?, date)) } else { None }
}

impl Written<'_> {
    /// Appends another date in the same form, with the same time of day.
    #[inline]
    pub fn write(&self, date: Date, out: &mut Vec<u8>) {
        match self.form {
            Form::Iso => {
                out.extend_from_slice(&to_iso(date));
                if !self.time.is_empty() {
                    out.extend_from_slice(self.time);
                }
            }
            Form::Digits => out.extend_from_slice(&to_digits(date).to_le_bytes()),
            Form::Slashes { padded } => write_slashes(date, padded, out),
        }
    }
}

/// Reads `2021-03-04`, of which two words are loaded and no single byte.
#[inline]
fn from_iso(text: &[u8; 10]) -> Option<Date> {
    let [head @ .., d1, d2] = *text;
    let (head, day) = (u64::from_le_bytes(head), u64::from(u16::from_le_bytes([d1, d2])));
    if head & (EACH_DASH * 0xff) != EACH_DASH * u64::from(b'-') {
        return None;
    }
    from_digits(head & 0xffff_ffff | head >> 8 & 0xffff_0000_0000 | day << 48)
}

/// Writes `2021-03-04`, a form of which the first eight bytes are one word.
#[inline]
pub fn to_iso(date: Date) -> [u8; 10] {
    let digits = to_digits(date);
    let head = digits & 0xffff_ffff | digits << 8 & 0x00ff_ff00_0000_0000 | (EACH_DASH * u64::from(b'-'));
    let [y1, y2, y3, y4, dash, m1, m2, other] = head.to_le_bytes();
    let [d1, d2] = ((digits >> 48) as u16).to_le_bytes();
    [y1, y2, y3, y4, dash, m1, m2, other, d1, d2]
}

/// The date that `20210304` says, the first digit in the lowest byte: all eight are checked and joined at once.
#[inline]
fn from_digits(text: u64) -> Option<Date> {
    let digits = text ^ (EACH_BYTE * u64::from(b'0'));
    // A byte above 9 has a high half, or gets one when 6 is added; what it carries on changes no answer.
    if (digits | digits.wrapping_add(EACH_BYTE * 6)) & (EACH_BYTE * 0xf0) != 0 {
        return None;
    }
    let pairs = digits * 10 + (digits >> 8);
    let pair = |index: u32| (pairs >> (16 * index)) as u32 & 0xff;
    Date::new(100 * pair(0) + pair(1), pair(2), pair(3))
}

/// The date as `20210304`, the first digit in the lowest byte.
#[inline]
fn to_digits(date: Date) -> u64 {
    let (century, year) = (date.year() / 100, date.year() % 100);
    let pairs = [century, year, date.month(), date.day()].into_iter().rev();
    let pairs = pairs.fold(0, |pairs, pair| pairs << 16 | u64::from(pair));
    // A tenth of a number below 100 is 103 of it in 1024 parts: no pair reaches into the next.
    let tens = (pairs * 103) >> 10 & (EACH_PAIR * 0xf);
    let ones = pairs - tens * 10;
    (tens | ones << 8) + EACH_BYTE * u64::from(b'0')
}

/// One where each dash is among the first eight bytes of `2021-03-04`, in each byte, and in each pair of bytes.
const EACH_DASH: u64 = 0x0100_0001_0000_0000;
const EACH_BYTE: u64 = 0x0101_0101_0101_0101;
const EACH_PAIR: u64 = 0x0001_0001_0001_0001;

/// Month, day and year with slashes. Only a lone digit tells the form without leading zeros from the other.
fn slashes(value: &[u8]) -> Option<Written<'_>> {
    let mut parts = value.split(|byte| *byte == b'/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    let lengths_fit = (1..=2).contains(&month.len()) && (1..=2).contains(&day.len()) && year.len() == 4;
    if !lengths_fit || parts.next().is_some() {
        return None;
    }
    let date = Date::new(number(year)?, number(month)?, number(day)?)?;
    Some(Written { date, form: Form::Slashes { padded: month.len() == 2 && day.len() == 2 }, time: &[] })
}

#[inline(never)]
fn write_slashes(date: Date, padded: bool, out: &mut Vec<u8>) {
    for part in [two(date.month()), two(date.day())] {
        let digits: &[u8] = if padded { &part } else { part.strip_prefix(b"0").unwrap_or(&part) };
        out.extend_from_slice(digits);
        out.push(b'/');
    }
    out.extend_from_slice(&four(date.year()));
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
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    fn rewritten(value: &str, days: i32) -> Option<String> {
        let written = parse(value.as_bytes())?;
        let mut out = Vec::new();
        written.write(Date::from_days(written.date.to_days() + days)?, &mut out);
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
        assert_eq!(shift_days(-719_162, -1), None);
        assert_eq!(shift_days(-719_163, 1), None);
        assert_eq!(shift_days(2_932_895, 1), Some(2_932_896));
        assert_eq!(shift_days(i32::MAX, 1), None);
        assert!(from_micros(i64::MIN).is_none() && from_micros(i64::MAX).is_none());
        assert!(from_micros(-1) == Date::from_days(-1));
        assert_eq!(shift_micros(-1, 1), Some(MICROS_PER_DAY - 1));
        assert_eq!(shift_micros(2_932_896 * MICROS_PER_DAY, 1), None);
    }

    proptest! {
        #[test]
        fn agrees_with_the_calendar_crate(value in "[0-9]{4}-[01][0-9]-[0-3][0-9]") {
            let expected = NaiveDate::parse_from_str(&value, "%Y-%m-%d").ok().filter(|date| date.year() > 0);
            let expected = expected.map(|date| (date.year() as u32, date.month(), date.day()));
            let parsed = |value: &str| {
                parse(value.as_bytes()).map(|written| (written.date.year(), written.date.month(), written.date.day()))
            };
            prop_assert_eq!(parsed(&value), expected);
            let slashes = format!("{}/{}/{}", &value[5..7], &value[8..], &value[..4]);
            prop_assert_eq!(parsed(&slashes), expected);
            prop_assert_eq!(parsed(&value.replace('-', "")), expected);
        }

        #[test]
        fn a_date_moved_there_and_back_is_written_as_before(days in -700_000i32..2_900_000, by in -30_000i32..30_000) {
            for form in ["%Y-%m-%dT12:30:00Z", "%Y%m%d", "%m/%d/%Y"] {
                let date = Date::from_days(days).unwrap();
                let (year, month, day) = (format!("{:04}", date.year()), format!("{:02}", date.month()), format!("{:02}", date.day()));
                let value = form.replace("%Y", &year).replace("%m", &month).replace("%d", &day);
                let moved = rewritten(&value, by);
                prop_assert_eq!(moved.and_then(|moved| rewritten(&moved, -by)), Date::from_days(days + by).map(|_| value));
            }
        }

        #[test]
        fn never_panics(value in any::<Vec<u8>>()) {
            parse(&value);
        }
    }
}
