//! `GET /v1/runs/{run}`: how a run ended, for who asked for it and for who operates the dataset.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;

use super::json;
use crate::server::access::{Operation, Principal};
use crate::server::problem::Problem;
use crate::server::state::Server;

/// Answers with the report of a run, or why it failed. A run of somebody else is as one that never was.
pub(super) async fn run(
    State(server): State<Arc<Server>>,
    Path(run): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let (asked_by, run) = server.runs().find(&run).ok_or_else(Problem::not_found)?;
    let is_operator = server.config().roles.allow(&principal, Operation::Operate, &run.dataset);
    if asked_by == principal || is_operator { json(&run) } else { Err(Problem::not_found()) }
}
