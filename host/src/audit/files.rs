//! The files of a trail: segments named by their first record, the last checkpoint, and a lock.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::fault::AuditError;
use crate::staged::StagedFile;

/// The file of the last checkpoint.
const CHECKPOINT: &str = "checkpoint";
const LOCK: &str = "lock";
const SEGMENT: &str = "records-";
/// How long to sleep before looking for the lock again.
const PAUSE: Duration = Duration::from_millis(5);

/// One file of records.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) first: u64,
    pub(crate) path: PathBuf,
}

impl Segment {
    /// Where the segment that begins with this record lies.
    pub(crate) fn at(directory: &Path, first: u64) -> Self {
        Self { first, path: directory.join(format!("{SEGMENT}{first:020}")) }
    }

    /// Everything in it.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, AuditError> {
        fs::read(&self.path).map_err(AuditError::io("read", &self.path))
    }
}

/// The segments of a trail in their order.
pub(crate) fn segments(directory: &Path) -> Result<Vec<Segment>, AuditError> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(AuditError::io("read", directory))?,
    };
    let mut segments = Vec::new();
    for entry in entries {
        let name = entry.map_err(AuditError::io("read", directory))?.file_name();
        let first = name.to_str().and_then(|name| name.strip_prefix(SEGMENT)).and_then(|first| first.parse().ok());
        segments.extend(first.map(|first| Segment::at(directory, first)));
    }
    segments.sort_by_key(|segment| segment.first);
    Ok(segments)
}

/// The last checkpoint that was published, if there is one.
pub(crate) fn published(directory: &Path) -> Result<Option<String>, AuditError> {
    match fs::read_to_string(checkpoint_path(directory)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        // What is no text is no checkpoint: an empty one says so.
        Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Some(String::new())),
        read => read.map(Some).map_err(AuditError::io("read", &checkpoint_path(directory))),
    }
}

/// Publishes a checkpoint, in place of the one before it. The first one lasts from then on; a later one may be lost with
/// the machine, and the one before it is as good: the trail has grown from it.
pub(crate) fn publish(directory: &Path, note: &str) -> Result<(), AuditError> {
    let path = checkpoint_path(directory);
    let commit = if path.exists() { StagedFile::replace } else { StagedFile::commit };
    let staged = StagedFile::beside(&path).and_then(|mut file| file.write_all(note.as_bytes()).map(|()| file));
    staged.and_then(commit).map_err(AuditError::io("write", &path))
}

/// Where the last checkpoint is published.
pub(crate) fn checkpoint_path(directory: &Path) -> PathBuf {
    directory.join(CHECKPOINT)
}

/// Makes the directory of a trail, for its owner alone (0700). One that is there is left as it is.
pub(crate) fn make_directory(directory: &Path) -> Result<(), AuditError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(AuditError::io("make", directory))
}

/// Nobody else writes to the trail, or looks at it, while this lives.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held: the lock ends when the file is closed")] File);

impl Lock {
    /// For a writer.
    ///
    /// # Errors
    /// Another process holds it for longer than this.
    pub(crate) fn exclusive(directory: &Path, patience: Duration) -> Result<Self, AuditError> {
        let path = directory.join(LOCK);
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        let file = file.map_err(AuditError::io("lock", &path))?;
        wait(directory, patience, || file.try_lock())?;
        Ok(Self(file))
    }

    /// For readers, any number of them. A trail that was copied to where nothing can be written needs none.
    ///
    /// # Errors
    /// A writer holds it for longer than this.
    pub(crate) fn shared(directory: &Path, patience: Duration) -> Result<Option<Self>, AuditError> {
        let Ok(file) = File::open(directory.join(LOCK)) else { return Ok(None) };
        wait(directory, patience, || file.try_lock_shared())?;
        Ok(Some(Self(file)))
    }
}

fn wait(
    directory: &Path,
    patience: Duration,
    attempt: impl Fn() -> Result<(), TryLockError>,
) -> Result<(), AuditError> {
    let started = Instant::now();
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(AuditError::io("lock", &directory.join(LOCK))(error)),
            Err(TryLockError::WouldBlock) if started.elapsed() >= patience => {
                return Err(AuditError::Busy(directory.to_owned()));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
        }
    }
}
