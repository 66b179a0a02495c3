//! The shell: a socket to the broker, and another one when it is gone.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;

use super::packet::Connect;
use super::session::{Input, Output, Over, Session};
use super::telemetry::Device;
use crate::board::Board;
use crate::life::Life;
use crate::metrics::Metrics;
use crate::part::State;

/// Where the broker is, and how it is spoken to.
#[derive(Clone)]
pub struct Setup {
    /// name or address
    pub host: String,
    /// port
    pub port: u16,
    /// who vouches for it; nobody: no TLS
    pub trust: Option<Trust>,
    /// account and password
    pub account: Option<(String, Option<String>)>,
    /// the device in the topics
    pub device: String,
    /// how often measurements are told
    pub interval: Duration,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the password.
        f.debug_struct("Setup").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

/// Who vouches for a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// whom the machine trusts
    System,
    /// the certificates of a file, PEM
    File(PathBuf),
}

/// Why no broker can be spoken to as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum SetupProblem {
    /// the host is no name that a certificate can have
    #[error("mqtt.host: {name:?} is no name of a TLS server")]
    Name {
        /// what it is
        name: String,
    },
    /// the certificates
    #[error("mqtt.tls_file: {}: {detail}; give a PEM file with the certificates that vouch for the broker", path.display())]
    File {
        /// the file
        path: PathBuf,
        /// what is wrong with it
        detail: String,
    },
    /// TLS itself
    #[error("TLS cannot be spoken: {0}")]
    Tls(#[from] rustls::Error),
}

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
enum Gone {
    #[error("the broker cannot be reached: {0}")]
    NotReached(#[source] io::Error),
    #[error("the broker does not answer")]
    TooLong,
    #[error("the line to the broker is cut: {0}")]
    Cut(#[source] io::Error),
    #[error("the broker hung up: are account, rights and TLS as it wants them?")]
    HungUp,
    #[error(transparent)]
    Over(#[from] Over),
}

/// Tells a broker how the kiosk is.
pub struct Publisher {
    setup: Setup,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    board: watch::Receiver<Board>,
    metrics: Metrics,
    life: Life,
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").field("setup", &self.setup).finish_non_exhaustive()
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Publisher {
    /// Reads the certificates; nothing is connected yet.
    ///
    /// # Errors
    /// [`SetupProblem`]
    pub fn new(
        setup: Setup,
        board: watch::Receiver<Board>,
        metrics: Metrics,
        life: Life,
    ) -> Result<Self, SetupProblem> {
        let tls = match &setup.trust {
            None => None,
            Some(trust) => {
                let name = setup.host.clone();
                let server = ServerName::try_from(name.clone()).map_err(|_| SetupProblem::Name { name })?;
                Some((TlsConnector::from(Arc::new(client(trust)?)), server))
            }
        };
        Ok(Self { setup, tls, board, metrics, life })
    }

    /// Tells until the board is gone. `tell` hears how the way to the broker is, each time that this changes.
    pub async fn run(mut self, mut tell: impl FnMut(State, String)) {
        let mut pause = FIRST_PAUSE;
        loop {
            let mut was_live = false;
            let mut live = |at| {
                was_live = true;
                tell(State::Up, at);
            };
            let Some(gone) = self.connection(&mut live).await else { return };
            if was_live {
                pause = FIRST_PAUSE;
            }
            tell(State::Down, gone.to_string());
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One connection, until it is gone; nothing if the board is.
    async fn connection(&mut self, live: &mut impl FnMut(String)) -> Option<Gone> {
        let mut stream = match tokio::time::timeout(CONNECT, self.open()).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(cause)) => return Some(Gone::NotReached(cause)),
            Err(_) => return Some(Gone::TooLong),
        };
        let device = Device { id: self.setup.device.clone(), pid: std::process::id() };
        let mut out = Vec::new();
        let mut session = Session::begin(now(), &self.hello(&device), device.topics(), &mut out);
        session.handle(now(), Input::Facts(device.facts(&self.board.borrow_and_update())), &mut out);
        let mut measure = tokio::time::interval(self.setup.interval);
        let mut bytes = [0; READ];
        loop {
            for output in out.drain(..) {
                match output {
                    Output::Send(bytes) => {
                        match tokio::time::timeout(WRITE, stream.write_all(&bytes)).await {
                            Ok(Ok(())) => {}
                            Ok(Err(cause)) => return Some(Gone::Cut(cause)),
                            Err(_) => return Some(Gone::TooLong),
                        }
                    }
                    Output::Live => {
                        // The first measurement goes at once, and not into the time before.
                        measure.reset_immediately();
                        live(format!("at {}:{}", self.setup.host, self.setup.port));
                    }
                    Output::Over(why) => return Some(why.into()),
                }
            }
            // Every branch is safe to cancel.
            tokio::select! {
                read = stream.read(&mut bytes) => match read {
                    Ok(0) => return Some(Gone::HungUp),
                    Ok(n) => session.handle(now(), Input::Bytes(bytes.get(..n).unwrap_or_default()), &mut out),
                    Err(cause) => return Some(Gone::Cut(cause)),
                },
                changed = self.board.changed() => match changed {
                    Ok(()) => {
                        let facts = device.facts(&self.board.borrow_and_update());
                        session.handle(now(), Input::Facts(facts), &mut out);
                    }
                    Err(_) => return None,
                },
                _ = measure.tick() => session.handle(now(), Input::Measured(self.measured(&device)), &mut out),
                () = tokio::time::sleep_until(session.deadline().into()) => {
                    session.handle(now(), Input::Tick, &mut out);
                }
            }
        }
    }

    fn hello(&self, device: &Device) -> Connect {
        Connect {
            client: format!("yueting-{}", self.setup.device),
            account: self.setup.account.clone(),
            keep_alive: KEEP_ALIVE,
            will: device.will(),
        }
    }

    fn measured(&self, device: &Device) -> super::packet::Message {
        let at = Timestamp::now();
        device.measured(&self.metrics.text(&self.board.borrow(), at, self.life.n_missed()), at)
    }

    async fn open(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect((self.setup.host.as_str(), self.setup.port)).await?;
        Ok(match &self.tls {
            None => Box::new(stream),
            Some((connector, name)) => Box::new(connector.connect(name.clone(), stream).await?),
        })
    }
}

fn client(trust: &Trust) -> Result<ClientConfig, SetupProblem> {
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let builder = match trust {
        Trust::System => builder.with_platform_verifier()?,
        Trust::File(path) => {
            let problem = |detail: String| SetupProblem::File { path: path.clone(), detail };
            let mut roots = rustls::RootCertStore::empty();
            for certificate in
                CertificateDer::pem_file_iter(path).map_err(|cause| problem(cause.to_string()))?
            {
                let certificate = certificate.map_err(|cause| problem(cause.to_string()))?;
                roots.add(certificate).map_err(|cause| problem(cause.to_string()))?;
            }
            if roots.is_empty() {
                return Err(problem("it has no certificate".to_owned()));
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(builder.with_no_client_auth())
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

const CONNECT: Duration = Duration::from_secs(10);
const WRITE: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Seconds; the broker publishes the will after one and a half times this (3.1.2.10).
const KEEP_ALIVE: u16 = 30;
const READ: usize = 1_024;
