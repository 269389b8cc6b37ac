//! What can be asked for over HTTP, and by whom.

mod authenticate;
mod counted;
mod health;
mod mask;
mod media;
mod operate;
mod runs;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Serialize;

pub(crate) use counted::Counted;

use super::access::Principal;
use super::log::Level;
use super::problem::{Fault, Problem};
use super::state::Server;

/// Every way in. What stands under `/v1` is for principals; the rest tells nothing but whether the server lives.
pub(crate) fn router(server: Arc<Server>) -> Router {
    let for_principals = Router::new()
        .route("/datasets/{name}/mask", post(mask::mask))
        .route("/datasets/{name}/stop", post(operate::stop))
        .route("/datasets/{name}/start", post(operate::start))
        .route("/runs/{run}", get(runs::run))
        .route_layer(from_fn_with_state(server.clone(), authenticate::authenticate));
    Router::new()
        .nest("/v1", for_principals)
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::is_ready))
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { other_method() })
        .layer(from_fn_with_state(server.clone(), logged))
        .with_state(server)
}

fn other_method() -> Problem {
    let title = "this is not done with that method";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", title, Fault::Client)
}

/// Logs each request by its route: what else stands in its line and its head is the client's.
async fn logged(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    let principal = response.extensions().get::<Principal>().map(|principal| principal.name().to_owned());
    let problem = response.extensions().get::<Problem>().map(|problem| problem.word().to_owned());
    let status = response.status();
    let level = if status.is_server_error() { Level::Warning } else { Level::Info };
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let fields = [
        ("route", route.into()),
        ("status", status.as_u16().into()),
        ("principal", principal.into()),
        ("problem", problem.into()),
        ("milliseconds", milliseconds.into()),
    ];
    server.log().write(level, "request", &fields);
    response
}

/// Something as JSON, which no cache keeps.
fn json(value: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(|_| Problem::internal())?;
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
