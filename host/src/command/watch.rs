//! `moretta watch`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::mask::{code_cache, stop_when_asked};
use super::print;
use crate::cli::WatchArguments;
use crate::dataset::{Dataset, KeyringSource, Settings, Signatures, Sources};
use crate::error::{Blame, Error};
use crate::inbox::{Folders, Inbox, Outcome, Told};
use crate::plugin::{Engine, Limits};

/// Masks what arrives, until it is told to stop.
pub(super) fn run(arguments: &WatchArguments) -> Result<(), Error> {
    let engine = Engine::new(Limits::default(), code_cache(arguments.host.cache.as_deref()))?;
    let name = arguments.inbox.display().to_string();
    let dataset = Dataset::open(&name, &engine, sources(arguments), settings(arguments))?;
    let interrupted = Arc::new(AtomicBool::new(false));
    stop_when_asked(&interrupted)?;
    let mut inbox = Inbox::open(dataset.clone(), folders(arguments), interrupted.clone())?;
    let _watcher = dataset.watch()?;
    let mut outcome = Ok(());
    while !interrupted.load(Ordering::Relaxed) {
        let mut printed = Ok(());
        let waiting = inbox.look(&mut |told| {
            let one = tell(told);
            if printed.is_ok() {
                printed = one;
            }
            if told.outcome == Outcome::Failed {
                outcome = Err(failed(told));
            }
        })?;
        printed?;
        if arguments.once && (waiting == 0 || outcome.is_err()) {
            return outcome;
        }
        thread::sleep(Duration::from_millis(arguments.every));
    }
    Ok(())
}

fn tell(told: &Told) -> Result<(), Error> {
    let line = serde_json::to_string(told).map_err(|_| Error::Internal("what became of a file is no JSON"))?;
    print(&format!("{line}\n"))
}

fn failed(told: &Told) -> Error {
    let why = format!("{} stays in the inbox: {}", told.file, told.error.as_deref().unwrap_or_default());
    match told.blame {
        Some(Blame::Operator) => Error::Usage(why),
        _ => Error::Unmasked(why),
    }
}

fn sources(arguments: &WatchArguments) -> Sources {
    let host = &arguments.host;
    let keyring = host.keyring.clone();
    Sources {
        labels: arguments.labels.clone(),
        plugins: host.plugins.iter().cloned().collect(),
        signatures: host.trust_root.clone().map_or(Signatures::Unchecked, Signatures::Required),
        keyring: keyring.map(|directory| KeyringSource { directory, passphrase_file: host.passphrase_file.clone() }),
        vault: host.vault.clone(),
        audit: arguments.audit.clone(),
        ..Sources::new(&arguments.policy)
    }
}

fn settings(arguments: &WatchArguments) -> Settings {
    Settings {
        uniform: true,
        plugin_deadline_ms: Some(arguments.host.plugin_deadline),
        plugin_memory_mib: Some(arguments.host.plugin_memory),
        ..Settings::default()
    }
}

fn folders(arguments: &WatchArguments) -> Folders {
    let host = &arguments.host;
    let read = [&arguments.labels, &arguments.audit, &host.keyring, &host.vault, &host.passphrase_file, &host.plugins];
    let read = read.into_iter().chain([&host.trust_root, &host.cache]).flatten().chain([&arguments.policy]);
    Folders {
        inbox: arguments.inbox.clone(),
        outbox: arguments.out.clone(),
        done: arguments.done.clone(),
        quarantine: arguments.quarantine.clone(),
        max_quarantined: arguments.max_quarantined,
        format: arguments.format,
        sidecar: arguments.sidecar,
        lineage: arguments.lineage.clone(),
        settle: Duration::from_millis(arguments.settle),
        workers: arguments.workers.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from)),
        untouchable: read.cloned().collect(),
    }
}
