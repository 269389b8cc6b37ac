//! A record: one event, who did it, when, and the digest of what stands before it.
//!
//! Records are JSON in the form of RFC 8785: names sorted, no blanks, whole numbers only. Any tool can read it, and one
//! event has one text, so that a digest over the text is one over the event. (CBOR is shorter, and needs a tool.)

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::event::{Event, Outcome};
use super::fault::{AuditError, Fault};
use super::who::Who;

/// One entry of the trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Counted from 0.
    pub number: u64,
    /// SHA-256 of the entry before it, record or checkpoint, in base64.
    pub previous: String,
    /// When: RFC 3339, UTC.
    pub time: String,
    /// Who did it.
    pub who: Who,
    /// The run that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What was done.
    pub action: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What more there is to say: names and counts, and no value.
    pub details: Map<String, Value>,
}

impl Record {
    /// The action and the details of an event.
    ///
    /// # Errors
    /// Never, for the events that there are.
    pub(crate) fn parts(event: &Event) -> Result<(String, Map<String, Value>), AuditError> {
        let Ok(Value::Object(mut parts)) = serde_json::to_value(event) else { return Err(AuditError::TooLong) };
        match (parts.remove("action"), parts.remove("details")) {
            (Some(Value::String(action)), Some(Value::Object(details))) => Ok((action, details)),
            _ => Err(AuditError::TooLong),
        }
    }

    /// The one text of the record.
    ///
    /// # Errors
    /// Never, for a record that was made of an event.
    pub(crate) fn to_text(&self) -> Result<Vec<u8>, AuditError> {
        serde_json::to_value(self).ok().and_then(canonical).ok_or(AuditError::TooLong)
    }

    /// The record with this text.
    ///
    /// # Errors
    /// It is no record, or has another text than a record has.
    pub(crate) fn of_text(text: &[u8]) -> Result<Self, Fault> {
        let value: Value = serde_json::from_slice(text).map_err(|_| Fault::NotCanonical)?;
        let record = Self::deserialize(&value).map_err(|_| Fault::NotCanonical)?;
        if canonical(value).is_some_and(|canonical| canonical == text) { Ok(record) } else { Err(Fault::NotCanonical) }
    }
}

/// The text of a value in the form of RFC 8785. All names are ASCII, so that every order of them is the same.
pub(crate) fn canonical(mut value: Value) -> Option<Vec<u8>> {
    value.sort_all_objects();
    serde_json::to_vec(&value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let who = Who { uid: Some(7), ..Who::principal("annie") };
        let details = Map::from_iter([("z".to_owned(), 1.into()), ("a".to_owned(), "é\n\"".into())]);
        let (time, action) = ("2026-11-22T07:03:27.123Z".to_owned(), "run-started".to_owned());
        let (previous, outcome) = ("AA==".to_owned(), Outcome::Done);
        Record { number: 3, previous, time, who: Who { host: "h".into(), ..who }, run: None, action, outcome, details }
    }

    #[test]
    fn has_one_text() {
        let text = String::from_utf8(record().to_text().unwrap()).unwrap();
        let expected = concat!(
            r#"{"action":"run-started","details":{"a":"é\n\"","z":1},"number":3,"outcome":"done","previous":"AA==","#,
            r#""time":"2026-11-22T07:03:27.123Z","who":{"host":"h","kind":"principal","name":"annie","uid":7}}"#
        );
        assert_eq!(text, expected);
        assert_eq!(Record::of_text(text.as_bytes()).unwrap(), record());
        for other in
            [text.replace(":3", ": 3"), text.replace("é", "\\u00e9"), text.replace(r#""z":1"#, r#""z":1,"z":1"#)]
        {
            assert_eq!(Record::of_text(other.as_bytes()).unwrap_err(), Fault::NotCanonical, "{other}");
        }
    }
}
