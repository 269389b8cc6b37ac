//! Addresses of the network, and telephone numbers.

use std::net::Ipv6Addr;

use crate::codes::all_digits;
use crate::digits::is_phone;

/// One `@`, something plain before it, and a name with a dot behind it (a part of RFC 5321: what people have).
pub fn is_email(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"mailto:").unwrap_or(value);
    let Some(at) = value.iter().position(|byte| *byte == b'@') else { return false };
    let (local, domain) = (&value[..at], &value[at + 1..]);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(byte) || !byte.is_ascii();
    (1..=64).contains(&local.len()) && local.iter().all(plain) && is_host(domain)
}

/// A scheme and `://`, or `www.` and a host.
pub fn is_url(value: &[u8]) -> bool {
    let Some(colon) = value.windows(3).take(12).position(|three| three == b"://") else {
        let www = value.len() > 4 && value[..4].eq_ignore_ascii_case(b"www.");
        return www && is_host(value.split(|byte| b"/?#:".contains(byte)).next().unwrap_or_default());
    };
    colon > 1 && value[..colon].iter().all(u8::is_ascii_alphabetic) && value.len() > colon + 4 && !value.contains(&b' ')
}

fn is_host(host: &[u8]) -> bool {
    let part = |part: &[u8]| {
        !part.is_empty()
            && part.len() < 64
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-' || !byte.is_ascii())
    };
    let last = host.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    host.contains(&b'.')
        && last.len() >= 2
        && !last.iter().any(u8::is_ascii_digit)
        && host.split(|byte| *byte == b'.').all(part)
}

/// Four numbers below 256, perhaps with the length of a prefix or a port behind them.
pub fn is_ipv4(value: &[u8]) -> bool {
    let address = value.split(|byte| matches!(byte, b'/' | b':')).next().unwrap_or_default();
    let mut parts = 0;
    for part in address.split(|byte| *byte == b'.') {
        parts += 1;
        if part.len() > 3
            || !all_digits(part)
            || crate::digits::number(part) > 255
            || (part.len() > 1 && part[0] == b'0')
        {
            return false;
        }
    }
    parts == 4 && value.len() <= address.len() + 6
}

/// RFC 4291, in the forms that the standard library reads.
pub fn is_ipv6(value: &[u8]) -> bool {
    let address = value.split(|byte| matches!(byte, b'/' | b'%')).next().unwrap_or_default();
    (3..=45).contains(&address.len())
        && address.contains(&b':')
        && std::str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

/// Six pairs of hexadecimal digits between `:` or `-`, or three groups of four between dots.
pub fn is_mac(value: &[u8]) -> bool {
    let grouped = |size: usize, separators: &[u8]| {
        let mark = value[size];
        let fits = |(place, byte): (usize, &u8)| {
            if place % (size + 1) == size { *byte == mark } else { byte.is_ascii_hexdigit() }
        };
        separators.contains(&mark) && value.iter().enumerate().all(fits)
    };
    match value.len() {
        17 => grouped(2, b":-"),
        14 => grouped(4, b"."),
        _ => false,
    }
}

/// A number of the North American plan as people write it: `(617) 555-0123`, `617.555.0123`, `+1 617 555 0123 x12`,
/// `555-0123`; or any number with its country behind `+` (E.164).
pub fn is_formatted_phone(value: &[u8]) -> bool {
    let end =
        value.iter().position(|byte| matches!(byte, b'x' | b'X' | b'e' | b'E' | b',' | b';')).unwrap_or(value.len());
    let (number, extension) = value.split_at(end);
    let (mut digits, mut count, mut marks) = ([0; 16], 0, 0);
    for (place, byte) in number.iter().enumerate() {
        match byte {
            b'0'..=b'9' if count < digits.len() => {
                digits[count] = *byte;
                count += 1;
            }
            b'+' if place == 0 => marks += 1,
            b'-' | b'.' | b' ' | b'(' | b')' | b'/' => marks += 1,
            _ => return false,
        }
    }
    let has_extension = extension.is_empty() || extension.iter().any(u8::is_ascii_digit) && extension.len() <= 12;
    if marks == 0 || !has_extension {
        return false;
    }
    let digits = &digits[..count];
    match (number[0], digits) {
        (b'+', [b'1', rest @ ..]) => is_phone(rest),
        (b'+', _) => (8..=15).contains(&count) && digits[0] != b'0',
        (_, [b'1', rest @ ..]) if count == 11 => is_phone(rest),
        (_, [_, _, _, _, _, _, _, _, _, _]) => is_phone(digits) && is_split(number),
        (_, [first, ..]) if count == 7 => *first >= b'2' && number.len() == 8 && matches!(number[3], b'-' | b'.'),
        _ => false,
    }
}

/// The last four digits stand by themselves, and so do the three before them: `12-34567890` is something else.
fn is_split(number: &[u8]) -> bool {
    let mut groups = number.rsplit(|byte| !byte.is_ascii_digit()).filter(|group| !group.is_empty());
    let last = groups.next().map_or(0, <[u8]>::len);
    match (last, groups.next().map_or(0, <[u8]>::len)) {
        (4, 3) => true,
        (7, 3) => number.contains(&b')'),
        _ => false,
    }
}
