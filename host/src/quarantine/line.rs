//! The lines of a quarantine file, and the bytes of each that its seal is bound to.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::outcome::RejectionCode;

/// The only form there is.
pub(super) const FORMAT: u32 = 1;

/// What the last line begins with, and no other.
pub(super) const END: &[u8] = b"{\"rows\":";

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    #[serde(rename = "moretta-quarantine")]
    pub(super) format: u32,
    /// The name of the key.
    pub(super) key: String,
    /// The version of the key.
    pub(super) version: u32,
    /// The random id of the file in base64: its key is derived from it.
    pub(super) file: String,
}

/// The line of one row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) input: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) row: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u64>,
    pub(super) column: String,
    pub(super) code: RejectionCode,
    pub(super) sealed: String,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) rows: u64,
    pub(super) seal: String,
}

/// A line as it stands in the file, without its end.
pub(super) fn text(line: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(line).map_err(|_| Error::Internal("a line of the quarantine file cannot be rendered"))
}

/// What the seal of a line is bound to: the whole header, and the line with an empty seal. Neither text has a line
/// feed, so they cannot be cut in two ways. The number of the line is bound by the nonce.
pub(super) fn bound(header: &[u8], line_without_seal: &impl Serialize) -> Result<Vec<u8>, Error> {
    Ok([header, b"\n", &text(line_without_seal)?].concat())
}
