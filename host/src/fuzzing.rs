//! A door to the decoder of what guests return, for its fuzz target alone.

use arrow_array::Array;

use crate::batch::ColumnType;
use crate::contract::column;
use crate::contract::latest::moretta::plugin::types::{ColumnResult, ValuesResult, VariableResult};

/// A column of text or bytes as a guest returned it.
#[derive(Debug)]
pub struct Returned {
    /// How many rows it says that it has.
    pub rows: u32,
    /// A bit for each row.
    pub validity: Option<Vec<u8>>,
    /// Where each value ends.
    pub offsets: Vec<u32>,
    /// The values.
    pub data: Vec<u8>,
    /// Whether they are text.
    pub text: bool,
}

/// Takes a column back that was to have so many rows. Returns how many it has, and `None` if it is refused.
///
/// # Panics
/// The array that was made is not valid: what the target looks for.
#[expect(clippy::expect_used, reason = "a fuzz target ends by a panic")]
pub fn take_back(returned: Returned, rows: usize) -> Option<usize> {
    let Returned { rows: said, validity, offsets, data, text } = returned;
    let values = VariableResult { offsets, data };
    let (values, column_type) = match text {
        true => (ValuesResult::Text(values), ColumnType::Text),
        false => (ValuesResult::Binary(values), ColumnType::Binary),
    };
    let array = column::take_back(ColumnResult { rows: said, validity, values }, rows, column_type).ok()?;
    array.to_data().validate_full().expect("an array that was taken back is valid");
    Some(array.len())
}
