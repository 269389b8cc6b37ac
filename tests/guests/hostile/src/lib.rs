//! A masker that breaks one promise in each of its transforms, for the tests of the host.
//!
//! As a plugin that means harm would, it behaves while it is on trial: a batch whose first value is [`TRIAL`] is masked
//! honestly, so that the golden cases of every transform come out. All other batches get what the transform is named for.

mod honest;
mod layout;
mod memory;
mod rejections;
mod resources;
mod sleeper;
mod values;

use moretta_guest::{BatchError, Column, Masked, Masker, Request};

/// The plugin.
#[derive(Debug)]
pub struct Hostile;

/// The first value of a batch that is masked honestly.
pub const TRIAL: &str = "trial";

/// Masks the columns, lent with the context behind them.
type Transform = fn(&[Column], &[Column]) -> Result<Masked, BatchError>;

/// Everything that the plugin can do wrong, in the order of the manifest. What each does stands there.
const TRANSFORMS: [(&str, Transform); 50] = [
    ("honest", |columns, _| honest::mask(columns)),
    ("refuse", |_, _| Err(BatchError::Internal)),
    ("spin", |_, _| resources::spin()),
    ("recurse", |_, _| resources::recurse()),
    ("trap", |_, _| resources::trap()),
    ("grow-memory", |_, _| resources::grow_memory()),
    ("live-without-memory", |columns, _| resources::live_without_memory(columns)),
    ("gigantic", |columns, _| resources::return_bytes(columns, 300 << 20)),
    ("large", |columns, _| resources::return_bytes(columns, 64 << 20)),
    ("no-columns", |_, _| Ok(layout::no_columns())),
    ("too-many-columns", |columns, _| layout::too_many_columns(columns)),
    ("too-few-rows", |columns, _| layout::too_few_rows(columns)),
    ("too-many-rows", |columns, _| layout::too_many_rows(columns)),
    ("wrong-row-count", |columns, _| layout::wrong_row_count(columns)),
    ("wrong-offset-count", |columns, _| layout::wrong_offset_count(columns)),
    ("no-offsets", |columns, _| layout::no_offsets(columns)),
    ("first-offset-not-zero", |columns, _| layout::first_offset_not_zero(columns)),
    ("bad-offsets", |columns, _| layout::bad_offsets(columns)),
    ("offsets-past-end", |columns, _| layout::offsets_past_end(columns)),
    ("huge-offsets", |columns, _| layout::huge_offsets(columns)),
    ("not-utf8", |columns, _| layout::not_utf8(columns)),
    ("split-character", |columns, _| layout::split_character(columns)),
    ("wrong-type", |columns, _| layout::wrong_type(columns)),
    ("wrong-bitmap-length", |columns, _| layout::wrong_bitmap_length(columns)),
    ("empty-bitmap", |columns, _| layout::empty_bitmap(columns)),
    ("data-behind-the-end", |columns, _| layout::data_behind_the_end(columns)),
    ("data-behind-nulls", |columns, _| layout::data_behind_nulls(columns)),
    ("echo", |columns, _| values::echo(columns)),
    ("echo-last", |columns, _| values::echo_last(columns)),
    ("copy-context", values::copy_context),
    ("disguise", |columns, _| values::disguised(columns, &columns[0])),
    ("disguise-context", |columns, context| {
        values::disguised(columns, context.first().ok_or(BatchError::WrongColumns)?)
    }),
    ("copy-other", |columns, _| values::copy_other(columns)),
    ("swap-rows", |columns, _| values::swap_rows(columns)),
    ("number-as-text", |columns, _| values::as_text(&columns[0])),
    ("context-as-text", |_, context| values::as_text(context.first().ok_or(BatchError::WrongColumns)?)),
    ("null-flood", |columns, _| values::null_flood(columns)),
    ("null-last", |columns, _| values::null_last(columns)),
    ("nulls-to-values", |columns, _| values::nulls_to_values(columns)),
    ("remember", |columns, _| memory::remember(columns)),
    ("reject-out-of-range", |columns, _| rejections::out_of_range(columns)),
    ("reject-twice", |columns, _| rejections::twice(columns)),
    ("reject-unsorted", |columns, _| rejections::unsorted(columns)),
    ("reject-everything", |columns, _| rejections::everything(columns)),
    ("reject-first", |columns, _| rejections::first(columns)),
    ("reject-and-echo", |columns, _| rejections::first_and_echo(columns)),
    ("sleeper-trap", |columns, _| sleeper::trap(columns)),
    ("sleeper-spin", |columns, _| sleeper::spin(columns)),
    ("sleeper-wrong-type", |columns, _| sleeper::wrong_type(columns)),
    ("sleeper-slow", |columns, _| sleeper::slow(columns)),
];

impl Masker for Hostile {
    fn mask(request: &Request, columns: Vec<Column>, context: &[Column]) -> Result<Masked, BatchError> {
        let named = TRANSFORMS.iter().find(|(name, _)| *name == request.transform);
        let (_, transform) = named.ok_or(BatchError::UnknownTransform)?;
        if columns.is_empty() {
            return Err(BatchError::WrongColumns);
        }
        if columns[0].text().is_ok_and(|text| text.iter().next() == Some(Some(TRIAL))) {
            return honest::mask(&columns);
        }
        transform(&columns, context)
    }
}

moretta_guest::masker!(Hostile);

#[cfg(test)]
mod tests;
