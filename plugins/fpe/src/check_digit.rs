//! The check digit at the end of a number: of cards, of National Provider Identifiers, and of many health-plan numbers.

use serde::Deserialize;

/// What becomes of the last digit.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CheckDigit {
    /// It is encrypted as the others are.
    None,
    /// It is made right (ISO/IEC 7812-1, annex B), so that what checks it takes the number.
    Luhn,
    /// It is made wrong, so that nothing takes the number for one that exists.
    BreakLuhn,
}

impl CheckDigit {
    /// Writes the last digit of a text whose other digits are there. Whether it was another before.
    pub(crate) fn write(self, text: &mut [u8]) -> bool {
        if self == Self::None {
            return false;
        }
        let Some(last) = text.iter().rposition(u8::is_ascii_digit) else { return false };
        let right = check_digit(text[..last].iter().copied());
        let digit = b'0' + if self == Self::Luhn { right } else { (right + 1) % 10 };
        std::mem::replace(&mut text[last], digit) != digit
    }
}

/// The digit that makes the ones before it right.
fn check_digit(digits: impl DoubleEndedIterator<Item = u8>) -> u8 {
    let digits = digits.rev().filter(u8::is_ascii_digit).map(|digit| digit - b'0');
    let sum: u32 = digits.enumerate().map(|(place, digit)| weigh(place + 1, digit)).sum();
    ((10 - sum % 10) % 10) as u8
}

/// Every second digit counts twice, its digits by themselves.
fn weigh(place: usize, digit: u8) -> u32 {
    let weighed = u32::from(digit) * if place % 2 == 1 { 2 } else { 1 };
    weighed / 10 + weighed % 10
}

/// Whether the last digit is right.
#[cfg(test)]
pub(crate) fn is_luhn(text: impl DoubleEndedIterator<Item = u8>) -> bool {
    let digits = text.rev().filter(u8::is_ascii_digit).map(|digit| digit - b'0');
    digits.enumerate().map(|(place, digit)| weigh(place, digit)).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_digits_of_known_numbers() {
        assert_eq!(check_digit("7992739871".bytes()), 3);
        assert_eq!(check_digit("80840123456789".bytes()), 3);
        assert!(is_luhn("4539 1488 0343 6467".bytes()));
    }
}
