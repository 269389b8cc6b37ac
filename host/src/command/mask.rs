//! `moretta mask`.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::{audit, keyring, plugin, read_policy, show};
use crate::cli::{MaskArguments, Verify};
use crate::error::Error;
use crate::host::{Host, HostBuilder};
use crate::plugin::{CodeCache, Limits};
use crate::policy::{Policy, Thoroughness};
use crate::run::{FileRun, mask_files};

/// Masks the files that the arguments name.
pub(super) fn run(arguments: &MaskArguments) -> Result<(), Error> {
    let mut policy = read_policy(&arguments.policy, arguments.labels.as_deref())?;
    if let Some(verify) = arguments.verify {
        policy.gate.verify = match verify {
            Verify::Sample => Thoroughness::Sample,
            Verify::Full => Thoroughness::Full,
        };
    }
    let host = host(policy, arguments)?;
    let defaults = FileRun::new(arguments.inputs.clone(), arguments.out.clone());
    let run = FileRun {
        input_format: arguments.input_format,
        format: arguments.format,
        workers: arguments.workers.unwrap_or(defaults.workers),
        batch_bytes: arguments.batch_bytes,
        quarantine: arguments.quarantine.clone(),
        max_quarantined: arguments.max_quarantined,
        report: arguments.report.clone(),
        sidecar: arguments.sidecar,
        lineage: arguments.lineage.clone(),
        untouchable: untouchable(arguments),
        ..defaults
    };
    stop_when_asked(&run.interrupted)?;
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

fn host(policy: Policy, mask: &MaskArguments) -> Result<Host, Error> {
    let arguments = &mask.host;
    let limits = Limits {
        deadline: Duration::from_millis(arguments.plugin_deadline),
        memory: arguments.plugin_memory << 20,
        ..Limits::default()
    };
    let mut builder = with_cache(Host::builder(policy), arguments.cache.as_deref()).limits(limits);
    if let Some(directory) = arguments.keyring.as_ref().filter(|_| !mask.ephemeral_keys || mask.audit.is_some()) {
        let keyring = keyring::open_in(directory, arguments.passphrase_file.as_deref())?;
        match audit::trail(directory, &keyring, mask.audit.as_deref())? {
            Some(trail) => builder = builder.audit(trail),
            None if mask.quiet => {}
            None => {
                show::note("note: this run is in no audit trail: the keyring has no key `audit` to sign one with\n")
            }
        }
        builder = builder.keyring(keyring);
    }
    if mask.ephemeral_keys {
        builder = builder.ephemeral_keys();
    } else if let Some(vault) = &arguments.vault {
        builder = builder.vault(vault.clone());
    }
    builder = builder.trust(plugin::trust(arguments.trust_root.as_deref())?);
    match &arguments.plugins {
        None => builder.build(),
        Some(directory) => builder.build_with_plugins_in(directory),
    }
}

/// A cache that cannot be had costs start-up time, and nothing else.
pub(super) fn with_cache(builder: HostBuilder, directory: Option<&Path>) -> HostBuilder {
    match code_cache(directory) {
        None => builder,
        Some(cache) => builder.code_cache(cache),
    }
}

/// The cache in a directory, or that of the user.
pub(super) fn code_cache(directory: Option<&Path>) -> Option<CodeCache> {
    directory.map(Path::to_owned).or_else(cache_directory).and_then(CodeCache::open)
}

/// As the XDG Base Directory Specification has it.
fn cache_directory() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("moretta"))
}

/// What the run reads beside its inputs.
fn untouchable(arguments: &MaskArguments) -> Vec<PathBuf> {
    let host = &arguments.host;
    let given = [
        &arguments.labels,
        &arguments.audit,
        &host.keyring,
        &host.vault,
        &host.passphrase_file,
        &host.plugins,
        &host.trust_root,
        &host.cache,
    ];
    given.into_iter().flatten().chain([&arguments.policy]).cloned().collect()
}

/// Ctrl-C and the like end the run in order, so that nothing half-written is left; asked twice, it ends at once.
pub(super) fn stop_when_asked(interrupted: &Arc<AtomicBool>) -> Result<(), Error> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let registered = flag::register_conditional_shutdown(signal, 1, interrupted.clone())
            .and_then(|_| flag::register(signal, interrupted.clone()));
        registered.map_err(Error::io("listen for", "signals"))?;
    }
    Ok(())
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
