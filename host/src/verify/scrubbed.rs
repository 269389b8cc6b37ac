//! The checks of each scrubbed text: what was found is gone, what takes its place is what was made for it, and the rest
//! stands as it stood.

use std::borrow::Cow;
use std::ops::Range;

use arrow_array::Array;

use super::Rejected;
use crate::batch::Batch;
use crate::error::Error;
use crate::mask::{MaskedBatch, Placed, ReadyCall, Scrubbed, by_cell};
use crate::scrub::is_spliced;

/// Checks every text that does not belong to a rejected row.
///
/// # Errors
/// The host did not put one together as it should: nothing is written then.
pub(super) fn check(
    batch: &Batch,
    calls: &[ReadyCall],
    masked: &MaskedBatch,
    rejected: &Rejected,
) -> Result<(), Error> {
    masked.scrubbed.iter().try_for_each(|scrubbed| {
        let check = Check { scrubbed, calls, masked };
        check.cells(batch, rejected).map_err(Error::Internal)
    })
}

struct Check<'c> {
    scrubbed: &'c Scrubbed,
    calls: &'c [ReadyCall],
    masked: &'c MaskedBatch,
}

impl Check<'_> {
    fn cells(&self, batch: &Batch, rejected: &Rejected) -> Result<(), &'static str> {
        let Scrubbed { texts, spliced, found, pieces, .. } = self.scrubbed;
        if !self.scrubbed.is_of(batch) || texts.len() != spliced.len() {
            return Err("scrubbed text is of another column");
        }
        let mut found = found.as_slice();
        for (cell, pieces) in by_cell(pieces, texts.len()) {
            let (here, others) = found.split_at(found.iter().take_while(|(of, _)| *of == cell).count());
            found = others;
            if texts.is_null(cell) != spliced.is_null(cell) {
                return Err("a text became null, or a null a text");
            }
            if texts.is_valid(cell) && !rejected.contains(self.scrubbed.row(cell)) {
                self.text((texts.value(cell), spliced.value(cell)), here, pieces)?;
                if self.scrubbed.known(cell).stands_in(spliced.value(cell)) {
                    return Err("what is known of a row stands in its scrubbed text");
                }
            }
        }
        Ok(())
    }

    fn text(
        &self,
        (text, spliced): (&str, &str),
        found: &[(usize, Range<usize>)],
        pieces: &[Placed],
    ) -> Result<(), &'static str> {
        let replaced = pieces.iter().map(|placed| self.replaced(text, placed)).collect::<Result<Vec<_>, _>>()?;
        let covers =
            |found: &Range<usize>, (piece, _): &(Range<usize>, _)| piece.start <= found.start && found.end <= piece.end;
        if !found.iter().all(|(_, found)| replaced.iter().any(|piece| covers(found, piece))) {
            return Err("something that was found in a text is in no piece of it");
        }
        let replaced = replaced.iter().map(|(range, by)| (range.clone(), by.as_ref()));
        if is_spliced(text, replaced, spliced) { Ok(()) } else { Err("a text was changed outside of its pieces") }
    }

    /// Where a piece is, and what takes its place: something else, unless the call may keep it.
    fn replaced(&self, text: &str, placed: &Placed) -> Result<(Range<usize>, Cow<'_, str>), &'static str> {
        let range = placed.piece.range.clone();
        let by = self.scrubbed.replacement(placed, &self.masked.calls).ok_or("nothing takes the place of a piece")?;
        let Some(call) = self.scrubbed.call_of(placed) else { return Ok((range, by)) };
        let ready = self.calls.get(call).ok_or("a piece is masked by no call")?;
        if !ready.call.may_keep && text.get(range.clone()) == Some(by.as_ref()) {
            return Err("a piece of a text is as it was");
        }
        Ok((range, by))
    }
}
