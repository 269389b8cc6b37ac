//! Keeps what is in memory from reaching a disk.

use std::hint::black_box;
use std::ptr;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use zeroize::Zeroize;

/// Asks the system to keep what lies here out of swap (`mlock`). Where that is not allowed (`RLIMIT_MEMLOCK`), swap has
/// to be encrypted or off.
pub(in crate::keys) fn keep_from_swap<T>(place: &T) {
    if let Ok(guard) = region::lock(ptr::from_ref(place), size_of::<T>()) {
        // Locks do not nest: unlocking a page for one key would unlock it for its neighbours.
        std::mem::forget(guard);
    }
}

/// More stack than any cipher's own work takes, in words of 64 bits: 32 KiB.
const FRAMES: usize = 4096;

/// Does work with key bytes, and wipes the stack that it used. A cipher that is made on the stack and moved away wipes
/// itself where it ends, and not the places that it was moved from. What the work gives is moved as well: it holds secrets
/// on the heap alone.
#[inline(never)]
pub(in crate::keys) fn without_trace<T>(work: impl FnOnce() -> T) -> T {
    let done = apart(work);
    wipe();
    done
}

#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

#[inline(never)]
fn wipe() {
    let mut frames = [0_u64; FRAMES];
    frames.zeroize();
    black_box(&mut frames);
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
