//! Moments, as whole seconds of UTC.

use std::fmt;

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment: seconds since 1970-01-01T00:00:00Z. Written as RFC 3339 has it, in UTC: `2026-11-22T07:03:01Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u32);

impl Timestamp {
    /// The moment that is so many seconds after 1970 began. `None` after 2106-02-07.
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        u32::try_from(seconds).ok().map(Self)
    }

    /// So many seconds later; the last moment there is, if that is beyond it.
    #[must_use]
    pub fn later(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Its day in UTC, in days since 1970-01-01.
    pub fn day(self) -> i32 {
        i32::try_from(self.0 / 86_400).unwrap_or(i32::MAX)
    }

    fn parse(text: &str) -> Option<Self> {
        let seconds = DateTime::parse_from_rfc3339(text).ok()?.timestamp();
        let parsed = Self(u32::try_from(seconds).ok()?);
        // One moment has one text: a digest is made of it.
        (parsed.to_string() == text).then_some(parsed)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = DateTime::from_timestamp(self.0.into(), 0).ok_or(fmt::Error)?;
        f.write_str(&moment.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no moment"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for (seconds, text) in [(0, "1970-01-01T00:00:00Z"), (1_795_330_981, "2026-11-22T07:03:01Z")] {
            let moment = Timestamp::from_seconds(seconds).unwrap();
            assert_eq!(moment.to_string(), text);
            assert_eq!(Timestamp::parse(text), Some(moment));
        }
        assert_eq!(Timestamp(u32::MAX).to_string(), "2106-02-07T06:28:15Z");
    }

    #[test]
    fn one_moment_has_one_text() {
        for other in
            ["2026-11-22T08:03:01+01:00", "2026-11-22T07:03:01.0Z", "2026-11-22 07:03:01Z", "1969-12-31T23:59:59Z"]
        {
            assert_eq!(Timestamp::parse(other), None, "{other}");
        }
    }
}
