//! The bytes that stand for a value under a key, the same in whatever type it comes.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, BinaryArray, Int64Array, StringArray};
use arrow_schema::DataType;

use super::{Normalize, Refusal};

/// The decimal text of any `i64` fits: 19 digits and a sign.
const DECIMAL: usize = 20;

/// A column of a type whose values have canonical bytes.
pub(crate) enum Canonical<'a> {
    Text(&'a StringArray),
    Binary(&'a BinaryArray),
    Integers(&'a Int64Array),
}

impl<'a> Canonical<'a> {
    /// # Errors
    /// [`Refusal::UnsupportedType`] for all but text, binary and int64.
    pub(crate) fn of(column: &'a dyn Array) -> Result<Self, Refusal> {
        match column.data_type() {
            DataType::Utf8 => Ok(Self::Text(column.as_string())),
            DataType::Binary => Ok(Self::Binary(column.as_binary())),
            DataType::Int64 => Ok(Self::Integers(column.as_primitive::<Int64Type>())),
            _ => Err(Refusal::UnsupportedType),
        }
    }

    /// Shows every value in order: text and binary as they are, an integer as its decimal text, a null as `None`.
    pub(crate) fn for_each(&self, mut see: impl FnMut(Option<&[u8]>)) {
        match self {
            Self::Text(texts) => texts.iter().for_each(|text| see(text.map(str::as_bytes))),
            Self::Binary(values) => values.iter().for_each(see),
            Self::Integers(numbers) => {
                let mut buffer = [0; DECIMAL];
                for number in *numbers {
                    see(number.map(|number| decimal(number, &mut buffer)));
                }
            }
        }
    }

    /// Like [`Canonical::for_each`], with every value brought to one form first.
    ///
    /// # Errors
    /// [`Refusal::UnsupportedType`] for binary: bytes have no letters, case or white space.
    pub(crate) fn for_each_form(
        &self,
        normalize: Normalize,
        mut see: impl FnMut(Option<&[u8]>),
    ) -> Result<(), Refusal> {
        let mut form = String::new();
        let mut see_form = |text: Option<&str>| {
            see(text.map(|text| {
                normalize.apply(text, &mut form);
                form.as_bytes()
            }));
        };
        match self {
            Self::Text(texts) => texts.iter().for_each(see_form),
            Self::Integers(numbers) => {
                numbers.iter().for_each(|number| see_form(number.map(|number| number.to_string()).as_deref()));
            }
            Self::Binary(_) => return Err(Refusal::UnsupportedType),
        }
        Ok(())
    }
}

/// The decimal text of a number: no sign but `-`, no leading zeros.
fn decimal(number: i64, buffer: &mut [u8; DECIMAL]) -> &[u8] {
    let mut rest = buffer.as_mut_slice();
    // The buffer holds every i64, so this cannot fail, and what is left says how long the text is.
    let _ = write!(rest, "{number}");
    let length = DECIMAL.saturating_sub(rest.len());
    buffer.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_their_decimal_text() {
        let mut buffer = [0; DECIMAL];
        for number in [0, 7, -7, 1_000_000, i64::MIN, i64::MAX] {
            assert_eq!(decimal(number, &mut buffer), number.to_string().as_bytes());
        }
    }
}
