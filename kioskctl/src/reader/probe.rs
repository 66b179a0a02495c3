//! `kioskctl reader probe`: is there a reader, which one, and at which speed and parity.
//!
//! Every question is answered or given up within [`PATIENCE`]. A port that vanishes while it is asked is waited for, and
//! asked the same once more: a reader that resets once is one that has just been switched on.

use std::time::Duration;

use rfid_driver::port::{self, DownCause, Identity, OpenError, Parity, PortConfig, ReaderEvent};

use super::clues::{Clues, is_vanished};
use super::session::Session;
use super::{line, runtime, settings_of, word};
use crate::arguments::LineArguments;
use crate::failure::Failure;
use crate::{Outcome, say, table};

mod candidates;

/// Asks, and prints who answered.
///
/// # Errors
/// [`Failure::Port`] if the port cannot be used, [`Failure::NoReader`] or
/// [`Failure::NoReaderAtAll`] if nothing answers.
pub(crate) fn run(arguments: &LineArguments) -> Result<Outcome, Failure> {
    let line = line(arguments)?;
    let candidates =
        if line.is_configured { vec![line.port.clone()] } else { candidates::all(arguments, &line.port) };
    runtime()?.block_on(async {
        port::open_check(&line.port).await.or_else(|error| speaks_otherwise(error, candidates.len()))?;
        let mut probe = Probe { n: candidates.len(), last: DownCause::Silent, clues: Clues::default() };
        for candidate in &candidates {
            if let Some(identity) = probe.candidate(candidate).await? {
                return say(&answered(candidate, &identity)).map(|()| Outcome::Good);
            }
        }
        let (endpoint, Probe { last: cause, clues, .. }) = (line.port.endpoint.clone(), probe);
        let clues = Box::new(clues);
        Err(match candidates.as_slice() {
            [one] => Failure::NoReader { endpoint, line: settings_of(one), cause, clues },
            all => Failure::NoReaderAtAll { endpoint, n: all.len(), clues },
        })
    })
}

/// Whoever answers at a port at any of the usual settings. `told` hears what is tried next, which of how many that is, and
/// says whether to go on.
pub(crate) async fn find(
    port: &PortConfig,
    told: &mut (dyn FnMut(&PortConfig, usize, usize) -> bool + Send),
) -> Option<(PortConfig, Identity)> {
    port::open_check(port).await.or_else(|error| speaks_otherwise(error, usize::MAX)).ok()?;
    let candidates = candidates::of_port(port);
    let of = candidates.len();
    for (at, candidate) in candidates.into_iter().enumerate() {
        if !told(&candidate, at + 1, of) {
            return None;
        }
        if let (Ok(identity), _) = ask(candidate.clone()).await {
            return Some((candidate, identity));
        }
    }
    None
}

/// A probe under way.
struct Probe {
    /// How many settings there are to try.
    n: usize,
    last: DownCause,
    clues: Clues,
}

impl Probe {
    /// Who answers at these settings.
    async fn candidate(&mut self, config: &PortConfig) -> Result<Option<Identity>, Failure> {
        let mut again = true;
        loop {
            let (answer, n_garbage) = ask(config.clone()).await;
            let cause = match answer {
                Ok(identity) => return Ok(Some(identity)),
                Err(DownCause::Open(error)) => {
                    return speaks_otherwise(error, self.n).map(|()| None).map_err(Failure::from);
                }
                Err(cause) => cause,
            };
            self.clues.take(&settings_of(config), &cause, n_garbage);
            let is_back = is_vanished(&cause) && is_back(config).await;
            self.tell(config, &cause, n_garbage)?;
            self.last = cause;
            if !(is_back && std::mem::take(&mut again)) {
                return Ok(None);
            }
        }
    }

    /// One line of progress, if there is more than one thing to try.
    fn tell(&self, config: &PortConfig, cause: &DownCause, n_garbage: u64) -> Result<(), Failure> {
        if self.n == 1 {
            return Ok(());
        }
        let what = match (cause, n_garbage) {
            (cause, _) if is_vanished(cause) => "the port vanished: does the reader reset?".to_owned(),
            (DownCause::Refuses, _) => "answers, and refuses what is needed".to_owned(),
            (_, 0) => "no answer".to_owned(),
            (_, n) => format!("{n} bytes, but no answer"),
        };
        say(&format!("{:<20}  {what}\n", settings_of(config)))
    }
}

/// A port that is there and does not take one of several settings, or does not greet as LLRP does, may be another
/// family's.
fn speaks_otherwise(error: OpenError, n: usize) -> Result<(), OpenError> {
    let is_no_end = matches!(error, OpenError::Settings { .. } | OpenError::NotLlrp { .. });
    if is_no_end && n > 1 { Ok(()) } else { Err(error) }
}

/// Waits for a port that has vanished.
async fn is_back(config: &PortConfig) -> bool {
    for _ in 0..BACK_TRIES {
        tokio::time::sleep(BACK_EVERY).await;
        if port::open_check(config).await.is_ok() {
            return true;
        }
    }
    false
}

/// Opens the port and asks once, with one repetition; and how many bytes came that were no frames.
pub(crate) async fn ask(config: PortConfig) -> (Result<Identity, DownCause>, u64) {
    let limit = if config.endpoint.is_tcp() { PATIENCE + config.connect_timeout } else { PATIENCE };
    let config = PortConfig { answer_timeout: config.answer_timeout.min(ANSWER), retries: 1, ..config };
    let mut session = Session::start(config);
    let answer = async {
        while let Some(event) = session.events.recv().await {
            if let ReaderEvent::Up(identity) = event {
                return Ok(identity);
            }
            if let ReaderEvent::Down(cause) = event {
                return Err(cause);
            }
        }
        Err(DownCause::Silent)
    };
    let answer = tokio::time::timeout(limit, answer).await.unwrap_or(Err(DownCause::Silent));
    // The port is free again only when the task has ended.
    let (is_well, last) = session.end().await;
    (if is_well { answer } else { Err(DownCause::Silent) }, last.n_garbage)
}

fn answered(port: &PortConfig, identity: &Identity) -> String {
    let parity = match port.parity {
        Parity::None => config::Parity::None,
        Parity::Even => config::Parity::Even,
        Parity::Odd => config::Parity::Odd,
    };
    let path = port.endpoint.to_string();
    let mut text = table::pairs(&[
        ("port", path.clone()),
        ("line", settings_of(port)),
        ("model", identity.model.clone()),
        ("firmware", identity.firmware.clone()),
    ]);
    let protocol = word(port.protocol);
    text.push_str(&format!("\nin the configuration:\n[reader]\nport = {path:?}\nprotocol = {protocol:?}\n"));
    if !port.endpoint.is_tcp() {
        text.push_str(&format!("baud = {}\nparity = {:?}\n", port.baud, parity.as_str()));
    }
    text
}

/// No reader takes longer to say who it is.
const ANSWER: Duration = Duration::from_millis(200);
/// More than all repetitions take, and the greeting that LLRP readers may leave out.
const PATIENCE: Duration = Duration::from_secs(3);
/// A reader that resets is back within three seconds.
const BACK_TRIES: u32 = 15;
const BACK_EVERY: Duration = Duration::from_millis(200);
