use super::*;
use crate::dataset::Signatures;
use crate::policy::PolicyErrors;

const WHOLE: &str = "\
listen: 127.0.0.1:8443
tls: { certificate: server.pem, key: server.key, client_ca: clients.pem }
tokens: { jwks: jwks.json, issuer: https://issuer.example, audience: moretta, algorithms: [ES256] }
roles:
  pipeline: { allow: [mask], datasets: [patients] }
  on-call: { allow: [operate], datasets: [\"*\"] }
principals:
  - { certificate: CN=etl, roles: [pipeline] }
  - { name: anna, subject: anna@clinic, roles: [on-call] }
datasets:
  patients:
    policy: research.yaml
    plugins: [plugins]
    trust_root: trust.json
    keyring: { directory: keys }
    vault: postgres://vault@db/tokens
    quarantine: /var/quarantine
    max_quarantined: 5
    revisions: { uniform: true }
limits: { request_bytes: 1000, each_principal: { requests_at_once: 3 } }
spool: { directory: spool }
workers: 2
";

fn problems(text: &str) -> Vec<String> {
    match Config::parse(Path::new("etc/moretta.yaml"), text) {
        Err(Error::Policy(PolicyErrors { problems, .. })) => {
            assert!(problems.iter().all(|problem| problem.span.is_some()), "{problems:?}");
            problems.into_iter().map(|problem| problem.message).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn paths_are_relative_to_the_file() {
    let config = Config::parse(Path::new("etc/moretta.yaml"), WHOLE).unwrap();
    assert_eq!(config.tls.unwrap().key, Path::new("etc/server.key"));
    assert_eq!(config.tokens.unwrap().jwks, "etc/jwks.json");
    assert_eq!(config.spool.unwrap().directory, Path::new("etc/spool"));
    let sources = config.datasets["patients"].sources();
    assert_eq!(sources.policy, Path::new("etc/research.yaml"));
    assert_eq!(sources.plugins, [Path::new("etc/plugins")]);
    let required = matches!(&sources.signatures, Signatures::Required(path) if path == Path::new("etc/trust.json"));
    assert!(required, "{:?}", sources.signatures);
    assert_eq!(sources.keyring.unwrap().directory, Path::new("etc/keys"));
    assert_eq!(sources.vault.unwrap(), Path::new("postgres://vault@db/tokens"));
    assert_eq!(config.datasets["patients"].quarantine.as_deref(), Some(Path::new("/var/quarantine")));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = WHOLE
        .replace("listen: 127.0.0.1:8443", "listen: nowhere")
        .replace("allow: [mask]", "allow: [mask, everything]")
        .replace("roles: [on-call]", "roles: [missing]")
        .replace("policy: research.yaml", "polizy: research.yaml")
        .replace("request_bytes: 1000", "request_bytes: 0")
        .replace("workers: 2", "workers: 0\nwokers: 2");
    let told = problems(&text);
    for part in ["socket address", "everything", "no role `missing`", "polizy", "`request_bytes` is 0", "from 1 to"] {
        assert!(told.iter().any(|problem| problem.contains(part)), "{part}: {told:#?}");
    }
    assert!(told.iter().any(|problem| problem.contains("no section `wokers`")), "{told:#?}");
}

#[test]
fn what_is_not_safe_is_refused() {
    let plain =
        WHOLE.replace("tls: { certificate: server.pem, key: server.key, client_ca: clients.pem }", "plain: true");
    assert!(Config::parse(Path::new("m.yaml"), &plain).is_ok());
    for (text, part) in [
        (plain.replace("127.0.0.1", "0.0.0.0"), "of this machine alone"),
        (plain.replace("plain: true", ""), "add `tls`"),
        (plain.replace("tokens: ", "# "), "nobody could say who they are"),
        (WHOLE.replace("jwks: jwks.json", "jwks: http://issuer/keys"), "begins with `https://`"),
        (WHOLE.replace("[ES256]", "[HS256]"), "HS256"),
        (WHOLE.replace("[ES256]", "[none]"), "none"),
        (WHOLE.replace("allow: [mask]", "allow: [mask, operate]"), "both mask and operate"),
        (WHOLE.replace("roles: [pipeline]", "roles: [pipeline, on-call]"), "on one dataset"),
        (WHOLE.replace("datasets: [patients]", "datasets: [patient]"), "no dataset `patient`"),
        (WHOLE.replace("  patients:\n", "  ../patients:\n"), "a name has"),
        (WHOLE.replace("    quarantine: /var/quarantine\n", ""), "add `quarantine: DIR`"),
        (WHOLE.replace("    trust_root: trust.json\n", ""), "add `trust_root: FILE`"),
    ] {
        let told = problems(&text);
        assert!(told.iter().any(|problem| problem.contains(part)), "{part}: {told:#?}");
    }
}

#[test]
fn plugins_that_are_not_signed_have_to_be_asked_for() {
    let signatures = |with: &str| {
        let text = WHOLE.replace("trust_root: trust.json", with);
        Config::parse(Path::new("m.yaml"), &text).unwrap().datasets["patients"].sources().signatures
    };
    assert!(matches!(signatures("require_signatures: false"), Signatures::Unchecked));
    let both = "require_signatures: false\n    trust_root: trust.json";
    assert!(matches!(signatures(both), Signatures::Optional(_)));
    assert!(matches!(signatures("require_signatures: true\n    trust_root: t.json"), Signatures::Required(_)));
}
