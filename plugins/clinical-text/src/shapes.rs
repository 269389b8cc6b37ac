//! Pieces that are told by how they are written.

use crate::{Label, Piece};

/// The longest address that is looked at, in bytes (RFC 5321, 4.5.3.1).
const LONGEST_NAME: usize = 64;
const LONGEST_HOST: usize = 255;

/// The piece that begins at a place, if one does.
pub(crate) fn at(text: &[u8], place: usize) -> Option<Piece> {
    let before = place.checked_sub(1).map(|before| text[before]);
    let piece = |length: usize, label, confidence| Piece { start: place, end: place + length, label, confidence };
    let rest = &text[place..];
    match rest[0] {
        _ if before.is_some_and(is_of_name) => None,
        b'0'..=b'9' | b'(' if let Some(length) = ssn(rest) => Some(piece(length, Label::UsSsn, 90)),
        b'0'..=b'9' | b'(' if let Some(length) = phone(rest) => Some(piece(length, Label::Phone, 85)),
        first if is_of_name(first) => email(rest).map(|length| piece(length, Label::Email, 98)),
        _ => None,
    }
}

/// `123-45-6789`, in the ranges that are issued (SSA, POMS RM 10201.035).
fn ssn(text: &[u8]) -> Option<usize> {
    let digits = written(text, b"999-99-9999")?;
    let issued = !matches!(&digits[..3], b"000" | b"666") && digits[0] < b'9';
    (issued && &digits[4..6] != b"00" && &digits[7..] != b"0000").then_some(digits.len())
}

/// A number of the North American plan.
fn phone(text: &[u8]) -> Option<usize> {
    let forms: [&[u8]; 4] = [b"(999) 999-9999", b"(999)999-9999", b"999-999-9999", b"999.999.9999"];
    let number = forms.into_iter().find_map(|form| written(text, form))?;
    let first = |place: usize| number.iter().filter(|byte| byte.is_ascii_digit()).nth(place);
    (first(0) >= Some(&b'2') && first(3) >= Some(&b'2')).then_some(number.len())
}

/// What is written in a form, where 9 is any digit, if no digit follows.
fn written<'a>(text: &'a [u8], form: &[u8]) -> Option<&'a [u8]> {
    let value = text.get(..form.len())?;
    let fits = |(byte, form): (&u8, &u8)| if *form == b'9' { byte.is_ascii_digit() } else { byte == form };
    let ends = !text.get(form.len()).is_some_and(u8::is_ascii_digit);
    (ends && value.iter().zip(form).all(fits)).then_some(value)
}

/// A name, `@`, and a host with a dot in it.
fn email(text: &[u8]) -> Option<usize> {
    let name = text.iter().take(LONGEST_NAME + 1).position(|byte| !is_of_name(*byte))?;
    let host = text.get(name + 1..).filter(|_| text[name] == b'@')?;
    let is_of_host = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let length = host.iter().take(LONGEST_HOST).take_while(|byte| is_of_host(byte)).count();
    let host = host[..length].strip_suffix(b".").unwrap_or(&host[..length]);
    let top = host.rsplit(|byte| *byte == b'.').next()?;
    let is_host = host.len() > top.len() + 1 && top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic);
    is_host.then_some(name + 1 + host.len())
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".+_-%".contains(&byte) || !byte.is_ascii()
}
