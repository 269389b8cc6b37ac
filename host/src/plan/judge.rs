//! The columns of a plan as a profile looks at them.

use super::{Action, Call, PlannedColumn, Scrub, Substitute};
use crate::manifest::Left;
use crate::phi::Label;
use crate::policy::Policy;
use crate::profile::{Column, Written};

/// What is written of each column, and of each kind of pieces of free text.
pub(super) fn columns<'p>(
    policy: &Policy,
    columns: &'p [PlannedColumn],
    calls: &'p [Call],
    scrubs: &[Scrub],
) -> Vec<Column<'p>> {
    let written = |column: &PlannedColumn| match column.action {
        Action::Mask { call, .. } => calls.get(call).map(by),
        Action::Scrub { scrub } => scrubs.get(scrub).map(|scrub| Written {
            transform: Some("scrub"),
            left: Left::Everything,
            is_scrubbed: true,
            span: scrub.span.clone(),
        }),
        Action::Keep => {
            let span = policy.rule_of(&column.name).map(|rule| rule.span.clone()).unwrap_or_default();
            Some(Written { transform: None, left: Left::Everything, is_scrubbed: false, span })
        }
        Action::Drop { .. } => None,
    };
    let judged = |column: &'p PlannedColumn| Column {
        name: &column.name,
        label: column.label.as_ref().map(|finding| finding.label),
        is_piece: false,
        written: written(column),
    };
    let names = |scrub: &Scrub| columns.get(scrub.column).map(|column| column.name.as_str()).unwrap_or_default();
    let pieces = scrubs.iter().flat_map(|scrub| pieces(names(scrub), scrub, calls));
    columns.iter().map(judged).chain(pieces).collect()
}

fn by(call: &Call) -> Written<'_> {
    Written { transform: Some(&call.transform), left: call.left, is_scrubbed: false, span: call.span.clone() }
}

/// What is written of the pieces of each label there is: a classifier may find any.
fn pieces<'p>(name: &'p str, scrub: &Scrub, calls: &'p [Call]) -> Vec<Column<'p>> {
    let written = |label: Label| match scrub.substitute(label) {
        Substitute::Tag => None,
        Substitute::Call(call) => calls.get(call).map(by),
    };
    let labels = Label::all().filter(|label| label.name() != "free-text");
    labels.map(|label| Column { name, label: Some(label), is_piece: true, written: written(label) }).collect()
}
