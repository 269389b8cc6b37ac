//! Digests as text.

use serde::Deserialize;

/// The symbols of a pseudonym.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Alphabet {
    /// RFC 4648, upper case without padding: 5 bits a symbol.
    Base32,
    /// Lower case: 4 bits a symbol.
    Hex,
    /// Decimal digits: 3.32 bits a symbol.
    Digits,
}

impl Alphabet {
    /// How many bytes of digest so many symbols take, at most 32 for 51 symbols.
    ///
    /// Digits take 64 bits more than they hold, in whole words: no pseudonym is likelier than another by more than one
    /// part in 2⁶⁴.
    pub(crate) fn digest_length(self, symbols: usize) -> usize {
        match self {
            Self::Base32 => (symbols * 5).div_ceil(8),
            Self::Hex => symbols.div_ceil(2),
            Self::Digits => (symbols * 10 / 3 + 64).div_ceil(32) * 4,
        }
    }

    /// Fills `out` with symbols of the digest.
    #[inline]
    pub(crate) fn write(self, digest: &[u8], out: &mut [u8]) {
        match self {
            Self::Base32 => write_bits::<5>(digest, out, base32),
            Self::Hex => write_bits::<4>(digest, out, hex),
            Self::Digits => write_digits(digest, out),
        }
    }
}

/// Writes eight symbols at a time, which take as many bytes of digest as a symbol has bits.
#[inline]
fn write_bits<const BITS: usize>(digest: &[u8], out: &mut [u8], symbols: impl Fn(u64) -> u64) {
    let symbols = |bytes: &[u8; BITS]| symbols(spread::<BITS>(bytes)).to_le_bytes();
    let (groups, _) = digest.as_chunks::<BITS>();
    let (targets, last) = out.as_chunks_mut::<8>();
    // Seven symbols take a whole group, so what is left is counted by targets.
    let rest = digest.iter().skip(targets.len() * BITS);
    for (target, group) in targets.iter_mut().zip(groups) {
        *target = symbols(group);
    }
    if !last.is_empty() {
        // The last symbol of an odd count takes the bits that are left, padded with zeros.
        let mut padded = [0; BITS];
        padded.iter_mut().zip(rest).for_each(|(target, byte)| *target = *byte);
        last.iter_mut().zip(symbols(&padded)).for_each(|(target, symbol)| *target = symbol);
    }
}

/// The bits of a group as eight numbers, one in each byte, the first in the lowest: halves apart, three times.
#[inline]
fn spread<const BITS: usize>(group: &[u8; BITS]) -> u64 {
    let group = group.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    let [four, two, one] = [4, 2, 1].map(|symbols| (1u64 << (symbols * BITS)) - 1);
    let fours = group >> (4 * BITS) | (group & four) << 32;
    let two = two * 0x0000_0001_0000_0001;
    let twos = fours >> (2 * BITS) & two | (fours & two) << 16;
    let one = one * 0x0001_0001_0001_0001;
    twos >> BITS & one | (twos & one) << 8
}

const EACH_BYTE: u64 = 0x0101_0101_0101_0101;

/// `A` to `Z` and `2` to `7` for the numbers below 32.
#[inline]
fn base32(numbers: u64) -> u64 {
    numbers + EACH_BYTE * u64::from(b'A') - reach(numbers, 26) * u64::from(b'A' + 26 - b'2')
}

/// `0` to `9` and `a` to `f` for the numbers below 16.
#[inline]
fn hex(numbers: u64) -> u64 {
    numbers + EACH_BYTE * u64::from(b'0') + reach(numbers, 10) * u64::from(b'a' - 10 - b'0')
}

/// 1 in each byte that has `limit` or more, of numbers below 128.
#[inline]
fn reach(numbers: u64, limit: u8) -> u64 {
    (numbers + EACH_BYTE * u64::from(128 - limit)) >> 7 & EACH_BYTE
}

/// Reads the digest as a fraction between 0 and 1 and writes its first decimal places, nine at a time.
#[inline]
fn write_digits(digest: &[u8], out: &mut [u8]) {
    let mut words = [0u32; 8];
    let (digest, _) = digest.as_chunks();
    let words = &mut words[..digest.len()];
    words.iter_mut().zip(digest).for_each(|(word, bytes)| *word = u32::from_be_bytes(*bytes));
    for nine in out.chunks_mut(9) {
        let mut places = 0;
        for word in words.iter_mut().rev() {
            let product = u64::from(*word) * 1_000_000_000 + places;
            *word = product as u32;
            places = product >> 32;
        }
        let mut divisor = 100_000_000;
        for digit in nine {
            *digit = b'0' + (places as u32 / divisor % 10) as u8;
            divisor /= 10;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(alphabet: Alphabet, digest: &[u8], symbols: usize) -> String {
        let mut out = vec![0; symbols];
        alphabet.write(&digest[..alphabet.digest_length(symbols)], &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn base32_and_hex_are_those_of_rfc_4648() {
        let foobar = b"foobar__________________________";
        assert_eq!(written(Alphabet::Base32, &foobar[..6], 9), "MZXW6YTBO");
        assert_eq!(written(Alphabet::Hex, foobar, 12), "666f6f626172");
        assert_eq!(written(Alphabet::Hex, foobar, 5), "666f6");
        assert_eq!(written(Alphabet::Hex, &foobar[..4], 7), "666f6f6");
        assert_eq!(written(Alphabet::Base32, &foobar[..5], 7), "MZXW6YT");
        // Every symbol, in its order.
        let bits = [
            0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe,
            0x77, 0xdf,
        ];
        assert_eq!(written(Alphabet::Base32, &bits, 32), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        let bits = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        assert_eq!(written(Alphabet::Hex, &bits, 16), "0123456789abcdef");
    }

    #[test]
    fn digits_are_the_decimal_places_of_the_fraction() {
        let mut digest = [0; 32];
        digest[0] = 0x80;
        assert_eq!(written(Alphabet::Digits, &digest, 12), "500000000000");
        digest[0] = 0x01;
        assert_eq!(written(Alphabet::Digits, &digest, 10), "0039062500");
        assert_eq!(written(Alphabet::Digits, &[0xff; 32], 51), "9".repeat(51));
    }

    proptest! {
        #[test]
        fn fills_the_asked_length_from_at_most_32_bytes(digest: [u8; 32], symbols in 4usize..=51) {
            for alphabet in [Alphabet::Base32, Alphabet::Hex, Alphabet::Digits] {
                prop_assert!(alphabet.digest_length(symbols) <= 32);
                let text = written(alphabet, &digest, symbols);
                prop_assert_eq!(text.len(), symbols);
                let longer = written(alphabet, &digest, 51);
                prop_assert!(matches!(alphabet, Alphabet::Digits) || symbols * 5 % 8 != 0 || longer.starts_with(&text));
            }
        }

        #[test]
        fn digits_use_all_of_the_digest_that_they_say(low: u32, digest: [u8; 16]) {
            // 16 digits out of 128 bits: the fraction, computed with 128-bit integers.
            let mut digest = digest;
            digest[12..].copy_from_slice(&low.to_be_bytes());
            prop_assert_eq!(Alphabet::Digits.digest_length(16), 16);
            let high = u128::from_be_bytes(digest) >> 64;
            let low = u128::from_be_bytes(digest) & u128::from(u64::MAX);
            let scale = 10u128.pow(16);
            let expected = (high * scale + ((low * scale) >> 64)) >> 64;
            let mut out = vec![0; 16];
            Alphabet::Digits.write(&digest, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("{expected:016}"));
        }
    }
}
