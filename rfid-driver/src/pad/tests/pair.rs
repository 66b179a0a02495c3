//! A pad and an emulated reader on one table, with virtual time and a bad cable between them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::data::WritePlan;
use crate::emulator::{self, EmulatedTag, Emulator, EmulatorConfig, Model, script};
use crate::hf::HfProtocol;
use crate::hf::m810::M810;
use crate::hf::obid::Obid;
use crate::pad::{
    Command, DownCause, Input, Output, Pad, PadConfig, Plan, ReaderEvent, Trouble, WriteOutcome,
};
use crate::tag::{Security, SecurityPolicy, TagId, Uid};

/// A family of readers: both sides of the wire.
pub(super) trait Family: HfProtocol {
    /// The emulated reader.
    const MODEL: Model;

    fn host() -> Self;

    /// That reader at its maker's speed, answering at once.
    fn fast() -> EmulatorConfig {
        EmulatorConfig { model: Self::MODEL, ..EmulatorConfig::default() }
    }

    /// The same, with the times of line, air and tags.
    fn real() -> EmulatorConfig {
        EmulatorConfig { timing: Self::MODEL.timing(Self::MODEL.baud()), ..Self::fast() }
    }
}

impl Family for Obid {
    const MODEL: Model = Model::Mr101;

    fn host() -> Self {
        Self::new(255)
    }
}

impl Family for M810 {
    const MODEL: Model = Model::M810;

    fn host() -> Self {
        Self::new()
    }
}

pub(super) struct Pair<P: Family> {
    pub(super) pad: Pad<P>,
    pub(super) emulator: Emulator,
    pub(super) now: Instant,
    pub(super) events: Vec<ReaderEvent>,
    /// Frames in both directions, as they were sent.
    pub(super) transcript: Vec<String>,
    /// Every so-manieth request is damaged on the line.
    pub(super) damage_every: usize,
    /// Answers come in pieces of so many bytes.
    pub(super) piece: usize,
    is_plugged: bool,
    is_open: bool,
    reopen_at: Option<Instant>,
    n_sent: usize,
    next_request: u64,
    watch: Watch,
}

/// Checks what holds at all times.
#[derive(Default)]
struct Watch {
    /// On the pad, as far as events tell.
    there: BTreeMap<TagId, ()>,
    /// Requests without an outcome, and the state before.
    open: BTreeMap<u64, (Uid, Security, (u8, bool))>,
    outcomes: Vec<(u64, WriteOutcome)>,
    /// Requests to write a tag or to read it in full, without an answer.
    others: BTreeSet<u64>,
    troubles: BTreeSet<Trouble>,
}

impl<P: Family> Pair<P> {
    pub(super) fn new(config: EmulatorConfig) -> Self {
        let mut pair = Self {
            pad: Pad::new(P::host(), PadConfig::default()),
            emulator: Emulator::new(config),
            now: crate::testing::start(),
            events: Vec::new(),
            transcript: Vec::new(),
            damage_every: 0,
            piece: 4096,
            is_plugged: true,
            is_open: false,
            reopen_at: None,
            n_sent: 0,
            next_request: 0,
            watch: Watch::default(),
        };
        pair.open();
        pair
    }

    /// Carries out a line of the emulator's protocol, which must be right.
    pub(super) fn line(&mut self, line: &str) -> String {
        let reply = script::run(&mut self.emulator, line);
        match reply.effect {
            Some(script::Effect::Unplug) => self.unplug(),
            Some(script::Effect::Plug) => self.is_plugged = true,
            Some(script::Effect::Quit) | None => {}
        }
        reply.end.unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// Defines items I1, I2...
    pub(super) fn items(&mut self, n: usize) -> Vec<String> {
        let names: Vec<String> = (1..=n).map(|at| format!("I{at}")).collect();
        for name in &names {
            self.line(&format!("book {name} owner=CN-110108-1-NLC set=1/1"));
        }
        names
    }

    pub(super) fn set(&mut self, name: &str, to: Security) -> u64 {
        let (uid, state) = self.emulator.tag(name).map(|tag| (tag.uid, state(tag))).unwrap();
        let request = self.next_request;
        self.next_request += 1;
        self.watch.open.insert(request, (uid, to, state));
        self.feed(Input::Command(Command::SetSecurity { request, tag: uid.into(), to }));
        request
    }

    /// Asks for all that a tag holds.
    pub(super) fn dump(&mut self, name: &str) -> u64 {
        let request = self.other();
        let tag = self.emulator.tag(name).unwrap().uid.into();
        self.feed(Input::Command(Command::Dump { request, tag }));
        request
    }

    /// Writes a tag by a plan that was made for what it held before.
    pub(super) fn program(&mut self, name: &str, before: &[u8], plan: &WritePlan, to: Security) -> u64 {
        let request = self.other();
        let tag = self.emulator.tag(name).unwrap().uid.into();
        let plan = Plan::Blocks { before: before.to_vec(), plan: plan.clone() };
        self.feed(Input::Command(Command::Program { request, tag, plan, to }));
        request
    }

    fn other(&mut self) -> u64 {
        let request = self.next_request;
        self.next_request += 1;
        self.watch.others.insert(request);
        request
    }

    /// How many answers to [`Self::dump`] and [`Self::program`] are still to come.
    pub(super) fn n_open(&self) -> usize {
        self.watch.others.len()
    }

    pub(super) fn outcome(&self, request: u64) -> Option<WriteOutcome> {
        self.watch.outcomes.iter().find(|(of, _)| *of == request).map(|(_, outcome)| *outcome)
    }

    pub(super) fn outcomes(&self) -> usize {
        self.watch.outcomes.len()
    }

    pub(super) fn n_there(&self) -> usize {
        self.watch.there.len()
    }

    /// The number of the last Complete, if nothing has changed since.
    pub(super) fn complete(&self) -> Option<usize> {
        match self.events.last() {
            Some(ReaderEvent::Complete { n }) => Some(*n),
            _ => None,
        }
    }

    /// Goes on until a condition holds; panics when it does not within `limit`.
    pub(super) fn until(&mut self, limit: Duration, what: &str, is_met: impl Fn(&Self) -> bool) {
        let end = self.now + limit;
        while !is_met(self) {
            assert!(self.now < end && self.step(), "{what} not within {limit:?}; events: {:#?}", self.events);
        }
    }

    pub(super) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.due().is_some_and(|due| due <= end) && self.step() {}
        self.now = self.now.max(end);
    }

    /// To the next moment at which something is due.
    pub(super) fn step(&mut self) -> bool {
        let Some(due) = self.due() else { return false };
        self.now = self.now.max(due);
        if self.is_open {
            self.exchange(emulator::Input::Tick);
            self.feed(Input::Tick);
        } else if self.reopen_at.is_some_and(|at| at <= self.now) {
            self.open();
        }
        true
    }

    fn due(&self) -> Option<Instant> {
        if !self.is_open {
            return self.reopen_at;
        }
        self.pad.deadline().into_iter().chain(self.emulator.deadline()).min()
    }

    fn open(&mut self) {
        self.reopen_at = None;
        if !self.is_plugged {
            self.reopen_at = Some(self.now + REOPEN);
            return;
        }
        self.is_open = true;
        self.feed(Input::Opened);
    }

    fn unplug(&mut self) {
        self.is_plugged = false;
        self.emulator.unplug();
        self.close();
        self.feed(Input::Lost(DownCause::Unplugged));
    }

    fn close(&mut self) {
        self.is_open = false;
        self.reopen_at = Some(self.now + REOPEN);
    }

    pub(super) fn feed(&mut self, input: Input<'_>) {
        let mut out = Vec::new();
        self.pad.handle(self.now, input, &mut out);
        let mut sends = Vec::new();
        for output in out {
            match output {
                Output::Event(event) => self.take_event(event),
                Output::Reopen => self.close(),
                Output::Send(bytes) => sends.push(bytes),
            }
        }
        for mut bytes in sends.into_iter().filter(|_| self.is_open).collect::<Vec<_>>() {
            self.transcript.push(format!("> {}", hex(&bytes)));
            self.n_sent += 1;
            if self.damage_every > 0 && self.n_sent.is_multiple_of(self.damage_every) {
                let at = self.n_sent % bytes.len();
                bytes[at] ^= 0x10;
            }
            self.exchange(emulator::Input::Bytes(&bytes));
        }
    }

    fn exchange(&mut self, input: emulator::Input<'_>) {
        let mut answers = Vec::new();
        self.emulator.handle(self.now, input, &mut answers);
        for answer in answers {
            self.transcript.push(format!("< {}", hex(&answer)));
            for piece in answer.chunks(self.piece) {
                if self.is_open {
                    self.feed(Input::Bytes(piece));
                }
            }
        }
    }

    fn take_event(&mut self, event: ReaderEvent) {
        let watch = &mut self.watch;
        match &event {
            ReaderEvent::Arrived(arrival) => {
                assert!(watch.there.insert(arrival.tag, ()).is_none(), "arrived twice: {arrival:?}");
            }
            ReaderEvent::Departed { tag } => {
                assert!(watch.there.remove(tag).is_some(), "departed twice: {tag}")
            }
            ReaderEvent::Complete { n } => assert_eq!(*n, watch.there.len(), "complete with another number"),
            ReaderEvent::Wrote { request, tag: of, outcome } => {
                let (asked, to, before) =
                    watch.open.remove(request).expect("an outcome that nobody asked for");
                assert_eq!(*of, asked.into());
                let tag = self.emulator.tags().find(|(_, tag)| tag.uid == asked).unwrap().1;
                let wanted = (SecurityPolicy::default().afi(to).0, to == Security::Secured);
                match outcome {
                    WriteOutcome::Verified => assert_eq!(state(tag), wanted, "verified what is not there"),
                    WriteOutcome::Gone | WriteOutcome::Refused => {
                        assert_eq!(state(tag), before, "{outcome:?} but changed")
                    }
                    WriteOutcome::Uncertain => {}
                }
                watch.outcomes.push((*request, *outcome));
                // What comes next for this tag finds it as this one leaves it.
                let now = state(tag);
                watch
                    .open
                    .values_mut()
                    .filter(|(of, ..)| *of == asked)
                    .for_each(|(.., before)| *before = now);
            }
            ReaderEvent::Programmed { request, .. } | ReaderEvent::Dumped { request, .. } => {
                assert!(watch.others.remove(request), "an answer that nobody asked for, or a second one");
            }
            ReaderEvent::Trouble(trouble) => {
                assert!(watch.troubles.insert(trouble.clone()), "told twice: {trouble:?}");
            }
            ReaderEvent::TroubleOver(trouble) => {
                assert!(watch.troubles.remove(trouble), "not told: {trouble:?}");
            }
            ReaderEvent::Up(_) | ReaderEvent::Down(_) | ReaderEvent::Heard(_) | ReaderEvent::Power { .. } => {
            }
        }
        self.events.push(event);
    }
}

fn state(tag: &EmulatedTag) -> (u8, bool) {
    (tag.afi.0, tag.eas)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

const REOPEN: Duration = Duration::from_millis(200);
