//! What `turn` synchronizes with. A test that tries interleavings gives it others of the same names.

pub(super) use std::sync::atomic::{AtomicUsize, Ordering, fence};
pub(super) use std::sync::{Arc, Mutex};

use std::sync::{MutexGuard, PoisonError};

/// One pointer that is read without waiting, and changed as a whole.
pub(super) type Pointer<T> = arc_swap::ArcSwap<T>;

/// What is behind these locks is changed in one step, so a thread that panicked left nothing half-done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
