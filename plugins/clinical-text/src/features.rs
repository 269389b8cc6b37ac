//! What the tagger looks at: a token's word, how it is written, what dictionaries say of it, and the same of its neighbours.

use crate::label::Label;
use crate::lexicon::Class;
use crate::rules::Found;
use crate::tagger::{row, short};
use crate::token::{self, Gap, Kind, Token};

/// How many features a token has.
pub const FEATURES: usize = 28;

/// What is known of one token, mixed from the parts that features are made of.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// The word, if it is one that many texts have; else how it is written.
    word: u32,
    /// How it is written, its class, what dictionaries say.
    kind: u32,
    /// The same with fewer differences.
    rough: u32,
    /// Its last three letters, and its first three.
    ends: [u32; 2],
}

/// The tokens of a text, as the tagger sees them.
#[derive(Debug)]
pub struct Sequence<'a> {
    tokens: &'a [Token],
    /// Two more before the first token and behind the last.
    seen: Vec<Seen>,
    /// Of each token: the first word of its line, and whether its line is all small, all capitals or neither.
    lines: Vec<u32>,
}

/// Tokens beyond both ends of a text.
const EDGE: usize = 2;

impl<'a> Sequence<'a> {
    /// Of all tokens of a text and what rules found in it.
    pub(crate) fn of(text: &[u8], tokens: &'a [Token], found: &[Found]) -> Self {
        let mut seen = vec![Seen { word: 1, kind: 1, rough: 1, ends: [1, 1] }; tokens.len() + 2 * EDGE];
        for (token, seen) in tokens.iter().zip(&mut seen[EDGE..]) {
            *seen = see(text, token);
        }
        for found in found {
            let kind = 0x5000 + rough(found.label) as u32;
            for seen in &mut seen[EDGE + found.start..EDGE + found.end] {
                *seen = Seen { word: kind, kind, rough: kind, ends: [kind, kind] };
            }
        }
        Self { tokens, seen, lines: lines(tokens) }
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The end of the paragraph that begins at a token, or of so many tokens.
    pub fn end_of_paragraph(&self, start: usize, most: usize) -> usize {
        let stop = (start + most).min(self.tokens.len());
        (start + 1..stop).find(|place| self.tokens[*place].gap == Gap::Paragraph).unwrap_or(stop)
    }

    /// The rows of a token's features.
    pub fn features(&self, place: usize, rows: &mut [u32; FEATURES]) {
        let gap = |place: usize| self.tokens.get(place).map_or(3, |token| token.gap as u32);
        let [before2, before, here, behind, behind2] = core::array::from_fn(|at| self.seen[place + at]);
        let gaps = gap(place) << 2 | gap(place + 1);
        let line = self.lines[place];
        let (head, casing) = (line >> 2, line & 3);
        let pair = |first: u32, second: u32| first.wrapping_mul(0x9e37_79b1).rotate_left(13) ^ second;
        *rows = [
            row(1, here.word, here.kind & 7),
            row(2, before.word, gap(place)),
            row(3, behind.word, gap(place + 1)),
            row(4, here.kind, casing),
            row(5, here.kind, gaps),
            row(6, here.ends[0], here.rough & 7),
            row(7, here.ends[1], here.rough & 7),
            row(8, before.kind, here.kind),
            row(9, here.kind, behind.kind),
            row(10, pair(before.rough, here.rough), behind.rough),
            row(11, pair(before2.rough, before.rough), here.rough),
            row(12, pair(here.rough, behind.rough), behind2.rough),
            row(13, before.word, here.rough),
            row(14, behind.word, here.rough),
            row(15, pair(before2.word, before.word), here.rough & 7),
            row(16, pair(behind.word, behind2.word), here.rough & 7),
            row(17, before2.word, here.rough),
            row(18, behind2.word, here.rough),
            row(19, head, here.rough),
            row(20, head, before.word),
            row(21, pair(before.word, behind.word), here.rough & 7),
            row(22, pair(casing, gaps), here.rough),
            row(23, before.ends[0], here.rough),
            row(24, pair(here.ends[0], behind.rough), before.rough & 7),
            row(25, pair(before2.rough, before.rough), pair(here.rough, behind.rough)),
            row(26, before2.kind, before.rough),
            row(27, behind2.kind, behind.rough),
            row(28, here.kind, here.ends[0]),
        ];
    }
}

/// Rules' labels that look alike to their neighbours.
fn rough(label: Label) -> Label {
    match label {
        Label::BirthDate | Label::DeathDate | Label::AdmissionDate | Label::DischargeDate => Label::Date,
        Label::Fax => Label::Phone,
        Label::Date | Label::Age | Label::Phone | Label::Email | Label::Url | Label::Zip => label,
        _ => Label::OtherId,
    }
}

fn see(text: &[u8], token: &Token) -> Seen {
    let known = token.known;
    let shape = u32::from(token.shape);
    if token.kind != Kind::Word {
        let word = if token.kind == Kind::Mark { 0x100 + token.digest.0 as u32 } else { 0x300 + shape };
        return Seen { word, kind: word << 3, rough: word << 3, ends: [word, word] };
    }
    let class = token.class as u32;
    let common = known.english() || known.clinical() || token.class != Class::None;
    let word = if common { short(token.digest) | 0x8000_0000 } else { 0x200 + u32::from(known.name()) * 8 + shape };
    let bits = u32::from(known.0);
    let kind = 0x8000_0000 | bits << 16 | class << 8 | shape;
    // A name, a place, a word of English: what most depends on.
    let told = u32::from(known.given().min(2))
        | u32::from(known.family()) << 2
        | u32::from(known.of_place()) << 3
        | u32::from(known.english()) << 4
        | u32::from(known.clinical()) << 5
        | u32::from(known.frequent()) << 6;
    let rough = 0x4000_0000 | told << 16 | class << 8 | shape;
    Seen { word, kind, rough, ends: ends(&text[token.start as usize..token.end as usize]) }
}

/// The last and the first three letters of a word, and whether it is longer.
fn ends(word: &[u8]) -> [u32; 2] {
    let long = u32::from(word.len() > 3);
    let mix = |bytes: &[u8]| bytes.iter().fold(long, |mixed, byte| mixed << 8 | u32::from(byte | 0x20));
    [mix(&word[word.len().saturating_sub(3)..]), mix(&word[..word.len().min(3)])]
}

/// Of each token: what its line begins with, in the upper bits, and how the line is written, in the lower two.
fn lines(tokens: &[Token]) -> Vec<u32> {
    let mut lines = Vec::with_capacity(tokens.len());
    let mut start = 0;
    while start < tokens.len() {
        let end = (start + 1..tokens.len()).find(|place| tokens[*place].gap >= Gap::Line).unwrap_or(tokens.len());
        let line = &tokens[start..end];
        let words = || line.iter().filter(|token| token.kind == Kind::Word && token.length() > 1);
        let count = |is: fn(&Token) -> bool| words().filter(|token| is(token)).count();
        let (all, small) = (words().count(), count(|token| token.shape == token::SMALL));
        let casing = match (small, count(|token| token.shape == token::CAPITALS)) {
            (0, capitals) if capitals == all => 3,
            (0, _) => 2,
            (small, _) if small == all => 1,
            _ => 0,
        };
        let first = line.first().filter(|token| token.kind == Kind::Word).map_or(0, |token| token.class as u32);
        // Only where a colon follows is the first word a heading.
        let headed = line.iter().take(4).any(|token| token.kind == Kind::Mark && token.digest.0 == u64::from(b':'));
        lines.resize(end, (first << 1 | u32::from(headed)) << 2 | casing);
        start = end;
    }
    lines
}
