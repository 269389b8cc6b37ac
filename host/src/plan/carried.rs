//! What a column of the output is: its label changes with what its mask leaves of the values.
//!
//! A pseudonym of a social security number is no social security number, and still a code of one individual. The new label
//! never lets more pass than the old one did with that mask: what a profile refuses of the old one under the mask, it
//! refuses of the new one as it is.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::batch::LABEL;
use crate::manifest::Left;
use crate::phi::Label;
use crate::policy::Tags;

/// What is known of a column that is written, and of the one that it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Carried {
    /// What the column of the input is.
    #[serde(rename = "label", skip_serializing_if = "Option::is_none")]
    pub was: Option<Label>,
    /// What the column of the output is.
    #[serde(rename = "written_label", skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// What is left of the values.
    pub left: Left,
    /// What else is said of it.
    #[serde(skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// The type of what is written, as policies call it.
    #[serde(skip)]
    pub column_type: String,
    /// The columns that the mask looks at, by name. But for its own they say how values are masked, and are in none of them.
    #[serde(skip)]
    pub beside: Arc<[String]>,
}

impl Carried {
    /// What goes into the metadata of a field: names of labels and words of ours, and never a value.
    pub(crate) fn metadata(&self) -> HashMap<String, String> {
        let left = serde_json::to_value(self.left).ok().and_then(|left| left.as_str().map(str::to_owned));
        let sensitivity = self.label.and_then(|label| serde_json::to_value(label.sensitivity()).ok());
        let entries = [
            (LABEL, self.label.map(|label| label.name().to_owned())),
            ("moretta.sensitivity", sensitivity.and_then(|level| level.as_str().map(str::to_owned))),
            ("moretta.was", self.was.map(|label| label.name().to_owned())),
            ("moretta.left", left.filter(|_| self.label.is_some())),
            ("moretta.tags", (!self.tags.is_empty()).then(|| self.tags.to_string())),
        ];
        entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }

    /// Of two that may be said of one column the one that lets less pass.
    pub(crate) fn stricter<'c>(one: &'c Arc<Self>, other: &'c Arc<Self>) -> &'c Arc<Self> {
        let rank = |carried: &Self| carried.label.map(|label| (!label.is_identifying(), label.sensitivity()));
        // What nobody has labelled stops whoever asks for labels: it is the strictest.
        if rank(other) < rank(one) { other } else { one }
    }
}

/// What a column is when so much of its values is left.
pub(crate) fn label_of(was: Option<Label>, left: Left) -> Option<Label> {
    let is = |kind: &str| was.is_some_and(|label| label.is_named_or_one_of(kind));
    let named = |name: &str| name.parse().ok();
    match left {
        Left::Nothing => named("public"),
        // It may hold anything, and who masks it as a whole sees to nothing in it.
        _ if is("free-text") => was,
        Left::RandomCode => named("random-code"),
        Left::DerivedCode => named("derived-code"),
        // How long something is tells little; but of an identifier it is a characteristic that is left.
        Left::Length if was.is_some_and(Label::is_identifying) => named("derived-code"),
        Left::Year if is("birth-date") => named("birth-year"),
        Left::Year if is("date") => named("quasi-identifier"),
        Left::AgeGroup if is("birth-date") || is("age") => named("quasi-identifier"),
        Left::Region if is("zip") => named("quasi-identifier"),
        // A part of an identifier, or something near to it, is one; of dates see 45 CFR 164.514(b)(2)(i)(C).
        Left::Length
        | Left::Year
        | Left::AgeGroup
        | Left::Region
        | Left::Range
        | Left::Part
        | Left::Near
        | Left::Everything => was,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Claim, Policy};
    use crate::profile::{self, Column, Written};

    const LEFTS: [Left; 11] = [
        Left::Nothing,
        Left::Length,
        Left::RandomCode,
        Left::DerivedCode,
        Left::Region,
        Left::Year,
        Left::AgeGroup,
        Left::Range,
        Left::Part,
        Left::Near,
        Left::Everything,
    ];

    fn label(name: &str) -> Option<Label> {
        Some(name.parse().unwrap())
    }

    fn passes(claim: &str, label: Label, left: Left) -> bool {
        let text = format!("version: 1\nprofile: {claim}\nrules: [{{ columns: [a], keep: true }}]\n");
        let profile = Policy::draft("p", &text).unwrap().profile.unwrap();
        assert!(!matches!(&profile.claim, Claim::SafeHarbor { absent } if !absent.is_empty()));
        let written = Some(Written { transform: None, left, is_scrubbed: false, span: 0..0 });
        let mut problems = Vec::new();
        // Every kind is there, so that none is missed.
        let labelled: Vec<_> = Label::all().collect();
        profile::check(
            &profile,
            &[Column { name: "a", label: Some(label), is_piece: false, written }],
            &labelled,
            &mut problems,
        );
        problems.is_empty()
    }

    #[test]
    fn no_label_lets_more_pass_than_the_one_that_it_takes_the_place_of() {
        let expert = "{ name: expert-determination, method: m, expires: 2099-01-01 }";
        let limited = "{ name: limited-data-set, agreement: a }";
        let of_claim = |claim| Label::all().flat_map(move |was| LEFTS.map(|left| (claim, was, left)));
        for (claim, was, left) in ["safe-harbor", limited, expert].into_iter().flat_map(of_claim) {
            let now = label_of(Some(was), left).unwrap_or_else(|| panic!("{was} loses its label"));
            let passed = passes(claim, was, left);
            assert!(passed || !passes(claim, now, Left::Everything), "{was} under {left:?} is {now} in {claim}");
        }
    }

    #[test]
    fn a_pseudonym_of_an_identifier_is_none_and_what_is_kept_is_what_it_was() {
        assert_eq!(label_of(label("us-ssn"), Left::DerivedCode), label("derived-code"));
        assert_eq!(label_of(label("us-ssn"), Left::RandomCode), label("random-code"));
        assert_eq!(label_of(label("us-ssn"), Left::Nothing), label("public"));
        assert_eq!(label_of(label("us-ssn"), Left::Part), label("us-ssn"));
        assert_eq!(label_of(label("birth-date"), Left::Near), label("birth-date"));
        assert_eq!(label_of(label("birth-date"), Left::Year), label("birth-year"));
        assert_eq!(label_of(label("admission-date"), Left::Year), label("quasi-identifier"));
        assert_eq!(label_of(label("zip"), Left::Region), label("quasi-identifier"));
        assert_eq!(label_of(None, Left::Everything), None);
        assert_eq!(label_of(None, Left::DerivedCode), label("derived-code"));
    }

    #[test]
    fn of_two_labels_the_stricter_counts_and_no_label_is_the_strictest() {
        let carried = |label| {
            let (tags, column_type, beside) = (Tags::default(), String::new(), Arc::from([]));
            Arc::new(Carried { was: label, label, left: Left::Everything, tags, column_type, beside })
        };
        let [none, ssn, gender] = [None, label("us-ssn"), label("gender")].map(carried);
        for (one, other, stricter) in [(&ssn, &gender, &ssn), (&gender, &ssn, &ssn), (&ssn, &none, &none)] {
            assert_eq!(Carried::stricter(one, other), stricter);
        }
    }
}
