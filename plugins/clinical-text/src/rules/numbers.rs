//! Numbers of digits and marks: what they are by their groups, check digits and names.

use super::context::{Called, called};
use super::groups::Groups;
use super::{Found, View, phones};
use crate::checks;
use crate::label::Label;
use crate::lexicon::Class;
use crate::token::{self, Gap, Kind};

/// What begins at a number and is no date, age or code.
pub(super) fn number(view: View<'_>, place: usize) -> Option<Found> {
    if view.is_inside(place) {
        return None;
    }
    from(view, place, place)
}

/// `(617) 555-0123`
pub(super) fn bracketed(view: View<'_>, place: usize) -> Option<Found> {
    let digits = view.digits(place + 1).filter(|_| view.is_glued(place + 1))?;
    let close = view.is(place + 2, b')') && view.is_glued(place + 2);
    (close && digits <= 4).then(|| phones::phone(view, place, &Groups::of(view, place + 1)))?
}

fn from(view: View<'_>, start: usize, place: usize) -> Option<Found> {
    let groups = Groups::of(view, place);
    let found = |end: usize, label, confidence| Some(Found { start, end, label, confidence });
    if let Some(end) = ip(view, &groups) {
        return found(end, Label::IpAddress, 95);
    }
    if let Some(end) = coordinates(view, place) {
        return found(end, Label::Coordinates, 80);
    }
    let called = called(view, place);
    if let Some((count, label, confidence)) = ssn(&groups, called) {
        return found(groups.end(count), label, confidence);
    }
    if let Some(count) = card(&groups, called) {
        return found(groups.end(count), Label::PaymentCard, 95);
    }
    if let Some(found) = zip(view, &groups) {
        return Some(found);
    }
    let is_phone = view.is_before(place, 4, |class| matches!(class, Class::Phone | Class::Fax));
    let phone = || phones::phone(view, start, &groups);
    let named = || called.and_then(|called| named(view, &groups, called));
    if is_phone { phone().or_else(named) } else { named().or_else(phone) }.or_else(|| checked(&groups))
}

/// Four numbers up to 255 with dots between them, and no fifth.
fn ip(view: View<'_>, groups: &Groups) -> Option<usize> {
    let fits = groups.count >= 4 && groups.same_mark(4, b".") && !groups.goes_on(4);
    let bytes = || groups.places[..4].iter().all(|place| view.value(*place).is_some_and(|value| value < 256));
    let version = view.class(groups.places[0].wrapping_sub(1)) == Class::Measured;
    if !(fits && groups.lengths[..4].iter().all(|length| *length <= 3) && bytes()) || version {
        return None;
    }
    // `/24`, `:8080`
    let end = groups.end(4);
    let more = matches!(view.mark(end), Some(b'/' | b':')) && view.is_glued(end) && view.is_glued(end + 1);
    Some(if more && view.digits(end + 1).is_some_and(|length| length <= 5) { end + 2 } else { end })
}

/// `42.2977, -71.0044`: degrees with four places or more.
fn coordinates(view: View<'_>, place: usize) -> Option<usize> {
    let degrees = |place: usize, most: u32| {
        let behind = view.is(place + 1, b'.') && view.is_glued(place + 1) && view.is_glued(place + 2);
        let fits = view.value(place).is_some_and(|value| value <= most);
        (fits && behind && view.digits(place + 2)? >= 4).then_some(place + 3)
    };
    let mut next = degrees(place, 90)?;
    for mark in [b',', b'/', b'-'] {
        next += usize::from(view.is(next, mark));
    }
    (next > place + 3).then(|| degrees(next, 180))?
}

/// Three, two and four digits with one mark between them, perhaps over two lines; nine where a word says so.
fn ssn(groups: &Groups, called: Option<Called>) -> Option<(usize, Label, u8)> {
    let named = called.is_some_and(|called| called.label == Label::UsSsn);
    let other = called.is_some_and(|called| called.surely && called.label != Label::UsSsn);
    let count = match () {
        () if groups.begins(&[3, 2, 4]) => 3,
        () if groups.begins(&[5, 4]) && (groups.marks[1] == b'\n' || named) => 2,
        () if groups.begins(&[3, 6]) && (groups.marks[1] == b'\n' || named) => 2,
        () if groups.begins(&[9]) && named => 1,
        // The last four.
        () if groups.begins(&[4]) && named => return Some((1, Label::UsSsn, 75)),
        () => return None,
    };
    let marks = &groups.marks[1..count];
    let fits = marks.iter().all(|mark| b"- .\n".contains(mark)) && !groups.goes_on(count);
    let digits = groups.digits(count);
    let (valid, itin) = (checks::is_ssn(digits), checks::is_itin(digits));
    let plain = marks.contains(&b' ') || marks.contains(&b'.');
    let confidence = match (named, valid || itin, plain) {
        _ if !fits || other && plain => return None,
        (true, true, _) => 98,
        (true, false, _) => 90,
        (_, true, false) => 92,
        (_, false, false) => 75,
        (_, true, true) => 65,
        _ => return None,
    };
    Some((count, if itin && !named { Label::Itin } else { Label::UsSsn }, confidence))
}

/// Digits with the check digit of cards, in groups as cards have them.
fn card(groups: &Groups, called: Option<Called>) -> Option<usize> {
    let called = called.is_some_and(|called| called.label == Label::PaymentCard);
    let count = (1..=groups.count).rev().find(|count| {
        (12..=19).contains(&groups.total(*count)) && (*count == 1 || groups.same_mark(*count, b" -\n."))
    })?;
    let long = groups.lengths[..count].iter().all(|length| *length > 3) && !groups.goes_on(count);
    (long && checks::is_card(groups.digits(count)) || called && groups.total(count) >= 13).then_some(count)
}

/// What a word before it calls a number.
fn named(view: View<'_>, groups: &Groups, called: Called) -> Option<Found> {
    let place = groups.places[0];
    let joined = (1..groups.count).take_while(|group| b"-./".contains(&groups.marks[*group])).count() + 1;
    // Blanks are inside of numbers that are called so; but not where a number of another kind follows.
    let count = if groups.same_mark(groups.count, b" ") && called.surely { groups.count } else { joined };
    let total = groups.total(count);
    let least = if called.directly { 4 } else { 5 };
    let enough = called.surely && total >= least || called.directly && total >= 6;
    let end = groups.end(count);
    let measured = matches!(view.class(end), Class::Measure | Class::Span | Class::Old)
        || matches!(view.mark(end), Some(b'%')) && view.is_glued(end)
        || view.tokens[place].gap == Gap::Paragraph && place > 0;
    let zip = total == 5 && count == 1 && !called.directly;
    if !enough || measured || total > 30 || zip {
        return None;
    }
    let digits = groups.digits(count);
    let (label, sure) = match called.label {
        Label::Npi => (Label::Npi, checks::is_npi(digits)),
        Label::BankRouting => (Label::BankRouting, checks::is_bank_routing(digits)),
        Label::Dea | Label::Mbi | Label::Iban | Label::UsSsn | Label::PaymentCard => (Label::OtherId, false),
        label => (label, called.surely),
    };
    // A plate may begin with letters.
    let letters = label == Label::LicensePlate
        && place > 0
        && view.tokens[place - 1].length() <= 3
        && view.tokens[place - 1].shape == token::CAPITALS;
    let start = if letters { place - 1 } else { place };
    Some(Found { start, end, label, confidence: if sure { 92 } else { 70 } })
}

/// Five digits behind a state or `ZIP`; five and four.
fn zip(view: View<'_>, groups: &Groups) -> Option<Found> {
    let place = groups.places[0];
    let long = groups.begins(&[5, 4]) && groups.marks[1] == b'-' && !groups.goes_on(2);
    let named = view.is_before(place, 4, |class| class == Class::Zip);
    let before = place.checked_sub(1).and_then(|before| view.get(before));
    let state = before.is_some_and(|before| match before.length() {
        2 => is_code(view.word(before)) && (before.class == Class::State || place > 1 && view.is(place - 2, b',')),
        _ => before.class == Class::State,
    });
    if named {
        return foreign_zip(view, groups);
    }
    let fits = long || groups.begins(&[5]) && state;
    let end = if long { groups.end(2) } else { groups.end(1) };
    let confidence = if state || named { 92 } else { 65 };
    fits.then_some(Found { start: place, end, label: Label::Zip, confidence })
}

/// What is called a postal code: up to ten digits and letters, perhaps with one blank or dash inside.
fn foreign_zip(view: View<'_>, groups: &Groups) -> Option<Found> {
    let place = groups.places[0];
    let second = groups.count > 1 && matches!(groups.marks[1], b'-' | b' ') && groups.lengths[1] <= 4;
    let mut end = groups.end(if second { 2 } else { 1 });
    let letters = view.get(end).is_some_and(|token| {
        token.kind == Kind::Word && token.length() <= 2 && token.gap <= Gap::Blank && is_code(view.word(token))
    });
    end += usize::from(letters && !second);
    let total = groups.total(if second { 2 } else { 1 });
    (3..=9).contains(&total).then_some(Found { start: place, end, label: Label::Zip, confidence: 88 })
}

fn is_code(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_uppercase)
}

/// What nothing calls anything, told by its check digit or its length alone.
fn checked(groups: &Groups) -> Option<Found> {
    let digits = groups.digits(1);
    let alone = !groups.goes_on(1) || groups.marks[1] == b' ';
    let (label, confidence) = match digits.len() {
        _ if !alone => return None,
        10 if checks::is_npi(digits) => (Label::Npi, 55),
        9 if checks::is_ssn(digits) => (Label::UsSsn, 50),
        9..=20 => (Label::OtherId, 50),
        _ => return None,
    };
    Some(Found { start: groups.places[0], end: groups.end(1), label, confidence })
}
