//! Text as words, numbers and marks.

use crate::dictionary::{Dictionary, Digest, Known};
use crate::lexicon::{Class, Lexicon};

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Letters, with apostrophes inside.
    Word,
    /// Digits.
    Number,
    /// One other character.
    Mark,
}

/// What stands before a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing.
    None,
    /// Blanks.
    Blank,
    /// The end of a line.
    Line,
    /// An empty line, or the beginning of the text.
    Paragraph,
}

/// How a word is written, or how long a number is.
pub type Shape = u8;

/// A word in small letters.
pub const SMALL: Shape = 0;
/// A word with a capital at its beginning.
pub const CAPITALIZED: Shape = 1;
/// A word of capitals.
pub const CAPITALS: Shape = 2;
/// One capital.
pub const INITIAL: Shape = 3;
/// Capitals inside.
pub const MIXED: Shape = 4;
/// A mark; numbers of so many digits come behind it.
pub const MARK: Shape = 5;

/// A word, a number or a mark of folded text.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Where it begins.
    pub start: u32,
    /// Where the next begins, at the earliest.
    pub end: u32,
    /// What it is made of.
    pub kind: Kind,
    /// What stands before it.
    pub gap: Gap,
    /// How it is written.
    pub shape: Shape,
    /// What it means for what stands around it.
    pub class: Class,
    /// What dictionaries say.
    pub known: Known,
    /// Of its letters or digits; of a mark its byte.
    pub digest: Digest,
}

impl Token {
    /// Whether it begins with a capital.
    pub fn is_capital(&self) -> bool {
        matches!(self.shape, CAPITALIZED..=MIXED)
    }

    /// How many bytes it has.
    pub fn length(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether nothing stands before it.
    pub fn is_glued(&self) -> bool {
        self.gap == Gap::None
    }
}

/// All tokens of folded text.
pub fn tokens(text: &[u8], lexicon: &Lexicon, dictionary: Dictionary<'_>) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let (mut place, mut gap) = (0, Gap::Paragraph);
    while let Some(first) = text.get(place) {
        if matches!(first, b' ' | b'\t' | b'\r' | b'\n' | 0xb | 0xc) {
            let line = *first == b'\n';
            gap = match gap {
                Gap::None | Gap::Blank if line => Gap::Line,
                Gap::Line if line => Gap::Paragraph,
                Gap::None => Gap::Blank,
                gap => gap,
            };
            place += 1;
            continue;
        }
        let mut token = token(text, place);
        token.gap = gap;
        if token.kind == Kind::Word {
            token.class = lexicon.class(token.digest);
            if (2..=24).contains(&token.length()) {
                token.known = dictionary.look_up(token.digest);
            }
        }
        (place, gap) = (token.end as usize, Gap::None);
        tokens.push(token);
    }
    tokens
}

fn token(text: &[u8], start: usize) -> Token {
    let first = text[start];
    let (kind, end, digest, shape) = match first {
        b'0'..=b'9' => {
            let end = run(text, start, u8::is_ascii_digit);
            // Long runs are all alike.
            let digest = Digest::of(&text[start..end.min(start + 20)]);
            (Kind::Number, end, digest, MARK + (end - start).min(20) as u8)
        }
        _ if is_letter(&first) => word(text, start),
        _ => (Kind::Mark, start + 1, Digest(u64::from(first)), MARK),
    };
    let class = Class::None;
    Token { start: start as u32, end: end as u32, kind, gap: Gap::None, shape, class, known: Known(0), digest }
}

/// The end of a word, its digest and its shape. An apostrophe is inside, but not before an `s` at the end.
fn word(text: &[u8], start: usize) -> (Kind, usize, Digest, Shape) {
    let (mut end, mut digest, mut capitals, mut letters) = (start, Digest::EMPTY, 0, 0);
    loop {
        match text.get(end) {
            Some(byte) if is_letter(byte) => {
                digest = digest.with(*byte);
                capitals += u32::from(byte.is_ascii_uppercase());
                letters += u32::from(byte.is_ascii() || *byte >= 0xc0);
            }
            Some(b'\'') if text.get(end + 1).is_some_and(is_letter) && !is_possessive(&text[end + 1..]) => {}
            _ => break,
        }
        end += 1;
    }
    let first = text[start].is_ascii_uppercase() || is_foreign_capital(&text[start..end]);
    let shape = match (first, capitals, letters) {
        (true, _, 1) => INITIAL,
        (true, capitals, letters) if capitals == letters => CAPITALS,
        (true, 0 | 1, _) => CAPITALIZED,
        (false, 0, _) => SMALL,
        _ => MIXED,
    };
    (Kind::Word, end, digest, shape)
}

fn is_possessive(rest: &[u8]) -> bool {
    matches!(rest[0], b's' | b'S') && !rest.get(1).is_some_and(is_letter)
}

fn is_foreign_capital(word: &[u8]) -> bool {
    !word[0].is_ascii()
        && word.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()).is_some_and(char::is_uppercase)
}

fn is_letter(byte: &u8) -> bool {
    byte.is_ascii_alphabetic() || *byte >= 128
}

fn run(text: &[u8], start: usize, alike: fn(&u8) -> bool) -> usize {
    text[start..].iter().position(|byte| !alike(byte)).map_or(text.len(), |length| start + length)
}
