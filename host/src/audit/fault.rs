//! What goes wrong with a trail: it cannot be written, or it is not what was written. Never says a value.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file ends before it does.
    #[error("it is cut off")]
    CutOff,
    /// Its length cannot be.
    #[error("its length is changed")]
    Length,
    /// It is of no kind that there is.
    #[error("its kind is changed")]
    Kind,
    /// Its digest and its content do not belong together.
    #[error("its content is not what its digest says")]
    Digest,
    /// It is no record, or another text than a record has.
    #[error("its content is no record in canonical form")]
    NotCanonical,
    /// Its number is not the next.
    #[error("it has the number {found}: records were removed, added or moved")]
    Number {
        /// The number it has.
        found: u64,
    },
    /// It was not written after what stands before it.
    #[error("what stands before it was changed, removed or added after it was written")]
    NotLinked,
    /// The start of a segment is not how the segments before it end.
    #[error("the start of its segment is not how the trail before it ends")]
    SegmentStart,
    /// A segment file that should be there is not.
    #[error("the file of its segment is missing")]
    SegmentMissing,
    /// A checkpoint is no signed note.
    #[error("the checkpoint is no signed note of C2SP")]
    NotANote,
    /// A checkpoint carries no signature of a key that is trusted.
    #[error("the checkpoint is not signed by the key given: it was changed, or the trail is signed by another key")]
    Signature,
    /// A checkpoint belongs to another trail.
    #[error("the checkpoint belongs to another trail")]
    OtherTrail,
    /// A checkpoint counts other records than stand before it.
    #[error("the checkpoint is signed over {signed} records: some were removed, added or moved")]
    Size {
        /// How many it was signed over.
        signed: u64,
    },
    /// A checkpoint stands after another one, with no record in between.
    #[error("the checkpoint is there twice")]
    Repeated,
    /// The records before a checkpoint are not those that were signed.
    #[error("the records before the checkpoint are not those that were signed")]
    Root,
    /// The trail ends before the last checkpoint that was published, or remembered.
    #[error("the trail ends here, and a signed checkpoint says that it had {signed} records: it was cut")]
    Cut {
        /// How many records the checkpoint was signed over.
        signed: u64,
    },
    /// The published checkpoint is gone.
    #[error("the file `checkpoint` is missing")]
    NoCheckpoint,
}

impl Fault {
    /// Whether a write that was interrupted looks like this.
    pub(crate) fn may_be_torn(self) -> bool {
        matches!(self, Self::CutOff | Self::Length | Self::Kind | Self::Digest)
    }
}

/// An audit trail cannot be written, or not be trusted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuditError {
    /// The trail is not what was written.
    #[error("the audit trail was tampered with: record {record} ({}, byte {byte}): {fault}", file.display())]
    Tampered {
        /// The first record that is wrong, counted from 0. Where no record is, the one that should follow.
        record: u64,
        /// Which file.
        file: PathBuf,
        /// Where in the file.
        byte: u64,
        /// What is wrong.
        fault: Fault,
    },
    /// There is no trail.
    #[error("there is no audit trail in {}; `moretta mask … --audit DIR` makes one", .0.display())]
    NoTrail(PathBuf),
    /// Another process holds the trail.
    #[error("another process holds the audit trail in {} for too long; try again", .0.display())]
    Busy(PathBuf),
    /// An event is too long to be a record.
    #[error("an event is too long for the audit trail: the input has too many columns; split it")]
    TooLong,
    /// The trail has no such record.
    #[error("the audit trail has no record {number}: the last checkpoint is over {sealed} records, counted from 0")]
    NoRecord {
        /// The record asked for.
        number: u64,
        /// How many there are up to the last checkpoint.
        sealed: u64,
    },
    /// Text that should be a checkpoint, a proof or a public key.
    #[error("{path} is no {expected}: {fault}", path = path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
        /// What is wrong.
        fault: Fault,
    },
    /// A proof that proves nothing.
    #[error("the proof does not hold: the record, or the trail, is not the one that was signed")]
    NoProof,
    /// The system gives no random bytes for the name of a trail or a run.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// The trail cannot be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
}

impl AuditError {
    /// Whether what was asked for is to blame, and not the trail or the machine.
    pub(crate) fn is_of_the_operator(&self) -> bool {
        matches!(self, Self::NoTrail(_) | Self::NoRecord { .. } | Self::TooLong)
    }

    /// For `map_err` on input and output.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source: Arc::new(source) }
    }
}
