//! The fields of one CSV record. An empty record has one field.

use memchr::{memchr, memchr2};

use crate::error::DataProblem;
use crate::source::columns::TextColumn;

/// The fields of a record in which every delimiter ends a field: most records of most files, so they are found eight
/// bytes at a time.
pub(super) struct PlainFields<'a> {
    record: &'a [u8],
    delimiter: u8,
    /// Where the next field begins, beyond the record when there is none.
    start: usize,
    /// Where the eight bytes begin whose delimiters are `found`.
    word: usize,
    /// The highest bit of each byte that is a delimiter and not yet passed.
    found: u64,
}

impl<'a> PlainFields<'a> {
    /// The fields, unless one of them may be quoted.
    pub(super) fn of(record: &'a [u8], delimiter: u8) -> Option<Self> {
        let plain = memchr2(b'"', b'\r', record).is_none();
        plain.then(|| Self { record, delimiter, start: 0, word: 0, found: delimiters(record, 0, delimiter) })
    }
}

impl<'a> Iterator for PlainFields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        while self.found == 0 {
            self.word = self.word.wrapping_add(8);
            if self.word >= self.record.len() {
                let last = self.record.get(self.start..)?;
                self.start = self.record.len().wrapping_add(1);
                return Some(Field::Plain(last));
            }
            self.found = delimiters(self.record, self.word, self.delimiter);
        }
        let end = self.word.wrapping_add(self.found.trailing_zeros() as usize / 8);
        self.found &= self.found.wrapping_sub(1);
        let field = self.record.get(self.start..end)?;
        self.start = end.wrapping_add(1);
        Some(Field::Plain(field))
    }
}

/// The highest bit of each of eight bytes that equals the delimiter. Bytes beyond the end do not.
#[inline]
fn delimiters(bytes: &[u8], start: usize, delimiter: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let rest = bytes.get(start..).unwrap_or_default();
    let word = rest.first_chunk().copied().unwrap_or_else(|| {
        let mut word = [!delimiter; 8];
        word.iter_mut().zip(rest).for_each(|(byte, here)| *byte = *here);
        word
    });
    let differing = u64::from_le_bytes(word) ^ u64::from_le_bytes([delimiter; 8]);
    // A byte of seven bits and 0x7f carries into the highest bit unless it is zero, and never beyond.
    !((differing & LOW).wrapping_add(LOW) | differing | LOW)
}

/// The fields of a record that has quotes or carriage returns.
pub(super) struct QuotedFields<'a> {
    rest: Option<&'a [u8]>,
    delimiter: u8,
}

impl<'a> QuotedFields<'a> {
    /// The fields of any record.
    pub(super) fn of(record: &'a [u8], delimiter: u8) -> Self {
        Self { rest: Some(record), delimiter }
    }
}

impl<'a> Iterator for QuotedFields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let bytes = self.rest?;
        let field = Field::first(bytes, self.delimiter);
        // A field is followed by a delimiter or by nothing.
        self.rest = bytes.get(field.len().saturating_add(1)..);
        Some(field)
    }
}

/// A field as it stands in its record.
pub(super) enum Field<'a> {
    /// Without a quote at its start and without a carriage return.
    Plain(&'a [u8]),
    /// Without a quote at its start and with a carriage return.
    LoneReturn(&'a [u8]),
    /// With its quotes, and what stands between them.
    Quoted { whole: &'a [u8], content: &'a [u8] },
    /// Something follows the closing quote, or there is none.
    BadlyQuoted(&'a [u8]),
}

impl<'a> Field<'a> {
    fn first(bytes: &'a [u8], delimiter: u8) -> Self {
        if bytes.first() == Some(&b'"') {
            return Self::quoted(bytes, delimiter);
        }
        let field = before(bytes, delimiter);
        if memchr(b'\r', field).is_some() { Self::LoneReturn(field) } else { Self::Plain(field) }
    }

    fn quoted(bytes: &'a [u8], delimiter: u8) -> Self {
        let mut end = 1_usize;
        loop {
            let rest = bytes.get(end..).unwrap_or_default();
            let Some(quote) = memchr(b'"', rest) else { return Self::BadlyQuoted(bytes) };
            let close = end.saturating_add(quote);
            end = close.saturating_add(1);
            match bytes.get(end) {
                Some(b'"') => end = end.saturating_add(1),
                Some(next) if *next != delimiter => return Self::BadlyQuoted(bytes),
                _ => {
                    let whole = bytes.get(..end).unwrap_or_default();
                    return Self::Quoted { whole, content: bytes.get(1..close).unwrap_or_default() };
                }
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Plain(whole) | Self::LoneReturn(whole) | Self::BadlyQuoted(whole) => whole.len(),
            Self::Quoted { whole, .. } => whole.len(),
        }
    }

    /// Appends the value: an empty field is a null, a quoted empty one an empty text.
    #[inline]
    pub(super) fn push_to(&self, column: &mut TextColumn) -> Result<(), DataProblem> {
        match self {
            Self::Plain([]) => column.push_null(),
            Self::Plain(value) => column.push(value),
            Self::Quoted { content, .. } => push_unescaped(content, column),
            Self::LoneReturn(_) => return Err(DataProblem::LoneReturn),
            Self::BadlyQuoted(_) => return Err(DataProblem::TextAfterQuote),
        }
        Ok(())
    }
}

fn before(bytes: &[u8], delimiter: u8) -> &[u8] {
    memchr(delimiter, bytes).and_then(|end| bytes.get(..end)).unwrap_or(bytes)
}

fn push_unescaped(mut content: &[u8], column: &mut TextColumn) {
    while let Some(quote) = memchr(b'"', content) {
        // The first of two quotes belongs to the value.
        let (part, rest) = content.split_at_checked(quote.saturating_add(1)).unwrap_or((content, &[]));
        column.extend(part);
        content = rest.get(1..).unwrap_or_default();
    }
    column.push(content);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_that_may_be_quoted_is_not_plain() {
        assert!(PlainFields::of(b"a,\"b\"", b',').is_none());
        assert!(PlainFields::of(b"a,b\r", b',').is_none());
        assert!(PlainFields::of(b"", b',').is_some());
    }

    proptest! {
        #[test]
        fn plain_fields_are_what_delimiters_separate(record in "[,a\u{ac}\u{7f}\u{80}-]{0,40}") {
            let fields = PlainFields::of(record.as_bytes(), b',').unwrap().map(|field| match field {
                Field::Plain(text) => std::str::from_utf8(text).unwrap(),
                _ => panic!("a field that is not plain"),
            });
            prop_assert_eq!(fields.collect::<Vec<_>>(), record.split(',').collect::<Vec<_>>());
        }

        #[test]
        fn every_byte_but_the_delimiter_is_told_from_it(bytes in any::<[u8; 8]>(), delimiter in any::<u8>()) {
            let found = delimiters(&bytes, 0, delimiter);
            for (index, byte) in bytes.iter().enumerate() {
                prop_assert_eq!(found >> (index * 8) & 0xff, if *byte == delimiter { 0x80 } else { 0 });
            }
        }
    }
}
