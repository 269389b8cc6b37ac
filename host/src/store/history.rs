//! `history.jsonl`: who changed what, and when. A line is appended before the change is in force, and counts from then.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::StoreError;
use super::folder::Folder;
use crate::approval::Timestamp;

const NAME: &str = "history.jsonl";
const MOST_BYTES: u64 = 64 << 20;

/// One change of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Which change of this store it was, counted from 1.
    pub serial: u64,
    /// When.
    pub time: Timestamp,
    /// Who made it, as the caller says.
    pub who: String,
    /// What was done.
    pub action: ChangeKind,
    /// With which plugin.
    pub plugin: String,
    /// With which version of it.
    pub version: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
    /// The names of the trusted keys that signed it.
    #[serde(default)]
    pub signers: Vec<String>,
    /// The version that was current before, if one was.
    #[serde(default)]
    pub before: Option<String>,
}

/// What was done with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was installed and made current.
    Installed,
    /// It was made current again, in place of a later one.
    RolledBack,
    /// It was removed.
    Removed,
}

impl ChangeKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::RolledBack => "rolled back to",
            Self::Removed => "removed",
        }
    }
}

/// How far the history goes, and its digest up to there. What follows was never in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    bytes: u64,
    sha256: String,
}

impl Default for Mark {
    fn default() -> Self {
        Self { bytes: 0, sha256: sha256(b"") }
    }
}

/// All changes up to a mark.
pub(super) fn read(folder: &Folder, mark: &Mark) -> Result<Vec<Change>, StoreError> {
    let text = text(folder, mark)?;
    let line = |line| serde_json::from_slice::<Change>(line).map_err(|_| damaged(folder));
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(line).collect()
}

/// Appends a change, and gives the mark that makes it count.
pub(super) fn append(folder: &Folder, mark: &Mark, change: &Change) -> Result<Mark, StoreError> {
    let mut all = text(folder, mark)?;
    let line = format!("{}\n", serde_json::json!(change));
    let path = folder.path(NAME);
    let write = || {
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o644).open(&path)?;
        file.set_len(mark.bytes)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    };
    write().map_err(StoreError::io("write", &path))?;
    all.extend_from_slice(line.as_bytes());
    Ok(Mark { bytes: mark.bytes.saturating_add(line.len() as u64), sha256: sha256(&all) })
}

fn text(folder: &Folder, mark: &Mark) -> Result<Vec<u8>, StoreError> {
    let mut text = folder.read(NAME, MOST_BYTES)?.unwrap_or_default();
    text.truncate(usize::try_from(mark.bytes).unwrap_or(usize::MAX));
    if sha256(&text) == mark.sha256 { Ok(text) } else { Err(damaged(folder)) }
}

fn damaged(folder: &Folder) -> StoreError {
    let problem = "it is not what the store has written: a hand or a fault changed it; take a backup";
    StoreError::Damaged { path: folder.path(NAME), problem }
}

/// SHA-256, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
