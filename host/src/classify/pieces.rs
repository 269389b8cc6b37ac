//! What free text is full of: the pieces that text classifiers find in some values of a column, counted by kind.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, StringArray};

use super::column::values;
use super::evidence::Evidence;
use crate::batch::Batch;
use crate::error::Error;
use crate::finder::{self, Finder};
use crate::leash::Leash;
use crate::phi::Label;
use crate::scrub::{THRESHOLD, resolve};

/// So many bytes of text are looked at in a column of a batch, and at least one value.
const SAMPLE: usize = 16 << 10;

/// A text has so many words at least.
const WORDS: usize = 4;

/// So many values tell whether a column is of text.
const FIRST: usize = 32;

impl Evidence {
    /// Adds what is found in the columns of a batch that are of text.
    ///
    /// # Errors
    /// A text classifier broke the contract or its limits.
    pub(crate) fn add_pieces(&mut self, finders: &[Finder], batch: &Batch, leash: &Leash) -> Result<(), Error> {
        let schema = batch.columns().schema();
        for (field, array) in schema.fields().iter().zip(batch.columns().columns()) {
            let Some((texts, observed)) = sample(array).zip(self.columns.get_mut(field.name())) else { continue };
            let mut place = batch.place().row(0);
            place.column = Some(field.name().clone());
            let words = texts.iter().flatten().map(|text| words(text) as u64).sum();
            let texts: ArrayRef = Arc::new(texts);
            let found = finder::find(finders, &texts, THRESHOLD, &place, leash)?;
            let labels = found.into_iter().flat_map(resolve).filter_map(|piece| piece.label);
            observed.add_pieces(words, labels.map(Label::name));
        }
        Ok(())
    }
}

/// The first values of a column that are texts, if most of its values are.
fn sample(array: &ArrayRef) -> Option<StringArray> {
    let (array, _) = values(array)?;
    let values = || array.as_string_opt::<i32>().into_iter().flatten().flatten().filter(|text| !text.is_empty());
    let is_text = |text: &&str| words(text) >= WORDS;
    let (first, texts) = (values().take(FIRST).count(), values().take(FIRST).filter(is_text).count());
    let mut left = SAMPLE;
    let fits = |text: &&str| {
        let fits = left > 0;
        left = left.saturating_sub(text.len());
        fits
    };
    (texts.saturating_mul(2) > first).then(|| values().filter(is_text).take_while(fits).map(Some).collect())
}

fn words(text: &str) -> usize {
    text.split_ascii_whitespace().count()
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;

    use super::*;

    fn sampled(values: &[&str]) -> Option<usize> {
        let array: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        sample(&array).map(|texts| texts.len())
    }

    #[test]
    fn a_column_is_of_text_where_most_values_have_some_words() {
        assert_eq!(sampled(&["she came in on Monday", "", "ok", "he did not come again"]), Some(2));
        assert_eq!(sampled(&["12 Main St", "Boston", "she came in on Monday"]), None);
        assert_eq!(sampled(&[]), None);
    }

    #[test]
    fn a_few_pages_are_looked_at_and_one_value_whatever_its_length() {
        let (long, short) = ("a b c d ".repeat(SAMPLE), "a b c d ".repeat(SAMPLE / 16));
        assert_eq!(sampled(&[&long, &long]), Some(1));
        assert_eq!(sampled(&[short.as_str(); 9]), Some(2));
    }
}
