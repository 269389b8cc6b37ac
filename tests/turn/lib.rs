//! The code of the host that says which revision is in force, under a scheduler that tries interleavings.

#![cfg(test)]

/// What `turn` synchronizes with, under the scheduler of the test: every access to it is a place to go on elsewhere.
mod sync {
    pub(super) use shuttle::sync::atomic::{AtomicUsize, Ordering, fence};
    pub(super) use shuttle::sync::{Arc, Mutex};

    /// What `arc_swap::ArcSwap` promises, with a lock.
    #[derive(Debug)]
    pub(super) struct Pointer<T>(Mutex<Arc<T>>);

    impl<T> Pointer<T> {
        pub(super) fn new(first: Arc<T>) -> Self {
            Self(Mutex::new(first))
        }

        pub(super) fn load_full(&self) -> Arc<T> {
            lock(&self.0).clone()
        }

        pub(super) fn store(&self, next: Arc<T>) {
            *lock(&self.0) = next;
        }
    }

    pub(super) fn lock<T>(mutex: &Mutex<T>) -> shuttle::sync::MutexGuard<'_, T> {
        mutex.lock().unwrap()
    }
}

#[path = "../../host/src/dataset/turn.rs"]
#[expect(dead_code, reason = "the host uses more of it than the interleavings here need")]
mod turn;

mod tests;
