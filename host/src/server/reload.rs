//! What is read again: datasets, certificates and the keys of tokens.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, Interval, interval_at};

use super::log::Level;
use super::served::Served;
use super::state::Server;
use super::tls::Acceptor;
use crate::audit::Who;
use crate::dataset::{ReloadFailed, Reloaded};

const MINUTE: Duration = Duration::from_secs(60);

/// Reads everything again. What cannot be used leaves what was in force as it is.
pub(crate) fn everything(server: &Arc<Server>, acceptor: &Acceptor) {
    for served in server.datasets() {
        // What became of it is in the log.
        drop(dataset(server, served, &Who::of_process()));
    }
    if let Err(error) = acceptor.reload(server.config().tls.as_ref()) {
        server.log().write(Level::Error, "certificates-kept", &[("reason", error.to_string().into())]);
    }
    keys(server);
}

/// Makes a revision of a dataset's files as they are now, and logs what became of it.
///
/// # Errors
/// It failed, and what was in force still is.
pub(crate) fn dataset(server: &Server, served: &Served, who: &Who) -> Result<Reloaded, ReloadFailed> {
    let name = ("dataset", served.name().into());
    let reloaded = served.dataset().reload(who);
    match &reloaded {
        Ok(reloaded) => {
            let (word, revision) = match *reloaded {
                Reloaded::Unchanged(revision) => ("unchanged", revision),
                Reloaded::InForce(revision) => ("in-force", revision),
                Reloaded::Shadow(revision) => ("shadow", revision),
                Reloaded::Canary(revision) => ("canary", revision),
            };
            let fields = [name, ("result", word.into()), ("revision", revision.into())];
            server.log().write(Level::Info, "reloaded", &fields);
        }
        Err(failed) => {
            let fields = [name, ("revision", failed.revision.into()), ("reason", failed.to_string().into())];
            server.log().write(Level::Error, "reload-failed", &fields);
        }
    }
    reloaded
}

fn keys(server: &Server) {
    let Some(verifier) = server.verifier() else { return };
    if let Err(reason) = verifier.keys().refresh() {
        server.log().write(Level::Error, "token-keys-kept", &[("reason", reason.into())]);
    }
}

/// Reads the keys of tokens from time to time, and takes away answers that were kept for long enough.
pub(crate) async fn from_time_to_time(server: Arc<Server>) {
    let every = server.config().tokens.as_ref().map_or(MINUTE, |tokens| Duration::from_secs(tokens.refresh_seconds));
    let (mut keys_due, mut spool_due) = (times(every), times(MINUTE));
    loop {
        let is_keys = tokio::select! {
            _ = keys_due.tick() => true,
            _ = spool_due.tick() => false,
        };
        let server = server.clone();
        let act =
            move || if is_keys { keys(&server) } else { server.spool().into_iter().for_each(|spool| spool.purge()) };
        drop(spawn_blocking(act).await);
    }
}

fn times(every: Duration) -> Interval {
    interval_at(Instant::now().checked_add(every).unwrap_or_else(Instant::now), every)
}
