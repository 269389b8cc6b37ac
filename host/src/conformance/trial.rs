//! One transform under one configuration, called as the path of a batch calls it: mask, and verify what comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use regex::bytes::Regex;
use serde_json::{Map, Value};

use crate::batch::{Batch, BatchPlace, ColumnType};
use crate::error::Error;
use crate::keys::{BatchOffsets, Normalize};
use crate::leash::Leash;
use crate::lend::{Grant, Lending, LentKey};
use crate::made_up;
use crate::manifest::{Ask, Need, Transform, World};
use crate::mask::{ReadyCall, mask};
use crate::outcome::Fate;
use crate::plan::{Action, Beside, Call, KeyUse, Plan, PlannedColumn};
use crate::plugin::{CallError, GuestFault, MaskCall, Plugin};
use crate::verify::verify;

/// 2026-01-01, where no case says another day.
const REFERENCE_DATE: i32 = 20_454;
/// How many different subjects there are.
const SUBJECTS: usize = 7;

/// What is tried: a configuration and a type, with so many columns masked together and so many beside them.
#[derive(Clone)]
pub(crate) struct Setting<'a> {
    pub(crate) transform: &'a Transform,
    pub(crate) config: Map<String, Value>,
    pub(crate) reference_date: Option<i32>,
    pub(crate) column_type: ColumnType,
    pub(crate) columns: usize,
    pub(crate) context: usize,
    pub(crate) context_type: ColumnType,
}

/// A setting with a key made for it.
pub(crate) struct Trial {
    calls: Vec<ReadyCall>,
    plan: Plan,
    columns: usize,
    column_type: ColumnType,
}

/// What came back for the first column.
pub(crate) struct Answer {
    pub(crate) lent: ArrayRef,
    pub(crate) returned: ArrayRef,
    pub(crate) rejected: Vec<bool>,
}

impl Answer {
    /// Whether the row holds a value and came back masked.
    pub(crate) fn is_masked(&self, row: usize) -> bool {
        self.lent.is_valid(row) && !self.rejected.get(row).copied().unwrap_or(true)
    }

    /// The rows that hold a value and came back masked.
    pub(crate) fn masked(&self) -> impl Iterator<Item = usize> {
        (0..self.lent.len()).filter(|row| self.is_masked(*row))
    }

    /// What is to compare of a row: nothing where it was rejected.
    pub(crate) fn outcome(&self, row: usize) -> Option<Option<Vec<u8>>> {
        let rejected = self.rejected.get(row).copied().unwrap_or(true);
        (!rejected).then(|| bytes(&self.returned, row))
    }
}

impl Trial {
    /// Makes a key, where the world has one.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn new(plugin: &Arc<Plugin>, index: usize, setting: &Setting<'_>) -> Result<Self, Error> {
        let world = plugin.manifest().world;
        let purpose = world.ask().and_then(Ask::purpose);
        let grant = purpose.map(Grant::for_trial).transpose()?;
        let key = purpose.map(|purpose| KeyUse { name: "trial".to_owned(), purpose, span: 0..0 });
        let call = call(plugin, index, setting, key);
        let pattern = setting.transform.output_pattern.as_deref().map(Regex::new).transpose();
        let pattern = pattern.map_err(|_| Error::Internal("a manifest with a wrong pattern was accepted"))?;
        let columns = (0..setting.columns).map(|position| PlannedColumn {
            name: format!("column{position}"),
            index: position,
            label: None,
            rule: None,
            action: Action::Mask { call: 0, position },
        });
        let columns: Vec<_> = columns.collect();
        let output = (0..setting.columns).collect();
        let plan = Plan { columns, calls: vec![call.clone()], scrubs: Vec::new(), output, notes: Vec::new() };
        let calls = vec![ReadyCall { call, plugin: plugin.clone(), grant, pattern }];
        Ok(Self { calls, plan, columns: setting.columns, column_type: setting.column_type })
    }

    /// Masks a column and verifies what comes back. The inner error is the plugin's fault.
    ///
    /// # Errors
    /// The machine cannot run it now.
    pub(crate) fn run(&self, column: &ArrayRef) -> Result<Result<Answer, GuestFault>, Error> {
        self.run_rows(column, 0, column.len())
    }

    /// The same for some of the rows: each is about the same subject as in the whole.
    pub(crate) fn run_rows(
        &self,
        column: &ArrayRef,
        first: usize,
        rows: usize,
    ) -> Result<Result<Answer, GuestFault>, Error> {
        let batch = Batch::new(self.batch(column)?.slice(first, rows), BatchPlace::default());
        let verified = mask(&batch, &self.calls, &[], &Leash::default()).and_then(|masked| {
            verify(&batch, &self.plan, &self.calls, &masked)?;
            Ok(masked)
        });
        let masked = match verified {
            Err(Error::Guest(error)) => return Ok(Err(error.fault)),
            masked => masked?,
        };
        let answer = masked.calls.into_iter().next().ok_or(Error::Internal("a call has no answer"))?;
        let first = |arrays: Vec<ArrayRef>| arrays.into_iter().next().ok_or(Error::Internal("no column came back"));
        let mut rejected = vec![false; rows];
        for row in &masked.rejected {
            if let Some(flag) = rejected.get_mut(row.row) {
                *flag = true;
            }
        }
        Ok(Ok(Answer { lent: first(answer.lent)?, returned: first(answer.returned)?, rejected }))
    }

    /// How long the bare call takes, and the most memory that it took. The inner error is the plugin's fault.
    ///
    /// # Errors
    /// The machine cannot run it now.
    pub(crate) fn measure(&self, column: &ArrayRef) -> Result<Result<(Duration, usize), GuestFault>, Error> {
        let ready = self.calls.first().ok_or(Error::Internal("a trial has no call"))?;
        let call = &ready.call;
        let arrays = self.batch(column)?.columns().to_vec();
        let typed = |first: usize, types: &[ColumnType]| -> Vec<_> {
            arrays.iter().skip(first).cloned().zip(types.iter().copied()).collect()
        };
        let (columns, context) = (typed(0, &call.input_types), typed(call.columns.len(), &call.context_types));
        let key = match &ready.grant {
            None => LentKey::without_key(call.world, column.len()),
            Some(grant) => {
                let lent = columns.iter().chain(&context).map(|(array, _)| array.clone().into()).collect();
                let offsets = BatchOffsets::default();
                grant.lend(Lending { columns: lent, subjects: arrays.last().cloned(), offsets: &offsets })?
            }
        };
        let request = MaskCall {
            transform: &call.transform,
            config: &call.config,
            reference_date: call.reference_date,
            columns: &columns,
            produced: &call.produced,
            context: &context,
        };
        let started = Instant::now();
        match ready.plugin.mask(&request, key) {
            Ok(answer) => Ok(Ok((started.elapsed(), answer.peak_memory))),
            Err(CallError::Guest(fault)) => Ok(Err(fault)),
            Err(CallError::Machine(why)) => Err(Error::Instance(why)),
            Err(CallError::Capability(why)) => Err(Error::Capability(why)),
            Err(CallError::Ended) => Err(Error::Ended),
        }
    }

    /// The type of the column.
    pub(crate) fn column_type(&self) -> ColumnType {
        self.column_type
    }

    /// The column, others to be masked with it and beside it, and who each row is about.
    fn batch(&self, column: &ArrayRef) -> Result<RecordBatch, Error> {
        let rows = column.len();
        let more = self.columns.saturating_sub(1);
        let others = (0..more).map(|_| made_up::distinct(self.column_type, rows));
        let types = self.calls.first().map_or(&[][..], |ready| &ready.call.context_types);
        let beside = types.iter().map(|column_type| made_up::distinct(*column_type, rows));
        let arrays: Vec<_> = [column.clone()].into_iter().chain(others).chain(beside).chain([subjects(rows)]).collect();
        let field =
            |(index, array): (usize, &ArrayRef)| Field::new(format!("column{index}"), array.data_type().clone(), true);
        let schema = Schema::new(arrays.iter().enumerate().map(field).collect::<Vec<_>>());
        RecordBatch::try_new(Arc::new(schema), arrays)
            .map_err(|_| Error::Internal("made-up columns do not fit together"))
    }
}

fn call(plugin: &Plugin, transform_index: usize, setting: &Setting<'_>, key: Option<KeyUse>) -> Call {
    let (manifest, transform) = (plugin.manifest(), setting.transform);
    let produced = transform.types.get(&setting.column_type).copied().unwrap_or(setting.column_type);
    let last = setting.columns.saturating_add(setting.context);
    Call {
        plugin: manifest.name.clone(),
        version: manifest.version.clone(),
        digest: plugin.digest().to_owned(),
        world: manifest.world,
        transform: transform.name.clone(),
        transform_index,
        config: Value::Object(setting.config.clone()).to_string(),
        columns: (0..setting.columns).collect(),
        scrub: None,
        context: (setting.columns..last).map(Beside::Column).collect(),
        input_types: vec![setting.column_type; setting.columns],
        context_types: vec![setting.context_type; setting.context],
        list: false,
        produced: vec![produced; setting.columns],
        key,
        subject: (manifest.world == World::DateShiftMasker).then_some(Beside::Column(last)),
        subject_form: Normalize::default(),
        reference_date: transform
            .needs
            .contains(&Need::ReferenceDate)
            .then(|| setting.reference_date.unwrap_or(REFERENCE_DATE)),
        may_keep: transform.may_keep,
        adds_nulls: transform.adds_nulls,
        output_pattern: transform.output_pattern.clone(),
        distinct_outputs: transform.distinct_outputs(&setting.config),
        left: transform.left(&setting.config),
        properties: transform.properties,
        fate: Fate::Quarantine,
        rule: 0,
        span: 0..0,
    }
}

fn subjects(rows: usize) -> ArrayRef {
    Arc::new((0..rows).map(|row| Some(subject(row))).collect::<StringArray>())
}

/// Who a row is about.
pub(crate) fn subject(row: usize) -> String {
    format!("subject {}", row % SUBJECTS)
}

/// A cell as bytes, `None` where it is null.
pub(crate) fn bytes(array: &ArrayRef, row: usize) -> Option<Vec<u8>> {
    if array.is_null(row) {
        return None;
    }
    let bytes = if let Some(text) = array.as_string_opt::<i32>() {
        text.value(row).as_bytes().to_vec()
    } else if let Some(bytes) = array.as_binary_opt::<i32>() {
        bytes.value(row).to_vec()
    } else if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
        numbers.value(row).to_le_bytes().to_vec()
    } else if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        numbers.value(row).to_bits().to_le_bytes().to_vec()
    } else if let Some(days) = array.as_primitive_opt::<Date32Type>() {
        days.value(row).to_le_bytes().to_vec()
    } else if let Some(instants) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        instants.value(row).to_le_bytes().to_vec()
    } else {
        vec![u8::from(array.as_boolean_opt()?.value(row))]
    };
    Some(bytes)
}

/// A cell as people write it, where it is text or a whole number.
pub(crate) fn text(array: &ArrayRef, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    match (array.as_string_opt::<i32>(), array.as_primitive_opt::<Int64Type>()) {
        (Some(text), _) => Some(text.value(row).to_owned()),
        (None, Some(numbers)) => Some(numbers.value(row).to_string()),
        (None, None) => array.as_binary_opt::<i32>().and_then(|it| String::from_utf8(it.value(row).to_vec()).ok()),
    }
}
