//! Numbers that look random and are a function of a seed: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of numbers.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of one row. Streams of different rows of one seed begin at different places.
    pub(super) fn for_row(seed: u64, row: u64) -> Self {
        Self(scramble(seed ^ 0x6d6f_7265_7474_6121) ^ scramble(row.wrapping_add(1)))
    }

    /// The next 64 bits.
    #[inline]
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        scramble(self.0)
    }

    /// A number below `end`, by multiplication: 32 bits are enough for the small ranges here.
    #[inline]
    pub(super) fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 32).wrapping_mul(end as u64) >> 32) as usize
    }

    /// One of these, the earlier ones more often: the smaller of two draws.
    #[inline]
    pub(super) fn early<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        let bits = self.next();
        let draw = |bits: u64| (((bits & 0xffff_ffff) * choices.len() as u64) >> 32) as usize;
        choices[draw(bits).min(draw(bits >> 32))]
    }
}

/// A bijection of 64 bits: different inputs stay different.
#[inline]
pub(super) fn scramble(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
