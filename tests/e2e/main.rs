//! The command and the library from end to end: files in, files out, exit codes, and what must never be seen.

mod architecture;
mod audit;
mod cache;
mod crash;
mod exit_codes;
mod files;
mod formats;
mod keys;
mod leak;
mod library;
mod quarantine;
mod reveal;
mod table;
mod terminal;
mod untouchable;
