//! What the output is searched for: original values of which columns, in which columns of the output.
//!
//! What a plugin was not lent it cannot put into its answer, but by chance or because what it was lent holds it. So a made-up
//! code is searched for what its plugin saw, and for what no chance makes: eight letters and digits with a digit among
//! them. So is a column that is kept and has a label, unless that is of free text: somebody whose name is White may be
//! white. All else that is written is searched for every value.

use serde::Serialize;

use super::{Action, Beside, Call, PlannedColumn, Scrub, Substitute};
use crate::manifest::Left;
use crate::phi::{Label, Sensitivity};
use crate::policy::{Consequence, Policy, Thoroughness};

/// What the output is searched for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scan {
    /// The columns whose original values must not stand in the output of their row.
    pub sought: Vec<Sought>,
    /// The columns of the output, in order, and how each is searched for each of these.
    pub places: Vec<Vec<Search>>,
    /// What happens when one is found.
    pub found: Consequence,
    /// Which rows are searched.
    pub rows: Thoroughness,
}

/// A column whose original values must not stand in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sought {
    /// Where it is in the input, counted from 0.
    pub column: usize,
    /// Whether values of fewer than four letters and digits are looked for too, as the whole of a cell.
    pub short: bool,
}

/// How a column of the output is searched for the values of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Search {
    /// For all of them.
    All,
    /// For those that no chance makes.
    Telling,
    /// Not at all.
    Not,
}

impl Call {
    /// Whether the plugin sees the values of a column.
    pub(crate) fn is_lent(&self, column: usize) -> bool {
        self.columns.contains(&column) || self.context.contains(&Beside::Column(column))
    }

    /// Whether the outputs are made up, or so coarse that no value is left in them: one that is found was put there.
    pub(crate) fn is_made_up(&self) -> bool {
        !matches!(self.left, Left::Part | Left::Everything)
    }
}

/// What a plan makes of its columns. Masked are sought, unless their label says that they identify nobody; and dropped,
/// where a label says that they do, or a plugin sees them.
pub(super) fn scan(
    policy: &Policy,
    columns: &[PlannedColumn],
    (calls, scrubs): (&[Call], &[Scrub]),
    output: &[usize],
) -> Scan {
    let sought: Vec<Sought> = columns.iter().filter(|column| is_sought(column, calls)).map(sought).collect();
    let place = |column: &usize| {
        let column = columns.get(*column);
        let search = |sought: &Sought| {
            column.zip(columns.get(sought.column)).map_or(Search::All, |(place, sought)| {
                if policy.may_hold(&place.name, &sought.name) {
                    Search::Not
                } else {
                    search(place, sought, (calls, scrubs))
                }
            })
        };
        sought.iter().map(search).collect()
    };
    let found = policy.gate.residue;
    // Rows that nobody looked at would pass with what the others are in quarantine for.
    let rows = if found == Consequence::Quarantine { Thoroughness::Full } else { policy.gate.verify };
    Scan { places: output.iter().map(place).collect(), sought, found, rows }
}

fn is_sought(column: &PlannedColumn, calls: &[Call]) -> bool {
    let label = column.label.as_ref().map(|finding| finding.label);
    match column.action {
        Action::Mask { .. } => label.is_none_or(Label::is_identifying),
        Action::Drop { .. } => match label {
            Some(label) => label.is_identifying(),
            None => calls.iter().any(|call| call.is_lent(column.index)),
        },
        // What stands in it beside its pieces stays.
        Action::Scrub { .. } | Action::Keep => false,
    }
}

fn sought(column: &PlannedColumn) -> Sought {
    let label = column.label.as_ref().map(|finding| finding.label);
    Sought { column: column.index, short: label.is_some_and(|label| label.sensitivity() == Sensitivity::Restricted) }
}

fn search(place: &PlannedColumn, sought: &PlannedColumn, (calls, scrubs): (&[Call], &[Scrub])) -> Search {
    let of = |column: &PlannedColumn| match column.action {
        Action::Mask { call, .. } => calls.get(call),
        Action::Scrub { .. } | Action::Keep | Action::Drop { .. } => None,
    };
    let is_near = |call: &Call| call.left == Left::Near;
    if let Action::Scrub { scrub } = place.action {
        // The known values of the row are looked for in its text with greater care: `verify::scrubbed`.
        let moves = scrubs.get(scrub).is_some_and(|scrub| substitutes(scrub, calls).any(is_near));
        return if moves && of(sought).is_some_and(is_near) { Search::Not } else { Search::Telling };
    }
    let Some(call) = of(place) else {
        let holds_anything = place.label.as_ref().is_none_or(|finding| finding.label.is_free_text());
        return if holds_anything { Search::All } else { Search::Telling };
    };
    let is_own = place.index == sought.index;
    if (is_own && call.may_keep) || (!is_own && is_near(call) && of(sought).is_some_and(is_near)) {
        // One date of a row moves to where another was.
        return Search::Not;
    }
    if call.is_lent(sought.index) {
        return Search::All;
    }
    match call.left {
        Left::Part | Left::Everything => Search::All,
        Left::Nothing | Left::Length | Left::RandomCode | Left::DerivedCode => Search::Telling,
        Left::Near | Left::Range | Left::Region | Left::Year | Left::AgeGroup => Search::Not,
    }
}

/// The calls that mask pieces.
fn substitutes<'p>(scrub: &'p Scrub, calls: &'p [Call]) -> impl Iterator<Item = &'p Call> {
    let all = scrub.kinds.iter().map(|(_, by)| by).chain([&scrub.otherwise]);
    all.filter_map(|by| match by {
        Substitute::Tag => None,
        Substitute::Call(call) => calls.get(*call),
    })
}
