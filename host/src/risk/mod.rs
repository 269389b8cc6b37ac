//! Risk: how well the individuals of a table hide among each other.
//!
//! Rows that agree in every quasi-identifier are a class. What is counted of classes are digests under random keys, in
//! bounded memory: what does not fit goes to temporary files, which say nothing to who finds them.
//!
//! ```text
//!  Batch ─▶ Entries of its rows ─▶ sorted, on disk where they are many ─▶ Class by Class ─▶ Risk
//! ```

mod digest;
mod entries;
mod figures;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::Schema;

use crate::error::Error;
use crate::source::{self, Format, ReadOptions};

use digest::RowDigests;
use entries::{Entries, Entry};
use figures::Class;

pub use figures::{Diversity, Risk, Sizes};

/// How much memory counting takes unless said otherwise, in bytes.
pub const MEMORY: usize = 256 << 20;

/// Which columns say what of whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RiskColumns {
    /// The columns that somebody may know of a person.
    pub quasi_identifiers: Vec<String>,
    /// The columns that nobody is to learn.
    pub sensitive: Vec<String>,
    /// The column that names the individual, where one may have several rows.
    pub subject: Option<String>,
}

impl RiskColumns {
    fn all(&self) -> impl Iterator<Item = &String> {
        self.quasi_identifiers.iter().chain(&self.sensitive).chain(&self.subject)
    }
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct RiskRun {
    /// The files, one table together; `-` for standard input.
    pub inputs: Vec<PathBuf>,
    /// The format of the inputs, where their extension does not say.
    pub input_format: Option<Format>,
    /// The columns that count.
    pub columns: RiskColumns,
    /// About how many bytes of memory counting may take.
    pub memory: usize,
    /// Set from outside to stop.
    pub interrupted: Arc<AtomicBool>,
}

/// Measures the risk of a table as it is.
///
/// # Errors
/// The inputs cannot be read, have no column of such a name, or the disk has no room for what does not fit in memory.
pub fn measure(run: &RiskRun) -> Result<Risk, Error> {
    let options = ReadOptions { format: run.input_format, ..ReadOptions::default() };
    let mut source = source::open(&run.inputs, &options)?;
    let mut missing: Vec<&String> = run.columns.all().collect();
    if let Some(schema) = source.schema_hint() {
        missing.retain(|column| schema.column_with_name(column).is_none());
        check(&missing)?;
    }
    let reader = Reader::new(run.columns.clone());
    let mut counting = Counting::new(run.memory);
    while let Some(chunk) = source.next()? {
        if run.interrupted.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        let batch = chunk.decode()?;
        let batch = batch.columns();
        missing.retain(|column| batch.column_by_name(column).is_none());
        counting.add(reader.read(batch, batch)?)?;
    }
    check(&missing)?;
    counting.finish(&reader, |_| Ok(()))
}

fn check(missing: &[&String]) -> Result<(), Error> {
    match missing.first() {
        None => Ok(()),
        Some(column) => Err(Error::Usage(format!("no row has a column `{column}`; name columns as the header does"))),
    }
}

/// Looks at batches, on any thread.
pub(crate) struct Reader {
    columns: RiskColumns,
    digests: RowDigests,
}

/// What was seen of a batch.
pub(crate) struct Seen(Vec<Entry>);

const NO_ROW: Error = Error::Internal("there is no row without columns");

/// The column of entries that counts the rows of a class, by individual.
const ROWS: u32 = 0;

impl Reader {
    pub(crate) fn new(columns: RiskColumns) -> Self {
        Self { columns, digests: RowDigests::new() }
    }

    /// What counts.
    pub(crate) fn columns(&self) -> &RiskColumns {
        &self.columns
    }

    /// The class of each row.
    pub(crate) fn classes(&self, batch: &RecordBatch) -> Result<Vec<u128>, Error> {
        self.digests.rows(batch, &self.columns.quasi_identifiers)
    }

    /// The class that a row is in without its quasi-identifiers.
    pub(crate) fn blank(&self) -> Result<u128, Error> {
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let row = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options);
        let classes = self.classes(&row.map_err(|_| NO_ROW)?)?;
        classes.first().copied().ok_or(NO_ROW)
    }

    /// `individuals`: the table where the column of the subject is, in the same rows.
    pub(crate) fn read(&self, batch: &RecordBatch, individuals: &RecordBatch) -> Result<Seen, Error> {
        let classes = self.classes(batch)?;
        let individuals = match &self.columns.subject {
            Some(subject) => self.digests.values(individuals, subject)?,
            None => vec![None; classes.len()],
        };
        let mut entries = Vec::with_capacity(classes.len());
        let mut count = |column: u32, values: Vec<Option<u64>>| {
            let entry = |(class, value): (&u128, Option<u64>)| Entry {
                class: *class,
                column,
                value: value.unwrap_or_default(),
                count: 1,
            };
            entries.extend(classes.iter().zip(values).map(entry));
        };
        count(ROWS, individuals);
        for (column, name) in (1_u32..).zip(&self.columns.sensitive) {
            count(column, self.digests.values(batch, name)?);
        }
        Ok(Seen(entries))
    }
}

/// Adds up what was seen, in any order.
pub(crate) struct Counting(Entries);

impl Counting {
    pub(crate) fn new(memory: usize) -> Self {
        Self(Entries::new(memory))
    }

    pub(crate) fn add(&mut self, seen: Seen) -> Result<(), Error> {
        self.0.add(seen.0)
    }

    /// The figures; `each` is given the class of some rows and its size, once for each class.
    pub(crate) fn finish(
        self,
        reader: &Reader,
        mut each: impl FnMut(Counted) -> Result<(), Error>,
    ) -> Result<Risk, Error> {
        let RiskColumns { sensitive, subject, .. } = &reader.columns;
        let mut risk = Risk::new(sensitive);
        let mut merged = self.0.merge()?;
        let mut class: Option<Class> = None;
        let mut done = |class: Option<Class>| {
            class.map_or(Ok(()), |class| {
                risk.add(&class, sensitive);
                each(Counted { class: class.digest, size: class.size })
            })
        };
        while let Some(entry) = merged.next()? {
            if class.as_ref().is_none_or(|class| class.digest != entry.class) {
                let new = Class { digest: entry.class, values: vec![(0, 0); sensitive.len()], ..Class::default() };
                done(class.replace(new))?;
            }
            if let Some(class) = &mut class {
                class.count(&entry, subject.is_some());
            }
        }
        done(class)?;
        Ok(risk.finish())
    }
}

/// A class that was counted.
pub(crate) struct Counted {
    pub(crate) class: u128,
    pub(crate) size: u64,
}

impl Class {
    fn count(&mut self, entry: &Entry, by_individual: bool) {
        if entry.column == ROWS {
            self.rows = self.rows.saturating_add(entry.count);
            self.size = self.size.saturating_add(if by_individual { 1 } else { entry.count });
        } else if let Some((different, commonest)) = self.values.get_mut(entry.column.saturating_sub(1) as usize) {
            *different = different.saturating_add(1);
            *commonest = (*commonest).max(entry.count);
        }
    }
}

#[cfg(test)]
mod tests;
