//! Builders for the columns that a plugin returns.

use crate::bindings::types::{Column, Values, Variable};

/// Marks rows as valid or null, and costs nothing while no row is null.
#[derive(Debug, Default)]
struct Nulls {
    bits: Option<Vec<u8>>,
    rows: usize,
}

impl Nulls {
    #[inline]
    fn push(&mut self, valid: bool) {
        if !valid && self.bits.is_none() {
            self.bits = Some(all_valid(self.rows));
        }
        if let Some(bits) = &mut self.bits {
            if self.rows.is_multiple_of(8) {
                bits.push(0);
            }
            if valid {
                *bits.last_mut().expect("a byte was pushed for this row") |= 1 << (self.rows % 8);
            }
        }
        self.rows += 1;
    }
}

/// The bits of rows of which none is null.
pub(crate) fn all_valid(rows: usize) -> Vec<u8> {
    let mut bits = vec![0xff; rows / 8];
    if !rows.is_multiple_of(8) {
        bits.push((1 << (rows % 8)) - 1);
    }
    bits
}

/// Builds a column of text, value by value, in one buffer.
#[derive(Debug)]
pub struct TextBuilder {
    offsets: Vec<u32>,
    data: Vec<u8>,
    nulls: Nulls,
}

impl TextBuilder {
    /// Room for so many rows and bytes. Enough of both means that nothing is moved while building.
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, data: Vec::with_capacity(bytes), nulls: Nulls::default() }
    }

    /// Appends a value.
    #[inline]
    pub fn push(&mut self, value: &str) {
        self.push_with(|data| data.extend_from_slice(value.as_bytes()));
    }

    /// Appends a value that `write` adds to the end of the buffer. It must add UTF-8 and leave what is there.
    #[inline]
    pub fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.data);
        self.end(true);
    }

    /// Like [`push_with`](Self::push_with), where `write` may fail: then nothing is appended.
    ///
    /// # Errors
    /// What `write` answers.
    #[inline]
    pub fn try_push_with<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        let length = self.data.len();
        match write(&mut self.data) {
            Ok(()) => self.end(true),
            Err(error) => {
                self.data.truncate(length);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Appends a null.
    #[inline]
    pub fn push_null(&mut self) {
        self.end(false);
    }

    /// Appends a value or a null.
    #[inline]
    pub fn push_option(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.push(value),
            None => self.push_null(),
        }
    }

    /// The finished column.
    pub fn finish(self) -> Column {
        Column {
            rows: self.nulls.rows as u32,
            validity: self.nulls.bits,
            values: Values::Text(Variable { offsets: self.offsets, data: self.data }),
        }
    }

    #[inline]
    fn end(&mut self, valid: bool) {
        self.offsets.push(self.data.len() as u32);
        self.nulls.push(valid);
    }
}

/// Builds a column of numbers, dates or timestamps.
#[derive(Debug)]
pub struct NumberBuilder<T> {
    values: Vec<T>,
    nulls: Nulls,
}

impl<T: Default> NumberBuilder<T> {
    /// Room for so many rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self { values: Vec::with_capacity(rows), nulls: Nulls::default() }
    }

    /// Appends a value or a null.
    #[inline]
    pub fn push(&mut self, value: Option<T>) {
        self.nulls.push(value.is_some());
        self.values.push(value.unwrap_or_default());
    }

    fn finish(self, values: impl FnOnce(Vec<T>) -> Values) -> Column {
        Column { rows: self.nulls.rows as u32, validity: self.nulls.bits, values: values(self.values) }
    }
}

impl NumberBuilder<i64> {
    /// The finished column of 64-bit integers.
    pub fn finish_int64(self) -> Column {
        self.finish(Values::Int64)
    }

    /// The finished column of microseconds since 1970-01-01T00:00:00.
    pub fn finish_timestamp(self) -> Column {
        self.finish(Values::Timestamp)
    }
}

impl NumberBuilder<f64> {
    /// The finished column of floating-point numbers.
    pub fn finish_float64(self) -> Column {
        self.finish(Values::Float64)
    }
}

impl NumberBuilder<i32> {
    /// The finished column of days since 1970-01-01.
    pub fn finish_date32(self) -> Column {
        self.finish(Values::Date32)
    }
}

impl Column {
    /// A column of text.
    pub fn from_text<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut builder = TextBuilder::with_capacity(0, 0);
        values.into_iter().for_each(|value| builder.push_option(value));
        builder.finish()
    }

    /// The same rows and nulls with these values as text: what is made of a value stands in its row.
    pub fn with_text(self, values: Variable) -> Self {
        Self { values: Values::Text(values), ..self }
    }

    /// So many nulls, in the type of `like`.
    pub fn nulls(like: &Self) -> Self {
        let rows = like.rows as usize;
        let empty = || Variable { offsets: vec![0; rows + 1], data: Vec::new() };
        let values = match &like.values {
            Values::Text(_) => Values::Text(empty()),
            Values::Binary(_) => Values::Binary(empty()),
            Values::Int64(_) => Values::Int64(vec![0; rows]),
            Values::Float64(_) => Values::Float64(vec![0.0; rows]),
            Values::Boolean(_) => Values::Boolean(vec![0; rows.div_ceil(8)]),
            Values::Date32(_) => Values::Date32(vec![0; rows]),
            Values::Timestamp(_) => Values::Timestamp(vec![0; rows]),
        };
        Self { rows: like.rows, validity: Some(vec![0; rows.div_ceil(8)]), values }
    }
}
