//! Answers that were given, for requests that come twice with one `Idempotency-Key`: what was masked once is not masked
//! again, though the client did not hear the end of it.
//!
//! A record gets its name when it is whole and on disk, just before the end of the answer is given away: a process that
//! is killed before leaves none, and the request is done anew; one that is killed after has it. Bodies are compared by
//! HMAC-SHA-256 under a random key of the spool: there is no digest of data that somebody else could make.
//!
//! ```text
//! lock   key   <HMAC of principal, dataset and Idempotency-Key>: the answer │ footer (JSON) │ length of the footer
//! ```

mod keep;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use hmac::{Hmac, KeyInit, Mac};
use rustix::fs::{FlockOperation, flock};
use sha2::Sha256;
use zeroize::Zeroizing;

pub(crate) use keep::Keeping;
pub(crate) use record::Record;

use super::config::SpoolConfig;
use super::problem::{Fault, Problem};
use crate::error::Error;
use crate::staged::{PrivateFile, StagedFile};

/// The digest of a body that is being read.
pub(crate) type BodyDigest = Hmac<Sha256>;

/// The rights of the group and of all others.
const OTHERS: u32 = 0o077;

/// Answers that were given.
pub(crate) struct Spool {
    directory: PathBuf,
    keep: Duration,
    answer_bytes: u64,
    total_bytes: u64,
    key: Zeroizing<[u8; 32]>,
    held: Mutex<Held>,
    /// No other process uses the directory for as long as this is open.
    _lock: File,
}

#[derive(Default)]
struct Held {
    under_way: BTreeSet<String>,
    /// How large each record is, and until when it is kept, in seconds since 1970.
    records: BTreeMap<String, (u64, u64)>,
    /// What records take, and those that are being written.
    bytes: u64,
}

/// Whose turn it is with a key.
pub(crate) enum Turn {
    /// Nobody's before: it is to be masked.
    First(Ticket),
    /// It was done before.
    Again(Record),
}

impl Spool {
    /// The spool in a directory, which is made where there is none.
    ///
    /// # Errors
    /// The directory cannot be used, is used by another process, or others can look into it.
    pub(crate) fn open(config: &SpoolConfig) -> Result<Self, Error> {
        let directory = config.directory.clone();
        DirBuilder::new().recursive(true).mode(0o700).create(&directory).map_err(Error::named("make", &directory))?;
        let mode = fs::metadata(&directory).map_err(Error::named("read", &directory))?.mode();
        if mode & OTHERS != 0 {
            let shown = directory.display();
            return Err(Error::Usage(format!("others can look into {shown}, which holds answers; chmod 700 it")));
        }
        let lock = lock(&directory.join("lock"))?;
        let key = key(&directory.join("key"))?;
        for left in StagedFile::leftovers_in(&directory) {
            // What a killed process left was given to nobody as complete.
            let _ = fs::remove_file(left);
        }
        let spool = Self {
            keep: Duration::from_secs(config.keep_seconds),
            answer_bytes: config.answer_bytes,
            total_bytes: config.total_bytes,
            key,
            held: Mutex::default(),
            _lock: lock,
            directory,
        };
        spool.find_records()?;
        Ok(spool)
    }

    /// Takes its turn with a key of a principal.
    ///
    /// # Errors
    /// A request with this key is under way, or there is no room for the record.
    pub(crate) fn turn(self: &Arc<Self>, principal: &str, dataset: &str, key: &str) -> Result<Turn, Problem> {
        let name = self.name(principal, dataset, key);
        self.purge();
        let mut held = self.held();
        if held.under_way.contains(&name) {
            let title = "a request with this Idempotency-Key is under way";
            return Err(Problem::new(StatusCode::CONFLICT, "under-way", title, Fault::Client).retry_after(1));
        }
        if held.records.contains_key(&name) {
            // One that cannot be read is not taken for none: it would be done twice.
            let record = Record::open(&self.directory.join(&name)).map_err(|_| Problem::internal())?;
            return Ok(Turn::Again(record));
        }
        if held.bytes >= self.total_bytes {
            let title = "there is no room to remember this request";
            let full = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "spool-full", title, Fault::Operator);
            return Err(full.retry_after(60));
        }
        held.under_way.insert(name.clone());
        Ok(Turn::First(Ticket { spool: self.clone(), name }))
    }

    /// A digest for the body of a request, which also depends on what else makes it another request.
    pub(crate) fn digest(&self, context: &str) -> BodyDigest {
        let mut digest = self.mac("body");
        digest.update(context.as_bytes());
        digest.update(&[0]);
        digest
    }

    /// Takes away what was kept for long enough.
    pub(crate) fn purge(&self) {
        let now = now();
        let mut held = self.held();
        let over: Vec<_> =
            held.records.iter().filter(|(_, (_, until))| *until < now).map(|(name, _)| name.clone()).collect();
        for name in over {
            if fs::remove_file(self.directory.join(&name)).is_ok()
                && let Some((bytes, _)) = held.records.remove(&name)
            {
                held.bytes = held.bytes.saturating_sub(bytes);
            }
        }
    }

    fn find_records(&self) -> Result<(), Error> {
        let mut held = self.held();
        for entry in fs::read_dir(&self.directory).map_err(Error::named("read", &self.directory))? {
            let path = entry.map_err(Error::io("read", &self.directory))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.len() != 64 {
                continue;
            }
            let record = Record::open(&path).map_err(Error::io("read", &path))?;
            held.bytes = held.bytes.saturating_add(record.bytes());
            held.records.insert(name, (record.bytes(), record.until()));
        }
        Ok(())
    }

    /// INVARIANT: no two principals share a record, nor two datasets.
    fn name(&self, principal: &str, dataset: &str, key: &str) -> String {
        let mut mac = self.mac("name");
        for part in [principal, dataset, key] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        hexadecimal(&mac.finalize().into_bytes())
    }

    fn mac(&self, what_for: &str) -> BodyDigest {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = BodyDigest::new_from_slice(&*self.key).expect("HMAC takes keys of any length");
        mac.update(what_for.as_bytes());
        mac.update(&[0]);
        mac
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn with a key. Dropped without a record, it is somebody else's.
pub(crate) struct Ticket {
    spool: Arc<Spool>,
    name: String,
}

impl Ticket {
    fn path(&self) -> PathBuf {
        self.spool.directory.join(&self.name)
    }

    /// More bytes are written. False, and not counted, if there is no room for them.
    fn grow(&self, bytes: u64) -> bool {
        let mut held = self.spool.held();
        let grown = held.bytes.saturating_add(bytes);
        let fits = grown <= self.spool.total_bytes;
        if fits {
            held.bytes = grown;
        }
        fits
    }

    /// A footer is written, for which there is always room.
    fn add(&self, bytes: u64) {
        let mut held = self.spool.held();
        held.bytes = held.bytes.saturating_add(bytes);
    }

    fn shrink(&self, bytes: u64) {
        let mut held = self.spool.held();
        held.bytes = held.bytes.saturating_sub(bytes);
    }

    /// The record is under its name.
    fn kept(&self, bytes: u64, until: u64) {
        self.spool.held().records.insert(self.name.clone(), (bytes, until));
    }

    fn until(&self) -> u64 {
        now().saturating_add(self.spool.keep.as_secs())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.spool.held().under_way.remove(&self.name);
    }
}

fn lock(path: &Path) -> Result<File, Error> {
    let mut options = fs::OpenOptions::new();
    let file =
        options.write(true).create(true).truncate(false).mode(0o600).open(path).map_err(Error::named("open", path))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        Error::Usage(format!("{} is held by another process; give each server a spool of its own", path.display()))
    })?;
    Ok(file)
}

/// The key of the spool, made where there is none.
fn key(path: &Path) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut key = Zeroizing::new([0; 32]);
    match fs::read(path).map(Zeroizing::new) {
        Ok(read) if read.len() == key.len() => key.copy_from_slice(&read),
        Ok(_) => return Err(Error::Usage(format!("{} is damaged; empty the spool", path.display()))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            getrandom::fill(&mut *key).map_err(|_| Error::Internal("the system gives no random bytes"))?;
            let written = (|| -> io::Result<()> {
                let mut file = PrivateFile::beside(path)?;
                file.write_all(&*key)?;
                file.commit()
            })();
            written.map_err(Error::named("write", path))?;
        }
        Err(error) => return Err(Error::named("read", path)(error)),
    }
    Ok(key)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests;
