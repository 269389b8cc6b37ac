//! Bearer tokens: JSON Web Tokens (RFC 7519), verified as RFC 8725 has it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::KeyAlgorithm;
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;

use super::jwks::{Jwks, Key};
use crate::server::config::Tokens;

/// How a token may be signed: with keys that who verifies cannot sign with. There is no `none`, and no HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Algorithm {
    ES256,
    ES384,
    EdDSA,
    PS256,
    PS384,
    PS512,
    RS256,
    RS384,
    RS512,
}

/// Longer ones are not looked at, in bytes.
const MOST_BYTES: usize = 16 << 10;
/// How many used tokens are remembered; when there are more, none is taken until one expires.
const MOST_USED: usize = 1 << 20;
/// A token that is to serve once is remembered until it expires: it has to be soon.
const LONGEST_LIFE: u64 = 86_400;

/// Why a token is not believed. The reason is for the log; who sent it is told that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// It is no token, or its parts cannot be read.
    Malformed,
    /// It is signed in a way that is not taken, or that its key is not for.
    Algorithm,
    /// No such key is known. It may be new.
    UnknownKey,
    /// It is not signed with the key that it names.
    Signature,
    /// It is of another issuer, or for another audience.
    NotForUs,
    /// It is not valid yet, or no more.
    NotNow,
    /// It was used before.
    Used,
}

impl TokenFault {
    /// One word for the log.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::UnknownKey => "unknown-key",
            Self::Signature => "signature",
            Self::NotForUs => "not-for-us",
            Self::NotNow => "not-now",
            Self::Used => "used",
        }
    }
}

/// Decides which tokens are believed.
pub(crate) struct Verifier {
    keys: Arc<Jwks>,
    tokens: Tokens,
    /// When this server began: what it did not see used may have been used.
    began: u64,
    /// The tokens that were used and are not expired: until when they would be valid.
    used: Mutex<BTreeMap<String, u64>>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(default)]
    iat: Option<u64>,
    #[serde(default)]
    jti: Option<String>,
}

impl Verifier {
    pub(crate) fn new(keys: Arc<Jwks>, tokens: Tokens) -> Self {
        Self { keys, tokens, began: now(), used: Mutex::default() }
    }

    /// The keys.
    pub(crate) fn keys(&self) -> &Arc<Jwks> {
        &self.keys
    }

    /// The subject of a token that is believed. One that serves once has served.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) fn subject(&self, token: &str) -> Result<String, TokenFault> {
        if token.len() > MOST_BYTES {
            return Err(TokenFault::Malformed);
        }
        let header = decode_header(token).map_err(|_| TokenFault::Malformed)?;
        let pinned = self.tokens.algorithms.iter().any(|algorithm| algorithm.is(header.alg));
        // Nothing of what a header may demand is understood (RFC 7515, section 4.1.11).
        if !pinned || header.crit.is_some() {
            return Err(TokenFault::Algorithm);
        }
        let key = self.keys.find(header.kid.as_deref().unwrap_or_default()).ok_or(TokenFault::UnknownKey)?;
        if key.algorithm().is_some_and(|of_key| Some(of_key) != key_algorithm(header.alg)) {
            return Err(TokenFault::Algorithm);
        }
        let claims = self.claims(token, header.alg, &key)?;
        if self.tokens.single_use {
            self.use_up(&claims)?;
        }
        Ok(claims.sub)
    }

    fn claims(&self, token: &str, algorithm: jsonwebtoken::Algorithm, key: &Key) -> Result<Claims, TokenFault> {
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&[&self.tokens.audience]);
        validation.set_issuer(&[&self.tokens.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = self.tokens.leeway_seconds;
        validation.validate_nbf = true;
        decode::<Claims>(token, &key.key, &validation)
            .map(|decoded| decoded.claims)
            .map_err(|error| fault(error.kind()))
    }

    /// INVARIANT: a token that serves once is not believed twice, by a server that was started anew either.
    fn use_up(&self, claims: &Claims) -> Result<(), TokenFault> {
        let (Some(id), Some(issued)) = (&claims.jti, claims.iat) else { return Err(TokenFault::Malformed) };
        if issued <= self.began || claims.exp.saturating_sub(issued) > LONGEST_LIFE {
            return Err(TokenFault::Used);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let until = claims.exp.saturating_add(self.tokens.leeway_seconds);
        if used.len() >= MOST_USED {
            let now = now();
            used.retain(|_, until| *until >= now);
        }
        if used.contains_key(id) || used.len() >= MOST_USED {
            return Err(TokenFault::Used);
        }
        used.insert(id.clone(), until);
        Ok(())
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Algorithm {
    /// Every one.
    pub(crate) fn all() -> Vec<Self> {
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        vec![ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512]
    }

    fn is(self, other: jsonwebtoken::Algorithm) -> bool {
        use jsonwebtoken::Algorithm as Of;
        let same = match self {
            Self::ES256 => Of::ES256,
            Self::ES384 => Of::ES384,
            Self::EdDSA => Of::EdDSA,
            Self::PS256 => Of::PS256,
            Self::PS384 => Of::PS384,
            Self::PS512 => Of::PS512,
            Self::RS256 => Of::RS256,
            Self::RS384 => Of::RS384,
            Self::RS512 => Of::RS512,
        };
        same == other
    }
}

/// A key that says its algorithm serves for that one alone (RFC 8725, section 3.1).
fn key_algorithm(algorithm: jsonwebtoken::Algorithm) -> Option<KeyAlgorithm> {
    serde_json::to_value(algorithm).and_then(serde_json::from_value).ok()
}

fn fault(kind: &jsonwebtoken::errors::ErrorKind) -> TokenFault {
    use jsonwebtoken::errors::ErrorKind;
    match kind {
        ErrorKind::InvalidSignature => TokenFault::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => TokenFault::Algorithm,
        ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => TokenFault::NotForUs,
        ErrorKind::ExpiredSignature | ErrorKind::ImmatureSignature => TokenFault::NotNow,
        _ => TokenFault::Malformed,
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
