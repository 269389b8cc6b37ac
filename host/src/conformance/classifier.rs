//! A classifier: its golden cases, and what it counts in every column held against what the contract says of counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{Array, ArrayRef, StringArray, UInt32Array};

use super::report::{Checks, Failure, Property, TransformReport};
use super::{Options, speed};
use crate::batch::ColumnType;
use crate::error::Error;
use crate::leash::Leash;
use crate::made_up::{self, MadeUp};
use crate::manifest::Reads;
use crate::plugin::{CallError, ClassifyAnswer, ClassifyCall, Plugin, cases};

/// The name of a made-up column.
const PLAIN: &str = "column";
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

/// A column, and what it is called.
struct Asked {
    name: String,
    column_type: ColumnType,
    column: MadeUp,
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
        self.golden_cases()?;
        for asked in self.columns(options) {
            let tried = self.column(&asked);
            // A fault ends it: what a plugin does after that tells nothing.
            if self.survived(&asked, tried)?.is_none() {
                break;
            }
        }
        self.check_finds();
        let speed = if options.rows > 0 && self.checks.passed() { self.measure(options.rows)? } else { None };
        Ok(TransformReport { transform: "classify".to_owned(), checks: self.checks.into_list(), speed })
    }

    fn golden_cases(&mut self) -> Result<(), Error> {
        for case in &self.plugin.manifest().cases {
            let outcome = cases::run_classifier(self.plugin, case, &Leash::default())?;
            let failure = outcome.err().map(|failure| Failure {
                column: format!("case `{}`", case.name),
                config: String::new(),
                column_type: case.input.column_type,
                row: None,
                problem: failure.why,
                differences: failure.differences,
            });
            self.checks.note(Property::Cases, failure);
        }
        Ok(())
    }

    /// What the author has examples of, what it has to live with, and what the author has at hand.
    fn columns(&self, options: &Options) -> Vec<Asked> {
        let manifest = self.plugin.manifest();
        let of_cases = manifest.cases.iter().filter_map(|case| {
            let (name, column_type) = (case.column.clone(), case.input.column_type);
            let column = MadeUp::new(&format!("the input of case `{}`", case.name), cases::array(&case.input)?);
            Some(Asked { name, column_type, column })
        });
        let mut columns: Vec<_> = of_cases.collect();
        if manifest.reads == Reads::Names {
            columns.extend(NAMES.map(Asked::of_name));
            return columns;
        }
        for column_type in ColumnType::ALL {
            let made_up = made_up::columns(column_type).into_iter();
            columns.extend(made_up.map(|column| Asked { name: PLAIN.to_owned(), column_type, column }));
        }
        if let Some((name, column_type, parts)) = &options.input {
            let (name, column_type) = (name.clone(), *column_type);
            let part = |part: &ArrayRef| MadeUp::new(&format!("column {name}"), part.clone());
            columns.extend(parts.iter().map(|it| Asked { name: name.clone(), column_type, column: part(it) }));
        }
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

    fn check_finds(&mut self) {
        let problem = "it found nothing in any column; a golden case would show what it finds";
        let nothing = (!self.finds).then(|| Failure {
            column: "every column".to_owned(),
            config: String::new(),
            column_type: ColumnType::Text,
            row: None,
            problem: problem.to_owned(),
            differences: Vec::new(),
        });
        self.checks.note(Property::Finds, nothing);
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
        self.checks.note(property, broken.map(|problem| asked.failure(problem)));
    }

    /// What came of calls, or nothing after a fault of the plugin, which is noted.
    fn survived<T>(&mut self, asked: &Asked, tried: Result<T, CallError>) -> Result<Option<T>, Error> {
        match tried {
            Ok(came) => Ok(Some(came)),
            Err(error) => {
                let fault = error.fault()?;
                self.found(Property::broken_by(&fault), asked, Some(&fault.to_string()));
                Ok(None)
            }
        }
    }

    fn measure(&mut self, values: usize) -> Result<Option<speed::Speed>, Error> {
        let asked = match self.plugin.manifest().reads {
            Reads::Names => Asked::of_name(NAMES[2]),
            Reads::Values | Reads::Rest => {
                let array = made_up::distinct(ColumnType::Text, speed::BATCH.min(values));
                let column = MadeUp::new(&format!("{values} rows"), array);
                Asked { name: PLAIN.to_owned(), column_type: ColumnType::Text, column }
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
        self.survived(&asked, speed.map_err(CallError::Guest))
    }
}

impl Asked {
    /// A column of which only the name is read.
    fn of_name(name: &str) -> Self {
        let array: ArrayRef = Arc::new(StringArray::from(vec![""]));
        let column = MadeUp::new(&format!("the name {name:?}"), array);
        Self { name: name.to_owned(), column_type: ColumnType::Text, column }
    }

    fn failure(&self, problem: &str) -> Failure {
        Failure {
            column: self.column.name.clone(),
            config: String::new(),
            column_type: self.column_type,
            row: None,
            problem: problem.to_owned(),
            differences: Vec::new(),
        }
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

/// The same values with a null before each, and one at the end.
fn between_nulls(array: &ArrayRef) -> Result<ArrayRef, CallError> {
    let rows = (0_u32..).take(array.len()).flat_map(|row| [None, Some(row)]).chain([None]);
    taken(array, &rows.collect())
}

fn backwards(array: &ArrayRef) -> Result<ArrayRef, CallError> {
    let rows: Vec<u32> = (0..).take(array.len()).collect();
    taken(array, &rows.into_iter().rev().map(Some).collect())
}

fn taken(array: &ArrayRef, rows: &UInt32Array) -> Result<ArrayRef, CallError> {
    arrow_select::take::take(array, rows, None).map_err(|why| CallError::Machine(why.to_string()))
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
