//! 45 CFR 164.514(e)(2): a limited data set has sixteen kinds of direct identifiers removed. Dates, towns, states, ZIP codes
//! and other unique codes stay, under a data use agreement (e)(4).

use super::Ruling;
use crate::manifest::Left;
use crate::phi::Label;

/// Whether this much of such a column may be written.
pub(super) fn ruling(label: Label, left: Left) -> Result<(), Ruling> {
    let Some(number) = number(label) else { return Ok(()) };
    let allowed = match left {
        // None of them is the identifier or a part of it.
        Left::Nothing | Left::RandomCode | Left::DerivedCode | Left::Length => true,
        Left::Region | Left::Year | Left::AgeGroup | Left::Range | Left::Part | Left::Near | Left::Everything => false,
    };
    let allowed = allowed && (label.name() != "free-text" || left == Left::Nothing);
    let mend = match label.name() {
        "free-text" => "it may hold any of them: scrub it, mask it with `redact`, or drop it",
        _ => "mask it with `pseudonym`, `token` or `redact`, or drop it",
    };
    if allowed { Ok(()) } else { Err(Ruling { paragraph: format!("164.514(e)(2){number}"), mend }) }
}

/// The number of the paragraph that names such a column, none if it may stay.
fn number(label: Label) -> Option<&'static str> {
    match (label.safe_harbor(), label.name()) {
        (_, "free-text") => Some("(i) to (xvi)"),
        (_, "city" | "zip") => None,
        (Some('A'), _) => Some("(i)"),
        (Some('B'), _) => Some("(ii)"),
        (Some('D'), _) => Some("(iii)"),
        (Some('E'), _) => Some("(iv)"),
        (Some('F'), _) => Some("(v)"),
        (Some('G'), _) => Some("(vi)"),
        (Some('H'), _) => Some("(vii)"),
        (Some('I'), _) => Some("(viii)"),
        (Some('J'), _) => Some("(ix)"),
        (Some('K'), _) => Some("(x)"),
        (Some('L'), _) => Some("(xi)"),
        (Some('M'), _) => Some("(xii)"),
        (Some('N'), _) => Some("(xiii)"),
        (Some('O'), _) => Some("(xiv)"),
        (Some('P'), _) => Some("(xv)"),
        (Some('Q'), _) => Some("(xvi)"),
        // (C) and (R) are none of the sixteen.
        _ => None,
    }
}
