//! The declared properties, each held against what came back for a column.

use std::collections::{BTreeMap, BTreeSet};

use super::trial::{Answer, bytes, subject, text};
use crate::manifest::World;

/// The row that breaks a property, and how.
pub(crate) type Broken = Option<(usize, &'static str)>;

/// The characters in a row that must not come back.
const TELLING: usize = 4;
/// A value of more characters has so many parts that a few characters of it are in anything: there more of them tell.
const SHORT: usize = 32;
const TELLING_OF_LONG: usize = 12;

/// The rows come back in another call as they did in this one. `first` is the first row of the other call.
pub(crate) fn differs(whole: &Answer, part: &Answer, first: usize, problem: &'static str) -> Broken {
    let differs = |row: &usize| whole.outcome(first.saturating_add(*row)) != part.outcome(*row);
    (0..part.lent.len()).find(differs).map(|row| (first.saturating_add(row), problem))
}

/// Equal values, of the same subject where dates are shifted, come back equal.
pub(crate) fn equal_differ(answer: &Answer, world: World) -> Broken {
    let mut outcomes = BTreeMap::new();
    (0..answer.lent.len()).find_map(|row| {
        let of = (world == World::DateShiftMasker).then(|| subject(row));
        let outcome = answer.outcome(row);
        let known = outcomes.entry((bytes(&answer.lent, row), of)).or_insert_with(|| outcome.clone());
        (*known != outcome).then_some((row, "a value came back in another way than the same value before it"))
    })
}

/// Different values come back different.
pub(crate) fn different_equal(answer: &Answer, world: World) -> Broken {
    let mut values = BTreeMap::new();
    answer.masked().find_map(|row| {
        let of = (world == World::DateShiftMasker).then(|| subject(row));
        let value = bytes(&answer.lent, row);
        let known = values.entry((bytes(&answer.returned, row), of)).or_insert_with(|| value.clone());
        (*known != value).then_some((row, "a value came back as a different one before it did"))
    })
}

/// Results have the form of values. Beyond ASCII it is the plugin's to say what counts as one character.
pub(crate) fn other_form(answer: &Answer) -> Broken {
    answer.masked().find_map(|row| {
        let (value, result) = (text(&answer.lent, row)?, text(&answer.returned, row)?);
        let kept =
            !value.is_ascii() || value.chars().count() == result.chars().count() || form(&value) == form(&result);
        (!kept).then_some((row, "the result has not the form of the value"))
    })
}

/// Letters and digits in a row as one, and everything else but signs as it is.
fn form(text: &str) -> String {
    let mut form = String::new();
    for character in text.trim().trim_start_matches(['-', '+']).chars() {
        let kind = match character {
            letter if letter.is_alphabetic() => 'a',
            digit if digit.is_numeric() => '0',
            other => other,
        };
        if !form.ends_with(kind) || !kind.is_alphanumeric() {
            form.push(kind);
        }
    }
    form
}

/// The rows in whose results characters of their values stand.
pub(crate) fn unconcealed(answer: &Answer) -> Vec<usize> {
    let reveals = |row: &usize| match (text(&answer.lent, *row), text(&answer.returned, *row)) {
        (Some(value), Some(result)) => shares(&value, &result),
        _ => false,
    };
    answer.masked().filter(reveals).collect()
}

fn shares(value: &str, result: &str) -> bool {
    let (value, result): (Vec<char>, Vec<char>) = (value.chars().collect(), result.chars().collect());
    let telling = if value.len() > SHORT { TELLING_OF_LONG } else { TELLING };
    let parts: BTreeSet<_> = value.windows(telling).collect();
    result.windows(telling).any(|part| parts.contains(part))
}

/// Values that are one of so few that they can be tried one by one, and came back masked.
pub(crate) fn too_few(answer: &Answer) -> Broken {
    let masked = answer.masked().find(|row| bytes(&answer.returned, *row).is_some_and(|result| !result.is_empty()));
    masked.map(|row| (row, "a value that is one of fewer than the declared minimum was masked, and not rejected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_the_order_of_letters_digits_and_separators() {
        assert_eq!(form("1980-02-29"), form("2001-1-3"));
        assert_eq!(form("-12.5"), form("7.25"));
        assert_ne!(form("123-45-6789"), form("masked"));
        assert_ne!(form("a--b"), form("a-b"));
    }

    #[test]
    fn four_characters_of_a_value_tell_and_twelve_of_a_long_one() {
        assert!(shares("Ada Lovelace", "x-Love-x") && !shares("Ada Lovelace", "x-Lov-x"));
        assert!(shares("Zoë K", "-Zoë -") && !shares("abc", "abc"));
        let long = "0123456789".repeat(4);
        assert!(!shares(&long, "3456") && shares(&long, "345678901234"));
    }
}
