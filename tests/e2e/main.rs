//! The command and the library from end to end: files in, files out, exit codes, and what must never be seen.

mod architecture;
mod audit;
mod author;
#[cfg(feature = "aws-kms")]
mod aws_kms;
mod cache;
mod classify;
mod crash;
mod data_contract;
mod encryption;
mod evidence;
mod exit_codes;
mod files;
mod formats;
mod gate;
mod keys;
mod labels;
mod leak;
mod library;
mod lineage;
mod memory;
#[cfg(feature = "openbao")]
mod openbao;
#[cfg(feature = "server")]
mod operate;
#[cfg(feature = "pkcs11")]
mod pkcs11;
mod plugins;
mod profiles;
mod quarantine;
#[cfg(feature = "oci")]
mod registry;
mod reveal;
mod reveal_tokens;
mod risk;
mod rotation;
mod scrub;
#[cfg(feature = "server")]
mod server;
mod stream;
mod table;
mod terminal;
mod tokens;
mod untouchable;
mod vault;
mod watch;
