//! `moretta keys`.

use comfy_table::Table;
use comfy_table::presets;

use super::{audit, print};
use crate::audit::KeyChange;
use crate::cli::KeysCommand;
use crate::error::Error;
use crate::keys::{DEFAULT_KEYS, Keyring, VersionState};

/// Makes or lists keys.
pub(super) fn run(command: &KeysCommand) -> Result<(), Error> {
    match command {
        KeysCommand::Init { keyring, keys } => {
            let named: Vec<_> = keys.iter().map(|(name, purpose)| (name.as_str(), *purpose)).collect();
            let keys = if named.is_empty() { DEFAULT_KEYS.as_slice() } else { &named };
            let created = Keyring::create(keyring, keys)?;
            audit::keys_changed(keyring, &created, audit::of_every_key(&created, KeyChange::Created))?;
            print(&table(&created))
        }
        KeysCommand::List { keyring, json: false } => print(&table(&Keyring::open(keyring)?)),
        KeysCommand::List { keyring, json: true } => {
            let list = serde_json::to_string_pretty(&Keyring::open(keyring)?.list());
            print(&format!("{}\n", list.map_err(|_| Error::Internal("the list of keys is no JSON"))?))
        }
    }
}

fn table(keyring: &Keyring) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["KEY", "PURPOSE", "VERSIONS"]);
    for key in keyring.list() {
        let versions: Vec<_> =
            key.versions.iter().map(|version| format!("{} {}", version.version, state(version.state))).collect();
        table.add_row([key.name, key.purpose.to_string(), versions.join(", ")]);
    }
    format!("{table}\n")
}

fn state(state: VersionState) -> &'static str {
    match state {
        VersionState::Primary => "primary",
        VersionState::Enabled => "enabled",
        VersionState::Disabled => "disabled",
    }
}
