//! The policy as it is written: the shape of the file, and what its JSON Schema is made from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::At;
use crate::batch::ColumnType;
use crate::outcome::Fate;
use crate::phi::Label;

/// A map in the order of the text.
pub(super) type Entries<T> = Vec<(At<String>, At<T>)>;

/// What is masked how. Columns that no rule mentions are not written.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Policy", deny_unknown_fields)]
pub(super) struct RawPolicy {
    /// The version of this format.
    #[schemars(required, extend("const" = 1))]
    pub(super) version: Option<At<u64>>,
    /// What the policy is called in reports.
    pub(super) name: Option<At<String>>,
    /// Pseudonyms are equal inside one domain and cannot be linked across. Needed when a rule has a key.
    pub(super) domain: Option<At<String>>,
    /// The only "today" there is, as year-month-day.
    #[schemars(extend("format" = "date"))]
    pub(super) reference_date: Option<At<String>>,
    /// The column that names the individual that a row is about.
    pub(super) subject: Option<RawSubject>,
    /// The legal profile that the output is to have: the plan is held against it.
    pub(super) profile: Option<RawProfile>,
    /// What columns are, by name.
    #[schemars(default, with = "BTreeMap<String, Label>")]
    pub(super) labels: Entries<Label>,
    /// The types of columns, by name: text, or what the file says, unless it is given here.
    #[schemars(default, with = "BTreeMap<String, ColumnType>")]
    pub(super) types: Entries<ColumnType>,
    /// What happens to columns. The first rule that matches a column decides.
    #[schemars(extend("minItems" = 1))]
    pub(super) rules: Vec<At<RawRule>>,
    /// What happens when no rule matches a column.
    pub(super) unmatched: Option<At<Unmatched>>,
    /// Whether every value could be read.
    #[schemars(skip)]
    pub(super) whole: bool,
}

/// The column that names the individual that a row is about.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Subject", untagged)]
pub(super) enum RawSubject {
    /// Its name.
    Named(At<String>),
    /// Its name, and what tells no two individuals apart.
    Normalized(NormalizedSubject),
}

/// A column of which several spellings name one individual.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct NormalizedSubject {
    /// The name of the column.
    pub(super) column: At<String>,
    /// What does not count in its values, for the shifting of dates. Best the same as in the rule that makes pseudonyms
    /// of the column.
    #[schemars(default)]
    pub(super) normalize: Normalization,
}

/// The legal profile that the output is to have.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Profile", untagged)]
pub(super) enum RawProfile {
    /// Its name alone.
    Named(At<ProfileName>),
    /// Its name, and what it takes.
    Detailed(DetailedProfile),
}

/// A legal profile, and what it takes.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct DetailedProfile {
    pub(super) name: At<ProfileName>,
    /// With `safe-harbor`: the letters of 45 CFR 164.514(b)(2)(i) of which there is nothing in the data, as somebody has
    /// looked.
    #[schemars(extend("items" = { "type": "string", "pattern": "^[A-R]$" }, "minItems" = 1))]
    pub(super) absent: Option<At<Vec<At<String>>>>,
    /// With `limited-data-set`: the name of the data use agreement.
    pub(super) agreement: Option<At<String>>,
    /// With `expert-determination`: the name of the document in which the expert says how the risk was determined.
    pub(super) method: Option<At<String>>,
    /// With `expert-determination`: the last day on which it holds, as year-month-day.
    #[schemars(extend("format" = "date"))]
    pub(super) expires: Option<At<String>>,
}

/// A legal profile: 45 CFR 164.514(b)(2), 164.514(e), 164.514(b)(1), or no claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ProfileName {
    SafeHarbor,
    LimitedDataSet,
    ExpertDetermination,
    None,
}

/// What does not count when values are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Normalization {
    /// Blanks at both ends do not count.
    #[schemars(default)]
    pub trim: bool,
    /// ASCII upper and lower case are the same.
    #[schemars(default)]
    pub ascii_case: bool,
    /// Only letters and digits count.
    #[schemars(default)]
    pub separators: bool,
}

/// What happens to some columns.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Rule", deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["mask"] }, { "required": ["scrub"] }, { "required": ["keep"] }, { "required": ["drop"] }
]))]
#[schemars(extend("anyOf" = [{ "required": ["columns"] }, { "required": ["labels"] }]))]
pub(super) struct RawRule {
    /// Names of columns. `*` stands for any run of characters without a dot, `**` for any run.
    #[schemars(extend("minItems" = 1))]
    pub(super) columns: Option<At<Vec<At<String>>>>,
    /// Labels: the rule is for columns that are one of these, too.
    #[schemars(extend("minItems" = 1))]
    pub(super) labels: Option<At<Vec<At<Label>>>>,
    /// The transform that masks the columns, or `plugin/transform`.
    pub(super) mask: Option<At<String>>,
    /// The columns are free text: what is found in it is masked, and the rest stays.
    pub(super) scrub: Option<At<RawScrub>>,
    /// The columns are written as they are.
    #[schemars(extend("const" = true))]
    pub(super) keep: Option<At<bool>>,
    /// The columns are not written.
    #[schemars(extend("const" = true))]
    pub(super) drop: Option<At<bool>>,
    /// How the transform is configured. What is possible stands in the plugin's manifest.
    #[schemars(with = "Option<Map<String, serde_json::Value>>")]
    pub(super) with: Option<At<Entries<serde_json::Value>>>,
    /// The key that is lent to the plugin.
    #[schemars(extend("pattern" = "^[a-z][a-z0-9-]{0,63}$"))]
    pub(super) key: Option<At<String>>,
    /// Further columns that the transform sees and does not mask.
    #[schemars(extend("minItems" = 1))]
    pub(super) context: Option<At<Vec<At<String>>>>,
    /// All columns of the rule are masked in one call.
    pub(super) together: Option<At<bool>>,
    /// A value may stay as it was, where the transform says that it can leave one.
    pub(super) may_keep: Option<At<bool>>,
    /// What happens to a row that the transform cannot handle.
    pub(super) rejected: Option<At<Fate>>,
    /// Whether every value could be read.
    #[schemars(skip)]
    pub(super) whole: bool,
}

impl RawRule {
    /// The keys that it names.
    pub(super) fn keys(&self) -> impl Iterator<Item = &At<String>> {
        let scrub = self.scrub.iter().map(|scrub| &scrub.value);
        let lines = scrub.flat_map(|scrub| scrub.kinds.iter().map(|(_, line)| line).chain(&scrub.otherwise));
        let of_lines = lines.filter_map(|line| match &line.value {
            RawLine::Mask(mask) => mask.key.as_ref(),
            RawLine::Tag(_) => None,
        });
        self.key.iter().chain(of_lines)
    }
}

/// What is found in free text, and what takes its place.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Scrub", deny_unknown_fields)]
pub(super) struct RawScrub {
    /// The plugins that look for pieces. Without this, all that are of the world `text-classifier`.
    #[schemars(extend("minItems" = 1))]
    pub(super) find: Option<At<Vec<At<String>>>>,
    /// Columns whose values are found in the text of their row, whatever the plugins find. Without this, every column
    /// with a label that identifies people, but for free text and ages.
    #[schemars(extend("minItems" = 1))]
    pub(super) known: Option<At<Vec<At<String>>>>,
    /// What takes the place of a piece, by its label. Labels without a line have that of the next broader one that has one.
    #[schemars(default, with = "BTreeMap<String, RawLine>")]
    pub(super) kinds: Entries<RawLine>,
    /// What takes the place of the others, and of what a transform above rejects. Without this: `tag`.
    pub(super) otherwise: Option<At<RawLine>>,
    /// How sure a plugin must be of a piece, 0 to 100. Without this: 50.
    #[schemars(range(max = 100))]
    pub(super) threshold: Option<At<u64>>,
}

/// What takes the place of a piece of free text.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Line", untagged)]
pub(super) enum RawLine {
    /// The name of its label in brackets: `[PHONE]`.
    Tag(Tag),
    /// What a transform makes of it.
    Mask(RawMask),
}

/// The name of a label in brackets.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tag {
    Tag,
}

/// A transform that masks pieces of free text.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct RawMask {
    /// The transform, or `plugin/transform`.
    #[schemars(required)]
    pub(super) mask: Option<At<String>>,
    /// How the transform is configured. What is possible stands in the plugin's manifest.
    #[schemars(with = "Option<Map<String, serde_json::Value>>")]
    pub(super) with: Option<At<Entries<serde_json::Value>>>,
    /// The key that is lent to the plugin.
    #[schemars(extend("pattern" = "^[a-z][a-z0-9-]{0,63}$"))]
    pub(super) key: Option<At<String>>,
    /// A piece may stay as it was, where the transform says that it can leave one.
    pub(super) may_keep: Option<At<bool>>,
}

/// What happens when no rule matches a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unmatched {
    /// The run stops and names the column.
    #[default]
    Deny,
    /// The column is not written.
    Drop,
}
