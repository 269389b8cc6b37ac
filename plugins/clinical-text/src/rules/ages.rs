//! Ages: the number alone, so that what stands around it stays.

use super::{Found, View};
use crate::label::Label;
use crate::lexicon::Class;
use crate::token::Kind;

/// `79 year old`, `79-year-old`, `79 yo`, `79 y/o`, `age 79`, `aged 79`, `turned 79`.
pub(super) fn age(view: View<'_>, place: usize) -> Option<Found> {
    if view.is_inside(place) {
        return None;
    }
    let value =
        view.value(place).filter(|value| *value <= 125 && view.digits(place).is_some_and(|length| length <= 3))?;
    let old = is_old(view, place + 1);
    let said = is_said(view, place) && !measures(view, place + 1);
    let patient = is_patient(view, place) && value > 0;
    let confidence = match (old, said, patient) {
        (true, ..) => 95,
        (_, true, _) => 85,
        (.., true) => 60,
        _ => return None,
    };
    Some(Found { start: place, end: place + 1, label: Label::Age, confidence })
}

/// `seventy-nine-year-old`
pub(super) fn worded(view: View<'_>, place: usize) -> Option<Found> {
    if view.class(place) != Class::Count {
        return None;
    }
    let mut end = place + 1;
    while end < place + 6 {
        if view.is(end, b'-') && view.class(end + 1) == Class::Count {
            end += 2;
        } else if view.class(end) == Class::Count {
            end += 1;
        } else {
            break;
        }
    }
    let said = place > 0 && view.class(place - 1) == Class::Age;
    (is_old(view, end) || said).then_some(Found { start: place, end, label: Label::Age, confidence: 90 })
}

/// Whether behind a number stands that it is an age: `-year-old`, `years of age`, `yo`, `y.o.`, `yrs old`.
fn is_old(view: View<'_>, place: usize) -> bool {
    let dash = |place: usize| if view.is(place, b'-') { place + 1 } else { place };
    let unit = dash(place);
    if matches!(view.class(unit), Class::YearsOld) {
        return true;
    }
    if view.is_word(unit, b"y") || view.is_word(unit, b"yr") {
        let mark = matches!(view.mark(unit + 1), Some(b'/' | b'.' | b'-'));
        let second = if mark { unit + 2 } else { unit + 1 };
        if view.is_word(second, b"o") || view.is_word(second, b"old") {
            return true;
        }
    }
    if view.class(unit) != Class::Span {
        return false;
    }
    let behind = dash(unit + 1);
    let behind = if view.is(behind, b'.') { behind + 1 } else { behind };
    view.class(behind) == Class::Old
        || view.is_word(behind, b"of") && view.is_word(behind + 1, b"age")
        || view.is_word(behind, b"o") && view.is(behind - 1, b'/')
}

/// Whether a word of age stands before a number: `age 79`, `age: 79`, `aged 79`, `age of 79`, `turned 79`, `in her 80`.
fn is_said(view: View<'_>, place: usize) -> bool {
    for back in 1..=4.min(place) {
        let at = place - back;
        match view.class(at) {
            Class::Age => return !view.is_word(at, b"turning") || back == 1,
            _ if back == 1 && matches!(view.mark(at), Some(b':' | b'=' | b'"' | b',' | b'-')) => {}
            _ if matches!(view.mark(at), Some(b':' | b'=' | b'"')) => {}
            _ if [&b"of"[..], b"is", b"just", b"at", b"was"].iter().any(|word| view.is_word(at, word)) => {}
            _ => return false,
        }
    }
    false
}

/// What is counted in something is no age, but for years.
fn measures(view: View<'_>, place: usize) -> bool {
    view.get(place).is_some_and(|token| {
        token.class == Class::Measure
            && token.kind == Kind::Word
            && !view.is_word(place, b"m")
            && !view.is_word(place, b"f")
            || view.is(place, b'%')
    })
}

/// `when he was 32`, `John, 54, was`, `54F`, `54 M with`: a sex or a pause behind it.
fn is_patient(view: View<'_>, place: usize) -> bool {
    let sex = [&b"m"[..], b"f", b"male", b"female", b"man", b"woman", b"gentleman", b"lady"]
        .iter()
        .any(|word| view.is_word(place + 1, word));
    let written_out = view.get(place + 1).is_some_and(|token| token.length() > 1);
    let letter = sex
        && !(view.is_glued(place + 2) && view.mark(place + 2).is_none())
        && view.get(place + 1).is_some_and(|token| token.is_capital())
        && (place == 0 || view.class(place - 1) != Class::Measured && !view.is(place - 1, b':'));
    let ends = view.get(place + 1).is_none_or(|_| {
        view.mark(place + 1).is_some_and(|mark| b".,;)!?".contains(&mark))
            && !(view.is_glued(place + 1) && view.is_glued(place + 2))
    });
    let was = ends && is_of_somebody(view, place);
    let pauses = place > 1
        && view.is(place - 1, b',')
        && view.is(place + 1, b',')
        && view.tokens[place - 2].is_capital()
        && view.value(place).is_some_and(|value| value > 15);
    sex && written_out || letter || was || pauses
}

/// Behind `I am`, `I'm`, `she is`, `he's`, `who was`.
fn is_of_somebody(view: View<'_>, place: usize) -> bool {
    let is = |place: Option<usize>, words: &[&[u8]]| {
        place.is_some_and(|place| words.iter().any(|word| view.is_word(place, word)))
    };
    let somebody: [&[u8]; 5] = [b"he", b"she", b"i", b"they", b"who"];
    is(place.checked_sub(1), &[b"i'm"])
        || is(place.checked_sub(1), &[b"was", b"is", b"am"]) && is(place.checked_sub(2), &somebody)
        || is(place.checked_sub(1), &[b"s"]) && is(place.checked_sub(3), &somebody)
}
