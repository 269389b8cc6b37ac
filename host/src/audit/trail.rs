//! Writing to a trail.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::event::Event;
use super::examine::{Trust, examine};
use super::fault::AuditError;
use super::files::{self, Lock};
use super::frame::Kind;
use super::note::TrustedKeys;
use super::record::Record;
use super::tail::Tail;
use super::time::rfc3339;
use super::together::Together;
use super::who::Who;
use crate::keys::AuditGrant;

/// How long to wait for another process that writes to the trail.
const PATIENCE: Duration = Duration::from_secs(10);

/// An audit trail that can be written to. Any number of processes may write to one.
pub struct Trail {
    directory: PathBuf,
    key: AuditGrant,
    trusted: TrustedKeys,
    who: Who,
    clock: fn() -> SystemTime,
    patience: Duration,
    together: Together<Entry, Result<(), AuditError>>,
}

/// What somebody has recorded.
struct Entry {
    who: Who,
    run: Option<RunId>,
    events: Vec<Event>,
}

/// The name of a run in the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunId(String);

impl RunId {
    /// A name that no other run has.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn random() -> Result<Self, AuditError> {
        let mut id = [0; 8];
        getrandom::fill(&mut id).map_err(|_| AuditError::NoRandomness)?;
        Ok(Self(format!("{:016x}", u64::from_be_bytes(id))))
    }

    /// The name, in hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Proof that what had to be recorded is on disk. What must not happen unrecorded takes one.
#[derive(Debug)]
#[must_use]
pub struct Recorded(());

impl Recorded {
    /// Where the operator keeps no trail, nothing has to be recorded.
    pub(crate) fn without_trail() -> Self {
        Self(())
    }
}

impl Trail {
    /// The trail in a directory, which is made where there is none. `who` does what is recorded, at the time that
    /// `clock` tells.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn open(directory: &Path, key: AuditGrant, who: Who, clock: fn() -> SystemTime) -> Result<Self, AuditError> {
        files::make_directory(directory)?;
        let trusted = TrustedKeys::of_grant(&key);
        Ok(Self {
            directory: directory.to_owned(),
            key,
            trusted,
            who,
            clock,
            patience: PATIENCE,
            together: Together::default(),
        })
    }

    /// Waits no longer than this for another process that writes.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where it lies.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Appends events, all or none, and seals the trail over them. They are on disk when this returns.
    ///
    /// # Errors
    /// The trail is not what was written, belongs to another key, is held by another process for too long, or cannot
    /// be written.
    pub fn record(&self, run: Option<&RunId>, events: &[Event]) -> Result<Recorded, AuditError> {
        self.record_by(&self.who, run, events)
    }

    /// The same for what somebody else does than who opened the trail.
    ///
    /// # Errors
    /// Those of [`Trail::record`].
    pub fn record_by(&self, who: &Who, run: Option<&RunId>, events: &[Event]) -> Result<Recorded, AuditError> {
        let entry = Entry { who: who.clone(), run: run.cloned(), events: events.to_vec() };
        let written = self.together.add(entry, |entries| self.write_each(&entries));
        written.unwrap_or_else(|| Err(AuditError::Busy(self.directory.clone()))).map(Recorded)
    }

    /// Writes all entries at once. One that cannot be a record keeps the others from nothing.
    fn write_each(&self, entries: &[Entry]) -> Vec<Result<(), AuditError>> {
        match self.write(entries) {
            Err(AuditError::TooLong) if entries.len() > 1 => {
                entries.iter().map(|entry| self.write(std::slice::from_ref(entry))).collect()
            }
            written => entries.iter().map(|_| written.clone()).collect(),
        }
    }

    fn write(&self, entries: &[Entry]) -> Result<(), AuditError> {
        let _lock = Lock::exclusive(&self.directory, self.patience)?;
        let (mut tail, repair) = Tail::find(&self.directory, &self.trusted)?;
        if repair.is_none() && entries.iter().all(|entry| entry.events.is_empty()) {
            return Ok(());
        }
        if let (Some(repair), Some(first)) = (repair.map(Event::TrailRepaired), entries.first()) {
            tail.add(Kind::Record, &self.record_of(&tail, &first.who, None, &repair)?.to_text()?)?;
        }
        for Entry { who, run, events } in entries {
            for event in events {
                tail.add(Kind::Record, &self.record_of(&tail, who, run.as_ref(), event)?.to_text()?)?;
            }
        }
        let note = tail.chain.checkpoint().sign(&self.key);
        tail.add(Kind::Checkpoint, note.as_bytes())?;
        tail.write(&self.directory)?;
        files::publish(&self.directory, &note)
    }

    /// Reads every record in order, and verifies all of them. A trail that was not begun has none.
    ///
    /// # Errors
    /// The trail is not what was written, or belongs to another key.
    pub fn read(&self, each: &mut dyn FnMut(Record)) -> Result<(), AuditError> {
        let trust = Trust { keys: Some(&self.trusted), remembered: None };
        match examine(&self.directory, trust, &mut |record, _| each(record)) {
            Err(AuditError::NoTrail(_)) => Ok(()),
            examined => examined.map(drop),
        }
    }

    fn record_of(&self, tail: &Tail, who: &Who, run: Option<&RunId>, event: &Event) -> Result<Record, AuditError> {
        let (action, details) = Record::parts(event)?;
        Ok(Record {
            number: tail.chain.size(),
            previous: tail.chain.previous(),
            time: rfc3339((self.clock)()),
            who: who.clone(),
            run: run.map(|run| run.0.clone()),
            action,
            outcome: event.outcome(),
            details,
        })
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trail").field("directory", &self.directory).field("key", &self.key).finish_non_exhaustive()
    }
}
