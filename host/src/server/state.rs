//! What all requests share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::LAST_WORDS;
use super::access::{Jwks, KeyFile, Operation, Principal, Verifier};
use super::api;
use super::config::Config;
use super::ending::Cause;
use super::gates::{Count, Gates};
use super::log::{Level, Log};
use super::metrics::Metrics;
use super::problem::Problem;
use super::runs::Runs;
use super::served::Served;
use super::spool::Spool;
use super::traces::Traces;
use crate::dataset::{Dataset, Watcher};
use crate::error::Error;
use crate::plugin::{CodeCache, Engine, Limits};
use crate::workers::Workers;

/// What all requests share.
pub(crate) struct Server {
    config: Config,
    datasets: BTreeMap<String, Arc<Served>>,
    verifier: Option<Verifier>,
    gates: Gates,
    runs: Runs,
    spool: Option<Arc<Spool>>,
    workers: Workers,
    log: Arc<Log>,
    traces: Traces,
    metrics: Metrics,
    connections: Count,
    stopping: watch::Sender<bool>,
}

impl Server {
    /// Makes everything that the configuration says.
    ///
    /// # Errors
    /// The first thing that cannot be used.
    pub(crate) fn open(config: Config, cache: Option<CodeCache>) -> Result<Self, Error> {
        let engine = Engine::new(Limits::default(), cache)?;
        let mut datasets = BTreeMap::new();
        for (name, dataset) in &config.datasets {
            let opened = Dataset::open(name, &engine, dataset.sources(), dataset.revisions.clone())?;
            datasets.insert(name.clone(), Arc::new(Served::new(opened, dataset.clone(), &config.bounds)?));
        }
        let verifier = config.tokens.clone().map(|tokens| {
            let file = match tokens.jwks.starts_with("https://") {
                true => KeyFile::From(tokens.jwks.clone(), tokens.jwks_ca.clone()),
                false => KeyFile::At(tokens.jwks.clone().into()),
            };
            Ok::<_, Error>(Verifier::new(Arc::new(Jwks::open(file)?), tokens))
        });
        let log = Arc::new(Log::to_stderr());
        Ok(Self {
            datasets,
            verifier: verifier.transpose()?,
            gates: Gates::new(&config.bounds),
            runs: Runs::new(Duration::from_secs(config.bounds.keep_runs_seconds)),
            spool: config.spool.as_ref().map(Spool::open).transpose()?.map(Arc::new),
            workers: Workers::new(config.workers),
            traces: Traces::open(config.traces.as_ref(), &log)?,
            log,
            metrics: Metrics::new(api::paths()),
            connections: Count::default(),
            stopping: watch::Sender::new(false),
            config,
        })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn datasets(&self) -> impl Iterator<Item = &Arc<Served>> {
        self.datasets.values()
    }

    pub(crate) fn verifier(&self) -> Option<&Verifier> {
        self.verifier.as_ref()
    }

    pub(crate) fn gates(&self) -> &Gates {
        &self.gates
    }

    pub(crate) fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Where answers are kept, if they are.
    pub(crate) fn spool(&self) -> Option<&Arc<Spool>> {
        self.spool.as_ref()
    }

    pub(crate) fn workers(&self) -> &Workers {
        &self.workers
    }

    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    pub(crate) fn traces(&self) -> &Traces {
        &self.traces
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The connections that are open.
    pub(crate) fn connections(&self) -> &Count {
        &self.connections
    }

    /// A dataset on which a principal may do something. Who may not does not learn whether there is such a dataset.
    ///
    /// # Errors
    /// No role allows it, or there is no such dataset.
    pub(crate) fn dataset(
        &self,
        principal: &Principal,
        operation: Operation,
        name: &str,
    ) -> Result<&Arc<Served>, Problem> {
        if !self.config.roles.allow(principal, operation, name) {
            return Err(Problem::forbidden());
        }
        self.datasets.get(name).ok_or_else(Problem::not_found)
    }

    /// Whether every dataset has a healthy revision, and the server takes requests.
    pub(crate) fn is_ready(&self) -> bool {
        !*self.stopping.borrow() && self.datasets().all(|served| served.dataset().status().is_ready())
    }

    /// Reloads datasets when their files change, as long as what is returned lives.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn watch(&self) -> Result<Vec<Watcher>, Error> {
        self.datasets().map(|served| served.dataset().watch()).collect()
    }

    /// Takes no connections any more, and no requests on those there are.
    pub(crate) fn stop_listening(&self) {
        self.stopping.send_replace(true);
        self.log.write(Level::Info, "stopping", &[]);
    }

    /// Waits until the server is to stop.
    pub(crate) async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        // This holds a sender: there is no error.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    /// Waits for what is under way, and ends what takes too long.
    pub(crate) async fn drain(&self) {
        let until = |wait| Instant::now().checked_add(wait).unwrap_or_else(Instant::now);
        if timeout_at(until(self.config.bounds.drain()), self.idle()).await.is_err() {
            self.log.write(Level::Warning, "ended-under-way", &[("connections", self.connections.now().into())]);
            self.datasets().for_each(|served| served.end_all(Cause::ShutDown));
            let _ = timeout_at(until(LAST_WORDS), self.idle()).await;
        }
    }

    async fn idle(&self) {
        while self.connections.now() > 0 || self.datasets().any(|served| served.busy() > 0) {
            sleep(Duration::from_millis(10)).await;
        }
    }
}
