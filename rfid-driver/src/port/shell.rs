//! The pump: bytes, commands and events between a port, a machine and whoever uses it.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};

use super::machine::Machine;
use super::{Command, DownCause, ReaderEvent, Snapshot};
use crate::pad::{Input, Output};

/// A machine with its channels.
pub(super) struct Shell<M> {
    machine: M,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<ReaderEvent>,
    /// Events that the receiver has not taken yet.
    untold: VecDeque<ReaderEvent>,
    scratch: Vec<Output>,
    /// The reader has answered since the port was opened.
    was_up: bool,
    /// Who looks on, and when the next look is due.
    onlooker: Option<watch::Sender<Snapshot>>,
    next_look: Option<Instant>,
}

/// In what ports differ while they are open.
#[derive(Clone, Copy, Debug)]
pub(super) enum Line {
    /// A serial port.
    Serial,
    /// Bytes over TCP.
    Tcp,
    /// LLRP over TCP: one byte that belongs to no message spoils all that follow.
    Llrp,
}

/// How a line's use ends.
pub(super) enum End {
    /// Nobody listens or commands any more.
    Closed,
    /// The port is gone.
    Lost(DownCause),
    /// The machine gives this opening up.
    Reopen,
}

impl<M: Machine> Shell<M> {
    pub(super) fn new(
        machine: M,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<ReaderEvent>,
        onlooker: Option<watch::Sender<Snapshot>>,
    ) -> Self {
        Self {
            machine,
            commands,
            events,
            untold: VecDeque::new(),
            scratch: Vec::new(),
            was_up: false,
            onlooker,
            next_look: None,
        }
    }

    /// Whether the reader has answered since this was last asked.
    pub(super) fn take_was_up(&mut self) -> bool {
        std::mem::take(&mut self.was_up)
    }

    /// Pumps bytes, commands and events until the port is lost.
    pub(super) async fn pump(
        &mut self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        line: Line,
    ) -> End {
        let end = self.pump_on(stream, line).await;
        self.next_look = None;
        self.show();
        end
    }

    /// Shows what is seen to whoever looks on, not too often. Nobody waits for it: the last one counts.
    fn show(&mut self) {
        let (Some(onlooker), now) = (&self.onlooker, now()) else { return };
        if self.next_look.is_some_and(|due| now < due) {
            return;
        }
        self.next_look = Some(now + LOOK_EVERY);
        let (n_rounds, n_garbage) = (self.machine.n_rounds(), self.machine.n_garbage());
        onlooker.send_replace(Snapshot { at: Some(now), seen: self.machine.seen(), n_rounds, n_garbage });
    }

    async fn pump_on(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin), line: Line) -> End {
        let n_garbage = self.machine.n_garbage();
        self.machine.handle(now(), Input::Opened, &mut self.scratch);
        let mut buffer = [0; 4096];
        loop {
            if line.is_strict() && self.machine.n_garbage() > n_garbage {
                return End::Lost(DownCause::Garbled);
            }
            if let Some(end) = self.carry_out(stream, line).await {
                return end;
            }
            self.was_up |= self.machine.is_up();
            self.show();
            let deadline = self.machine.deadline();
            let has_room = self.untold.len() < MAX_UNTOLD;
            tokio::select! {
                biased;
                permit = self.events.reserve(), if !self.untold.is_empty() => match permit {
                    Ok(permit) => if let Some(event) = self.untold.pop_front() { permit.send(event) },
                    Err(_closed) => return End::Closed,
                },
                () = self.events.closed(), if self.untold.is_empty() => return End::Closed,
                command = self.commands.recv(), if has_room && self.machine.n_jobs() < MAX_JOBS => match command {
                    Some(command) => self.machine.handle(now(), Input::Command(command), &mut self.scratch),
                    None => return End::Closed,
                },
                read = stream.read(&mut buffer), if has_room => match read {
                    Ok(0) => return End::Lost(line.ended()),
                    Ok(n) => {
                        let bytes = buffer.get(..n).unwrap_or_default();
                        tracing::trace!(bytes = ?Hex(bytes), "from the reader");
                        self.machine.handle(now(), Input::Bytes(bytes), &mut self.scratch);
                    }
                    Err(error) => return End::Lost(line.lost(&error)),
                },
                () = sleep_until(deadline), if has_room => self.machine.handle(now(), Input::Tick, &mut self.scratch),
            }
        }
    }

    /// Carries out what the machine has said.
    async fn carry_out(&mut self, stream: &mut (impl AsyncWrite + Unpin), line: Line) -> Option<End> {
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
                        Ok(Err(error)) => Some(End::Lost(line.lost(&error))),
                        Err(_elapsed) => Some(End::Lost(DownCause::Link { kind: io::ErrorKind::TimedOut })),
                    };
                }
                Output::Send(_) => {}
            }
        }
        end
    }

    pub(super) fn lose(&mut self, cause: DownCause) {
        self.machine.handle(now(), Input::Lost(cause), &mut self.scratch);
        take_events(&mut self.scratch, &mut self.untold);
    }

    /// Waits for something without a port; commands are answered all the same. `None`: nobody listens any more.
    pub(super) async fn wait<T>(&mut self, something: impl Future<Output = T>) -> Option<T> {
        // Polled to its end or dropped for good: nothing is lost between two turns of the loop.
        let mut something = pin!(something);
        loop {
            let has_room = self.untold.len() < MAX_UNTOLD;
            tokio::select! {
                biased;
                permit = self.events.reserve(), if !self.untold.is_empty() => match permit {
                    Ok(permit) => if let Some(event) = self.untold.pop_front() { permit.send(event) },
                    Err(_closed) => return None,
                },
                () = self.events.closed(), if self.untold.is_empty() => return None,
                command = self.commands.recv(), if has_room => match command {
                    Some(command) => {
                        self.machine.handle(now(), Input::Command(command), &mut self.scratch);
                        take_events(&mut self.scratch, &mut self.untold);
                    }
                    None => return None,
                },
                done = &mut something => return Some(done),
            }
        }
    }
}

impl Line {
    /// What it means when the other side ends it.
    fn ended(self) -> DownCause {
        match self {
            Self::Serial => DownCause::Unplugged,
            Self::Tcp | Self::Llrp => DownCause::Closed,
        }
    }

    fn lost(self, error: &io::Error) -> DownCause {
        match (error.raw_os_error(), self) {
            (Some(EIO | ENXIO | ENODEV), Self::Serial) => DownCause::Unplugged,
            (Some(EPIPE | ECONNABORTED | ECONNRESET), Self::Tcp | Self::Llrp) => DownCause::Closed,
            _ => DownCause::Link { kind: error.kind() },
        }
    }

    fn is_strict(self) -> bool {
        matches!(self, Self::Llrp)
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
        ReaderEvent::Heard(heard) => tracing::trace!(n = heard.len(), "heard"),
        ReaderEvent::Complete { n } => tracing::debug!(n, "pad complete"),
        ReaderEvent::Wrote { tag, outcome, .. } => tracing::debug!(%tag, ?outcome, "tag written"),
        ReaderEvent::Programmed { tag, outcome, .. } => tracing::debug!(%tag, ?outcome, "tag programmed"),
        ReaderEvent::Dumped { tag, .. } => tracing::debug!(%tag, "tag dumped"),
        ReaderEvent::Power { centi_dbm, outcome, .. } => tracing::debug!(centi_dbm, ?outcome, "power"),
        ReaderEvent::Trouble(trouble) => tracing::debug!(?trouble, "trouble on the pad"),
        ReaderEvent::TroubleOver(trouble) => tracing::debug!(?trouble, "trouble over"),
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

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
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
/// Between two snapshots.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);
/// Error numbers of a serial port whose device is gone.
const EIO: i32 = 5;
const ENXIO: i32 = 6;
const ENODEV: i32 = 19;
/// Error numbers of a connection that the other side has ended.
const EPIPE: i32 = 32;
const ECONNABORTED: i32 = 103;
const ECONNRESET: i32 = 104;
