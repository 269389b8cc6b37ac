//! Telephone and fax numbers.

use super::groups::Groups;
use super::{Found, View};
use crate::label::Label;
use crate::lexicon::Class;
use crate::token::Gap;

/// `+44 20 7946 0958`, `+1 (617) 555-0123`.
pub(super) fn international(view: View<'_>, plus: usize) -> Option<Found> {
    let open = view.is(plus + 1, b'(');
    let first = if open { plus + 2 } else { plus + 1 };
    if !view.is_glued(first) || view.digits(first)? > 15 {
        return None;
    }
    let groups = Groups::of(view, first);
    let count = (1..=groups.count)
        .rev()
        .find(|count| (7..=15).contains(&groups.total(*count)) && !groups.marks[1..*count].contains(&b':'))?;
    Some(found(view, plus, extension(view, groups.end(count)), 95))
}

/// A number that begins at a group of digits, or at the bracket before it.
pub(super) fn phone(view: View<'_>, start: usize, groups: &Groups) -> Option<Found> {
    let called = view.is_before(start, 7, |class| matches!(class, Class::Phone | Class::Fax));
    let (count, confidence) =
        american(view, groups, called).or_else(|| short(groups, called)).or_else(|| foreign(view, groups, called))?;
    let end = extension(view, groups.end(count));
    if view.class(end) == Class::Measure && view.tokens[end].length() < 3 || view.is(end, b'%') {
        return None;
    }
    Some(found(view, start, end, confidence))
}

/// A fax number if a word calls it so, and nothing calls it a telephone since.
pub(super) fn found(view: View<'_>, start: usize, end: usize, confidence: u8) -> Found {
    let fax = (1..=6.min(start))
        .map(|back| view.tokens[start - back])
        .find(|token| matches!(token.class, Class::Phone | Class::Fax))
        .is_some_and(|token| token.class == Class::Fax);
    Found { start, end, label: if fax { Label::Fax } else { Label::Phone }, confidence }
}

/// `617-555-0123`, `(617) 555-0123`, `1.617.555.0123`, `6175550123`.
fn american(view: View<'_>, groups: &Groups, called: bool) -> Option<(usize, u8)> {
    let prefixed = usize::from(groups.begins(&[1]) && groups.count > 3);
    let count = prefixed + 3;
    let first = |group: usize| view.text[view.tokens[groups.places[group]].start as usize];
    if groups.lengths[prefixed..groups.count].starts_with(&[3, 3, 4]) {
        let marks = &groups.marks[prefixed + 1..count];
        let joined = marks[0] == b')' || marks[0] == marks[1] || marks.contains(&b'-');
        let usual = first(prefixed) > b'1';
        let fits = joined && !groups.goes_on(count) && marks.iter().all(|mark| b"-. )\n/".contains(mark));
        return fits.then_some((
            count,
            if usual {
                92
            } else if called {
                85
            } else {
                60
            },
        ));
    }
    let bare = groups.begins(&[10]) || groups.begins(&[11]) && first(0) == b'1';
    let number = groups.digits(1);
    let area = number.len().checked_sub(10)?;
    let usual = number[area] > b'1' && number[area + 3] > b'1';
    // `617 5550123`
    let halves = groups.begins(&[3, 7]) && groups.marks[1] != b'.' && usual;
    match () {
        () if bare && (called || usual) => Some((1, if called { 90 } else { 50 })),
        () if halves && called => Some((2, 80)),
        () => None,
    }
}

/// `555-0123`
fn short(groups: &Groups, called: bool) -> Option<(usize, u8)> {
    let fits = groups.begins(&[3, 4]) && !groups.goes_on(2);
    match groups.marks[1] {
        b'-' if fits => Some((2, if called { 90 } else { 60 })),
        b' ' | b'.' if fits && called => Some((2, 85)),
        _ => None,
    }
}

/// `0494 92 82 32`, `(08) 8747 6301`, `60-56-85-91`: as other countries group digits.
fn foreign(view: View<'_>, groups: &Groups, called: bool) -> Option<(usize, u8)> {
    let alike = |mark: &u8| b" -.)/".contains(mark);
    let longest = (1..groups.count).take_while(|group| alike(&groups.marks[*group])).count() + 1;
    let fits = |count: &usize| {
        (7..=13).contains(&groups.total(*count)) && groups.lengths[..*count].iter().all(|length| *length < 10)
    };
    let count = (1..=longest).rev().find(fits)?;
    let zero = view.text[view.tokens[groups.places[0]].start as usize] == b'0';
    let bracket = groups.marks[1] == b')';
    let dashed = groups.same_mark(count, b"-");
    let even = groups.lengths[..count].iter().all(|length| (2..=4).contains(length));
    if called {
        return Some((count, 80));
    }
    let apart = count >= 3 && even && groups.total(count) >= 8 && !groups.goes_on(count);
    match () {
        () if bracket && groups.total(count) >= 8 => Some((count, 70)),
        () if zero && (apart || count == 2 && groups.total(count) >= 9) => Some((count, 65)),
        () if apart && dashed => Some((count, 60)),
        () if apart
            && groups.same_mark(count, b" .")
            && groups.total(count) >= 9
            && !view.is_before(groups.places[0], 4, is_measured) =>
        {
            Some((count, 50))
        }
        () => None,
    }
}

fn is_measured(class: Class) -> bool {
    matches!(class, Class::Measured | Class::Measure)
}

/// Behind `x12`, `ext. 12`.
fn extension(view: View<'_>, end: usize) -> usize {
    let called = [&b"x"[..], b"ext", b"extension"].iter().any(|word| view.is_word(end, word));
    let number = if view.is(end + 1, b'.') { end + 2 } else { end + 1 };
    let fits = called && view.digits(number).is_some_and(|length| length <= 6);
    if fits && view.tokens[number].gap <= Gap::Blank { number + 1 } else { end }
}
