//! What is asked for: exactly one action, and everything that those who approve it must know.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::canonical;
use super::{ApprovalError, PublicKey, Reveal, Timestamp};

/// The only form there is.
const FORMAT: u32 = 1;
/// What the digest begins with, so that it is that of nothing else.
const LABEL: &[u8] = b"moretta request v1\0";
/// The longest time that a request may stand, in seconds: a week.
const LONGEST: u32 = 7 * 24 * 60 * 60;

/// One request. Its digest is SHA-256 of a label and its canonical JSON (RFC 8785), so no member of it can be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    moretta_request: u32,
    /// What is to be done.
    pub action: Action,
    /// The id of the keyring that it is done to.
    pub keyring: String,
    /// Why.
    pub justification: String,
    /// Who asks. It is a claim: those who approve vouch for it.
    pub requester: String,
    /// When it was made.
    pub made: Timestamp,
    /// From when on it is void.
    pub expires: Timestamp,
    /// Random: two requests are never the same.
    pub nonce: String,
}

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// Destroy one version of a key: what it encrypted is gone.
    DestroyKeyVersion {
        /// The name of the key.
        key: String,
        /// Which version.
        version: u32,
    },
    /// Encrypt every key anew under a secret that who asks will choose.
    Rewrap {
        /// What protects the keyring from then on.
        protection: String,
    },
    /// Let the approvals of one more operator count.
    AddOperator {
        /// Who.
        name: String,
        /// The operator's public key.
        public_key: PublicKey,
        /// Whether they may act on one approval.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        break_glass: bool,
    },
    /// Let the approvals of an operator count no more.
    RemoveOperator {
        /// Who.
        name: String,
    },
    /// See the values of an encrypted column.
    Reveal(Reveal),
}

/// The SHA-256 digest of a request, as 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Request {
    /// A request that is made now and stands for so many seconds, a week at most.
    ///
    /// # Errors
    /// It says not why or not who, or stands too long.
    pub fn new(
        action: Action,
        keyring: String,
        (requester, justification): (String, String),
        (made, seconds): (Timestamp, u32),
        nonce: [u8; 16],
    ) -> Result<Self, ApprovalError> {
        let nonce = hex(&nonce);
        let expires = made.later(seconds);
        let request = Self { moretta_request: FORMAT, action, keyring, justification, requester, made, expires, nonce };
        request.check()?;
        Ok(request)
    }

    /// The request of a file.
    ///
    /// # Errors
    /// It is no request.
    pub fn parse(text: &str) -> Result<Self, ApprovalError> {
        let request: Self = serde_json::from_str(text).map_err(|_| ApprovalError::Malformed("request"))?;
        request.check()?;
        Ok(request)
    }

    /// What operators sign.
    ///
    /// # Errors
    /// [`ApprovalError::Malformed`], which does not happen to a request that was made or parsed.
    pub fn digest(&self) -> Result<Digest, ApprovalError> {
        let text = canonical::bytes(self).map_err(|_| ApprovalError::Malformed("request"))?;
        Ok(Digest(hex(&Sha256::new().chain_update(LABEL).chain_update(text).finalize())))
    }

    /// Whether one approval is to be enough for it.
    pub fn breaks_glass(&self) -> bool {
        matches!(&self.action, Action::Reveal(reveal) if reveal.break_glass)
    }

    /// # Errors
    /// It is not yet, or no longer, in force.
    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), ApprovalError> {
        match () {
            () if now < self.made => Err(ApprovalError::FromTheFuture("request", self.made)),
            () if now >= self.expires => Err(ApprovalError::Expired("request", self.expires)),
            () => Ok(()),
        }
    }

    fn check(&self) -> Result<(), ApprovalError> {
        if self.moretta_request != FORMAT {
            return Err(ApprovalError::Malformed("request"));
        }
        if self.justification.trim().is_empty() || self.requester.trim().is_empty() {
            return Err(ApprovalError::Unexplained);
        }
        if self.expires <= self.made || self.expires > self.made.later(LONGEST) {
            return Err(ApprovalError::StandsTooLong);
        }
        Ok(())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DestroyKeyVersion { key, version } => write!(f, "destroy version {version} of key `{key}`"),
            Self::Rewrap { protection } => write!(f, "rewrap every key, protected by {protection}"),
            Self::AddOperator { name, public_key, break_glass } => {
                let role = if *break_glass { ", who may break the glass" } else { "" };
                write!(f, "add operator `{name}` with key {public_key}{role}")
            }
            Self::RemoveOperator { name } => write!(f, "remove operator `{name}`"),
            Self::Reveal(reveal) => write!(f, "{reveal}"),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::approval) fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_795_330_800 + seconds).unwrap()
    }

    /// Made at second 0, void at second 3600.
    pub(in crate::approval) fn request() -> Request {
        let action = Action::DestroyKeyVersion { key: "quarantine".to_owned(), version: 1 };
        let who = ("rosalba".to_owned(), "the study is over".to_owned());
        Request::new(action, "0123456789abcdef".to_owned(), who, (at(0), 3600), [0xa5; 16]).unwrap()
    }

    #[test]
    fn has_the_digest_of_its_canonical_text() {
        let canonical = concat!(
            r#"{"action":{"key":"quarantine","kind":"destroy-key-version","version":1},"#,
            r#""expires":"2026-11-22T08:00:00Z","justification":"the study is over","keyring":"0123456789abcdef","#,
            r#""made":"2026-11-22T07:00:00Z","moretta_request":1,"nonce":"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5","#,
            r#""requester":"rosalba"}"#
        );
        assert_eq!(String::from_utf8(canonical::bytes(&request()).unwrap()).unwrap(), canonical);
        let digest = hex(&Sha256::digest([b"moretta request v1\0".as_slice(), canonical.as_bytes()].concat()));
        assert_eq!(request().digest().unwrap().to_string(), digest);
    }

    #[test]
    fn how_its_file_is_laid_out_makes_no_difference() {
        let pretty = serde_json::to_string_pretty(&request()).unwrap();
        assert_eq!(Request::parse(&pretty).unwrap().digest().unwrap(), request().digest().unwrap());
    }

    #[test]
    fn refuses_what_is_no_request_or_says_not_why() {
        let text = serde_json::to_string(&request()).unwrap();
        for (from, to) in [
            ("\"moretta_request\":1", "\"moretta_request\":2"),
            ("\"version\":1", "\"version\":1,\"color\":1"),
            ("\"keyring\"", "\"key_ring\""),
            ("08:00:00Z", "08:00:00+00:00"),
            ("destroy-key-version", "destroy-everything"),
        ] {
            assert!(text.contains(from), "{from}");
            assert!(matches!(Request::parse(&text.replace(from, to)), Err(ApprovalError::Malformed(_))), "{from}");
        }
        for (from, to) in [("the study is over", " "), ("rosalba", "")] {
            assert!(matches!(Request::parse(&text.replace(from, to)), Err(ApprovalError::Unexplained)));
        }
        for expires in ["2026-11-22T07:00:00Z", "2026-11-29T07:00:01Z"] {
            let text = text.replace("2026-11-22T08:00:00Z", expires);
            assert!(matches!(Request::parse(&text), Err(ApprovalError::StandsTooLong)));
        }
    }
}
