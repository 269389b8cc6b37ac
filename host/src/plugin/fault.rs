//! What a plugin can do wrong, before it runs and while it runs.

use crate::error::{Error, Place};

/// A plugin misbehaved on a batch. Its instance is gone, and the run stops.
#[derive(Debug, thiserror::Error)]
#[error("plugin `{plugin}` ({transform}), {place}: {fault}; nothing was written, this is a fault of the plugin")]
pub struct GuestError {
    /// The plugin's name.
    pub plugin: String,
    /// The transform asked for.
    pub transform: String,
    /// The first row of the batch and the column.
    pub place: Place,
    /// What it did.
    pub fault: GuestFault,
}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The plugin is to blame.
    #[error(transparent)]
    Guest(#[from] GuestFault),
    /// The machine is: it has no memory or address space left for an instance, or too many are alive at once.
    #[error("{0}")]
    Machine(String),
    /// What the plugin was lent failed: the token vault.
    #[error("{0}")]
    Capability(String),
    /// The call was ended from outside, before its deadline.
    #[error("ended from outside")]
    Ended,
}

impl CallError {
    /// What the plugin is to blame for.
    ///
    /// # Errors
    /// It is not to blame: the machine or what was lent failed, or the call was ended.
    pub(crate) fn fault(self) -> Result<GuestFault, Error> {
        match self {
            Self::Guest(fault) => Ok(fault),
            Self::Machine(why) => Err(Error::Instance(why)),
            Self::Capability(why) => Err(Error::Capability(why)),
            Self::Ended => Err(Error::Ended),
        }
    }
}

/// What a plugin did wrong while it ran.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuestFault {
    /// Ran past its deadline.
    #[error("did not answer within {milliseconds} ms and was stopped")]
    Deadline {
        /// The deadline that was passed.
        milliseconds: u64,
    },
    /// Asked for more memory than it may have.
    #[error("asked for more than {mebibytes} MiB of memory")]
    Memory {
        /// The limit.
        mebibytes: u64,
    },
    /// Used up its stack.
    #[error("exhausted its stack")]
    Stack,
    /// Trapped: a panic, an invalid access, a division by zero.
    #[error("trapped")]
    Trap,
    /// Returned, or asked with, more than may be lifted out of the sandbox.
    #[error("handed over more than {mebibytes} MiB")]
    TooLarge {
        /// The limit.
        mebibytes: u64,
    },
    /// Refused the whole batch.
    #[error("refused the batch: {0}")]
    Refused(&'static str),
    /// Refused the whole batch for what the rule asks of it.
    #[error("refused the batch: {0}")]
    Configuration(&'static str),
    /// Returned columns that break the contract.
    #[error("{0}")]
    Contract(&'static str),
    /// Returned a column that fails verification.
    #[error("row {row}: {problem}")]
    Verification {
        /// Counted from 0 in the batch.
        row: usize,
        /// What is wrong with the cell.
        problem: &'static str,
    },
}

/// A plugin cannot be used here. It was not run.
#[derive(Debug, thiserror::Error)]
#[error("plugin {plugin}: {problem}")]
pub struct PackageError {
    /// The plugin's name, or its file where it has none yet.
    pub plugin: String,
    /// Why.
    pub problem: PackageProblem,
}

/// Why a plugin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackageProblem {
    /// Not a WebAssembly component.
    #[error("not a WebAssembly component; pack a core module first")]
    NotAComponent,
    /// No manifest, or several.
    #[error("{0} `moretta:manifest` sections, there must be one")]
    Manifests(usize),
    /// The manifest cannot be read.
    #[error("the manifest is wrong: {0}")]
    Manifest(String),
    /// Built for a version of the contract that this host does not speak.
    #[error(
        "was built for contract {needed}, and this moretta speaks {spoken}: take a moretta that speaks {needed}, or have \
         the plugin built for {spoken}"
    )]
    ContractVersion {
        /// The version that it names.
        needed: String,
        /// The newest version that this host speaks.
        spoken: &'static str,
    },
    /// Imports something that its world does not give.
    #[error("imports `{0}`, which its world does not give")]
    Import(String),
    /// Imports an interface of its world, and asks more or something else of it than the contract has.
    #[error("asks for what its world does not give: {0}")]
    Link(String),
    /// Lacks the export of its world.
    #[error("does not export `{0}`, which its world asks for")]
    Export(String),
    /// The engine refuses to compile it.
    #[error("cannot be compiled: {0}")]
    Compile(String),
    /// Two plugins of one name.
    #[error("there are two plugins of this name; remove one")]
    Twice,
    /// It does not do what its manifest says.
    #[error("does not do what its manifest says: {0} checks failed")]
    Nonconforming(usize),
    /// A classifier knows a label that the host does not.
    #[error("knows a label `{0}`, which is none; `moretta schema` lists them")]
    Label(String),
    /// A golden case did not come out.
    #[error("golden case `{case}` of `{transform}` failed: {why}")]
    Case {
        /// The transform.
        transform: String,
        /// The case.
        case: String,
        /// What differed: a position, never a value of a user's data.
        why: String,
    },
}
