//! From what another catalogue says of columns to labels.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Vocabulary, fhir};
use crate::phi::Label;
use crate::policy::yaml::{self, Node, Tree};
use crate::policy::{PolicyErrors, PolicyProblem};

/// What another catalogue calls one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name for what the column is.
    pub name: String,
    /// The label that is nearest to it.
    pub label: Label,
}

/// What another catalogue says.
#[derive(Clone, Debug)]
pub struct Imported {
    /// By the names of the columns.
    pub columns: BTreeMap<String, Named>,
    /// The names that no label is near to, with their places.
    pub unknown: PolicyErrors,
}

/// Reads what a catalogue says of columns, as JSON. `file` is its name in messages.
///
/// - `google-sdp`: column data profiles, findings with the place in a record, or a template as `export` writes it.
/// - `snowflake`: what `SYSTEM$CLASSIFY` returns.
/// - `databricks`: rows of `information_schema.column_tags`, with `column_name` and `tag_name`.
/// - `fhir`: the parameters that `export` writes, an `element` each.
///
/// Where it says several things of a column, what it says most often counts; of these the first.
///
/// # Errors
/// It is no JSON, or says nothing of any column.
pub fn import(from: Vocabulary, file: &str, text: &str) -> Result<Imported, PolicyErrors> {
    let refused = |problem| PolicyErrors::new(file, text, vec![problem]);
    let root = yaml::parse_large(text).map_err(refused)?;
    let mut said = Vec::new();
    walk(&root, &mut |node| said.extend(of_columns(from, node)));
    if said.is_empty() {
        let message =
            format!("there is nothing here that {} says of a column; see `moretta labels --help`", from.name());
        return Err(refused(PolicyProblem { message, span: None }));
    }
    let (mut problems, mut counted) = (Vec::new(), BTreeMap::<String, Vec<(Named, usize)>>::new());
    for Said { column, name, span } in said {
        let Some(label) = from.nearest(&name) else {
            problems.push(PolicyProblem { message: unknown(from, &name), span: Some(span) });
            continue;
        };
        let named = counted.entry(column).or_default();
        match named.iter_mut().find(|(named, _)| named.name == name) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => named.push((Named { name, label }, 1)),
        }
    }
    let most = |named: Vec<(Named, usize)>| named.into_iter().rev().max_by_key(|(_, times)| *times);
    let columns = counted.into_iter().filter_map(|(column, named)| Some((column, most(named)?.0))).collect();
    Ok(Imported { columns, unknown: PolicyErrors::new(file, text, problems) })
}

/// What looks like no name of a catalogue may be a value of a document that was named by mistake.
fn unknown(from: Vocabulary, name: &str) -> String {
    let is_name =
        (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "_./&-".contains(c));
    match is_name {
        true => format!("no label is near to `{name}` of {}; set one with `moretta labels set`", from.name()),
        false => format!("this is no name of {}", from.name()),
    }
}

/// One thing that is said of a column.
struct Said {
    column: String,
    name: String,
    span: Range<usize>,
}

fn walk(node: &Node, see: &mut impl FnMut(&Node)) {
    see(node);
    match &node.value {
        Tree::List(items) => items.iter().for_each(|item| walk(item, see)),
        Tree::Map(entries) => entries.iter().for_each(|(_, node)| walk(node, see)),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => {}
    }
}

fn of_columns(from: Vocabulary, node: &Node) -> Vec<Said> {
    match from {
        Vocabulary::GoogleSdp => google(node),
        Vocabulary::Snowflake => snowflake(node),
        Vocabulary::Databricks => tagged(node).into_iter().collect(),
        Vocabulary::Fhir => element(node),
    }
}

fn google(node: &Node) -> Vec<Said> {
    let profile = || said(at(node, &["column"])?, at(node, &["columnInfoType", "infoType", "name"])?);
    let name = at(node, &["infoType", "name"]);
    let places = at(node, &["location", "contentLocations"]).into_iter().flat_map(items);
    let fields = places.filter_map(|place| at(place, &["recordLocation", "fieldId", "name"]));
    let findings = name.into_iter().flat_map(|name| fields.clone().filter_map(move |field| said(field, name)));
    let transformations = at(node, &["infoTypeTransformations", "transformations"]).into_iter().flat_map(items);
    let types = transformations.filter_map(|one| at(one, &["infoTypes"])).flat_map(items);
    let names: Vec<_> = types.filter_map(|one| at(one, &["name"])).collect();
    let fields = at(node, &["fields"]).into_iter().flat_map(items).filter_map(|field| at(field, &["name"]));
    let template = fields.flat_map(|field| names.iter().filter_map(move |name| said(field, name)));
    profile().into_iter().chain(findings).chain(template).collect()
}

/// Its own category says less than that of the country, which stands in the details.
fn snowflake(node: &Node) -> Vec<Said> {
    let Some(Node { value: Tree::Map(columns), .. }) = at(node, &["classification_result"]) else { return Vec::new() };
    let one = |(column, result): &(crate::policy::At<String>, Node)| {
        let details = at(result, &["recommendation", "details"]).into_iter().flat_map(items);
        let mut finer = details.filter_map(|detail| at(detail, &["semantic_category"]));
        let known = |name: &&Node| text(name).is_some_and(|name| Vocabulary::Snowflake.nearest(name).is_some());
        let name = finer.find(known).or_else(|| at(result, &["recommendation", "semantic_category"]))?;
        Some(Said { column: column.value.clone(), name: text(name)?.to_owned(), span: name.span.clone() })
    };
    columns.iter().filter_map(one).collect()
}

/// Other tags are somebody's own, and no concern of ours.
fn tagged(node: &Node) -> Option<Said> {
    let name = at(node, &["tag_name"])?;
    text(name).filter(|name| name.starts_with("class."))?;
    said(at(node, &["column_name"])?, name)
}

fn element(node: &Node) -> Vec<Said> {
    let parts = || at(node, &["part"]).into_iter().flat_map(items);
    let Some(path) = parts().find_map(|part| at(part, &["valueString"])) else { return Vec::new() };
    let codings = parts().filter_map(|part| at(part, &["valueCoding"]));
    let of_kind = |coding: &&Node| at(coding, &["system"]).and_then(text) == Some(fhir::SENSITIVITY);
    codings.filter(of_kind).filter_map(|coding| said(path, at(coding, &["code"])?)).collect()
}

fn said(column: &Node, name: &Node) -> Option<Said> {
    Some(Said { column: text(column)?.to_owned(), name: text(name)?.to_owned(), span: name.span.clone() })
}

fn at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| match &node.value {
        Tree::Map(entries) => entries.iter().find(|(name, _)| name.value == *key).map(|(_, node)| node),
        _ => None,
    })
}

fn items(node: &Node) -> impl Iterator<Item = &Node> + Clone {
    match &node.value {
        Tree::List(items) => items.iter(),
        _ => [].iter(),
    }
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Tree::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Labels;
    use crate::vocabulary::export;

    fn read(from: Vocabulary, text: &str) -> Vec<(String, &'static str)> {
        let columns = import(from, "f.json", text).unwrap().columns;
        columns.into_iter().map(|(column, named)| (column, named.label.name())).collect()
    }

    fn expected(columns: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
        columns.iter().map(|(column, label)| ((*column).to_owned(), *label)).collect()
    }

    #[test]
    fn what_each_catalogue_says_is_read() {
        let profiles = r#"{"columnDataProfiles": [{"column": "a", "columnInfoType": {"infoType": {"name": "PERSON_NAME"}}}],
            "findings": [{"infoType": {"name": "AGE"}, "location": {"contentLocations": [{"recordLocation": {"fieldId": {"name": "b"}}}]}}]}"#;
        assert_eq!(read(Vocabulary::GoogleSdp, profiles), expected(&[("a", "person-name"), ("b", "age")]));
        let classified = r#"{"classification_result": {"SSN": {"recommendation": {"semantic_category": "NATIONAL_IDENTIFIER",
            "details": [{"semantic_category": "US_SSN", "coverage": 1.0}]}}, "N": {"alternates": []}}}"#;
        assert_eq!(read(Vocabulary::Snowflake, classified), expected(&[("SSN", "us-ssn")]));
        let tags = r#"[{"column_name": "c", "tag_name": "class.vin", "tag_value": ""}, {"column_name": "c", "tag_name": "team"}]"#;
        assert_eq!(read(Vocabulary::Databricks, tags), expected(&[("c", "vin")]));
    }

    #[test]
    fn what_is_exported_as_json_is_read_again() {
        let labels =
            Labels::parse("l.yaml", "\"name[].family\": family-name\n\"<b>\": us-ssn\nhiv: hiv-status\n").unwrap();
        let google = export(&labels, Vocabulary::GoogleSdp, None).unwrap();
        let all = [("<b>", "us-ssn"), ("hiv", "clinical"), ("name[].family", "family-name")];
        assert_eq!(read(Vocabulary::GoogleSdp, &google.text), expected(&all));
        let fhir = export(&labels, Vocabulary::Fhir, None).unwrap();
        let all = [("<b>", "other-id"), ("hiv", "hiv-status"), ("name[].family", "other-id")];
        assert_eq!(read(Vocabulary::Fhir, &fhir.text), expected(&all));
    }

    #[test]
    fn a_name_that_is_not_known_is_told_with_its_place_and_a_value_is_not_quoted() {
        let file = "[{\"column_name\": \"c\",\n  \"tag_name\": \"class.shoe_size\"},\n {\"column_name\": \"d\", \"tag_name\": \"class.Jane Doe\"}]";
        let imported = import(Vocabulary::Databricks, "t.json", file).unwrap();
        assert!(imported.columns.is_empty());
        let told = imported.unknown.to_string();
        assert!(told.starts_with("t.json:2:15: no label is near to `class.shoe_size` of databricks"), "{told}");
        assert!(told.contains("t.json:3:") && !told.contains("Jane"), "{told}");
    }

    #[test]
    fn what_is_said_most_often_counts_and_a_file_of_something_else_is_refused() {
        let tag = |name: &str| format!(r#"{{"column_name": "c", "tag_name": "class.{name}"}}"#);
        let tags = format!("[{}, {}, {}]", tag("age"), tag("vin"), tag("vin"));
        assert_eq!(read(Vocabulary::Databricks, &tags), expected(&[("c", "vin")]));
        let refused = import(Vocabulary::Databricks, "t.json", "{\"ssn\": \"123-45-6789\"}").unwrap_err().to_string();
        assert!(refused.contains("nothing here that databricks says") && !refused.contains("123"), "{refused}");
    }
}
