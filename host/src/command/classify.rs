//! `moretta classify`.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use comfy_table::{Table, presets};

use super::mask::{code_cache, stop_when_asked};
use super::show::printable;
use super::{classify_page, plugin, print, read_labels, review, show, terminal};
use crate::batch::is_name;
use crate::cli::ClassifyArguments;
use crate::error::Error;
use crate::host::plugins;
use crate::plugin::{Limits, Package, Registry};
use crate::policy::{LabelledColumn, Labels, Looked, digest};
use crate::staged::StagedFile;
use crate::survey::{Survey, SurveyRun, SurveyedColumn, survey};

/// Looks at files, prints what their columns seem to be and writes it down.
pub(super) fn run(arguments: &ClassifyArguments) -> Result<(), Error> {
    check_paths(arguments)?;
    if arguments.review && !terminal::is_there() {
        return Err(Error::Usage("there is no terminal to --review on; use `moretta labels` afterwards".into()));
    }
    // What is there is read first: it may hold reviews, and a file that is none is not written over.
    let earlier = arguments.out.as_deref().filter(|out| out.exists()).map(read_labels).transpose()?;
    let shapes = arguments.examples && io::stdout().is_terminal();
    if arguments.examples && !shapes {
        show::note("note: --examples shows on a terminal only, so nothing is shown here\n");
    }
    let run = SurveyRun {
        inputs: arguments.inputs.clone(),
        input_format: arguments.input_format,
        sample: (!arguments.full).then_some(arguments.sample),
        shapes,
        workers: arguments.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        interrupted: Arc::default(),
    };
    stop_when_asked(&run.interrupted)?;
    let trust = plugin::trust(arguments.trust_root.as_deref())?;
    let cache = code_cache(arguments.cache.as_deref());
    let registry = plugins(Limits::default(), cache, arguments.plugins.as_deref(), trust)?;
    let found = survey(&registry, &run)?;
    let looked = looked(&found, &registry, arguments.full);
    let mut labels = Labels { looked: Some(looked), ..labels(&found, earlier.as_ref()) };
    print(&printable(&table(&found, &labels, shapes)))?;
    if arguments.review {
        review::ask(&found, &mut labels)?;
    }
    if let Some(report) = &arguments.report {
        write_text(&classify_page::html(&found, &labels, arguments), report)?;
    }
    if let Some(out) = &arguments.out {
        write(&labels, out)?;
    }
    Ok(())
}

fn check_paths(arguments: &ClassifyArguments) -> Result<(), Error> {
    let (out, report) = (arguments.out.as_deref(), arguments.report.as_deref());
    let is_same = |one: &Path, other: &Path| one == other || names_one_file(one, other);
    let read = |path: &&Path| arguments.inputs.iter().any(|input| is_same(input, path));
    if let Some(path) = out.into_iter().chain(report).find(read) {
        return Err(Error::Usage(format!("{} is read by this run; write somewhere else", path.display())));
    }
    match out.zip(report).filter(|(out, report)| is_same(out, report)) {
        Some((out, _)) => Err(Error::Usage(format!("{} is to be written twice; choose another name", out.display()))),
        None => Ok(()),
    }
}

fn names_one_file(one: &Path, other: &Path) -> bool {
    matches!((std::fs::canonicalize(one), std::fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// What was looked at, and with what: the evidence for what was not found.
fn looked(found: &Survey, registry: &Registry, full: bool) -> Looked {
    let classifiers = registry.packages().filter(|package| !package.manifest().labels.is_empty());
    let named = |package: &Package| {
        let (manifest, digest) = (package.manifest(), package.digest());
        format!("{} {} {}", manifest.name, manifest.version, digest.get(..12).unwrap_or(digest))
    };
    Looked { rows: found.rows, every: full, classifiers: classifiers.map(named).collect() }
}

fn labels(found: &Survey, earlier: Option<&Labels>) -> Labels {
    let named = found.columns.iter().map(|column| (column.name.as_str(), column.column_type.as_str()));
    let columns = found.columns.iter().map(|column| {
        let (column_type, suggestion) = (column.column_type.clone(), column.suggestion.clone());
        (column.name.clone(), LabelledColumn::suggested(column_type, suggestion, column.pieces.clone()))
    });
    let mut labels = Labels { schema: Some(digest(named)), looked: None, columns: columns.collect() };
    if let Some(earlier) = earlier {
        labels.keep_reviews(earlier);
    }
    labels
}

/// The file is there as a whole or as it was.
pub(super) fn write(labels: &Labels, out: &Path) -> Result<(), Error> {
    write_text(&labels.to_string(), out)
}

/// The same of any text.
pub(super) fn write_text(text: &str, out: &Path) -> Result<(), Error> {
    let mut staged = StagedFile::beside(out).map_err(Error::io("write", out))?;
    staged.write_all(text.as_bytes()).map_err(Error::io("write", out))?;
    staged.commit_for_others().map_err(Error::io("write", out))
}

/// A header that is missing makes names of values, and those are not shown.
pub(super) fn shown(index: usize, name: &str) -> String {
    if is_name(name) { name.to_owned() } else { format!("column {}", index.saturating_add(1)) }
}

fn table(found: &Survey, labels: &Labels, shapes: bool) -> String {
    let mut table = Table::new();
    let mut header = vec!["COLUMN", "LABEL", "CONFIDENCE", "STATUS", "WHY"];
    header.extend(shapes.then_some("WRITTEN AS"));
    table.load_style(presets::NOTHING).set_header(header);
    for (index, column) in found.columns.iter().enumerate() {
        let Some(labelled) = labels.columns.get(&column.name) else { continue };
        let suggestion = column.suggestion.as_ref();
        let status = match labelled.label {
            None => String::new(),
            Some(_) => labelled.status.to_string(),
        };
        let mut row = vec![
            shown(index, &column.name),
            labelled.label.map_or_else(|| "none".to_owned(), |label| label.name().to_owned()),
            suggestion.map_or_else(String::new, |suggestion| format!("{:.2}", suggestion.confidence)),
            status,
            why(column),
        ];
        row.extend(shapes.then(|| column.shape.clone().unwrap_or_default()));
        table.add_row(row);
    }
    let open = labels.open().count();
    let tail = match open {
        0 => String::new(),
        _ => format!("{open} columns look like identifiers and nobody has reviewed that\n"),
    };
    format!("{table}\n{} rows looked at\n{tail}", found.rows)
}

/// Why it seems to be what it seems to be, and what is in it where it is text.
fn why(column: &SurveyedColumn) -> String {
    let why = column.suggestion.as_ref().map(|suggestion| suggestion.why.clone());
    let pieces = (!column.pieces.is_empty()).then(|| format!("1,000 words of it have {}", column.pieces));
    why.into_iter().chain(pieces).collect::<Vec<_>>().join("; ")
}
