//! A survey of files: reads them, has their batches looked at, and puts together what every column seems to be.

use std::fs;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_schema::Schema;
use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::batch::{Batch, ColumnType, type_name};
use crate::classify::{Classifiers, Evidence, Observed};
use crate::error::Error;
use crate::finder::Finder;
use crate::leash::Leash;
use crate::phi::{Densities, Suggestion};
use crate::plugin::Registry;
use crate::source::{self, BATCH_BYTES, Chunk, Compression, Format, ReadOptions, Source};
use crate::workers::Workers;

/// How many rows are looked at, unless said otherwise.
pub const SAMPLE: NonZeroU64 = NonZeroU64::new(10_000).unwrap();

/// In how many places of a large file a sample is taken.
const PLACES: u64 = 16;

/// Which files to look at, and how closely.
#[derive(Clone, Debug)]
pub struct SurveyRun {
    /// The inputs in order, `-` for standard input.
    pub inputs: Vec<PathBuf>,
    /// The format of the inputs, where their extension does not say.
    pub input_format: Option<Format>,
    /// How many rows are looked at; `None`: all. They are spread over the inputs where all of these are plain files.
    pub sample: Option<NonZeroU64>,
    /// Whether it is told how values are written: `999-99-9999`.
    pub shapes: bool,
    /// How many threads look.
    pub workers: usize,
    /// Set from outside to stop.
    pub interrupted: Arc<AtomicBool>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The columns, in the order of the inputs where they have one.
    pub columns: Vec<SurveyedColumn>,
    /// How many rows were looked at.
    pub rows: u64,
    /// Whether the inputs say what columns there are; of documents there may be more in what was not looked at.
    pub closed: bool,
}

/// One column.
#[derive(Clone, Debug)]
pub struct SurveyedColumn {
    /// Its name, or its dotted path.
    pub name: String,
    /// The type of its values, as policies call it.
    pub column_type: String,
    /// What it seems to be.
    pub suggestion: Option<Suggestion>,
    /// What was found in it, where it seems to be text.
    pub pieces: Densities,
    /// How most values are written, where that was asked.
    pub shape: Option<String>,
}

/// Looks at files.
///
/// # Errors
/// An input cannot be read, or a classifier misbehaved: the first in the order of the inputs.
pub fn survey(registry: &Registry, run: &SurveyRun) -> Result<Survey, Error> {
    let leash = Leash::default();
    let classifiers = Arc::new(Classifiers::new(registry.classifiers(&leash)?)?);
    let finders = registry.text_classifiers(&leash)?.into_iter().map(Finder::new).collect::<Result<Vec<_>, _>>()?;
    let options = ReadOptions { format: run.input_format, ..ReadOptions::default() };
    let mut source = source::open(&run.inputs, &options)?;
    let schema = source.schema_hint();
    let mut looking = Looking::new(&classifiers, finders, schema.as_deref(), run);
    look(source.as_mut(), &Sampling::of(run), &mut looking)?;
    let mut evidence = looking.finish()?;
    classifiers.add_names(&mut evidence, &leash)?;
    let column = |name: &str, column_type: String| {
        let (observed, suggestion) = (evidence.of(name), classifiers.suggest(&evidence, name));
        let is_text = suggestion.as_ref().is_none_or(|suggestion| suggestion.label.is_free_text());
        SurveyedColumn {
            name: name.to_owned(),
            column_type,
            suggestion,
            pieces: observed.filter(|_| is_text).map(Observed::densities).unwrap_or_default(),
            shape: observed.and_then(|observed| observed.shape().map(str::to_owned)),
        }
    };
    let columns = match &schema {
        Some(schema) => named_types(schema).map(|(name, column_type)| column(name, column_type)).collect(),
        None => evidence.columns().map(|(name, _)| column(name, ColumnType::Text.to_string())).collect(),
    };
    Ok(Survey { columns, rows: evidence.rows, closed: schema.is_some() })
}

/// The columns of an input as a survey names them, as far as they are known before its first row.
///
/// # Errors
/// It cannot be read.
pub fn columns_of(input: &Path, format: Option<Format>) -> Result<(Vec<(String, String)>, bool), Error> {
    let options = ReadOptions { format, ..ReadOptions::default() };
    let mut source = source::open(&[input.to_owned()], &options)?;
    let owned = |schema: &Schema| named_types(schema).map(|(name, of)| (name.to_owned(), of)).collect();
    if let Some(schema) = source.schema_hint() {
        return Ok((owned(&schema), true));
    }
    let chunk = source.next()?.map(Chunk::decode).transpose()?;
    Ok((chunk.map_or_else(Vec::new, |batch| owned(&batch.columns().schema())), false))
}

fn named_types(schema: &Schema) -> impl Iterator<Item = (&str, String)> {
    schema.fields().iter().map(|field| (field.name().as_str(), type_name(field.data_type())))
}

fn look(source: &mut dyn Source, sampling: &Sampling, looking: &mut Looking) -> Result<(), Error> {
    let mut number = 0_u64;
    while looking.goes_on(sampling) {
        match source.next() {
            Ok(None) => break,
            Ok(Some(chunk)) if number.is_multiple_of(sampling.every) => looking.give(number, chunk, sampling.rows)?,
            Ok(Some(_)) => {}
            Err(error) => looking.failed.push((number, error)),
        }
        number = number.saturating_add(1);
    }
    Ok(())
}

/// Which rows are looked at.
struct Sampling {
    /// Each chunk of so many.
    every: u64,
    /// So many rows of it.
    rows: usize,
    /// So many rows altogether, where it is not known how many there are.
    head: Option<u64>,
}

impl Sampling {
    fn of(run: &SurveyRun) -> Self {
        let Some(sample) = run.sample.map(NonZeroU64::get) else {
            return Self { every: 1, rows: usize::MAX, head: None };
        };
        let plain = |path: &PathBuf| {
            let packed = Compression::of_path(path) != Compression::None;
            fs::metadata(path).ok().filter(|file| file.is_file() && !packed).map(|file| file.len())
        };
        let Some(bytes) = run.inputs.iter().map(plain).sum::<Option<u64>>() else {
            return Self { every: 1, rows: usize::try_from(sample).unwrap_or(usize::MAX), head: Some(sample) };
        };
        let chunks = bytes.div_ceil(BATCH_BYTES as u64).max(1);
        let rows = usize::try_from(sample.div_ceil(chunks.min(PLACES))).unwrap_or(usize::MAX);
        Self { every: chunks.div_ceil(PLACES), rows, head: None }
    }
}

/// What is being looked at, and what was seen so far.
struct Looking {
    classifiers: Arc<Classifiers>,
    finders: Arc<[Finder]>,
    workers: Workers,
    shapes: bool,
    interrupted: Arc<AtomicBool>,
    seen: (Sender<Seen>, Receiver<Seen>),
    in_flight: usize,
    evidence: Evidence,
    failed: Vec<(u64, Error)>,
}

/// What was seen in a chunk, by its number.
type Seen = (u64, Result<Evidence, Error>);

impl Looking {
    fn new(classifiers: &Arc<Classifiers>, finders: Vec<Finder>, schema: Option<&Schema>, run: &SurveyRun) -> Self {
        let names = schema.into_iter().flat_map(|schema| schema.fields()).map(|field| field.name().clone());
        Self {
            classifiers: classifiers.clone(),
            finders: finders.into(),
            workers: Workers::new(run.workers),
            shapes: run.shapes,
            interrupted: run.interrupted.clone(),
            seen: unbounded(),
            in_flight: 0,
            evidence: Evidence::of_columns(names),
            failed: Vec::new(),
        }
    }

    /// Not after a failure, nor when it is stopped, nor when enough was seen.
    fn goes_on(&self, sampling: &Sampling) -> bool {
        let enough = sampling.head.is_some_and(|head| self.evidence.rows >= head);
        self.failed.is_empty() && !enough && !self.interrupted.load(Ordering::Relaxed)
    }

    /// Has some rows of a chunk looked at. There are no more chunks in memory than the workers have to do.
    fn give(&mut self, number: u64, chunk: Box<dyn Chunk>, rows: usize) -> Result<(), Error> {
        while self.in_flight > self.workers.threads() || (rows < usize::MAX && self.in_flight > 0) {
            self.take()?;
        }
        self.in_flight = self.in_flight.saturating_add(1);
        let (classifiers, finders) = (self.classifiers.clone(), self.finders.clone());
        let (shapes, seen) = (self.shapes, self.seen.0.clone());
        self.workers.give(move || {
            let looked = catch_unwind(AssertUnwindSafe(|| observe((&classifiers, &finders), chunk, rows, shapes)));
            // Nobody listens any more where the survey is over.
            let _ = seen.send((number, looked.unwrap_or(Err(Error::Internal("a worker panicked")))));
        });
        Ok(())
    }

    fn take(&mut self) -> Result<(), Error> {
        let (number, seen) = self.seen.1.recv().map_err(|_| Error::Internal("a chunk is missing"))?;
        self.in_flight = self.in_flight.saturating_sub(1);
        match seen {
            Ok(evidence) => self.evidence.merge(evidence),
            Err(error) => self.failed.push((number, error)),
        }
        Ok(())
    }

    /// Everything that was seen, or what failed first in the order of the input.
    fn finish(mut self) -> Result<Evidence, Error> {
        while self.in_flight > 0 {
            self.take()?;
        }
        if let Some((_, error)) = self.failed.into_iter().min_by_key(|(number, _)| *number) {
            return Err(error);
        }
        if self.interrupted.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(self.evidence) }
    }
}

fn observe(
    (classifiers, finders): (&Classifiers, &[Finder]),
    chunk: Box<dyn Chunk>,
    rows: usize,
    shapes: bool,
) -> Result<Evidence, Error> {
    let (batch, leash) = (chunk.decode()?, Leash::default());
    let rows = batch.rows().min(rows);
    let batch = Batch::new(batch.columns().slice(0, rows), batch.place().clone());
    let mut evidence = classifiers.observe(&batch, shapes, &leash)?;
    evidence.add_pieces(finders, &batch, &leash)?;
    Ok(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(input: &Path, sample: Option<u64>) -> SurveyRun {
        SurveyRun {
            inputs: vec![input.to_owned()],
            input_format: None,
            sample: sample.and_then(NonZeroU64::new),
            shapes: false,
            workers: 2,
            interrupted: Arc::default(),
        }
    }

    #[test]
    fn a_sample_is_spread_over_what_is_known_to_be_large() {
        let directory = tempfile::tempdir().unwrap();
        let (large, packed) = (directory.path().join("l.csv"), directory.path().join("p.csv.gz"));
        fs::write(&large, vec![b'\n'; BATCH_BYTES * 40]).unwrap();
        fs::write(&packed, b"").unwrap();
        let of = |input: &Path, sample| {
            let Sampling { every, rows, head } = Sampling::of(&run(input, sample));
            (every, rows, head)
        };
        assert_eq!(of(&large, Some(1_000)), (3, 63, None));
        assert_eq!(of(&packed, Some(1_000)), (1, 1_000, Some(1_000)));
        assert_eq!(of(&large, None), (1, usize::MAX, None));
    }

    #[test]
    fn the_first_failure_of_the_input_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.csv");
        let row = |row: usize| if [30_000, 60_000].contains(&row) { "x\n".to_owned() } else { format!("{row},ab\n") };
        let rows: String = (0..300_000).map(row).collect();
        fs::write(&path, format!("a,b\n{rows}")).unwrap();
        let registry =
            crate::host::plugins(crate::plugin::Limits::default(), None, None, crate::store::Trust::Unchecked);
        let failed = survey(&registry.unwrap(), &run(&path, None)).unwrap_err().to_string();
        assert!(failed.contains("line 30002"), "{failed}");
    }
}
