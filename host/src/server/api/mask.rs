//! `POST /v1/datasets/{name}/mask`: rows in, masked rows out, as they come.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use tokio::sync::oneshot;

use super::media::Media;
use crate::audit::RunId;
use crate::server::access::{Operation, Principal};
use crate::server::answer::{Answer, Attended, Completion, Pieces, answer};
use crate::server::body::{BodyBounds, Rows, begin};
use crate::server::ending::{Cause, Ending};
use crate::server::problem::Problem;
use crate::server::run::Job;
use crate::server::served::Served;
use crate::server::state::Server;

/// What stands behind a complete answer.
const TRAILERS: &str = "moretta-status, moretta-run, moretta-revision, moretta-rows-read, moretta-rows-masked, \
                        moretta-rows-quarantined, moretta-rows-dropped";

/// Masks a body.
pub(super) async fn mask(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Request,
) -> Result<Response, Problem> {
    let served = server.dataset(&principal, Operation::Mask, &name)?.clone();
    let (head, body) = request.into_parts();
    let media = Media::of(&head.headers)?;
    let asked = Asked { server, served, principal, media };
    asked.check_length(&head.headers)?;
    asked.mask(body).await
}

/// A request that is understood and allowed.
struct Asked {
    server: Arc<Server>,
    served: Arc<Served>,
    principal: Principal,
    media: Media,
}

impl Asked {
    /// A body that says that it is too long is not read.
    fn check_length(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let most = self.server.config().bounds.request_bytes;
        if length.is_some_and(|length| length > most) { Err(Cause::TooLarge.into()) } else { Ok(()) }
    }

    async fn mask(self, body: Body) -> Result<Response, Problem> {
        let bounds = self.bounds();
        let ending = Ending::default();
        let mut attended = Attended::new(&ending, self.server.config().bounds.request());
        let begun = begin(body, bounds, &ending).await?;
        let places = (self.server.gates().enter(&self.principal)?, self.served.enter()?);
        let lease = self.served.dataset().lease()?;
        let run = RunId::random().map_err(|_| Problem::internal())?;
        let mut pump = begun.read(bounds, &ending, {
            let (server, principal) = (self.server.clone(), self.principal.clone());
            move |bytes| server.gates().sent(&principal, bytes)
        });
        let sent = pump.take().ok_or_else(Problem::internal)?;
        attended.keep(pump);
        let rows = Rows::of(sent, self.media.compression, bounds.unpacked, &ending).map_err(|_| Problem::internal())?;
        let (writer, pieces) = answer(&ending, bounds.idle);
        let (done, completion) = oneshot::channel();
        let job = Job {
            server: self.server.clone(),
            served: self.served.clone(),
            principal: self.principal.clone(),
            run: run.clone(),
            lease,
            format: self.media.format,
            answer_format: self.media.answer,
            rows,
            answer: Box::new(writer),
            ending: ending.clone(),
            done,
        };
        job.start(places)?;
        self.respond(&run, pieces, completion, attended, &ending).await
    }

    fn bounds(&self) -> BodyBounds {
        let bounds = &self.server.config().bounds;
        BodyBounds { bytes: bounds.request_bytes, unpacked: bounds.unpacked_bytes, idle: bounds.idle() }
    }

    /// Waits for the first masked rows: until then an error has a status of its own.
    async fn respond(
        &self,
        run: &RunId,
        mut pieces: Pieces,
        mut completion: oneshot::Receiver<Completion>,
        attended: Attended,
        ending: &Ending,
    ) -> Result<Response, Problem> {
        let of_run = |cause| Problem::from(cause).of_run(run.as_str());
        let first: Option<Bytes> = tokio::select! {
            cause = ending.ended() => return Err(of_run(cause)),
            first = pieces.first() => first,
        };
        let body = match first {
            Some(_) => Answer::new(first, pieces, completion, attended),
            None => match (&mut completion).await.map_err(|_| Problem::internal())? {
                Ok(trailers) => Answer::empty(pieces, trailers, attended),
                Err(problem) => return Err(*problem),
            },
        };
        let mut response = Response::new(Body::new(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media.content_type()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::TRAILER, HeaderValue::from_static(TRAILERS));
        headers.insert("moretta-run", HeaderValue::from_str(run.as_str()).map_err(|_| Problem::internal())?);
        Ok(response)
    }
}
