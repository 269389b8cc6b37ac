//! The threads that mask, for one run or for any number of them at once.

use std::fmt;
use std::thread;

use crossbeam_channel::{Sender, unbounded};

type Job = Box<dyn FnOnce() + Send>;

/// Threads that mask. Clones share them; they end with the last clone, after what was given to them.
///
/// Nothing that waits is given to them: reading and writing have threads of their own, so that no slow input and no slow
/// reader of an output holds one.
#[derive(Clone)]
pub struct Workers {
    jobs: Sender<Job>,
    threads: usize,
}

impl Workers {
    /// So many threads, at least one.
    pub fn new(threads: usize) -> Self {
        let threads = threads.max(1);
        let (jobs, given) = unbounded::<Job>();
        for _ in 0..threads {
            let given = given.clone();
            thread::spawn(move || given.iter().for_each(|job| job()));
        }
        Self { jobs, threads }
    }

    /// How many there are.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How many jobs wait for one of them.
    pub fn waiting(&self) -> usize {
        self.jobs.len()
    }

    /// Gives one of them something to do, in the order of giving. It must not panic: it would end its thread.
    pub(crate) fn give(&self, job: impl FnOnce() + Send + 'static) {
        // The threads live as long as this: somebody listens.
        let _ = self.jobs.send(Box::new(job));
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workers({})", self.threads)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};

    use super::*;

    #[test]
    fn what_was_given_is_done_by_as_many_threads_as_there_are() {
        let (done, all) = unbounded();
        let workers = Workers::new(3);
        let barrier = Arc::new(Barrier::new(3));
        for number in 0..3 {
            let (done, barrier) = (done.clone(), barrier.clone());
            workers.give(move || {
                // Nobody passes before three of them are here.
                barrier.wait();
                done.send(number).unwrap();
            });
        }
        drop((workers, done));
        let mut all: Vec<_> = all.iter().collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2]);
    }
}
