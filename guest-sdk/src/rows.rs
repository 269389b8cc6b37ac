//! Masking a column row by row, and the rows that could not be masked.

use crate::bindings::types::{BatchError, Column, Masked, Rejection, RejectionCode, Values, Variable};
use crate::builder::{TextBuilder, all_valid};
use crate::column::Validity;

/// Masks a column value by value into text. Nulls stay nulls.
///
/// `write` appends what takes the place of a value to the end of the buffer, as UTF-8, or says why it cannot: then the
/// row is rejected, and what was appended for it is dropped. `bytes` is how much room to reserve.
#[inline]
pub fn mask_each<T>(
    values: impl ExactSizeIterator<Item = Option<T>>,
    bytes: usize,
    mut write: impl FnMut(T, &mut Vec<u8>) -> Result<(), RejectionCode>,
) -> Masked {
    let mut output = TextBuilder::with_capacity(values.len(), bytes);
    let mut rejections = Rejections::default();
    for (row, value) in values.enumerate() {
        let Some(value) = value else {
            output.push_null();
            continue;
        };
        if let Err(code) = output.try_push_with(|data| write(value, data)) {
            rejections.push(row, code);
            output.push_null();
        }
    }
    rejections.with(output.finish())
}

/// Masks a column value by value into text of one length, that of `template`. Nulls stay nulls.
///
/// Quicker than [`mask_each`], since every value has its place before it is written. `write` is given that place, as
/// long as the template and with its bytes until they are overwritten, and leaves UTF-8 there; or it says that the value
/// is empty or rejected. Bytes that it overwrites in one row it must overwrite in all.
#[inline]
pub fn mask_each_to_length<T>(
    values: impl ExactSizeIterator<Item = Option<T>>,
    template: &[u8],
    mut write: impl FnMut(T, &mut [u8]) -> Result<Length, RejectionCode>,
) -> Masked {
    let rows = values.len();
    let mut data = template.repeat(rows);
    let mut offsets = vec![0; rows + 1];
    let mut nulls = Nulls::new(rows);
    let mut rejections = Rejections::default();
    let mut end = 0;
    for (row, (value, offset)) in values.zip(&mut offsets[1..]).enumerate() {
        match value.map(|value| write(value, &mut data[end..end + template.len()])) {
            Some(Ok(Length::Full)) => end += template.len(),
            Some(Ok(Length::Empty)) => {}
            Some(Err(code)) => {
                rejections.push(row, code);
                nulls.set(row);
            }
            None => nulls.set(row),
        }
        *offset = end as u32;
    }
    data.truncate(end);
    let values = Values::Text(Variable { offsets, data });
    rejections.with(Column { rows: rows as u32, validity: nulls.into_validity(), values })
}

/// Masks a column of text value by value, each in its own place: for masks that keep every length. Nulls stay nulls.
///
/// `mask` is given the row and the value, and leaves UTF-8 there; or it says why it cannot: then the row is rejected, and
/// zeros are left.
///
/// # Errors
/// [`BatchError::UnsupportedType`] if it is no column of text.
#[inline]
pub fn mask_each_in_place(
    mut column: Column,
    mut mask: impl FnMut(usize, &mut [u8]) -> Result<(), RejectionCode>,
) -> Result<Masked, BatchError> {
    let Values::Text(Variable { offsets, data }) = &mut column.values else {
        return Err(BatchError::UnsupportedType);
    };
    let validity = Validity::of(column.validity.as_deref());
    let mut rejections = Rejections::default();
    for (row, bounds) in offsets.windows(2).enumerate().filter(|(row, _)| !validity.is_null(*row)) {
        let value = &mut data[bounds[0] as usize..bounds[1] as usize];
        if let Err(code) = mask(row, value) {
            value.fill(0);
            rejections.push(row, code);
        }
    }
    Ok(rejections.with(column))
}

/// Whether a value has the length that all have, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// As long as the template.
    Full,
    /// An empty value, which mostly stays empty.
    Empty,
}

/// The rows that a plugin could not handle, collected in order.
#[derive(Debug, Default)]
pub struct Rejections(Vec<Rejection>);

impl Rejections {
    /// Names one row. Rows are named in rising order, each once.
    #[inline]
    pub fn push(&mut self, row: usize, code: RejectionCode) {
        self.0.push(Rejection { row: row as u32, code });
    }

    /// The answer with one masked column.
    pub fn with(self, column: Column) -> Masked {
        Masked { columns: vec![column], rejections: self.0 }
    }
}

impl From<Column> for Masked {
    fn from(column: Column) -> Self {
        Self { columns: vec![column], rejections: Vec::new() }
    }
}

/// Marks rows of a known number as null, and costs nothing while none is.
struct Nulls {
    bits: Vec<u8>,
    rows: usize,
}

impl Nulls {
    fn new(rows: usize) -> Self {
        Self { bits: Vec::new(), rows }
    }

    #[inline]
    fn set(&mut self, row: usize) {
        if self.bits.is_empty() {
            self.bits = all_valid(self.rows);
        }
        self.bits[row / 8] &= !(1 << (row % 8));
    }

    fn into_validity(self) -> Option<Vec<u8>> {
        (!self.bits.is_empty()).then_some(self.bits)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn values_of_one_length_are_masked_as_those_of_any(
            values in proptest::collection::vec(proptest::option::of(0u8..6), 0..40),
        ) {
            let any = mask_each(values.iter().copied(), 0, |value, out| match value {
                0 => Ok(()),
                1 => Err(RejectionCode::Missing),
                value => {
                    out.extend_from_slice(&[b'v', b'0' + value]);
                    Ok(())
                }
            });
            let fixed = mask_each_to_length(values.into_iter(), b"v?", |value, out| {
                out[1] = b'0' + value;
                match value {
                    0 => Ok(Length::Empty),
                    1 => Err(RejectionCode::Missing),
                    _ => Ok(Length::Full),
                }
            });
            prop_assert_eq!(fixed, any);
        }

        #[test]
        fn values_are_masked_in_their_place_as_in_another(
            values in proptest::collection::vec(proptest::option::of("[a-c]{0,3}"), 0..40),
        ) {
            let mask = |value: &mut [u8]| match value {
                [b'a', ..] => Err(RejectionCode::Unsupported),
                value => {
                    value.make_ascii_uppercase();
                    Ok(())
                }
            };
            let column = Column::from_text(values.iter().map(Option::as_deref));
            let elsewhere = mask_each(column.text().unwrap().iter_bytes(), 0, |value, out| {
                let start = out.len();
                out.extend_from_slice(value);
                mask(&mut out[start..])
            });
            let in_place = mask_each_in_place(column.clone(), |row, value| {
                assert_eq!(Some(&*value), values[row].as_ref().map(String::as_bytes));
                mask(value)
            });
            let in_place = in_place.unwrap();
            prop_assert_eq!(&in_place.rejections, &elsewhere.rejections);
            for row in 0..values.len() {
                let expected = elsewhere.columns[0].text().unwrap().get(row);
                let is_rejected = in_place.rejections.iter().any(|rejection| rejection.row as usize == row);
                let masked = in_place.columns[0].text().unwrap().get(row);
                prop_assert_eq!(masked.filter(|value| !value.starts_with('\0')), expected);
                prop_assert_eq!(masked.is_some_and(|value| value.starts_with('\0')), is_rejected);
            }
        }
    }

    #[test]
    fn only_text_is_masked_in_its_place() {
        let numbers = crate::NumberBuilder::<i64>::with_capacity(0).finish_int64();
        assert_eq!(mask_each_in_place(numbers, |_, _| Ok(())), Err(BatchError::UnsupportedType));
    }
}
