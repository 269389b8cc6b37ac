//! Sets of names as bits: a name is in a set if four bits of it are set in the one word of 64 bits that is its own (a
//! blocked Bloom filter). Case, marks and blanks do not count.
//!
//! The build script makes the sets, the plugin asks them.

/// The digest of a name, letter by letter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name(pub(crate) u64);

impl Name {
    /// A name without letters.
    pub(crate) const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    /// The name and one letter more; marks and blanks add nothing.
    #[inline]
    #[must_use]
    pub(crate) const fn with(self, byte: u8) -> Self {
        if byte.is_ascii_alphanumeric() || byte >= 128 {
            Self((self.0 ^ byte.to_ascii_lowercase() as u64).wrapping_mul(0x0100_0000_01b3))
        } else {
            self
        }
    }

    /// A whole name.
    #[inline]
    #[must_use]
    pub(crate) fn of(name: &[u8]) -> Self {
        name.iter().fold(Self::EMPTY, |name, byte| name.with(*byte))
    }

    /// The word of a set of so many words, and the bits in it.
    #[inline]
    pub(crate) fn place(self, words: usize) -> (usize, u64) {
        let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let mixed = mixed ^ (mixed >> 29);
        let bits = (0..4).fold(0, |bits, bit| bits | 1 << (mixed >> (6 * bit) & 63));
        ((((mixed >> 32) * words as u64) >> 32) as usize, bits)
    }
}
