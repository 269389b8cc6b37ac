//! Moretta masks health data with sandboxed plugins.
//!
//! A policy says what happens to each column; plugins, WebAssembly components without any way out, do it; the host
//! checks every cell that comes back. The whole path of a batch is in `pipeline.rs`:
//!
//! ```text
//!  source ─▶ Batch ─▶ plan ─▶ mask ─▶ MaskedBatch ─▶ verify ─▶ VerifiedBatch ─▶ staged ─▶ committed
//!                      ▲       │
//!                   policy     plugin calls, key lent per call
//!                      └── one Snapshot: plugins + policy + keys, numbered
//! ```
//!
//! A whole program that embeds it:
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{RecordBatch, StringArray, cast::AsArray};
//! use moretta::Host;
//! use moretta::policy::Policy;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let policy = Policy::parse(
//!         "policy.yaml",
//!         "
//! version: 1
//! domain: example
//! rules:
//!   - { columns: [patient_id], mask: pseudonym, key: identity, with: { prefix: P- } }
//!   - { columns: [zip], mask: zip3 }
//!   - { columns: [gender], keep: true }
//! ",
//!     )?;
//!     // A service would give it a keyring, `Keyring::open`, so that pseudonyms agree between runs.
//!     let host = Host::builder(policy).ephemeral_keys().build()?;
//!
//!     let batch = RecordBatch::try_from_iter([
//!         ("patient_id", Arc::new(StringArray::from(vec!["17", "17"])) as _),
//!         ("zip", Arc::new(StringArray::from(vec!["02139", "03601"])) as _),
//!         ("gender", Arc::new(StringArray::from(vec!["f", "f"])) as _),
//!     ])?;
//!     let masked = host.mask(batch)?;
//!
//!     let ids = masked.column(0).as_string::<i32>();
//!     assert!(ids.value(0).starts_with("P-") && ids.value(0) == ids.value(1));
//!     // Fewer than 20,000 people live in 036 (2020 Census).
//!     assert_eq!(masked.column(1).as_string::<i32>(), &StringArray::from(vec!["021", "000"]));
//!     assert_eq!(masked.column(2).as_string::<i32>().value(0), "f");
//!     Ok(())
//! }
//! ```
//!
//! [`Host::mask_all`] masks a stream of batches; [`run::mask_files`] masks files as the command does.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

mod account;
pub mod approval;
pub mod audit;
pub mod batch;
mod capability;
mod cast;
pub mod classify;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod command;
pub mod conformance;
mod contract;
pub mod dataset;
pub mod error;
pub mod evidence;
mod finder;
mod fold;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod host;
#[cfg(any(feature = "aws-kms", feature = "oci", feature = "openbao", feature = "server"))]
mod https;
pub mod inbox;
pub mod keys;
mod leash;
pub mod lend;
mod lineage;
mod made_up;
pub mod manifest;
mod mask;
pub mod outcome;
mod output;
pub mod phi;
mod pipeline;
pub mod plan;
pub mod plugin;
pub mod policy;
mod profile;
pub mod quarantine;
pub mod report;
pub mod reveal;
pub mod risk;
pub mod run;
mod scrub;
#[cfg(feature = "server")]
pub mod server;
pub mod sidecar;
pub mod sink;
mod snapshot;
pub mod source;
mod staged;
pub mod steps;
pub mod store;
pub mod stream;
pub mod survey;
pub mod tally;
mod today;
mod two_passes;
pub mod vault;
pub mod verify;
pub mod vocabulary;
pub mod workers;

pub use error::Error;
pub use host::{Host, HostBuilder, Masked, plugins};
pub use snapshot::Snapshot;
