//! The command and the library from end to end: files in, files out, exit codes, and what must never be seen.

mod architecture;
mod crash;
mod exit_codes;
mod files;
mod formats;
mod leak;
mod library;
mod quarantine;
mod table;
mod vault;
