//! Write: stage the output beside its target, then commit or discard it.
//!
//! Writing is split in two, so that the one writer thread does little: [`Encoder::encode`] runs on a worker,
//! [`Stage::write`] takes what came of it in order. Nothing is under the output's name before [`Stage::commit`].

use crate::error::Error;
use crate::verify::VerifiedBatch;

/// Makes the bytes, or the columns, that a format is written in.
pub trait Encoder: Send + Sync {
    /// Encodes one batch.
    ///
    /// # Errors
    /// The batch cannot be written in this format; the error names the column.
    fn encode(&self, batch: VerifiedBatch) -> Result<Encoded, Error>;
}

/// One batch, ready to be written.
#[derive(Debug)]
pub enum Encoded {
    /// Bytes to append.
    Bytes(Vec<u8>),
    /// Columns for a writer that keeps state between batches.
    Columns(VerifiedBatch),
}
