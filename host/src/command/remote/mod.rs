//! What operators do with the datasets of a running server.

mod client;
mod show;

use serde_json::{Value, json};

use super::print;
use crate::cli::{RemoteArguments, RemoteCommand, RevisionArguments, ServerArguments};
use crate::error::Error;
use crate::server;
use client::Client;

/// Does what the arguments say.
pub(super) fn run(command: &RemoteCommand) -> Result<(), Error> {
    match command {
        RemoteCommand::Status { dataset: None, server } => see(server, "/v1/datasets", show::datasets),
        RemoteCommand::Status { dataset: Some(dataset), server } => see(server, &path(dataset, "")?, show::status),
        RemoteCommand::Plugins(of) => see(&of.server, &path(&of.dataset, "/plugins")?, show::plugins),
        RemoteCommand::Revisions(of) => see(&of.server, &path(&of.dataset, "/revisions")?, show::revisions),
        RemoteCommand::Reload(of) => act(of, "/reload"),
        RemoteCommand::Promote(of) => act_on(of, "/promote"),
        RemoteCommand::Rollback(of) => act(of, "/rollback"),
        RemoteCommand::Bar(of) => act_on(of, "/bar"),
        RemoteCommand::Drain(of) => act(of, "/drain"),
        RemoteCommand::Stop(of) => act(of, "/stop"),
        RemoteCommand::Start(of) => act(of, "/start"),
        RemoteCommand::Openapi => print(&format!("{:#}\n", server::openapi())),
    }
}

/// `moretta quarantine list`.
pub(super) fn quarantine(of: &RemoteArguments) -> Result<(), Error> {
    see(&of.server, &path(&of.dataset, "/quarantine")?, show::quarantine)
}

fn see(server: &ServerArguments, path: &str, shown: fn(&Value) -> String) -> Result<(), Error> {
    tell(server, &Client::open(server)?.get(path)?, shown)
}

fn act(of: &RemoteArguments, verb: &str) -> Result<(), Error> {
    let answer = Client::open(&of.server)?.post(&path(&of.dataset, verb)?, None)?;
    tell(&of.server, &answer, show::operated)
}

fn act_on(of: &RevisionArguments, verb: &str) -> Result<(), Error> {
    let body = json!({ "revision": of.revision });
    let answer = Client::open(&of.server)?.post(&path(&of.dataset, verb)?, Some(&body))?;
    tell(&of.server, &answer, show::operated)
}

fn tell(server: &ServerArguments, answer: &Value, shown: fn(&Value) -> String) -> Result<(), Error> {
    print(&if server.json { format!("{answer:#}\n") } else { shown(answer) })
}

/// The place of a dataset. A name that is none must not lead to another place.
fn path(dataset: &str, what: &str) -> Result<String, Error> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    if dataset.is_empty() || !dataset.bytes().all(plain) {
        let mend = "the name of a dataset has lower-case letters, digits, `-` and `_`; see `moretta status`";
        return Err(Error::Usage(mend.into()));
    }
    Ok(format!("/v1/datasets/{dataset}{what}"))
}
