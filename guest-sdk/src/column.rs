//! Safe views over the columns that the host lends.
//!
//! A view reads the column's own buffers: nothing is copied, and a loop over [`Text::bytes`] is as quick as the sandbox
//! allows. The host checked the buffers; a column that breaks its own layout ends in a trap, never in a wrong value.

use crate::bindings::types::{BatchError, Column, Values, Variable};

/// Which rows of a column have a value.
#[derive(Clone, Copy, Debug)]
pub struct Validity<'a>(Option<&'a [u8]>);

impl<'a> Validity<'a> {
    pub(crate) fn of(bits: Option<&'a [u8]>) -> Self {
        Self(bits)
    }

    /// The bits as they are: what a column with the same nulls has.
    #[inline]
    pub fn bits(&self) -> Option<&'a [u8]> {
        self.0
    }

    /// Whether the row has no value.
    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        self.0.is_some_and(|bits| bits[row / 8] & (1 << (row % 8)) == 0)
    }

    /// Whether any row may be null: a loop without nulls can leave the question out.
    #[inline]
    pub fn has_nulls(&self) -> bool {
        self.0.is_some()
    }
}

/// A column of text or bytes.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    offsets: &'a [u32],
    data: &'a [u8],
    validity: Validity<'a>,
}

impl<'a> Text<'a> {
    /// How many rows.
    #[inline]
    pub fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The value as bytes, `None` for a null.
    #[inline]
    pub fn bytes(&self, row: usize) -> Option<&'a [u8]> {
        if self.validity.is_null(row) {
            return None;
        }
        Some(&self.data[self.offsets[row] as usize..self.offsets[row + 1] as usize])
    }

    /// The value as text, `None` for a null.
    ///
    /// # Panics
    /// If the bytes are not UTF-8, which the host never lends as text.
    #[inline]
    pub fn get(&self, row: usize) -> Option<&'a str> {
        self.bytes(row).map(|bytes| std::str::from_utf8(bytes).expect("the host lends text as UTF-8"))
    }

    /// All values in order, `None` for a null.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Option<&'a str>> {
        (0..self.rows()).map(move |row| self.get(row))
    }

    /// All values in order as bytes, `None` for a null: the quickest way through a column.
    #[inline]
    pub fn iter_bytes(self) -> impl ExactSizeIterator<Item = Option<&'a [u8]>> {
        (0..self.rows()).map(move |row| self.bytes(row))
    }

    /// One offset more than rows.
    #[inline]
    pub fn offsets(&self) -> &'a [u32] {
        self.offsets
    }

    /// All values, one after the other.
    #[inline]
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Which rows have a value.
    #[inline]
    pub fn validity(&self) -> Validity<'a> {
        self.validity
    }
}

/// A column of numbers, dates or timestamps.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a, T> {
    values: &'a [T],
    validity: Validity<'a>,
}

impl<T: Copy> Numbers<'_, T> {
    /// How many rows.
    #[inline]
    pub fn rows(&self) -> usize {
        self.values.len()
    }

    /// The value, `None` for a null.
    #[inline]
    pub fn get(&self, row: usize) -> Option<T> {
        if self.validity.is_null(row) { None } else { Some(self.values[row]) }
    }

    /// All values in order, `None` for a null.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<T>> + '_ {
        (0..self.rows()).map(|row| self.get(row))
    }
}

impl Column {
    /// Which rows have a value.
    pub fn valid(&self) -> Validity<'_> {
        Validity(self.validity.as_deref())
    }

    /// A view as text.
    ///
    /// # Errors
    /// [`BatchError::UnsupportedType`] if it is something else.
    pub fn text(&self) -> Result<Text<'_>, BatchError> {
        match &self.values {
            Values::Text(variable) => Ok(self.variable(variable)),
            _ => Err(BatchError::UnsupportedType),
        }
    }

    /// A view as bytes.
    ///
    /// # Errors
    /// [`BatchError::UnsupportedType`] if it is something else.
    pub fn binary(&self) -> Result<Text<'_>, BatchError> {
        match &self.values {
            Values::Binary(variable) => Ok(self.variable(variable)),
            _ => Err(BatchError::UnsupportedType),
        }
    }

    /// A view as 64-bit integers.
    ///
    /// # Errors
    /// [`BatchError::UnsupportedType`] if it is something else.
    pub fn int64(&self) -> Result<Numbers<'_, i64>, BatchError> {
        match &self.values {
            Values::Int64(values) => Ok(self.numbers(values)),
            _ => Err(BatchError::UnsupportedType),
        }
    }

    /// A view as floating-point numbers.
    ///
    /// # Errors
    /// [`BatchError::UnsupportedType`] if it is something else.
    pub fn float64(&self) -> Result<Numbers<'_, f64>, BatchError> {
        match &self.values {
            Values::Float64(values) => Ok(self.numbers(values)),
            _ => Err(BatchError::UnsupportedType),
        }
    }

    /// A view as days since 1970-01-01.
    ///
    /// # Errors
    /// [`BatchError::UnsupportedType`] if it is something else.
    pub fn date32(&self) -> Result<Numbers<'_, i32>, BatchError> {
        match &self.values {
            Values::Date32(values) => Ok(self.numbers(values)),
            _ => Err(BatchError::UnsupportedType),
        }
    }

    /// A view as microseconds since 1970-01-01T00:00:00.
    ///
    /// # Errors
    /// [`BatchError::UnsupportedType`] if it is something else.
    pub fn timestamp(&self) -> Result<Numbers<'_, i64>, BatchError> {
        match &self.values {
            Values::Timestamp(values) => Ok(self.numbers(values)),
            _ => Err(BatchError::UnsupportedType),
        }
    }

    fn variable<'a>(&'a self, variable: &'a Variable) -> Text<'a> {
        Text { offsets: &variable.offsets, data: &variable.data, validity: self.valid() }
    }

    fn numbers<'a, T>(&'a self, values: &'a [T]) -> Numbers<'a, T> {
        Numbers { values, validity: self.valid() }
    }
}
