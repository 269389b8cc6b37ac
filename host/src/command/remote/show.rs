//! Answers of a server, for people. Nothing of them is obeyed by a terminal.

use comfy_table::{Table, presets};
use serde_json::Value;

use crate::command::show::printable;

/// So much of a digest tells one from another.
const DIGEST: usize = 12;

/// Several datasets.
pub(super) fn datasets(answer: &Value) -> String {
    overview(list(answer, "datasets"))
}

/// One dataset.
pub(super) fn status(answer: &Value) -> String {
    overview(std::slice::from_ref(answer)) + "\n" + &revisions(answer)
}

/// What was done, and with which revision.
pub(super) fn operated(answer: &Value) -> String {
    let (revision, dataset) = (text(answer, "revision"), text(field(answer, "status"), "dataset"));
    let done = match field(answer, "done").as_str().unwrap_or_default() {
        "unchanged" => format!("the files are those of revision {revision}"),
        "in-force" => format!("revision {revision} is in force"),
        "shadow" => format!("revision {revision} is in shadow"),
        "canary" => format!("revision {revision} is a canary"),
        "rolled-back" => format!("revision {revision} is in force again"),
        "barred" => format!("revision {revision} is barred"),
        "draining" => "nothing begins any more, and what is under way may end".to_owned(),
        "stopped" => "stopped; what was under way was ended".to_owned(),
        "started" => format!("{}; revision {} is in force", gate(answer), text(field(answer, "status"), "current")),
        other => other.to_owned(),
    };
    printable(&format!("{dataset}: {done}\n"))
}

/// The plugins of the revision in force.
pub(super) fn plugins(answer: &Value) -> String {
    let mut table = table(&["PLUGIN", "VERSION", "WORLD", "FROM", "USED", "DIGEST"]);
    for plugin in list(answer, "plugins") {
        let is = |name| field(plugin, name).as_bool().unwrap_or_default();
        table.add_row([
            text(plugin, "name"),
            text(plugin, "version"),
            text(plugin, "world"),
            if is("shipped") { "the binary".to_owned() } else { signers(plugin) },
            if is("used") { "yes".to_owned() } else { "no".to_owned() },
            short(plugin, "digest"),
        ]);
    }
    format!("{table}\n")
}

fn signers(plugin: &Value) -> String {
    let names: Vec<_> = list(plugin, "signers").iter().filter_map(Value::as_str).collect();
    if names.is_empty() { "an unsigned file".to_owned() } else { format!("signed by {}", names.join(", ")) }
}

/// The revisions that are alive, and the last candidate.
pub(super) fn revisions(answer: &Value) -> String {
    let mut table =
        table(&["REVISION", "STATE", "SINCE", "IN FLIGHT", "BATCHES", "ROWS", "FAULTS", "POLICY", "DIGEST"]);
    for revision in list(answer, "revisions") {
        let parts = field(revision, "parts");
        table.add_row([
            text(revision, "number"),
            text(revision, "state"),
            text(revision, "since"),
            text(revision, "in_flight"),
            text(revision, "batches"),
            text(revision, "rows"),
            text(revision, "faults"),
            short(parts, "policy"),
            short(parts, "digest"),
        ]);
    }
    format!("{table}\n{}", candidate(answer))
}

/// The quarantine files.
pub(super) fn quarantine(answer: &Value) -> String {
    if field(answer, "kept") == &Value::Bool(false) {
        return "no quarantine is kept for this dataset\n".to_owned();
    }
    let mut table = table(&["FILE", "ROWS", "BYTES", "WRITTEN"]);
    for file in list(answer, "files") {
        table.add_row(["name", "rows", "bytes", "written"].map(|name| text(file, name)));
    }
    format!("{table}\n")
}

fn overview(datasets: &[Value]) -> String {
    let names = ["dataset", "gate", "current", "fallback", "swaps", "rollbacks", "refusals", "faults"];
    let mut table = table(&["DATASET", "GATE", "IN FORCE", "FALLBACK", "SWAPS", "ROLLBACKS", "REFUSED", "FAULTS"]);
    let mut candidates = String::new();
    for dataset in datasets {
        table.add_row(names.map(|name| text(dataset, name)));
        if datasets.len() > 1 {
            candidates.push_str(&candidate(dataset));
        }
    }
    format!("{table}\n{candidates}")
}

/// How far the last candidate got, if it did not come in force.
fn candidate(answer: &Value) -> String {
    let candidate = field(answer, "candidate");
    if candidate.is_null() {
        return String::new();
    }
    let (dataset, number) = (text(answer, "dataset"), text(candidate, "number"));
    let how = match field(candidate, "failed").as_str() {
        Some(failed) => format!("did not become {failed}: {}", text(candidate, "reason")),
        None => format!("is {}{}", text(candidate, "state"), progress(candidate)),
    };
    printable(&format!("{dataset}: candidate {number} {how}\n"))
}

fn progress(candidate: &Value) -> String {
    let (shadow, canary) = (field(candidate, "shadow"), field(candidate, "canary"));
    if shadow.is_object() {
        return format!(": {} of {} batches compared", text(shadow, "compared"), text(shadow, "wanted"));
    }
    if canary.is_object() {
        let (percent, done) = (text(canary, "percent"), text(canary, "done"));
        return format!(": {percent} % of {}, {done} of {} batches", text(canary, "of"), text(canary, "batches"));
    }
    String::new()
}

fn gate(answer: &Value) -> String {
    text(field(answer, "status"), "gate")
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}

fn field<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    field(value, name).as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value, name: &str) -> String {
    match field(value, name) {
        Value::Null => "-".to_owned(),
        Value::String(text) => printable(text),
        other => other.to_string(),
    }
}

fn short(value: &Value, name: &str) -> String {
    text(value, name).chars().take(DIGEST).collect()
}
