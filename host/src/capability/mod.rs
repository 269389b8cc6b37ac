//! Which world is linked with which import. What is not linked here cannot be reached by any plugin.

mod date_shift;
mod encryption;
mod given;
mod pseudonym;
mod random;
mod vault;

pub(crate) use given::Expected;
use given::Given;
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, ResourceLimiter, Result};

use crate::contract::latest::moretta::plugin;
use crate::manifest::World;

/// The interfaces that a world gives, beside the types.
pub(crate) fn imports(world: World) -> &'static [&'static str] {
    match world {
        World::Masker | World::Classifier | World::TextClassifier => &[],
        World::PseudonymMasker => &["pseudonym"],
        World::DateShiftMasker => &["date-shift"],
        World::EncryptionMasker => &["encryption"],
        World::DeterministicEncryptionMasker => &["deterministic-encryption"],
        World::FormatPreservingMasker => &["format-preserving-encryption"],
        World::TokenMasker => &["vault"],
        World::RandomMasker => &["random"],
    }
}

/// The interface that a world asks for.
pub(crate) fn export(world: World) -> &'static str {
    match world {
        World::Masker => "mask",
        World::PseudonymMasker => "mask-with-pseudonym-key",
        World::DateShiftMasker => "mask-with-date-shift-key",
        World::EncryptionMasker => "mask-with-encryption-key",
        World::DeterministicEncryptionMasker => "mask-with-deterministic-encryption-key",
        World::FormatPreservingMasker => "mask-with-format-preserving-key",
        World::TokenMasker => "mask-with-token-vault",
        World::RandomMasker => "mask-with-randomness",
        World::Classifier => "classify",
        World::TextClassifier => "find",
    }
}

/// A linker with exactly the imports of one world.
pub(crate) fn linker(engine: &Engine, world: World) -> Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    plugin::types::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    let to = &mut linker;
    match world {
        World::Masker | World::Classifier | World::TextClassifier => {}
        World::PseudonymMasker => plugin::pseudonym::add_to_linker::<_, HasSelf<_>>(to, |state| state)?,
        World::DateShiftMasker => plugin::date_shift::add_to_linker::<_, HasSelf<_>>(to, |state| state)?,
        World::RandomMasker => plugin::random::add_to_linker::<_, HasSelf<_>>(to, |state| state)?,
        World::TokenMasker => plugin::vault::add_to_linker::<_, HasSelf<_>>(to, |state| state)?,
        World::EncryptionMasker => plugin::encryption::add_to_linker::<_, HasSelf<_>>(to, |state| state)?,
        World::DeterministicEncryptionMasker => {
            plugin::deterministic_encryption::add_to_linker::<_, HasSelf<_>>(to, |state| state)?;
        }
        World::FormatPreservingMasker => {
            plugin::format_preserving_encryption::add_to_linker::<_, HasSelf<_>>(to, |state| state)?;
        }
    }
    Ok(linker)
}

/// What one call has: the keys lent to it, what they gave it, and how much memory it may still take. Gone when the call
/// returns.
pub(crate) struct CallState {
    pub(crate) lent: ResourceTable,
    pub(crate) given: Given,
    pub(crate) memory: MemoryBound,
}

impl CallState {
    /// Nothing lent yet, and so much memory for each instance.
    pub(crate) fn new(memory: usize) -> Self {
        let mut lent = ResourceTable::new();
        lent.set_max_capacity(4);
        Self { lent, given: Given::default(), memory: MemoryBound { limit: memory, ..MemoryBound::default() } }
    }
}

impl plugin::types::Host for CallState {}

/// Refuses growth past a limit with a trap, so that the host can tell it from a fault of another kind.
#[derive(Default)]
pub(crate) struct MemoryBound {
    limit: usize,
    exceeded: bool,
    /// Of all memories of the instance together. None of them ever shrinks, so this is the most that they were.
    peak: usize,
    /// Whether the memory that grows now stays within what it declares itself.
    declared: bool,
    starved: bool,
}

/// Elements of all kinds of tables: function references of the largest interpreter seen are a tenth of it.
const TABLE_ELEMENTS: usize = 100_000;

impl MemoryBound {
    /// The most that the memories of the instance were together, in bytes.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    /// Whether growth was refused.
    pub(crate) fn exceeded(&self) -> bool {
        self.exceeded
    }

    /// Whether the machine did not give what is allowed.
    pub(crate) fn is_starved(&self) -> bool {
        self.starved
    }

    fn allow(&mut self, desired: usize, limit: usize) -> Result<bool> {
        if desired <= limit {
            return Ok(true);
        }
        self.exceeded = true;
        Err(wasmtime::Error::msg("the limit of the call is reached"))
    }
}

impl ResourceLimiter for MemoryBound {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.declared = maximum.is_none_or(|maximum| desired <= maximum);
        let together = self.peak.saturating_add(desired.saturating_sub(current));
        let allowed = self.allow(together, self.limit)?;
        // Beyond what it declares itself, a memory does not grow.
        self.peak = if self.declared { together } else { self.peak };
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        if !self.declared {
            return Ok(());
        }
        self.starved = true;
        Err(error)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        self.allow(desired, TABLE_ELEMENTS)
    }
}
