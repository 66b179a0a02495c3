//! The line protocol from outside: the standard input, and a Unix socket.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};

use super::{Reply, ShellError};

/// A line of the protocol; the sender within the reply is dropped when the reply was written.
pub struct Line {
    /// What was said.
    pub text: String,
    /// Where the answer goes.
    pub reply: oneshot::Sender<(Reply, oneshot::Sender<()>)>,
}

/// Removes the socket at the end.
pub struct Control(PathBuf);

impl Drop for Control {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// Carries the lines of the standard input over, until it ends. Blocks.
pub fn read_stdin(lines: &mpsc::Sender<Line>) {
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

/// Listens at a socket until the value is dropped.
///
/// # Errors
/// [`ShellError::Control`] if the socket cannot be made.
pub fn listen(path: PathBuf, lines: mpsc::Sender<Line>) -> Result<Control, ShellError> {
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
