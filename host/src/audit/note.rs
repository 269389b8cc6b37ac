//! Checkpoints as signed notes: the formats of C2SP, `signed-note` and `tlog-checkpoint`, which other tools read too.
//!
//! ```text
//! moretta/audit/4e1f…            which trail
//! 18                             over how many records
//! CsUYapGGPo4dkMgIAUqom/Xa…=     the root of their Merkle tree
//!
//! — moretta/audit/4e1f… Az3grlgtzPICa5OS8npVmf1Myq/5IZni…=
//! ```

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::Hash;
use super::fault::Fault;
use crate::keys::{AuditGrant, AuditPublicKey, SIGNATURE};

/// What every signature line begins with: an em dash and a blank.
const DASH: &str = "\u{2014} ";
/// The type of an Ed25519 key and its signatures.
const ED25519: u8 = 1;
/// What the name of every trail begins with.
const ORIGIN: &str = "moretta/audit/";

/// How a trail stood: the root over its first records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the trail.
    pub origin: String,
    /// How many records.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

impl Checkpoint {
    /// The signed note, under the name of the trail.
    pub(crate) fn sign(&self, key: &AuditGrant) -> String {
        let text = self.text();
        let id = key_id(&self.origin, &key.public_key());
        let signature = [id.as_slice(), &key.sign(text.as_bytes())].concat();
        format!("{text}\n{DASH}{} {}\n", self.origin, STANDARD.encode(signature))
    }

    /// What a note says, whoever signed it.
    ///
    /// # Errors
    /// It is no signed note with a checkpoint.
    pub(crate) fn read(note: &str) -> Result<Self, Fault> {
        parse(note).map(|(checkpoint, ..)| checkpoint).ok_or(Fault::NotANote)
    }

    /// What a note says that one of these keys signed.
    ///
    /// # Errors
    /// It is no signed note with a checkpoint, of another trail, or not signed by any of them.
    pub fn open(note: &str, keys: &TrustedKeys) -> Result<Self, Fault> {
        let (checkpoint, text, signatures) = parse(note).ok_or(Fault::NotANote)?;
        let mut keys = keys.0.iter().filter(|key| key.of.as_ref().is_none_or(|of| *of == checkpoint.origin)).peekable();
        if keys.peek().is_none() {
            return Err(Fault::OtherTrail);
        }
        let signed =
            keys.any(|key| signatures.lines().any(|line| is_signature(line, text, &checkpoint.origin, &key.key)));
        if signed { Ok(checkpoint) } else { Err(Fault::Signature) }
    }

    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }
}

/// The checkpoint of a note, its text, and its signature lines.
fn parse(note: &str) -> Option<(Checkpoint, &str, &str)> {
    let (body, signatures) = note.split_once("\n\n")?;
    let text = note.get(..body.len().checked_add(1)?)?;
    let [origin, size, root] = body.lines().collect::<Vec<_>>().try_into().ok()?;
    let root = STANDARD.decode(root).ok()?.try_into().ok()?;
    let checkpoint = Checkpoint { origin: origin.to_owned(), size: size.parse().ok()?, root };
    let canonical = checkpoint.text() == text && is_origin(origin);
    (canonical && signatures.ends_with('\n')).then_some((checkpoint, text, signatures))
}

fn is_signature(line: &str, text: &str, origin: &str, key: &AuditPublicKey) -> bool {
    let Some((name, signature)) = line.strip_prefix(DASH).and_then(|line| line.split_once(' ')) else { return false };
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    let Some((id, signature)) = signature.split_first_chunk::<4>() else { return false };
    let Ok(signature) = <&[u8; SIGNATURE]>::try_from(signature) else { return false };
    name == origin && *id == key_id(origin, key) && key.has_signed(text.as_bytes(), signature)
}

/// Four bytes that tell keys apart, and prove nothing.
fn key_id(origin: &str, key: &AuditPublicKey) -> [u8; 4] {
    let digest =
        Sha256::new().chain_update(origin).chain_update([b'\n', ED25519]).chain_update(key.as_bytes()).finalize();
    digest.first_chunk().copied().unwrap_or_default()
}

/// A name for a new trail.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn new_origin() -> Result<String, getrandom::Error> {
    let mut id = [0; 16];
    getrandom::fill(&mut id)?;
    Ok(format!("{ORIGIN}{:032x}", u128::from_be_bytes(id)))
}

fn is_origin(text: &str) -> bool {
    text.strip_prefix(ORIGIN).is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The keys whose signatures are trusted, each for one trail or for any.
#[derive(Clone, Debug)]
pub struct TrustedKeys(Vec<TrustedKey>);

#[derive(Clone, Debug)]
struct TrustedKey {
    of: Option<String>,
    key: AuditPublicKey,
}

impl TrustedKeys {
    /// All versions of the audit key of a keyring, for any trail.
    pub fn of_grant(grant: &AuditGrant) -> Self {
        Self(grant.public_keys().iter().map(|key| TrustedKey { of: None, key: *key }).collect())
    }

    /// The keys in a text with one in each line, as [`TrustedKeys::to_text`] writes them.
    ///
    /// # Errors
    /// A line is no Ed25519 verifier key of C2SP `signed-note`, or there is none.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let keys: Option<Vec<_>> = lines.map(parse_key).collect();
        keys.filter(|keys| !keys.is_empty()).map(Self).ok_or(Fault::NotANote)
    }

    /// The keys for one trail, one in each line: its name, four bytes of a digest, type and key.
    pub fn to_text(&self, origin: &str) -> String {
        let line = |TrustedKey { key, .. }: &TrustedKey| {
            let id = u32::from_be_bytes(key_id(origin, key));
            let typed = [[ED25519].as_slice(), key.as_bytes()].concat();
            format!("{origin}+{id:08x}+{}\n", STANDARD.encode(typed))
        };
        self.0.iter().map(line).collect()
    }
}

fn parse_key(line: &str) -> Option<TrustedKey> {
    // The name has no plus, and the key may.
    let [name, id, key] = line.splitn(3, '+').collect::<Vec<_>>().try_into().ok()?;
    let typed = STANDARD.decode(key).ok()?;
    let (ED25519, bytes) = typed.split_first().map(|(kind, key)| (*kind, key))? else { return None };
    let key = AuditPublicKey::from_bytes(bytes.try_into().ok()?)?;
    let matches = id == format!("{:08x}", u32::from_be_bytes(key_id(name, &key)));
    matches.then(|| TrustedKey { of: Some(name.to_owned()), key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Keyring, Purpose};

    fn grant() -> AuditGrant {
        Keyring::ephemeral(&[("audit", Purpose::Audit)]).unwrap().audit_key("audit").unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: new_origin().unwrap(), size: 18, root: [7; 32] }
    }

    /// The example of the specification `signed-note`.
    #[test]
    fn takes_the_signature_of_the_specification() {
        let key = parse_key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").unwrap();
        let line = concat!(
            "\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72",
            "IneyaQM=",
        );
        assert!(is_signature(line, "This is an example message.\n", "example.com/foo", &key.key));
        assert!(!is_signature(line, "This is another message.\n", "example.com/foo", &key.key));
        assert!(!is_signature(line, "This is an example message.\n", "example.com/bar", &key.key));
    }

    #[test]
    fn opens_what_it_signed_with_the_keyring_or_the_public_key() {
        let (grant, checkpoint) = (grant(), checkpoint());
        let note = checkpoint.sign(&grant);
        let keys = TrustedKeys::of_grant(&grant);
        assert_eq!(Checkpoint::open(&note, &keys).unwrap(), checkpoint);
        let public = TrustedKeys::parse(&keys.to_text(&checkpoint.origin)).unwrap();
        assert_eq!(Checkpoint::open(&note, &public).unwrap(), checkpoint);
        assert_eq!(Checkpoint::read(&note).unwrap(), checkpoint);
    }

    #[test]
    fn opens_nothing_of_another_key_or_trail() {
        let (grant, checkpoint) = (grant(), checkpoint());
        let note = checkpoint.sign(&grant);
        let other = TrustedKeys::of_grant(&self::grant());
        assert_eq!(Checkpoint::open(&note, &other).unwrap_err(), Fault::Signature);
        let elsewhere = TrustedKeys::of_grant(&grant).to_text(&self::checkpoint().origin);
        let elsewhere = TrustedKeys::parse(&elsewhere).unwrap();
        assert_eq!(Checkpoint::open(&note, &elsewhere).unwrap_err(), Fault::OtherTrail);
    }

    #[test]
    fn no_byte_of_a_note_can_be_another() {
        let grant = grant();
        let (note, keys) = (checkpoint().sign(&grant), TrustedKeys::of_grant(&grant));
        for at in 0..note.len() {
            let mut changed = note.clone().into_bytes();
            changed[at] ^= 1;
            let opened = String::from_utf8(changed).ok().and_then(|note| Checkpoint::open(&note, &keys).ok());
            assert!(opened.is_none(), "byte {at}");
        }
        for end in 0..note.len() {
            assert!(note.get(..end).is_none_or(|cut| Checkpoint::open(cut, &keys).is_err()), "{end} bytes");
        }
    }

    #[test]
    fn refuses_what_is_no_public_key() {
        let keys = TrustedKeys::of_grant(&grant()).to_text("moretta/audit/00");
        for wrong in [String::new(), keys.replace("moretta/audit/00", "moretta/audit/01"), keys.replace("+A", "+B")] {
            assert_eq!(TrustedKeys::parse(&wrong).unwrap_err(), Fault::NotANote, "{wrong}");
        }
    }
}
