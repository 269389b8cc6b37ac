//! Signatures beside a plugin: DSSE envelopes, version 1 (<https://github.com/secure-systems-lab/dsse>), Ed25519.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};

use super::{Statement, Untrusted};
use crate::approval::{OperatorKey, PublicKey};
use crate::plugin::Package;

/// What a payload of ours is: an in-toto statement.
pub(super) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The most signatures of one envelope.
const MOST_SIGNATURES: usize = 16;

/// A statement about a plugin, and who signed it. Nothing of it is to be believed before [`verify`](fn@super::verify) was
/// asked.
#[derive(Clone, Debug)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

/// One signature under the payload and its type.
#[derive(Clone, Debug)]
struct Signature {
    key: Option<String>,
    bytes: Vec<u8>,
}

/// The JSON of an envelope. What else stands in it is not signed and means nothing.
#[derive(Serialize, Deserialize)]
struct Text {
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<SignatureText>,
}

#[derive(Serialize, Deserialize)]
struct SignatureText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyid: Option<String>,
    sig: String,
}

impl Envelope {
    /// The largest envelope that is read, in bytes.
    pub const MOST_BYTES: u64 = 1 << 16;

    /// The envelope of a file.
    ///
    /// # Errors
    /// [`Untrusted::Malformed`].
    pub fn parse(json: &[u8]) -> Result<Self, Untrusted> {
        if u64::try_from(json.len()).is_ok_and(|length| length > Self::MOST_BYTES) {
            return Err(Untrusted::Malformed("it is larger than 64 KiB"));
        }
        let text: Text = serde_json::from_slice(json).map_err(|_| Untrusted::Malformed("it is no DSSE envelope"))?;
        if text.signatures.is_empty() || text.signatures.len() > MOST_SIGNATURES {
            return Err(Untrusted::Malformed("an envelope has 1 to 16 signatures"));
        }
        let signature = |text: SignatureText| Ok(Signature { key: text.keyid, bytes: decode(&text.sig)? });
        let signatures = text.signatures.into_iter().map(signature).collect::<Result<_, _>>()?;
        Ok(Self { payload_type: text.payload_type, payload: decode(&text.payload)?, signatures })
    }

    /// A statement about a package, signed.
    pub fn sign(package: &Package, key: &OperatorKey) -> Self {
        let payload = Statement::of(package).to_payload();
        let mut envelope = Self { payload_type: PAYLOAD_TYPE.to_owned(), payload, signatures: Vec::new() };
        envelope.add(key);
        envelope
    }

    /// Whether it says of a package what [`Envelope::sign`] would say. Not who says so.
    pub fn is_about(&self, package: &Package) -> bool {
        self.payload_type == PAYLOAD_TYPE && self.payload == Statement::of(package).to_payload()
    }

    /// Signs what is in it as well. A key signs once.
    pub fn add(&mut self, key: &OperatorKey) {
        let name = key.public_key().to_string();
        self.signatures.retain(|signature| signature.key.as_ref() != Some(&name));
        let bytes = key.sign(&self.signed()).to_vec();
        self.signatures.push(Signature { key: Some(name), bytes });
    }

    /// The JSON of a file.
    pub fn to_json(&self) -> String {
        let signature = |signature: &Signature| SignatureText {
            keyid: signature.key.clone(),
            sig: STANDARD.encode(&signature.bytes),
        };
        let text = Text {
            payload_type: self.payload_type.clone(),
            payload: STANDARD.encode(&self.payload),
            signatures: self.signatures.iter().map(signature).collect(),
        };
        serde_json::json!(text).to_string()
    }

    /// The keys that are said to have signed it. Anybody can say so.
    pub fn claimed_keys(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().map(|signature| signature.key.as_deref().unwrap_or("unnamed"))
    }

    pub(super) fn payload_type(&self) -> &str {
        &self.payload_type
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// For each signature: the first of these keys that it was made with, and the key that it is said to be of. The
    /// latter only helps to say what is wrong.
    pub(super) fn signers<'a, K>(
        &'a self,
        keys: &'a [K],
        public_key: impl Fn(&K) -> &PublicKey + 'a,
    ) -> impl Iterator<Item = (Option<&'a K>, Option<&'a str>)> {
        let message = self.signed();
        self.signatures.iter().map(move |signature| {
            let bytes: Option<[u8; 64]> = signature.bytes.as_slice().try_into().ok();
            let made = |key: &&K| bytes.is_some_and(|bytes| public_key(key).verifies(&message, &bytes));
            (keys.iter().find(made), signature.key.as_deref())
        })
    }

    fn signed(&self) -> Vec<u8> {
        pre_authentication_encoding(&self.payload_type, &self.payload)
    }
}

/// What is signed (DSSE protocol, "Signature Definition").
fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Either alphabet of base64, as the protocol has it.
fn decode(text: &str) -> Result<Vec<u8>, Untrusted> {
    let decoded = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text));
    decoded.map_err(|_| Untrusted::Malformed("a part of it is no base64"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{key, package};

    /// The example of the protocol.
    #[test]
    fn encodes_what_is_signed_as_the_protocol_has_it() {
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn an_envelope_is_read_as_it_was_written() {
        let mut envelope = Envelope::sign(&package("0.1.0"), &key(1));
        envelope.add(&key(2));
        envelope.add(&key(2));
        let read = Envelope::parse(envelope.to_json().as_bytes()).unwrap();
        assert_eq!(read.to_json(), envelope.to_json());
        assert!(read.is_about(&package("0.1.0")) && !read.is_about(&package("0.2.0")));
        let signers = [key(1), key(2)].map(|key| key.public_key().to_string());
        assert_eq!(read.claimed_keys().collect::<Vec<_>>(), signers);
    }

    #[test]
    fn takes_both_alphabets_of_base64_and_no_key_id() {
        let json = br#"{"payloadType":"t","payload":"-_-_","signatures":[{"sig":"+/+/","x":1}],"x":1}"#;
        let envelope = Envelope::parse(json).unwrap();
        assert_eq!((envelope.payload(), envelope.claimed_keys().next()), (&[251, 255, 191][..], Some("unnamed")));
    }

    #[test]
    fn refuses_what_is_no_envelope() {
        let many = format!(r#"{{"payloadType":"t","payload":"","signatures":[{}]}}"#, [r#"{"sig":""}"#; 17].join(","));
        let huge = format!(r#"{{"payloadType":"t","payload":"{}","signatures":[{{"sig":""}}]}}"#, "A".repeat(1 << 16));
        for json in [
            "",
            "[]",
            "{}",
            r#"{"payloadType":"t","payload":"","signatures":[]}"#,
            r#"{"payloadType":"t","payload":"?","signatures":[{"sig":""}]}"#,
            r#"{"payloadType":"t","payload":"","signatures":[{"sig":"?"}]}"#,
            r#"{"payloadType":"t","payloadType":"u","payload":"","signatures":[{"sig":""}]}"#,
            &many,
            &huge,
        ] {
            assert!(matches!(Envelope::parse(json.as_bytes()), Err(Untrusted::Malformed(_))), "{json:.60}");
        }
    }
}
