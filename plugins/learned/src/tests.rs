use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn judge(value: &str) -> Kind {
    Weights::SHIPPED.judge(value, &mut Features::default())
}

#[test]
fn values_are_told_by_how_they_are_written() {
    for (kind, values) in [
        (Kind::Person, ["Oleksandr Kovalenko", "Guðmundsdóttir, Þórunn", "Nguyễn Thị Hương", "अमित शर्मा", "佐藤 美咲"]),
        (
            Kind::Street,
            ["Via Garibaldi 12", "24 rue de la République", "Lindenstraße 5b", "ul. Kwiatowa 7", "Calle Mayor 3"],
        ),
        (
            Kind::Organization,
            ["Schmitt GmbH", "Kovács Kft.", "Hospital General de Toledo", "Ferrari s.r.l.", "Berg & Sons"],
        ),
        (
            Kind::Occupation,
            [
                "Elektrotechniker",
                "software engineer",
                "Accountant, chartered",
                "Warehouse manager",
                "Ingénieur qualité",
            ],
        ),
        (Kind::Username, ["jkowalski42", "maria.rossi", "anna_svensson", "tnguyen", "Pavel_Novak88"]),
        (
            Kind::Medication,
            ["Empagliflozin 10 mg", "rivaroxaban", "ustekinumab", "Cefuroxime axetil", "bisoprolol 2.5mg"],
        ),
        (
            Kind::Diagnosis,
            [
                "Fracture of left femur",
                "Type 2 diabetes mellitus",
                "Acute pancreatitis",
                "Lupus nephritis",
                "Benign neoplasm of colon",
            ],
        ),
    ] {
        let right = values.iter().filter(|value| judge(value) == kind).count();
        assert!(right >= 4, "{kind:?}: {:?}", values.map(judge));
    }
}

#[test]
fn what_is_nobodys_is_nothing() {
    for value in [
        "in progress",
        "AB-1234",
        "12.5 mg/dL",
        "Connection refused by host",
        "dark blue",
        "v1.2.3",
        "2021-03-04",
        "n/a",
        "order_shipped",
        "Wireless keyboard with number pad",
        "",
        "x",
        "12345",
        "user clicked the button",
        "XL",
        "ICU-2",
    ] {
        assert_eq!(judge(value), Kind::Nothing, "{value}");
    }
}

#[test]
fn nothing_that_is_held_out_was_trained_on() {
    let lists = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/training/lists")).unwrap();
    let text: String = lists.map(|list| std::fs::read_to_string(list.unwrap().path()).unwrap()).collect();
    let of = |line: &str, place: usize| line.split('\t').nth(place).unwrap().to_lowercase();
    let known: BTreeSet<String> = text.lines().map(|line| of(line, 1)).collect();
    let held_out = include_str!("../../../tests/corpus/columns/held-out.tsv");
    assert!(known.len() > 30_000 && held_out.lines().count() > 10_000);
    assert_eq!(held_out.lines().find(|line| known.contains(&of(line, 2))), None);
}

#[test]
fn the_manifest_has_the_labels_in_their_order() {
    let manifest: Value = serde_json::from_str(include_str!("../manifest.json")).unwrap();
    let labels: Vec<_> =
        manifest["labels"].as_array().unwrap().iter().map(|it| it["label"].as_str().unwrap().to_owned()).collect();
    assert_eq!(labels, LABELS.map(|(label, _)| label));
    assert!(
        Weights::SHIPPED.0.len() == BYTES && Kind::ALL.iter().enumerate().all(|(place, kind)| *kind as usize == place)
    );
}

proptest! {
    #[test]
    fn halves_count_together_what_the_whole_counts(
        values in proptest::collection::vec(proptest::option::of("[A-Z][a-zé]{2,8}( [A-Z][a-z]{2,8})?|[a-z0-9 ]{0,9}"), 0..40),
        cut in any::<proptest::sample::Index>(),
    ) {
        let count = |values: &[Option<String>]| {
            let column = Column::from_text(values.iter().map(Option::as_deref));
            tally(&column, &mut Features::default()).unwrap()
        };
        let (one, other) = values.split_at(cut.index(values.len() + 1));
        let ((one, some), (other, more), (whole, all)) = (count(one), count(other), count(&values));
        prop_assert_eq!(some + more, all);
        prop_assert!((0..KINDS).all(|kind| one[kind] + other[kind] == whole[kind]));
    }

    #[test]
    fn never_panics_whatever_comes(value in "\\PC{0,80}|.{0,20}|[A-Za-z0-9 ,.'-]{0,300}") {
        judge(&value);
    }
}
