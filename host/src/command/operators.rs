//! `moretta operators`.

use super::{consent, keyring, print};
use crate::approval::{Action, Operator, PublicKey};
use crate::cli::OperatorsCommand;
use crate::error::Error;

/// Does with operators what the arguments say.
pub(super) fn run(command: &OperatorsCommand) -> Result<(), Error> {
    match command {
        OperatorsCommand::NewKey { out } => consent::new_key(out),
        OperatorsCommand::Add { name, public_key, break_glass, keyring, consent } => {
            let public_key = PublicKey::parse(public_key).ok_or_else(|| {
                Error::Usage("this is no public key; `moretta operators new-key` prints one".to_owned())
            })?;
            let mut keyring = keyring::open(keyring)?;
            let (name, break_glass) = (name.clone(), *break_glass);
            if let Some(file) = &consent.ask {
                let action = Action::AddOperator { name, public_key, break_glass };
                return consent::ask(file, action, keyring.id(), consent);
            }
            let operator = Operator { name, public_key, break_glass };
            Ok(keyring.add_operator(operator, consent::read(consent)?.approved().as_ref())?)
        }
        OperatorsCommand::List { keyring } => {
            let keyring = keyring::open(keyring)?;
            let line = |operator: &Operator| {
                let role = if operator.break_glass { "  may break the glass" } else { "" };
                format!("{}  {}{role}\n", operator.name, operator.public_key)
            };
            print(&keyring.operators().iter().map(line).collect::<String>())
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
