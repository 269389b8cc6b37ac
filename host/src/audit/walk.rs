//! Going along a trail from entry to entry, as its writer and its verifier do.

use std::path::Path;

use super::chain::{Chain, Taken};
use super::fault::{AuditError, Fault};
use super::files::{self, Segment};
use super::frame::{Frame, Kind};
use super::note::{Checkpoint, TrustedKeys};
use super::record::Record;

/// Goes along a trail.
pub(crate) struct Walk<'a> {
    keys: Option<&'a TrustedKeys>,
    /// Whether the published checkpoint vouches for those before it.
    skim: bool,
    /// Checkpoints that the trail must agree with: the published one, and one that somebody remembers.
    anchors: Vec<Checkpoint>,
    published: bool,
    /// None before the first segment.
    chain: Option<Chain>,
    checkpoints: u64,
}

/// Where a segment ends, and why there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// After how many bytes the last whole entry ends.
    pub(crate) byte: usize,
    /// Bytes after it that a write left that was interrupted.
    pub(crate) torn: usize,
}

impl<'a> Walk<'a> {
    /// Begins before the first segment. Without keys, signatures are not looked at.
    ///
    /// # Errors
    /// The published checkpoint is none, or signed by another key.
    pub(crate) fn new(
        directory: &Path,
        keys: Option<&'a TrustedKeys>,
        remembered: Option<&Checkpoint>,
    ) -> Result<Self, AuditError> {
        let note = files::published(directory)?;
        let published = note.map(|note| keys.map_or_else(|| Checkpoint::read(&note), |k| Checkpoint::open(&note, k)));
        let published = published.transpose().map_err(|fault| AuditError::Malformed {
            path: files::checkpoint_path(directory),
            expected: "checkpoint of this trail",
            fault,
        })?;
        let is_published = published.is_some();
        let anchors = published.into_iter().chain(remembered.cloned()).collect();
        Ok(Self { keys, skim: false, anchors, published: is_published, chain: None, checkpoints: 0 })
    }

    /// Does not look at the signatures of checkpoints before the published one, whose root is over their records too: a
    /// writer comes by often.
    pub(crate) fn skim(self) -> Self {
        Self { skim: true, ..self }
    }

    /// Goes along one segment. `each` is given the records with their texts.
    ///
    /// # Errors
    /// [`AuditError::Tampered`] at the first entry that is not as it was written. In the last segment an entry that is
    /// not whole is none, if all that was ever published stands before it.
    pub(crate) fn segment(
        &mut self,
        segment: &Segment,
        last: bool,
        each: &mut dyn FnMut(Record, &[u8]),
    ) -> Result<End, AuditError> {
        if self.chain.as_ref().is_some_and(|chain| chain.size() != segment.first) {
            return Err(self.tampered(segment, 0, Fault::SegmentMissing));
        }
        let bytes = segment.bytes()?;
        let mut rest = bytes.as_slice();
        loop {
            let byte = bytes.len().saturating_sub(rest.len());
            match self.next(segment, byte, rest, each) {
                Ok(Some(left)) => rest = left,
                Ok(None) => return Ok(End { byte, torn: 0 }),
                Err(fault) if last && fault.may_be_torn() && self.is_published() => {
                    return Ok(End { byte, torn: rest.len() });
                }
                Err(fault) => return Err(self.tampered(segment, byte, fault)),
            }
        }
    }

    /// Takes one entry; what is left after it, and `None` after the last one.
    fn next<'b>(
        &mut self,
        segment: &Segment,
        byte: usize,
        rest: &'b [u8],
        each: &mut dyn FnMut(Record, &[u8]),
    ) -> Result<Option<&'b [u8]>, Fault> {
        if rest.is_empty() {
            // A segment without its start is one that was interrupted when it was begun.
            return if self.chain.is_some() { Ok(None) } else { Err(Fault::CutOff) };
        }
        let (frame, rest) = Frame::read(rest)?;
        if (frame.kind == Kind::Segment) != (byte == 0) {
            return Err(Fault::SegmentStart);
        }
        let Some(chain) = &mut self.chain else {
            let chain = self.chain.insert(Chain::resume(&frame, self.keys)?);
            if chain.size() != segment.first {
                return Err(Fault::SegmentMissing);
            }
            return agree(&self.anchors, chain).map(|()| Some(rest));
        };
        let vouched = self.skim && self.anchors.iter().any(|anchor| anchor.size >= chain.size());
        match chain.take(&frame, self.keys.filter(|_| !vouched))? {
            Taken::Start => {}
            Taken::Checkpoint => self.checkpoints = self.checkpoints.saturating_add(1),
            Taken::Record(record) => {
                agree(&self.anchors, chain)?;
                each(*record, frame.body);
            }
        }
        Ok(Some(rest))
    }

    /// The trail after its last segment.
    ///
    /// # Errors
    /// It ends before a checkpoint that it must agree with, or there is none where there should be.
    pub(crate) fn finish(self, last: &Segment, end: End) -> Result<Finished, AuditError> {
        let fault = match &self.chain {
            None => None,
            // The first checkpoint is published after the first write: the machine may have died in between.
            Some(_) if !self.published && (self.checkpoints > 1 || last.first > 0) => Some(Fault::NoCheckpoint),
            Some(chain) => {
                let cut = self.anchors.iter().find(|anchor| anchor.size > chain.sealed());
                cut.map(|anchor| Fault::Cut { signed: anchor.size })
            }
        };
        match fault {
            Some(fault) => Err(self.tampered(last, end.byte, fault)),
            None => Ok(Finished { chain: self.chain, checkpoints: self.checkpoints }),
        }
    }

    /// Whether everything that was ever published has been passed.
    fn is_published(&self) -> bool {
        let sealed = self.chain.as_ref().map_or(0, Chain::sealed);
        self.anchors.iter().all(|anchor| anchor.size <= sealed)
    }

    fn tampered(&self, segment: &Segment, byte: usize, fault: Fault) -> AuditError {
        let record = self.chain.as_ref().map_or(segment.first, Chain::size);
        AuditError::Tampered { record, file: segment.path.clone(), byte: byte as u64, fault }
    }
}

/// How a trail stands at its end.
pub(crate) struct Finished {
    /// None if not even the start of the only segment is whole.
    pub(crate) chain: Option<Chain>,
    /// How many checkpoints were passed.
    pub(crate) checkpoints: u64,
}

/// Whether the trail is, at the size of an anchor, what was signed there.
fn agree(anchors: &[Checkpoint], chain: &Chain) -> Result<(), Fault> {
    let mut here = anchors.iter().filter(|anchor| anchor.size == chain.size()).peekable();
    if here.peek().is_none() {
        return Ok(());
    }
    let now = chain.checkpoint();
    match here.find(|anchor| **anchor != now) {
        Some(other) if other.origin != now.origin => Err(Fault::OtherTrail),
        Some(_) => Err(Fault::Root),
        None => Ok(()),
    }
}
