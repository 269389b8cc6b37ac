//! Tables of made-up columns: what plugins are tried on before they see data.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, RecordBatchOptions, new_empty_array, new_null_array};
use arrow_buffer::OffsetBuffer;
use arrow_cast::cast;
use arrow_schema::{DataType, Field, FieldRef, Schema};

use crate::batch::ColumnType;
use crate::made_up;

/// How many rows a batch of ordinary values has, and one of values at the edge: more than any type has of them.
const ROWS: usize = 96;

/// Batches of a schema: without rows, of nulls alone, at the edges of each type, and ordinary.
pub(super) fn batches(schema: &Schema) -> Vec<RecordBatch> {
    let kinds: [&dyn Fn(ColumnType) -> ArrayRef; 4] = [
        &|column_type| new_empty_array(&column_type.arrow()),
        &|column_type| new_null_array(&column_type.arrow(), 3),
        &|column_type| made_up::edges_of(column_type, ROWS),
        &|column_type| made_up::distinct(column_type, ROWS),
    ];
    kinds.into_iter().filter_map(|values| batch(schema, values)).collect()
}

fn batch(schema: &Schema, values: &dyn Fn(ColumnType) -> ArrayRef) -> Option<RecordBatch> {
    let rows = values(ColumnType::Text).len();
    let field = |field: &FieldRef| Arc::new(field.as_ref().clone().with_nullable(true));
    let fields: Vec<FieldRef> = schema.fields().iter().map(field).collect();
    let columns = fields.iter().map(|field| column(field.data_type(), rows, values)).collect();
    let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(schema), columns, &options).ok()
}

/// Values in the type of a column; nulls where it is a type that no transform takes.
fn column(data_type: &DataType, rows: usize, values: &dyn Fn(ColumnType) -> ArrayRef) -> ArrayRef {
    let made = match data_type {
        DataType::List(element) => list(element, rows, values),
        _ => ColumnType::for_arrow(data_type).and_then(|column_type| cast(&values(column_type), data_type).ok()),
    };
    made.unwrap_or_else(|| new_null_array(data_type, rows))
}

/// Lists of no, one and two elements in turn.
fn list(element: &FieldRef, rows: usize, values: &dyn Fn(ColumnType) -> ArrayRef) -> Option<ArrayRef> {
    let elements = column(element.data_type(), rows, values);
    let lengths = OffsetBuffer::from_lengths((0..rows).map(|row| [1, 0, 2].get(row % 3).copied().unwrap_or(1)));
    let last = lengths.last().map_or(0, |last| usize::try_from(*last).unwrap_or(0));
    let elements = elements.slice(0, last.min(elements.len()));
    let field = Arc::new(Field::new(element.name(), element.data_type().clone(), true));
    let fits = elements.len() == last;
    fits.then(|| ListArray::try_new(field, lengths, elements, None).ok())?.map(|lists| Arc::new(lists) as ArrayRef)
}
