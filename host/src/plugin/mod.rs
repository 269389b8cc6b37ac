//! Plugins: packages, the engine that runs them, one call.

mod cache;
mod call;
mod cases;
mod engine;
mod fault;
mod limits;
mod package;
mod registry;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{InstancePre, Resource};

pub use cache::CodeCache;
pub use call::{LentKey, MaskAnswer, MaskCall};
pub use engine::Engine;
pub use fault::{CallError, GuestError, GuestFault, PackageError, PackageProblem};
pub use limits::Limits;
pub use package::Package;
pub use registry::Registry;

use crate::capability::{self, CallState};
use crate::contract;
use crate::contract::latest::exports::moretta::plugin::{mask, mask_with_date_shift_key, mask_with_pseudonym_key};
use crate::contract::latest::moretta::plugin::types::{BatchError, ColumnParam, Masked, Request};
use crate::keys::{LentDateShiftKey, LentPseudonymKey};
use crate::manifest::{Manifest, World};

/// A plugin that is compiled and linked with its world, ready to be called from any thread.
pub struct Plugin {
    package: Package,
    engine: Engine,
    instance: InstancePre<CallState>,
    exports: Exports,
}

/// Where the export of the plugin's world lies.
enum Exports {
    Mask(mask::GuestIndices),
    MaskWithPseudonymKey(mask_with_pseudonym_key::GuestIndices),
    MaskWithDateShiftKey(mask_with_date_shift_key::GuestIndices),
}

impl Plugin {
    /// Compiles a package and links it with what its world gives, and nothing else.
    ///
    /// # Errors
    /// The component is invalid, or lacks the export of its world, or has it in another type.
    pub fn load(engine: &Engine, package: Package) -> Result<Self, PackageError> {
        let world = package.manifest().world;
        let failed = |problem| PackageError { plugin: package.manifest().name.clone(), problem };
        let uncompiled = |error: wasmtime::Error| failed(PackageProblem::Compile(error.root_cause().to_string()));
        let component = engine.compile(package.digest(), package.bytes()).map_err(uncompiled)?;
        let linker = capability::linker(engine.wasmtime(), world).map_err(uncompiled)?;
        let instance = linker.instantiate_pre(&component).map_err(uncompiled)?;
        let wrong_export = || failed(PackageProblem::Export(format!("{} as the contract has it", export(world))));
        let exports = match world {
            World::Masker => mask::GuestIndices::new(&instance).map(Exports::Mask),
            World::PseudonymMasker => {
                mask_with_pseudonym_key::GuestIndices::new(&instance).map(Exports::MaskWithPseudonymKey)
            }
            World::DateShiftMasker => {
                mask_with_date_shift_key::GuestIndices::new(&instance).map(Exports::MaskWithDateShiftKey)
            }
            World::Classifier => return Err(failed(PackageProblem::Classifier)),
        };
        let exports = exports.ok().filter(|_| is_typed(&instance, world)).ok_or_else(wrong_export)?;
        Ok(Self { package, engine: engine.clone(), instance, exports })
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

/// The interface that a world asks for, by its whole name.
fn export(world: World) -> String {
    format!("{}/{}@{}", contract::PACKAGE, capability::export(world), contract::VERSION)
}

/// Whether the export is a function of the type that the contract gives it. The indices above are found by names alone.
fn is_typed(instance: &InstancePre<CallState>, world: World) -> bool {
    type Columns<'a> = &'a [ColumnParam<'a>];
    type Answer = (Result<Masked, BatchError>,);
    let component = instance.component();
    let interface = component.get_export(None, export(world).as_str());
    let function = interface.and_then(|(_, interface)| component.get_export(Some(&interface), "mask"));
    let Some((ComponentItem::ComponentFunc(function), _)) = function else { return false };
    let types = instance.instance_type();
    let checked = match world {
        World::Masker => function.typecheck::<(Request<'_>, Columns<'_>, Columns<'_>), Answer>(&types),
        World::PseudonymMasker => {
            type Key = Resource<LentPseudonymKey>;
            function.typecheck::<(Request<'_>, Columns<'_>, Columns<'_>, Key), Answer>(&types)
        }
        World::DateShiftMasker => {
            type Key = Resource<LentDateShiftKey>;
            function.typecheck::<(Request<'_>, Columns<'_>, Columns<'_>, Key), Answer>(&types)
        }
        World::Classifier => return false,
    };
    checked.is_ok()
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
            match plugin.instance.instantiate(&mut store) {
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
