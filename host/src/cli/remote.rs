//! The arguments of what is done with a running server.

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(super) const HELP: &str = "\
The server is named once, in the environment:
  export MORETTA_SERVER=https://masking.example:8443 MORETTA_SERVER_CA=ca.pem
  export MORETTA_SERVER_CERTIFICATE=anna.pem MORETTA_SERVER_KEY=anna.key

Exit codes: 0 done; 1 the server failed, or cannot be reached; 2 it refused.";

/// What is done with the datasets of a running server. Each needs the operation `operate` on the dataset.
#[derive(Debug, Subcommand)]
pub enum RemoteCommand {
    /// Show how the datasets of a running server are: what is in force, and why the last candidate failed.
    #[command(after_help = HELP)]
    Status {
        /// The dataset. All that you operate, if not given.
        dataset: Option<String>,
        /// Which server.
        #[command(flatten)]
        server: ServerArguments,
    },
    /// Show the plugins of the revision in force on a running server.
    #[command(after_help = HELP)]
    Plugins(RemoteArguments),
    /// Show the revisions that are alive on a running server.
    #[command(after_help = HELP)]
    Revisions(RemoteArguments),
    /// Have a running server make a revision of its files as they are now.
    #[command(after_help = HELP)]
    Reload(RemoteArguments),
    /// Put a candidate in force on a running server that is in shadow or a canary.
    #[command(after_help = HELP)]
    Promote(RevisionArguments),
    /// Go back to the last good revision on a running server.
    #[command(after_help = HELP)]
    Rollback(RemoteArguments),
    /// Have a revision never be in force again on a running server.
    #[command(after_help = HELP)]
    Bar(RevisionArguments),
    /// Let nothing begin on a running server; what is under way may end.
    #[command(after_help = HELP)]
    Drain(RemoteArguments),
    /// The kill switch of a dataset on a running server: what is under way ends without being complete.
    #[command(after_help = HELP)]
    Stop(RemoteArguments),
    /// Let batches begin again on a running server, after `stop` or `drain`.
    #[command(after_help = HELP)]
    Start(RemoteArguments),
    /// Print the OpenAPI document of what a server can be asked for.
    Openapi,
}

/// A dataset of a running server.
#[derive(Args, Debug)]
pub struct RemoteArguments {
    /// The dataset.
    pub dataset: String,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArguments,
}

/// A revision of a dataset of a running server.
#[derive(Args, Debug)]
pub struct RevisionArguments {
    /// The dataset.
    pub dataset: String,
    /// The number of the revision, as `status` shows it.
    pub revision: u64,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArguments,
}

/// A running server, and who asks.
#[derive(Args, Debug)]
pub struct ServerArguments {
    /// Where it listens: https://HOST[:PORT]; http:// is taken for this very machine alone.
    #[arg(long, value_name = "URL", env = "MORETTA_SERVER")]
    pub server: String,
    /// The authorities that its certificate is from, a PEM file. Those of the system, if not given.
    #[arg(long, value_name = "FILE", env = "MORETTA_SERVER_CA")]
    pub ca: Option<PathBuf>,
    /// Your certificate, a PEM file.
    #[arg(long, value_name = "FILE", env = "MORETTA_SERVER_CERTIFICATE", requires = "key")]
    pub certificate: Option<PathBuf>,
    /// The private key of your certificate, a PEM file.
    #[arg(long, value_name = "FILE", env = "MORETTA_SERVER_KEY", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// A file with a token that says who you are, instead of a certificate.
    #[arg(long, value_name = "FILE", env = "MORETTA_SERVER_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// Print the server's answer as JSON.
    #[arg(long)]
    pub json: bool,
}
