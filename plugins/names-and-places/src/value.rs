//! What one value looks like, by its words.

use crate::filter::Name;
use crate::sets::{COMMON, FAMILY, GIVEN, PLACES, has};
use crate::{Kinds, terms};

/// Longer values are no names.
const LONGEST: usize = 96;

/// At most so many words are looked at.
const WORDS: usize = 12;

/// What stands between words.
const SEPARATORS: &[u8] = b" ,()/;";

#[inline]
fn is_of_word(byte: &u8) -> bool {
    byte.is_ascii_alphabetic() || *byte >= 128 || matches!(byte, b'-' | b'\'' | b'.')
}

/// What a value, without blanks at its ends, can be.
pub(crate) fn look(value: &[u8]) -> Kinds {
    if value.len() > LONGEST || value.len() < 2 {
        return Kinds::default();
    }
    // Most values of most columns end here: they are one word, or a number or code.
    let Some(stop) = value.iter().position(|byte| !is_of_word(byte)) else { return single(value) };
    let is_apart = SEPARATORS.contains(&value[stop]);
    if !is_apart && (!value.contains(&b' ') || !value.iter().any(u8::is_ascii_alphabetic)) {
        return Kinds::default();
    }
    let words = Words::of(value);
    let [first, .., last] = words.all() else {
        return words.all().first().map_or_else(Kinds::default, |word| single(word));
    };
    let numbered = first.first().is_some_and(u8::is_ascii_digit)
        && first.iter().take(5).filter(|byte| byte.is_ascii_digit()).count() > 0;
    if numbered || is_box(first, &words) {
        return street(&words, value);
    }
    let (state, county) = (last.len() == 2 && last.iter().all(u8::is_ascii_uppercase), is_county(last));
    let town = if state { value[..value.len() - 2].trim_ascii_end() } else { value };
    let is_place = (!state || town.ends_with(b",")) && has(PLACES, Name::of(town));
    Kinds {
        person: is_person(&words, value),
        family: words.count <= 3 && !value.contains(&b',') && has(FAMILY, Name::of(value)),
        city: is_place,
        county,
        clinical: words.all().iter().any(|word| is_clinical(word)),
        ..Kinds::default()
    }
}

fn single(word: &[u8]) -> Kinds {
    if !word.iter().all(is_of_word) {
        return Kinds::default();
    }
    let whole = Name::of(word);
    let mut halves = word.split(|byte| *byte == b'-');
    let is_double = halves.clone().count() == 2;
    let both = |set| is_double && halves.clone().all(|half| has(set, Name::of(half)));
    Kinds {
        given: has(COMMON, whole) || both(COMMON),
        family: (has(FAMILY, whole) || both(FAMILY)) && !has(COMMON, whole),
        city: has(PLACES, whole),
        clinical: halves.any(is_clinical),
        ..Kinds::default()
    }
}

/// A given name before a surname, or behind one and a comma; with initials, titles, or what stands behind names.
fn is_person(words: &Words<'_>, value: &[u8]) -> bool {
    let is_title = |word: &&&[u8]| {
        const TITLES: [&[u8]; 22] = [
            b"mr", b"mrs", b"ms", b"miss", b"dr", b"prof", b"rev", b"jr", b"sr", b"ii", b"iii", b"iv", b"md", b"do",
            b"rn", b"np", b"pa", b"phd", b"dds", b"dvm", b"esq", b"herr",
        ];
        TITLES.iter().any(|title| word.trim_ascii_end().eq_ignore_ascii_case(title))
    };
    let letters = |word: &&[u8]| {
        word.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 128 || matches!(byte, b'-' | b'\''))
    };
    let mut names = words.all().iter().filter(|word| !is_title(word));
    let (Some(first), Some(last)) = (names.next(), names.next_back()) else { return false };
    let titled = names.clone().count() + 2 < words.count;
    let between = names.clone().count() <= 2 && names.all(|word| word.len() == 1 || letters(word));
    if words.count > 6 || !between || !letters(first) || !letters(last) {
        return false;
    }
    let (given, family) = if value.contains(&b',') && !titled { (last, first) } else { (first, last) };
    let is = |set, name: &[u8]| {
        let mut halves = name.split(|byte| *byte == b'-');
        has(set, Name::of(name)) || halves.clone().count() == 2 && halves.all(|half| has(set, Name::of(half)))
    };
    let forward = (is(GIVEN, given) || given.len() == 1) && is(FAMILY, family);
    (forward || value.contains(&b',') && is(GIVEN, family) && is(FAMILY, given)) && (first.len() > 1 || last.len() > 1)
}

/// A number, a name, and what streets are called; behind it a town makes an address of it.
fn street(words: &Words<'_>, value: &[u8]) -> Kinds {
    let called = |word: &&[u8]| {
        terms::is_street(Name::of(word))
            || word.len() > 5 && word.iter().all(u8::is_ascii_alphabetic) && ends_as_street(word)
    };
    let place = words.all().iter().skip(1).position(called);
    let is_unit = |word: &[u8]| {
        ["apt", "suite", "ste", "unit", "box", "floor", "fl"]
            .iter()
            .any(|unit| word.eq_ignore_ascii_case(unit.as_bytes()))
    };
    let unit = words.all().iter().any(|word| is_unit(word));
    let is_street = words.count >= 3 && (place.is_some() || unit) || is_box(words.all()[0], words);
    let clinical = words.all().iter().skip(1).any(|word| is_clinical(word) && !called(word));
    let address = is_street
        && value.contains(&b',')
        && words.all().last().is_some_and(|last| {
            last.len() >= 5 && last.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-')
                || last.len() == 2 && last.iter().all(u8::is_ascii_uppercase)
        });
    Kinds { street: is_street && !address && !clinical, address: address && !clinical, clinical, ..Kinds::default() }
}

fn ends_as_street(word: &[u8]) -> bool {
    ["straße", "strasse", "weg", "gasse", "allee", "straat", "laan"]
        .iter()
        .any(|end| word.to_ascii_lowercase().ends_with(end.as_bytes()))
}

/// `PO Box 12`.
fn is_box(first: &[u8], words: &Words<'_>) -> bool {
    let second = words.all().get(1).copied().unwrap_or_default();
    first.eq_ignore_ascii_case(b"pobox")
        || (first.eq_ignore_ascii_case(b"po") || first.eq_ignore_ascii_case(b"p.o"))
            && second.eq_ignore_ascii_case(b"box")
}

fn is_county(last: &[u8]) -> bool {
    ["county", "parish", "borough", "landkreis"].iter().any(|word| last.eq_ignore_ascii_case(word.as_bytes()))
}

fn is_clinical(word: &[u8]) -> bool {
    terms::is_clinical(word, Name::of(word))
}

/// The words of a value, without the marks at their ends.
struct Words<'a> {
    words: [&'a [u8]; WORDS],
    count: usize,
}

impl<'a> Words<'a> {
    #[inline]
    fn of(value: &'a [u8]) -> Self {
        let mut words = Self { words: [&[]; WORDS], count: 0 };
        let parts = value.split(|byte| SEPARATORS.contains(byte)).map(|word| word.trim_ascii());
        for word in
            parts.map(|word| word.strip_suffix(b".").unwrap_or(word)).filter(|word| !word.is_empty()).take(WORDS)
        {
            words.words[words.count] = word;
            words.count += 1;
        }
        words
    }

    fn all(&self) -> &[&'a [u8]] {
        &self.words[..self.count]
    }
}
