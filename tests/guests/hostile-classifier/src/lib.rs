//! A classifier that breaks one promise for each name of a column, for the tests of the host. Columns of other names it
//! looks at honestly, and finds nothing in them.

use std::hint::black_box;

use moretta_guest::{BatchError, Classifier, Column, Finding, Request};

/// The plugin.
#[derive(Debug)]
pub struct HostileClassifier;

impl Classifier for HostileClassifier {
    fn classify(_: &Request, names: &[String], columns: &[Column]) -> Result<Vec<Finding>, BatchError> {
        let mut findings = Vec::new();
        for (column, (name, lent)) in names.iter().zip(columns).enumerate() {
            findings.extend(misbehave(name, column as u32, lent.rows)?);
        }
        Ok(findings)
    }
}

/// What the name of a column asks for.
fn misbehave(name: &str, column: u32, rows: u32) -> Result<Vec<Finding>, BatchError> {
    let found = |column, label, matched, examined| Finding { column, label, matched, examined };
    Ok(match name {
        "refuse" => return Err(BatchError::Internal),
        "trap" => panic!("as asked"),
        "spin" => loop {
            black_box(column);
        },
        "grow" => vec![found(black_box(vec![0_u8; 1 << 30]).len() as u32, 0, 0, 0)],
        "too-many-matched" => vec![found(column, 0, rows, rows - 1)],
        "too-many-examined" => vec![found(column, 0, 1, rows + 1)],
        "largest-numbers" => vec![found(column, 0, u32::MAX, u32::MAX)],
        "no-such-column" => vec![found(u32::MAX, 0, 1, 1)],
        "no-such-label" => vec![found(column, u32::MAX, 1, 1)],
        "twice" => vec![found(column, 0, 1, 1), found(column, 0, 1, 1)],
        "flood" => vec![found(column, 0, 0, 0); 1 << 22],
        _ => Vec::new(),
    })
}

moretta_guest::classifier!(HostileClassifier);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_other_names_hold_nothing() {
        assert_eq!(misbehave("ssn", 0, 3), Ok(Vec::new()));
        assert_eq!(misbehave("refuse", 0, 3), Err(BatchError::Internal));
        assert_eq!(misbehave("twice", 1, 3).unwrap().len(), 2);
    }
}
