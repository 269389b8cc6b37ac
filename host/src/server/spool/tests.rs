use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn config(directory: &Path) -> SpoolConfig {
    let directory = directory.join("spool");
    SpoolConfig { directory, keep_seconds: 60, answer_bytes: 1000, total_bytes: 3000 }
}

fn open(directory: &Path) -> Arc<Spool> {
    Arc::new(Spool::open(&config(directory)).unwrap())
}

fn first(spool: &Arc<Spool>, key: &str) -> Ticket {
    match spool.turn("etl", "patients", key).unwrap_or_else(|problem| panic!("{problem:?}")) {
        Turn::First(ticket) => ticket,
        Turn::Again(_) => panic!("again"),
    }
}

fn keep(spool: &Arc<Spool>, key: &str, answer: &[u8]) {
    let keeping = Keeping::begin(first(spool, key)).unwrap();
    keeping.before(io::sink()).write_all(answer).unwrap();
    let digest = spool.digest("csv").chain_update(b"body").finalize().into_bytes();
    keeping.commit("run", &digest, vec![("moretta-status".to_owned(), "complete".to_owned())]).unwrap();
}

fn again(spool: &Arc<Spool>, key: &str) -> Record {
    match spool.turn("etl", "patients", key).unwrap_or_else(|problem| panic!("{problem:?}")) {
        Turn::Again(record) => record,
        Turn::First(_) => panic!("first"),
    }
}

#[test]
fn what_was_answered_is_remembered_by_a_new_process_too() {
    let directory = tempfile::tempdir().unwrap();
    let spool = open(directory.path());
    keep(&spool, "1", b"masked");
    drop(spool);
    let spool = open(directory.path());
    let record = again(&spool, "1");
    let digest = |context, body: &[u8]| spool.digest(context).chain_update(body).finalize().into_bytes();
    assert!(record.is_of(&digest("csv", b"body")));
    assert!(!record.is_of(&digest("csv", b"bodx")) && !record.is_of(&digest("arrow", b"body")));
    assert_eq!((record.run(), record.trailers().len()), ("run", 1));
    let mut answer = String::new();
    record.answer().unwrap().unwrap().read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "masked");
    // Another principal, or another dataset, has other records.
    for (principal, dataset) in [("other", "patients"), ("etl", "visits")] {
        assert!(matches!(spool.turn(principal, dataset, "1"), Ok(Turn::First(_))));
    }
}

#[test]
fn a_turn_that_ends_without_a_record_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let spool = open(directory.path());
    let keeping = Keeping::begin(first(&spool, "1")).unwrap();
    keeping.before(io::sink()).write_all(b"half").unwrap();
    let refused = spool.turn("etl", "patients", "1").err().unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    drop(keeping);
    drop(first(&spool, "1"));
    let names = fs::read_dir(directory.path().join("spool")).unwrap().count();
    assert_eq!((names, spool.held().bytes), (2, 0));
}

#[test]
fn an_answer_that_is_too_large_is_remembered_without_its_rows() {
    let directory = tempfile::tempdir().unwrap();
    let spool = open(directory.path());
    keep(&spool, "1", &[b'a'; 1001]);
    assert!(again(&spool, "1").answer().unwrap().is_none());
    // Where there is no room for an answer, there may be for the fact that it was given.
    let mut number = 1;
    let refused = loop {
        number += 1;
        match spool.turn("etl", "patients", &number.to_string()) {
            Ok(turn) => drop(turn),
            Err(refused) => break refused,
        }
        assert!(number < 30);
        keep(&spool, &number.to_string(), &[b'a'; 900]);
    };
    assert!(number > 4 && again(&spool, "2").answer().unwrap().is_some());
    assert!(again(&spool, "4").answer().unwrap().is_none());
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn records_are_kept_for_some_time() {
    let directory = tempfile::tempdir().unwrap();
    let config = SpoolConfig { keep_seconds: 0, ..config(directory.path()) };
    let spool = Arc::new(Spool::open(&config).unwrap());
    keep(&spool, "1", b"masked");
    drop(again(&spool, "1"));
    std::thread::sleep(Duration::from_millis(2100));
    drop(first(&spool, "1"));
    assert_eq!(spool.held().bytes, 0);
}

#[test]
fn the_spool_is_one_process_alone() {
    let directory = tempfile::tempdir().unwrap();
    let spool = open(directory.path());
    assert!(Spool::open(&config(directory.path())).is_err_and(|error| error.to_string().contains("another process")));
    drop(spool);
    let path = directory.path().join("spool");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
    assert!(Spool::open(&config(directory.path())).is_err_and(|error| error.to_string().contains("chmod 700")));
}
