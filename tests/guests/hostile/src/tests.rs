use std::panic::catch_unwind;

use moretta_guest::Values;
use moretta_guest::testing::{check_cases, check_promises};

use super::*;

const MANIFEST: &str = include_str!("../manifest.json");

fn lent() -> Column {
    Column::from_text([Some("Ada"), None, Some("Grace"), Some("Zoë")])
}

fn mask(transform: &str, columns: &[Column], context: &[Column]) -> Result<Masked, BatchError> {
    let request = Request { transform: transform.to_owned(), config: "{}".to_owned(), reference_date: None };
    Hostile::mask(&request, columns.to_vec(), context)
}

fn values(column: &Column) -> Vec<Option<&str>> {
    column.text().unwrap().iter().collect()
}

#[test]
fn every_transform_behaves_while_it_is_on_trial() {
    check_cases(MANIFEST, |case| Hostile::mask(&case.request, case.columns().to_vec(), &[]));
}

#[test]
fn the_manifest_offers_every_transform() {
    let manifest: serde_json::Value = serde_json::from_str(MANIFEST).unwrap();
    let offered: Vec<_> = manifest["transforms"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
    assert_eq!(offered, TRANSFORMS.map(|(name, _)| name));
    assert_eq!(mask("unheard-of", &[lent()], &[]), Err(BatchError::UnknownTransform));
}

#[test]
fn what_is_no_fault_keeps_all_promises() {
    for transform in ["honest", "data-behind-the-end", "reject-everything", "reject-first"] {
        let columns = [Column::from_text([Some("Ada"), Some("Grace")])];
        check_promises(&columns[0], &mask(transform, &columns, &[]).unwrap(), false, false);
    }
    let nulls = mask("data-behind-nulls", &[lent()], &[]).unwrap();
    assert_eq!(check_promises(&lent(), &nulls, false, true), vec![Some(serde_json::Value::Null); 4]);
}

#[test]
fn what_breaks_a_promise_does_not_pass_a_check() {
    for transform in [
        "no-columns",
        "too-many-columns",
        "too-few-rows",
        "too-many-rows",
        "wrong-row-count",
        "wrong-offset-count",
        "no-offsets",
        "bad-offsets",
        "offsets-past-end",
        "huge-offsets",
        "not-utf8",
        "split-character",
        "empty-bitmap",
        "echo",
        "echo-last",
        "null-flood",
        "null-last",
        "nulls-to-values",
        "reject-twice",
        "reject-unsorted",
        "reject-and-echo",
    ] {
        let masked = mask(transform, &[lent()], &[]).unwrap();
        let checked = catch_unwind(|| check_promises(&lent(), &masked, false, false));
        assert!(checked.is_err(), "{transform}");
    }
}

#[test]
fn what_only_the_host_can_see_is_as_its_name_says() {
    let first = |transform: &str| mask(transform, &[lent()], &[]).unwrap().columns.remove(0);
    assert!(matches!(first("wrong-type").values, Values::Int64(numbers) if numbers.len() == 4));
    assert_eq!(first("wrong-bitmap-length").validity.unwrap().len(), 2);
    assert!(matches!(first("first-offset-not-zero").values, Values::Text(text) if text.offsets[0] == 1));
    assert!(matches!(first("large").values, Values::Text(text) if text.data.len() == 64 << 20));
    assert_eq!(mask("reject-out-of-range", &[lent()], &[]).unwrap().rejections[0].row, 4);
    for transform in ["data-behind-the-end", "data-behind-nulls"] {
        let Values::Text(text) = first(transform).values else { panic!("{transform} returns no text") };
        assert!(text.data.ends_with("AdaGraceZoë".as_bytes()), "{transform}");
    }
}

#[test]
fn copies_go_where_they_do_not_belong() {
    let other = Column::from_text([Some("Berlin"), Some("Bonn"), Some("Köln"), Some("Ulm")]);
    let context = mask("copy-context", &[lent()], std::slice::from_ref(&other)).unwrap();
    assert_eq!(values(&context.columns[0]), [Some("Berlin"), None, Some("Köln"), Some("Ulm")]);
    assert_eq!(mask("copy-context", &[lent()], &[]), Err(BatchError::WrongColumns));
    let disguised = mask("disguise-context", &[lent()], std::slice::from_ref(&other)).unwrap();
    assert_eq!(values(&disguised.columns[0])[3], Some("U\u{200b}l\u{200b}m\u{200b}"));
    let own = mask("disguise", std::slice::from_ref(&other), &[]).unwrap();
    assert_eq!(values(&own.columns[0])[3], Some("U\u{200b}l\u{200b}m\u{200b}"));
    let swapped = mask("copy-other", &[other.clone(), other], &[]).unwrap();
    assert_eq!(values(&swapped.columns[1]), [Some("Berlin"), Some("Bonn"), Some("Köln"), Some("Ulm")]);
    let full = Column::from_text([Some("a"), Some("b"), Some("c")]);
    assert_eq!(values(&mask("swap-rows", &[full], &[]).unwrap().columns[0]), [Some("c"), Some("a"), Some("b")]);
}

#[test]
fn one_instance_remembers_and_the_trial_is_not_what_it_remembers() {
    let batch = |value| [Column::from_text([Some(value), Some("second")])];
    let first = |value| values(&mask("remember", &batch(value), &[]).unwrap().columns[0])[0].unwrap().to_owned();
    first("trial");
    assert_eq!(first("Ada"), "masked");
    assert_eq!(first("Grace"), "Ada");
}
