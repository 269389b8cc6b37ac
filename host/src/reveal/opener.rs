//! What leads back from a cell to its value: the versions of a key, or a vault.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::RevealRun;
use super::rule::{How, Sealed};
use crate::approval::Reveal;
use crate::error::{DataProblem, Error};
use crate::keys::{Approved, DecryptionGrant, KeyError, Keyring};
use crate::vault::{Revealed, TokenSet, Vault, VaultError};

/// Opens the cells of one column, as its operators allowed.
pub(super) enum Opener {
    /// Ciphertexts, with this before each.
    Key { grant: DecryptionGrant, prefix: String },
    /// Tokens, as of a day (days since 1970-01-01).
    Vault { tokens: TokenSet, today: i32 },
}

/// The version of the key that a cell was sealed under, and the value.
pub(super) type Opened = Result<(u32, Vec<u8>), DataProblem>;

impl Opener {
    /// What opens the cells of an approved request.
    ///
    /// # Errors
    /// Those of [`Keyring::reveal_key`] and [`Keyring::reveal_tokens`]; the vault is not given, or does not open.
    pub(super) fn allowed(
        run: &RevealRun,
        (reveal, sealed): (&Reveal, &Sealed),
        keyring: &Keyring,
        approved: Option<&Approved<'_>>,
    ) -> Result<Self, Error> {
        let format = match &sealed.how {
            How::Ciphertext { prefix } => {
                let grant = keyring.reveal_key(reveal, approved)?;
                return Ok(Self::Key { grant, prefix: prefix.clone() });
            }
            How::Token(format) => format.clone(),
        };
        let key = keyring.reveal_tokens(reveal, approved)?;
        let place = run.vault.as_ref().ok_or_else(|| VaultError::NoneGiven(key.key_id().to_owned()))?;
        let tokens = Vault::open(place, &key)?.set(&sealed.domain, format);
        let today = approved.map(|approved| approved.now.day()).ok_or(Error::Internal("consent that is gone"))?;
        Ok(Self::Vault { tokens, today })
    }

    /// Opens cells of a column of this name.
    ///
    /// # Errors
    /// The vault fails. What is wrong with one cell is told with it.
    pub(super) fn open(&self, column: &str, cells: &[&str]) -> Result<Vec<Opened>, VaultError> {
        match self {
            Self::Key { grant, prefix } => {
                Ok(cells.iter().map(|cell| decrypted(grant, prefix, column, cell)).collect())
            }
            Self::Vault { tokens, today } => {
                let cells: Vec<_> = cells.iter().map(|cell| Some(*cell)).collect();
                Ok(tokens.values_of(&cells, *today)?.into_iter().map(revealed).collect())
            }
        }
    }
}

fn decrypted(grant: &DecryptionGrant, prefix: &str, column: &str, cell: &str) -> Opened {
    let not_opened = |error| DataProblem::NotOpened(Box::new(error));
    let sealed = cell.strip_prefix(prefix).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let sealed = sealed.ok_or_else(|| not_opened(KeyError::Cell))?;
    let value = grant.decrypt(column, &sealed).map_err(not_opened)?;
    Ok((DecryptionGrant::version_of(&sealed).unwrap_or_default(), value))
}

fn revealed(token: Revealed) -> Opened {
    match token {
        Revealed::Value { mut value, version } => Ok((version, std::mem::take(&mut *value))),
        Revealed::Expired => Err(DataProblem::ExpiredToken),
        Revealed::Unknown | Revealed::Null => Err(DataProblem::UnknownToken),
    }
}
