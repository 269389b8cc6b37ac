//! The values of a column as texts, row by row.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, StringArray};
use arrow_buffer::OffsetBuffer;
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field, FieldRef};

use crate::error::Error;

/// The texts of a column: of a list one for each element.
pub(super) struct Texts {
    values: StringArray,
    lists: Option<OffsetBuffer<i32>>,
}

impl Texts {
    /// Of a column of any type.
    ///
    /// # Errors
    /// A value has no text: a defect of the host.
    pub(super) fn of(array: &ArrayRef) -> Result<Self, Error> {
        match array.as_list_opt::<i32>() {
            Some(list) => Ok(Self { values: texts(list.values())?, lists: Some(list.offsets().clone()) }),
            None => Ok(Self { values: texts(array)?, lists: None }),
        }
    }

    /// The texts of one row, without nulls.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = &str> {
        let bounds = match &self.lists {
            None => row..row.saturating_add(1),
            Some(lists) => {
                let bound =
                    |at: usize| lists.get(at).and_then(|bound| usize::try_from(*bound).ok()).unwrap_or_default();
                bound(row)..bound(row.saturating_add(1))
            }
        };
        bounds.filter(|at| *at < self.values.len() && self.values.is_valid(*at)).map(|at| self.values.value(at))
    }
}

fn texts(array: &ArrayRef) -> Result<StringArray, Error> {
    match array.data_type() {
        DataType::Utf8 => Ok(array.as_string::<i32>().clone()),
        // Bytes may be a text, or begin or end with one.
        DataType::Binary => Ok(lossy::<i32>(array)),
        DataType::LargeBinary => Ok(lossy::<i64>(array)),
        _ => {
            let unwritable = |_| Error::Internal("a value cannot be written as a text");
            let array = &cast(array, &without_zones(array.data_type())).map_err(unwritable)?;
            let options = FormatOptions::new().with_display_error(true);
            let formatter = ArrayFormatter::try_new(array, &options).map_err(unwritable)?;
            let text = |row: usize| array.is_valid(row).then(|| formatter.value(row).to_string());
            Ok((0..array.len()).map(text).collect())
        }
    }
}

fn lossy<O: OffsetSizeTrait>(array: &ArrayRef) -> StringArray {
    array.as_binary::<O>().iter().map(|bytes| bytes.map(String::from_utf8_lossy)).collect()
}

/// The same type with instants in UTC: a zone that goes by the name of a place is not known to those who write texts.
fn without_zones(data_type: &DataType) -> DataType {
    let field =
        |field: &FieldRef| Arc::new(Field::new(field.name(), without_zones(field.data_type()), field.is_nullable()));
    match data_type {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, None),
        DataType::Dictionary(_, values) => without_zones(values),
        DataType::List(item) => DataType::List(field(item)),
        DataType::LargeList(item) => DataType::LargeList(field(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(field(item), *size),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int32Type;
    use arrow_array::{BinaryArray, DictionaryArray, Int64Array, ListArray, StructArray, TimestampNanosecondArray};

    use super::*;

    fn texts_of(array: impl Array + 'static) -> Vec<Vec<String>> {
        let array: ArrayRef = Arc::new(array);
        let texts = Texts::of(&array).unwrap();
        (0..array.len()).map(|row| texts.row(row).map(str::to_owned).collect()).collect()
    }

    #[test]
    fn columns_of_every_type_have_texts() {
        assert_eq!(texts_of(Int64Array::from(vec![Some(123_456_789), None])), [vec!["123456789"], vec![]]);
        assert_eq!(texts_of(BinaryArray::from_vec(vec![b"\xff123"])), [["\u{fffd}123"]]);
        assert_eq!(texts_of(DictionaryArray::<Int32Type>::from_iter(["a", "b", "a"])), [["a"], ["b"], ["a"]]);
        let instants = TimestampNanosecondArray::from(vec![0]).with_timezone("America/New_York");
        assert_eq!(texts_of(instants.clone()), [["1970-01-01T00:00:00"]]);
        let field = Arc::new(Field::new("at", instants.data_type().clone(), true));
        assert_eq!(
            texts_of(StructArray::from(vec![(field, Arc::new(instants) as ArrayRef)])),
            [["{at: 1970-01-01T00:00:00}"]]
        );
    }

    #[test]
    fn a_list_has_a_text_for_each_element_also_where_it_is_part_of_a_longer_one() {
        let lists = [Some(vec![Some(1), None]), None, Some(vec![]), Some(vec![Some(2), Some(3)])];
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
        assert_eq!(texts_of(lists.slice(1, 3)), [vec![], vec![], vec!["2", "3"]]);
        assert_eq!(texts_of(lists), [vec!["1"], vec![], vec![], vec!["2", "3"]]);
    }
}
