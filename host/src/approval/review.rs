//! An operator's signature that somebody's breaking the glass was looked at.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::{ApprovalError, OperatorKey, PublicKey, canonical};

/// What is signed begins with this, so that it is signed for nothing else.
const LABEL: &[u8] = b"moretta review v1\0";

/// What a reviewer signs.
#[derive(Serialize)]
struct Statement<'a> {
    request: &'a str,
    reviewer: &'a str,
}

impl OperatorKey {
    /// Signs off the review of the request with this digest: Ed25519, as base64.
    ///
    /// # Errors
    /// [`ApprovalError::Malformed`], which does not happen.
    pub fn sign_off(&self, request: &str, reviewer: &str) -> Result<String, ApprovalError> {
        Ok(STANDARD.encode(self.sign(&message(request, reviewer)?)))
    }
}

impl PublicKey {
    /// Whether this is the signature of [`OperatorKey::sign_off`].
    pub fn signed_off(&self, request: &str, reviewer: &str, signature: &str) -> bool {
        let signature = STANDARD.decode(signature).ok().and_then(|bytes| bytes.try_into().ok());
        let message = message(request, reviewer).ok();
        signature.zip(message).is_some_and(|(signature, message)| self.verifies(&message, &signature))
    }
}

fn message(request: &str, reviewer: &str) -> Result<Vec<u8>, ApprovalError> {
    let text = canonical::bytes(&Statement { request, reviewer }).map_err(|_| ApprovalError::Malformed("review"))?;
    Ok([LABEL, &text].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_for_one_request_one_reviewer_and_one_key() {
        let (key, other) = (OperatorKey::from_random(&[7; 32]), OperatorKey::from_random(&[8; 32]));
        let signature = key.sign_off("a1", "anna").unwrap();
        assert!(key.public_key().signed_off("a1", "anna", &signature));
        assert!(!key.public_key().signed_off("a2", "anna", &signature));
        assert!(!key.public_key().signed_off("a1", "bruno", &signature));
        assert!(!other.public_key().signed_off("a1", "anna", &signature));
        assert!(!key.public_key().signed_off("a1", "anna", "AAAA"));
    }
}
