//! `GET /metrics`: what Prometheus reads.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::{Extension, Router, routing};
use tokio::task::spawn_blocking;

use super::allowed::allowed;
use crate::server::access::{Operation, Principal};
use crate::server::problem::Problem;
use crate::server::state::Server;

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// For who operates every dataset: the metrics tell of all.
pub(super) async fn metrics(
    State(server): State<Arc<Server>>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let names: Vec<_> = server.config().datasets.keys().cloned().collect();
    names.iter().try_for_each(|name| allowed(&server, &principal, Operation::Operate, name).map(drop))?;
    text(server).await
}

/// What stands at the address for metrics alone, which is of this machine: there everybody may read them.
pub(crate) fn alone(server: Arc<Server>) -> Router {
    let metrics = |State(server): State<Arc<Server>>| text(server);
    Router::new()
        .route("/metrics", routing::get(metrics))
        .fallback(|| async { Problem::not_found() })
        .with_state(server)
}

async fn text(server: Arc<Server>) -> Result<Response, Problem> {
    let text = spawn_blocking(move || server.metrics().text(&server)).await.map_err(|_| Problem::internal())?;
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, OPEN_METRICS);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
