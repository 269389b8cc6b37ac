//! The golden cases of a classifier.

use std::collections::BTreeMap;

use serde_json::Value;

use super::read_column;
use crate::bindings::types::{BatchError, Column, Finding, Request};

/// Runs every golden case of a classifier's manifest and compares.
///
/// # Panics
/// At the first case that differs, with its name; and if the manifest is not as `wit/README.md` says. This is for tests.
pub fn check_classifier_cases(
    manifest: &str,
    classify: impl Fn(&Request, &[String], &[Column]) -> Result<Vec<Finding>, BatchError>,
) {
    let manifest: Value = serde_json::from_str(manifest).expect("the manifest is JSON");
    let labels: Vec<_> = manifest["labels"].as_array().expect("the manifest lists labels").iter().map(label).collect();
    let request = Request { transform: "classify".to_owned(), config: "{}".to_owned(), reference_date: None };
    for case in manifest["cases"].as_array().expect("the manifest lists cases") {
        let name = case["column"].as_str().unwrap_or_default().to_owned();
        let found = classify(&request, &[name], &[read_column(&case["input"])]);
        let found = found.unwrap_or_else(|error| panic!("case {}: {error:?}", case["name"]));
        let mut matched: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in found.iter().filter(|finding| finding.matched > 0) {
            let most = matched.entry(labels[finding.label as usize]).or_default();
            *most = u64::from(finding.matched).max(*most);
        }
        let says = case["matched"].as_object().expect("a case says what matched").iter();
        let says = says.map(|(label, count)| (label.as_str(), count.as_u64().expect("a count")));
        assert_eq!(matched, says.filter(|(_, count)| *count > 0).collect(), "case {}", case["name"]);
    }
}

/// A label is written alone or with what finding it is worth.
fn label(label: &Value) -> &str {
    label.as_str().or(label["label"].as_str()).expect("a label has a name")
}
