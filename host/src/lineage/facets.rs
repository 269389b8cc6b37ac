//! What is told of a dataset: its columns, and what they are.

use std::path::Path;

use serde_json::{Value, json};

use super::PRODUCER;
use crate::batch::is_name;
use crate::phi::Label;
use crate::report::Report;
use crate::tally::{ColumnTally, Tally};

/// Where the specification of OpenLineage lies.
pub(super) const SPEC: &str = "https://openlineage.io/spec";

pub(super) fn input_facets(report: &Report) -> Value {
    let fields = named(&report.columns).map(|(name, _)| json!({ "name": name })).collect::<Vec<_>>();
    let tags = named(&report.columns).flat_map(|(name, column)| tags(name, column.carried.was)).collect::<Vec<_>>();
    json!({
        "schema": schema(&fields),
        "tags": facet("facets/1-0-0/TagsDatasetFacet.json", "TagsDatasetFacet", json!({ "tags": tags })),
    })
}

/// The columns whose names are sure to be names.
pub(super) fn named(columns: &Tally) -> impl Iterator<Item = (&str, &ColumnTally)> {
    columns.columns().filter(|(name, _)| is_name(name))
}

pub(super) fn dataset(path: &Path, facets: Option<Value>) -> Value {
    let facets = facets.unwrap_or_else(|| json!({}));
    json!({ "namespace": "file", "name": path.display().to_string(), "facets": facets })
}

pub(super) fn schema(fields: &[Value]) -> Value {
    facet("facets/1-2-0/SchemaDatasetFacet.json", "SchemaDatasetFacet", json!({ "fields": fields }))
}

pub(super) fn tags(field: &str, label: Option<Label>) -> Vec<Value> {
    let tag = |key: &str, value: Value| json!({ "key": key, "value": value, "source": "moretta", "field": field });
    let said = label.map(|label| {
        [tag("moretta.label", json!(label.name())), tag("moretta.sensitivity", json!(label.sensitivity()))]
    });
    said.into_iter().flatten().collect()
}

pub(super) fn transformation(of: &str, subtype: &str, description: Option<&str>, masking: bool) -> Value {
    json!({ "type": of, "subtype": subtype, "description": description.unwrap_or_default(), "masking": masking })
}

pub(super) fn facet(path: &str, definition: &str, mut content: Value) -> Value {
    if let Some(content) = content.as_object_mut() {
        content.insert("_producer".to_owned(), json!(PRODUCER));
        content.insert("_schemaURL".to_owned(), json!(format!("{SPEC}/{path}#/$defs/{definition}")));
    }
    content
}
