//! The control socket: what staff asks of a kiosk that runs, one line of JSON for one of answer.
//!
//! A Unix socket in the data folder that only the kiosk's account (and root) may open: whoever can open it could open
//! the ledger as well. The words are those of [`sync_client::queue`]. A line is bounded, so is the number of callers,
//! and a caller that says nothing is hung up on.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sync_client::ledger::Ledger;
use sync_client::queue::{self, Answer, Effect};
use sync_client::task;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tracing::{info, warn};

/// The socket's file in the data folder.
pub const SOCKET_FILE: &str = "control.sock";

/// What the socket serves from.
#[derive(Debug, Clone)]
pub struct Control {
    /// the rows
    pub ledger: Ledger,
    /// who resolves a row that is to be tried again
    pub sync: mpsc::Sender<task::Request>,
    /// whether central answers; nothing while it is not known
    pub online: watch::Receiver<Option<bool>>,
}

/// Removes the socket at the end.
#[derive(Debug)]
pub struct Listening {
    path: PathBuf,
}

impl Drop for Listening {
    fn drop(&mut self) {
        // Gone already is as good.
        fs::remove_file(&self.path).unwrap_or_default();
    }
}

/// Listens until the result is dropped.
///
/// # Errors
/// What the system says; the kiosk serves patrons without the socket too.
pub fn listen(path: &Path, control: Control) -> io::Result<Listening> {
    // Whoever holds the ledger's lock is the only kiosk: a socket that is there was left behind.
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    tokio::spawn(accept(listener, control));
    Ok(Listening { path: path.to_owned() })
}

async fn accept(listener: UnixListener, control: Control) {
    let room = Arc::new(Semaphore::new(MAX_CALLERS));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(cause) => {
                warn!(%cause, "the control socket takes no callers");
                return;
            }
        };
        // Closed never; a caller beyond the room is hung up on.
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let control = control.clone();
        tokio::spawn(async move {
            if let Err(cause) = talk(stream, &control).await {
                info!(%cause, "a caller of the control socket hung up");
            }
            drop(permit);
        });
    }
}

async fn talk(stream: UnixStream, control: &Control) -> io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from);
    loop {
        let mut line = String::new();
        let mut bounded = (&mut from).take(MAX_LINE);
        let read = tokio::time::timeout(SILENCE, bounded.read_line(&mut line)).await;
        let n = read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if n == 0 {
            return Ok(());
        }
        let answer = if line.ends_with('\n') {
            answer(control, &line).await
        } else {
            Answer::Refused { why: format!("a request is one line of at most {MAX_LINE} bytes") }
        };
        let mut text = serde_json::to_vec(&answer).map_err(io::Error::other)?;
        text.push(b'\n');
        to.write_all(&text).await?;
        if !line.ends_with('\n') {
            return Ok(());
        }
    }
}

async fn answer(control: &Control, line: &str) -> Answer {
    let request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(cause) => return Answer::Refused { why: format!("not a request: {cause}") },
    };
    let online = *control.online.borrow();
    let (answer, effect) = queue::serve(&control.ledger, online, &request).await;
    if let Some(Effect::Resolve(id)) = effect
        && control.sync.send(task::Request::Resolve { id }).await.is_err()
    {
        // The row is open, so that the next start finds it.
        warn!(%id, "a row is tried again only after the next start");
    }
    answer
}

const MAX_CALLERS: usize = 8;
/// Bytes of a request: a note and an id.
const MAX_LINE: u64 = 16_384;
const SILENCE: Duration = Duration::from_secs(60);
