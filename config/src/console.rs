//! `[console]`: the technician's console in the browser.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::offers::{HASH_REGEX, is_hash};
use crate::reading::{Reading, Section, plain_text};
use crate::shape::{Accepts, Shape};
use crate::{Fault, Secret};

/// `[console]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Console {
    /// Where it listens; none: there is no console, and nobody can fetch metrics.
    pub listen: Option<SocketAddr>,
    /// The Argon2 hash of the technician's password, as a PHC string; none: only health and metrics are served.
    pub password: Option<Secret>,
    /// Its certificate chain, PEM.
    pub tls_cert: Option<PathBuf>,
    /// The key of the certificate, PEM.
    pub tls_key: Option<PathBuf>,
    /// How long a session lasts without a sign of life.
    pub idle: Duration,
}

impl Default for Console {
    fn default() -> Self {
        Self { listen: None, password: None, tls_cert: None, tls_key: None, idle: Duration::from_secs(900) }
    }
}

impl Console {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let accepts = Accepts::new(LISTEN, Shape::pattern(LISTEN_REGEX));
        let console = Self {
            listen: section.ask("listen", None, accepts, |value| plain_text(value)?.parse().ok()),
            password: section.optional_secret("password", PASSWORD, HASH_REGEX, is_hash),
            tls_cert: section.optional_path("tls_cert"),
            tls_key: section.optional_path("tls_key"),
            idle: section.seconds("idle_seconds", Self::default().idle, 60..=3_600),
        };
        for (here, other, text) in [
            ("tls_cert", "tls_key", "`tls_key` is missing; give both or neither"),
            ("tls_key", "tls_cert", "`tls_cert` is missing; give both or neither"),
        ] {
            if section.has(here) && !section.has(other) {
                section.fault(here, Fault::Clash { text });
            }
        }
        console
    }

    pub(crate) fn contradictions(&self, reading: &mut Reading<'_>) {
        let is_open = self.listen.is_some_and(|address| !address.ip().is_loopback());
        if is_open && self.tls_cert.is_none() {
            reading.clash(
                "console",
                &["listen"],
                "others can reach this address, and could read the password on the way: give tls_cert and tls_key, or \
                 listen at 127.0.0.1",
            );
        }
    }
}

const LISTEN: &str = "an address and a port in quotes, as \"127.0.0.1:8443\"";
const LISTEN_REGEX: &str = r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|\[[0-9a-fA-F:.]+(%[0-9]+)?\]):[0-9]{1,5}$";
const PASSWORD: &str = "what `kiosk console-password` prints, a text in quotes that begins with $argon2id$";
