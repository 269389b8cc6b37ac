//! What a legal profile asks of a plan: rules over what columns are and what their masks leave of them. Pure.
//!
//! A profile says nothing of whether the labels are right, nor whether a manifest is, in what it says that its results leave:
//! whoever labels a column of names as clinical has a policy that keeps them, and plugins are trusted by who signed them.

mod expert;
mod limited;
mod safe_harbor;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::manifest::Left;
use crate::phi::Label;
use crate::policy::{Claim, PolicyProblem, Profile};

/// A column as far as a profile looks at it.
#[derive(Clone, Debug)]
pub(crate) struct Column<'p> {
    /// Its name.
    pub(crate) name: &'p str,
    /// What it is, if anybody said so.
    pub(crate) label: Option<Label>,
    /// Whether this is of the pieces of its text that are so labelled, and not of the column.
    pub(crate) is_piece: bool,
    /// What is written of it: nothing at all if it is dropped.
    pub(crate) written: Option<Written<'p>>,
}

/// What is written of a column.
#[derive(Clone, Debug)]
pub(crate) struct Written<'p> {
    /// The transform that masks it, none if it is kept.
    pub(crate) transform: Option<&'p str>,
    /// What its results leave of the values.
    pub(crate) left: Left,
    /// Whether it is the text around pieces, which are judged by themselves.
    pub(crate) is_scrubbed: bool,
    /// Where the policy says so, in bytes.
    pub(crate) span: Range<usize>,
}

/// Everything in a plan that the policy's profile does not allow, with the paragraph that does not.
///
/// `labelled` are the labels that the policy gives to any column, in this input or not.
pub(crate) fn check(profile: &Profile, columns: &[Column<'_>], labelled: &[Label], problems: &mut Vec<PolicyProblem>) {
    let mut lines = BTreeSet::new();
    let refused = columns.iter().filter_map(|column| {
        let written = column.written.as_ref()?;
        let message = refusal(&profile.claim, column, written)?;
        // One line of a rule is for pieces of many labels: the first that it may not be for says enough.
        let is_first = !column.is_piece || lines.insert(written.span.start);
        is_first.then(|| PolicyProblem { message, span: Some(written.span.clone()) })
    });
    problems.extend(refused);
    if let Claim::SafeHarbor { absent } = &profile.claim {
        let message = safe_harbor::uncovered(absent, labelled);
        problems.extend(message.map(|message| PolicyProblem { message, span: Some(profile.span.clone()) }));
    }
}

/// Why what is written of a column is not allowed.
fn refusal(claim: &Claim, column: &Column<'_>, written: &Written<'_>) -> Option<String> {
    let name = column.name;
    let Some(label) = column.label else {
        // What leaves nothing needs no name.
        let message = format!(
            "nobody has said what column `{name}` is, and under `profile: {}` every column that is written has a label; add \
             it to `labels:`, or drop the column",
            claim.name()
        );
        return (written.left != Left::Nothing).then_some(message);
    };
    if written.is_scrubbed && label.name() == "free-text" {
        return None;
    }
    let ruling = match claim {
        Claim::SafeHarbor { .. } => safe_harbor::ruling(label, written.left),
        Claim::LimitedDataSet { .. } => limited::ruling(label, written.left),
        Claim::ExpertDetermination { .. } => expert::ruling(label, written.left),
    };
    let Ruling { paragraph, mend } = ruling.err()?;
    let by = written.transform.map_or_else(|| "`keep`".to_owned(), |transform| format!("`{transform}`"));
    let (what, left) = (label.meaning(), written.left.words());
    let of = if column.is_piece { "a piece of " } else { "" };
    Some(format!(
        "{of}column `{name}` is {what}, which 45 CFR {paragraph} does not let pass, and {by} leaves {left}; {mend}"
    ))
}

/// Why something may not be written, and what may.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ruling {
    /// The paragraph of 45 CFR.
    paragraph: String,
    /// What to do instead.
    mend: &'static str,
}

#[cfg(test)]
mod tests;
