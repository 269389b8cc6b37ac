//! Those who write at the same time share one write: a disk is asked once, however many wait for it.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What waits to be written, and what came of what was written for others.
pub(super) struct Together<E, R> {
    waiting: Mutex<Waiting<E, R>>,
    written: Condvar,
}

struct Waiting<E, R> {
    next: u64,
    entries: Vec<(u64, E)>,
    /// Somebody writes.
    busy: bool,
    /// The outcomes for who waits; nothing if who wrote did not return.
    outcomes: BTreeMap<u64, Option<R>>,
}

impl<E, R> Default for Together<E, R> {
    fn default() -> Self {
        let waiting = Waiting { next: 0, entries: Vec::new(), busy: false, outcomes: BTreeMap::new() };
        Self { waiting: Mutex::new(waiting), written: Condvar::new() }
    }
}

impl<E, R> Together<E, R> {
    /// Has an entry written, in the order of coming: with those of others, by whoever is free to. `write` gives an outcome
    /// for each entry, in order. Nothing comes back if it panicked.
    pub(super) fn add(&self, entry: E, write: impl Fn(Vec<E>) -> Vec<R>) -> Option<R> {
        let mut waiting = self.lock();
        let mine = waiting.next;
        waiting.next = mine.wrapping_add(1);
        waiting.entries.push((mine, entry));
        loop {
            if let Some(outcome) = waiting.outcomes.remove(&mine) {
                return outcome;
            }
            if waiting.busy {
                waiting = self.written.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            waiting.busy = true;
            let (numbers, entries): (Vec<_>, Vec<_>) = std::mem::take(&mut waiting.entries).into_iter().unzip();
            drop(waiting);
            let mut writing = Writing { together: self, numbers, outcomes: Vec::new() };
            writing.outcomes = write(entries);
            drop(writing);
            waiting = self.lock();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<E, R>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One write. When it is over, also by a panic, those who wait hear of it.
struct Writing<'t, E, R> {
    together: &'t Together<E, R>,
    numbers: Vec<u64>,
    outcomes: Vec<R>,
}

impl<E, R> Drop for Writing<'_, E, R> {
    fn drop(&mut self) {
        let mut waiting = self.together.lock();
        waiting.busy = false;
        let mut outcomes = std::mem::take(&mut self.outcomes).into_iter();
        waiting.outcomes.extend(self.numbers.iter().map(|number| (*number, outcomes.next())));
        self.together.written.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_gets_its_own_outcome_and_many_share_a_write() {
        let (together, writes) = (Together::default(), AtomicUsize::new(0));
        let double = |entries: Vec<u64>| {
            writes.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(20));
            entries.iter().map(|number| number * 2).collect()
        };
        thread::scope(|scope| {
            for number in 0..100_u64 {
                let (together, double) = (&together, &double);
                scope.spawn(move || assert_eq!(together.add(number, double), Some(number * 2)));
            }
        });
        let writes = writes.into_inner();
        assert!((1..50).contains(&writes), "{writes}");
        assert!(together.lock().outcomes.is_empty());
    }

    #[test]
    fn nobody_waits_for_one_who_panicked() {
        let together = Together::<u8, u8>::default();
        let panicked = catch_unwind(AssertUnwindSafe(|| together.add(1, |_| panic!("the disk is on fire"))));
        assert!(panicked.is_err());
        together.lock().outcomes.clear();
        assert_eq!(together.add(2, |entries| entries), Some(2));
    }
}
