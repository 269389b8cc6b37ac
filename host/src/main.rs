//! The command: parses arguments, runs, and turns the outcome into an exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    moretta::command::run(&moretta::cli::Arguments::parse())
}
