//! Text columns under construction.

use arrow_array::StringArray;
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

/// One column of text, value after value in one buffer.
pub(super) struct TextColumn {
    values: Vec<u8>,
    /// Where each value begins and the last one ends. A chunk is shorter than 2 GiB, so that an `i32` is enough.
    offsets: Vec<i32>,
    /// The rows that are null, in order.
    nulls: Vec<usize>,
}

impl TextColumn {
    /// An empty column with room for so many values and bytes.
    pub(super) fn with_capacity(values: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(values.saturating_add(1));
        offsets.push(0);
        Self { values: Vec::with_capacity(bytes), offsets, nulls: Vec::new() }
    }

    /// How many values.
    pub(super) fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Appends a value.
    pub(super) fn push(&mut self, value: &[u8]) {
        self.extend(value);
        self.end();
    }

    /// Appends a part of a value that [`TextColumn::end`] completes.
    pub(super) fn extend(&mut self, part: &[u8]) {
        self.values.extend_from_slice(part);
    }

    /// Completes a value.
    pub(super) fn end(&mut self) {
        self.offsets.push(offset(self.values.len()));
    }

    /// Appends a null.
    pub(super) fn push_null(&mut self) {
        self.nulls.push(self.len());
        self.end();
    }

    /// Appends nulls until there are so many values.
    pub(super) fn pad(&mut self, length: usize) {
        self.nulls.extend(self.len()..length);
        self.offsets.resize(length.saturating_add(1).max(self.offsets.len()), offset(self.values.len()));
    }

    /// The bytes of a value.
    pub(super) fn get(&self, row: usize) -> &[u8] {
        match self.offsets.get(row..).unwrap_or_default() {
            [start, end, ..] => self.values.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The first value that holds this byte.
    pub(super) fn first_with(&self, byte: u8) -> Option<usize> {
        let at = offset(memchr::memchr(byte, &self.values)?);
        Some(self.offsets.partition_point(|start| *start <= at).saturating_sub(1))
    }

    /// The column.
    ///
    /// # Errors
    /// The first value that is not UTF-8.
    pub(super) fn finish(self) -> Result<StringArray, usize> {
        let valid = validity(self.len(), &self.nulls);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let values = Buffer::from_vec(self.values);
        StringArray::try_new(offsets.clone(), values.clone(), valid).map_err(|_| first_not_utf8(&offsets, &values))
    }
}

fn validity(length: usize, nulls: &[usize]) -> Option<NullBuffer> {
    if nulls.is_empty() {
        return None;
    }
    let mut valid = BooleanBufferBuilder::new(length);
    valid.append_n(length, true);
    for row in nulls {
        valid.set_bit(*row, false);
    }
    Some(NullBuffer::new(valid.finish()))
}

fn first_not_utf8(offsets: &[i32], values: &[u8]) -> usize {
    let starts = offsets.iter().zip(offsets.iter().skip(1));
    let mut texts = starts.map(|(start, end)| values.get(*start as usize..*end as usize).unwrap_or_default());
    texts.position(|text| std::str::from_utf8(text).is_err()).unwrap_or_default()
}

/// Too long a column gets an offset that no buffer has, and is refused when it is finished.
fn offset(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;

    use super::*;

    #[test]
    fn values_nulls_and_padding_come_out_as_they_went_in() {
        let mut column = TextColumn::with_capacity(0, 0);
        column.push("é".as_bytes());
        column.push_null();
        column.push(b"");
        column.pad(5);
        column.pad(2);
        assert_eq!(column.len(), 5);
        assert_eq!(column.finish().unwrap(), StringArray::from(vec![Some("é"), None, Some(""), None, None]));
    }

    #[test]
    fn a_byte_is_found_in_the_value_that_holds_it() {
        let mut column = TextColumn::with_capacity(0, 0);
        for value in [b"ab".as_slice(), b"", b"c\0", b"\xff"] {
            column.push(value);
        }
        assert_eq!(column.first_with(b'a'), Some(0));
        assert_eq!(column.first_with(0), Some(2));
        assert_eq!(column.first_with(b'z'), None);
        assert_eq!(column.finish(), Err(3));
    }

    #[test]
    fn a_character_cut_in_two_by_values_is_not_utf8() {
        let mut column = TextColumn::with_capacity(0, 0);
        column.push(b"a");
        column.push(b"\xc3");
        column.push(b"\xa9");
        assert_eq!(column.finish(), Err(1));
    }

    #[test]
    fn without_nulls_there_is_no_validity() {
        let mut column = TextColumn::with_capacity(1, 1);
        column.push(b"a");
        assert!(column.finish().unwrap().nulls().is_none());
    }
}
