//! Check digits and shapes of identifiers that are told without a word beside them.

/// Ten digits, the first 1 or 2, with the Luhn check digit of `80840` before them (45 CFR 162.406).
pub(crate) fn is_npi(digits: &[u8]) -> bool {
    let mut prefixed = *b"808400000000000";
    digits.len() == 10 && matches!(digits[0], b'1' | b'2') && {
        prefixed[5..].copy_from_slice(digits);
        is_luhn(&prefixed)
    }
}

/// Area not 000, 666 or from 900 on, group not 00, serial not 0000 (SSA, POMS RM 10201.035).
pub(crate) fn is_ssn(digits: &[u8]) -> bool {
    digits.len() == 9
        && digits[0] < b'9'
        && !matches!(&digits[..3], b"000" | b"666")
        && &digits[3..5] != b"00"
        && &digits[5..] != b"0000"
}

/// A number of the tax office: area from 900 on, groups 50 to 65, 70 to 88, 90 to 92, 94 to 99.
pub(crate) fn is_itin(digits: &[u8]) -> bool {
    let group = (digits[3] - b'0') * 10 + digits[4] - b'0';
    digits.len() == 9 && digits[0] == b'9' && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// Nine digits with weights 3, 7, 1; the first two name the district.
pub(crate) fn is_bank_routing(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().zip([3, 7, 1].into_iter().cycle()).map(|(digit, weight)| value(*digit) * weight).sum();
    digits.len() == 9 && matches!(digits[0], b'0'..=b'3' | b'6' | b'7' | b'8') && sum.is_multiple_of(10)
}

/// Twelve to nineteen digits, not all alike, with the check digit of payment cards.
pub(crate) fn is_card(digits: &[u8]) -> bool {
    (12..=19).contains(&digits.len())
        && digits.iter().any(|digit| *digit != digits[0])
        && digits[0] != b'0'
        && is_luhn(digits)
}

fn is_luhn(digits: &[u8]) -> bool {
    let doubled = |(place, digit): (usize, &u8)| match (place % 2, value(*digit)) {
        (0, digit) => digit,
        (_, digit) if digit < 5 => digit * 2,
        (_, digit) => digit * 2 - 9,
    };
    digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// Two letters and seven digits, the last a check digit: (d1+d3+d5) + 2 (d2+d4+d6) modulo 10. The second may be a 9.
pub(crate) fn is_dea(code: &[u8]) -> bool {
    let [first, second, digits @ ..] = code else { return false };
    let registrant = b"ABCDEFGHJKLMPRSTUX".contains(&first.to_ascii_uppercase());
    let shape = digits.len() == 7 && digits.iter().all(u8::is_ascii_digit);
    registrant && (second.is_ascii_alphabetic() || *second == b'9') && shape && {
        let digit = |place: usize| value(digits[place]);
        (digit(0) + digit(2) + digit(4) + 2 * (digit(1) + digit(3) + digit(5))) % 10 == digit(6)
    }
}

/// Eleven characters `C A AN N A AN N A A N N`, the first 1 to 9, no letter of S L O I B Z (CMS). Dashes are for people.
pub(crate) fn is_mbi(code: &[u8]) -> bool {
    let letter = |byte: u8| byte.is_ascii_uppercase() && !b"SLOIBZ".contains(&byte);
    let fits = |(byte, kind): (u8, &u8)| match kind {
        b'C' => (b'1'..=b'9').contains(&byte),
        b'D' => byte.is_ascii_digit(),
        b'A' => letter(byte),
        _ => byte.is_ascii_digit() || letter(byte),
    };
    let plain = || code.iter().filter(|byte| **byte != b'-').map(u8::to_ascii_uppercase);
    let dashed = code.len() == 13 && code[4] == b'-' && code[8] == b'-';
    (code.len() == 11 || dashed) && plain().count() == 11 && plain().zip(b"CANDANDAADD").all(fits)
}

/// Seventeen characters without I, O and Q, the ninth a check digit modulo 11 (49 CFR 565).
pub(crate) fn is_vin(code: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |byte: u8| match byte.to_ascii_uppercase() {
        digit @ b'0'..=b'9' => Some(value(digit)),
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

/// Country, check digits, account: modulo 97 it is 1 (ISO 13616). Blanks are for people.
pub(crate) fn is_iban(code: &[u8]) -> bool {
    let plain = || code.iter().filter(|byte| !matches!(byte, b' ' | b'-'));
    let starts = code.len() > 4 && code[..2].iter().all(u8::is_ascii_alphabetic) && code[2].is_ascii_digit();
    if !(15..=34).contains(&plain().count()) || !starts {
        return false;
    }
    let rest = plain().skip(4).chain(plain().take(4)).try_fold(0_u32, |rest, byte| match byte.to_ascii_uppercase() {
        digit @ b'0'..=b'9' => Some((rest * 10 + value(digit)) % 97),
        letter @ b'A'..=b'Z' => Some((rest * 100 + u32::from(letter - b'A') + 10) % 97),
        _ => None,
    });
    rest == Some(1)
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
pub(crate) fn is_uuid(code: &[u8]) -> bool {
    let fits = |(place, byte): (usize, &u8)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    code.len() == 36 && code.iter().enumerate().all(fits)
}

/// Six pairs of hexadecimal digits with colons or dashes between them, or three groups of four with dots.
pub(crate) fn is_mac(code: &[u8]) -> bool {
    let every = |step: usize, marks: &[u8]| {
        code.iter().enumerate().all(|(place, byte)| {
            if place % step == step - 1 {
                marks.contains(byte) && *byte == code[step - 1]
            } else {
                byte.is_ascii_hexdigit()
            }
        })
    };
    code.len() == 17 && every(3, b":-") || code.len() == 14 && every(5, b".")
}

/// An IPv6 address of three groups or more, as `core::net` reads it.
pub(crate) fn is_ipv6(code: &[u8]) -> bool {
    code.iter().filter(|byte| **byte == b':').count() > 2
        && str::from_utf8(code).is_ok_and(|code| code.parse::<core::net::Ipv6Addr>().is_ok())
}

/// `(01)` and fourteen digits, the last a check digit with weights 3 and 1 (GS1).
pub(crate) fn is_udi(code: &[u8]) -> bool {
    let Some(digits) = code.strip_prefix(b"(01)").and_then(|rest| rest.get(..14)) else { return false };
    let sum =
        || digits.iter().zip([3, 1].into_iter().cycle()).map(|(digit, weight)| value(*digit) * weight).sum::<u32>();
    digits.iter().all(u8::is_ascii_digit) && sum() % 10 == 0
}

/// A letter, a digit, a digit or A or B; then a dot and one to four characters: a diagnosis, and no number of anybody.
pub(crate) fn is_icd10(code: &[u8]) -> bool {
    let [letter, digit, third, rest @ ..] = code else { return false };
    let category = letter.is_ascii_uppercase() && digit.is_ascii_digit() && matches!(third, b'0'..=b'9' | b'A' | b'B');
    let rest = rest.strip_prefix(b".").unwrap_or(rest);
    (category || code.starts_with(b"QA0")) && rest.len() <= 4 && rest.iter().all(u8::is_ascii_alphanumeric)
}

fn value(digit: u8) -> u32 {
    u32::from(digit.wrapping_sub(b'0'))
}
