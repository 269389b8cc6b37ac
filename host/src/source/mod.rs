//! Read: one input after the other, cut into chunks of rows.
//!
//! Reading is split in two, so that the one reader thread does little: [`Source::next`] finds where a chunk of rows
//! ends, [`Chunk::decode`] makes columns of it on a worker. Chunks are cut by bytes alone, so the batches of an input
//! are the same for any number of workers.

use std::collections::BTreeMap;

use crate::batch::{Batch, ColumnType};
use crate::error::Error;

/// The types that the policy gives to columns, by name. A column that is not named is text, or what a typed file says.
pub type Types = BTreeMap<String, ColumnType>;

/// Where rows come from.
pub trait Source: Send {
    /// The next chunk of rows in order, `None` at the end.
    ///
    /// # Errors
    /// The input cannot be read, or is malformed; the error names file and line.
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>, Error>;
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
