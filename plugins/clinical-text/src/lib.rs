//! Finds identifying pieces of clinical notes: where they are, what they are, and how sure that is. What is to become of
//! them is up to the policy.
//!
//! Every byte is looked at a bounded number of times, so that no text is slow.

mod shapes;

use moretta_guest::{BatchError, Column, Request, Span, TextClassifier};

/// The plugin.
#[derive(Debug)]
pub struct ClinicalText;

impl TextClassifier for ClinicalText {
    fn find(_: &Request, _: &str, column: Column) -> Result<Vec<Span>, BatchError> {
        let mut spans = Vec::new();
        for (row, text) in column.text()?.iter().enumerate() {
            let span = |piece: Piece| Span {
                row: row as u32,
                start: piece.start as u32,
                end: piece.end as u32,
                label: piece.label as u32,
                confidence: piece.confidence,
            };
            spans.extend(find(text.unwrap_or_default()).into_iter().map(span));
        }
        Ok(spans)
    }
}

/// What a piece is. The places are those of `labels` in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Label {
    /// A social security number.
    UsSsn,
    /// A telephone number.
    Phone,
    /// An email address.
    Email,
}

/// The bytes `start .. end` of a text, at borders of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// How many bytes come before it.
    pub start: usize,
    /// How many bytes come before what follows it.
    pub end: usize,
    /// What it is.
    pub label: Label,
    /// How sure that is, 0 to 100.
    pub confidence: u8,
}

/// The identifying pieces of a text, in their order.
pub fn find(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut place = 0;
    while place < text.len() {
        match shapes::at(text.as_bytes(), place) {
            Some(piece) => {
                place = piece.end;
                pieces.push(piece);
            }
            None => place += 1,
        }
    }
    pieces
}

moretta_guest::text_classifier!(ClinicalText);

#[cfg(test)]
mod tests {
    use moretta_guest::testing;
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<(Label, &str)> {
        find(text).into_iter().map(|piece| (piece.label, &text[piece.start..piece.end])).collect()
    }

    #[test]
    fn the_cases_of_the_manifest_come_out() {
        let request = Request { transform: "find".into(), config: "{}".into(), reference_date: None };
        testing::check_found(include_str!("../manifest.json"), |name, column| {
            ClinicalText::find(&request, name, column)
        });
    }

    #[test]
    fn pieces_at_both_ends_of_a_text_are_whole() {
        assert_eq!(found("617-555-0123 née a@b.org"), [(Label::Phone, "617-555-0123"), (Label::Email, "a@b.org")]);
        assert_eq!(found("123-45-6789"), [(Label::UsSsn, "123-45-6789")]);
    }

    #[test]
    fn an_address_needs_a_name_and_a_host() {
        for text in ["@example.org", "ada@", "ada@localhost", "ada@example.", "a @ b.org"] {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(found("x.y+z@a-b.example.org."), [(Label::Email, "x.y+z@a-b.example.org")]);
    }

    proptest! {
        #[test]
        fn pieces_rise_and_lie_at_borders_of_characters(text in "[0-9@.é() a-z-]{0,60}") {
            let pieces = find(&text);
            prop_assert!(pieces.iter().all(|piece| text.get(piece.start..piece.end).is_some_and(|it| !it.is_empty())));
            prop_assert!(pieces.is_sorted_by(|a, b| a.end <= b.start));
        }
    }
}
