//! `moretta reveal` and `moretta review`.

use std::path::Path;

use comfy_table::Table;
use comfy_table::presets;

use super::consent::{self, Consent};
use super::show::{self, printable};
use super::{audit, keyring, mask, print, read_policy};
use crate::approval::Action;
use crate::audit::Trail;
use crate::cli::{RevealArguments, ReviewArguments, ReviewCommand};
use crate::error::Error;
use crate::keys::{KeyError, Keyring};
use crate::policy::Policy;
use crate::reveal::{self, Attempt, Counts, RevealError, RevealRun, Review, open_reviews, sign_off};

/// Asks for it, or does it.
pub(super) fn run(arguments: &RevealArguments) -> Result<(), Error> {
    let mut keyring = keyring::open(&arguments.keyring)?;
    let run = run_of(arguments);
    if let Some(file) = &arguments.consent.ask {
        let reveal = reveal::ask(&keyring, &policy(arguments)?, &run)?;
        return consent::ask(file, Action::Reveal(reveal), keyring.id(), &arguments.consent);
    }
    let trail = trail(&arguments.keyring.keyring, &keyring, arguments.audit.as_deref())?;
    mask::stop_when_asked(&run.interrupted)?;
    let attempt = Attempt::new(&trail, &run)?;
    let prepared = policy(arguments).and_then(|policy| Ok((policy, consent(arguments)?)));
    let (policy, consent) = prepared.map_err(|error| attempt.denied(error))?;
    let counts = attempt.carry_out(&mut keyring, &policy, &consent.to_reveal())?;
    tell(&run, &counts);
    Ok(())
}

/// Looks at reviews.
pub(super) fn review(command: &ReviewCommand) -> Result<(), Error> {
    match command {
        ReviewCommand::List { trail, json } => {
            let (_, trail) = reviewed(trail)?;
            let reviews = open_reviews(&trail)?;
            if *json { print_json(&reviews) } else { print(&list(&reviews)) }
        }
        ReviewCommand::SignOff { request, name, key, trail } => {
            let (keyring, trail) = reviewed(trail)?;
            let key = consent::operator_key(key)?;
            let missing = sign_off(&trail, keyring.operators(), request, (name, &key))?;
            print(&match missing {
                0 => "signed off; the review is closed\n".to_owned(),
                missing => format!("signed off; {missing} more must\n"),
            })
        }
    }
}

fn run_of(arguments: &RevealArguments) -> RevealRun {
    let given = [&arguments.audit, &arguments.keyring.passphrase_file, &arguments.vault];
    let untouchable = given.into_iter().flatten().chain([&arguments.keyring.keyring]).cloned().collect();
    RevealRun {
        input: arguments.input.clone(),
        input_format: arguments.input_format,
        column: arguments.column.clone(),
        rows: arguments.rows.clone(),
        most_rows: arguments.max_rows,
        break_glass: arguments.break_glass,
        skip_unopened: arguments.skip_unopened,
        vault: arguments.vault.clone(),
        out: arguments.out.clone().unwrap_or_default(),
        format: arguments.format,
        untouchable,
        interrupted: std::sync::Arc::default(),
    }
}

fn policy(arguments: &RevealArguments) -> Result<Policy, Error> {
    read_policy(&arguments.policy, arguments.labels.as_deref())
}

/// What was asked for and approved. A reason that is given again is the same one.
fn consent(arguments: &RevealArguments) -> Result<Consent, Error> {
    let consent = consent::read(&arguments.consent)?;
    match &arguments.consent.justification {
        Some(why) if consent.justification().is_some_and(|approved| approved != why) => {
            Err(RevealError::OtherJustification.into())
        }
        _ => Ok(consent),
    }
}

fn trail(directory: &Path, keyring: &Keyring, asked: Option<&Path>) -> Result<Trail, Error> {
    match audit::trail(directory, keyring, asked) {
        Ok(Some(trail)) => Ok(trail),
        Ok(None) | Err(Error::Key(KeyError::Unknown(_))) => Err(RevealError::NoTrail.into()),
        Err(error) => Err(error),
    }
}

fn reviewed(arguments: &ReviewArguments) -> Result<(Keyring, Trail), Error> {
    let keyring = keyring::open(&arguments.keyring)?;
    let trail = trail(&arguments.keyring.keyring, &keyring, arguments.audit.as_deref())?;
    Ok((keyring, trail))
}

fn tell(run: &RevealRun, counts: &Counts) {
    let Counts { rows, values, unopened, .. } = counts;
    let out = run.out.display();
    show::note(&format!("{rows} rows revealed to {out}: {values} values; {unopened} cells left as they were\n"));
    if run.break_glass {
        show::note(
            "this broke the glass: its review is open until two others sign it off, see `moretta review list`\n",
        );
    }
}

fn list(reviews: &[Review]) -> String {
    if reviews.is_empty() {
        return "no review is open\n".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["REQUEST", "TIME", "ASKED", "APPROVED", "WHAT", "ROWS", "SIGNED"]);
    for review in reviews {
        let approvers: Vec<_> = review.approvers.iter().filter(|name| **name != review.requester).cloned().collect();
        table.add_row([
            review.request.chars().take(16).collect(),
            review.time.clone(),
            printable(&review.requester),
            printable(&approvers.join(" ")),
            printable(&review.what),
            review.rows_revealed.map_or_else(|| "none".to_owned(), |rows| rows.to_string()),
            printable(&review.signed.join(" ")),
        ]);
    }
    format!("{table}\n")
}

fn print_json(reviews: &[Review]) -> Result<(), Error> {
    let json = serde_json::to_string_pretty(reviews).map_err(|_| Error::Internal("a review is no JSON"))?;
    print(&format!("{json}\n"))
}
