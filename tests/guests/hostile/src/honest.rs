//! What a masker has to do.

use moretta_guest::{BatchError, Column, Masked, TextBuilder};

/// What takes the place of every value.
pub(crate) const MASK: &str = "masked";

/// Replaces every value by [`MASK`].
pub(crate) fn mask(columns: &[Column]) -> Result<Masked, BatchError> {
    let columns = columns.iter().map(mask_column).collect::<Result<_, _>>()?;
    Ok(Masked { columns, rejections: Vec::new() })
}

/// Replaces every value of one column by [`MASK`].
pub(crate) fn mask_column(column: &Column) -> Result<Column, BatchError> {
    mask_rows(column, |_, _| None)
}

/// Replaces every value by what `choose` says of its row, and by [`MASK`] where it says nothing. Nulls stay.
pub(crate) fn mask_rows<'a>(
    column: &'a Column,
    choose: impl Fn(usize, &'a str) -> Option<&'a str>,
) -> Result<Column, BatchError> {
    let text = column.text()?;
    let mut masked = TextBuilder::with_capacity(text.rows(), text.rows() * MASK.len());
    for (row, value) in text.iter().enumerate() {
        masked.push_option(value.map(|value| choose(row, value).unwrap_or(MASK)));
    }
    Ok(masked.finish())
}
