//! A stream, message by message.

use std::io::{self, Read};

use super::message::{Prefix, body_length, check_buffers, damaged, read_exactly};

/// The bytes of a stream, handed on once the message that they belong to is there as a whole and checked.
pub(super) struct CheckedStream<R> {
    reader: R,
    message: Vec<u8>,
    given: usize,
}

impl<R: Read> CheckedStream<R> {
    /// A stream at its start.
    pub(super) fn new(reader: R) -> Self {
        Self { reader, message: Vec::new(), given: 0 }
    }

    /// Reads the next message. None is left at the end.
    fn advance(&mut self) -> io::Result<()> {
        self.message.clear();
        self.given = 0;
        let mut length = self.prefix()?;
        if let Some(Prefix::Continuation) = length {
            length = self.prefix()?;
        }
        let length = match length {
            Some(Prefix::Length(length)) => length,
            Some(Prefix::Continuation) => return Err(damaged("a message has no length")),
            None => return Ok(()),
        };
        let start = self.message.len();
        read_exactly(&mut self.reader, length, &mut self.message)?;
        // A message without metadata ends the stream. What follows would be overlooked: perhaps another stream.
        if length == 0 {
            let surplus = read_some(&mut self.reader)?;
            return if surplus { Err(damaged("something follows its end")) } else { Ok(()) };
        }
        let body = self.message.len();
        let length = body_length(self.part(start..body))?;
        read_exactly(&mut self.reader, length, &mut self.message)?;
        check_buffers(self.part(start..body), self.part(body..self.message.len()))
    }

    fn prefix(&mut self) -> io::Result<Option<Prefix>> {
        let start = self.message.len();
        self.reader.by_ref().take(4).read_to_end(&mut self.message)?;
        match self.part(start..self.message.len()).try_into() {
            Ok(bytes) => Prefix::of(bytes).map(Some),
            Err(_) if self.message.is_empty() => Ok(None),
            Err(_) => Err(damaged("a message is cut off")),
        }
    }

    fn part(&self, range: std::ops::Range<usize>) -> &[u8] {
        self.message.get(range).unwrap_or_default()
    }
}

fn read_some(reader: &mut impl Read) -> io::Result<bool> {
    Ok(reader.take(1).read_to_end(&mut Vec::new())? > 0)
}

impl<R: Read> Read for CheckedStream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.message.len() {
            self.advance()?;
        }
        let read = self.message.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given = self.given.saturating_add(read);
        Ok(read)
    }
}
