//! Certificate and key of the listener.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsProblem {
    /// a file cannot be read, or is no PEM of its kind
    #[error("cannot read the {what} in {}: {source}; give a PEM file", path.display())]
    File {
        /// `certificate` or `key`
        what: &'static str,
        /// the file
        path: PathBuf,
        /// what is wrong with it
        source: pem::Error,
    },
    /// the two do not belong together, or are of a kind that is not supported
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// A certificate chain and its key.
pub type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Reads a certificate chain and its key, both PEM.
///
/// # Errors
/// [`TlsProblem::File`]
pub fn read(certificate: &Path, key: &Path) -> Result<Pair, TlsProblem> {
    let problem = |what, path: &Path| {
        let path = path.to_owned();
        move |source| TlsProblem::File { what, path, source }
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(problem("certificate", certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(problem("key", key))?;
    Ok((chain, key))
}

/// Speaks TLS with them.
///
/// # Errors
/// [`TlsProblem::Unusable`]
pub fn acceptor((chain, key): Pair) -> Result<TlsAcceptor, TlsProblem> {
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// What a browser shows of a certificate, so that a person can compare it: its SHA-256, in hexadecimal pairs.
#[must_use]
pub fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let pairs: Vec<String> = Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
