//! Finding pieces in a column of text value by value.

use std::ops::Range;

use crate::Span;
use crate::bindings::types::{BatchError, Column};

/// Finds pieces value by value: `find` is given each text and adds what it finds in it. Nulls have nothing.
///
/// # Errors
/// [`BatchError::UnsupportedType`] if it is no column of text.
#[inline]
pub fn find_in_each(column: &Column, mut find: impl FnMut(&str, &mut Pieces)) -> Result<Vec<Span>, BatchError> {
    let mut pieces = Pieces::default();
    for (row, text) in column.text()?.iter().enumerate() {
        if let Some(text) = text {
            pieces.row = row as u32;
            pieces.first = pieces.spans.len();
            find(text, &mut pieces);
        }
    }
    Ok(pieces.spans)
}

/// What is found in a text.
#[derive(Debug, Default)]
pub struct Pieces {
    row: u32,
    first: usize,
    spans: Vec<Span>,
}

impl Pieces {
    /// Adds a piece: its bytes in the text, both ends at borders of characters, the index of its label in the manifest, and
    /// how sure that is, 0 to 100. Pieces come in any order and may overlap.
    #[inline]
    pub fn push(&mut self, bytes: Range<usize>, label: u32, confidence: u8) {
        let (start, end) = (bytes.start as u32, bytes.end as u32);
        // The host wants those of a row to rise.
        let place = self.spans[self.first..].partition_point(|known| known.start <= start);
        self.spans.insert(self.first + place, Span { row: self.row, start, end, label, confidence });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_of_each_row_rise_in_whatever_order_they_come() {
        let texts = Column::from_text([Some("b a"), None, Some(""), Some("née")]);
        let found = find_in_each(&texts, |text, pieces| {
            if text.len() > 1 {
                pieces.push(3..text.len().max(4), 1, 50);
                pieces.push(0..2, 0, 90);
            }
        });
        let span = |row, start, end, label, confidence| Span { row, start, end, label, confidence };
        let [first, last] = [0, 3].map(|row| [span(row, 0, 2, 0, 90), span(row, 3, 4, 1, 50)]);
        assert_eq!(found, Ok([first, last].concat()));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let numbers = crate::NumberBuilder::<i64>::with_capacity(0).finish_int64();
        assert_eq!(find_in_each(&numbers, |_, _| {}), Err(BatchError::UnsupportedType));
    }
}
