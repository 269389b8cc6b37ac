//! Rows that somebody sends, and that go back to them masked, as they come.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use moretta::audit::{Trail, Trust, TrustedKeys, Who, examine};
use moretta::error::{Blame, Error};
use moretta::keys::{DEFAULT_KEYS, Keyring};
use moretta::policy::Policy;
use moretta::run::{FileRun, mask_files};
use moretta::source::Format;
use moretta::stream::{StreamRun, mask_stream};
use moretta::workers::Workers;
use moretta::{Host, report::Report};

const POLICY: &str = "\
version: 1
domain: stream
rules:
  - { columns: [id], mask: pseudonym, key: identity }
  - { columns: [zip], mask: zip3 }
  - { columns: [visits], keep: true }
";

fn rows(range: std::ops::Range<usize>) -> String {
    range.map(|number| format!("patient-{number},{:05},{}\n", 2_139 + number % 7, number % 5)).collect()
}

fn table(count: usize) -> String {
    format!("id,zip,visits\n{}", rows(0..count))
}

fn host() -> Host {
    Host::builder(Policy::parse("policy.yaml", POLICY).unwrap()).ephemeral_keys().build().unwrap()
}

/// What is given away, kept.
#[derive(Clone, Default)]
struct Answer(Arc<Mutex<Vec<u8>>>);

impl Answer {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Answer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn run(sent: impl Read + Send + 'static, answer: &Answer) -> StreamRun {
    let run = StreamRun::new("the request".into(), Box::new(sent), Format::Csv, Box::new(answer.clone()));
    StreamRun { batch_bytes: 1000, ..run }
}

fn mask(host: &Host, sent: &str) -> (Result<Report, Error>, Vec<u8>) {
    let answer = Answer::default();
    let report = mask_stream(host, &Workers::new(2), run(io::Cursor::new(sent.to_owned()), &answer));
    (report, answer.bytes())
}

fn mask_file(host: &Host, directory: &Path, sent: &[u8], name: &str, out: &str) -> Vec<u8> {
    let (input, out) = (directory.join(name), directory.join(out));
    fs::write(&input, sent).unwrap();
    mask_files(host, &FileRun::new(vec![input], out.clone()), |_| {}).unwrap();
    fs::read(out).unwrap()
}

#[test]
fn a_stream_is_masked_as_a_file_is() {
    let (host, directory) = (host(), tempfile::tempdir().unwrap());
    for count in [0, 1, 5_000] {
        let (report, answer) = mask(&host, &table(count));
        assert_eq!(report.unwrap().rows.masked, count as u64);
        assert!(answer == mask_file(&host, directory.path(), table(count).as_bytes(), "in.csv", "out.csv"));
    }
}

#[test]
fn an_answer_is_in_the_format_that_was_asked_for() {
    let (host, directory) = (host(), tempfile::tempdir().unwrap());
    let arrow = mask_file(&host, directory.path(), table(300).as_bytes(), "in.csv", "plain.arrows");
    for (format, out) in [(Format::Arrow, "out.arrows"), (Format::Ndjson, "out.ndjson")] {
        let answer = Answer::default();
        let run =
            StreamRun { answer_format: format, batch_bytes: 1 << 20, ..run(io::Cursor::new(table(300)), &answer) };
        mask_stream(&host, &Workers::new(1), run).unwrap();
        assert!(answer.bytes() == mask_file(&host, directory.path(), table(300).as_bytes(), "in.csv", out), "{out}");
    }
    // And back: what was masked once is sent as Arrow, and masked again.
    let answer = Answer::default();
    let run =
        StreamRun::new("the request".into(), Box::new(io::Cursor::new(arrow)), Format::Arrow, Box::new(answer.clone()));
    let report = mask_stream(&host, &Workers::new(1), StreamRun { answer_format: Format::Csv, ..run }).unwrap();
    assert_eq!((report.rows.masked, answer.bytes().iter().filter(|byte| **byte == b'\n').count()), (300, 301));
}

#[test]
fn parquet_is_no_stream() {
    let (host, answer) = (host(), Answer::default());
    let parquet = |format, answer_format| StreamRun { format, answer_format, ..run(io::empty(), &answer) };
    for run in [parquet(Format::Parquet, Format::Csv), parquet(Format::Csv, Format::Parquet)] {
        let run = StreamRun { sent: Box::new(io::Cursor::new(table(3))), ..run };
        let error = mask_stream(&host, &Workers::new(1), run).unwrap_err();
        assert!(error.blame() == Blame::Operator && error.to_string().contains("Arrow stream"), "{error}");
    }
    assert!(answer.bytes().is_empty());
}

#[test]
fn an_error_comes_after_what_was_whole_and_tells_no_value() {
    let sent = format!("{}secret-patient,\"02139\n", table(1_000));
    let (report, answer) = mask(&host(), &sent);
    let error = report.unwrap_err();
    assert!(error.blame() == Blame::Data && !error.to_string().contains("secret"), "{error}");
    assert!(error.to_string().starts_with("the request, line 1002"), "{error}");
    // Whole rows, none of them the last ones.
    assert!(answer.is_empty() || answer.ends_with(b"\n"));
    assert!(!String::from_utf8(answer).unwrap().contains("secret"));
}

/// Sends what is put into a channel, and ends with it.
struct Sent(Receiver<String>, io::Cursor<String>);

fn channel() -> (SyncSender<String>, Sent) {
    let (sender, receiver) = sync_channel(0);
    (sender, Sent(receiver, io::Cursor::default()))
}

impl Read for Sent {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.1.position() == self.1.get_ref().len() as u64 {
            match self.0.recv() {
                Ok(next) => self.1 = io::Cursor::new(next),
                Err(_) => return Ok(0),
            }
        }
        self.1.read(buffer)
    }
}

#[test]
fn rows_go_back_while_others_are_still_to_come() {
    let (sender, sent) = channel();
    let answer = Answer::default();
    let masking = thread::spawn({
        let run = run(sent, &answer);
        move || mask_stream(&host(), &Workers::new(1), run)
    });
    sender.send(table(500)).unwrap();
    while answer.bytes().is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
    assert!(!masking.is_finished());
    sender.send(rows(500..600)).unwrap();
    drop(sender);
    assert_eq!(masking.join().unwrap().unwrap().rows.masked, 600);
    assert_eq!(answer.bytes().iter().filter(|byte| **byte == b'\n').count(), 601);
}

#[test]
fn those_who_send_slowly_hold_no_worker() {
    let (host, workers) = (host(), Workers::new(1));
    let slow: Vec<_> = (0..50)
        .map(|_| {
            let (sender, sent) = channel();
            let (host, workers, answer) = (host.clone(), workers.clone(), Answer::default());
            (sender, thread::spawn(move || mask_stream(&host, &workers, run(sent, &answer)).unwrap().rows.masked))
        })
        .collect();
    for (sender, _) in &slow {
        sender.send("id,zip,visits\n".into()).unwrap();
    }
    let answer = Answer::default();
    let report = mask_stream(&host, &workers, run(io::Cursor::new(table(2_000)), &answer)).unwrap();
    assert_eq!(report.rows.masked, 2_000);
    for (sender, masking) in slow {
        sender.send(rows(0..1)).unwrap();
        drop(sender);
        assert_eq!(masking.join().unwrap(), 1);
    }
}

/// Takes so many bytes and then nothing more.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn who_goes_away_ends_the_run_though_more_is_sent() {
    let answer = Answer::default();
    // Sends rows for ever.
    let endless = io::Cursor::new("id,zip,visits\n").chain(Rows(0, 0));
    let run = StreamRun { answer: Box::new(Full(2_000)), ..run(endless, &answer) };
    let error = mask_stream(&host(), &Workers::new(2), run).unwrap_err();
    assert!(matches!(&error, Error::Io { doing: "write", .. }), "{error}");
}

/// Rows, and how much of the last one was read.
struct Rows(usize, usize);

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let row = rows(self.0..self.0 + 1);
        let read = (&row.as_bytes()[self.1..]).read(buffer)?;
        *self = if self.1 + read < row.len() { Self(self.0, self.1 + read) } else { Self(self.0 + 1, 0) };
        Ok(read)
    }
}

#[test]
fn nothing_is_given_away_unrecorded_and_ranges_follow_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let keyring = Keyring::ephemeral(&DEFAULT_KEYS).unwrap();
    let key = keyring.audit_key("audit").unwrap();
    let trusted = TrustedKeys::of_grant(&key);
    let trail = Trail::open(directory.path(), key, Who::principal("annie"), SystemTime::now).unwrap();
    let host = Host::builder(Policy::parse("policy.yaml", POLICY).unwrap()).keyring(keyring).audit(trail);
    let host = host.build().unwrap();
    let (report, answer) = mask(&host, &table(5_000));
    let report = report.unwrap();
    assert_eq!(report.rows.masked, 5_000);
    let trust = Trust { keys: Some(&trusted), remembered: None };
    let (mut next, mut ended) = (1, false);
    examine(directory.path(), trust, &mut |record, _| {
        if record.action == "masked" {
            let rows = &record.details["rows"];
            assert_eq!(rows["first"], next, "{rows}");
            next = rows["last"].as_u64().unwrap() + 1;
        }
        ended |= record.action == "run-ended" && record.details["bytes_written"] == answer.len();
    })
    .unwrap();
    assert_eq!((next, ended), (5_001, true));

    fs::remove_file(directory.path().join("checkpoint")).unwrap();
    let (report, answer) = mask(&host, &table(5_000));
    assert!(matches!(report.unwrap_err(), Error::Audit(_)));
    assert!(answer.is_empty());
}
