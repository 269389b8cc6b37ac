//! Keeps what is in memory from reaching a disk.

use std::ptr;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Asks the system to keep what lies here out of swap (`mlock`). Where that is not allowed (`RLIMIT_MEMLOCK`), swap has
/// to be encrypted or off.
pub(in crate::keys) fn keep_from_swap<T>(place: &T) {
    if let Ok(guard) = region::lock(ptr::from_ref(place), size_of::<T>()) {
        // Locks do not nest: unlocking a page for one key would unlock it for its neighbours.
        std::mem::forget(guard);
    }
}

/// Forbids core dumps of this process, and lets no other process of the same user read its memory or environment
/// (`man 2 prctl`, `PR_SET_DUMPABLE`). For a program to call as it starts; the command does.
///
/// # Errors
/// The system refuses it.
pub fn forbid_dumps() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}
