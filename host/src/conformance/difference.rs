//! What is not as a golden case says, for people.

use std::fmt;

use crate::manifest::CasePiece;
use crate::plugin::{CaseDifference, FoundPiece};

/// On lines of its own, each behind a line break.
pub(super) fn tell(difference: &CaseDifference, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match difference {
        CaseDifference::Cell { row, input, expected, got } => {
            write!(f, "\n  row {row}, input {input}\n    - expected {expected}\n    + got      {got}")
        }
        CaseDifference::Count { label, expected, got } => {
            write!(f, "\n  {label}\n    - expected {expected}\n    + got      {got}")
        }
        CaseDifference::Pieces { row, input, expected, got } => {
            write!(f, "\n  row {row}, input {input}")?;
            tell_pieces(expected, got, f)
        }
    }
}

/// A line for each piece: `-` is missing, `+` is found and should not be, and the others stand where they should.
fn tell_pieces(expected: &[CasePiece], got: &[FoundPiece], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut left = got;
    for piece in expected {
        let CasePiece { label, text } = piece;
        let mut rest = left.iter();
        let before = rest.by_ref().take_while(|found| found.piece != *piece).count();
        if before == left.len() {
            write!(f, "\n    - {label} {text:?}")?;
            continue;
        }
        left.iter().take(before).try_for_each(|found| tell_found(found, f))?;
        write!(f, "\n      {label} {text:?}")?;
        left = rest.as_slice();
    }
    left.iter().try_for_each(|found| tell_found(found, f))
}

fn tell_found(found: &FoundPiece, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let FoundPiece { piece: CasePiece { label, text }, start, end } = found;
    write!(f, "\n    + {label} {text:?}, bytes {start}..{end}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::Failure;

    fn piece(label: &str, text: &str) -> CasePiece {
        CasePiece { label: label.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn pieces_that_are_missing_or_too_many_stand_in_their_places_between_those_that_are_right() {
        let found = |label, start, end| FoundPiece { piece: piece(label, "x"), start, end };
        let pieces = CaseDifference::Pieces {
            row: 2,
            input: json!("x \"x\" x"),
            expected: vec![piece("mrn", "x"), piece("us-ssn", "x"), piece("email", "x")],
            got: vec![found("date", 0, 1), found("us-ssn", 3, 4), found("mrn", 6, 7)],
        };
        let failure = Failure {
            column: "case `a`".to_owned(),
            config: String::new(),
            column_type: crate::batch::ColumnType::Text,
            row: None,
            problem: "it differs".to_owned(),
            differences: vec![pieces],
        };
        let lines = "case `a` (text): it differs
  row 2, input \"x \\\"x\\\" x\"
    + date \"x\", bytes 0..1
    + us-ssn \"x\", bytes 3..4
      mrn \"x\"
    - us-ssn \"x\"
    - email \"x\"";
        assert_eq!(failure.to_string(), lines);
        let json = json!(failure.differences);
        assert_eq!(json[0]["got"][1], json!({ "label": "us-ssn", "text": "x", "start": 3, "end": 4 }));
        assert_eq!(json[0]["expected"][2], json!({ "label": "email", "text": "x" }));
    }
}
