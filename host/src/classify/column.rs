//! The columns of a batch as classifiers take them.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use crate::batch::ColumnType;
use crate::cast::cast_exactly;

/// The values of a column in a type of the contract: of lists their elements. `None`: no classifier can look at it.
pub(super) fn values(array: &ArrayRef) -> Option<(ArrayRef, ColumnType)> {
    if let Some(list) = array.as_list_opt::<i32>() {
        // The elements of a slice of a list are not all that its values hold.
        let (first, last) = (list.value_offsets().first()?, list.value_offsets().last()?);
        let length = usize::try_from(last.checked_sub(*first)?).ok()?;
        return values(&list.values().slice(usize::try_from(*first).ok()?, length));
    }
    let column_type = ColumnType::for_arrow(array.data_type())?;
    match cast_exactly(array, &column_type.arrow()) {
        Ok(array) => Some((array, column_type)),
        // A value that the type cannot hold exactly, such as a nanosecond: its text says what it is as well.
        Err(_) => cast_exactly(array, &DataType::Utf8).ok().map(|array| (array, ColumnType::Text)),
    }
}

/// How many values there are: a blank text is none.
pub(super) fn present(array: &ArrayRef) -> u64 {
    let filled = array.as_string_opt::<i32>().map(|text| text.offsets().lengths().filter(|length| *length > 0).count());
    filled.unwrap_or_else(|| array.len().saturating_sub(array.null_count())) as u64
}
