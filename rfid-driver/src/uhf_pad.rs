//! The UHF pad: the machine that drives the whole job over one UHF reader; [`crate::pad`] is the one for HF.
//!
//! ```text
//!           Opened      prepared, identified      inventory, confirm, read ◀─┐
//!  Closed ─────────▶ Probing ──────────▶ Up ─▶ idle ────────────────────────┘ poll pause when nothing changed
//!     ▲                 │ silent          │        └─▶ Writing, before all else
//!     └─────────────────┴─────────────────┘ Lost, or silent: Down, Reopen
//! ```
//! Rules, besides those of [`crate::pad`]:
//! - A tag is told by its TID, never by its EPC, which a change of its security changes. The pad keeps which EPC says
//!   which tag; one that it does not know is asked for its TID. If that is known, the tag has changed: it departs and
//!   arrives anew if it says something else than was told. {#uhf-pad.tid}
//! - Two tags may say the same EPC. When one is told twice in a round, the TID behind it is asked for until a second one
//!   answers, a bounded number of times. No tag is written by its UII while another may be meant. {#uhf-pad.twins}
//! - A write that ended in the dark is remembered by TID, the bank before and the bank wanted. If the tag comes back with
//!   a word that is neither, the word before is written and read back before the tag arrives. {#uhf-pad.cut}
//! - A sweep ([`PadConfig::is_sweep`]) is another job of the same reader: see `sweep`.
//! - Blank, foreign and damaged tags arrive as such; their security is never written. A plan may be, on any tag.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::dialogue::{self, Dialogue};
use crate::pad::complete::Completeness;
use crate::pad::trouble::Troubles;
use crate::pad::{DownCause, Input, Output, PadConfig};
use crate::presence::{self, Presence};
use crate::tag::TagId;
use crate::uhf::{Ask, Capabilities, Epc, Reply, UhfProtocol};

mod around;
mod banks;
mod jobs;
mod known;
mod link;
mod power;
mod programming;
mod reading;
mod sweep;
mod writing;

use banks::BankReading;
use jobs::Job;
use known::{Cuts, Known, Sightings, Stranger};
use power::Powering;
use programming::Programming;
use reading::Reading;
use writing::Writing;

/// The machine.
#[derive(Clone, Debug)]
pub struct UhfPad<P: UhfProtocol> {
    config: PadConfig,
    capabilities: Capabilities,
    dialogue: Dialogue<P>,
    presence: Presence<TagId>,
    step: Step,
    completeness: Completeness,
    troubles: Troubles,
    /// What a sweep has heard.
    untold: sweep::Untold,
    /// The tags on the pad.
    known: BTreeMap<TagId, Known>,
    /// EPCs of which it is not known who says them.
    strangers: BTreeMap<Epc, Stranger>,
    /// The last round.
    sightings: Sightings,
    cuts: Cuts,
    jobs: VecDeque<Job>,
    /// The transmit power that the reader is to have.
    power: Option<u16>,
    to_confirm: VecDeque<TagId>,
    to_read: VecDeque<Epc>,
    /// A tag whose call was not answered at all: no evidence against it if the reader is silent.
    in_doubt: Option<TagId>,
    /// Something was told since the last Complete.
    has_changed: bool,
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
    Preparing {
        step: u8,
    },
    Identifying,
    Powering(Powering),
    /// Between two steps: nothing is asked.
    Idle,
    Resting {
        until: Instant,
    },
    Round,
    Confirming {
        tag: TagId,
        tries: u8,
    },
    Reading(Box<Reading>),
    Writing(Box<Writing>),
    Programming(Box<Programming>),
    Dumping {
        request: u64,
        tag: TagId,
        reading: Box<BankReading>,
    },
}

impl<P: UhfProtocol> UhfPad<P> {
    /// A pad whose port is not open yet.
    pub fn new(protocol: P, config: PadConfig) -> Self {
        Self {
            capabilities: protocol.capabilities(),
            dialogue: Dialogue::new(protocol, config.patience),
            presence: Presence::new(config.depart_rounds),
            step: Step::Closed,
            completeness: Completeness::default(),
            troubles: Troubles::new(),
            untold: sweep::Untold::default(),
            known: BTreeMap::new(),
            strangers: BTreeMap::new(),
            sightings: Sightings::default(),
            cuts: Cuts::default(),
            jobs: VecDeque::new(),
            power: config.power,
            config,
            to_confirm: VecDeque::new(),
            to_read: VecDeque::new(),
            in_doubt: None,
            has_changed: false,
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
        !matches!(
            self.step,
            Step::Closed
                | Step::Probing
                | Step::Preparing { .. }
                | Step::Identifying
                | Step::Powering(Powering::Opening { .. })
        )
    }

    /// How many commands wait for their outcome.
    pub fn n_jobs(&self) -> usize {
        let is_busy = matches!(
            self.step,
            Step::Writing(_) | Step::Programming(_) | Step::Dumping { .. } | Step::Powering(_)
        );
        self.jobs.len() + usize::from(is_busy)
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
            Step::Probing => self.prepare(now, 0),
            Step::Preparing { step } => self.prepare(now, step.saturating_add(1)),
            Step::Identifying => self.identified(now, reply, out),
            Step::Powering(powering) => self.powered(powering, reply, out),
            Step::Round => match reply {
                Reply::Found(found) if self.config.is_sweep => self.end_sweep(now, found, out),
                Reply::Found(found) => self.end_round(now, found, out),
                Reply::Done | Reply::Reader(_) | Reply::Words(_) | Reply::Missing | Reply::Refused(_) => {
                    self.void_round(DownCause::Refuses, out)
                }
            },
            Step::Confirming { tag, tries } => self.confirm(now, tag, tries, reply, out),
            Step::Reading(reading) => self.read(now, *reading, reply, out),
            Step::Writing(writing) => self.write(now, writing.reply(reply), out),
            Step::Programming(programming) => self.program(now, programming.reply(reply), out),
            Step::Dumping { request, tag, reading } => {
                self.dump(now, request, tag, reading.reply(reply), out)
            }
            step @ (Step::Closed | Step::Idle | Step::Resting { .. }) => self.step = step,
        }
    }

    /// Chooses what to do when nothing is under way: commands, doubts, strangers, the next round.
    fn next(&mut self, now: Instant, out: &mut Vec<Output>) {
        if let Some(job) = self.jobs.pop_front() {
            return self.begin(now, job, out);
        }
        while let Some(tag) = self.to_confirm.pop_front() {
            if self.capabilities.is_call_slow && self.presence.looks_left(tag) > 1 {
                continue;
            }
            if let Some(ask) = self.call(tag) {
                // Of many, each round is cheaper evidence than many calls.
                let tries = if self.to_confirm.len() < FEW { CONFIRM_TRIES } else { 0 };
                let step = Step::Confirming { tag, tries };
                return self.ask(now, step, ask, Duration::ZERO);
            }
        }
        while let Some(epc) = self.to_read.pop_front() {
            if self.strangers.contains_key(&epc) {
                let (reading, ask) = Reading::begin(epc, self.capabilities.by_tid);
                return self.ask(now, Step::Reading(Box::new(reading)), ask, Duration::ZERO);
            }
        }
        if self.tell_complete(out) {
            self.step = Step::Resting { until: self.next_round(now) };
            return;
        }
        self.round_at = Some(now);
        self.ask(now, Step::Round, Ask::Inventory, Duration::ZERO);
    }

    fn ask(&mut self, now: Instant, step: Step, ask: Ask, after: Duration) {
        self.step = step;
        self.tell_dialogue(now, dialogue::Input::Ask { ask, after });
    }

    fn tell_dialogue(&mut self, now: Instant, input: dialogue::Input<'_, Ask>) {
        self.dialogue.handle(now, input, &mut self.said);
    }

    fn tell_presence(&mut self, input: presence::Input<'_, TagId>) -> Vec<presence::Output<TagId>> {
        let mut told = Vec::new();
        self.presence.handle(input, &mut told);
        told
    }
}

/// A doubted tag is asked once and at most this often again before the next round.
const CONFIRM_TRIES: u8 = 6;
/// So many more doubted tags are few.
const FEW: usize = 2;

#[cfg(test)]
mod tests;
