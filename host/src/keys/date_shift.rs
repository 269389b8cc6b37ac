//! Offsets that dates are shifted by: `date-shift-key` in `wit/date-shift.wit`.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{Array, ArrayRef};

use super::canonical::Canonical;
use super::keyed_digest::KeyedDigest;
use super::{DateShiftGrant, Refusal};

/// The longest shift in days: a hundred years.
const MOST_DAYS: u32 = 36_500;

impl DateShiftGrant {
    /// Lends the key to one call whose rows belong to these subjects.
    pub fn lend(&self, subjects: ArrayRef) -> LentDateShiftKey {
        self.lend_in(subjects, &BatchOffsets::default())
    }

    /// Lends the key to one of several calls whose rows belong to the same subjects.
    pub(crate) fn lend_in(&self, subjects: ArrayRef, known: &BatchOffsets) -> LentDateShiftKey {
        LentDateShiftKey { grant: self.clone(), subjects: Some(subjects), known: known.clone() }
    }
}

/// The offsets that the calls of one batch share: a batch often has several columns of dates, and always one subject.
/// Gone with the batch.
#[derive(Clone, Default)]
pub(crate) struct BatchOffsets(Arc<Mutex<Vec<Known>>>);

/// Offsets that were asked for already, under one version of one key.
struct Known {
    key: String,
    version: u32,
    max_days: u32,
    offsets: Vec<i32>,
}

impl BatchOffsets {
    fn get_or(
        &self,
        grant: &DateShiftGrant,
        max_days: u32,
        make: impl FnOnce() -> Result<Vec<i32>, Refusal>,
    ) -> Result<Vec<i32>, Refusal> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &&Known| (known.version, known.max_days) == (grant.version(), max_days);
        if let Some(known) = known.iter().filter(same).find(|known| known.key == grant.key_id()) {
            return Ok(known.offsets.clone());
        }
        let offsets = make()?;
        let (key, version) = (grant.key_id().to_owned(), grant.version());
        known.push(Known { key, version, max_days, offsets: offsets.clone() });
        Ok(offsets)
    }
}

/// A key for date shifts in the hands of one call. It answers once.
pub struct LentDateShiftKey {
    grant: DateShiftGrant,
    /// Whose dates the rows hold. Taken out when the call is answered.
    subjects: Option<ArrayRef>,
    known: BatchOffsets,
}

impl LentDateShiftKey {
    /// The offset of each row's subject in days: from -`max_days` to `max_days`, never 0; 0 for a null subject.
    ///
    /// The offset comes from the key, the subject and `max_days` alone, so that all dates of a subject are shifted
    /// alike in every table, batch and run. `max_days` is part of what is digested: the offsets of a subject under two
    /// of them have nothing to do with each other, and a release that is shifted by little tells nothing of another.
    /// Intervals between tables therefore stay where the rules of both name the same key, domain and `max_days`.
    ///
    /// Every offset has the probability `1 / (2 * max_days)` up to an error below 2^-64, from reducing 64 bits.
    /// An empty text is a subject like others; text, binary and int64 name the same subject by the same characters.
    ///
    /// # Errors
    /// [`Refusal::InvalidParameter`]: `max_days` is not 1 to 36500. [`Refusal::UnsupportedType`]: the subjects are not
    /// text, binary or int64. [`Refusal::QuotaExhausted`]: the call was answered before.
    pub fn offsets(&mut self, max_days: u32) -> Result<Vec<i32>, Refusal> {
        if !(1..=MOST_DAYS).contains(&max_days) {
            return Err(Refusal::InvalidParameter);
        }
        let subjects = self.subjects.as_ref().ok_or(Refusal::QuotaExhausted)?;
        let make = || offsets(&self.grant.0.secret, subjects, max_days);
        let offsets = self.known.get_or(&self.grant, max_days, make)?;
        self.subjects = None;
        Ok(offsets)
    }
}

impl fmt::Debug for LentDateShiftKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentDateShiftKey").field("grant", &self.grant).finish_non_exhaustive()
    }
}

/// Rows of one subject often follow each other, so the last one is remembered.
fn offsets(key: &KeyedDigest, subjects: &ArrayRef, max_days: u32) -> Result<Vec<i32>, Refusal> {
    let mut offsets = Vec::with_capacity(subjects.len());
    let (mut last, mut last_offset) = (Vec::new(), None);
    Canonical::of(subjects.as_ref())?.for_each(|subject| {
        offsets.push(match (subject, last_offset) {
            (None, _) => 0,
            (Some(subject), Some(offset)) if subject == last => offset,
            (Some(subject), _) => {
                let offset = offset(key, subject, max_days);
                last.clear();
                last.extend_from_slice(subject);
                last_offset = Some(offset);
                offset
            }
        });
    });
    Ok(offsets)
}

/// The first 64 bits of the digest, reduced to the `2 * max_days` offsets that there are.
fn offset(key: &KeyedDigest, subject: &[u8], max_days: u32) -> i32 {
    let digest = key.digest(&max_days.to_be_bytes(), subject);
    let drawn = digest.iter().take(8).fold(0, |drawn: u64, byte| (drawn << 8) | u64::from(*byte));
    pick(drawn, max_days)
}

/// From -`max_days` to `max_days` without 0, for `max_days` of at most [`MOST_DAYS`].
fn pick(drawn: u64, max_days: u32) -> i32 {
    let max_days = i64::from(max_days);
    let choices = max_days.saturating_mul(2).unsigned_abs();
    let choice = drawn.checked_rem(choices).unwrap_or_default().cast_signed();
    let below = choice.saturating_sub(max_days);
    let offset = if below < 0 { below } else { below.saturating_add(1) };
    i32::try_from(offset).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Keyring, Purpose};
    use arrow_array::{Float64Array, Int64Array, StringArray};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn grant() -> DateShiftGrant {
        let keyring = Keyring::ephemeral(&[("dates", Purpose::DateShift)]).unwrap();
        keyring.date_shift_key("dates", "patients").unwrap()
    }

    fn of(grant: &DateShiftGrant, subjects: &[Option<&str>], max_days: u32) -> Vec<i32> {
        grant.lend(Arc::new(StringArray::from(subjects.to_vec()))).offsets(max_days).unwrap()
    }

    #[test]
    fn every_offset_is_drawn_from_as_many_numbers() {
        let offsets: Vec<i32> = (0..6).map(|drawn| pick(drawn, 3)).collect();
        assert_eq!(offsets, [-3, -2, -1, 1, 2, 3]);
        assert_eq!(pick(u64::MAX, 1), 1);
        assert_eq!((pick(72_999, MOST_DAYS), pick(73_000, MOST_DAYS)), (36_500, -36_500));
    }

    #[test]
    fn a_null_subject_has_no_offset_and_an_empty_one_has() {
        let offsets = of(&grant(), &[None, Some(""), None], 10);
        assert_eq!((offsets[0], offsets[2]), (0, 0));
        assert_ne!(offsets[1], 0);
    }

    #[test]
    fn a_number_names_the_same_subject_as_its_text() {
        let grant = grant();
        let numbers = grant.lend(Arc::new(Int64Array::from(vec![17, -3]))).offsets(MOST_DAYS).unwrap();
        assert_eq!(numbers, of(&grant, &[Some("17"), Some("-3")], MOST_DAYS));
    }

    #[test]
    fn answers_once_and_only_within_its_limits() {
        let mut key = grant().lend(Arc::new(StringArray::from(vec!["a"])));
        assert_eq!(key.offsets(0), Err(Refusal::InvalidParameter));
        assert_eq!(key.offsets(36_501), Err(Refusal::InvalidParameter));
        assert!(key.offsets(36_500).is_ok());
        assert_eq!(key.offsets(36_500), Err(Refusal::QuotaExhausted));
    }

    #[test]
    fn refuses_subjects_without_canonical_bytes() {
        let mut key = grant().lend(Arc::new(Float64Array::from(vec![1.0])));
        assert_eq!(key.offsets(10), Err(Refusal::UnsupportedType));
    }

    #[test]
    fn shows_neither_key_nor_subjects() {
        let key = grant().lend(Arc::new(StringArray::from(vec!["Meyer"])));
        let expected = "LentDateShiftKey { grant: DateShiftGrant { key: \"dates\", version: 1, .. }, .. }";
        assert_eq!(format!("{key:?}"), expected);
    }

    proptest! {
        #[test]
        fn offsets_stay_in_range_and_depend_on_the_subject_alone(
            subjects in proptest::collection::vec(proptest::option::weighted(0.9, "[ab]{0,2}"), 0..40),
            max_days in prop_oneof![1_u32..5, 1..=MOST_DAYS],
        ) {
            let grant = grant();
            let subjects: Vec<Option<&str>> = subjects.iter().map(Option::as_deref).collect();
            let offsets = of(&grant, &subjects, max_days);
            prop_assert_eq!(offsets.len(), subjects.len());
            for (subject, offset) in subjects.iter().zip(&offsets) {
                prop_assert_eq!(*offset == 0, subject.is_none());
                prop_assert!(offset.unsigned_abs() <= max_days);
                prop_assert_eq!(&of(&grant, &[*subject], max_days)[0], offset);
            }
        }
    }
}
