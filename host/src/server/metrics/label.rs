//! The labels of metrics. Each value is a word of this program, a number that it chose, or the name of a dataset in the
//! configuration: there is no way from a request to a label.

use std::fmt::{self, Write};
use std::sync::Arc;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

use crate::keys::Purpose;
use crate::outcome::RejectionCode;
use crate::server::served::Served;

/// The name of a dataset of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name(Arc<str>);

impl Name {
    pub(super) fn of(served: &Served) -> Self {
        Self(served.name().into())
    }
}

/// A word of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Word(pub(super) &'static str);

/// Why a row was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Code(pub(super) RejectionCode);

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Use(pub(super) &'static str);

impl From<Purpose> for Use {
    fn from(purpose: Purpose) -> Self {
        Self(match purpose {
            Purpose::Pseudonym => "pseudonym",
            Purpose::DateShift => "date-shift",
            Purpose::Encrypt => "encrypt",
            Purpose::EncryptDeterministic => "encrypt-deterministic",
            Purpose::FormatPreserving => "fpe",
            Purpose::Quarantine => "quarantine",
            Purpose::Audit => "audit",
            Purpose::Token => "token",
        })
    }
}

impl EncodeLabelValue for Name {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(&self.0)
    }
}

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.0)
    }
}

impl EncodeLabelValue for Use {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.0)
    }
}

impl EncodeLabelValue for Code {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        write!(encoder, "{}", self.0)
    }
}

/// Of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfRequest {
    pub(super) route: Word,
    pub(super) status: u16,
}

/// Of something that was denied.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfDenial {
    pub(super) operation: Word,
}

/// Of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfDataset {
    pub(super) dataset: Name,
}

/// Of how something ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfOutcome {
    pub(super) dataset: Name,
    pub(super) outcome: Word,
}

/// Of a run, and whose fault it is that it failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfRun {
    pub(super) dataset: Name,
    pub(super) outcome: Word,
    pub(super) fault: Word,
}

/// Of rows that were rejected.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfRejection {
    pub(super) dataset: Name,
    pub(super) code: Code,
}

/// Of values that a key was used on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfKey {
    pub(super) dataset: Name,
    pub(super) purpose: Use,
}

/// Of a step of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfStep {
    pub(super) dataset: Name,
    pub(super) step: Word,
}

/// Of revisions where they are on their way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfState {
    pub(super) dataset: Name,
    pub(super) state: Word,
}
