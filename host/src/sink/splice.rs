//! Documents written again with the values of masked columns in them.

use serde_json::value::RawValue;

use crate::error::Error;
use crate::sink::json_values::{JsonColumn, write_string};
use crate::source::json_paths::{DEEPEST, NodeId, Paths, ROOT, Value};

/// Writes documents: a leaf of a masked column with the column's value, a leaf of a kept column byte for byte, a leaf
/// of no column not at all. Objects and arrays that end up empty are left out.
pub(super) struct Splice {
    paths: Paths,
    columns: Vec<Leaf>,
    bytes: Vec<u8>,
    row: usize,
}

/// Where the values of a column come from.
enum Leaf {
    /// From the document.
    Kept,
    /// From the column. A row has one leaf of it at most.
    Masked(JsonColumn),
    /// From the column's lists, whose items stand in the order of the leaves.
    MaskedItems {
        items: JsonColumn,
        lists: arrow_array::ListArray,
        /// The items of this row that are not yet written.
        rest: std::ops::Range<usize>,
    },
}

impl Splice {
    /// Columns by their paths; `None` for a kept one.
    pub(super) fn new(columns: Vec<(&str, Option<JsonColumn>)>) -> Self {
        let paths = columns.iter().enumerate().map(|(index, (path, _))| ((*path).to_owned(), index)).collect();
        let leaves = columns.into_iter().map(|(_, column)| match column {
            None => Leaf::Kept,
            Some(JsonColumn::Lists(lists, items)) => Leaf::MaskedItems { items: *items, lists, rest: 0..0 },
            Some(column) => Leaf::Masked(column),
        });
        Self { columns: leaves.collect(), paths: Paths::new(paths), bytes: Vec::new(), row: 0 }
    }

    /// Appends a document and a line feed.
    ///
    /// # Errors
    /// The document has more or fewer leaves of a path than the column has items.
    pub(super) fn document(&mut self, document: &RawValue, row: usize) -> Result<(), Error> {
        self.row = row;
        for column in &mut self.columns {
            if let Leaf::MaskedItems { lists, rest, .. } = column {
                *rest = JsonColumn::range(lists, row);
            }
        }
        if !self.walk(document, ROOT, 1)? {
            self.bytes.extend_from_slice(b"{}");
        }
        self.bytes.push(b'\n');
        let is_left = |column: &Leaf| matches!(column, Leaf::MaskedItems { rest, .. } if !rest.is_empty());
        if self.columns.iter().any(is_left) {
            return Err(Error::Internal("a masked list has more items than its document"));
        }
        Ok(())
    }

    /// The lines.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends a value. False, and nothing appended, if nothing of it is written.
    fn walk(&mut self, raw: &RawValue, node: NodeId, depth: usize) -> Result<bool, Error> {
        let value = Value::of(raw).map_err(|_| Error::Internal("a document is not JSON"))?;
        if depth > DEEPEST.saturating_add(1) {
            return Err(Error::Internal("a document is deeper than what was read"));
        }
        match value {
            Value::Leaf(raw) => self.leaf(raw, node),
            Value::Object(members) => {
                let object = self.paths.begin_object();
                self.enclosed([b'{', b'}'], members, |splice, (key, raw)| {
                    let member = splice.paths.member(node, &key, object);
                    let member = member.map_err(|_| Error::Internal("a key was not refused when it was read"))?;
                    write_string(&key, &mut splice.bytes);
                    splice.bytes.push(b':');
                    splice.walk(raw, member, depth.saturating_add(1))
                })
            }
            Value::Array(items) => {
                let item = self.paths.items(node);
                self.enclosed([b'[', b']'], items, |splice, raw| splice.walk(raw, item, depth.saturating_add(1)))
            }
        }
    }

    /// Appends what `write` appends for each part, and takes back the parts for which it returns false.
    fn enclosed<T>(
        &mut self,
        [open, close]: [u8; 2],
        parts: Vec<T>,
        write: impl Fn(&mut Self, T) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        let start = self.bytes.len();
        let mut mark = open;
        for part in parts {
            let before = self.bytes.len();
            self.bytes.push(mark);
            if write(self, part)? {
                mark = b',';
            } else {
                self.bytes.truncate(before);
            }
        }
        if mark == open {
            self.bytes.truncate(start);
            return Ok(false);
        }
        self.bytes.push(close);
        Ok(true)
    }

    fn leaf(&mut self, raw: &str, node: NodeId) -> Result<bool, Error> {
        let column = self.paths.column(node).and_then(|index| self.columns.get_mut(index));
        match column {
            None => return Ok(false),
            Some(Leaf::Kept) => self.bytes.extend_from_slice(raw.as_bytes()),
            Some(Leaf::Masked(column)) => column.write(self.row, &mut self.bytes),
            Some(Leaf::MaskedItems { items, rest, .. }) => {
                let item = rest.next().ok_or(Error::Internal("a masked list has fewer items than its document"))?;
                items.write(item, &mut self.bytes);
            }
        }
        Ok(true)
    }
}
