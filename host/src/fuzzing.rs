//! A door to the decoder of what guests return, for its fuzz target alone.

use arrow_array::{Array, StringArray};

use crate::batch::ColumnType;
use crate::contract::column;
use crate::contract::latest::moretta::plugin::types::{ColumnResult, ValuesResult, VariableResult};

/// A column as a guest returned it: the parts that its type has.
#[derive(Debug)]
pub struct Returned {
    /// How many rows it says that it has.
    pub rows: u32,
    /// A bit for each row.
    pub validity: Option<Vec<u8>>,
    /// Where each value ends; or the numbers.
    pub offsets: Vec<u32>,
    /// The values; or the bits of booleans.
    pub data: Vec<u8>,
    /// Which type it says that it is of.
    pub said: u8,
}

const TYPES: [ColumnType; 7] = [
    ColumnType::Text,
    ColumnType::Binary,
    ColumnType::Int64,
    ColumnType::Float64,
    ColumnType::Boolean,
    ColumnType::Date32,
    ColumnType::Timestamp,
];

/// Takes a column back in place of texts of these lengths, in the type that was wanted. Returns how many rows it has, and
/// `None` if it is refused.
///
/// # Panics
/// The array that was made is not valid: what the target looks for.
#[expect(clippy::expect_used, reason = "a fuzz target ends by a panic")]
pub fn take_back(lent: &[u8], returned: Returned, wanted: u8) -> Option<usize> {
    let lent = StringArray::from_iter_values(lent.iter().map(|length| "x".repeat(usize::from(*length))));
    let Returned { rows, validity, offsets, data, said } = returned;
    let (said, wanted) = (column_type(said)?, column_type(wanted)?);
    let returned = ColumnResult { rows, validity, values: values(said, offsets, data) };
    let array = column::take_back(returned, &lent, wanted).ok()?;
    array.to_data().validate_full().expect("an array that was taken back is valid");
    assert_eq!(array.data_type(), &wanted.arrow(), "an array that was taken back is of the type that was wanted");
    Some(array.len())
}

fn column_type(number: u8) -> Option<ColumnType> {
    TYPES.get(usize::from(number)).copied()
}

fn values(said: ColumnType, offsets: Vec<u32>, data: Vec<u8>) -> ValuesResult {
    let numbers = offsets.iter().map(|number| i64::from(*number));
    match said {
        ColumnType::Text => ValuesResult::Text(VariableResult { offsets, data }),
        ColumnType::Binary => ValuesResult::Binary(VariableResult { offsets, data }),
        ColumnType::Int64 => ValuesResult::Int64(numbers.collect()),
        ColumnType::Float64 => {
            ValuesResult::Float64(numbers.map(|bits| f64::from_bits(bits.cast_unsigned())).collect())
        }
        ColumnType::Boolean => ValuesResult::Boolean(data),
        ColumnType::Date32 => ValuesResult::Date32(offsets.iter().map(|number| number.cast_signed()).collect()),
        ColumnType::Timestamp => ValuesResult::Timestamp(numbers.collect()),
    }
}
