//! `moretta vault`.

use std::time::{SystemTime, UNIX_EPOCH};

use comfy_table::Table;
use comfy_table::presets;

use super::{keyring, print};
use crate::cli::{VaultArguments, VaultCommand};
use crate::error::Error;
use crate::keys::TokenGrant;
use crate::vault::{SetStats, Vault};

/// Makes, counts or purges a vault.
pub(super) fn run(command: &VaultCommand) -> Result<(), Error> {
    match command {
        VaultCommand::Init(arguments) => {
            Vault::create(&arguments.vault, &key(arguments)?)?;
            Ok(())
        }
        VaultCommand::Stats { vault, as_of, json } => {
            let stats = open(vault)?.stats(as_of.unwrap_or_else(today))?;
            if !json {
                return print(&table(&stats));
            }
            let json = serde_json::to_string_pretty(&stats);
            print(&format!("{}\n", json.map_err(|_| Error::Internal("the counts are no JSON"))?))
        }
        VaultCommand::Purge { vault, as_of } => {
            let purged = open(vault)?.purge(as_of.unwrap_or_else(today))?;
            print(&format!("{purged} tokens purged\n"))
        }
    }
}

fn open(arguments: &VaultArguments) -> Result<Vault, Error> {
    Ok(Vault::open(&arguments.vault, &key(arguments)?)?)
}

fn key(arguments: &VaultArguments) -> Result<TokenGrant, Error> {
    Ok(keyring::open(&arguments.keyring)?.token_key(&arguments.key)?)
}

/// Days since 1970-01-01 in UTC.
fn today() -> i32 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i32::try_from(seconds / 86_400).unwrap_or(i32::MAX)
}

fn table(stats: &[SetStats]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["DOMAIN", "FORMAT", "TOKENS", "EXPIRED", "UNDER KEY"]);
    for set in stats {
        let versions = set.key_versions.iter().map(|sealed| format!("version {}: {}", sealed.version, sealed.tokens));
        let versions = versions.collect::<Vec<_>>().join(", ");
        let (tokens, expired) = (set.tokens.to_string(), set.expired.to_string());
        table.add_row([&set.domain, &set.format, &tokens, &expired, &versions]);
    }
    format!("{table}\n")
}
