//! One run, on a thread of its own: it waits for the client, and the workers of the process do the work.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::oneshot;

use super::access::Principal;
use super::answer::Completion;
use super::body::Rows;
use super::ending::{Cause, Ending};
use super::gates::Place;
use super::log::Level;
use super::problem::{Fault, Problem};
use super::runs::State;
use super::served::Served;
use super::state::Server;
use crate::audit::RunId;
use crate::dataset::Lease;
use crate::error::Error;
use crate::report::Report;
use crate::source::Format;
use crate::stream::{StreamRun, mask_stream};

/// What the sender is called in messages.
const SENDER: &str = "the request";

/// What a run needs.
pub(crate) struct Job {
    pub(crate) server: Arc<Server>,
    pub(crate) served: Arc<Served>,
    pub(crate) principal: Principal,
    pub(crate) run: RunId,
    /// The one revision that it is masked under.
    pub(crate) lease: Lease,
    pub(crate) format: Format,
    pub(crate) answer_format: Format,
    pub(crate) rows: Rows,
    pub(crate) answer: Box<dyn Write + Send>,
    pub(crate) ending: Ending,
    pub(crate) done: oneshot::Sender<Completion>,
}

impl Job {
    /// Starts the run. The places are given back when it is over.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(self, places: (Place, Place)) -> Result<(), Problem> {
        self.server.runs().begin(self.run.as_str(), self.served.name(), &self.principal);
        let (server, run) = (self.server.clone(), self.run.clone());
        let started = thread::Builder::new().name("run".to_owned()).spawn(move || self.go(places));
        started.map(drop).map_err(|_| {
            let problem = Problem::internal();
            server.runs().end(run.as_str(), State::Failed { problem: problem.clone() });
            problem
        })
    }

    fn go(self, places: (Place, Place)) {
        let Self { server, served, principal, run, lease, rows, ending, done, .. } = self;
        let under_way = served.keep(&ending);
        let stream = StreamRun {
            answer_format: self.answer_format,
            asked_by: Some((run.clone(), principal.who())),
            ..StreamRun::new(SENDER.to_owned(), Box::new(rows.clone()), self.format, self.answer)
        };
        let (quarantine, max_quarantined) = served.quarantine(&run);
        let stream = StreamRun { quarantine, max_quarantined, ..stream };
        let masked = catch_unwind(AssertUnwindSafe(|| mask_stream(&lease, server.workers(), stream)));
        let masked = masked.unwrap_or(Err(Error::Internal("the run panicked")));
        let outcome = match masked {
            Ok(report) => whole(&rows, &ending).map(|()| Arc::new(report)),
            Err(error) => Err(failed(&server, &run, &ending, &error)),
        };
        tell(&server, &served, &principal, &run, &outcome);
        let completion = match outcome {
            Ok(report) => Ok(trailers(&run, &report)),
            Err(problem) => Err(Box::new(problem.of_run(run.as_str()))),
        };
        // Whoever has the end of the answer finds nothing of the run left.
        drop((under_way, lease, places, rows));
        // Nobody listens if the client went away.
        let _ = done.send(completion);
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

/// What is told to who asked. If the exchange ended before its time, the error is only what came of that.
fn failed(server: &Server, run: &RunId, ending: &Ending, error: &Error) -> Problem {
    if let Some(cause) = ending.cause() {
        return cause.into();
    }
    let problem = Problem::from(error);
    if problem.fault() != Fault::Client {
        let fields = [("run", run.as_str().into()), ("reason", error.to_string().into())];
        server.log().write(Level::Error, "run-failed", &fields);
    }
    problem
}

fn tell(server: &Server, served: &Served, principal: &Principal, run: &RunId, outcome: &Result<Arc<Report>, Problem>) {
    let (state, rows, problem) = match outcome {
        Ok(report) => (State::Complete { report: report.clone() }, Some(report.rows.read), None),
        Err(problem) => (State::Failed { problem: problem.clone() }, None, Some(problem.word().to_owned())),
    };
    server.runs().end(run.as_str(), state);
    let fields = [
        ("run", run.as_str().into()),
        ("dataset", served.name().into()),
        ("principal", principal.name().into()),
        ("rows", rows.into()),
        ("problem", problem.into()),
    ];
    server.log().write(Level::Info, "run", &fields);
}

/// What stands behind a complete answer.
fn trailers(run: &RunId, report: &Report) -> HeaderMap {
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
    trailers.extend(HeaderValue::from_str(run.as_str()).map(|run| (HeaderName::from_static("moretta-run"), run)));
    trailers.extend(numbers.map(|(name, number)| (HeaderName::from_static(name), HeaderValue::from(number))));
    trailers
}
