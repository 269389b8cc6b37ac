//! The policy: which column is masked how. Pure: no I/O, no clock.

mod problem;

pub use problem::{PolicyErrors, PolicyProblem};
