//! Why nothing is revealed, and the word for it in the audit trail.

use crate::approval::{Action, ApprovalError, Request, Reveal};
use crate::error::{DataError, DataProblem, Error};
use crate::keys::KeyError;
use crate::vault::VaultError;

/// Nothing is revealed, whoever approved it.
#[derive(Debug, thiserror::Error)]
pub enum RevealError {
    /// There is no audit trail.
    #[error(
        "nothing is revealed without an audit trail, and this keyring has no key to sign one with; add one with \
         `moretta keys add audit=audit`"
    )]
    NoTrail,
    /// The input is no file.
    #[error("the digest of a file is approved, and this is none; write it to a file first")]
    NoFile,
    /// The policy does not mask the column so that its values can be brought back.
    #[error("the policy does not mask `{0}` with encrypt, encrypt-deterministic or token; nothing else is revealed")]
    NotEncrypted(String),
    /// It was masked with what cannot tell a right value from a wrong one.
    #[error(
        "the policy masks `{0}` with fpe, whose ciphertexts hold neither a tag nor the version of their key: opened with \
         another key they would give values that look right and are wrong, so they are not revealed; mask with token or \
         encrypt-deterministic what is to be brought back"
    )]
    FormatPreserving(String),
    /// The input has no such column.
    #[error("the input has no column `{0}`; a list is named with its brackets: `name[].given[]`")]
    NoColumn(String),
    /// The column is of a type that no ciphertext has.
    #[error("column `{0}` is of type {1}, and ciphertexts are text; is it masked?")]
    NotText(String, String),
    /// A row is asked for that is not there.
    #[error("the request is for row {row}, and the input has {rows}; ask for rows that are there")]
    RowBeyond {
        /// The last that is asked for.
        row: u64,
        /// How many there are.
        rows: u64,
    },
    /// More rows than were asked for.
    #[error("these are more than {0} rows; ask for fewer, or for more with --max-rows")]
    TooManyRows(u64),
    /// Another reason than the one that was approved.
    #[error("the request gives another justification; leave --justification out, or make another request")]
    OtherJustification,
    /// The clock cannot be right.
    #[error("the clock of this machine is wrong; set it right")]
    Clock,
}

/// What an error is called in the trail. The error itself is not recorded.
pub(super) fn reason(error: &Error) -> &'static str {
    match error {
        Error::Key(KeyError::Approval(refusal)) => approval(refusal),
        Error::Key(error) => key(error),
        Error::Reveal(RevealError::TooManyRows(_) | RevealError::RowBeyond { .. }) => "rows",
        Error::Reveal(RevealError::NotEncrypted(_) | RevealError::FormatPreserving(_)) | Error::Policy(_) => "policy",
        Error::Reveal(RevealError::NoColumn(_) | RevealError::NotText(..)) => "column",
        Error::Reveal(RevealError::OtherJustification) => "other-justification",
        Error::Data(DataError { problem: DataProblem::NotOpened(_) | DataProblem::OpenedNoText, .. }) => "unopened",
        Error::Data(DataError { problem: DataProblem::UnknownToken | DataProblem::ExpiredToken, .. }) => "unopened",
        Error::Vault(VaultError::Key(error)) => key(error),
        Error::Vault(_) => "vault",
        Error::Data(_) => "input",
        Error::Audit(_) => "trail",
        Error::Usage(_) | Error::Reveal(_) => "usage",
        Error::Interrupted => "interrupted",
        _ => "machine",
    }
}

fn approval(refusal: &ApprovalError) -> &'static str {
    match refusal {
        ApprovalError::NoOperators => "no-operators",
        ApprovalError::TooFew { .. } => "too-few-approvals",
        ApprovalError::Twice(_) => "approved-twice",
        ApprovalError::OwnRequest(_) => "own-request",
        ApprovalError::Unknown(_) => "unknown-operator",
        ApprovalError::Forged(_) => "forged",
        ApprovalError::OtherRequest(_) => "other-request",
        ApprovalError::OtherAction(..) => "other-action",
        ApprovalError::Expired(..) => "expired",
        ApprovalError::FromTheFuture(..) => "not-yet",
        ApprovalError::Spent => "replay",
        ApprovalError::NoBreakGlass(_) => "no-break-glass",
        ApprovalError::NotSigned(_) => "not-signed",
        ApprovalError::Malformed(_) => "malformed",
        _ => "approval",
    }
}

fn key(error: &KeyError) -> &'static str {
    match error {
        KeyError::Unknown(_) | KeyError::UnknownVersion { .. } => "unknown-key",
        KeyError::WrongPurpose { .. } => "wrong-purpose",
        _ => "key",
    }
}

/// What a request is for that is not for this.
pub(super) fn difference(request: &Request, reveal: &Reveal, keyring: &str) -> &'static str {
    let Action::Reveal(asked) = &request.action else { return "other-action" };
    match () {
        () if request.keyring != keyring => "other-keyring",
        () if asked.input != reveal.input => "other-input",
        () if asked.column != reveal.column => "other-column",
        () if asked.rows != reveal.rows || asked.most_rows != reveal.most_rows => "other-rows",
        () if asked.break_glass != reveal.break_glass => "other-approvals",
        () => "other-key",
    }
}
