//! How to reach the ACS, and how it speaks.

use core::fmt;
use std::time::Duration;

use jiff::tz::Offset;

use super::super::ask::Station;
use super::super::dialect::Dialect;
use crate::clock::Clock;

/// How to reach and how to speak to the library system.
#[derive(Clone)]
pub struct Sip2Config {
    /// name or address
    pub host: String,
    /// port; SIP2 has none of its own (6001 and 6262 are common)
    pub port: u16,
    /// TLS, if the server speaks it
    pub tls: Option<Tls>,
    /// how it writes SIP2
    pub dialect: Dialect,
    /// what the kiosk is to it
    pub station: Station,
    /// the longest wait for name, connection and TLS
    pub connect_timeout: Duration,
    /// the longest wait for one answer, before it is asked again for
    pub answer_timeout: Duration,
    /// the longest wait for a whole call, queue, connection and login included
    pub total_timeout: Duration,
    /// repetitions of one message
    pub retries: u8,
    /// how long the line may be silent before a status is asked
    pub keep_alive: Duration,
    /// for how long a line that has answered is believed to be alive: shorter than any idle timer of a server or
    /// firewall
    pub fresh_for: Duration,
    /// the server's time zone: SIP2 writes local times
    pub utc_offset: Offset,
    /// wall time
    pub clock: Clock,
}

impl Sip2Config {
    /// The usual times: connect 2 s, answer 3 s, total 5 s, a status every 30 s; UTC+8, the machine's clock, no TLS.
    #[must_use]
    pub fn new(host: &str, port: u16, station: Station) -> Self {
        Self {
            host: host.to_owned(),
            port,
            tls: None,
            dialect: Dialect::standard(),
            station,
            connect_timeout: Duration::from_secs(2),
            answer_timeout: Duration::from_secs(3),
            total_timeout: Duration::from_secs(5),
            retries: 3,
            keep_alive: Duration::from_secs(30),
            fresh_for: Duration::from_secs(10),
            utc_offset: jiff::tz::offset(8),
            clock: Clock::system(),
        }
    }
}

impl fmt::Debug for Sip2Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sip2Config")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("is_tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

/// How the server is recognized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// who may vouch for it
    pub roots: Roots,
    /// the name in its certificate, if it is not the host's
    pub name: Option<String>,
}

/// Who may vouch for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// whom the system trusts
    System,
    /// these certificates (PEM) and nobody else: a library's own authority, or a tunnel's self-made one
    Pem(Vec<u8>),
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigProblem {
    /// a value is empty
    #[error("{name} of the SIP2 server is empty")]
    Empty {
        /// the key
        name: &'static str,
    },
    /// the name in the certificate is no name
    #[error("the SIP2 server's name `{name}` is neither a name nor an address")]
    Name {
        /// what it is
        name: String,
    },
    /// TLS cannot start
    #[error("TLS to the SIP2 server cannot start: {detail}")]
    Tls {
        /// words of the TLS library
        detail: String,
    },
}
