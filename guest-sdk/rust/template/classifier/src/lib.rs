//! Finds columns of US social security numbers.

use moretta_guest::{BatchError, Classifier, Column, Finding, Request};

/// The plugin.
#[derive(Debug)]
pub struct Numbers;

/// The index of `us-ssn` among the labels of `manifest.json`.
const US_SSN: u32 = 0;

impl Classifier for Numbers {
    fn classify(_: &Request, _: &[String], columns: &[Column]) -> Result<Vec<Finding>, BatchError> {
        let findings =
            columns.iter().enumerate().filter_map(|(index, column)| find(index as u32, column));
        Ok(findings.collect())
    }
}

/// How many values of a column have the form. Nothing is found in what is no text.
fn find(index: u32, column: &Column) -> Option<Finding> {
    let text = column.text().ok()?;
    let examined = text.iter().flatten().count() as u32;
    let matched = text.iter().flatten().filter(|value| is_number(value)).count() as u32;
    (matched > 0).then_some(Finding { column: index, label: US_SSN, matched, examined })
}

/// Whether a value is nine digits, grouped as `123-45-6789`, of an area that is given out.
fn is_number(value: &str) -> bool {
    let groups: Vec<_> = value.split('-').collect();
    let [area, group, serial] = groups[..] else { return false };
    let digits =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(area, 3)
        && digits(group, 2)
        && digits(serial, 4)
        && !["000", "666"].contains(&area)
        && area < "900"
}

moretta_guest::classifier!(Numbers);

#[cfg(test)]
mod tests {
    use moretta_guest::testing::check_classifier_cases;

    use super::*;

    fn classify(columns: &[Column]) -> Vec<Finding> {
        let request =
            Request { transform: String::new(), config: "{}".to_owned(), reference_date: None };
        let names: Vec<_> = (0..columns.len()).map(|column| format!("column {column}")).collect();
        Numbers::classify(&request, &names, columns).unwrap()
    }

    #[test]
    fn the_golden_cases_come_out() {
        check_classifier_cases(include_str!("../manifest.json"), Numbers::classify);
    }

    #[test]
    fn counts_the_numbers_and_leaves_nulls_out() {
        let numbers = Column::from_text([
            Some("123-45-6789"),
            None,
            Some("000-12-3456"),
            Some("987-65-4321"),
        ]);
        let names = Column::from_text([Some("Ada"), Some("Grace"), None, None]);
        assert_eq!(
            classify(&[names, numbers]),
            [Finding { column: 1, label: US_SSN, matched: 1, examined: 3 }]
        );
    }

    #[test]
    fn a_column_of_no_rows_gives_no_finding() {
        assert!(classify(&[Column::from_text([])]).is_empty());
    }
}
