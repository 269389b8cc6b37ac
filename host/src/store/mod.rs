//! The plugins of an operator: a directory with every version, who signed it, and which one is in force.
//!
//! ```text
//! plugins/
//!   acme-dates@1.0.0.wasm
//!   acme-dates@1.0.0.wasm.sig-…     a DSSE envelope: who releases these bytes as this version
//!   acme-dates@1.1.0.wasm
//!   store.json                      the digest of each version, and which one is current
//!   history.jsonl                   who made which version current, and when
//!   store.lock
//! ```
//!
//! What is read is bounded, and no link is followed. Everything is verified each time it is read, and no code of a plugin
//! runs here: its digest against `store.json`, its name and imports against its manifest, and its signatures against a
//! [`TrustRoot`] that is kept elsewhere. With a trust root, who can write in the directory can put back an older signed
//! version, or make a plugin unavailable, and nothing else. Without one, `store.json` alone is believed.
//!
//! A change is made under a lock, and is in force once `store.json` is renamed to its place: whoever is killed before
//! that has changed nothing. [`Store::current`] needs no lock.

mod change;
mod envelope;
mod folder;
mod history;
mod index;
mod kept;
#[cfg(feature = "oci")]
pub mod oci;
mod open;
mod refusal;
mod release;
mod statement;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod trust;
mod verify;

pub use envelope::Envelope;
pub use folder::{read_envelopes_beside, read_plugin};
pub use history::{Change, ChangeKind};
pub use kept::Kept;
pub use open::{Installed, Store};
pub use refusal::{StoreError, Untrusted};
pub use release::Release;
use statement::Statement;
pub use trust::{Trust, TrustRoot};
pub use verify::{Provenance, Signer, verify};
