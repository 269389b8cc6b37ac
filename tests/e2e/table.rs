//! Tables as the tests look at them, and the corpus they come from.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use chrono::NaiveDate;

/// Rows of text under a header.
#[derive(Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn of_csv(bytes: &[u8]) -> Self {
        let mut reader = csv::Reader::from_reader(bytes);
        let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let header = texts(reader.headers().unwrap());
        Self { header, rows: reader.records().map(|record| texts(&record.unwrap())).collect() }
    }

    pub(crate) fn has(&self, column: &str) -> bool {
        self.header.iter().any(|name| name == column)
    }

    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        let place = self.header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"));
        self.rows.iter().map(|row| row[place].as_str()).collect()
    }

    /// The different values of a column, without the empty one.
    pub(crate) fn set(&self, name: &str) -> BTreeSet<&str> {
        self.column(name).into_iter().filter(|value| !value.is_empty()).collect()
    }
}

/// A file of the corpus, by its path there.
pub(crate) fn corpus(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(path)
}

/// The text of a file of the corpus.
pub(crate) fn corpus_text(path: &str) -> String {
    fs::read_to_string(corpus(path)).unwrap()
}

/// Days since 1970-01-01 of a text that begins with year-month-day, and the rest of it.
pub(crate) fn day(text: &str) -> (i64, &str) {
    let (date, rest) = text.split_at(10);
    let date: NaiveDate = date.parse().unwrap();
    (date.signed_duration_since(NaiveDate::default()).num_days(), rest)
}

#[test]
fn counts_days_as_the_calendar_does() {
    assert_eq!(day("1970-01-01"), (0, ""));
    assert_eq!(day("2000-03-01T10:00"), (11_017, "T10:00"));
    assert_eq!(day("1969-12-31").0, -1);
}
