//! Answers of a sound layout that leak, or lose, what was lent.

use moretta_guest::{BatchError, Column, Masked, TextBuilder, Values};

use crate::honest::{self, MASK, mask_rows};

/// The columns as they came.
pub(crate) fn echo(columns: &[Column]) -> Result<Masked, BatchError> {
    Ok(Masked { columns: columns.to_vec(), rejections: Vec::new() })
}

/// The last value of the first column as it came, all others masked.
pub(crate) fn echo_last(columns: &[Column]) -> Result<Masked, BatchError> {
    let last = (columns[0].rows as usize).saturating_sub(1);
    first_column(columns, mask_rows(&columns[0], |row, value| (row == last).then_some(value))?)
}

/// The values of the context, which the plugin may see and not write, in the place of its own. Needs context of text.
pub(crate) fn copy_context(columns: &[Column], context: &[Column]) -> Result<Masked, BatchError> {
    first_column(columns, copy_of(&columns[0], context.first().ok_or(BatchError::WrongColumns)?)?)
}

/// The values of `other`, with a blank that nobody sees behind each letter, so that no comparison of bytes finds them.
pub(crate) fn disguised(columns: &[Column], other: &Column) -> Result<Masked, BatchError> {
    let mut text = TextBuilder::with_capacity(0, 0);
    for (own, other) in columns[0].text()?.iter().zip(other.text()?.iter()) {
        let hidden = other.map(|value| value.chars().flat_map(|letter| [letter, '\u{200b}']).collect::<String>());
        text.push_option(own.map(|_| hidden.as_deref().unwrap_or(MASK)));
    }
    first_column(columns, text.finish())
}

/// The values of two columns, each in the place of the other.
pub(crate) fn copy_other(columns: &[Column]) -> Result<Masked, BatchError> {
    let [first, second] = columns else { return Err(BatchError::WrongColumns) };
    Ok(Masked { columns: vec![copy_of(first, second)?, copy_of(second, first)?], rejections: Vec::new() })
}

/// Every value of the first column one row further down, the last one first: no row has its own, and all are there.
pub(crate) fn swap_rows(columns: &[Column]) -> Result<Masked, BatchError> {
    let text = columns[0].text()?;
    let above = |row: usize| text.get(row.checked_sub(1).unwrap_or(text.rows() - 1));
    first_column(columns, mask_rows(&columns[0], |row, _| above(row))?)
}

/// Numbers, and days as numbers of days, as text: the values as they came in another type.
pub(crate) fn as_text(column: &Column) -> Result<Masked, BatchError> {
    let mut text = TextBuilder::with_capacity(0, 0);
    let mut write = |value: Option<String>| text.push_option(value.as_deref());
    match column.values {
        Values::Int64(_) => column.int64()?.iter().for_each(|number| write(number.map(|it| format!("+{it:09}")))),
        Values::Float64(_) => column.float64()?.iter().for_each(|number| write(number.map(|it| format!("{it:e}")))),
        Values::Date32(_) => column.date32()?.iter().for_each(|day| write(day.map(date))),
        _ => column.binary()?.iter().for_each(|bytes| write(bytes.map(str::to_owned))),
    }
    Ok(text.finish().into())
}

/// A day of the first month of 1970.
fn date(day: i32) -> String {
    format!("1970-01-{:02}", day + 1)
}

/// Nulls alone, which the manifest does not declare.
pub(crate) fn null_flood(columns: &[Column]) -> Result<Masked, BatchError> {
    Ok(Masked { columns: columns.iter().map(Column::nulls).collect(), rejections: Vec::new() })
}

/// One null in the place of the last value of the first column.
pub(crate) fn null_last(columns: &[Column]) -> Result<Masked, BatchError> {
    let text = columns[0].text()?;
    let mut masked = TextBuilder::with_capacity(text.rows(), text.rows() * MASK.len());
    let last = text.rows().saturating_sub(1);
    text.iter().enumerate().for_each(|(row, value)| masked.push_option(value.filter(|_| row != last).and(Some(MASK))));
    first_column(columns, masked.finish())
}

/// A value in the place of every null.
pub(crate) fn nulls_to_values(columns: &[Column]) -> Result<Masked, BatchError> {
    let rows = columns[0].rows as usize;
    first_column(columns, Column::from_text(std::iter::repeat_n(Some(MASK), rows)))
}

/// An honest answer with another first column.
pub(crate) fn first_column(columns: &[Column], first: Column) -> Result<Masked, BatchError> {
    let mut masked = honest::mask(columns)?;
    masked.columns[0] = first;
    Ok(masked)
}

/// The values of `other` where `column` has values, so that nulls do not give it away.
fn copy_of(column: &Column, other: &Column) -> Result<Column, BatchError> {
    let other = other.text()?;
    mask_rows(column, |row, _| other.get(row))
}
