//! How well columns are told: the Synthea tables, whose truth is written down here from their documentation, and columns
//! of many kinds under names that say nothing or something else. Half of the seeds are held out: nothing was fitted to
//! them, and both halves have to be as good.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use moretta::plugin::{Limits, Registry};
use moretta::store::Trust;
use moretta::survey::{Survey, SurveyRun, survey};
use moretta_tests::kinds::{KINDS, misleading_name, values};

/// Seeds that the classifiers were written with, and ones that were held out.
const SEEN: std::ops::Range<u64> = 0..6;
const HELD_OUT: std::ops::Range<u64> = 100..106;

/// Columns, the labels that are right, the label that was suggested.
#[derive(Default)]
pub(super) struct Score(pub(super) Vec<(String, Vec<&'static str>, Option<String>)>);

impl Score {
    pub(super) fn is_right(right: &[&str], suggested: Option<&str>) -> bool {
        match suggested {
            // Whatever identifies nobody is as good as another.
            Some(label) if right.is_empty() => !label.parse::<moretta::phi::Label>().unwrap().is_identifying(),
            // A name that misleads may say which kind of what it is, where the values cannot.
            Some(label) => {
                right.iter().any(|right| label.parse::<moretta::phi::Label>().unwrap().is_a(right.parse().unwrap()))
            }
            None => right.is_empty(),
        }
    }

    pub(super) fn precision(&self) -> f64 {
        let told = || {
            self.0.iter().filter(|(_, right, label)| {
                label.is_some() && !(right.is_empty() && Self::is_right(right, label.as_deref()))
            })
        };
        let right = told().filter(|(_, right, label)| Self::is_right(right, label.as_deref())).count();
        right as f64 / told().count().max(1) as f64
    }

    pub(super) fn recall(&self) -> f64 {
        let there = || self.0.iter().filter(|(_, right, _)| !right.is_empty());
        let right = there().filter(|(_, right, label)| Self::is_right(right, label.as_deref())).count();
        right as f64 / there().count().max(1) as f64
    }

    /// What was taken for what, how often.
    pub(super) fn confusion(&self) -> String {
        let mut table: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for (column, right, label) in self.0.iter().filter(|(_, right, label)| !Self::is_right(right, label.as_deref()))
        {
            let right = right.first().copied().unwrap_or("identifies nobody");
            table.entry((right, label.as_deref().unwrap_or("nothing"))).or_default().push(column);
        }
        let line = |((right, label), columns): (&(&str, &str), &Vec<&str>)| {
            format!("  {right:18} taken for {label:18} {:3}  {}\n", columns.len(), columns.join(", "))
        };
        let right = self.0.len() - table.values().map(Vec::len).sum::<usize>();
        format!("  {right} of {} columns are right\n{}", self.0.len(), table.iter().map(line).collect::<String>())
    }

    fn check(&self, of: &str) {
        let (precision, recall) = (self.precision(), self.recall());
        println!("{of}: precision {precision:.3}, recall {recall:.3}\n{}", self.confusion());
        assert!(precision >= 0.97 && recall >= 0.99, "{of}: {precision:.3}, {recall:.3}\n{}", self.confusion());
    }
}

pub(super) fn look(input: PathBuf) -> Survey {
    thread_local!(static REGISTRY: Registry = moretta::plugins(Limits::default(), None, None, Trust::Unchecked).unwrap());
    let run = SurveyRun {
        inputs: vec![input],
        input_format: None,
        sample: None,
        shapes: false,
        workers: 2,
        interrupted: Arc::default(),
    };
    REGISTRY.with(|registry| survey(registry, &run).unwrap())
}

pub(super) fn suggested(survey: &Survey, place: usize) -> Option<String> {
    survey.columns[place].suggestion.as_ref().map(|suggestion| suggestion.label.name().to_owned())
}

/// One file for each seed, in which every kind is a column. Columns of unequal length end in blanks.
fn generated(seeds: std::ops::Range<u64>) -> Score {
    let (directory, mut score) = (tempfile::tempdir().unwrap(), Score::default());
    for seed in seeds {
        let columns: Vec<Vec<String>> =
            (0..).zip(KINDS).map(|(place, kind)| values(kind, seed * 1_000 + place)).collect();
        let rows = columns.iter().map(Vec::len).max().unwrap();
        let path = directory.path().join(format!("{seed}.csv"));
        let mut file = csv::Writer::from_path(&path).unwrap();
        // Names of one file differ, so each has its place behind it.
        let names =
            (0..).zip(KINDS).map(|(place, kind)| format!("{}_{place}", misleading_name(kind, seed * 1_000 + place)));
        file.write_record(names).unwrap();
        for row in 0..rows {
            file.write_record(columns.iter().map(|column| column.get(row).map_or("", String::as_str))).unwrap();
        }
        file.flush().unwrap();
        let survey = look(path);
        for (place, kind) in KINDS.iter().enumerate() {
            let name = format!("{} ({} of {seed})", kind.name, survey.columns[place].name);
            score.0.push((name, kind.labels.to_vec(), suggested(&survey, place)));
        }
    }
    score
}

#[test]
fn columns_of_sixty_kinds_are_told_under_misleading_names() {
    assert!(KINDS.len() >= 60);
    generated(SEEN).check("seeds that were seen");
    generated(HELD_OUT).check("seeds that were held out");
}

/// The name of a column, and the labels that are right for it.
type Column = (&'static str, &'static [&'static str]);

/// What the columns of the Synthea tables are, written down from their documentation. Each of several labels is right.
const TRUTH: [(&str, &[Column]); 3] = [
    (
        "patients",
        &[
            ("patient_id", &["other-id", "mrn"]),
            ("mrn", &["mrn"]),
            ("ssn", &["us-ssn"]),
            ("drivers_license", &["drivers-license"]),
            ("passport", &["passport"]),
            ("prefix", &[]),
            ("first_name", &["given-name"]),
            ("middle_name", &["given-name"]),
            ("last_name", &["family-name"]),
            ("maiden_name", &["family-name"]),
            ("birth_date", &["birth-date"]),
            ("death_date", &["death-date"]),
            ("gender", &["quasi-identifier"]),
            ("marital_status", &["quasi-identifier"]),
            ("race", &["quasi-identifier"]),
            ("birth_place", &["city"]),
            ("address", &["street", "address"]),
            ("city", &["city"]),
            ("state", &["state"]),
            ("zip", &["zip"]),
            ("lat", &["coordinates"]),
            ("lon", &["coordinates"]),
            ("phone", &["phone"]),
        ],
    ),
    (
        "encounters",
        &[
            ("encounter_id", &["encounter-id"]),
            ("patient_id", &["other-id", "mrn"]),
            ("start", &["date", "admission-date"]),
            ("stop", &["date", "discharge-date"]),
            ("class", &[]),
            ("type", &[]),
            ("reason", &["clinical"]),
            ("provider", &["other-id"]),
            ("practitioner", &["other-id"]),
        ],
    ),
    (
        "notes",
        &[
            ("document_id", &["encounter-id", "other-id"]),
            ("patient_id", &["other-id", "mrn"]),
            ("date", &["date"]),
            ("note", &["free-text"]),
        ],
    ),
];

#[test]
fn the_synthea_tables_are_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/synthea");
    let mut score = Score::default();
    for (table, columns) in TRUTH {
        let survey = look(folder.join(format!("{table}.csv")));
        assert_eq!(survey.columns.len(), columns.len());
        for (place, (column, right)) in columns.iter().enumerate() {
            assert_eq!(survey.columns[place].name, *column);
            score.0.push((format!("{table}.{column}"), right.to_vec(), suggested(&survey, place)));
        }
    }
    score.check("the Synthea tables");
}

#[test]
fn what_is_seen_does_not_depend_on_workers_and_batches() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/synthea/encounters.csv");
    let of = |workers| {
        let run = SurveyRun {
            inputs: vec![path.clone()],
            input_format: None,
            sample: None,
            shapes: true,
            workers,
            interrupted: Arc::default(),
        };
        let registry = moretta::plugins(Limits::default(), None, None, Trust::Unchecked).unwrap();
        let survey = survey(&registry, &run).unwrap();
        let columns = survey.columns.iter().map(|column| (column.suggestion.clone(), column.shape.clone()));
        (survey.rows, columns.collect::<Vec<_>>())
    };
    assert_eq!(of(1), of(4));
    assert_eq!(of(1).0, fs::read_to_string(&path).unwrap().lines().count() as u64 - 1);
}
