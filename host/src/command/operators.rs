//! `moretta operators`.

use super::{consent, keyring, print};
use crate::approval::{Action, PublicKey};
use crate::cli::OperatorsCommand;
use crate::error::Error;

/// Does with operators what the arguments say.
pub(super) fn run(command: &OperatorsCommand) -> Result<(), Error> {
    match command {
        OperatorsCommand::NewKey { out } => consent::new_key(out),
        OperatorsCommand::Add { name, public_key, keyring, consent } => {
            let public_key = PublicKey::parse(public_key).ok_or_else(|| {
                Error::Usage("this is no public key; `moretta operators new-key` prints one".to_owned())
            })?;
            let mut keyring = keyring::open(keyring)?;
            if let Some(file) = &consent.ask {
                return consent::ask(
                    file,
                    Action::AddOperator { name: name.clone(), public_key },
                    keyring.id(),
                    consent,
                );
            }
            Ok(keyring.add_operator(name, public_key, consent::read(consent)?.approved().as_ref())?)
        }
        OperatorsCommand::List { keyring } => {
            let keyring = keyring::open(keyring)?;
            let lines =
                keyring.operators().iter().map(|operator| format!("{}  {}\n", operator.name, operator.public_key));
            print(&lines.collect::<String>())
        }
        OperatorsCommand::Remove { name, keyring, consent } => {
            let mut keyring = keyring::open(keyring)?;
            if let Some(file) = &consent.ask {
                return consent::ask(file, Action::RemoveOperator { name: name.clone() }, keyring.id(), consent);
            }
            Ok(keyring.remove_operator(name, consent::read(consent)?.approved().as_ref())?)
        }
    }
}
