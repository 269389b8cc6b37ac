//! `POST /v1/datasets/{name}/mask`: rows in, masked rows out, as they come.

use std::io::Write;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::allowed::allowed;
use super::media::{Media, one};
use crate::audit::RunId;
use crate::dataset::Lease;
use crate::server::access::{Operation, Principal};
use crate::server::answer::{Answer, AnswerWriter, Attended, Completion, Pieces, answer};
use crate::server::body::{Begun, BodyBounds, Rows, begin, linger};
use crate::server::ending::{Cause, Ending};
use crate::server::exchange::Exchange;
use crate::server::gates::Place;
use crate::server::problem::{Fault, Problem};
use crate::server::replay;
use crate::server::run::Run;
use crate::server::served::Served;
use crate::server::spool::{Keeping, Turn};
use crate::server::state::Server;
use crate::server::traces::Within;

/// What stands behind a complete answer.
const TRAILERS: &str = "moretta-status, moretta-run, moretta-revision, moretta-rows-read, moretta-rows-masked, \
                        moretta-rows-quarantined, moretta-rows-dropped";
/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("moretta-replayed");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// No key is longer, in bytes.
const MOST_KEY: usize = 256;

/// Masks a body.
pub(super) async fn mask(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let within = head.extensions.get::<Within>().cloned().unwrap_or_default();
    match Asked::of(server, &name, principal, &head.headers) {
        Ok(asked) => asked.mask(body, within).await,
        Err(problem) => {
            linger(body);
            Err(problem)
        }
    }
}

/// The key of a request that may come again.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = one(headers, &IDEMPOTENCY_KEY)? else { return Ok(None) };
    let is_key = !key.is_empty() && key.len() <= MOST_KEY && key.bytes().all(|byte| byte.is_ascii_graphic());
    let mend = "an Idempotency-Key has up to 256 visible ASCII characters";
    if is_key { Ok(Some(key.to_owned())) } else { Err(Problem::bad_request(mend)) }
}

/// A request that is understood and allowed.
struct Asked {
    server: Arc<Server>,
    served: Arc<Served>,
    principal: Principal,
    media: Media,
    key: Option<String>,
}

/// What an answer is made of as it comes.
struct Answering {
    pieces: Pieces,
    completion: oneshot::Receiver<Completion>,
    attended: Attended,
    ending: Ending,
}

impl Asked {
    /// As the head of a request says.
    fn of(server: Arc<Server>, name: &str, principal: Principal, headers: &HeaderMap) -> Result<Self, Problem> {
        let served = allowed(&server, &principal, Operation::Mask, name)?;
        let (media, key) = (Media::of(headers)?, idempotency_key(headers)?);
        let asked = Self { server, served, principal, media, key };
        asked.check(headers)?;
        Ok(asked)
    }

    /// What can be refused before the body is read.
    fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > self.server.config().bounds.request_bytes) {
            return Err(Cause::TooLarge.into());
        }
        if self.key.is_some() && self.server.spool().is_none() {
            // Overlooked, it would be taken for a promise.
            let title = "answers are not kept here; send the request without Idempotency-Key";
            return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "no-spool", title, Fault::Operator));
        }
        Ok(())
    }

    async fn mask(self, body: Body, within: Within) -> Result<Response, Problem> {
        let bounds = self.bounds();
        let ending = Ending::default();
        let attended = Attended::new(&ending, self.server.config().bounds.request());
        let begun = begin(body, bounds, &ending).await?;
        let (places, lease, turn) = match self.enter().await {
            Ok(entered) => entered,
            Err(problem) => {
                begun.linger();
                return Err(problem);
            }
        };
        let (exchange, answering) = self.open(begun, attended, ending, places)?;
        let ticket = match turn {
            Some(Turn::Again(record)) => {
                let run = record.run().to_owned();
                replay::start(exchange, record)?;
                return self.respond(&run, true, answering).await;
            }
            Some(Turn::First(ticket)) => Some(ticket),
            None => None,
        };
        let name = RunId::random().map_err(|_| Problem::internal())?;
        let keeping = ticket.map(Keeping::begin).transpose().map_err(|_| Problem::internal())?;
        let exchange = match &keeping {
            None => exchange,
            Some(keeping) => Exchange { answer: Box::new(keeping.before(exchange.answer)), ..exchange },
        };
        let (format, answer_format) = (self.media.format, self.media.answer);
        Run { name: name.clone(), lease, format, answer_format, within, keeping }.start(exchange)?;
        self.respond(name.as_str(), false, answering).await
    }

    /// What a request takes while it is masked.
    async fn enter(&self) -> Result<((Place, Place), Lease, Option<Turn>), Problem> {
        let places = (self.server.gates().enter(&self.principal)?, self.served.enter()?);
        Ok((places, self.served.dataset().lease()?, self.turn().await?))
    }

    fn bounds(&self) -> BodyBounds {
        let bounds = &self.server.config().bounds;
        BodyBounds { bytes: bounds.request_bytes, unpacked: bounds.unpacked_bytes, idle: bounds.idle() }
    }

    /// Whose turn it is with the key, if there is one. Looked up off the threads of the network: it is on a disk.
    async fn turn(&self) -> Result<Option<Turn>, Problem> {
        let (Some(key), Some(spool)) = (self.key.clone(), self.server.spool().cloned()) else { return Ok(None) };
        let (principal, dataset) = (self.principal.clone(), self.served.clone());
        let turn = spawn_blocking(move || spool.turn(principal.name(), dataset.name(), &key)).await;
        turn.map_err(|_| Problem::internal())?.map(Some)
    }

    /// Both ends of an exchange: one for a thread that may wait, one for the network.
    fn open(
        &self,
        begun: Begun,
        attended: Attended,
        ending: Ending,
        places: (Place, Place),
    ) -> Result<(Exchange, Answering), Problem> {
        let bounds = self.bounds();
        let sent = begun.read(bounds, &ending, {
            let (server, principal) = (self.server.clone(), self.principal.clone());
            move |bytes| server.gates().sent(&principal, bytes)
        });
        let digest = self.key.as_ref().and(self.server.spool()).map(|spool| spool.digest(&self.media.name()));
        let rows = Rows::of(sent, self.media.compression, bounds.unpacked, digest, &ending);
        let (writer, pieces): (AnswerWriter, _) = answer(&ending, bounds.idle);
        let (done, completion) = oneshot::channel();
        let exchange = Exchange {
            server: self.server.clone(),
            served: self.served.clone(),
            principal: self.principal.clone(),
            rows,
            answer: Box::new(writer) as Box<dyn Write + Send>,
            ending: ending.clone(),
            done,
            places,
        };
        Ok((exchange, Answering { pieces, completion, attended, ending }))
    }

    /// Waits for the first masked rows: until then an error has a status of its own.
    async fn respond(&self, run: &str, replayed: bool, answering: Answering) -> Result<Response, Problem> {
        let Answering { mut pieces, completion, attended, ending } = answering;
        let first: Option<Bytes> = tokio::select! {
            cause = ending.ended() => return Err(Problem::from(cause).of_run(run)),
            first = pieces.first() => first,
        };
        let body = match first {
            Some(_) => Answer::new(first, pieces, completion, attended),
            None => match completion.await.map_err(|_| Problem::internal())? {
                Ok(trailers) => Answer::empty(pieces, trailers, attended),
                Err(problem) => return Err(*problem),
            },
        };
        let mut response = Response::new(Body::new(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media.content_type()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::TRAILER, HeaderValue::from_static(TRAILERS));
        headers.insert("moretta-run", HeaderValue::from_str(run).map_err(|_| Problem::internal())?);
        if replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        Ok(response)
    }
}
