//! Bodies that are malformed, cut off, too large, or not what they say.

use std::io::{Read, Write};

use moretta_tests::http::{chunk, connect, exchange, head, read};
use moretta_tests::serving::{MASK, Serving, await_that, bearer};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{CSV, begin, desk, table};

const LIMITS: &str = "limits: { request_bytes: 300000, unpacked_bytes: 1000000, idle_seconds: 2 }\n";

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn what_cannot_be_read_is_refused_with_a_status_and_no_value() {
    let desk = desk(LIMITS);
    let serving = Serving::start(&desk);
    let ndjson = ("content-type", "application/x-ndjson");
    let arrow = ("content-type", "application/vnd.apache.arrow.stream");
    let (gzip, zstd) = (("content-encoding", "gzip"), ("content-encoding", "zstd"));
    let csv = table(100);
    let cut = packed(csv.as_bytes());
    let bomb = packed(format!("id,zip,born,visits\n{}", "p,02139,1980-01-01,1\n".repeat(500_000)).as_bytes());
    let zeros = vec![0; 2_000_000];
    let zstd_bomb = zstd::encode_all(zeros.as_slice(), 19).unwrap();
    for (fields, body, status, problem) in [
        (vec![CSV], b"".to_vec(), 422, "input"),
        (vec![CSV], b"id,zip\n1\n".to_vec(), 422, "input"),
        (vec![CSV], b"id,zip,born,visits,ssn\n1,2,3,4,5\n".to_vec(), 422, "policy"),
        (vec![CSV], b"\xff\xfe\x00secret".to_vec(), 422, "input"),
        (vec![ndjson], csv.clone().into_bytes(), 422, "input"),
        (vec![arrow], csv.clone().into_bytes(), 422, "input"),
        (vec![arrow], vec![0xff; 5000], 422, "input"),
        (vec![CSV, gzip], csv.clone().into_bytes(), 400, "not-unpacked"),
        (vec![CSV, zstd], csv.clone().into_bytes(), 400, "not-unpacked"),
        (vec![CSV, gzip], cut[..cut.len() / 2].to_vec(), 400, "not-unpacked"),
        (vec![CSV, gzip], [cut.clone(), b"behind".to_vec()].concat(), 400, "not-unpacked"),
        (vec![CSV, zstd], zstd_bomb, 413, "unpacked-too-large"),
        (vec![CSV], vec![b'a'; 300_001], 413, "too-large"),
        (vec![("content-type", "text/html")], b"<p>".to_vec(), 415, "content-type"),
        (vec![CSV, ("accept", "text/html")], b"id\n1\n".to_vec(), 406, "accept"),
        (vec![CSV, ("idempotency-key", "a b")], b"id\n1\n".to_vec(), 400, "bad-request"),
    ] {
        let answer = serving.post("etl", MASK, &fields, &body);
        assert_eq!(answer.status, status, "{fields:?} {}: {}", body.len(), answer.text());
        assert_eq!(answer.problem(), problem, "{fields:?}: {}", answer.text());
        assert!(!answer.text().contains("secret") && !answer.text().contains("patient-"), "{}", answer.text());
    }
    // The first rows of a bomb may have gone back when it is seen as one: the answer is then not complete.
    assert!(bomb.len() < 300_000);
    let answer = serving.post("etl", MASK, &[CSV, gzip], &bomb);
    assert!(answer.status == 413 || !answer.complete, "{}", answer.status);
    serving.mask("etl", &csv).assert_whole();
}

#[test]
fn a_length_that_is_a_lie_makes_no_complete_answer() {
    let desk = desk(LIMITS);
    let serving = Serving::start(&desk);
    let bearer = bearer("etl");
    let body = table(100);
    let send = |length: usize| {
        let length = length.to_string();
        let fields = [("authorization", bearer.as_str()), CSV, ("content-length", length.as_str())];
        let mut stream = connect(serving.address());
        stream.write_all(&[head("POST", MASK, &fields).as_bytes(), body.as_bytes()].concat()).unwrap();
        stream
    };
    // More is announced than comes.
    let stream = send(body.len() + 10);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = read(stream);
    assert!(answer.status == 0 || answer.status >= 400, "{answer:?}");
    let answer = read(send(body.len() + 10));
    assert_eq!((answer.status, answer.problem().as_str()), (408, "sent-nothing"));
    // Less is announced: the rest is no row, and no request.
    let mut stream = send(body.len() - 30);
    let mut both = Vec::new();
    let _ = stream.read_to_end(&mut both);
    let both = String::from_utf8_lossy(&both).into_owned();
    assert!(!both.contains("moretta-rows-masked: 100") && both.contains("HTTP/1.1 400"), "{both}");
    // Two lengths, or a length and chunks, would let two readers see two requests (RFC 9112, section 6.3).
    for fields in [
        vec![("content-length", "3"), ("content-length", "5")],
        vec![("content-length", "3"), ("transfer-encoding", "chunked"), ("transfer-encoding", "identity")],
    ] {
        let fields = [vec![("authorization", bearer.as_str()), CSV], fields].concat();
        let answer = exchange(connect(serving.address()), &[head("POST", MASK, &fields).as_bytes(), b"abcde"].concat());
        assert_eq!(answer.status, 400, "{answer:?}");
    }
}

#[test]
fn a_body_in_chunks_that_breaks_off_makes_no_complete_answer() {
    let desk = desk(LIMITS);
    let serving = Serving::start(&desk);
    let body = table(2_000);
    for end in [&b""[..], b"ffff\r\nid", b"zz\r\n", b"5\r\nabcdefgh\r\n0\r\n\r\n"] {
        let mut stream = begin(&serving, "etl", &[]);
        stream.write_all(&[&chunk(body.as_bytes()), end].concat()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let answer = read(stream);
        assert!(answer.status != 200 || !answer.complete, "{answer:?}");
    }
    await_that("the end of the runs", || serving.footprint().0 < 20);
    serving.mask("etl", &body).assert_whole();
}

#[test]
fn no_bytes_bring_the_server_down_or_out_of_it() {
    let desk = desk(LIMITS);
    let serving = Serving::start(&desk);
    serving.mask("etl", &table(10)).assert_whole();
    let types = ["text/csv", "application/x-ndjson", "application/vnd.apache.arrow.stream"];
    let encodings = ["identity", "gzip", "zstd"];
    let bodies = (0..3_usize, 0..3_usize, proptest::collection::vec(any::<u8>(), 0..2_000));
    let mut runner = TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&bodies, |(format, encoding, body)| {
        let fields = [("content-type", types[format]), ("content-encoding", encodings[encoding])];
        let answer = serving.post("etl", MASK, &fields, &body);
        prop_assert!((400..500).contains(&answer.status) || answer.status == 200, "{answer:?}");
        Ok(())
    });
    outcome.unwrap();
    // Bytes that are no request at all.
    let mut runner = TestRunner::new(Config { cases: 50, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&proptest::collection::vec(any::<u8>(), 1..500), |bytes| {
        let stream = connect(serving.address());
        let mut sent = stream.try_clone().unwrap();
        let _ = sent.write_all(&bytes);
        let _ = sent.shutdown(std::net::Shutdown::Write);
        let answer = read(stream);
        prop_assert!(answer.status == 0 || answer.status >= 400, "{answer:?}");
        Ok(())
    });
    outcome.unwrap();
    serving.mask("etl", &table(10)).assert_whole();
    assert!(serving.logged("no JSON").is_empty());
}
