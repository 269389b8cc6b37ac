//! Free text: which pieces of a text are to be masked, and the text with what takes their place. Pure.
//!
//! What classifiers find and what is known of a row's individual are spans of its text (`known`). Those that overlap are
//! one piece, but for known names inside of longer ones (`pieces`), and the text is put together again around what the
//! pieces became (`splice`).

mod known;
mod pieces;
mod splice;

pub(crate) use known::Known;
pub(crate) use pieces::{Piece, around_known, resolve, tag};
pub(crate) use splice::{is_spliced, splice};

/// How sure a text classifier must be of a piece, 0 to 100, unless a rule says otherwise.
pub(crate) const THRESHOLD: u8 = 50;
