//! Where the secret comes from that opens a keyring.

use std::env;
use std::fmt;
use std::io;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Protection, ProviderFault};
use crate::keys::material::{LENGTH, Material};
use crate::keys::{KeyError, private_file};

/// The shortest new passphrase, in characters: NIST SP 800-63B-4 (3.1.1.2), for one that stands alone.
const SHORTEST: usize = 15;
/// More than any passphrase has, in bytes.
const MOST_BYTES: u64 = 4096;

/// Asks a person for a secret, without showing it.
pub type Prompt = fn(&str) -> io::Result<Zeroizing<String>>;

/// Where the secret comes from that opens a keyring: a file that is named, else an environment variable, else a person.
#[derive(Clone)]
pub struct Secrets {
    passphrase_variable: &'static str,
    key_variable: &'static str,
    passphrase_file: Option<PathBuf>,
    prompt: Option<Prompt>,
    /// Whether it takes the place of another.
    new: bool,
}

impl Secrets {
    /// The secret of a keyring that is there: `MORETTA_PASSPHRASE` or `MORETTA_KEK`, or what lets a provider elsewhere be
    /// used.
    pub fn from_environment() -> Self {
        let (passphrase_variable, key_variable) = ("MORETTA_PASSPHRASE", "MORETTA_KEK");
        Self { passphrase_variable, key_variable, passphrase_file: None, prompt: None, new: false }
    }

    /// The secret that takes the place of another: `MORETTA_NEW_PASSPHRASE` or `MORETTA_NEW_KEK`. For a provider
    /// elsewhere `MORETTA_NEW_…` too, and where that is not set what the old one has.
    pub fn new_from_environment() -> Self {
        let (passphrase_variable, key_variable) = ("MORETTA_NEW_PASSPHRASE", "MORETTA_NEW_KEK");
        Self { passphrase_variable, key_variable, new: true, ..Self::from_environment() }
    }

    /// A file whose first and only line is the passphrase. Others must not be able to read it.
    #[must_use]
    pub fn passphrase_file(mut self, file: Option<PathBuf>) -> Self {
        self.passphrase_file = file;
        self
    }

    /// Asks where nothing else gives the passphrase.
    #[must_use]
    pub fn prompt(mut self, prompt: Option<Prompt>) -> Self {
        self.prompt = prompt;
        self
    }

    /// What can be used or made with what is given without asking.
    pub fn given(&self) -> Vec<Protection> {
        let variables = [
            (self.passphrase_variable, Protection::Passphrase),
            (self.key_variable, Protection::Environment),
            ("MORETTA_OPENBAO_KEY", Protection::OpenBao),
            ("MORETTA_PKCS11_KEY", Protection::Pkcs11),
            ("MORETTA_KMS_KEY", Protection::AwsKms),
        ];
        let is_given = |variable, protection| match protection {
            Protection::Passphrase => self.passphrase_file.is_some() || env::var_os(variable).is_some(),
            Protection::Environment => env::var_os(variable).is_some(),
            _ => env::var_os(self.variable(variable)).is_some(),
        };
        variables
            .into_iter()
            .filter(|(name, protection)| is_given(name, *protection))
            .map(|(_, protection)| protection)
            .collect()
    }

    /// A setting of a provider elsewhere, which is no secret.
    ///
    /// # Errors
    /// It is not given.
    pub(super) fn setting(&self, variable: &'static str, what: &'static str) -> Result<String, KeyError> {
        self.setting_if_given(variable).ok_or_else(|| self.not_given(what, variable))
    }

    /// A setting of a provider elsewhere, which is no secret.
    pub(super) fn setting_if_given(&self, variable: &str) -> Option<String> {
        value(&self.variable(variable)).or_else(|| value(variable))
    }

    /// A credential for a provider elsewhere: a variable, or a file that the same variable with `_FILE` names. Others must
    /// not be able to read the file. The old credential serves for the new provider too, but where one of `unless` is
    /// given anew: it is not shown to another place than its own.
    ///
    /// # Errors
    /// The file cannot be read, or it is no text.
    #[cfg(any(feature = "aws-kms", feature = "openbao", feature = "pkcs11"))]
    pub(super) fn secret_if_given(
        &self,
        variable: &'static str,
        unless: &[&str],
    ) -> Result<Option<Zeroizing<String>>, KeyError> {
        let elsewhere = self.new && unless.iter().any(|place| value(&self.variable(place)).is_some());
        let names = [Some(self.variable(variable)), (!elsewhere).then(|| variable.to_owned())];
        for name in names.iter().flatten() {
            if let Some(value) = value(name) {
                return Ok(Some(Zeroizing::new(value)));
            }
            let Some(file) = value(&format!("{name}_FILE")) else { continue };
            let text = private_file::read(&PathBuf::from(file), MOST_BYTES)?;
            let malformed = ProviderFault::Malformed { variable, expected: "text" };
            let text = std::str::from_utf8(text.trim_ascii_end()).map_err(|_| malformed)?;
            return Ok(Some(Zeroizing::new(text.to_owned())));
        }
        Ok(None)
    }

    /// That this is not given, and which variable to set.
    pub(super) fn not_given(&self, what: &'static str, variable: &str) -> KeyError {
        ProviderFault::NotGiven { what, variable: self.variable(variable) }.into()
    }

    /// The variable to look at first.
    fn variable(&self, name: &str) -> String {
        if self.new { name.replacen("MORETTA_", "MORETTA_NEW_", 1) } else { name.to_owned() }
    }

    pub(super) fn passphrase(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match self.passphrase_if_given()? {
            Some(given) => Ok(given),
            None => self.ask("passphrase of the keyring: "),
        }
    }

    /// A passphrase that is long enough, asked for twice.
    pub(super) fn new_passphrase(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let passphrase = match self.passphrase_if_given()? {
            Some(given) => given,
            None => {
                let passphrase = self.ask("new passphrase of the keyring: ")?;
                let again = self.ask("the same once more: ")?;
                if !bool::from(passphrase.ct_eq(&again)) {
                    return Err(KeyError::PassphrasesDiffer);
                }
                passphrase
            }
        };
        // Characters are counted as bytes that begin one.
        let length = passphrase.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        if length < SHORTEST { Err(KeyError::ShortPassphrase(SHORTEST)) } else { Ok(passphrase) }
    }

    pub(super) fn key_encryption_key(&self) -> Result<Material, KeyError> {
        let text = env::var_os(self.key_variable).ok_or(KeyError::NoKey(self.key_variable))?;
        let text = Zeroizing::new(text.into_encoded_bytes());
        decode(&text).ok_or(KeyError::MalformedKey(self.key_variable))
    }

    fn passphrase_if_given(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
        if let Some(file) = &self.passphrase_file {
            let mut text = private_file::read(file, MOST_BYTES)?;
            for ending in *b"\n\r" {
                if text.last() == Some(&ending) {
                    text.pop();
                }
            }
            return Ok(Some(text));
        }
        Ok(env::var_os(self.passphrase_variable).map(|text| Zeroizing::new(text.into_encoded_bytes())))
    }

    fn ask(&self, question: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let prompt = self.prompt.ok_or(KeyError::NoPassphrase(self.passphrase_variable))?;
        let answer = prompt(question).map_err(|_| KeyError::NoPassphrase(self.passphrase_variable))?;
        Ok(Zeroizing::new(answer.as_bytes().to_vec()))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("passphrase_file", &self.passphrase_file).finish_non_exhaustive()
    }
}

/// What a variable holds. An empty one holds nothing.
fn value(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// The key of a text: base64 of 32 bytes, with blanks around it.
pub(super) fn decode(text: &[u8]) -> Option<Material> {
    // One more than a key has: what base64 without padding of this length could hold.
    let mut bytes = Zeroizing::new([0; LENGTH + 1]);
    let length = STANDARD.decode_slice(text.trim_ascii(), bytes.as_mut()).ok()?;
    Material::stored(bytes.get(..length)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn in_file(content: &str) -> (tempfile::TempDir, Secrets) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passphrase");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        (directory, Secrets::from_environment().passphrase_file(Some(path)))
    }

    #[test]
    fn a_passphrase_is_the_line_of_its_file() {
        for content in ["korrekt pferd batterie", "korrekt pferd batterie\n", "korrekt pferd batterie\r\n"] {
            let (_directory, secrets) = in_file(content);
            assert_eq!(secrets.passphrase().unwrap().as_slice(), b"korrekt pferd batterie");
        }
        let (_directory, secrets) = in_file(" with blanks and an empty line \n\n");
        assert_eq!(secrets.passphrase().unwrap().as_slice(), b" with blanks and an empty line \n");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let (directory, secrets) = in_file("korrekt pferd batterie");
        fs::set_permissions(directory.path().join("passphrase"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(secrets.passphrase(), Err(KeyError::Readable(_))));
    }

    #[test]
    fn a_new_passphrase_has_fifteen_characters_and_is_said_twice() {
        let (_directory, secrets) = in_file("fourteen chars");
        assert!(matches!(secrets.new_passphrase(), Err(KeyError::ShortPassphrase(15))));
        let (_directory, secrets) = in_file("ä fifteen chars");
        assert!(secrets.new_passphrase().is_ok());
        let asked = |prompt: Prompt| Secrets::from_environment().prompt(Some(prompt)).new_passphrase();
        assert!(asked(|_| Ok(Zeroizing::new("the same both times".to_owned()))).is_ok());
        let differs = asked(|question| Ok(Zeroizing::new(format!("another for {question}"))));
        assert!(matches!(differs, Err(KeyError::PassphrasesDiffer)));
    }

    #[test]
    fn says_what_to_do_where_nobody_gives_it() {
        let none = Secrets::from_environment().passphrase().unwrap_err();
        assert!(none.to_string().contains("MORETTA_PASSPHRASE"), "{none}");
    }

    #[test]
    fn a_key_is_base64_of_32_bytes() {
        let encoded = STANDARD.encode([7; LENGTH]);
        assert!(decode(format!(" {encoded}\n").as_bytes()).unwrap().same(&Material::stored(&[7; LENGTH]).unwrap()));
        for wrong in ["", "AAAA", &encoded[..40], &STANDARD.encode([7; 33]), &encoded.replace('B', "!")] {
            assert!(decode(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}
