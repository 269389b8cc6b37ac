//! One run, on a thread of its own: it waits for the client, and the workers of the process do the work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::answer::Completion;
use super::body::Rows;
use super::ending::{Cause, Ending};
use super::exchange::{Exchange, Parts};
use super::log::Level;
use super::problem::{Fault, Problem};
use super::runs::State;
use super::spool::Keeping;
use super::state::Server;
use super::traces::Within;
use crate::audit::RunId;
use crate::dataset::Lease;
use crate::error::Error;
use crate::report::Report;
use crate::source::Format;
use crate::stream::{StreamRun, mask_stream};

/// What the sender is called in messages.
const SENDER: &str = "the request";

/// What is to be masked, and how.
pub(crate) struct Run {
    pub(crate) name: RunId,
    /// The one revision that it is masked under.
    pub(crate) lease: Lease,
    pub(crate) format: Format,
    pub(crate) answer_format: Format,
    /// Where in a trace it belongs.
    pub(crate) within: Within,
    /// Keeps the answer, for a request that may come again.
    pub(crate) keeping: Option<Keeping>,
}

impl Run {
    /// Starts the run.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(self, exchange: Exchange) -> Result<(), Problem> {
        let (server, name) = (exchange.server.clone(), self.name.clone());
        server.runs().begin(name.as_str(), exchange.served.name(), &exchange.principal);
        exchange.start("run", move |parts| self.go(parts)).inspect_err(|problem| {
            server.runs().end(name.as_str(), State::Failed { problem: problem.clone() });
        })
    }

    fn go(self, parts: Parts) -> Completion {
        let Self { name, lease, format, answer_format, within, keeping } = self;
        let Parts { server, served, principal, rows, answer, ending } = parts;
        let span = server.traces().run(name.as_str(), served.name(), &within);
        let (quarantine, max_quarantined) = served.quarantine(&name);
        let stream = StreamRun {
            answer_format,
            quarantine,
            max_quarantined,
            asked_by: Some((name.clone(), principal.who())),
            ..StreamRun::new(SENDER.to_owned(), Box::new(rows.clone()), format, answer)
        };
        let masked = catch_unwind(AssertUnwindSafe(|| mask_stream(&lease, server.workers(), stream)));
        let outcome = match masked.unwrap_or(Err(Error::Internal("the run panicked"))) {
            Ok(report) => whole(&rows, &ending)
                .and_then(|()| keep(&server, &name, &rows, keeping.as_ref(), &report))
                .map(|()| Arc::new(report)),
            Err(error) => Err(failed(&server, &name, &ending, &error)),
        };
        let (state, read, problem) = match &outcome {
            Ok(report) => (State::Complete { report: report.clone() }, Some(report.rows.read), None),
            Err(problem) => (State::Failed { problem: problem.clone() }, None, Some(problem.word().to_owned())),
        };
        server.runs().end(name.as_str(), state);
        match &outcome {
            Ok(report) => {
                server.metrics().completed(&served, report);
                span.completed(report);
            }
            Err(problem) => {
                server.metrics().failed(&served, problem);
                span.failed(problem);
            }
        }
        let fields = [
            ("run", name.as_str().into()),
            ("dataset", served.name().into()),
            ("principal", principal.name().into()),
            ("rows", read.into()),
            ("problem", problem.into()),
        ];
        server.log().write(Level::Info, "run", &fields);
        match outcome {
            Ok(report) => Ok(trailers(&name, &report)),
            Err(problem) => Err(Box::new(problem.of_run(name.as_str()))),
        }
    }
}

/// Nothing may follow the end of the rows: whoever sends more believes that it is masked.
fn whole(rows: &Rows, ending: &Ending) -> Result<(), Problem> {
    match rows.are_read() {
        Ok(true) => Ok(()),
        Ok(false) => {
            ending.end(Cause::Surplus);
            Err(Cause::Surplus.into())
        }
        Err(_) => Err(ending.cause().map_or_else(Problem::internal, Problem::from)),
    }
}

/// A complete answer gets its record before who asked hears that it is complete.
fn keep(server: &Server, name: &RunId, rows: &Rows, keeping: Option<&Keeping>, report: &Report) -> Result<(), Problem> {
    let (Some(keeping), Some(digest)) = (keeping, rows.digest()) else { return Ok(()) };
    let trailers = trailers(name, report);
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let trailers = trailers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    keeping.commit(name.as_str(), &digest, trailers).map_err(|error| {
        let fields = [("run", name.as_str().into()), ("reason", error.to_string().into())];
        server.log().write(Level::Error, "spool-failed", &fields);
        Problem::internal()
    })
}

/// What is told to who asked. If the exchange ended before its time, the error is only what came of that.
fn failed(server: &Server, name: &RunId, ending: &Ending, error: &Error) -> Problem {
    if let Some(cause) = ending.cause() {
        return cause.into();
    }
    let problem = Problem::from(error);
    if problem.fault() != Fault::Client {
        let fields = [("run", name.as_str().into()), ("reason", error.to_string().into())];
        server.log().write(Level::Error, "run-failed", &fields);
    }
    problem
}

/// What stands behind a complete answer.
fn trailers(name: &RunId, report: &Report) -> HeaderMap {
    let rows = &report.rows;
    let numbers = [
        ("moretta-revision", report.revision.number),
        ("moretta-rows-read", rows.read),
        ("moretta-rows-masked", rows.masked),
        ("moretta-rows-quarantined", rows.quarantined),
        ("moretta-rows-dropped", rows.dropped),
    ];
    let mut trailers = HeaderMap::new();
    trailers.insert("moretta-status", HeaderValue::from_static("complete"));
    trailers.extend(HeaderValue::from_str(name.as_str()).map(|run| (HeaderName::from_static("moretta-run"), run)));
    trailers.extend(numbers.map(|(name, number)| (HeaderName::from_static(name), HeaderValue::from(number))));
    trailers
}
