//! The evidence as people read it.

use comfy_table::{Table, presets};

use super::page::{self, Markup, element, text};
use crate::evidence::{ColumnEvidence, Evidence, Identifier, RunFacts, State};

/// As text, for a terminal.
pub(super) fn to_text(evidence: &Evidence) -> String {
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

/// As a page.
pub(super) fn to_html(evidence: &Evidence) -> String {
    let title = "Evidence for the eighteen identifiers";
    let count = |state: State| evidence.identifiers.iter().filter(|identifier| identifier.state == state).count();
    let figures = [State::Removed, State::Changed, State::Kept, State::DeclaredAbsent, State::NotFound];
    let figures = figures.map(|state| (state.words(), count(state).to_string()));
    let known = facts(evidence).into_iter().map(|(name, fact)| vec![text(name), text(&fact)]);
    let head = [
        element("h1", "", [text(title)]),
        element("p", "soft", [text("45 CFR 164.514(b)(2)(i), as the policy and its labels have it")]),
        page::facts(&figures),
        element("div", "card", [page::table(&[], known)]),
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
