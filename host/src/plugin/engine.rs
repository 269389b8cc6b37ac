//! The one engine: pooled instances, copy-on-write images, deadlines by epoch, and nothing of WASI.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::component::Component;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::Compiled;
use super::cache::CodeCache;
use super::cost;
use super::limits::Limits;
use crate::error::Error;

/// How many instances may be alive at once: one for each worker that the command takes.
const INSTANCES: u32 = 128;

/// Core modules and tables in one instance. CPython has 38, which share two tables; whoever has more is refused when it is
/// loaded, and does not use up what others need.
const CORE_INSTANCES: u32 = 64;
const TABLES: u32 = 8;

/// Memory, and tables, of an instance that stay mapped for the next one in its slot, reset to the image before it is
/// reused: most batches then run without page faults.
const RESIDENT: usize = 16 << 20;

/// How many slots of instances that nobody uses are kept so, for each processor: one for each plugin of a usual policy. Of
/// more, the one that was used longest ago is taken for the next instance, so that the plugins of earlier revisions keep no
/// memory.
const WARM: usize = 8;

/// Runs plugins. One for a process is enough; clones share it.
#[derive(Clone)]
pub struct Engine {
    engine: wasmtime::Engine,
    limits: Limits,
    cache: Option<Arc<CodeCache>>,
    /// What is compiled and in use, by the digest of its bytes.
    alive: Arc<Mutex<BTreeMap<String, Weak<Compiled>>>>,
    /// Whether compiling leaves the processors to those who mask.
    in_background: bool,
}

impl Engine {
    /// An engine with these limits; compiled code is kept in `cache`, if there is one.
    ///
    /// # Errors
    /// The machine cannot run it: no address space for the pool, or an unknown processor.
    pub fn new(limits: Limits, cache: Option<CodeCache>) -> Result<Self, Error> {
        let engine =
            wasmtime::Engine::new(&config(&limits)).map_err(|error| Error::Engine(error.root_cause().to_string()))?;
        tick(&engine, limits.tick);
        Ok(Self { engine, limits, cache: cache.map(Arc::new), alive: Arc::default(), in_background: false })
    }

    /// The same engine with tighter limits for one call: no more memory than the pool gives.
    #[must_use]
    pub fn limited(&self, deadline: Duration, memory: usize) -> Self {
        let limits = Limits { deadline, memory: memory.min(self.limits.memory), ..self.limits };
        Self { limits, ..self.clone() }
    }

    /// The same engine, compiling on one thread for all that ask for this: other threads mask meanwhile.
    #[must_use]
    pub fn in_background(self) -> Self {
        Self { in_background: true, ..self }
    }

    /// What was compiled of these bytes, if somebody uses it.
    pub(super) fn alive(&self, digest: &str) -> Option<Arc<Compiled>> {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner).get(digest).and_then(Weak::upgrade)
    }

    /// Shares what was compiled for as long as somebody uses it.
    pub(super) fn keep(&self, digest: &str, compiled: Compiled) -> Arc<Compiled> {
        let compiled = Arc::new(compiled);
        let mut alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        alive.retain(|_, compiled| compiled.strong_count() > 0);
        alive.insert(digest.to_owned(), Arc::downgrade(&compiled));
        compiled
    }

    /// What one call may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.engine
    }

    /// Compiles a component, or takes its code from the cache.
    pub(super) fn compile(&self, digest: &str, bytes: &[u8]) -> wasmtime::Result<Component> {
        if let Some(component) = self.cache.as_ref().and_then(|cache| cache.load(&self.engine, digest)) {
            return Ok(component);
        }
        cost::check(bytes).map_err(wasmtime::Error::msg)?;
        let compile = || Component::new(&self.engine, bytes);
        let component = match one_thread().filter(|_| self.in_background) {
            Some(pool) => pool.install(compile)?,
            None => compile()?,
        };
        if let Some(cache) = &self.cache {
            cache.store(&self.engine, digest, &component);
        }
        Ok(component)
    }
}

/// The one thread of the process that compiles while others mask.
fn one_thread() -> Option<&'static rayon::ThreadPool> {
    static POOL: OnceLock<Option<rayon::ThreadPool>> = OnceLock::new();
    let build = || rayon::ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "moretta-compile".into()).build();
    POOL.get_or_init(|| build().ok()).as_ref()
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("limits", &self.limits).finish_non_exhaustive()
    }
}

fn warm_slots() -> u32 {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(processors.saturating_mul(WARM)).unwrap_or(INSTANCES).min(INSTANCES)
}

fn config(limits: &Limits) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .total_core_instances(INSTANCES.saturating_mul(CORE_INSTANCES))
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_memories(INSTANCES)
        .max_memories_per_component(4)
        .total_tables(INSTANCES.saturating_mul(TABLES))
        .max_tables_per_component(TABLES)
        .max_memory_size(limits.memory)
        .max_unused_warm_slots(warm_slots())
        .linear_memory_keep_resident(RESIDENT)
        .table_keep_resident(RESIDENT)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        .memory_init_cow(true)
        // Same input, same bytes out, on every processor.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        // A backtrace would name the guest's functions in an error.
        .wasm_backtrace_max_frames(None);
    config
}

/// Counts epochs for as long as the engine lives. The ticker belongs to the engine and not to a setting: a deadline
/// that nobody counts towards would never come.
///
/// A sleep is always a little too long, and thousands of them by much: each tick is due at its own time, and those that a
/// busy machine missed follow at once.
fn tick(engine: &wasmtime::Engine, every: Duration) {
    let engine = engine.weak();
    thread::spawn(move || {
        let mut due = Instant::now();
        loop {
            due = due.checked_add(every).unwrap_or(due);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    });
}
