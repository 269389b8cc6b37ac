//! How fast a transform is, and how much memory it takes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{Array, ArrayRef};
use serde::Serialize;

use super::Options;
use super::check::{self, settings};
use super::trial::{Setting, Trial};
use crate::batch::ColumnType;
use crate::error::{Error, Place};
use crate::made_up;
use crate::manifest::World;
use crate::plugin::{Engine, GuestError, GuestFault, Package, Plugin, shipped};

/// The values of one call.
pub(super) const BATCH: usize = 8_192;

/// What a transform or classifier was measured at, in fresh instances for batches of 8,192 values.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Speed {
    /// Values masked or looked at for each second of calls, instantiation included.
    pub values_per_second: f64,
    /// The most that a memory of an instance was, in bytes.
    pub peak_memory: usize,
    /// How many values.
    pub values: usize,
    /// Of which type.
    pub column_type: ColumnType,
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (million, mebibytes) = (self.values_per_second / 1e6, self.peak_memory.div_ceil(1 << 20));
        write!(f, "{million:.2} million values/s of {}, {mebibytes} MiB at most", self.column_type)
    }
}

/// A transform beside the shipped `partial`.
#[derive(Clone, Debug, Serialize)]
pub struct Ratio {
    /// The transform.
    pub transform: String,
    /// How fast it is.
    pub speed: Speed,
    /// How fast `partial` is on ordinary text.
    pub partial: Speed,
    /// How many times as long as `partial` it takes.
    pub times_partial: f64,
}

/// Measures each transform and, in turns with it, the shipped `partial`.
///
/// # Errors
/// The plugin cannot be loaded, does something wrong, or has a transform that nothing says how to configure.
pub fn bench(package: &Package, options: &Options) -> Result<Vec<Ratio>, Error> {
    let engine = Engine::new(options.limits, None)?;
    let partial = shipped().find(|it| it.as_ref().is_ok_and(|package| package.manifest().name == "partial"));
    let partial = partial.ok_or(Error::Internal("partial is not shipped"))??;
    let partial = Arc::new(Plugin::load(&engine, partial)?);
    let plugin = Arc::new(Plugin::load(&engine, package.clone())?);
    if plugin.manifest().world == World::Classifier {
        let message =
            "a classifier masks nothing that `partial` could be held beside; `moretta plugin test` tells its speed";
        return Err(Error::Usage(message.to_owned()));
    }
    let mut ratios = Vec::new();
    for (index, transform) in plugin.manifest().transforms.iter().enumerate() {
        let unconfigured = || {
            let name = &transform.name;
            Error::Usage(format!("`{name}` has no golden case and needs options; give them as --with JSON"))
        };
        let setting = settings(transform, options).into_iter().next().ok_or_else(unconfigured)?;
        let column = check::values(&setting);
        let text = made_up::distinct(ColumnType::Text, BATCH);
        let yardstick =
            partial.manifest().transforms.first().and_then(|it| settings(it, &Options::default()).into_iter().next());
        let yardstick = yardstick.ok_or(Error::Internal("partial has no transform"))?;
        // Half before and half after, so that a machine that changes its mind does it to both.
        let half = options.rows.div_ceil(2).max(1);
        let before = measured(&partial, 0, &yardstick, &text, half)?;
        let speed = measured(&plugin, index, &setting, &column, options.rows.max(1))?;
        let after = measured(&partial, 0, &yardstick, &text, half)?;
        let values_per_second = 2.0 / (1.0 / before.values_per_second + 1.0 / after.values_per_second);
        let partial = Speed { values_per_second, values: before.values.saturating_add(after.values), ..after };
        let times_partial = partial.values_per_second / speed.values_per_second;
        ratios.push(Ratio { transform: transform.name.clone(), speed, partial, times_partial });
    }
    Ok(ratios)
}

fn measured(
    plugin: &Arc<Plugin>,
    index: usize,
    setting: &Setting<'_>,
    column: &ArrayRef,
    values: usize,
) -> Result<Speed, Error> {
    let failed = |fault| GuestError {
        plugin: plugin.manifest().name.clone(),
        transform: setting.transform.name.clone(),
        place: Place { input: "made-up columns".into(), row: None, line: None, column: None },
        fault,
    };
    let measured = measure(&Trial::new(plugin, index, setting)?, column, values)?;
    measured.map_err(|fault| Box::new(failed(fault)).into())
}

/// Masks so many values of a column, over and over.
///
/// # Errors
/// The machine cannot run it. The inner error is the plugin's fault.
pub(crate) fn measure(trial: &Trial, column: &ArrayRef, values: usize) -> Result<Result<Speed, GuestFault>, Error> {
    let rows: arrow_array::UInt32Array = (0_u32..)
        .map(|row| row.checked_rem(u32::try_from(column.len()).unwrap_or(u32::MAX)).unwrap_or(0))
        .take(BATCH.min(values))
        .map(Some)
        .collect();
    let batch =
        arrow_select::take::take(column, &rows, None).map_err(|_| Error::Internal("a column has not its rows"))?;
    repeat(values, batch.len(), trial.column_type(), || trial.measure(&batch))
}

/// Measures calls of so many rows until all values were in one.
///
/// # Errors
/// What a call ends with. The inner error is the plugin's fault.
pub(crate) fn repeat(
    values: usize,
    rows: usize,
    column_type: ColumnType,
    mut call: impl FnMut() -> Result<Result<(Duration, usize), GuestFault>, Error>,
) -> Result<Result<Speed, GuestFault>, Error> {
    let (mut done, mut seconds, mut peak_memory) = (0_usize, 0.0, 0);
    while done < values && rows > 0 {
        match call()? {
            Err(fault) => return Ok(Err(fault)),
            Ok((took, peak)) => {
                done = done.saturating_add(rows);
                seconds += took.as_secs_f64();
                peak_memory = peak_memory.max(peak);
            }
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of values is far below 2^52")]
    let values_per_second = done as f64 / f64::max(seconds, 1e-9);
    Ok(Ok(Speed { values_per_second, peak_memory, values: done, column_type }))
}
