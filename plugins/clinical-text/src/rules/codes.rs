//! Codes of letters and digits: by their check digits and shapes, or by what a word calls them.

use super::context::called;
use super::{Found, View};
use crate::checks;
use crate::label::Label;
use crate::lexicon::Class;
use crate::token::{Gap, Kind};

/// At most so many tokens are one code.
const LONGEST: usize = 24;

/// A code that begins at a token with nothing of a code before it.
pub(super) fn whole(view: View<'_>, place: usize) -> Option<Found> {
    if place > 0 && view.is_glued(place) && is_inside(view, place - 1) {
        return None;
    }
    let end = end(view, place);
    if end == place + 1 && view.tokens[place].kind != Kind::Word || !has_digits(view, place, end) {
        return iban(view, place).or_else(|| hexadecimal(view, place));
    }
    shaped(view, place, end)
        .or_else(|| iban(view, place))
        .or_else(|| hexadecimal(view, place))
        .or_else(|| named(view, place, end))
}

/// `(01)00812345678906`
pub(super) fn udi(view: View<'_>, place: usize) -> Option<Found> {
    let start = view.tokens[place].start as usize;
    let code = view.text.get(start..start + 18).filter(|code| checks::is_udi(code))?;
    let stop = start + code.len();
    let mut end = place;
    // What follows in brackets is of the device too: its lot, its serial number.
    while view.get(end).is_some_and(|token| (token.start as usize) < stop || token.is_glued() && end < place + LONGEST)
    {
        end += 1;
    }
    Some(Found { start: place, end, label: Label::Udi, confidence: 98 })
}

/// `XXX-XX-1234`, `***-**-1234`
pub(super) fn masked(view: View<'_>, place: usize) -> Option<Found> {
    let mut at = place;
    let mut hidden = 0;
    while hidden < 5 && at < place + 8 {
        let token = view.get(at)?;
        hidden += match view.mark(at) {
            Some(b'*') => 1,
            Some(b'-') => 0,
            None if view.word(token).iter().all(|byte| matches!(byte, b'x' | b'X')) => token.length(),
            _ => return None,
        };
        at += 1;
    }
    at += usize::from(view.is(at, b'-'));
    let fits = hidden == 5 && view.digits(at) == Some(4) && view.is_glued(at);
    fits.then_some(Found { start: place, end: at + 1, label: Label::UsSsn, confidence: 85 })
}

fn is_inside(view: View<'_>, before: usize) -> bool {
    match view.tokens[before].kind {
        Kind::Mark => {
            matches!(view.mark(before), Some(b'-' | b'.' | b'/'))
                && before > 0
                && view.is_glued(before)
                && view.tokens[before - 1].kind != Kind::Mark
        }
        _ => true,
    }
}

/// Behind the words and numbers that are joined, by dashes, dots or slashes too.
fn end(view: View<'_>, place: usize) -> usize {
    let mut end = place + 1;
    while end < place + LONGEST && view.is_glued(end) {
        let joins = matches!(view.mark(end), Some(b'-' | b'.' | b'/' | b'_'));
        let goes_on = view.is_glued(end + 1) && view.get(end + 1).is_some_and(|token| token.kind != Kind::Mark);
        match view.tokens[end].kind {
            Kind::Mark if !(joins && goes_on) => break,
            _ => end += 1,
        }
    }
    end
}

fn has_digits(view: View<'_>, place: usize, end: usize) -> bool {
    (place..end).any(|place| view.tokens[place].kind == Kind::Number)
}

/// By check digits and shapes that nothing else has.
fn shaped(view: View<'_>, start: usize, end: usize) -> Option<Found> {
    let code = view.bytes(start, end);
    let (label, confidence) = match code.len() {
        9 if checks::is_dea(code) => (Label::Dea, 90),
        11 | 13 if checks::is_mbi(code) => (Label::Mbi, 92),
        17 if checks::is_vin(code) => (Label::Vin, 92),
        14 | 17 if checks::is_mac(code) => (Label::MacAddress, 95),
        36 if checks::is_uuid(code) => (Label::OtherId, 90),
        _ => return None,
    };
    Some(Found { start, end, label, confidence })
}

/// In groups of four or as one word.
fn iban(view: View<'_>, start: usize) -> Option<Found> {
    let token = view.tokens[start];
    if token.kind != Kind::Word || token.length() != 2 || !view.is_glued(start + 1) || view.digits(start + 1)? < 2 {
        return None;
    }
    let fits = |end: &usize| {
        *end <= view.tokens.len() && view.bytes(start, *end).len() <= 44 && checks::is_iban(view.bytes(start, *end))
    };
    let end = (start + 2..start + LONGEST).rev().find(fits)?;
    Some(Found { start, end, label: Label::Iban, confidence: 97 })
}

/// `00:1b:44:11:3a:b7`, `2001:db8::1`
fn hexadecimal(view: View<'_>, start: usize) -> Option<Found> {
    let is_of = |place: usize| match view.mark(place) {
        Some(mark) => mark == b':',
        None => view
            .get(place)
            .is_some_and(|token| token.length() <= 4 && view.word(token).iter().all(u8::is_ascii_hexdigit)),
    };
    let mut end = start;
    while end < start + 2 * LONGEST && is_of(end) && (end == start || view.is_glued(end)) {
        end += 1;
    }
    if end < start + 3 || view.is_glued(end) && view.mark(end).is_none() {
        return None;
    }
    let code = view.bytes(start, end);
    let label = match () {
        () if checks::is_mac(code) => Label::MacAddress,
        () if checks::is_ipv6(code) => Label::IpAddress,
        () => return None,
    };
    Some(Found { start, end, label, confidence: 95 })
}

/// What a word before it calls a code of letters and digits.
fn named(view: View<'_>, start: usize, end: usize) -> Option<Found> {
    let code = view.bytes(start, end);
    let digits = code.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = code.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let called = called(view, start)?;
    let plain = view.tokens[start].kind == Kind::Number && letters <= 2 && view.class(end - 1) == Class::Measure;
    let enough = digits >= 3 || digits >= 2 && letters >= 2 && called.surely;
    let sure = called.surely || called.directly && digits >= 5;
    if !enough || letters == 0 || plain || !sure || checks::is_icd10(code) && called.label == Label::OtherId {
        return None;
    }
    // A plate has a blank inside, and so has the number of a passport.
    let more = view.get(end).is_some_and(|token| token.kind == Kind::Number && token.gap == Gap::Blank);
    let end = if more && called.label == Label::LicensePlate { end + 1 } else { end };
    let label = match called.label {
        Label::UsSsn | Label::PaymentCard | Label::Npi | Label::BankRouting => Label::OtherId,
        label => label,
    };
    (code.len() <= 40).then_some(Found { start, end, label, confidence: if called.surely { 92 } else { 75 } })
}
