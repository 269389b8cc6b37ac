//! Shadow: a candidate is given what was masked, on a thread of its own, and what it gives back is compared and thrown
//! away. Nobody waits for it: what it has no time for it does not see.

use std::sync::{Arc, Mutex, Weak};
use std::thread;

use arrow_array::{Array, ArrayRef, RecordBatch};
use crossbeam_channel::{Receiver, Sender, bounded};

use super::change::Inner;
use super::keep::Task;
use super::status::{ColumnDifference, ShadowStatus};
use super::sync::lock;
use crate::batch::{Batch, is_name};
use crate::error::Error;
use crate::host::{Aside, Host};
use crate::outcome::RejectedRow;
use crate::pipeline::{self, Processed};
use crate::snapshot::Snapshot;

/// How many batches may wait for the candidate.
const WAITING: usize = 1;

/// A candidate that is in shadow.
#[derive(Debug)]
pub(super) struct ShadowRun {
    number: u64,
    seen: Mutex<ShadowStatus>,
    /// To the thread that compares.
    feed: Sender<Shown>,
}

/// What was masked under the revision in force.
struct Shown {
    batch: Batch,
    masked: RecordBatch,
    rejected: Vec<RejectedRow>,
}

impl ShadowRun {
    /// Begins. The thread ends with the last lease that knows of it.
    pub(super) fn start(number: u64, host: Host, dataset: Weak<Inner>, wanted: u64) -> Result<Arc<Self>, Error> {
        let (feed, fed) = bounded(WAITING);
        let seen = Mutex::new(ShadowStatus { wanted, ..ShadowStatus::default() });
        let run = Arc::new(Self { number, seen, feed });
        let weak = Arc::downgrade(&run);
        let compare = move || follow(&weak, &host, &dataset, &fed);
        thread::Builder::new().name("moretta-shadow".into()).spawn(compare).map_err(Error::io("start", "a thread"))?;
        Ok(run)
    }

    pub(super) fn aside(self: Arc<Self>) -> Arc<dyn Aside> {
        self
    }

    pub(super) fn status(&self) -> ShadowStatus {
        lock(&self.seen).clone()
    }

    /// What comes of one batch: nothing yet, or the end.
    fn compare(&self, host: &Host, shown: &Shown) -> Option<Task> {
        let answer = pipeline::process(host.snapshot(), shown.batch.clone());
        let mut seen = lock(&self.seen);
        match answer {
            Err(error) => {
                seen.errors = seen.errors.saturating_add(1);
                Some(Task::Dismiss(self.number, format!("in shadow it failed where what is in force did not: {error}")))
            }
            Ok(answer) => {
                seen.add(shown, &answer);
                (seen.compared >= seen.wanted).then(|| seen.verdict(self.number))
            }
        }
    }
}

fn follow(run: &Weak<ShadowRun>, host: &Host, dataset: &Weak<Inner>, fed: &Receiver<Shown>) {
    for shown in fed {
        let (Some(run), Some(dataset)) = (run.upgrade(), dataset.upgrade()) else { return };
        if let Some(task) = run.compare(host, &shown) {
            dataset.ask(task);
            return;
        }
    }
}

impl Aside for ShadowRun {
    fn process(&self, current: &Snapshot, batch: Batch) -> Result<Processed, Error> {
        let processed = pipeline::process(current, batch)?;
        let (masked, rejected) = (processed.verified.columns().clone(), processed.rejected.clone());
        let shown = Shown { batch: processed.batch.clone(), masked, rejected };
        if self.feed.try_send(shown).is_err() {
            let mut seen = lock(&self.seen);
            seen.skipped = seen.skipped.saturating_add(1);
        }
        Ok(processed)
    }

    fn masks(&self) -> Option<&Snapshot> {
        None
    }
}

impl ShadowStatus {
    fn add(&mut self, shown: &Shown, answer: &Processed) {
        let count = |sum: &mut u64, more: usize| *sum = sum.saturating_add(more as u64);
        self.compared = self.compared.saturating_add(1);
        count(&mut self.rows, shown.batch.rows());
        count(&mut self.rejected_in_force, shown.rejected.len());
        count(&mut self.rejected, answer.rejected.len());
        let numbers = |rejected: &[RejectedRow]| rejected.iter().map(|rejected| rejected.row).collect::<Vec<_>>();
        if numbers(&shown.rejected) != numbers(&answer.rejected) {
            count(&mut self.incomparable, 1);
            return;
        }
        let after = answer.verified.columns();
        let (schema, schema_after) = (shown.masked.schema(), after.schema());
        for (position, (field, before)) in schema.fields().iter().zip(shown.masked.columns()).enumerate() {
            let difference = self.columns.entry(named(field.name(), position)).or_default();
            match after.column_by_name(field.name()) {
                None => difference.missing = true,
                Some(after) => difference.add(before, after),
            }
        }
        for (position, field) in schema_after.fields().iter().enumerate() {
            if schema.field_with_name(field.name()).is_err() {
                self.columns.entry(named(field.name(), position)).or_default().added = true;
            }
        }
    }

    /// It may reject one row in a hundred more than what is in force: what is more is a fault and no improvement.
    fn verdict(&self, number: u64) -> Task {
        let allowed = self.rejected_in_force.saturating_add(self.rows / 100);
        if self.rejected > allowed {
            let (rejected, before) = (self.rejected, self.rejected_in_force);
            let reason = format!("in shadow it rejected {rejected} rows, and what is in force {before} of the same");
            return Task::Dismiss(number, reason);
        }
        Task::Advance(number)
    }
}

impl ColumnDifference {
    /// Both columns have the same rows.
    fn add(&mut self, before: &ArrayRef, after: &ArrayRef) {
        let count = |sum: &mut u64, more: usize| *sum = sum.saturating_add(more as u64);
        count(&mut self.cells, before.len());
        if before.data_type() != after.data_type() {
            self.other_type = true;
            return;
        }
        if before.as_ref() == after.as_ref() {
            return;
        }
        let differs = |row: &usize| before.slice(*row, 1).as_ref() != after.slice(*row, 1).as_ref();
        count(&mut self.differing, (0..before.len().min(after.len())).filter(differs).count());
        count(&mut self.nulls_in_force, before.logical_null_count());
        count(&mut self.nulls, after.logical_null_count());
    }
}

/// A name that may be data is not shown.
fn named(name: &str, position: usize) -> String {
    if is_name(name) { name.to_owned() } else { format!("column {}", position.saturating_add(1)) }
}
