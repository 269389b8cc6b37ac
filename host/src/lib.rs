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
pub mod error;
pub mod keys;
pub mod outcome;
pub mod plugin;
pub mod policy;
pub mod quarantine;
pub mod sink;
pub mod source;
pub mod verify;

pub use error::Error;
