//! Kept columns in types that own their values, row by row.
//!
//! Dictionaries and views share buffers between rows: leaving a row out of such a column leaves its value in the
//! buffer, and a sink would write it. So they are written out before rows are left out.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field, FieldRef};

use crate::error::Error;

/// The same values in a type in which a row's values are gone when the row is.
///
/// # Errors
/// The type is one of which that cannot be said.
pub(super) fn plain(column: &ArrayRef) -> Result<ArrayRef, Error> {
    let wanted = plain_type(column.data_type());
    if column.data_type() == &wanted {
        return Ok(column.clone());
    }
    arrow_cast::cast(column, &wanted).map_err(|_| Error::Internal("a kept column cannot be written out row by row"))
}

fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain_type(values),
        DataType::RunEndEncoded(_, values) => plain_type(values.data_type()),
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::List(field) | DataType::ListView(field) => DataType::List(plain_field(field)),
        DataType::LargeList(field) | DataType::LargeListView(field) => DataType::LargeList(plain_field(field)),
        DataType::FixedSizeList(field, size) => DataType::FixedSizeList(plain_field(field), *size),
        DataType::Map(field, sorted) => DataType::Map(plain_field(field), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain_field).collect()),
        other => other.clone(),
    }
}

fn plain_field(field: &FieldRef) -> FieldRef {
    Arc::new(Field::new(field.name(), plain_type(field.data_type()), field.is_nullable()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::builder::StringViewBuilder;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int32Type;
    use arrow_array::{Array, BooleanArray, DictionaryArray, StructArray};

    /// What is left of the bytes of a column after its first row was left out.
    fn without_the_first(column: &ArrayRef) -> String {
        let column = plain(column).unwrap();
        let keep: BooleanArray = (0..column.len()).map(|row| Some(row > 0)).collect();
        let kept = arrow_select::filter::filter(&column, &keep).unwrap();
        let buffers = |array: &dyn Array| {
            let data = array.to_data();
            let children = data.child_data().iter().flat_map(|child| child.buffers().to_vec());
            data.buffers().iter().cloned().chain(children).map(|buffer| buffer.to_vec()).collect::<Vec<_>>().concat()
        };
        String::from_utf8_lossy(&buffers(&kept)).into_owned()
    }

    #[test]
    fn a_row_that_is_left_out_leaves_nothing_in_a_dictionary_a_view_or_a_struct() {
        let dictionary: DictionaryArray<Int32Type> = ["secret of one", "other"].into_iter().collect();
        let mut views = StringViewBuilder::new();
        ["secret of one, too long to be inlined", "other"].iter().for_each(|value| views.append_value(value));
        let field = Arc::new(Field::new("c", dictionary.data_type().clone(), true));
        let nested = StructArray::from(vec![(field, Arc::new(dictionary.clone()) as ArrayRef)]);
        for column in [Arc::new(dictionary) as ArrayRef, Arc::new(views.finish()), Arc::new(nested)] {
            let left = without_the_first(&column);
            assert!(left.contains("other") && !left.contains("secret"), "{left}");
        }
    }

    #[test]
    fn a_plain_column_is_the_same_column() {
        let column: ArrayRef = Arc::new(arrow_array::StringArray::from(vec!["a"]));
        assert_eq!(
            plain(&column).unwrap().as_string::<i32>().value_data().as_ptr(),
            column.as_string::<i32>().value_data().as_ptr()
        );
    }
}
