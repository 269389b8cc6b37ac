//! Who asks: by a token if there is one, else by the certificate of the connection. What is shown is never overlooked: a
//! token that is not believed is not made good by a certificate.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::task::spawn_blocking;

use crate::server::access::{Principal, TokenFault, Verifier};
use crate::server::body::linger;
use crate::server::listen::Peer;
use crate::server::log::Level;
use crate::server::problem::Problem;
use crate::server::state::Server;

/// Lets in who is known, and has not asked too often.
pub(super) async fn authenticate(State(server): State<Arc<Server>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().and_then(|peer| peer.0.clone());
    let shown = Shown { token: token(request.headers()), peer };
    let principal = match principal(&server, &shown).await {
        Ok(principal) => principal,
        Err(problem) => {
            linger(request.into_body());
            return problem.into_response();
        }
    };
    let mut response = match server.gates().admit(&principal) {
        Ok(()) => {
            request.extensions_mut().insert(principal.clone());
            next.run(request).await
        }
        Err(problem) => {
            linger(request.into_body());
            problem.into_response()
        }
    };
    response.extensions_mut().insert(principal);
    response
}

/// What a request shows of who asks.
struct Shown {
    /// A token, or something else in its place.
    token: Option<Result<String, NoToken>>,
    /// The subject of a certificate.
    peer: Option<Arc<str>>,
}

/// What stands in the place of a token is none.
struct NoToken;

async fn principal(server: &Arc<Server>, shown: &Shown) -> Result<Principal, Problem> {
    let roles = &server.config().roles;
    if let Some(token) = &shown.token {
        let token = token.as_ref().map_err(|NoToken| Problem::unauthenticated())?;
        let subject = subject(server, token).await.map_err(|fault| {
            server.log().write(Level::Warning, "token-refused", &[("reason", fault.word().into())]);
            Problem::unauthenticated()
        })?;
        return roles.of_token(&subject).cloned().ok_or_else(Problem::forbidden);
    }
    let subject = shown.peer.as_deref().ok_or_else(Problem::unauthenticated)?;
    roles.of_certificate(subject).cloned().ok_or_else(Problem::forbidden)
}

/// The one token of a request (RFC 6750, section 2.1).
fn token(headers: &HeaderMap) -> Option<Result<String, NoToken>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok().filter(|_| values.next().is_none());
    let token = value.and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Some(token.map(|(_, token)| token.trim().to_owned()).ok_or(NoToken))
}

/// The subject of a token. A key that is not known may be new.
async fn subject(server: &Arc<Server>, token: &str) -> Result<String, TokenFault> {
    let verify = |verifier: &Verifier| verifier.subject(token);
    let verifier = server.verifier().ok_or(TokenFault::NotForUs)?;
    match verify(verifier) {
        Err(TokenFault::UnknownKey) if verifier.keys().may_refresh() => {
            let keys = verifier.keys().clone();
            drop(spawn_blocking(move || keys.refresh()).await);
            verify(verifier)
        }
        verified => verified,
    }
}
