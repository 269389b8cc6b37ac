//! `moretta serve`: rows come over HTTP, and go back masked.
//!
//! Tokio does the network, and nothing else. A body goes through a bounded channel to a thread of its own, where
//! [`mask_stream`](crate::stream::mask_stream) masks it with the workers of the process, and what is released goes
//! through another bounded channel back to the network: nobody who waits for a client holds a worker.
//!
//! ```text
//!  network ─▶ body ─▶ thread: mask_stream ─▶ answer ─▶ network
//!                        │  one lease, one run       └─ trailers: complete, or the connection breaks
//!                     workers of the process
//! ```
//!
//! Who asks is authenticated at the connection or by a token, and what no role allows is denied.

mod access;
mod answer;
mod api;
mod body;
mod config;
mod ending;
mod exchange;
mod gates;
mod listen;
mod log;
mod metrics;
mod paced;
mod problem;
mod reload;
mod replay;
mod run;
mod runs;
mod served;
mod spool;
mod state;
mod tls;
mod traces;

pub use api::openapi;
pub use config::Config;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::Error;
use crate::plugin::CodeCache;
use log::Level;
use state::Server;

/// Two threads for the network, however many mask: they only carry bytes.
const NETWORK_THREADS: usize = 2;

/// Makes everything that a configuration needs, and lets nobody call it: all that is wrong with policies, keys,
/// certificates and plugins shows.
///
/// # Errors
/// The first thing that cannot be used.
pub fn check(config: Config, cache: Option<CodeCache>) -> Result<(), Error> {
    tls::acceptor(config.tls.as_ref())?;
    Server::open(config, cache).map(drop)
}

/// Serves until the process is told to stop (SIGTERM, SIGINT). SIGHUP reloads.
///
/// # Errors
/// Something of the configuration cannot be used, or the address not be had.
pub fn serve(config: Config, cache: Option<CodeCache>) -> Result<(), Error> {
    lift_file_limit();
    let acceptor = tls::acceptor(config.tls.as_ref())?;
    let server = Arc::new(Server::open(config, cache)?);
    let _watchers = server.watch()?;
    runtime()?.block_on(async {
        let address = server.config().listen;
        let listener = TcpListener::bind(address).await.map_err(Error::io("listen on", address.to_string()))?;
        let mut terminate = signals(SignalKind::terminate())?;
        let mut interrupt = signals(SignalKind::interrupt())?;
        let mut hang_up = signals(SignalKind::hangup())?;
        let here = listener.local_addr().map_err(Error::io("listen on", address.to_string()))?;
        server.log().write(Level::Info, "listening", &[("address", here.to_string().into())]);
        let tick = tokio::spawn(reload::from_time_to_time(server.clone()));
        let router = api::router(server.clone());
        let accepting = tokio::spawn(listen::accept(listener, acceptor.clone(), server.clone(), router));
        if let Some(address) = server.config().metrics {
            let listener = TcpListener::bind(address).await.map_err(Error::io("listen on", address.to_string()))?;
            let here = listener.local_addr().map_err(Error::io("listen on", address.to_string()))?;
            server.log().write(Level::Info, "metrics", &[("address", here.to_string().into())]);
            let router = api::metrics_alone(server.clone());
            tokio::spawn(listen::accept(listener, tls::Acceptor::plain(), server.clone(), router));
        }
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => {
                    let (server, acceptor) = (server.clone(), acceptor.clone());
                    tokio::task::spawn_blocking(move || reload::everything(&server, &acceptor));
                }
            }
        }
        tick.abort();
        server.stop_listening();
        server.drain().await;
        drop(accepting.await);
        let traced = server.clone();
        drop(tokio::task::spawn_blocking(move || traced.traces().end()).await);
        server.log().write(Level::Info, "stopped", &[]);
        Ok(())
    })
}

fn runtime() -> Result<Runtime, Error> {
    let runtime =
        Builder::new_multi_thread().worker_threads(NETWORK_THREADS).thread_name("network").enable_all().build();
    runtime.map_err(Error::io("start", "the threads of the network"))
}

fn signals(kind: SignalKind) -> Result<tokio::signal::unix::Signal, Error> {
    signal(kind).map_err(Error::io("listen for", "signals"))
}

/// Each connection is an open file, and the customary limit is for programs with few of them.
fn lift_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be lifted, there are fewer connections.
    let _ = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// How long a server that was told to stop waits after it ended what was under way.
const LAST_WORDS: Duration = Duration::from_secs(2);
