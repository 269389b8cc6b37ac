//! A golden case of a text classifier: the pieces of each row, in their order.

use serde::Serialize;

use super::{CaseDifference, CaseFailure, array};
use crate::error::Error;
use crate::leash::Leash;
use crate::manifest::{CasePiece, ClassifierCase};
use crate::plugin::{Plugin, Span};

/// A piece of the text of a golden case that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundPiece {
    /// What it is, and its text.
    #[serde(flatten)]
    pub piece: CasePiece,
    /// How many bytes of the text come before it.
    pub start: usize,
    /// How many bytes of the text come before what follows it.
    pub end: usize,
}

/// Runs one golden case. The outer error is of the host, the inner one says how the case failed.
pub(super) fn run(plugin: &Plugin, case: &ClassifierCase, leash: &Leash) -> Result<Result<(), CaseFailure>, Error> {
    let failed = |why: String| Ok(Err(CaseFailure { why, differences: Vec::new() }));
    let (Some(input), Some(expected)) = (array(&case.input), &case.found) else {
        return failed("its input cannot be a column of text".to_owned());
    };
    match plugin.find(&case.column, &input, leash) {
        Ok(answer) => Ok(compare(plugin, case, expected, &answer.spans)),
        Err(error) => failed(error.fault()?.to_string()),
    }
}

fn compare(
    plugin: &Plugin,
    case: &ClassifierCase,
    expected: &[Vec<CasePiece>],
    spans: &[Span],
) -> Result<(), CaseFailure> {
    let mut differences = Vec::new();
    for (row, (input, expected)) in case.input.cells.iter().zip(expected).enumerate() {
        let text = input.as_str().unwrap_or_default();
        let of_row = spans.iter().filter(|span| span.row == row);
        let got: Vec<_> = of_row.map(|span| found(plugin, text, span)).collect();
        if !got.iter().map(|found| &found.piece).eq(expected) {
            differences.push(CaseDifference::Pieces { row, input: input.clone(), expected: expected.clone(), got });
        }
    }
    let Some(CaseDifference::Pieces { row, expected, got, .. }) = differences.first() else { return Ok(()) };
    let said = labels(expected.iter());
    let came = labels(got.iter().map(|found| &found.piece));
    let why = format!("row {row}: it found [{came}], and the case says [{said}], or others of them");
    Err(CaseFailure { why, differences })
}

/// The host checked that the span is one of this text.
fn found(plugin: &Plugin, text: &str, span: &Span) -> FoundPiece {
    let label = plugin.manifest().labels.get(span.label).map(|known| known.label.clone());
    let text = text.get(span.start..span.end).unwrap_or_default().to_owned();
    FoundPiece { piece: CasePiece { label: label.unwrap_or_default(), text }, start: span.start, end: span.end }
}

fn labels<'a>(pieces: impl Iterator<Item = &'a CasePiece>) -> String {
    pieces.map(|piece| piece.label.as_str()).collect::<Vec<_>>().join(", ")
}
