//! 45 CFR 164.514(b)(2): eighteen kinds of identifiers are removed.

use super::Ruling;
use crate::manifest::Left;
use crate::phi::Label;

/// Whether this much of such a column may be written.
pub(super) fn ruling(label: Label, left: Left) -> Result<(), Ruling> {
    if left == Left::Nothing {
        return Ok(());
    }
    let Some(letter) = label.safe_harbor() else { return unlettered(label) };
    let allowed = match (label.name(), left) {
        // (c): a code to know a record by again, if it is not derived from what is known of the individual.
        (_, Left::RandomCode) => true,
        ("zip", Left::Region) => true,
        // Years of birth and ages tell who is over 89; `age` has them in one group.
        ("birth-date" | "age", Left::AgeGroup) => true,
        ("birth-date" | "age", _) => false,
        (_, Left::Year) => letter == 'C',
        _ => false,
    };
    let mend = match (letter, label.name()) {
        ('B', "zip") => "mask it with `zip3`, or drop it",
        ('C', "birth-date" | "age") => "mask it with `age`, or drop it",
        ('C', _) => "mask it with `generalize`, `with: { to: year }`, or drop it",
        _ => "mask it with `redact`, with `token` if records have to be known again, or drop it",
    };
    if allowed { Ok(()) } else { Err(Ruling { paragraph: format!("164.514(b)(2)(i)({letter})"), mend }) }
}

/// What is none of the eighteen stays, but for text that may hold any of them.
fn unlettered(label: Label) -> Result<(), Ruling> {
    match label.name() {
        "free-text" => Err(Ruling {
            paragraph: "164.514(b)(2)(i)(A) to (R)".to_owned(),
            mend: "it may hold any identifier: scrub it, mask it with `redact`, or drop it",
        }),
        _ => Ok(()),
    }
}

/// The kinds that no column of the policy is, and that nobody declared to be absent.
pub(super) fn uncovered(absent: &[char], labelled: &[Label]) -> Option<String> {
    let has = |letter: char| labelled.iter().any(|label| label.safe_harbor() == Some(letter));
    let present: Vec<_> = absent.iter().copied().filter(|letter| has(*letter)).collect();
    if !present.is_empty() {
        let letters = listed(&present);
        return Some(format!(
            "{letters} of 45 CFR 164.514(b)(2)(i): `absent` says that there is none, and a label that there is; take it out of `absent`"
        ));
    }
    let missing: Vec<_> = ('A'..='R').filter(|letter| !absent.contains(letter) && !has(*letter)).collect();
    (!missing.is_empty()).then(|| {
        let letters = listed(&missing);
        format!("no column is labelled as one of {letters} of 45 CFR 164.514(b)(2)(i); label the columns that are, or say that somebody looked and there is none: `absent: [{}]`", letters.replace(['(', ')'], ""))
    })
}

fn listed(letters: &[char]) -> String {
    letters.iter().map(|letter| format!("({letter})")).collect::<Vec<_>>().join(", ")
}
