//! Labels as FHIR has them: codings in `meta.security`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Vocabulary;
use crate::phi::{Label, Sensitivity};

/// The code system of how confidential something is.
pub(super) const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// The code system of, among others, what is sensitive about information.
pub(super) const SENSITIVITY: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

/// The parameters of the operation `$meta-add`: what a whole resource with these elements is labelled as, and beside it
/// each element.
pub(super) fn parameters<'c>(columns: impl Iterator<Item = (&'c str, Label)> + Clone) -> Value {
    let labels = || columns.clone().map(|(_, label)| label);
    let most = labels().map(Label::sensitivity).min().map(confidentiality);
    let codes: BTreeSet<_> = labels().filter_map(|label| Vocabulary::Fhir.name_of(label)).collect();
    let security: Vec<_> = most.into_iter().chain(codes.into_iter().map(|code| coding(SENSITIVITY, code))).collect();
    let meta = json!({ "name": "meta", "valueMeta": { "security": security } });
    let elements = columns.map(|(path, label)| element(path, label));
    json!({ "resourceType": "Parameters", "parameter": std::iter::once(meta).chain(elements).collect::<Vec<_>>() })
}

fn element(path: &str, label: Label) -> Value {
    let code = Vocabulary::Fhir.name_of(label).map(|code| coding(SENSITIVITY, code));
    let codings = std::iter::once(confidentiality(label.sensitivity())).chain(code);
    let security = codings.map(|coding| json!({ "name": "security", "valueCoding": coding }));
    let path = json!({ "name": "path", "valueString": path });
    json!({ "name": "element", "part": std::iter::once(path).chain(security).collect::<Vec<_>>() })
}

fn confidentiality(sensitivity: Sensitivity) -> Value {
    coding(
        CONFIDENTIALITY,
        match sensitivity {
            Sensitivity::Restricted => "R",
            Sensitivity::Confidential => "N",
            Sensitivity::Internal => "L",
            Sensitivity::Public => "U",
        },
    )
}

fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code })
}
