//! A body that comes and an answer that goes, on a thread that may wait for both.

use std::io::Write;
use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

use super::access::Principal;
use super::answer::Completion;
use super::body::Rows;
use super::ending::Ending;
use super::gates::Place;
use super::problem::Problem;
use super::served::Served;
use super::state::Server;

/// A body that comes and an answer that goes.
pub(crate) struct Exchange {
    pub(crate) server: Arc<Server>,
    pub(crate) served: Arc<Served>,
    pub(crate) principal: Principal,
    pub(crate) rows: Rows,
    pub(crate) answer: Box<dyn Write + Send>,
    pub(crate) ending: Ending,
    /// Told at the end.
    pub(crate) done: oneshot::Sender<Completion>,
    /// Given back at the end.
    pub(crate) places: (Place, Place),
}

impl Exchange {
    /// Starts a thread for the exchange. It can be ended from outside until that thread returns what is told at the end.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(
        self,
        name: &str,
        act: impl FnOnce(Parts) -> Completion + Send + 'static,
    ) -> Result<(), Problem> {
        let Self { server, served, principal, rows, answer, ending, done, places } = self;
        let started = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let under_way = served.keep(&ending);
            let completion = act(Parts { server, served, principal, rows, answer, ending });
            // Whoever has the end of the answer finds nothing of the exchange left.
            drop((under_way, places));
            // Nobody listens if the client went away.
            let _ = done.send(completion);
        });
        started.map(drop).map_err(|_| Problem::internal())
    }
}

/// What the thread of an exchange is given.
pub(crate) struct Parts {
    pub(crate) server: Arc<Server>,
    pub(crate) served: Arc<Served>,
    pub(crate) principal: Principal,
    pub(crate) rows: Rows,
    pub(crate) answer: Box<dyn Write + Send>,
    pub(crate) ending: Ending,
}
