//! A linear model: every feature of a value has a weight for each kind, and the kind with the greatest sum is told.
//! `examples/train` makes the weights.

use crate::features::{Features, ROWS};
use crate::kind::{KINDS, Kind};

/// So many weights are added at once; those above [`KINDS`] are of the next row, and nobody looks at them.
pub(crate) const LANES: usize = 16;

/// How far a kind has to be ahead of being nothing.
const AHEAD: i16 = 10;

/// Weights of one byte: the rows, then some bytes of nothing.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a>(pub &'a [u8]);

impl Weights<'static> {
    /// The ones that are shipped.
    pub const SHIPPED: Self = Self(include_bytes!("../data/weights.bin"));
}

/// How many bytes the weights have.
pub const BYTES: usize = ROWS * KINDS + LANES;

impl Weights<'_> {
    /// What a value is taken for.
    #[inline]
    pub fn judge(self, value: &str, features: &mut Features) -> Kind {
        let value = value.trim();
        if !features.look(value) {
            return Kind::Nothing;
        }
        let sums = self.sums(&features.rows);
        let best = Kind::ALL
            .into_iter()
            .fold(Kind::Nothing, |best, kind| if sums[kind as usize] > sums[best as usize] { kind } else { best });
        let ahead = sums[best as usize] - sums[Kind::Nothing as usize];
        if ahead >= AHEAD { best } else { Kind::Nothing }
    }

    #[inline]
    fn sums(self, rows: &[u32]) -> [i16; LANES] {
        let mut sums = [0_i16; LANES];
        for row in rows {
            let at = *row as usize * KINDS;
            let Some(weights) = self.0.get(at..at + LANES) else { continue };
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += i16::from(*weight as i8);
            }
        }
        sums
    }
}
