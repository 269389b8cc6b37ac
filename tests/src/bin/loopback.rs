//! How much of the throughput in one process is left over HTTP on this machine: Arrow in, Arrow out.
//!
//! `cargo run --release -p moretta-tests --features server --bin loopback`

use std::io::{Cursor, Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Instant, SystemTime};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use moretta::Host;
use moretta::audit::{Trail, Who};
use moretta::keys::Keyring;
use moretta::policy::Policy;
use moretta::source::Format;
use moretta::stream::{StreamRun, mask_stream};
use moretta::workers::Workers;
use moretta_tests::command::Desk;
use moretta_tests::http::{connect, head};
use moretta_tests::serving::{MASK, Serving, bearer, configuration};

const POLICY: &str = "\
version: 1
domain: loopback
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [zip], mask: zip3 }
  - { columns: [name], mask: redact }
  - { columns: [visits], keep: true }
";
const ARROW: &str = "application/vnd.apache.arrow.stream";
/// Rows of a batch, and batches.
const SIZE: (usize, usize) = (16_384, 200);
/// How often each is measured; the best counts.
const TIMES: usize = 5;
const WORKERS: usize = 2;

fn main() {
    let sent = stream();
    let desk = Desk::with(&[
        ("policy.yaml", POLICY),
        (
            "moretta.yaml",
            &configuration("datasets: { patients: { policy: policy.yaml, keyring: { directory: keys } } }\n"),
        ),
    ]);
    desk.make_keys("keys");
    let (here, here_used) = used(std::process::id(), || in_process(&desk, &sent));
    let serving = Serving::start(&desk);
    over_loopback(&serving, &sent);
    let (there, there_used) = used(serving.id(), || best(|| over_loopback(&serving, &sent)));
    let megabytes = sent.len() as f64 / 1e6;
    println!("{megabytes:.0} MB in batches of {} rows, {WORKERS} workers; both with an audit trail", SIZE.0);
    let share = |here: f64, there: f64| 100.0 * here / there;
    println!(
        "clock: in one process {:.0} MB/s, over loopback {:.0} MB/s, {:.0} %",
        megabytes / here,
        megabytes / there,
        share(here, there)
    );
    println!(
        "processors: {here_used:.2} s in one process, {there_used:.2} s in the server, {:.0} %",
        share(here_used, there_used)
    );
}

/// What comes of something, and how much time of processors a process took for it: on a machine that does other work too
/// the times on the clock tell little.
fn used(process: u32, act: impl FnOnce() -> f64) -> (f64, f64) {
    let ticks = || {
        let text = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
        let fields: Vec<_> = text.rsplit(')').next().expect("fields").split_whitespace().collect();
        fields[11..13].iter().map(|ticks| ticks.parse::<f64>().expect("ticks")).sum::<f64>()
    };
    let before = ticks();
    let acted = act();
    (acted, (ticks() - before) / 100.0 / TIMES as f64)
}

fn stream() -> Vec<u8> {
    let (rows, batches) = SIZE;
    let texts = |text: fn(usize) -> String| Arc::new(StringArray::from_iter_values((0..rows).map(text))) as ArrayRef;
    let batch = RecordBatch::try_from_iter([
        ("id", texts(|number| format!("patient-{number}"))),
        ("zip", texts(|number| format!("{:05}", 2_139 + number % 90))),
        ("name", texts(|number| format!("Anna-{number} Meyer"))),
        ("visits", Arc::new(Int64Array::from_iter_values((0..rows).map(|number| number as i64 % 9))) as ArrayRef),
    ])
    .expect("a batch");
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).expect("a stream");
    (0..batches).for_each(|_| writer.write(&batch).expect("a batch is written"));
    writer.into_inner().expect("a whole stream")
}

fn best(mut measure: impl FnMut() -> f64) -> f64 {
    (0..TIMES).map(|_| measure()).fold(f64::INFINITY, f64::min)
}

fn in_process(desk: &Desk, sent: &[u8]) -> f64 {
    let keyring = Keyring::open(&desk.path("keys")).expect("a keyring");
    let key = keyring.audit_key("audit").expect("a key");
    let trail = Trail::open(&desk.path("trail"), key, Who::of_process(), SystemTime::now).expect("a trail");
    let policy = Policy::parse("policy.yaml", POLICY).expect("a policy");
    let host = Host::builder(policy).keyring(keyring).audit(trail);
    let (host, workers) = (host.build().expect("a host"), Workers::new(WORKERS));
    best(|| {
        let body = Box::new(Cursor::new(sent.to_vec()));
        let begun = Instant::now();
        let run = StreamRun::new("it".to_owned(), body, Format::Arrow, Box::new(std::io::sink()));
        mask_stream(&host, &workers, run).expect("masked");
        begun.elapsed().as_secs_f64()
    })
}

fn over_loopback(serving: &Serving, sent: &[u8]) -> f64 {
    let (bearer, length) = (bearer("etl"), sent.len().to_string());
    let fields = [("authorization", bearer.as_str()), ("content-type", ARROW), ("content-length", &length)];
    let head = head("POST", MASK, &[&fields[..], &[("connection", "close")]].concat());
    let begun = Instant::now();
    let mut stream = connect(serving.address());
    let mut writer = stream.try_clone().expect("a second handle");
    thread::scope(|scope| {
        scope.spawn(move || writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(sent)).expect("sent"));
        let (mut buffer, mut last) = (vec![0; 1 << 20], Vec::new());
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            last = buffer[..read].to_vec();
        }
        let end = String::from_utf8_lossy(&last[last.len().saturating_sub(400)..]).into_owned();
        assert!(end.contains("moretta-status: complete"), "{end}");
    });
    begun.elapsed().as_secs_f64()
}
