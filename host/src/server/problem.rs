//! What is told to who asked for something that is not done (RFC 9457): whose fault it is, and never a value.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::ending::Cause;
use crate::dataset::Unavailable;
use crate::error::{Blame, Error};

/// Why something is not done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// A name for it that does not change.
    #[serde(rename = "type")]
    kind: String,
    /// The name in words.
    title: &'static str,
    status: u16,
    /// What it is in this case, and how to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Whose fault it is.
    fault: Fault,
    /// The run that it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    /// When to ask again.
    #[serde(skip)]
    retry_seconds: Option<u64>,
}

/// Whose fault a problem is, and so who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// Who asks.
    Client,
    /// A plugin.
    Plugin,
    /// Who runs the server: its policies, keys and settings, or an operator who stopped something.
    Operator,
    /// The machine, or a defect.
    Server,
}

impl Fault {
    /// One word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Plugin => "plugin",
            Self::Operator => "operator",
            Self::Server => "server",
        }
    }
}

impl Problem {
    /// A problem of this status and name.
    pub(crate) fn new(status: StatusCode, name: &str, title: &'static str, fault: Fault) -> Self {
        let kind = format!("urn:moretta:problem:{name}");
        Self { kind, title, status: status.as_u16(), detail: None, fault, run: None, retry_seconds: None }
    }

    /// What it is in this case.
    #[must_use]
    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// When to ask again.
    #[must_use]
    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_seconds: Some(seconds.max(1)), ..self }
    }

    /// The run that it ended.
    #[must_use]
    pub(crate) fn of_run(self, run: &str) -> Self {
        Self { run: Some(run.to_owned()), ..self }
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The last word of its name: one of a closed set.
    pub(crate) fn word(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or_default()
    }

    pub(crate) fn fault(&self) -> Fault {
        self.fault
    }

    pub(crate) fn unauthenticated() -> Self {
        let title = "the request does not say who asks, or not in a way that is believed";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", title, Fault::Client)
    }

    pub(crate) fn forbidden() -> Self {
        let title = "no role of who asks allows this";
        Self::new(StatusCode::FORBIDDEN, "forbidden", title, Fault::Client)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is no such thing", Fault::Client)
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "the request is not understood", Fault::Client).detail(detail)
    }

    /// A defect.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed", Fault::Server)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Cause> for Problem {
    fn from(cause: Cause) -> Self {
        let client = |status, name, title| Self::new(status, name, title, Fault::Client);
        let (large, slow) = (StatusCode::PAYLOAD_TOO_LARGE, StatusCode::REQUEST_TIMEOUT);
        let cut = StatusCode::BAD_REQUEST;
        match cause {
            Cause::Stopped => Unavailable::Stopped.into(),
            Cause::ShutDown => {
                let title = "the server stops";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "shut-down", title, Fault::Operator).retry_after(10)
            }
            Cause::TooLarge => client(large, "too-large", "the body is longer than allowed; send it in parts"),
            Cause::UnpackedTooLarge => {
                client(large, "unpacked-too-large", "the body is longer than allowed when it is unpacked")
            }
            Cause::SentNothing => client(slow, "sent-nothing", "the body did not go on for too long"),
            Cause::TookNothing => client(slow, "took-nothing", "the answer was not taken for too long"),
            Cause::TooLong => client(slow, "too-long", "the request took too long in all; send it in parts"),
            Cause::CutOff => client(cut, "cut-off", "the body ended before its end"),
            Cause::NotUnpacked => client(cut, "not-unpacked", "the body is not compressed as Content-Encoding says"),
            Cause::Surplus => client(cut, "surplus", "something follows the end of the rows"),
            Cause::ClientGone => client(cut, "client-gone", "the client went away"),
        }
    }
}

impl From<Unavailable> for Problem {
    fn from(unavailable: Unavailable) -> Self {
        let name = match unavailable {
            Unavailable::Draining => "draining",
            Unavailable::Stopped => "stopped",
            Unavailable::Closed => "closed",
        };
        let title = "nothing of this dataset is masked now";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, name, title, Fault::Operator);
        problem.detail(unavailable.to_string()).retry_after(30)
    }
}

/// What is the client's to mend is told in full. Of the rest the log has more: a message may tell how the server is made.
impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match error {
            Error::Quarantined(rows) => {
                let title = "more rows could not be masked than are allowed";
                Self::new(unprocessable, "quarantined", title, Fault::Client).detail(rows.to_string())
            }
            Error::Ended => {
                let title = "the dataset was stopped, or changed and waited long enough for what was under way";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "ended", title, Fault::Operator).retry_after(1)
            }
            Error::Policy(errors) => {
                let messages: Vec<_> = errors.problems.iter().map(|problem| problem.message.as_str()).collect();
                let title = "the dataset's policy cannot be used on these columns";
                Self::new(unprocessable, "policy", title, Fault::Operator).detail(messages.join("\n"))
            }
            error => Self::of_blame(error),
        }
    }
}

impl Problem {
    fn of_blame(error: &Error) -> Self {
        let failed = StatusCode::INTERNAL_SERVER_ERROR;
        match error.blame() {
            Blame::Data => {
                let title = "the rows cannot be read";
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(status, "input", title, Fault::Client).detail(error.to_string())
            }
            Blame::Guest => Self::new(failed, "plugin", "a plugin failed", Fault::Plugin),
            Blame::Operator => Self::new(failed, "settings", "the dataset is not set up for this", Fault::Operator),
            Blame::Host => Self::new(failed, "internal", "the server failed", Fault::Server),
        }
    }
}
