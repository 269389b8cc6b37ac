//! The sections of the file, and what must hold between them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;
use std::thread;

use serde::de::DeserializeOwned;

use super::node::read;
use super::{Bounds, Config, DatasetConfig, SpoolConfig, Tls, Tokens, TracesConfig};
use crate::https;
use crate::policy::yaml::{self, Node, Tree};
use crate::policy::{At, PolicyErrors, PolicyProblem};
use crate::server::access::Roles;

const SECTIONS: [&str; 13] = [
    "listen",
    "plain",
    "metrics",
    "tls",
    "tokens",
    "roles",
    "principals",
    "datasets",
    "limits",
    "spool",
    "traces",
    "workers",
    "cache",
];

/// More threads than that are not found in machines that this runs on.
const MOST_WORKERS: usize = 128;

pub(super) fn config(path: &Path, text: &str) -> Result<Config, PolicyErrors> {
    let name = path.display().to_string();
    let root = yaml::parse(text).map_err(|problem| PolicyErrors::new(&name, text, vec![problem]))?;
    let mut sections = Sections { problems: Vec::new(), whole: root.span.clone(), entries: Vec::new() };
    let config = sections.open(root).then(|| sections.config(path)).flatten();
    match config.filter(|_| sections.problems.is_empty()) {
        Some(config) => Ok(config),
        None => Err(PolicyErrors::new(&name, text, sections.problems)),
    }
}

struct Sections {
    problems: Vec<PolicyProblem>,
    whole: Range<usize>,
    entries: Vec<(At<String>, Node)>,
}

impl Sections {
    fn open(&mut self, root: Node) -> bool {
        let Tree::Map(entries) = root.value else {
            self.problem(&root.span, "a configuration is a map, `key: value`");
            return false;
        };
        for (key, _) in entries.iter().filter(|(key, _)| !SECTIONS.contains(&key.value.as_str())) {
            let known = SECTIONS.join(", ");
            self.problem(&key.span, format!("there is no section `{}`; there are {known}", key.value));
        }
        self.entries = entries;
        true
    }

    fn problem(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.problems.push(PolicyProblem { message: message.into(), span: Some(span.clone()) });
    }

    fn config(&mut self, path: &Path) -> Option<Config> {
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        let (listen, listen_at) = self.required::<SocketAddr>("listen", "`listen: 127.0.0.1:8443`").unzip();
        let plain = self.section::<bool>("plain").is_some_and(|(plain, _)| plain);
        let metrics = self.metrics();
        let tls = self.section::<Tls>("tls").map(|(tls, _)| tls.seen_from(&base));
        let tokens = self.section::<Tokens>("tokens");
        let roles = self.roles();
        let datasets = self.datasets(&base);
        let bounds = self.bounds();
        let spool = self.section::<SpoolConfig>("spool").map(|(spool, _)| spool.seen_from(&base));
        let traces = self.traces(&base);
        let workers = self.workers();
        let cache = self.section("cache").map(|(cache, _): (std::path::PathBuf, _)| base.join(cache));
        if tls.as_ref().is_some_and(|tls| tls.client_crl.is_some() && tls.client_ca.is_none()) {
            let whole = self.whole.clone();
            self.problem(&whole, "`tls.client_crl` is of authorities that are not named; add `tls.client_ca`");
        }
        if let (Some(listen), Some(span)) = (&listen, &listen_at) {
            self.check_safety(listen, span, plain, tls.as_ref());
        }
        if let Some((tokens, span)) = &tokens
            && let Some(problem) = tokens.problem()
        {
            self.problem(span, problem);
        }
        let tokens = tokens.map(|(tokens, _)| tokens.seen_from(&base));
        if tokens.is_none() && tls.as_ref().is_none_or(|tls| tls.client_ca.is_none()) {
            let whole = self.whole.clone();
            self.problem(&whole, "nobody could say who they are; add `tls.client_ca`, or `tokens`");
        }
        self.check_datasets(&roles, &datasets);
        Some(Config { listen: listen?, metrics, tls, tokens, roles, datasets, bounds, traces, spool, workers, cache })
    }

    /// A section and where it stands.
    fn section<T: DeserializeOwned>(&mut self, name: &str) -> Option<(T, Range<usize>)> {
        let (_, node) = self.entries.iter().find(|(key, _)| key.value == name)?;
        Some((read(node, &mut self.problems)?, node.span.clone()))
    }

    fn required<T: DeserializeOwned>(&mut self, name: &str, what: &str) -> Option<(T, Range<usize>)> {
        if !self.entries.iter().any(|(key, _)| key.value == name) {
            let whole = self.whole.clone();
            self.problem(&whole, format!("`{name}` is missing; add {what}"));
        }
        self.section(name)
    }

    /// The entries of a section that is a map from names.
    fn named<T: DeserializeOwned>(&mut self, section: &str) -> Vec<(At<String>, T)> {
        let Some((_, node)) = self.entries.iter().find(|(key, _)| key.value == section) else { return Vec::new() };
        let node = node.clone();
        let Tree::Map(entries) = node.value else {
            self.problem(&node.span, format!("`{section}` is a map, `name: {{ … }}`"));
            return Vec::new();
        };
        let mut read_all = Vec::with_capacity(entries.len());
        for (name, node) in entries {
            if !is_name(&name.value) {
                let names = "a name has up to 64 lower-case letters, digits, `-` and `_`";
                self.problem(&name.span, format!("{names}, and begins with a letter"));
            }
            read_all.extend(read(&node, &mut self.problems).map(|entry| (name, entry)));
        }
        read_all
    }

    fn roles(&mut self) -> Roles {
        let roles = self.named("roles");
        let mut principals = Vec::new();
        if let Some((_, node)) = self.entries.iter().find(|(key, _)| key.value == "principals") {
            match &node.value {
                Tree::List(items) => {
                    for item in items {
                        let principal = read(item, &mut self.problems);
                        principals.extend(principal.map(|value| At { value, span: item.span.clone() }));
                    }
                }
                _ => {
                    let span = node.span.clone();
                    self.problem(&span, "`principals` is a list, `- { certificate: …, roles: […] }`");
                }
            }
        }
        Roles::new(roles, principals, &mut self.problems)
    }

    fn datasets(&mut self, base: &Path) -> BTreeMap<String, DatasetConfig> {
        let mut datasets = BTreeMap::new();
        for (name, dataset) in self.named::<DatasetConfig>("datasets") {
            if let Some(problem) = dataset.problem() {
                self.problem(&name.span, problem);
            }
            datasets.insert(name.value, dataset.seen_from(base));
        }
        if datasets.is_empty() && self.problems.is_empty() {
            let whole = self.whole.clone();
            self.problem(&whole, "there is no dataset; add `datasets: { name: { policy: … } }`");
        }
        datasets
    }

    fn bounds(&mut self) -> Bounds {
        let Some((bounds, span)) = self.section::<Bounds>("limits") else { return Bounds::default() };
        if let Some(problem) = bounds.problem() {
            self.problem(&span, problem);
        }
        bounds
    }

    fn metrics(&mut self) -> Option<SocketAddr> {
        let (address, span) = self.section::<SocketAddr>("metrics")?;
        if !address.ip().is_loopback() {
            let mend =
                "metrics without saying who asks are for this machine alone, such as 127.0.0.1:9464; elsewhere read";
            self.problem(&span, format!("{mend} /metrics of the server"));
        }
        Some(address)
    }

    fn traces(&mut self, base: &Path) -> Option<TracesConfig> {
        let (traces, span) = self.section::<TracesConfig>("traces")?;
        if let Some(problem) = traces.problem() {
            self.problem(&span, problem);
        }
        Some(traces.seen_from(base))
    }

    fn workers(&mut self) -> usize {
        let of_machine = || thread::available_parallelism().map_or(1, usize::from);
        let Some((workers, span)) = self.section::<usize>("workers") else { return of_machine() };
        if workers == 0 || workers > MOST_WORKERS {
            self.problem(&span, format!("`workers` is from 1 to {MOST_WORKERS}"));
        }
        workers
    }

    /// INVARIANT: what is not encrypted does not leave the machine.
    fn check_safety(&mut self, listen: &SocketAddr, span: &Range<usize>, plain: bool, tls: Option<&Tls>) {
        match (plain, tls) {
            (false, None) => self.problem(span, "add `tls`; or `plain: true`, where only this machine is to call"),
            (true, Some(_)) => self.problem(span, "there is `tls`, and `plain: true` too; take one away"),
            (true, None) if !listen.ip().is_loopback() => {
                self.problem(span, "without TLS the address has to be of this machine alone, such as 127.0.0.1")
            }
            _ => {}
        }
    }

    fn check_datasets(&mut self, roles: &Roles, datasets: &BTreeMap<String, DatasetConfig>) {
        for dataset in roles.datasets().filter(|dataset| !datasets.contains_key(&dataset.value)) {
            let message = format!("there is no dataset `{}` that a role could be for", dataset.value);
            self.problems.push(PolicyProblem { message, span: Some(dataset.span.clone()) });
        }
    }
}

/// Names stand in paths, in metrics and in the audit trail.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(plain)
}

impl Tls {
    fn seen_from(mut self, base: &Path) -> Self {
        let Self { certificate, key, client_ca, client_crl } = &mut self;
        for path in [Some(certificate), Some(key), client_ca.as_mut(), client_crl.as_mut()].into_iter().flatten() {
            *path = base.join(&*path);
        }
        self
    }
}

impl Tokens {
    fn seen_from(mut self, base: &Path) -> Self {
        if !self.jwks.contains("://") {
            self.jwks = base.join(&self.jwks).display().to_string();
        }
        self.jwks_ca = self.jwks_ca.map(|file| base.join(file));
        self
    }

    fn problem(&self) -> Option<&'static str> {
        if self.jwks.contains("://") && !self.jwks.starts_with("https://") {
            return Some("`jwks` is a file, or an address that begins with `https://`");
        }
        if self.algorithms.is_empty() {
            return Some("`algorithms` is empty, so no token would be believed; leave it out, or name one");
        }
        if self.leeway_seconds > 300 {
            return Some("`leeway_seconds` is at most 300; set the clocks");
        }
        if self.issuer.is_empty() || self.audience.is_empty() {
            return Some("`issuer` and `audience` must not be empty: tokens for others would be believed");
        }
        (self.refresh_seconds == 0).then_some("`refresh_seconds` is at least 1")
    }
}

impl TracesConfig {
    fn seen_from(mut self, base: &Path) -> Self {
        self.ca = self.ca.map(|file| base.join(file));
        self
    }

    fn problem(&self) -> Option<&'static str> {
        let (scheme, rest) = self.endpoint.split_once("://").unwrap_or_default();
        let host = rest.split_once('/').map_or(rest, |(host, _)| host);
        if !https::is_safe(&format!("{scheme}://{host}")) {
            return Some("`endpoint` is `https://HOST[:PORT]/PATH` (http:// is taken for this very machine alone)");
        }
        (!(0.0..=1.0).contains(&self.share)).then_some("`share` is from 0 to 1")
    }
}

impl SpoolConfig {
    fn seen_from(mut self, base: &Path) -> Self {
        self.directory = base.join(&self.directory);
        self
    }
}
