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
use serde::de::DeserializeOwned;
use supervision::board::Board;
use supervision::control::{self as words, LogLine};
use supervision::part::Part;
use supervision::redact::Redactor;
use sync_client::ledger::Ledger;
use sync_client::queue::{self, Answer, Effect};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tracing::{Level, info, warn};

use crate::supervise::{Farewell, Order, Reporter};
use crate::{log, power, reload};

/// The socket's file in the data folder.
pub const SOCKET_FILE: &str = "control.sock";

/// What the socket serves from.
#[derive(Debug, Clone)]
pub struct Control {
    /// the rows
    pub ledger: Ledger,
    /// the event loop, which has the parts
    pub orders: mpsc::Sender<Order>,
    /// whoever takes over the configuration's file
    pub reload: mpsc::Sender<reload::Ask>,
    /// whoever tries powers of the reader
    pub power: mpsc::Sender<power::Ask>,
    /// takes out of the log what might name a person
    pub redactor: Redactor,
    /// everything that is known
    pub board: watch::Receiver<Board>,
    /// whether central answers; nothing while it is not known
    pub online: watch::Receiver<Option<bool>>,
}

/// Listens no more, and removes the socket, at the end. Callers who are there are answered to their end.
#[derive(Debug)]
pub struct Listening {
    path: PathBuf,
    is_meant: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.is_meant.store(true, Ordering::Relaxed);
        self.task.abort();
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
    let task = tokio::spawn(accept(listener, control, farewell));
    Ok(Listening { path: path.to_owned(), is_meant, task })
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
            let refused = |why| words::Answer::Refused { why };
            json(&match parsed(&line) {
                Ok(request) => control.about_parts(request).await,
                Err(why) => refused(why),
            })?
        } else {
            json(&match parsed(&line) {
                Ok(request) => control.about_rows(&request).await,
                Err(why) => Answer::Refused { why },
            })?
        };
        text.push(b'\n');
        to.write_all(&text).await?;
        if !line.ends_with('\n') {
            return Ok(());
        }
    }
}

fn parsed<T: DeserializeOwned>(line: &str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|cause| format!("not a request: {cause}"))
}

impl Control {
    /// Does what staff asks about rows.
    pub async fn about_rows(&self, request: &queue::Request) -> Answer {
        let online = *self.online.borrow();
        let (answer, effect) = queue::serve(&self.ledger, online, request).await;
        if let Some(Effect::Resolve(id)) = effect
            && self.orders.send(Order::Resolve(id)).await.is_err()
        {
            // The row is open, so that the next start finds it.
            warn!(%id, "a row is tried again only after the next start");
        }
        answer
    }

    /// Does what staff asks about parts.
    pub async fn about_parts(&self, request: words::Request) -> words::Answer {
        let refused = |why| words::Answer::Refused { why };
        match request {
            words::Request::Board => words::Answer::Board { board: Box::new(self.board.borrow().clone()) },
            words::Request::Restart { part: part @ (Part::Ledger | Part::Screen) } => {
                refused(words::with_the_program(part))
            }
            words::Request::Restart { part } => self.order(Order::End(part)).await,
            words::Request::Service { out } => self.order(Order::Service(out)).await,
            words::Request::Reload => {
                reload::ask(&self.reload).await.map_or_else(refused, words::Answer::Reloaded)
            }
            words::Request::Power { .. } if self.board.borrow().is_serving => refused(words::BUSY.to_owned()),
            words::Request::Power { dbm, seconds } => {
                let tried = ask(&self.power, |answer| power::Ask::Try(dbm, seconds, answer)).await;
                tried.map_or_else(refused, words::Answer::Power)
            }
            words::Request::PowerBack => {
                ask(&self.power, power::Ask::Back).await.map_or_else(refused, |()| words::Answer::Done)
            }
            words::Request::Log { level, contains, limit } => match level.parse() {
                Ok(level) => words::Answer::Log { lines: self.log(level, &contains, limit) },
                Err(_) => refused("a level is error, warn, info, debug or trace".to_owned()),
            },
        }
    }

    fn log(&self, level: Level, contains: &str, limit: u16) -> Vec<LogLine> {
        let n = limit.min(words::MAX_LINES).into();
        let lines = log::logs().recent().told(level, contains, n, &self.redactor);
        lines
            .into_iter()
            .map(|line| LogLine { at: line.at, level: line.level.to_string(), text: line.text })
            .collect()
    }

    async fn order(&self, order: Order) -> words::Answer {
        match self.orders.send(order).await {
            Ok(()) => words::Answer::Done,
            Err(_) => words::Answer::Refused { why: ENDING.to_owned() },
        }
    }
}

/// Asks a task of the kiosk, and waits for its answer.
async fn ask<A, T>(
    task: &mpsc::Sender<A>,
    make: impl FnOnce(oneshot::Sender<Result<T, String>>) -> A,
) -> Result<T, String> {
    let (answer, told) = oneshot::channel();
    task.send(make(answer)).await.map_err(|_| ENDING)?;
    told.await.map_err(|_| ENDING)?
}

fn json(answer: &impl Serialize) -> io::Result<Vec<u8>> {
    serde_json::to_vec(answer).map_err(io::Error::other)
}

const ENDING: &str = "the kiosk is ending";
const MAX_CALLERS: usize = 8;
/// Bytes of a request: a note and an id.
const MAX_LINE: u64 = 16_384;
const SILENCE: Duration = Duration::from_secs(60);
