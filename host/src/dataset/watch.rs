//! Notices that the sources of a dataset changed.
//!
//! The file system rings a bell, or a clock does; whether anything changed is what the files themselves say. When they
//! were left alone for a while they are read, and what they hold decides.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, select};
use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::Dataset;
use super::change::Inner;
use super::sources::Touch;
use crate::audit::Who;
use crate::error::Error;

/// How often files that do not come to rest are looked at before they are read all the same.
const LOOKS: usize = 100;

/// Reloads a dataset whenever its sources change, until it is dropped. What comes of it stands in the status.
#[derive(Debug)]
pub struct Watcher {
    _ends: Sender<()>,
}

impl Watcher {
    pub(super) fn start(dataset: &Dataset) -> Result<Self, Error> {
        let (ends, ended) = bounded(0);
        let (ring, bell) = bounded(1);
        let dataset = &dataset.0;
        let watching = dataset.settings.watch;
        let mut watch = Watch {
            dataset: Arc::downgrade(dataset),
            files: if watching.events { events(ring.clone()) } else { None },
            _ring: ring,
            watched: BTreeSet::new(),
            seen: dataset.sources.touches(),
            settle: Duration::from_millis(watching.settle_ms),
        };
        watch.follow(dataset);
        let poll = Duration::from_millis(watching.poll_ms.max(1));
        let run = move || watch.run(&ended, &bell, poll);
        thread::Builder::new().name("moretta-watch".into()).spawn(run).map_err(Error::io("start", "a thread"))?;
        // What changed between the last reading and the first watch is seen at once.
        let inner = dataset.clone();
        drop(inner.reload(&Who::of_process()));
        Ok(Self { _ends: ends })
    }
}

/// Rings when something is written. `None` where the system gives no events: then the clock alone rings.
fn events(ring: Sender<()>) -> Option<RecommendedWatcher> {
    let tell = move |event: notify::Result<notify::Event>| {
        let is_read = |kind: EventKind| matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write));
        // An error may stand for events that were lost.
        if !event.is_ok_and(|event| is_read(event.kind)) {
            // It rings already.
            let _ = ring.try_send(());
        }
    };
    notify::recommended_watcher(tell).ok()
}

struct Watch {
    dataset: Weak<Inner>,
    files: Option<RecommendedWatcher>,
    /// So that the bell is there also where nobody rings it.
    _ring: Sender<()>,
    /// The directories that tell.
    watched: BTreeSet<PathBuf>,
    /// How the files were when they were read last.
    seen: Vec<Touch>,
    settle: Duration,
}

impl Watch {
    fn run(&mut self, ended: &Receiver<()>, bell: &Receiver<()>, poll: Duration) {
        loop {
            select! {
                recv(ended) -> _ => return,
                recv(bell) -> _ => {}
                default(poll) => {}
            }
            let Some(dataset) = self.dataset.upgrade() else { return };
            self.look(&dataset);
        }
    }

    fn look(&mut self, dataset: &Arc<Inner>) {
        if dataset.sources.touches() == self.seen {
            return;
        }
        self.seen = self.at_rest(dataset);
        // Why it failed stands in the status.
        drop(dataset.reload(&Who::of_process()));
        self.follow(dataset);
    }

    /// How the files are when nobody has touched them for a while.
    fn at_rest(&self, dataset: &Inner) -> Vec<Touch> {
        let mut before = dataset.sources.touches();
        for _ in 0..LOOKS {
            thread::sleep(self.settle);
            let now = dataset.sources.touches();
            if now == before {
                break;
            }
            before = now;
        }
        before
    }

    /// Symbolic links may lead elsewhere now.
    fn follow(&mut self, dataset: &Inner) {
        let Some(files) = &mut self.files else { return };
        let wanted = dataset.sources.directories();
        for gone in self.watched.difference(&wanted) {
            // It may be gone altogether.
            drop(files.unwatch(gone));
        }
        // A directory that cannot be watched is looked at by the clock.
        self.watched =
            wanted.into_iter().filter(|path| files.watch(path, RecursiveMode::NonRecursive).is_ok()).collect();
    }
}
