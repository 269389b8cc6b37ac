//! The day by the system's clock: for what expires. What is masked depends on the policy's `reference_date` alone.

use std::time::{SystemTime, UNIX_EPOCH};

/// Days since 1970-01-01 in UTC.
pub(crate) fn today() -> i32 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i32::try_from(seconds / 86_400).unwrap_or(i32::MAX)
}
