//! The contract in `wit/` as Rust: one module for each version, and columns between Arrow and the wire.

pub(crate) mod column;
pub(crate) mod v0_1;

pub(crate) use v0_1 as latest;

/// The package of the contract.
pub(crate) const PACKAGE: &str = "moretta:plugin";

/// The newest version of the contract that this host speaks.
pub(crate) const VERSION: &str = "0.1.0";
