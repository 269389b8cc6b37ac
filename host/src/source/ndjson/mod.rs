//! NDJSON: one JSON object on each line, its leaves made columns of text by their paths.

mod decode;

use std::sync::Arc;

use arrow_schema::SchemaRef;
use memchr::memchr;

use crate::batch::Batch;
use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::bytes::Input;
use crate::source::records::{Block, End, Limits, RecordReader, Records};
use crate::source::{Chunk, ReadOptions, Source, Types};

/// One NDJSON input.
pub(super) struct NdjsonSource {
    reader: RecordReader,
    types: Types,
    always: Arc<[String]>,
    /// Whether there was no document yet.
    is_empty: bool,
}

impl NdjsonSource {
    /// Begins to read.
    pub(super) fn open(input: Input, limits: Limits, options: &ReadOptions) -> Result<Self, Error> {
        let (types, always) = (options.types.clone(), options.always.clone().into());
        Ok(Self { reader: RecordReader::new(input, limits)?, types, always, is_empty: true })
    }
}

impl Source for NdjsonSource {
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>, Error> {
        match self.reader.next(&Lines)? {
            Some(block) => {
                self.is_empty = false;
                Ok(Some(Box::new(NdjsonChunk { block, types: self.types.clone(), always: self.always.clone() })))
            }
            None if self.is_empty => {
                let place = Place { input: self.reader.name().clone(), ..Place::default() };
                Err(DataError { place, problem: DataProblem::Empty }.into())
            }
            None => Ok(None),
        }
    }

    fn schema_hint(&self) -> Option<SchemaRef> {
        None
    }
}

/// Every line is a record, and a row unless it is blank.
struct Lines;

impl Records for Lines {
    fn end(&self, bytes: &[u8], start: usize, ended: bool) -> End {
        match memchr(b'\n', bytes.get(start..).unwrap_or_default()) {
            Some(length) => End::line(bytes, start, start.saturating_add(length)),
            None if ended => End::input(bytes),
            None => End::Open { quote: None },
        }
    }

    fn is_row(&self, record: &[u8]) -> bool {
        !record.trim_ascii().is_empty()
    }
}

struct NdjsonChunk {
    block: Block,
    types: Types,
    always: Arc<[String]>,
}

impl Chunk for NdjsonChunk {
    fn bytes(&self) -> u64 {
        self.block.bytes.len() as u64
    }

    fn decode(self: Box<Self>) -> Result<Batch, Error> {
        decode::decode(self.block, &self.types, &self.always)
    }
}

#[cfg(test)]
mod tests;
