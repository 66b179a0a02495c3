//! Security gates, as an adapter beside them tells of them: lines of text over TCP. We listen, and say nothing.
//!
//! ```text
//!   adapter   yueting-gate 1                                    first, and once
//!             alive                                             whenever nothing else was said for 5 seconds
//!             pass main in 1                                    so many went through, in or out
//!             alarm main out item=LW0000001 afi=07 eas=on       what it knows of the tag; all of it may be missing
//!             fault main antenna 2                              until `well main`
//! ```
//! Gates have no open protocol: a small program beside each make reads what that gate tells, and says it in these lines. The
//! whole of it is in docs/gates.md.
//!
//! # What it keeps
//!
//! - A line is at most [`line::MAX`] bytes; what is longer is dropped to its end, and counts as one that is not understood.
//! - Nothing is believed before the first line, so that another program at that address is told apart from a gate.
//! - Silence is a fault: an adapter that hangs says no `alive`.

pub mod line;

use std::time::{Duration, Instant};

use crate::device::{Input, LinkFault, Machine, Output};
use line::{Line, Lines};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// into the library
    In,
    /// out of it
    Out,
    /// the gate does not know
    Unknown,
}

/// What a gate knows of the tag that it alarms at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// the primary item identifier, if the adapter has read it
    pub item: Option<String>,
    /// the tag's own number, as digits
    pub uid: Option<String>,
    /// its application family
    pub afi: Option<u8>,
    /// whether its EAS bit is on
    pub eas: Option<bool>,
}

/// Something at a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateEvent {
    /// the gate's name
    pub gate: String,
    /// what
    pub kind: Kind,
}

/// What happens at a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It alarms.
    Alarm {
        /// which way the tag went
        direction: Direction,
        /// what is known of it
        tag: Tag,
    },
    /// So many went through.
    Passed {
        /// which way
        direction: Direction,
        /// how many
        n: u32,
    },
    /// Something is wrong with it.
    Fault {
        /// its words
        why: String,
    },
    /// What was wrong is over.
    Well,
}

/// What the machine tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The adapter is there.
    Up,
    /// Something happens.
    Gate(GateEvent),
    /// It says what is not understood; told once until it says that it is alive.
    Garbled,
    /// Nothing is heard of the gates.
    Down(Down),
}

/// Why nothing is heard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Down {
    /// The way to the adapter.
    #[error("{0}")]
    Link(#[from] LinkFault),
    /// It hangs, or its machine is gone.
    #[error("the gate's adapter has said nothing for {} seconds: see that it runs", SILENCE.as_secs())]
    Silent,
    /// Its first line is another.
    #[error("what answers there is no gate's adapter of this version: correct gate.address")]
    Foreign,
}

/// The adapter of one or more gates.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    lines: Lines,
    /// when it is silent; none: it is not connected, or was told already
    until: Option<Instant>,
    standing: Standing,
    is_garbled: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Standing {
    /// It has not said who it is.
    #[default]
    New,
    /// It has.
    Known,
    /// It is something else: whatever it says is passed over.
    Foreign,
}

impl Gates {
    fn hear(&mut self, now: Instant, line: Option<Line>, out: &mut Vec<Output<Event>>) {
        match (self.standing, line) {
            (Standing::Foreign, _) => return,
            (Standing::New, Some(Line::Greeting { version: VERSION })) => {
                self.standing = Standing::Known;
                out.push(Output::Event(Event::Up));
            }
            (Standing::New, _) => {
                self.standing = Standing::Foreign;
                self.until = None;
                out.push(Output::Event(Event::Down(Down::Foreign)));
                return;
            }
            (Standing::Known, Some(Line::Alive)) => self.is_garbled = false,
            (Standing::Known, Some(Line::Gate(event))) => out.push(Output::Event(Event::Gate(event))),
            (Standing::Known, Some(Line::Greeting { .. }) | None) => {
                if !core::mem::replace(&mut self.is_garbled, true) {
                    out.push(Output::Event(Event::Garbled));
                }
            }
        }
        self.until = Some(now + SILENCE);
    }
}

impl Machine for Gates {
    type Command = std::convert::Infallible;
    type Event = Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Self::Command>, out: &mut Vec<Output<Event>>) {
        match input {
            Input::Opened => *self = Self { until: Some(now + SILENCE), ..Self::default() },
            Input::Lost(fault) => {
                *self = Self::default();
                out.push(Output::Event(Event::Down(Down::Link(fault))));
            }
            Input::Bytes(bytes) => {
                let mut heard = Vec::new();
                self.lines.push(bytes, |line| heard.push(line));
                heard.into_iter().for_each(|line| self.hear(now, line, out));
            }
            Input::Command(never) => match never {},
            Input::Tick => {
                if self.until.is_some_and(|until| until <= now) {
                    self.until = None;
                    out.push(Output::Event(Event::Down(Down::Silent)));
                }
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.until
    }
}

/// So long an adapter may say nothing.
pub const SILENCE: Duration = Duration::from_secs(15);
const VERSION: u32 = 1;

#[cfg(test)]
mod tests;
