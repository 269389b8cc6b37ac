//! Proofs about a trail that hold without the trail, for whoever has its public key.
//!
//! A proof is JSON. A record is proved by its own text, its index, hashes and a checkpoint: the leaf is the SHA-256 of a
//! zero byte and the text in UTF-8, and the rest is RFC 9162, 2.1.3.2. That a trail has only grown between two
//! checkpoints is proved by hashes alone (2.1.4.2).

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Hash;
use super::examine::{Trust, examine};
use super::fault::{AuditError, Fault};
use super::note::{Checkpoint, TrustedKeys};
use super::record::Record;
use super::tree::{is_consistent, is_included, leaf_hash, prove_consistency, prove_inclusion};

/// A proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "kebab-case")]
pub enum Proof {
    /// A record stands in the trail.
    Inclusion {
        /// The text of the record.
        record: String,
        /// Its number.
        index: u64,
        /// The hashes beside its way to the root, in base64.
        hashes: Vec<String>,
        /// The signed note with the root.
        checkpoint: String,
    },
    /// A trail has only grown.
    Consistency {
        /// The signed note of the shorter trail.
        old: String,
        /// The signed note of the longer one.
        new: String,
        /// The hashes that join them, in base64.
        hashes: Vec<String>,
    },
}

/// What a proof has proved.
#[derive(Clone, Debug, PartialEq)]
pub enum Proved {
    /// This record stands in the trail of the checkpoint.
    Record(Box<Record>, Checkpoint),
    /// The trail of the first checkpoint is the beginning of that of the second.
    Growth(Checkpoint, Checkpoint),
}

/// The leaves of a trail up to its last checkpoint.
struct Leaves {
    hashes: Vec<Hash>,
    checkpoint: String,
}

/// Proves that a record stands in a trail, up to its last checkpoint. No key is needed.
///
/// # Errors
/// The trail has no such record, or is not what was written.
pub fn prove_record(directory: &Path, number: u64) -> Result<Proof, AuditError> {
    let mut text = None;
    let leaves = leaves(directory, &mut |record, found| {
        if record.number == number {
            text = Some(String::from_utf8_lossy(found).into_owned());
        }
    })?;
    let none = || AuditError::NoRecord { number, sealed: leaves.hashes.len() as u64 };
    let proof = usize::try_from(number).ok().and_then(|index| prove_inclusion(&leaves.hashes, index));
    let hashes = encode(&proof.ok_or_else(none)?);
    Ok(Proof::Inclusion { record: text.ok_or_else(none)?, index: number, hashes, checkpoint: leaves.checkpoint })
}

/// Proves that a trail has only grown since a checkpoint. No key is needed.
///
/// # Errors
/// The checkpoint is of another trail, of more records than there are, or of other ones.
pub fn prove_growth(directory: &Path, old: &str) -> Result<Proof, AuditError> {
    let leaves = leaves(directory, &mut |_, _| {})?;
    let since = Checkpoint::read(old).map_err(|_| AuditError::NoProof)?;
    let proof = usize::try_from(since.size).ok().and_then(|size| prove_consistency(&leaves.hashes, size));
    let none = AuditError::NoRecord { number: since.size, sealed: leaves.hashes.len() as u64 };
    let (new, hashes) = (leaves.checkpoint, encode(&proof.ok_or(none)?));
    let proof = Proof::Consistency { old: old.to_owned(), new, hashes };
    proof.holds(None).map(|_| proof)
}

fn leaves(directory: &Path, each: &mut dyn FnMut(Record, &[u8])) -> Result<Leaves, AuditError> {
    let mut hashes = Vec::new();
    let examined = examine(directory, Trust::default(), &mut |record, text| {
        hashes.push(leaf_hash(text));
        each(record, text);
    })?;
    let unsealed = usize::try_from(examined.unsealed).unwrap_or(usize::MAX);
    hashes.truncate(hashes.len().saturating_sub(unsealed));
    Ok(Leaves { hashes, checkpoint: examined.checkpoint.unwrap_or_default() })
}

impl Proof {
    /// What the proof proves, if it does.
    ///
    /// # Errors
    /// It does not hold, or a checkpoint in it is not signed by a trusted key.
    pub fn verify(&self, keys: &TrustedKeys) -> Result<Proved, AuditError> {
        self.holds(Some(keys))
    }

    fn holds(&self, keys: Option<&TrustedKeys>) -> Result<Proved, AuditError> {
        let open = |note: &str| match keys {
            Some(keys) => Checkpoint::open(note, keys),
            None => Checkpoint::read(note),
        };
        let open = |note: &str| open(note).map_err(malformed);
        match self {
            Self::Inclusion { record: text, index, hashes, checkpoint } => {
                let (checkpoint, hashes) = (open(checkpoint)?, decode(hashes)?);
                let leaf = leaf_hash(text.as_bytes());
                if !is_included(leaf, *index, checkpoint.size, &hashes, &checkpoint.root) {
                    return Err(AuditError::NoProof);
                }
                let record = Record::of_text(text.as_bytes()).map_err(malformed)?;
                Ok(Proved::Record(Box::new(record), checkpoint))
            }
            Self::Consistency { old, new, hashes } => {
                let (old, new, hashes) = (open(old)?, open(new)?, decode(hashes)?);
                let grown = is_consistent((old.size, &old.root), (new.size, &new.root), &hashes);
                let proved = grown && old.origin == new.origin;
                if proved { Ok(Proved::Growth(old, new)) } else { Err(AuditError::NoProof) }
            }
        }
    }
}

fn malformed(fault: Fault) -> AuditError {
    AuditError::Malformed { path: "the proof".into(), expected: "proof of this trail", fault }
}

fn encode(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| STANDARD.encode(hash)).collect()
}

fn decode(hashes: &[String]) -> Result<Vec<Hash>, AuditError> {
    let decoded: Option<_> = hashes.iter().map(|hash| STANDARD.decode(hash).ok()?.try_into().ok()).collect();
    decoded.ok_or(AuditError::NoProof)
}
