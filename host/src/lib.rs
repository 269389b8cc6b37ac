//! Moretta masks health data with sandboxed plugins.

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

pub mod batch;
mod capability;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod command;
mod contract;
pub mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod host;
pub mod keys;
pub mod manifest;
mod mask;
pub mod outcome;
pub mod phi;
mod pipeline;
pub mod plan;
pub mod plugin;
pub mod policy;
pub mod quarantine;
pub mod report;
pub mod run;
pub mod sink;
mod snapshot;
pub mod source;
pub mod tally;
pub mod verify;

pub use error::Error;
pub use host::{Host, HostBuilder, Masked};
pub use snapshot::Snapshot;
