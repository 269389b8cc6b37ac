//! What can be counted and measured, for Prometheus (OpenMetrics 1.0). What a dataset counts itself is asked for when
//! somebody looks.

mod label;

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use label::{
    Code, Name, OfDataset, OfDenial, OfKey, OfOutcome, OfRejection, OfRequest, OfRun, OfState, OfStep, Use, Word,
};

use super::access::Operation;
use super::problem::Problem;
use super::served::Served;
use super::state::Server;
use crate::dataset::State;
use crate::report::Report;

/// Measured times: from a quarter of a millisecond to a bit more than a minute.
const SHORTEST: f64 = 0.000_25;
const FACTOR: f64 = 4.0;
const BUCKETS: u16 = 10;

/// The states that revisions which are alive can have.
const STATES: [(State, &str); 5] = [
    (State::Shadow, "shadow"),
    (State::Canary, "canary"),
    (State::Current, "current"),
    (State::Draining, "draining"),
    (State::Retired, "retired"),
];

type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// Everything that is counted and measured.
pub(crate) struct Metrics {
    registry: Registry,
    routes: Vec<&'static str>,
    requests: Family<OfRequest, Counter>,
    denials: Family<OfDenial, Counter>,
    runs: Family<OfRun, Counter>,
    run_seconds: Times<OfDataset>,
    step_seconds: Times<OfStep>,
    rows: Family<OfOutcome, Counter>,
    rejections: Family<OfRejection, Counter>,
    bytes: Family<OfOutcome, Counter>,
    key_operations: Family<OfKey, Counter>,
    now: Now,
}

/// What is so when somebody looks.
#[derive(Default)]
struct Now {
    faults: Family<OfDataset, Counter>,
    reloads: Family<OfOutcome, Counter>,
    revisions: Family<OfState, Gauge>,
    in_force: Family<OfDataset, Gauge>,
    ready: Family<OfDataset, Gauge>,
    under_way: Family<OfDataset, Gauge>,
    queue: Gauge,
    connections: Gauge,
}

impl Metrics {
    /// Nothing was counted yet. Requests are counted by these routes.
    pub(crate) fn new(routes: Vec<&'static str>) -> Self {
        let times = || Histogram::new(exponential_buckets(SHORTEST, FACTOR, BUCKETS));
        let mut metrics = Self {
            registry: Registry::with_prefix("moretta"),
            routes,
            requests: Family::default(),
            denials: Family::default(),
            runs: Family::default(),
            run_seconds: Family::new_with_constructor(times),
            step_seconds: Family::new_with_constructor(times),
            rows: Family::default(),
            rejections: Family::default(),
            bytes: Family::default(),
            key_operations: Family::default(),
            now: Now::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Requests by route and status", self.requests.clone());
        registry.register("denials", "Requests that no role allowed, by what they were for", self.denials.clone());
        registry.register("runs", "Runs by how they ended, and whose fault it was", self.runs.clone());
        let seconds = || Unit::Seconds;
        registry.register_with_unit("run", "How long complete runs took", seconds(), self.run_seconds.clone());
        let help = "How long each step of complete runs took, all batches of a run together";
        registry.register_with_unit("step", help, seconds(), self.step_seconds.clone());
        registry.register("rows", "Rows of complete runs, by outcome", self.rows.clone());
        registry.register("rejections", "Rows of complete runs that were rejected, by code", self.rejections.clone());
        registry.register("bytes", "Bytes of complete runs, read and written", self.bytes.clone());
        let help = "Values that a key was used on, by what the key is for";
        registry.register("key_operations", help, self.key_operations.clone());
        let now = &self.now;
        registry.register("guest_faults", "Batches that failed by the fault of a plugin", now.faults.clone());
        registry.register("reloads", "What became of candidates", now.reloads.clone());
        registry.register("revisions", "Revisions that are alive, by state", now.revisions.clone());
        registry.register("revision_in_force", "The number of the revision in force, or 0", now.in_force.clone());
        registry.register("ready", "Whether batches are masked", now.ready.clone());
        registry.register("requests_under_way", "Requests that are masked now", now.under_way.clone());
        registry.register("queue_depth", "Batches that wait for a worker", now.queue.clone());
        registry.register("connections", "Connections that are open", now.connections.clone());
    }

    /// A request was answered, as far as its head. What else its line says than its route is the client's.
    pub(crate) fn answered(&self, route: Option<&'static str>, status: StatusCode) {
        let route = Word(route.unwrap_or("none"));
        self.requests.get_or_create(&OfRequest { route, status: status.as_u16() }).inc();
    }

    /// A route of the table.
    pub(crate) fn known_route(&self, path: &str) -> Option<&'static str> {
        self.routes.iter().copied().find(|known| path == *known)
    }

    /// No role allowed something.
    pub(crate) fn denied(&self, operation: Operation) {
        self.denials.get_or_create(&OfDenial { operation: Word(operation.word()) }).inc();
    }

    /// A run failed.
    pub(crate) fn failed(&self, served: &Served, problem: &Problem) {
        let fault = Word(problem.fault().word());
        let of_run = OfRun { dataset: Name::of(served), outcome: Word("failed"), fault };
        self.runs.get_or_create(&of_run).inc();
    }

    /// A run is complete.
    pub(crate) fn completed(&self, served: &Served, report: &Report) {
        let dataset = Name::of(served);
        let of_run = OfRun { dataset: dataset.clone(), outcome: Word("complete"), fault: Word("none") };
        self.runs.get_or_create(&of_run).inc();
        self.run_seconds.get_or_create(&OfDataset { dataset: dataset.clone() }).observe(report.seconds);
        let outcome = |outcome| OfOutcome { dataset: dataset.clone(), outcome: Word(outcome) };
        let rows = &report.rows;
        let counts = [
            ("read", rows.read),
            ("masked", rows.masked),
            ("quarantined", rows.quarantined),
            ("dropped", rows.dropped),
        ];
        for (word, count) in counts {
            self.rows.get_or_create(&outcome(word)).inc_by(count);
        }
        for (word, count) in [("read", report.bytes_read), ("written", report.bytes_written)] {
            self.bytes.get_or_create(&outcome(word)).inc_by(count);
        }
        for (code, count) in &rows.codes {
            let of_rejection = OfRejection { dataset: dataset.clone(), code: Code(*code) };
            self.rejections.get_or_create(&of_rejection).inc_by(*count);
        }
        for call in report.columns.columns().flat_map(|(_, column)| &column.calls) {
            let Some(purpose) = call.key else { continue };
            let of_key = OfKey { dataset: dataset.clone(), purpose: Use::from(purpose) };
            self.key_operations.get_or_create(&of_key).inc_by(call.cells);
        }
        self.steps(&dataset, report);
    }

    fn steps(&self, dataset: &Name, report: &Report) {
        let steps = &report.steps;
        let steps = [
            ("read", steps.read),
            ("plan", steps.plan),
            ("mask", steps.mask),
            ("verify", steps.verify),
            ("audit", steps.audit),
            ("write", steps.write),
        ];
        for (step, took) in steps {
            let of_step = OfStep { dataset: dataset.clone(), step: Word(step) };
            self.step_seconds.get_or_create(&of_step).observe(took.as_secs_f64());
        }
    }

    /// Everything, as OpenMetrics has it.
    pub(crate) fn text(&self, server: &Server) -> String {
        server.datasets().for_each(|served| self.now.look(served));
        self.now.queue.set(whole(server.workers().waiting()));
        self.now.connections.set(whole(server.connections().now()));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Now {
    fn look(&self, served: &Served) {
        let (status, dataset) = (served.dataset().status(), Name::of(served));
        let of_dataset = OfDataset { dataset: dataset.clone() };
        self.faults.get_or_create(&of_dataset).inner().store(status.faults, Ordering::Relaxed);
        let reloads = [("in-force", status.swaps), ("refused", status.refusals), ("rolled-back", status.rollbacks)];
        for (outcome, count) in reloads {
            let of_outcome = OfOutcome { dataset: dataset.clone(), outcome: Word(outcome) };
            self.reloads.get_or_create(&of_outcome).inner().store(count, Ordering::Relaxed);
        }
        for (state, word) in STATES {
            let alive = status.revisions.iter().filter(|revision| revision.state == state).count();
            self.revisions.get_or_create(&OfState { dataset: dataset.clone(), state: Word(word) }).set(whole(alive));
        }
        let current = status.current.and_then(|current| i64::try_from(current).ok()).unwrap_or(0);
        self.in_force.get_or_create(&of_dataset).set(current);
        self.ready.get_or_create(&of_dataset).set(status.is_ready().into());
        self.under_way.get_or_create(&of_dataset).set(whole(served.busy()));
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
