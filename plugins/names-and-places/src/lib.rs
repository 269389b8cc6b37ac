//! Tells columns of names, places and clinical terms by dictionaries: 20,000 given names, 162,000 surnames, 22,000 places.
//!
//! Most given names are surnames as well, and a third of the surnames are places. So a value counts as a surname only
//! where it is no given name, and the host compares how many values are in a dictionary with what is usual.

mod filter;
mod sets;
mod terms;
mod value;

use filter::Name;
use moretta_guest::{BatchError, Classifier, Column, Finding, Request, Values};

/// The plugin.
#[derive(Debug)]
pub struct NamesAndPlaces;

/// What a value can be, in the order of the labels in the manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    /// A given name and a surname.
    pub person: bool,
    /// A given name.
    pub given: bool,
    /// A surname that is no given name.
    pub family: bool,
    /// A city, town or village.
    pub city: bool,
    /// A county.
    pub county: bool,
    /// A street and a number.
    pub street: bool,
    /// The same with a town.
    pub address: bool,
    /// A term of medicine.
    pub clinical: bool,
}

const KINDS: usize = 8;

/// Of so many values it is counted how many are different.
const LOOKED_AT: usize = 512;

/// Of so few different ones among many, no column of names is made: they are choices.
const CHOICES: usize = 12;

impl Classifier for NamesAndPlaces {
    fn classify(_: &Request, _: &[String], columns: &[Column]) -> Result<Vec<Finding>, BatchError> {
        let mut findings = Vec::new();
        for (place, column) in columns.iter().enumerate().filter(|(_, column)| matches!(column.values, Values::Text(_)))
        {
            let (counts, examined) = tally(column)?;
            let found = counts.iter().enumerate().filter(|(_, matched)| **matched > 0);
            findings.extend(found.map(|(label, matched)| Finding {
                column: place as u32,
                label: label as u32,
                matched: *matched,
                examined,
            }));
        }
        Ok(findings)
    }
}

/// What a value can be, blanks at its ends left out.
pub fn look(value: &[u8]) -> Kinds {
    value::look(value.trim_ascii())
}

/// How many values are of which kind, and how many there are.
fn tally(column: &Column) -> Result<([u32; KINDS], u32), BatchError> {
    let (mut counts, mut examined) = ([0; KINDS], 0);
    let mut choices: Vec<u64> = Vec::with_capacity(CHOICES + 1);
    for value in column.text()?.iter_bytes().flatten().map(<[u8]>::trim_ascii).filter(|value| !value.is_empty()) {
        examined += 1;
        if (examined as usize) <= LOOKED_AT && choices.len() <= CHOICES {
            let digest = Name::of(value).0;
            if !choices.contains(&digest) {
                choices.push(digest);
            }
        }
        let kinds = look(value);
        let kinds = [
            kinds.person,
            kinds.given,
            kinds.family,
            kinds.city,
            kinds.county,
            kinds.street,
            kinds.address,
            kinds.clinical,
        ];
        for (count, is) in counts.iter_mut().zip(kinds) {
            *count += u32::from(is);
        }
    }
    if examined >= 100 && choices.len() <= CHOICES {
        (counts[1], counts[2]) = (0, 0);
        // A clinic may have patients of a few towns, and then nearly every value is one.
        if counts[3] * 20 < examined * 19 {
            counts[3] = 0;
        }
    }
    Ok((counts, examined))
}

moretta_guest::classifier!(NamesAndPlaces);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const LABELS: [&str; KINDS] =
        ["person-name", "given-name", "family-name", "city", "county", "street", "address", "clinical"];

    fn is(value: &str, kind: impl Fn(Kinds) -> bool) -> bool {
        kind(look(value.as_bytes()))
    }

    #[test]
    fn values_are_told_by_their_words() {
        for person in [
            "Anna Smith",
            "Smith, Anna",
            "Dr. James B. Johnson, MD",
            "MARY O'BRIEN",
            "Robert Lee Jones Jr.",
            "J. Smith",
            "Maria Garcia-Lopez",
        ] {
            assert!(is(person, |kinds| kinds.person), "{person}");
        }
        for street in [
            "2099 McDermott Pathway",
            "7918 Haag View Apt 120",
            "1 Main St.",
            "PO Box 12",
            "350 5th Ave",
            "12B Elm Street",
        ] {
            assert!(is(street, |kinds| kinds.street), "{street}");
        }
        for address in ["12 Main St, Boston, MA 02139", "1 Elm Road Apt 3, Springfield IL"] {
            assert!(is(address, |kinds| kinds.address && !kinds.street), "{address}");
        }
        for city in ["Boston", "San Diego", "NEW YORK", "Boston, MA"] {
            assert!(is(city, |kinds| kinds.city), "{city}");
        }
        for term in
            ["Essential hypertension (disorder)", "Acute bronchitis", "Metformin 500 MG Oral Tablet", "Appendectomy"]
        {
            assert!(is(term, |kinds| kinds.clinical && !kinds.person && !kinds.street), "{term}");
        }
        assert!(is("Middlesex County", |kinds| kinds.county));
        assert!(is("Anna", |kinds| kinds.given && !kinds.family) && is("Smith-Jones", |kinds| kinds.family));
        for other in ["", "x", "12345", "the quick brown", "12 of 13", "a@b.org", "A1-B2"] {
            assert!(is(other, |kinds| !kinds.person && !kinds.street && !kinds.address && !kinds.county), "{other}");
        }
    }

    #[test]
    fn a_few_choices_are_no_names() {
        let column = |values: &[&str]| Column::from_text((0..300).map(|row| Some(values[row % values.len()])));
        assert_eq!(tally(&column(&["Green", "Brown", "Gray"])).unwrap().0[2], 0);
        let names: Vec<&str> = include_str!("../dictionaries/surnames.txt").lines().step_by(499).collect();
        assert!(tally(&column(&names)).unwrap().0[2] > 280);
    }

    #[test]
    fn the_manifest_has_the_labels_in_their_order() {
        let manifest: Value = serde_json::from_str(include_str!("../manifest.json")).unwrap();
        let labels: Vec<_> =
            manifest["labels"].as_array().unwrap().iter().map(|it| it["label"].as_str().unwrap().to_owned()).collect();
        assert_eq!(labels, LABELS);
    }

    proptest! {
        #[test]
        fn never_panics_whatever_comes(value in "\\PC{0,60}|[0-9]{0,3} ?([A-Za-z.',-]{0,9}[ ,]?){0,14}") {
            look(value.as_bytes());
        }
    }
}
