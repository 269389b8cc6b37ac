//! Requests that AWS takes: Signature Version 4 (AWS General Reference, "Signing AWS API requests").

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The name of the service, as it is signed.
const SERVICE: &str = "kms";
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The credentials of one identity, in one region.
pub(super) struct Signer {
    pub(super) access_key_id: Zeroizing<String>,
    pub(super) secret_access_key: Zeroizing<String>,
    pub(super) session_token: Option<Zeroizing<String>>,
    pub(super) region: String,
}

impl Signer {
    /// The headers of a `POST /` with this body at this time (`20150830T123600Z`): those that are given, and those that
    /// prove who sends them.
    pub(super) fn sign<'a>(
        &self,
        host: &str,
        headers: &[(&'a str, &str)],
        body: &[u8],
        time: &str,
    ) -> Vec<(&'a str, Zeroizing<String>)> {
        let ours = [("host", host), ("x-amz-date", time)];
        let given = headers.iter().chain(&ours);
        let mut headers: Vec<_> = given.map(|(name, value)| (*name, Zeroizing::new((*value).to_owned()))).collect();
        headers.extend(self.session_token.clone().map(|token| ("x-amz-security-token", token)));
        headers.sort_by_key(|(name, _)| *name);
        let authorization = self.authorization(SERVICE, &headers, body, time);
        headers.push(("authorization", Zeroizing::new(authorization)));
        headers
    }

    /// `headers` are in the order of their names, which are in lower case.
    fn authorization(&self, service: &str, headers: &[(&str, Zeroizing<String>)], body: &[u8], time: &str) -> String {
        let (day, _) = time.split_once('T').unwrap_or((time, ""));
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        let (names, scope) = (names.join(";"), format!("{day}/{}/{service}/aws4_request", self.region));
        // Each header ends its line, and an empty line follows them.
        let mut request = Zeroizing::new("POST\n/\n\n".to_owned());
        for (name, value) in headers {
            for part in [*name, ":", value.trim(), "\n"] {
                request.push_str(part);
            }
        }
        for part in ["\n", &names, "\n", &hex(&Sha256::digest(body))] {
            request.push_str(part);
        }
        let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex(&Sha256::digest(request.as_bytes())));
        let mut key = Zeroizing::new(["AWS4".as_bytes(), self.secret_access_key.as_bytes()].concat());
        for part in scope.split('/') {
            *key = mac(&key, part);
        }
        let signature = hex(&mac(&key, &text));
        let id = self.access_key_id.as_str();
        format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }
}

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mac: Hmac<Sha256> = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(token: Option<&str>) -> Signer {
        let secret = |text: &str| Zeroizing::new(text.to_owned());
        Signer {
            access_key_id: secret("AKIDEXAMPLE"),
            secret_access_key: secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: token.map(secret),
            region: "us-east-1".to_owned(),
        }
    }

    /// `post-vanilla` of the test suite that AWS published for Signature Version 4.
    #[test]
    fn signs_as_the_test_suite_of_aws_has_it() {
        let time = "20150830T123600Z";
        let headers = [("host", "example.amazonaws.com"), ("x-amz-date", time)];
        let headers = headers.map(|(name, value)| (name, Zeroizing::new(value.to_owned())));
        let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                        SignedHeaders=host;x-amz-date, \
                        Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        assert_eq!(signer(None).authorization("service", &headers, b"", time), expected);
    }

    #[test]
    fn every_header_is_signed_and_in_order() {
        let signed = signer(Some("token")).sign("kms.test", &[("x-amz-target", "T")], b"{}", "20150830T123600Z");
        let names: Vec<_> = signed.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["host", "x-amz-date", "x-amz-security-token", "x-amz-target", "authorization"]);
        assert!(signed[4].1.contains("SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target,"));
    }
}
