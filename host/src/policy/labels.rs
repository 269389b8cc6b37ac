//! A file of labels: what each column of an input is, who said so, and what nobody has reviewed yet.
//!
//! In its short form it is a map from columns to labels, all of them declared. In its long form, which `moretta classify`
//! writes and `moretta labels` changes, each column has a label and what became of it:
//!
//! ```yaml
//! version: 1
//! schema: "2c26b46b…"
//! looked: {"rows":10000,"every":false,"classifiers":["identifiers 0.1.0 5d41402abc4b"]}
//! columns:
//!   "pt_dob":
//!     type: "text"
//!     label: birth-date
//!     status: approved
//!     suggested: birth-date
//!     confidence: 0.99
//!     why: "all of 10,000 values are dates; its name is one for a date of birth"
//!     pieces: {"date":26.1,"given-name":13.0}
//!     by: "anna@ward7"
//!     at: "2026-11-22T13:00:00.000Z"
//!     tags: {"regulation":["hipaa"],"retention":"P6Y"}
//! ```

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::read::{Fields, Read};
use super::tags::{self, Tags};
use super::yaml::{self, Node, Tree};
use super::{At, PolicyErrors, PolicyProblem, hex};
use crate::phi::{Densities, Label, Suggestion};

/// What became of a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Suggested by classifiers, and reviewed by nobody.
    #[default]
    Suggested,
    /// Somebody says that it is so.
    Approved,
    /// Somebody says that it is not so.
    Rejected,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Suggested => "suggested",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        })
    }
}

/// One column in a file of labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelledColumn {
    /// The type of its values, as policies call it. In the short form it is not said.
    pub column_type: Option<String>,
    /// What it is, or is said to be. `None`: nothing was found.
    pub label: Option<Label>,
    /// What became of that.
    pub status: Status,
    /// What the classifiers said last.
    pub suggestion: Option<Suggestion>,
    /// What was found in it, where it is text.
    pub pieces: Densities,
    /// Who reviewed it.
    pub by: Option<String>,
    /// When, RFC 3339.
    pub at: Option<String>,
    /// What else is said of it.
    pub tags: Tags,
    /// Where it stands in the text that it was read from.
    pub(super) span: Range<usize>,
}

impl LabelledColumn {
    /// A column as classifiers found it.
    pub fn suggested(column_type: String, suggestion: Option<Suggestion>, pieces: Densities) -> Self {
        let label = suggestion.as_ref().map(|suggestion| suggestion.label);
        let (column_type, status) = (Some(column_type), Status::Suggested);
        Self { column_type, label, status, suggestion, pieces, ..Self::default() }
    }

    /// Whether it looks like something that Safe Harbor removes, and nobody has said whether it is.
    pub fn is_open(&self) -> bool {
        self.status == Status::Suggested && self.label.is_some_and(Label::is_identifying)
    }
}

/// A file of labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// The digest of the columns that it was made for. There is none in the short form.
    pub schema: Option<String>,
    /// What was looked at to suggest them, if classifiers did.
    pub looked: Option<Looked>,
    /// The columns, by name.
    pub columns: BTreeMap<String, LabelledColumn>,
}

/// What classifiers looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// How many rows.
    pub rows: u64,
    /// Whether these were all.
    pub every: bool,
    /// Name, version and digest of each classifier.
    pub classifiers: Vec<String>,
}

/// How a column was reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    /// It is what was suggested.
    Approve,
    /// It is not.
    Reject,
    /// It is this.
    Set(Label),
}

/// Why a column cannot be reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviewProblem {
    /// It is not in the file.
    #[error("is not in the file; run `moretta classify` on what has it")]
    Unknown,
    /// Nothing was suggested.
    #[error("has no label to approve or reject; say what it is with `moretta labels set`")]
    NoLabel,
}

impl Labels {
    /// Reads a file of labels. `file` is its name in messages.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, PolicyErrors> {
        let mut problems = Vec::new();
        let labels = Self::draft(text, &mut problems);
        if problems.is_empty() { Ok(labels) } else { Err(PolicyErrors::new(file, text, problems)) }
    }

    /// Reads a file of labels as far as that goes.
    pub(super) fn draft(text: &str, problems: &mut Vec<PolicyProblem>) -> Self {
        let labels = match yaml::parse_large(text) {
            Ok(root) if is_long(&root) => long(root, problems),
            Ok(root) => short(root, problems),
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        labels.unwrap_or_default()
    }

    /// What is to be reviewed before anything is masked, and where it stands.
    pub fn open(&self) -> impl Iterator<Item = (&str, &LabelledColumn)> {
        self.columns.iter().filter(|(_, column)| column.is_open()).map(|(name, column)| (name.as_str(), column))
    }

    /// Takes over the reviews of an earlier file, but for columns of which the type or what the classifiers say of it has
    /// changed since: these are open again.
    pub fn keep_reviews(&mut self, earlier: &Self) {
        for (name, column) in &mut self.columns {
            let Some(before) = earlier.columns.get(name) else { continue };
            let label = |column: &LabelledColumn| column.suggestion.as_ref().map(|suggestion| suggestion.label);
            column.tags.clone_from(&before.tags);
            let declared = before.column_type.is_none();
            let same = before.column_type == column.column_type && label(before) == label(column);
            if declared || (same && before.status != Status::Suggested) {
                (column.label, column.status) = (before.label, before.status);
                let by_hand = || declared.then(|| "whoever wrote the file that was here".to_owned());
                (column.by, column.at) = (before.by.clone().or_else(by_hand), before.at.clone());
            }
        }
    }

    /// Records what somebody says of a column.
    ///
    /// # Errors
    /// There is no such column, or nothing to approve or reject.
    pub fn review(&mut self, column: &str, review: Review, by: &str, at: &str) -> Result<(), ReviewProblem> {
        let column = self.columns.get_mut(column).ok_or(ReviewProblem::Unknown)?;
        (column.label, column.status) = match (review, column.label) {
            (Review::Set(label), _) => (Some(label), Status::Approved),
            (_, None) => return Err(ReviewProblem::NoLabel),
            (Review::Approve, label) => (label, Status::Approved),
            (Review::Reject, label) => (label, Status::Rejected),
        };
        (column.by, column.at) = (Some(by.to_owned()), Some(at.to_owned()));
        Ok(())
    }

    /// What the columns of an input, with their types, have that nobody looked at. `closed`: there are no others.
    pub fn drift(&self, columns: &[(String, String)], closed: bool) -> Drift {
        let Some(schema) = &self.schema else { return Drift::default() };
        let named = || columns.iter().map(|(name, column_type)| (name.as_str(), column_type.as_str()));
        let is_new = |(name, column_type): &(&str, &str)| {
            self.columns.get(*name).is_none_or(|known| known.column_type.as_deref() != Some(column_type))
        };
        let new = named().filter(is_new).map(|(name, _)| name.to_owned()).collect();
        Drift { new, other: closed && digest(named()) != *schema }
    }
}

/// What differs between the columns of an input and those that were reviewed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Columns that nobody looked at, or that are of another type now.
    pub new: Vec<String>,
    /// Whether these are not the columns that were reviewed.
    pub other: bool,
}

/// The SHA-256 of columns and their types, in hexadecimal, in whatever order they are.
pub fn digest<'a>(columns: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut columns: Vec<_> = columns.collect();
    columns.sort_unstable();
    let mut digest = Sha256::new();
    for part in columns.iter().flat_map(|(name, column_type)| [name, column_type]) {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    hex(&digest.finalize())
}

/// Only the long form has a map under `columns`.
fn is_long(root: &Node) -> bool {
    let Tree::Map(entries) = &root.value else { return false };
    entries.iter().any(|(key, node)| key.value == "columns" && matches!(node.value, Tree::Map(_)))
}

fn short(root: Node, problems: &mut Vec<PolicyProblem>) -> Option<Labels> {
    let entries = Read::new(problems).map("a labels file", root, Read::label)?.value;
    let declared = |(name, label): (At<String>, At<Label>)| {
        let (label, span) = (Some(label.value), label.span);
        let column = LabelledColumn { label, status: Status::Approved, span, ..LabelledColumn::default() };
        (name.value, column)
    };
    Some(Labels { schema: None, looked: None, columns: entries.into_iter().map(declared).collect() })
}

fn long(root: Node, problems: &mut Vec<PolicyProblem>) -> Option<Labels> {
    let mut read = Read::new(problems);
    let mut fields = Fields::open(root, "a labels file", &["version", "schema", "looked", "columns"], &mut read)?;
    let version = fields.required("version", "`version: 1`", Read::count)?;
    let schema = fields.required("schema", "the digest that `moretta classify` writes", Read::text);
    let looked = fields.optional("looked", looked);
    let columns = fields.required("columns", "a map from columns", |read, key, node| read.map(key, node, column))?;
    if version.value != 1 {
        let message = format!("there is no version {} of this format; say `version: 1`", version.value);
        return read.problem(version.span, message);
    }
    let columns = columns.value.into_iter().map(|(name, column)| (name.value, column.value)).collect();
    Some(Labels { schema: Some(schema?.value), looked, columns })
}

fn looked(read: &mut Read<'_>, key: &str, node: Node) -> Option<Looked> {
    let mut fields = Fields::open(node, key, &["rows", "every", "classifiers"], read)?;
    let rows = fields.required("rows", "how many were looked at", Read::count)?;
    let every = fields.optional("every", Read::truth).is_some_and(|every| every.value);
    let classifiers = fields.optional("classifiers", Read::texts).map(|list| list.value).unwrap_or_default();
    Some(Looked { rows: rows.value, every, classifiers: classifiers.into_iter().map(|name| name.value).collect() })
}

const COLUMN: [&str; 10] = ["type", "label", "status", "suggested", "confidence", "why", "pieces", "by", "at", "tags"];

fn column(read: &mut Read<'_>, _: &str, node: Node) -> Option<At<LabelledColumn>> {
    let span = node.span.clone();
    let mut fields = Fields::open(node, "a column", &COLUMN, read)?;
    let column_type = fields.required("type", "the type of its values", Read::text)?;
    let label = fields.optional("label", Read::label);
    let status: At<Status> = fields.required("status", "`suggested`, `approved` or `rejected`", Read::choice)?;
    let suggested = fields.optional("suggested", Read::label);
    let confidence = fields.optional("confidence", Read::share);
    let why = fields.optional("why", Read::text);
    let pieces = fields.optional("pieces", densities).unwrap_or_default();
    let (by, at) = (fields.optional("by", Read::text), fields.optional("at", Read::text));
    let tags = fields.optional("tags", tags::tags).unwrap_or_default();
    if status.value != Status::Suggested && by.is_none() {
        let message = "a reviewed column says who reviewed it, `by`; use `moretta labels`";
        return read.problem(status.span, message.to_owned());
    }
    let (confidence, why) = (confidence.map(|at| at.value), why.map(|at| at.value).unwrap_or_default());
    let suggestion =
        suggested.zip(confidence).map(|(label, confidence)| Suggestion { label: label.value, confidence, why });
    let value = LabelledColumn {
        column_type: Some(column_type.value),
        span: label.as_ref().map_or_else(|| span.clone(), |label| label.span.clone()),
        label: label.map(|label| label.value),
        status: status.value,
        suggestion,
        pieces,
        by: by.map(|by| by.value),
        at: at.map(|at| at.value),
        tags,
    };
    Some(At { value, span })
}

fn densities(read: &mut Read<'_>, key: &str, node: Node) -> Option<Densities> {
    let entries = read.map(key, node, Read::amount)?.value;
    let mut density = |(label, amount): (At<String>, At<f64>)| match label.value.parse() {
        Ok(label) => Some((label, amount.value)),
        Err(_) => read.problem(label.span, format!("a key of `{key}` is no label; run `moretta classify` again")),
    };
    Some(Densities::new(entries.into_iter().filter_map(&mut density)))
}

/// The long form, as it is read.
impl std::fmt::Display for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let schema = self.schema.clone().unwrap_or_default();
        writeln!(f, "# What each column is; review it with `moretta labels approve`, `reject` and `set`.")?;
        writeln!(f, "version: 1\nschema: {}", quoted(&schema))?;
        if let Some(looked) = self.looked.as_ref().and_then(|looked| serde_json::to_string(looked).ok()) {
            writeln!(f, "looked: {looked}")?;
        }
        writeln!(f, "columns:")?;
        for (name, column) in &self.columns {
            let suggestion = column.suggestion.as_ref();
            let fields = [
                ("type", Some(quoted(column.column_type.as_deref().unwrap_or("text")))),
                ("label", column.label.map(|label| label.name().to_owned())),
                ("status", Some(column.status.to_string())),
                ("suggested", suggestion.map(|suggestion| suggestion.label.name().to_owned())),
                ("confidence", suggestion.map(|suggestion| format!("{:.2}", suggestion.confidence))),
                ("why", suggestion.map(|suggestion| quoted(&suggestion.why))),
                ("pieces", (!column.pieces.is_empty()).then(|| json(&column.pieces))),
                ("by", column.by.as_deref().map(quoted)),
                ("at", column.at.as_deref().map(quoted)),
                ("tags", (!column.tags.is_empty()).then(|| column.tags.to_string())),
            ];
            writeln!(f, "  {}:", quoted(name))?;
            for (key, value) in fields {
                value.map_or(Ok(()), |value| writeln!(f, "    {key}: {value}"))?;
            }
        }
        Ok(())
    }
}

fn json(pieces: &Densities) -> String {
    let pieces: Vec<_> = pieces.iter().map(|(label, density)| format!("\"{label}\":{density:.1}")).collect();
    format!("{{{}}}", pieces.join(","))
}

/// As JSON has it, which YAML reads: no name of a column is anything else than text.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str) -> Label {
        name.parse().unwrap()
    }

    fn suggestion(name: &str) -> Option<Suggestion> {
        Some(Suggestion { label: label(name), confidence: 0.97, why: "all of 9 values: \"so\"".to_owned() })
    }

    fn labels(columns: &[(&str, Option<Suggestion>)]) -> Labels {
        let column = |(name, suggestion): &(&str, Option<Suggestion>)| {
            let pieces = Densities::new([(label("date"), 26.06), (label("given-name"), 0.04), (label("mrn"), 7.0)]);
            ((*name).to_owned(), LabelledColumn::suggested("text".to_owned(), suggestion.clone(), pieces))
        };
        let schema = digest(columns.iter().map(|(name, _)| (*name, "text")));
        Labels { schema: Some(schema), looked: None, columns: columns.iter().map(column).collect() }
    }

    fn read(text: &str) -> Labels {
        let mut labels = Labels::parse("l.yaml", text).unwrap();
        labels.columns.values_mut().for_each(|column| column.span = 0..0);
        labels
    }

    fn refusal(text: &str) -> String {
        Labels::parse("l.yaml", text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let mut written =
            labels(&[("ssn", suggestion("us-ssn")), ("no", None), ("odd: \"name\"\t#", suggestion("email"))]);
        written.review("ssn", Review::Approve, "anna@ward", "2026-11-22T13:00:00.000Z").unwrap();
        assert!(written.to_string().contains("pieces: {\"date\":26.1,\"mrn\":7.0}\n"), "{written}");
        assert_eq!(read(&written.to_string()), written);
    }

    #[test]
    fn the_short_form_is_declared_by_whoever_wrote_it() {
        let labels = read("ssn: us-ssn\ncolumns: mrn\n");
        assert_eq!(labels.columns["columns"].label, Some(label("mrn")));
        assert_eq!((labels.open().count(), labels.schema.is_none()), (0, true));
        assert_eq!(labels.drift(&[("x".into(), "text".into())], true), Drift::default());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let file = |column: &str| format!("version: 1\nschema: x\ncolumns:\n  a: {column}\n");
        assert_eq!(
            refusal(&file("{ type: text, label: us-ssn, status: maybe }")),
            "l.yaml:4:43: `status`: unknown variant `maybe`, expected one of `suggested`, `approved`, `rejected`"
        );
        assert!(
            refusal(&file("{ type: text, status: suggested, lable: mrn }"))
                .starts_with("l.yaml:4:39: a column has no key `lable`; did you mean `label`?")
        );
        assert!(
            refusal(&file("{ type: text, label: us-ssn, status: approved }"))
                .starts_with("l.yaml:4:43: a reviewed column says who")
        );
        assert!(
            refusal(&file("{ type: text, status: suggested, suggested: mrn, confidence: 7 }"))
                .starts_with("l.yaml:4:67: `confidence` takes a number from 0 to 1")
        );
        assert!(
            refusal("version: 2\nschema: x\ncolumns: { a: { type: text, status: suggested } }\n")
                .starts_with("l.yaml:1:10: there is no version 2")
        );
        assert!(
            refusal("schema: x\ncolumns: { a: { type: text, status: suggested } }\n").contains("`version` is missing")
        );
    }

    #[test]
    fn only_what_looks_like_an_identifier_waits_for_a_review() {
        let mut labels = labels(&[("a", suggestion("us-ssn")), ("b", suggestion("icd-10-cm")), ("c", None)]);
        assert_eq!(labels.open().map(|(name, _)| name).collect::<Vec<_>>(), ["a"]);
        labels.review("a", Review::Reject, "anna", "now").unwrap();
        assert_eq!(labels.open().count(), 0);
        assert_eq!(labels.review("c", Review::Approve, "anna", "now"), Err(ReviewProblem::NoLabel));
        assert_eq!(labels.review("x", Review::Approve, "anna", "now"), Err(ReviewProblem::Unknown));
        labels.review("c", Review::Set(label("mrn")), "anna", "now").unwrap();
        assert_eq!((labels.columns["c"].label, labels.columns["c"].status), (Some(label("mrn")), Status::Approved));
    }

    #[test]
    fn a_review_stands_until_what_it_was_of_changes() {
        let columns = [("a", suggestion("us-ssn")), ("b", suggestion("email")), ("c", None), ("d", suggestion("npi"))];
        let mut earlier = labels(&columns);
        for column in ["a", "b", "d"] {
            earlier.review(column, Review::Approve, "anna", "then").unwrap();
        }
        let mut now = labels(&[
            ("a", suggestion("us-ssn")),
            ("b", suggestion("phone")),
            ("d", suggestion("npi")),
            ("e", suggestion("url")),
        ]);
        now.columns.get_mut("d").unwrap().column_type = Some("int64".to_owned());
        now.keep_reviews(&earlier);
        assert_eq!(now.columns["a"].by.as_deref(), Some("anna"));
        assert_eq!(now.open().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "d", "e"]);
        assert_eq!(now.columns["b"].label, Some(label("phone")));
    }

    #[test]
    fn what_was_declared_by_hand_stays_and_is_read_again() {
        let mut now = labels(&[("a", suggestion("email")), ("b", suggestion("us-ssn"))]);
        now.keep_reviews(&read("a: mrn\n"));
        assert_eq!((now.columns["a"].label, now.columns["a"].status), (Some(label("mrn")), Status::Approved));
        assert_eq!(read(&now.to_string()), now);
    }

    #[test]
    fn drift_is_columns_that_nobody_looked_at() {
        let labels = labels(&[("a", None), ("b", None)]);
        let columns = |named: &[(&str, &str)]| {
            named.iter().map(|(name, of)| ((*name).to_owned(), (*of).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(labels.drift(&columns(&[("b", "text"), ("a", "text")]), true), Drift::default());
        assert_eq!(labels.drift(&columns(&[("a", "text")]), true), Drift { new: Vec::new(), other: true });
        assert_eq!(labels.drift(&columns(&[("a", "text")]), false), Drift::default());
        let changed = labels.drift(&columns(&[("a", "int64"), ("b", "text"), ("c", "text")]), false);
        assert_eq!(changed, Drift { new: vec!["a".into(), "c".into()], other: false });
    }
}
