//! Two passes over files, where the policy bounds the risk of all rows together: the first counts the classes of what is
//! masked, the second leaves out what is in small ones, and counts again what it writes.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;

use crate::batch::Batch;
use crate::error::{DataError, DataProblem, Error, Place};
use crate::host::{Aside, Host};
use crate::outcome::Outcomes;
use crate::pipeline::Processed;
use crate::policy::{At, RiskBound, SmallClasses};
use crate::report::BoundRisk;
use crate::risk::{Counted, Counting, MEMORY, Reader, Risk, RiskColumns};
use crate::sink::{Encoded, Encoder};
use crate::snapshot::Snapshot;
use crate::source::Identity;
use crate::verify::VerifiedBatch;

/// How many small classes there may be: they are held in memory, so many in some 64 MiB.
const MOST_SMALL: usize = 2_000_000;

/// The first pass: counts, and nothing of it is written.
pub(crate) struct FirstPass {
    pass: Arc<Pass>,
    host: Host,
    bound: RiskBound,
    inputs: Vec<(PathBuf, Identity)>,
}

impl FirstPass {
    /// `None` where the policy bounds nothing.
    ///
    /// # Errors
    /// One of the inputs is not there, or cannot be read twice.
    pub(crate) fn new(host: &Host, inputs: &[PathBuf]) -> Result<Option<Self>, Error> {
        let policy = host.snapshot().policy();
        let Some(bound) = policy.risk.clone() else { return Ok(None) };
        let names = |names: &[At<String>]| names.iter().map(|name| name.value.clone()).collect();
        let reader = Arc::new(Reader::new(RiskColumns {
            quasi_identifiers: names(&bound.quasi_identifiers),
            sensitive: names(&bound.sensitive),
            subject: policy.subject.as_ref().map(|subject| subject.value.clone()),
        }));
        let inputs = inputs.iter().map(|input| Ok((input.clone(), identity(input)?)));
        let inputs = inputs.collect::<Result<_, Error>>()?;
        let pass = Arc::new(Pass::new(host, reader, None));
        Ok(Some(Self { host: host.with(Some(pass.clone())), pass, bound, inputs }))
    }

    /// What masks and counts.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// What was counted is all.
    ///
    /// # Errors
    /// There are too many small classes, or a temporary file cannot be read again.
    pub(crate) fn second(self) -> Result<SecondPass, Error> {
        let Self { pass, bound, inputs, .. } = self;
        let mut small = Small { classes: HashSet::new(), how: bound.small_classes };
        let blank = pass.reader.blank()?;
        // Everybody who would be without quasi-identifiers.
        let mut together = 0_u64;
        let before = pass.figures(|Counted { class, size }| {
            let is_blank = small.how == SmallClasses::Blank && class == blank;
            if is_blank || size < bound.k {
                together = together.saturating_add(size);
            }
            if !is_blank && size < bound.k { small.add(class) } else { Ok(()) }
        })?;
        if small.how == SmallClasses::Blank && (1..bound.k).contains(&together) {
            small.how = SmallClasses::Suppress;
            small.add(blank)?;
        }
        let (inner, reader) = (pass.inner.clone(), pass.reader.clone());
        let pass = Arc::new(Pass::new(&inner, reader, Some(small)));
        Ok(SecondPass { host: inner.with(Some(pass.clone())), pass, before, bound, inputs })
    }
}

/// A pipe is empty the second time.
fn identity(input: &Path) -> Result<Identity, Error> {
    let is_file = input != Path::new("-") && !input.metadata().is_ok_and(|there| !there.is_file());
    if !is_file {
        let shown = input.display();
        let message = format!("{shown} is no file, and the policy's `risk` takes two passes: give the rows as a file");
        return Err(Error::Usage(message));
    }
    Identity::of(input).map_err(Error::io("read", input))
}

/// The second pass: what it masks may be written.
pub(crate) struct SecondPass {
    pass: Arc<Pass>,
    host: Host,
    before: Risk,
    bound: RiskBound,
    inputs: Vec<(PathBuf, Identity)>,
}

impl SecondPass {
    /// What masks, leaves out and counts.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// What came of it, when everything is masked.
    ///
    /// # Errors
    /// The inputs are not what they were, or a class is too small all the same. Nothing of it may be written then.
    pub(crate) fn finish(self) -> Result<BoundRisk, Error> {
        for (input, before) in &self.inputs {
            if identity(input)? != *before {
                let place = Place { input: input.to_string_lossy().into(), ..Place::default() };
                return Err(DataError { place, problem: DataProblem::Changed }.into());
            }
        }
        let after = self.pass.figures(|_| Ok(()))?;
        if after.classes > 0 && after.smallest_class < self.bound.k {
            let message = "individuals who are in several small classes are too few without quasi-identifiers; say \
                           `small_classes: suppress` in the policy's `risk`";
            return Err(Error::Usage(message.to_owned()));
        }
        let [suppressed, blanked] =
            [&self.pass.suppressed, &self.pass.blanked].map(|rows| rows.load(Ordering::Relaxed));
        Ok(BoundRisk { suppressed, blanked, before: self.before, after })
    }
}

/// The classes that are too small, and what happens to their rows.
struct Small {
    classes: HashSet<u128>,
    how: SmallClasses,
}

impl Small {
    fn add(&mut self, class: u128) -> Result<(), Error> {
        if self.classes.len() >= MOST_SMALL {
            let message = format!(
                "more than {MOST_SMALL} classes are smaller than the policy's `risk` allows; generalise its \
                 quasi-identifiers, or take fewer"
            );
            return Err(Error::Usage(message));
        }
        self.classes.insert(class);
        Ok(())
    }
}

/// One pass over all batches, in any order, on any thread.
struct Pass {
    inner: Host,
    reader: Arc<Reader>,
    counting: Mutex<Counting>,
    small: Option<Small>,
    suppressed: AtomicU64,
    blanked: AtomicU64,
}

impl Pass {
    fn new(inner: &Host, reader: Arc<Reader>, small: Option<Small>) -> Self {
        let counting = Mutex::new(Counting::new(MEMORY));
        let (suppressed, blanked) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { inner: inner.clone(), reader, counting, small, suppressed, blanked }
    }

    /// What was counted, which is empty after that.
    fn figures(&self, each: impl FnMut(Counted) -> Result<(), Error>) -> Result<Risk, Error> {
        let mut counting = self.counting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *counting, Counting::new(MEMORY)).finish(&self.reader, each)
    }

    /// Takes care of the rows of small classes. `individuals` are in the same rows.
    fn hide(
        &self,
        small: &Small,
        verified: VerifiedBatch,
        outcomes: &mut Outcomes,
        individuals: RecordBatch,
    ) -> Result<(VerifiedBatch, RecordBatch), Error> {
        let classes = self.reader.classes(verified.columns())?;
        let is_small: BooleanArray = classes.iter().map(|class| Some(small.classes.contains(class))).collect();
        let rows = is_small.true_count() as u64;
        if small.how == SmallClasses::Blank {
            self.blanked.fetch_add(rows, Ordering::Relaxed);
            let columns = &self.reader.columns().quasi_identifiers;
            return Ok((verified.with_nulls(columns, &is_small)?, individuals));
        }
        if rows == 0 {
            return Ok((verified, individuals));
        }
        self.suppressed.fetch_add(rows, Ordering::Relaxed);
        outcomes.masked = outcomes.masked.saturating_sub(rows);
        outcomes.dropped = outcomes.dropped.saturating_add(rows);
        let kept: BooleanArray = is_small.iter().map(|small| small.map(|small| !small)).collect();
        Ok((verified.with_rows(&kept)?, filtered(&individuals, &kept)?))
    }
}

impl Aside for Pass {
    fn process(&self, _: &Snapshot, batch: Batch) -> Result<Processed, Error> {
        let mut processed = self.inner.process(batch)?;
        let rejected: HashSet<usize> = processed.rejected.iter().map(|rejected| rejected.row).collect();
        let written: BooleanArray = (0..processed.batch.rows()).map(|row| Some(!rejected.contains(&row))).collect();
        let mut individuals = filtered(processed.batch.columns(), &written)?;
        if let Some(small) = &self.small {
            let outcomes = &mut processed.outcomes;
            (processed.verified, individuals) = self.hide(small, processed.verified, outcomes, individuals)?;
        }
        let seen = self.reader.read(processed.verified.columns(), &individuals)?;
        self.counting.lock().unwrap_or_else(PoisonError::into_inner).add(seen)?;
        Ok(processed)
    }

    fn masks(&self) -> Option<&Snapshot> {
        self.inner.snapshots().nth(1)
    }
}

fn filtered(batch: &RecordBatch, kept: &BooleanArray) -> Result<RecordBatch, Error> {
    filter_record_batch(batch, kept).map_err(|_| Error::Internal("rows cannot be left out"))
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").finish_non_exhaustive()
    }
}

/// Where nothing is written.
pub(crate) struct NoEncoder;

impl Encoder for NoEncoder {
    fn encode(&self, batch: VerifiedBatch) -> Result<Encoded, Error> {
        Ok(Encoded::Columns(batch))
    }
}
