//! A trail is attacked, cut and torn at every place, and written by many at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::fault::Fault;
use super::files::{Lock, Segment, segments};
use super::frame::{Frame, Kind};
use super::*;
use crate::keys::{AuditGrant, Keyring, Purpose};

fn key() -> AuditGrant {
    Keyring::ephemeral(&[("audit", Purpose::Audit)]).unwrap().audit_key("audit").unwrap()
}

fn clock() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_330_800)
}

/// In memory where there is a place for that: these tests write thousands of files.
fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// A trail in a directory of its own, with the key that signs it.
struct Kept {
    directory: TempDir,
    key: AuditGrant,
}

impl Kept {
    fn empty() -> Self {
        Self { directory: directory(), key: key() }
    }

    /// Six records in three writes of one, three and two.
    fn small() -> Self {
        let kept = Self::empty();
        for numbers in [vec![1], vec![2, 3, 4], vec![5, 6]] {
            kept.write(&numbers);
        }
        kept
    }

    /// Records of a quarter of a segment each, in as many writes.
    fn long(writes: u32) -> Self {
        let kept = Self::empty();
        for number in 1..=writes {
            let inputs = vec![format!("{number}{}", "x".repeat(255)); 256];
            let started = RunStarted { inputs, ..run_started(number) };
            let _recorded = kept.trail().record(None, &[Event::RunStarted(started)]).unwrap();
        }
        kept
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn trail(&self) -> Trail {
        Trail::open(self.path(), self.key.clone(), Who::principal("annie"), clock).unwrap()
    }

    fn write(&self, numbers: &[u32]) {
        let events: Vec<_> = numbers.iter().map(|number| event(*number)).collect();
        let _recorded = self.trail().record(Some(&RunId::random().unwrap()), &events).unwrap();
    }

    fn keys(&self) -> TrustedKeys {
        TrustedKeys::of_grant(&self.key)
    }

    fn verify(&self) -> Result<Examined, AuditError> {
        self.verify_with(None)
    }

    fn verify_with(&self, remembered: Option<&Checkpoint>) -> Result<Examined, AuditError> {
        let keys = self.keys();
        examine(self.path(), Trust { keys: Some(&keys), remembered }, &mut |_, _| {})
    }

    fn actions(&self) -> Vec<String> {
        let mut actions = Vec::new();
        examine(self.path(), Trust::default(), &mut |record, _| actions.push(record.action)).unwrap();
        actions
    }

    fn segment(&self) -> PathBuf {
        Segment::at(self.path(), 0).path
    }

    fn checkpoint(&self) -> String {
        fs::read_to_string(self.path().join("checkpoint")).unwrap()
    }

    fn publish(&self, note: &str) {
        fs::write(self.path().join("checkpoint"), note).unwrap();
    }

    /// Writes the segment anew.
    fn put(&self, bytes: &[u8]) {
        fs::write(self.segment(), bytes).unwrap();
    }

    /// What it is made of.
    fn pieces(&self) -> Vec<Piece> {
        let bytes = fs::read(self.segment()).unwrap();
        let (mut rest, mut pieces) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            let (frame, left) = Frame::read(rest).unwrap();
            pieces.push((frame.kind, frame.body.to_vec()));
            rest = left;
        }
        pieces
    }

    #[track_caller]
    fn assert_tampered(&self, case: &str, at: u64, expected: Fault) {
        let error = self.verify().unwrap_err();
        let AuditError::Tampered { record, fault, .. } = error else { panic!("{case}: {error}") };
        assert_eq!((record, fault), (at, expected), "{case}");
    }
}

type Piece = (Kind, Vec<u8>);

/// The bytes of a segment of these pieces, each with a good digest.
fn bytes_of(pieces: &[Piece]) -> Vec<u8> {
    let mut bytes = Vec::new();
    pieces.iter().for_each(|(kind, body)| Frame::new(*kind, body).unwrap().write(&mut bytes));
    bytes
}

/// The same as one would who mends every link after a change, without the key.
fn relinked(pieces: &[Piece]) -> Vec<u8> {
    let (mut previous, mut mended, mut number) = (String::new(), Vec::new(), 0);
    for (kind, body) in pieces {
        let mut body = body.clone();
        if *kind == Kind::Record {
            let mut record: Record = serde_json::from_slice(&body).unwrap();
            (record.number, record.previous) = (number, previous);
            body = record.to_text().unwrap();
            number += 1;
        }
        previous = base64(&Frame::new(*kind, &body).unwrap().digest);
        mended.push((*kind, body));
    }
    bytes_of(&mended)
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn event(number: u32) -> Event {
    let (key, purpose) = ("identity".to_owned(), "pseudonym".to_owned());
    Event::KeyChanged(KeyChanged { key, version: number, purpose, change: KeyChange::Created })
}

fn run_started(number: u32) -> RunStarted {
    let revision = Revision {
        number: u64::from(number),
        host: "0".into(),
        policy: None,
        policy_digest: String::new(),
        labels_digest: None,
        plugins: Vec::new(),
        keys: vec![KeyUsed { key: "identity".into(), version: 1 }],
    };
    RunStarted { inputs: Vec::new(), out: "out.csv".into(), quarantine: None, revision }
}

#[test]
fn what_was_written_is_clean_and_says_who_when_and_what() {
    let kept = Kept::small();
    let examined = kept.verify().unwrap();
    assert_eq!((examined.records, examined.checkpoints, examined.segments), (6, 3, 1));
    assert_eq!((examined.unsealed, examined.torn, examined.checkpoint), (0, 0, Some(kept.checkpoint())));
    let mut records = Vec::new();
    examine(kept.path(), Trust::default(), &mut |record, _| records.push(record)).unwrap();
    for (number, record) in records.iter().enumerate() {
        assert_eq!((record.number, record.time.as_str()), (number as u64, "2026-11-22T07:00:00.000Z"));
        assert_eq!((record.who.name.as_str(), record.action.as_str()), ("annie", "key-changed"));
        assert_eq!(record.details["version"], number + 1);
    }
    assert_eq!(records[1].run, records[3].run);
    assert_ne!(records[0].run, records[1].run);
}

#[test]
fn no_byte_can_be_another_and_the_record_is_named() {
    let kept = Kept::small();
    let bytes = fs::read(kept.segment()).unwrap();
    let (mut at, mut record) = (0, 0);
    for (kind, body) in kept.pieces() {
        let length = Frame::new(kind, &body).unwrap().length();
        for place in at..at + length {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << (place % 8);
            kept.put(&changed);
            match kept.verify().unwrap_err() {
                AuditError::Tampered { record: named, byte, .. } => {
                    assert_eq!((named, byte), (record, at as u64), "byte {place}");
                }
                other => panic!("byte {place}: {other}"),
            }
        }
        (at, record) = (at + length, record + u64::from(kind == Kind::Record));
    }
    assert_eq!((at, record), (bytes.len(), 6));
}

#[test]
fn a_trail_cut_at_any_byte_is_noticed_by_its_published_checkpoint() {
    let kept = Kept::small();
    let bytes = fs::read(kept.segment()).unwrap();
    for end in 0..bytes.len() {
        kept.put(&bytes[..end]);
        assert!(matches!(kept.verify(), Err(AuditError::Tampered { .. })), "{end} bytes");
        assert!(kept.trail().record(None, &[event(9)]).is_err(), "{end} bytes");
        assert_eq!(fs::read(kept.segment()).unwrap(), &bytes[..end], "a trail that was cut is left as it is");
    }
}

#[test]
fn a_trail_put_back_to_an_older_state_is_noticed_by_a_remembered_checkpoint_alone() {
    let kept = Kept::empty();
    kept.write(&[1]);
    let (bytes, note) = (fs::read(kept.segment()).unwrap(), kept.checkpoint());
    kept.write(&[2, 3]);
    let remembered = Checkpoint::open(&kept.checkpoint(), &kept.keys()).unwrap();
    kept.verify_with(Some(&remembered)).unwrap();
    kept.put(&bytes);
    kept.publish(&note);
    assert_eq!(kept.verify().unwrap().records, 1);
    let error = kept.verify_with(Some(&remembered)).unwrap_err();
    assert!(matches!(error, AuditError::Tampered { record: 1, fault: Fault::Cut { signed: 3 }, .. }), "{error}");
    // Another history of the same length is not what is remembered either.
    kept.write(&[4, 5, 6]);
    assert!(kept.verify().is_ok());
    let error = kept.verify_with(Some(&remembered)).unwrap_err();
    assert!(matches!(error, AuditError::Tampered { record: 3, fault: Fault::Root, .. }), "{error}");
}

/// What the machine leaves that dies in the last write: its checkpoint is not published yet.
fn torn(write: impl Fn(&[u8], usize) -> Vec<u8>) -> (Kept, usize, impl Fn(&Kept, usize)) {
    let kept = Kept::empty();
    kept.write(&[1, 2]);
    let (before, note) = (fs::metadata(kept.segment()).unwrap().len() as usize, kept.checkpoint());
    kept.write(&[3, 4]);
    let bytes = fs::read(kept.segment()).unwrap();
    let length = bytes.len() - before;
    let tear = move |kept: &Kept, left: usize| {
        kept.publish(&note);
        kept.put(&write(&bytes, before + left));
    };
    (kept, length, tear)
}

fn cut(bytes: &[u8], end: usize) -> Vec<u8> {
    bytes[..end].to_vec()
}

/// As a file looks whose length got to the disk, and its content did not.
fn zeroed(bytes: &[u8], end: usize) -> Vec<u8> {
    let mut torn = bytes[..end].to_vec();
    torn.resize(bytes.len(), 0);
    torn
}

#[test]
fn a_write_that_was_torn_at_any_byte_is_no_tampering() {
    for write in [cut, zeroed] {
        let (kept, length, tear) = torn(write);
        let mut unsealed = Vec::new();
        for left in 0..=length {
            tear(&kept, left);
            let examined = kept.verify().unwrap_or_else(|error| panic!("{left} bytes: {error}"));
            assert_eq!(examined.records, 2 + if left == length { 2 } else { examined.unsealed });
            assert!(examined.torn > 0 || examined.unsealed > 0 || left == 0 || left == length, "{left} bytes");
            unsealed.push(examined.unsealed);
        }
        unsealed.dedup();
        assert_eq!(unsealed, [0, 1, 2, 0]);
    }
}

#[test]
fn the_next_write_keeps_every_whole_record_and_says_what_was_torn() {
    for write in [cut, zeroed] {
        let (kept, length, tear) = torn(write);
        for left in (1..length).step_by(53) {
            tear(&kept, left);
            let found = kept.verify().unwrap();
            kept.write(&[9]);
            let mut last = Vec::new();
            examine(kept.path(), Trust::default(), &mut |record, _| last.push(record)).unwrap();
            let [.., repair, new] = last.as_slice() else { panic!("{} records", last.len()) };
            assert_eq!((repair.action.as_str(), new.details["version"].as_u64()), ("trail-repaired", Some(9)));
            assert_eq!(repair.details["bytes_cut"], found.torn);
            assert_eq!(repair.details["unsealed_records"], found.unsealed);
            assert_eq!((repair.number, &repair.run), (found.records, &None));
            let examined = kept.verify().unwrap();
            assert_eq!((examined.unsealed, examined.torn), (0, 0), "{left} bytes");
        }
    }
}

#[test]
fn a_trail_whose_very_first_write_was_torn_begins_anew() {
    let kept = Kept::empty();
    kept.write(&[1]);
    let bytes = fs::read(kept.segment()).unwrap();
    fs::remove_file(kept.path().join("checkpoint")).unwrap();
    for left in [0, 1, 100, bytes.len() - 1, bytes.len()] {
        kept.put(&bytes[..left]);
        drop(fs::remove_file(kept.path().join("checkpoint")));
        kept.verify().unwrap();
        kept.write(&[2]);
        assert_eq!(kept.verify().unwrap().unsealed, 0);
        assert_eq!(kept.actions().last().unwrap(), "key-changed", "{left} bytes");
    }
}

#[test]
fn removing_moving_and_repeating_are_named() {
    let kept = Kept::small();
    let pieces = kept.pieces();
    let edited = |edit: &dyn Fn(&mut Vec<Piece>)| {
        let mut pieces = pieces.clone();
        edit(&mut pieces);
        kept.put(&bytes_of(&pieces));
    };
    // start, 0, checkpoint, 1, 2, 3, checkpoint, 4, 5, checkpoint
    edited(&|pieces| drop(pieces.remove(4)));
    kept.assert_tampered("a record is gone", 2, Fault::Number { found: 3 });
    edited(&|pieces| pieces.swap(3, 4));
    kept.assert_tampered("two records changed places", 1, Fault::Number { found: 2 });
    edited(&|pieces| pieces.insert(4, pieces[3].clone()));
    kept.assert_tampered("a record is there twice", 2, Fault::Number { found: 1 });
    edited(&|pieces| drop(pieces.remove(6)));
    kept.assert_tampered("a checkpoint is gone", 4, Fault::NotLinked);
    edited(&|pieces| pieces.insert(6, pieces[6].clone()));
    kept.assert_tampered("a checkpoint is there twice", 4, Fault::Repeated);
    edited(&|pieces| pieces.swap(2, 6));
    kept.assert_tampered("two checkpoints changed places", 1, Fault::Size { signed: 4 });
    edited(&|pieces| drop(pieces.remove(0)));
    kept.assert_tampered("the start is gone", 0, Fault::SegmentStart);
    edited(&|pieces| pieces.push(pieces[0].clone()));
    kept.assert_tampered("the start is there twice", 6, Fault::SegmentStart);
    edited(&|pieces| pieces.push(pieces[9].clone()));
    kept.assert_tampered("the last checkpoint is there twice", 6, Fault::Repeated);
    edited(&|pieces| pieces.truncate(9));
    kept.assert_tampered("the last checkpoint is gone", 6, Fault::Cut { signed: 6 });
}

#[test]
fn a_change_with_every_digest_and_link_mended_breaks_the_signed_root() {
    let kept = Kept::small();
    let pieces = kept.pieces();
    let forged = |edit: &dyn Fn(&mut Vec<Piece>)| {
        let mut pieces = pieces.clone();
        edit(&mut pieces);
        kept.put(&relinked(&pieces));
    };
    forged(&|_| {});
    assert!(kept.verify().is_ok(), "the forger forges well");
    let change = |body: &[u8]| String::from_utf8_lossy(body).replace("annie", "agnes").into_bytes();
    forged(&|pieces| pieces[3].1 = change(&pieces[3].1));
    kept.assert_tampered("a record is another", 4, Fault::Root);
    forged(&|pieces| drop(pieces.remove(4)));
    kept.assert_tampered("a record is gone", 3, Fault::Size { signed: 4 });
    forged(&|pieces| drop((pieces.remove(4), pieces.remove(5))));
    kept.assert_tampered("with its checkpoint", 5, Fault::Size { signed: 6 });
    forged(&|pieces| pieces.swap(3, 4));
    kept.assert_tampered("two records changed places", 4, Fault::Root);
    forged(&|pieces| drop(pieces.remove(6)));
    kept.assert_tampered("a checkpoint is gone", 6, Fault::Root);
}

#[test]
fn a_trail_of_another_key_is_not_taken_for_this_one() {
    let (kept, other) = (Kept::small(), Kept::small());
    kept.put(&fs::read(other.segment()).unwrap());
    kept.assert_tampered("the segment is another's", 1, Fault::Signature);
    kept.publish(&other.checkpoint());
    let error = kept.verify().unwrap_err();
    assert!(matches!(error, AuditError::Malformed { fault: Fault::Signature, .. }), "{error}");
    assert!(kept.trail().record(None, &[event(7)]).is_err());
    assert_eq!(kept.segment().metadata().unwrap().len(), other.segment().metadata().unwrap().len());
}

#[test]
fn a_writer_takes_no_checkpoint_of_another_key_after_the_published_one() {
    let kept = Kept::empty();
    kept.write(&[1]);
    let published = kept.checkpoint();
    kept.write(&[2]);
    let mut pieces = kept.pieces();
    pieces[4].1 = Checkpoint::read(&kept.checkpoint()).unwrap().sign(&key()).into_bytes();
    kept.put(&bytes_of(&pieces));
    kept.publish(&published);
    kept.assert_tampered("forged", 2, Fault::Signature);
    let error = kept.trail().record(None, &[event(3)]).unwrap_err();
    assert!(matches!(error, AuditError::Tampered { record: 2, fault: Fault::Signature, .. }), "{error}");
}

#[test]
fn another_trail_of_the_same_key_is_told_by_the_public_key_and_the_published_checkpoint() {
    let kept = Kept::small();
    let public = TrustedKeys::parse(&kept.keys().to_text(&Checkpoint::read(&kept.checkpoint()).unwrap().origin));
    let public = public.unwrap();
    let trust = Trust { keys: Some(&public), remembered: None };
    examine(kept.path(), trust, &mut |_, _| {}).unwrap();
    let other = Kept { directory: directory(), key: kept.key.clone() };
    other.write(&[1]);
    assert!(other.verify().is_ok());
    let error = examine(other.path(), trust, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, AuditError::Malformed { fault: Fault::OtherTrail, .. }), "{error}");
    other.publish(&kept.checkpoint());
    other.assert_tampered("another's checkpoint", 1, Fault::Cut { signed: 6 });
}

#[test]
fn a_published_checkpoint_that_is_gone_or_changed_is_noticed() {
    let kept = Kept::small();
    let note = kept.checkpoint();
    fs::remove_file(kept.path().join("checkpoint")).unwrap();
    kept.assert_tampered("the checkpoint is gone", 6, Fault::NoCheckpoint);
    assert!(kept.trail().record(None, &[event(7)]).is_err());
    for at in 0..note.len() {
        let mut changed = note.clone().into_bytes();
        changed[at] ^= 1;
        fs::write(kept.path().join("checkpoint"), changed).unwrap();
        assert!(kept.verify().is_err(), "byte {at}");
    }
    kept.publish(&note);
    fs::remove_file(kept.segment()).unwrap();
    kept.assert_tampered("all records are gone", 0, Fault::SegmentMissing);
    assert!(kept.trail().record(None, &[event(7)]).is_err());
}

#[test]
fn a_long_trail_has_several_segments_and_misses_each() {
    let kept = Kept::long(10);
    let files = segments(kept.path()).unwrap();
    assert_eq!(files.iter().map(|file| file.first).collect::<Vec<_>>(), [0, 4, 8]);
    assert_eq!(kept.verify().unwrap().segments, 3);
    for (segment, record) in files.iter().zip([0, 4, 8]) {
        let bytes = segment.bytes().unwrap();
        fs::remove_file(&segment.path).unwrap();
        let fault = if record == 8 { Fault::Cut { signed: 10 } } else { Fault::SegmentMissing };
        kept.assert_tampered("a segment is gone", record, fault);
        fs::write(&segment.path, &bytes).unwrap();
        // A renamed one is not where it was.
        let moved = Segment::at(kept.path(), segment.first + 1).path;
        fs::rename(&segment.path, &moved).unwrap();
        kept.assert_tampered("a segment has another name", record, Fault::SegmentMissing);
        fs::rename(&moved, &segment.path).unwrap();
    }
    let [first, second, _] = files.as_slice() else { panic!("three segments") };
    fs::copy(&first.path, &second.path).unwrap();
    kept.assert_tampered("a segment is that before it", 4, Fault::SegmentStart);
}

#[test]
fn the_start_of_a_segment_is_compared_with_the_segments_before_it() {
    let kept = Kept::long(5);
    let file = Segment::at(kept.path(), 4);
    let bytes = file.bytes().unwrap();
    let (start, rest) = Frame::read(&bytes).unwrap();
    let text = String::from_utf8(start.body.to_vec()).unwrap();
    for (from, to) in [("\"first\":4", "\"first\":5"), ("\"format\":1", "\"format\":2"), ("audit/", "audit/0")] {
        let mut changed = bytes_of(&[(Kind::Segment, text.replacen(from, to, 1).into_bytes())]);
        changed.extend_from_slice(rest);
        fs::write(&file.path, changed).unwrap();
        kept.assert_tampered(from, 4, Fault::SegmentStart);
        assert!(kept.trail().record(None, &[event(7)]).is_err(), "{from}");
    }
}

#[test]
fn a_segment_that_was_torn_when_it_was_begun_goes_on_from_the_one_before() {
    let kept = Kept::long(4);
    let next = Segment::at(kept.path(), 4).path;
    let note = kept.checkpoint();
    kept.write(&[9]);
    let bytes = fs::read(&next).unwrap();
    for left in [0, 3, 200, 400] {
        fs::write(&next, &bytes[..left]).unwrap();
        kept.publish(&note);
        assert_eq!(kept.verify().unwrap().torn, left as u64);
        kept.write(&[9]);
        assert_eq!(kept.actions()[4..], ["trail-repaired", "key-changed"], "{left} bytes");
        assert_eq!(kept.verify().unwrap().segments, 2);
    }
}

#[test]
fn many_write_at_once_and_none_waits_for_ever() {
    let kept = Kept::empty();
    std::thread::scope(|scope| {
        for writer in 0..6 {
            let kept = &kept;
            scope.spawn(move || (0..5).for_each(|number| kept.write(&[writer, number])));
        }
    });
    let examined = kept.verify().unwrap();
    assert_eq!((examined.records, examined.checkpoints), (60, 30));

    let held = Lock::exclusive(kept.path(), Duration::ZERO).unwrap();
    let refused = kept.trail().patience(Duration::from_millis(30)).record(None, &[event(1)]).unwrap_err();
    assert!(matches!(refused, AuditError::Busy(_)), "{refused}");
    drop(held);
    kept.write(&[1]);
}

#[test]
fn every_record_is_proved_and_nothing_else_is() {
    let kept = Kept::small();
    for number in 0..6 {
        let proof = prove_record(kept.path(), number).unwrap();
        let Proved::Record(record, checkpoint) = proof.verify(&kept.keys()).unwrap() else { panic!("a record") };
        assert_eq!((record.number, checkpoint.size), (number, 6));
        let Proof::Inclusion { record, index, hashes, checkpoint } = proof else { panic!("an inclusion") };
        let with = |record: &str, index, hashes: &[String], checkpoint: &str| {
            let (record, hashes, checkpoint) = (record.to_owned(), hashes.to_vec(), checkpoint.to_owned());
            Proof::Inclusion { record, index, hashes, checkpoint }.verify(&kept.keys())
        };
        assert!(with(&record, index, &hashes, &checkpoint).is_ok());
        assert!(with(&record.replace("annie", "agnes"), index, &hashes, &checkpoint).is_err());
        assert!(with(&record, (index + 1) % 6, &hashes, &checkpoint).is_err());
        assert!(with(&record, index, &hashes[1..], &checkpoint).is_err());
        assert!(with(&record, index, &hashes, &Kept::small().checkpoint()).is_err());
    }
    let beyond = prove_record(kept.path(), 6).unwrap_err();
    assert!(matches!(beyond, AuditError::NoRecord { number: 6, sealed: 6 }), "{beyond}");
}

#[test]
fn growth_is_proved_from_every_checkpoint_of_the_trail_and_from_no_other() {
    let kept = Kept::empty();
    let mut notes = Vec::new();
    for number in 1..6 {
        kept.write(&[number]);
        notes.push(kept.checkpoint());
    }
    for note in &notes {
        let Proved::Growth(old, new) = prove_growth(kept.path(), note).unwrap().verify(&kept.keys()).unwrap() else {
            panic!("a growth")
        };
        assert_eq!((old, new.size), (Checkpoint::read(note).unwrap(), 5));
    }
    let other = Kept::small();
    assert!(matches!(prove_growth(kept.path(), &other.checkpoint()), Err(AuditError::NoRecord { .. })));
    assert!(matches!(prove_growth(other.path(), &notes[1]), Err(AuditError::NoProof)));
}

#[test]
fn a_siem_gets_what_its_schema_requires() {
    let kept = Kept::small();
    let denied = KeyUse {
        key: "identity".into(),
        version: None,
        purpose: "pseudonym".into(),
        domain: "d".into(),
        transform: "pseudonym/pseudonym".into(),
        plugin_digest: String::new(),
        refused: Some("unknown-key"),
    };
    let _recorded = kept.trail().record(None, &[Event::KeyDenied(denied)]).unwrap();
    let mut events = Vec::new();
    examine(kept.path(), Trust::default(), &mut |record, _| events.push(to_ocsf(&record, "moretta/audit/00"))).unwrap();
    let required = "class_uid category_uid activity_id type_uid severity_id time actor api src_endpoint metadata";
    for event in &events {
        assert!(required.split(' ').all(|name| !event[name].is_null()), "{event}");
        assert_eq!(event["time"], 1_795_330_800_000_u64);
    }
    assert_eq!((&events[0]["type_uid"], &events[0]["status_id"]), (&600_303.into(), &1.into()));
    assert_eq!((&events[6]["type_uid"], &events[6]["status_id"]), (&600_399.into(), &2.into()));
    assert_eq!(events[6]["metadata"]["uid"], "moretta/audit/00/6");
}

#[test]
fn there_is_no_trail_where_none_was_begun() {
    let kept = Kept::empty();
    assert!(matches!(kept.verify(), Err(AuditError::NoTrail(_))));
    assert!(matches!(prove_record(&kept.path().join("none"), 0), Err(AuditError::NoTrail(_))));
    let nothing = Kept::small();
    let remembered = Checkpoint::read(&nothing.checkpoint()).unwrap();
    let error = kept.verify_with(Some(&remembered)).unwrap_err();
    assert!(matches!(error, AuditError::Tampered { fault: Fault::SegmentMissing, .. }), "{error}");
}
