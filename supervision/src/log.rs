//! Logs: to the journal with fields of their own, or to standard error; and the last ones in memory, for the console.
//!
//! Numbers of patrons are in none: that is the rule of whoever logs. What leaves the machine goes through
//! [`crate::redact`] besides.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::redact::Redactor;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// counts the lines of this run, from 1
    pub number: u64,
    /// when
    pub at: Timestamp,
    /// how important
    pub level: Level,
    /// what happened, and its fields
    pub text: String,
}

/// The last lines. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Recent(Arc<Mutex<Ring>>);

#[derive(Debug, Default)]
struct Ring {
    lines: VecDeque<Line>,
    n_lines: u64,
}

/// The log of this program.
#[derive(Clone)]
pub struct Logs {
    recent: Recent,
    filter: Option<reload::Handle<EnvFilter, Registry>>,
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs").finish_non_exhaustive()
    }
}

/// Starts the log at this level, or at what the environment variable `variable` says. A second call changes nothing.
/// Under systemd the journal is written to directly, so that each field is one of the journal's too.
pub fn start(level: &str, variable: &str) {
    let filter = EnvFilter::try_from_env(variable).unwrap_or_else(|_| EnvFilter::new(level));
    let (filter, handle) = reload::Layer::new(filter);
    let recent = Recent::default();
    let journal = std::env::var_os("JOURNAL_STREAM").and_then(|_| tracing_journald::layer().ok());
    let to_stderr = journal.is_none().then(|| {
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(false)
    });
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(journal)
        .with(to_stderr)
        .with(recent.clone())
        .try_init();
    match started {
        Ok(()) => drop(LOGS.set(Logs { recent, filter: Some(handle) })),
        Err(_) => tracing::debug!("the log runs already"),
    }
}

/// The log that runs; without one, an empty one.
#[must_use]
pub fn logs() -> Logs {
    LOGS.get().cloned().unwrap_or_else(|| Logs { recent: Recent::default(), filter: None })
}

impl Logs {
    /// The last lines.
    #[must_use]
    pub fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Another level from now on; `false` if there is no log.
    #[must_use]
    pub fn set_level(&self, level: &str) -> bool {
        self.filter.as_ref().is_some_and(|handle| handle.reload(EnvFilter::new(level)).is_ok())
    }
}

impl Recent {
    /// The newest lines at least as important as `level` that contain `text`, the oldest first; at most `n`.
    #[must_use]
    pub fn lines(&self, level: Level, text: &str, n: usize) -> Vec<Line> {
        let ring = self.ring();
        let is_wanted = |line: &&Line| line.level <= level && line.text.contains(text);
        let mut lines: Vec<Line> = ring.lines.iter().rev().filter(is_wanted).take(n).cloned().collect();
        lines.reverse();
        lines
    }

    /// As [`Self::lines`], without what might name a person; filtered by what is told, so that the filter finds nothing
    /// that is taken out.
    #[must_use]
    pub fn told(&self, level: Level, text: &str, n: usize, redactor: &Redactor) -> Vec<Line> {
        let mut lines = self.lines(level, "", usize::MAX);
        for line in &mut lines {
            line.text = redactor.redact(&line.text);
        }
        lines.retain(|line| line.text.contains(text));
        lines.split_off(lines.len().saturating_sub(n))
    }

    fn push(&self, level: Level, text: String) {
        let at = wall();
        let mut ring = self.ring();
        ring.n_lines += 1;
        let number = ring.n_lines;
        if ring.lines.len() >= MAX_LINES {
            ring.lines.pop_front();
        }
        ring.lines.push_back(Line { number, at, level, text });
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber> Layer<S> for Recent {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        let Words { mut message, fields } = words;
        message.push_str(&fields);
        if message.len() > MAX_BYTES {
            let end = (0..=MAX_BYTES).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
            message.truncate(end);
            message.push('…');
        }
        self.push(*event.metadata().level(), message);
    }
}

/// The message of an event, and its fields behind it.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // A String takes everything.
        if field.name() == "message" {
            write!(self.message, "{value:?}").unwrap_or_default();
        } else {
            write!(self.fields, " {}={value:?}", field.name()).unwrap_or_default();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a line of the log says when it was written")]
fn wall() -> Timestamp {
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

static LOGS: OnceLock<Logs> = OnceLock::new();
/// Lines that are remembered.
const MAX_LINES: usize = 2_000;
/// Bytes of one of them.
const MAX_BYTES: usize = 2_000;

#[cfg(test)]
mod tests {
    use tracing::{debug, error, info, warn};

    use super::*;

    fn with(say: impl FnOnce()) -> Recent {
        let recent = Recent::default();
        let subscriber = tracing_subscriber::registry().with(recent.clone());
        tracing::subscriber::with_default(subscriber, say);
        recent
    }

    #[test]
    fn the_last_lines_are_found_by_level_and_word() {
        let recent = with(|| {
            debug!(n = 3, "the pad is read");
            info!(model = "M100", "the reader answers");
            warn!(cause = %"unplugged", "the reader does not answer");
            error!("the disk is full");
        });
        let texts = |level, text: &str, n| -> Vec<String> {
            recent.lines(level, text, n).into_iter().map(|line| line.text).collect()
        };
        assert_eq!(
            texts(Level::INFO, "reader", 10),
            ["the reader answers model=\"M100\"", "the reader does not answer cause=unplugged"]
        );
        assert_eq!(texts(Level::TRACE, "", 10).len(), 4);
        assert_eq!(texts(Level::TRACE, "", 1), ["the disk is full"]);
        assert_eq!(texts(Level::ERROR, "reader", 10), Vec::<String>::new());
        let numbers: Vec<u64> = recent.lines(Level::TRACE, "", 9).iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
    }

    #[test]
    fn memory_is_bounded() {
        let recent = with(|| {
            for _ in 0..MAX_LINES + 10 {
                info!("{}", "书".repeat(MAX_BYTES));
            }
        });
        let lines = recent.lines(Level::TRACE, "", usize::MAX);
        assert_eq!(lines.len(), MAX_LINES);
        assert!(lines.iter().all(|line| line.text.len() <= MAX_BYTES + 3));
        assert_eq!(lines.last().map(|line| line.number), Some(MAX_LINES as u64 + 10));
    }
}
