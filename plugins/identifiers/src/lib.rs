//! Tells columns of identifiers by how their values are written: ranges, shapes and check digits. It says how many values
//! of a column look like what; what that is worth is in the manifest, and what to make of it is up to the host.
//!
//! Everything is matched by hand-written scanners that look at a byte a fixed number of times, so no value is slow.

#[expect(missing_docs, reason = "the variants are named by the labels of the manifest")]
mod kind;

pub mod codes;
pub mod dates;
pub mod digits;
mod distinct;
pub mod network;
mod value;
mod words;

use moretta_guest::{BatchError, Classifier, Column, Finding, Request, Values};

use distinct::Distinct;
use kind::KINDS;
pub use kind::{Kind, Kinds};

/// The plugin.
#[derive(Debug)]
pub struct Identifiers;

impl Classifier for Identifiers {
    fn classify(_: &Request, _: &[String], columns: &[Column]) -> Result<Vec<Finding>, BatchError> {
        let mut findings = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            tally(column)?.report(place as u32, &mut findings);
        }
        Ok(findings)
    }
}

/// What a value looks like, blanks at its ends left out.
pub fn look(value: &[u8]) -> Kinds {
    value::look(value.trim_ascii()).0
}

/// How many values of a column look like what.
struct Tally {
    counts: [u32; KINDS],
    examined: u32,
    distinct: Distinct,
}

fn tally(column: &Column) -> Result<Tally, BatchError> {
    let mut tally = Tally { counts: [0; KINDS], examined: 0, distinct: Distinct::new(column.rows as usize) };
    let all = |kind: Kind, tally: &mut Tally| {
        let valid = column.valid();
        tally.examined = (0..column.rows as usize).filter(|row| !valid.is_null(*row)).count() as u32;
        tally.counts[kind as usize] = tally.examined;
    };
    match &column.values {
        Values::Text(_) => column.text()?.iter_bytes().flatten().for_each(|value| tally.add(value)),
        Values::Int64(_) => {
            let mut text = itoa::Buffer::new();
            column.int64()?.iter().flatten().for_each(|number| tally.add(text.format(number).as_bytes()));
        }
        Values::Float64(_) => column.float64()?.iter().flatten().for_each(|number| tally.add_float(number)),
        Values::Date32(_) | Values::Timestamp(_) => all(Kind::Date, &mut tally),
        Values::Boolean(_) => all(Kind::Truth, &mut tally),
        Values::Binary(_) => {}
    }
    Ok(tally)
}

impl Tally {
    #[inline]
    fn add(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        if value.is_empty() {
            return;
        }
        self.examined += 1;
        let (kinds, made) = value::look(value);
        for place in kinds.places() {
            self.counts[place] += 1;
        }
        if self.distinct.goes_on() {
            self.distinct.look(value, kinds.without(value::WEAK).is_empty() && value::is_code(value, made));
        }
    }

    /// A number with places behind the point; how many there are is lost, so a place on earth has more than four.
    fn add_float(&mut self, number: f64) {
        self.examined += 1;
        let (size, rest) = (number.abs(), (number * 1e4).fract());
        let kind = match () {
            () if rest != 0.0 && (1.0..=180.0).contains(&size) => Kind::Coordinate,
            () if number.fract() == 0.0 && size < 1e6 => Kind::WholeNumber,
            () => Kind::Decimal,
        };
        self.counts[kind as usize] += 1;
    }

    fn report(mut self, column: u32, findings: &mut Vec<Finding>) {
        // Ranges that nearly every value lies in are no chance: these are no codes of somebody's own.
        let is_most =
            |kind: Kind, percent| u64::from(self.counts[kind as usize]) * 100 > u64::from(self.examined) * percent;
        let others = [(Kind::BareSsn, 94), (Kind::BarePhone, 88), (Kind::Icd10, 88)];
        if others.into_iter().any(|(kind, percent)| is_most(kind, percent)) {
            self.distinct = Distinct::new(0);
        }
        // What is always of four digits or more counts nothing.
        if self.distinct.length().is_some_and(|length| length >= 4) {
            self.counts[Kind::WholeNumber as usize] = 0;
        }
        let found = |(label, matched): (usize, &u32)| {
            let of = |matched, examined| Finding { column, label: label as u32, matched, examined };
            match self.distinct.counts() {
                (distinct, looked_at) if label == Kind::Code as usize => of(distinct, looked_at),
                _ => of(*matched, self.examined),
            }
        };
        findings.extend(self.counts.iter().enumerate().map(found).filter(|finding| finding.matched > 0));
    }
}

moretta_guest::classifier!(Identifiers);

#[cfg(test)]
mod tests;
