//! Columns that are no one's: what plugins are tried on before they see data.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int64Array, ListArray, RecordBatch,
    RecordBatchOptions, StringArray, TimestampMicrosecondArray, new_empty_array, new_null_array,
};
use arrow_buffer::OffsetBuffer;
use arrow_cast::cast;
use arrow_schema::{DataType, Field, FieldRef, Schema};

use crate::batch::ColumnType;

/// How many rows a batch of ordinary values has, and one of values at the edge.
const ORDINARY: usize = 96;
const EDGE: usize = 64;

/// As long as no value of a table is, in bytes.
const LONG: usize = 64 << 10;

/// Batches of a schema: without rows, of nulls alone, at the edges of each type, and ordinary.
pub(super) fn batches(schema: &Schema) -> Vec<RecordBatch> {
    let kinds: [&dyn Fn(ColumnType) -> ArrayRef; 4] = [
        &|column_type| new_empty_array(&column_type.arrow()),
        &|column_type| new_null_array(&column_type.arrow(), 3),
        &edges,
        &ordinary,
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

/// What breaks code that thinks of ordinary values: each value, a null, and the same again.
fn edges(column_type: ColumnType) -> ArrayRef {
    let (x, e, dates) = ("x".repeat(LONG), "é".repeat(LONG / 2), [0, -1, 1, 11_016, -719_162, i32::MIN, i32::MAX]);
    let ints = [0, 1, -1, 7, 1_000_000_007, i64::MAX, i64::MIN];
    match column_type {
        ColumnType::Text => Arc::new(cycle(TEXTS.into_iter().chain([&*x, &*e])).collect::<StringArray>()),
        ColumnType::Binary => {
            let bytes: [&[u8]; 5] = [b"", &[0], &[0xff, 0xfe], b"text", x.as_bytes()];
            Arc::new(cycle(bytes).collect::<BinaryArray>())
        }
        ColumnType::Int64 => Arc::new(cycle(ints).collect::<Int64Array>()),
        ColumnType::Float64 => Arc::new(cycle(FLOATS).collect::<Float64Array>()),
        ColumnType::Boolean => Arc::new(cycle([true, false]).collect::<BooleanArray>()),
        ColumnType::Date32 => Arc::new(cycle(dates).collect::<Date32Array>()),
        ColumnType::Timestamp => Arc::new(cycle(ints).collect::<TimestampMicrosecondArray>()),
    }
}

const TEXTS: [&str; 30] = [
    "",
    " ",
    "\t\r\n",
    "a",
    "Ada Lovelace",
    "O'Brien-Smith, Jr.",
    "Zoë",
    "Z\u{308}oe\u{301}",
    "İstanbul ß ﬁ",
    "王小明",
    "עברית",
    "👩‍👩‍👧‍👦",
    "\u{feff}BOM",
    "\u{202e}txt",
    "\u{0}",
    "\u{fffd}\u{10ffff}",
    "0",
    "-1",
    "1e400",
    "02139",
    "123-45-6789",
    "4111 1111 1111 1111",
    "1980-02-29",
    "1980-02-30",
    "9999-12-31T23:59:60Z",
    "31/12/1999",
    "NULL",
    "=1+1",
    "\"},{\"a\":[1]",
    "a@example.org",
];

const FLOATS: [f64; 9] =
    [0.0, -0.0, 1.5, -1e-300, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];

fn cycle<T: Clone>(values: impl IntoIterator<Item = T>) -> impl Iterator<Item = Option<T>> {
    let values: Vec<Option<T>> = values.into_iter().map(Some).chain([None]).collect();
    values.into_iter().cycle().take(EDGE)
}

/// Different values, of the kinds that transforms look for: names, dates, postal codes, numbers.
#[expect(clippy::arithmetic_side_effects, reason = "no row is above `ORDINARY`")]
fn ordinary(column_type: ColumnType) -> ArrayRef {
    let numbers = (0..ORDINARY).map(|row| i32::try_from(row).unwrap_or(0));
    let text = |row: i32| match row % 4 {
        0 => format!("Person {row}"),
        1 => format!("{}-{:02}-{:02}", 1900 + row, row % 12 + 1, row % 28 + 1),
        2 => format!("{:05}", 1001 + row * 97),
        _ => format!("{:09}", 100_000_007 + row * 7919),
    };
    match column_type {
        ColumnType::Text => Arc::new(numbers.map(|row| Some(text(row))).collect::<StringArray>()),
        ColumnType::Binary => Arc::new(numbers.map(|row| Some(row.to_be_bytes().to_vec())).collect::<BinaryArray>()),
        ColumnType::Int64 => Arc::new(numbers.map(|row| i64::from(row) * 7919 + 11).collect::<Int64Array>()),
        ColumnType::Float64 => Arc::new(numbers.map(|row| f64::from(row) * 1.25 + 0.5).collect::<Float64Array>()),
        ColumnType::Boolean => Arc::new(numbers.map(|row| Some(row % 2 == 0)).collect::<BooleanArray>()),
        ColumnType::Date32 => Arc::new(numbers.map(|row| Some(row * 211 - 5_000)).collect::<Date32Array>()),
        ColumnType::Timestamp => {
            Arc::new(numbers.map(|row| Some(i64::from(row) * 86_400_000_321)).collect::<TimestampMicrosecondArray>())
        }
    }
}
