//! The gate: what a batch has to be before a plugin that masks sees any of it.
//!
//! The contract of the policy is held against every row (`contract`), and the contents of columns against their labels
//! (`content`). Either stops the run or keeps rows out, which go to quarantine.

mod content;
mod contract;

use arrow_array::BooleanArray;
use arrow_select::filter::filter_record_batch;

use crate::batch::Batch;
use crate::classify::Classifiers;
use crate::error::Error;
use crate::leash::Leash;
use crate::outcome::RejectedRow;
use crate::plan::Plan;
use crate::policy::Contract;

pub(crate) use content::check_output;

/// The rows of a batch that may be masked.
pub(crate) struct Admitted {
    /// These rows.
    pub(crate) batch: Batch,
    /// Their numbers in the batch that came, rising, where they are not all of it.
    rows: Option<Vec<usize>>,
    /// The others, each once, in rising order.
    rejected: Vec<RejectedRow>,
    /// How many values classifiers looked at.
    pub(crate) examined: u64,
}

impl Admitted {
    /// Holds a batch against the contract of the policy.
    ///
    /// # Errors
    /// A row breaks it, and the run stops for that.
    pub(crate) fn by(contract: Option<&Contract>, batch: &Batch) -> Result<Self, Error> {
        let admitted = Self { batch: batch.clone(), rows: None, rejected: Vec::new(), examined: 0 };
        match contract {
            None => Ok(admitted),
            Some(contract) => admitted.without(&contract::check(batch, contract)?),
        }
    }

    /// Holds the contents of columns against their labels. `classifiers` are asked for where there is something to look at.
    ///
    /// # Errors
    /// A column is not what its label says, and the run stops for that; or a classifier broke the contract or its limits.
    pub(crate) fn with_contents<C: AsRef<Classifiers>>(
        mut self,
        plan: &Plan,
        classifiers: impl FnOnce() -> Result<C, Error>,
        leash: &Leash,
    ) -> Result<Self, Error> {
        if !content::is_looked_at(&self.batch, plan) || !content::has_enough(&self.batch, &plan.contents) {
            return Ok(self);
        }
        let looked = content::check(&self.batch, plan, classifiers()?.as_ref(), leash)?;
        self.examined = self.examined.saturating_add(looked.examined);
        self.without(&looked.rejected)
    }

    /// The rejected rows, numbered as those of the batch that came: these, and what was rejected of those that were admitted.
    pub(crate) fn rejected(&self, later: &[RejectedRow]) -> Vec<RejectedRow> {
        let number = |row: usize| self.rows.as_ref().map_or(Some(row), |rows| rows.get(row).copied());
        let later = later.iter().filter_map(|it| Some(RejectedRow { row: number(it.row)?, ..*it }));
        let mut rejected: Vec<RejectedRow> = self.rejected.iter().copied().chain(later).collect();
        rejected.sort_by_key(|rejected| rejected.row);
        rejected
    }

    /// Leaves out rows, which rise.
    fn without(self, rejected: &[RejectedRow]) -> Result<Self, Error> {
        if rejected.is_empty() {
            return Ok(self);
        }
        let is_kept = |row: &usize| rejected.binary_search_by_key(row, |it| it.row).is_err();
        let kept: Vec<usize> = (0..self.batch.rows()).filter(is_kept).collect();
        let flags: BooleanArray = (0..self.batch.rows()).map(|row| Some(is_kept(&row))).collect();
        let columns = filter_record_batch(self.batch.columns(), &flags)
            .map_err(|_| Error::Internal("rows cannot be kept out of a batch"))?;
        let number = |row: &usize| self.rows.as_ref().map_or(Some(*row), |rows| rows.get(*row).copied());
        Ok(Self {
            batch: self.batch.pick(&kept, columns),
            rows: Some(kept.iter().filter_map(number).collect()),
            rejected: self.rejected(rejected),
            examined: self.examined,
        })
    }
}
