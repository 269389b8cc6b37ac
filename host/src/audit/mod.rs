//! The audit trail: who did what, when, with which code, policy and keys, and how it ended. Never a value.
//!
//! A trail is a directory of segment files. Each entry holds the digest of the one before it; after each write, a
//! checkpoint is signed: the root of a Merkle tree (RFC 6962) over all records from the first. So whoever has the public
//! key can tell that no record was changed, moved, added or taken away up to the last checkpoint, and can be shown one
//! record without the others.
//!
//! What a trail cannot tell: whoever can write in its directory can put back an older state of the whole of it. That is
//! noticed against a checkpoint that was kept somewhere else, and against nothing else.
//!
//! ```text
//! records-00000000000000000000   start │ record │ … │ checkpoint │ record │ … │ checkpoint
//! records-00000000000000001034   start │ record │ …
//! checkpoint                     the last checkpoint: a text to keep somewhere else
//! lock
//! ```

mod chain;
mod event;
mod examine;
mod export;
mod fault;
mod files;
mod filter;
mod frame;
mod key_change;
mod note;
mod proof;
mod record;
mod revision;
mod tail;
mod time;
mod together;
mod trail;
mod tree;
mod walk;
mod who;

pub use event::{
    Column, Event, KeyUse, KeyUsed, Masked, Operations, Outcome, PluginUsed, Quarantine, Range, Rejected, Reveal,
    ReviewSigned, Revision, Rows, RunEnded, RunStarted, Share, TrailRepaired,
};
pub use examine::{Examined, Trust, examine};
pub use export::to_ocsf;
pub use fault::{AuditError, Fault};
pub use filter::{Filter, is_time};
pub use key_change::{KeyChange, KeyChanged};
pub use note::{Checkpoint, TrustedKeys};
pub use proof::{Proof, Proved, prove_growth, prove_record};
pub use record::Record;
pub use revision::{CanaryShare, DatasetChanged, OperationDenied, RevisionChanged};
pub(crate) use time::rfc3339;
pub use trail::{Recorded, RunId, Trail};
pub use tree::Hash;
pub use who::{Kind, Who};

#[cfg(test)]
mod tests;
