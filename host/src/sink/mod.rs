//! Write: stage the output beside its target, then commit or discard it.
//!
//! Writing is split in two, so that the one writer thread does little: [`Encoder::encode`] runs on a worker,
//! [`Stage::write`] takes what came of it in order. Nothing is under the output's name before [`Stage::commit`].

mod cells;
mod columns;
mod compress;
mod csv;
mod ipc;
mod json_values;
mod ndjson;
mod parquet;
mod splice;
mod staged;
mod table;
#[cfg(test)]
mod testing;
mod text;

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use crate::error::Error;
use crate::source::{Compression, Format};
use crate::verify::VerifiedBatch;

use ipc::{IpcFileWriter, IpcStreamWriter};
use parquet::ParquetWriter;
use staged::Staged;
use table::{TableEncoder, TableStage, TableWriter};

pub use staged::{Target, is_inside, is_same_file};

/// Makes the bytes, or the columns, that a format is written in.
pub trait Encoder: Send + Sync {
    /// Encodes one batch.
    ///
    /// # Errors
    /// The batch cannot be written in this format; the error names the column.
    fn encode(&self, batch: VerifiedBatch) -> Result<Encoded, Error>;
}

/// One batch, ready to be written.
pub enum Encoded {
    /// Bytes to append.
    Bytes {
        /// The rows, compressed where the output is.
        bytes: Vec<u8>,
        /// The columns that the rows have.
        columns: SchemaRef,
    },
    /// Columns for a writer that keeps state between batches.
    Columns(VerifiedBatch),
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { bytes, .. } => write!(f, "Bytes({})", bytes.len()),
            Self::Columns(batch) => write!(f, "Columns({batch:?})"),
        }
    }
}

/// An output that is not yet under its name. Dropped without a commit it leaves nothing behind.
pub trait Stage: Send {
    /// Appends a batch. Batches come in order. Returns how many bytes this added to the file.
    ///
    /// # Errors
    /// The disk failed, or the columns are not those of the first batch in a format that needs it.
    fn write(&mut self, encoded: Encoded) -> Result<u64, Error>;

    /// Gives away what was written so far, where the output is an answer; it cannot be taken back.
    ///
    /// # Errors
    /// Who asked does not take it.
    fn release(&mut self) -> Result<(), Error>;

    /// Puts the output under its name, complete and on disk. A run without rows writes an empty batch before, so that
    /// there is a header or a schema.
    ///
    /// # Errors
    /// The disk failed; the target is as it was before, or complete where only the last flush to disk failed.
    fn commit(self: Box<Self>) -> Result<(), Error>;
}

/// The two halves of an output: one for the workers, one for the writer.
pub type Output = (Arc<dyn Encoder>, Box<dyn Stage>);

/// Stages an output in a format. A text format is compressed as the target's extension says.
///
/// # Errors
/// No file can be made at the target: it is a directory, or stands in one that is missing or cannot be written.
pub fn open(target: &Target, format: Format) -> Result<Output, Error> {
    check_compression(target, format)?;
    Ok(staged(Staged::open(target)?, format))
}

/// The same for a new file that only its owner can read, and of which a process that is killed leaves nothing.
///
/// # Errors
/// Those of [`open`], or the file is there already.
pub(crate) fn open_private(path: &Path, format: Format) -> Result<Output, Error> {
    check_compression(&Target::of_path(path), format)?;
    Ok(staged(Staged::open_private(path)?, format))
}

/// The same for an answer, of which each part is held back until its release. Arrow is written as a stream.
///
/// # Errors
/// The format needs a file: Parquet.
pub(crate) fn answer(caller: Box<dyn Write + Send>, format: Format) -> Result<Output, Error> {
    if format == Format::Parquet {
        return Err(Error::Usage(
            "parquet needs a file, as its index is at its end; ask for an Arrow stream".to_owned(),
        ));
    }
    Ok(staged(Staged::to_caller(caller), format))
}

fn check_compression(target: &Target, format: Format) -> Result<(), Error> {
    let compression = target.compression();
    if !format.is_text() && compression != Compression::None {
        let name = compression.name();
        return Err(Error::Usage(format!("{target}: {format} compresses inside; drop the {name} extension")));
    }
    Ok(())
}

fn staged(staged: Staged, format: Format) -> Output {
    let target = staged.target().clone();
    match format {
        Format::Csv | Format::Tsv => {
            let encoder = csv::CsvEncoder::new(target, format);
            let stage = text::TextStage::new(staged, Some(format));
            (Arc::new(encoder), Box::new(stage))
        }
        Format::Ndjson => {
            let encoder = ndjson::NdjsonEncoder::new(target);
            (Arc::new(encoder), Box::new(text::TextStage::new(staged, None)))
        }
        Format::Parquet => table::<ParquetWriter>(staged),
        Format::Arrow if target.is_stream() => table::<IpcStreamWriter>(staged),
        Format::Arrow => table::<IpcFileWriter>(staged),
    }
}

fn table<W: TableWriter + 'static>(staged: Staged) -> Output {
    (Arc::new(TableEncoder), Box::new(TableStage::<W>::new(staged)))
}
