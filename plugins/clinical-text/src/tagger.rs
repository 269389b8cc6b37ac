//! Names, places, organizations and addresses in running text: a linear model over features of each token and its
//! neighbours, and the best sequence of tags by Viterbi's algorithm. `examples/train` makes the weights.

use crate::dictionary::Digest;
use crate::features::{FEATURES, Sequence};

/// What a token is: nothing, or the beginning or inside of one of four.
pub const TAGS: usize = 9;

/// So many weights are added at once; those above [`TAGS`] are of the next row, and nobody looks at them.
pub const LANES: usize = 16;

/// Rows of weights: features share them by their digests.
pub const ROWS: usize = 1 << 16;

/// Longer paragraphs are tagged in parts.
const LONGEST: usize = 1024;

/// A tag by its number: 0 is nothing, then a beginning and an inside of each kind.
pub type Tag = u8;

/// Whether a tag may stand behind another one.
#[inline]
pub fn may_follow(tag: usize, before: usize) -> bool {
    tag == 0 || tag % 2 == 1 || before == tag || before + 1 == tag
}

/// Weights of one byte: first two bytes for each pair of tags, then the rows, then some bytes of nothing.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a>(pub &'a [u8]);

impl Weights<'static> {
    /// The ones that are shipped.
    pub const SHIPPED: Self = Self(include_bytes!("../data/weights.bin"));
}

/// Where the rows begin.
pub const ROWS_AT: usize = TAGS * TAGS * 2;

impl Weights<'_> {
    /// The weight of a tag behind another one.
    fn transition(self, before: usize, tag: usize) -> i32 {
        let at = (before * TAGS + tag) * 2;
        self.0.get(at..at + 2).map_or(0, |bytes| i32::from(i16::from_le_bytes([bytes[0], bytes[1]])))
    }

    #[inline]
    fn add(self, row: u32, sums: &mut [i16; LANES]) {
        let at = ROWS_AT + row as usize * TAGS;
        if let Some(row) = self.0.get(at..at + LANES) {
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += i16::from(*weight as i8);
            }
        }
    }
}

/// The tag of each token, and how far it is ahead of being nothing.
pub(crate) fn tag(sequence: &Sequence<'_>, weights: Weights<'_>) -> Vec<(Tag, i16)> {
    let transitions = core::array::from_fn(|before| core::array::from_fn(|tag| weights.transition(before, tag)));
    let mut tags = Vec::with_capacity(sequence.len());
    let mut start = 0;
    while start < sequence.len() {
        let end = sequence.end_of_paragraph(start, LONGEST);
        let scores: Vec<[i16; LANES]> = (start..end).map(|place| scores(sequence, place, weights)).collect();
        best(&scores, &transitions, &mut tags);
        start = end;
    }
    tags
}

fn scores(sequence: &Sequence<'_>, place: usize, weights: Weights<'_>) -> [i16; LANES] {
    let mut rows = [0; FEATURES];
    sequence.features(place, &mut rows);
    let mut sums = [0; LANES];
    rows.iter().for_each(|row| weights.add(*row, &mut sums));
    sums
}

/// Appends the best sequence of tags.
fn best(scores: &[[i16; LANES]], transitions: &[[i32; TAGS]; TAGS], tags: &mut Vec<(Tag, i16)>) {
    let mut from: Vec<[u8; TAGS]> = Vec::with_capacity(scores.len());
    let mut sums = [i32::MIN / 2; TAGS];
    // Nothing stands before the first token.
    sums[0] = 0;
    for scores in scores {
        let (mut next, mut origin) = ([i32::MIN / 2; TAGS], [0; TAGS]);
        for tag in 0..TAGS {
            let inside = tag > 0 && tag % 2 == 0;
            let range = if inside { tag - 1..tag + 1 } else { 0..TAGS };
            for before in range {
                let sum = sums[before] + transitions[before][tag];
                if sum > next[tag] {
                    (next[tag], origin[tag]) = (sum, before as u8);
                }
            }
            next[tag] += i32::from(scores[tag]);
        }
        sums = next;
        from.push(origin);
    }
    let mut tag = (0..TAGS).max_by_key(|tag| sums[*tag]).unwrap_or(0);
    let first = tags.len();
    for (place, scores) in scores.iter().enumerate().rev() {
        tags.push((tag as Tag, scores[tag] - scores[0]));
        tag = usize::from(from[place][tag]);
    }
    tags[first..].reverse();
}

/// The row of a feature: its number, and what it looks at.
#[inline]
pub(crate) fn row(feature: u32, first: u32, second: u32) -> u32 {
    let mixed = (first ^ feature.wrapping_mul(0x9e37_79b1)).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ (mixed >> 15) ^ second.wrapping_mul(0xc2b2_ae35)).wrapping_mul(0x27d4_eb2f);
    (mixed ^ (mixed >> 14)) >> 8 & (ROWS as u32 - 1)
}

/// Half of a digest.
#[inline]
pub(crate) fn short(digest: Digest) -> u32 {
    (digest.0 ^ (digest.0 >> 32)) as u32
}
