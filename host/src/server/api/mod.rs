//! What can be asked for over HTTP, and by whom.

mod allowed;
mod authenticate;
mod counted;
mod datasets;
mod document;
mod health;
mod mask;
mod media;
mod metrics;
mod operate;
mod records;
mod runs;
mod table;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde::Serialize;

pub(crate) use counted::Counted;
pub use document::openapi;
pub(crate) use metrics::alone as metrics_alone;

use table::{Needs, Route, routes};

use super::access::Principal;
use super::log::Level;
use super::problem::{Fault, Problem};
use super::state::Server;

/// The ways in. Those that are for principals ask who it is first.
pub(crate) fn router(server: Arc<Server>) -> Router {
    let routes = routes().into_iter().fold(Router::new(), |router, Route { path, needs, handler, .. }| {
        let authenticated = from_fn_with_state(server.clone(), authenticate::authenticate);
        let handler = if needs == Needs::Nothing { handler } else { handler.route_layer(authenticated) };
        router.route(path, handler)
    });
    routes
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { other_method() })
        .layer(from_fn_with_state(server.clone(), logged))
        .with_state(server)
}

/// The path of each way in.
pub(crate) fn paths() -> Vec<&'static str> {
    routes().iter().map(|route| route.path).collect()
}

fn other_method() -> Problem {
    let title = "this is not done with that method";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", title, Fault::Client)
}

/// Logs each request by its route: what else stands in its line and its head is the client's.
async fn logged(State(server): State<Arc<Server>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().and_then(|path| server.metrics().known_route(path.as_str()));
    let span = server.traces().request(request.method(), route, request.headers());
    request.extensions_mut().insert(span.within());
    let response = next.run(request).await;
    let principal = response.extensions().get::<Principal>().map(|principal| principal.name().to_owned());
    let problem = response.extensions().get::<Problem>().map(|problem| problem.word().to_owned());
    let status = response.status();
    server.metrics().answered(route, status);
    span.answered(status, principal.as_deref(), problem.as_deref());
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
