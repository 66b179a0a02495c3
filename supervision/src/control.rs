//! What staff asks of a running kiosk about its parts: the words of the control socket, beside those of the queue.
//!
//! One request is one line of JSON, its answer another.
//!
//! | request | what it does |
//! |---|---|
//! | board | everything that is known: parts with their history, alarms, queue, disk |
//! | restart | ends a part as if it had died; the supervisor begins it anew |
//! | service | takes the machine out of service, or puts it back |
//! | reload | reads the configuration's file and takes over what can be taken over |
//! | power | tries another transmit power of the reader for a while, which then goes back by itself |
//! | powerback | ends that at once |
//! | log | the last lines of the log, without what might name a person |
//!
//! The console takes the same words at `POST /api`, one request for one answer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::board::Board;
use crate::part::Part;

/// What staff asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// Everything that is known.
    Board,
    /// End a part as if it had died.
    Restart {
        /// the part
        part: Part,
    },
    /// Out of service, or back.
    Service {
        /// out of service
        out: bool,
    },
    /// Take over the configuration's file.
    Reload,
    /// Try another transmit power for a while.
    Power {
        /// of all antennas, in dBm
        dbm: u8,
        /// how long, in seconds, of [`TRIAL_SECONDS`]
        seconds: u16,
    },
    /// Go back to the configured transmit power at once.
    PowerBack,
    /// The last lines of the log.
    Log {
        /// `error`, `warn`, `info`, `debug` or `trace`: the least important that is told
        level: String,
        /// only lines that contain this
        contains: String,
        /// how many lines at most, the newest
        limit: u16,
    },
}

/// A transmit power that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// in dBm
    pub dbm: u8,
    /// when it goes back by itself
    #[serde(with = "crate::stamp")]
    pub until: Timestamp,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// when
    #[serde(with = "crate::stamp")]
    pub at: Timestamp,
    /// `ERROR` to `TRACE`
    pub level: String,
    /// what happened, and its fields
    pub text: String,
}

/// How long another transmit power may be tried, in seconds.
pub const TRIAL_SECONDS: core::ops::RangeInclusive<u16> = 10..=900;
/// Lines of the log in one answer.
pub const MAX_LINES: u16 = 500;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "lowercase")]
pub enum Answer {
    /// To board.
    Board {
        /// what is known
        board: Box<Board>,
    },
    /// It was done.
    Done,
    /// To reload: the file was taken over.
    Reloaded(Reloaded),
    /// To power: the reader has taken it.
    Power(Trial),
    /// To log.
    Log {
        /// the oldest first
        lines: Vec<LogLine>,
    },
    /// It was not done, and why.
    Refused {
        /// what is wrong and what to do
        why: String,
    },
}

/// What became of a file that was taken over. Settings are named as `visit.idle_seconds`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// settings that are in force
    pub taken: Vec<String>,
    /// settings that count only after a restart
    pub restart: Vec<String>,
    /// patrons see the change only once the visit that lasts has ended
    pub waits: bool,
}

impl core::fmt::Display for Reloaded {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { taken, restart, waits } = self;
        match taken.as_slice() {
            [] => f.write_str("没有可热加载的改动 · nothing that counts at once has changed")?,
            some => write!(f, "已接收 taken over: {}", some.join(", "))?,
        }
        if *waits {
            f.write_str("；待当前读者离开后生效 · in force once the visit that lasts has ended")?;
        }
        match restart.as_slice() {
            [] => Ok(()),
            some => write!(f, "；要重启才生效 needs a restart: {}", some.join(", ")),
        }
    }
}

impl Request {
    /// Whether a line is one of these requests, and not one of the queue's.
    #[must_use]
    pub fn is_named_in(line: &str) -> bool {
        #[derive(Deserialize)]
        struct Name {
            request: String,
        }
        serde_json::from_str::<Name>(line).is_ok_and(|name| NAMES.contains(&name.request.as_str()))
    }
}

const NAMES: [&str; 7] = ["board", "restart", "service", "reload", "power", "powerback", "log"];

/// Why nothing is done that could disturb a patron.
pub const BUSY: &str = "正有读者使用，请稍候 · somebody uses the machine: wait until they are gone";

/// Why a part is not begun anew by itself.
#[must_use]
pub fn with_the_program(part: Part) -> String {
    format!("the {} is begun anew with the program: systemctl restart yueting", part.word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_known_by_its_name() {
        let all = [
            Request::Board,
            Request::Restart { part: Part::Reader },
            Request::Service { out: true },
            Request::Reload,
            Request::Power { dbm: 20, seconds: 60 },
            Request::PowerBack,
            Request::Log { level: "warn".to_owned(), contains: String::new(), limit: 9 },
        ];
        assert_eq!(all.len(), NAMES.len());
        for request in all {
            let line = serde_json::to_string(&request).unwrap();
            assert!(Request::is_named_in(&line), "{line}");
            assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
        }
        for line in ["", "{}", "[1]", r#"{"request":"status"}"#, r#"{"request":7}"#] {
            assert!(!Request::is_named_in(line), "{line}");
        }
        assert!(serde_json::from_str::<Request>(r#"{"request":"restart","part":"moon"}"#).is_err());
    }
}
