use Left::{AgeGroup, DerivedCode, Everything, Length, Near, Nothing, Part, RandomCode, Range, Region, Year};

use super::*;

const ALL: [Left; 11] =
    [Nothing, Length, RandomCode, DerivedCode, Region, Year, AgeGroup, Range, Part, Near, Everything];

fn label(name: &str) -> Label {
    name.parse().unwrap()
}

fn safe_harbor() -> Claim {
    Claim::SafeHarbor { absent: Vec::new() }
}

fn limited() -> Claim {
    Claim::LimitedDataSet { agreement: "DUA".into() }
}

fn expert() -> Claim {
    Claim::ExpertDetermination { method: "m".into(), expires: 0 }
}

fn refused(claim: &Claim, name: Option<&str>, left: Left) -> Option<String> {
    let written = Written { transform: Some("t"), left, is_scrubbed: false, span: 0..1 };
    let column = Column { name: "c", label: name.map(label), is_piece: false, written: None };
    refusal(claim, &column, &written)
}

/// What may be left of columns with these labels; everything else is refused with this paragraph.
#[track_caller]
fn allows(claim: &Claim, labels: &[&str], allowed: &[Left], paragraph: &str) {
    for name in labels {
        for left in ALL {
            match refused(claim, Some(name), left) {
                None => assert!(allowed.contains(&left), "{name} {left:?} is allowed"),
                Some(message) => {
                    assert!(!allowed.contains(&left), "{message}");
                    assert!(message.contains(&format!("45 CFR {paragraph} does not let pass")), "{message}");
                }
            }
        }
    }
}

#[test]
fn safe_harbor_lets_nothing_derived_pass_and_each_refusal_names_its_paragraph() {
    let claim = safe_harbor();
    let codes = [Nothing, RandomCode];
    let of = |letter: char| format!("164.514(b)(2)(i)({letter})");
    for label in Label::all() {
        let Some(letter) = label.safe_harbor().filter(|letter| *letter != 'C') else { continue };
        let allowed = if label.name() == "zip" { vec![Nothing, RandomCode, Region] } else { codes.to_vec() };
        allows(&claim, &[label.name()], &allowed, &of(letter));
    }
    let dates = ["death-date", "admission-date", "discharge-date", "date"];
    allows(&claim, &dates, &[Nothing, RandomCode, Year], &of('C'));
    allows(&claim, &["birth-date", "age"], &[Nothing, RandomCode, AgeGroup], &of('C'));
    allows(&claim, &["free-text"], &[Nothing], "164.514(b)(2)(i)(A) to (R)");
    allows(&claim, &["state", "clinical", "quasi-identifier", "operational", "public"], &ALL, "");
}

#[test]
fn a_limited_data_set_keeps_dates_towns_and_codes_and_no_direct_identifier() {
    let claim = limited();
    let codes = [Nothing, Length, RandomCode, DerivedCode];
    allows(&claim, &["person-name", "given-name", "family-name"], &codes, "164.514(e)(2)(i)");
    allows(&claim, &["address", "street", "county", "coordinates"], &codes, "164.514(e)(2)(ii)");
    allows(&claim, &["us-ssn"], &codes, "164.514(e)(2)(vi)");
    allows(&claim, &["photo"], &codes, "164.514(e)(2)(xvi)");
    allows(&claim, &["free-text"], &[Nothing], "164.514(e)(2)(i) to (xvi)");
    allows(&claim, &["birth-date", "date", "age", "city", "zip", "state", "encounter-id", "clinical"], &ALL, "");
}

#[test]
fn an_experts_determination_is_not_of_who_is_named() {
    let masked: Vec<_> = ALL.into_iter().filter(|left| *left != Everything).collect();
    let direct = ["person-name", "street", "phone", "us-ssn", "mrn", "photo", "free-text"];
    allows(&expert(), &direct, &masked, "164.514(b)(1)");
    allows(&expert(), &["birth-date", "zip", "city", "encounter-id", "clinical"], &ALL, "");
}

#[test]
fn what_nobody_has_named_is_not_written() {
    for claim in [safe_harbor(), limited(), expert()] {
        for left in ALL {
            let refused = refused(&claim, None, left);
            assert_eq!(refused.is_none(), left == Nothing, "{refused:?}");
            assert!(refused.is_none_or(|message| message.contains("nobody has said what column `c` is")));
        }
    }
}

#[test]
fn each_of_the_eighteen_is_a_column_or_declared_absent() {
    let all: Vec<_> = ('A'..='R').collect();
    assert_eq!(safe_harbor::uncovered(&all, &[]), None);
    let missing = safe_harbor::uncovered(&all[2..], &[label("city")]).unwrap();
    assert!(missing.contains("(A) of 45 CFR") && missing.contains("`absent: [A]`"), "{missing}");
    let both = safe_harbor::uncovered(&all, &[label("fax")]).unwrap();
    assert!(both.starts_with("(E) of 45 CFR") && both.contains("take it out of `absent`"), "{both}");
}

#[test]
fn a_dropped_column_needs_nothing() {
    let mut problems = Vec::new();
    let profile = Profile { claim: limited(), span: 0..1 };
    let dropped = Column { name: "c", label: None, is_piece: false, written: None };
    check(&profile, &[dropped], &[], &mut problems);
    assert_eq!(problems, []);
}
