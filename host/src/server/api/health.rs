//! Whether the server lives, and whether it can mask. Anybody may know.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::server::state::Server;

/// The server lives.
pub(super) async fn lives() -> &'static str {
    "lives\n"
}

/// Every dataset has a healthy revision in force, and the server is not to stop.
pub(super) async fn is_ready(State(server): State<Arc<Server>>) -> (StatusCode, &'static str) {
    match server.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}
