//! Which servers are talked to: over TLS with authorities that the operator or the system trusts, or on this machine.

use std::fs;
use std::path::Path;

use ureq::tls::{PemItem, RootCerts, parse_pem};

/// Where systems keep the authorities that they trust: Debian and Alpine, Fedora and its kin.
const AUTHORITIES: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// Why there are no authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAuthorities {
    /// The file holds no certificate in PEM.
    Malformed,
    /// None is given, and the system has none where it is looked for.
    NotGiven,
}

/// The authorities of a file, else those of the system.
pub(crate) fn authorities(file: Option<&Path>) -> Result<RootCerts, NoAuthorities> {
    let text = match file {
        Some(file) => fs::read(file).map_err(|_| NoAuthorities::Malformed)?,
        None => AUTHORITIES.iter().find_map(|file| fs::read(file).ok()).ok_or(NoAuthorities::NotGiven)?,
    };
    let certificate = |item| if let PemItem::Certificate(certificate) = item { Some(certificate) } else { None };
    let found: Vec<_> = parse_pem(&text).filter_map(Result::ok).filter_map(certificate).collect();
    if found.is_empty() { Err(NoAuthorities::Malformed) } else { Ok(RootCerts::new_with_certs(&found)) }
}

/// Whether nobody can listen on the way to `https://HOST[:PORT]`: TLS, or no way at all.
pub(crate) fn is_safe(address: &str) -> bool {
    let (scheme, rest) = address.split_once("://").unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let host = rest.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(rest, |(host, _)| host);
    !host.is_empty() && rest.bytes().all(plain) && (scheme == "https" || scheme == "http" && is_here(host))
}

/// Whether a host is this very machine.
pub(crate) fn is_here(host: &str) -> bool {
    ["127.0.0.1", "[::1]", "localhost"].contains(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_goes_over_tls_or_stays_on_this_machine() {
        let safe = ["https://bao.example.org", "https://bao:8200", "http://127.0.0.1:8200", "http://[::1]:8200"];
        assert!(safe.iter().all(|address| is_safe(address)));
        for unsafe_ in [
            "http://bao.example.org",
            "http://127.0.0.1.example.org",
            "http://127.0.0.1@example.org:80",
            "bao:8200",
            "",
            "https://",
            "https://bao/path",
            "https://bao?x",
            "ftp://127.0.0.1",
            "http://localhost:80:80",
        ] {
            assert!(!is_safe(unsafe_), "{unsafe_}");
        }
    }

    #[test]
    fn a_file_without_a_certificate_has_no_authorities() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(authorities(Some(file.path())).err(), Some(NoAuthorities::Malformed));
        assert_eq!(authorities(Some("/nowhere".as_ref())).err(), Some(NoAuthorities::Malformed));
    }
}
