//! Who answers: the kiosk on its control socket, or the ledger itself.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use sync_client::clock::Clock;
use sync_client::ledger::Ledger;
use sync_client::queue::{self, Answer, Request};
use tokio::runtime::Runtime;

use crate::failure::Failure;
use crate::reader::runtime;

/// Whoever has the ledger.
pub(crate) enum Caller {
    /// The kiosk runs.
    Kiosk(BufReader<UnixStream>),
    /// It does not.
    Stopped(Runtime, Ledger),
}

impl Caller {
    /// Finds who answers for a data folder.
    ///
    /// # Errors
    /// [`Failure::NoLedger`] if there is none there, [`Failure::Ledger`] if it cannot be opened.
    pub(crate) fn reach(data_dir: &Path) -> Result<Self, Failure> {
        let socket = data_dir.join(SOCKET_FILE);
        if let Ok(stream) = UnixStream::connect(&socket) {
            stream.set_read_timeout(Some(PATIENCE)).map_err(Failure::System)?;
            return Ok(Self::Kiosk(BufReader::new(stream)));
        }
        let file = data_dir.join(LEDGER_FILE);
        // A question must not make a ledger.
        if !file.exists() {
            return Err(Failure::NoLedger { path: file });
        }
        let runtime = runtime()?;
        let ledger = Ledger::open(&file, Clock::system())?;
        Ok(Self::Stopped(runtime, ledger))
    }

    /// Asks one thing.
    ///
    /// # Errors
    /// [`Failure::Queue`] if it is refused, [`Failure::Socket`] if the kiosk hangs up.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Answer, Failure> {
        let answer = match self {
            Self::Kiosk(stream) => exchange(stream, request).map_err(Failure::Socket)?,
            // What it would have the kiosk do is found by its next start: the row is open.
            Self::Stopped(runtime, ledger) => runtime.block_on(queue::serve(ledger, None, request)).0,
        };
        match answer {
            Answer::Refused { why } => Err(Failure::Queue { why }),
            answer @ (Answer::Status(_) | Answer::Rows { .. } | Answer::Row { .. }) => Ok(answer),
        }
    }
}

fn exchange(stream: &mut BufReader<UnixStream>, request: &Request) -> io::Result<Answer> {
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    stream.get_mut().write_all(&text)?;
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&line)?)
}

/// As the kiosk names them.
pub(crate) const SOCKET_FILE: &str = "control.sock";
pub(crate) const LEDGER_FILE: &str = "ledger.db";
const PATIENCE: Duration = Duration::from_secs(10);
