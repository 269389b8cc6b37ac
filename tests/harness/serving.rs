//! `moretta serve` as a process, and who may call it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

use crate::command::{Desk, moretta};
use crate::http::{Answer, connect, exchange, head};

/// Who issues the tokens of the tests, and for whom.
pub const ISSUER: &str = "https://issuer.example";
/// Whom the tokens of the tests are for.
pub const AUDIENCE: &str = "moretta";

/// A configuration of one dataset `patients`, whose clients show tokens: `etl` and `etl-2` mask, `anna` operates.
pub fn configuration(more: &str) -> String {
    format!(
        "\
listen: 127.0.0.1:0
plain: true
tokens: {{ jwks: jwks.json, issuer: {ISSUER}, audience: {AUDIENCE} }}
roles:
  pipeline: {{ allow: [mask], datasets: [patients] }}
  on-call: {{ allow: [operate], datasets: [\"*\"] }}
principals:
  - {{ subject: etl, roles: [pipeline] }}
  - {{ subject: etl-2, roles: [pipeline] }}
  - {{ subject: nobody, roles: [] }}
  - {{ subject: anna, roles: [on-call] }}
workers: 2
{more}"
    )
}

/// A server that runs on a desk, which outlives it.
#[derive(Debug)]
pub struct Serving {
    process: Child,
    address: SocketAddr,
    log: Arc<Mutex<Vec<Value>>>,
    reader: Option<JoinHandle<()>>,
}

impl Serving {
    /// Starts a server with the configuration `moretta.yaml` of a desk.
    ///
    /// # Panics
    /// It does not listen.
    pub fn start(desk: &Desk) -> Self {
        desk.put("jwks.json", jwks().to_string());
        let mut command = desk.command(&moretta());
        command.args(["serve", "moretta.yaml"]);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut process = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(process.stderr.take().expect("a log")).lines();
        let mut shown = Vec::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else { panic!("the server does not listen: {}", shown.join("\n")) };
            match serde_json::from_str::<Value>(&line) {
                Ok(line) if line["event"] == "listening" => break line["address"].as_str().unwrap_or("").to_owned(),
                _ => shown.push(line),
            }
        };
        let log = Arc::<Mutex<Vec<Value>>>::default();
        let reader = thread::spawn({
            let log = log.clone();
            move || {
                for line in lines.map_while(Result::ok) {
                    let line =
                        serde_json::from_str(&line).unwrap_or_else(|_| json!({ "event": "no JSON", "line": line }));
                    log.lock().expect("the log").push(line);
                }
            }
        });
        Self { process, address: address.parse().expect("an address"), log, reader: Some(reader) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends a whole request with a body, as who has this subject.
    pub fn post(&self, subject: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Answer {
        let length = body.len().to_string();
        let fields = [fields, &[("content-length", &length)]].concat();
        self.send("POST", subject, path, &fields, body)
    }

    /// Asks for something, as who has this subject.
    pub fn get(&self, subject: &str, path: &str) -> Answer {
        self.send("GET", subject, path, &[], b"")
    }

    /// Has a table masked, as who has this subject.
    pub fn mask(&self, subject: &str, table: &str) -> Answer {
        self.post(subject, MASK, &[("content-type", "text/csv")], table.as_bytes())
    }

    fn send(&self, method: &str, subject: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Answer {
        let bearer = bearer(subject);
        let fields = [&[("authorization", bearer.as_str()), ("connection", "close")], fields].concat();
        let request = [head(method, path, &fields).as_bytes(), body].concat();
        exchange(connect(self.address), &request)
    }

    /// The lines of its log with this event.
    pub fn logged(&self, event: &str) -> Vec<Value> {
        let log = self.log.lock().expect("the log");
        log.iter().filter(|line| line["event"] == event).cloned().collect()
    }

    /// Its whole log.
    pub fn log(&self) -> String {
        let log = self.log.lock().expect("the log");
        log.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Waits until the log has a line with this event.
    #[track_caller]
    pub fn await_logged(&self, event: &str) -> Value {
        await_that(event, || !self.logged(event).is_empty());
        self.logged(event).pop().expect("a line")
    }

    /// Sends it a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(sent.expect("`kill` runs").success());
    }

    /// Waits until it ends, and tells its exit code, none if a signal ended it.
    pub fn wait(&mut self) -> Option<i32> {
        let status = self.process.wait().expect("the server ends");
        if let Some(reader) = self.reader.take() {
            reader.join().expect("its log ends");
        }
        status.code()
    }

    /// How many threads and open files it has.
    pub fn footprint(&self) -> (usize, usize) {
        let count = |what: &str| std::fs::read_dir(format!("/proc/{}/{what}", self.id())).map_or(0, Iterator::count);
        (count("task"), count("fd"))
    }

    /// Its resident memory in MiB.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1024
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Where the dataset of [`configuration`] is masked.
pub const MASK: &str = "/v1/datasets/patients/mask";

/// Waits until something is so.
///
/// # Panics
/// It is not after a minute.
#[track_caller]
pub fn await_that(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} does not come");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The key that the tokens of the tests are signed with.
pub fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// The public half of it.
pub fn jwks() -> Value {
    let public = URL_SAFE_NO_PAD.encode(signing_key().verifying_key().as_bytes());
    json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "one", "use": "sig", "alg": "EdDSA", "x": public }] })
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs()
}

/// What a token of somebody says.
pub fn claims(subject: &str) -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now(), "exp": now() + 600 })
}

/// A token, signed with the key of the tests whatever its head says.
pub fn token(head: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(head), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(signing_key().sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

/// What a request of somebody shows.
pub fn bearer(subject: &str) -> String {
    format!("Bearer {}", token(&json!({ "alg": "EdDSA", "kid": "one", "typ": "JWT" }), &claims(subject)))
}

/// Everything that lies in a directory, by name, and nothing if there is none.
pub fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut names: Vec<_> =
        entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
