//! The program around the emulator: a port that a host opens, and the line protocol on stdin and a socket.
//!
//! One event loop owns the machine; lines come to it as messages. The port is a pseudo-terminal behind a symbolic link
//! (its slave side is set raw, and one descriptor of it is kept open, so that the terminal lives while no host has it
//! open) or a TCP port.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use super::room::Room;
use super::script::{self, Effect, Reply};
use super::{Emulator, EmulatorConfig, Input};

pub mod control;
pub mod pty;
pub mod tcp;

use control::Line;
use pty::Pty;
use tcp::{Happening, Tcp};

/// How the program is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The reader.
    pub emulator: EmulatorConfig,
    /// A symbolic link to the terminal, made when it is plugged and removed when it is unplugged.
    pub link: Option<PathBuf>,
    /// A TCP port instead of a terminal, as `HOST:PORT`; port 0 is any that is free.
    pub listen: Option<String>,
    /// A Unix socket for the line protocol.
    pub control: Option<PathBuf>,
    /// A file of lines that are carried out at the start.
    pub tags: Option<PathBuf>,
    /// The room through which the reader is pushed, instead of a pad.
    pub room: Option<Room>,
}

/// Why the program cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// No pseudo-terminal can be had.
    #[error("no pseudo-terminal can be had: {0}")]
    Pty(#[source] io::Error),
    /// The link cannot be made.
    #[error("the link {} cannot be made: {error}", .path.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The TCP port cannot be had.
    #[error("cannot listen at {address}: {error}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// The socket cannot be made.
    #[error("the control socket {} cannot be made: {error}", .path.display())]
    Control {
        /// The socket.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file of tags cannot be read.
    #[error("the file of tags {} cannot be read: {error}", .path.display())]
    Tags {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line in the file of tags is wrong.
    #[error("{}:{line}: {text}", .path.display())]
    TagLine {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        text: String,
    },
    /// A tag in the file of tags has the name of one in the room.
    #[error("the room: {0}")]
    Room(String),
    /// Signals cannot be waited for.
    #[error("signals cannot be waited for: {0}")]
    Signal(#[source] io::Error),
    /// Output cannot be written.
    #[error("the standard output cannot be written: {0}")]
    Stdout(#[source] io::Error),
}

/// Runs until `quit`, SIGTERM or SIGINT.
///
/// # Errors
/// [`ShellError`], each variant before anything runs except [`ShellError::Stdout`].
pub async fn run(options: Options) -> Result<(), ShellError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ShellError::Signal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ShellError::Signal)?;
    let emulator = Emulator::new(options.emulator);
    let mut shell = Shell { emulator, plug: None, link: options.link, listen: options.listen };
    if let Some(path) = &options.tags {
        load(&mut shell.emulator, path)?;
    }
    if let Some(room) = options.room {
        shell.emulator.enter(room).map_err(ShellError::Room)?;
    }
    let (sender, mut lines) = mpsc::channel(16);
    let _control = options.control.map(|path| control::listen(path, sender.clone())).transpose()?;
    shell.plug()?;
    let stdin = sender.clone();
    // Not awaited: a read from a terminal cannot be called off, the end of the process ends it.
    std::thread::spawn(move || control::read_stdin(&stdin));
    let mut buffer = [0; 1024];
    loop {
        let deadline = shell.emulator.deadline();
        let line = tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            line = lines.recv() => line,
            happening = next(shell.plug.as_mut(), &mut buffer) => {
                shell.happened(happening, &buffer).await;
                None
            }
            () = sleep_until(deadline) => {
                shell.tell(Input::Tick).await;
                None
            }
        };
        if let Some(line) = line
            && shell.carry_out(line).await?
        {
            break;
        }
    }
    Ok(())
}

/// The port, while it is plugged.
enum Plug {
    Pty(Pty),
    Tcp(Tcp),
}

struct Shell {
    emulator: Emulator,
    plug: Option<Plug>,
    link: Option<PathBuf>,
    listen: Option<String>,
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.unplug();
    }
}

impl Shell {
    async fn happened(&mut self, happening: Happening, buffer: &[u8]) {
        match happening {
            Happening::Bytes(n) => self.tell(Input::Bytes(buffer.get(..n).unwrap_or_default())).await,
            Happening::Connected => {
                self.emulator.connected(now());
                self.tell(Input::Tick).await;
            }
            Happening::Hung => {}
            Happening::Second(second) => tcp::turn_away(second, &self.emulator.turned_away()).await,
        }
    }

    /// Tells the machine, and writes what it answers.
    async fn tell(&mut self, input: Input<'_>) {
        let mut out = Vec::new();
        self.emulator.handle(now(), input, &mut out);
        for bytes in out {
            match &self.plug {
                Some(Plug::Pty(pty)) => pty.write(&bytes).await,
                Some(Plug::Tcp(tcp)) => tcp.write(&bytes),
                None => {}
            }
        }
        if let Some(Plug::Tcp(tcp)) = &mut self.plug
            && self.emulator.hangs_up()
        {
            tcp.hang_up();
        }
    }

    /// Carries out a line; whether it was the last one.
    async fn carry_out(&mut self, Line { text, reply }: Line) -> Result<bool, ShellError> {
        let answer = self.line(&text)?;
        let is_last = answer.effect == Some(Effect::Quit);
        let (written, wait) = oneshot::channel();
        // Whoever asked may have hung up: nobody is left to tell.
        drop(reply.send((answer, written)));
        if is_last {
            // An error too says that the answer was dealt with.
            drop(wait.await);
        }
        Ok(is_last)
    }

    fn line(&mut self, text: &str) -> Result<Reply, ShellError> {
        let mut reply = script::run(&mut self.emulator, text);
        match reply.effect {
            Some(Effect::Unplug) if self.plug.is_none() => reply = Reply::error("it is already unplugged"),
            Some(Effect::Plug) if self.plug.is_some() => reply = Reply::error("it is already plugged"),
            Some(Effect::Unplug) => self.unplug(),
            Some(Effect::Plug) => match self.plug() {
                Ok(()) => reply.end = Ok(self.plug.as_ref().map(Plug::name).unwrap_or_default()),
                Err(error @ ShellError::Stdout(_)) => return Err(error),
                Err(error) => reply = Reply::error(error),
            },
            Some(Effect::Quit) | None => {}
        }
        Ok(reply)
    }

    fn plug(&mut self) -> Result<(), ShellError> {
        let plug = match &self.listen {
            Some(address) => {
                let listening = Tcp::open(address);
                let tcp =
                    listening.map_err(|error| ShellError::Listen { address: address.clone(), error })?;
                // It comes back where it was.
                self.listen = Some(tcp.address.to_string());
                Plug::Tcp(tcp)
            }
            None => Plug::Pty(self.pty()?),
        };
        let shown = match &self.link {
            Some(link) if self.listen.is_none() => link.display().to_string(),
            Some(_) | None => plug.name(),
        };
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "ready {shown}").and_then(|()| stdout.flush()).map_err(ShellError::Stdout)?;
        self.plug = Some(plug);
        Ok(())
    }

    fn pty(&self) -> Result<Pty, ShellError> {
        let pty = Pty::open().map_err(ShellError::Pty)?;
        if let Some(link) = &self.link {
            pty::point(link, &pty.path).map_err(|error| ShellError::Link { path: link.clone(), error })?;
        }
        Ok(pty)
    }

    fn unplug(&mut self) {
        let Some(plug) = self.plug.take() else { return };
        if let (Some(link), Plug::Pty(pty)) = (&self.link, &plug)
            && fs::read_link(link).is_ok_and(|target| target == pty.path)
        {
            // A link that somebody else has removed is as good as removed.
            drop(fs::remove_file(link));
        }
        self.emulator.unplug();
    }
}

impl Plug {
    fn name(&self) -> String {
        match self {
            Self::Pty(pty) => pty.path.display().to_string(),
            Self::Tcp(tcp) => format!("tcp://{}", tcp.address),
        }
    }
}

fn load(emulator: &mut Emulator, path: &Path) -> Result<(), ShellError> {
    let text = fs::read_to_string(path).map_err(|error| ShellError::Tags { path: path.to_owned(), error })?;
    for (at, line) in text.lines().enumerate() {
        let wrong = |text| ShellError::TagLine { path: path.to_owned(), line: at + 1, text };
        let reply = script::run(emulator, line);
        reply.end.map_err(wrong)?;
        if reply.effect.is_some() {
            return Err(wrong(format!("{:?} has no place in a file of tags", line.trim())));
        }
    }
    Ok(())
}

/// What happens next at the port; pends for ever while unplugged.
async fn next(plug: Option<&mut Plug>, buffer: &mut [u8]) -> Happening {
    match plug {
        Some(Plug::Pty(pty)) => Happening::Bytes(pty.read(buffer).await),
        Some(Plug::Tcp(tcp)) => tcp.next(buffer).await,
        None => std::future::pending().await,
    }
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
