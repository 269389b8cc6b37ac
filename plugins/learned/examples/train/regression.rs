//! Multinomial logistic regression, with steps that shrink for each weight by itself (Duchi et al. 2011). Only what
//! IEEE 754 defines to the last bit is computed, so that every machine gives the same weights.

use learned::features::ROWS;
use learned::{BYTES, KINDS, Kind};

use crate::random::Random;

/// A value by its features.
pub(crate) struct Example {
    pub(crate) kind: Kind,
    pub(crate) rows: Vec<u32>,
    /// Where the rows of whole words begin.
    pub(crate) words_at: usize,
}

/// Of half of the values the words are left out, so that the rest learns to do without.
const WITHOUT_WORDS: usize = 50;

/// The size of the first step.
const STEP: f32 = 0.12;

/// What a step leaves of weights that few values have need of.
const DECAY: f32 = 1.5e-6;

/// Weights, and the sums of the squares of their steps.
pub(crate) struct Regression {
    weights: Vec<[f32; KINDS]>,
    squares: Vec<[f32; KINDS]>,
}

impl Regression {
    pub(crate) fn new() -> Self {
        Self { weights: vec![[0.0; KINDS]; ROWS], squares: vec![[1e-3; KINDS]; ROWS] }
    }

    /// Learns from each value once, and tells how many were taken for something else before.
    pub(crate) fn learn(&mut self, examples: &[Example], random: &mut Random) -> usize {
        let mut wrong = 0;
        for example in examples {
            let rows = if random.percent(WITHOUT_WORDS) { &example.rows[..example.words_at] } else { &example.rows };
            let mut chances = self.chances(rows);
            let right = example.kind as usize;
            wrong += usize::from(chances.iter().any(|chance| *chance > chances[right]));
            chances[right] -= 1.0;
            for row in rows {
                let (weights, squares) = (&mut self.weights[*row as usize], &mut self.squares[*row as usize]);
                for kind in 0..KINDS {
                    let slope = chances[kind] + DECAY * weights[kind];
                    squares[kind] += slope * slope;
                    weights[kind] -= STEP * slope / squares[kind].sqrt();
                }
            }
        }
        wrong
    }

    /// How likely each kind is.
    fn chances(&self, rows: &[u32]) -> [f32; KINDS] {
        let mut sums = [0.0_f32; KINDS];
        for row in rows {
            for (sum, weight) in sums.iter_mut().zip(&self.weights[*row as usize]) {
                *sum += weight;
            }
        }
        let most = sums.iter().copied().fold(f32::MIN, f32::max);
        let powers = sums.map(|sum| exponential(sum - most));
        let all: f32 = powers.iter().sum();
        powers.map(|power| power / all)
    }

    /// One byte for each weight: nearly all of them keep their proportions, and the few largest are cut.
    pub(crate) fn quantized(&self) -> Vec<u8> {
        let mut sizes: Vec<f32> = self.weights.iter().flatten().map(|weight| weight.abs()).collect();
        sizes.sort_unstable_by(f32::total_cmp);
        let scale = 127.0 / sizes[sizes.len() - 1 - sizes.len() / 1_000];
        println!("scale {scale:.1}");
        let byte = |weight: &f32| (weight * scale).round().clamp(-127.0, 127.0) as i8 as u8;
        let mut bytes: Vec<u8> = self.weights.iter().flatten().map(byte).collect();
        bytes.resize(BYTES, 0);
        bytes
    }
}

/// e to the power of a number that is not above 0, to four places.
fn exponential(number: f32) -> f32 {
    let mut power = (1.0 + number.max(-30.0) / 4096.0).max(0.0);
    for _ in 0..12 {
        power *= power;
    }
    power
}
