//! Who answers: the kiosk on its control socket or at its console, or the ledger itself.

use std::io::BufReader;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use sync_client::clock::Clock;
use sync_client::ledger::Ledger;
use sync_client::queue::{self, Answer, Request};
use tokio::runtime::Runtime;

use crate::arguments::KioskArguments;
use crate::failure::Failure;
use crate::kiosk::{self, Console, SOCKET_FILE};
use crate::reader::runtime;

/// Whoever has the ledger.
pub(crate) enum Caller {
    /// The kiosk runs.
    Kiosk(BufReader<UnixStream>),
    /// It runs elsewhere.
    Elsewhere(Console),
    /// It does not run.
    Stopped(Runtime, Ledger),
}

impl Caller {
    /// Who answers for the kiosk that the arguments name.
    ///
    /// # Errors
    /// As [`Self::reach`], and [`kiosk::ConsoleFailure`].
    pub(crate) fn of(arguments: &KioskArguments) -> Result<Self, Failure> {
        match &arguments.console.url {
            Some(url) => Ok(Self::Elsewhere(Console::open(url, &arguments.console)?)),
            None => Self::reach(&kiosk::data_dir(arguments)?),
        }
    }

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
            Self::Kiosk(stream) => kiosk::exchange(stream, request).map_err(Failure::Socket)?,
            Self::Elsewhere(console) => console.ask(request)?,
            // What it would have the kiosk do is found by its next start: the row is open.
            Self::Stopped(runtime, ledger) => runtime.block_on(queue::serve(ledger, None, request)).0,
        };
        match answer {
            Answer::Refused { why } => Err(Failure::Queue { why }),
            answer @ (Answer::Status(_) | Answer::Rows { .. } | Answer::Row { .. }) => Ok(answer),
        }
    }
}

/// As the kiosk names it.
pub(crate) const LEDGER_FILE: &str = "ledger.db";
const PATIENCE: Duration = Duration::from_secs(10);
