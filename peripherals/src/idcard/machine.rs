//! The machine of an identity card reader: looks for a card while it is told to, and reads it once.
//!
//! ```text
//!  Closed ─▶ Status ─▶ Module ─▶ Idle ⇄ Find ─card▶ Select ▶ Read ─▶ Document
//! ```
//! Answers do not say to which command they belong. Each is taken only if it has the form of one to the command that
//! waits; after a command without an answer all is let pass until the line is quiet.

use std::time::{Duration, Instant};

use rfid_driver::frame::{Item, Items, Resync};

use super::frame::{Frames, Request, Status, body};
use super::record::{Document, RecordError, TEXT};
use crate::device::{Input, LinkFault, Machine, Output};

/// What the machine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Look for a card, or stop that.
    Look(bool),
}

/// What the machine tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The module answers; its number in hexadecimal.
    Up {
        /// the module's own number, none if it does not tell
        module: Option<String>,
    },
    /// It does not.
    Down(Down),
    /// A card was read, or could not be.
    Card(Result<Document, CardFault>),
}

/// Why there is no reader.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Down {
    /// Its port.
    #[error(transparent)]
    Link(#[from] LinkFault),
    /// The port is there, and nothing answers.
    #[error("the identity card reader is silent: check its power, its cable and the configured baud rate")]
    Silent,
    /// The module is broken.
    #[error("the identity card reader's self test fails: it has to be replaced")]
    SelfTest,
    /// The module's licence is over.
    #[error("the identity card reader's security module is not authorised: ask its seller")]
    NotAuthorised,
}

/// Why a card could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardFault {
    /// It was taken away too early.
    #[error("the card was taken away")]
    Moved,
    /// It does not answer.
    #[error("the card does not answer")]
    Silent,
    /// Card and module do not trust each other: forged or damaged.
    #[error("the card is not trusted: forged or damaged")]
    Rejected,
    /// It is no identity card.
    #[error("the card is of another kind")]
    WrongKind,
    /// Its text cannot be used.
    #[error("the card's text cannot be used: {0}")]
    Text(#[from] RecordError),
}

/// The times of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long an answer may take; reading takes three times as long.
    pub answer: Duration,
    /// So much silence means that no late answer comes any more.
    pub quiet: Duration,
    /// The pause between two looks for a card.
    pub poll: Duration,
    /// A silence within a frame that ends it.
    pub gap: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(1),
            quiet: Duration::from_millis(200),
            poll: Duration::from_millis(300),
            gap: Duration::from_millis(100),
        }
    }
}

/// The machine.
#[derive(Debug)]
pub struct IdReader {
    patience: Patience,
    frames: Resync<Frames>,
    phase: Phase,
    is_looking: bool,
    is_up: bool,
    has_told_down: bool,
    /// answers that did not come, one after the other
    n_silent: u32,
    /// failed tries at the card that lies there
    n_tries: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    /// All is let pass until none came for a while, or this has lasted long enough.
    Quiet {
        until: Instant,
        at_most: Instant,
    },
    Rest {
        until: Instant,
    },
    Asking {
        what: Step,
        until: Instant,
    },
    /// Up, and nobody looks for a card.
    Idle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Status,
    Module,
    Find,
    Select,
    Read,
}

impl Step {
    const fn request(self) -> Request {
        match self {
            Self::Status => Request::STATUS,
            Self::Module => Request::MODULE,
            Self::Find => Request::FIND,
            Self::Select => Request::SELECT,
            Self::Read => Request::READ,
        }
    }
}

impl IdReader {
    /// A reader whose port is not open yet.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            frames: Resync::new(patience.gap),
            phase: Phase::Closed,
            is_looking: false,
            is_up: false,
            has_told_down: false,
            n_silent: 0,
            n_tries: 0,
        }
    }

    fn bytes(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Output<Event>>) {
        let mut items = Items::new();
        if bytes.is_empty() {
            self.frames.tick(now, &mut items);
        } else {
            self.frames.push(now, bytes, &mut items);
        }
        for item in items.iter() {
            if let (Item::Frame(frame), Phase::Asking { what, .. }) = (item, self.phase)
                && let [_, _, sw3, data @ ..] = body(frame)
            {
                self.answered(now, what, Status::of(*sw3), data, out);
            }
        }
        if let Phase::Quiet { until, at_most } = &mut self.phase
            && !bytes.is_empty()
        {
            *until = (now + self.patience.quiet).min(*at_most);
        }
    }

    fn answered(
        &mut self,
        now: Instant,
        what: Step,
        status: Status,
        data: &[u8],
        out: &mut Vec<Output<Event>>,
    ) {
        self.n_silent = 0;
        match (what, status) {
            (_, Status::SelfTest) => self.broken(now, Down::SelfTest, out),
            (_, Status::NotAuthorised) => self.broken(now, Down::NotAuthorised, out),
            (Step::Status, Status::Done) => self.ask(now, Step::Module, out),
            (Step::Module, status) => {
                self.is_up = true;
                self.has_told_down = false;
                let module = (status == Status::Done).then(|| hex(data));
                out.push(Output::Event(Event::Up { module }));
                self.go_on(now, out);
            }
            (Step::Find, Status::Found) => self.ask(now, Step::Select, out),
            (Step::Find, Status::NoCard) => {
                // After a card was read, the same words mean that it still lies there.
                self.n_tries = 0;
                self.rest(now);
            }
            (Step::Select, Status::Done) => self.ask(now, Step::Read, out),
            (Step::Read, Status::Done) if data.len() >= HEAD + TEXT => {
                self.n_tries = 0;
                let text = data.get(HEAD..HEAD + TEXT).unwrap_or_default();
                let card = Document::decode(text).map_err(CardFault::Text);
                out.push(Output::Event(Event::Card(card)));
                self.rest(now);
            }
            (Step::Select | Step::Read, Status::Rejected) => self.refused(now, CardFault::Rejected, out),
            (Step::Select | Step::Read, Status::WrongCard) => self.refused(now, CardFault::WrongKind, out),
            (Step::Select, Status::NotSelected) => self.try_again(now, CardFault::Silent, out),
            (Step::Select | Step::Read, Status::Moved) => self.try_again(now, CardFault::Moved, out),
            (_, Status::Other(_)) => self.silent(now, out),
            // An answer to something else, that comes late: the one that is waited for comes behind it.
            (Step::Status | Step::Find | Step::Select | Step::Read, _) => {}
        }
    }

    fn ask(&mut self, now: Instant, what: Step, out: &mut Vec<Output<Event>>) {
        let factor = if what == Step::Read { 3 } else { 1 };
        self.phase = Phase::Asking { what, until: now + self.patience.answer * factor };
        out.push(Output::Send(what.request().encode()));
    }

    fn go_on(&mut self, now: Instant, out: &mut Vec<Output<Event>>) {
        match (self.is_up, self.is_looking) {
            (false, _) => self.ask(now, Step::Status, out),
            (true, true) => self.ask(now, Step::Find, out),
            (true, false) => self.phase = Phase::Idle,
        }
    }

    fn rest(&mut self, now: Instant) {
        self.phase = Phase::Rest { until: now + self.patience.poll };
    }

    /// The card will not be read, however often it is tried.
    fn refused(&mut self, now: Instant, fault: CardFault, out: &mut Vec<Output<Event>>) {
        self.n_tries = 0;
        out.push(Output::Event(Event::Card(Err(fault))));
        self.rest(now);
    }

    fn try_again(&mut self, now: Instant, fault: CardFault, out: &mut Vec<Output<Event>>) {
        self.n_tries += 1;
        if self.n_tries >= MAX_TRIES {
            self.refused(now, fault, out);
        } else {
            self.rest(now);
        }
    }

    fn broken(&mut self, now: Instant, down: Down, out: &mut Vec<Output<Event>>) {
        self.is_up = false;
        self.tell_down(down, out);
        self.phase = Phase::Rest { until: now + MEND };
    }

    fn tell_down(&mut self, down: Down, out: &mut Vec<Output<Event>>) {
        if !std::mem::replace(&mut self.has_told_down, true) {
            out.push(Output::Event(Event::Down(down)));
        }
    }

    fn silent(&mut self, now: Instant, out: &mut Vec<Output<Event>>) {
        self.n_silent = self.n_silent.saturating_add(1);
        if self.n_silent >= MAX_SILENT {
            self.is_up = false;
            self.tell_down(Down::Silent, out);
        }
        let at_most = now + self.patience.quiet * MAX_QUIET;
        self.phase = Phase::Quiet { until: now + self.patience.quiet, at_most };
    }
}

impl Machine for IdReader {
    type Command = Command;
    type Event = Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Command>, out: &mut Vec<Output<Event>>) {
        match input {
            Input::Opened => {
                self.n_silent = 0;
                self.has_told_down = false;
                self.ask(now, Step::Status, out);
            }
            Input::Lost(fault) => {
                self.frames.clear();
                (self.phase, self.is_up, self.has_told_down) = (Phase::Closed, false, true);
                out.push(Output::Event(Event::Down(fault.into())));
            }
            Input::Bytes(bytes) => self.bytes(now, bytes, out),
            Input::Command(Command::Look(is_looking)) => {
                self.is_looking = is_looking;
                if is_looking && self.phase == Phase::Idle {
                    self.go_on(now, out);
                }
            }
            Input::Tick => {}
        }
        self.bytes(now, &[], out);
        match self.phase {
            Phase::Asking { until, .. } if until <= now => self.silent(now, out),
            Phase::Quiet { until, .. } | Phase::Rest { until } if until <= now => self.go_on(now, out),
            Phase::Closed | Phase::Idle | Phase::Quiet { .. } | Phase::Rest { .. } | Phase::Asking { .. } => {
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let phase = match self.phase {
            Phase::Closed | Phase::Idle => None,
            Phase::Quiet { until, .. } | Phase::Rest { until } | Phase::Asking { until, .. } => Some(until),
        };
        phase.into_iter().chain(self.frames.deadline()).min()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The two lengths before the text.
const HEAD: usize = 4;
const MAX_SILENT: u32 = 3;
const MAX_TRIES: u32 = 3;
const MAX_QUIET: u32 = 10;
/// A module that says that it is broken is asked again after this.
const MEND: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
