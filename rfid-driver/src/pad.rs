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
//!
//! What nobody waits for is done at rest: the field is reset there, so that a round begins with its inventory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::data::local::LocalLayout;
use crate::dialogue::{self, Dialogue, Patience};
use crate::hf::{Ask, Capabilities, HfProtocol, Reply};
use crate::presence::{self, Presence};
use crate::tag::{Afi, SecurityPolicy, Uid};

mod around;
pub(crate) mod complete;
mod event;
mod filter;
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
    Arrival, Command, DownCause, Dump, Heard, OpenError, OtherBanks, Place, Plan, PowerOutcome,
    ProgramOutcome, ReaderEvent, Seen, WriteOutcome,
};
use filter::{Filtering, Trust};
use jobs::Job;
use programming::Programming;
use reading::{Lengths, Reading};
use round::{Resets, Round};
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
    /// The transmit power in hundredths of a dBm, of UHF readers; `None`: as the reader has it.
    pub power: Option<u16>,
    /// Whether the reader is carried along shelves: then a UHF pad tells what it hears ([`ReaderEvent::Heard`]), and
    /// nothing arrives. HF readers hear a hand's breadth, and tell arrivals all the same.
    pub is_sweep: bool,
}

impl Default for PadConfig {
    fn default() -> Self {
        Self {
            patience: Patience::default(),
            poll: Duration::from_millis(100),
            depart_rounds: 1,
            security: SecurityPolicy::default(),
            layouts: Arc::default(),
            power: None,
            is_sweep: false,
        }
    }
}

impl PadConfig {
    /// When the round after one that began then is due, if nothing changes.
    pub(crate) fn next_round(&self, begun: Option<Instant>, now: Instant) -> Instant {
        begun.map_or(now, |begun| begun + self.poll).max(now + self.poll / LEAST_PAUSE)
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
    /// The AFIs to ask for before that, the last one first.
    to_learn: Vec<Afi>,
    /// A reading that has let a command pass.
    paused: Option<Reading>,
    /// Writes that wait to be read back together.
    unchecked: Vec<Writing>,
    trust: Trust,
    lengths: Lengths,
    /// No inventory was taken since the field was reset.
    is_field_fresh: bool,
    /// Something was told since the last Complete.
    has_changed: bool,
    /// A tag was told, and nothing was done since.
    has_told: bool,
    /// When the last round began.
    round_at: Option<Instant>,
    void_rounds: u8,
    /// The last Down, so that it is told once.
    down: Option<DownCause>,
    n_garbage: u64,
    n_rounds: u64,
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
    /// The field is reset within the rest.
    Refreshing {
        until: Instant,
    },
    Round(Round),
    Filtering(Filtering),
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
            to_learn: Vec::new(),
            paused: None,
            unchecked: Vec::new(),
            trust: Trust::Untried { n_left_out: 0 },
            lengths: Lengths::default(),
            is_field_fresh: false,
            has_changed: false,
            has_told: false,
            round_at: None,
            void_rounds: 0,
            down: None,
            n_garbage: 0,
            n_rounds: 0,
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
        let n_busy = match &self.step {
            Step::Writing(_) | Step::Programming(_) | Step::Dumping { .. } => 1,
            Step::Filtering(filtering) => filtering.n_writings(),
            Step::Closed
            | Step::Probing
            | Step::Preparing
            | Step::Identifying
            | Step::Idle
            | Step::Resting { .. }
            | Step::Refreshing { .. }
            | Step::Round(_)
            | Step::Confirming { .. }
            | Step::Reading(_) => 0,
        };
        self.jobs.len() + self.unchecked.len() + n_busy
    }

    /// How many bytes belonged to no frame so far: a measure of the cable.
    pub fn n_garbage(&self) -> u64 {
        self.n_garbage
    }

    /// How many rounds were carried out so far.
    pub fn n_rounds(&self) -> u64 {
        self.n_rounds
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
            Step::Refreshing { until } => {
                self.is_field_fresh = matches!(reply, Reply::Done);
                self.step = Step::Resting { until };
            }
            Step::Filtering(filtering) => self.filtered(now, filtering, reply, out),
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
        if self.next_job(now, out) {
            return;
        }
        let is_many = self.to_confirm.len() > FEW;
        while let Some(uid) = self.to_confirm.pop_front() {
            // A round asks many sooner than calls by address do: of those only the last is a call.
            if is_many && self.presence.looks_left(uid) > 1 {
                continue;
            }
            let tries = if is_many { 0 } else { CONFIRM_TRIES };
            return self.ask_at_once(now, Step::Confirming { uid, tries }, Ask::System { uid });
        }
        if let Some((reading, ask)) = self.paused.take().map(Reading::resume) {
            return self.ask_at_once(now, Step::Reading(reading), ask);
        }
        if let Some((filtering, ask)) = self.learning() {
            return self.ask_at_once(now, Step::Filtering(filtering), ask);
        }
        while let Some(uid) = self.to_read.pop_front() {
            if let Some(known) = self.known.get(&uid).filter(|known| known.is_unread()) {
                let (reading, ask) = Reading::of_new(uid, self.rules(), known.learnt(), &self.lengths);
                return self.ask_at_once(now, Step::Reading(reading), ask);
            }
        }
        if std::mem::take(&mut self.has_told) {
            // Who was told may have a command at once.
            self.step = Step::Resting { until: now + GRACE };
            return;
        }
        if self.tell_complete(out) {
            return self.rest(now);
        }
        self.round_at = Some(now);
        let is_due = self.capabilities.is_field_reset && !self.is_field_fresh;
        let (round, ask) = Round::begin(if is_due { Resets::First } else { Resets::NotAgain });
        self.ask_at_once(now, Step::Round(round), ask);
    }

    fn ask_at_once(&mut self, now: Instant, step: Step, ask: Ask) {
        self.ask(now, step, ask, Duration::ZERO);
    }

    fn ask(&mut self, now: Instant, step: Step, ask: Ask, after: Duration) {
        self.step = step;
        self.is_field_fresh &=
            !matches!(ask, Ask::Inventory { .. } | Ask::InventoryOf { .. } | Ask::Quiet { .. });
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

/// The pause after a long round is this part of the usual time between two rounds.
const LEAST_PAUSE: u32 = 4;
/// A doubted tag is asked once and at most this often again before the next round.
const CONFIRM_TRIES: u8 = 8;
/// So many doubted tags are few.
const FEW: usize = 2;
/// After arrivals were told: as long as a reader's usual pause, in which nothing can be asked anyway.
const GRACE: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests;
