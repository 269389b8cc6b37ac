//! The kill switch of a dataset. Each use is in the audit trail, with the name of who used it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use tokio::task::spawn_blocking;

use super::json;
use crate::dataset::{Dataset, OperateError, Status};
use crate::server::access::{Operation, Principal};
use crate::server::ending::Cause;
use crate::server::log::Level;
use crate::server::problem::Problem;
use crate::server::served::Served;
use crate::server::state::Server;

/// `POST /v1/datasets/{name}/stop`: nothing of it is masked any more, and what is under way ends without being complete.
pub(super) async fn stop(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let served = server.dataset(&principal, Operation::Operate, &name)?.clone();
    let who = principal.who();
    let stopped = act(&server, &served, "stop", move |dataset| dataset.stop(&who)).await;
    // Also where it could not be recorded: stopping is the safe side.
    served.end_all(Cause::Stopped);
    json(&stopped?)
}

/// `POST /v1/datasets/{name}/start`: batches may begin again.
pub(super) async fn start(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let served = server.dataset(&principal, Operation::Operate, &name)?.clone();
    let who = principal.who();
    json(&act(&server, &served, "start", move |dataset| dataset.start(&who)).await?)
}

/// Does something to a dataset, off the threads of the network: the audit trail is on a disk.
async fn act(
    server: &Arc<Server>,
    served: &Arc<Served>,
    done: &'static str,
    act: impl FnOnce(&Dataset) -> Result<(), OperateError> + Send + 'static,
) -> Result<Status, Problem> {
    let acting = served.clone();
    let acted = spawn_blocking(move || act(acting.dataset()).map(|()| acting.dataset().status())).await;
    let acted = acted.map_err(|_| Problem::internal())?;
    let reason = acted.as_ref().err().map(ToString::to_string);
    let level = if reason.is_none() { Level::Info } else { Level::Error };
    let fields = [("dataset", served.name().into()), ("done", done.into()), ("reason", reason.into())];
    server.log().write(level, "operated", &fields);
    acted.map_err(|_| Problem::internal())
}
