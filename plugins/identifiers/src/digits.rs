//! Numbers whose digits say what they are: ranges and check digits.

use crate::kind::{Kind, Kinds};

/// What a run of digits alone can be.
pub(crate) fn bare(value: &[u8]) -> Kinds {
    let whole = Kinds::when(value.len() <= 6 && (value.len() == 1 || value[0] != b'0'), Kind::WholeNumber);
    let kinds = match value.len() {
        4 => Kinds::when((b"1900"..=b"2100").contains(&value.as_array().expect("four digits")), Kind::Year),
        5 => Kinds::when(is_zip(value), Kind::Zip),
        8 => Kinds::when(crate::dates::is_compact(value), Kind::CompactDate),
        9 => Kinds::when(is_ssn(value), Kind::BareSsn)
            .and(Kinds::when(is_bank_routing(value), Kind::BankRouting))
            .and(Kinds::when(is_itin(value), Kind::Itin)),
        10 => Kinds::when(is_npi(value), Kind::Npi).and(Kinds::when(is_phone(value), Kind::BarePhone)),
        11 => Kinds::when(value[0] == b'1' && is_phone(&value[1..]), Kind::BarePhone),
        13..=19 => card_or_imei(value),
        _ => Kinds::NONE,
    };
    whole.and(kinds)
}

/// Sixteen digits in groups, or fifteen as telephones have them.
pub(crate) fn card_or_imei(digits: &[u8]) -> Kinds {
    if !is_luhn(digits) {
        return Kinds::NONE;
    }
    let number = |length: usize| number(&digits[..length]);
    let is_card = match digits.len() {
        16 => {
            matches!(number(2), 51..=55 | 40..=49 | 65)
                || matches!(number(4), 2221..=2720 | 6011)
                || matches!(number(3), 644..=649 | 352..=358)
        }
        15 => matches!(number(2), 34 | 37),
        14 => matches!(number(2), 36 | 38) || matches!(number(3), 300..=305),
        13 | 19 => matches!(number(1), 4) || matches!(number(2), 62 | 65),
        17 | 18 => matches!(number(2), 62),
        _ => false,
    };
    if is_card {
        return Kinds::of(Kind::PaymentCard);
    }
    // The first two digits name who assigns it: 3GPP TS 23.003.
    Kinds::when(
        digits.len() == 15 && matches!(number(2), 1 | 10 | 33 | 35 | 44 | 45 | 49 | 50..=54 | 86 | 91 | 98 | 99),
        Kind::Imei,
    )
}

/// Area not 000, 666 or from 900 on, group not 00, serial not 0000 (SSA, POMS RM 10201.035).
pub fn is_ssn(digits: &[u8]) -> bool {
    digits.len() == 9
        && digits[0] < b'9'
        && !matches!(&digits[..3], b"000" | b"666")
        && &digits[3..5] != b"00"
        && &digits[5..] != b"0000"
}

/// An SSN of the tax office: area from 900 on, groups 50 to 65, 70 to 88, 90 to 92, 94 to 99.
pub fn is_itin(digits: &[u8]) -> bool {
    digits.len() == 9 && digits[0] == b'9' && matches!(number(&digits[3..5]), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// Ten digits, the first 1 or 2, whose Luhn sum behind 80840 comes out (45 CFR 162.406, ISO 7812).
pub fn is_npi(digits: &[u8]) -> bool {
    digits.len() == 10 && matches!(digits[0], b'1' | b'2') && (luhn(digits) + 24).is_multiple_of(10)
}

/// The Luhn sum comes out, and it is not all zeros.
pub fn is_luhn(digits: &[u8]) -> bool {
    luhn(digits).is_multiple_of(10) && digits.iter().any(|digit| *digit != b'0')
}

/// Nine digits of a Federal Reserve district, weighted 3, 7, 1.
pub fn is_bank_routing(digits: &[u8]) -> bool {
    let weights = [3, 7, 1, 3, 7, 1, 3, 7, 1];
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    digits.len() == 9 && sum.is_multiple_of(10) && matches!(number(&digits[..2]), 1..=12 | 21..=32 | 61..=72 | 80)
}

/// A number of the North American plan: area code and exchange begin with 2 to 9, and are no N11.
pub fn is_phone(digits: &[u8]) -> bool {
    digits.len() == 10
        && digits[0] >= b'2'
        && digits[3] >= b'2'
        && &digits[1..3] != b"11"
        && digits.iter().any(|digit| *digit != digits[0])
}

/// Five digits that begin as ZIP codes do: of the thousand beginnings those are left out
/// in which the 2020 Census knows nobody, and no armed forces are.
pub fn is_zip(digits: &[u8]) -> bool {
    const FREE: [u16; 89] = [
        0, 1, 2, 3, 4, 8, 99, 192, 213, 269, 311, 332, 343, 345, 348, 353, 375, 399, 419, 428, 429, 459, 509, 517, 518,
        519, 529, 533, 536, 552, 555, 568, 569, 578, 579, 589, 621, 632, 642, 643, 649, 659, 663, 682, 694, 695, 696,
        697, 698, 699, 702, 709, 715, 732, 733, 742, 771, 817, 818, 819, 839, 842, 848, 849, 854, 858, 861, 862, 866,
        867, 868, 869, 872, 876, 885, 886, 887, 888, 889, 892, 896, 899, 901, 909, 929, 938, 942, 969, 987,
    ];
    digits.len() == 5 && FREE.binary_search(&(number(&digits[..3]) as u16)).is_err()
}

fn luhn(digits: &[u8]) -> u32 {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let from_the_end = digits.iter().rev().map(|digit| u32::from(digit - b'0')).enumerate();
    from_the_end.map(|(place, digit)| if place % 2 == 1 { doubled(digit) } else { digit }).sum()
}

pub(crate) fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}
