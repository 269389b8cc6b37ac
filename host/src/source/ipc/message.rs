//! The lengths that a message declares, held against the bytes there are.
//!
//! The Arrow reader allocates what a message declares before it reads it. An allocation that fails ends the process,
//! and no damaged file may do that. So bytes are read here, and memory grows with what was there to read.

use std::io::{self, Read};

use arrow_ipc::{MessageHeader, root_as_message};

/// What messages begin with since version 0.15 of the format; before it, with their length.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The most that a byte of a compressed buffer becomes: a block of Zstandard holds 128 KiB in 4 bytes (RFC 8878,
/// section 3.1.1.2), one of LZ4 less.
const MOST_EXPANSION: u64 = 32 << 10;

/// The longest buffer in bytes: what the offsets of a column can reach.
const MOST_BYTES: u64 = 1 << 31;

/// Appends so many bytes.
///
/// # Errors
/// There are fewer, or the reader fails.
pub(super) fn read_exactly(reader: &mut impl Read, length: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    let read = reader.take(length).read_to_end(bytes)?;
    if read as u64 == length { Ok(()) } else { Err(damaged("a message is cut off")) }
}

/// The length of a message's metadata, from the bytes before it: of these there are four or eight.
#[derive(Clone, Copy)]
pub(super) enum Prefix {
    /// A length.
    Length(u64),
    /// A mark, and the length follows.
    Continuation,
}

impl Prefix {
    /// Makes sense of four bytes.
    ///
    /// # Errors
    /// They are a negative length.
    pub(super) fn of(bytes: [u8; 4]) -> io::Result<Self> {
        if bytes == CONTINUATION {
            return Ok(Self::Continuation);
        }
        let length = u64::try_from(i32::from_le_bytes(bytes));
        length.map(Self::Length).map_err(|_| damaged("a message has a negative length"))
    }
}

/// The length of the body that belongs to the metadata.
///
/// # Errors
/// The metadata is damaged.
pub(super) fn body_length(metadata: &[u8]) -> io::Result<u64> {
    let message = root_as_message(metadata).map_err(|_| damaged("the metadata of a message is damaged"))?;
    u64::try_from(message.bodyLength()).map_err(|_| damaged("a body has a negative length"))
}

/// Checks that every buffer lies in the body and, compressed, can become as long as it says.
///
/// # Errors
/// One does not.
pub(super) fn check_buffers(metadata: &[u8], body: &[u8]) -> io::Result<()> {
    let message = root_as_message(metadata).map_err(|_| damaged("the metadata of a message is damaged"))?;
    let batch = match message.header_type() {
        MessageHeader::RecordBatch => message.header_as_record_batch(),
        MessageHeader::DictionaryBatch => message.header_as_dictionary_batch().and_then(|batch| batch.data()),
        _ => None,
    };
    let Some(batch) = batch else { return Ok(()) };
    for buffer in batch.buffers().iter().flatten() {
        let start = usize::try_from(buffer.offset()).ok();
        let end = start.and_then(|start| start.checked_add(usize::try_from(buffer.length()).ok()?));
        let bytes = start.zip(end).and_then(|(start, end)| body.get(start..end));
        let bytes = bytes.ok_or_else(|| damaged("a buffer lies outside its body"))?;
        if batch.compression().is_some() && !can_become(bytes) {
            return Err(damaged("a compressed buffer cannot be as long as it says"));
        }
    }
    Ok(())
}

/// A compressed buffer begins with its length, -1 where it is not compressed after all.
fn can_become(buffer: &[u8]) -> bool {
    let Some((length, compressed)) = buffer.split_first_chunk() else { return buffer.is_empty() };
    let most = (compressed.len() as u64).saturating_mul(MOST_EXPANSION).min(MOST_BYTES);
    u64::try_from(i64::from_le_bytes(*length)).map_or(true, |length| length <= most)
}

pub(super) fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
