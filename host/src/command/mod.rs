//! The command line's verbs.

mod audit;
mod author;
mod catalogue;
mod check;
mod classify;
mod classify_page;
mod conformance;
mod consent;
mod inspect;
mod keyring;
mod keys;
mod labels;
mod mask;
mod operators;
mod page;
mod plugin;
mod profile;
mod profile_page;
mod profile_run;
#[cfg(feature = "server")]
mod remote;
mod reveal;
mod review;
mod risk;
#[cfg(feature = "server")]
mod serve;
mod show;
mod terminal;
mod vault;
mod watch;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::audit::{Event, Quarantine};
use crate::cli::{Arguments, Command, KeyringArguments, ProfileCommand, QuarantineCommand};
use crate::error::Error;
use crate::keys::forbid_dumps;
use crate::policy::{Labels, Policy};
use crate::quarantine::QuarantinedRows;
use crate::{policy, quarantine};

/// Does what the arguments say. What goes wrong is printed on standard error, without any value of the data.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    hush_panics();
    let outcome = forbid_dumps().map_err(Error::io("forbid", "core dumps")).and_then(|()| execute(&arguments.command));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show::error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn execute(command: &Command) -> Result<(), Error> {
    match command {
        Command::Mask(arguments) => mask::run(arguments),
        Command::Watch(arguments) => watch::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Classify(arguments) => classify::run(arguments),
        Command::Labels(command) => labels::run(command),
        Command::Risk(arguments) => risk::run(arguments),
        Command::Profile(ProfileCommand::Report(arguments)) => profile::report(arguments),
        Command::Keys(command) => keys::run(command),
        Command::Operators(command) => operators::run(command),
        Command::Approve(arguments) => consent::approve(arguments),
        Command::Plugin(command) => plugin::run(command),
        Command::Quarantine(QuarantineCommand::Read { file, keyring, audit }) => {
            read_quarantine(file, keyring, audit.as_deref())
        }
        #[cfg(feature = "server")]
        Command::Quarantine(QuarantineCommand::List(arguments)) => remote::quarantine(arguments),
        Command::Audit(command) => audit::run(command),
        Command::Vault(command) => vault::run(command),
        Command::Reveal(arguments) => reveal::run(arguments),
        Command::Review(command) => reveal::review(command),
        #[cfg(feature = "server")]
        Command::Serve(arguments) => serve::run(arguments),
        #[cfg(feature = "server")]
        Command::Remote(command) => remote::run(command),
        Command::Schema => print(&format!("{:#}\n", policy::json_schema())),
    }
}

/// A panic's message can hold a value, so nothing of it is told. The run that it happened in fails in any case, with an
/// error of its own.
fn hush_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// Before a row is decrypted it is recorded that it will be, and afterwards how many were.
fn read_quarantine(file: &Path, arguments: &KeyringArguments, audit: Option<&Path>) -> Result<(), Error> {
    let keyring = keyring::open(arguments)?;
    let trail = audit::trail(&arguments.keyring, &keyring, audit)?;
    let tell = |event: fn(Quarantine) -> Event, rows, refused| match &trail {
        None => Ok(()),
        Some(trail) => {
            trail.record(None, &[event(Quarantine { file: file.display().to_string(), rows, refused })]).map(drop)
        }
    };
    let opened = quarantine::read(file, &keyring);
    tell(Event::QuarantineOpened, None, opened.as_ref().err().map(refused))?;
    let mut rows = 0;
    let printed = print_rows(opened?, &mut rows);
    tell(Event::QuarantineRead, Some(rows), printed.as_ref().err().map(refused))?;
    printed
}

fn refused(error: &Error) -> &'static str {
    if matches!(error, Error::Key(_)) { "key" } else { "file" }
}

fn print_rows(quarantined: QuarantinedRows, rows: &mut u64) -> Result<(), Error> {
    for row in quarantined {
        let row = row?;
        let (place, column, code) = (&row.place, &row.column, row.code);
        let line = serde_json::json!({
            "input": &*place.input, "row": place.row, "line": place.line,
            "column": column, "code": code, "values": row.row,
        });
        *rows = rows.saturating_add(1);
        print(&format!("{line}\n"))?;
    }
    Ok(())
}

fn read_policy(path: &Path, labels: Option<&Path>) -> Result<Policy, Error> {
    let text = read_text(path)?;
    let policy = Policy::draft(&path.display().to_string(), &text)?;
    match labels {
        None => Ok(policy),
        Some(path) => {
            let text = read_text(path)?;
            Ok(policy.with_labels(&path.display().to_string(), &text)?)
        }
    }
}

fn read_labels(path: &Path) -> Result<Labels, Error> {
    Ok(Labels::parse(&path.display().to_string(), &read_text(path)?)?)
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
