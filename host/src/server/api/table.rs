//! Every way in: one table, which both the router and the OpenAPI document are made from.

use std::sync::Arc;

use axum::routing::{MethodRouter, get, post};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{datasets, document, health, mask, metrics, operate, records, runs};
use crate::dataset::Status;
use crate::server::access::Operation;
use crate::server::runs::Run;
use crate::server::state::Server;

/// A way in.
pub(super) struct Route {
    pub(super) verb: Verb,
    pub(super) path: &'static str,
    /// A name for programs.
    pub(super) name: &'static str,
    /// What it does.
    pub(super) about: &'static str,
    pub(super) needs: Needs,
    pub(super) takes: Takes,
    pub(super) gives: Gives,
    pub(super) handler: MethodRouter<Arc<Server>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
}

/// Whom it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Anybody.
    Nothing,
    /// Who is known.
    Principal,
    /// Who may do this with the dataset.
    On(Operation),
    /// Who may do this with every dataset.
    OnAll(Operation),
}

/// What a request has beside its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// A table to be masked.
    Rows,
    /// The number of a revision.
    Revision,
    /// Which records are wanted.
    Filter,
}

/// What is answered when all is well.
#[derive(Clone, Copy)]
pub(super) enum Gives {
    /// A word.
    Text,
    /// The rows, masked.
    Rows,
    /// Records of the audit trail.
    Records,
    /// Metrics.
    Metrics,
    /// JSON of this schema.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// The document.
    Document,
}

impl Gives {
    fn json<T: JsonSchema>() -> Self {
        Self::Json(SchemaGenerator::subschema_for::<T>)
    }
}

/// Every way in.
pub(super) fn routes() -> Vec<Route> {
    [of_anybody(), of_pipelines(), of_watchers(), of_operators(), of_auditors()].into_iter().flatten().collect()
}

fn read(path: &'static str, name: &'static str, about: &'static str, needs: Needs, gives: Gives) -> Route {
    Route { verb: Verb::Get, path, name, about, needs, takes: Takes::Nothing, gives, handler: MethodRouter::new() }
}

fn operate(path: &'static str, name: &'static str, about: &'static str) -> Route {
    let (needs, gives) = (Needs::On(Operation::Operate), Gives::json::<operate::Operated>());
    Route { verb: Verb::Post, path, name, about, needs, takes: Takes::Nothing, gives, handler: MethodRouter::new() }
}

impl Route {
    fn by(self, handler: MethodRouter<Arc<Server>>) -> Self {
        Self { handler, ..self }
    }

    fn takes(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }
}

fn of_anybody() -> Vec<Route> {
    let document = "This document.";
    vec![
        read("/healthz", "lives", "Whether the server lives.", Needs::Nothing, Gives::Text).by(get(health::lives)),
        read("/readyz", "isReady", "Whether every dataset is masked now.", Needs::Nothing, Gives::Text)
            .by(get(health::is_ready)),
        read("/v1/openapi.json", "document", document, Needs::Principal, Gives::Document).by(get(document::document)),
    ]
}

fn of_pipelines() -> Vec<Route> {
    let about = "Masks a table. The answer is complete when the trailer moretta-status says so. A request with an \
                 Idempotency-Key that was answered before is answered from the record.";
    vec![
        Route {
            verb: Verb::Post,
            gives: Gives::Rows,
            ..read("/v1/datasets/{name}/mask", "mask", about, Needs::On(Operation::Mask), Gives::Rows)
        }
        .takes(Takes::Rows)
        .by(post(mask::mask)),
        read(
            "/v1/runs/{run}",
            "run",
            "How a run ended, for who asked for it and for who operates the dataset.",
            Needs::Principal,
            Gives::json::<Run>(),
        )
        .by(get(runs::run)),
    ]
}

fn of_watchers() -> Vec<Route> {
    let operate = Needs::On(Operation::Operate);
    vec![
        read(
            "/v1/datasets",
            "datasets",
            "The datasets that the principal operates.",
            Needs::Principal,
            Gives::json::<datasets::Datasets>(),
        )
        .by(get(datasets::list)),
        read("/v1/datasets/{name}", "status", "How a dataset is.", operate, Gives::json::<Status>())
            .by(get(datasets::status)),
        read(
            "/v1/datasets/{name}/plugins",
            "plugins",
            "The plugins of the revision in force.",
            operate,
            Gives::json::<datasets::Plugins>(),
        )
        .by(get(datasets::plugins)),
        read(
            "/v1/datasets/{name}/revisions",
            "revisions",
            "The revisions that are alive, and the last candidate.",
            operate,
            Gives::json::<datasets::Revisions>(),
        )
        .by(get(datasets::revisions)),
        read(
            "/v1/datasets/{name}/quarantine",
            "quarantine",
            "The quarantine files, and how many rows they hold: not the rows.",
            operate,
            Gives::json::<datasets::Quarantine>(),
        )
        .by(get(datasets::quarantine)),
        read("/metrics", "metrics", "Metrics (OpenMetrics 1.0).", Needs::OnAll(Operation::Operate), Gives::Metrics)
            .by(get(metrics::metrics)),
    ]
}

fn of_operators() -> Vec<Route> {
    vec![
        operate("/v1/datasets/{name}/reload", "reload", "Makes a revision of the files as they are.")
            .by(post(operate::reload)),
        operate("/v1/datasets/{name}/promote", "promote", "Puts a candidate in force that is in shadow or a canary.")
            .takes(Takes::Revision)
            .by(post(operate::promote)),
        operate("/v1/datasets/{name}/rollback", "rollback", "Goes back to the last good revision.")
            .by(post(operate::rollback)),
        operate("/v1/datasets/{name}/bar", "bar", "Has a revision never be in force again.")
            .takes(Takes::Revision)
            .by(post(operate::bar)),
        operate("/v1/datasets/{name}/drain", "drain", "Lets nothing begin; what is under way may end.")
            .by(post(operate::drain)),
        operate("/v1/datasets/{name}/stop", "stop", "The kill switch: ends what is under way, and lets nothing begin.")
            .by(post(operate::stop)),
        operate("/v1/datasets/{name}/start", "start", "Lets batches begin again.").by(post(operate::start)),
    ]
}

fn of_auditors() -> Vec<Route> {
    let about = "The records of the audit trail that are asked for, one in each line.";
    vec![
        read("/v1/datasets/{name}/audit", "audit", about, Needs::On(Operation::ReadAudit), Gives::Records)
            .takes(Takes::Filter)
            .by(get(records::audit)),
    ]
}
