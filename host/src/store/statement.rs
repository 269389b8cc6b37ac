//! What is signed of a plugin: an in-toto statement, version 1 (<https://in-toto.io/Statement/v1>).

use serde::{Deserialize, Serialize};

use super::Untrusted;
use crate::plugin::Package;

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// What our predicate means: who signs it releases these bytes under this name and version.
const RELEASE: &str = "https://github.com/moretta/moretta/plugin-release/v1";

/// These bytes, with this manifest, are this version of this plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statement {
    #[serde(rename = "_type")]
    statement: String,
    subject: [Subject; 1],
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: Sha256,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Predicate {
    name: String,
    version: String,
    manifest: Sha256,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sha256 {
    sha256: String,
}

impl Statement {
    /// The true one about a package.
    pub(super) fn of(package: &Package) -> Self {
        let (name, version) = (package.manifest().name.clone(), package.manifest().version.clone());
        let digest = Sha256 { sha256: package.digest().to_owned() };
        let manifest = Sha256 { sha256: package.manifest_digest().to_owned() };
        Self {
            statement: STATEMENT.to_owned(),
            subject: [Subject { name: format!("{name}@{version}.wasm"), digest }],
            predicate_type: RELEASE.to_owned(),
            predicate: Predicate { name, version, manifest },
        }
    }

    /// The one of a payload whose signature was verified.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, Untrusted> {
        serde_json::from_slice(payload).map_err(|_| Untrusted::Malformed("it states something else than a release"))
    }

    /// Its bytes: the same for the same package, so that several can sign one payload.
    pub(super) fn to_payload(&self) -> Vec<u8> {
        serde_json::json!(self).to_string().into_bytes()
    }

    /// Whether it is the true one, and what it says else.
    pub(super) fn check(&self, expected: &Self) -> Result<(), Untrusted> {
        let ([subject], [true_subject]) = (&self.subject, &expected.subject);
        match () {
            () if self.statement != expected.statement || self.predicate_type != expected.predicate_type => {
                Err(Untrusted::Malformed("it states something else than a release"))
            }
            () if subject.digest != true_subject.digest => Err(Untrusted::OtherFile(subject.digest.sha256.clone())),
            () if self.predicate.manifest != expected.predicate.manifest => Err(Untrusted::OtherManifest),
            () if self != expected => Err(Untrusted::OtherRelease(subject.name.clone())),
            () => Ok(()),
        }
    }
}
