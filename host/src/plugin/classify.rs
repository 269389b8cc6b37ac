//! One call of a classifier: an instance of its own, the same limits, and every number that comes back checked.

use std::collections::BTreeSet;

use arrow_array::{Array, ArrayRef};

use super::Plugin;
use super::call::{lend, no_instance, refusal};
use super::fault::{CallError, GuestFault};
use crate::batch::ColumnType;
use crate::contract::column::LentColumn;
use crate::contract::latest::moretta::plugin::types::{Finding, Request};
use crate::leash::Leash;

/// What is asked of a classifier, for one batch.
#[derive(Debug)]
pub struct ClassifyCall<'a> {
    /// The name of each column.
    pub names: &'a [&'a str],
    /// The columns, of any lengths, and the type of each.
    pub columns: &'a [(ArrayRef, ColumnType)],
}

/// How many values of a column speak for a label: no value, and no place of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Which of the columns of the call.
    pub column: usize,
    /// Which of the labels of the manifest.
    pub label: usize,
    /// How many values speak for it.
    pub matched: u32,
    /// How many were looked at.
    pub examined: u32,
}

/// What a classifier found in the columns of a call.
#[derive(Debug)]
pub(crate) struct ClassifyAnswer {
    /// Each column and label once.
    pub(crate) found: Vec<Match>,
    /// The most that a memory of the instance was, in bytes.
    pub(crate) peak_memory: usize,
}

impl Plugin {
    /// Counts the values of each column that speak for each label, in an instance that nothing was in before and nothing
    /// will be in after.
    ///
    /// # Errors
    /// What the guest did wrong, or that the machine cannot run it now. Its instance is gone.
    pub(crate) fn classify(&self, call: &ClassifyCall<'_>, leash: &Leash) -> Result<ClassifyAnswer, CallError> {
        let lent: usize = call.columns.iter().map(|(array, _)| array.get_buffer_memory_size()).sum();
        let mut store = self.store(lent, leash);
        let columns = lend(call.columns)?;
        let columns: Vec<_> = columns.iter().map(LentColumn::argument).collect();
        // A classifier has no transforms and no options, and what day it is says nothing of what a column holds.
        let request = Request { transform: "classify", config: "{}", reference_date: None };
        let instance = self.compiled.instance.instantiate(&mut store).map_err(no_instance);
        let answer = instance
            .and_then(|instance| self.compiled.exports.classify(&mut store, &instance, request, call.names, &columns));
        let findings = answer.map_err(|error| self.failure(&error, &store, lent, leash))?.map_err(refusal)?;
        Ok(ClassifyAnswer { found: self.check(call, &findings)?, peak_memory: store.data().memory.peak() })
    }

    fn check(&self, call: &ClassifyCall<'_>, findings: &[Finding]) -> Result<Vec<Match>, GuestFault> {
        let mut seen = BTreeSet::new();
        let check = |finding: &Finding| {
            let (column, label) = (finding.column as usize, finding.label as usize);
            let Some((array, _)) = call.columns.get(column) else {
                return Err(GuestFault::Contract("found something in a column that it was not lent"));
            };
            if label >= self.manifest().labels.len() || !seen.insert((column, label)) {
                return Err(GuestFault::Contract("found a label twice, or one that its manifest does not have"));
            }
            let values = array.len().saturating_sub(array.null_count());
            if finding.matched > finding.examined || finding.examined as usize > values {
                return Err(GuestFault::Contract("counted more values than it was lent"));
            }
            Ok(Match { column, label, matched: finding.matched, examined: finding.examined })
        };
        findings.iter().map(check).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::StringArray;

    use super::*;
    use crate::plugin::{Engine, Limits, Package};

    fn plugin() -> Plugin {
        let bytes = include_bytes!("../../../plugins/packed/identifiers.wasm");
        let engine = Engine::new(Limits::default(), None).unwrap();
        Plugin::load(&engine, Package::read("identifiers", bytes.as_slice()).unwrap()).unwrap()
    }

    fn column() -> (ArrayRef, ColumnType) {
        (Arc::new(StringArray::from(vec![Some("ada@example.org"), None, Some("1.2.3.4")])), ColumnType::Text)
    }

    #[test]
    fn values_are_counted_in_the_sandbox() {
        let plugin = plugin();
        let call = ClassifyCall { names: &["a", "b"], columns: &[column(), column()] };
        let found = plugin.classify(&call, &Leash::default()).unwrap().found;
        let label = |found: &Match| plugin.manifest().labels[found.label].label.clone();
        let told: Vec<_> = found.iter().map(|it| (it.column, label(it), it.matched, it.examined)).collect();
        for column in [0, 1] {
            assert!(told.contains(&(column, "email".to_owned(), 1, 2)), "{told:?}");
            assert!(told.contains(&(column, "ip-address".to_owned(), 1, 2)), "{told:?}");
        }
    }

    #[test]
    fn no_count_is_believed_that_cannot_be() {
        let plugin = plugin();
        let call = ClassifyCall { names: &["a"], columns: &[column()] };
        let check = |findings: &[(u32, u32, u32, u32)]| {
            let finding = |&(column, label, matched, examined): &_| Finding { column, label, matched, examined };
            plugin.check(&call, &findings.iter().map(finding).collect::<Vec<_>>())
        };
        assert_eq!(check(&[(0, 0, 1, 2), (0, 1, 2, 2)]).unwrap().len(), 2);
        for wrong in [
            &[(1, 0, 1, 1)][..],
            &[(0, 9_999, 1, 1)],
            &[(0, 0, 1, 1), (0, 0, 1, 1)],
            &[(0, 0, 2, 1)],
            &[(0, 0, 3, 3)],
            &[(u32::MAX, u32::MAX, u32::MAX, u32::MAX)],
        ] {
            assert!(matches!(check(wrong), Err(GuestFault::Contract(_))), "{wrong:?}");
        }
    }

    #[test]
    fn a_masker_is_not_asked_what_columns_hold() {
        let bytes = include_bytes!("../../../plugins/packed/redact.wasm");
        let engine = Engine::new(Limits::default(), None).unwrap();
        let masker = Plugin::load(&engine, Package::read("redact", bytes.as_slice()).unwrap()).unwrap();
        let call = ClassifyCall { names: &["a"], columns: &[column()] };
        masker.classify(&call, &Leash::default()).unwrap_err();
    }
}
