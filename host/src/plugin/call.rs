//! One call: a fresh instance, a deadline, a key lent and taken back, and every number that comes back checked.

use std::time::Instant;

use arrow_array::{Array, ArrayRef};
use wasmtime::{Store, StoreContextMut, Trap, UpdateDeadline};

use super::Plugin;
use super::fault::{CallError, GuestFault};
use crate::batch::ColumnType;
use crate::capability::{CallState, Expected};
use crate::contract::column::{LentColumn, take_back};
use crate::contract::latest::moretta::plugin::types::{
    BatchError, ColumnParam, Masked, RejectionCode as Code, Request,
};
use crate::leash::Leash;
use crate::lend::LentKey;
use crate::outcome::RejectionCode;
use crate::vault::VaultError;

/// After how many ticks a call looks for the first time whether it is to end before its deadline: most are done by then.
const LOOK: u64 = 10;

/// What is asked of a plugin, for one batch.
#[derive(Debug)]
pub struct MaskCall<'a> {
    /// Which of the manifest's transforms.
    pub transform: &'a str,
    /// Its configuration, complete.
    pub config: &'a str,
    /// Days since 1970-01-01.
    pub reference_date: Option<i32>,
    /// The columns to mask, of equal length, and the type of each.
    pub columns: &'a [(ArrayRef, ColumnType)],
    /// The type in which each column must come back.
    pub produced: &'a [ColumnType],
    /// The columns that the plugin may see beside them.
    pub context: &'a [(ArrayRef, ColumnType)],
}

/// What came back, checked against the contract and not yet verified.
#[derive(Debug)]
pub struct MaskAnswer {
    /// One for each column that was to be masked.
    pub columns: Vec<ArrayRef>,
    /// The rows that were not masked, in rising order.
    pub rejections: Vec<(usize, RejectionCode)>,
    /// The most that the memories of the instance were together, in bytes.
    pub peak_memory: usize,
    /// What has to stand in every cell of the columns, where the host has given it.
    pub(crate) expected: Option<Expected>,
}

impl Plugin {
    /// Masks the columns of one batch, in an instance that nothing was in before and nothing will be in after.
    ///
    /// This is the bare call, for the tests and benchmarks of plugins: [`Host`](crate::Host) verifies what comes back.
    ///
    /// # Errors
    /// What the guest did wrong, or that the machine cannot run it now. Its instance is gone.
    pub fn mask(&self, call: &MaskCall<'_>, key: LentKey) -> Result<MaskAnswer, CallError> {
        self.mask_on(call, key, &Leash::default())
    }

    /// The same, ended before its deadline where the leash is.
    pub(crate) fn mask_on(&self, call: &MaskCall<'_>, key: LentKey, leash: &Leash) -> Result<MaskAnswer, CallError> {
        let lent: usize =
            call.columns.iter().chain(call.context).map(|(array, _)| array.get_buffer_memory_size()).sum();
        let mut store = self.store(lent, leash);
        let columns = lend(call.columns)?;
        let context = lend(call.context)?;
        let columns: Vec<_> = columns.iter().map(LentColumn::argument).collect();
        let context: Vec<_> = context.iter().map(LentColumn::argument).collect();
        let answer = self.run(&mut store, request(call), &columns, &context, key);
        let masked = answer.map_err(|error| self.failure(&error, &store, lent, leash))?.map_err(refusal)?;
        let prefix = serde_json::from_str(call.config).ok().and_then(|config: Config| config.prefix);
        let peak_memory = store.data().memory.peak();
        let expected = store.into_data().given.expected(self.manifest().world, &prefix.unwrap_or_default());
        Ok(MaskAnswer { peak_memory, ..check(masked, call, expected)? })
    }

    /// What one call may use, that was lent so many bytes.
    pub(super) fn store(&self, lent: usize, leash: &Leash) -> Store<CallState> {
        let limits = self.engine.limits();
        let mut store = Store::new(self.engine.wasmtime(), CallState::new(limits.memory));
        store.limiter(|state| &mut state.memory);
        store.set_epoch_deadline(limits.ticks().min(LOOK));
        store.epoch_deadline_callback(stop_at(Instant::now().checked_add(limits.deadline), leash.clone()));
        store.set_hostcall_fuel(limits.lift(lent));
        store
    }

    /// Why a call has no answer.
    pub(super) fn failure(
        &self,
        error: &wasmtime::Error,
        store: &Store<CallState>,
        lent: usize,
        leash: &Leash,
    ) -> CallError {
        match leash.is_over() && is_interrupted(error) {
            true => CallError::Ended,
            false => fault(error, store, self, self.engine.limits().lift(lent)),
        }
    }

    fn run(
        &self,
        store: &mut Store<CallState>,
        request: Request<'_>,
        columns: &[ColumnParam<'_>],
        context: &[ColumnParam<'_>],
        key: LentKey,
    ) -> wasmtime::Result<Result<Masked, BatchError>> {
        let instance = self.compiled.instance.instantiate(&mut *store).map_err(no_instance)?;
        self.compiled.exports.call(store, &instance, (request, columns, context), key)
    }
}

/// Ticks may come early: the first is in its middle when a call begins, and ticks that were missed follow at once.
fn stop_at(
    deadline: Option<Instant>,
    leash: Leash,
) -> impl FnMut(StoreContextMut<'_, CallState>) -> wasmtime::Result<UpdateDeadline> {
    move |_| {
        let is_early = deadline.is_some_and(|deadline| Instant::now() < deadline);
        Ok(if is_early && !leash.is_over() { UpdateDeadline::Continue(1) } else { UpdateDeadline::Interrupt })
    }
}

fn is_interrupted(error: &wasmtime::Error) -> bool {
    matches!(error.downcast_ref::<Trap>(), Some(Trap::Interrupt))
}

/// What the host itself reads in a configuration.
#[derive(serde::Deserialize)]
struct Config {
    prefix: Option<String>,
}

pub(super) fn lend(columns: &[(ArrayRef, ColumnType)]) -> Result<Vec<LentColumn<'_>>, GuestFault> {
    let lent = columns.iter().map(|(array, column_type)| LentColumn::new(array, *column_type)).collect::<Option<_>>();
    lent.ok_or(GuestFault::Contract("was to be lent a column that its manifest does not accept"))
}

fn request<'a>(call: &MaskCall<'a>) -> Request<'a> {
    Request { transform: call.transform, config: call.config, reference_date: call.reference_date }
}

/// No instance could be made, and none of the guest's code failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoInstance(String);

/// What the guest is given was found to fit when it was loaded, so all that can fail in it here is its start function.
pub(super) fn no_instance(error: wasmtime::Error) -> wasmtime::Error {
    if error.is::<Trap>() { error } else { NoInstance(error.root_cause().to_string()).into() }
}

fn fault(error: &wasmtime::Error, store: &Store<CallState>, plugin: &Plugin, lift: usize) -> CallError {
    let memory = &store.data().memory;
    match error.downcast_ref::<NoInstance>() {
        Some(NoInstance(why)) if !memory.exceeded() => CallError::Machine(why.clone()),
        _ if let Some(failed) = error.downcast_ref::<VaultError>() => CallError::Capability(failed.to_string()),
        _ if memory.is_starved() => CallError::Machine("its memory cannot grow".to_owned()),
        _ => guest_fault(error, store, plugin, lift).into(),
    }
}

/// What a failed call says about the guest. Its own words are not passed on: they could hold a value.
fn guest_fault(error: &wasmtime::Error, store: &Store<CallState>, plugin: &Plugin, lift: usize) -> GuestFault {
    let limits = plugin.engine.limits();
    if store.data().memory.exceeded() {
        return GuestFault::Memory { mebibytes: (limits.memory >> 20) as u64 };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => {
            GuestFault::Deadline { milliseconds: u64::try_from(limits.deadline.as_millis()).unwrap_or(u64::MAX) }
        }
        Some(Trap::StackOverflow) => GuestFault::Stack,
        Some(_) => GuestFault::Trap,
        None if error.root_cause().to_string().contains("fuel allocated for hostcalls") => {
            GuestFault::TooLarge { mebibytes: lift.div_ceil(1 << 20) as u64 }
        }
        None => GuestFault::Contract("returned something that is not what the contract says"),
    }
}

pub(super) fn refusal(error: BatchError) -> GuestFault {
    use GuestFault::{Configuration, Refused};
    match error {
        BatchError::InvalidConfig => Configuration("the configuration makes no sense to it"),
        BatchError::UnsupportedType => Configuration("it does not take a column of this type with this configuration"),
        BatchError::WrongColumns => Configuration("it takes another number of columns"),
        BatchError::NoReferenceDate => Configuration("it needs a reference date"),
        BatchError::UnknownTransform => Refused("it does not know the transform that its manifest offers"),
        BatchError::KeyRefused => Refused("it asked more of the lent key than was granted"),
        BatchError::Internal => Refused("a fault of its own"),
    }
}

fn check(masked: Masked, call: &MaskCall<'_>, expected: Option<Expected>) -> Result<MaskAnswer, GuestFault> {
    let rows = call.columns.first().map_or(0, |(array, _)| array.len());
    if masked.columns.len() != call.produced.len() {
        return Err(GuestFault::Contract("returned another number of columns than it was to mask"));
    }
    let columns = masked.columns.into_iter().zip(call.columns.iter().zip(call.produced));
    let columns = columns.map(|(column, ((lent, _), produced))| take_back(column, lent, *produced));
    let columns = columns.map(|column| column.map_err(GuestFault::Contract));
    let columns = columns.collect::<Result<_, _>>()?;
    let mut rejections: Vec<(usize, RejectionCode)> = Vec::with_capacity(masked.rejections.len().min(rows));
    for rejection in masked.rejections {
        let row = rejection.row as usize;
        if row >= rows || rejections.last().is_some_and(|(last, _)| *last >= row) {
            return Err(GuestFault::Contract("rejected rows that do not exist, twice, or out of order"));
        }
        rejections.push((row, code(rejection.code)));
    }
    Ok(MaskAnswer { columns, rejections, peak_memory: 0, expected })
}

fn code(code: Code) -> RejectionCode {
    match code {
        Code::Unparsable => RejectionCode::Unparsable,
        Code::OutOfRange => RejectionCode::OutOfRange,
        Code::Unchanged => RejectionCode::Unchanged,
        Code::Missing => RejectionCode::Missing,
        Code::Unsupported => RejectionCode::Unsupported,
    }
}
