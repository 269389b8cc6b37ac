//! Where CSV records end.

use memchr::{memchr, memchr2};

use crate::source::records::{End, Records};

/// Finds the ends of records: at a line feed that no quotes enclose.
pub(super) struct CsvRecords {
    pub(super) delimiter: u8,
    /// In a table of one column an empty line is a row whose field is null; in others it is nothing.
    pub(super) one_column: bool,
}

impl Records for CsvRecords {
    fn end(&self, bytes: &[u8], start: usize, ended: bool) -> End {
        let mut from = start;
        loop {
            let rest = bytes.get(from..).unwrap_or_default();
            let Some(found) = memchr2(b'\n', b'"', rest) else {
                return if ended { End::input(bytes) } else { End::Open { quote: None } };
            };
            let at = from.saturating_add(found);
            if bytes.get(at) == Some(&b'\n') {
                return End::line(bytes, start, at);
            }
            from = at.saturating_add(1);
            if self.begins_field(bytes, start, at) {
                let Some(close) = closing_quote(bytes, from) else { return End::Open { quote: Some(at) } };
                from = close.saturating_add(1);
            }
        }
    }

    fn is_row(&self, record: &[u8]) -> bool {
        self.one_column || !record.is_empty()
    }
}

impl CsvRecords {
    /// Whether a field begins here. A quote elsewhere is a character like others.
    fn begins_field(&self, bytes: &[u8], start: usize, at: usize) -> bool {
        at == start || at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&self.delimiter)
    }
}

/// The quote that closes what a quote opened just before `from`. Two quotes in a row stand for one character.
fn closing_quote(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let close = from.saturating_add(memchr(b'"', bytes.get(from..)?)?);
        let next = close.saturating_add(1);
        if bytes.get(next) != Some(&b'"') {
            return Some(close);
        }
        from = next.saturating_add(1);
    }
}
