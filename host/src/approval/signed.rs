//! An operator's signature under a request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{ApprovalError, Digest, Operator, OperatorKey, Request, Timestamp, canonical};

/// The only form there is.
const FORMAT: u32 = 1;
/// What is signed begins with this, so that it is signed for nothing else.
const LABEL: &[u8] = b"moretta approval v1\0";

/// One approval: who, of what, when and until when, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    #[serde(flatten)]
    statement: Statement,
    signature: String,
}

/// What an operator signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Statement {
    moretta_approval: u32,
    approver: String,
    request: Digest,
    made: Timestamp,
    expires: Timestamp,
}

impl OperatorKey {
    /// Approves a request under a name, from now until it expires, or for fewer seconds. Who asks to break the glass
    /// signs so as well: it shows that it is them.
    ///
    /// # Errors
    /// The request is not in force, or the approver made it.
    pub fn approve(
        &self,
        request: &Request,
        approver: &str,
        now: Timestamp,
        seconds: u32,
    ) -> Result<Approval, ApprovalError> {
        request.check_time(now)?;
        if request.requester == approver && !request.breaks_glass() {
            return Err(ApprovalError::OwnRequest(approver.to_owned()));
        }
        self.sign_approval(request, approver, now, request.expires.min(now.later(seconds)))
    }

    pub(super) fn sign_approval(
        &self,
        request: &Request,
        approver: &str,
        made: Timestamp,
        expires: Timestamp,
    ) -> Result<Approval, ApprovalError> {
        let (approver, request) = (approver.to_owned(), request.digest()?);
        let statement = Statement { moretta_approval: FORMAT, approver, request, made, expires };
        let signature = STANDARD.encode(self.sign(&statement.message()?));
        Ok(Approval { statement, signature })
    }
}

impl Approval {
    /// The approval of a file.
    ///
    /// # Errors
    /// It is no approval.
    pub fn parse(text: &str) -> Result<Self, ApprovalError> {
        let approval: Self = serde_json::from_str(text).map_err(|_| ApprovalError::Malformed("approval"))?;
        if approval.statement.moretta_approval == FORMAT {
            Ok(approval)
        } else {
            Err(ApprovalError::Malformed("approval"))
        }
    }

    /// Who says to have approved it.
    pub fn approver(&self) -> &str {
        &self.statement.approver
    }

    /// # Errors
    /// It is of another request, not in force, or not signed by this operator.
    pub(super) fn check(&self, request: &Digest, operator: &Operator, now: Timestamp) -> Result<(), ApprovalError> {
        let approver = || self.approver().to_owned();
        let signature = STANDARD.decode(&self.signature).ok().and_then(|bytes| bytes.try_into().ok());
        let signature: [u8; 64] = signature.ok_or(ApprovalError::Malformed("approval"))?;
        if !operator.public_key.verifies(&self.statement.message()?, &signature) {
            return Err(ApprovalError::Forged(approver()));
        }
        if self.statement.request != *request {
            return Err(ApprovalError::OtherRequest(approver()));
        }
        match () {
            () if now < self.statement.made => Err(ApprovalError::FromTheFuture("approval", self.statement.made)),
            () if now >= self.statement.expires => Err(ApprovalError::Expired("approval", self.statement.expires)),
            () => Ok(()),
        }
    }
}

impl Statement {
    fn message(&self) -> Result<Vec<u8>, ApprovalError> {
        let text = canonical::bytes(self).map_err(|_| ApprovalError::Malformed("approval"))?;
        Ok([LABEL, &text].concat())
    }
}
