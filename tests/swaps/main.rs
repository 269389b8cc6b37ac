//! Swaps a revision again and again under load, and counts what was lost, doubled or mixed.
//!
//! `cargo bench -p moretta-tests --bench swaps -- [SWAPS] [policies]`: 10,000 if it is not said. Each swap is another
//! plugin (other bytes, compiled and vetted anew) and another policy, or with `policies` another policy alone. Eight
//! clients mask small batches meanwhile.

mod client;
mod memory;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use client::{Clients, Latencies};
use moretta::audit::Who;
use moretta::dataset::{Dataset, Reloaded, Settings, Sources};
use moretta::plugin::{Engine, Limits};
use moretta_tests::forge;

/// How many threads mask.
const CLIENTS: usize = 8;
/// How long the latencies are measured, with swaps and without.
const MEASURED: Duration = Duration::from_secs(15);
/// Between two swaps while latencies are measured: an operator is not quicker.
const PACE: Duration = Duration::from_millis(200);

fn main() {
    // Cargo gives `--bench` to every benchmark.
    let swaps = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let directory = tempfile::tempdir().expect("a directory for the files");
    write_revision(directory.path(), 0);
    let engine = Engine::new(Limits::default(), None).expect("an engine");
    let sources = Sources {
        plugins: vec![directory.path().join("plugins")],
        ..Sources::new(directory.path().join("policy.yaml"))
    };
    let dataset = Dataset::open("swaps", &engine, sources, Settings::default()).expect("the first revision");

    let quiet = latencies(&dataset, || thread::sleep(MEASURED));
    println!("without swaps:           {quiet}");
    let mut number = 0;
    let busy = latencies(&dataset, || {
        let until = Instant::now() + MEASURED;
        while Instant::now() < until {
            number += 1;
            swap(&dataset, directory.path(), number);
            thread::sleep(PACE);
        }
    });
    println!("with a swap each {PACE:?}: {busy}");
    let watched = in_force_after(&dataset, directory.path(), number + 1);
    println!("from written to in force, noticed by the file system: {watched:?}");
    storm(&dataset, directory.path(), number + 100, swaps);
}

/// As many swaps as can be, one after the other.
fn storm(dataset: &Dataset, directory: &Path, first: usize, swaps: usize) {
    let clients = Clients::start(dataset, CLIENTS, Duration::from_millis(5));
    let started = Instant::now();
    for done in 1..=swaps {
        swap(dataset, directory, first + done);
        if [100, 1_000, 2_000, 4_000, 6_000, 8_000, 10_000].contains(&done) || done == swaps {
            let alive = dataset.status().revisions.len();
            println!("{done:>6} swaps: {:>4} MiB resident, {alive} revisions alive", memory::resident() >> 20);
        }
    }
    let took = started.elapsed();
    let counted = clients.counts.clone();
    let latencies = clients.end();
    println!("during {:.1} swaps a second: {latencies}", swaps as f64 / took.as_secs_f64());
    let [masked, lost, doubled, mixed, failed] =
        [&counted.masked, &counted.lost, &counted.doubled, &counted.mixed, &counted.failed]
            .map(|count| count.load(Ordering::SeqCst));
    println!("{masked} batches: {lost} lost, {doubled} doubled, {mixed} of mixed revisions, {failed} failed");
    assert_eq!((lost, doubled, mixed, failed), (0, 0, 0, 0));
}

fn latencies(dataset: &Dataset, meanwhile: impl FnOnce()) -> Latencies {
    let clients = Clients::start(dataset, CLIENTS, Duration::from_millis(20));
    meanwhile();
    clients.end()
}

fn swap(dataset: &Dataset, directory: &Path, number: usize) {
    write_revision(directory, number);
    let reloaded = dataset.reload(&Who::of_process());
    assert!(matches!(reloaded, Ok(Reloaded::InForce(_))), "{reloaded:?}");
}

/// A policy and a plugin that no other number has. Each is replaced as a whole.
fn write_revision(directory: &Path, number: usize) {
    let policy = format!(
        "version: 1\nrules:\n  - {{ columns: [id], keep: true }}\n  - {{ columns: [name], mask: forged, may_keep: true }}\n  - {{ columns: [first, last], mask: redact, with: {{ value: revision {number} }} }}\n"
    );
    let plugin = if std::env::args().any(|argument| argument == "policies") { 0 } else { number };
    let section = [&[0, 18, 1, b'x'][..], &[0; 8], &(plugin as u64).to_be_bytes()].concat();
    fs::create_dir_all(directory.join("plugins")).expect("a directory for plugins");
    replace(&directory.join("plugins/forged.wasm"), &[forge::honest(), section].concat());
    replace(&directory.join("policy.yaml"), policy.as_bytes());
}

fn replace(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes).expect("a file is written");
    fs::rename(&beside, path).expect("a file is renamed");
}

/// How long it takes until what is written is in force.
fn in_force_after(dataset: &Dataset, directory: &Path, first: usize) -> Vec<Duration> {
    let _watcher = dataset.watch().expect("a watcher");
    let one = |number: usize| {
        let before = dataset.status().swaps;
        write_revision(directory, number);
        let started = Instant::now();
        while dataset.status().swaps == before {
            thread::sleep(Duration::from_millis(1));
        }
        started.elapsed()
    };
    (first..first + 5).map(one).collect()
}

/// Shared by all clients.
type Counts = Arc<client::Counted>;
