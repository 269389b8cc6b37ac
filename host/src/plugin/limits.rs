//! What one call may use, and why these numbers.

use std::time::Duration;

/// What one call may use. Past any of these the instance is dropped, and the run stops: a guest fault.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Linear memory of one instance in bytes, of all its memories together. A Rust guest needs about three times its
    /// batch; 256 MiB also suits the interpreters of other languages.
    pub memory: usize,
    /// How long one call may take, instantiation included. A batch takes milliseconds: this bound is for loops.
    pub deadline: Duration,
    /// How often the clock ticks that deadlines are counted in: a call is stopped at most two ticks late.
    pub tick: Duration,
    /// How many bytes of each argument a call may return for each byte it was lent, over a floor of 1 MiB.
    pub growth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 256 << 20, deadline: Duration::from_secs(10), tick: Duration::from_millis(2), growth: 32 }
    }
}

impl Limits {
    /// The deadline in ticks, rounded up: when to look at the time for the first time.
    pub(crate) fn ticks(&self) -> u64 {
        let ticks = self.deadline.as_nanos().div_ceil(self.tick.as_nanos().max(1));
        u64::try_from(ticks).unwrap_or(u64::MAX).max(1)
    }

    /// How many bytes may be lifted out of a call that was lent so many.
    pub(crate) fn lift(&self, lent: usize) -> usize {
        lent.saturating_mul(self.growth).saturating_add(1 << 20).min(self.memory)
    }
}
