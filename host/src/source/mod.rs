//! Read: one input after the other, cut into chunks of rows.
//!
//! Reading is split in two, so that the one reader thread does little: [`Source::next`] finds where a chunk of rows
//! ends, [`Chunk::decode`] makes columns of it on a worker. Chunks are cut by bytes alone, so the batches of an input
//! are the same for any number of workers.

mod bytes;
mod columns;
mod convert;
mod csv;
mod format;
mod identity;
mod ipc;
pub(crate) mod json_paths;
mod ndjson;
mod open;
mod parquet;
mod parse;
mod records;
mod typed;

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow_schema::SchemaRef;

use crate::batch::{Batch, ColumnType};
use crate::error::Error;

pub use format::{Compression, Format};
pub use identity::Identity;
pub use open::{open, open_sent};
pub(crate) use parse::is_of_type;

/// The types that the policy gives to columns, by name. A column that is not named is text, or what a typed file says.
pub type Types = BTreeMap<String, ColumnType>;

/// About how many bytes of input make a batch, unless said otherwise: what one worker reads, masks and writes of it stays
/// in the caches near it (1 GB masked on 2 cores: 3.0 s; with 2 MiB 3.3 s, with ¼ MiB 3.4 s).
pub const BATCH_BYTES: usize = 1 << 20;

/// How to read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The types of columns: of text in the formats that have no types of their own, in place of their own in others.
    pub types: Types,
    /// About how many bytes of input, or of decoded columns in a typed file, make a chunk.
    pub batch_bytes: usize,
    /// The longest row in bytes, in the formats that are text.
    pub max_row_bytes: usize,
    /// The format of every input; `None` goes by each file's extension.
    pub format: Option<Format>,
    /// Columns that documents have, in every batch and whether one of them has a value there or not.
    pub always: Vec<String>,
    /// Where the bytes of the one input are read, if not under its name, which still tells format and compression: a
    /// copy that nobody changes.
    pub content: Option<PathBuf>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            types: Types::new(),
            batch_bytes: BATCH_BYTES,
            max_row_bytes: 16 << 20,
            format: None,
            always: Vec::new(),
            content: None,
        }
    }
}

/// Where rows come from.
pub trait Source: Send {
    /// The next chunk of rows in order, `None` at the end.
    ///
    /// # Errors
    /// The input cannot be read, or is malformed; the error names file and line.
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>, Error>;

    /// The columns, where the format names them before the first row. Every batch has exactly these.
    fn schema_hint(&self) -> Option<SchemaRef>;
}

/// Some rows, as they stand in the source.
pub trait Chunk: Send {
    /// How many bytes of input the chunk stands for.
    fn bytes(&self) -> u64;

    /// Makes columns of the rows.
    ///
    /// # Errors
    /// The rows are malformed; the error names file, line and column.
    fn decode(self: Box<Self>) -> Result<Batch, Error>;
}
