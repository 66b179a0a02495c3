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

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use crate::dialogue::{self, Dialogue, Patience};
use crate::hf::{Ask, Capabilities, HfProtocol, Identity, Reply};
use crate::presence::{self, Presence};
use crate::tag::{Afi, SecurityPolicy, TagId, Uid};

mod event;
mod reading;
mod round;
mod writing;

pub use event::{Arrival, Command, DownCause, OpenError, ReaderEvent, WriteOutcome};
use reading::Reading;
use round::Round;
use writing::{Job, Writing};

/// The times and rules of a pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PadConfig {
    /// Times and counts of the dialogue.
    pub patience: Patience,
    /// The pause between rounds while nothing changes.
    pub poll: Duration,
    /// How many rounds must miss a tag before it is doubted.
    pub depart_rounds: u8,
    /// How security is marked.
    pub security: SecurityPolicy,
}

impl Default for PadConfig {
    fn default() -> Self {
        Self {
            patience: Patience::default(),
            poll: Duration::from_millis(100),
            depart_rounds: 3,
            security: SecurityPolicy::default(),
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
    /// Tags that were seen but not read, with the number of failed readings.
    unread: BTreeMap<Uid, u8>,
    /// AFI of the tags that were read.
    afis: BTreeMap<Uid, Afi>,
    jobs: VecDeque<Job>,
    to_confirm: VecDeque<Uid>,
    to_read: VecDeque<Uid>,
    /// Something was told since the last Complete.
    has_changed: bool,
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
    Writing(Writing),
}

impl<P: HfProtocol> Pad<P> {
    /// A pad whose port is not open yet.
    pub fn new(protocol: P, config: PadConfig) -> Self {
        Self {
            config,
            capabilities: protocol.capabilities(),
            dialogue: Dialogue::new(protocol, config.patience),
            presence: Presence::new(config.depart_rounds),
            step: Step::Closed,
            unread: BTreeMap::new(),
            afis: BTreeMap::new(),
            jobs: VecDeque::new(),
            to_confirm: VecDeque::new(),
            to_read: VecDeque::new(),
            has_changed: false,
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
            Input::Command(Command::SetSecurity { request, tag, to }) => match tag {
                TagId::Uid(uid) => self.command(Job { request, uid, to }, out),
                TagId::Tid(_) | TagId::Content(_) => {
                    let outcome = WriteOutcome::Gone;
                    out.push(Output::Event(ReaderEvent::Wrote { request, tag, outcome }));
                }
            },
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
        self.jobs.len() + usize::from(matches!(self.step, Step::Writing(_)))
    }

    /// How many bytes belonged to no frame so far: a measure of the cable.
    pub fn n_garbage(&self) -> u64 {
        self.n_garbage
    }

    fn command(&mut self, job: Job, out: &mut Vec<Output>) {
        if self.is_up() && self.presence.missed(job.uid).is_some() {
            self.jobs.push_back(job);
        } else {
            wrote(job, WriteOutcome::Gone, out);
        }
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
                round::Next::Done(found) => self.end_round(now, &found, out),
                round::Next::Void => self.void_round(DownCause::Refuses, out),
            },
            Step::Confirming { uid, tries } => self.confirm(now, uid, tries, reply, out),
            Step::Reading(reading) => match reading.reply(now, reply) {
                reading::Next::Ask(reading, _) if !self.jobs.is_empty() => {
                    self.to_read.push_front(reading.uid())
                }
                reading::Next::Ask(reading, ask) => {
                    self.ask(now, Step::Reading(reading), ask, Duration::ZERO)
                }
                reading::Next::Done(uid, arrival) => self.arrive(uid, *arrival, out),
                reading::Next::Missed(uid) => self.missed_reading(now, uid, out),
            },
            Step::Writing(writing) => self.write(now, writing.reply(reply), out),
            step @ (Step::Closed | Step::Idle | Step::Resting { .. }) => self.step = step,
        }
    }

    /// Chooses what to do when nothing is under way: commands, doubts, new tags, the next round.
    fn next(&mut self, now: Instant, out: &mut Vec<Output>) {
        if let Some(job) = self.jobs.pop_front() {
            return self.begin_write(now, job, out);
        }
        if let Some(uid) = self.to_confirm.pop_front() {
            return self.ask(
                now,
                Step::Confirming { uid, tries: CONFIRM_TRIES },
                Ask::System { uid },
                Duration::ZERO,
            );
        }
        while let Some(uid) = self.to_read.pop_front() {
            if self.unread.contains_key(&uid) {
                let (reading, ask) = Reading::begin(uid, self.config.security);
                return self.ask(now, Step::Reading(reading), ask, Duration::ZERO);
            }
        }
        let (round, ask) = Round::begin(self.capabilities);
        self.ask(now, Step::Round(round), ask, Duration::ZERO);
    }

    fn identified(&mut self, reply: &Reply, out: &mut Vec<Output>) {
        match reply {
            Reply::Reader(identity) => self.up(identity, out),
            Reply::Done
            | Reply::Found { .. }
            | Reply::System(_)
            | Reply::Blocks { .. }
            | Reply::Missing
            | Reply::Refused(_) => self.give_up(DownCause::Refuses, out),
        }
    }

    fn up(&mut self, identity: &Identity, out: &mut Vec<Output>) {
        self.down = None;
        self.has_changed = true;
        self.void_rounds = 0;
        out.push(Output::Event(ReaderEvent::Up(identity.clone())));
    }

    fn end_round(&mut self, now: Instant, found: &BTreeSet<Uid>, out: &mut Vec<Output>) {
        self.void_rounds = 0;
        let told = self.tell_presence(presence::Input::Round(found));
        self.to_confirm.clear();
        self.to_read.clear();
        let mut is_news = false;
        for output in told {
            is_news = true;
            match output {
                presence::Output::Arrived(uid) => {
                    self.unread.insert(uid, 0);
                }
                presence::Output::Doubted(uid) => self.to_confirm.push_back(uid),
                presence::Output::Departed(uid) => self.depart(uid, out),
            }
        }
        self.to_read.extend(self.unread.keys().filter(|uid| found.contains(uid)));
        if self.has_changed && !is_news && self.unread.is_empty() {
            self.has_changed = false;
            out.push(Output::Event(ReaderEvent::Complete { n: self.presence.n_tags() }));
        }
        let has_work = self.has_changed || !self.to_confirm.is_empty() || !self.to_read.is_empty();
        self.step = if has_work { Step::Idle } else { Step::Resting { until: now + self.config.poll } };
    }

    fn void_round(&mut self, cause: DownCause, out: &mut Vec<Output>) {
        self.void_rounds += 1;
        if self.void_rounds > MAX_VOID_ROUNDS {
            self.give_up(cause, out);
        }
    }

    fn confirm(&mut self, now: Instant, uid: Uid, tries: u8, reply: &Reply, out: &mut Vec<Output>) {
        let is_heard = matches!(reply, Reply::System(_) | Reply::Refused(_));
        match tries.checked_sub(1) {
            _ if is_heard => {
                self.tell_presence(presence::Input::Heard(uid));
            }
            Some(_) if !self.jobs.is_empty() => {}
            Some(tries) => {
                self.ask(now, Step::Confirming { uid, tries }, Ask::System { uid }, Duration::ZERO)
            }
            None => self.forget(uid, out),
        }
    }

    fn arrive(&mut self, uid: Uid, arrival: Arrival, out: &mut Vec<Output>) {
        self.tell_presence(presence::Input::Heard(uid));
        self.unread.remove(&uid);
        self.afis.extend(arrival.afi.map(|afi| (uid, afi)));
        self.has_changed = true;
        out.push(Output::Event(ReaderEvent::Arrived(arrival)));
    }

    /// A tag that is seen again and again and never read is told all the same: somebody must take it off.
    fn missed_reading(&mut self, now: Instant, uid: Uid, out: &mut Vec<Output>) {
        let Some(failures) = self.unread.get_mut(&uid) else { return };
        *failures += 1;
        if *failures >= MAX_FAILED_READINGS {
            self.arrive(uid, Reading::unreadable(uid, now), out);
        }
    }

    fn depart(&mut self, uid: Uid, out: &mut Vec<Output>) {
        self.afis.remove(&uid);
        let was_told = self.unread.remove(&uid).is_none();
        if was_told {
            self.has_changed = true;
            out.push(Output::Event(ReaderEvent::Departed { tag: uid.into() }));
        }
    }

    /// A tag of which nothing certain is known departs, and arrives anew with what it says when it is next seen.
    fn forget(&mut self, uid: Uid, out: &mut Vec<Output>) {
        for output in self.tell_presence(presence::Input::Lost(uid)) {
            if let presence::Output::Departed(uid) = output {
                self.depart(uid, out);
            }
        }
    }

    fn begin_write(&mut self, now: Instant, job: Job, out: &mut Vec<Output>) {
        let Some(missed) = self.presence.missed(job.uid) else { return wrote(job, WriteOutcome::Gone, out) };
        let before = self.afis.get(&job.uid).copied();
        self.write(now, Writing::begin(job, self.config.security, before, missed > 0), out);
    }

    fn write(&mut self, now: Instant, next: writing::Next, out: &mut Vec<Output>) {
        match next {
            writing::Next::Ask(writing, ask, after) => self.ask(now, Step::Writing(writing), ask, after),
            writing::Next::Done(job, outcome, afi) => {
                match outcome {
                    WriteOutcome::Verified | WriteOutcome::Refused => {
                        self.tell_presence(presence::Input::Heard(job.uid));
                    }
                    WriteOutcome::Gone | WriteOutcome::Uncertain => {}
                }
                self.afis.extend(afi.map(|afi| (job.uid, afi)));
                wrote(job, outcome, out);
                if matches!(outcome, WriteOutcome::Gone | WriteOutcome::Uncertain) {
                    self.forget(job.uid, out);
                }
            }
        }
    }

    fn silent(&mut self, now: Instant, out: &mut Vec<Output>) {
        match std::mem::replace(&mut self.step, Step::Idle) {
            // Not every firmware knows what is set; whether it is there shows now.
            Step::Preparing => self.ask(now, Step::Identifying, Ask::Identify, Duration::ZERO),
            Step::Round(_) => self.void_round(DownCause::Silent, out),
            step @ (Step::Closed
            | Step::Probing
            | Step::Identifying
            | Step::Idle
            | Step::Resting { .. }
            | Step::Confirming { .. }
            | Step::Reading(_)
            | Step::Writing(_)) => {
                self.step = step;
                self.give_up(DownCause::Silent, out);
            }
        }
    }

    fn give_up(&mut self, cause: DownCause, out: &mut Vec<Output>) {
        self.lose(cause, out);
        out.push(Output::Reopen);
    }

    fn lose(&mut self, cause: DownCause, out: &mut Vec<Output>) {
        if let Step::Writing(writing) = std::mem::replace(&mut self.step, Step::Closed) {
            let (job, outcome) = writing.abandon();
            wrote(job, outcome, out);
            self.forget(job.uid, out);
        }
        for job in self.jobs.drain(..) {
            wrote(job, WriteOutcome::Gone, out);
        }
        self.said.clear();
        self.to_confirm.clear();
        self.to_read.clear();
        if self.down.as_ref() != Some(&cause) {
            self.down = Some(cause.clone());
            out.push(Output::Event(ReaderEvent::Down(cause)));
        }
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

fn wrote(job: Job, outcome: WriteOutcome, out: &mut Vec<Output>) {
    out.push(Output::Event(ReaderEvent::Wrote { request: job.request, tag: job.uid.into(), outcome }));
}

/// A doubted tag is asked once and this often again.
const CONFIRM_TRIES: u8 = 2;
/// So many rounds in a row may be cut short by the reader before it is given up.
const MAX_VOID_ROUNDS: u8 = 4;
/// In so many rounds a tag may be seen and not read before it is told as unreadable.
const MAX_FAILED_READINGS: u8 = 5;

#[cfg(test)]
mod tests;
