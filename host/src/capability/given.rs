//! What the host gave a call for the cells of its columns, where that very thing is to come back in their place.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::keys::Ciphertexts;
use crate::manifest::World;

/// By column of the call.
#[derive(Default)]
pub(crate) struct Given(Vec<(u32, Ciphertexts)>);

/// How it is written where it comes back.
#[derive(Clone, Copy)]
enum Form {
    /// A ciphertext: behind the `prefix` of the configuration, in base64url without padding.
    Base64,
    /// A token: as it is.
    Text,
}

impl Given {
    /// Remembers what was given for a column. Each is used once.
    pub(super) fn add(&mut self, column: u32, values: Ciphertexts) {
        self.0.push((column, values));
    }

    /// What has to come back from a plugin of this world, which was asked with this prefix. `None` if that is not said.
    pub(crate) fn expected(self, world: World, prefix: &str) -> Option<Expected> {
        let form = match world {
            World::EncryptionMasker | World::DeterministicEncryptionMasker => Form::Base64,
            World::TokenMasker => Form::Text,
            _ => return None,
        };
        Some(Expected { given: self.0, form, prefix: prefix.to_owned() })
    }
}

/// What has to come back, cell by cell.
pub(crate) struct Expected {
    given: Vec<(u32, Ciphertexts)>,
    form: Form,
    prefix: String,
}

impl Expected {
    /// Writes what has to stand in a cell of the column at a position. `None` if nothing was given for it.
    pub(crate) fn write(&self, position: usize, cell: usize, text: &mut String) -> Option<()> {
        let (_, values) = self.given.iter().find(|(column, _)| *column as usize == position)?;
        let [start, end] = values.offsets.get(cell..)?.first_chunk()?;
        let given = values.data.get(*start as usize..*end as usize)?;
        text.clear();
        match self.form {
            Form::Text => text.push_str(std::str::from_utf8(given).ok()?),
            Form::Base64 => {
                text.push_str(&self.prefix);
                URL_SAFE_NO_PAD.encode_string(given, text);
            }
        }
        Some(())
    }
}

impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expected(..)")
    }
}
