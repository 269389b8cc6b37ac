//! One call of a text classifier: an instance of its own, the same limits, and every number that comes back checked.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};

use super::Plugin;
use super::call::{no_instance, refusal};
use super::fault::{CallError, GuestFault};
use crate::batch::ColumnType;
use crate::contract::column::LentColumn;
use crate::contract::latest::exports::moretta::plugin::find;
use crate::contract::latest::moretta::plugin::types::Request;
use crate::leash::Leash;

/// A piece of a value, as a text classifier found it: its bytes `start .. end`, at the borders of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which row of the column.
    pub row: usize,
    /// How many bytes of the value come before it.
    pub start: usize,
    /// How many bytes of the value come before what follows it: more than `start`.
    pub end: usize,
    /// Which of the labels of the manifest.
    pub label: usize,
    /// How sure that is, 0 to 100.
    pub confidence: u8,
}

/// What a text classifier found in a column.
#[derive(Debug)]
pub(crate) struct FindAnswer {
    /// The pieces. They rise by row, then by start, and may overlap.
    pub(crate) spans: Vec<Span>,
    /// The most that a memory of the instance was, in bytes.
    pub(crate) peak_memory: usize,
}

impl Plugin {
    /// Finds pieces of a column of text, in an instance that nothing was in before and nothing will be in after.
    ///
    /// # Errors
    /// What the guest did wrong, or that the machine cannot run it now. Its instance is gone.
    pub(crate) fn find(&self, name: &str, column: &ArrayRef, leash: &Leash) -> Result<FindAnswer, CallError> {
        let lent = column.get_buffer_memory_size();
        let mut store = self.store(lent, leash);
        let not_text = GuestFault::Contract("was to be lent a column that is not of text");
        let text = column.as_string_opt::<i32>().ok_or(not_text.clone())?;
        let column = LentColumn::new(column, ColumnType::Text).ok_or(not_text)?;
        // As for a classifier: there are no transforms and no options, and what day it is says nothing of a text.
        let request = Request { transform: "find", config: "{}", reference_date: None };
        let instance = self.compiled.instance.instantiate(&mut store).map_err(no_instance);
        let answer = instance.and_then(|instance| {
            self.compiled.exports.find_pieces(&mut store, &instance, request, (name, column.argument()))
        });
        let spans = answer.map_err(|error| self.failure(&error, &store, lent, leash))?.map_err(refusal)?;
        let spans = check(&spans, text, self.manifest().labels.len())?;
        Ok(FindAnswer { spans, peak_memory: store.data().memory.peak() })
    }
}

fn check(spans: &[find::Span], text: &StringArray, labels: usize) -> Result<Vec<Span>, GuestFault> {
    // Each costs the host more than a byte of text does.
    let bytes = text
        .value_offsets()
        .last()
        .zip(text.value_offsets().first())
        .map_or(0, |(last, first)| last.saturating_sub(*first));
    let most = text.len().saturating_mul(2).saturating_add(usize::try_from(bytes).unwrap_or_default() / 2);
    if spans.len() > most {
        return Err(GuestFault::Contract("found more pieces than two in each row and one in two bytes"));
    }
    let mut before = (0, 0);
    let check = |span: &find::Span| {
        let (row, start, end) = (span.row as usize, span.start as usize, span.end as usize);
        if row >= text.len() || text.is_null(row) {
            return Err(GuestFault::Contract("found a piece of a row that has no text"));
        }
        // Both ends have to be borders of characters, or there is no such piece.
        if text.value(row).get(start..end).is_none_or(str::is_empty) {
            return Err(GuestFault::Contract("found a piece that is empty, beyond its text or splits a character"));
        }
        if (row, start) < before {
            return Err(GuestFault::Contract("found pieces that do not rise by row and start"));
        }
        before = (row, start);
        let label = span.label as usize;
        if label >= labels || span.confidence > 100 {
            return Err(GuestFault::Contract("found a label that its manifest does not have, or is surer than 100"));
        }
        Ok(Span { row, start, end, label, confidence: span.confidence })
    };
    spans.iter().map(check).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plugin::{Engine, Limits, Package};

    fn plugin() -> Plugin {
        let bytes = include_bytes!("../../../plugins/packed/clinical-text.wasm");
        let engine = Engine::new(Limits::default(), None).unwrap();
        Plugin::load(&engine, Package::read("clinical-text", bytes.as_slice()).unwrap()).unwrap()
    }

    fn checked(spans: &[(u32, u32, u32, u32, u8)]) -> Result<Vec<Span>, GuestFault> {
        let span = |&(row, start, end, label, confidence)| find::Span { row, start, end, label, confidence };
        let spans: Vec<_> = spans.iter().map(span).collect();
        check(&spans, &StringArray::from(vec![Some("né 1815"), None, Some(""), Some("x")]), 2)
    }

    #[test]
    fn pieces_are_found_in_the_sandbox() {
        let text = [Some("Mail ada@example.org, please"), None, Some(""), Some("née")];
        let column: ArrayRef = Arc::new(StringArray::from(text.to_vec()));
        let plugin = plugin();
        let found = plugin.find("note", &column.slice(0, 4), &Leash::default()).unwrap().spans;
        let said = |span: &Span| (span.row, text[span.row].unwrap().get(span.start..span.end).unwrap());
        assert_eq!(found.iter().map(said).collect::<Vec<_>>(), [(0, "ada@example.org")]);
        assert_eq!(plugin.manifest().labels[found[0].label].label, "email");
        assert!(plugin.find("note", &column.slice(1, 3), &Leash::default()).unwrap().spans.is_empty());
    }

    #[test]
    fn pieces_that_are_none_are_refused() {
        let right = [(0, 0, 3, 0, 0), (0, 0, 1, 1, 100), (0, 1, 8, 1, 5), (3, 0, 1, 0, 1)];
        assert_eq!(checked(&right).unwrap().len(), 4);
        for wrong in [
            &[(4, 0, 1, 0, 1)][..],
            &[(1, 0, 1, 0, 1)],
            &[(2, 0, 1, 0, 1)],
            &[(2, 0, 0, 0, 1)],
            &[(0, 3, 3, 0, 1)],
            &[(0, 4, 3, 0, 1)],
            &[(0, 0, 9, 0, 1)],
            &[(0, 0, 2, 0, 1)],
            &[(0, 2, 3, 0, 1)],
            &[(0, 0, 1, 2, 1)],
            &[(0, 0, 1, 0, 101)],
            &[(3, 0, 1, 0, 1), (0, 0, 1, 0, 1)],
            &[(0, 1, 3, 0, 1), (0, 0, 1, 0, 1)],
            &[(u32::MAX, u32::MAX, u32::MAX, u32::MAX, u8::MAX)],
        ] {
            assert!(matches!(checked(wrong), Err(GuestFault::Contract(_))), "{wrong:?}");
        }
    }

    #[test]
    fn more_pieces_than_a_text_has_room_for_are_refused() {
        let flood = |spans: usize| checked(&vec![(0, 0, 1, 0, 1); spans]);
        assert_eq!(flood(12).unwrap().len(), 12, "four rows, and nine bytes");
        assert!(matches!(flood(13), Err(GuestFault::Contract(_))));
    }

    #[test]
    fn only_a_text_classifier_is_asked_and_only_about_text() {
        let column: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
        let numbers: ArrayRef = Arc::new(arrow_array::Int64Array::from(vec![1]));
        assert!(matches!(plugin().find("a", &numbers, &Leash::default()), Err(CallError::Guest(_))));
        let bytes = include_bytes!("../../../plugins/packed/identifiers.wasm");
        let engine = Engine::new(Limits::default(), None).unwrap();
        let classifier = Plugin::load(&engine, Package::read("identifiers", bytes.as_slice()).unwrap()).unwrap();
        classifier.find("a", &column, &Leash::default()).unwrap_err();
    }
}
