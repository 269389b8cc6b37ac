//! Connections: accepted, authenticated, bounded in time, and ended in order when the server stops.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::access::subject_of;
use super::api;
use super::gates::Count;
use super::log::Level;
use super::paced::Paced;
use super::state::Server;
use super::tls::{Acceptor, Renewals};

/// More than any head of a request has, in bytes.
const MOST_HEAD: usize = 16 << 10;
/// And so many fields.
const MOST_FIELDS: usize = 64;
/// So many requests at once on one connection of HTTP/2.
const MOST_STREAMS: u32 = 64;
/// How often an unused connection is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How much longer than an answer its last bytes may wait: so the run is told why it ended, where there is one.
const GRACE: Duration = Duration::from_secs(1);
/// How long to wait when the system gives no more connections.
const PAUSE: Duration = Duration::from_millis(50);

/// The subject of the certificate that a connection was opened with.
#[derive(Clone, Debug)]
pub(crate) struct Peer(pub(crate) Option<Arc<str>>);

/// Accepts connections until the server is to stop.
pub(crate) async fn accept(listener: TcpListener, acceptor: Acceptor, server: Arc<Server>, router: Router) {
    loop {
        let accepted = tokio::select! {
            () = server.stopped() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        let Some(place) = server.connections().enter(server.config().bounds.connections) else {
            // Closed at once: who is connected is served, and who comes too much may come again.
            server.log().write(Level::Warning, "too-many-connections", &[]);
            continue;
        };
        let (acceptor, server, router) = (acceptor.clone(), server.clone(), router.clone());
        tokio::spawn(async move {
            connection(stream, &acceptor, &server, router).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, acceptor: &Acceptor, server: &Arc<Server>, router: Router) {
    // Answers go out in large pieces: waiting for more of them helps nobody.
    let _ = stream.set_nodelay(true);
    let stream = Paced::new(stream, server.config().bounds.idle().saturating_add(GRACE));
    let Some((tls, renewals)) = acceptor.tls() else {
        return serve(stream, Peer(None), server, router, Renewals::none()).await;
    };
    let handshake = timeout(server.config().bounds.head(), tls.accept(stream)).await;
    match handshake {
        Ok(Ok(stream)) => {
            let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let peer = Peer(shown.and_then(|certificate| subject_of(certificate)).map(Into::into));
            serve(stream, peer, server, router, renewals).await;
        }
        Ok(Err(error)) => {
            server.log().write(Level::Warning, "handshake-failed", &[("reason", kind(&error).into())]);
        }
        Err(_) => server.log().write(Level::Warning, "handshake-failed", &[("reason", "slow".into())]),
    }
}

async fn serve<S>(stream: S, peer: Peer, server: &Arc<Server>, router: Router, mut renewals: Renewals)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let bounds = &server.config().bounds;
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(bounds.head());
    builder.http1().max_buf_size(MOST_HEAD.saturating_mul(8)).max_headers(MOST_FIELDS).half_close(false);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(MOST_STREAMS);
    builder.http2().max_header_list_size(MOST_HEAD as u32).keep_alive_interval(bounds.idle());
    let requests = Count::default();
    let service = {
        let requests = requests.clone();
        service_fn(move |request: Request<Incoming>| answer(router.clone(), peer.clone(), requests.clone(), request))
    };
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut unused = Duration::ZERO;
    let mut ending = false;
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            () = ended(server, &mut renewals), if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sleep(LOOK) => {
                unused = if requests.now() > 0 { Duration::ZERO } else { unused.saturating_add(LOOK) };
                if unused >= bounds.idle().max(bounds.head()).saturating_add(LOOK) {
                    return;
                }
            }
        }
    }
}

/// Waits until a connection is to take no more requests.
async fn ended(server: &Server, renewals: &mut Renewals) {
    tokio::select! {
        () = server.stopped() => {}
        () = renewals.renewed() => {}
    }
}

/// One request, which is under way until its answer's body is dropped.
async fn answer(
    router: Router,
    peer: Peer,
    requests: Count,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let place = requests.enter(usize::MAX);
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    let response = router.oneshot(request).await?;
    Ok(response.map(|body| Body::new(api::Counted::new(body, place))))
}

/// One word for why a handshake failed; what the client sent is not told.
fn kind(error: &io::Error) -> &'static str {
    use rustls::Error as Of;
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Of>()) {
        Some(Of::InvalidCertificate(_)) => "certificate",
        Some(Of::NoCertificatesPresented) => "no-certificate",
        Some(Of::PeerIncompatible(_)) => "incompatible",
        Some(Of::AlertReceived(_)) => "refused-by-client",
        Some(_) => "not-tls",
        None => "connection",
    }
}
