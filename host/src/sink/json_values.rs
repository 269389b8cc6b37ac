//! The values of a column as JSON.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, StringArray};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field};

use crate::sink::cells::texts;

/// A column whose values can be written as JSON.
pub(super) enum JsonColumn {
    /// Strings: text, and the canonical text of what JSON has no type for.
    Strings(StringArray),
    /// Numbers, true and false, as they are written.
    Literals(StringArray),
    /// Arrays.
    Lists(ListArray, Box<Self>),
}

impl JsonColumn {
    /// A column of these values.
    ///
    /// # Errors
    /// JSON has no way to write them: they are nested, except for lists.
    pub(super) fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::List(_) => {
                let lists = array.as_list::<i32>().clone();
                let values = Self::new(lists.values())?;
                Self::Lists(lists, Box::new(values))
            }
            DataType::LargeList(item) => {
                let item = Field::new_list_field(item.data_type().clone(), true);
                Self::new(&cast(array, &DataType::List(item.into()))?)?
            }
            DataType::Boolean => Self::Literals(texts(array)?),
            number if number.is_numeric() => Self::Literals(texts(array)?),
            _ => Self::Strings(texts(array)?),
        })
    }

    /// Writes the value of a row.
    pub(super) fn write(&self, row: usize, bytes: &mut Vec<u8>) {
        match self {
            Self::Strings(texts) if texts.is_valid(row) => write_string(texts.value(row), bytes),
            Self::Literals(texts) if texts.is_valid(row) => write_literal(texts.value(row), bytes),
            Self::Lists(lists, values) if lists.is_valid(row) => {
                bytes.push(b'[');
                let range = Self::range(lists, row);
                for value in range.clone() {
                    if value > range.start {
                        bytes.push(b',');
                    }
                    values.write(value, bytes);
                }
                bytes.push(b']');
            }
            _ => bytes.extend_from_slice(b"null"),
        }
    }

    /// Where the items of a row's list lie among the list's values.
    pub(super) fn range(lists: &ListArray, row: usize) -> std::ops::Range<usize> {
        match lists.value_offsets().get(row..).unwrap_or_default() {
            [start, end, ..] => *start as usize..*end as usize,
            _ => 0..0,
        }
    }
}

/// Writes a JSON string with its quotes and escapes.
pub(super) fn write_string(text: &str, bytes: &mut Vec<u8>) {
    bytes.push(b'"');
    for part in text.as_bytes().split_inclusive(|byte| escape(*byte)) {
        match part.split_last() {
            Some((last, plain)) if escape(*last) => {
                bytes.extend_from_slice(plain);
                write_escaped(*last, bytes);
            }
            _ => bytes.extend_from_slice(part),
        }
    }
    bytes.push(b'"');
}

/// What has to be escaped in a string (RFC 8259, section 7).
fn escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn write_escaped(byte: u8, bytes: &mut Vec<u8>) {
    match byte {
        b'"' | b'\\' => bytes.extend_from_slice(&[b'\\', byte]),
        b'\n' => bytes.extend_from_slice(b"\\n"),
        b'\r' => bytes.extend_from_slice(b"\\r"),
        b'\t' => bytes.extend_from_slice(b"\\t"),
        control => bytes.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
    }
}

/// JSON has no number that is infinite or none: these become strings.
fn write_literal(text: &str, bytes: &mut Vec<u8>) {
    let is_json = text.ends_with(|last: char| last.is_ascii_digit()) || text == "true" || text == "false";
    if is_json { bytes.extend_from_slice(text.as_bytes()) } else { write_string(text, bytes) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int64Type;
    use arrow_array::{BooleanArray, Date32Array, Float64Array, LargeListArray};

    use super::*;

    fn written(array: impl Array + 'static) -> Vec<String> {
        let column = JsonColumn::new(&(Arc::new(array) as ArrayRef)).unwrap();
        let row = |row| {
            let mut bytes = Vec::new();
            column.write(row, &mut bytes);
            String::from_utf8(bytes).unwrap()
        };
        let rows = match &column {
            JsonColumn::Strings(texts) | JsonColumn::Literals(texts) => texts.len(),
            JsonColumn::Lists(lists, _) => lists.len(),
        };
        (0..rows).map(row).collect()
    }

    #[test]
    fn text_is_a_string_and_serde_reads_it_back() {
        let texts: Vec<String> = (0..0x300_u32).filter_map(char::from_u32).map(|char| format!("a{char}b")).collect();
        for (written, text) in written(StringArray::from(texts.clone())).iter().zip(&texts) {
            assert_eq!(&serde_json::from_str::<String>(written).unwrap(), text);
        }
        assert_eq!(written(StringArray::from(vec![Some("é\"\\\n\u{1}"), None])), [r#""é\"\\\n\u0001""#, "null"]);
    }

    #[test]
    fn numbers_and_booleans_are_literals_and_other_types_strings() {
        assert_eq!(
            written(Float64Array::from(vec![0.1, -1.0, 1e300, f64::NAN, f64::NEG_INFINITY])),
            ["0.1", "-1.0", "1e300", "\"NaN\"", "\"-inf\""]
        );
        assert_eq!(written(BooleanArray::from(vec![true, false])), ["true", "false"]);
        assert_eq!(written(Date32Array::from(vec![0])), ["\"1970-01-01\""]);
    }

    #[test]
    fn lists_are_arrays_also_large_and_sliced_ones() {
        let rows = [Some(vec![Some(1), None]), None, Some(vec![]), Some(vec![Some(2)])];
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(rows.clone());
        assert_eq!(written(lists.slice(1, 3)), ["null", "[]", "[2]"]);
        let large = LargeListArray::from_iter_primitive::<Int64Type, _, _>(rows);
        assert_eq!(written(large), ["[1,null]", "null", "[]", "[2]"]);
    }
}
