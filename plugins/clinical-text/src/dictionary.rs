//! Words that are known to be names, places, English or medical: a map from the digest of a word to what it is.
//!
//! The map keeps 16 bits for each word in a table 1.23 times as long (Botelho, Pagh, Ziviani 2007): eight to tell a word
//! that is not in it (one in 256 is taken for one that is), and eight of [`Known`].

/// What a word is known to be: bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known(pub u8);

impl Known {
    /// How frequent it is as a given name, 0 to 3.
    pub fn given(self) -> u8 {
        self.0 & 3
    }

    /// Whether it is a surname.
    pub fn family(self) -> bool {
        self.0 & 4 != 0
    }

    /// Whether it is the whole name of a town, county or country.
    pub fn place(self) -> bool {
        self.0 & 16 != 0
    }

    /// Whether it is part of the name of a town.
    pub fn of_place(self) -> bool {
        self.0 & 24 != 0
    }

    /// Whether it stands in small letters in dictionaries of English.
    pub fn english(self) -> bool {
        self.0 & 32 != 0
    }

    /// Whether it is one of the most frequent words of English.
    pub fn frequent(self) -> bool {
        self.0 & 64 != 0
    }

    /// Whether it is a word of diagnoses, procedures or medications.
    pub fn clinical(self) -> bool {
        self.0 & 128 != 0
    }

    /// Whether it is a name at all.
    pub fn name(self) -> bool {
        self.0 & 7 != 0
    }
}

/// The digest of a word: FNV-1a over its letters in lower case, apostrophes left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub u64);

impl Digest {
    /// The digest of no letter.
    pub const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    /// The word and one byte more.
    #[inline]
    #[must_use]
    pub const fn with(self, byte: u8) -> Self {
        if byte == b'\'' {
            return self;
        }
        Self((self.0 ^ byte.to_ascii_lowercase() as u64).wrapping_mul(0x0100_0000_01b3))
    }

    /// A whole word.
    #[must_use]
    pub fn of(word: &[u8]) -> Self {
        word.iter().fold(Self::EMPTY, |digest, byte| digest.with(*byte))
    }
}

/// The map: a seed of eight bytes, then three parts of slots of two bytes.
#[derive(Clone, Copy, Debug)]
pub struct Dictionary<'a>(pub &'a [u8]);

impl Dictionary<'static> {
    /// The one that is shipped.
    pub const SHIPPED: Self = Self(include_bytes!("../data/words.bin"));
}

impl Dictionary<'_> {
    /// What a word is known to be.
    #[inline]
    pub fn look_up(self, word: Digest) -> Known {
        let Some((seed, slots)) = self.0.split_first_chunk() else { return Known::default() };
        let places = Places::of(word, u64::from_le_bytes(*seed), slots.len() / 6);
        let slot = |place: usize| slots[place * 2..].first_chunk().map_or(0, |slot| u16::from_le_bytes(*slot));
        let found = places.slots.iter().fold(0, |found, place| found ^ slot(*place));
        if (found >> 8) as u8 == places.check { Known(found as u8) } else { Known::default() }
    }
}

/// Where a word's three slots are, and the bits by which it is told.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// One slot in each part.
    pub slots: [usize; 3],
    /// What the upper halves of the slots must give together.
    pub check: u8,
}

impl Places {
    /// Of a word, in a map with parts of so many slots.
    #[inline]
    pub fn of(word: Digest, seed: u64, part: usize) -> Self {
        let mixed = (word.0 ^ seed ^ (word.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = mixed ^ (mixed >> 32);
        let within = |bits: u64| (((bits & 0xff_ffff) * part as u64) >> 24) as usize;
        let slots = [within(mixed), part + within(mixed >> 20), 2 * part + within(mixed >> 40)];
        Self { slots, check: (mixed.wrapping_mul(0x94d0_49bb_1331_11eb) >> 56) as u8 }
    }
}
