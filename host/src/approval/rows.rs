//! Which rows of a table.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// More ranges than this are no selection that anybody reads before approving it.
const MOST_RANGES: usize = 1000;

/// Rows, counted from 1 over the whole input without its header. As text: `all`, or `1-100,205`. One selection has one
/// text: ranges rise and do not touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows(Option<Vec<(u64, u64)>>);

impl Rows {
    /// Every row.
    pub fn all() -> Self {
        Self(None)
    }

    /// Whether a row is one of them.
    pub fn contains(&self, row: u64) -> bool {
        let Some(ranges) = &self.0 else { return true };
        let after = ranges.partition_point(|(first, _)| *first <= row);
        let last_before = after.checked_sub(1).and_then(|index| ranges.get(index));
        last_before.is_some_and(|(_, last)| row <= *last)
    }

    /// How many they are. `None` if that depends on the table.
    pub fn count(&self) -> Option<u64> {
        let lengths = self.0.as_ref()?.iter().map(|(first, last)| last.saturating_sub(*first).saturating_add(1));
        Some(lengths.fold(0, u64::saturating_add))
    }

    /// The last of them. `None` if that depends on the table.
    pub fn last(&self) -> Option<u64> {
        self.0.as_ref()?.last().map(|(_, last)| *last)
    }
}

impl FromStr for Rows {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self(None));
        }
        let ranges = text.split(',').map(range).collect::<Option<Vec<_>>>();
        let mut ranges = ranges.ok_or("rows are `all`, or numbers and ranges from 1 on: 1-100,205")?;
        ranges.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        if merged.len() > MOST_RANGES {
            return Err(format!("more than {MOST_RANGES} ranges; ask for them in several requests"));
        }
        Ok(Self(Some(merged)))
    }
}

fn range(text: &str) -> Option<(u64, u64)> {
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    (1 <= first && first <= last).then_some((first, last))
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(ranges) = &self.0 else { return f.write_str("all") };
        for (index, (first, last)) in ranges.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            if first == last { write!(f, "{comma}{first}")? } else { write!(f, "{comma}{first}-{last}")? }
        }
        Ok(())
    }
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let rows = text.parse::<Self>().ok().filter(|rows| rows.to_string() == text);
        rows.ok_or_else(|| serde::de::Error::custom("no selection of rows"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Rows {
        text.parse().unwrap()
    }

    #[test]
    fn one_selection_has_one_text() {
        for (given, text) in [("all", "all"), ("7", "7"), ("205,1-100", "1-100,205"), ("3-9,1-2,5-12,20", "1-12,20")] {
            assert_eq!(rows(given).to_string(), text);
            assert_eq!(serde_json::from_value::<Rows>(text.into()).unwrap(), rows(given));
        }
        assert!(serde_json::from_value::<Rows>("205,1-100".into()).is_err());
    }

    #[test]
    fn knows_what_is_in_it() {
        let some = rows("2-4,9");
        let inside: Vec<u64> = (0..12).filter(|row| some.contains(*row)).collect();
        assert_eq!((inside, some.count(), some.last()), (vec![2, 3, 4, 9], Some(4), Some(9)));
        assert!(rows("all").contains(u64::MAX) && rows("all").count().is_none() && rows("all").last().is_none());
        assert_eq!(rows(&format!("1-{}", u64::MAX)).count(), Some(u64::MAX));
    }

    #[test]
    fn refuses_what_selects_nothing() {
        for text in ["", "0", "0-3", "4-3", "1,,2", "a", "+1", "1-2-3", "1 -2", "18446744073709551616", "All"] {
            assert!(text.parse::<Rows>().is_err(), "{text}");
        }
        let many: Vec<_> = (0..1002).map(|index| (2 * index + 1).to_string()).collect();
        assert!(many.join(",").parse::<Rows>().is_err());
    }
}
