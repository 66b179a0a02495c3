//! The pad: the machine that drives the whole job over one reader.
//!
//! ```text
//!           Opened      prepared, identified          round, confirm, read ◀─┐
//!  Closed ─────────▶ Probing ──────────▶ Up ─▶ idle ────────────────────────┘ poll pause when nothing changed
//!     ▲                 │ silent          │        └─▶ Writing, before all else
//!     └─────────────────┴─────────────────┘ Lost, or silent: Down, Reopen
//! ```
//! Rules: a tag that lies still is read once; a [`Command`] waits for at most the ask in flight; each command has exactly
//! one outcome, a lost link included; a round that was cut short or not answered is no evidence that a tag has left;
//! a tag whose write is uncertain departs, so that it arrives anew with the AFI that it then has.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::data::local::LocalLayout;
use crate::dialogue::{self, Dialogue, Patience};
use crate::hf::{Ask, Capabilities, HfProtocol, Reply};
use crate::presence::{self, Presence};
use crate::tag::{SecurityPolicy, Uid};

mod around;
pub(crate) mod complete;
mod event;
mod jobs;
mod link;
mod programming;
mod reading;
mod round;
pub mod trouble;
mod writing;

use around::Known;
use complete::Completeness;
pub use event::{
    Arrival, Command, DownCause, Dump, OpenError, Place, ProgramOutcome, ReaderEvent, Seen, WriteOutcome,
};
use jobs::Job;
use programming::Programming;
use reading::{Extent, Reading};
use round::Round;
pub use trouble::Trouble;
use trouble::Troubles;
use writing::Writing;

/// The times and rules of a pad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PadConfig {
    /// Times and counts of the dialogue.
    pub patience: Patience,
    /// From the start of a round to that of the next while nothing changes; at least a quarter of it is a pause.
    pub poll: Duration,
    /// How many rounds must miss a tag before it is doubted.
    pub depart_rounds: u8,
    /// How security is marked.
    pub security: SecurityPolicy,
    /// The library's own layouts, the most frequent first.
    pub layouts: Arc<[LocalLayout]>,
}

impl Default for PadConfig {
    fn default() -> Self {
        Self {
            patience: Patience::default(),
            poll: Duration::from_millis(100),
            depart_rounds: 1,
            security: SecurityPolicy::default(),
            layouts: Arc::default(),
        }
    }
}

/// What a pad is told.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The port was opened.
    Opened,
    /// The port was closed, or could not be opened.
    Lost(DownCause),
    /// Bytes from the reader.
    Bytes(&'a [u8]),
    /// A command.
    Command(Command),
    /// The deadline may have come.
    Tick,
}

/// What a pad tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Bytes for the reader.
    Send(Vec<u8>),
    /// An event for whoever uses the pad.
    Event(ReaderEvent),
    /// The reader is of no use as it is: close the port and open it again.
    Reopen,
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Pad<P: HfProtocol> {
    config: PadConfig,
    capabilities: Capabilities,
    dialogue: Dialogue<P>,
    presence: Presence<Uid>,
    step: Step,
    completeness: Completeness,
    troubles: Troubles,
    /// The tags on the pad.
    known: BTreeMap<Uid, Known>,
    jobs: VecDeque<Job>,
    to_confirm: VecDeque<Uid>,
    to_read: VecDeque<Uid>,
    /// Something was told since the last Complete.
    has_changed: bool,
    /// When the last round began.
    round_at: Option<Instant>,
    void_rounds: u8,
    /// The last Down, so that it is told once.
    down: Option<DownCause>,
    n_garbage: u64,
    said: Vec<dialogue::Output<Reply>>,
}

#[derive(Clone, Debug)]
enum Step {
    Closed,
    Probing,
    Preparing,
    Identifying,
    /// Between two steps: nothing is asked.
    Idle,
    Resting {
        until: Instant,
    },
    Round(Round),
    Confirming {
        uid: Uid,
        tries: u8,
    },
    Reading(Reading),
    Dumping {
        request: u64,
        reading: Reading,
    },
    Writing(Writing),
    Programming(Box<Programming>),
}

impl<P: HfProtocol> Pad<P> {
    /// A pad whose port is not open yet.
    pub fn new(protocol: P, config: PadConfig) -> Self {
        Self {
            capabilities: protocol.capabilities(),
            dialogue: Dialogue::new(protocol, config.patience),
            presence: Presence::new(config.depart_rounds),
            config,
            step: Step::Closed,
            completeness: Completeness::default(),
            troubles: Troubles::new(),
            known: BTreeMap::new(),
            jobs: VecDeque::new(),
            to_confirm: VecDeque::new(),
            to_read: VecDeque::new(),
            has_changed: false,
            round_at: None,
            void_rounds: 0,
            down: None,
            n_garbage: 0,
            said: Vec::new(),
        }
    }

    /// Takes one input at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Output>) {
        match input {
            Input::Opened => {
                self.tell_dialogue(now, dialogue::Input::Reset);
                self.ask(now, Step::Probing, Ask::Probe, Duration::ZERO);
            }
            Input::Lost(cause) => self.lose(cause, out),
            Input::Bytes(_) | Input::Tick if matches!(self.step, Step::Closed) => {}
            Input::Bytes(bytes) => self.tell_dialogue(now, dialogue::Input::Bytes(bytes)),
            Input::Command(command) => self.command(command, out),
            Input::Tick => self.tell_dialogue(now, dialogue::Input::Tick),
        }
        loop {
            for output in std::mem::take(&mut self.said) {
                match output {
                    dialogue::Output::Send(bytes) => out.push(Output::Send(bytes)),
                    dialogue::Output::Reply(reply) => self.reply(now, &reply, out),
                    dialogue::Output::Silent => self.silent(now, out),
                    dialogue::Output::Garbage { n } => {
                        self.n_garbage = self.n_garbage.saturating_add(n as u64)
                    }
                    dialogue::Output::Stray => {}
                }
            }
            if matches!(self.step, Step::Resting { until } if now >= until || !self.jobs.is_empty()) {
                self.step = Step::Idle;
            }
            if matches!(self.step, Step::Idle) {
                self.next(now, out);
            }
            if self.said.is_empty() && !matches!(self.step, Step::Idle) {
                break;
            }
        }
    }

    /// When [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        let rest = if let Step::Resting { until } = self.step { Some(until) } else { None };
        if matches!(self.step, Step::Closed) {
            return None;
        }
        self.dialogue.deadline().into_iter().chain(rest).min()
    }

    /// Whether the reader answers.
    pub fn is_up(&self) -> bool {
        !matches!(self.step, Step::Closed | Step::Probing | Step::Preparing | Step::Identifying)
    }

    /// How many commands wait for their outcome.
    pub fn n_jobs(&self) -> usize {
        let is_busy = matches!(self.step, Step::Writing(_) | Step::Programming(_) | Step::Dumping { .. });
        self.jobs.len() + usize::from(is_busy)
    }

    /// How many bytes belonged to no frame so far: a measure of the cable.
    pub fn n_garbage(&self) -> u64 {
        self.n_garbage
    }

    fn reply(&mut self, now: Instant, reply: &Reply, out: &mut Vec<Output>) {
        match std::mem::replace(&mut self.step, Step::Idle) {
            Step::Probing if self.capabilities.is_prepared => {
                self.ask(now, Step::Preparing, Ask::Prepare, Duration::ZERO)
            }
            Step::Probing | Step::Preparing => {
                self.ask(now, Step::Identifying, Ask::Identify, Duration::ZERO)
            }
            Step::Identifying => self.identified(reply, out),
            Step::Round(round) => match round.reply(reply) {
                // A command does not wait for the end of the round.
                round::Next::Ask(..) if !self.jobs.is_empty() => {}
                round::Next::Ask(round, ask) => self.ask(now, Step::Round(round), ask, Duration::ZERO),
                round::Next::Done { found, is_crowded } => self.end_round(now, &found, is_crowded, out),
                round::Next::Void => self.void_round(DownCause::Refuses, out),
            },
            Step::Confirming { uid, tries } => self.confirm(now, uid, tries, reply, out),
            Step::Reading(reading) => self.read(now, reading, reply, out),
            Step::Dumping { request, reading } => self.dump(now, request, reading, reply, out),
            Step::Writing(writing) => self.write(now, writing.reply(reply), out),
            Step::Programming(programming) => self.program(now, programming.reply(reply), out),
            step @ (Step::Closed | Step::Idle | Step::Resting { .. }) => self.step = step,
        }
    }

    /// Chooses what to do when nothing is under way: commands, doubts, new tags, the next round.
    fn next(&mut self, now: Instant, out: &mut Vec<Output>) {
        if let Some(job) = self.jobs.pop_front() {
            return self.begin(now, job, out);
        }
        if let Some(uid) = self.to_confirm.pop_front() {
            // Many that are silent are asked once each: a round asks all of them sooner than calls by address do.
            let tries = if self.to_confirm.len() < FEW { CONFIRM_TRIES } else { 0 };
            return self.ask(now, Step::Confirming { uid, tries }, Ask::System { uid }, Duration::ZERO);
        }
        while let Some(uid) = self.to_read.pop_front() {
            if self.known.get(&uid).is_some_and(Known::is_unread) {
                let (reading, ask) = Reading::begin(uid, self.rules(), Extent::Data);
                return self.ask(now, Step::Reading(reading), ask, Duration::ZERO);
            }
        }
        if self.tell_complete(out) {
            self.step = Step::Resting { until: self.next_round(now) };
            return;
        }
        self.round_at = Some(now);
        let (round, ask) = Round::begin(self.capabilities);
        self.ask(now, Step::Round(round), ask, Duration::ZERO);
    }

    fn ask(&mut self, now: Instant, step: Step, ask: Ask, after: Duration) {
        self.step = step;
        self.tell_dialogue(now, dialogue::Input::Ask { ask, after });
    }

    fn tell_dialogue(&mut self, now: Instant, input: dialogue::Input<'_, Ask>) {
        self.dialogue.handle(now, input, &mut self.said);
    }

    fn tell_presence(&mut self, input: presence::Input<'_, Uid>) -> Vec<presence::Output<Uid>> {
        let mut told = Vec::new();
        self.presence.handle(input, &mut told);
        told
    }
}

/// A doubted tag is asked once and at most this often again before the next round.
const CONFIRM_TRIES: u8 = 8;
/// So many doubted tags are few.
const FEW: usize = 2;

#[cfg(test)]
mod tests;
