//! Arguments of the HTTP listener.

use std::path::PathBuf;

use central::Serving;
use central::sip2::tls;

/// TLS, and a proxy in front.
#[derive(clap::Args)]
pub(crate) struct WebArgs {
    /// the certificate (PEM, with its chain) with which HTTP is served over TLS
    #[arg(id = "http-cert", long = "tls-cert", value_name = "FILE", requires = "http-key")]
    certificate: Option<PathBuf>,
    /// the key to that certificate (PEM)
    #[arg(id = "http-key", long = "tls-key", value_name = "FILE", requires = "http-cert")]
    key: Option<PathBuf>,
    /// a proxy of yours stands in front and speaks TLS: believe its X-Forwarded-For, -Proto and -Host. Without a proxy
    /// anybody could write these
    #[arg(long)]
    behind_proxy: bool,
}

impl WebArgs {
    /// How to serve. Reads files.
    pub(crate) fn serving(&self) -> Result<Serving, String> {
        let mut serving = Serving { is_behind_proxy: self.behind_proxy, ..Serving::default() };
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            serving.tls = Some(tls::acceptor(certificate, key).map_err(|fault| fault.to_string())?);
        }
        Ok(serving)
    }
}
