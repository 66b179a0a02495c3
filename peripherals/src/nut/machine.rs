//! The machine: asks in rounds, one question at a time.
//!
//! ```text
//!  Closed ─▶ Named? ─the supply is there─▶ Rest ─poll─▶ status ─▶ charge ─▶ runtime ─▶ Told ─▶ Rest
//!               └─ none of that name: asked again later      └─ stale, refused, no answer: Down ─▶ Rest
//! ```

use std::time::{Duration, Instant};

use super::line::{Line, Lines, Question};
use super::{Down, Event, Report, Status};
use crate::device::{Input, Machine, Output};

/// The times of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long an answer may take.
    pub answer: Duration,
    /// From one round of questions to the next.
    pub poll: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { answer: Duration::from_secs(3), poll: Duration::from_secs(2) }
    }
}

/// A supply behind a NUT server.
#[derive(Clone, Debug)]
pub struct Supply {
    /// the supply's name as it is configured; none: the only one that the server has
    wanted: Option<String>,
    patience: Patience,
    lines: Lines,
    /// its name, once the server has said that there is one
    name: Option<String>,
    phase: Phase,
}

#[derive(Clone, Debug)]
enum Phase {
    /// The connection is not there.
    Closed,
    /// Asked for the names.
    Names { until: Instant, found: Vec<String> },
    /// Nothing is asked until then.
    Rest { until: Instant },
    /// A variable was asked for.
    Asked { until: Instant, round: Round },
}

/// What is known of this round.
#[derive(Clone, Copy, Debug)]
enum Round {
    Status,
    Charge { status: Status },
    Runtime { status: Status, charge: Option<u8> },
}

impl Round {
    const fn variable(self) -> &'static str {
        match self {
            Self::Status => STATUS,
            Self::Charge { .. } => "battery.charge",
            Self::Runtime { .. } => "battery.runtime",
        }
    }
}

impl Supply {
    /// A supply by its name, or the only one of its server; its connection is not open yet.
    #[must_use]
    pub fn new(name: Option<String>, patience: Patience) -> Self {
        Self { wanted: name, patience, lines: Lines::default(), name: None, phase: Phase::Closed }
    }

    fn ask_names(&mut self, now: Instant, out: &mut Vec<Output<Event>>) {
        self.phase = Phase::Names { until: now + self.patience.answer, found: Vec::new() };
        out.push(Output::Send(Question::List.to_string().into_bytes()));
    }

    fn ask(&mut self, now: Instant, round: Round, out: &mut Vec<Output<Event>>) {
        let Some(ups) = &self.name else { return self.ask_names(now, out) };
        let question = Question::Var { ups, name: round.variable() };
        out.push(Output::Send(question.to_string().into_bytes()));
        self.phase = Phase::Asked { until: now + self.patience.answer, round };
    }

    fn rest(&mut self, now: Instant) {
        self.phase = Phase::Rest { until: now + self.patience.poll };
    }

    fn fall(&mut self, now: Instant, why: Down, out: &mut Vec<Output<Event>>) {
        self.rest(now);
        out.push(Output::Event(Event::Down(why)));
    }

    fn hear(&mut self, now: Instant, line: Line, out: &mut Vec<Output<Event>>) {
        match (&mut self.phase, line) {
            (Phase::Names { found, .. }, Line::Ups { name }) if found.len() < MAX_NAMES => found.push(name),
            (Phase::Names { .. }, Line::BeginUps | Line::Ups { .. }) => {}
            (Phase::Names { found, .. }, Line::EndUps) => {
                let found = std::mem::take(found);
                self.named(now, &found, out);
            }
            (Phase::Names { .. } | Phase::Asked { .. }, Line::Other) => {
                self.name = None;
                self.fall(now, Down::Foreign, out);
            }
            (Phase::Names { .. }, Line::Err { word }) => self.fall(now, refusal(word), out),
            (Phase::Asked { round, .. }, Line::Err { word }) => {
                let round = *round;
                self.has_none(now, round, word, out);
            }
            (Phase::Asked { round, .. }, Line::Var { ups, name, value })
                if Some(&ups) == self.name.as_ref() && name == round.variable() =>
            {
                let round = *round;
                self.answered(now, round, &value, out);
            }
            // The answer to a question that was given up.
            (Phase::Asked { .. } | Phase::Names { .. } | Phase::Rest { .. } | Phase::Closed, _) => {}
        }
    }

    fn named(&mut self, now: Instant, found: &[String], out: &mut Vec<Output<Event>>) {
        self.name = match (&self.wanted, found) {
            (Some(wanted), _) => found.contains(wanted).then(|| wanted.clone()),
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
        };
        if self.name.is_some() {
            return self.ask(now, Round::Status, out);
        }
        let has = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        self.fall(now, Down::Unknown { has }, out);
    }

    /// An error in place of a value: many supplies know neither charge nor runtime.
    fn has_none(&mut self, now: Instant, round: Round, word: String, out: &mut Vec<Output<Event>>) {
        let is_missing = word == "VAR-NOT-SUPPORTED";
        match round {
            Round::Charge { status } if is_missing => {
                self.ask(now, Round::Runtime { status, charge: None }, out);
            }
            Round::Runtime { status, charge } if is_missing => self.tell(now, status, charge, None, out),
            Round::Status | Round::Charge { .. } | Round::Runtime { .. } => {
                if word == "UNKNOWN-UPS" {
                    self.name = None;
                }
                self.fall(now, refusal(word), out);
            }
        }
    }

    fn answered(&mut self, now: Instant, round: Round, value: &str, out: &mut Vec<Output<Event>>) {
        match round {
            Round::Status => {
                let status = Status::parse(value);
                self.ask(now, Round::Charge { status }, out);
            }
            Round::Charge { status } => {
                let charge = whole(value).map(|percent| u8::try_from(percent.min(100)).unwrap_or(100));
                self.ask(now, Round::Runtime { status, charge }, out);
            }
            Round::Runtime { status, charge } => {
                let runtime = whole(value).map(Duration::from_secs);
                self.tell(now, status, charge, runtime, out);
            }
        }
    }

    fn tell(
        &mut self,
        now: Instant,
        status: Status,
        charge: Option<u8>,
        runtime: Option<Duration>,
        out: &mut Vec<Output<Event>>,
    ) {
        self.rest(now);
        // Neither on the mains nor on the battery: the driver has just begun ("WAIT"), and knows nothing yet.
        let event = if status.on_line || status.on_battery || status.shutdown || status.is_off {
            Event::Told(Report { status, charge, runtime })
        } else {
            Event::Down(Down::Stale { word: "no status yet".to_owned() })
        };
        out.push(Output::Event(event));
    }
}

impl Machine for Supply {
    type Command = std::convert::Infallible;
    type Event = Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Self::Command>, out: &mut Vec<Output<Event>>) {
        match input {
            Input::Opened => {
                self.lines.clear();
                self.name = None;
                self.ask_names(now, out);
            }
            Input::Lost(fault) => {
                self.lines.clear();
                self.phase = Phase::Closed;
                out.push(Output::Event(Event::Down(Down::Link(fault))));
            }
            Input::Bytes(bytes) => {
                let mut heard = Vec::new();
                self.lines.push(bytes, |line| heard.push(line));
                heard.into_iter().for_each(|line| self.hear(now, line, out));
            }
            Input::Command(never) => match never {},
            Input::Tick => match self.phase {
                Phase::Names { until, .. } | Phase::Asked { until, .. } if until <= now => {
                    self.fall(now, Down::Silent, out);
                }
                Phase::Rest { until } if until <= now => self.ask(now, Round::Status, out),
                Phase::Closed | Phase::Names { .. } | Phase::Asked { .. } | Phase::Rest { .. } => {}
            },
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Closed => None,
            Phase::Names { until, .. } | Phase::Rest { until } | Phase::Asked { until, .. } => Some(until),
        }
    }
}

fn refusal(word: String) -> Down {
    match word.as_str() {
        "DATA-STALE" | "DRIVER-NOT-CONNECTED" => Down::Stale { word },
        _ => Down::Refused { word },
    }
}

/// The whole part of a number as drivers write it: `100`, `41.0`.
fn whole(value: &str) -> Option<u64> {
    let digits = value.trim().split('.').next()?;
    digits.parse().ok()
}

const STATUS: &str = "ups.status";
/// Supplies of one server that are looked through.
const MAX_NAMES: usize = 64;
