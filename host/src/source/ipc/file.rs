//! A file, block by block as its index at the end has them.

use std::collections::VecDeque;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{Block, root_as_footer};
use arrow_schema::{ArrowError, SchemaRef};

use super::message::{Prefix, check_buffers, damaged, read_exactly};

/// The record batches of a file. Blocks are checked before they are decoded.
pub(super) struct FileBatches<R> {
    reader: R,
    decoder: FileDecoder,
    schema: SchemaRef,
    blocks: VecDeque<Block>,
}

/// The length of the index, and the mark, end a file.
const TRAILER: u64 = 10;

impl<R: Read + Seek> FileBatches<R> {
    /// Reads the index and the dictionaries.
    ///
    /// # Errors
    /// They are damaged, or were written on a machine of the other endianness.
    pub(super) fn open(mut reader: R) -> Result<Self, ArrowError> {
        let footer = footer(&mut reader)?;
        let footer = root_as_footer(&footer).map_err(|_| damaged("the index is damaged"))?;
        let schema = footer.schema().filter(|schema| schema.endianness().equals_to_target_endianness());
        let schema = Arc::new(fb_to_schema(schema.ok_or_else(|| damaged("there is no schema for this machine"))?));
        let blocks = footer.recordBatches().ok_or_else(|| damaged("the index has no batches"))?;
        let mut file = Self {
            reader,
            decoder: FileDecoder::new(schema.clone(), footer.version()),
            schema,
            blocks: blocks.iter().copied().collect(),
        };
        for block in footer.dictionaries().iter().flatten() {
            let bytes = file.read(block)?;
            file.decoder.read_dictionary(block, &bytes)?;
        }
        Ok(file)
    }

    /// The columns.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn read(&mut self, block: &Block) -> Result<Buffer, ArrowError> {
        let length = |length| u64::try_from(length).map_err(|_| damaged("a block has a negative place or length"));
        let (metadata, body) = (length(i64::from(block.metaDataLength()))?, length(block.bodyLength())?);
        self.reader.seek(SeekFrom::Start(length(block.offset())?))?;
        let mut bytes = Vec::new();
        read_exactly(&mut self.reader, metadata, &mut bytes)?;
        let start = bytes.len();
        read_exactly(&mut self.reader, body, &mut bytes)?;
        let (metadata, body) = bytes.split_at_checked(start).unwrap_or_default();
        check_buffers(message(metadata)?, body)?;
        Ok(Buffer::from_vec(bytes))
    }
}

impl<R: Read + Seek> Iterator for FileBatches<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let block = self.blocks.pop_front()?;
        let batch = self.read(&block).and_then(|bytes| self.decoder.read_record_batch(&block, &bytes));
        Some(batch.and_then(|batch| batch.ok_or_else(|| damaged("a block holds no batch").into())))
    }
}

fn footer(reader: &mut (impl Read + Seek)) -> Result<Vec<u8>, ArrowError> {
    let end = reader.seek(SeekFrom::End(0))?;
    let trailer_start = end.checked_sub(TRAILER).ok_or_else(|| damaged("the file is too short"))?;
    reader.seek(SeekFrom::Start(trailer_start))?;
    let mut trailer = [0; TRAILER as usize];
    reader.read_exact(&mut trailer)?;
    let length = read_footer_length(trailer)? as u64;
    let start = trailer_start.checked_sub(length).ok_or_else(|| damaged("the index is longer than the file"))?;
    reader.seek(SeekFrom::Start(start))?;
    let mut footer = Vec::new();
    read_exactly(reader, length, &mut footer)?;
    Ok(footer)
}

/// The metadata of a block behind its length.
fn message(metadata: &[u8]) -> Result<&[u8], ArrowError> {
    let cut = || damaged("a block is cut off");
    let (prefix, rest) = metadata.split_first_chunk().ok_or_else(cut)?;
    Ok(match Prefix::of(*prefix)? {
        Prefix::Length(_) => rest,
        Prefix::Continuation => rest.split_first_chunk::<4>().ok_or_else(cut)?.1,
    })
}
