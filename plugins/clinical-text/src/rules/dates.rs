//! Dates and times as people and programs write them.

use super::{Found, View};
use crate::label::Label;
use crate::lexicon::Class;
use crate::rules::groups::Groups;
use crate::token::{Gap, Kind};

/// A date that begins with a number.
pub(super) fn date(view: View<'_>, place: usize) -> Option<Found> {
    // A number inside of a code, or behind a decimal point.
    if view.is_glued(place) && place > 0 && !is_open(view, place - 1) {
        return None;
    }
    let (end, confidence) = of_numbers(view, place)
        .or_else(|| of_day_and_month(view, place))
        .or_else(|| compact(view, place))
        .or_else(|| clock(view, place))
        .or_else(|| year(view, place))?;
    Some(found(view, place, end, confidence))
}

/// A date that begins with the name of a month or day, or with `the` day.
pub(super) fn worded(view: View<'_>, place: usize) -> Option<Found> {
    let (end, confidence) = match view.class(place) {
        Class::Month => of_month(view, place)?,
        Class::Weekday => of_weekday(view, place)?,
        Class::Span | Class::When => return None,
        _ => return holiday(view, place),
    };
    Some(found(view, place, end, confidence))
}

fn found(view: View<'_>, start: usize, end: usize, confidence: u8) -> Found {
    let label = [
        (Class::Birth, Label::BirthDate),
        (Class::Death, Label::DeathDate),
        (Class::Admission, Label::AdmissionDate),
        (Class::Discharge, Label::DischargeDate),
    ];
    let mut label = label.into_iter().filter_map(|(class, label)| Some((behind(view, start, class)?, label)));
    let label = label.by_ref().min_by_key(|(distance, _)| *distance).map_or(Label::Date, |(_, label)| label);
    let confidence = if label == Label::Date { confidence } else { confidence.max(90) };
    Found { start, end, label, confidence }
}

/// How far before a date a word of a class stands, in the same sentence.
fn behind(view: View<'_>, start: usize, class: Class) -> Option<usize> {
    (1..=5.min(start))
        .take_while(|back| !view.is(start - back, b'.') && view.digits(start - back).is_none())
        .find(|back| view.class(start - back) == class)
}

/// Marks behind which a number begins anew.
fn is_open(view: View<'_>, place: usize) -> bool {
    view.mark(place).is_some_and(|mark| b"([{\"':=|,;<>~*#_\\@&?".contains(&mark))
}

/// `1/31/2026`, `31.01.26`, `2026-01-31T10:00:00Z`, `2026/1`, `03/1999`, `3/99`.
fn of_numbers(view: View<'_>, place: usize) -> Option<(usize, u8)> {
    let groups = Groups::of(view, place);
    let value = |group: usize| view.value(groups.places[group]).unwrap_or(u32::MAX);
    let lengths = groups.lengths;
    let three = groups.count >= 3 && groups.same_mark(3, b"/-.") && (groups.begins(&[4]) || !groups.goes_on(3));
    if three {
        let is_date = match (lengths[0], lengths[1], lengths[2]) {
            (4, 1 | 2, 1 | 2) => is_day(value(0), value(1), value(2)) && is_year(value(0)),
            (1 | 2, 1 | 2, 4) => is_year(value(2)) && is_either(value(0), value(1)),
            (1 | 2, 1 | 2, 2) => is_either(value(0), value(1)) && (groups.marks[1] != b'.' || lengths[..2] == [2, 2]),
            _ => false,
        };
        return is_date.then(|| (behind_time(view, groups.end(3)), 95));
    }
    let two = groups.count >= 2 && !groups.goes_on(2);
    if !two || view.class(groups.end(2)) == Class::Measure {
        return None;
    }
    let dated = || view.is_before(place, 3, is_dating);
    match (lengths[0], lengths[1], groups.marks[1]) {
        (1 | 2, 4, b'/' | b'-') if is_month(value(0)) && is_year(value(1)) => Some((groups.end(2), 85)),
        (4, 2, b'/' | b'-') if is_year(value(0)) && is_month(value(1)) => Some((groups.end(2), 80)),
        (1 | 2, 2, b'/') if is_month(value(0)) && value(1) > 31 && dated() => Some((groups.end(2), 75)),
        (1 | 2, 1 | 2, b'/') if is_either(value(0), value(1)) && dated() => {
            Some((behind_time(view, groups.end(2)), 70))
        }
        (4, 4, b'-') if value(0) >= 1850 && is_year(value(1)) && value(0) < value(1) => Some((groups.end(2), 60)),
        (4, 2, b'-') if is_year(value(0)) && value(0) % 100 < value(1) && dated() => Some((groups.end(2), 55)),
        _ => None,
    }
}

fn is_dating(class: Class) -> bool {
    matches!(class, Class::When | Class::Birth | Class::Death | Class::Admission | Class::Discharge)
}

/// `31 Jan 2026`, `31-JAN-26`, `3rd of March, 1999`, `31 January`.
fn of_day_and_month(view: View<'_>, place: usize) -> Option<(usize, u8)> {
    if view.digits(place)? > 2 || !(1..=31).contains(&view.value(place)?) {
        return None;
    }
    let mut next = behind_ordinal(view, place);
    let ordinal = next > place + 1;
    if view.is_word(next, b"of") {
        next += 1;
    }
    let marked = matches!(view.mark(next), Some(b'-' | b'/' | b'.')) && view.is_glued(next);
    if marked {
        next += 1;
    }
    if view.class(next) != Class::Month || is_verb(view, next) && !ordinal && !marked {
        return None;
    }
    let end = behind_month(view, next);
    Some(match year_behind(view, end) {
        Some(end) => (behind_time(view, end), 95),
        None => (end, 85),
    })
}

/// `January 31, 2026`, `March 3rd`, `May 1999`, `March of 99`.
fn of_month(view: View<'_>, place: usize) -> Option<(usize, u8)> {
    let mut next = behind_month(view, place);
    let marked = matches!(view.mark(next), Some(b'-' | b'/')) && view.is_glued(next) && view.is_glued(next + 1);
    if marked {
        next += 1;
    }
    if view.is_word(next, b"the") {
        next += 1;
    }
    let Some(length) = view.digits(next).filter(|_| view.tokens[next].gap <= Gap::Line) else {
        if view.is_word(next, b"of") && view.digits(next + 1).is_some() {
            return Some((year_behind(view, next + 1)?, 85));
        }
        return alone(view, place, next);
    };
    if length <= 2 && (1..=31).contains(&view.value(next)?) && !is_measured(view, next + 1) {
        let mut end = behind_ordinal(view, next);
        // `March 3-5, 2026`
        if view.is(end, b'-') && view.digits(end + 1).is_some_and(|digits| digits <= 2) && view.is_glued(end + 1) {
            end = behind_ordinal(view, end + 1);
        }
        return Some(match year_behind(view, end) {
            Some(end) => (behind_time(view, end), 95),
            None => (behind_time(view, end), if is_verb(view, place) { 60 } else { 85 }),
        });
    }
    year_behind(view, next).map(|end| (end, 90))
}

/// A month by itself is an element of a date where a word of time stands before it.
fn alone(view: View<'_>, place: usize, end: usize) -> Option<(usize, u8)> {
    let long = view.tokens[place].length() > 3 && view.tokens[place].is_capital();
    let said = place > 0
        && (is_dating(view.class(place - 1)) || view.is_word(place - 1, b"in") || view.is_word(place - 1, b"of"));
    (long && said).then_some((end, if is_verb(view, place) { 55 } else { 70 }))
}

/// `may`, `march` and `mar` are no months in small letters; nor are they with a capital where a sentence begins.
fn is_verb(view: View<'_>, place: usize) -> bool {
    let verb = [&b"may"[..], b"march", b"mar", b"sat", b"sun"].iter().any(|word| view.is_word(place, word));
    verb && (!view.tokens[place].is_capital() || place == 0 || view.is(place - 1, b'.'))
}

fn is_measured(view: View<'_>, place: usize) -> bool {
    view.class(place) == Class::Measure || view.is(place, b'%')
}

/// `Saturday`, `Sat, 31 Jan 2026`, `Monday morning`.
fn of_weekday(view: View<'_>, place: usize) -> Option<(usize, u8)> {
    let comma = if view.is(place + 1, b',') || view.is(place + 1, b'.') { place + 2 } else { place + 1 };
    let date = match view.get(comma).map(|token| token.kind) {
        Some(Kind::Number) => of_numbers(view, comma).or_else(|| of_day_and_month(view, comma)),
        Some(Kind::Word) if view.class(comma) == Class::Month => of_month(view, comma),
        _ => None,
    };
    if let Some((end, _)) = date {
        return Some((end, 95));
    }
    let token = view.tokens[place];
    (token.length() > 5
        && !is_verb(view, place)
        && (token.is_capital() || token.known.frequent() || token.length() > 5))
        .then_some((place + 1, 70))
}

/// Holidays are days.
fn holiday(view: View<'_>, place: usize) -> Option<Found> {
    const DAYS: [&[u8]; 5] = [b"christmas", b"thanksgiving", b"easter", b"halloween", b"ramadan"];
    let token = view.tokens.get(place).filter(|token| token.is_capital() && (6..=12).contains(&token.length()))?;
    let found = DAYS.iter().any(|day| view.word(token).eq_ignore_ascii_case(day));
    let end = if view.is_word(place + 1, b"day") || view.is_word(place + 1, b"eve") { place + 2 } else { place + 1 };
    found.then_some(Found { start: place, end, label: Label::Date, confidence: 55 })
}

/// `20260131`, where a word calls it a date or it is glued to a time.
fn compact(view: View<'_>, place: usize) -> Option<(usize, u8)> {
    if !matches!(view.digits(place)?, 8 | 12 | 14) || view.is_glued(place + 1) && !is_end(view, place + 1) {
        return None;
    }
    let digits = view.bytes(place, place + 1);
    let number = |range: core::ops::Range<usize>| {
        digits[range].iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
    };
    let is_date = is_year(number(0..4)) && is_day(number(0..4), number(4..6), number(6..8));
    let is_american = is_year(number(4..8)) && is_day(number(4..8), number(0..2), number(2..4));
    let dated = view.is_before(place, 3, is_dating);
    (is_date || is_american && dated).then(|| (behind_time(view, place + 1), if dated { 90 } else { 60 }))
}

fn is_end(view: View<'_>, place: usize) -> bool {
    view.mark(place).is_some_and(|mark| b".,;:)]}\"'|?!<".contains(&mark)) || view.is_word(place, b"t")
}

/// `10:30 am`, `22:15:07`, `7 pm`: a time by itself.
fn clock(view: View<'_>, place: usize) -> Option<(usize, u8)> {
    let end = time(view, place)?;
    (end > place + 1).then_some((end, 45))
}

/// The end of a time that begins at a place.
fn time(view: View<'_>, place: usize) -> Option<usize> {
    if view.digits(place)? > 2 || view.value(place)? > 24 {
        return None;
    }
    let mut end = place + 1;
    let minutes =
        |at: usize| view.is(at, b':') && view.is_glued(at) && view.is_glued(at + 1) && view.digits(at + 1) == Some(2);
    let whole = minutes(end) && view.value(end + 1)? < 60;
    if whole {
        end += 2;
        if minutes(end) {
            end += 2;
            let fraction = view.is(end, b'.') && view.is_glued(end) && view.is_glued(end + 1);
            if fraction && view.digits(end + 1).is_some() {
                end += 2;
            }
        }
    }
    match half_of_day(view, end) {
        Some(behind) => Some(behind),
        None if whole => Some(zone(view, end)),
        None => None,
    }
}

/// `am`, `p.m.`
fn half_of_day(view: View<'_>, place: usize) -> Option<usize> {
    if view.get(place)?.gap > Gap::Blank {
        return None;
    }
    if view.is_word(place, b"am") || view.is_word(place, b"pm") {
        return Some(place + 1);
    }
    let half = view.is_word(place, b"a") || view.is_word(place, b"p");
    let dotted = view.is(place + 1, b'.') && view.is_word(place + 2, b"m") && view.is_glued(place + 2);
    (half && dotted).then_some(if view.is(place + 3, b'.') { place + 4 } else { place + 3 })
}

/// `Z`, `+01:00`.
fn zone(view: View<'_>, place: usize) -> usize {
    if !view.is_glued(place) {
        return place;
    }
    match view.mark(place) {
        None if view.is_word(place, b"z") => place + 1,
        Some(b'+' | b'-') if view.is(place + 2, b':') && view.digits(place + 1) == Some(2) => {
            if view.digits(place + 3) == Some(2) { place + 4 } else { place }
        }
        Some(b'+') if view.digits(place + 1) == Some(4) && view.is_glued(place + 1) => place + 2,
        _ => place,
    }
}

/// The end of a date, a time behind it included: `T10:00:00Z`, ` 07:04:41`, ` at 10:30 am`.
fn behind_time(view: View<'_>, end: usize) -> usize {
    let glued = view.is_word(end, b"t") && view.is_glued(end) && view.is_glued(end + 1);
    let start = match view.get(end) {
        _ if glued || view.is_word(end, b"at") => end + 1,
        Some(token) if token.kind == Kind::Number && token.gap == Gap::Blank => end,
        _ if view.is(end, b',') && view.digits(end + 1).is_some() => end + 1,
        _ => return end,
    };
    time(view, start).unwrap_or(end)
}

/// `1977`, where a word says that it is a year.
fn year(view: View<'_>, place: usize) -> Option<(usize, u8)> {
    let value = view.value(place).filter(|_| view.digits(place) == Some(4))?;
    if !(1850..=2099).contains(&value) || is_measured(view, place + 1) {
        return None;
    }
    // `1990s`
    let decade = view.is_word(place + 1, b"s") && view.is_glued(place + 1);
    if view.is_glued(place + 1) && !decade && !is_end(view, place + 1) {
        return None;
    }
    let before = view.class(place.wrapping_sub(1));
    let said = place > 0
        && (is_dating(before)
            || matches!(before, Class::Towards | Class::Month) && !view.is_word(place - 1, b"to")
            || [
                &b"during"[..],
                b"of",
                b"circa",
                b"year",
                b"early",
                b"late",
                b"mid",
                b"spring",
                b"summer",
                b"fall",
                b"winter",
            ]
            .iter()
            .any(|word| view.is_word(place - 1, word)));
    let bracketed = place > 0 && view.is(place - 1, b'(') && matches!(view.mark(place + 1), Some(b')' | b'-' | b','));
    let end = if decade { place + 2 } else { place + 1 };
    (said || bracketed || decade).then_some((end, if said { 75 } else { 60 }))
}

/// The end of a year behind a date, perhaps with a comma, `of` or `'` before it.
fn year_behind(view: View<'_>, place: usize) -> Option<usize> {
    let mut place = place;
    while matches!(view.mark(place), Some(b',' | b'-' | b'/' | b'\'' | b'.')) || view.is_word(place, b"of") {
        place += 1;
        if view.digits(place).is_some() {
            break;
        }
    }
    let gap = view.get(place)?.gap;
    let value = view.value(place)?;
    let short = view.digits(place) == Some(2) && matches!(view.mark(place - 1), Some(b'-' | b'\'' | b',' | b'/'));
    (gap <= Gap::Line && (view.digits(place) == Some(4) && is_year(value) || short)).then_some(place + 1)
}

/// Behind a month, and the full stop of a short one.
fn behind_month(view: View<'_>, place: usize) -> usize {
    let short = view.tokens[place].length() <= 4;
    if short && view.is(place + 1, b'.') && view.is_glued(place + 1) { place + 2 } else { place + 1 }
}

/// Behind `3` or `3rd`.
fn behind_ordinal(view: View<'_>, place: usize) -> usize {
    let ordinal = [&b"st"[..], b"nd", b"rd", b"th"].iter().any(|end| view.is_word(place + 1, end));
    if ordinal && view.is_glued(place + 1) { place + 2 } else { place + 1 }
}

fn is_either(first: u32, second: u32) -> bool {
    is_day(2000, first, second) || is_day(2000, second, first)
}

fn is_day(_: u32, month: u32, day: u32) -> bool {
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 29,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn is_month(value: u32) -> bool {
    (1..=12).contains(&value)
}

fn is_year(value: u32) -> bool {
    (1600..=2150).contains(&value)
}
