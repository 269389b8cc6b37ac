//! Verify: checks what the plugins returned. The only maker of [`VerifiedBatch`].

use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::batch::Documents;

/// A batch that passed every check: the only thing that a sink takes.
pub struct VerifiedBatch {
    columns: RecordBatch,
    masked: Vec<bool>,
    documents: Option<Arc<Documents>>,
}

impl VerifiedBatch {
    /// The columns to write, in order. Rows that were quarantined or dropped are not among them.
    pub fn columns(&self) -> &RecordBatch {
        &self.columns
    }

    /// Whether the column was masked. If not it is as it was in the source.
    pub fn is_masked(&self, column: usize) -> bool {
        self.masked.get(column).copied().unwrap_or(true)
    }

    /// The documents that the rows come from, where the source is made of documents.
    pub fn documents(&self) -> Option<&Documents> {
        self.documents.as_deref()
    }

    /// A batch that nobody verified, for the tests of sinks.
    #[cfg(test)]
    pub(crate) fn unverified(columns: RecordBatch, masked: Vec<bool>, documents: Option<Arc<Documents>>) -> Self {
        Self { columns, masked, documents }
    }
}

impl fmt::Debug for VerifiedBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedBatch({} rows)", self.columns.num_rows())
    }
}
