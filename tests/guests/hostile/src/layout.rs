//! Columns that break the Arrow layout. All are of an honest answer, with one thing wrong in its first column.

use moretta_guest::{BatchError, Column, Masked, Values, Variable};

use crate::honest::{self, MASK};

pub(crate) fn no_columns() -> Masked {
    Masked { columns: Vec::new(), rejections: Vec::new() }
}

pub(crate) fn too_many_columns(columns: &[Column]) -> Result<Masked, BatchError> {
    let mut masked = honest::mask(columns)?;
    masked.columns.push(masked.columns[0].clone());
    Ok(masked)
}

/// One row less, and all lengths fit that.
pub(crate) fn too_few_rows(columns: &[Column]) -> Result<Masked, BatchError> {
    of_rows(columns, |rows| rows.saturating_sub(1))
}

/// One row more, and all lengths fit that.
pub(crate) fn too_many_rows(columns: &[Column]) -> Result<Masked, BatchError> {
    of_rows(columns, |rows| rows + 1)
}

/// The buffers are right, the number beside them is not.
pub(crate) fn wrong_row_count(columns: &[Column]) -> Result<Masked, BatchError> {
    let mut masked = honest::mask(columns)?;
    masked.columns[0].rows = u32::MAX;
    Ok(masked)
}

/// The number of rows is right, the buffer beside it is not.
pub(crate) fn wrong_offset_count(columns: &[Column]) -> Result<Masked, BatchError> {
    with_text(columns, |text| {
        text.offsets.pop();
    })
}

/// Not even the one offset that a column of no rows has.
pub(crate) fn no_offsets(columns: &[Column]) -> Result<Masked, BatchError> {
    with_text(columns, |text| text.offsets.clear())
}

pub(crate) fn first_offset_not_zero(columns: &[Column]) -> Result<Masked, BatchError> {
    with_text(columns, |text| {
        text.offsets[0] = 1;
        text.data.push(b'x');
    })
}

/// The offset before the last is one more than the last: the last value ends before it begins. Needs two rows.
pub(crate) fn bad_offsets(columns: &[Column]) -> Result<Masked, BatchError> {
    with_text(columns, |text| {
        let last = text.offsets.len() - 1;
        text.offsets[last - 1] = text.offsets[last] + 1;
        text.data.push(b'x');
    })
}

/// The last value ends one byte behind the data.
pub(crate) fn offsets_past_end(columns: &[Column]) -> Result<Masked, BatchError> {
    with_text(columns, |text| {
        let last = text.offsets.len() - 1;
        text.offsets[last] = text.data.len() as u32 + 1;
    })
}

/// The last value ends where no signed offset reaches: as one it is -1.
pub(crate) fn huge_offsets(columns: &[Column]) -> Result<Masked, BatchError> {
    with_text(columns, |text| {
        let last = text.offsets.len() - 1;
        text.offsets[last] = u32::MAX;
    })
}

pub(crate) fn not_utf8(columns: &[Column]) -> Result<Masked, BatchError> {
    with_text(columns, |text| text.data.fill(0xff))
}

/// The data is UTF-8 as a whole, and no value is: all ends of values but the last lie inside a character. Needs two rows.
pub(crate) fn split_character(columns: &[Column]) -> Result<Masked, BatchError> {
    with_text(columns, |text| {
        let rows = text.offsets.len() - 1;
        text.data = "é".repeat(rows).into_bytes();
        text.offsets = (0..=rows as u32).map(|row| (2 * row).saturating_sub(1)).collect();
        text.offsets[rows] = 2 * rows as u32;
    })
}

pub(crate) fn wrong_type(columns: &[Column]) -> Result<Masked, BatchError> {
    let mut masked = honest::mask(columns)?;
    masked.columns[0].values = Values::Int64(vec![7; columns[0].rows as usize]);
    Ok(masked)
}

/// One byte more than the rows have bits.
pub(crate) fn wrong_bitmap_length(columns: &[Column]) -> Result<Masked, BatchError> {
    let mut masked = honest::mask(columns)?;
    masked.columns[0].validity = Some(vec![0xff; (columns[0].rows as usize).div_ceil(8) + 1]);
    Ok(masked)
}

/// A bitmap without a bit.
pub(crate) fn empty_bitmap(columns: &[Column]) -> Result<Masked, BatchError> {
    let mut masked = honest::mask(columns)?;
    masked.columns[0].validity = Some(Vec::new());
    Ok(masked)
}

/// All values as they came, in bytes that belong to no row. The contract allows such bytes; they are not to be written.
pub(crate) fn data_behind_the_end(columns: &[Column]) -> Result<Masked, BatchError> {
    let secret = columns[0].text()?.data();
    with_text(columns, |text| text.data.extend_from_slice(secret))
}

/// All values as they came, in the bytes of rows that are said to be null.
pub(crate) fn data_behind_nulls(columns: &[Column]) -> Result<Masked, BatchError> {
    let mut masked = honest::mask(columns)?;
    masked.columns[0] = columns[0].clone();
    masked.columns[0].validity = Column::nulls(&columns[0]).validity;
    Ok(masked)
}

fn of_rows(columns: &[Column], rows: impl Fn(usize) -> usize) -> Result<Masked, BatchError> {
    let mut masked = honest::mask(columns)?;
    masked.columns[0] = Column::from_text(std::iter::repeat_n(Some(MASK), rows(columns[0].rows as usize)));
    Ok(masked)
}

/// Masks honestly, and lets `spoil` change the buffers of the first column.
fn with_text(columns: &[Column], spoil: impl FnOnce(&mut Variable)) -> Result<Masked, BatchError> {
    let mut masked = honest::mask(columns)?;
    if let Values::Text(text) = &mut masked.columns[0].values {
        spoil(text);
    }
    Ok(masked)
}
