//! The end of a trail, where the next records go.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::chain::Chain;
use super::event::TrailRepaired;
use super::fault::{AuditError, Fault};
use super::files::{self, Segment};
use super::frame::{Frame, Kind};
use super::note::TrustedKeys;
use super::walk::{End, Walk};
use crate::staged::sync_directory;

/// How long a segment may be before the next one is begun. Each write reads the last one.
const SEGMENT_BYTES: usize = 256 << 10;

/// The end of a trail, and what is to be written there.
pub(crate) struct Tail {
    pub(crate) chain: Chain,
    segment: Segment,
    /// Where in the segment it is written: what stands there is left of a write that was interrupted.
    at: usize,
    bytes: Vec<u8>,
}

impl Tail {
    /// Looks at the last segment, which says how the trail stood when it was begun. What there is to put in order is
    /// told, and done by the next write.
    ///
    /// # Errors
    /// The trail is not what was written.
    pub(crate) fn find(directory: &Path, keys: &TrustedKeys) -> Result<(Self, Option<TrailRepaired>), AuditError> {
        let segments = files::segments(directory)?;
        let (found, segment) = match segments.split_last() {
            None => (Found::nothing(directory)?, Segment::at(directory, 0)),
            Some((last, before)) => (Found::in_segments(directory, keys, last, before)?, last.clone()),
        };
        let Found { chain, end, repair } = found;
        let mut tail = Self { chain, segment, at: end.byte, bytes: Vec::new() };
        if tail.at >= SEGMENT_BYTES && repair.is_none() {
            tail.segment = Segment::at(directory, tail.chain.size());
            tail.at = 0;
        }
        if tail.at == 0 {
            let start = tail.chain.start().ok_or(AuditError::TooLong)?;
            tail.add(Kind::Segment, &start)?;
        }
        Ok((tail, repair))
    }

    /// Adds an entry, in memory.
    ///
    /// # Errors
    /// It is too long, or not what can stand here.
    pub(crate) fn add(&mut self, kind: Kind, body: &[u8]) -> Result<(), AuditError> {
        let frame = Frame::new(kind, body).ok_or(AuditError::TooLong)?;
        self.chain.take(&frame, None).map_err(|fault| AuditError::Tampered {
            record: self.chain.size(),
            file: self.segment.path.clone(),
            byte: self.at as u64,
            fault,
        })?;
        self.bytes.reserve(frame.length());
        frame.write(&mut self.bytes);
        Ok(())
    }

    /// Writes what was added, and makes it last. If that fails the trail is as before, as far as the disk allows.
    ///
    /// # Errors
    /// The disk is full, or fails.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), AuditError> {
        let path = &self.segment.path;
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
        let file = file.map_err(AuditError::io("write", path))?;
        let written = self.write_to(&file);
        if written.is_err() {
            // What cannot be taken back is put in order when the trail is opened again.
            drop(file.set_len(self.at as u64));
        }
        written.map_err(AuditError::io("write", path))?;
        if self.at == 0 { sync_directory(directory).map_err(AuditError::io("write", directory)) } else { Ok(()) }
    }

    fn write_to(&self, file: &File) -> std::io::Result<()> {
        file.write_all_at(&self.bytes, self.at as u64)?;
        file.set_len(self.at.saturating_add(self.bytes.len()) as u64)?;
        file.sync_all()
    }
}

/// What a trail ends with.
struct Found {
    chain: Chain,
    end: End,
    repair: Option<TrailRepaired>,
}

impl Found {
    /// The end of a trail that is to be begun.
    fn nothing(directory: &Path) -> Result<Self, AuditError> {
        if fs::exists(files::checkpoint_path(directory)).unwrap_or(true) {
            let file = Segment::at(directory, 0).path;
            return Err(AuditError::Tampered { record: 0, file, byte: 0, fault: Fault::SegmentMissing });
        }
        Ok(Self { chain: Chain::new()?, end: End { byte: 0, torn: 0 }, repair: None })
    }

    fn in_segments(
        directory: &Path,
        keys: &TrustedKeys,
        last: &Segment,
        before: &[Segment],
    ) -> Result<Self, AuditError> {
        let mut walk = Walk::new(directory, Some(keys), None)?.skim();
        let begun = Frame::read(&last.bytes()?).is_ok();
        // A segment that was interrupted when it was begun goes on from the one before it.
        if let (false, Some(whole)) = (begun, before.last()) {
            walk.segment(whole, false, &mut |_, _| {})?;
        }
        let end = walk.segment(last, true, &mut |_, _| {})?;
        let finished = walk.finish(last, end)?;
        let chain = finished.chain.map_or_else(Chain::new, Ok)?;
        let unsealed = chain.size().saturating_sub(chain.sealed());
        let repair = TrailRepaired { bytes_cut: end.torn as u64, unsealed_records: unsealed };
        let whole = repair.bytes_cut == 0 && repair.unsealed_records == 0 && begun;
        Ok(Self { chain, end, repair: (!whole).then_some(repair) })
    }
}
