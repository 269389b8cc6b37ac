//! Plugins from an OCI registry (distribution specification 1.1): a manifest and its blobs, each by its digest.
//!
//! The artifact has one layer `application/wasm`, the component, as `oras push` and `wkg oci push` make it. Signatures are
//! DSSE envelopes: further layers of it, or, where `cosign attach attestation` puts them, the layers of the tag
//! `sha256-<digest of the manifest>.att`. The registry is not trusted: what it gives is verified as a file is.

mod client;
mod reference;

use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

pub use reference::Reference;

use super::{Envelope, StoreError};
use crate::plugin::{MOST_BYTES, Package};
use client::{Client, Digest};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const COMPONENT: &str = "application/wasm";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const MOST_MANIFEST: u64 = 1 << 20;
const MOST_ENVELOPES: usize = 16;

/// What lets us read from a registry.
#[derive(Clone, Default)]
pub struct Access {
    /// Who signed its certificate, if the system does not trust it: a file of PEM certificates.
    pub authority: Option<PathBuf>,
    /// A user, with a password. They go to the registry, and to the service over TLS that it names for tokens.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("authority", &self.authority).finish_non_exhaustive()
    }
}

/// What a registry gave. Its signatures are not verified yet.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The plugin.
    pub package: Package,
    /// What is attached to it.
    pub envelopes: Vec<Envelope>,
    /// The digest of the manifest: the name by which the registry gives these very bytes again.
    pub digest: String,
}

#[derive(Deserialize)]
struct Manifest {
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    #[serde(rename = "mediaType")]
    media_type: String,
    digest: String,
    size: u64,
}

/// Pulls a plugin and what is attached to it.
///
/// # Errors
/// [`StoreError::Registry`], or it is no plugin.
pub fn pull(reference: &Reference, access: &Access) -> Result<Pulled, StoreError> {
    let mut client = Client::new(reference, access)?;
    let wrong = |problem: &str| client::refused(reference, problem);
    let missing = || wrong("the registry has no such artifact, or does not show it without another user");
    let bytes = manifest(&mut client, reference.tag_or_digest())?.ok_or_else(missing)?;
    let digest = Digest::of(&bytes);
    if reference.digest().is_some_and(|asked| *asked != digest) {
        return Err(wrong("the registry gave another manifest than the one of this digest"));
    }
    let artifact = parse(&bytes, reference)?;
    let [component] = artifact.of_type(COMPONENT)[..] else {
        return Err(wrong("the artifact has not exactly one layer of type application/wasm"));
    };
    let package = Package::read(&reference.to_string(), blob(&mut client, component, MOST_BYTES)?)?;
    let mut envelopes = attached(&mut client, &artifact, reference)?;
    let tag = format!("{}.att", digest.as_str().replace(':', "-"));
    if let Some(bytes) = manifest(&mut client, &tag)? {
        envelopes.extend(attached(&mut client, &parse(&bytes, reference)?, reference)?);
    }
    Ok(Pulled { package, envelopes, digest: digest.as_str().to_owned() })
}

impl Manifest {
    fn of_type(&self, media_type: &str) -> Vec<&Descriptor> {
        self.layers.iter().filter(|layer| layer.media_type == media_type).collect()
    }
}

fn parse(bytes: &[u8], reference: &Reference) -> Result<Manifest, StoreError> {
    let problem = "what the registry gave is no manifest of an OCI image or artifact";
    serde_json::from_slice(bytes).map_err(|_| client::refused(reference, problem))
}

fn attached(client: &mut Client<'_>, artifact: &Manifest, reference: &Reference) -> Result<Vec<Envelope>, StoreError> {
    let layers = artifact.of_type(ENVELOPE);
    if layers.len() > MOST_ENVELOPES {
        return Err(client::refused(reference, "the artifact has more than 16 signatures"));
    }
    let plugin = || reference.to_string();
    let envelope = |layer| {
        let json = blob(client, layer, Envelope::MOST_BYTES)?;
        Envelope::parse(&json).map_err(|why| StoreError::Untrusted { plugin: plugin(), why })
    };
    layers.into_iter().map(envelope).collect()
}

/// `None` where there is none of this name.
fn manifest(client: &mut Client<'_>, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    client.get(&format!("manifests/{name}"), MANIFEST, MOST_MANIFEST)
}

fn blob(client: &mut Client<'_>, layer: &Descriptor, most: u64) -> Result<Vec<u8>, StoreError> {
    let wrong = |client: &Client<'_>, problem: &str| Err(client::refused(client.reference(), problem));
    let Some(digest) = Digest::parse(&layer.digest) else { return wrong(client, "a layer has no SHA-256 digest") };
    if layer.size > most {
        return wrong(client, "a layer is larger than any such file");
    }
    let Some(bytes) = client.get(&format!("blobs/{}", digest.as_str()), "*/*", layer.size)? else {
        return wrong(client, "the registry lacks a layer of the artifact");
    };
    if u64::try_from(bytes.len()) != Ok(layer.size) || Digest::of(&bytes) != digest {
        return wrong(client, "the registry gave other bytes than those of the layer's digest");
    }
    Ok(bytes)
}
