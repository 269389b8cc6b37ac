//! The time of a record, as text that sorts: RFC 3339, UTC, milliseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};

/// `2026-11-22T07:03:27.123Z`. A time before 1970 is 1970: no clock that is set right shows one. Nor does one show a time
/// that has no date.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis();
    let moment = i64::try_from(since).ok().and_then(DateTime::from_timestamp_millis).unwrap_or(DateTime::UNIX_EPOCH);
    moment.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Milliseconds since 1970 of such a text. `None` if it is not one.
pub(crate) fn milliseconds(text: &str) -> Option<u64> {
    u64::try_from(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis()).ok()
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
            let seconds = day * 86_400 + day;
            assert_eq!(milliseconds(&at(seconds)), Some(seconds * 1000 + 7), "{}", at(seconds));
        }
        for wrong in ["", "yesterday", "2026-13-01T00:00:00.000Z", "1969-01-01T00:00:00.000Z"] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
