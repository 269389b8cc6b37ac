//! `moretta serve` from end to end: a process, and clients that are slow, wrong, gone or not who they say.

mod access;
mod again;
mod broken;
mod masks;
mod operate;
mod quotas;
mod signed;
mod slow;
pub(crate) mod tls;
mod traces;

use moretta_tests::command::Desk;
use moretta_tests::http::{chunk, connect, head};
use moretta_tests::serving::{MASK, Serving, bearer, configuration};
use std::net::TcpStream;

const POLICY: &str = "\
version: 1
domain: server
subject: id
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [zip], mask: zip3 }
  - { columns: [born], mask: shift-dates, key: dates, with: { max_days: 30 } }
  - { columns: [visits], keep: true }
";

/// What is said of the dataset in the configuration, with a place for quarantine and answers.
const DATASETS: &str = "\
datasets:
  patients: { policy: policy.yaml, keyring: { directory: keys }, quarantine: quarantine, max_quarantined: 2 }
spool: { directory: spool }
";

const CSV: (&str, &str) = ("content-type", "text/csv");

/// A desk with a policy, keys and a configuration.
fn desk(more: &str) -> Desk {
    let desk = Desk::with(&[("policy.yaml", POLICY), ("moretta.yaml", &configuration(&format!("{DATASETS}{more}")))]);
    desk.make_keys("keys");
    desk
}

fn rows(range: std::ops::Range<usize>) -> String {
    let row = |number: usize| {
        format!("patient-{number},{:05},1980-01-{:02},{}\n", 2_139 + number % 7, number % 28 + 1, number % 5)
    };
    range.map(row).collect()
}

fn table(count: usize) -> String {
    format!("id,zip,born,visits\n{}", rows(0..count))
}

/// What the command makes of a table under the same keys.
fn masked(desk: &Desk, table: &str, out: &str) -> Vec<u8> {
    desk.put("by-command.csv", table);
    let mask = format!("mask by-command.csv --policy policy.yaml --keyring keys --quiet --out {out}");
    desk.run(&mask).assert_code(0);
    desk.bytes(out)
}

/// Begins a request whose body comes in chunks.
fn begin(serving: &Serving, subject: &str, fields: &[(&str, &str)]) -> TcpStream {
    use std::io::Write;
    let bearer = bearer(subject);
    let fields = [&[("authorization", bearer.as_str()), ("transfer-encoding", "chunked"), CSV], fields].concat();
    let mut stream = connect(serving.address());
    stream.write_all(head("POST", MASK, &fields).as_bytes()).unwrap();
    stream
}

/// Begins a request, and waits until rows of it come back.
fn begin_masking(serving: &Serving, subject: &str, fields: &[(&str, &str)]) -> TcpStream {
    use std::io::{Read, Write};
    let mut stream = begin(serving, subject, fields);
    let sent = table(60_000);
    let mut writer = stream.try_clone().unwrap();
    // As much may wait on the way as both sides keep: who sends all of it before reading may wait for ever.
    let sending = std::thread::spawn(move || writer.write_all(&chunk(sent.as_bytes())).unwrap());
    let mut first = [0; 4096];
    let read = stream.read(&mut first).unwrap();
    assert!(first[..read].starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&first[..read]));
    sending.join().unwrap();
    stream
}
