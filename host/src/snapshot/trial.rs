//! Tries out a planned call on columns without rows, so that a configuration that makes no sense to its plugin is a
//! mistake in the policy, told before any row is read, and not a fault in the middle of a run.

use arrow_array::{ArrayRef, new_empty_array};

use crate::batch::ColumnType;
use crate::error::{Error, Place};
use crate::keys::BatchOffsets;
use crate::leash::Leash;
use crate::lend::{Grant, Lending, LentKey};
use crate::plan::Call;
use crate::plugin::{CallError, GuestError, GuestFault, MaskCall, Plugin};

/// What errors call the columns without rows.
const PLACE: &str = "a trial without rows";

/// Calls the plugin. A refusal of what the rule asks is the inner error. A configuration that spins is a fault of the
/// plugin, told at once: rows would cost a second deadline. Whatever else goes wrong would go wrong on rows as well, and
/// is told with them.
pub(super) fn run(plugin: &Plugin, call: &Call, leash: &Leash) -> Result<Result<(), String>, Error> {
    let request = MaskCall {
        transform: &call.transform,
        config: &call.config,
        reference_date: call.reference_date,
        columns: &empty(&call.input_types),
        produced: &call.produced,
        context: &empty(&call.context_types),
    };
    Ok(match plugin.mask_on(&request, key(call)?, leash) {
        Err(CallError::Ended) => return Err(Error::Ended),
        Err(CallError::Guest(GuestFault::Configuration(why))) => Err(format!("`{}` refuses it: {why}", call.transform)),
        Err(CallError::Guest(fault @ GuestFault::Deadline { .. })) => return Err(spun(call, fault)),
        _ => Ok(()),
    })
}

fn spun(call: &Call, fault: GuestFault) -> Error {
    let place = Place { input: PLACE.into(), ..Place::default() };
    let (plugin, transform) = (call.plugin.clone(), call.transform.clone());
    Error::Guest(Box::new(GuestError { plugin, transform, place, fault }))
}

fn empty(types: &[ColumnType]) -> Vec<(ArrayRef, ColumnType)> {
    types.iter().map(|column_type| (new_empty_array(&column_type.arrow()), *column_type)).collect()
}

/// A key that nothing is ever made under.
fn key(call: &Call) -> Result<LentKey, Error> {
    let Some(key) = &call.key else { return Ok(LentKey::without_key(call.world, 0)) };
    let columns = empty(&call.input_types).into_iter().chain(empty(&call.context_types));
    let columns = columns.map(|(array, _)| array.into()).collect();
    let subjects = Some(new_empty_array(&ColumnType::Text.arrow()));
    Ok(Grant::for_trial(key.purpose)?.lend(Lending { columns, subjects, offsets: &BatchOffsets::default() })?)
}
