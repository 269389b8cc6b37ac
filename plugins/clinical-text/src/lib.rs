//! Finds the pieces of free text that tell who a person is: names, places, dates, and every kind of number.
//!
//! A text is folded to what it looks like (`fold`), split into words, numbers and marks (`token`), read by rules for
//! what is told by how it is written (`rules`), and tagged by a model for what is told by what stands around it
//! (`tagger`). Each step looks at each token a bounded number of times, so no text is slow.

mod checks;
pub mod dictionary;
pub mod features;
mod fold;
mod label;
pub mod lexicon;
mod pieces;
mod rules;
pub mod tagger;
pub mod token;

use std::sync::OnceLock;

use dictionary::Dictionary;
use features::{FEATURES, Sequence};
use fold::Folded;
pub use label::Label;
use lexicon::Lexicon;
use moretta_guest::{BatchError, Column, Request, Span, TextClassifier};
use tagger::Weights;

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

moretta_guest::text_classifier!(ClinicalText);

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

/// Longer texts are read in parts of so many bytes, so that no text needs much memory.
const PART: usize = 1 << 16;

/// So many bytes are in two parts, so that what stands at a border is whole in one of them.
const OVERLAP: usize = 1 << 11;

/// The identifying pieces of a text, in their order and without overlaps.
pub fn find(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut start, mut from) = (0, 0);
    loop {
        let stop = border(text, start + PART);
        let until = if stop < text.len() { border(text, stop - OVERLAP / 2) } else { text.len() };
        for piece in find_in(&text[start..stop]) {
            let piece = Piece { start: start + piece.start, end: start + piece.end, ..piece };
            let first = pieces.last().map_or(from, |last| last.end.max(from));
            if (first..until).contains(&piece.start) {
                pieces.push(piece);
            }
        }
        if stop == text.len() {
            return pieces;
        }
        (start, from) = (border(text, stop - OVERLAP), until);
    }
}

/// Behind the last blank before a place, or at it where there is none.
fn border(text: &str, place: usize) -> usize {
    let place = text.floor_char_boundary(place);
    if place == text.len() {
        return place;
    }
    let before = &text.as_bytes()[place.saturating_sub(OVERLAP / 8)..place];
    before.iter().rev().position(u8::is_ascii_whitespace).map_or(place, |back| place - back)
}

/// The pieces of a part.
fn find_in(text: &str) -> Vec<Piece> {
    let folded = Folded::of(text);
    let tokens = token::tokens(&folded.text, lexicon(), Dictionary::SHIPPED);
    let found = rules::find(rules::View { text: &folded.text, tokens: &tokens });
    let tags = tagger::tag(&Sequence::of(&folded.text, &tokens, &found), Weights::SHIPPED);
    let pieces = pieces::pieces(&tokens, found, &tags);
    let origin = |found: rules::Found| {
        let (first, last) = (tokens[found.start].start, tokens[found.end - 1].end);
        let (start, end) = folded.origin(first as usize, last as usize);
        Piece { start, end, label: found.label, confidence: found.confidence }
    };
    pieces.into_iter().map(origin).collect()
}

/// A text as the tagger sees it, to train one.
#[derive(Debug)]
pub struct Example {
    /// The bytes of each token.
    pub tokens: Vec<(usize, usize)>,
    /// The rows of its features.
    pub rows: Vec<[u32; FEATURES]>,
    /// Where paragraphs end, in tokens.
    pub paragraphs: Vec<usize>,
}

impl Example {
    /// Of a text, with a dictionary that need not be the one that is shipped.
    pub fn of(text: &str, dictionary: Dictionary<'_>) -> Self {
        let folded = Folded::of(text);
        let tokens = token::tokens(&folded.text, lexicon(), dictionary);
        let found = rules::find(rules::View { text: &folded.text, tokens: &tokens });
        let sequence = Sequence::of(&folded.text, &tokens, &found);
        let mut rows = vec![[0; FEATURES]; tokens.len()];
        rows.iter_mut().enumerate().for_each(|(place, rows)| sequence.features(place, rows));
        let mut paragraphs = Vec::new();
        while paragraphs.last().copied().unwrap_or(0) < tokens.len() {
            paragraphs.push(sequence.end_of_paragraph(paragraphs.last().copied().unwrap_or(0), usize::MAX / 2));
        }
        let tokens = tokens.iter().map(|token| folded.origin(token.start as usize, token.end as usize)).collect();
        Self { tokens, rows, paragraphs }
    }
}

/// The lexicon, read once.
fn lexicon() -> &'static Lexicon {
    static LEXICON: OnceLock<Lexicon> = OnceLock::new();
    LEXICON.get_or_init(Lexicon::new)
}

#[cfg(test)]
mod tests;
