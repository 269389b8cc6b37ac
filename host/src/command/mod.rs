//! The command line's verbs.

mod check;
mod keys;
mod mask;
mod show;
mod vault;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::{Arguments, Command, QuarantineCommand};
use crate::error::Error;
use crate::keys::Keyring;
use crate::policy::Policy;
use crate::{policy, quarantine};

/// Does what the arguments say. What goes wrong is printed on standard error, without any value of the data.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    hush_panics();
    let outcome = match &arguments.command {
        Command::Mask(arguments) => mask::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Keys(command) => keys::run(command),
        Command::Quarantine(QuarantineCommand::Read { file, keyring }) => read_quarantine(file, keyring),
        Command::Vault(command) => vault::run(command),
        Command::Schema => print(&format!("{:#}\n", policy::json_schema())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show::error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// A panic's message can hold a value, so nothing of it is told. The run that it happened in fails in any case, with an
/// error of its own.
fn hush_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}

fn read_quarantine(file: &Path, keyring: &Path) -> Result<(), Error> {
    let keyring = Keyring::open(keyring)?;
    for row in quarantine::read(file, &keyring)? {
        let row = row?;
        let (place, column, code) = (&row.place, &row.column, row.code);
        let line = serde_json::json!({
            "input": &*place.input, "row": place.row, "line": place.line,
            "column": column, "code": code, "values": row.row,
        });
        print(&format!("{line}\n"))?;
    }
    Ok(())
}

fn read_policy(path: &Path, labels: Option<&Path>) -> Result<Policy, Error> {
    let text = read_text(path)?;
    let policy = Policy::parse(&path.display().to_string(), &text)?;
    match labels {
        None => Ok(policy),
        Some(path) => {
            let text = read_text(path)?;
            Ok(policy.with_labels(&path.display().to_string(), &text)?)
        }
    }
}

fn read_text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| Error::Usage(format!("cannot read {}: {error}", path.display())))
}

/// Prints to standard output; a reader that went away is no error.
fn print(text: &str) -> Result<(), Error> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::io("write", "standard output")(error)),
        _ => Ok(()),
    }
}
