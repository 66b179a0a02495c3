//! The program around the emulator: a pseudo-terminal behind a symbolic link, and the line protocol on stdin and a socket.
//!
//! One event loop owns the machine; lines come to it as messages. The slave side is set raw, and one descriptor of it is
//! kept open, so that the terminal lives while no host has it open.

use std::fs;
use std::io::{self, BufRead, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::OptionalActions;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use super::script::{self, Effect, Reply};
use super::{Emulator, EmulatorConfig, Input};

/// How the program is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The reader.
    pub emulator: EmulatorConfig,
    /// A symbolic link to the terminal, made when it is plugged and removed when it is unplugged.
    pub link: Option<PathBuf>,
    /// A Unix socket for the line protocol.
    pub control: Option<PathBuf>,
    /// A file of lines that are carried out at the start.
    pub tags: Option<PathBuf>,
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
    let mut shell = Shell { emulator: Emulator::new(options.emulator), plug: None, link: options.link };
    if let Some(path) = &options.tags {
        load(&mut shell.emulator, path)?;
    }
    let (sender, mut lines) = mpsc::channel(16);
    let _control = options.control.map(|path| listen(path, sender.clone())).transpose()?;
    shell.plug()?;
    let stdin = sender.clone();
    // Not awaited: a read from a terminal cannot be called off, the end of the process ends it.
    std::thread::spawn(move || read_stdin(&stdin));
    let mut out = Vec::new();
    loop {
        let deadline = shell.emulator.deadline();
        let mut buffer = [0; 1024];
        let line = tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            line = lines.recv() => line,
            n = read(shell.plug.as_ref(), &mut buffer) => {
                let bytes = buffer.get(..n).unwrap_or_default();
                shell.emulator.handle(now(), Input::Bytes(bytes), &mut out);
                None
            }
            () = sleep_until(deadline) => {
                shell.emulator.handle(now(), Input::Tick, &mut out);
                None
            }
        };
        for bytes in out.drain(..) {
            write(shell.plug.as_ref(), &bytes).await;
        }
        if let Some(Line { text, reply }) = line {
            let answer = shell.line(&text)?;
            let is_last = answer.effect == Some(Effect::Quit);
            let (written, wait) = oneshot::channel();
            // Whoever asked may have hung up: nobody is left to tell.
            drop(reply.send((answer, written)));
            if is_last {
                // An error too says that the answer was dealt with.
                drop(wait.await);
                break;
            }
        }
    }
    Ok(())
}

/// A line of the protocol; the sender within the reply is dropped when the reply was written.
struct Line {
    text: String,
    reply: oneshot::Sender<(Reply, oneshot::Sender<()>)>,
}

/// The open terminal: both sides.
struct Plug {
    master: AsyncFd<OwnedFd>,
    slave: OwnedFd,
    path: PathBuf,
}

struct Shell {
    emulator: Emulator,
    plug: Option<Plug>,
    link: Option<PathBuf>,
}

/// Removes the socket at the end.
struct Control(PathBuf);

impl Drop for Control {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.unplug();
    }
}

impl Shell {
    fn line(&mut self, text: &str) -> Result<Reply, ShellError> {
        let mut reply = script::run(&mut self.emulator, text);
        match reply.effect {
            Some(Effect::Unplug) if self.plug.is_none() => reply = Reply::error("it is already unplugged"),
            Some(Effect::Plug) if self.plug.is_some() => reply = Reply::error("it is already plugged"),
            Some(Effect::Unplug) => self.unplug(),
            Some(Effect::Plug) => match self.plug() {
                Ok(()) => {
                    reply.end =
                        Ok(self.plug.as_ref().map(|plug| plug.path.display().to_string()).unwrap_or_default())
                }
                Err(error @ ShellError::Stdout(_)) => return Err(error),
                Err(error) => reply = Reply::error(error),
            },
            Some(Effect::Quit) | None => {}
        }
        Ok(reply)
    }

    fn plug(&mut self) -> Result<(), ShellError> {
        let plug = open_pty().map_err(ShellError::Pty)?;
        if let Some(link) = &self.link {
            point(link, &plug.path).map_err(|error| ShellError::Link { path: link.clone(), error })?;
        }
        let shown = self.link.as_ref().unwrap_or(&plug.path).display();
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "ready {shown}").and_then(|()| stdout.flush()).map_err(ShellError::Stdout)?;
        self.plug = Some(plug);
        Ok(())
    }

    fn unplug(&mut self) {
        let Some(plug) = self.plug.take() else { return };
        if let Some(link) = &self.link
            && fs::read_link(link).is_ok_and(|target| target == plug.path)
        {
            // A link that somebody else has removed is as good as removed.
            drop(fs::remove_file(link));
        }
        self.emulator.unplug();
    }
}

fn open_pty() -> io::Result<Plug> {
    let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    rustix::pty::grantpt(&master)?;
    rustix::pty::unlockpt(&master)?;
    let name = rustix::pty::ptsname(&master, Vec::new())?;
    let slave =
        rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let mut termios = rustix::termios::tcgetattr(&slave)?;
    termios.make_raw();
    rustix::termios::tcsetattr(&slave, OptionalActions::Now, &termios)?;
    rustix::fs::fcntl_setfl(&master, rustix::fs::fcntl_getfl(&master)? | OFlags::NONBLOCK)?;
    let path = PathBuf::from(name.to_string_lossy().into_owned());
    Ok(Plug { master: register(master)?, slave, path })
}

#[expect(deprecated, reason = "its successor is an unsafe fn; an OwnedFd keeps the rule that it asks for")]
fn register(master: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(master)
}

/// Makes or re-points a link in one step, so that it never dangles in between.
fn point(link: &Path, target: &Path) -> io::Result<()> {
    if fs::symlink_metadata(link).is_ok_and(|metadata| !metadata.is_symlink()) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something that is no link is there"));
    }
    let mut fresh = link.as_os_str().to_owned();
    fresh.push(format!(".{}", std::process::id()));
    let fresh = PathBuf::from(fresh);
    symlink(target, &fresh)?;
    fs::rename(&fresh, link).inspect_err(|_| drop(fs::remove_file(&fresh)))
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

/// The next bytes of the host; pends for ever while unplugged.
async fn read(plug: Option<&Plug>, buffer: &mut [u8]) -> usize {
    let Some(plug) = plug else { return std::future::pending().await };
    loop {
        let Ok(mut ready) = plug.master.readable().await else { return std::future::pending().await };
        match ready.try_io(|master| Ok(rustix::io::read(master.as_fd(), &mut *buffer)?)) {
            Ok(Ok(n)) if n > 0 => {
                // A host that was killed leaves its exclusive mode behind; on a real port the last close ends it.
                rustix::termios::ioctl_tiocnxcl(&plug.slave).unwrap_or_default();
                return n;
            }
            // The slave is kept open: there is no end of file. Anything else goes away or shows at the next call.
            Ok(_) => tokio::task::yield_now().await,
            Err(_would_block) => {}
        }
    }
}

/// Writes all bytes; a host that does not read loses them, as on a real line.
async fn write(plug: Option<&Plug>, mut bytes: &[u8]) {
    let Some(plug) = plug else { return };
    while !bytes.is_empty() {
        match rustix::io::write(plug.master.get_ref(), bytes) {
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => tokio::task::yield_now().await,
            Err(_) => return,
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

fn read_stdin(lines: &mpsc::Sender<Line>) {
    for text in io::stdin().lock().lines() {
        let Ok(text) = text else { return };
        let (reply, answer) = oneshot::channel();
        if lines.blocking_send(Line { text, reply }).is_err() {
            return;
        }
        let Ok((answer, _written)) = answer.blocking_recv() else { return };
        let mut stdout = io::stdout().lock();
        if write!(stdout, "{answer}").and_then(|()| stdout.flush()).is_err() {
            return;
        }
    }
}

fn listen(path: PathBuf, lines: mpsc::Sender<Line>) -> Result<Control, ShellError> {
    let failed = |error| ShellError::Control { path: path.clone(), error };
    // A socket that a killed run has left behind takes no connections; one that does belongs to a living run.
    if std::os::unix::net::UnixStream::connect(&path).is_ok() {
        return Err(failed(io::Error::new(io::ErrorKind::AddrInUse, "another emulator listens there")));
    }
    if fs::symlink_metadata(&path).is_ok_and(|metadata| is_socket(&metadata)) {
        fs::remove_file(&path).map_err(failed)?;
    }
    let listener = UnixListener::bind(&path).map_err(failed)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, lines.clone()));
        }
    });
    Ok(Control(path))
}

fn is_socket(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_socket(&metadata.file_type())
}

async fn serve(stream: UnixStream, lines: mpsc::Sender<Line>) {
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from).lines();
    while let Ok(Some(text)) = from.next_line().await {
        let (reply, answer) = oneshot::channel();
        if lines.send(Line { text, reply }).await.is_err() {
            return;
        }
        let Ok((answer, _written)) = answer.await else { return };
        if to.write_all(answer.to_string().as_bytes()).await.is_err() {
            return;
        }
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
