//! What `turn` synchronizes with. A test that tries interleavings gives it others of the same names.

pub(super) use std::sync::atomic::{AtomicUsize, Ordering, fence};
pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One pointer that is read without waiting, and changed as a whole.
pub(super) type Pointer<T> = arc_swap::ArcSwap<T>;
