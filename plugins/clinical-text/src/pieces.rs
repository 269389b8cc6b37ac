//! What rules and the tagger found, as one list without overlaps.

use crate::label::Label;
use crate::lexicon::Class;
use crate::rules::Found;
use crate::tagger::Tag;
use crate::token::{self, Kind, Token};

/// Tags by their kinds: name, place, organization, address.
const NAME: Tag = 0;
const PLACE: Tag = 1;
const ORGANIZATION: Tag = 2;

/// The pieces of a text.
pub(crate) fn pieces(tokens: &[Token], found: Vec<Found>, tags: &[(Tag, i16)]) -> Vec<Found> {
    let mut pieces = found;
    let mut spans = spans(tags);
    let known = known_names(tokens, &spans);
    spans.extend(repeated(tokens, tags, &known));
    let mut told = Vec::with_capacity(spans.len());
    spans.sort_unstable_by_key(|span| span.start);
    // What is part of an address is no number of its own.
    let mut addresses = spans.iter().filter(|span| span.kind > ORGANIZATION).peekable();
    pieces.retain(|piece| {
        while addresses.peek().is_some_and(|address| address.end <= piece.start) {
            addresses.next();
        }
        let inside = addresses.peek().is_some_and(|address| address.start <= piece.start && piece.end <= address.end);
        !(inside && is_of_address(piece))
    });
    let mut first = 0;
    for span in &spans {
        while pieces.get(first).is_some_and(|piece| piece.end <= span.start) {
            first += 1;
        }
        let mut start = span.start;
        for piece in pieces[first..].iter().take_while(|piece| piece.start < span.end) {
            told.extend(span.part(tokens, start, piece.start));
            start = piece.end;
        }
        told.extend(span.part(tokens, start, span.end));
    }
    pieces.append(&mut told);
    pieces.sort_unstable_by_key(|piece| piece.start);
    pieces
}

fn is_of_address(piece: &Found) -> bool {
    match piece.label {
        Label::Zip | Label::OtherId | Label::Age | Label::Coordinates => true,
        Label::Phone | Label::Date | Label::UsSsn => piece.confidence < 90,
        _ => false,
    }
}

/// Tokens in a row that the tagger gives one kind.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    kind: Tag,
    confidence: u8,
}

fn spans(tags: &[(Tag, i16)]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut place = 0;
    while place < tags.len() {
        let (tag, _) = tags[place];
        let start = place;
        place += 1;
        if tag == 0 {
            continue;
        }
        while tags.get(place).is_some_and(|(next, _)| *next == (tag - 1) / 2 * 2 + 2) {
            place += 1;
        }
        let ahead = tags[start..place].iter().map(|(_, ahead)| i32::from(*ahead)).sum::<i32>() / (place - start) as i32;
        spans.push(Span { start, end: place, kind: (tag - 1) / 2, confidence: confidence(ahead) });
    }
    spans
}

/// From how far a tag is ahead, on average.
fn confidence(ahead: i32) -> u8 {
    let ahead = ahead.max(0);
    (50 + 49 * ahead / (ahead + 150)) as u8
}

/// The words of names that are written with a capital and are no English.
fn known_names(tokens: &[Token], spans: &[Span]) -> Vec<u64> {
    let names = spans.iter().filter(|span| span.kind == NAME);
    let mut known: Vec<u64> = names
        .flat_map(|span| &tokens[span.start..span.end])
        .filter(|token| is_telling(token))
        .map(|token| token.digest.0)
        .collect();
    known.sort_unstable();
    known.dedup();
    known
}

fn is_telling(token: &Token) -> bool {
    token.kind == Kind::Word
        && matches!(token.shape, token::CAPITALIZED | token::CAPITALS | token::MIXED)
        && token.length() > 2
        && !token.known.english()
        && !token.known.clinical()
        && token.class == Class::None
}

/// The same words where nothing tells that they are names.
fn repeated(tokens: &[Token], tags: &[(Tag, i16)], known: &[u64]) -> Vec<Span> {
    let again = tokens.iter().zip(tags).enumerate().filter(|(_, (token, (tag, _)))| {
        *tag == 0 && is_telling(token) && known.binary_search(&token.digest.0).is_ok()
    });
    again.map(|(start, _)| Span { start, end: start + 1, kind: NAME, confidence: 70 }).collect()
}

impl Span {
    /// Some of its tokens, without marks at their ends.
    fn part(self, tokens: &[Token], start: usize, end: usize) -> Option<Found> {
        let is_mark = |place: &usize| tokens[*place].kind == Kind::Mark;
        let start = (start..end).find(|place| !is_mark(place))?;
        let end = (start..end).rev().find(|place| !is_mark(place))? + 1;
        let tokens = &tokens[start..end];
        // A number alone is no name.
        if self.kind <= ORGANIZATION && tokens.iter().all(|token| token.kind != Kind::Word) {
            return None;
        }
        if self.kind < ORGANIZATION && tokens.iter().all(is_plain) {
            return None;
        }
        Some(Found { start, end, label: label(self.kind, tokens), confidence: self.confidence })
    }
}

/// A word in small letters that no dictionary has as a name, or that is frequent and seldom one.
fn is_plain(token: &Token) -> bool {
    let known = token.known;
    let unlikely = !known.name() && !known.of_place() || known.frequent() && known.given() < 2 && !known.place();
    token.shape == token::SMALL && unlikely
}

fn label(kind: Tag, tokens: &[Token]) -> Label {
    let all =
        |is: fn(Class) -> bool| tokens.iter().filter(|token| token.kind == Kind::Word).all(|token| is(token.class));
    match kind {
        NAME => Label::PersonName,
        PLACE if all(|class| matches!(class, Class::State | Class::Country)) => Label::State,
        PLACE => Label::City,
        ORGANIZATION => Label::Organization,
        _ if tokens.iter().any(|token| token.kind == Kind::Mark && token.digest.0 == u64::from(b','))
            || tokens[1..].iter().any(|token| token.gap >= token::Gap::Line) =>
        {
            Label::Address
        }
        _ => Label::Street,
    }
}
