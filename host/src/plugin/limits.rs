//! What one call may use, and why these numbers.

use std::time::Duration;

/// What one call may use. Past any of these the instance is dropped, and the run stops: a guest fault.
///
/// Compiling comes before any call, and none of these bounds it: the compiler can neither be stopped nor be given a limit
/// of memory. So what it works on is counted first, and a component with too much of something is refused (functions, code,
/// instances, locals times the places where they meet). What that leaves takes at its peak, above what the process has
/// (wasmtime 48, one thread):
///
/// | component | size | peak | peak for each MiB |
/// |---|---|---|---|
/// | a kit's plugin in Python | 18.2 MiB | 289 MiB | 16 MiB |
/// | a kit's plugin in TypeScript | 1.6 MiB | 57 MiB | 35 MiB |
/// | one function that adds 400,000 times | 1.1 MiB | 253 MiB | 220 MiB |
/// | 20 functions with 10,000 indirect calls each | 1.0 MiB | 344 MiB | 360 MiB |
/// | 100,000 functions of one instruction | 0.6 MiB | 569 MiB | 990 MiB |
///
/// The size of a file bounds what compilers make, and not what somebody made to exhaust the host: for that there are
/// signatures ([`Trust`](crate::store::Trust)), and as the last resort a limit of the process, such as `MemoryMax=` of
/// systemd, which ends more than the compiler.
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
