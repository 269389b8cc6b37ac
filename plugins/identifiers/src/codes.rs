//! Codes of letters and digits.

use crate::digits::{is_luhn, number};

/// Two letters and seven digits, the last a check digit: (d1+d3+d5) + 2 (d2+d4+d6) modulo 10. The second may be a 9.
pub fn is_dea(code: &[u8]) -> bool {
    let [first, second, digits @ ..] = code else { return false };
    let registrant = b"ABCDEFGHJKLMPRSTUX".contains(&first.to_ascii_uppercase());
    let name = second.is_ascii_alphabetic() || *second == b'9';
    if digits.len() != 7 || !registrant || !name || !all_digits(digits) {
        return false;
    }
    let digit = |place: usize| u32::from(digits[place] - b'0');
    (digit(0) + digit(2) + digit(4) + 2 * (digit(1) + digit(3) + digit(5))) % 10 == digit(6)
}

/// Eleven characters `C A AN N A AN N A A N N`, the first 1 to 9, no letter of S L O I B Z (CMS). Dashes are for people.
pub fn is_mbi(code: &[u8]) -> bool {
    let (mut plain, mut length) = ([0; 11], 0);
    for (place, byte) in code.iter().enumerate() {
        match byte {
            b'-' if code.len() == 13 && (place == 4 || place == 8) => {}
            _ if length < 11 => {
                plain[length] = byte.to_ascii_uppercase();
                length += 1;
            }
            _ => return false,
        }
    }
    let letter = |byte: u8| byte.is_ascii_uppercase() && !b"SLOIBZ".contains(&byte);
    let fits = |(place, byte): (usize, &u8)| match b"CANDANDAADD"[place] {
        b'C' => (b'1'..=b'9').contains(byte),
        b'D' => byte.is_ascii_digit(),
        b'A' => letter(*byte),
        _ => byte.is_ascii_digit() || letter(*byte),
    };
    length == 11 && plain.iter().enumerate().all(fits)
}

/// Seventeen characters without I, O and Q, the ninth a check digit modulo 11 (49 CFR 565).
pub fn is_vin(code: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |byte: u8| match byte.to_ascii_uppercase() {
        digit @ b'0'..=b'9' => Some(u32::from(digit - b'0')),
        letter @ b'A'..=b'H' => Some(u32::from(letter - b'A') + 1),
        letter @ b'J'..=b'N' => Some(u32::from(letter - b'J') + 1),
        b'P' => Some(7),
        b'R' => Some(9),
        letter @ b'S'..=b'Z' => Some(u32::from(letter - b'S') + 2),
        _ => None,
    };
    if code.len() != 17 {
        return false;
    }
    let sum = code.iter().zip(WEIGHTS).try_fold(0, |sum, (byte, weight)| Some(sum + value(*byte)? * weight));
    let check = sum.map(|sum| match sum % 11 {
        10 => b'X',
        digit => b'0' + digit as u8,
    });
    check == Some(code[8].to_ascii_uppercase())
}

/// Country, check digits, account: modulo 97 it is 1 (ISO 13616). Blanks between groups of four are for people.
pub fn is_iban(code: &[u8]) -> bool {
    let plain = || code.iter().filter(|byte| **byte != b' ');
    let length = plain().count();
    let starts = code.len() > 4 && code[..2].iter().all(u8::is_ascii_uppercase) && all_digits(&code[2..4]);
    if !(15..=34).contains(&length) || !starts {
        return false;
    }
    let rotated = plain().skip(4).chain(plain().take(4));
    let rest = rotated.into_iter().try_fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => Some((rest * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    });
    rest == Some(1)
}

/// A category of a letter, a digit and a digit or A or B, or one of the block QA0; then a dot and one to four characters.
/// Without a dot there are no more than seven characters, all in upper case.
pub fn is_icd10(code: &[u8]) -> bool {
    if !(3..=8).contains(&code.len())
        || !code.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'.')
    {
        return false;
    }
    let (category, rest) = code.split_at(3);
    let usual = category[0].is_ascii_uppercase()
        && category[1].is_ascii_digit()
        && (category[2].is_ascii_digit() || matches!(category[2], b'A' | b'B'));
    let rest = match rest {
        [b'.', rest @ ..] if !rest.is_empty() => rest,
        [b'.', ..] => return false,
        rest => rest,
    };
    let extends = |byte: &u8| {
        byte.is_ascii_digit() || matches!(byte, b'A'..=b'H' | b'J' | b'K' | b'M' | b'N' | b'P'..=b'S' | b'X')
    };
    (usual || category == b"QA0") && rest.len() <= 4 && rest.iter().all(extends)
}

/// `2345-7`: up to five digits, and the Luhn check digit behind a dash.
pub fn is_loinc(code: &[u8]) -> bool {
    let [number @ .., b'-', check] = code else { return false };
    if !(2..=5).contains(&number.len()) || !all_digits(number) || !check.is_ascii_digit() {
        return false;
    }
    let mut digits = [b'0'; 6];
    digits[5 - number.len()..5].copy_from_slice(number);
    digits[5] = *check;
    is_luhn(&digits)
}

/// `0002-8215-01`: labeler, product and package, ten digits as 4-4-2, 5-3-2 or 5-4-1, or eleven as 5-4-2.
pub fn is_ndc(code: &[u8]) -> bool {
    let mut parts = code.split(|byte| *byte == b'-');
    let lengths = [parts.next(), parts.next(), parts.next()]
        .map(|part| part.filter(|part| all_digits(part)).map_or(0, <[u8]>::len));
    parts.next().is_none() && matches!(lengths, [4, 4, 2] | [5, 3, 2] | [5, 4, 1] | [5, 4, 2])
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, perhaps in braces or behind `urn:uuid:`.
pub fn is_uuid(code: &[u8]) -> bool {
    let code = code.strip_prefix(b"urn:uuid:").unwrap_or(code);
    let code = code.strip_prefix(b"{").and_then(|code| code.strip_suffix(b"}")).unwrap_or(code);
    let fits = |(place, byte): (usize, &u8)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    code.len() == 36 && code.iter().enumerate().all(fits)
}

/// As GS1 writes it, `(01)` and fourteen digits with their check digit, or as HIBCC does, `+` and a letter.
pub fn is_udi(code: &[u8]) -> bool {
    match code {
        [b'(', b'0', b'1', b')', rest @ ..] => rest.get(..14).is_some_and(is_gtin),
        [b'0', b'1', rest @ ..] if rest.len() > 16 => {
            rest.get(..14).is_some_and(is_gtin) && matches!(&rest[14..16], b"11" | b"17" | b"10" | b"21")
        }
        [b'+', letter, rest @ ..] => {
            let symbol = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-. $/+%".contains(byte);
            letter.is_ascii_uppercase()
                && rest.len() >= 7
                && rest.iter().all(symbol)
                && rest.iter().any(u8::is_ascii_digit)
        }
        _ => false,
    }
}

fn is_gtin(digits: &[u8]) -> bool {
    let weights = [3, 1].into_iter().cycle();
    all_digits(digits)
        && digits.iter().zip(weights).map(|(digit, weight)| number(&[*digit]) * weight).sum::<u32>() % 10 == 0
}

pub(crate) fn all_digits(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}
