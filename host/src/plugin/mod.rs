//! Plugins: packages, the engine that runs them, one call.

mod fault;

pub use fault::{GuestError, GuestFault, PackageError, PackageProblem};
