//! The log: JSON lines on standard error. Events and keys are from closed sets, values are numbers, names of the
//! configuration and messages of the host, which quote no data; nothing of a request is logged but its route.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use serde_json::{Map, Value};

use crate::audit::rfc3339;

/// So many lines of one event in a second are written, on average; what is more is counted.
const A_SECOND: f64 = 20.0;
/// And so many at once.
const AT_ONCE: f64 = 200.0;

/// Writes the log.
pub(crate) struct Log {
    out: Mutex<Out>,
}

struct Out {
    writer: Box<dyn Write + Send>,
    events: BTreeMap<&'static str, Budget>,
}

struct Budget {
    left: f64,
    at: Instant,
    dropped: u64,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// As it should be.
    Info,
    /// Somebody should look at it.
    Warning,
    /// Something does not work.
    Error,
}

impl Log {
    /// A log on standard error.
    pub(crate) fn to_stderr() -> Self {
        Self::to(Box::new(std::io::stderr()))
    }

    fn to(writer: Box<dyn Write + Send>) -> Self {
        Self { out: Mutex::new(Out { writer, events: BTreeMap::new() }) }
    }

    /// Something happened.
    pub(crate) fn write(&self, level: Level, event: &'static str, fields: &[(&'static str, Value)]) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(dropped) = out.budget(event, Instant::now()) else { return };
        let mut line = Map::new();
        line.insert("time".to_owned(), rfc3339(SystemTime::now()).into());
        line.insert("level".to_owned(), level.word().into());
        line.insert("event".to_owned(), event.into());
        line.extend(fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        if dropped > 0 {
            line.insert("dropped".to_owned(), dropped.into());
        }
        // There is nobody to tell if the log is gone.
        let _ = writeln!(out.writer, "{}", Value::Object(line));
    }
}

impl Out {
    /// How many lines of an event were dropped before this one, nothing if this one is too.
    fn budget(&mut self, event: &'static str, now: Instant) -> Option<u64> {
        let budget = self.events.entry(event).or_insert(Budget { left: AT_ONCE, at: now, dropped: 0 });
        let passed = now.saturating_duration_since(budget.at).as_secs_f64();
        budget.left = AT_ONCE.min(budget.left + passed * A_SECOND);
        budget.at = now;
        if budget.left < 1.0 {
            budget.dropped = budget.dropped.saturating_add(1);
            return None;
        }
        budget.left -= 1.0;
        Some(std::mem::take(&mut budget.dropped))
    }
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_flood_of_one_event_hides_no_other_and_is_counted() {
        let lines = Lines::default();
        let log = Log::to(Box::new(lines.clone()));
        for _ in 0..1_000 {
            log.write(Level::Info, "flood", &[]);
        }
        log.write(Level::Error, "fire", &[("where", "here".into())]);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!((200..250).contains(&text.lines().count()), "{}", text.lines().count());
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!((&last["event"], &last["where"]), (&"fire".into(), &"here".into()));
        let mut out = log.out.lock().unwrap();
        assert!(out.budget("flood", Instant::now() + Duration::from_secs(1)).unwrap() > 700);
    }
}
