//! Why something is not approved.

use super::Timestamp;

/// What is asked for is not approved, or cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// The file is not what it is given as.
    #[error("this is no {0}, or a damaged one; make it again")]
    Malformed(&'static str),
    /// The file holds no secret key of an operator.
    #[error("this is no key of an operator; make one with `moretta operators new-key`")]
    NoKey,
    /// A request without a reason or a name.
    #[error("a request says who asks and why; give --requester and --justification")]
    Unexplained,
    /// A request that stands for no time, or too long.
    #[error("a request stands for an hour to a week; give another --valid-hours")]
    StandsTooLong,
    /// It is too early: a clock is wrong.
    #[error("the {0} was made in the future, at {1}; set the clock of one machine right")]
    FromTheFuture(&'static str, Timestamp),
    /// It is too late.
    #[error("the {0} expired at {1}; make it again")]
    Expired(&'static str, Timestamp),
    /// The request asks for something else, or of another keyring.
    #[error("the request asks for something else: to {0}, of keyring {1}")]
    OtherAction(String, String),
    /// The request was carried out before.
    #[error("the request was carried out already; make another")]
    Spent,
    /// Who asks approves.
    #[error("`{0}` asks for it, and cannot approve it as well")]
    OwnRequest(String),
    /// Not one of the keyring's operators.
    #[error("`{0}` is no operator of this keyring; see `moretta operators list`")]
    Unknown(String),
    /// The signature is not that operator's.
    #[error("the approval was not signed with the key of `{0}`, or was changed after it")]
    Forged(String),
    /// The approval is of something else.
    #[error("the approval of `{0}` is for another request, or the request was changed after it")]
    OtherRequest(String),
    /// One operator twice.
    #[error("`{0}` approved twice; another operator must")]
    Twice(String),
    /// Nobody's approval counts.
    #[error(
        "this keyring has no operators, and nobody reveals anything alone; register three or more: each makes a key with \
         `moretta operators new-key --out NAME.key`, then `moretta operators add NAME --public-key …`"
    )]
    NoOperators,
    /// Who asks to break the glass may not.
    #[error("`{0}` is no operator who may break the glass; see `moretta operators list`, or ask for two approvals")]
    NoBreakGlass(String),
    /// Who asks to break the glass has not signed.
    #[error("breaking the glass takes the signature of who asks; let `{0}` `moretta approve` the request as well")]
    NotSigned(String),
    /// The key is that of somebody else.
    #[error("this is not the key of `{0}`; see `moretta operators list`")]
    NotTheirKey(String),
    /// Who took part reviews.
    #[error("`{0}` asked for it or approved it, and cannot sign it off; two others must")]
    TookPart(String),
    /// There is nothing to review.
    #[error("no review of this request is open; see `moretta review list`")]
    NoReview,
    /// Not enough.
    #[error("{given} of {needed} approvals; ask for one with --ask, and let other operators `moretta approve` it")]
    TooFew {
        /// How many there are.
        given: usize,
        /// How many there must be.
        needed: usize,
    },
}
