//! Which records somebody asks for.

use serde::Deserialize;
use serde_json::Value;

use super::record::Record;

/// Which records somebody asks for: those that have all that is said here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Of this run.
    pub run: Option<String>,
    /// In which this key was used or changed.
    pub key: Option<String>,
    /// With this action.
    pub action: Option<String>,
    /// Not before this time: see [`is_time`].
    pub since: Option<String>,
    /// Not after this time, of which a beginning stands for all that begins so.
    pub until: Option<String>,
}

impl Filter {
    /// Whether a record is asked for.
    pub fn matches(&self, record: &Record) -> bool {
        let Self { run, key, action, since, until } = self;
        let not_after = |until: &String| record.time <= *until || record.time.starts_with(until.as_str());
        run.as_ref().is_none_or(|run| record.run.as_ref() == Some(run))
            && action.as_ref().is_none_or(|action| *action == record.action)
            && since.as_ref().is_none_or(|since| record.time >= *since)
            && until.as_ref().is_none_or(not_after)
            && key.as_ref().is_none_or(|key| names_key(record, key))
    }
}

/// Whether this is a time in UTC as records have it, or the beginning of one: `2026-11`, `2026-11-22T07:30`.
pub fn is_time(text: &str) -> bool {
    let pattern = "0000-00-00T00:00:00.000Z";
    let fits =
        |(given, expected): (char, char)| if expected == '0' { given.is_ascii_digit() } else { given == expected };
    text.len() >= 4 && text.len() <= pattern.len() && text.chars().zip(pattern.chars()).all(fits)
}

/// Whether the record says that this key was used or changed.
fn names_key(record: &Record, key: &str) -> bool {
    let is_it = |value: &Value| value.get("key").and_then(Value::as_str) == Some(key);
    let used = record.details.get("revision").and_then(|revision| revision.get("keys")).and_then(Value::as_array);
    record.details.get("key").and_then(Value::as_str) == Some(key) || used.is_some_and(|keys| keys.iter().any(is_it))
}
