//! `moretta profile report`.

use std::path::Path;
use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};
use comfy_table::{Table, presets};
use serde_json::{Map, Value};

use super::check::named_columns;
use super::classify::write_text;
use super::page::{self, Markup, element, text};
use super::show::printable;
use super::{plugin, print, read_labels, read_policy, read_text};
use crate::audit::{Record, Trust, examine};
use crate::batch::ColumnType;
use crate::cli::ProfileReportArguments;
use crate::error::Error;
use crate::evidence::{ColumnEvidence, Evidence, Identifier, RunFacts, State, evidence};
use crate::host::Host;
use crate::policy::Labels;
use crate::run::columns_of;

/// Prints the evidence, and writes it as a page where that is asked.
pub(super) fn report(arguments: &ProfileReportArguments) -> Result<(), Error> {
    let policy = read_policy(&arguments.policy, arguments.labels.as_deref())?;
    let labels = arguments.labels.as_deref().map(read_labels).transpose()?;
    let builder = Host::builder(policy).trust(plugin::trust(arguments.trust_root.as_deref())?);
    let host = match &arguments.plugins {
        None => builder.build()?,
        Some(directory) => builder.build_with_plugins_in(directory)?,
    };
    let run = run(arguments)?;
    let columns = match (&arguments.input, &labels) {
        (Some(input), _) => columns_of(&host, input, arguments.input_format)?,
        (None, Some(labels)) if labels.schema.is_some() => labelled_columns(labels),
        (None, _) => named_columns(&host),
    };
    let evidence = evidence(host.snapshot().policy(), &host.plan(&columns)?, labels.as_ref(), run);
    if let Some(html) = &arguments.html {
        let read = [Some(&arguments.policy), arguments.labels.as_ref(), arguments.run_report.as_ref()];
        if read.into_iter().flatten().chain(&arguments.input).any(|read| read == html) {
            return Err(Error::Usage(format!("{} is read here; write somewhere else", html.display())));
        }
        write_text(&to_html(&evidence), html)?;
    }
    if arguments.json {
        let json = serde_json::to_string_pretty(&evidence).map_err(|_| Error::Internal("the evidence is no JSON"))?;
        return print(&format!("{json}\n"));
    }
    print(&printable(&to_text(&evidence)))
}

/// The columns that the file of labels was made for, in their types.
fn labelled_columns(labels: &Labels) -> SchemaRef {
    let field = |(name, column): (&String, &crate::policy::LabelledColumn)| {
        let known = column.column_type.as_ref().and_then(|of| serde_json::from_value(Value::from(of.as_str())).ok());
        let column_type: ColumnType = known.unwrap_or(ColumnType::Text);
        Field::new(name, column_type.arrow(), true)
    };
    Arc::new(Schema::new(labels.columns.iter().map(field).collect::<Vec<_>>()))
}

fn run(arguments: &ProfileReportArguments) -> Result<Option<RunFacts>, Error> {
    match (&arguments.run_report, &arguments.audit, &arguments.run) {
        (Some(path), _, _) => of_report(path).map(Some),
        (None, Some(directory), Some(run)) => of_trail(directory, run).map(Some),
        _ => Ok(None),
    }
}

fn of_report(path: &Path) -> Result<RunFacts, Error> {
    let wrong = || Error::Usage(format!("{} is no report of `moretta mask --report`", path.display()));
    let report: Value = serde_json::from_str(&read_text(path)?).map_err(|_| wrong())?;
    let mut facts = RunFacts { source: path.display().to_string(), ..RunFacts::default() };
    let (revision, rows) = report.get("revision").zip(report.get("rows")).ok_or_else(wrong)?;
    add_revision(&mut facts, revision).ok_or_else(wrong)?;
    add_rows(&mut facts, rows).ok_or_else(wrong)?;
    let columns = report.get("columns").and_then(Value::as_object).ok_or_else(wrong)?;
    for (name, column) in columns {
        facts.values.insert(name.clone(), column.get("cells").and_then(Value::as_u64).ok_or_else(wrong)?);
    }
    Ok(facts)
}

/// A run has several records where it is long. That the trail is whole is checked on the way.
fn of_trail(directory: &Path, run: &str) -> Result<RunFacts, Error> {
    let (mut facts, mut numbers, mut problem) = (RunFacts::default(), Vec::new(), None);
    examine(directory, Trust::default(), &mut |record: Record, _| {
        if record.run.as_deref() == Some(run) && record.action == "masked" {
            numbers.push(record.number.to_string());
            problem = problem.or(add_record(&mut facts, &record.details).is_none().then_some(record.number));
        }
    })?;
    let shown = directory.display();
    match (numbers.as_slice(), problem) {
        ([], _) => {
            Err(Error::Usage(format!("{shown} has no run of this name that masked anything; see `moretta audit show`")))
        }
        (_, Some(number)) => Err(Error::Usage(format!("record {number} of {shown} is not of this version"))),
        (numbers, None) => {
            facts.source = format!("run {run} in {shown}, records {}", numbers.join(", "));
            Ok(facts)
        }
    }
}

fn add_record(facts: &mut RunFacts, details: &Map<String, Value>) -> Option<()> {
    add_revision(facts, details.get("revision")?)?;
    add_rows(facts, details.get("outcomes")?)?;
    for column in details.get("columns")?.as_array()? {
        // The trail has no name where that may be a value.
        if let Some(name) = column.get("name").and_then(Value::as_str) {
            let values = facts.values.entry(name.to_owned()).or_default();
            *values = values.saturating_add(column.get("values")?.as_u64()?);
        }
    }
    Some(())
}

fn add_revision(facts: &mut RunFacts, revision: &Value) -> Option<()> {
    facts.policy_digest = revision.get("policy_digest")?.as_str()?.to_owned();
    facts.labels_digest = revision.get("labels_digest").and_then(Value::as_str).map(str::to_owned);
    let plugin = |name: &str, of: &Value| {
        let [version, digest] =
            ["version", "digest"].map(|key| of.get(key).and_then(Value::as_str).unwrap_or_default());
        format!("{name} {version} {}", digest.get(..12).unwrap_or(digest))
    };
    facts.plugins = match revision.get("plugins")? {
        Value::Object(plugins) => plugins.iter().map(|(name, of)| plugin(name, of)).collect(),
        plugins => {
            let named = |of: &Value| Some(plugin(of.get("name")?.as_str()?, of));
            plugins.as_array()?.iter().filter_map(named).collect()
        }
    };
    Some(())
}

fn add_rows(facts: &mut RunFacts, rows: &Value) -> Option<()> {
    let RunFacts { read, masked, quarantined, dropped, .. } = facts;
    for (key, sum) in [("read", read), ("masked", masked), ("quarantined", quarantined), ("dropped", dropped)] {
        *sum = sum.saturating_add(rows.get(key)?.as_u64()?);
    }
    Some(())
}

fn to_text(evidence: &Evidence) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "",
        "IDENTIFIER",
        "STATE",
        "COLUMN",
        "LABEL",
        "RULE",
        "DONE",
        "LEFT",
        "VALUES",
    ]);
    for identifier in &evidence.identifiers {
        let head =
            [format!("({})", identifier.letter), identifier.what.to_owned(), identifier.state.words().to_owned()];
        let mut heads = std::iter::once(head).chain(std::iter::repeat_with(Default::default));
        let rows: Vec<_> = identifier.columns.iter().map(cells).collect();
        let rows = if rows.is_empty() { vec![Default::default()] } else { rows };
        for (head, row) in heads.by_ref().zip(rows) {
            table.add_row(head.into_iter().chain(row));
        }
    }
    let mut lines: Vec<String> = facts(evidence).into_iter().map(|(name, fact)| format!("{name}: {fact}")).collect();
    lines.push(format!("\n{table}\n"));
    for identifier in evidence.identifiers.iter().filter(|identifier| !identifier.absence.is_empty()) {
        lines.push(format!("({}) {}: {}", identifier.letter, identifier.state.words(), identifier.absence.join("; ")));
    }
    lines.extend(evidence.exceptions.iter().map(|exception| format!("exception: {exception}")));
    lines.join("\n") + "\n"
}

fn cells(column: &ColumnEvidence) -> [String; 6] {
    [
        column.column.clone(),
        column.label.to_owned(),
        column.rule.map_or_else(|| "none".to_owned(), |line| format!("line {line}")),
        column.done.clone(),
        column.left.to_owned(),
        column.values.map_or_else(String::new, |values| values.to_string()),
    ]
}

fn facts(evidence: &Evidence) -> Vec<(&'static str, String)> {
    let run = evidence.run.as_ref();
    let rows = run.map(|run| {
        let RunFacts { read, masked, quarantined, dropped, .. } = run;
        format!("{read} read, {masked} masked, {quarantined} quarantined, {dropped} dropped")
    });
    let facts = [
        ("profile", Some(evidence.profile.to_owned())),
        ("ground", evidence.ground.clone()),
        ("policy", evidence.policy.clone()),
        ("policy digest", Some(evidence.policy_digest.clone())),
        ("labels digest", evidence.labels_digest.clone()),
        ("run", run.map(|run| run.source.clone())),
        ("rows", rows),
        ("plugins", run.map(|run| run.plugins.join(", "))),
    ];
    facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
}

fn to_html(evidence: &Evidence) -> String {
    let title = "Evidence for the eighteen identifiers";
    let count = |state: State| evidence.identifiers.iter().filter(|identifier| identifier.state == state).count();
    let figures = [State::Removed, State::Changed, State::Kept, State::DeclaredAbsent, State::NotFound];
    let figures = figures.map(|state| (state.words(), count(state).to_string()));
    let known = facts(evidence).into_iter().map(|(name, fact)| vec![text(name), text(&fact)]);
    let head = [
        element("h1", "", [text(title)]),
        element("p", "soft", [text("45 CFR 164.514(b)(2)(i), as the policy and its labels have it")]),
        page::facts(&figures),
        element("div", "card", [page::table(&["", ""], known)]),
    ];
    let exceptions = evidence
        .exceptions
        .iter()
        .map(|exception| element("div", "card", [element("p", "bad", [text(&format!("exception: {exception}"))])]));
    page::page(title, head.into_iter().chain(exceptions).chain(evidence.identifiers.iter().map(card)).collect())
}

fn card(identifier: &Identifier) -> Markup {
    let class = match identifier.state {
        State::Removed | State::DeclaredAbsent => "chip good",
        State::Changed => "chip warn",
        State::Kept => "chip bad",
        State::NotFound => "chip",
    };
    let head = [
        element("h2", "", [text(&format!("({}) {}", identifier.letter, identifier.what))]),
        element("span", class, [text(identifier.state.words())]),
    ];
    let row = |column: &ColumnEvidence| {
        let [name, label, rule, done, left, values] = cells(column);
        let written = column.written_as.unwrap_or("not written").to_owned();
        [name, label, column.said_by.clone(), rule, done, left, written, values].map(|cell| text(&cell)).to_vec()
    };
    let headings = ["column", "label", "said by", "rule", "done", "left", "written as", "values"];
    let columns = (!identifier.columns.is_empty()).then(|| page::table(&headings, identifier.columns.iter().map(row)));
    let absence = identifier.absence.iter().map(|said| element("p", "soft", [text(said)]));
    element("div", "card", std::iter::once(element("div", "head", head)).chain(columns).chain(absence))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_records_of_a_run_are_added_up() {
        let record = serde_json::json!({
            "revision": { "policy_digest": "d", "plugins": [{ "name": "p", "version": "1", "digest": "0123456789abcdef" }] },
            "outcomes": { "read": 3, "masked": 2, "quarantined": 1, "dropped": 0 },
            "columns": [{ "name": "a", "values": 3 }, { "values": 9 }],
        });
        let mut facts = RunFacts::default();
        for _ in 0..2 {
            add_record(&mut facts, record.as_object().unwrap()).unwrap();
        }
        assert_eq!((facts.read, facts.masked, facts.quarantined), (6, 4, 2));
        assert_eq!(facts.values, BTreeMap::from([("a".to_owned(), 6)]));
        assert_eq!(facts.plugins, ["p 1 0123456789ab"]);
        assert_eq!(add_record(&mut facts, &Map::new()), None);
    }
}
