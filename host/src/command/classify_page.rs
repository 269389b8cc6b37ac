//! What `moretta classify` found, as a page to look at. Never a value.

use super::classify::shown;
use super::page::{Markup, bar, element, facts, page, table, text};
use crate::cli::ClassifyArguments;
use crate::phi::{Densities, Label, Sensitivity};
use crate::policy::{LabelledColumn, Labels, Status};
use crate::survey::{Survey, SurveyedColumn};

/// The page.
pub(super) fn html(found: &Survey, labels: &Labels, arguments: &ClassifyArguments) -> String {
    let inputs: Vec<_> = arguments.inputs.iter().map(|input| input.display().to_string()).collect();
    let labelled = found.columns.iter().filter_map(|column| labels.columns.get(&column.name));
    let restricted = |column: &&LabelledColumn| {
        column.label.is_some_and(|label| label.sensitivity() == Sensitivity::Restricted) && !is_rejected(column)
    };
    let figures = [
        ("rows looked at", found.rows.to_string()),
        ("columns", found.columns.len().to_string()),
        ("restricted", labelled.clone().filter(restricted).count().to_string()),
        ("wait for a review", labels.open().count().to_string()),
    ];
    let cards = found.columns.iter().enumerate().filter_map(|(index, column)| {
        Some(card(&shown(index, &column.name), column, labels.columns.get(&column.name)?))
    });
    let lead =
        "What each column seems to be, by its name and its values. A suggestion is one until somebody approves it.";
    let head = [
        element("h1", "", [text("What the columns are")]),
        element("p", "soft", [text(&inputs.join(", "))]),
        element("p", "", [text(lead)]),
        facts(&figures),
    ];
    page("What the columns are", head.into_iter().chain(cards).collect())
}

fn is_rejected(column: &LabelledColumn) -> bool {
    column.status == Status::Rejected
}

fn card(name: &str, column: &SurveyedColumn, labelled: &LabelledColumn) -> Markup {
    let label = labelled.label.map_or("no label", |label| label.name());
    let kind = element("span", "soft", [text(&column.column_type)]);
    let mut head = vec![element("h2", "", [text(name)]), kind, element("span", "", [text(label)])];
    head.extend(labelled.label.map(|label| level(label.sensitivity())));
    head.extend(labelled.label.map(|_| review(labelled)));
    let meaning = labelled.label.map(|label| {
        let letter = label.safe_harbor().map(|letter| format!("; 45 CFR 164.514(b)(2)(i)({letter})"));
        element("p", "", [text(&format!("{}{}", label.meaning(), letter.unwrap_or_default()))])
    });
    let reasons = column.suggestion.as_ref().map(|suggestion| {
        let of =
            if labelled.label == Some(suggestion.label) { String::new() } else { format!("{}: ", suggestion.label) };
        [bar(suggestion.confidence), element("p", "soft", [text(&format!("{of}{}", suggestion.why))])]
    });
    let pieces = (!labelled.pieces.is_empty()).then(|| pieces(&labelled.pieces));
    let parts = std::iter::once(element("div", "head", head)).chain(meaning).chain(reasons.into_iter().flatten());
    element("div", "card", parts.chain(pieces))
}

/// What text is full of.
fn pieces(densities: &Densities) -> Markup {
    let row = |(label, density): (Label, f64)| vec![text(label.name()), text(&format!("{density:.1}"))];
    table(&["pieces in 1,000 words", ""], densities.iter().map(row))
}

/// How sensitive it is, in a word and a colour.
pub(super) fn level(sensitivity: Sensitivity) -> Markup {
    let (class, word) = match sensitivity {
        Sensitivity::Restricted => ("chip bad", "restricted"),
        Sensitivity::Confidential => ("chip warn", "confidential"),
        Sensitivity::Internal => ("chip", "internal"),
        Sensitivity::Public => ("chip good", "public"),
    };
    element("span", class, [text(word)])
}

fn review(labelled: &LabelledColumn) -> Markup {
    let (by, at) = (labelled.by.as_deref(), labelled.at.as_deref());
    let who =
        by.map(|by| format!(" by {by}")).unwrap_or_default() + &at.map(|at| format!(", {at}")).unwrap_or_default();
    let class = match labelled.status {
        Status::Suggested if labelled.is_open() => "chip bad",
        Status::Suggested => "chip warn",
        Status::Approved => "chip good",
        Status::Rejected => "chip",
    };
    element("span", class, [text(&format!("{}{who}", labelled.status))])
}
