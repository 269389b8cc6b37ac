//! Reads a component, compiles it and calls it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow_array::{ArrayRef, StringArray};
use moretta::batch::ColumnType;
use moretta::lend::LentKey;
use moretta::plugin::{CallError, Engine, Limits, MaskCall, Package, Plugin};

/// Fails where a plugin does something that is not told as its own fault, or answers with other rows than it was given.
/// `None` where the file is refused.
pub(crate) fn call(component: &[u8]) -> Option<()> {
    let package = Package::read("fuzz.wasm", component).ok()?;
    let transform = package.manifest().transforms.first()?.name.clone();
    let plugin = Plugin::load(engine(), package).ok()?;
    let column: ArrayRef = Arc::new(StringArray::from(vec![Some("Ada"), None, Some("Grace")]));
    let call = MaskCall {
        transform: &transform,
        config: "{}",
        reference_date: None,
        columns: &[(column, ColumnType::Text)],
        produced: &[ColumnType::Text],
        context: &[],
    };
    match plugin.mask(&call, LentKey::None) {
        Ok(answer) => assert!(answer.columns.len() == 1 && answer.columns[0].len() == 3),
        Err(error) => assert!(matches!(error, CallError::Guest(_)), "{error}"),
    }
    Some(())
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let limits = Limits { deadline: Duration::from_millis(200), memory: 16 << 20, ..Limits::default() };
    ENGINE.get_or_init(|| Engine::new(limits, None).expect("the machine runs an engine"))
}
