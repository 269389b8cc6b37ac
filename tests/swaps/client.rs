//! Clients that mask batches, and look at every one that comes back.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use moretta::dataset::Dataset;

use crate::Counts;

/// How many rows a batch has.
const ROWS: i64 = 200;

/// What became of the batches.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) masked: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) doubled: AtomicU64,
    pub(crate) mixed: AtomicU64,
    pub(crate) failed: AtomicU64,
}

/// Threads that mask until they are ended.
pub(crate) struct Clients {
    pub(crate) counts: Counts,
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Latencies>>,
}

impl Clients {
    /// Each waits between two batches.
    pub(crate) fn start(dataset: &Dataset, clients: usize, wait: Duration) -> Self {
        let (counts, over) = (Counts::default(), Arc::new(AtomicBool::new(false)));
        let start = |client: usize| {
            let (dataset, counts, over) = (dataset.clone(), counts.clone(), over.clone());
            thread::spawn(move || mask(&dataset, client, wait, &counts, &over))
        };
        let threads = (0..clients).map(start).collect();
        Self { counts, over, threads }
    }

    /// How long each batch took.
    pub(crate) fn end(self) -> Latencies {
        self.over.store(true, Ordering::SeqCst);
        let each = self.threads.into_iter().map(|thread| thread.join().expect("a client"));
        each.fold(Latencies::new(), |all, one| all.merge(&one))
    }
}

fn mask(dataset: &Dataset, client: usize, wait: Duration, counts: &Counted, over: &AtomicBool) -> Latencies {
    let mut took = Latencies::new();
    let mut first = client as i64 * 1_000_000_000;
    while !over.load(Ordering::SeqCst) {
        let batch = batch(first);
        let started = Instant::now();
        let masked = dataset
            .lease()
            .map_err(|error| error.to_string())
            .and_then(|lease| lease.mask(batch).map_err(|error| error.to_string()));
        took.add(started.elapsed());
        match masked {
            Ok(masked) => look_at(&masked, first, counts),
            Err(_) => add(&counts.failed),
        }
        first += ROWS;
        thread::sleep(wait);
    }
    took
}

fn batch(first: i64) -> RecordBatch {
    let texts =
        |what: &str| Arc::new((0..ROWS).map(|row| Some(format!("{what} {row}"))).collect::<StringArray>()) as ArrayRef;
    let ids: ArrayRef = Arc::new((first..first + ROWS).collect::<Int64Array>());
    let columns = [("id", ids), ("name", texts("name")), ("first", texts("first")), ("last", texts("last"))];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

/// Every row once, and all of one revision.
fn look_at(masked: &RecordBatch, first: i64, counts: &Counted) {
    let column = |name: &str| masked.column_by_name(name).expect("the column is written");
    let ids = column("id").as_primitive::<Int64Type>();
    if ids.len() as i64 > ROWS {
        add(&counts.doubled);
    } else if !ids.values().iter().copied().eq(first..first + ROWS) {
        add(&counts.lost);
    }
    let (one, two) = (column("first").as_string::<i32>(), column("last").as_string::<i32>());
    let of_one = one.iter().chain(two).all(|text| text.is_some() && text == one.iter().next().flatten());
    if !of_one {
        add(&counts.mixed);
    }
    add(&counts.masked);
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::SeqCst);
}

/// How long batches took: how many took about as long as each power of the 16th root of 2 in nanoseconds. It takes the same
/// memory for any number of batches, so that what grows is not this.
pub(crate) struct Latencies(Vec<u64>);

/// Steps in which the time doubles.
const STEPS: f64 = 16.0;

impl Latencies {
    fn new() -> Self {
        Self(vec![0; 1024])
    }

    fn add(&mut self, took: Duration) {
        let step = ((took.as_nanos().max(1) as f64).log2() * STEPS).ceil() as usize;
        self.0[step.min(1023)] += 1;
    }

    fn merge(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(sum, more)| *sum += more);
        self
    }

    /// What so large a part of the batches took at most, 4 % more at the worst.
    fn at(&self, part: f64) -> Duration {
        let wanted = (self.batches() as f64 * part).ceil() as u64;
        let mut seen = 0;
        let step = self.0.iter().position(|batches| {
            seen += batches;
            seen >= wanted
        });
        Duration::from_nanos(2_f64.powf(step.unwrap_or_default() as f64 / STEPS) as u64)
    }

    fn batches(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, p999, most] = [0.5, 0.99, 0.999, 1.0].map(|part| self.at(part));
        write!(f, "{} batches, p50 {p50:.2?}, p99 {p99:.2?}, p99.9 {p999:.2?}, most {most:.2?}", self.batches())
    }
}
