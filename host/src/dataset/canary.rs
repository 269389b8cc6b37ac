//! Canary: a candidate masks a share of the work, and what it cannot mask the revision in force does.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_cast::cast;
use arrow_schema::DataType;
use arrow_select::filter::filter_record_batch;
use sha2::{Digest, Sha256};

use super::change::Inner;
use super::keep::Task;
use super::settings::{Canary, CanaryOf};
use super::sources::hexadecimal;
use super::status::CanaryStatus;
use crate::audit::CanaryShare;
use crate::batch::Batch;
use crate::error::Error;
use crate::host::{Aside, Host};
use crate::keys::Normalize;
use crate::outcome::RejectedRow;
use crate::pipeline::{self, Processed};
use crate::policy::Normalization;
use crate::snapshot::Snapshot;
use crate::verify;

/// A candidate that has its share.
#[derive(Debug)]
pub(super) struct CanaryRun {
    number: u64,
    host: Host,
    dataset: Weak<Inner>,
    canary: Canary,
    /// Which individuals are in the share is another choice each time.
    salt: [u8; 16],
    /// Leases so far, for a share of batches.
    leases: AtomicU64,
    /// Batches that the candidate masked, or part of them, and the rows that it masked of them.
    done: AtomicU64,
    rows: AtomicU64,
    over: AtomicBool,
}

/// A lease all of which the candidate masks.
#[derive(Debug)]
struct Whole(Arc<CanaryRun>);

impl CanaryRun {
    /// # Errors
    /// The system gives no random bytes.
    pub(super) fn new(number: u64, host: Host, dataset: Weak<Inner>, canary: Canary) -> Result<Self, Error> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| Error::Candidate("the system gives no random bytes".into()))?;
        let [leases, done, rows] = [0; 3].map(AtomicU64::new);
        Ok(Self { number, host, dataset, canary, salt, leases, done, rows, over: AtomicBool::new(false) })
    }

    /// What stands aside of a new lease: nothing, where another has its turn.
    pub(super) fn aside(self: &Arc<Self>, pinned: bool) -> Option<Arc<dyn Aside>> {
        match self.canary.of {
            CanaryOf::Subjects => Some(self.clone()),
            CanaryOf::Batches if pinned => None,
            CanaryOf::Batches => {
                let before = self.leases.fetch_add(1, Ordering::Relaxed);
                let share = |leases: u64| leases.saturating_mul(u64::from(self.canary.percent)) / 100;
                let is_next = share(before.saturating_add(1)) > share(before);
                is_next.then(|| Arc::new(Whole(self.clone())) as Arc<dyn Aside>)
            }
        }
    }

    /// Leases that know of it go on without it.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub(super) fn status(&self) -> CanaryStatus {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        CanaryStatus { canary: self.canary, done: count(&self.done), rows: count(&self.rows) }
    }

    /// What the trail is told: who is in the share, and what was masked of it so far.
    pub(super) fn told(&self) -> CanaryShare {
        let CanaryStatus { canary, done, rows } = self.status();
        let (of, salt) = match canary.of {
            CanaryOf::Subjects => ("subjects", Some(hexadecimal(&self.salt))),
            CanaryOf::Batches => ("batches", None),
        };
        CanaryShare { percent: canary.percent, of, salt, batches: done, rows }
    }

    /// The candidate masks the rows that `is_its` says, and what is in force the others. An error of the candidate ends
    /// the canary if what is in force can mask the same rows: then these are not to blame.
    fn divide(&self, current: &Snapshot, batch: Batch, is_its: &[bool]) -> Result<Processed, Error> {
        if self.over.load(Ordering::Relaxed) || !is_its.contains(&true) {
            return pipeline::process(current, batch);
        }
        let divided = match is_its.contains(&false) {
            false => self.process(batch.clone()).map(all_of_it),
            true => self.both(current, &batch, is_its)?,
        };
        match divided {
            Ok(processed) => {
                self.counted(&processed);
                Ok(processed)
            }
            Err(reason) => {
                let processed = pipeline::process(current, batch)?;
                self.failed(reason);
                Ok(processed)
            }
        }
    }

    /// The inner error is the candidate's.
    fn both(&self, current: &Snapshot, batch: &Batch, is_its: &[bool]) -> Result<Result<Processed, String>, Error> {
        let ((its_rows, its), (other_rows, others)) = (part(batch, is_its, true)?, part(batch, is_its, false)?);
        let its = match self.process(its) {
            Ok(its) => (its, its_rows),
            Err(reason) => return Ok(Err(reason)),
        };
        let others = (pipeline::process(current, others)?, other_rows);
        let apart = "what it puts out has other columns than what is in force puts out";
        Ok(joined(batch, its, others).ok_or_else(|| apart.to_owned()))
    }

    fn process(&self, batch: Batch) -> Result<Processed, String> {
        pipeline::process(self.host.snapshot(), batch).map_err(|error| error.to_string())
    }

    fn counted(&self, processed: &Processed) {
        let rows = processed.candidate.as_ref().map_or(0, |its| its.read);
        self.rows.fetch_add(rows, Ordering::Relaxed);
        let done = self.done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if done == self.canary.batches.max(1) {
            self.tell(Task::Advance(self.number));
        }
    }

    fn failed(&self, reason: String) {
        if !self.over.swap(true, Ordering::Relaxed) {
            self.tell(Task::Dismiss(self.number, reason));
        }
    }

    fn tell(&self, task: Task) {
        if let Some(dataset) = self.dataset.upgrade() {
            dataset.ask(task);
        }
    }

    /// Which rows are about individuals of the share. Who is not named is in nobody's.
    fn share(&self, current: &Snapshot, batch: &Batch) -> Vec<bool> {
        let subject = current.policy().subject.as_ref().map(|subject| subject.value.as_str());
        let column = subject.and_then(|subject| batch.columns().column_by_name(subject));
        let texts = column.and_then(|column| cast(column, &DataType::Utf8).ok());
        let Some(texts) = texts else { return vec![false; batch.rows()] };
        let Normalization { trim, ascii_case, separators } = current.policy().subject_form;
        let texts = Normalize { trim, ascii_case, separators }.forms(texts.as_string());
        texts.iter().map(|text| text.is_some_and(|text| self.is_in_share(text))).collect()
    }

    fn is_in_share(&self, subject: &str) -> bool {
        let digest = Sha256::new().chain_update(self.salt).chain_update(subject).finalize();
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % 100 < u64::from(self.canary.percent)
    }
}

impl Aside for CanaryRun {
    fn process(&self, current: &Snapshot, batch: Batch) -> Result<Processed, Error> {
        let its = self.share(current, &batch);
        self.divide(current, batch, &its)
    }

    fn masks(&self) -> Option<&Snapshot> {
        Some(self.host.snapshot())
    }
}

impl Aside for Whole {
    fn process(&self, current: &Snapshot, batch: Batch) -> Result<Processed, Error> {
        // A batch without rows is the candidate's as well.
        let its = vec![true; batch.rows().max(1)];
        self.0.divide(current, batch, &its)
    }

    fn masks(&self) -> Option<&Snapshot> {
        Some(self.0.host.snapshot())
    }
}

/// A batch that the candidate masked alone.
fn all_of_it(processed: Processed) -> Processed {
    Processed { candidate: Some(processed.outcomes.clone()), ..processed }
}

/// The rows of a batch with this flag, and their numbers in it.
fn part(batch: &Batch, flags: &[bool], wanted: bool) -> Result<(Vec<usize>, Batch), Error> {
    let rows: Vec<usize> = (0..).zip(flags).filter(|(_, flag)| **flag == wanted).map(|(row, _)| row).collect();
    let flags: BooleanArray = flags.iter().map(|flag| Some(*flag == wanted)).collect();
    let columns: RecordBatch = filter_record_batch(batch.columns(), &flags)
        .map_err(|_| Error::Internal("rows of a batch cannot be picked"))?;
    let part = batch.pick(&rows, columns);
    Ok((rows, part))
}

/// Both parts as one batch, with the rows in the order that they had.
fn joined(batch: &Batch, its: (Processed, Vec<usize>), others: (Processed, Vec<usize>)) -> Option<Processed> {
    let numbered = |(processed, rows): &(Processed, Vec<usize>)| -> Vec<RejectedRow> {
        let number = |rejected: &RejectedRow| rows.get(rejected.row).map(|row| RejectedRow { row: *row, ..*rejected });
        processed.rejected.iter().filter_map(number).collect()
    };
    let mut rejected = [numbered(&its), numbered(&others)].concat();
    rejected.sort_by_key(|rejected| rejected.row);
    let kept = |rows: Vec<usize>| -> Vec<usize> {
        let is_kept = |row: &usize| rejected.binary_search_by_key(row, |rejected| rejected.row).is_err();
        rows.into_iter().filter(is_kept).collect()
    };
    let ((its, its_rows), (others, other_rows)) = (its, others);
    let (mut outcomes, mut tally, mut steps) = (its.outcomes, its.tally, its.steps);
    steps.add(&others.steps);
    let candidate = Some(outcomes.clone());
    outcomes.add(&others.outcomes);
    tally.add(others.tally);
    let parts = [(its.verified, kept(its_rows)), (others.verified, kept(other_rows))];
    let verified = verify::join(batch, &parts)?;
    Some(Processed { batch: batch.clone(), verified, rejected, outcomes, candidate, tally, steps })
}
