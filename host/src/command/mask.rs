//! `moretta mask`.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{read_policy, show};
use crate::cli::{HostArguments, MaskArguments};
use crate::error::Error;
use crate::host::{Host, HostBuilder};
use crate::keys::Keyring;
use crate::plugin::{CodeCache, Limits};
use crate::policy::Policy;
use crate::run::{FileRun, mask_files};

/// Masks the files that the arguments name.
pub(super) fn run(arguments: &MaskArguments) -> Result<(), Error> {
    let policy = read_policy(&arguments.policy, arguments.labels.as_deref())?;
    let host = host(policy, &arguments.host)?;
    let run = FileRun {
        inputs: arguments.inputs.clone(),
        input_format: arguments.input_format,
        out: arguments.out.clone(),
        format: arguments.format,
        workers: arguments.workers.map_or_else(processors, usize::from),
        batch_bytes: arguments.batch_bytes,
        quarantine: arguments.quarantine.clone(),
        max_quarantined: arguments.max_quarantined,
        report: arguments.report.clone(),
    };
    let bar = bar(arguments);
    let report = mask_files(&host, &run, |progress| {
        bar.set_position(progress.bytes);
        bar.set_message(progress.rows.to_string());
    });
    bar.finish_and_clear();
    let report = report?;
    if !arguments.quiet {
        show::summary(&report);
    }
    Ok(())
}

fn host(policy: Policy, arguments: &HostArguments) -> Result<Host, Error> {
    let limits = Limits {
        deadline: Duration::from_millis(arguments.plugin_deadline),
        memory: arguments.plugin_memory << 20,
        ..Limits::default()
    };
    let mut builder = with_cache(Host::builder(policy), arguments.cache.as_deref()).limits(limits);
    if let Some(directory) = &arguments.keyring {
        builder = builder.keyring(Keyring::open(directory)?);
    } else if arguments.ephemeral_keys {
        builder = builder.ephemeral_keys();
    }
    match &arguments.plugins {
        None => builder.build(),
        Some(directory) => builder.build_with_plugins_in(directory),
    }
}

/// A cache that cannot be had costs start-up time, and nothing else.
pub(super) fn with_cache(builder: HostBuilder, directory: Option<&Path>) -> HostBuilder {
    let directory = directory.map(Path::to_owned).or_else(cache_directory);
    match directory.and_then(CodeCache::open) {
        None => builder,
        Some(cache) => builder.code_cache(cache),
    }
}

/// As the XDG Base Directory Specification has it.
fn cache_directory() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("moretta"))
}

fn processors() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// A bar on a terminal, nothing in a pipe. The end is known where no input is compressed or streamed.
fn bar(arguments: &MaskArguments) -> ProgressBar {
    if arguments.quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let plain = |path: &PathBuf| {
        let packed = path.extension().is_some_and(|extension| extension == "gz" || extension == "zst");
        let length = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
        length.filter(|_| !packed)
    };
    let total: Option<u64> = arguments.inputs.iter().map(plain).sum();
    let template = match total {
        Some(_) => "{bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {msg} rows  {eta} left",
        None => "{spinner} {bytes}  {bytes_per_sec}  {msg} rows",
    };
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
