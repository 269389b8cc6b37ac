//! What is known of the individual that a row is about, found in the row's text however it is written there.

use std::fmt;
use std::ops::Range;

use memchr::memmem;

use super::Piece;
use crate::fold::{Folded, fold};
use crate::phi::Label;

/// From so many letters and digits on, a value may be broken by blanks, lines and separators anywhere; a shorter one only
/// where it is itself. A number that long is found inside of longer ones, too.
const LONG: usize = 6;
/// The fewest letters and digits of a value that is looked for: shorter ones stand in texts by chance.
const FEWEST_WITH_DIGITS: usize = 4;
const FEWEST_LETTERS: usize = 3;
const FEWEST_OF_NAME: usize = 2;

/// Words in names that are no names of anybody.
const PARTICLES: [&str; 12] = ["and", "del", "den", "der", "las", "los", "miss", "mrs", "prof", "the", "van", "von"];

/// The values that are known of one row.
#[derive(Clone, Default)]
pub(crate) struct Known(Vec<Value>);

#[derive(Clone)]
struct Value {
    folded: Vec<u8>,
    /// Before which of the folded bytes there is something else in the value: blanks, separators.
    gaps: Vec<usize>,
    /// Whether it may stand inside of something longer.
    inside: bool,
    spelling: String,
    label: Option<Label>,
}

impl Known {
    /// Of a row that nothing is known of.
    pub(crate) const fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Adds a value of a column with this label. Of a name its words are known by themselves, too, and of a time its day.
    pub(crate) fn add(&mut self, value: &str, label: Option<Label>) {
        let is_name = label.is_some_and(is_name);
        self.0.extend(Value::of(value, label, if is_name { FEWEST_OF_NAME } else { FEWEST_LETTERS }));
        if is_name || label.is_none() && !value.contains(|character: char| character.is_numeric()) {
            let words = value.split(|character: char| !character.is_alphanumeric() && !"'’".contains(character));
            let words = words.filter(|word| word.len() < value.len() && !is_particle(word));
            self.0.extend(words.filter_map(|word| Value::of(word, label, FEWEST_LETTERS)));
        }
        if label.is_some_and(|label| label.is_named_or_one_of("date")) {
            let day = value.split_once(['T', ' ']).map(|(day, _)| day).filter(|day| day.len() == "2026-01-31".len());
            self.0.extend(day.and_then(|day| Value::of(day, label, FEWEST_LETTERS)));
        }
    }

    /// The places of the values in a text. They overlap where values do.
    pub(crate) fn find(&self, text: &str) -> Vec<Piece> {
        let near = self.near(text);
        if near.is_empty() {
            return Vec::new();
        }
        let text = Text { text, folded: Folded::of(text) };
        near.into_iter().flat_map(|value| value.find(&text)).collect()
    }

    /// Whether one of the values stands in a text.
    pub(crate) fn stands_in(&self, text: &str) -> bool {
        let near = self.near(text);
        if near.is_empty() {
            return false;
        }
        let text = Text { text, folded: Folded::of(text) };
        near.iter().any(|value| value.places(&text).next().is_some())
    }

    /// The values whose letters and digits stand in a row in a text. In most there are none, and where is asked of the
    /// others alone.
    fn near(&self, text: &str) -> Vec<&Value> {
        if self.0.is_empty() || text.is_empty() {
            return Vec::new();
        }
        let mut folded = Vec::with_capacity(text.len());
        fold(text, &mut folded);
        self.0.iter().filter(|value| memmem::find(&folded, &value.folded).is_some()).collect()
    }
}

impl Value {
    /// `None`: it is too short to be told from what stands in any text.
    fn of(value: &str, label: Option<Label>, fewest: usize) -> Option<Self> {
        let folded = Folded::of(value);
        let bytes = folded.bytes();
        let characters = bytes.iter().filter(|byte| !is_continuation(**byte)).count();
        let has_digits = bytes.iter().any(u8::is_ascii_digit);
        let fewest = if has_digits && !label.is_some_and(is_name) { FEWEST_WITH_DIGITS } else { fewest };
        if characters < fewest {
            return None;
        }
        let gaps = (1..bytes.len()).filter(|at| folded.are_words(*at..*at)).collect();
        let inside = has_digits && bytes.len() >= LONG && !label.is_some_and(is_name);
        Some(Self { folded: bytes.to_vec(), gaps, inside, spelling: value.to_owned(), label })
    }

    /// Where it stands in a text. Places that overlap are one, which is not the value any more.
    fn find(&self, text: &Text<'_>) -> Vec<Piece> {
        let mut found: Vec<Piece> = Vec::new();
        for range in self.places(text).filter_map(|place| text.source(place)) {
            match found.last_mut().filter(|before| range.start < before.range.end) {
                Some(before) => {
                    before.range.end = before.range.end.max(range.end);
                    before.spelling = None;
                }
                None => found.push(Piece {
                    range,
                    label: self.label,
                    confidence: if self.label.is_some() { 100 } else { 0 },
                    spelling: Some(self.spelling.clone()),
                }),
            }
        }
        found
    }

    /// Where it stands among the folded bytes of a text.
    fn places<'a>(&'a self, text: &'a Text<'_>) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut from = 0_usize;
        std::iter::from_fn(move || {
            loop {
                let rest = text.folded.bytes().get(from..)?;
                let start = from.saturating_add(memmem::find(rest, &self.folded)?);
                let place = start..start.saturating_add(self.folded.len());
                from = start.saturating_add(1);
                if self.is_at(text, &place) {
                    return Some(place);
                }
            }
        })
    }

    fn is_at(&self, text: &Text<'_>, place: &Range<usize>) -> bool {
        if !self.inside && !text.folded.are_words(place.clone()) {
            return false;
        }
        let is_broken = |at: usize| text.is_broken(place.start.saturating_add(at)) && !self.gaps.contains(&at);
        self.folded.len() >= LONG || !(1..self.folded.len()).any(is_broken)
    }
}

/// A text in which values are looked for.
struct Text<'t> {
    text: &'t str,
    folded: Folded,
}

impl Text<'_> {
    /// The bytes of the text that some of the folded bytes come from, with the marks on the last of them.
    fn source(&self, place: Range<usize>) -> Option<Range<usize>> {
        let Range { start, end } = self.folded.source(place)?;
        let marks = self.text.get(end..)?.chars().take_while(|character| is_unseen(*character)).map(char::len_utf8);
        Some(start..end.saturating_add(marks.sum()))
    }

    /// Whether something that a reader sees stands before a folded byte and behind the one before it.
    fn is_broken(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.folded.source(before..at));
        let (Some(before), Some(behind)) = (before, self.folded.source(at..at.saturating_add(1))) else { return true };
        let between = self.text.get(before.end..behind.start).unwrap_or_default();
        between.chars().any(|character| !is_unseen(character))
    }
}

/// Whether a character takes no room: marks of the letter before it, and what tells a program how to show others.
fn is_unseen(character: char) -> bool {
    matches!(
        u32::from(character),
        0xad | 0x300..=0x36f | 0x61c | 0x115f..=0x1160 | 0x180b..=0x180f | 0x200b..=0x200f | 0x202a..=0x202e
            | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xe0000..=0xe0fff
    )
}

/// Whether a byte of UTF-8 is not the first of its character.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Whether it is a name of a person, or a part of one.
pub(super) fn is_name(label: Label) -> bool {
    label.is_named_or_one_of("person-name")
}

fn is_particle(word: &str) -> bool {
    PARTICLES.iter().any(|particle| word.eq_ignore_ascii_case(particle))
}

/// The values are not shown.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(values: &[(&str, &str)]) -> Known {
        let mut known = Known::default();
        values.iter().for_each(|(value, label)| known.add(value, label.parse().ok()));
        known
    }

    #[track_caller]
    fn finds(values: &[(&str, &str)], text: &str, expected: &[&str]) {
        let mut found = known(values).find(text);
        found.sort_by_key(|piece| (piece.range.start, piece.range.end));
        found.dedup_by_key(|piece| piece.range.clone());
        let found: Vec<_> = found.iter().map(|piece| &text[piece.range.clone()]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_name_is_found_in_any_case_across_blanks_and_by_its_words() {
        let name = &[("Ada Maria O'Brien", "person-name")];
        finds(name, "ADA  MARIA\nO’BRIEN came", &["ADA", "ADA  MARIA\nO’BRIEN", "MARIA", "O’BRIEN"]);
        finds(name, "Mrs. O'Brien's mother, not Mariana or Canada", &["O'Brien"]);
        finds(&[("Li", "family-name")], "Dr Li saw Lisa, li-ving well", &["Li", "li"]);
        finds(&[("Jose", "given-name")], "José and JOSE\u{301}.", &["José", "JOSE\u{301}"]);
        finds(&[("Maria de los Santos", "person-name")], "los the de Santos", &["Santos"]);
    }

    #[test]
    fn a_number_is_found_with_any_separators_and_inside_of_others() {
        let number = &[("123-45-6789", "us-ssn")];
        for text in ["123456789", "123 45\n6789", "１２３–４５–６７８９", "1\u{200b}23-45-67\u{200d}89", "00123456789x"]
        {
            assert!(known(number).stands_in(text), "{text}");
        }
        finds(number, "SSN:123-45-\n  6789.", &["123-45-\n  6789"]);
        assert!(!known(number).stands_in("123-45-678 and 9"));
    }

    #[test]
    fn a_short_value_is_found_where_it_stands_by_itself() {
        finds(&[("1234", "mrn")], "MRN 1234, not 12 34, 12345 or 1.234", &["1234"]);
        finds(&[("02139", "zip")], "at 02139.", &["02139"]);
        finds(&[("12 Elm", "street")], "12 Elm, 12-ELM, 1 2elm", &["12 Elm", "12-ELM"]);
        for (value, label) in [("45", "mrn"), ("A", "given-name"), ("--", "us-ssn"), ("", "us-ssn"), ("MA", "city")] {
            assert!(!known(&[(value, label)]).stands_in("45 A -- MA"), "{value}");
        }
    }

    #[test]
    fn places_that_overlap_are_one_that_is_no_value() {
        let found = known(&[("111111", "mrn")]).find(&"1".repeat(1_000));
        assert_eq!((found.len(), found[0].range.clone(), found[0].spelling.clone()), (1, 0..1_000, None));
    }

    #[test]
    fn the_day_of_a_time_is_known_too() {
        finds(&[("1979-03-25T11:38:40.967331+00:00", "admission-date")], "on 1979-03-25,", &["1979-03-25"]);
        finds(&[("25 Mar 1979 by hand", "date")], "on 25 Mar", &[]);
    }

    #[test]
    fn a_value_without_a_label_is_found_and_is_less_sure_than_any_classifier() {
        let found = known(&[("Ada Lovelace", "")]).find("Lovelace");
        assert_eq!((found.len(), found[0].label, found[0].confidence), (1, None, 0));
        assert_eq!(found[0].spelling.as_deref(), Some("Lovelace"));
    }

    #[test]
    fn shows_no_value() {
        assert_eq!(format!("{:?}", known(&[("Ada Lovelace", "person-name")])), "Known(3)");
    }

    proptest! {
        #[test]
        fn places_lie_at_borders_of_characters(text in "[Aa1٣é\u{200b}１ -]{0,30}", value in "[Aaé1٣１]{2,4}") {
            for piece in known(&[(&value, "given-name"), (&value, "mrn")]).find(&text) {
                prop_assert!(text.get(piece.range).is_some_and(|piece| !piece.is_empty()));
            }
        }

        #[test]
        fn a_value_between_blanks_is_always_found(value in "\\PC{6,20}", before in "[a-z ]{0,9}", after in "[a-z ]{0,9}") {
            let is_short = String::from_utf8_lossy(Folded::of(&value).bytes()).chars().count() < 4;
            let text = format!("{before} {value}\n{after}");
            prop_assert!(is_short || known(&[(&value, "mrn")]).stands_in(&text));
        }
    }
}
