//! What is told by how it is written and by the words before it: numbers, dates, ages, addresses of the network.
//!
//! A rule begins at a token and looks at a fixed number of tokens around it, so all of them together are linear.

mod ages;
mod codes;
mod context;
mod dates;
mod groups;
mod network;
mod numbers;
mod phones;

use crate::label::Label;
use crate::lexicon::Class;
use crate::token::{Gap, Kind, Token};

/// Some tokens that are something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// The first of them.
    pub(crate) start: usize,
    /// The first behind them.
    pub(crate) end: usize,
    /// What they are.
    pub(crate) label: Label,
    /// How sure that is, 0 to 100.
    pub(crate) confidence: u8,
}

/// Folded text and its tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) tokens: &'a [Token],
}

/// All that rules find, rising and without overlaps.
pub(crate) fn find(view: View<'_>) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    let mut place = 0;
    while place < view.tokens.len() {
        let Some(found) = at(view, place) else {
            place += 1;
            continue;
        };
        // An email address is told by its middle.
        while all.last().is_some_and(|last| last.end > found.start) {
            all.pop();
        }
        place = found.end.max(place + 1);
        all.push(found);
    }
    all
}

/// What begins at a token, or has its mark there.
fn at(view: View<'_>, place: usize) -> Option<Found> {
    let token = view.tokens[place];
    match token.kind {
        Kind::Mark => match token.digest.0 as u8 {
            b'@' => network::email(view, place),
            b'(' => codes::udi(view, place).or_else(|| numbers::bracketed(view, place)),
            b'+' => phones::international(view, place),
            b':' if view.is(place + 1, b':') => codes::whole(view, place),
            b'*' => codes::masked(view, place),
            _ => None,
        },
        Kind::Word => network::url(view, place)
            .or_else(|| dates::worded(view, place))
            .or_else(|| ages::worded(view, place))
            .or_else(|| codes::masked(view, place))
            .or_else(|| codes::whole(view, place)),
        Kind::Number => network::url(view, place)
            .or_else(|| dates::date(view, place))
            .or_else(|| ages::age(view, place))
            .or_else(|| codes::whole(view, place))
            .or_else(|| numbers::number(view, place)),
    }
}

impl<'a> View<'a> {
    /// The token at a place; none behind the last.
    pub(crate) fn get(self, place: usize) -> Option<&'a Token> {
        self.tokens.get(place)
    }

    /// The bytes of some tokens, and of what stands between them.
    pub(crate) fn bytes(self, start: usize, end: usize) -> &'a [u8] {
        &self.text[self.tokens[start].start as usize..self.tokens[end - 1].end as usize]
    }

    /// Whether a token is this mark.
    pub(crate) fn is(self, place: usize, mark: u8) -> bool {
        self.mark(place) == Some(mark)
    }

    /// The mark at a place.
    pub(crate) fn mark(self, place: usize) -> Option<u8> {
        self.get(place).filter(|token| token.kind == Kind::Mark).map(|token| token.digest.0 as u8)
    }

    /// The class of a word; nothing elsewhere.
    pub(crate) fn class(self, place: usize) -> Class {
        self.get(place).map_or(Class::None, |token| token.class)
    }

    /// Whether a token is a number, and how long.
    pub(crate) fn digits(self, place: usize) -> Option<usize> {
        self.get(place).filter(|token| token.kind == Kind::Number).map(Token::length)
    }

    /// The value of a number of up to nine digits.
    pub(crate) fn value(self, place: usize) -> Option<u32> {
        let token = self.get(place).filter(|token| token.kind == Kind::Number && token.length() <= 9)?;
        let digits = &self.text[token.start as usize..token.end as usize];
        Some(digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
    }

    /// Whether a token is this word, whatever its case.
    pub(crate) fn is_word(self, place: usize, word: &[u8]) -> bool {
        self.get(place).is_some_and(|token| self.word(token).eq_ignore_ascii_case(word))
    }

    /// The bytes of a token.
    pub(crate) fn word(self, token: &Token) -> &'a [u8] {
        &self.text[token.start as usize..token.end as usize]
    }

    /// Whether nothing stands between a token and the one before it.
    pub(crate) fn is_glued(self, place: usize) -> bool {
        self.get(place).is_some_and(Token::is_glued)
    }

    /// Whether a class is among some tokens before a place, in the same paragraph.
    pub(crate) fn is_before(self, place: usize, most: usize, is: impl Fn(Class) -> bool) -> bool {
        for back in 1..=most.min(place) {
            if self.tokens[place - back + 1].gap == Gap::Paragraph {
                return false;
            }
            if is(self.tokens[place - back].class) {
                return true;
            }
        }
        false
    }

    /// Whether a number is only a part of something: behind a letter, a decimal point or a dash with something before it.
    pub(crate) fn is_inside(self, place: usize) -> bool {
        let Some(before) = place.checked_sub(1).filter(|_| self.is_glued(place)) else { return false };
        match self.mark(before) {
            None => true,
            Some(b'$') => true,
            Some(b'.' | b'-' | b'/') => {
                before > 0 && self.is_glued(before) && self.tokens[before - 1].kind != Kind::Mark
            }
            _ => false,
        }
    }
}
