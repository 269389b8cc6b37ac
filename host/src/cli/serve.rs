//! The arguments of `moretta serve`.

use std::path::PathBuf;

use clap::Args;

pub(super) const EXAMPLE: &str = "\
Example of a configuration:
  listen: 0.0.0.0:8443
  metrics: 127.0.0.1:9464
  tls: { certificate: server.pem, key: server.key, client_ca: clients.pem }
  tokens: { jwks: jwks.json, issuer: https://issuer.example, audience: moretta }
  roles:
    pipeline: { allow: [mask], datasets: [patients] }
    on-call: { allow: [operate], datasets: [\"*\"] }
  principals:
    - { certificate: \"CN=etl\", roles: [pipeline] }
    - { subject: anna, roles: [on-call] }
  datasets:
    patients: { policy: research.yaml, keyring: { directory: keys } }
  spool: { directory: spool }

Signals: SIGTERM and SIGINT end it in order, SIGHUP reads policies, plugins, keys and certificates again.";

/// What to serve.
#[derive(Args, Debug)]
pub struct ServeArguments {
    /// The configuration, a YAML file. Its paths are relative to it.
    #[arg(value_name = "CONFIG")]
    pub config: PathBuf,
    /// Open everything that the configuration names, say what is wrong with it, and serve nothing.
    #[arg(long)]
    pub check: bool,
    /// Where compiled plugins are kept, if the configuration does not say. In the user's cache directory, if not given.
    #[arg(long, value_name = "DIR", env = "MORETTA_CACHE")]
    pub cache: Option<PathBuf>,
}
