//! `GET /v1/datasets/{name}/audit`: the records of the trail, one in each line.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::allowed::allowed;
use crate::audit::{Filter, Trust, examine, is_time};
use crate::error::Error;
use crate::server::access::{Operation, Principal};
use crate::server::answer::{Answer, Attended, Completion, answer};
use crate::server::ending::Ending;
use crate::server::log::Level;
use crate::server::problem::{Fault, Problem};
use crate::server::served::Served;
use crate::server::state::Server;

/// So much of the records is sent at a time.
const PIECE: usize = 64 << 10;

/// Gives the records that are asked for. A trail that several datasets write to is for who may read those of all.
pub(super) async fn audit(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
    uri: Uri,
) -> Result<Response, Problem> {
    let served = allowed(&server, &principal, Operation::ReadAudit, &name)?;
    let mend = "records are asked for by run, key, action, since and until; a time is the beginning of one in UTC";
    let Query(filter) = Query::<Filter>::try_from_uri(&uri).map_err(|_| Problem::bad_request(mend))?;
    if [&filter.since, &filter.until].into_iter().flatten().any(|time| !is_time(time)) {
        return Err(Problem::bad_request(mend));
    }
    let directory = served.dataset().audit_directory().ok_or_else(|| {
        let title = "no audit trail is kept for this dataset";
        Problem::new(StatusCode::NOT_FOUND, "no-trail", title, Fault::Operator)
    })?;
    let together = |other: &&Arc<Served>| other.dataset().audit_directory().as_ref() == Some(&directory);
    for other in server.datasets().filter(together) {
        allowed(&server, &principal, Operation::ReadAudit, other.name())?;
    }
    let read = spawn_blocking(move || records(&directory, &filter)).await.map_err(|_| Problem::internal())?;
    let records = read.map_err(|error| {
        let fields = [("dataset", served.name().into()), ("reason", error.to_string().into())];
        server.log().write(Level::Error, "audit-not-read", &fields);
        let title = "the audit trail cannot be read, or is not what was written; verify it where it is";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "audit", title, Fault::Server)
    })?;
    give(&server, records)
}

/// Copies what is asked for out of the trail: nobody writes to it while it is read, so no client may slow that down.
fn records(directory: &FilePath, filter: &Filter) -> Result<File, Error> {
    let unwritable = |error| Error::io("write", "a temporary file")(error);
    let mut records = BufWriter::new(tempfile::tempfile().map_err(unwritable)?);
    let mut written = Ok(());
    examine(directory, Trust::default(), &mut |record, text| {
        if written.is_ok() && filter.matches(&record) {
            written = records.write_all(text).and_then(|()| records.write_all(b"\n"));
        }
    })?;
    let mut records = written.and_then(|()| records.into_inner().map_err(io::IntoInnerError::into_error));
    records.as_mut().map_or(Ok(()), File::rewind).map_err(unwritable)?;
    records.map_err(unwritable)
}

/// Sends records from a thread of their own, which waits for the client.
fn give(server: &Server, mut records: File) -> Result<Response, Problem> {
    let (ending, bounds) = (Ending::default(), &server.config().bounds);
    let attended = Attended::new(&ending, bounds.request());
    let (mut writer, pieces) = answer(&ending, bounds.idle());
    let (done, completion) = oneshot::channel::<Completion>();
    drop(spawn_blocking(move || {
        let mut piece = vec![0; PIECE];
        let copied = loop {
            match records.read(&mut piece) {
                Ok(0) => break Ok(()),
                Ok(length) => match writer.write_all(piece.get(..length).unwrap_or_default()) {
                    Ok(()) => {}
                    Err(error) => break Err(error),
                },
                Err(error) => break Err(error),
            }
        };
        let completion = copied.map(|()| HeaderMap::new()).map_err(|_| Box::new(Problem::internal()));
        // Nobody listens if the client went away.
        let _ = done.send(completion);
    }));
    let mut response = Response::new(Body::new(Answer::new(None::<Bytes>, pieces, completion, attended)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
