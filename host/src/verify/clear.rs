//! Nothing behind a null: a cell that is null, or lies in something that is, may still have bytes in its column's
//! buffers, and a format that writes the buffers as they are writes them too.

use std::sync::Arc;

use arrow_array::builder::BooleanBufferBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::ByteArrayType;
use arrow_array::{
    Array, ArrayRef, BooleanArray, FixedSizeListArray, GenericByteArray, GenericListArray, MapArray, OffsetSizeTrait,
    StructArray, UnionArray, make_array,
};
use arrow_buffer::{ArrowNativeType, MutableBuffer, NullBuffer, OffsetBuffer};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType};

use crate::error::Error;

/// The same column with zeros, or nothing, behind each null. Where there is nothing to clear it shares the buffers.
///
/// # Errors
/// The column has values that are shared between rows, which [`super::plain`] writes out.
pub(super) fn clear(column: &ArrayRef) -> Result<ArrayRef, Error> {
    shown(column, None).map_err(|_| Error::Internal("a column cannot be cleared behind its nulls"))
}

/// The column without what is behind its own nulls, and behind those of what it lies in.
fn shown(array: &ArrayRef, outer: Option<&NullBuffer>) -> Result<ArrayRef, ArrowError> {
    let seen = NullBuffer::union(outer, array.nulls()).filter(|seen| seen.null_count() > 0);
    let seen = seen.as_ref();
    match (array.data_type(), seen) {
        (DataType::Struct(_), _) => structs(array.as_struct(), seen),
        (DataType::List(_), _) => lists(array.as_list::<i32>(), seen),
        (DataType::LargeList(_), _) => lists(array.as_list::<i64>(), seen),
        (DataType::FixedSizeList(..), _) => fixed_lists(array.as_fixed_size_list(), seen),
        (DataType::Map(..), _) => maps(array.as_map(), seen),
        (DataType::Union(..), _) => unions(array.as_union(), seen),
        (DataType::Null, _) | (_, None) => Ok(array.clone()),
        (DataType::Boolean, Some(seen)) => {
            let booleans = array.as_boolean();
            Ok(Arc::new(BooleanArray::new(booleans.values() & seen.inner(), booleans.nulls().cloned())))
        }
        (DataType::Utf8, Some(seen)) => bytes(array.as_string::<i32>(), seen),
        (DataType::LargeUtf8, Some(seen)) => bytes(array.as_string::<i64>(), seen),
        (DataType::Binary, Some(seen)) => bytes(array.as_binary::<i32>(), seen),
        (DataType::LargeBinary, Some(seen)) => bytes(array.as_binary::<i64>(), seen),
        (_, Some(seen)) => fixed_width(array, seen),
    }
}

fn bytes<T: ByteArrayType>(array: &GenericByteArray<T>, seen: &NullBuffer) -> Result<ArrayRef, ArrowError> {
    let lengths = || array.offsets().lengths().zip(seen.iter());
    if lengths().all(|(length, seen)| seen || length == 0) {
        return Ok(Arc::new(array.clone()));
    }
    let offsets = OffsetBuffer::from_lengths(lengths().map(|(length, seen)| if seen { length } else { 0 }));
    let mut values: Vec<u8> = Vec::with_capacity(array.value_data().len());
    for cell in seen.valid_indices() {
        values.extend_from_slice(array.value(cell).as_ref());
    }
    Ok(Arc::new(GenericByteArray::<T>::try_new(offsets, values.into(), array.nulls().cloned())?))
}

/// Numbers, dates, times, and bytes of one length.
fn fixed_width(array: &ArrayRef, seen: &NullBuffer) -> Result<ArrayRef, ArrowError> {
    let width = match array.data_type() {
        DataType::FixedSizeBinary(width) => usize::try_from(*width).ok(),
        other => other.primitive_width(),
    };
    let unknown = || ArrowError::NotYetImplemented(String::new());
    let width = width.ok_or_else(unknown)?;
    let data = array.to_data();
    let (start, length) = (data.offset().saturating_mul(width), data.len().saturating_mul(width));
    let buffer = data.buffers().first().ok_or_else(unknown)?;
    let values = buffer.get(start..start.saturating_add(length)).ok_or_else(unknown)?;
    let mut cells = values.chunks_exact(width.max(1)).zip(seen.iter());
    if cells.all(|(cell, seen)| seen || cell.iter().all(|byte| *byte == 0)) {
        return Ok(array.clone());
    }
    let mut cleared = MutableBuffer::with_capacity(length);
    cleared.extend_from_slice(values);
    for (cell, _) in cleared.chunks_exact_mut(width.max(1)).zip(seen.iter()).filter(|(_, seen)| !seen) {
        cell.fill(0);
    }
    let data = ArrayData::builder(array.data_type().clone()).len(data.len()).nulls(array.nulls().cloned());
    Ok(make_array(data.add_buffer(cleared.into()).build()?))
}

fn structs(array: &StructArray, seen: Option<&NullBuffer>) -> Result<ArrayRef, ArrowError> {
    let (fields, columns, nulls) = array.clone().into_parts();
    let columns = columns.iter().map(|column| shown(column, seen)).collect::<Result<_, _>>()?;
    Ok(Arc::new(StructArray::try_new_with_length(fields, columns, nulls, array.len())?))
}

fn lists<O: OffsetSizeTrait>(array: &GenericListArray<O>, seen: Option<&NullBuffer>) -> Result<ArrayRef, ArrowError> {
    let (field, offsets, values, nulls) = array.clone().into_parts();
    let values = shown(&values, elements(&offsets, seen, values.len()).as_ref())?;
    Ok(Arc::new(GenericListArray::try_new(field, offsets, values, nulls)?))
}

fn maps(array: &MapArray, seen: Option<&NullBuffer>) -> Result<ArrayRef, ArrowError> {
    let (field, offsets, entries, nulls, ordered) = array.clone().into_parts();
    let inside = elements(&offsets, seen, entries.len());
    let entries = structs(&entries, inside.as_ref())?;
    Ok(Arc::new(MapArray::try_new(field, offsets, entries.as_struct().clone(), nulls, ordered)?))
}

fn fixed_lists(array: &FixedSizeListArray, seen: Option<&NullBuffer>) -> Result<ArrayRef, ArrowError> {
    let (field, size, values, nulls) = array.clone().into_parts();
    let inside = seen.map(|seen| seen.expand(usize::try_from(size).unwrap_or_default()));
    let values = shown(&values, inside.as_ref())?;
    Ok(Arc::new(FixedSizeListArray::try_new_with_length(field, size, values, nulls, array.len())?))
}

/// Each row has its value in one of the columns. What the others hold in its place nobody sees.
fn unions(array: &UnionArray, seen: Option<&NullBuffer>) -> Result<ArrayRef, ArrowError> {
    let (fields, types, offsets, columns) = array.clone().into_parts();
    let column = |((id, _), column): ((i8, &_), &ArrayRef)| {
        let mut inside = BooleanBufferBuilder::new(column.len());
        inside.append_n(column.len(), false);
        for row in (0..array.len()).filter(|row| array.type_id(*row) == id) {
            if seen.is_none_or(|seen| seen.is_valid(row)) {
                inside.set_bit(array.value_offset(row), true);
            }
        }
        shown(column, Some(&NullBuffer::new(inside.finish())))
    };
    let columns = fields.iter().zip(&columns).map(column).collect::<Result<_, _>>()?;
    Ok(Arc::new(UnionArray::try_new(fields, types, offsets, columns)?))
}

/// Which elements of lists are seen: those of the lists that are. All are where all lists are.
fn elements<O: ArrowNativeType>(
    offsets: &OffsetBuffer<O>,
    seen: Option<&NullBuffer>,
    count: usize,
) -> Option<NullBuffer> {
    let seen = seen?;
    let mut inside = BooleanBufferBuilder::new(count);
    inside.append_n(offsets.first().map_or(0, |first| first.as_usize()), false);
    for (length, seen) in offsets.lengths().zip(seen.iter()) {
        inside.append_n(length, seen);
    }
    inside.append_n(count.saturating_sub(inside.len()), false);
    Some(NullBuffer::new(inside.finish()))
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int32Type;
    use arrow_array::{
        BinaryArray, FixedSizeBinaryArray, Int32Array, Int64Array, LargeStringArray, ListArray, StringArray,
    };
    use arrow_buffer::ScalarBuffer;
    use arrow_schema::{Field, Fields, UnionFields};
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "secret";

    /// All bytes of a column's buffers.
    fn buffers(data: &ArrayData) -> Vec<u8> {
        let own = data.buffers().iter().flat_map(|buffer| buffer.to_vec());
        own.chain(data.child_data().iter().flat_map(buffers)).collect()
    }

    fn holds(array: &ArrayRef, text: &str) -> bool {
        String::from_utf8_lossy(&buffers(&array.to_data())).contains(text)
    }

    /// Rows of text that are nulls where they are secret.
    fn texts() -> StringArray {
        let (offsets, values, _) = StringArray::from(vec!["kept", SECRET, ""]).into_parts();
        StringArray::new(offsets, values, Some(NullBuffer::from(vec![true, false, true])))
    }

    fn field(array: &dyn Array) -> Arc<Field> {
        Arc::new(Field::new("item", array.data_type().clone(), true))
    }

    fn assert_cleared(array: &impl Array) {
        let array = make_array(array.to_data());
        let cleared = clear(&array).unwrap();
        assert!(holds(&array, SECRET), "{:?}", array.data_type());
        assert!(!holds(&cleared, SECRET) && holds(&cleared, "kept"), "{:?}", array.data_type());
        assert_eq!(&cleared, &array, "{:?}", array.data_type());
        let sliced = array.slice(1, 2);
        assert_eq!(&clear(&sliced).unwrap(), &sliced);
        assert!(!holds(&clear(&sliced).unwrap(), SECRET));
    }

    #[test]
    fn bytes_behind_nulls_are_gone_in_every_type_of_bytes() {
        let nulls = || texts().nulls().cloned();
        let (offsets, values, _) = texts().into_parts();
        assert_cleared(&texts());
        assert_cleared(&BinaryArray::new(offsets.clone(), values.clone(), nulls()));
        let large = OffsetBuffer::new(offsets.iter().map(|offset| i64::from(*offset)).collect());
        assert_cleared(&LargeStringArray::new(large, values, nulls()));
        let fixed = [b"kept--", SECRET.as_bytes(), b"******"].concat();
        assert_cleared(&FixedSizeBinaryArray::new(6, fixed.into(), nulls()));
    }

    #[test]
    fn numbers_and_truths_behind_nulls_are_zero() {
        let nulls = NullBuffer::from(vec![false, true]);
        let numbers: ArrayRef = Arc::new(Int64Array::new(vec![77, 78].into(), Some(nulls.clone())));
        assert_eq!(clear(&numbers).unwrap().as_primitive::<arrow_array::types::Int64Type>().values(), &[0, 78]);
        let truths: ArrayRef = Arc::new(BooleanArray::new(vec![true, true].into(), Some(nulls)));
        let truths = clear(&truths).unwrap();
        assert!(!truths.as_boolean().values().value(0) && truths.as_boolean().values().value(1));
    }

    #[test]
    fn what_lies_in_a_null_is_gone_with_it() {
        let all = StringArray::from(vec!["kept", SECRET, "other"]);
        let nulls = || Some(NullBuffer::from(vec![true, false, true]));
        let fields = Fields::from(vec![field(&all)]);
        let structs = StructArray::new(fields, vec![Arc::new(all.clone())], nulls());
        assert_cleared(&structs);
        let each = || OffsetBuffer::from_lengths([1, 1, 1]);
        assert_cleared(&ListArray::new(field(&all), each(), Arc::new(all.clone()), nulls()));
        assert_cleared(&ListArray::new(field(&structs), each(), Arc::new(structs), None));
        assert_cleared(&FixedSizeListArray::new(field(&all), 1, Arc::new(all.clone()), nulls()));
        let pairs = Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("v", DataType::Utf8, true)]);
        let entries = Arc::new(Field::new("entries", DataType::Struct(pairs.clone()), false));
        let pairs = StructArray::new(pairs, vec![Arc::new(all.clone()), Arc::new(all)], None);
        assert_cleared(&MapArray::new(entries, each(), pairs, nulls(), false));
    }

    #[test]
    fn what_a_union_does_not_show_is_gone() {
        let texts = StringArray::from(vec!["kept", SECRET, "other"]);
        let columns: Vec<ArrayRef> = vec![Arc::new(texts), Arc::new(Int32Array::from(vec![1, 2, 3]))];
        let fields = [(0, Field::new("t", DataType::Utf8, true)), (1, Field::new("n", DataType::Int32, true))];
        let fields = || UnionFields::from_iter(fields.clone().map(|(id, field)| (id, Arc::new(field))));
        let types = ScalarBuffer::from(vec![0_i8, 1, 0]);
        for offsets in [None, Some(ScalarBuffer::from(vec![0, 1, 2]))] {
            let union: ArrayRef =
                Arc::new(UnionArray::try_new(fields(), types.clone(), offsets, columns.clone()).unwrap());
            let cleared = clear(&union).unwrap();
            assert!(!holds(&cleared, SECRET) && holds(&cleared, "kept"));
            for row in 0..union.len() {
                assert_eq!(&cleared.as_union().value(row), &union.as_union().value(row), "{row}");
            }
        }
    }

    #[test]
    fn a_column_with_nothing_to_clear_shares_its_buffers() {
        let place = |array: &ArrayRef| array.to_data().buffers().last().unwrap().as_ptr();
        let whole: [ArrayRef; 4] = [
            Arc::new(StringArray::from(vec!["a", "b"])),
            Arc::new(StringArray::from(vec![Some("a"), None])),
            Arc::new(Int64Array::from(vec![Some(1), None])),
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)]), None])),
        ];
        for array in whole {
            assert_eq!(place(&clear(&array).unwrap()), place(&array), "{:?}", array.data_type());
        }
    }

    proptest! {
        #[test]
        fn every_value_stays(cells in prop::collection::vec((prop::option::of(0..9_i32), any::<bool>()), 0..20)) {
            let (texts, seen): (Vec<_>, Vec<bool>) =
                cells.iter().map(|(cell, seen)| (cell.map(|cell| cell.to_string()), *seen)).unzip();
            let item: ArrayRef = Arc::new(StringArray::from(texts));
            let fields = Fields::from(vec![Field::new("item", DataType::Utf8, true)]);
            let nulls = Some(NullBuffer::from(seen));
            let array: ArrayRef =
                Arc::new(StructArray::try_new_with_length(fields, vec![item], nulls, cells.len()).unwrap());
            prop_assert_eq!(&clear(&array).unwrap(), &array);
        }
    }
}
