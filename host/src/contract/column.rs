//! Columns between Arrow and the wire.
//!
//! Lending copies nothing on this side: the guest's memory is written from Arrow's own buffers. Taking back believes
//! nothing: every length, offset, bit and byte that a guest returned is checked before an array is made of it.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ByteArrayType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, GenericByteArray, PrimitiveArray, StringArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use super::latest::moretta::plugin::types::{
    ColumnParam, ColumnResult, ValuesParam, ValuesResult, VariableParam, VariableResult,
};
use crate::batch::ColumnType;

/// A column on its way into a guest: slices of the array's buffers, and copies only of what is not aligned to a byte.
pub(crate) struct LentColumn<'a> {
    rows: u32,
    validity: Option<Cow<'a, [u8]>>,
    values: LentValues<'a>,
}

enum LentValues<'a> {
    Text(Cow<'a, [u32]>, &'a [u8]),
    Binary(Cow<'a, [u32]>, &'a [u8]),
    Int64(&'a [i64]),
    Float64(&'a [f64]),
    Boolean(Cow<'a, [u8]>),
    Date32(&'a [i32]),
    Timestamp(&'a [i64]),
}

impl<'a> LentColumn<'a> {
    /// Lends a column, which must be of the Arrow type of `column_type`; `None` if it is not, or has too many rows.
    pub(crate) fn new(array: &'a ArrayRef, column_type: ColumnType) -> Option<Self> {
        if array.data_type() != &column_type.arrow() {
            return None;
        }
        let values = match column_type {
            ColumnType::Text => {
                let array = array.as_string::<i32>();
                let (offsets, data) = variable(array.value_offsets(), array.value_data())?;
                LentValues::Text(offsets, data)
            }
            ColumnType::Binary => {
                let array = array.as_binary::<i32>();
                let (offsets, data) = variable(array.value_offsets(), array.value_data())?;
                LentValues::Binary(offsets, data)
            }
            ColumnType::Int64 => LentValues::Int64(array.as_primitive::<Int64Type>().values()),
            ColumnType::Float64 => LentValues::Float64(array.as_primitive::<Float64Type>().values()),
            ColumnType::Boolean => LentValues::Boolean(bits(array.as_boolean().values())),
            ColumnType::Date32 => LentValues::Date32(array.as_primitive::<Date32Type>().values()),
            ColumnType::Timestamp => LentValues::Timestamp(array.as_primitive::<TimestampMicrosecondType>().values()),
        };
        let validity = array.nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| bits(nulls.inner()));
        Some(Self { rows: u32::try_from(array.len()).ok()?, validity, values })
    }

    /// The column as an argument of a call.
    pub(crate) fn argument(&self) -> ColumnParam<'_> {
        let values = match &self.values {
            LentValues::Text(offsets, data) => ValuesParam::Text(VariableParam { offsets, data }),
            LentValues::Binary(offsets, data) => ValuesParam::Binary(VariableParam { offsets, data }),
            LentValues::Int64(values) => ValuesParam::Int64(values),
            LentValues::Float64(values) => ValuesParam::Float64(values),
            LentValues::Boolean(bits) => ValuesParam::Boolean(bits),
            LentValues::Date32(values) => ValuesParam::Date32(values),
            LentValues::Timestamp(values) => ValuesParam::Timestamp(values),
        };
        ColumnParam { rows: self.rows, validity: self.validity.as_deref(), values }
    }
}

/// Offsets that begin at 0 and the bytes they point into. A slice of a larger array lends its own bytes alone.
fn variable<'a>(offsets: &'a [i32], data: &'a [u8]) -> Option<(Cow<'a, [u32]>, &'a [u8])> {
    let (first, last) = (*offsets.first()?, *offsets.last()?);
    let data = data.get(usize::try_from(first).ok()?..usize::try_from(last).ok()?)?;
    // Arrow's offsets are never negative, so as u32 they are the same numbers.
    let unsigned: &[u32] = bytemuck::cast_slice(offsets);
    if first == 0 {
        return Some((Cow::Borrowed(unsigned), data));
    }
    let base = u32::try_from(first).ok()?;
    Some((unsigned.iter().map(|offset| offset.wrapping_sub(base)).collect(), data))
}

/// The bits, from the first bit of a byte on.
fn bits(bits: &BooleanBuffer) -> Cow<'_, [u8]> {
    let bytes = bits.len().div_ceil(8);
    match bits.offset() {
        0 => match bits.values().get(..bytes) {
            Some(bytes) => Cow::Borrowed(bytes),
            None => Cow::Owned(bits.sliced().to_vec()),
        },
        _ => Cow::Owned(bits.sliced().to_vec()),
    }
}

/// Takes a column back from a guest that was to return so many rows of this type.
///
/// What it left behind nulls and in padding has no meaning, so nothing checks it, and Arrow files would hold it: it is
/// overwritten here.
///
/// # Errors
/// What is wrong with it, in words that say nothing of its values.
pub(crate) fn take_back(
    column: ColumnResult,
    lent: &dyn Array,
    column_type: ColumnType,
) -> Result<ArrayRef, &'static str> {
    let rows = lent.len();
    if column.rows as usize != rows {
        return Err("returned another number of rows than it was given");
    }
    let nulls = column.validity.map(|validity| nulls(validity, rows)).transpose()?;
    Ok(match (column.values, column_type) {
        (ValuesResult::Text(values), ColumnType::Text) => {
            let (offsets, data) = checked_offsets(values, lent)?;
            let array = StringArray::try_new(offsets, data, nulls);
            let array = array.map_err(|_| "returned text that is not UTF-8")?;
            Arc::new(if hides_bytes(&array) { array.iter().collect() } else { array })
        }
        (ValuesResult::Binary(values), ColumnType::Binary) => {
            let (offsets, data) = checked_offsets(values, lent)?;
            let array = BinaryArray::try_new(offsets, data, nulls);
            let array = array.map_err(|_| "returned offsets that do not fit its data")?;
            Arc::new(if hides_bytes(&array) { array.iter().collect() } else { array })
        }
        (ValuesResult::Int64(values), ColumnType::Int64) => primitive::<Int64Type>(values, rows, nulls)?,
        (ValuesResult::Float64(values), ColumnType::Float64) => {
            primitive::<Float64Type>(values.into_iter().map(one_nan).collect(), rows, nulls)?
        }
        (ValuesResult::Date32(values), ColumnType::Date32) => primitive::<Date32Type>(values, rows, nulls)?,
        (ValuesResult::Timestamp(values), ColumnType::Timestamp) => {
            primitive::<TimestampMicrosecondType>(values, rows, nulls)?
        }
        (ValuesResult::Boolean(values), ColumnType::Boolean) => {
            if values.len() != rows.div_ceil(8) {
                return Err("returned booleans of another length than its rows");
            }
            let array = BooleanArray::new(BooleanBuffer::new(Buffer::from_vec(values), 0, rows), nulls);
            Arc::new(array.iter().collect::<BooleanArray>())
        }
        _ => return Err("returned a column of another type than its manifest declares"),
    })
}

fn nulls(validity: Vec<u8>, rows: usize) -> Result<NullBuffer, &'static str> {
    if validity.len() != rows.div_ceil(8) {
        return Err("returned a validity bitmap of another length than its rows");
    }
    // Bit by bit, so that the padding of the last byte is zeros.
    Ok(BooleanBuffer::new(Buffer::from_vec(validity), 0, rows).iter().collect())
}

/// Whether a null has bytes behind it.
fn hides_bytes<T: ByteArrayType<Offset = i32>>(array: &GenericByteArray<T>) -> bool {
    let Some(nulls) = array.nulls() else { return false };
    array.offsets().lengths().zip(nulls).any(|(length, valid)| length > 0 && !valid)
}

/// The data is cut at the last offset: what a guest appends behind it is not taken along.
///
/// Values that keep their lengths come back with the offsets that they were lent with. Those were checked already.
fn checked_offsets(values: VariableResult, lent: &dyn Array) -> Result<(OffsetBuffer<i32>, Buffer), &'static str> {
    let VariableResult { offsets, data } = values;
    if Some(offsets.len()) != lent.len().checked_add(1) {
        return Err("returned another number of offsets than rows and one");
    }
    if let Some(same) = lent.as_string_opt::<i32>().map(StringArray::offsets)
        && *bytemuck::cast_slice::<u32, i32>(&offsets) == **same
        && same.first() == Some(&0)
        && let Some(last) = same.last().and_then(|last| usize::try_from(*last).ok())
        && last <= data.len()
    {
        return Ok((same.clone(), Buffer::from_vec(data).slice_with_length(0, last)));
    }
    let rising = offsets.windows(2).fold(true, |rising, pair| match pair {
        [low, high] => rising & (low <= high),
        _ => rising,
    });
    let last = offsets.last().copied().unwrap_or_default() as usize;
    if offsets.first() != Some(&0) || !rising || last > data.len() || i32::try_from(last).is_err() {
        return Err("returned offsets that do not fit its data");
    }
    let length = offsets.len();
    let offsets = ScalarBuffer::<i32>::new(Buffer::from_vec(offsets), 0, length);
    Ok((OffsetBuffer::new(offsets), Buffer::from_vec(data).slice_with_length(0, last)))
}

/// What is not a number is one value: 51 bits of it that no text shows would say nothing to whoever reads the column, and
/// something to who knows where to look.
fn one_nan(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value }
}

fn primitive<T: ArrowPrimitiveType>(
    mut values: Vec<T::Native>,
    rows: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, &'static str> {
    if values.len() != rows {
        return Err("returned another number of values than rows");
    }
    for (value, valid) in values.iter_mut().zip(nulls.iter().flatten()) {
        if !valid {
            *value = T::Native::default();
        }
    }
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), nulls)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(rows: u32, valid: u8, values: ValuesResult, column_type: ColumnType) -> ArrayRef {
        let lent = arrow_array::NullArray::new(rows as usize);
        take_back(ColumnResult { rows, validity: Some(vec![valid]), values }, &lent, column_type).unwrap()
    }

    /// Whether any buffer of the array holds this byte.
    fn holds(array: &ArrayRef, byte: u8) -> bool {
        let data = array.to_data();
        let nulls = data.nulls().map(NullBuffer::buffer);
        data.buffers().iter().chain(nulls).any(|buffer| buffer.contains(&byte))
    }

    #[test]
    fn nothing_stays_behind_a_null() {
        let text = || VariableResult { offsets: vec![0, 1, 4, 5], data: b"aSSSb".to_vec() };
        let array = taken(3, 0b101, ValuesResult::Text(text()), ColumnType::Text);
        assert_eq!(array.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None, Some("b")]);
        assert!(!holds(&array, b'S'));
        let array = taken(3, 0b101, ValuesResult::Binary(text()), ColumnType::Binary);
        assert!(!holds(&array, b'S') && holds(&array, b'b'));
        let array = taken(2, 0b01, ValuesResult::Int64(vec![7, 0x5353]), ColumnType::Int64);
        assert_eq!(array.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(7), None]);
        assert!(!holds(&array, 0x53));
        let array = taken(2, 0b01, ValuesResult::Boolean(vec![0b11]), ColumnType::Boolean);
        assert!(!holds(&array, 0b11) && array.as_boolean().value(0));
    }

    #[test]
    fn nothing_stays_in_what_is_not_a_number() {
        let values = vec![f64::from_bits(0xfff8_5353_5353_5353), f64::from_bits(0x7ff0_0000_0000_5353), 1.5, -0.0];
        let array = taken(4, 0b1111, ValuesResult::Float64(values), ColumnType::Float64);
        let bits: Vec<_> = array.as_primitive::<Float64Type>().values().iter().map(|value| value.to_bits()).collect();
        assert_eq!(bits, [f64::NAN.to_bits(), f64::NAN.to_bits(), 1.5_f64.to_bits(), (-0.0_f64).to_bits()]);
    }

    #[test]
    fn offsets_that_come_back_as_they_went_still_point_into_the_data() {
        let lent = StringArray::from(vec!["ab", "c"]);
        let back = |data: &[u8]| {
            let values = ValuesResult::Text(VariableResult { offsets: vec![0, 2, 3], data: data.to_vec() });
            take_back(ColumnResult { rows: 2, validity: None, values }, &lent, ColumnType::Text)
        };
        let values: Vec<_> = back(b"xyzSSS").unwrap().as_string::<i32>().iter().flatten().map(str::to_owned).collect();
        assert_eq!(values, ["xy", "z"]);
        assert!(!holds(&back(b"xyzSSS").unwrap(), b'S'));
        assert_eq!(back(b"xy").unwrap_err(), "returned offsets that do not fit its data");
        assert_eq!(back("é€".as_bytes()).unwrap_err(), "returned text that is not UTF-8");
    }

    #[test]
    fn nothing_stays_in_padding() {
        let array = taken(2, 0b1111_1111, ValuesResult::Boolean(vec![0b0110_0010]), ColumnType::Boolean);
        assert!(!holds(&array, 0b1111_1111) && !holds(&array, 0b0110_0010));
        assert_eq!(array.as_boolean().iter().collect::<Vec<_>>(), [Some(false), Some(true)]);
    }
}
