//! How a trail stands at one place: what the next entry must follow, and how far it is signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Hash;
use super::fault::{AuditError, Fault};
use super::frame::{Frame, Kind};
use super::note::{Checkpoint, TrustedKeys, new_origin};
use super::record::{Record, canonical};
use super::tree::{Frontier, leaf_hash};

/// The only form that there is.
const FORMAT: u32 = 1;

/// How a trail stands.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    origin: String,
    previous: Hash,
    tree: Frontier,
    checkpoint: Option<String>,
    sealed: u64,
}

/// The beginning of a segment: enough to go on without the segments before it. All of it follows from them, and is
/// compared with them when they are there.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    checkpoint: Option<String>,
    first: u64,
    format: u32,
    origin: String,
    peaks: Vec<String>,
    previous: String,
}

/// What an entry was.
pub(crate) enum Taken {
    Start,
    Record(Box<Record>),
    Checkpoint,
}

impl Chain {
    /// A new trail.
    ///
    /// # Errors
    /// The system gives no random bytes for its name.
    pub(crate) fn new() -> Result<Self, AuditError> {
        let origin = new_origin().map_err(|_| AuditError::NoRandomness)?;
        Ok(Self { origin, previous: [0; 32], tree: Frontier::default(), checkpoint: None, sealed: 0 })
    }

    /// How the trail stood when a segment was begun, by the segment's first piece.
    ///
    /// # Errors
    /// It is no such piece, or says what the checkpoint in it does not.
    pub(crate) fn resume(frame: &Frame<'_>, keys: Option<&TrustedKeys>) -> Result<Self, Fault> {
        let start: Start = serde_json::from_slice(frame.body).map_err(|_| Fault::NotCanonical)?;
        let peaks: Option<Vec<Hash>> = start.peaks.iter().map(|peak| decode(peak)).collect();
        let tree = peaks.and_then(|peaks| Frontier::of_peaks(start.first, peaks)).ok_or(Fault::SegmentStart)?;
        let previous = decode(&start.previous).ok_or(Fault::SegmentStart)?;
        let (origin, sealed) = (start.origin, start.first);
        let chain = Self { origin, previous, tree, checkpoint: start.checkpoint, sealed };
        match &chain.checkpoint {
            Some(note) => chain.check(note, keys)?,
            None if sealed > 0 || previous != [0; 32] => return Err(Fault::SegmentStart),
            None => {}
        }
        let whole = frame.kind == Kind::Segment && chain.start().is_some_and(|start| start == frame.body);
        if whole { Ok(Self { previous: frame.digest, ..chain }) } else { Err(Fault::SegmentStart) }
    }

    /// What a segment that is begun here starts with. `None` never, for a chain that is whole.
    pub(crate) fn start(&self) -> Option<Vec<u8>> {
        let peaks = self.tree.peaks().iter().map(|peak| STANDARD.encode(peak)).collect();
        let (checkpoint, origin) = (self.checkpoint.clone(), self.origin.clone());
        let previous = STANDARD.encode(self.previous);
        let start = Start { checkpoint, first: self.tree.size(), format: FORMAT, origin, peaks, previous };
        canonical(serde_json::to_value(start).ok()?)
    }

    /// Takes the next entry. Without keys, signatures are not looked at.
    ///
    /// # Errors
    /// It is not what can stand here; the chain is as before then.
    pub(crate) fn take(&mut self, frame: &Frame<'_>, keys: Option<&TrustedKeys>) -> Result<Taken, Fault> {
        let taken = match frame.kind {
            Kind::Segment if self.start().is_none_or(|start| start != frame.body) => return Err(Fault::SegmentStart),
            Kind::Segment => Taken::Start,
            Kind::Record => {
                let record = Record::of_text(frame.body)?;
                if record.number != self.tree.size() {
                    return Err(Fault::Number { found: record.number });
                }
                if record.previous != STANDARD.encode(self.previous) {
                    return Err(Fault::NotLinked);
                }
                self.tree.push(leaf_hash(frame.body));
                Taken::Record(Box::new(record))
            }
            Kind::Checkpoint => {
                let note = std::str::from_utf8(frame.body).map_err(|_| Fault::NotANote)?;
                self.check(note, keys)?;
                // One that seals nothing was added: it can be copied from where it stands.
                if self.sealed == self.tree.size() {
                    return Err(Fault::Repeated);
                }
                self.checkpoint = Some(note.to_owned());
                self.sealed = self.tree.size();
                Taken::Checkpoint
            }
        };
        self.previous = frame.digest;
        Ok(taken)
    }

    /// Whether a note is one over exactly the records so far.
    fn check(&self, note: &str, keys: Option<&TrustedKeys>) -> Result<(), Fault> {
        let checkpoint = keys.map_or_else(|| Checkpoint::read(note), |keys| Checkpoint::open(note, keys))?;
        if checkpoint.origin != self.origin {
            return Err(Fault::OtherTrail);
        }
        if checkpoint.size != self.tree.size() {
            return Err(Fault::Size { signed: checkpoint.size });
        }
        if checkpoint.root == self.tree.root() { Ok(()) } else { Err(Fault::Root) }
    }

    /// The checkpoint over all records so far.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        Checkpoint { origin: self.origin.clone(), size: self.tree.size(), root: self.tree.root() }
    }

    /// The digest of the last entry, in base64.
    pub(crate) fn previous(&self) -> String {
        STANDARD.encode(self.previous)
    }

    /// How many records there are.
    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// How many records the last checkpoint is over.
    pub(crate) fn sealed(&self) -> u64 {
        self.sealed
    }

    /// The last checkpoint, as it was signed.
    pub(crate) fn note(&self) -> Option<&str> {
        self.checkpoint.as_deref()
    }
}

fn decode(hash: &str) -> Option<Hash> {
    STANDARD.decode(hash).ok()?.try_into().ok()
}
