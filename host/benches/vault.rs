//! A column of 8,192 values through a vault, encryption and keyed index included: `new` when none has a token yet, `found`
//! when all have one, in a vault that holds a million others; `revealed` is the way back.
//!
//! In a file; and in PostgreSQL, if the feature is on and `tests/with-postgres` runs this. `new` is durable: each batch is
//! on disk when it is counted, so the figures are the disk's as much as ours.
//!
//! `MORETTA_BENCH_BATCHES=1221` puts ten million others there, and tells rate and memory with each million.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use moretta::keys::{Keyring, Purpose, TokenGrant};
use moretta::vault::{Format, Term, TokenSet, Vault};

const ROWS: usize = 8192;
const OTHERS: usize = 122;
const TOLD: usize = 122;
const FOR_EVER: Term = Term { today: 20_000, days: None };

/// 16 bytes each, and all different.
fn batch(number: usize) -> Vec<String> {
    (0..ROWS).map(|row| format!("MRN-{:012}", number * ROWS + row)).collect()
}

fn tokenize(set: &TokenSet, values: &[String]) -> Vec<Option<String>> {
    let values: Vec<_> = values.iter().map(|value| Some(value.as_bytes())).collect();
    set.tokens(black_box(&values), FOR_EVER).unwrap().tokens
}

fn key() -> TokenGrant {
    Keyring::ephemeral(&[("tokens", Purpose::Token)]).unwrap().token_key("tokens").unwrap()
}

/// The memory of this process in MiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() >> 8
}

fn of_a_store(c: &mut Criterion, store: &str, place: &Path) {
    let vault = Vault::create(place, &key()).unwrap();
    let set = vault.set("bench", Format::Opaque);
    let others = std::env::var("MORETTA_BENCH_BATCHES").map_or(OTHERS, |batches| batches.parse().unwrap());
    let mut started = Instant::now();
    for number in 0..others {
        tokenize(&set, &batch(number));
        if (number + 1) % TOLD == 0 {
            let rate = (TOLD * ROWS) as f64 / started.elapsed().as_secs_f64();
            println!("{store}: {} tokens, the last at {rate:.0}/s; {} MiB", (number + 1) * ROWS, resident());
            started = Instant::now();
        }
    }

    let mut group = c.benchmark_group(store);
    group.throughput(Throughput::Elements(ROWS as u64));
    let mut next = others;
    group.bench_function("new", |b| {
        b.iter_custom(|times| {
            (0..times).fold(Duration::ZERO, |total, _| {
                let values = batch(next);
                next += 1;
                let started = Instant::now();
                drop(tokenize(&set, &values));
                total + started.elapsed()
            })
        });
    });
    // Values that were made in different batches, as later data has them.
    let known: Vec<_> = (0..ROWS).map(|row| format!("MRN-{:012}", row * others)).collect();
    group.bench_function("found", |b| b.iter(|| tokenize(&set, &known)));
    let tokens = tokenize(&set, &known);
    let tokens: Vec<_> = tokens.iter().map(Option::as_deref).collect();
    group.bench_function("revealed", |b| b.iter(|| set.values_of(black_box(&tokens), 20_000).unwrap()));
    group.finish();
}

fn in_a_file(c: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    of_a_store(c, "sqlite", &directory.path().join("bench.vault"));
}

fn in_a_database(c: &mut Criterion) {
    match std::env::var("MORETTA_TEST_POSTGRES") {
        Ok(server) if cfg!(feature = "postgres") => of_a_store(c, "postgres", Path::new(&format!("{server}/postgres"))),
        _ => println!("postgres: not measured; run this by tests/with-postgres, with --features postgres"),
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    targets = in_a_file, in_a_database
}
criterion_main!(benches);
