//! TLS 1.3 (RFC 8446), and nothing older. Clients show a certificate where authorities for them are named.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS13;
use rustls::{RootCertStore, ServerConfig};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::config::Tls;
use crate::error::Error;

/// Makes TLS of connections, or nothing where a server is for its own machine alone. Clones share what is reloaded.
#[derive(Clone)]
pub(crate) struct Acceptor(Option<watch::Sender<Arc<ServerConfig>>>);

/// Tells a connection that the certificates were read again since it was accepted.
pub(crate) struct Renewals(Option<watch::Receiver<Arc<ServerConfig>>>);

impl Acceptor {
    /// For what is of this machine alone.
    pub(crate) fn plain() -> Self {
        Self(None)
    }

    /// What a new connection is accepted with.
    pub(crate) fn tls(&self) -> Option<(TlsAcceptor, Renewals)> {
        let renewals = self.0.as_ref()?.subscribe();
        let config = renewals.borrow().clone();
        Some((TlsAcceptor::from(config), Renewals(Some(renewals))))
    }

    /// Reads the certificates again, and the lists of revoked ones. Connections that there are end after what is under way
    /// on them: who comes again shows its certificate again.
    ///
    /// # Errors
    /// They cannot be used; the old ones stay.
    pub(crate) fn reload(&self, tls: Option<&Tls>) -> Result<(), Error> {
        if let (Some(config), Some(tls)) = (&self.0, tls) {
            config.send_replace(Arc::new(server_config(tls)?));
        }
        Ok(())
    }
}

impl Renewals {
    /// For a connection without certificates.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Waits until the certificates were read again.
    pub(crate) async fn renewed(&mut self) {
        match &mut self.0 {
            // The acceptor outlives its connections: there is no error.
            Some(config) => drop(config.changed().await),
            None => std::future::pending().await,
        }
    }
}

/// Makes TLS as it is configured.
///
/// # Errors
/// A file cannot be read, or holds not what it has to.
pub(crate) fn acceptor(tls: Option<&Tls>) -> Result<Acceptor, Error> {
    let config = tls.map(server_config).transpose()?;
    Ok(Acceptor(config.map(|config| watch::Sender::new(Arc::new(config)))))
}

fn server_config(tls: &Tls) -> Result<ServerConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let unusable = |path: &Path| {
        let shown = path.display().to_string();
        move |error: rustls::Error| Error::Usage(format!("{shown} cannot be used: {error}"))
    };
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[&TLS13]);
    let builder = builder.map_err(unusable(&tls.certificate))?;
    let builder = match &tls.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(unusable(path))?;
            }
            // Who shows none is nobody: the token has to say who asks.
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).allow_unauthenticated();
            // A list that is out of date, or that an authority of the chain has not given, lets nobody in.
            let verifier = match &tls.client_crl {
                Some(path) => verifier.with_crls(revocations(path)?).enforce_revocation_expiration(),
                None => verifier,
            };
            let verifier = verifier.build().map_err(|error| Error::Usage(format!("{}: {error}", path.display())))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|error| {
        Error::Usage(format!("{} is no private key in PEM, or cannot be read: {error}", tls.key.display()))
    })?;
    let mut config =
        builder.with_single_cert(certificates(&tls.certificate)?, key).map_err(unusable(&tls.certificate))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // A session that is taken up again does not show its certificate anew.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    pem(path, "certificates")
}

fn revocations(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, Error> {
    pem(path, "lists of revoked certificates")
}

fn pem<T: PemObject>(path: &Path, what: &str) -> Result<Vec<T>, Error> {
    let malformed = |why: String| Error::Usage(format!("{} has no {what} in PEM: {why}", path.display()));
    let read = T::pem_file_iter(path).map_err(|error| malformed(error.to_string()))?;
    let read: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| malformed(error.to_string()))?;
    if read.is_empty() { Err(malformed("there is none".to_owned())) } else { Ok(read) }
}
