//! `moretta plugin test` and `moretta plugin bench`.

use std::path::Path;

use arrow_array::ArrayRef;
use comfy_table::{Table, presets};
use serde_json::{Map, Value};

use super::{inspect, print, show};
use crate::batch::ColumnType;
use crate::cast::cast_exactly;
use crate::cli::{BenchArguments, TestArguments};
use crate::conformance::{self, Options};
use crate::error::Error;
use crate::plugin::{PackageError, PackageProblem};
use crate::source::{self, ReadOptions};

/// Tries a plugin out and tells what came of it.
pub(super) fn test(arguments: &TestArguments) -> Result<(), Error> {
    let package = inspect::package(&arguments.plugin, arguments.plugins.as_deref())?;
    let input = match (&arguments.input, &arguments.column) {
        (Some(file), Some(column)) => Some(read_column(file, column, arguments.column_type.as_deref())?),
        _ => None,
    };
    let with = arguments.with.as_deref().map(options_of).transpose()?;
    let options = Options { rows: arguments.rows, with, input, ..Options::default() };
    let report = conformance::test(&package, &options)?;
    if let Some(path) = &arguments.junit {
        std::fs::write(path, report.junit()).map_err(Error::io("write", path))?;
    }
    if arguments.json {
        print(&show::json(&report))?;
    } else {
        let lines: Vec<_> = report.text().lines().map(show::line).collect();
        print(&format!("{}\n", lines.join("\n")))?;
    }
    match report.failed() {
        0 => Ok(()),
        failed => Err(PackageError { plugin: report.plugin, problem: PackageProblem::Nonconforming(failed) }.into()),
    }
}

/// Measures a plugin beside a shipped one.
pub(super) fn bench(arguments: &BenchArguments) -> Result<(), Error> {
    let package = inspect::package(&arguments.plugin, arguments.plugins.as_deref())?;
    let with = arguments.with.as_deref().map(options_of).transpose()?;
    let ratios = conformance::bench(&package, &Options { rows: arguments.rows, with, ..Options::default() })?;
    if arguments.json {
        return print(&show::json(&ratios));
    }
    let yardstick = ratios.first().map_or("partial", |ratio| ratio.yardstick).to_uppercase();
    let is_of_text = ratios.iter().any(|ratio| ratio.speed.bytes_per_second.is_some());
    let unit = if is_of_text { "MB/S" } else { "MILLION VALUES/S" };
    let times = format!("TIMES {yardstick}");
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["TRANSFORM", "TYPE", unit, &yardstick, &times, "MEMORY, MIB"]);
    for ratio in &ratios {
        table.add_row([
            show::line(&ratio.transform),
            ratio.speed.column_type.to_string(),
            format!("{:.2}", ratio.speed.millions_per_second()),
            format!("{:.2}", ratio.beside.millions_per_second()),
            format!("{:.2}", ratio.times),
            ratio.speed.peak_memory.div_ceil(1 << 20).to_string(),
        ]);
    }
    print(&format!("{table}\n"))
}

fn options_of(json: &str) -> Result<Map<String, Value>, Error> {
    let options = serde_json::from_str(json);
    options.map_err(|_| Error::Usage("--with is no JSON object; write it as '{\"name\": \"value\"}'".to_owned()))
}

/// Every part of a column of a file.
fn read_column(
    file: &Path,
    column: &str,
    column_type: Option<&str>,
) -> Result<(String, ColumnType, Vec<ArrayRef>), Error> {
    let unknown = |_| Error::Usage("--type is none of the types that `--help` lists".to_owned());
    let given =
        column_type.map(|name| serde_json::from_value::<ColumnType>(name.into())).transpose().map_err(unknown)?;
    let types = given.iter().map(|given| (column.to_owned(), *given)).collect();
    let mut source = source::open(&[file.to_owned()], &ReadOptions { types, ..ReadOptions::default() })?;
    let (mut parts, mut found) = (Vec::new(), None);
    while let Some(chunk) = source.next()? {
        let batch = chunk.decode()?;
        let missing = || Error::Usage(format!("{} has no column {column}", file.display()));
        let array = batch.columns().column_by_name(column).ok_or_else(missing)?;
        let untaken = || Error::Usage(format!("column {column} is of a type that no transform takes"));
        let column_type = given.or(ColumnType::for_arrow(array.data_type())).ok_or_else(untaken)?;
        found = Some(column_type);
        let inexact = |row| {
            Error::Usage(format!("column {column} has a value that is no {column_type}, {}", batch.place().row(row)))
        };
        parts.push(cast_exactly(array, &column_type.arrow()).map_err(inexact)?);
    }
    let empty = || Error::Usage(format!("{} has no rows", file.display()));
    Ok((column.to_owned(), found.ok_or_else(empty)?, parts))
}
