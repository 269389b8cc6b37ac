//! Finds the record numbers of a house in free text: `HX-` and eight digits, of which the last
//! checks the others.

use std::ops::Range;

use moretta_guest::{BatchError, Column, Request, Span, TextClassifier, find_in_each};

/// The plugin.
#[derive(Debug)]
pub struct RecordNumbers;

/// The index of `mrn` among the labels of `manifest.json`.
const MRN: u32 = 0;
/// How sure it is of a number: one of ten others has a right check digit as well.
const CONFIDENCE: u8 = 95;

const PREFIX: &str = "HX-";
const DIGITS: usize = 8;

impl TextClassifier for RecordNumbers {
    fn find(_: &Request, _: &str, column: Column) -> Result<Vec<Span>, BatchError> {
        find_in_each(&column, |text, found| {
            for (start, _) in text.match_indices(PREFIX) {
                if let Some(bytes) = number(text, start) {
                    found.push(bytes, MRN, CONFIDENCE);
                }
            }
        })
    }
}

/// The bytes of the number whose prefix begins here, if it is no part of something longer.
fn number(text: &str, start: usize) -> Option<Range<usize>> {
    let first = start + PREFIX.len();
    let end = first + DIGITS;
    let digits = text.get(first..end)?;
    let goes_on = text[end..].starts_with(|next: char| next.is_ascii_alphanumeric())
        || text[..start].ends_with(|last: char| last.is_ascii_alphanumeric());
    (!goes_on && checks(digits)).then_some(start..end)
}

/// Whether digits add up to a multiple of ten, with weights of 3 and 1 by turns, as in EAN-8.
fn checks(digits: &str) -> bool {
    let weighted = digits.bytes().zip([3, 1].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| u32::from(digit) % 16 * weight).sum();
    digits.bytes().all(|digit| digit.is_ascii_digit()) && sum % 10 == 0
}

moretta_guest::text_classifier!(RecordNumbers);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::check_found;

    use super::*;

    fn find(name: &str, column: Column) -> Result<Vec<Span>, BatchError> {
        let request =
            Request { transform: String::new(), config: "{}".to_owned(), reference_date: None };
        RecordNumbers::find(&request, name, column)
    }

    #[test]
    fn the_golden_cases_come_out() {
        check_found(include_str!("../manifest.json"), find);
    }

    #[test]
    fn places_are_counted_in_bytes() {
        let notes = Column::from_text([None, Some("née HX-20481636"), Some("HX-20481637")]);
        let found = Span { row: 1, start: 5, end: 16, label: MRN, confidence: CONFIDENCE };
        assert_eq!(find("note", notes), Ok(vec![found]));
    }

    #[test]
    fn in_no_rows_there_is_nothing() {
        assert_eq!(find("note", Column::from_text([])), Ok(Vec::new()));
    }
}
