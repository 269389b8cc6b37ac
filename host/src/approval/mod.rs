//! What one person alone must not do: a request, and the signed approvals of others.
//!
//! A [`Request`] says exactly what is to be done, to which keyring, why, by whom and until when. Operators, whose public
//! keys a keyring holds, sign its digest ([`OperatorKey::approve`]), and [`check`] finds whether enough of them did.
//! Nothing here reads a clock, a file or random bytes: the time and the bytes are given by the caller.

mod canonical;
mod check;
mod operator;
mod refusal;
mod request;
mod reveal;
mod review;
mod rows;
mod signed;
mod timestamp;

pub use check::{NEEDED, check, check_break_glass};
pub use operator::{Operator, OperatorKey, PublicKey};
pub use refusal::ApprovalError;
pub use request::{Action, Digest, Request};
pub use reveal::Reveal;
pub use rows::Rows;
pub use signed::Approval;
pub use timestamp::Timestamp;
