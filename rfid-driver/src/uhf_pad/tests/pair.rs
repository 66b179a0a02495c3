//! A UHF pad and an emulated reader on one table, with virtual time and a bad cable between them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::data::WordPlan;
use crate::emulator::{self, Emulator, EmulatorConfig, Gen2Tag, Model, script};
use crate::pad::{Command, DownCause, Input, Output, PadConfig, Plan, ReaderEvent, Trouble, WriteOutcome};
use crate::tag::{Security, TagId, Tid};
use crate::uhf::UhfProtocol;
use crate::uhf_pad::UhfPad;

/// A family of readers: both sides of the wire.
pub(super) trait Family: UhfProtocol + Default {
    /// The emulated reader.
    const MODEL: Model;

    /// That reader at its maker's speed, answering at once.
    fn fast() -> EmulatorConfig {
        EmulatorConfig { model: Self::MODEL, ..EmulatorConfig::default() }
    }

    /// The same, with the times of line, air and tags.
    fn real() -> EmulatorConfig {
        EmulatorConfig { timing: Self::MODEL.timing(Self::MODEL.baud()), ..Self::fast() }
    }
}

pub(super) struct Pair<P: Family> {
    pub(super) pad: UhfPad<P>,
    pub(super) emulator: Emulator,
    pub(super) now: Instant,
    pub(super) events: Vec<ReaderEvent>,
    /// When each event came.
    pub(super) times: Vec<Instant>,
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
    /// On the pad, as far as events tell, with the item each claims.
    there: BTreeMap<TagId, Option<String>>,
    /// Requests without an outcome.
    open: BTreeMap<u64, Open>,
    outcomes: Vec<(u64, WriteOutcome)>,
    troubles: BTreeSet<Trouble>,
    /// Dumps and programs without an answer.
    others: BTreeSet<u64>,
    /// Tags are written anew: an item's name is no longer its tag's.
    is_renamed: bool,
}

/// A request without an outcome, and the tag's bank before it.
struct Open {
    name: String,
    id: TagId,
    to: Security,
    before: Vec<u8>,
}

impl<P: Family> Pair<P> {
    pub(super) fn new(config: EmulatorConfig) -> Self {
        Self::with(P::default(), config, PadConfig::default())
    }

    pub(super) fn with(protocol: P, config: EmulatorConfig, pad: PadConfig) -> Self {
        let mut pair = Self {
            pad: UhfPad::new(protocol, pad),
            emulator: Emulator::new(config),
            now: crate::testing::start(),
            events: Vec::new(),
            times: Vec::new(),
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

    /// Defines items I1, I2... in both layouts by turns.
    pub(super) fn items(&mut self, n: usize) -> Vec<String> {
        let names: Vec<String> = (1..=n).map(|at| format!("I{at}")).collect();
        for (at, name) in names.iter().enumerate() {
            let line = if at % 3 == 2 { "layout=gaoxiao set=1/1" } else { "owner=CN-110108-1-NLC set=1/1" };
            self.line(&format!("book {name} {line}"));
        }
        names
    }

    pub(super) fn tag(&self, name: &str) -> &Gen2Tag {
        self.emulator.gen2(name).unwrap()
    }

    pub(super) fn id(&self, name: &str) -> TagId {
        TagId::Tid(Tid::new(&self.tag(name).tid).unwrap())
    }

    pub(super) fn set(&mut self, name: &str, to: Security) -> u64 {
        self.set_as(name, self.id(name), to)
    }

    /// The same for a tag that goes by another name than its serial number.
    pub(super) fn set_as(&mut self, name: &str, id: TagId, to: Security) -> u64 {
        let bank = self.tag(name).epc.clone();
        let request = self.next_request;
        self.next_request += 1;
        self.watch.open.insert(request, Open { name: name.to_owned(), id, to, before: bank });
        self.feed(Input::Command(Command::SetSecurity { request, tag: id, to }));
        request
    }

    /// Asks for all that a tag holds.
    pub(super) fn dump(&mut self, name: &str) {
        let (request, tag) = (self.other(), self.id(name));
        self.feed(Input::Command(Command::Dump { request, tag }));
    }

    /// Writes a tag by a plan.
    pub(super) fn program(&mut self, id: TagId, plan: &WordPlan, to: Security) {
        let request = self.other();
        self.watch.is_renamed = true;
        let plan = Plan::Words(plan.clone());
        self.feed(Input::Command(Command::Program { request, tag: id, plan, to }));
    }

    /// Sets the transmit power.
    pub(super) fn set_power(&mut self, centi_dbm: u16) {
        let request = self.other();
        self.feed(Input::Command(Command::SetPower { request, centi_dbm }));
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

    pub(super) fn n_departed(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, ReaderEvent::Departed { .. })).count()
    }

    /// The number of the last Complete, if nobody came or went since.
    pub(super) fn complete(&self) -> Option<usize> {
        let quiet = |event: &&ReaderEvent| {
            !matches!(
                event,
                ReaderEvent::Trouble(_)
                    | ReaderEvent::TroubleOver(_)
                    | ReaderEvent::Wrote { .. }
                    | ReaderEvent::Dumped { .. }
            )
        };
        match self.events.iter().rev().find(quiet) {
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

    /// The program that uses the pad begins anew: what it remembered is lost.
    pub(super) fn restart(&mut self, config: PadConfig) {
        self.pad = UhfPad::new(P::default(), config);
        self.emulator.unplug();
        self.watch.there.clear();
        self.watch.troubles.clear();
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
        self.times.push(self.now);
        match &event {
            ReaderEvent::Arrived(arrival) => {
                let item = crate::data::Decoded {
                    layout: None,
                    sureness: crate::data::Sureness::Guess,
                    data: arrival.data.clone(),
                    security: None,
                };
                let item = item.item_id().map(str::to_owned);
                self.check_item(arrival.tag, item.as_deref());
                let was_there = self.watch.there.insert(arrival.tag, item).is_some();
                assert!(!was_there, "arrived twice: {arrival:?}");
            }
            ReaderEvent::Departed { tag } => {
                assert!(self.watch.there.remove(tag).is_some(), "departed twice: {tag}")
            }
            ReaderEvent::Complete { n } => {
                assert_eq!(*n, self.watch.there.len(), "complete with another number")
            }
            ReaderEvent::Wrote { request, tag, outcome } => self.check_write(*request, *tag, *outcome),
            ReaderEvent::Trouble(trouble) => {
                assert!(self.watch.troubles.insert(trouble.clone()), "told twice: {trouble:?}")
            }
            ReaderEvent::TroubleOver(trouble) => {
                assert!(self.watch.troubles.remove(trouble), "over, but never begun: {trouble:?}")
            }
            ReaderEvent::Programmed { request, .. }
            | ReaderEvent::Dumped { request, .. }
            | ReaderEvent::Power { request: Some(request), .. } => {
                assert!(self.watch.others.remove(request), "nobody asked: {event:?}")
            }
            ReaderEvent::Up(_)
            | ReaderEvent::Down(_)
            | ReaderEvent::Power { request: None, .. }
            | ReaderEvent::Heard(_) => {}
        }
        self.events.push(event);
    }

    /// No tag is ever told as another item: the tags of these tests are named like their items.
    fn check_item(&self, tag: TagId, item: Option<&str>) {
        let TagId::Tid(tid) = tag else { return };
        if self.watch.is_renamed {
            return;
        }
        let is_its = |(name, tag): &(&str, &Gen2Tag)| {
            tag.tid.starts_with(tid.bytes()) && item.is_some_and(|item| name.split('_').next() == Some(item))
        };
        assert!(
            item.is_none() || self.emulator.gen2_tags().any(|tag| is_its(&tag)),
            "{tag} told as {item:?}"
        );
    }

    fn check_write(&mut self, request: u64, of: TagId, outcome: WriteOutcome) {
        let Open { name, id, to, before } =
            self.watch.open.remove(&request).expect("an outcome that nobody asked for");
        assert_eq!(of, id);
        let tag = self.tag(&name);
        let now = tag.epc.clone();
        match outcome {
            WriteOutcome::Verified => assert_eq!(tag.security(), Some(to), "verified what is not there"),
            WriteOutcome::Gone | WriteOutcome::Refused => {
                assert_eq!(tag.epc, before, "{outcome:?} but changed")
            }
            WriteOutcome::Uncertain => {}
        }
        self.watch.outcomes.push((request, outcome));
        // What comes next for this tag finds it as this one leaves it.
        let same = self.watch.open.values_mut().filter(|open| open.name == name);
        same.for_each(|open| open.before.clone_from(&now));
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

const REOPEN: Duration = Duration::from_millis(200);
