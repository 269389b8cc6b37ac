//! The form of `keyring.json`: read strictly, and without a copy of a key that is not wiped.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::keyring::{Key, VersionState, is_name};

/// The only form there is.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    keyring: u32,
    keys: &'a [Key],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(rename = "keyring")]
    _format: u32,
    keys: Vec<Key>,
}

/// What every form of the file begins with, so that a later one is told from a damaged one.
#[derive(Deserialize)]
struct Format {
    keyring: u32,
}

/// Writes the keys without gathering them in a buffer.
pub(in crate::keys) fn write(keys: &[Key], mut file: impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut file, &Written { keyring: FORMAT, keys })?;
    file.write_all(b"\n")
}

/// The keys of a keyring's text, checked.
///
/// # Errors
/// What is wrong, in words that quote nothing of it.
pub(in crate::keys) fn read(text: &[u8]) -> Result<Vec<Key>, &'static str> {
    let Format { keyring } = serde_json::from_slice(text).map_err(|_| "it is no keyring, or cut off")?;
    if keyring != FORMAT {
        return Err("its format is not known to this version of moretta");
    }
    let Read { keys, .. } = serde_json::from_slice(text).map_err(|_| "a field is missing, unknown or malformed")?;
    check(&keys)?;
    Ok(keys)
}

fn check(keys: &[Key]) -> Result<(), &'static str> {
    if keys.iter().any(|key| !is_name(&key.name)) {
        return Err("the name of a key is malformed");
    }
    if !all_differ(keys.iter().map(|key| &key.name)) {
        return Err("two keys have one name");
    }
    for key in keys {
        if !all_differ(key.versions.iter().map(|version| version.version)) {
            return Err("two versions of a key have one number");
        }
        if key.versions.iter().any(|version| version.version == 0) {
            return Err("versions are counted from 1");
        }
        if key.versions.iter().filter(|version| version.state == VersionState::Primary).count() != 1 {
            return Err("a key has no primary version, or several");
        }
    }
    let materials: Vec<_> = keys.iter().flat_map(|key| &key.versions).map(|version| &version.material).collect();
    let mut rest = materials.as_slice();
    while let Some((one, others)) = rest.split_first() {
        if others.iter().any(|other| one.same(other)) {
            return Err("two keys, or versions, have the same bytes");
        }
        rest = others;
    }
    Ok(())
}

fn all_differ<T: Ord>(mut items: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    items.all(|item| seen.insert(item))
}

/// For `#[serde(with)]`: the bytes of a key as base64, through buffers that are wiped.
pub(in crate::keys) mod base64_material {
    use std::fmt;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::{Deserializer, Visitor};
    use serde::ser::{Error as _, Serializer};
    use zeroize::Zeroizing;

    use crate::keys::material::{LENGTH, Material};

    /// The length of 32 bytes in base64.
    const ENCODED: usize = 44;

    pub(in crate::keys) fn serialize<S: Serializer>(material: &Material, serializer: S) -> Result<S::Ok, S::Error> {
        let mut encoded = Zeroizing::new([0; ENCODED]);
        STANDARD.encode_slice(material.to_store(), encoded.as_mut()).map_err(S::Error::custom)?;
        serializer.serialize_str(std::str::from_utf8(encoded.as_ref()).map_err(S::Error::custom)?)
    }

    pub(in crate::keys) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Material, D::Error> {
        deserializer.deserialize_str(Base64)
    }

    struct Base64;

    /// Takes text where it lies only: text with escapes would have been copied to a buffer that is not wiped.
    impl<'de> Visitor<'de> for Base64 {
        type Value = Material;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{LENGTH} bytes in base64")
        }

        fn visit_borrowed_str<E: serde::de::Error>(self, encoded: &'de str) -> Result<Material, E> {
            // One more than a key has: what base64 without padding of this length could hold.
            let mut bytes = Zeroizing::new([0; LENGTH + 1]);
            let length = STANDARD.decode_slice(encoded, bytes.as_mut()).map_err(|_| E::custom("no key"))?;
            bytes.get(..length).and_then(Material::stored).ok_or_else(|| E::custom("no key"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const TWO: &str = "Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

    fn version(number: u32, state: &str, key: &str) -> String {
        format!(r#"{{"version":{number},"state":"{state}","key":"{key}"}}"#)
    }

    fn keyring(versions: &str) -> String {
        format!(r#"{{"keyring":1,"keys":[{{"name":"identity","purpose":"pseudonym","versions":[{versions}]}}]}}"#)
    }

    fn problem(text: &str) -> &'static str {
        read(text.as_bytes()).map(|_| ()).unwrap_err()
    }

    #[test]
    fn reads_what_it_writes() {
        let text = keyring(&[version(1, "enabled", ONE), version(2, "primary", TWO)].join(",")) + "\n";
        let mut written = Vec::new();
        write(&read(text.as_bytes()).unwrap(), &mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), text);
    }

    #[test]
    fn refuses_every_damage_with_its_reason() {
        let good = version(1, "primary", ONE);
        let versions = |all: &[&str]| keyring(&all.join(","));
        let malformed = "a field is missing, unknown or malformed";
        let cases = [
            (String::new(), "it is no keyring, or cut off"),
            (keyring(&good).trim_end_matches('}').to_owned(), "it is no keyring, or cut off"),
            (r#"{"keyring":2,"envelope":{}}"#.to_owned(), "its format is not known to this version of moretta"),
            (keyring(&good).replace(r#""keys":"#, r#""color":1,"keys":"#), malformed),
            (keyring(&good).replace(r#""purpose""#, r#""color":1,"purpose""#), malformed),
            (keyring(&good).replace(r#""state""#, r#""color":1,"state""#), malformed),
            (keyring(&good).replace("primary", "main"), malformed),
            (versions(&[&version(1, "primary", &ONE[..40])]), malformed),
            (versions(&[&version(1, "primary", &ONE.replace('8', "8A"))]), malformed),
            (versions(&[&version(1, "primary", &"A".repeat(44))]), malformed),
            (versions(&[&version(1, "primary", &ONE.replace('A', "\\u0041"))]), malformed),
            (versions(&[&good, &version(1, "enabled", TWO)]), "two versions of a key have one number"),
            (versions(&[&version(0, "primary", ONE)]), "versions are counted from 1"),
            (versions(&[&version(1, "enabled", ONE)]), "a key has no primary version, or several"),
            (versions(&[&good, &version(2, "primary", TWO)]), "a key has no primary version, or several"),
            (versions(&[]), "a key has no primary version, or several"),
            (versions(&[&good, &version(2, "disabled", ONE)]), "two keys, or versions, have the same bytes"),
            (keyring(&good).replace("identity", "Identity"), "the name of a key is malformed"),
        ];
        for (text, reason) in cases {
            assert_eq!(problem(&text), reason);
        }
        let twice =
            keyring(&good).replace("]}]", "]},{\"name\":\"identity\",\"purpose\":\"date-shift\",\"versions\":[]}]");
        assert_eq!(problem(&twice), "two keys have one name");
    }
}
