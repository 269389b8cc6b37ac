//! Text cut into blocks that end where a record ends.

use std::ops::Range;
use std::sync::Arc;

use crate::batch::BatchPlace;
use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::bytes::Input;

/// What makes a record in a format.
pub(super) trait Records: Send {
    /// Finds where the record that begins at `start` ends. At the end of the input (`ended`) what is left is a record.
    fn end(&self, bytes: &[u8], start: usize, ended: bool) -> End;

    /// Whether a record, which comes without its line ending, is a row. Other records are skipped.
    fn is_row(&self, record: &[u8]) -> bool;
}

/// Where a record ends.
pub(super) enum End {
    /// The content ends at `end`, the next record begins at `next`.
    At { end: usize, next: usize },
    /// Not in these bytes.
    Open {
        /// Where a quote opens that is not closed in these bytes.
        quote: Option<usize>,
    },
}

impl End {
    /// A record whose line feed stands at `feed`. A carriage return before it belongs to the line ending.
    pub(super) fn line(bytes: &[u8], start: usize, feed: usize) -> Self {
        let content = bytes.get(start..feed).unwrap_or_default();
        let end = if content.ends_with(b"\r") { feed.saturating_sub(1) } else { feed };
        Self::At { end, next: feed.saturating_add(1) }
    }

    /// The last record, which ends without a line feed.
    pub(super) fn input(bytes: &[u8]) -> Self {
        Self::At { end: bytes.len(), next: bytes.len() }
    }
}

/// Complete records in one buffer.
pub(super) struct Block {
    pub(super) bytes: Vec<u8>,
    /// Where each row's content lies in `bytes`, without its line ending.
    pub(super) rows: Vec<Range<usize>>,
    input: Arc<str>,
    first_row: u64,
    first_line: u64,
}

impl Block {
    /// The rows' bytes in order.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.rows.iter().map(|row| self.bytes.get(row.clone()).unwrap_or_default())
    }

    /// The place of the rows, with the line that each begins on.
    pub(super) fn place(&self) -> BatchPlace {
        let (mut line, mut counted) = (self.first_line, 0);
        let lines = self.rows.iter().map(|row| {
            line = line.saturating_add(line_feeds(&self.bytes, counted..row.start));
            counted = row.start;
            line
        });
        BatchPlace { lines: Some(lines.collect()), input: self.input.clone(), first_row: self.first_row, picked: None }
    }
}

/// The limits of a [`RecordReader`] in bytes.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// About how long a block is: the records that end within so many bytes, but at least one.
    pub(super) block: usize,
    /// The longest record.
    pub(super) record: usize,
}

/// Reads an input block by block.
pub(super) struct RecordReader {
    input: Input,
    limits: Limits,
    /// Bytes that were read and not handed out.
    ahead: Vec<u8>,
    ended: bool,
    row: u64,
    line: u64,
}

impl RecordReader {
    /// Begins to read: skips a UTF-8 byte order mark.
    ///
    /// # Errors
    /// The text is UTF-16.
    pub(super) fn new(input: Input, limits: Limits) -> Result<Self, Error> {
        let mut reader = Self { input, limits, ahead: Vec::new(), ended: false, row: 1, line: 1 };
        reader.fill(3)?;
        if reader.ahead.starts_with(&[0xff, 0xfe]) || reader.ahead.starts_with(&[0xfe, 0xff]) {
            return Err(reader.error(1, DataProblem::Utf16));
        }
        if reader.ahead.starts_with(b"\xef\xbb\xbf") {
            reader.ahead.clear();
        }
        Ok(reader)
    }

    /// The input as the operator named it.
    pub(super) fn name(&self) -> &Arc<str> {
        self.input.name()
    }

    /// The first record, which is no row, `None` if the input is empty.
    pub(super) fn header(&mut self, records: &impl Records) -> Result<Option<Vec<u8>>, Error> {
        let mut window = self.limits.block.min(64 << 10);
        loop {
            self.fill(window)?;
            if self.ahead.is_empty() {
                return Ok(None);
            }
            match records.end(&self.ahead, 0, self.ended) {
                End::At { end, next } => {
                    let rest = self.ahead.split_off(next);
                    let mut header = std::mem::replace(&mut self.ahead, rest);
                    self.line = self.line.saturating_add(line_feeds(&header, 0..next));
                    header.truncate(end);
                    return Ok(Some(header));
                }
                End::Open { quote } => window = self.widen(window, quote)?,
            }
        }
    }

    /// The records that end within the next block, at least one, `None` at the end of the input.
    ///
    /// # Errors
    /// A record is too long, or a quote is never closed; the error names the line.
    pub(super) fn next(&mut self, records: &impl Records) -> Result<Option<Block>, Error> {
        let mut window = self.limits.block;
        loop {
            self.fill(window)?;
            if self.ahead.is_empty() {
                return Ok(None);
            }
            let seen = self.ahead.get(..window).unwrap_or(&self.ahead);
            let found = find(records, seen, self.ended && seen.len() == self.ahead.len());
            if let Some(long) = found.rows.iter().find(|row| row.len() > self.limits.record) {
                return Err(self.too_long(long.start));
            }
            if found.next == 0 {
                window = self.widen(window, found.quote)?;
                continue;
            }
            let block = self.take(found);
            if !block.rows.is_empty() {
                return Ok(Some(block));
            }
            window = self.limits.block;
        }
    }

    fn take(&mut self, found: Found) -> Block {
        let rest = self.ahead.split_off(found.next);
        let bytes = std::mem::replace(&mut self.ahead, rest);
        let (first_row, first_line) = (self.row, self.line);
        self.row = self.row.saturating_add(found.rows.len() as u64);
        self.line = self.line.saturating_add(line_feeds(&bytes, 0..bytes.len()));
        Block { bytes, rows: found.rows, input: self.name().clone(), first_row, first_line }
    }

    fn fill(&mut self, length: usize) -> Result<(), Error> {
        if !self.ended && self.ahead.len() < length {
            self.ended = self.input.fill(&mut self.ahead, length)?;
        }
        Ok(())
    }

    /// A wider window for a record that does not end in this one.
    fn widen(&self, window: usize, quote: Option<usize>) -> Result<usize, Error> {
        if self.ended && window >= self.ahead.len() {
            let line = self.line.saturating_add(line_feeds(&self.ahead, 0..quote.unwrap_or_default()));
            return Err(self.error(line, DataProblem::UnclosedQuote));
        }
        if window > self.limits.record {
            return Err(self.too_long(0));
        }
        Ok(window.saturating_mul(2))
    }

    fn too_long(&self, start: usize) -> Error {
        let line = self.line.saturating_add(line_feeds(&self.ahead, 0..start));
        self.error(line, DataProblem::RowTooLong { limit: self.limits.record })
    }

    fn error(&self, line: u64, problem: DataProblem) -> Error {
        let place = Place { input: self.name().clone(), line: Some(line), ..Place::default() };
        DataError { place, problem }.into()
    }
}

/// The complete records at the start of a buffer.
struct Found {
    rows: Vec<Range<usize>>,
    /// Where the first incomplete record begins.
    next: usize,
    /// Where a quote opens in it that is not closed.
    quote: Option<usize>,
}

fn find(records: &impl Records, bytes: &[u8], ended: bool) -> Found {
    let mut found = Found { rows: Vec::new(), next: 0, quote: None };
    while found.next < bytes.len() {
        match records.end(bytes, found.next, ended) {
            End::At { end, next } => {
                let row = found.next..end;
                if records.is_row(bytes.get(row.clone()).unwrap_or_default()) {
                    found.rows.push(row);
                }
                found.next = next;
            }
            End::Open { quote } => {
                found.quote = quote;
                break;
            }
        }
    }
    found
}

fn line_feeds(bytes: &[u8], range: Range<usize>) -> u64 {
    memchr::memchr_iter(b'\n', bytes.get(range).unwrap_or_default()).count() as u64
}
