//! The original values of one row, and whether one of them stands in a text.

use std::ops::Range;

use super::disguise::decoded;
use crate::fold::{Folded, fold};
use crate::plan::Search;

/// Fewer letters and digits are found as the whole of a cell only: a sex, a state, a day.
const PART: usize = 4;
/// Fewer are found as words only, for they stand in other words by chance: `anna` in `savannah`.
const TELLING: usize = 8;
/// What is decoded is decoded again, so often.
const DEEPEST: usize = 2;

/// The values that are sought in one row, folded. Used again for each row, so that it has its memory already.
#[derive(Default)]
pub(super) struct Values {
    bytes: Vec<u8>,
    values: Vec<Value>,
    /// Which four bytes some value begins with, by a digest of ten bits: most places of a text are passed by one look.
    beginnings: [u64; 16],
    folded: Vec<u8>,
}

struct Value {
    column: usize,
    place: Range<usize>,
    has_digit: bool,
}

impl Values {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.values.clear();
        self.beginnings = [0; 16];
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Adds a value of a column. One that is too short to be told from others is left out, unless it is to be found as
    /// the whole of a cell.
    pub(super) fn add(&mut self, column: usize, text: &str, short: bool) {
        let start = self.bytes.len();
        fold(text, &mut self.bytes);
        let added = self.bytes.get(start..).unwrap_or_default();
        if added.is_empty() || (added.len() < PART && !short) {
            self.bytes.truncate(start);
            return;
        }
        if let Some(first) = added.first_chunk::<PART>() {
            let (word, bit) = digest(*first);
            self.beginnings.iter_mut().skip(word).take(1).for_each(|beginnings| *beginnings |= bit);
        }
        let has_digit = added.iter().any(u8::is_ascii_digit);
        self.values.push(Value { column, place: start..self.bytes.len(), has_digit });
    }

    /// The column of a value that stands in a text, plain or in disguise.
    pub(super) fn find_in(&mut self, text: &str, search: &[Search]) -> Option<usize> {
        let shortest =
            self.values.iter().filter(|value| is_sought(search, value)).map(|value| value.place.len()).min()?;
        let mut folded = std::mem::take(&mut self.folded);
        let found = self.look(text, (search, shortest.max(PART)), &mut folded, 0);
        self.folded = folded;
        found
    }

    fn look(
        &self,
        text: &str,
        (search, shortest): (&[Search], usize),
        folded: &mut Vec<u8>,
        depth: usize,
    ) -> Option<usize> {
        folded.clear();
        fold(text, folded);
        let found = self.find(folded, Some(text), search);
        if found.is_some() || depth == DEEPEST {
            return found;
        }
        decoded(text, shortest).iter().find_map(|decoded| match std::str::from_utf8(decoded) {
            Ok(text) => self.look(text, (search, shortest), folded, depth.saturating_add(1)),
            Err(_) => {
                folded.clear();
                folded.extend(decoded.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase));
                self.find(folded, None, search)
            }
        })
    }

    /// The column of a value that stands in folded bytes. Without the text that these are of, nobody knows its words.
    fn find(&self, folded: &[u8], text: Option<&str>, search: &[Search]) -> Option<usize> {
        if folded.len() < PART {
            let is_whole = |value: &&Value| self.of(value) == folded && allows(search, value) == Search::All;
            return self.values.iter().filter(|_| text.is_some()).find(is_whole).map(|value| value.column);
        }
        let mut words = None;
        let places = folded.windows(PART).enumerate().filter(|(_, first)| {
            let (word, bit) = <[u8; PART]>::try_from(*first).map_or((0, 0), digest);
            self.beginnings.get(word).is_some_and(|beginnings| beginnings & bit != 0)
        });
        for (at, _) in places {
            let rest = folded.get(at..).unwrap_or_default();
            let stands = |value: &&Value| value.place.len() >= PART && rest.starts_with(self.of(value));
            for value in self.values.iter().filter(stands) {
                let found = match allows(search, value) {
                    Search::Not | Search::Telling => is_sought(search, value),
                    Search::All if value.place.len() >= TELLING => true,
                    Search::All => text.is_some_and(|text| {
                        let words = words.get_or_insert_with(|| Folded::of(text));
                        words.are_words(at..at.saturating_add(value.place.len()))
                    }),
                };
                if found {
                    return Some(value.column);
                }
            }
        }
        None
    }

    fn of(&self, value: &Value) -> &[u8] {
        self.bytes.get(value.place.clone()).unwrap_or_default()
    }
}

/// Whether a value can be found at all.
fn is_sought(search: &[Search], value: &Value) -> bool {
    match allows(search, value) {
        Search::All => true,
        Search::Telling => value.place.len() >= TELLING && value.has_digit,
        Search::Not => false,
    }
}

fn allows(search: &[Search], value: &Value) -> Search {
    search.get(value.column).copied().unwrap_or(Search::Not)
}

/// The word and the bit of four bytes, by Fibonacci hashing.
fn digest(bytes: [u8; PART]) -> (usize, u64) {
    let digest = u32::from_le_bytes(bytes).wrapping_mul(0x9e37_79b1) >> 22;
    ((digest >> 6) as usize, 1_u64 << (digest & 63))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    fn found(sought: &[&str], text: &str) -> Option<usize> {
        let mut values = Values::default();
        sought.iter().enumerate().for_each(|(column, value)| values.add(column, value, true));
        values.find_in(text, &vec![Search::All; sought.len()])
    }

    #[test]
    fn a_value_is_found_however_it_is_written() {
        let ssn = "123-45-6789";
        for hidden in [
            "123456789",
            "ssn:123 45 6789.",
            "１２３－４５－６７８９",
            "1\u{200d}2\u{200d}3\u{200b}456789",
            "١٢٣٤٥٦٧٨٩",
            "id9123456789000",
            "123%2D45%2D6789",
            "%31%32%33-45-6789",
            "MTIzLTQ1LTY3ODk=",
            "MTIzLTQ1LTY3ODk",
            "x-MTIzNDU2Nzg5",
            "3132332d34352d36373839",
            "12\n3-45-\n6789",
            r#"{"a":"\u0031\u0032\u0033-45-6789"}"#,
        ] {
            assert_eq!(found(&[ssn], hidden), Some(0), "{hidden}");
        }
        let twice = STANDARD.encode(STANDARD.encode(ssn));
        assert_eq!(found(&[ssn], &twice), Some(0));
        assert_eq!(found(&["x1", ssn], "987-65-4321 and 12345678"), None);
    }

    #[test]
    fn a_name_is_found_as_a_word_and_in_look_alikes_and_not_inside_of_words() {
        for text in ["Anna", "for ANNA, MD", "Аnnа", "Ánna", "last=anna", "to:anna@x", "QW5uYQ=="] {
            assert_eq!(found(&["Anna"], text), Some(0), "{text}");
        }
        for text in ["Savannah", "annabel", "A2anna1", "anne"] {
            assert_eq!(found(&["Anna"], text), None, "{text}");
        }
    }

    #[test]
    fn fewer_than_four_letters_are_the_whole_of_a_cell_or_nothing() {
        assert_eq!(found(&["Li"], " LI."), Some(0));
        assert_eq!(found(&["Li"], "Li Wei"), None);
        let mut values = Values::default();
        values.add(0, "F", false);
        assert!(values.is_empty());
    }

    #[test]
    fn what_is_expected_is_passed_over_and_what_is_telling_is_not() {
        let mut values = Values::default();
        ["Washington", "123-45-6789", "4711"].iter().enumerate().for_each(|(at, value)| values.add(at, value, true));
        assert_eq!(values.find_in("Washington 123456789 4711", &[Search::Not; 3]), None);
        assert_eq!(values.find_in("Washington 4711", &[Search::Telling; 3]), None);
        assert_eq!(values.find_in("P-123456789", &[Search::Telling; 3]), Some(1));
    }

    #[test]
    fn part_of_a_value_is_not_the_value() {
        assert_eq!(found(&["jane.doe@example.org"], "j***.doe@example.org"), None);
        assert_eq!(found(&["123-45-6789"], "***-**-6789"), None);
        assert_eq!(found(&["02139"], "021"), None);
        assert_eq!(found(&["", " ", "--"], ""), None);
    }

    proptest! {
        #[test]
        fn whatever_is_there_is_found(value in "[a-zA-Z0-9]{8,20}", before in "[ -~]{0,20}", after in "[ -~]{0,20}") {
            prop_assert_eq!(found(&[&value], &format!("{before}{value}{after}")), Some(0));
            let encoded = [STANDARD.encode(&value), URL_SAFE_NO_PAD.encode(format!("{before}{value}{after}"))];
            for encoded in encoded {
                prop_assert_eq!(found(&[&value], &encoded), Some(0));
            }
        }

        #[test]
        fn nothing_that_is_given_ends_it(value in "\\PC{0,20}", text in "\\PC{0,60}") {
            found(&[&value], &text);
        }
    }
}
