//! The time of a record, as text that sorts: RFC 3339, UTC, milliseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// `2026-11-22T07:03:27.123Z`. A time before 1970 is 1970: no clock that is set right shows one.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (seconds, millis) = (since.as_secs(), since.subsec_millis());
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Milliseconds since 1970 of such a text. `None` if it is not one.
pub(crate) fn milliseconds(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let day = days(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    let hours = day.checked_mul(24)?.checked_add(number(11, 13)?)?;
    let minutes = hours.checked_mul(60)?.checked_add(number(14, 16)?)?;
    let seconds = minutes.checked_mul(60)?.checked_add(number(17, 19)?)?;
    seconds.checked_mul(1000)?.checked_add(number(20, 23)?)
}

/// Year, month and day of a number of days since 1970. Years are counted from March, so that a leap day is the last of
/// its year, and in cycles of 400 years, which are all of one length.
#[expect(clippy::arithmetic_side_effects, reason = "a u64 of seconds has 2^48 days at most")]
fn date(days: u64) -> (u64, u64, u64) {
    let from_march = days + 719_468;
    let (cycle, day) = (from_march / 146_097, from_march % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (cycle * 400 + year + next, month, day)
}

/// The number of days since 1970, the other way round.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let near = year.checked_sub(1970)?.checked_mul(365)?.checked_add(month.checked_sub(1)?.checked_mul(28)?)?;
    // The guess is early by the leap days and what months have beyond 28 days: look from there.
    let latest = near.checked_add(year)?.checked_add(day)?;
    (near..=latest.checked_add(60)?).find(|days| date(*days) == (year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> String {
        rfc3339(UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 7))
    }

    #[test]
    fn tells_times_as_others_do() {
        assert_eq!(at(0), "1970-01-01T00:00:00.007Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59.007Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00.007Z");
        assert_eq!(at(1_709_251_199), "2024-02-29T23:59:59.007Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00.007Z");
        assert_eq!(at(1_795_330_800), "2026-11-22T07:00:00.007Z");
    }

    #[test]
    fn reads_what_it_tells() {
        for day in (0..60_000).step_by(29) {
            let seconds = day * DAY + day % DAY;
            assert_eq!(milliseconds(&at(seconds)), Some(seconds * 1000 + 7), "{}", at(seconds));
        }
        for wrong in ["", "yesterday", "2026-13-01T00:00:00.000Z", "1969-01-01T00:00:00.000Z"] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
