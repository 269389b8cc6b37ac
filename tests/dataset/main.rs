//! Datasets: policy, plugins and keys are changed while batches are masked.

mod audit;
mod candidates;
mod operate;
mod place;
mod reload;
mod signed;
mod trials;
mod watch;
