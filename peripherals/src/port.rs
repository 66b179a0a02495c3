//! The shell: the only I/O of the drivers. Opens the port, pumps the machine, opens it again.
//!
//! A port is opened by its path each time, so that a symbolic link may be re-pointed when a part comes back under
//! another name. A read of zero bytes means that the part was unplugged, or has hung up.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use rfid_driver::port::{Endpoint, OpenError, Parity, connect_tcp, open_serial};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::device::{Input, LinkFault, Machine, Output};

/// Where a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortConfig {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The speed of a serial line, 8 data bits and 1 stop bit.
    pub baud: u32,
    /// The parity of a serial line.
    pub parity: Parity,
    /// The wait before a lost port is opened again; doubled each time up to ten times as much.
    pub reopen: Duration,
}

impl PortConfig {
    /// A port of this speed, 8N1.
    #[must_use]
    pub const fn new(endpoint: Endpoint, baud: u32) -> Self {
        Self { endpoint, baud, parity: Parity::None, reopen: Duration::from_millis(500) }
    }
}

/// A stream of bytes, whatever carries it.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Drives a part until `commands` or `events` is closed. A part that is lost is looked for until it is back.
pub async fn run<M: Machine>(
    config: PortConfig,
    machine: M,
    commands: mpsc::Receiver<M::Command>,
    events: mpsc::Sender<M::Event>,
) {
    let mut shell = Shell { machine, commands, events, untold: VecDeque::new(), scratch: Vec::new() };
    let mut wait = config.reopen;
    loop {
        let Some(opened) = shell.wait(open(&config)).await else { return };
        let fault = match opened {
            Ok(mut stream) => {
                wait = config.reopen;
                match shell.pump(&mut *stream).await {
                    Some(fault) => fault,
                    None => return,
                }
            }
            Err(fault) => fault,
        };
        shell.machine.handle(now(), Input::Lost(fault), &mut shell.scratch);
        keep_events(&mut shell.scratch, &mut shell.untold);
        if shell.wait(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
        wait = (wait * 2).min(config.reopen * 10);
    }
}

async fn open(config: &PortConfig) -> Result<Box<dyn Stream>, LinkFault> {
    match &config.endpoint {
        Endpoint::Serial(path) => match open_serial(path, config.baud, config.parity) {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(LinkFault::from(error)),
        },
        Endpoint::Tcp { host, port } => match connect_tcp(host, *port, CONNECT).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(LinkFault::from(error)),
        },
    }
}

struct Shell<M: Machine> {
    machine: M,
    commands: mpsc::Receiver<M::Command>,
    events: mpsc::Sender<M::Event>,
    /// events that the receiver has not taken yet
    untold: VecDeque<M::Event>,
    scratch: Vec<Output<M::Event>>,
}

impl<M: Machine> Shell<M> {
    /// Pumps until the port is lost; `None`: nobody listens or commands any more.
    async fn pump(&mut self, stream: &mut dyn Stream) -> Option<LinkFault> {
        self.machine.handle(now(), Input::Opened, &mut self.scratch);
        let mut buffer = [0; 4096];
        loop {
            if let Err(error) = self.carry_out(stream).await {
                return Some(lost(&error));
            }
            let deadline = self.machine.deadline();
            let has_room = self.untold.len() < MAX_UNTOLD;
            tokio::select! {
                biased;
                permit = self.events.reserve(), if !self.untold.is_empty() => {
                    let permit = permit.ok()?;
                    if let Some(event) = self.untold.pop_front() {
                        permit.send(event);
                    }
                }
                () = self.events.closed(), if self.untold.is_empty() => return None,
                command = self.commands.recv(), if has_room => {
                    self.machine.handle(now(), Input::Command(command?), &mut self.scratch);
                }
                read = stream.read(&mut buffer), if has_room => match read {
                    Ok(0) => return Some(LinkFault::Unplugged),
                    Ok(n) => {
                        let bytes = buffer.get(..n).unwrap_or_default();
                        self.machine.handle(now(), Input::Bytes(bytes), &mut self.scratch);
                    }
                    Err(error) => return Some(lost(&error)),
                },
                () = until(deadline), if has_room => {
                    self.machine.handle(now(), Input::Tick, &mut self.scratch);
                }
            }
        }
    }

    async fn carry_out(&mut self, stream: &mut dyn Stream) -> io::Result<()> {
        for output in self.scratch.drain(..) {
            match output {
                Output::Event(event) => self.untold.push_back(event),
                Output::Send(bytes) => {
                    // A port that takes no bytes is closed, so that a write that was cut short harms nobody.
                    let written = tokio::time::timeout(WRITE, write(stream, &bytes));
                    written.await.map_err(|_elapsed| io::ErrorKind::TimedOut)??;
                }
            }
        }
        Ok(())
    }

    /// Waits for something without a port; commands are answered all the same. `None`: nobody listens any more.
    async fn wait<T>(&mut self, something: impl Future<Output = T>) -> Option<T> {
        // Polled to its end or dropped for good: nothing is lost between two turns of the loop.
        let mut something = std::pin::pin!(something);
        loop {
            let has_room = self.untold.len() < MAX_UNTOLD;
            tokio::select! {
                biased;
                permit = self.events.reserve(), if !self.untold.is_empty() => {
                    let permit = permit.ok()?;
                    if let Some(event) = self.untold.pop_front() {
                        permit.send(event);
                    }
                }
                () = self.events.closed(), if self.untold.is_empty() => return None,
                command = self.commands.recv(), if has_room => {
                    self.machine.handle(now(), Input::Command(command?), &mut self.scratch);
                    keep_events(&mut self.scratch, &mut self.untold);
                }
                done = &mut something => return Some(done),
            }
        }
    }
}

/// What a machine has said while the port is closed: only events matter.
fn keep_events<E>(scratch: &mut Vec<Output<E>>, untold: &mut VecDeque<E>) {
    for output in scratch.drain(..) {
        match output {
            Output::Event(event) => untold.push_back(event),
            Output::Send(_) => {}
        }
    }
}

async fn write(stream: &mut dyn Stream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

fn lost(error: &io::Error) -> LinkFault {
    match error.raw_os_error() {
        Some(EIO | ENXIO | ENODEV | EPIPE | ECONNABORTED | ECONNRESET) => LinkFault::Unplugged,
        _ => LinkFault::Broken { kind: error.kind() },
    }
}

impl From<OpenError> for LinkFault {
    fn from(error: OpenError) -> Self {
        let shown = |path: std::path::PathBuf| path.display().to_string();
        let unreachable =
            |host: String, port: u16, kind| Self::Unreachable { at: format!("{host}, port {port},"), kind };
        match error {
            OpenError::Missing { path } => Self::Missing { at: shown(path) },
            OpenError::Busy { path } => Self::Busy { at: shown(path) },
            OpenError::Permission { path } => Self::Permission { at: shown(path) },
            OpenError::NotATty { path } | OpenError::NeedsTcp { path } => Self::NotATty { at: shown(path) },
            OpenError::Settings { path, .. } => Self::Settings { at: shown(path) },
            OpenError::Other { path, kind } => Self::Other { at: shown(path), kind },
            OpenError::HostUnknown { host } => Self::Unreachable { at: host, kind: io::ErrorKind::NotFound },
            OpenError::ConnectionRefused { host, port } => {
                unreachable(host, port, io::ErrorKind::ConnectionRefused)
            }
            OpenError::TimedOut { host, port } => unreachable(host, port, io::ErrorKind::TimedOut),
            OpenError::Unreachable { host, port } => unreachable(host, port, io::ErrorKind::HostUnreachable),
            OpenError::Taken { host, port } | OpenError::NotLlrp { host, port } => {
                unreachable(host, port, io::ErrorKind::ConnectionRefused)
            }
            OpenError::Connection { host, port, kind } => unreachable(host, port, kind),
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

const EPIPE: i32 = 32;
const EIO: i32 = 5;
const ENXIO: i32 = 6;
const ENODEV: i32 = 19;
const ECONNABORTED: i32 = 103;
const ECONNRESET: i32 = 104;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// A port that takes no bytes for so long is closed: a receipt at 9600 baud takes two seconds, and a printer whose
/// buffer is full takes none while it prints.
const WRITE: Duration = Duration::from_secs(20);
/// So many events may wait before the machine does.
const MAX_UNTOLD: usize = 64;
