//! From a file of labels to what another catalogue takes in.

use serde_json::{Value, json};

use super::sql::{self, Table};
use super::{Vocabulary, fhir};
use crate::phi::Label;
use crate::policy::{LabelledColumn, Labels, Status};

/// Labels in the form of another catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// What it takes in: SQL, or JSON.
    pub text: String,
    /// The columns whose labels it has no name for.
    pub nameless: Vec<String>,
    /// How many columns have a label that nobody has reviewed; they stay here.
    pub unreviewed: usize,
}

/// Why nothing can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotExported {
    /// SQL is of a table.
    #[error("name the table whose columns are tagged: --table CATALOG.SCHEMA.TABLE")]
    NoTable,
    /// Nothing is approved.
    #[error("no column has a label that somebody approved; review them with `moretta labels approve`")]
    Nothing,
}

/// Gives the labels that somebody declared or approved to another catalogue.
///
/// # Errors
/// There are none, or it is not said of which table they are.
pub fn export(labels: &Labels, to: Vocabulary, table: Option<&Table>) -> Result<Exported, NotExported> {
    let approved: Vec<_> = labels.columns.iter().filter_map(approved).collect();
    if approved.is_empty() {
        return Err(NotExported::Nothing);
    }
    let text = match to {
        Vocabulary::Snowflake => {
            let columns = approved.iter().map(|column| column.said);
            sql::snowflake_tags(columns) + &statements(&approved, to, table, sql::snowflake)?
        }
        Vocabulary::Databricks => statements(&approved, to, table, sql::databricks)?,
        Vocabulary::GoogleSdp => pretty(&template(&approved)),
        Vocabulary::Fhir => pretty(&fhir::parameters(approved.iter().map(|column| (column.name, column.label)))),
    };
    let nameless = approved.iter().filter(|column| to.name_of(column.label).is_none());
    let unreviewed = |column: &&LabelledColumn| column.label.is_some() && column.status == Status::Suggested;
    Ok(Exported {
        text,
        nameless: nameless.map(|column| column.name.to_owned()).collect(),
        unreviewed: labels.columns.values().filter(unreviewed).count(),
    })
}

struct Column<'l> {
    name: &'l str,
    label: Label,
    said: &'l LabelledColumn,
}

fn approved<'l>((name, said): (&'l String, &'l LabelledColumn)) -> Option<Column<'l>> {
    let label = said.label.filter(|_| said.status == Status::Approved)?;
    Some(Column { name, label, said })
}

/// Writes one statement.
type Statement = fn(&Table, &str, Option<&str>, &crate::policy::Tags) -> String;

fn statements(
    columns: &[Column<'_>],
    to: Vocabulary,
    table: Option<&Table>,
    statement: Statement,
) -> Result<String, NotExported> {
    let table = table.ok_or(NotExported::NoTable)?;
    let one = |column: &Column<'_>| {
        let (name, label) = (to.name_of(column.label), column.label);
        if !sql::is_writable(column.name) {
            return sql::comment(column.name, "left out: no statement can hold this name");
        }
        let tags = &column.said.tags;
        let none = name.is_none().then(|| sql::comment(column.name, &format!("{} has no name for {label}", to.name())));
        let set = (name.is_some() || !tags.is_empty()).then(|| statement(table, column.name, name, tags));
        none.into_iter().chain(set).collect()
    };
    Ok(columns.iter().map(one).collect())
}

/// A template for de-identification: what Google Sensitive Data Protection replaces in which column, by its infoType.
fn template(columns: &[Column<'_>]) -> Value {
    let transformation = |column: &Column<'_>| {
        let name = Vocabulary::GoogleSdp.name_of(column.label)?;
        let replaced = json!({
            "infoTypes": [{ "name": name }],
            "primitiveTransformation": { "replaceWithInfoTypeConfig": {} },
        });
        Some(json!({
            "fields": [{ "name": column.name }],
            "infoTypeTransformations": { "transformations": [replaced] },
        }))
    };
    let fields: Vec<_> = columns.iter().filter_map(transformation).collect();
    json!({ "deidentifyTemplate": {
        "displayName": "moretta",
        "deidentifyConfig": { "recordTransformations": { "fieldTransformations": fields } },
    } })
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
