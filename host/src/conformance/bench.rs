//! How fast a plugin is beside a shipped one.

use std::sync::Arc;

use arrow_array::ArrayRef;
use serde::Serialize;

use super::check::{self, settings};
use super::speed::{self, BATCH, Speed};
use super::trial::{Setting, Trial};
use super::{Options, text};
use crate::batch::ColumnType;
use crate::error::{Error, Place};
use crate::made_up;
use crate::manifest::World;
use crate::plugin::{Engine, GuestError, GuestFault, Package, Plugin, shipped};

/// A transform beside one that is shipped.
#[derive(Clone, Debug, Serialize)]
pub struct Ratio {
    /// The transform; of a text classifier `find`.
    pub transform: String,
    /// How fast it is.
    pub speed: Speed,
    /// The shipped plugin: `partial`, or of a text classifier `clinical-text`.
    pub yardstick: &'static str,
    /// How fast that is: on ordinary text, or on the same notes.
    pub beside: Speed,
    /// How many times as long as that it takes.
    pub times: f64,
}

/// Measures each transform, or what a text classifier does with notes, and in turns with it a shipped plugin.
///
/// # Errors
/// The plugin cannot be loaded, does something wrong, or has a transform that nothing says how to configure.
pub fn bench(package: &Package, options: &Options) -> Result<Vec<Ratio>, Error> {
    let engine = Engine::new(options.limits, None)?;
    let plugin = Arc::new(Plugin::load(&engine, package.clone())?);
    let rows = options.rows.max(1);
    match plugin.manifest().world {
        World::TextClassifier => {
            let notes =
                |plugin: &Plugin, rows| text::measure(plugin, rows)?.map_err(|fault| failed(plugin, "find", fault));
            let yardstick = load(&engine, "clinical-text")?;
            let find =
                ratio("find", rows, "clinical-text", |rows| notes(&yardstick, rows), |rows| notes(&plugin, rows))?;
            Ok(vec![find])
        }
        World::Classifier => Err(Error::Usage(
            "a classifier masks nothing that `partial` could be held beside; `moretta plugin test` tells its speed"
                .into(),
        )),
        _ => transforms(&plugin, &load(&engine, "partial")?, rows, options),
    }
}

fn load(engine: &Engine, name: &str) -> Result<Arc<Plugin>, Error> {
    let found = shipped().find(|it| it.as_ref().is_ok_and(|package| package.manifest().name == name));
    Ok(Arc::new(Plugin::load(engine, found.ok_or(Error::Internal("a plugin is not shipped"))??)?))
}

fn transforms(
    plugin: &Arc<Plugin>,
    partial: &Arc<Plugin>,
    rows: usize,
    options: &Options,
) -> Result<Vec<Ratio>, Error> {
    let ordinary = made_up::distinct(ColumnType::Text, BATCH);
    let yardstick =
        partial.manifest().transforms.first().and_then(|it| settings(it, &Options::default()).into_iter().next());
    let yardstick = yardstick.ok_or(Error::Internal("partial has no transform"))?;
    let mut ratios = Vec::new();
    for (index, transform) in plugin.manifest().transforms.iter().enumerate() {
        let name = &transform.name;
        let unconfigured =
            || Error::Usage(format!("`{name}` has no golden case and needs options; give them as --with JSON"));
        let setting = settings(transform, options).into_iter().next().ok_or_else(unconfigured)?;
        let column = check::values(&setting);
        ratios.push(ratio(
            name,
            rows,
            "partial",
            |rows| measured(partial, 0, &yardstick, &ordinary, rows),
            |rows| measured(plugin, index, &setting, &column, rows),
        )?);
    }
    Ok(ratios)
}

/// Half of the yardstick before and half after, so that a machine that changes its mind does it to both.
fn ratio(
    transform: &str,
    rows: usize,
    yardstick: &'static str,
    mut beside: impl FnMut(usize) -> Result<Speed, Error>,
    mut measured: impl FnMut(usize) -> Result<Speed, Error>,
) -> Result<Ratio, Error> {
    let half = rows.div_ceil(2).max(1);
    let before = beside(half)?;
    let speed = measured(rows)?;
    let beside = before.and(beside(half)?);
    let times = beside.values_per_second / speed.values_per_second;
    Ok(Ratio { transform: transform.to_owned(), speed, yardstick, beside, times })
}

fn measured(
    plugin: &Arc<Plugin>,
    index: usize,
    setting: &Setting<'_>,
    column: &ArrayRef,
    values: usize,
) -> Result<Speed, Error> {
    let measured = speed::measure(&Trial::new(plugin, index, setting)?, column, values)?;
    measured.map_err(|fault| failed(plugin, &setting.transform.name, fault))
}

fn failed(plugin: &Plugin, transform: &str, fault: GuestFault) -> Error {
    let place = Place { input: "made-up columns".into(), row: None, line: None, column: None };
    let (plugin, transform) = (plugin.manifest().name.clone(), transform.to_owned());
    Box::new(GuestError { plugin, transform, place, fault }).into()
}
