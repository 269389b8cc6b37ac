//! Who asks, and what they may do. What no role allows is denied.

mod certificate;
mod jwks;
mod roles;
mod token;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use jwks::{Jwks, KeyFile};
pub(crate) use roles::Roles;
pub(crate) use token::{Algorithm, TokenFault, Verifier};

pub(crate) use certificate::subject_of;

use crate::audit::Who;

/// What can be allowed on a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Operation {
    /// Send rows, and get them masked.
    Mask,
    /// See revisions, put them in force, roll back, drain, stop and start.
    Operate,
    /// Read the audit trail.
    ReadAudit,
}

/// Somebody who was authenticated and is known. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Principal(Arc<str>);

impl Principal {
    fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// As the configuration calls them.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// For the audit trail.
    pub(crate) fn who(&self) -> Who {
        Who::principal(&self.0)
    }
}

impl Operation {
    /// As the configuration has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Operate => "operate",
            Self::ReadAudit => "read-audit",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
