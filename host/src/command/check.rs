//! `moretta check`.

use std::path::Path;
use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};
use comfy_table::Table;
use comfy_table::presets;

use super::show::printable;
use super::{plugin, print, read_labels, read_policy};
use crate::batch::{ColumnType, is_name};
use crate::cli::CheckArguments;
use crate::error::Error;
use crate::host::Host;
use crate::manifest::Ask;
use crate::plan::{Action, Call, Plan, Scrub, Substitute};
use crate::policy::{Drift, RuleAction};
use crate::run::columns_of;
use crate::source::Format;
use crate::survey;

/// Compiles the policy and prints the plan.
pub(super) fn run(arguments: &CheckArguments) -> Result<(), Error> {
    let policy = read_policy(&arguments.policy, arguments.labels.as_deref())?;
    let builder = Host::builder(policy).trust(plugin::trust(arguments.trust_root.as_deref())?);
    let host = match &arguments.plugins {
        None => builder.build()?,
        Some(directory) => builder.build_with_plugins_in(directory)?,
    };
    if let (Some(input), Some(labels)) = (&arguments.input, &arguments.labels) {
        check_drift(input, labels, arguments.input_format)?;
    }
    let schema = match &arguments.input {
        Some(input) => columns_of(&host, input, arguments.input_format)?,
        None => named_columns(&host),
    };
    let plan = host.plan(&schema)?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&plan);
        return print(&format!("{}\n", json.map_err(|_| Error::Internal("the plan is no JSON"))?));
    }
    print(&printable(&table(&plan)))
}

/// The columns are those that were reviewed.
fn check_drift(input: &Path, labels: &Path, format: Option<Format>) -> Result<(), Error> {
    let (columns, closed) = survey::columns_of(input, format)?;
    let Drift { new, other } = read_labels(labels)?.drift(&columns, closed);
    let (input, labels) = (input.display(), labels.display());
    let what = match new.as_slice() {
        [] if !other => return Ok(()),
        [] => format!("{input} has not all the columns that {labels} was made for"),
        names if names.iter().all(|name| is_name(name)) => {
            format!("{labels} was made before {input} had these columns, in these types: {}", names.join(", "))
        }
        names => format!("{labels} was made before {input} had {} of its columns, in their types", names.len()),
    };
    Err(Error::Usage(format!("{what}; run `moretta classify {input} --out {labels}` and review what is new")))
}

/// The columns that the policy names itself, in the types that it gives them.
fn named_columns(host: &Host) -> SchemaRef {
    let policy = host.snapshot().policy();
    let rules = policy.rules.iter().flat_map(|rule| &rule.columns).filter_map(|column| column.value.literal());
    let named = policy.named_columns().iter().map(|column| column.value.clone());
    let subject = policy.subject.iter().map(|subject| subject.value.clone());
    let known = policy.rules.iter().flat_map(|rule| match &rule.action {
        RuleAction::Scrub(scrub) => scrub.known.as_slice(),
        RuleAction::Mask(_) | RuleAction::Keep | RuleAction::Drop => &[],
    });
    let known = known.map(|column| column.value.clone());
    let mut fields: Vec<Field> = Vec::new();
    for name in rules.chain(named).chain(subject).chain(known) {
        if fields.iter().all(|field| *field.name() != name) {
            let column_type = policy.types.get(&name).copied().unwrap_or(ColumnType::Text);
            fields.push(Field::new(name, column_type.arrow(), true));
        }
    }
    Arc::new(Schema::new(fields))
}

fn table(plan: &Plan) -> String {
    let mut table = Table::new();
    let header = ["COLUMN", "LABEL", "RULE", "ACTION", "PLUGIN", "CAPABILITY", "PROPERTIES"];
    table.load_style(presets::NOTHING).set_header(header);
    for column in &plan.columns {
        let label = column.label.as_ref().map_or("", |finding| finding.label.name());
        let rule = column.rule.map_or_else(|| "none".to_owned(), |line| format!("line {line}"));
        let what = match column.action {
            Action::Mask { call, .. } => masked(plan.calls.get(call)),
            Action::Scrub { scrub } => plan.scrubs.get(scrub).map(|scrub| scrubbed(plan, scrub)).unwrap_or_default(),
            Action::Keep => done("keep"),
            Action::Drop { .. } => done("drop"),
        };
        table.add_row([column.name.clone(), label.to_owned(), rule].into_iter().chain(what));
        if let Action::Scrub { scrub } = column.action {
            for (kind, what) in plan.scrubs.get(scrub).iter().flat_map(|scrub| pieces(plan, scrub)) {
                table.add_row([format!("  {kind}"), String::new(), String::new()].into_iter().chain(what));
            }
        }
    }
    let notes = plan.notes.iter().map(|note| format!("note: {}\n", note.message));
    format!("{table}\n{}", notes.collect::<String>())
}

/// What happens, by which plugin, with what it may use, and what holds of its results.
type What = [String; 4];

fn done(action: &str) -> What {
    [action.to_owned(), String::new(), String::new(), String::new()]
}

fn masked(call: Option<&Call>) -> What {
    let Some(call) = call else { return done("mask") };
    let plugin = plugin_of(&call.plugin, &call.version, &call.digest);
    [call.transform.clone(), plugin, capability(call), properties(call)]
}

/// What finds pieces, and whose values are found.
fn scrubbed(plan: &Plan, scrub: &Scrub) -> What {
    let finders = scrub.find.iter().map(|finder| plugin_of(&finder.plugin, &finder.version, &finder.digest));
    let known = scrub.known.iter().filter_map(|known| plan.columns.get(known.column)).map(|known| known.name.as_str());
    let known = match known.collect::<Vec<_>>().join(", ").as_str() {
        "" => "knows nothing of the row".to_owned(),
        columns => format!("knows {columns}"),
    };
    ["scrub".to_owned(), finders.collect::<Vec<_>>().join(", "), "nothing".to_owned(), known]
}

/// What takes the place of pieces, by kind.
fn pieces(plan: &Plan, scrub: &Scrub) -> Vec<(String, What)> {
    let what = |by: &Substitute| match by {
        Substitute::Tag => done("tag"),
        Substitute::Call(call) => masked(plan.calls.get(*call)),
    };
    let kinds = scrub.kinds.iter().map(|(label, by)| (label.name().to_owned(), what(by)));
    kinds.chain([("otherwise".to_owned(), what(&scrub.otherwise))]).collect()
}

fn plugin_of(name: &str, version: &str, digest: &str) -> String {
    format!("{name} {version} {}", digest.get(..12).unwrap_or(digest))
}

/// What the plugin may use beside the column.
fn capability(call: &Call) -> String {
    match (&call.key, call.world.ask()) {
        (Some(key), _) => format!("{} key `{}`", key.purpose, key.name),
        (None, Some(Ask::Randomness)) => "randomness".to_owned(),
        (None, _) => "nothing".to_owned(),
    }
}

fn properties(call: &Call) -> String {
    let declared = &call.properties;
    let all = [
        (declared.deterministic, "deterministic"),
        (declared.injective, "injective"),
        (declared.reversible, "reversible"),
        (declared.format_preserving, "format-preserving"),
        (call.may_keep, "may keep a value"),
    ];
    all.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}
