//! Mask: runs the plan on one batch, one plugin call for each of its calls.

mod known;
mod parts;
mod scrub;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, UInt32Array, new_null_array};
use arrow_schema::DataType;
use regex::bytes::Regex;

use parts::{Lists, Parts};
pub(crate) use scrub::{Placed, ReadyScrub, Scrubbed, by_cell};

use crate::batch::{Batch, ColumnType};
use crate::cast::cast_exactly;
use crate::error::{DataError, DataProblem, Error, Place};
use crate::keys::{BatchOffsets, Cells, Normalize};
use crate::leash::Leash;
use crate::lend::{Grant, Lending, LentKey};
use crate::outcome::{RejectedRow, RejectionCode};
use crate::plan::{self, Beside};
use crate::plugin::{CallError, Expected, GuestError, GuestFault, MaskCall, Plugin};

/// One call of the plan with the plugin that answers it and the key granted to it.
#[derive(Debug)]
pub(crate) struct ReadyCall {
    pub(crate) call: plan::Call,
    pub(crate) plugin: Arc<Plugin>,
    /// The key that the manifest asks for and the policy allows.
    pub(crate) grant: Option<Grant>,
    /// What every text that comes back must match, if the manifest says.
    pub(crate) pattern: Option<Regex>,
}

impl ReadyCall {
    /// # Errors
    /// Never, for a manifest that was checked.
    pub(crate) fn new(call: &plan::Call, plugin: Arc<Plugin>, grant: Option<Grant>) -> Result<Self, Error> {
        let pattern = call.output_pattern.as_deref().map(Regex::new).transpose();
        let pattern = pattern.map_err(|_| Error::Internal("a manifest with a wrong pattern was accepted"))?;
        Ok(Self { call: call.clone(), plugin, grant, pattern })
    }
}

/// What the plugins returned for one batch, and what they were lent. Not yet verified.
pub(crate) struct MaskedBatch {
    /// One for each call of the plan, in its order.
    pub(crate) calls: Vec<MaskedCall>,
    /// One for each column of free text of the plan, in its order.
    pub(crate) scrubbed: Vec<Scrubbed>,
    /// The rows that could not be masked, each once, in rising order.
    pub(crate) rejected: Vec<RejectedRow>,
}

/// What went into one call and came out of it. Cells, not rows: a list column has one for each element, a text one for each
/// of its pieces.
pub(crate) struct MaskedCall {
    pub(crate) lent: Vec<ArrayRef>,
    pub(crate) context: Vec<ArrayRef>,
    pub(crate) returned: Vec<ArrayRef>,
    /// What has to stand in every cell that came back, where the host has given it.
    pub(crate) expected: Option<Expected>,
    parts: Parts,
}

impl MaskedCall {
    /// The column that the batch gets in the place of the lent one.
    pub(crate) fn column(&self, position: usize) -> Option<ArrayRef> {
        let cells = self.returned.get(position)?;
        match &self.parts {
            Parts::Rows => Some(cells.clone()),
            Parts::Lists(lists) => lists.with(cells),
            Parts::Pieces { .. } => None,
        }
    }

    /// The row of the batch that a cell belongs to.
    pub(crate) fn row(&self, cell: usize) -> usize {
        match self.parts.rows() {
            None => cell,
            Some(rows) => rows.get(cell).map_or(usize::MAX, |row| *row as usize),
        }
    }

    /// What came back for a piece of text: nothing, where it became null.
    pub(crate) fn text(&self, cell: usize) -> Option<&str> {
        let texts = self.returned.first()?.as_string_opt::<i32>().filter(|texts| cell < texts.len())?;
        Some(if texts.is_null(cell) { "" } else { texts.value(cell) })
    }

    /// Something else takes the place of a piece of text than what came back for it.
    fn leave_out(&mut self, cell: usize) {
        if let Parts::Pieces { left_out, .. } = &mut self.parts {
            left_out.insert(cell);
        }
    }

    /// Whether a cell is a piece of text whose place something else takes than what came back.
    pub(crate) fn is_left_out(&self, cell: usize) -> bool {
        match &self.parts {
            Parts::Pieces { left_out, .. } => left_out.contains(&cell),
            Parts::Rows | Parts::Lists(_) => false,
        }
    }
}

/// Finds the pieces of free text, and runs every call of the plan on a batch.
///
/// # Errors
/// A plugin broke the contract or its limits: the run stops.
pub(crate) fn mask(
    batch: &Batch,
    calls: &[ReadyCall],
    scrubs: &[ReadyScrub],
    leash: &Leash,
) -> Result<MaskedBatch, Error> {
    let mut scrubbed = scrubs.iter().map(|ready| scrub::find(batch, ready, leash)).collect::<Result<Vec<_>, _>>()?;
    let (mut masked, mut rejected) = (Vec::with_capacity(calls.len()), Vec::new());
    let offsets = BatchOffsets::default();
    for (number, ready) in calls.iter().enumerate() {
        if leash.is_over() {
            return Err(Error::Ended);
        }
        let mut scrubbed = ready.call.scrub.and_then(|scrub| scrubbed.get_mut(scrub));
        let cells = match &mut scrubbed {
            Some(scrubbed) => scrubbed.lend(number),
            None => cells(batch, &ready.call)?,
        };
        let (mut answer, rejections) = run(batch, ready, cells, &offsets, leash)?;
        match scrubbed {
            Some(scrubbed) => scrubbed.settle(number, &mut answer, &rejections, &mut rejected),
            None => rejected.extend(rejected_rows(&ready.call, &answer, &rejections)),
        }
        masked.push(answer);
    }
    scrubbed.iter_mut().try_for_each(|scrubbed| scrubbed.finish(&masked, &mut rejected))?;
    // The first rule that rejects a row decides its fate, but nothing that asks for quarantine is dropped.
    rejected.sort_by_key(|rejected| (rejected.row, std::cmp::Reverse(rejected.fate)));
    rejected.dedup_by_key(|rejected| rejected.row);
    Ok(MaskedBatch { calls: masked, scrubbed, rejected })
}

/// The cells that a call is to mask.
struct ToMask {
    columns: Vec<(ArrayRef, ColumnType)>,
    parts: Parts,
}

/// The cells that a call rejects, and why.
type Rejections = Vec<(usize, RejectionCode)>;

fn run(
    batch: &Batch,
    ready: &ReadyCall,
    ToMask { columns, parts }: ToMask,
    offsets: &BatchOffsets,
    leash: &Leash,
) -> Result<(MaskedCall, Rejections), Error> {
    let call = &ready.call;
    let context = gather(batch, call.context.iter().copied(), &call.context_types)?;
    let arrays = |columns: &[(ArrayRef, ColumnType)]| columns.iter().map(|(array, _)| array.clone()).collect();
    let (lent, lent_context): (Vec<_>, Vec<_>) = (arrays(&columns), arrays(&context));
    if parts.is_empty() {
        let returned = lent.clone();
        return Ok((MaskedCall { lent, context: lent_context, returned, expected: None, parts }, Vec::new()));
    }
    let key = match &ready.grant {
        None => LentKey::without_key(call.world, columns.first().map_or(0, |(array, _)| array.len())),
        Some(grant) => {
            let named = named(batch, call).zip(columns.iter().chain(&context));
            let columns = named.map(|(name, (array, _))| Cells { name, array: array.clone() }).collect();
            let subjects = call.subject.map(|subject| subjects(batch, subject, call.subject_form, parts.rows()));
            // Parts of rows are other cells than the rows whose offsets the batch shares.
            let own = BatchOffsets::default();
            let offsets = if parts.rows().is_some() { &own } else { offsets };
            grant.lend(Lending { columns, subjects: subjects.transpose()?, offsets })?
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
    let answer = ready.plugin.mask_on(&request, key, leash).map_err(|failed| match failed {
        CallError::Guest(fault) => guest_error(batch, ready, fault),
        CallError::Machine(why) => Error::Instance(why),
        CallError::Capability(why) => Error::Capability(why),
        CallError::Ended => Error::Ended,
    })?;
    let (returned, expected) = (answer.columns, answer.expected);
    Ok((MaskedCall { lent, context: lent_context, returned, expected, parts }, answer.rejections))
}

/// The rows of the cells that a call rejects.
fn rejected_rows<'a>(
    call: &'a plan::Call,
    answer: &'a MaskedCall,
    rejections: &'a Rejections,
) -> impl Iterator<Item = RejectedRow> + 'a {
    let column = call.columns.first().copied().unwrap_or_default();
    rejections.iter().map(move |(cell, code)| RejectedRow {
        row: answer.row(*cell),
        column,
        code: *code,
        fate: call.fate,
    })
}

/// The columns to mask in the types that the transform takes; of a column of lists, their elements.
fn cells(batch: &Batch, call: &plan::Call) -> Result<ToMask, Error> {
    let lists = match call.columns.as_slice() {
        [only] => Lists::of(batch, *only),
        _ => None,
    };
    let Some(lists) = lists else {
        let columns = gather(batch, call.columns.iter().copied().map(Beside::Column), &call.input_types)?;
        return Ok(ToMask { columns, parts: Parts::Rows });
    };
    let (column, column_type) = (call.columns.first().copied(), first(&call.input_types)?);
    let elements = cast_exactly(&lists.elements(), &column_type.arrow());
    let elements = elements.map_err(|cell| inexact(batch, column, lists.row(cell), column_type))?;
    Ok(ToMask { columns: vec![(elements, column_type)], parts: Parts::Lists(lists) })
}

/// A fault of the plugin, with the batch and the column it was working on.
pub(crate) fn guest_error(batch: &Batch, ready: &ReadyCall, fault: GuestFault) -> Error {
    let row = match fault {
        GuestFault::Verification { row, .. } => row,
        _ => 0,
    };
    let mut place = batch.place().row(row);
    place.column = ready.call.columns.first().and_then(|column| name(batch, *column));
    let (plugin, transform) = (ready.call.plugin.clone(), ready.call.transform.clone());
    Box::new(GuestError { plugin, transform, place, fault }).into()
}

fn name(batch: &Batch, column: usize) -> Option<String> {
    batch.columns().schema().fields().get(column).map(|field| field.name().clone())
}

/// The names of a call's columns, the ones to mask first and the context after them.
fn named(batch: &Batch, call: &plan::Call) -> impl Iterator<Item = Arc<str>> {
    let columns = call.columns.iter().copied().map(Beside::Column).chain(call.context.iter().copied());
    columns.map(|column| match column {
        Beside::Column(index) => name(batch, index).unwrap_or_default().into(),
        Beside::Absent => Arc::from(""),
    })
}

/// Who each cell of a call is about.
fn subjects(batch: &Batch, subject: Beside, form: Normalize, rows: Option<&[u32]>) -> Result<ArrayRef, Error> {
    let subject = beside(batch, subject, ColumnType::Text)?;
    let named_by = ColumnType::for_arrow(subject.data_type());
    let named_by = named_by.ok_or(Error::Internal("a subject of a type that names nobody"))?.arrow();
    let subject = cast_exactly(&subject, &named_by).map_err(|_| Error::Internal("a subject that cannot be cast"))?;
    let subject = in_form(subject, form)?;
    let Some(rows) = rows else { return Ok(subject) };
    let rows = UInt32Array::from(rows.to_vec());
    arrow_select::take::take(&subject, &rows, None).map_err(|_| Error::Internal("subjects cannot be taken by row"))
}

/// Subjects as the policy compares them: of text or numbers, one spelling for each.
fn in_form(subjects: ArrayRef, form: Normalize) -> Result<ArrayRef, Error> {
    if form.is_nothing() {
        return Ok(subjects);
    }
    let texts = cast_exactly(&subjects, &DataType::Utf8).map_err(|_| Error::Internal("a subject without a text"))?;
    Ok(Arc::new(form.forms(texts.as_string())))
}

fn gather(
    batch: &Batch,
    columns: impl Iterator<Item = Beside>,
    types: &[ColumnType],
) -> Result<Vec<(ArrayRef, ColumnType)>, Error> {
    let column = |(column, column_type): (Beside, &ColumnType)| {
        let array = beside(batch, column, *column_type)?;
        let index = match column {
            Beside::Column(index) => Some(index),
            Beside::Absent => None,
        };
        let exact = cast_exactly(&array, &column_type.arrow());
        Ok((exact.map_err(|row| inexact(batch, index, row, *column_type))?, *column_type))
    };
    columns.zip(types).map(column).collect()
}

/// A column as it is in the batch, nulls of a type where it is absent.
fn beside(batch: &Batch, column: Beside, absent: ColumnType) -> Result<ArrayRef, Error> {
    match column {
        Beside::Column(index) => batch.columns().columns().get(index).cloned(),
        Beside::Absent => Some(new_null_array(&absent.arrow(), batch.rows())),
    }
    .ok_or(Error::Internal("a planned column is not there"))
}

/// A value that the type of its call cannot hold. The plan chose the type by that of the column.
fn inexact(batch: &Batch, column: Option<usize>, row: usize, column_type: ColumnType) -> Error {
    let place = Place { column: column.and_then(|column| name(batch, column)), ..batch.place().row(row) };
    DataError { place, problem: DataProblem::Inexact(column_type) }.into()
}

fn first(types: &[ColumnType]) -> Result<ColumnType, Error> {
    types.first().copied().ok_or(Error::Internal("a call without a type"))
}

#[cfg(test)]
mod tests {
    use arrow_array::{RecordBatch, StringArray, TimestampNanosecondArray};
    use arrow_schema::{Field, Schema, TimeUnit};

    use super::*;
    use crate::batch::{BatchPlace, open_schema};
    use crate::host::Host;
    use crate::pipeline::{Processed, process};
    use crate::policy::Policy;

    const POLICY: &str = "
version: 1
domain: d
subject: id
rules:
  - { columns: [id], drop: true }
  - { columns: [day, 'days[]'], mask: shift-dates, key: dates }
";

    fn processed(schema: Schema, columns: Vec<ArrayRef>) -> Result<Processed, Error> {
        processed_under(POLICY, schema, columns)
    }

    fn processed_under(policy: &str, schema: Schema, columns: Vec<ArrayRef>) -> Result<Processed, Error> {
        let host = Host::builder(Policy::parse("p", policy).unwrap()).ephemeral_keys().build().unwrap();
        let batch = RecordBatch::try_new(Arc::new(schema), columns).unwrap();
        let place = BatchPlace { input: "in".into(), first_row: 1, ..BatchPlace::default() };
        process(host.snapshot(), Batch::new(batch, place))
    }

    #[test]
    fn rows_of_documents_without_the_subject_are_rejected_as_missing() {
        let days: ArrayRef = Arc::new(StringArray::from(vec![Some("1980-01-01"), None]));
        let open = open_schema(vec![Field::new("day", DataType::Utf8, true)]);
        let processed = processed(open, vec![days]).unwrap();
        let rejected: Vec<_> = processed.rejected.iter().map(|rejected| (rejected.row, rejected.code)).collect();
        assert_eq!(rejected, [(0, RejectionCode::Missing)]);
    }

    #[test]
    fn spellings_that_the_policy_holds_for_one_subject_are_shifted_alike() {
        let normalize = "subject: { column: id, normalize: { trim: true, ascii-case: true, separators: true } }";
        let policy = POLICY.replace("subject: id", normalize);
        let schema = Schema::new(["id", "day"].map(|name| Field::new(name, DataType::Utf8, true)).to_vec());
        let ids = ["P-17", " p17\t", "P 1-7", "P-18", "--"];
        let rows = |policy: &str| {
            let days = StringArray::from(vec!["1980-01-01"; ids.len()]);
            let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(ids.to_vec())), Arc::new(days)];
            let processed = processed_under(policy, schema.clone(), columns).unwrap();
            let days = processed.verified.columns().column(0).as_string::<i32>().clone();
            (days.iter().map(|day| day.unwrap().to_owned()).collect::<Vec<_>>(), processed.rejected.len())
        };
        // Two offsets are equal with odds of 1 in 730, three with none to speak of.
        let (alike, rejected) = rows(&policy);
        assert!(alike[0] == alike[1] && alike[1] == alike[2], "{alike:?}");
        assert_eq!((alike.len(), rejected), (4, 1), "nothing is left of the last subject");
        let (apart, rejected) = rows(POLICY);
        assert!(apart[0] != apart[1] || apart[1] != apart[2], "{apart:?}");
        assert_eq!((apart.len(), rejected), (5, 0));
    }

    #[test]
    fn elements_of_lists_are_rejected_likewise() {
        let mut lists = arrow_array::builder::ListBuilder::new(arrow_array::builder::StringBuilder::new());
        lists.append_value([] as [Option<&str>; 0]);
        lists.append_value([Some("1980-01-01"), Some("1980-01-02")]);
        let lists: ArrayRef = Arc::new(lists.finish());
        let open = open_schema(vec![Field::new("days[]", lists.data_type().clone(), true)]);
        let processed = processed(open, vec![lists]).unwrap();
        let rejected: Vec<_> = processed.rejected.iter().map(|rejected| (rejected.row, rejected.code)).collect();
        assert_eq!(rejected, [(1, RejectionCode::Missing)]);
    }

    #[test]
    fn instants_of_pandas_are_masked_and_one_that_would_be_cut_off_is_named() {
        let type_of = DataType::Timestamp(TimeUnit::Nanosecond, Some("America/New_York".into()));
        let schema = || {
            let fields = [("id", DataType::Utf8), ("day", type_of.clone())];
            Schema::new(fields.map(|(name, data_type)| Field::new(name, data_type, true)).to_vec())
        };
        let columns = |nanoseconds: i64| -> Vec<ArrayRef> {
            let instants = TimestampNanosecondArray::from(vec![0, nanoseconds]).with_timezone("America/New_York");
            vec![Arc::new(StringArray::from(vec!["a", "a"])), Arc::new(instants)]
        };
        let masked = processed(schema(), columns(86_400_000_000_000)).unwrap();
        let micros = masked.verified.columns().column(0).as_primitive::<arrow_array::types::TimestampMicrosecondType>();
        assert_eq!(micros.value(1) - micros.value(0), 86_400_000_000, "the interval stays");
        assert_ne!(micros.value(0), 0);
        let refusal = processed(schema(), columns(1)).unwrap_err().to_string();
        assert!(refusal.starts_with("in, row 2, column `day`: the value has no equal of type timestamp"), "{refusal}");
    }
}
