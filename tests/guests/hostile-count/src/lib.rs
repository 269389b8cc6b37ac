//! A classifier that counts wrong, in one way for each name of a column, for the tests of the host.

use moretta_guest::{BatchError, Classifier, Column, Finding, Request};

/// The plugin.
#[derive(Debug)]
pub struct HostileCount;

impl Classifier for HostileCount {
    fn classify(_: &Request, names: &[String], columns: &[Column]) -> Result<Vec<Finding>, BatchError> {
        let columns = names.iter().zip(columns).zip(0..);
        Ok(columns.filter_map(|((name, column), place)| count(name, column, place)).collect())
    }
}

/// Counts the values that are `x`, or wrong where the name says so. What wrong counts are found in is never empty.
fn count(name: &str, values: &Column, column: u32) -> Option<Finding> {
    let rows = values.rows;
    let examined = (0..rows as usize).filter(|row| !values.valid().is_null(*row)).count() as u32;
    let texts = || values.text().into_iter().flat_map(|text| text.iter().collect::<Vec<_>>());
    let honest = texts().flatten().filter(|value| *value == "x").count() as u32;
    let (matched, examined) = match name {
        // Where nulls are, there may be something.
        "x-nulls" => ((rows - examined).min(examined), examined),
        "x-no-rows" if rows == 0 => (0, 0),
        "x-at-most-one" => (honest.min(1), examined),
        "x-first-row" => (u32::from(rows > 0 && !values.valid().is_null(0)), examined),
        "x-too-many" => (examined + 1, examined + 1),
        _ => (honest, examined),
    };
    let is_found = matched > 0 || name == "x-no-rows";
    is_found.then_some(Finding { column, label: 0, matched, examined })
}

moretta_guest::classifier!(HostileCount);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::check_classifier_cases;

    use super::*;

    #[test]
    #[should_panic = "case \"one value too many is counted\""]
    fn counts_as_its_cases_say_until_one_that_does_not_come_out() {
        check_classifier_cases(include_str!("../manifest.json"), HostileCount::classify);
    }
}
