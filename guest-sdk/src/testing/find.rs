//! The golden cases of a text classifier.

use serde_json::Value;

use super::{cells, read_column};
use crate::Span;
use crate::bindings::types::{BatchError, Column};

/// Runs every golden case of a text classifier and compares.
///
/// # Panics
/// At the first case that differs, with its name. This is for tests.
pub fn check_found(manifest: &str, find: impl Fn(&str, Column) -> Result<Vec<Span>, BatchError>) {
    let manifest: Value = serde_json::from_str(manifest).expect("the manifest is JSON");
    for case in manifest["cases"].as_array().expect("the manifest lists cases") {
        let input = read_column(&case["input"]);
        let text: Vec<String> = cells(&input).iter().map(|cell| cell.as_str().unwrap_or_default().to_owned()).collect();
        let mut found = vec![Vec::new(); text.len()];
        for span in find(case["column"].as_str().unwrap_or_default(), input).expect("the batch is not refused") {
            let piece = &text[span.row as usize][span.start as usize..span.end as usize];
            let label = &manifest["labels"][span.label as usize];
            found[span.row as usize].push(serde_json::json!({ "label": label, "text": piece }));
        }
        assert_eq!(Value::from(found), case["found"], "case {}", case["name"]);
    }
}
