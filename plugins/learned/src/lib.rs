//! Tells columns of what rules and dictionaries miss: names of people that no US dictionary has, cities and streets abroad,
//! organizations, occupations, names of accounts, medications and diagnoses.
//!
//! A small linear model takes each value for something or for nothing, by its characters, its words and how it is written.
//! It judges a value by itself, so that what parts of a batch count is together what the whole counts. How the weights came
//! about is in `training/README.md`.

pub mod features;
mod kind;
mod model;

use moretta_guest::{BatchError, Classifier, Column, Finding, Request, Values};

use features::Features;
use kind::LABELS;
pub use kind::{KINDS, Kind};
pub use model::{BYTES, Weights};

/// The plugin.
#[derive(Debug)]
pub struct Learned;

impl Classifier for Learned {
    fn classify(_: &Request, _: &[String], columns: &[Column]) -> Result<Vec<Finding>, BatchError> {
        let (mut findings, mut features) = (Vec::new(), Features::default());
        for (place, column) in columns.iter().enumerate().filter(|(_, column)| matches!(column.values, Values::Text(_)))
        {
            let (counts, examined) = tally(column, &mut features)?;
            let matched = LABELS.iter().map(|(_, kinds)| kinds.iter().map(|kind| counts[*kind as usize]).sum());
            let found = matched.enumerate().filter(|(_, matched)| *matched > 0);
            findings.extend(found.map(|(label, matched)| Finding {
                column: place as u32,
                label: label as u32,
                matched,
                examined,
            }));
        }
        Ok(findings)
    }
}

/// How many values are taken for what, and how many there are.
fn tally(column: &Column, features: &mut Features) -> Result<([u32; KINDS], u32), BatchError> {
    let (mut counts, mut examined) = ([0; KINDS], 0);
    for value in column.text()?.iter().flatten().filter(|value| !value.trim_ascii().is_empty()) {
        examined += 1;
        counts[Weights::SHIPPED.judge(value, features) as usize] += 1;
    }
    Ok((counts, examined))
}

moretta_guest::classifier!(Learned);

#[cfg(test)]
mod tests;
