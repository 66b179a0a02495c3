//! The program around an emulated part: a pseudo-terminal or a TCP port that a host opens, and the line protocol of
//! `rfid-emulator` on the standard input and a socket.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use rfid_driver::emulator::script::{Effect, Reply};
use rfid_driver::emulator::shell::ShellError;
use rfid_driver::emulator::shell::control::{self, Line};
use rfid_driver::emulator::shell::pty::{self, Pty};
use rfid_driver::emulator::shell::tcp::{self, Happening, Tcp};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use super::Emulated;
use super::draw;
use super::printer::{PrinterEmulator, Receipt};

/// Which part.
pub enum Part {
    /// A receipt printer; what it prints becomes pictures.
    Printer(Box<PrinterEmulator>),
    /// Another one.
    Other(Box<dyn Emulated + Send>),
}

/// How the program is started.
pub struct Options {
    /// The part.
    pub part: Part,
    /// A symbolic link to the terminal, made when it is plugged and removed when it is unplugged.
    pub link: Option<PathBuf>,
    /// A TCP port instead of a terminal, as `HOST:PORT`; port 0 is any that is free.
    pub listen: Option<String>,
    /// A Unix socket for the line protocol.
    pub control: Option<PathBuf>,
    /// Where receipts go, as `receipt-01.png` and `receipt-01.txt`.
    pub out: Option<PathBuf>,
}

/// Runs until `quit`, SIGTERM or SIGINT.
///
/// # Errors
/// [`ShellError`], each variant before anything runs except [`ShellError::Stdout`].
pub async fn run(options: Options) -> Result<(), ShellError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ShellError::Signal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ShellError::Signal)?;
    let (sender, mut lines) = mpsc::channel(16);
    let _control = options.control.map(|path| control::listen(path, sender.clone())).transpose()?;
    let Options { part, link, listen, out, .. } = options;
    let mut shell = Shell { part, plug: None, link, listen, out, n_receipts: 0 };
    shell.plug()?;
    // Not awaited: a read from a terminal cannot be called off, the end of the process ends it.
    std::thread::spawn(move || control::read_stdin(&sender));
    let mut buffer = [0; 1024];
    loop {
        let deadline = shell.part.emulated().deadline();
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            Some(line) = lines.recv() => if shell.carry_out(line).await? { break },
            happening = next(shell.plug.as_mut(), &mut buffer) => match happening {
                Happening::Bytes(n) => shell.tell(buffer.get(..n).unwrap_or_default()).await,
                Happening::Second(second) => tcp::turn_away(second, &[]).await,
                Happening::Connected => {}
                Happening::Hung => shell.part.emulated().unplug(),
            },
            () = until(deadline) => shell.tell(&[]).await,
        }
    }
    Ok(())
}

enum Plug {
    Pty(Pty),
    Tcp(Tcp),
}

struct Shell {
    part: Part,
    plug: Option<Plug>,
    link: Option<PathBuf>,
    listen: Option<String>,
    out: Option<PathBuf>,
    n_receipts: usize,
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.unplug();
    }
}

impl Part {
    fn emulated(&mut self) -> &mut dyn Emulated {
        match self {
            Self::Printer(printer) => &mut **printer,
            Self::Other(part) => &mut **part,
        }
    }
}

impl Shell {
    async fn tell(&mut self, bytes: &[u8]) {
        let mut out = Vec::new();
        self.part.emulated().handle(now(), bytes, &mut out);
        // On the disk before the host hears that all is printed.
        self.leave_receipts();
        for answer in out {
            match &self.plug {
                Some(Plug::Pty(terminal)) => terminal.write(&answer).await,
                Some(Plug::Tcp(port)) => port.write(&answer),
                None => {}
            }
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
        self.tell(&[]).await;
        Ok(is_last)
    }

    fn line(&mut self, text: &str) -> Result<Reply, ShellError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut lines = Vec::new();
        let effect = match *words {
            ["unplug"] if self.plug.is_none() => return Ok(Reply::error("it is already unplugged")),
            ["plug"] if self.plug.is_some() => return Ok(Reply::error("it is already plugged")),
            ["unplug"] => {
                self.unplug();
                None
            }
            ["plug"] => {
                self.plug()?;
                None
            }
            ["quit"] => Some(Effect::Quit),
            ["help"] => {
                lines.extend(self.part.emulated().help().iter().chain(&HELP).map(|line| (*line).to_owned()));
                None
            }
            [] | ["#", ..] => None,
            _ => {
                let done = self.part.emulated().command(now(), &words, &mut lines);
                let end = done.unwrap_or_else(|| Err(format!("{text:?} is no command; help lists them")));
                return Ok(Reply { lines, end, effect: None });
            }
        };
        Ok(Reply { lines, end: Ok(String::new()), effect })
    }

    fn plug(&mut self) -> Result<(), ShellError> {
        let (plug, shown) = match &self.listen {
            Some(address) => {
                let port = Tcp::open(address)
                    .map_err(|error| ShellError::Listen { address: address.clone(), error })?;
                let shown = port.address.to_string();
                // It comes back where it was.
                self.listen = Some(shown.clone());
                (Plug::Tcp(port), shown)
            }
            None => self.terminal()?,
        };
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "ready {shown}").and_then(|()| stdout.flush()).map_err(ShellError::Stdout)?;
        self.plug = Some(plug);
        Ok(())
    }

    fn terminal(&self) -> Result<(Plug, String), ShellError> {
        let terminal = Pty::open().map_err(ShellError::Pty)?;
        if let Some(link) = &self.link {
            pty::point(link, &terminal.path)
                .map_err(|error| ShellError::Link { path: link.clone(), error })?;
        }
        let shown = self.link.as_deref().unwrap_or(&terminal.path).display().to_string();
        Ok((Plug::Pty(terminal), shown))
    }

    fn unplug(&mut self) {
        let Some(plug) = self.plug.take() else { return };
        if let (Some(link), Plug::Pty(terminal)) = (&self.link, &plug)
            && fs::read_link(link).is_ok_and(|target| target == terminal.path)
        {
            // A link that somebody else has removed is as good as removed.
            drop(fs::remove_file(link));
        }
        self.part.emulated().unplug();
    }

    fn leave_receipts(&mut self) {
        let Part::Printer(printer) = &mut self.part else { return };
        let dots = printer.columns * 12;
        for receipt in printer.take_receipts() {
            self.n_receipts += 1;
            let Some(out) = &self.out else { continue };
            let path = out.join(format!("receipt-{:02}", self.n_receipts));
            if let Err(error) = leave(&receipt, &path, dots) {
                // Where else to tell it?
                drop(writeln!(io::stderr(), "cabinet-emulator: {}: {error}", path.display()));
            }
        }
    }
}

/// Leaves a receipt as text and as a picture, each under its name only when it is whole.
fn leave(receipt: &Receipt, path: &Path, dots: usize) -> io::Result<()> {
    for (extension, bytes) in
        [("txt", receipt.text().into_bytes()), ("png", draw::png(&draw::draw(receipt, dots))?)]
    {
        let (fresh, done) = (path.with_extension("part"), path.with_extension(extension));
        fs::write(&fresh, bytes)?;
        fs::rename(fresh, done)?;
    }
    Ok(())
}

/// What happens next at the port; pends for ever while unplugged.
async fn next(plug: Option<&mut Plug>, buffer: &mut [u8]) -> Happening {
    match plug {
        Some(Plug::Pty(terminal)) => Happening::Bytes(terminal.read(buffer).await),
        Some(Plug::Tcp(port)) => port.next(buffer).await,
        None => std::future::pending().await,
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

const HELP: [&str; 3] = ["unplug | plug                        pull the cable, put it back", "help", "quit"];
