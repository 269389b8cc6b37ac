//! Masking one batch with a plugin of the test's own.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use moretta::Masked;
use moretta::error::Error;
use moretta::plugin::{GuestFault, Limits, Package};
use moretta::policy::Policy;
use moretta::{Host, HostBuilder};

/// A column of text and its name.
pub(crate) type Column<'a> = (&'a str, &'a [Option<&'a str>]);

/// A policy with these rules, one a line, and a plugin to be read from these bytes.
pub(crate) fn builder(plugin: &[u8], rules: &str) -> HostBuilder {
    let rules: String = rules.lines().map(|rule| format!("  - {rule}\n")).collect();
    let policy = Policy::parse("policy.yaml", &format!("version: 1\ndomain: tests\nrules:\n{rules}")).unwrap();
    let limits = Limits { deadline: Duration::from_secs(2), ..Limits::default() };
    Host::builder(policy).ephemeral_keys().limits(limits).plugin(Package::read("the plugin", plugin).unwrap())
}

/// A batch of columns of text.
pub(crate) fn batch(columns: &[Column<'_>]) -> RecordBatch {
    let array = |values: &[Option<&str>]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, values)| (*name, array(values), true))).unwrap()
}

/// Masks one batch in a host made for it.
pub(crate) fn mask(plugin: &[u8], rules: &str, columns: &[Column<'_>]) -> Result<Masked, Error> {
    builder(plugin, rules).build().unwrap().mask_rows(batch(columns))
}

/// The values of a column that was masked.
pub(crate) fn values<'a>(masked: &'a Masked, column: &str) -> Vec<Option<&'a str>> {
    masked.batch.column_by_name(column).unwrap().as_string::<i32>().iter().collect()
}

/// Whether these bytes lie anywhere in the memory of the columns, behind a null or at the end of a buffer too.
pub(crate) fn holds(masked: &Masked, bytes: &[u8]) -> bool {
    let buffers = masked.batch.columns().iter().map(|column| column.to_data());
    buffers.flat_map(|data| data.buffers().to_vec()).any(|buffer| buffer.windows(bytes.len()).any(|part| part == bytes))
}

/// What the plugin did wrong.
#[track_caller]
pub(crate) fn fault(result: Result<Masked, Error>) -> GuestFault {
    match result {
        Err(Error::Guest(error)) => error.fault,
        Err(other) => panic!("no fault of the plugin: {other}"),
        Ok(masked) => panic!("masked {} rows", masked.batch.num_rows()),
    }
}
