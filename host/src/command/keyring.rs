//! Opening a keyring with what the arguments, the environment or a person give.

use std::path::Path;

use super::terminal;
use crate::cli::KeyringArguments;
use crate::error::Error;
use crate::keys::{Keyring, Secrets};

/// Opens the keyring of the arguments.
pub(super) fn open(arguments: &KeyringArguments) -> Result<Keyring, Error> {
    open_in(&arguments.keyring, arguments.passphrase_file.as_deref())
}

/// Opens the keyring in a directory.
pub(super) fn open_in(directory: &Path, passphrase_file: Option<&Path>) -> Result<Keyring, Error> {
    Ok(Keyring::open_with(directory, &secrets(passphrase_file))?)
}

/// Where the secret of a keyring comes from.
pub(super) fn secrets(passphrase_file: Option<&Path>) -> Secrets {
    Secrets::from_environment().passphrase_file(passphrase_file.map(Path::to_owned)).prompt(terminal::prompt())
}
