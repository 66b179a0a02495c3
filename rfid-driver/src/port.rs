//! The serial shell: the only I/O of the driver. Opens the port, pumps the machine, opens it again.
//!
//! The port is opened by its path each time, so that a symbolic link may be re-pointed when a reader comes back under
//! another name. A read of zero bytes means that it was unplugged.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio_serial::{SerialPort, SerialPortBuilderExt, SerialStream};

use crate::dialogue::Patience;
use crate::hf::HfProtocol;
use crate::hf::m810::M810;
use crate::hf::obid::Obid;
use crate::pad::{Input, Output, Pad, PadConfig};
use crate::tag::SecurityPolicy;

pub use crate::hf::Identity;
pub use crate::pad::{Arrival, Command, DownCause, OpenError, ReaderEvent, WriteOutcome};

/// What a reader speaks: its family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// [`crate::hf::obid`].
    #[default]
    FeigObid,
    /// [`crate::hf::m810`].
    ThreeM810,
}

/// The parity of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// 8N1.
    None,
    /// 8E1: the default of FEIG readers.
    Even,
    /// 8O1.
    Odd,
}

/// Where the reader is and how it is driven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortConfig {
    /// The port: best a link by id, which stays the same when the reader is plugged elsewhere.
    pub path: PathBuf,
    /// What the reader speaks. The line below is not taken from it: see [`Protocol::line`].
    pub protocol: Protocol,
    /// Its speed in baud.
    pub baud: u32,
    /// Its parity.
    pub parity: Parity,
    /// The reader's bus address; 255 = whichever answers. 3M readers have none.
    pub bus_address: u8,
    /// The pause between rounds while nothing changes.
    pub poll: Duration,
    /// How long an answer may take beyond what its command takes by nature.
    pub answer_timeout: Duration,
    /// A silence within a frame that ends it.
    pub gap: Duration,
    /// The pause that the reader needs before a request (PSST).
    pub pause: Duration,
    /// How often an unanswered request is repeated.
    pub retries: u8,
    /// How many rounds must miss a tag before it is doubted.
    pub depart_rounds: u8,
    /// How security is marked on tags.
    pub security: SecurityPolicy,
    /// The wait before a lost port is opened again; doubled each time up to ten times as much.
    pub reopen: Duration,
}

impl Protocol {
    /// Speed and parity of the line as the maker delivers the reader: a hint for whoever writes the configuration.
    pub fn line(self) -> (u32, Parity) {
        match self {
            Self::FeigObid => (38_400, Parity::Even),
            Self::ThreeM810 => (19_200, Parity::None),
        }
    }
}

impl Default for PortConfig {
    /// A FEIG reader as its maker delivers it, on the first USB adapter.
    fn default() -> Self {
        let PadConfig { patience, poll, depart_rounds, security } = PadConfig::default();
        let (baud, parity) = Protocol::FeigObid.line();
        Self {
            path: PathBuf::from("/dev/ttyUSB0"),
            protocol: Protocol::FeigObid,
            baud,
            parity,
            bus_address: 255,
            poll,
            answer_timeout: patience.answer_timeout,
            gap: patience.gap,
            pause: patience.pause,
            retries: patience.retries,
            depart_rounds,
            security,
            reopen: Duration::from_millis(200),
        }
    }
}

/// Opens the port and closes it again: for a check of the configuration before anything runs.
///
/// Needs a tokio runtime.
///
/// # Errors
/// [`OpenError`]: what is wrong, where, and what to do.
pub fn open_check(config: &PortConfig) -> Result<(), OpenError> {
    open(config).map(drop)
}

/// Drives the reader until `commands` or `events` is closed. A reader that is lost is looked for until it is back.
///
/// Each [`Command::SetSecurity`] is answered by exactly one [`ReaderEvent::Wrote`]. `events` may be read slowly: while
/// they wait, the machine goes on, up to a bound.
pub async fn run(config: PortConfig, commands: mpsc::Receiver<Command>, events: mpsc::Sender<ReaderEvent>) {
    match config.protocol {
        Protocol::FeigObid => drive(Obid::new(config.bus_address), config, commands, events).await,
        Protocol::ThreeM810 => drive(M810::new(), config, commands, events).await,
    }
}

async fn drive<P: HfProtocol>(
    protocol: P,
    config: PortConfig,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<ReaderEvent>,
) {
    let pad = Pad::new(protocol, config.pad());
    let mut shell =
        Shell { pad, commands, events, untold: VecDeque::new(), scratch: Vec::new(), was_up: false };
    let mut wait = config.reopen;
    loop {
        let end = match open(&config) {
            Ok(stream) => shell.pump(stream).await,
            Err(error) => End::Lost(error.into()),
        };
        wait = if std::mem::take(&mut shell.was_up) { config.reopen } else { wait };
        match end {
            End::Closed => return,
            End::Reopen => {}
            End::Lost(cause) => shell.lose(cause),
        }
        if let End::Closed = shell.wait(wait).await {
            return;
        }
        wait = (wait * 2).min(config.reopen * 10);
    }
}

struct Shell<P: HfProtocol> {
    pad: Pad<P>,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<ReaderEvent>,
    /// Events that the receiver has not taken yet.
    untold: VecDeque<ReaderEvent>,
    scratch: Vec<Output>,
    /// The reader has answered since the port was opened.
    was_up: bool,
}

enum End {
    /// Nobody listens or commands any more.
    Closed,
    /// The port is gone.
    Lost(DownCause),
    /// The machine gives this opening up.
    Reopen,
}

impl<P: HfProtocol> Shell<P> {
    /// Pumps bytes, commands and events until the port is lost.
    async fn pump(&mut self, stream: impl AsyncRead + AsyncWrite + Unpin) -> End {
        let mut stream = stream;
        self.pad.handle(now(), Input::Opened, &mut self.scratch);
        let mut buffer = [0; 1024];
        loop {
            if let Some(end) = self.carry_out(&mut stream).await {
                return end;
            }
            self.was_up |= self.pad.is_up();
            let deadline = self.pad.deadline();
            let has_room = self.untold.len() < MAX_UNTOLD;
            tokio::select! {
                biased;
                permit = self.events.reserve(), if !self.untold.is_empty() => match permit {
                    Ok(permit) => if let Some(event) = self.untold.pop_front() { permit.send(event) },
                    Err(_closed) => return End::Closed,
                },
                () = self.events.closed(), if self.untold.is_empty() => return End::Closed,
                command = self.commands.recv(), if has_room && self.pad.n_jobs() < MAX_JOBS => match command {
                    Some(command) => self.pad.handle(now(), Input::Command(command), &mut self.scratch),
                    None => return End::Closed,
                },
                read = stream.read(&mut buffer), if has_room => match read {
                    Ok(0) => return End::Lost(DownCause::Unplugged),
                    Ok(n) => {
                        let bytes = buffer.get(..n).unwrap_or_default();
                        tracing::trace!(bytes = ?Hex(bytes), "from the reader");
                        self.pad.handle(now(), Input::Bytes(bytes), &mut self.scratch);
                    }
                    Err(error) => return End::Lost(lost(&error)),
                },
                () = sleep_until(deadline), if has_room => self.pad.handle(now(), Input::Tick, &mut self.scratch),
            }
        }
    }

    /// Carries out what the machine has said.
    async fn carry_out(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> Option<End> {
        let mut end = None;
        for output in self.scratch.drain(..) {
            match output {
                Output::Event(event) => tell(&mut self.untold, event),
                Output::Reopen => end = Some(End::Reopen),
                Output::Send(bytes) if end.is_none() => {
                    tracing::trace!(bytes = ?Hex(&bytes), "to the reader");
                    // A port that takes no bytes is closed at once, so that a write that was cut short harms nobody.
                    end = match tokio::time::timeout(WRITE_TIMEOUT, write(stream, &bytes)).await {
                        Ok(Ok(())) => None,
                        Ok(Err(error)) => Some(End::Lost(lost(&error))),
                        Err(_elapsed) => Some(End::Lost(DownCause::Link { kind: io::ErrorKind::TimedOut })),
                    };
                }
                Output::Send(_) => {}
            }
        }
        end
    }

    fn lose(&mut self, cause: DownCause) {
        self.pad.handle(now(), Input::Lost(cause), &mut self.scratch);
        take_events(&mut self.scratch, &mut self.untold);
    }

    /// Waits without a port; commands are answered all the same.
    async fn wait(&mut self, wait: Duration) -> End {
        let until = tokio::time::Instant::now() + wait;
        loop {
            let has_room = self.untold.len() < MAX_UNTOLD;
            tokio::select! {
                biased;
                permit = self.events.reserve(), if !self.untold.is_empty() => match permit {
                    Ok(permit) => if let Some(event) = self.untold.pop_front() { permit.send(event) },
                    Err(_closed) => return End::Closed,
                },
                () = self.events.closed(), if self.untold.is_empty() => return End::Closed,
                command = self.commands.recv(), if has_room => match command {
                    Some(command) => {
                        self.pad.handle(now(), Input::Command(command), &mut self.scratch);
                        take_events(&mut self.scratch, &mut self.untold);
                    }
                    None => return End::Closed,
                },
                () = tokio::time::sleep_until(until) => return End::Reopen,
            }
        }
    }
}

/// What the machine has said while the port is closed: only events matter.
fn take_events(scratch: &mut Vec<Output>, untold: &mut VecDeque<ReaderEvent>) {
    for output in scratch.drain(..) {
        match output {
            Output::Event(event) => tell(untold, event),
            Output::Send(_) | Output::Reopen => {}
        }
    }
}

fn tell(untold: &mut VecDeque<ReaderEvent>, event: ReaderEvent) {
    match &event {
        ReaderEvent::Up(identity) => {
            tracing::info!(model = identity.model, firmware = identity.firmware, "reader up")
        }
        ReaderEvent::Down(cause) => tracing::warn!(%cause, "reader down"),
        ReaderEvent::Arrived(arrival) => tracing::debug!(tag = %arrival.tag, "tag arrived"),
        ReaderEvent::Departed { tag } => tracing::debug!(%tag, "tag departed"),
        ReaderEvent::Complete { n } => tracing::debug!(n, "pad complete"),
        ReaderEvent::Wrote { tag, outcome, .. } => tracing::debug!(%tag, ?outcome, "tag written"),
    }
    untold.push_back(event);
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

fn open(config: &PortConfig) -> Result<SerialStream, OpenError> {
    examine(&config.path)?;
    let parity = match config.parity {
        Parity::None => tokio_serial::Parity::None,
        Parity::Even => tokio_serial::Parity::Even,
        Parity::Odd => tokio_serial::Parity::Odd,
    };
    let stream = tokio_serial::new(config.path.to_string_lossy(), config.baud)
        .parity(parity)
        .data_bits(tokio_serial::DataBits::Eight)
        .stop_bits(tokio_serial::StopBits::One)
        .open_native_async()
        .map_err(|error| open_error(config, &error))?;
    // What was said to whoever had the port before is not for us.
    stream.clear(tokio_serial::ClearBuffer::All).map_err(|error| open_error(config, &error))?;
    Ok(stream)
}

/// What the path is, before it is opened: the serial library does not tell these apart.
fn examine(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::FileTypeExt;
    let path = path.to_owned();
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.file_type().is_char_device() => Ok(()),
        Ok(_) => Err(OpenError::NotATty { path }),
        Err(error) => Err(io_error(path, error.kind())),
    }
}

fn open_error(config: &PortConfig, error: &tokio_serial::Error) -> OpenError {
    let path = config.path.clone();
    match error.kind {
        tokio_serial::ErrorKind::NoDevice => OpenError::Busy { path },
        tokio_serial::ErrorKind::InvalidInput => OpenError::Settings { path, baud: config.baud },
        tokio_serial::ErrorKind::Io(kind) => io_error(path, kind),
        // The library keeps no error number for ENOTTY, only the system's words for it.
        tokio_serial::ErrorKind::Unknown if error.description == NOT_A_TTY => OpenError::NotATty { path },
        tokio_serial::ErrorKind::Unknown => OpenError::Other { path, kind: io::ErrorKind::Other },
    }
}

fn io_error(path: PathBuf, kind: io::ErrorKind) -> OpenError {
    if kind == io::ErrorKind::NotFound {
        OpenError::Missing { path }
    } else if kind == io::ErrorKind::PermissionDenied {
        OpenError::Permission { path }
    } else {
        OpenError::Other { path, kind }
    }
}

fn lost(error: &io::Error) -> DownCause {
    match error.raw_os_error() {
        Some(EIO | ENXIO | ENODEV) => DownCause::Unplugged,
        _ => DownCause::Link { kind: error.kind() },
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl PortConfig {
    fn pad(&self) -> PadConfig {
        let Self { answer_timeout, gap, pause, retries, .. } = *self;
        let patience = Patience { answer_timeout, gap, pause, retries };
        PadConfig { patience, poll: self.poll, depart_rounds: self.depart_rounds, security: self.security }
    }
}

/// Bytes as they are written in documents.
struct Hex<'a>(&'a [u8]);

impl std::fmt::Debug for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// So many events may wait for a slow receiver before the machine pauses.
const MAX_UNTOLD: usize = 1024;
/// So many commands may wait within the machine; others wait in the channel.
const MAX_JOBS: usize = 256;
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);
const NOT_A_TTY: &str = "Not a typewriter";
/// Error numbers of a port whose device is gone.
const EIO: i32 = 5;
const ENXIO: i32 = 6;
const ENODEV: i32 = 19;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_port_is_told_with_path_and_advice() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _guard = runtime.enter();
        let check =
            |path: &str| open_check(&PortConfig { path: path.into(), ..PortConfig::default() }).unwrap_err();
        let missing = check("/nonexistent/reader");
        assert_eq!(missing, OpenError::Missing { path: "/nonexistent/reader".into() });
        assert_eq!(
            missing.to_string(),
            "there is no reader port at /nonexistent/reader: plug the reader in, or correct the path"
        );
        for path in ["/", "/dev/null"] {
            assert_eq!(check(path), OpenError::NotATty { path: path.into() });
        }
    }
}
