//! A UHF reader as a process on a pseudo-terminal: the product's emulator, told by its control socket what lies where.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};

use crate::place::beside;

/// An emulated R2000 reader, ended when it is dropped.
#[derive(Debug)]
pub struct R2000 {
    port: PathBuf,
    replies: Lines<BufReader<OwnedReadHalf>>,
    commands: OwnedWriteHalf,
    _program: Child,
}

impl R2000 {
    /// Starts one whose port and control socket lie in a folder; `timing` is `real` or `fast`.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(folder: &Path, timing: &str) -> Self {
        Self::start_with(folder, &["--timing".as_ref(), timing.as_ref()]).await
    }

    /// Starts one on a cart at the beginning of a room, which it is pushed through while somebody reads.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn in_room(folder: &Path, room: &Path) -> Self {
        Self::start_with(folder, &["--room".as_ref(), room.as_ref()]).await
    }

    async fn start_with(folder: &Path, arguments: &[&OsStr]) -> Self {
        let (port, control) = (folder.join("uhf"), folder.join("uhf-control"));
        let mut program = Command::new(beside("rfid-emulator"))
            .args(["--protocol", "r2000"])
            .args(arguments)
            .arg("--link")
            .arg(&port)
            .arg("--control")
            .arg(&control)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the emulator starts");
        let out = program.stdout.take().expect("it has an output");
        BufReader::new(out).lines().next_line().await.expect("it is read").expect("it is ready");
        let (read, commands) = UnixStream::connect(&control).await.expect("it listens").into_split();
        Self { port, replies: BufReader::new(read).lines(), commands, _program: program }
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> &Path {
        &self.port
    }

    /// One line of the emulator's own language, such as `put LW0000001`; gives what stands behind `ok`.
    ///
    /// # Panics
    /// If the emulator does not understand it.
    pub async fn say(&mut self, line: &str) -> String {
        self.commands.write_all(format!("{line}\n").as_bytes()).await.expect("it hears");
        loop {
            let reply = self.replies.next_line().await.expect("it answers").expect("it is there");
            assert!(!reply.starts_with("error"), "{line}: {reply}");
            if let Some(rest) = reply.strip_prefix("ok") {
                return rest.trim().to_owned();
            }
        }
    }
}
