//! Reading a whole trail, and verifying it.

use std::path::Path;
use std::time::Duration;

use super::fault::{AuditError, Fault};
use super::files::{self, Lock, Segment};
use super::note::{Checkpoint, TrustedKeys};
use super::record::Record;
use super::walk::{End, Walk};

/// How long to wait for a process that writes to the trail.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a trail is verified against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'a> {
    /// The keys whose signatures are trusted. Without them, signatures are not looked at.
    pub keys: Option<&'a TrustedKeys>,
    /// A checkpoint that somebody has remembered, where the trail cannot be changed with it.
    pub remembered: Option<&'a Checkpoint>,
}

/// A trail that is what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// How many records.
    pub records: u64,
    /// How many segment files.
    pub segments: u64,
    /// How many checkpoints.
    pub checkpoints: u64,
    /// The last checkpoint, as it was signed.
    pub checkpoint: Option<String>,
    /// Records after the last checkpoint, which no signature vouches for. The next write seals them, and says so.
    pub unsealed: u64,
    /// Bytes after the last record, left by a write that was interrupted. The next write cuts them off, and says so.
    pub torn: u64,
}

/// Reads every record of a trail in order, with its text, and verifies digests, links, the tree at every checkpoint and
/// the signatures.
///
/// # Errors
/// [`AuditError::Tampered`] with the first record that is not as it was written. [`AuditError::NoTrail`].
pub fn examine(
    directory: &Path,
    trust: Trust<'_>,
    each: &mut dyn FnMut(Record, &[u8]),
) -> Result<Examined, AuditError> {
    let _lock = Lock::shared(directory, PATIENCE)?;
    let segments = files::segments(directory)?;
    let mut walk = Walk::new(directory, trust.keys, trust.remembered)?;
    let Some((last, before)) = segments.split_last() else {
        let known = trust.remembered.is_some() || files::published(directory)?.is_some();
        return Err(if known { missing(directory) } else { AuditError::NoTrail(directory.to_owned()) });
    };
    if segments.first().is_some_and(|first| first.first != 0) {
        return Err(missing(directory));
    }
    for segment in before {
        walk.segment(segment, false, each)?;
    }
    let end @ End { torn, .. } = walk.segment(last, true, each)?;
    let finished = walk.finish(last, end)?;
    let (records, sealed) = finished.chain.as_ref().map_or((0, 0), |chain| (chain.size(), chain.sealed()));
    Ok(Examined {
        records,
        segments: segments.len() as u64,
        checkpoints: finished.checkpoints,
        checkpoint: finished.chain.as_ref().and_then(|chain| chain.note().map(str::to_owned)),
        unsealed: records.saturating_sub(sealed),
        torn: torn as u64,
    })
}

/// The file of the first segment is not there.
fn missing(directory: &Path) -> AuditError {
    let file = Segment::at(directory, 0).path;
    AuditError::Tampered { record: 0, file, byte: 0, fault: Fault::SegmentMissing }
}
