//! Codes that repeat seldom: what numbers one of many is different for each.

/// How many values of a column are looked at: enough to see whether they repeat.
const LOOKED_AT: usize = 1024;

/// The values that may be codes, and how often they are new.
pub(crate) struct Distinct {
    /// Digests of the values, 0 where there is none.
    seen: Vec<u64>,
    examined: u32,
    distinct: u32,
    /// How many values of digits alone there are of each length: what counts things is of many lengths.
    lengths: [u32; 32],
}

impl Distinct {
    pub(crate) fn new(rows: usize) -> Self {
        let seen = vec![0; (rows.clamp(8, LOOKED_AT) * 2).next_power_of_two()];
        Self { seen, examined: 0, distinct: 0, lengths: [0; 32] }
    }

    /// Whether more is to be looked at.
    #[inline]
    pub(crate) fn goes_on(&self) -> bool {
        (self.examined as usize) < LOOKED_AT
    }

    /// Looks at a value; `is_code` if it may be one.
    pub(crate) fn look(&mut self, value: &[u8], is_code: bool) {
        self.examined += 1;
        if value.iter().all(u8::is_ascii_digit) {
            self.lengths[value.len().min(31)] += 1;
        }
        if !is_code {
            return;
        }
        let digest = value
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        let digest = (digest ^ (digest >> 32)).max(1);
        let mask = self.seen.len() - 1;
        let mut place = digest as usize & mask;
        while self.seen[place] != 0 && self.seen[place] != digest {
            place = (place + 1) & mask;
        }
        self.distinct += u32::from(self.seen[place] != digest);
        self.seen[place] = digest;
    }

    /// How many different codes there are, of how many values.
    pub(crate) fn counts(&self) -> (u32, u32) {
        let is_of_digits = self.lengths.iter().sum::<u32>() * 2 > self.examined;
        (if is_of_digits && self.length().is_none() { 0 } else { self.distinct }, self.examined)
    }

    /// The length that most values of digits have, if they have one.
    pub(crate) fn length(&self) -> Option<usize> {
        let digits: u32 = self.lengths.iter().sum();
        let (length, values) = self.lengths.iter().enumerate().max_by_key(|(_, values)| **values)?;
        (digits > 0 && values * 10 >= digits * 8).then_some(length)
    }
}
