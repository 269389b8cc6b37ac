//! A data key as it is stored: encrypted, and bound to what it is.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What the bytes of a context begin with.
const LABEL: &str = "moretta wrapped key v1";

/// A wrapped key, in the form of its provider. As text: base64.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::keys) struct Wrapped(pub(in crate::keys) Vec<u8>);

/// What a wrapped key is bound to, so that it can be neither moved nor renamed: associated data where a provider takes
/// bytes, and an encryption context where it takes names and values.
#[derive(Clone, Copy, Debug)]
pub(in crate::keys) struct Context<'a> {
    /// The id of the keyring.
    pub(in crate::keys) keyring: &'a str,
    /// The name of the key, empty for the keyring's own.
    pub(in crate::keys) name: &'a str,
    /// Its purpose, `integrity` for the keyring's own.
    pub(in crate::keys) purpose: &'a str,
    /// Its version.
    pub(in crate::keys) version: u32,
}

impl Context<'_> {
    /// Every part with its length before it, so that the parts cannot be cut in another way.
    pub(in crate::keys) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [LABEL, self.keyring, self.name, self.purpose] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes.extend(self.version.to_be_bytes());
        bytes
    }
}

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wrapped(..)")
    }
}

impl Serialize for Wrapped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Wrapped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(|_| serde::de::Error::custom("no base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_contexts_have_the_same_bytes() {
        let context = Context { keyring: "ab", name: "c", purpose: "token", version: 1 };
        let others = [
            Context { keyring: "a", name: "bc", ..context },
            Context { name: "ct", purpose: "oken", ..context },
            Context { version: 256, ..context },
            Context { name: "", ..context },
            context,
        ];
        for (index, one) in others.iter().enumerate() {
            assert!(others[index + 1..].iter().all(|other| one.bytes() != other.bytes()), "{one:?}");
        }
    }
}
