//! Puts together what was verified in two parts of one batch.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{FieldRef, Schema};
use arrow_select::interleave::interleave;

use super::VerifiedBatch;
use crate::batch::Batch;

/// The rows of both parts in the order of the batch. With each part come the numbers of its rows in the batch, rising.
/// `None` where the parts have not the same columns of the same types.
pub(crate) fn join(batch: &Batch, parts: &[(VerifiedBatch, Vec<usize>); 2]) -> Option<VerifiedBatch> {
    let [(left, left_rows), (right, right_rows)] = parts;
    let schema = left.columns.schema();
    if !has_same_columns(&schema, &right.columns.schema()) || left.masked != right.masked {
        return None;
    }
    let places = |part: usize, rows: &[usize]| {
        rows.iter().enumerate().map(move |(place, row)| (*row, (part, place))).collect::<Vec<_>>()
    };
    let mut places = [places(0, left_rows), places(1, right_rows)].concat();
    places.sort_unstable();
    let (rows, places): (Vec<usize>, Vec<(usize, usize)>) = places.into_iter().unzip();
    let column = |(left, right): (&ArrayRef, &ArrayRef)| interleave(&[&**left, &**right], &places).ok();
    let columns = left.columns.columns().iter().zip(right.columns.columns()).map(column).collect::<Option<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let kept = |row: usize| rows.binary_search(&row).is_ok();
    Some(VerifiedBatch {
        columns: RecordBatch::try_new_with_options(schema, columns, &options).ok()?,
        masked: left.masked.clone(),
        documents: batch.documents().map(|documents| Arc::new(documents.filter(kept))),
    })
}

/// Two revisions may say something else of what a column is; that is no other column.
fn has_same_columns(left: &Schema, right: &Schema) -> bool {
    let column = |field: &FieldRef| (field.name().clone(), field.data_type().clone(), field.is_nullable());
    left.fields().iter().map(column).eq(right.fields().iter().map(column))
}
