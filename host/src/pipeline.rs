//! The whole run on one screen: what happens to a batch, and how batches go through in order.
//!
//! One reader, N workers, one ordered writer. A permit goes with each chunk from the reader to the writer, so that no
//! more than a few are in memory, and a slow writer slows the reader. Outcomes are looked at in the order of the input,
//! so that the first error, like every byte of output, is the same for any number of workers.

use std::collections::BTreeMap;
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
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
use crate::steps::{Steps, Stopwatch};
use crate::tally::Tally;
use crate::verify::{VerifiedBatch, verify};
use crate::workers::Workers;

/// Whatever takes one batch from source to sink.
pub(crate) type Process = Arc<dyn Fn(Batch) -> Result<Processed, Error> + Send + Sync>;

/// Takes one batch from source to sink under one snapshot.
pub(crate) fn process(snapshot: &Snapshot, batch: Batch) -> Result<Processed, Error> {
    let (leash, rows) = (snapshot.pulse().leash()?, batch.rows() as u64);
    let started = Instant::now();
    let processed = process_on(snapshot, batch, &leash);
    snapshot.pulse().beat(&Beat { rows, took: started.elapsed(), error: processed.as_ref().err() });
    processed
}

fn process_on(snapshot: &Snapshot, batch: Batch, leash: &Leash) -> Result<Processed, Error> {
    let (mut steps, mut stopwatch) = (Steps::default(), Stopwatch::start());
    let ready = snapshot.plan_on(&batch.columns().schema(), leash)?;
    steps.plan = stopwatch.lap();
    let masked = mask(&batch, &ready.calls, &ready.scrubs, leash)?;
    steps.mask = stopwatch.lap();
    let verified = verify(&batch, &ready.plan, &ready.calls, &masked)?;
    steps.verify = stopwatch.lap();
    let outcomes = outcomes(&batch, &verified, &masked.rejected)?;
    let tally = Tally::of(&ready, &batch, &masked);
    Ok(Processed { batch, verified, rejected: masked.rejected, outcomes, candidate: None, tally, steps })
}

/// A batch that went through: what may be written, and what must not be.
#[derive(Debug)]
pub(crate) struct Processed {
    pub(crate) batch: Batch,
    pub(crate) verified: VerifiedBatch,
    pub(crate) rejected: Vec<RejectedRow>,
    pub(crate) outcomes: Outcomes,
    /// The part of the outcomes that a candidate has, if it masked any of the rows.
    pub(crate) candidate: Option<Outcomes>,
    pub(crate) tally: Tally,
    pub(crate) steps: Steps,
}

/// One batch, ready for the writer.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The original rows that were rejected, for the quarantine.
    pub(crate) batch: Option<Batch>,
    pub(crate) rejected: Vec<RejectedRow>,
    pub(crate) outcomes: Outcomes,
    /// As of [`Processed`].
    pub(crate) candidate: Option<Outcomes>,
    pub(crate) tally: Tally,
    pub(crate) steps: Steps,
    pub(crate) encoded: Encoded,
    /// How many bytes of input it stands for.
    pub(crate) bytes: u64,
}

/// Reads everything on a thread of its own and has it masked and verified by the workers; `write` is given what is
/// finished, in the order of the input, on this thread.
///
/// # Errors
/// The first thing that goes wrong, in the order of the input. Nothing more is read then.
pub(crate) fn run(
    source: Box<dyn Source>,
    process: Process,
    encoder: &Arc<dyn Encoder>,
    workers: &Workers,
    mut write: impl FnMut(Vec<Finished>) -> Result<(), Error>,
) -> Result<(), Error> {
    let in_flight = workers.threads().saturating_mul(2).saturating_add(1);
    let (permit, permits) = bounded(in_flight);
    let (done, finished) = unbounded();
    for _ in 0..in_flight {
        permit.send(()).map_err(|_| Error::Internal("the permits are gone"))?;
    }
    let run = Run { process, encoder: encoder.clone(), workers: workers.clone(), done };
    let stop = Stop::default();
    thread::spawn({
        let stopped = stop.0.clone();
        move || run.read(source, &permits, &stopped)
    });
    let mut in_order = InOrder::default();
    while let Ok(first) = finished.recv() {
        let (ready, end) = in_order.next(iter::once(first).chain(finished.try_iter()));
        let taken = ready.len();
        if taken > 0 {
            write(ready)?;
        }
        if let Some(end) = end {
            return end;
        }
        for _ in 0..taken {
            // The reader may be done already.
            let _ = permit.send(());
        }
    }
    Err(Error::Internal("batches are missing"))
}

/// Nothing more is masked once this is dropped.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A batch in its place, or behind the last one nothing.
type Numbered = (u64, Result<Option<Finished>, Error>);

/// What the thread that reads has of a run.
struct Run {
    process: Process,
    encoder: Arc<dyn Encoder>,
    workers: Workers,
    done: Sender<Numbered>,
}

impl Run {
    fn read(self, mut source: Box<dyn Source>, permits: &Receiver<()>, stopped: &Arc<AtomicBool>) {
        let mut number = 0_u64;
        while permits.recv().is_ok() {
            let next = catch_unwind(AssertUnwindSafe(|| source.next()));
            match next.unwrap_or(Err(Error::Internal("the reader panicked"))) {
                Ok(Some(chunk)) => self.give(number, chunk, stopped),
                end => {
                    // Nobody listens any more if the run is over already.
                    let _ = self.done.send((number, end.map(|_| None)));
                    return;
                }
            }
            number = number.saturating_add(1);
        }
    }

    fn give(&self, number: u64, chunk: Box<dyn Chunk>, stopped: &Arc<AtomicBool>) {
        let (process, encoder, done) = (self.process.clone(), self.encoder.clone(), self.done.clone());
        let stopped = stopped.clone();
        self.workers.give(move || {
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            let finished = catch_unwind(AssertUnwindSafe(|| finish(process.as_ref(), encoder.as_ref(), chunk)));
            let finished = finished.unwrap_or(Err(Error::Internal("a worker panicked")));
            let _ = done.send((number, finished.map(Some)));
        });
    }
}

fn finish(
    process: &dyn Fn(Batch) -> Result<Processed, Error>,
    encoder: &dyn Encoder,
    chunk: Box<dyn Chunk>,
) -> Result<Finished, Error> {
    let bytes = chunk.bytes();
    let mut stopwatch = Stopwatch::start();
    let decoded = chunk.decode()?;
    let read = stopwatch.lap();
    let Processed { batch, verified, rejected, outcomes, candidate, tally, steps } = process(decoded)?;
    stopwatch.lap();
    let encoded = encoder.encode(verified)?;
    let steps = Steps { read, write: stopwatch.lap(), ..steps };
    let batch = (!rejected.is_empty()).then_some(batch);
    Ok(Finished { batch, rejected, outcomes, candidate, tally, steps, encoded, bytes })
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
    waiting: BTreeMap<u64, Result<Option<Finished>, Error>>,
}

impl InOrder {
    /// What is ready now, and how the run ends if nothing comes behind it.
    fn next(&mut self, arrived: impl IntoIterator<Item = Numbered>) -> (Vec<Finished>, Option<Result<(), Error>>) {
        self.waiting.extend(arrived);
        let mut ready = Vec::new();
        while let Some(finished) = self.waiting.remove(&self.next) {
            match finished {
                Ok(Some(finished)) => ready.push(finished),
                Ok(None) => return (ready, Some(Ok(()))),
                Err(error) => return (ready, Some(Err(error))),
            }
            self.next = self.next.saturating_add(1);
        }
        (ready, None)
    }
}
