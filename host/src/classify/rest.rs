//! What the classifiers of values leave open: columns of text that none of them is sure of, and their different values.
//! What is counted of these depends on where batches begin, and on nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, StringArray};

use super::Classifiers;
use super::evidence::Evidence;
use super::suggest::Grounds;
use crate::batch::ColumnType;

/// How sure somebody is of a column that is not left open.
const SETTLED: f64 = 0.75;

/// So many values of a batch are looked at.
const LOOKED_AT: usize = 512;

/// So few different values are choices, where each of them is there several times.
const CHOICES: usize = 12;

/// How often a choice is there at least.
const TIMES: usize = 4;

impl Classifiers {
    /// The columns of a batch that its evidence leaves open, with their different values.
    pub(super) fn left_open<'a>(
        &self,
        evidence: &Evidence,
        names: &[&'a str],
        columns: &[(ArrayRef, ColumnType)],
    ) -> (Vec<&'a str>, Vec<(ArrayRef, ColumnType)>) {
        let is_settled =
            |name: &str| evidence.of(name).is_some_and(|observed| Grounds::of(self, observed).surest() >= SETTLED);
        let text = |(name, (array, _)): (&&'a str, &(ArrayRef, ColumnType))| {
            let values = array.as_string_opt::<i32>().filter(|_| !is_settled(name))?;
            Some((*name, (different(values)?, ColumnType::Text)))
        };
        names.iter().zip(columns).filter_map(text).unzip()
    }
}

/// Each value once. `None` where there are a few choices, of which nothing can be told but by knowing them.
fn different(array: &StringArray) -> Option<ArrayRef> {
    let present = || array.iter().take(LOOKED_AT).flatten().filter(|value| !value.is_empty());
    let different: BTreeSet<&str> = present().collect();
    let are_choices = different.len() <= CHOICES && present().count() >= different.len().saturating_mul(TIMES);
    (!are_choices).then(|| Arc::new(StringArray::from_iter_values(different)) as ArrayRef)
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;

    use super::*;

    fn of(values: &[Option<&str>], times: usize) -> Option<usize> {
        let values: StringArray = values.iter().copied().cycle().take(values.len() * times).collect();
        different(&values).map(|different| different.len())
    }

    #[test]
    fn each_value_is_asked_about_once() {
        let many: Vec<String> = (0..20).map(|number| format!("v{number}")).collect();
        let many: Vec<_> = many.iter().map(|value| Some(value.as_str())).collect();
        assert_eq!(of(&many, 9), Some(20));
        assert_eq!(of(&[Some("b"), None, Some("a"), Some(""), Some("b")], 1), Some(2));
    }

    #[test]
    fn a_few_choices_are_not_asked_about() {
        assert_eq!(of(&[Some("open"), Some("closed"), None], 4), None);
        assert_eq!(of(&[None, Some("")], 4), None);
    }
}
