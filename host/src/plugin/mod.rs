//! Plugins: packages, the engine that runs them, one call.

mod cache;
mod call;
pub(crate) mod cases;
mod classify;
mod cost;
mod engine;
mod exports;
mod fault;
mod find;
mod inspect;
mod limits;
mod package;
mod registry;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use wasmtime::component::InstancePre;

pub(crate) use crate::capability::Expected;
pub use cache::CodeCache;
pub use call::{MaskAnswer, MaskCall};
pub use cases::{CaseDifference, CaseFailure, FoundPiece};
pub(crate) use classify::ClassifyAnswer;
pub use classify::{ClassifyCall, Match};
pub use engine::Engine;
use exports::Exports;
pub use fault::{CallError, GuestError, GuestFault, PackageError, PackageProblem};
pub(crate) use find::FindAnswer;
pub use find::Span;
pub use inspect::{Inspection, LinkedComponent, Tool};
pub use limits::Limits;
pub use package::Package;
pub(crate) use registry::read;
pub use registry::{MOST_BYTES, Registry, shipped};

use crate::capability::{self, CallState};
use crate::error::Error;
use crate::leash::Leash;
use crate::manifest::Manifest;

/// A plugin that is compiled and linked with its world, ready to be called from any thread.
pub struct Plugin {
    package: Package,
    engine: Engine,
    compiled: Arc<Compiled>,
}

/// What came of compiling: the same for all who use the same bytes on one engine.
struct Compiled {
    instance: InstancePre<CallState>,
    exports: Exports,
    /// Whether the golden cases came out.
    passed: AtomicBool,
}

impl Plugin {
    /// Compiles a package and links it with what its world gives, and nothing else.
    ///
    /// # Errors
    /// The component is invalid, or lacks the export of its world, or has it in another type.
    pub fn load(engine: &Engine, package: Package) -> Result<Self, PackageError> {
        let compiled = match engine.alive(package.digest()) {
            Some(compiled) => compiled,
            None => engine.keep(package.digest(), Compiled::of(engine, &package)?),
        };
        Ok(Self { package, engine: engine.clone(), compiled })
    }

    /// What the plugin offers, declares and asks for.
    pub fn manifest(&self) -> &Manifest {
        self.package.manifest()
    }

    /// SHA-256 of the plugin's file, in hexadecimal.
    pub fn digest(&self) -> &str {
        self.package.digest()
    }
}

impl Compiled {
    fn of(engine: &Engine, package: &Package) -> Result<Self, PackageError> {
        let world = package.manifest().world;
        let failed = |problem| PackageError { plugin: package.manifest().name.clone(), problem };
        let uncompiled = |error: wasmtime::Error| failed(PackageProblem::Compile(error.root_cause().to_string()));
        let component = engine.compile(package.digest(), package.bytes()).map_err(uncompiled)?;
        let linker = capability::linker(engine.wasmtime(), world).map_err(uncompiled)?;
        let unlinked = |error: wasmtime::Error| failed(PackageProblem::Link(format!("{error:#}")));
        let instance = linker.instantiate_pre(&component).map_err(unlinked)?;
        let exports = Exports::find(&instance, world);
        let wrong_export =
            || failed(PackageProblem::Export(format!("{} as the contract has it", exports::name(world))));
        let exports = exports.ok_or_else(wrong_export)?;
        Ok(Self { instance, exports, passed: AtomicBool::new(false) })
    }
}

/// Compiles a plugin and runs its golden cases, and keeps nothing of it.
///
/// # Errors
/// It does not compile, or a case does not come out.
pub fn try_out(engine: &Engine, package: Package) -> Result<(), Error> {
    cases::check(&Plugin::load(engine, package)?, &Leash::default())
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plugin({:?})", self.package)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, StringArray};
    use wasmtime::Store;

    use super::*;
    use crate::batch::ColumnType;
    use crate::lend::LentKey;

    fn plugin() -> Plugin {
        let bytes = include_bytes!("../../../plugins/packed/redact.wasm");
        let engine = Engine::new(Limits::default(), None).unwrap();
        Plugin::load(&engine, Package::read("redact", bytes.as_slice()).unwrap()).unwrap()
    }

    fn mask(plugin: &Plugin) -> Result<usize, CallError> {
        let column: ArrayRef = Arc::new(StringArray::from(vec!["Ada"]));
        let config = plugin.manifest().transforms[0].complete_config(&serde_json::Map::new()).unwrap();
        let call = MaskCall {
            transform: "redact",
            config: &serde_json::Value::Object(config).to_string(),
            reference_date: None,
            columns: &[(column, ColumnType::Text)],
            produced: &[ColumnType::Text],
            context: &[],
        };
        plugin.mask(&call, LentKey::None).map(|answer| answer.columns[0].len())
    }

    #[test]
    fn an_instance_that_the_machine_does_not_give_is_no_fault_of_the_plugin() {
        let plugin = plugin();
        let mut held = Vec::new();
        let refusal = loop {
            let mut store = Store::new(plugin.engine.wasmtime(), CallState::new(1 << 30));
            store.set_epoch_deadline(u64::MAX / 2);
            match plugin.compiled.instance.instantiate(&mut store) {
                Ok(_) => held.push(store),
                Err(full) => break full,
            }
        };
        assert!(held.len() >= 100 && !refusal.is::<wasmtime::Trap>(), "{} instances", held.len());
        assert!(matches!(mask(&plugin), Err(CallError::Machine(_))), "{:?}", mask(&plugin));
        held.clear();
        assert_eq!(mask(&plugin), Ok(1));
    }
}
