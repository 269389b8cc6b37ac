//! Clients that are slow, many, or gone.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use moretta_tests::http::{chunk, connect, read};
use moretta_tests::serving::{Serving, await_that, names_in};

use super::{begin, begin_masking, desk, table};

/// How long ten requests in a row of a client take that is not slow.
fn ten_quick(serving: &Serving) -> Duration {
    let begun = Instant::now();
    for _ in 0..10 {
        serving.mask("etl-2", &table(2_000)).assert_whole();
    }
    begun.elapsed()
}

#[test]
fn a_thousand_slow_clients_keep_nobody_from_being_served() {
    let desk = desk("limits: { idle_seconds: 20, head_seconds: 20, each_principal: { requests_at_once: 50 } }\n");
    let serving = Serving::start(&desk);
    ten_quick(&serving);
    let (before, alone) = (serving.footprint(), ten_quick(&serving));
    let large = chunk(table(2_000).as_bytes());
    let slow: Vec<TcpStream> = (0..1_000)
        .map(|number| match number % 3 {
            // No whole head.
            0 => {
                let mut stream = connect(serving.address());
                stream.write_all(b"POST /v1/datasets/patients/mask HTTP/1.1\r\nhost").unwrap();
                stream
            }
            // The first bytes of a body.
            1 => {
                let mut stream = begin(&serving, "etl", &[]);
                stream.write_all(&chunk(b"id,zip")).unwrap();
                stream
            }
            // So much of a body that a thread waits for the rest, as far as this client may have threads.
            _ => {
                let mut stream = begin(&serving, "etl", &[]);
                stream.write_all(&large).unwrap();
                stream
            }
        })
        .collect();
    await_that("the threads of slow clients", || serving.footprint().0 >= before.0 + 50);
    let beside = ten_quick(&serving);
    println!("ten requests take {alone:?} alone and {beside:?} beside 1,000 slow clients; {} MiB", serving.resident());
    // No more than two threads for each of the fifty, and none for the others.
    assert!(serving.footprint().0 <= before.0 + 110, "{:?} after {before:?}", serving.footprint());
    assert!(beside < alone * 5 + Duration::from_secs(1), "{alone:?} alone, {beside:?} beside");
    drop(slow);
    await_that("nothing left of them", || {
        let after = serving.footprint();
        after.0 <= before.0 + 2 && after.1 <= before.1 + 2
    });
}

#[test]
fn a_thousand_clients_that_send_slowly_are_all_served() {
    let desk = desk("limits: { requests_at_once: 1000, each_principal: { requests_at_once: 1000 } }\n");
    let serving = Serving::start(&desk);
    let (row, header) = ("p,02139,1980-01-01,1\n", "id,zip,born,visits\n");
    let mut slow: Vec<_> = (0..1_000).map(|_| begin(&serving, "etl", &[])).collect();
    for piece in [header, row, row] {
        for stream in &mut slow {
            stream.write_all(&chunk(piece.as_bytes())).unwrap();
        }
    }
    for stream in &mut slow {
        stream.write_all(&chunk(b"")).unwrap();
    }
    for stream in slow {
        assert_eq!(read(stream).assert_whole().trailer("moretta-rows-masked"), "2");
    }
}

#[test]
fn who_sends_nothing_or_takes_nothing_is_not_waited_for() {
    let desk = desk("limits: { idle_seconds: 1, head_seconds: 1 }\n");
    let serving = Serving::start(&desk);
    ten_quick(&serving);
    let before = serving.footprint();
    // Nothing at all, half a head, half a body, and an answer that is not taken.
    let silent = connect(serving.address());
    let mut half_head = connect(serving.address());
    half_head.write_all(b"GET / HT").unwrap();
    let half_body = begin_masking(&serving, "etl", &[]);
    let not_taken = begin(&serving, "etl", &[]);
    let mut writer = not_taken.try_clone().unwrap();
    // Ends when the server breaks the connection.
    let sending = std::thread::spawn(move || {
        let piece = chunk(table(200_000).replace("id,zip,born,visits\n", "").as_bytes());
        drop(writer.write_all(&chunk(b"id,zip,born,visits\n")));
        while writer.write_all(&piece).is_ok() {}
    });
    await_that("nothing left of them", || {
        let after = serving.footprint();
        after.0 <= before.0 && after.1 <= before.1
    });
    sending.join().unwrap();
    assert!(!read(half_body).complete);
    let problems: Vec<_> =
        serving.logged("run").into_iter().filter_map(|line| line["problem"].as_str().map(str::to_owned)).collect();
    assert!(
        problems.contains(&"sent-nothing".to_owned()) && problems.contains(&"took-nothing".to_owned()),
        "{problems:?}"
    );
    drop((silent, half_head, not_taken));
}

#[test]
fn a_request_takes_no_longer_than_it_may() {
    let desk = desk("limits: { request_seconds: 2, idle_seconds: 60 }\n");
    let serving = Serving::start(&desk);
    let mut stream = begin(&serving, "etl", &[]);
    let begun = Instant::now();
    let mut writer = stream.try_clone().unwrap();
    let trickling = std::thread::spawn(move || {
        while writer.write_all(&chunk(b"i")).is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let answer = read(&mut stream);
    assert_eq!((answer.status, answer.problem().as_str()), (408, "too-long"));
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(stream);
    trickling.join().unwrap();
}

#[test]
fn clients_that_go_away_leave_nothing() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    ten_quick(&serving);
    let before = serving.footprint();
    for number in 0..20 {
        let key = number.to_string();
        drop(begin_masking(&serving, "etl", &[("idempotency-key", &key)]));
        let mut stream = begin(&serving, "etl", &[]);
        stream.write_all(&chunk(table(2_000).as_bytes())).unwrap();
    }
    await_that("nothing left of them", || {
        let after = serving.footprint();
        after.0 <= before.0 && after.1 <= before.1
    });
    assert_eq!(names_in(&desk.path("spool")), ["key", "lock"]);
    assert!(names_in(&desk.path("quarantine")).is_empty());
    assert!(!serving.log().contains("internal"), "{}", serving.log());
    serving.mask("etl", &table(3)).assert_whole();
}
