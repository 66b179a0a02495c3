//! What staff asks of a running kiosk about its parts: the words of the control socket, beside those of the queue.
//!
//! One request is one line of JSON, its answer another.
//!
//! | request | what it does |
//! |---|---|
//! | board | everything that is known: parts with their history, alarms, queue, disk |
//! | restart | ends a part as if it had died; the supervisor begins it anew |
//! | service | takes the machine out of service, or puts it back |

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
}

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
    /// It was not done, and why.
    Refused {
        /// what is wrong and what to do
        why: String,
    },
}

impl Request {
    /// Whether a line is one of these requests, and not one of the queue's.
    #[must_use]
    pub fn is_named_in(line: &str) -> bool {
        #[derive(Deserialize)]
        struct Name {
            request: String,
        }
        serde_json::from_str::<Name>(line)
            .is_ok_and(|name| ["board", "restart", "service"].contains(&name.request.as_str()))
    }
}

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
        let all = [Request::Board, Request::Restart { part: Part::Reader }, Request::Service { out: true }];
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
