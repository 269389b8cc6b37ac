//! The whole run on one screen: what happens to a batch, and how batches go through in order.
//!
//! One reader, N workers, one ordered writer. A permit goes with each chunk from the reader to the writer, so that no
//! more than a few are in memory, and a slow writer slows the reader. Outcomes are looked at in the order of the input,
//! so that the first error, like every byte of output, is the same for any number of workers.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::batch::Batch;
use crate::error::Error;
use crate::leash::Leash;
use crate::mask::mask;
use crate::outcome::{Fate, Outcomes, RejectedRow};
use crate::sink::{Encoded, Encoder};
use crate::snapshot::{Beat, Snapshot};
use crate::source::{Chunk, Source};
use crate::tally::Tally;
use crate::verify::{VerifiedBatch, verify};

/// Whatever takes one batch from source to sink.
pub(crate) type Process<'p> = dyn Fn(Batch) -> Result<Processed, Error> + Sync + 'p;

/// Takes one batch from source to sink under one snapshot.
pub(crate) fn process(snapshot: &Snapshot, batch: Batch) -> Result<Processed, Error> {
    let (leash, rows) = (snapshot.pulse().leash()?, batch.rows() as u64);
    let started = Instant::now();
    let processed = process_on(snapshot, batch, &leash);
    snapshot.pulse().beat(&Beat { rows, took: started.elapsed(), error: processed.as_ref().err() });
    processed
}

fn process_on(snapshot: &Snapshot, batch: Batch, leash: &Leash) -> Result<Processed, Error> {
    let ready = snapshot.plan_on(&batch.columns().schema(), leash)?;
    let masked = mask(&batch, &ready.calls, leash)?;
    let verified = verify(&batch, &ready.plan, &ready.calls, &masked)?;
    let outcomes = outcomes(&batch, &verified, &masked.rejected)?;
    let tally = Tally::of(&ready, &batch, &masked);
    Ok(Processed { batch, verified, rejected: masked.rejected, outcomes, tally })
}

/// A batch that went through: what may be written, and what must not be.
#[derive(Debug)]
pub(crate) struct Processed {
    pub(crate) batch: Batch,
    pub(crate) verified: VerifiedBatch,
    pub(crate) rejected: Vec<RejectedRow>,
    pub(crate) outcomes: Outcomes,
    pub(crate) tally: Tally,
}

/// One batch, ready for the writer.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The original rows that were rejected, for the quarantine.
    pub(crate) batch: Option<Batch>,
    pub(crate) rejected: Vec<RejectedRow>,
    pub(crate) outcomes: Outcomes,
    pub(crate) tally: Tally,
    pub(crate) encoded: Encoded,
    /// How many bytes of input it stands for.
    pub(crate) bytes: u64,
}

/// Reads, masks and verifies everything on its own threads; `write` is given each batch in order on this one.
///
/// # Errors
/// The first thing that goes wrong, in the order of the input. Nothing more is read then.
pub(crate) fn run(
    mut source: Box<dyn Source>,
    process: &Process<'_>,
    encoder: &dyn Encoder,
    workers: usize,
    mut write: impl FnMut(Finished) -> Result<(), Error>,
) -> Result<(), Error> {
    let in_flight = workers.saturating_mul(2).saturating_add(1);
    let (permit, permits) = bounded(in_flight);
    let (chunk_to, chunk_from) = bounded(in_flight);
    let (done_to, done_from) = unbounded();
    let stop = AtomicBool::new(false);
    for _ in 0..in_flight {
        permit.send(()).map_err(|_| Error::Internal("the permits are gone"))?;
    }
    thread::scope(|scope| {
        let read_to = done_to.clone();
        scope.spawn(move || read(source.as_mut(), &permits, &chunk_to, &read_to));
        for _ in 0..workers {
            let (chunk_from, done_to, stop) = (chunk_from.clone(), done_to.clone(), &stop);
            scope.spawn(move || work(process, encoder, &chunk_from, &done_to, stop));
        }
        drop((chunk_from, done_to));
        let mut in_order = InOrder::default();
        let outcome = done_from.iter().try_for_each(|(number, finished)| {
            for finished in in_order.next(number, finished) {
                write(finished?)?;
                // The reader may be done already.
                let _ = permit.send(());
            }
            Ok(())
        });
        stop.store(true, Ordering::Relaxed);
        drop((permit, done_from));
        outcome
    })
}

type Numbered = (u64, Result<Finished, Error>);

fn read(
    source: &mut dyn Source,
    permits: &Receiver<()>,
    chunks: &Sender<(u64, Box<dyn Chunk>)>,
    done: &Sender<Numbered>,
) {
    let mut number = 0_u64;
    while permits.recv().is_ok() {
        let next = catch_unwind(AssertUnwindSafe(|| source.next()));
        match next.unwrap_or(Err(Error::Internal("the reader panicked"))) {
            Ok(Some(chunk)) => {
                if chunks.send((number, chunk)).is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => {
                // Nobody listens any more if the run is over already.
                let _ = done.send((number, Err(error)));
                return;
            }
        }
        number = number.saturating_add(1);
    }
}

fn work(
    process: &Process<'_>,
    encoder: &dyn Encoder,
    chunks: &Receiver<(u64, Box<dyn Chunk>)>,
    done: &Sender<Numbered>,
    stop: &AtomicBool,
) {
    for (number, chunk) in chunks {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let finished = catch_unwind(AssertUnwindSafe(|| finish(process, encoder, chunk)));
        let finished = finished.unwrap_or(Err(Error::Internal("a worker panicked")));
        if done.send((number, finished)).is_err() {
            return;
        }
    }
}

fn finish(process: &Process<'_>, encoder: &dyn Encoder, chunk: Box<dyn Chunk>) -> Result<Finished, Error> {
    let bytes = chunk.bytes();
    let Processed { batch, verified, rejected, outcomes, tally } = process(chunk.decode()?)?;
    let encoded = encoder.encode(verified)?;
    let batch = (!rejected.is_empty()).then_some(batch);
    Ok(Finished { batch, rejected, outcomes, tally, encoded, bytes })
}

/// INVARIANT: every row read has exactly one outcome, or the run fails.
fn outcomes(batch: &Batch, verified: &VerifiedBatch, rejected: &[RejectedRow]) -> Result<Outcomes, Error> {
    let mut outcomes = Outcomes { read: batch.rows() as u64, ..Outcomes::default() };
    outcomes.masked = verified.columns().num_rows() as u64;
    for row in rejected {
        let count = match row.fate {
            Fate::Quarantine => &mut outcomes.quarantined,
            Fate::Drop => &mut outcomes.dropped,
        };
        *count = count.saturating_add(1);
        let count = outcomes.codes.entry(row.code).or_default();
        *count = count.saturating_add(1);
    }
    if outcomes.add_up() { Ok(outcomes) } else { Err(Error::Internal("the outcomes of the rows do not add up")) }
}

/// Holds back what is finished before its turn.
#[derive(Default)]
struct InOrder {
    next: u64,
    waiting: BTreeMap<u64, Result<Finished, Error>>,
}

impl InOrder {
    fn next(&mut self, number: u64, finished: Result<Finished, Error>) -> Vec<Result<Finished, Error>> {
        self.waiting.insert(number, finished);
        let mut ready = Vec::new();
        while let Some(finished) = self.waiting.remove(&self.next) {
            ready.push(finished);
            self.next = self.next.saturating_add(1);
        }
        ready
    }
}
