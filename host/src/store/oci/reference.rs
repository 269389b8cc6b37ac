//! `oci://HOST[:PORT]/REPOSITORY:TAG` or `…@sha256:DIGEST`, or both: then the digest counts.

use std::fmt;

use super::StoreError;
use super::client::Digest;
use crate::https::is_here;

/// Where a plugin is in which registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// # Errors
    /// It is none, or leaves open which artifact is meant.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        Self::read(text).ok_or_else(|| StoreError::Registry {
            place: text.chars().filter(|c| !c.is_control()).collect(),
            problem: "expected oci://HOST[:PORT]/REPOSITORY:TAG or oci://HOST[:PORT]/REPOSITORY@sha256:DIGEST"
                .to_owned(),
        })
    }

    fn read(text: &str) -> Option<Self> {
        let (host, path) = text.strip_prefix("oci://")?.split_once('/')?;
        let (path, digest) = match path.split_once('@') {
            None => (path, None),
            Some((path, digest)) => (path, Some(Digest::parse(digest)?)),
        };
        let (repository, tag) = match path.split_once(':') {
            None => (path, None),
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
        };
        let of_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        let is_safe = !host.is_empty() && host.bytes().all(of_host);
        let is_named = tag.as_deref().map_or(digest.is_some(), is_tag);
        (is_safe && is_named && repository.len() <= 255 && repository.split('/').all(is_component)).then(|| Self {
            host: host.to_owned(),
            repository: repository.to_owned(),
            tag,
            digest,
        })
    }

    pub(super) fn tag_or_digest(&self) -> &str {
        let tag = self.tag.as_deref().unwrap_or_default();
        self.digest.as_ref().map_or(tag, Digest::as_str)
    }

    pub(super) fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Where its repository is: over TLS, but without it on this very machine, unless an authority is given.
    pub(super) fn address(&self, has_authority: bool) -> String {
        let bare = self.host.rsplit_once(':').map_or(self.host.as_str(), |(host, _)| host);
        let plain = !has_authority && (is_here(bare) || is_here(&self.host));
        let scheme = if plain { "http" } else { "https" };
        format!("{scheme}://{}/v2/{}", self.host, self.repository)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{}", digest.as_str()))
    }
}

/// Distribution specification, "Pulling manifests".
fn is_tag(tag: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    tag.len() <= 128 && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && tag.bytes().all(plain)
}

fn is_component(component: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    component.starts_with(letter)
        && component.ends_with(letter)
        && component.chars().all(|c| letter(c) || "._-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_an_artifact_of_a_registry() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (text, address, name) in [
            ("oci://ghcr.io/acme/dates:1.0", "https://ghcr.io/v2/acme/dates", "1.0"),
            ("oci://localhost:5000/dates:1.0", "http://localhost:5000/v2/dates", "1.0"),
            ("oci://[::1]/dates:1.0", "http://[::1]/v2/dates", "1.0"),
            (&format!("oci://ghcr.io/acme/dates@{digest}"), "https://ghcr.io/v2/acme/dates", &digest),
            (&format!("oci://ghcr.io:444/a/b-c:1@{digest}"), "https://ghcr.io:444/v2/a/b-c", &digest),
        ] {
            let reference = Reference::parse(text).unwrap();
            assert_eq!((reference.address(false).as_str(), reference.tag_or_digest()), (address, name));
            assert_eq!(reference.to_string(), text);
            assert!(reference.address(true).starts_with("https://"));
        }
    }

    #[test]
    fn refuses_what_leaves_open_which_artifact_is_meant_or_leads_elsewhere() {
        for text in [
            "oci://ghcr.io/acme/dates",
            "oci://ghcr.io/acme/dates:",
            "oci://ghcr.io/acme/dates@sha256:00",
            "oci://ghcr.io/acme/dates@md5:00",
            "oci://ghcr.io/acme/../dates:1",
            "oci://ghcr.io/acme/dates:1/../../x",
            "oci://ghcr.io/Acme:1",
            "oci://ghcr.io/?a:1",
            "oci://user@ghcr.io/acme:1",
            "oci:///acme:1",
            "https://ghcr.io/acme:1",
            "oci://ghcr.io",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
