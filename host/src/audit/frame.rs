//! What a segment file is made of: pieces with their length, kind and digest before them.
//!
//! ```text
//! length of the body, 4 bytes, big endian │ kind, 1 byte │ SHA-256 of kind and body, 32 bytes │ body
//! ```

use sha2::{Digest, Sha256};

use super::Hash;
use super::fault::Fault;

/// The bytes before a body.
const PREFIX: usize = 4 + 1 + 32;
/// Longer than any body: tens of thousands of columns.
const MOST_BODY: usize = 16 << 20;

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// How the trail stood when the segment was begun. The first of each segment.
    Segment = 1,
    /// A record.
    Record = 2,
    /// A signed checkpoint over all records before it.
    Checkpoint = 3,
}

/// One piece.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: Kind,
    pub(crate) digest: Hash,
    pub(crate) body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// A piece of this kind. `None` if the body is too long for one.
    pub(crate) fn new(kind: Kind, body: &'a [u8]) -> Option<Self> {
        let digest = Sha256::new().chain_update([kind as u8]).chain_update(body).finalize().into();
        (body.len() <= MOST_BODY).then_some(Self { kind, digest, body })
    }

    /// Appends it to the bytes of a file.
    pub(crate) fn write(&self, file: &mut Vec<u8>) {
        #[expect(clippy::cast_possible_truncation, reason = "MOST_BODY is less than 2^32")]
        let length = self.body.len() as u32;
        file.extend_from_slice(&length.to_be_bytes());
        file.push(self.kind as u8);
        file.extend_from_slice(&self.digest);
        file.extend_from_slice(self.body);
    }

    /// The first piece of these bytes, and what follows it.
    ///
    /// # Errors
    /// It is not whole, or not what was written.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Fault> {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or(Fault::CutOff)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > MOST_BODY {
            return Err(Fault::Length);
        }
        let (kind, rest) = rest.split_first().ok_or(Fault::CutOff)?;
        let kind = match kind {
            1 => Kind::Segment,
            2 => Kind::Record,
            3 => Kind::Checkpoint,
            _ => return Err(Fault::Kind),
        };
        let (digest, rest) = rest.split_first_chunk::<32>().ok_or(Fault::CutOff)?;
        let (body, rest) = rest.split_at_checked(length).ok_or(Fault::CutOff)?;
        let frame = Self::new(kind, body).ok_or(Fault::Length)?;
        if frame.digest == *digest { Ok((frame, rest)) } else { Err(Fault::Digest) }
    }

    /// How many bytes it takes in a file.
    pub(crate) fn length(&self) -> usize {
        self.body.len().saturating_add(PREFIX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let mut file = Vec::new();
        Frame::new(Kind::Record, b"one").unwrap().write(&mut file);
        Frame::new(Kind::Checkpoint, b"").unwrap().write(&mut file);
        file
    }

    #[test]
    fn reads_what_was_written() {
        let file = written();
        let (one, rest) = Frame::read(&file).unwrap();
        assert_eq!((one.kind, one.body, one.length()), (Kind::Record, b"one".as_slice(), PREFIX + 3));
        let (two, rest) = Frame::read(rest).unwrap();
        assert_eq!((two.kind, two.body, rest), (Kind::Checkpoint, b"".as_slice(), b"".as_slice()));
    }

    #[test]
    fn no_byte_can_be_another() {
        let file = written();
        for at in 0..PREFIX + 3 {
            for bit in 0..8 {
                let mut changed = file.clone();
                changed[at] ^= 1 << bit;
                assert!(Frame::read(&changed).is_err(), "byte {at}");
            }
        }
    }

    #[test]
    fn a_piece_of_a_piece_is_cut_off() {
        let file = written();
        for end in 0..PREFIX + 3 {
            assert_eq!(Frame::read(&file[..end]).unwrap_err(), Fault::CutOff, "{end} bytes");
        }
    }
}
