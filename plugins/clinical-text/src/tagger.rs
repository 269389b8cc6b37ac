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

/// Of a pair that cannot be.
const NEVER: i16 = -16_000;

impl Weights<'_> {
    /// The weights of all tags behind each tag.
    fn transitions(self) -> [[i16; LANES]; TAGS] {
        let weight = |before: usize, tag: usize| {
            let bytes = self.0.get((before * TAGS + tag) * 2..).and_then(<[u8]>::first_chunk);
            bytes.filter(|_| tag < TAGS && may_follow(tag, before)).map_or(NEVER, |bytes| i16::from_le_bytes(*bytes))
        };
        core::array::from_fn(|before| core::array::from_fn(|tag| weight(before, tag)))
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

    /// How much speaks for each tag of a token.
    #[inline]
    fn scores(self, sequence: &Sequence<'_>, place: usize) -> [i16; LANES] {
        let mut rows = [0; FEATURES];
        sequence.features(place, &mut rows);
        let mut sums = [0; LANES];
        rows.iter().for_each(|row| self.add(*row, &mut sums));
        sums
    }
}

/// The tag of each token, and how far it is ahead of being nothing.
pub(crate) fn tag(sequence: &Sequence<'_>, weights: Weights<'_>) -> Vec<(Tag, i16)> {
    let transitions = weights.transitions();
    let mut tags = Vec::with_capacity(sequence.len());
    let mut steps = Vec::new();
    while tags.len() < sequence.len() {
        let start = tags.len();
        let end = sequence.end_of_paragraph(start, LONGEST);
        // Nothing stands before the first token.
        let mut sums = core::array::from_fn(|tag| if tag == 0 { 0 } else { NEVER });
        steps.clear();
        steps.extend((start..end).map(|place| Step::of(weights.scores(sequence, place), &mut sums, &transitions)));
        let mut tag = (0..TAGS).max_by_key(|tag| sums[*tag]).unwrap_or(0);
        for step in steps.iter().rev() {
            tags.push((tag as Tag, step.scores[tag] - step.scores[0]));
            tag = step.from[tag] as usize;
        }
        tags[start..].reverse();
    }
    tags
}

/// Of one token: what speaks for each tag, and which tag before it is the best one.
#[derive(Clone, Copy, Debug)]
struct Step {
    scores: [i16; LANES],
    from: [i16; LANES],
}

impl Step {
    /// From the best sums up to the token before, which become those up to this one; the greatest of them is always 0.
    #[inline]
    fn of(scores: [i16; LANES], sums: &mut [i16; LANES], transitions: &[[i16; LANES]; TAGS]) -> Self {
        let (mut best, mut from) = ([i16::MIN; LANES], [0; LANES]);
        for (before, transitions) in transitions.iter().enumerate() {
            for lane in 0..LANES {
                let sum = sums[before].saturating_add(transitions[lane]);
                from[lane] = if sum > best[lane] { before as i16 } else { from[lane] };
                best[lane] = best[lane].max(sum);
            }
        }
        for lane in 0..LANES {
            best[lane] = best[lane].saturating_add(scores[lane]);
        }
        let most = best[..TAGS].iter().copied().max().unwrap_or(0);
        *sums = best.map(|sum| sum.saturating_sub(most).max(NEVER));
        Self { scores, from }
    }
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
