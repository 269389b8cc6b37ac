//! What became of each file, kept through the death of the process: SQLite, each change on disk when it returns.
//!
//! A file is known by a digest of its bytes under a secret of the journal: without the journal nobody can try out which
//! file it was. One process at a time has the journal open.

use std::fs::{File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::audit::rfc3339;
use crate::error::Error;

const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS secret (bytes BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS file (
        digest BLOB PRIMARY KEY, out TEXT NOT NULL UNIQUE, began TEXT NOT NULL, done TEXT
    ) STRICT, WITHOUT ROWID;";
const FIND: &str = "SELECT out, done IS NOT NULL FROM file WHERE digest = ?1";
const RESERVED: &str = "SELECT EXISTS (SELECT 1 FROM file WHERE out = ?1)";
const BEGIN: &str = "INSERT INTO file (digest, out, began) VALUES (?1, ?2, ?3)";
const DONE: &str = "UPDATE file SET done = ?2 WHERE digest = ?1";

/// How much of a file is digested at a time.
const BLOCK: usize = 1 << 20;

/// What a file is known by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest([u8; 32]);

/// What is known of a file. Its output has one name for ever.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It was begun: it is masked if the output is there, and not if it is not.
    Begun { out: String },
    /// Its output is, or was, under this name.
    Done { out: String },
}

/// The journal of one outbox.
pub(super) struct Journal {
    path: PathBuf,
    connection: Connection,
    secret: Zeroizing<[u8; 32]>,
}

impl Journal {
    /// Opens the journal, or makes it.
    ///
    /// # Errors
    /// Another process has it open, or it is damaged or cannot be written.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let made = File::options().create(true).append(true).open(path);
        made.and_then(|file| file.set_permissions(Permissions::from_mode(0o600))).map_err(Error::io("write", path))?;
        let opened = Connection::open(path).and_then(|connection| {
            // Held until this process ends, however it does.
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            connection.execute_batch(TABLES)?;
            let secret = connection.query_row("SELECT bytes FROM secret", [], |row| row.get(0)).optional()?;
            Ok((connection, secret))
        });
        let (connection, secret) = opened.map_err(|error| problem(path, &error))?;
        let secret = match secret {
            Some(secret) => Zeroizing::new(secret),
            None => new_secret(path, &connection)?,
        };
        Ok(Self { path: path.to_owned(), connection, secret })
    }

    /// What a file is known by.
    pub(super) fn digest(&self, path: &Path) -> Result<Digest, Error> {
        let mut digest = Hmac::<Sha256>::new_from_slice(self.secret.as_slice())
            .map_err(|_| Error::Internal("HMAC takes keys of any length"))?;
        let mut block = vec![0; BLOCK];
        let mut read = || -> io::Result<()> {
            let mut file = File::open(path)?;
            loop {
                let length = file.read(&mut block)?;
                match block.get(..length) {
                    Some([]) | None => return Ok(()),
                    Some(bytes) => digest.update(bytes),
                }
            }
        };
        read().map_err(Error::io("read", path))?;
        Ok(Digest(digest.finalize().into_bytes().into()))
    }

    /// What is known of a file.
    pub(super) fn find(&self, digest: &Digest) -> Result<Option<Known>, Error> {
        let found = self.connection.query_row(FIND, [digest.0], |row| {
            let (out, done) = (row.get(0)?, row.get(1)?);
            Ok(if done { Known::Done { out } } else { Known::Begun { out } })
        });
        found.optional().map_err(|error| problem(&self.path, &error))
    }

    /// Whether a name is some file's output, there or not.
    pub(super) fn is_reserved(&self, out: &str) -> Result<bool, Error> {
        let reserved = self.connection.query_row(RESERVED, [out], |row| row.get(0));
        reserved.map_err(|error| problem(&self.path, &error))
    }

    /// A file will have its output under this name. On disk when this returns.
    pub(super) fn begin(&self, digest: &Digest, out: &str) -> Result<(), Error> {
        self.change(BEGIN, params![digest.0, out, now()])
    }

    /// The output of a file is under its name. On disk when this returns.
    pub(super) fn done(&self, digest: &Digest) -> Result<(), Error> {
        self.change(DONE, params![digest.0, now()])
    }

    fn change(&self, statement: &str, values: impl rusqlite::Params) -> Result<(), Error> {
        let changed = self.connection.execute(statement, values);
        changed.map(drop).map_err(|error| problem(&self.path, &error))
    }
}

fn new_secret(path: &Path, connection: &Connection) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut_slice()).map_err(|_| Error::Internal("the system gives no randomness"))?;
    let kept = connection.execute("INSERT INTO secret (bytes) VALUES (?1)", [secret.as_slice()]);
    kept.map_err(|error| problem(path, &error))?;
    Ok(secret)
}

fn now() -> String {
    rfc3339(SystemTime::now())
}

fn problem(path: &Path, error: &rusqlite::Error) -> Error {
    let shown = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::Usage(format!("another `moretta watch` writes to this outbox: it has {shown} open"))
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            let mend = "move it away, and files that are still in the inbox are masked again";
            Error::Usage(format!("{shown} is no journal of `moretta watch`, or is damaged; {mend}"))
        }
        _ => Error::Io { doing: "write", path: path.to_owned(), source: io::Error::other(error.to_string()) },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_was_begun_and_done_is_known_after_another_start() {
        let directory = tempfile::tempdir().unwrap();
        let (path, file) = (directory.path().join("journal"), directory.path().join("in.csv"));
        fs::write(&file, "id\n1\n").unwrap();
        let journal = Journal::open(&path).unwrap();
        let digest = journal.digest(&file).unwrap();
        assert_eq!(journal.find(&digest).unwrap(), None);
        journal.begin(&digest, "in.csv").unwrap();
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        assert!(journal.digest(&file).unwrap() == digest && journal.is_reserved("in.csv").unwrap());
        assert_eq!(journal.find(&digest).unwrap(), Some(Known::Begun { out: "in.csv".into() }));
        journal.done(&digest).unwrap();
        assert_eq!(journal.find(&digest).unwrap(), Some(Known::Done { out: "in.csv".into() }));
        fs::write(&file, "id\n2\n").unwrap();
        assert!(journal.digest(&file).unwrap() != digest);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_second_process_is_refused_and_two_journals_know_a_file_by_other_digests() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("in.csv"), "id\n1\n").unwrap();
        let (one, other) = (Journal::open(&path("one")).unwrap(), Journal::open(&path("other")).unwrap());
        assert!(one.digest(&path("in.csv")).unwrap() != other.digest(&path("in.csv")).unwrap());
        let refused = Journal::open(&path("one")).err().unwrap();
        assert!(refused.to_string().contains("another `moretta watch`"), "{refused}");
        fs::write(path("text"), "no database at all, but long enough to be looked at as one").unwrap();
        assert!(Journal::open(&path("text")).err().unwrap().to_string().contains("damaged"));
    }
}
