//! The control socket: what staff asks of a kiosk that runs, one line of JSON for one of answer.
//!
//! A Unix socket in the data folder that only the kiosk's account (and root) may open: whoever can open it could open
//! the ledger as well. The words are those of [`sync_client::queue`] and
//! of [`supervision::control`]. A line is bounded, so is the number of callers,
//! and a caller that says nothing is hung up on.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use supervision::board::Board;
use supervision::control as words;
use supervision::part::Part;
use sync_client::ledger::Ledger;
use sync_client::queue::{self, Answer, Effect};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tracing::{info, warn};

use crate::supervise::{Farewell, Order, Reporter};

/// The socket's file in the data folder.
pub const SOCKET_FILE: &str = "control.sock";

/// What the socket serves from.
#[derive(Debug, Clone)]
pub struct Control {
    /// the rows
    pub ledger: Ledger,
    /// the event loop, which has the parts
    pub orders: mpsc::Sender<Order>,
    /// everything that is known
    pub board: watch::Receiver<Board>,
    /// whether central answers; nothing while it is not known
    pub online: watch::Receiver<Option<bool>>,
}

/// Removes the socket at the end.
#[derive(Debug)]
pub struct Listening {
    path: PathBuf,
    is_meant: Arc<AtomicBool>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.is_meant.store(true, Ordering::Relaxed);
        // Gone already is as good.
        fs::remove_file(&self.path).unwrap_or_default();
    }
}

/// Listens until the result is dropped.
///
/// # Errors
/// What the system says; the kiosk serves patrons without the socket too.
pub fn listen(path: &Path, control: Control, reporter: &Reporter) -> io::Result<Listening> {
    // Whoever holds the ledger's lock is the only kiosk: a socket that is there was left behind.
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    let (farewell, is_meant) = reporter.farewell(Part::Control);
    tokio::spawn(accept(listener, control, farewell));
    Ok(Listening { path: path.to_owned(), is_meant })
}

async fn accept(listener: UnixListener, control: Control, farewell: Farewell) {
    let room = Arc::new(Semaphore::new(MAX_CALLERS));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(cause) => {
                warn!(%cause, "the control socket takes no callers");
                return drop(farewell);
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
        let mut text = if !line.ends_with('\n') {
            json(&Answer::Refused { why: format!("a request is one line of at most {MAX_LINE} bytes") })?
        } else if words::Request::is_named_in(&line) {
            json(&about_parts(control, &line).await)?
        } else {
            json(&answer(control, &line).await)?
        };
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
        && control.orders.send(Order::Resolve(id)).await.is_err()
    {
        // The row is open, so that the next start finds it.
        warn!(%id, "a row is tried again only after the next start");
    }
    answer
}

async fn about_parts(control: &Control, line: &str) -> words::Answer {
    let order = match serde_json::from_str(line) {
        Ok(words::Request::Board) => {
            let board = Box::new(control.board.borrow().clone());
            return words::Answer::Board { board };
        }
        Ok(words::Request::Restart { part: part @ (Part::Ledger | Part::Screen) }) => {
            return words::Answer::Refused { why: words::with_the_program(part) };
        }
        Ok(words::Request::Restart { part }) => Order::End(part),
        Ok(words::Request::Service { out }) => Order::Service(out),
        Err(cause) => return words::Answer::Refused { why: format!("not a request: {cause}") },
    };
    match control.orders.send(order).await {
        Ok(()) => words::Answer::Done,
        Err(_) => words::Answer::Refused { why: "the kiosk is ending".to_owned() },
    }
}

fn json(answer: &impl Serialize) -> io::Result<Vec<u8>> {
    serde_json::to_vec(answer).map_err(io::Error::other)
}

const MAX_CALLERS: usize = 8;
/// Bytes of a request: a note and an id.
const MAX_LINE: u64 = 16_384;
const SILENCE: Duration = Duration::from_secs(60);
