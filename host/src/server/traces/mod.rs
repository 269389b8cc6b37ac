//! Traces for OpenTelemetry collectors (OTLP over HTTP, in JSON): a span for each request, and in it one for its run.
//!
//! A caller's `traceparent` (W3C Trace Context) is taken up, and nothing else: `tracestate` and baggage could hold
//! anything. What spans are called and what they say is from closed sets, as in the log.

mod send;

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanKind, Status, TraceContextExt, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, Span};

use super::config::TracesConfig;
use super::log::Log;
use super::problem::Problem;
use crate::error::Error;
use crate::report::Report;
use send::Sender;

/// How long the last spans may take when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Traces, or nothing where none are configured. Spans wait for a thread that sends them, up to a bound: what is more, or
/// cannot be sent, is lost, and no request waits for it.
pub(crate) struct Traces(Option<SdkTracerProvider>);

/// Where in a trace something belongs.
#[derive(Clone, Default)]
pub(crate) struct Within(Context);

/// What has begun, and is told to the collector when it ends.
pub(crate) struct Begun(Option<Span>);

impl Traces {
    /// Makes what the configuration says.
    ///
    /// # Errors
    /// The collector's address or authorities cannot be used.
    pub(crate) fn open(config: Option<&TracesConfig>, log: &Arc<Log>) -> Result<Self, Error> {
        let Some(config) = config else { return Ok(Self(None)) };
        let unusable = |error: ExporterBuildError| Error::Usage(format!("`traces` cannot be used: {error}"));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender::new(config, log.clone())?)
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(&config.endpoint)
            .build()
            .map_err(unusable)?;
        let resource = Resource::builder_empty()
            .with_service_name("moretta")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            // Not the caller's flag: who calls would decide how much is sent.
            .with_sampler(Sampler::TraceIdRatioBased(config.share))
            .build();
        Ok(Self(Some(provider)))
    }

    /// A request has come. Its route is that of the table, if there is one.
    pub(crate) fn request(&self, method: &Method, route: Option<&'static str>, headers: &HeaderMap) -> Begun {
        let method = known(method);
        let name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
        let mut attributes = vec![KeyValue::new("http.request.method", method)];
        attributes.extend(route.map(|route| KeyValue::new("http.route", route)));
        self.begin(name, SpanKind::Server, attributes, &caller(headers))
    }

    /// A run has begun.
    pub(crate) fn run(&self, run: &str, dataset: &str, within: &Within) -> Begun {
        let attributes =
            vec![KeyValue::new("moretta.run", run.to_owned()), KeyValue::new("moretta.dataset", dataset.to_owned())];
        self.begin("run".to_owned(), SpanKind::Internal, attributes, &within.0)
    }

    fn begin(&self, name: String, kind: SpanKind, attributes: Vec<KeyValue>, within: &Context) -> Begun {
        let Some(provider) = &self.0 else { return Begun(None) };
        let tracer = provider.tracer("moretta");
        let span = tracer.span_builder(name).with_kind(kind).with_attributes(attributes);
        Begun(Some(span.start_with_context(&tracer, within)))
    }

    /// Sends what is left.
    pub(crate) fn end(&self) {
        if let Some(provider) = &self.0 {
            // Who cannot be reached now is not told the last spans.
            let _ = provider.shutdown_with_timeout(LAST_WORDS);
        }
    }
}

impl Begun {
    /// What happens in it belongs here.
    pub(crate) fn within(&self) -> Within {
        let context = self.0.as_ref().map(|span| span.span_context().clone());
        Within(Context::new().with_remote_span_context(context.unwrap_or(SpanContext::NONE)))
    }

    /// The head of the answer is known.
    pub(crate) fn answered(mut self, status: StatusCode, principal: Option<&str>, problem: Option<&str>) {
        self.say("http.response.status_code", i64::from(status.as_u16()));
        principal.into_iter().for_each(|name| self.say("moretta.principal", name.to_owned()));
        if let Some(word) = problem {
            self.fail(word, status.is_server_error());
        }
    }

    /// The run is complete.
    pub(crate) fn completed(mut self, report: &Report) {
        let rows = &report.rows;
        let numbers = [
            ("moretta.revision", report.revision.number),
            ("moretta.rows.read", rows.read),
            ("moretta.rows.masked", rows.masked),
            ("moretta.rows.quarantined", rows.quarantined),
            ("moretta.rows.dropped", rows.dropped),
            ("moretta.bytes.read", report.bytes_read),
            ("moretta.bytes.written", report.bytes_written),
        ];
        for (key, number) in numbers {
            self.say(key, i64::try_from(number).unwrap_or(i64::MAX));
        }
        let steps = &report.steps;
        let steps = [
            ("moretta.seconds.read", steps.read),
            ("moretta.seconds.gate", steps.gate),
            ("moretta.seconds.plan", steps.plan),
            ("moretta.seconds.mask", steps.mask),
            ("moretta.seconds.verify", steps.verify),
            ("moretta.seconds.audit", steps.audit),
            ("moretta.seconds.write", steps.write),
        ];
        for (key, took) in steps {
            self.say(key, took.as_secs_f64());
        }
    }

    /// The run failed.
    pub(crate) fn failed(mut self, problem: &Problem) {
        self.say("moretta.fault", problem.fault().word());
        self.fail(problem.word(), true);
    }

    fn fail(&mut self, word: &str, is_error: bool) {
        self.say("error.type", word.to_owned());
        if let (Some(span), true) = (&mut self.0, is_error) {
            span.set_status(Status::error(""));
        }
    }

    fn say(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(key, value));
        }
    }
}

/// The caller's span, without what else it sends of it.
fn caller(headers: &HeaderMap) -> Context {
    let sent = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
    let sent = sent.span().span_context().clone();
    let caller = SpanContext::new(sent.trace_id(), sent.span_id(), sent.trace_flags(), true, TraceState::NONE);
    Context::new().with_remote_span_context(caller)
}

/// A method as the semantic conventions have it: what a caller made up is no name.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(traceparent: &'static str) -> HeaderMap {
        let pairs = [("traceparent", traceparent), ("tracestate", "ssn=999-55-0001"), ("baggage", "name=Ann")];
        let name = |name: &'static str| axum::http::HeaderName::from_static(name);
        pairs.into_iter().map(|(key, value)| (name(key), value.parse().unwrap())).collect()
    }

    #[test]
    fn of_what_a_caller_sends_its_span_alone_is_taken_up() {
        let sent = headers("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let context = caller(&sent);
        let span = context.span().span_context().clone();
        assert_eq!(span.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span.trace_state(), &TraceState::NONE);
        assert!(!format!("{context:?}{span:?}").contains("999-55"));
    }

    #[test]
    fn what_is_no_span_begins_a_trace() {
        for sent in ["", "00-zz", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "999-55-0001"] {
            assert!(!caller(&headers(sent)).span().span_context().is_valid(), "{sent}");
        }
    }

    #[test]
    fn a_method_that_was_made_up_is_no_name() {
        assert_eq!(known(&Method::from_bytes(b"SSN999550001").unwrap()), "_OTHER");
    }
}
