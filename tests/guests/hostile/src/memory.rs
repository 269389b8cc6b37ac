//! Remembering from one batch to the next.

use std::sync::OnceLock;

use moretta_guest::{BatchError, Column, Masked};

use crate::honest::mask_rows;
use crate::values::first_column;

/// The first value that this instance was ever lent.
static REMEMBERED: OnceLock<String> = OnceLock::new();

/// Masks honestly, but in the place of the first value puts the first one of the first batch, from the second batch on.
pub(crate) fn remember(columns: &[Column]) -> Result<Masked, BatchError> {
    let earlier = REMEMBERED.get();
    if let Some(value) = columns[0].text()?.iter().flatten().next() {
        REMEMBERED.get_or_init(|| value.to_owned());
    }
    first_column(columns, mask_rows(&columns[0], |row, _| earlier.filter(|_| row == 0).map(String::as_str))?)
}
