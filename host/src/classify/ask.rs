//! Asking the classifiers.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray};

use super::column::{self, values};
use super::evidence::{Counts, Evidence};
use super::{Classifier, Classifiers, shape};
use crate::batch::{Batch, ColumnType};
use crate::error::{Error, Place};
use crate::leash::Leash;
use crate::manifest::Reads;
use crate::plugin::{ClassifyCall, GuestError, Match};

impl Classifiers {
    /// What the values of a batch speak for; with `shapes`, also how they are written.
    ///
    /// # Errors
    /// A classifier broke the contract or its limits.
    pub(crate) fn observe(&self, batch: &Batch, shapes: bool, leash: &Leash) -> Result<Evidence, Error> {
        let mut evidence = Evidence { rows: batch.rows() as u64, ..Evidence::default() };
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        let schema = batch.columns().schema();
        for (field, array) in schema.fields().iter().zip(batch.columns().columns()) {
            let observed = evidence.columns.entry(field.name().clone()).or_default();
            let Some((array, column_type)) = values(array) else { continue };
            observed.nulls = array.null_count() as u64;
            observed.values = column::present(&array);
            if observed.values > 0 {
                observed.shapes.extend(shapes.then(|| shape::commonest(&array)).flatten().map(|shape| (shape, 1)));
                names.push(field.name().as_str());
                columns.push((array, column_type));
            }
        }
        for (place, classifier) in self.iter().filter(|(_, classifier)| classifier.reads() == Reads::Values) {
            let found = classifier.ask(&names, &columns, &batch.place().row(0), leash)?;
            evidence.add((place, classifier), &names, &columns, &found);
        }
        self.add_rest(&mut evidence, (&names, &columns), &batch.place().row(0), leash)?;
        Ok(evidence)
    }

    /// Adds what those say who are asked about columns that the others leave open.
    fn add_rest(
        &self,
        evidence: &mut Evidence,
        (names, columns): (&[&str], &[(ArrayRef, ColumnType)]),
        place: &Place,
        leash: &Leash,
    ) -> Result<(), Error> {
        let mut asked = self.iter().filter(|(_, classifier)| classifier.reads() == Reads::Rest).peekable();
        if asked.peek().is_none() {
            return Ok(());
        }
        let (names, columns) = self.left_open(evidence, names, columns);
        for (number, classifier) in asked {
            let found = classifier.ask(&names, &columns, place, leash)?;
            evidence.add((number, classifier), &names, &columns, &found);
        }
        Ok(())
    }

    /// Adds what the names of the columns speak for.
    ///
    /// # Errors
    /// A classifier broke the contract or its limits.
    pub(crate) fn add_names(&self, evidence: &mut Evidence, leash: &Leash) -> Result<(), Error> {
        let names: Vec<String> = evidence.columns.keys().cloned().collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        // The contract counts values, so each name has one.
        let one: ArrayRef = Arc::new(StringArray::from(vec![""]));
        let columns = vec![(one, ColumnType::Text); names.len()];
        for (place, classifier) in self.iter().filter(|(_, classifier)| classifier.reads() == Reads::Names) {
            let found = classifier.ask(&names, &columns, &Place::default(), leash)?;
            evidence.add((place, classifier), &names, &columns, &found);
        }
        Ok(())
    }
}

impl Evidence {
    /// Adds what a classifier found in columns. Of a label that it knows and did not find, no value speaks for it.
    fn add(
        &mut self,
        (place, classifier): (usize, &Classifier),
        names: &[&str],
        columns: &[(ArrayRef, ColumnType)],
        found: &[Match],
    ) {
        for (column, (name, (array, _))) in names.iter().zip(columns).enumerate() {
            let Some(observed) = self.columns.get_mut(*name) else { continue };
            let values = column::present(array).max(u64::from(classifier.reads() == Reads::Names));
            for label in 0..classifier.labels.len() {
                let found = found.iter().find(|found| found.column == column && found.label == label);
                let counts = found.map_or(Counts { matched: 0, examined: values }, |found| Counts {
                    matched: found.matched.into(),
                    examined: found.examined.into(),
                });
                observed.add((place, label), counts);
            }
        }
    }
}

impl Classifier {
    fn ask(
        &self,
        names: &[&str],
        columns: &[(ArrayRef, ColumnType)],
        place: &Place,
        leash: &Leash,
    ) -> Result<Vec<Match>, Error> {
        if columns.is_empty() {
            return Ok(Vec::new());
        }
        let error = match self.plugin.classify(&ClassifyCall { names, columns }, leash) {
            Ok(answer) => return Ok(answer.found),
            Err(error) => error,
        };
        let (plugin, fault) = (self.plugin.manifest().name.clone(), error.fault()?);
        Err(Box::new(GuestError { plugin, transform: "classify".to_owned(), place: place.clone(), fault }).into())
    }
}
