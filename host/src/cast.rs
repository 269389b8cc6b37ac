//! A column in another Arrow type, with every value as it was.

use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::DataType;

use crate::batch::ColumnType;

/// Casts a column. A timestamp with a time zone is the instant in UTC, unless it becomes text.
///
/// # Errors
/// The first row, counted from 0, whose value the other type cannot hold: it is too large, has a part that would be cut
/// off, or is no text.
pub(crate) fn cast_exactly(array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, usize> {
    let array = &in_utc(array, wanted)?;
    if array.data_type() == wanted {
        return Ok(array.clone());
    }
    // What a cast cannot make is a null.
    let there = cast(array, wanted).map_err(|_| 0_usize)?;
    let back = match may_lose(array.data_type(), wanted) {
        true => Some(cast(&there, array.data_type()).map_err(|_| 0_usize)?),
        false => None,
    };
    let lost = |from: usize, rows: usize| {
        let nulls = |array: &ArrayRef| array.slice(from, rows).logical_null_count();
        let is_back = |back: &ArrayRef| back.slice(from, rows).as_ref() == array.slice(from, rows).as_ref();
        nulls(&there) != nulls(array) || !back.as_ref().is_none_or(is_back)
    };
    let row = if lost(0, array.len()) { (0..array.len()).find(|row| lost(*row, 1)) } else { None };
    row.map_or(Ok(there), Err)
}

fn in_utc(array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, usize> {
    match array.data_type() {
        DataType::Timestamp(unit, Some(_)) if wanted != &DataType::Utf8 => {
            cast(array, &DataType::Timestamp(*unit, None)).map_err(|_| 0)
        }
        _ => Ok(array.clone()),
    }
}

/// Whether a value may change without becoming null. It does not where every value is one of the type already.
fn may_lose(from: &DataType, to: &DataType) -> bool {
    use arrow_schema::TimeUnit::Nanosecond;
    let cut_off = matches!(from, DataType::Date64 | DataType::Timestamp(Nanosecond, _));
    cut_off || ColumnType::for_arrow(from).map(ColumnType::arrow).as_ref() != Some(to)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{
        BinaryArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray, Float64Array, Int64Array, ListArray,
        NullArray, StringArray, TimestampMicrosecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
    };

    use super::*;

    fn exactly(array: impl Array + 'static, wanted: ColumnType) -> Result<ArrayRef, usize> {
        cast_exactly(&(Arc::new(array) as ArrayRef), &wanted.arrow())
    }

    fn is(array: impl Array + 'static, wanted: ColumnType, expected: impl Array + 'static) {
        assert_eq!(exactly(array, wanted).unwrap().as_ref(), &expected as &dyn Array);
    }

    #[test]
    fn instants_become_microseconds_in_utc_whatever_their_unit_and_zone() {
        let micros = || TimestampMicrosecondArray::from(vec![Some(1_000_000), None]);
        is(TimestampSecondArray::from(vec![Some(1), None]), ColumnType::Timestamp, micros());
        let nanos = || TimestampNanosecondArray::from(vec![Some(1_000_000_000), None]);
        is(nanos(), ColumnType::Timestamp, micros());
        is(nanos().with_timezone("-05:00"), ColumnType::Timestamp, micros());
        is(micros().with_timezone("+02:00"), ColumnType::Timestamp, micros());
    }

    #[test]
    fn the_first_value_that_would_change_is_named() {
        let nanos = TimestampNanosecondArray::from(vec![None, Some(1_000), Some(1_001), Some(1_002)]);
        assert_eq!(exactly(nanos, ColumnType::Timestamp).unwrap_err(), 2);
        assert_eq!(exactly(TimestampSecondArray::from(vec![i64::MAX]), ColumnType::Timestamp).unwrap_err(), 0);
        assert_eq!(exactly(Date64Array::from(vec![86_400_000, 1]), ColumnType::Date32).unwrap_err(), 1);
        assert_eq!(exactly(UInt64Array::from(vec![1, u64::MAX]), ColumnType::Int64).unwrap_err(), 1);
        assert_eq!(exactly(Float64Array::from(vec![1.0, 9.5]), ColumnType::Int64).unwrap_err(), 1);
        assert_eq!(exactly(BinaryArray::from_vec(vec![b"a", b"\xff"]), ColumnType::Text).unwrap_err(), 1);
    }

    #[test]
    fn numbers_dates_and_nulls_become_the_text_that_stands_for_them() {
        is(
            Int64Array::from(vec![Some(999_955_353), None]),
            ColumnType::Text,
            StringArray::from(vec![Some("999955353"), None]),
        );
        let decimals = Decimal128Array::from(vec![950, -5]).with_precision_and_scale(10, 2).unwrap();
        is(decimals, ColumnType::Text, StringArray::from(vec!["9.50", "-0.05"]));
        is(Date32Array::from(vec![0]), ColumnType::Text, StringArray::from(vec!["1970-01-01"]));
        is(Date64Array::from(vec![86_400_000]), ColumnType::Date32, Date32Array::from(vec![1]));
        is(NullArray::new(2), ColumnType::Text, StringArray::from(vec![None::<&str>, None]));
        let dictionary = DictionaryArray::<Int32Type>::from_iter([Some("b"), None, Some("b")]);
        is(dictionary, ColumnType::Text, StringArray::from(vec![Some("b"), None, Some("b")]));
    }

    #[test]
    fn elements_of_lists_are_cast_as_values_are() {
        let numbers: ArrayRef = Arc::new(ListArray::from_iter_primitive::<arrow_array::types::UInt64Type, _, _>([
            Some(vec![Some(1)]),
            None,
            Some(vec![None, Some(u64::MAX)]),
        ]));
        let list = |item| DataType::List(Arc::new(arrow_schema::Field::new_list_field(item, true)));
        assert!(cast_exactly(&numbers, &list(DataType::Utf8)).is_ok());
        assert_eq!(cast_exactly(&numbers, &list(DataType::Int64)).unwrap_err(), 2);
    }
}
