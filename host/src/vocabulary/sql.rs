//! SQL that sets tags on columns.

use std::fmt::Write as _;
use std::str::FromStr;

use super::Vocabulary;
use super::table::QUASI_IDENTIFIERS;
use crate::policy::{LabelledColumn, Tags};

/// The table whose columns are tagged: up to three names, parted by dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table(Vec<String>);

impl FromStr for Table {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<_> = text.split('.').map(str::to_owned).collect();
        if parts.len() > 3 || parts.iter().any(|part| !is_writable(part)) {
            return Err("name a table as TABLE, SCHEMA.TABLE or CATALOG.SCHEMA.TABLE".to_owned());
        }
        Ok(Self(parts))
    }
}

/// Whether a name can stand in a statement, however it is quoted: no line ends there, nor does anything that is read as one.
pub(super) fn is_writable(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && !name.contains(is_line_or_control)
}

/// Also the separators of Unicode, at which some editors and clients begin a new line.
fn is_line_or_control(c: char) -> bool {
    c.is_control() || ['\u{2028}', '\u{2029}', '\u{feff}'].contains(&c)
}

/// One statement for Snowflake. The names are as its documentation has them, in the schema `SNOWFLAKE.CORE`.
pub(super) fn snowflake(table: &Table, column: &str, category: Option<&str>, tags: &Tags) -> String {
    let system = category.into_iter().flat_map(|category| {
        let privacy = match category {
            "SALARY" => "SENSITIVE",
            quasi if QUASI_IDENTIFIERS.contains(&quasi) => "QUASI_IDENTIFIER",
            _ => "IDENTIFIER",
        };
        [
            format!("SNOWFLAKE.CORE.SEMANTIC_CATEGORY = {}", text(category)),
            format!("SNOWFLAKE.CORE.PRIVACY_CATEGORY = {}", text(privacy)),
        ]
    });
    let own = tags.entries().map(|(key, value)| format!("moretta_{key} = {}", text(&value)));
    let set: Vec<_> = system.chain(own).collect();
    let names: Vec<_> = table.0.iter().map(|name| name_in(Vocabulary::Snowflake, name)).collect();
    let column = name_in(Vocabulary::Snowflake, column);
    format!("ALTER TABLE {} MODIFY COLUMN {column} SET TAG {};\n", names.join("."), set.join(", "))
}

/// The tags of our own, which Snowflake has to know before they are set.
pub(super) fn snowflake_tags<'c>(columns: impl Iterator<Item = &'c LabelledColumn>) -> String {
    let keys: std::collections::BTreeSet<_> =
        columns.flat_map(|column| column.tags.entries().map(|(key, _)| key).collect::<Vec<_>>()).collect();
    keys.into_iter().map(|key| format!("CREATE TAG IF NOT EXISTS moretta_{key};\n")).collect()
}

/// One statement for Databricks. Its own tags, `class.…`, have no value.
pub(super) fn databricks(table: &Table, column: &str, class: Option<&str>, tags: &Tags) -> String {
    let class = class.map(text);
    let own = tags.entries().map(|(key, value)| format!("{} = {}", text(&format!("moretta_{key}")), text(&value)));
    let set: Vec<_> = class.into_iter().chain(own).collect();
    let names: Vec<_> = table.0.iter().map(|name| name_in(Vocabulary::Databricks, name)).collect();
    let column = name_in(Vocabulary::Databricks, column);
    format!("ALTER TABLE {} ALTER COLUMN {column} SET TAGS ({});\n", names.join("."), set.join(", "))
}

/// A comment with the name of a column that gets no statement. The name is as in JSON, so that no line ends in it.
pub(super) fn comment(column: &str, why: &str) -> String {
    let mut shown = String::new();
    for c in serde_json::Value::from(column).to_string().chars() {
        match is_line_or_control(c) {
            false => shown.push(c),
            true => drop(write!(shown, "\\u{:04x}", u32::from(c))),
        }
    }
    format!("-- {shown}: {why}\n")
}

/// A name. Snowflake folds a plain one to upper case, as it did when the table was made; another one it takes as it is.
fn name_in(dialect: Vocabulary, name: &str) -> String {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let plain = begins && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match dialect {
        Vocabulary::Snowflake if plain => name.to_owned(),
        Vocabulary::Snowflake => format!("\"{}\"", name.replace('"', "\"\"")),
        _ => format!("`{}`", name.replace('`', "``")),
    }
}

/// A string. A backslash begins an escape in both dialects.
fn text(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_quotes() {
        let table: Table = "main.p\"h`i.t".parse().unwrap();
        let hostile = "a\"; DROP TABLE x; --`";
        let none = Tags::default();
        assert_eq!(
            snowflake(&table, hostile, Some("EMAIL"), &none),
            "ALTER TABLE main.\"p\"\"h`i\".t MODIFY COLUMN \"a\"\"; DROP TABLE x; --`\" SET TAG \
             SNOWFLAKE.CORE.SEMANTIC_CATEGORY = 'EMAIL', SNOWFLAKE.CORE.PRIVACY_CATEGORY = 'IDENTIFIER';\n"
        );
        assert_eq!(
            databricks(&table, hostile, Some("class.email_address"), &none),
            "ALTER TABLE `main`.`p\"h``i`.`t` ALTER COLUMN `a\"; DROP TABLE x; --``` SET TAGS ('class.email_address');\n"
        );
    }

    #[test]
    fn no_line_ends_in_a_name_or_in_a_comment() {
        assert!(["a\nb", "a\u{2028}b", "a\u{85}", "", &"x".repeat(256)].iter().all(|name| !is_writable(name)));
        assert!("a.b.c.d".parse::<Table>().is_err() && "a\n.b".parse::<Table>().is_err());
        let shown = comment("x\nDROP TABLE y\u{2028};\u{7f}", "why");
        assert_eq!(shown, "-- \"x\\nDROP TABLE y\\u2028;\\u007f\": why\n");
    }

    #[test]
    fn a_string_ends_where_it_should() {
        assert_eq!(text("a'b\\"), "'a\\'b\\\\'");
    }
}
