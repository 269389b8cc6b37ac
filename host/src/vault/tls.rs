//! TLS to a database on another machine: rustls, with the server's certificate and name always verified.

use std::error::Error as _;
use std::fs;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use postgres::config::{Host, SslMode};
use postgres::tls::{self, ChannelBinding, MakeTlsConnect, TlsConnect};
use postgres::{Client, Config, Error, NoTls, Socket};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::VaultError;

/// The variable that names a file of the authorities to trust, in place of the system's.
const AUTHORITY: &str = "MORETTA_VAULT_CA";
/// Where systems keep the authorities that they trust: Debian and Alpine, Fedora and its kin.
const AUTHORITIES: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// How connections to a database are made.
pub(in crate::vault) enum Channel {
    /// As it is: the database is on this machine.
    Local,
    /// Encrypted, to the server with this name and no other.
    Encrypted(Tls),
}

/// What `postgres` makes encrypted connections with.
#[derive(Clone)]
pub(in crate::vault) struct Tls(TlsConnector);

impl Channel {
    /// What a URL asks for. To another machine nothing is sent unencrypted, whatever it says.
    ///
    /// # Errors
    /// It asks for no encryption to another machine, or the authorities cannot be read.
    pub(in crate::vault) fn to(config: &mut Config, place: &str) -> Result<Self, VaultError> {
        let given = std::env::var_os(AUTHORITY).map(PathBuf::from);
        Self::trusting(config, place, given.as_deref())
    }

    pub(in crate::vault) fn trusting(
        config: &mut Config,
        place: &str,
        authority: Option<&Path>,
    ) -> Result<Self, VaultError> {
        match (is_local(config), config.get_ssl_mode()) {
            (true, SslMode::Disable | SslMode::Prefer) => Ok(Self::Local),
            (false, SslMode::Disable) => Err(VaultError::Unencrypted(place.to_owned())),
            _ => {
                config.ssl_mode(SslMode::Require);
                Ok(Self::Encrypted(Tls::trusting(place, authority)?))
            }
        }
    }

    pub(in crate::vault) fn connect(&self, config: &Config) -> Result<Client, Error> {
        match self {
            Self::Local => config.connect(NoTls),
            Self::Encrypted(tls) => config.connect(tls.clone()),
        }
    }
}

/// Why no encrypted connection came about, if that is what an error says. It holds no data.
pub(in crate::vault) fn untrusted(place: &str, error: &Error) -> Option<VaultError> {
    let of_tls = error.to_string().starts_with("error performing TLS handshake");
    let why = || error.source().map_or_else(|| "the handshake failed".to_owned(), ToString::to_string);
    of_tls.then(|| VaultError::Untrusted { place: place.to_owned(), why: why(), variable: AUTHORITY })
}

impl Tls {
    fn trusting(place: &str, authority: Option<&Path>) -> Result<Self, VaultError> {
        let untrusted = |why: &str| {
            let (place, why) = (place.to_owned(), why.to_owned());
            VaultError::Untrusted { place, why, variable: AUTHORITY }
        };
        let text = match authority {
            Some(file) => fs::read(file).ok(),
            None => AUTHORITIES.iter().find_map(|file| fs::read(file).ok()),
        };
        let text = text.ok_or_else(|| untrusted("no file of authorities can be read"))?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&text).filter_map(Result::ok));
        if roots.is_empty() {
            return Err(untrusted("the file of authorities has no certificate"));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().map_err(|error| untrusted(&error.to_string()))?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Self(Arc::new(config).into()))
    }
}

/// Whether nothing leaves this machine: sockets, and addresses that stand for it.
fn is_local(config: &Config) -> bool {
    let here = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
    };
    match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(here),
        addresses => addresses.iter().all(std::net::IpAddr::is_loopback),
    }
}

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Encrypted;
    type TlsConnect = ToServer;
    type Error = InvalidDnsNameError;

    fn make_tls_connect(&mut self, name: &str) -> Result<ToServer, InvalidDnsNameError> {
        Ok(ToServer(self.0.clone(), ServerName::try_from(name.to_owned())?))
    }
}

/// About to make an encrypted connection to the server of this name.
pub(in crate::vault) struct ToServer(TlsConnector, ServerName<'static>);

impl TlsConnect<Socket> for ToServer {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move { self.0.connect(self.1, socket).await.map(Encrypted) })
    }
}

/// An encrypted connection.
pub(in crate::vault) struct Encrypted(TlsStream<Socket>);

impl tls::TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, to)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
pub(in crate::vault) mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    fn channel(url: &str) -> Result<Channel, VaultError> {
        Channel::trusting(&mut url.parse().unwrap(), "postgres://place", None)
    }

    #[test]
    fn what_stays_on_this_machine_is_told_from_what_does_not() {
        let local = |url: &str| is_local(&url.parse().unwrap());
        for url in [
            "postgres://u@127.0.0.1/d",
            "postgres://u@127.9.9.9/d",
            "postgres://u@[::1]/d",
            "postgres://u@localhost/d",
            "postgres://u@%2Frun%2Fpg/d",
            "postgres://u@db.example/d?hostaddr=127.0.0.1",
        ] {
            assert!(local(url), "{url}");
        }
        for url in [
            "postgres://u@10.0.0.7/d",
            "postgres://u@db.example/d",
            "postgres://u@localhost.example/d",
            "postgres://u@127.0.0.1,db.example/d",
            "postgres://u@localhost/d?hostaddr=10.0.0.7",
            "postgres://u@[::ffff:10.0.0.7]/d",
        ] {
            assert!(!local(url), "{url}");
        }
    }

    #[test]
    fn nothing_goes_to_another_machine_in_the_clear() {
        let refused = channel("postgres://u@db.example/d?sslmode=disable");
        assert!(matches!(refused, Err(VaultError::Unencrypted(_))));
        assert!(matches!(channel("postgres://u@127.0.0.1/d"), Ok(Channel::Local)));
        let mut config: Config = "postgres://u@db.example/d?sslmode=prefer".parse().unwrap();
        let missing = Channel::trusting(&mut config, "postgres://place", Some(Path::new("/nowhere")));
        assert!(matches!(missing, Err(VaultError::Untrusted { .. })));
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
    }

    /// A server that has no TLS, or somebody on the way who takes it out.
    #[test]
    fn a_server_without_tls_is_told_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://ann:secret@{}/d?sslmode=require", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut request = [0; 8];
            client.read_exact(&mut request).unwrap();
            client.write_all(b"N").unwrap();
            let mut rest = Vec::new();
            client.read_to_end(&mut rest).unwrap();
            (request, rest)
        });
        let directory = tempfile::tempdir().unwrap();
        let authority = directory.path().join("authority.pem");
        fs::write(&authority, AN_AUTHORITY).unwrap();
        let mut config: Config = url.parse().unwrap();
        let channel = Channel::trusting(&mut config, "postgres://place", Some(&authority)).unwrap();
        let error = untrusted("postgres://place", &channel.connect(&config).err().unwrap()).unwrap();
        assert!(error.to_string().contains("does not support TLS"), "{error}");
        let (request, rest) = server.join().unwrap();
        // SSLRequest: its length and its code, and nothing after it.
        assert_eq!((request, rest), ([0, 0, 0, 8, 4, 210, 22, 47], Vec::new()));
    }

    /// Of nobody: its key was thrown away.
    pub(in crate::vault) const AN_AUTHORITY: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBiDCCAS2gAwIBAgIUSxZsW4XDPb0A5yx1cW/Syh/cj8UwCgYIKoZIzj0EAwIw\n\
GDEWMBQGA1UEAwwNc29tZWJvZHkgZWxzZTAgFw0yNjExMjIxMDIzMjdaGA8yMTI2\n\
MTAyOTEwMjMyN1owGDEWMBQGA1UEAwwNc29tZWJvZHkgZWxzZTBZMBMGByqGSM49\n\
AgEGCCqGSM49AwEHA0IABFKoLVM/r/YS/G+6eFxeX0CTeFtusQyXLvvB2hnGz0JT\n\
39gL1xT3DX5pTYe8EGjhdwzClijSm+92l0xmxQ/q2YOjUzBRMB0GA1UdDgQWBBSU\n\
ohLi6NYlkjESrM4txID4ZA5gpDAfBgNVHSMEGDAWgBSUohLi6NYlkjESrM4txID4\n\
ZA5gpDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCVzlx0ZEAT\n\
g5qnXaUISVTYptPkg063rzsWolKE08q3pwIhAJajLHktrGlwok6bWZRzzihARxyM\n\
kR2Al9UWEgIeeoIZ\n\
-----END CERTIFICATE-----\n";
}
