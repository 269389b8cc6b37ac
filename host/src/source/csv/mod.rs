//! CSV (RFC 4180), cut by records on the reader and made columns on the workers.
//!
//! A tokenizer of its own, because a general one does not tell an empty field (a null) from a quoted empty one (an
//! empty text), and cannot find where records end without making fields of them.

mod decode;
mod fields;
mod header;
mod records;

use std::sync::Arc;

use arrow_schema::SchemaRef;

use crate::batch::Batch;
use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::bytes::Input;
use crate::source::records::{Block, Limits, RecordReader};
use crate::source::{Chunk, Source, Types};

use header::Header;
use records::CsvRecords;

/// One CSV input.
pub(super) struct CsvSource {
    reader: RecordReader,
    records: CsvRecords,
    header: Arc<Header>,
}

impl CsvSource {
    /// Reads the header.
    ///
    /// # Errors
    /// There is none, or it is not one of distinct names.
    pub(super) fn open(input: Input, limits: Limits, delimiter: u8, types: &Types) -> Result<Self, Error> {
        let mut reader = RecordReader::new(input, limits)?;
        let place = Place { input: reader.name().clone(), ..Place::default() };
        let Some(record) = reader.header(&CsvRecords { delimiter, one_column: true })? else {
            return Err(DataError { place, problem: DataProblem::Empty }.into());
        };
        let header = Header::parse(&record, delimiter, types, place)?;
        let records = CsvRecords { delimiter, one_column: header.names().len() == 1 };
        Ok(Self { reader, records, header: Arc::new(header) })
    }
}

impl Source for CsvSource {
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>, Error> {
        let block = self.reader.next(&self.records)?;
        Ok(block.map(|block| Box::new(CsvChunk { block, header: self.header.clone() }) as Box<dyn Chunk>))
    }

    fn schema_hint(&self) -> Option<SchemaRef> {
        Some(self.header.schema().clone())
    }
}

struct CsvChunk {
    block: Block,
    header: Arc<Header>,
}

impl Chunk for CsvChunk {
    fn bytes(&self) -> u64 {
        self.block.bytes.len() as u64
    }

    fn decode(self: Box<Self>) -> Result<Batch, Error> {
        decode::decode(&self.block, &self.header)
    }
}

#[cfg(test)]
mod tests;
