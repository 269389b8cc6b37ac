//! Traces, as a collector gets them.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use moretta_tests::command::Desk;
use moretta_tests::http::connect;
use moretta_tests::serving::{MASK, Serving, await_that};
use serde_json::Value;

use super::{CSV, desk, table};

/// Takes spans, as long as it is asked to.
struct Collector {
    address: SocketAddr,
    taken: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Collector {
    /// Answers each call with this status.
    fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, taken) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<_>>>::default());
        thread::spawn({
            let taken = taken.clone();
            move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    let taken = taken.clone();
                    thread::spawn(move || answer(&stream, status, &taken));
                }
            }
        });
        Self { address, taken }
    }

    fn configured(&self, more: &str) -> Desk {
        desk(&format!("traces: {{ endpoint: \"http://{}/v1/traces\"{more} }}\n", self.address))
    }

    fn text(&self) -> String {
        self.taken.lock().unwrap().iter().map(|(head, body)| format!("{head}{body}")).collect()
    }

    /// The spans that it has.
    fn spans(&self) -> Vec<Value> {
        let taken = self.taken.lock().unwrap();
        let all = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let resources = taken.iter().flat_map(|(_, body)| all(body, "resourceSpans"));
        let scopes = resources.flat_map(|resource| all(&resource, "scopeSpans"));
        scopes.flat_map(|scope| all(&scope, "spans")).collect()
    }
}

/// Answers every call of a connection.
fn answer(mut stream: &TcpStream, status: u16, taken: &Mutex<Vec<(String, Value)>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(call) = take(&mut reader) {
        taken.lock().unwrap().push(call);
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n");
        let _ = stream.write_all(format!("{head}content-length: 2\r\n\r\n{{}}").as_bytes());
    }
}

/// A call's head and its body.
fn take(reader: &mut impl BufRead) -> Option<(String, Value)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length?.parse().unwrap()];
    reader.read_exact(&mut body).ok()?;
    Some((head, serde_json::from_slice(&body).unwrap()))
}

fn attribute(span: &Value, key: &str) -> String {
    let attributes = span["attributes"].as_array().unwrap();
    let Some(found) = attributes.iter().find(|attribute| attribute["key"] == key) else { return String::new() };
    let value = found["value"].as_object().unwrap().values().next().unwrap();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

#[test]
fn a_request_and_its_run_are_spans_of_the_callers_trace_and_hold_nothing_else_of_it() {
    let collector = Collector::start(200);
    let desk = collector.configured("");
    let mut serving = Serving::start(&desk);
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    let fields = [
        CSV,
        ("traceparent", traceparent.as_str()),
        ("tracestate", "vendor=secret-of-the-caller"),
        ("baggage", "name=secret-of-the-caller"),
    ];
    let answer = serving.post("etl", MASK, &fields, table(1_000).as_bytes()).assert_whole();
    serving.post("etl", MASK, &[CSV], b"id,zip\nsecret-value").assert_status(422);
    serving.get("etl", "/v1/secret-of-the-caller").assert_status(404);
    let odd = b"SECRETOFTHECALLER /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    moretta_tests::http::exchange(connect(serving.address()), odd).assert_status(405);
    // The last ones are sent before the process ends.
    serving.signal("TERM");
    assert_eq!(serving.wait(), Some(0));

    let spans = collector.spans();
    let of_trace: Vec<_> = spans.iter().filter(|span| span["traceId"] == TRACE).collect();
    assert_eq!(of_trace.len(), 2, "{spans:#?}");
    let request = of_trace.iter().find(|span| span["kind"] == 2).unwrap();
    let run = of_trace.iter().find(|span| span["name"] == "run").unwrap();
    assert_eq!(request["name"], "POST /v1/datasets/{name}/mask");
    assert_eq!((&request["parentSpanId"], &run["parentSpanId"]), (&CALLER.into(), &request["spanId"]));
    assert_eq!(attribute(request, "http.response.status_code"), "200");
    assert_eq!(attribute(request, "moretta.principal"), "etl");
    assert_eq!(attribute(run, "moretta.run"), answer.trailer("moretta-run"));
    assert_eq!(
        (attribute(run, "moretta.rows.masked"), attribute(run, "moretta.revision")),
        ("1000".into(), "1".into())
    );
    assert!(attribute(run, "moretta.seconds.mask").parse::<f64>().unwrap() > 0.0);

    let failed = spans.iter().find(|span| span["name"] == "run" && span["traceId"] != TRACE).unwrap();
    assert_eq!(attribute(failed, "moretta.fault"), "client");
    assert_eq!(failed["status"]["code"], 2);
    let names: Vec<_> = spans.iter().filter(|span| span["kind"] == 2).map(|span| span["name"].clone()).collect();
    assert!(names.contains(&"GET".into()) && names.contains(&"_OTHER /healthz".into()), "{names:?}");
    let text = collector.text().to_lowercase();
    assert!(text.contains("moretta") && !text.contains("secret"), "{text}");
}

#[test]
fn none_are_sent_of_a_share_of_nothing_whatever_the_caller_says() {
    let collector = Collector::start(200);
    let desk = collector.configured(", share: 0");
    let mut serving = Serving::start(&desk);
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    serving.post("etl", MASK, &[CSV, ("traceparent", &traceparent)], table(10).as_bytes()).assert_whole();
    serving.signal("TERM");
    assert_eq!(serving.wait(), Some(0));
    assert_eq!(collector.text(), "");
}

#[test]
fn a_collector_that_refuses_or_is_gone_keeps_nobody_waiting() {
    let refusing = Collector::start(400);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = Collector { address: nobody, taken: Arc::default() };
    for (collector, status) in [(refusing, Some(400)), (gone, None)] {
        let desk = collector.configured("");
        let serving = Serving::start(&desk);
        serving.mask("etl", &table(1_000)).assert_whole();
        await_that("the log", || !serving.logged("traces-not-sent").is_empty());
        assert_eq!(serving.logged("traces-not-sent")[0]["status"], Value::from(status));
        serving.mask("etl", &table(1_000)).assert_whole();
    }
}

#[test]
fn a_collector_is_called_under_tls_or_on_this_machine() {
    let desk = desk("traces: { endpoint: \"http://collector.example:4318/v1/traces\" }\n");
    let refused = desk.run("serve --check moretta.yaml").assert_code(2);
    assert!(refused.stderr.contains("this very machine alone"), "{}", refused.stderr);
}
