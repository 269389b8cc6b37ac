//! The canonical text of values, a column at a time.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray, StringArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The text of each value: text as it is, dates and timestamps in ISO 8601, floats as the shortest text that reads
/// back as the same number, binary in base64 (RFC 4648, section 4).
///
/// # Errors
/// Values of the type have no text (it is nested), or one has none (a date beyond the calendar).
pub(super) fn texts(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    Ok(match array.data_type() {
        DataType::Utf8 => array.as_string().clone(),
        DataType::LargeUtf8 | DataType::Utf8View => cast(array, &DataType::Utf8)?.as_string().clone(),
        DataType::Dictionary(_, values) => texts(&cast(array, values)?)?,
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            texts(&cast(array, &DataType::Binary)?)?
        }
        DataType::Binary => array.as_binary::<i32>().iter().map(|bytes| Some(STANDARD.encode(bytes?))).collect(),
        DataType::Float32 => shortest(array.as_primitive::<Float32Type>()),
        DataType::Float64 => shortest(array.as_primitive::<Float64Type>()),
        DataType::Float16 => texts(&cast(array, &DataType::Float32)?)?,
        nested if nested.is_nested() => return Err(ArrowError::NotYetImplemented("text of a nested type".to_owned())),
        _ => displayed(array)?,
    })
}

fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    // A cast that is not safe in Arrow's sense fails where a safe one makes a null.
    cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })
}

fn shortest<T: arrow_array::ArrowPrimitiveType>(floats: &PrimitiveArray<T>) -> StringArray
where
    T::Native: std::fmt::Debug,
{
    floats.iter().map(|float| Some(format!("{:?}", float?))).collect()
}

fn displayed(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    let options = FormatOptions::default().with_display_error(false);
    let formatter = ArrayFormatter::try_new(array, &options)?;
    let text = |row| array.is_valid(row).then(|| formatter.value(row).try_to_string()).transpose();
    (0..array.len()).map(text).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{
        BinaryArray, BooleanArray, Date32Array, DictionaryArray, Float64Array, ListArray, TimestampMicrosecondArray,
    };

    use super::*;

    fn texts_of(array: impl Array + 'static) -> Vec<Option<String>> {
        texts(&(Arc::new(array) as ArrayRef)).unwrap().iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn each_type_has_its_canonical_text_and_nulls_stay() {
        let texts = |texts: &[&str]| texts.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>();
        assert_eq!(texts_of(Date32Array::from(vec![Some(-135_081), None])), [Some("1600-02-29".to_owned()), None]);
        let stamps = TimestampMicrosecondArray::from(vec![0, 500_000, -1]);
        assert_eq!(
            texts_of(stamps),
            texts(&["1970-01-01T00:00:00", "1970-01-01T00:00:00.500", "1969-12-31T23:59:59.999999"])
        );
        assert_eq!(
            texts_of(Float64Array::from(vec![0.1, 1.0, 1e300, f64::NAN])),
            texts(&["0.1", "1.0", "1e300", "NaN"])
        );
        assert_eq!(texts_of(BinaryArray::from_vec(vec![&[0, 255], &[]])), texts(&["AP8=", ""]));
        assert_eq!(texts_of(BooleanArray::from(vec![true, false])), texts(&["true", "false"]));
        assert_eq!(texts_of(DictionaryArray::<Int32Type>::from_iter(["b", "a", "b"])), texts(&["b", "a", "b"]));
    }

    #[test]
    fn a_nested_value_and_a_date_beyond_the_calendar_have_no_text() {
        let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)])]));
        assert!(texts(&list).is_err());
        let late: ArrayRef = Arc::new(Date32Array::from(vec![i32::MAX]));
        assert!(texts(&late).is_err());
    }
}
