//! What a token looks like, and the bytes that are stored of it.

use std::fmt;
use std::str::FromStr;

use super::VaultError;
use crate::keys::{KeyError, RandomBytes, SetKeys};

/// RFC 4648, section 6. Neither 0 nor 1 is in it, so none of its letters is taken for a digit.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// How many bytes an opaque token has.
const OPAQUE: usize = 16;
/// How many of those that are drawn for it are those of its batch.
pub(in crate::vault) const OF_BATCH: usize = 6;
/// What stands before the drawn bytes where a token is stored that is a permutation of them. Tokens of the first form of
/// vaults are stored as they are shown.
const PERMUTED: u8 = 1;
/// How many letters they make: 26 times 5 bits, of which the last two are zero.
const OPAQUE_LETTERS: usize = 26;
/// The shortest value that digits stand for: a space of 10^6.
const FEWEST_DIGITS: usize = 6;
/// The longest value that digits stand for.
const MOST_DIGITS: usize = 32;
/// The longest value in bytes, of any format.
const MOST_BYTES: usize = 1 << 16;

/// What tokens look like. Two formats of one domain are two sets of tokens, which have nothing to do with each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// 26 letters and digits, `A`-`Z` and `2`-`7`: 128 random bits.
    Opaque,
    /// An opaque token after a prefix that tells people what it is: 1 to 16 of `A`-`Z`, `a`-`z`, `0`-`9`, `_`, `-`, `.`,
    /// `:`. Made with [`Format::prefixed`].
    Prefixed(Prefix),
    /// As many random digits as the value has. The value must be of 6 to 32 ASCII digits, and never is its own token.
    ///
    /// A set of this format fills up: 10^n tokens stand for values of n digits. A token that is taken is drawn again, up
    /// to 64 times, and then the value is rejected as [`Unfit::Exhausted`]. That takes a space which is nearly full: at
    /// half, 1 value in 10^19 is rejected; at nine tenths, 1 in 850; at the end, each that is new. Values that have their
    /// token already are found as ever.
    Digits,
}

/// The prefix of a [`Format::Prefixed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(Box<str>);

/// Why a value cannot have a token of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unfit {
    /// Digits are to stand for it, and it has other characters.
    #[error("the value is not of ASCII digits alone")]
    NotDigits,
    /// Digits are to stand for it, and it has fewer than six: too few tokens to choose from.
    #[error("the value has fewer than 6 digits")]
    TooShort,
    /// It has more than 32 digits, or more than 65,536 bytes.
    #[error("the value is too long")]
    TooLong,
    /// Nearly all tokens of its length are taken.
    #[error("nearly all tokens of this length are taken")]
    Exhausted,
}

/// The bytes of a token as they are stored: digits, or the bytes that were drawn. Up to 32.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::vault) struct Body {
    bytes: [u8; MOST_DIGITS],
    length: usize,
}

impl Format {
    /// How often a token that is taken is drawn anew.
    pub(in crate::vault) const DRAWS: usize = 64;

    /// Tokens with a prefix.
    ///
    /// # Errors
    /// [`VaultError::InvalidPrefix`]: it is empty, longer than 16, or has other characters than it may.
    pub fn prefixed(prefix: &str) -> Result<Self, VaultError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
        if (1..=16).contains(&prefix.len()) && prefix.bytes().all(allowed) {
            Ok(Self::Prefixed(Prefix(prefix.into())))
        } else {
            Err(VaultError::InvalidPrefix)
        }
    }

    /// Whether a value can have a token of this format.
    pub(in crate::vault) fn admit(&self, value: &[u8]) -> Result<(), Unfit> {
        let most = if *self == Self::Digits { MOST_DIGITS } else { MOST_BYTES };
        match self {
            Self::Digits if !value.iter().all(u8::is_ascii_digit) => Err(Unfit::NotDigits),
            Self::Digits if value.len() < FEWEST_DIGITS => Err(Unfit::TooShort),
            _ if value.len() > most => Err(Unfit::TooLong),
            _ => Ok(()),
        }
    }

    /// A random token for a value that was admitted.
    ///
    /// The tokens of a batch are drawn with the same first bytes, so that they lie together where they are stored, and a
    /// store touches some pages for a batch and not one for each token. Nothing of that is to be seen: what is shown is a
    /// keyed permutation. 80 random bits are each token's own.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`]: the system gives no random bytes.
    pub(in crate::vault) fn draw(
        &self,
        value: &[u8],
        batch: [u8; OF_BATCH],
        random: &mut RandomBytes,
    ) -> Result<Body, KeyError> {
        match self {
            Self::Opaque | Self::Prefixed(_) => {
                let own = random.take::<{ OPAQUE - OF_BATCH }>()?;
                Ok(Body::of(&[[PERMUTED].as_slice(), &batch, &own].concat()))
            }
            Self::Digits => loop {
                let body = digits(value.len(), random)?;
                if body.as_slice() != value {
                    return Ok(body);
                }
            },
        }
    }

    /// The token as it is shown.
    pub(in crate::vault) fn text(&self, body: &Body, keys: &SetKeys) -> String {
        let prefix = match self {
            Self::Digits => return body.as_slice().iter().map(|digit| char::from(*digit)).collect(),
            Self::Prefixed(Prefix(prefix)) => prefix,
            Self::Opaque => "",
        };
        match body.as_slice() {
            [PERMUTED, drawn @ ..] if drawn.len() == OPAQUE => {
                let drawn = drawn.first_chunk().copied().unwrap_or_default();
                base32(prefix, &keys.shown(drawn))
            }
            shown => base32(prefix, shown),
        }
    }

    /// What may be stored of a token that was shown: as vaults keep it, and as those of the first form did. None if this
    /// format has no such token.
    pub(in crate::vault) fn bodies(&self, token: &str, keys: &SetKeys) -> Vec<Body> {
        let shown = match self {
            Self::Digits if self.admit(token.as_bytes()).is_err() => return Vec::new(),
            Self::Digits => return vec![Body::of(token.as_bytes())],
            Self::Opaque => unbase32(token),
            Self::Prefixed(Prefix(prefix)) => token.strip_prefix(&**prefix).and_then(unbase32),
        };
        let bodies = shown.map(|shown| {
            let drawn = keys.drawn(shown);
            [Body::of(&[[PERMUTED].as_slice(), &drawn].concat()), Body::of(&shown)]
        });
        bodies.into_iter().flatten().collect()
    }
}

/// Its name: `opaque`, `prefixed:P-`, `digits`.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opaque => f.write_str("opaque"),
            Self::Prefixed(Prefix(prefix)) => write!(f, "prefixed:{prefix}"),
            Self::Digits => f.write_str("digits"),
        }
    }
}

/// From its name.
impl FromStr for Format {
    type Err = VaultError;

    fn from_str(name: &str) -> Result<Self, VaultError> {
        match (name, name.strip_prefix("prefixed:")) {
            ("opaque", _) => Ok(Self::Opaque),
            ("digits", _) => Ok(Self::Digits),
            (_, Some(prefix)) => Self::prefixed(prefix),
            _ => Err(VaultError::InvalidFormat),
        }
    }
}

impl Body {
    /// The body of these bytes, of which there are no more than it holds.
    pub(in crate::vault) fn of(from: &[u8]) -> Self {
        let mut bytes = [0; MOST_DIGITS];
        bytes.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        Self { bytes, length: from.len().min(MOST_DIGITS) }
    }

    pub(in crate::vault) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Random digits, each of ten with the same odds: bytes from 250 on are left out.
fn digits(length: usize, random: &mut RandomBytes) -> Result<Body, KeyError> {
    let mut digits = Vec::with_capacity(length);
    while digits.len() < length {
        let drawn = random.take::<{ 2 * MOST_DIGITS }>()?;
        let fair = drawn.iter().filter(|byte| **byte < 250);
        digits.extend(fair.map(|byte| b'0'.saturating_add(byte % 10)).take(length.saturating_sub(digits.len())));
    }
    Ok(Body::of(&digits))
}

fn base32(prefix: &str, bytes: &[u8]) -> String {
    let mut text = String::with_capacity(prefix.len().saturating_add(OPAQUE_LETTERS));
    text.push_str(prefix);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let letter = |five: u32| BASE32.get((five & 31) as usize).map_or('A', |letter| char::from(*letter));
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        held = held.saturating_add(8);
        while held >= 5 {
            held = held.saturating_sub(5);
            text.push(letter(bits >> held));
        }
    }
    if held > 0 {
        text.push(letter(bits << 5_u32.saturating_sub(held)));
    }
    text
}

/// The bytes of exactly one text: no other case, no padding, no bits left over.
fn unbase32(text: &str) -> Option<[u8; OPAQUE]> {
    if text.len() != OPAQUE_LETTERS {
        return None;
    }
    let mut value: u128 = 0;
    let mut letters = text.bytes().map(|letter| BASE32.iter().position(|of| *of == letter));
    for five in letters.by_ref().take(OPAQUE_LETTERS.saturating_sub(1)) {
        value = (value << 5) | five? as u128;
    }
    let last = letters.next()?? as u128;
    let bytes = ((value << 3) | (last >> 2)).to_be_bytes();
    (last & 3 == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> SetKeys {
        crate::vault::tests::key().new_vault([7; 16]).unwrap().set("patients", "opaque")
    }

    #[test]
    fn what_is_shown_tells_nothing_of_the_batch() {
        let (keys, mut random) = (keys(), RandomBytes::new());
        let drawn: Vec<_> =
            (0..1000).map(|_| Format::Opaque.draw(b"value", [7; OF_BATCH], &mut random).unwrap()).collect();
        assert!(drawn.iter().all(|body| body.as_slice().starts_with(&[PERMUTED, 7, 7, 7, 7, 7, 7])));
        let shown: Vec<_> = drawn.iter().map(|body| Format::Opaque.text(body, &keys)).collect();
        // Two of 1,000 random texts have their first six letters in common once in 2,000 times.
        let starts: std::collections::HashSet<_> = shown.iter().map(|text| &text[..6]).collect();
        assert!(starts.len() >= 998, "{}", starts.len());
    }

    #[test]
    fn a_token_of_the_first_form_is_shown_as_it_is_stored() {
        let (keys, body) = (keys(), Body::of(&[0; 16]));
        assert_eq!(Format::Opaque.text(&body, &keys), "AAAAAAAAAAAAAAAAAAAAAAAAAA");
        assert!(Format::Opaque.bodies("AAAAAAAAAAAAAAAAAAAAAAAAAA", &keys)[1] == body);
    }

    #[test]
    fn opaque_tokens_are_base32_of_rfc_4648() {
        assert_eq!(base32("", &[0; 16]), "AAAAAAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(base32("", &[255; 16]), "77777777777777777777777774");
        assert_eq!(base32("", b"foobar"), "MZXW6YTBOI");
    }

    #[test]
    fn one_body_has_one_text() {
        let keys = keys();
        for text in [
            "AAAAAAAAAAAAAAAAAAAAAAAAAB",
            "aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "AAAAAAAAAAAAAAAAAAAAAAAAA",
            "0",
            "ÄÄÄÄÄÄÄÄÄÄÄÄÄ",
        ] {
            assert!(Format::Opaque.bodies(text, &keys).is_empty(), "{text}");
        }
        assert_eq!(Format::Opaque.bodies("AAAAAAAAAAAAAAAAAAAAAAAAAA", &keys).len(), 2);
        let prefixed = Format::prefixed("P-").unwrap();
        assert_eq!(prefixed.bodies("P-AAAAAAAAAAAAAAAAAAAAAAAAAA", &keys).len(), 2);
        assert!(prefixed.bodies("AAAAAAAAAAAAAAAAAAAAAAAAAA", &keys).is_empty());
        for text in ["12345", "12345x", "１２３４５６", &"1".repeat(33)] {
            assert!(Format::Digits.bodies(text, &keys).is_empty(), "{text}");
        }
    }

    #[test]
    fn digits_stand_for_six_to_thirty_two_digits() {
        let admit = |value: &str| Format::Digits.admit(value.as_bytes());
        assert_eq!(admit("12345"), Err(Unfit::TooShort));
        assert_eq!(admit(""), Err(Unfit::TooShort));
        assert_eq!(admit("123456"), Ok(()));
        assert_eq!(admit("123-45-6789"), Err(Unfit::NotDigits));
        assert_eq!(admit("１２３４５６"), Err(Unfit::NotDigits));
        assert_eq!(admit(&"1".repeat(32)), Ok(()));
        assert_eq!(admit(&"1".repeat(33)), Err(Unfit::TooLong));
    }

    #[test]
    fn other_formats_stand_for_anything_that_is_not_too_long() {
        assert_eq!(Format::Opaque.admit(b""), Ok(()));
        assert_eq!(Format::Opaque.admit(&vec![0; MOST_BYTES]), Ok(()));
        assert_eq!(Format::Opaque.admit(&vec![0; MOST_BYTES + 1]), Err(Unfit::TooLong));
    }

    #[test]
    fn every_digit_is_drawn_as_often() {
        let (mut counts, mut random) = ([0_u32; 10], RandomBytes::new());
        for _ in 0..1000 {
            digits(32, &mut random).unwrap().as_slice().iter().for_each(|digit| counts[usize::from(digit - b'0')] += 1);
        }
        // 3,200 expected of each, with a standard deviation of 54.
        assert!(counts.iter().all(|count| (2_800..3_600).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_prefix_is_short_and_plain() {
        for prefix in ["P", "mrn:", "A_b-9.", "0123456789abcdef"] {
            assert_eq!(Format::prefixed(prefix).unwrap().to_string(), format!("prefixed:{prefix}"));
        }
        for prefix in ["", "0123456789abcdefg", "a b", "ä", "a,b", "a\n"] {
            assert!(matches!(Format::prefixed(prefix), Err(VaultError::InvalidPrefix)), "{prefix}");
        }
    }

    fn formats() -> impl Strategy<Value = Format> {
        prop_oneof![
            Just(Format::Opaque),
            Just(Format::Digits),
            "[A-Za-z0-9_.:-]{1,16}".prop_map(|prefix| Format::prefixed(&prefix).unwrap()),
        ]
    }

    proptest! {
        #[test]
        fn a_token_is_of_its_format_and_reads_back(format in formats(), value in "[0-9]{6,32}") {
            let value = value.as_bytes();
            prop_assert_eq!(format.admit(value), Ok(()));
            let keys = keys();
            let body = format.draw(value, [0; OF_BATCH], &mut RandomBytes::new()).unwrap();
            let text = format.text(&body, &keys);
            prop_assert!(format.bodies(&text, &keys)[0] == body);
            match &format {
                Format::Opaque => prop_assert_eq!(text.len(), 26),
                Format::Prefixed(Prefix(prefix)) => {
                    prop_assert!(text.starts_with(&**prefix) && text.len() == prefix.len() + 26);
                }
                Format::Digits => {
                    prop_assert!(text.len() == value.len() && text.bytes().all(|byte| byte.is_ascii_digit()));
                    prop_assert_ne!(text.as_bytes(), value);
                }
            }
        }

        #[test]
        fn a_name_is_of_one_format(format in formats()) {
            prop_assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
        }

        #[test]
        fn any_text_is_a_token_or_none(format in formats(), text in ".{0,40}") {
            let keys = keys();
            for body in format.bodies(&text, &keys) {
                prop_assert_eq!(format.text(&body, &keys), text.as_str());
            }
        }
    }
}
