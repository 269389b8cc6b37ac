//! What operators see of datasets: names, numbers, digests and counts.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::allowed::allowed;
use super::json;
use crate::audit::rfc3339;
use crate::dataset::{CandidateStatus, PluginStatus, RevisionStatus, Status};
use crate::quarantine::{self, QuarantineFile};
use crate::server::access::{Operation, Principal};
use crate::server::log::Level;
use crate::server::problem::Problem;
use crate::server::state::Server;

/// The datasets that somebody operates.
#[derive(Serialize, JsonSchema)]
pub(super) struct Datasets {
    datasets: Vec<Status>,
}

/// The plugins of the revision in force.
#[derive(Serialize, JsonSchema)]
pub(super) struct Plugins {
    /// The name of the dataset.
    dataset: String,
    /// The number of the revision in force.
    revision: Option<u64>,
    plugins: Vec<PluginStatus>,
}

/// The revisions that are alive, and the last candidate.
#[derive(Serialize, JsonSchema)]
pub(super) struct Revisions {
    /// The name of the dataset.
    dataset: String,
    /// The number of the revision in force.
    current: Option<u64>,
    /// The number of the revision that a rollback goes to.
    fallback: Option<u64>,
    /// The newest last.
    revisions: Vec<RevisionStatus>,
    /// The last candidate, if it did not come in force: how far it got, or why it failed.
    candidate: Option<CandidateStatus>,
}

/// The quarantine files of a dataset.
#[derive(Serialize, JsonSchema)]
pub(super) struct Quarantine {
    /// The name of the dataset.
    dataset: String,
    /// Whether there is a place for rows that cannot be masked.
    kept: bool,
    files: Vec<Quarantined>,
}

/// A quarantine file. Its rows are for who holds its key.
#[derive(Serialize, JsonSchema)]
pub(super) struct Quarantined {
    /// Its name: that of the run.
    name: String,
    /// Its size.
    bytes: u64,
    /// How many rows it has, if it is whole.
    rows: Option<u64>,
    /// When it was written: RFC 3339.
    written: String,
}

/// `GET /v1/datasets`: those that the principal operates, and no others.
pub(super) async fn list(
    State(server): State<Arc<Server>>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let roles = &server.config().roles;
    let theirs = server.datasets().filter(|served| roles.allow(&principal, Operation::Operate, served.name()));
    json(&Datasets { datasets: theirs.map(|served| served.dataset().status()).collect() })
}

/// `GET /v1/datasets/{name}`.
pub(super) async fn status(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    json(&allowed(&server, &principal, Operation::Operate, &name)?.dataset().status())
}

/// `GET /v1/datasets/{name}/plugins`.
pub(super) async fn plugins(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let served = allowed(&server, &principal, Operation::Operate, &name)?;
    let (revision, plugins) = served.dataset().plugins();
    json(&Plugins { dataset: name, revision, plugins })
}

/// `GET /v1/datasets/{name}/revisions`.
pub(super) async fn revisions(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let Status { dataset, current, fallback, revisions, candidate, .. } =
        allowed(&server, &principal, Operation::Operate, &name)?.dataset().status();
    json(&Revisions { dataset, current, fallback, revisions, candidate })
}

/// `GET /v1/datasets/{name}/quarantine`.
pub(super) async fn quarantine(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let served = allowed(&server, &principal, Operation::Operate, &name)?;
    let Some(directory) = served.quarantine_directory().map(std::path::Path::to_owned) else {
        return json(&Quarantine { dataset: name, kept: false, files: Vec::new() });
    };
    let listed = spawn_blocking(move || quarantine::list(&directory)).await.map_err(|_| Problem::internal())?;
    let files = listed.map_err(|error| {
        let fields = [("dataset", served.name().into()), ("reason", error.to_string().into())];
        server.log().write(Level::Error, "quarantine-not-read", &fields);
        Problem::internal()
    })?;
    json(&Quarantine { dataset: name, kept: true, files: files.into_iter().map(Quarantined::from).collect() })
}

impl From<QuarantineFile> for Quarantined {
    fn from(file: QuarantineFile) -> Self {
        Self { name: file.name, bytes: file.bytes, rows: file.rows, written: rfc3339(file.written) }
    }
}
