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

    /// Appends the digest as so many symbols.
    #[inline]
    pub(crate) fn write(self, digest: &[u8], symbols: usize, out: &mut Vec<u8>) {
        match self {
            Self::Base32 => write_bits::<5>(digest, symbols, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", out),
            Self::Hex => write_bits::<4>(digest, symbols, b"0123456789abcdef", out),
            Self::Digits => write_digits(digest, symbols, out),
        }
    }
}

#[inline]
fn write_bits<const BITS: u32>(digest: &[u8], symbols: usize, alphabet: &[u8], out: &mut Vec<u8>) {
    let end = out.len() + symbols;
    let (mut bits, mut held) = (0u32, 0);
    let mask = (1 << BITS) - 1;
    for byte in digest {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= BITS && out.len() < end {
            held -= BITS;
            out.push(alphabet[(bits >> held & mask) as usize]);
        }
    }
    // The last symbol of an odd count takes the bits that are left, padded with zeros.
    if out.len() < end {
        out.push(alphabet[(bits << (BITS - held) & mask) as usize]);
    }
}

/// Reads the digest as a fraction between 0 and 1 and writes its first decimal places, nine at a time.
#[inline]
fn write_digits(digest: &[u8], symbols: usize, out: &mut Vec<u8>) {
    let mut words = [0u32; 8];
    let count = digest.len() / 4;
    for (word, bytes) in words.iter_mut().zip(digest.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    let end = out.len() + symbols;
    while out.len() < end {
        let mut places = 0;
        for word in words[..count].iter_mut().rev() {
            let product = u64::from(*word) * 1_000_000_000 + places;
            *word = product as u32;
            places = product >> 32;
        }
        let mut divisor = 100_000_000;
        while divisor > 0 && out.len() < end {
            out.push(b'0' + (places / divisor % 10) as u8);
            divisor /= 10;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(alphabet: Alphabet, digest: &[u8], symbols: usize) -> String {
        let mut out = Vec::new();
        alphabet.write(&digest[..alphabet.digest_length(symbols)], symbols, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn base32_and_hex_are_those_of_rfc_4648() {
        let foobar = b"foobar__________________________";
        assert_eq!(written(Alphabet::Base32, &foobar[..6], 9), "MZXW6YTBO");
        assert_eq!(written(Alphabet::Hex, foobar, 12), "666f6f626172");
        assert_eq!(written(Alphabet::Hex, foobar, 5), "666f6");
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
            let mut out = Vec::new();
            Alphabet::Digits.write(&digest, 16, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("{expected:016}"));
        }
    }
}
