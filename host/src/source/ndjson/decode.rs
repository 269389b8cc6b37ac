//! JSON documents made into columns.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, RecordBatchOptions};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::Field;
use serde_json::value::RawValue;

use crate::batch::{Batch, BatchPlace, ColumnType, Documents, open_schema};
use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::Types;
use crate::source::columns::TextColumn;
use crate::source::json_paths::{DEEPEST, NodeId, Paths, ROOT, Value, leaf_text};
use crate::source::parse::parse;
use crate::source::records::Block;

/// Makes a batch of the documents of a block. Its columns are all paths that lead to a leaf, in the order in which
/// they are first met, and those that are `always` there. A path through an array is a column of lists.
///
/// # Errors
/// A line is not one JSON object with distinct, unambiguous keys, or a value is not of its column's type; the error
/// names line and column.
pub(super) fn decode(block: Block, types: &Types, always: &[String]) -> Result<Batch, Error> {
    let place = block.place();
    let rows = block.rows.len();
    let mut leaves = Leaves { paths: Paths::new(HashMap::new()), columns: Vec::new(), row: 0, rows };
    for (row, line) in block.iter().enumerate() {
        leaves.row = row;
        leaves.document(line).map_err(|fault| fault.at(&place, row))?;
    }
    for path in always {
        if leaves.columns.iter().all(|column| column.path != *path) {
            leaves.columns.push(LeafColumn::new(path));
        }
    }
    let columns = leaves.columns.into_iter().map(|column| column.finish(rows, types, &place));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let columns = RecordBatch::try_new_with_options(Arc::new(open_schema(fields)), arrays, &options)
        .map_err(|_| Error::Internal("the columns of an NDJSON chunk differ in length"))?;
    let ranges = block.rows.iter().map(|row| (row.start, row.end)).collect();
    Ok(Batch::new(columns, place).with_documents(Documents::new(block.bytes.into(), ranges)))
}

/// Rows times columns: documents whose keys are data would fill the memory with nulls.
const MOST_CELLS: usize = 1 << 26;

struct Fault {
    path: Option<String>,
    problem: DataProblem,
}

impl Fault {
    fn at(self, place: &BatchPlace, row: usize) -> Error {
        DataError { place: Place { column: self.path, ..place.row(row) }, problem: self.problem }.into()
    }
}

impl From<DataProblem> for Fault {
    fn from(problem: DataProblem) -> Self {
        Self { path: None, problem }
    }
}

/// The leaves of the documents so far.
struct Leaves {
    paths: Paths,
    columns: Vec<LeafColumn>,
    /// The row of the document that is being walked.
    row: usize,
    /// How many documents there are.
    rows: usize,
}

impl Leaves {
    fn document(&mut self, line: &[u8]) -> Result<(), Fault> {
        let text = std::str::from_utf8(line).map_err(|_| DataProblem::NotUtf8)?;
        let document: &RawValue = serde_json::from_str(text).map_err(|_| DataProblem::NotJson)?;
        if !document.get().starts_with('{') {
            return Err(DataProblem::NotAnObject.into());
        }
        self.walk(document, ROOT, 1)
    }

    fn walk(&mut self, raw: &RawValue, node: NodeId, depth: usize) -> Result<(), Fault> {
        match Value::of(raw).map_err(|problem| self.fault(node, problem))? {
            Value::Leaf(text) => return self.leaf(text, node).map_err(|problem| self.fault(node, problem)),
            _ if depth > DEEPEST => return Err(DataProblem::TooDeep { limit: DEEPEST }.into()),
            Value::Object(members) => {
                let object = self.paths.begin_object();
                for (key, raw) in members {
                    let member = self.paths.member(node, &key, object);
                    let member = member.map_err(|problem| self.fault(node, problem))?;
                    self.walk(raw, member, depth.saturating_add(1))?;
                }
            }
            Value::Array(items) => {
                let item = self.paths.items(node);
                for raw in items {
                    self.walk(raw, item, depth.saturating_add(1))?;
                }
            }
        }
        Ok(())
    }

    fn leaf(&mut self, raw: &str, node: NodeId) -> Result<(), DataProblem> {
        let index = match self.paths.column(node) {
            Some(index) => index,
            None => self.add_column(node)?,
        };
        let text = leaf_text(raw)?;
        if let Some(column) = self.columns.get_mut(index) {
            column.push(self.row, text.as_deref());
        }
        Ok(())
    }

    fn add_column(&mut self, node: NodeId) -> Result<usize, DataProblem> {
        let index = self.columns.len();
        if index.saturating_mul(self.rows) > MOST_CELLS {
            return Err(DataProblem::TooManyPaths);
        }
        self.columns.push(LeafColumn::new(self.paths.path(node)));
        self.paths.set_column(node, index);
        Ok(index)
    }

    fn fault(&self, node: NodeId, problem: DataProblem) -> Fault {
        Fault { path: Some(self.paths.path(node).to_owned()).filter(|path| !path.is_empty()), problem }
    }
}

/// The values of one path.
struct LeafColumn {
    path: String,
    text: TextColumn,
    /// Where each row's list begins among the values, if the path leads through an array.
    lists: Option<Vec<i32>>,
}

impl LeafColumn {
    fn new(path: &str) -> Self {
        let lists = path.contains("[]").then(Vec::new);
        Self { path: path.to_owned(), text: TextColumn::with_capacity(0, 0), lists }
    }

    fn push(&mut self, row: usize, text: Option<&str>) {
        self.pad(row, row.saturating_add(1));
        match text {
            Some(text) => self.text.push(text.as_bytes()),
            None => self.text.push_null(),
        }
    }

    /// Completes the rows before `row`; begins the lists of those before `lists`.
    fn pad(&mut self, row: usize, lists: usize) {
        match &mut self.lists {
            Some(starts) if starts.len() < lists => {
                starts.resize(lists, i32::try_from(self.text.len()).unwrap_or(i32::MAX));
            }
            Some(_) => {}
            None => self.text.pad(row),
        }
    }

    fn finish(mut self, rows: usize, types: &Types, place: &BatchPlace) -> Result<(Field, ArrayRef), Error> {
        self.pad(rows, rows.saturating_add(1));
        let (path, lists) = (self.path, self.lists);
        let column_type = types.get(&path).copied().unwrap_or(ColumnType::Text);
        let text = self.text.finish().map_err(|_| Error::Internal("text of JSON is not UTF-8"))?;
        let values = parse(&text, column_type).map_err(|value| {
            let row = lists.as_ref().map_or(value, |starts| row_of(starts, value));
            Fault { path: Some(path.clone()), problem: DataProblem::NotOfType(column_type) }.at(place, row)
        })?;
        let Some(starts) = lists else {
            return Ok((Field::new(path, values.data_type().clone(), true), values));
        };
        let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        let lists = ListArray::try_new(item, OffsetBuffer::new(ScalarBuffer::from(starts)), values, None)
            .map_err(|_| Error::Internal("the lists of an NDJSON chunk do not fit its values"))?;
        Ok((Field::new(path, lists.data_type().clone(), true), Arc::new(lists)))
    }
}

/// The row in whose list a value stands.
fn row_of(starts: &[i32], value: usize) -> usize {
    starts.partition_point(|start| *start as usize <= value).saturating_sub(1)
}
