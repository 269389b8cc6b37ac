//! A request that was answered before: its answer is given again, if it is the same request.

use std::io;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::answer::Completion;
use super::exchange::{Exchange, Parts};
use super::log::Level;
use super::problem::{Fault, Problem};
use super::spool::Record;

/// Gives an answer again, on a thread of its own.
///
/// # Errors
/// The system gives no thread.
pub(crate) fn start(exchange: Exchange, record: Record) -> Result<(), Problem> {
    exchange.start("replay", move |parts| replay(parts, record))
}

fn replay(mut parts: Parts, record: Record) -> Completion {
    let run = record.run().to_owned();
    let given = give(&mut parts, record).map_err(|problem| Box::new(problem.of_run(&run)));
    let problem = given.as_ref().err().map(|problem| problem.word().to_owned());
    let fields = [
        ("run", run.into()),
        ("dataset", parts.served.name().into()),
        ("principal", parts.principal.name().into()),
        ("problem", problem.into()),
    ];
    parts.server.log().write(Level::Info, "replayed", &fields);
    given
}

fn give(Parts { rows, answer, ending, .. }: &mut Parts, record: Record) -> Result<HeaderMap, Problem> {
    let broken = |_: io::Error| ending.cause().map_or_else(Problem::internal, Problem::from);
    io::copy(rows, &mut io::sink()).map_err(broken)?;
    if !rows.digest().is_some_and(|digest| record.is_of(&digest)) {
        let title = "the Idempotency-Key was used for another request; use a new one";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", title, Fault::Client));
    }
    let trailers = trailers(&record);
    let Some(mut kept) = record.answer().map_err(broken)? else {
        let title = "this was done, and its answer was too large to be kept; mask it anew with a new Idempotency-Key";
        return Err(Problem::new(StatusCode::GONE, "answer-not-kept", title, Fault::Client));
    };
    io::copy(&mut kept, answer).map_err(broken)?;
    Ok(trailers)
}

fn trailers(record: &Record) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    for (name, value) in record.trailers() {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            trailers.insert(name, value);
        }
    }
    trailers
}
