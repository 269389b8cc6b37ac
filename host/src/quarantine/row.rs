//! One row of a batch as text that a person can read and mend.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType};
use serde_json::{Map, Value};

use crate::error::Error;

/// Renders row `row` of a batch, counted from 0: from the name of each column to its text, null, or the array of a list.
///
/// Numbers and dates are texts too, as Arrow displays them (binary in hexadecimal); a date that no calendar reaches is
/// the number that it is stored as. The columns of a batch have names of their own.
///
/// # Errors
/// The batch has no such row, or a type that cannot be rendered: defects of the host.
pub fn row_as_json(batch: &RecordBatch, row: usize) -> Result<Map<String, Value>, Error> {
    if row >= batch.num_rows() {
        return Err(Error::Internal("a row is to be quarantined that is not there"));
    }
    let schema = batch.schema_ref();
    let cells = schema.fields().iter().zip(batch.columns());
    let cells = cells.map(|(field, column)| Ok((field.name().clone(), cell(column, row)?)));
    cells.collect::<Result<_, ArrowError>>().map_err(|_| Error::Internal("a row cannot be rendered for quarantine"))
}

fn cell(column: &ArrayRef, row: usize) -> Result<Value, ArrowError> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    match column.data_type() {
        DataType::Null => Ok(Value::Null),
        DataType::Utf8 => Ok(Value::from(column.as_string::<i32>().value(row))),
        DataType::List(_) => list(&column.as_list::<i32>().value(row)),
        DataType::LargeList(_) => list(&column.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => list(&column.as_fixed_size_list().value(row)),
        _ => display(column, row).or_else(|_| display_as_number(column, row)).map(Value::from),
    }
}

fn list(values: &ArrayRef) -> Result<Value, ArrowError> {
    (0..values.len()).map(|index| cell(values, index)).collect::<Result<_, _>>().map(Value::Array)
}

fn display(column: &ArrayRef, row: usize) -> Result<String, ArrowError> {
    ArrayFormatter::try_new(column, &FormatOptions::default())?.value(row).try_to_string()
}

/// For a date or a time that no calendar reaches: its row is what quarantine is for, and must not be lost.
fn display_as_number(column: &ArrayRef, row: usize) -> Result<String, ArrowError> {
    display(&cast(&column.slice(row, 1), &DataType::Int64)?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::builder::{ListBuilder, StringBuilder};
    use arrow_array::types::Int32Type;
    use arrow_array::{
        BinaryArray, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array, NullArray, StringArray,
        TimestampMicrosecondArray,
    };
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn every_type_is_text_null_or_array() {
        let mut names = ListBuilder::new(StringBuilder::new());
        names.append_value([Some("Anna"), None]);
        names.append_null();
        let dictionary: DictionaryArray<Int32Type> = ["f", "m"].into_iter().collect();
        let columns: [(&str, ArrayRef); 10] = [
            ("text", Arc::new(StringArray::from(vec![Some("Ä\"\n"), None]))),
            ("binary", Arc::new(BinaryArray::from_opt_vec(vec![Some(b"\x00\xff"), None]))),
            ("int64", Arc::new(Int64Array::from(vec![Some(i64::MIN), None]))),
            ("float64", Arc::new(Float64Array::from(vec![Some(0.1), None]))),
            ("boolean", Arc::new(BooleanArray::from(vec![Some(true), None]))),
            ("date32", Arc::new(Date32Array::from(vec![Some(1), None]))),
            ("timestamp", Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None]))),
            ("list", Arc::new(names.finish())),
            ("dictionary", Arc::new(dictionary)),
            ("nothing", Arc::new(NullArray::new(2))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let first = json!({
            "text": "Ä\"\n",
            "binary": "00ff",
            "int64": "-9223372036854775808",
            "float64": "0.1",
            "boolean": "true",
            "date32": "1970-01-02",
            "timestamp": "1970-01-01T00:00:00.000001",
            "list": ["Anna", null],
            "dictionary": "f",
            "nothing": null,
        });
        assert_eq!(Value::Object(row_as_json(&batch, 0).unwrap()), first);
        let second = row_as_json(&batch, 1).unwrap();
        assert!(second.iter().all(|(name, value)| value.is_null() || name == "dictionary"));
        assert_eq!(second.keys().next().unwrap(), "text");
    }

    #[test]
    fn dates_beyond_the_calendar_are_numbers() {
        let columns: [(&str, ArrayRef); 2] = [
            ("date", Arc::new(Date32Array::from(vec![0, i32::MAX]))),
            ("time", Arc::new(TimestampMicrosecondArray::from(vec![0, i64::MAX]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let expected = json!({ "date": "2147483647", "time": "9223372036854775807" });
        assert_eq!(Value::Object(row_as_json(&batch, 1).unwrap()), expected);
    }

    #[test]
    fn refuses_a_row_that_is_not_there() {
        let columns: [(&str, ArrayRef); 1] = [("text", Arc::new(StringArray::from(vec!["a"])))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        assert!(matches!(row_as_json(&batch, 1), Err(Error::Internal(_))));
    }
}
