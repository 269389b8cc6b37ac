//! 45 CFR 164.514(b)(1): what an expert determined. What stays is the expert's to say, but for what names one person
//! alone: no method makes the risk of that very small.

use super::Ruling;
use crate::manifest::Left;
use crate::phi::Label;

/// Whether this much of such a column may be written.
pub(super) fn ruling(label: Label, left: Left) -> Result<(), Ruling> {
    let is_direct = match label.safe_harbor() {
        None => label.name() == "free-text",
        Some('B') => ["address", "coordinates"].iter().any(|place| label.is_named_or_one_of(place)),
        Some(letter) => !['C', 'R'].contains(&letter),
    };
    if is_direct && left == Left::Everything {
        let mend = "mask it, or drop it";
        return Err(Ruling { paragraph: "164.514(b)(1)".to_owned(), mend });
    }
    Ok(())
}
