//! Apache Parquet.

use std::path::Path;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;

use crate::error::Error;
use crate::source::bytes::{file, name};
use crate::source::typed::{TypedSource, guarded};
use crate::source::{Format, ReadOptions, Source};

/// Opens a file: reads its index.
///
/// # Errors
/// The file is missing or damaged.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn Source>, Error> {
    let (file, input, format) = (file(path, options)?, name(path), Format::Parquet);
    let builder = guarded(&input, format, || ParquetRecordBatchReaderBuilder::try_new(file))?;
    let schema = builder.schema().clone();
    let rows = rows_each(builder.metadata(), options.batch_bytes);
    let reader = guarded(&input, format, || builder.with_batch_size(rows).build())?;
    Ok(Box::new(TypedSource::new(reader, &schema, input, format, options)?))
}

/// A few columns of one value compress to nothing, which is no reason to decode a whole file at once.
const MOST_ROWS: usize = 1 << 16;

fn rows_each(metadata: &ParquetMetaData, batch_bytes: usize) -> usize {
    let bytes = metadata.row_groups().iter().fold(0_i64, |sum, group| sum.saturating_add(group.total_byte_size()));
    let rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
    let each = batch_bytes.saturating_mul(rows).checked_div(usize::try_from(bytes).unwrap_or_default());
    each.unwrap_or(MOST_ROWS).clamp(1, MOST_ROWS)
}
