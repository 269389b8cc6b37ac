//! What operators do with datasets. Each change is in the audit trail, with the name of who made it.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::allowed::allowed;
use super::json;
use crate::audit::Who;
use crate::dataset::{Dataset, OperateError, Reloaded, Status};
use crate::server::access::{Operation, Principal};
use crate::server::ending::Cause;
use crate::server::log::Level;
use crate::server::problem::{Fault, Problem};
use crate::server::reload;
use crate::server::served::Served;
use crate::server::state::Server;

/// More than the body of any of these requests has, in bytes.
const MOST_BODY: usize = 4096;

/// Which revision is meant.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Chosen {
    /// Its number, as the status has it.
    #[serde(deserialize_with = "whole")]
    revision: u64,
}

/// What was done, and how the dataset is now.
#[derive(Serialize, JsonSchema)]
pub(super) struct Operated {
    done: Done,
    /// The revision that it was done with.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
    status: Status,
}

/// What was done.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Done {
    /// The files are those of the revision in force, or of the candidate that is tried.
    Unchanged,
    /// A revision is in force.
    InForce,
    /// A candidate is given what is masked, and what it gives back is compared and thrown away.
    Shadow,
    /// A candidate does its share.
    Canary,
    /// The last good revision is in force again.
    RolledBack,
    /// A revision is never to be in force again.
    Barred,
    /// Nothing begins any more.
    Draining,
    /// Nothing begins any more, and what was under way was ended.
    Stopped,
    /// Batches may begin.
    Started,
}

/// Somebody who operates a dataset.
struct Operator {
    server: Arc<Server>,
    served: Arc<Served>,
    who: Who,
}

impl Operator {
    fn of(server: Arc<Server>, principal: &Principal, name: &str) -> Result<Self, Problem> {
        let served = allowed(&server, principal, Operation::Operate, name)?;
        Ok(Self { server, served, who: principal.who() })
    }

    /// Does something to the dataset, off the threads of the network: the audit trail is on a disk.
    async fn act(
        &self,
        done: Done,
        act: impl FnOnce(&Dataset, &Who) -> Result<Option<u64>, OperateError> + Send + 'static,
    ) -> Result<Response, Problem> {
        let (served, who) = (self.served.clone(), self.who.clone());
        let acted = spawn_blocking(move || act(served.dataset(), &who)).await.map_err(|_| Problem::internal())?;
        let reason = acted.as_ref().err().map(ToString::to_string);
        let level = if reason.is_none() { Level::Info } else { Level::Error };
        let word = serde_json::to_value(done).unwrap_or_default();
        let fields = [
            ("dataset", self.served.name().into()),
            ("principal", self.who.name.clone().into()),
            ("done", word),
            ("reason", reason.into()),
        ];
        self.server.log().write(level, "operated", &fields);
        let revision = acted.map_err(|error| refused(&error))?;
        json(&Operated { done, revision, status: self.served.dataset().status() })
    }
}

/// `POST /v1/datasets/{name}/reload`: makes a revision of the files as they are.
pub(super) async fn reload(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let Operator { server, served, who } = Operator::of(server, &principal, &name)?;
    let reloading = served.clone();
    let reloaded = spawn_blocking(move || reload::dataset(&server, &reloading, &who)).await;
    let reloaded = reloaded.map_err(|_| Problem::internal())?.map_err(|failed| {
        let title = "the candidate is not good enough; what was in force still is";
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "candidate", title, Fault::Operator);
        problem.detail(failed.to_string())
    })?;
    let (done, revision) = match reloaded {
        Reloaded::Unchanged(revision) => (Done::Unchanged, revision),
        Reloaded::InForce(revision) => (Done::InForce, revision),
        Reloaded::Shadow(revision) => (Done::Shadow, revision),
        Reloaded::Canary(revision) => (Done::Canary, revision),
    };
    json(&Operated { done, revision: Some(revision), status: served.dataset().status() })
}

/// `POST /v1/datasets/{name}/promote`: puts a candidate in force that is tried.
pub(super) async fn promote(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Request,
) -> Result<Response, Problem> {
    let operator = Operator::of(server, &principal, &name)?;
    let Chosen { revision } = chosen(&operator.server, request).await?;
    operator.act(Done::InForce, move |dataset, who| dataset.promote(revision, who).map(|()| Some(revision))).await
}

/// `POST /v1/datasets/{name}/bar`: a revision is never to be in force again.
pub(super) async fn bar(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Request,
) -> Result<Response, Problem> {
    let operator = Operator::of(server, &principal, &name)?;
    let Chosen { revision } = chosen(&operator.server, request).await?;
    operator.act(Done::Barred, move |dataset, who| dataset.quarantine(revision, who).map(|()| Some(revision))).await
}

/// `POST /v1/datasets/{name}/rollback`: goes back to the last good revision.
pub(super) async fn rollback(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let operator = Operator::of(server, &principal, &name)?;
    operator.act(Done::RolledBack, |dataset, who| dataset.rollback(who).map(Some)).await
}

/// `POST /v1/datasets/{name}/drain`: what is under way may end, and nothing begins.
pub(super) async fn drain(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let operator = Operator::of(server, &principal, &name)?;
    operator.act(Done::Draining, |dataset, who| dataset.drain(who).map(|()| None)).await
}

/// `POST /v1/datasets/{name}/stop`: nothing of it is masked any more, and what is under way ends without being complete.
pub(super) async fn stop(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let operator = Operator::of(server, &principal, &name)?;
    let stopped = operator.act(Done::Stopped, |dataset, who| dataset.stop(who).map(|()| None)).await;
    // Also where it could not be recorded: stopping is the safe side.
    operator.served.end_all(Cause::Stopped);
    stopped
}

/// `POST /v1/datasets/{name}/start`: batches may begin again.
pub(super) async fn start(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let operator = Operator::of(server, &principal, &name)?;
    operator.act(Done::Started, |dataset, who| dataset.start(who).map(|()| None)).await
}

/// The revision that the body of a request names.
async fn chosen(server: &Server, request: Request<Body>) -> Result<Chosen, Problem> {
    let mend = "the body is JSON: {\"revision\": NUMBER}";
    let (head, body) = request.into_parts();
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().is_none_or(|kind| !kind.trim().eq_ignore_ascii_case("application/json")) {
        let title = "the body is of a type that is not read";
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", title, Fault::Client);
        return Err(problem.detail(mend));
    }
    let body = timeout(server.config().bounds.idle(), to_bytes(body, MOST_BODY)).await;
    let body = body.map_err(|_| Problem::from(Cause::SentNothing))?.map_err(|_| Problem::bad_request(mend))?;
    serde_json::from_slice(&body).map_err(|_| Problem::bad_request(mend))
}

/// A whole number. JSON writes it as 3 or as 3.0 (RFC 8259, section 6), and a schema does not tell one from the other.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = Number::deserialize(deserializer)?;
    let written = |number: f64| format!("{number:.0}").parse().ok().filter(|_| number.fract() == 0.0);
    let whole = number.as_u64().or_else(|| written(number.as_f64()?));
    whole.ok_or_else(|| D::Error::custom("a whole number"))
}

fn refused(error: &OperateError) -> Problem {
    let conflict = |name, title| Problem::new(StatusCode::CONFLICT, name, title, Fault::Client);
    match error {
        OperateError::NoSuchRevision(_) => {
            conflict("no-such-revision", "there is no such revision in this state").detail(error.to_string())
        }
        OperateError::NoFallback => conflict("no-fallback", "there is nothing to go back to").detail(error.to_string()),
        OperateError::Unrecorded(_) => {
            let title = "the audit trail cannot be written";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "unrecorded", title, Fault::Server)
        }
    }
}
