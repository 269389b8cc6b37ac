//! A classifier: its golden cases, and what it counts in every column held against what the contract says of counts.

use std::collections::BTreeMap;
use std::time::Instant;

use arrow_array::{Array, ArrayRef};

use super::asked::{Asked, backwards, between_nulls, found_nothing, golden_cases, of_cases, of_input, survived};
use super::report::{Checks, Property, TransformReport};
use super::{Options, speed};
use crate::batch::ColumnType;
use crate::error::Error;
use crate::leash::Leash;
use crate::made_up::{self, MadeUp};
use crate::manifest::Reads;
use crate::plugin::{CallError, ClassifyAnswer, ClassifyCall, Plugin};

/// Names that break code which thinks of ordinary ones, beside those of the golden cases.
const NAMES: [&str; 8] = [
    "",
    "ZIP",
    "PatientLName",
    "name[].given[]",
    "a.b/c..",
    "Größe d. Kındes",
    "\u{202e}eman\u{301}\u{0}",
    "数 \t\r\n",
];

/// How many names are asked about to measure the speed, at most.
const MOST_NAMES: usize = 4_096;

/// How many values speak for each label that any value speaks for, and how many were looked at.
type Counts = BTreeMap<usize, (u32, u32)>;

/// Collects what is found out about a classifier.
pub(crate) struct Checker<'a> {
    plugin: &'a Plugin,
    checks: Checks,
    finds: bool,
}

impl<'a> Checker<'a> {
    /// A checker of what is not tried yet. Of one that reads names alone no values are counted.
    pub(crate) fn new(plugin: &'a Plugin) -> Self {
        let manifest = plugin.manifest();
        let is_tried = |property: &Property| match property {
            Property::Cases => !manifest.cases.is_empty(),
            Property::Nulls | Property::NoRows | Property::AddsUp => manifest.reads != Reads::Names,
            _ => true,
        };
        let checks = Checks::new(Property::OF_CLASSIFIERS.into_iter().filter(is_tried), |_| true);
        Self { plugin, checks, finds: false }
    }

    /// Tries everything.
    pub(crate) fn run(mut self, options: &Options) -> Result<TransformReport, Error> {
        golden_cases(self.plugin, &mut self.checks)?;
        for asked in self.columns(options) {
            let tried = self.column(&asked);
            // A fault ends it: what a plugin does after that tells nothing.
            if survived(&mut self.checks, &asked, tried)?.is_none() {
                break;
            }
        }
        self.checks.note(Property::Finds, (!self.finds).then(found_nothing));
        let speed = if options.rows > 0 && self.checks.passed() { self.measure(options.rows)? } else { None };
        Ok(TransformReport { transform: "classify".to_owned(), checks: self.checks.into_list(), speed })
    }

    /// What the author has examples of, what it has to live with, and what the author has at hand.
    fn columns(&self, options: &Options) -> Vec<Asked> {
        let mut columns = of_cases(self.plugin);
        if self.plugin.manifest().reads == Reads::Names {
            columns.extend(NAMES.map(Asked::of_name));
            return columns;
        }
        for column_type in ColumnType::ALL {
            let made_up = made_up::columns(column_type).into_iter();
            columns.extend(made_up.map(|column| Asked::of(column_type, column)));
        }
        columns.extend(options.input.iter().flat_map(of_input));
        columns
    }

    /// Everything that is held against one column.
    fn column(&mut self, asked: &Asked) -> Result<(), CallError> {
        let counts = self.count(asked, &asked.column.array)?;
        self.finds |= !counts.is_empty();
        self.found(Property::Limits, asked, None);
        self.found(Property::Contract, asked, None);
        let again = self.count(asked, &asked.column.array)?;
        let broken = (again != counts).then_some("it counted other values when it was asked again");
        self.found(Property::Deterministic, asked, broken);
        match self.plugin.manifest().reads {
            Reads::Names => Ok(()),
            Reads::Values | Reads::Rest => self.values(asked, &counts),
        }
    }

    /// The same values in other columns.
    fn values(&mut self, asked: &Asked, counts: &Counts) -> Result<(), CallError> {
        let array = &asked.column.array;
        let with_nulls = self.count(asked, &between_nulls(array)?)?;
        let broken = (with_nulls != *counts).then_some("it counted other values when there were nulls between them");
        self.found(Property::Nulls, asked, broken);
        let nothing = self.ask(asked, &array.slice(0, 0))?.found;
        let broken = (!nothing.is_empty()).then_some("it found something where there were no rows");
        self.found(Property::NoRows, asked, broken);
        let half = array.len() / 2;
        let first = self.count(asked, &array.slice(0, half))?;
        let second = self.count(asked, &array.slice(half, array.len().saturating_sub(half)))?;
        let backwards = self.count(asked, &backwards(array)?)?;
        let [first, second, backwards, whole] = [&first, &second, &backwards, counts].map(|it| self.by_value(it));
        let broken = if !add_up(&first, &second, &whole) {
            Some("what it counted in the halves is together not what it counted in the whole")
        } else if backwards != whole {
            Some("it counted other values when they came in another order")
        } else {
            None
        };
        self.found(Property::AddsUp, asked, broken);
        Ok(())
    }

    /// Without the labels that a value counts for only in the light of others.
    fn by_value(&self, counts: &Counts) -> Counts {
        let labels = &self.plugin.manifest().labels;
        let counts = counts.iter().filter(|(label, _)| labels.get(**label).is_some_and(|known| !known.batch));
        counts.map(|(label, counted)| (*label, *counted)).collect()
    }

    fn count(&self, asked: &Asked, array: &ArrayRef) -> Result<Counts, CallError> {
        let found = self.ask(asked, array)?.found.into_iter().filter(|found| found.matched > 0);
        Ok(found.map(|found| (found.label, (found.matched, found.examined))).collect())
    }

    fn ask(&self, asked: &Asked, array: &ArrayRef) -> Result<ClassifyAnswer, CallError> {
        let call = ClassifyCall { names: &[&asked.name], columns: &[(array.clone(), asked.column_type)] };
        self.plugin.classify(&call, &Leash::default())
    }

    fn found(&mut self, property: Property, asked: &Asked, broken: Option<&str>) {
        self.checks.note(property, broken.map(|problem| asked.failure(None, problem)));
    }

    fn measure(&mut self, values: usize) -> Result<Option<speed::Speed>, Error> {
        let asked = match self.plugin.manifest().reads {
            Reads::Names => Asked::of_name(NAMES[2]),
            Reads::Values | Reads::Rest => {
                let array = made_up::distinct(ColumnType::Text, speed::BATCH.min(values));
                Asked::of(ColumnType::Text, MadeUp::new(&format!("{values} rows"), array))
            }
        };
        let rows = asked.column.array.len();
        // A name takes a call of its own: many of them, and not a million.
        let values = if rows == 1 { values.min(MOST_NAMES) } else { values };
        let speed = speed::repeat(values, rows, asked.column_type, || {
            let started = Instant::now();
            Ok(match self.ask(&asked, &asked.column.array) {
                Ok(answer) => Ok((started.elapsed(), answer.peak_memory)),
                Err(error) => Err(error.fault()?),
            })
        })?;
        survived(&mut self.checks, &asked, speed.map_err(CallError::Guest))
    }
}

/// Whether two parts make a whole. A part without a finding says nothing of how many values it looked at.
fn add_up(first: &Counts, second: &Counts, whole: &Counts) -> bool {
    let labels = first.keys().chain(second.keys()).chain(whole.keys());
    labels.copied().all(|label| match (first.get(&label), second.get(&label), whole.get(&label)) {
        (Some(first), Some(second), Some(whole)) => {
            (first.0.checked_add(second.0), first.1.checked_add(second.1)) == (Some(whole.0), Some(whole.1))
        }
        (Some(part), None, Some(whole)) | (None, Some(part), Some(whole)) => part.0 == whole.0,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_make_a_whole_where_each_label_was_counted_as_often() {
        let counts = |all: &[(usize, u32, u32)]| all.iter().map(|it| (it.0, (it.1, it.2))).collect::<Counts>();
        let whole = counts(&[(0, 3, 9), (1, 1, 9)]);
        assert!(add_up(&counts(&[(0, 1, 4)]), &counts(&[(0, 2, 5), (1, 1, 5)]), &whole));
        for (first, second) in [
            (counts(&[(0, 1, 4)]), counts(&[(0, 1, 5), (1, 1, 5)])),
            (counts(&[(0, 1, 4)]), counts(&[(0, 2, 4), (1, 1, 5)])),
            (counts(&[(0, 1, 4)]), counts(&[(0, 2, 5)])),
            (counts(&[(0, 1, 4), (2, 1, 4)]), counts(&[(0, 2, 5), (1, 1, 5)])),
        ] {
            assert!(!add_up(&first, &second, &whole), "{first:?} {second:?}");
        }
    }
}
