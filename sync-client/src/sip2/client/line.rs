//! One connection to the ACS: opening it, and one exchange at a time over it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::TlsConnector;

use super::super::answer::{self, Status};
use super::super::dialogue::{self, Dialogue, Input, Output, Patience};
use super::super::message::Message;
use super::config::{ConfigProblem, Roots, Sip2Config, Tls};
use super::error::{NotSent, Silence};
use crate::soon::soon;

/// What bytes come from and go to.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Opens connections.
pub(super) struct Connector {
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Connector {
    pub(super) fn new(config: &Sip2Config) -> Result<Self, ConfigProblem> {
        if config.host.trim().is_empty() {
            return Err(ConfigProblem::Empty { name: "host" });
        }
        if config.station.login.as_ref().is_some_and(|account| account.user.is_empty()) {
            return Err(ConfigProblem::Empty { name: "login user" });
        }
        let Some(tls) = &config.tls else { return Ok(Self { tls: None }) };
        let name = tls.name.clone().unwrap_or_else(|| config.host.clone());
        let server = ServerName::try_from(name.clone()).map_err(|_| ConfigProblem::Name { name })?;
        let connector = TlsConnector::from(Arc::new(tls_config(tls)?));
        Ok(Self { tls: Some((connector, server)) })
    }

    /// Connects, at most until `until`.
    pub(super) async fn open(&self, config: &Sip2Config, until: Instant) -> Result<Line, NotSent> {
        let until = until.min(monotonic() + config.connect_timeout);
        let stream = tokio::time::timeout_at(until.into(), self.connect(config)).await;
        let stream = stream.map_err(|_| NotSent::ConnectTimeout)??;
        let patience = Patience { answer_timeout: config.answer_timeout, retries: config.retries };
        Ok(Line {
            stream,
            dialogue: Dialogue::new(config.dialect.clone(), patience),
            heard_at: monotonic(),
            status: None,
            buffer: Vec::with_capacity(READ),
            timer: Box::pin(tokio::time::sleep(config.answer_timeout)),
        })
    }

    async fn connect(&self, config: &Sip2Config) -> Result<Box<dyn Stream>, NotSent> {
        let addresses: Vec<_> = match tokio::net::lookup_host((config.host.trim(), config.port)).await {
            Ok(addresses) => addresses.collect(),
            Err(_) => return Err(NotSent::Name),
        };
        let stream = TcpStream::connect(addresses.as_slice()).await.map_err(|cause| not_connected(&cause))?;
        // A message is one small segment, and its sender waits: nothing is won by collecting.
        stream.set_nodelay(true).map_err(|cause| not_connected(&cause))?;
        match &self.tls {
            None => Ok(Box::new(stream)),
            Some((connector, name)) => match connector.connect(name.clone(), stream).await {
                Ok(stream) => Ok(Box::new(stream)),
                Err(cause) => Err(NotSent::Tls { detail: cause.to_string() }),
            },
        }
    }
}

fn tls_config(tls: &Tls) -> Result<ClientConfig, ConfigProblem> {
    let problem = |detail: String| ConfigProblem::Tls { detail };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| problem(cause.to_string()))?;
    let builder = match &tls.roots {
        Roots::System => builder.with_platform_verifier().map_err(|cause| problem(cause.to_string()))?,
        Roots::Pem(pem) => {
            let mut roots = rustls::RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|cause| problem(cause.to_string()))?;
                roots.add(certificate).map_err(|cause| problem(cause.to_string()))?;
            }
            if roots.is_empty() {
                return Err(problem("the file holds no certificate".to_owned()));
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(builder.with_no_client_auth())
}

/// An open connection.
pub(super) struct Line {
    stream: Box<dyn Stream>,
    dialogue: Dialogue,
    /// when the last bytes came
    pub(super) heard_at: Instant,
    /// what the ACS said of itself, since it was last taken
    status: Option<Status>,
    buffer: Vec<u8>,
    /// of the exchange; one for all of them, which only ever moves on
    timer: Pin<Box<Sleep>>,
}

impl Line {
    /// Sends a message and waits for its answer. After an error that [`is_spoiled`] the line is to be dropped.
    pub(super) async fn exchange(&mut self, message: Message, until: Instant) -> Result<Message, Silence> {
        let mut out = Vec::new();
        self.dialogue.handle(monotonic(), Input::Ask { message, until }, &mut out);
        loop {
            for output in out.drain(..) {
                match output {
                    Output::Send(bytes) => write(&mut self.stream, &bytes, until).await?,
                    Output::Answer(message) => return Ok(message),
                    Output::Silent(silence) => return Err(silence.into()),
                    Output::Status(message) => self.status = answer::of_status(&message).ok(),
                    Output::Stray => tracing::debug!("an answer that fits nothing is dropped"),
                    Output::Garbage { n } => tracing::debug!(n, "bytes that are no message"),
                    Output::Unchecked(check) => tracing::debug!(?check, "an answer is taken unchecked"),
                }
            }
            let Some(deadline) = self.dialogue.deadline() else {
                return Err(dialogue::Silence::Timeout.into());
            };
            if self.timer.deadline() != deadline.into() {
                self.timer.as_mut().reset(deadline.into());
            }
            self.buffer.clear();
            // Both are safe to cancel: bytes stay in the stream until they are in the buffer.
            tokio::select! {
                read = soon(self.stream.read_buf(&mut self.buffer)) => {
                    if read.map_err(|cause| broken(&cause))? == 0 {
                        return Err(broken(&io::ErrorKind::UnexpectedEof.into()));
                    }
                    self.heard_at = monotonic();
                    self.dialogue.handle(self.heard_at, Input::Bytes(&self.buffer), &mut out);
                }
                () = self.timer.as_mut() => {
                    self.dialogue.handle(monotonic(), Input::Tick, &mut out);
                }
            }
        }
    }

    /// Waits for what the ACS says unasked. Ends with an error when the line does. Safe to cancel.
    pub(super) async fn listen(&mut self) -> Result<(), Silence> {
        self.buffer.clear();
        let n = self.stream.read_buf(&mut self.buffer).await.map_err(|cause| broken(&cause))?;
        if n == 0 {
            return Err(broken(&io::ErrorKind::UnexpectedEof.into()));
        }
        let mut out = Vec::new();
        self.dialogue.handle(monotonic(), Input::Bytes(&self.buffer), &mut out);
        for output in out {
            if let Output::Status(message) = output {
                self.status = answer::of_status(&message).ok();
            }
        }
        Ok(())
    }

    /// What the ACS has said of itself unasked since the last time.
    pub(super) fn take_status(&mut self) -> Option<Status> {
        self.status.take()
    }
}

/// Whether a late answer may still come over a line on which this happened.
pub(super) const fn is_spoiled(silence: &Silence) -> bool {
    match silence {
        Silence::Dialogue(dialogue::Silence::NotUnderstood { .. } | dialogue::Silence::Local(_)) => false,
        Silence::Dialogue(
            dialogue::Silence::Timeout
            | dialogue::Silence::BadChecksum { .. }
            | dialogue::Silence::Foreign
            | dialogue::Silence::Busy,
        )
        | Silence::Broken { .. }
        | Silence::Stopped
        | Silence::Fault(_) => true,
    }
}

async fn write(stream: &mut Box<dyn Stream>, bytes: &[u8], until: Instant) -> Result<(), Silence> {
    let sent = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    match tokio::time::timeout_at(until.into(), sent).await {
        Ok(sent) => sent.map_err(|cause| broken(&cause)),
        Err(_) => Err(dialogue::Silence::Timeout.into()),
    }
}

fn not_connected(cause: &io::Error) -> NotSent {
    if cause.kind() == io::ErrorKind::ConnectionRefused {
        NotSent::Refused
    } else {
        NotSent::Connect { detail: cause.kind().to_string() }
    }
}

/// The kind only: the system's words may hold an address.
fn broken(cause: &io::Error) -> Silence {
    Silence::Broken { detail: cause.kind().to_string() }
}

/// The runtime's clock, which tests can stop.
pub(super) fn monotonic() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Room for one answer of the usual size.
const READ: usize = 4096;
