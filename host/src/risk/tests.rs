use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{ArrayRef, StringArray};
use proptest::prelude::*;

use super::*;

type Row = (u8, Option<u8>, u8, u8);

fn columns(subject: bool) -> RiskColumns {
    RiskColumns {
        quasi_identifiers: vec!["zip".into(), "year".into()],
        sensitive: vec!["diagnosis".into()],
        subject: subject.then(|| "patient".into()),
    }
}

fn table(rows: &[Row]) -> RecordBatch {
    let text = |of: &dyn Fn(&Row) -> Option<String>| Arc::new(rows.iter().map(of).collect::<StringArray>()) as ArrayRef;
    RecordBatch::try_from_iter_with_nullable([
        ("zip", text(&|row| Some(row.0.to_string())), true),
        ("year", text(&|row| row.1.map(|year| year.to_string())), true),
        ("diagnosis", text(&|row| Some(row.2.to_string())), true),
        ("patient", text(&|row| Some(row.3.to_string())), true),
    ])
    .unwrap()
}

fn risk(rows: &[Row], by_individual: bool) -> Risk {
    let reader = Reader::new(columns(by_individual));
    let mut counting = Counting::new(0);
    for part in rows.chunks(97) {
        let part = table(part);
        counting.add(reader.read(&part, &part).unwrap()).unwrap();
    }
    counting.finish(&reader, |_| Ok(())).unwrap()
}

/// The same by its definitions: for each class the sizes and the values.
fn by_hand(rows: &[Row], by_individual: bool) -> (u64, u64, f64, u64) {
    let mut classes: BTreeMap<(u8, Option<u8>), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        classes.entry((row.0, row.1)).or_default().push(row);
    }
    let size = |rows: &Vec<&Row>| match by_individual {
        true => rows.iter().map(|row| row.3).collect::<BTreeSet<_>>().len(),
        false => rows.len(),
    };
    let smallest = classes.values().map(size).min().unwrap_or_default() as u64;
    let unique: usize = classes.values().filter(|rows| size(rows) == 1).map(Vec::len).sum();
    let average: f64 = classes.values().map(|rows| rows.len() as f64 / size(rows) as f64).sum();
    let values = |rows: &Vec<&Row>| rows.iter().map(|row| row.2).collect::<BTreeSet<_>>().len();
    let fewest = classes.values().map(values).min().unwrap_or_default() as u64;
    (smallest, unique as u64, average / rows.len().max(1) as f64, fewest)
}

proptest! {
    #[test]
    fn figures_are_as_they_are_defined(
        rows in proptest::collection::vec((0_u8..6, proptest::option::of(0_u8..5), 0_u8..4, 0_u8..40), 0..400),
        by_individual in any::<bool>(),
    ) {
        let risk = risk(&rows, by_individual);
        let (smallest, unique, average, fewest) = by_hand(&rows, by_individual);
        prop_assert_eq!(risk.rows, rows.len() as u64);
        prop_assert_eq!((risk.smallest_class, risk.unique_rows), (smallest, unique));
        prop_assert_eq!(risk.sensitive["diagnosis"].fewest_values, fewest);
        prop_assert!((risk.average_risk - average).abs() < 1e-9);
        prop_assert_eq!(risk.sizes.iter().map(|sizes| sizes.rows).sum::<u64>(), risk.rows);
        prop_assert_eq!(risk.sizes.iter().map(|sizes| sizes.classes).sum::<u64>(), risk.classes);
    }
}

#[test]
fn one_value_in_a_class_is_disclosed_and_a_table_of_nobody_has_no_risk() {
    let risk_of = |rows: &[Row]| risk(rows, false);
    let told = risk_of(&[(1, None, 7, 0), (1, None, 7, 1), (2, Some(3), 1, 2), (2, Some(3), 2, 3)]);
    let diagnosis = told.sensitive["diagnosis"];
    assert_eq!((diagnosis.fewest_values, diagnosis.disclosed_rows), (1, 2));
    assert_eq!((diagnosis.largest_share, told.smallest_class, told.highest_risk), (1.0, 2, 0.5));
    let nobody = risk_of(&[]);
    assert_eq!((nobody.rows, nobody.smallest_class, nobody.highest_risk, nobody.average_risk), (0, 0, 0.0, 0.0));
    assert_eq!(nobody.sensitive["diagnosis"].fewest_values, 0);
}

#[test]
fn the_visits_of_one_person_hide_nobody() {
    let visits: Vec<Row> = (0..50).map(|visit| (1, Some(2), visit, 9)).collect();
    assert_eq!(risk(&visits, false).smallest_class, 50);
    assert_eq!((risk(&visits, true).smallest_class, risk(&visits, true).unique_rows), (1, 50));
}
