//! The machine of a card dispenser.
//!
//! ```text
//!  Closed ─▶ Quiet ─▶ ask ─taken─▶ wait ─state─▶ Rest ─▶ ask ..
//!                      │ no word       │ no word        a state decides: begin a motion, go on waiting, end it
//!                      └───── Quiet ◀──┘
//! ```

use std::time::{Duration, Instant};

use rfid_driver::frame::{Item, Items, Resync};

use super::{Command, Dialect, Down, Event, Fault, Heard, Motion, Op, Place, State, Stock};
use crate::device::{Input, LinkFault, Machine, Output};

/// The times of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long the word that a command has arrived may take.
    pub taken: Duration,
    /// How long an answer may take.
    pub answer: Duration,
    /// How long a motion may take.
    pub motion: Duration,
    /// A motion without an answer has begun by then.
    pub begin: Duration,
    /// So much silence means that no late answer comes any more.
    pub quiet: Duration,
    /// The pause between two questions.
    pub poll: Duration,
    /// The same while a card moves.
    pub poll_moving: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            taken: Duration::from_millis(300),
            answer: Duration::from_secs(2),
            motion: Duration::from_secs(15),
            begin: Duration::from_secs(1),
            quiet: Duration::from_millis(200),
            poll: Duration::from_secs(1),
            poll_moving: Duration::from_millis(200),
        }
    }
}

/// The machine.
#[derive(Debug)]
pub struct Dispenser<D: Dialect> {
    dialect: D,
    patience: Patience,
    frames: Resync<D::Frames>,
    phase: Phase,
    state: Option<State>,
    job: Option<Job>,
    /// it was reset since the port was opened, or is to be
    has_reset: bool,
    n_silent: u32,
    has_told_down: bool,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Closed,
    Quiet {
        until: Instant,
        at_most: Instant,
    },
    Rest {
        until: Instant,
    },
    /// A command was sent.
    Sent {
        op: Op,
        until: Instant,
    },
    /// It has arrived.
    Taken {
        op: Op,
        until: Instant,
    },
}

/// A motion that somebody waits for.
#[derive(Clone, Copy, Debug)]
struct Job {
    number: u64,
    motion: Motion,
    until: Instant,
    n_sent: u32,
    /// when the command had arrived
    taken: Option<Instant>,
}

impl<D: Dialect> Dispenser<D> {
    /// A dispenser whose port is not open yet.
    #[must_use]
    pub fn new(dialect: D, patience: Patience) -> Self {
        Self {
            dialect,
            patience,
            frames: Resync::new(GAP),
            phase: Phase::Closed,
            state: None,
            job: None,
            has_reset: false,
            n_silent: 0,
            has_told_down: false,
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
            if let Item::Frame(frame) = item
                && let Some(heard) = self.dialect.hear(frame)
            {
                self.heard(now, heard, out);
            }
        }
        if let Phase::Quiet { until, at_most } = &mut self.phase
            && !bytes.is_empty()
        {
            *until = (now + self.patience.quiet).min(*at_most);
        }
    }

    fn heard(&mut self, now: Instant, heard: Heard, out: &mut Vec<Output<Event>>) {
        match (self.phase, heard) {
            (Phase::Sent { op, .. }, Heard::Taken) => self.taken(now, op, out),
            (Phase::Sent { .. }, Heard::NotTaken) => self.be_quiet(now),
            // Without the word that it has arrived, an answer says so too.
            (Phase::Sent { op, .. } | Phase::Taken { op, .. }, Heard::State(state)) if op == Op::Status => {
                self.confirm(out);
                self.known(now, state, out);
            }
            (Phase::Sent { op, .. } | Phase::Taken { op, .. }, Heard::Done) if op != Op::Status => {
                self.confirm(out);
                self.ask(now, Op::Status, out);
            }
            (Phase::Sent { op, .. } | Phase::Taken { op, .. }, Heard::Refused(fault)) => {
                self.confirm(out);
                self.refused(now, op, fault, out);
            }
            // An answer to a question that nobody asks any more.
            (
                Phase::Closed
                | Phase::Quiet { .. }
                | Phase::Rest { .. }
                | Phase::Sent { .. }
                | Phase::Taken { .. },
                _,
            ) => {}
        }
    }

    fn taken(&mut self, now: Instant, op: Op, out: &mut Vec<Output<Event>>) {
        if let Some(execute) = self.dialect.execute() {
            out.push(Output::Send(execute));
        }
        if let (Op::Move(_), Some(job)) = (op, &mut self.job) {
            job.taken = Some(now);
        }
        let answers = op == Op::Status || self.dialect.answers_motions();
        let time = if op == Op::Status { self.patience.answer } else { self.patience.motion };
        self.phase = if answers {
            Phase::Taken { op, until: now + time }
        } else {
            Phase::Rest { until: now + self.patience.poll_moving }
        };
    }

    fn confirm(&self, out: &mut Vec<Output<Event>>) {
        if let Some(confirm) = self.dialect.confirm() {
            out.push(Output::Send(confirm));
        }
    }

    fn refused(&mut self, now: Instant, op: Op, fault: Fault, out: &mut Vec<Output<Event>>) {
        match op {
            // After power-on it wants this first; once, for a reset moves what it holds.
            Op::Status | Op::Move(_) if fault == Fault::NotReset && !self.has_reset => {
                self.has_reset = true;
                self.ask(now, Op::Reset, out);
            }
            Op::Status | Op::Reset => {
                let before = self.state.unwrap_or_default();
                self.known(now, State { fault: Some(fault), is_moving: false, ..before }, out);
            }
            Op::Move(_) => {
                self.end(Err(fault), out);
                self.ask(now, Op::Status, out);
            }
        }
    }

    fn ask(&mut self, now: Instant, op: Op, out: &mut Vec<Output<Event>>) {
        self.phase = Phase::Sent { op, until: now + self.patience.taken };
        out.push(Output::Send(self.dialect.command(op)));
    }

    /// The dispenser has said how it is.
    fn known(&mut self, now: Instant, state: State, out: &mut Vec<Output<Event>>) {
        self.n_silent = 0;
        if self.state.replace(state) != Some(state) || self.has_told_down {
            self.has_told_down = false;
            out.push(Output::Event(Event::State(state)));
        }
        let wants_reset = state.fault == Some(Fault::NotReset) && !self.has_reset;
        match self.job {
            _ if wants_reset => {
                self.has_reset = true;
                self.ask(now, Op::Reset, out);
            }
            Some(job) => self.go_on(now, job, state, out),
            None => self.rest(now, state.is_moving),
        }
    }

    fn rest(&mut self, now: Instant, is_moving: bool) {
        let pause = if is_moving { self.patience.poll_moving } else { self.patience.poll };
        self.phase = Phase::Rest { until: now + pause };
    }

    /// What becomes of a motion, now that it is known where the card is.
    fn go_on(&mut self, now: Instant, job: Job, state: State, out: &mut Vec<Output<Event>>) {
        let begins = job.taken.is_some_and(|taken| now < taken + self.patience.begin);
        match decide(&job, state, begins && !self.dialect.answers_motions()) {
            Next::End(outcome) => {
                self.end(outcome, out);
                self.rest(now, false);
            }
            Next::Wait if job.until <= now => {
                self.end(Err(Fault::Missed), out);
                self.rest(now, false);
            }
            Next::Wait => self.rest(now, true),
            Next::Send => {
                let job = Job { n_sent: job.n_sent + 1, ..job };
                self.job = Some(job);
                self.ask(now, Op::Move(job.motion), out);
            }
        }
    }

    fn end(&mut self, outcome: Result<(), Fault>, out: &mut Vec<Output<Event>>) {
        if let Some(Job { number, .. }) = self.job.take() {
            out.push(Output::Event(Event::Moved { number, outcome }));
        }
    }

    fn be_quiet(&mut self, now: Instant) {
        let at_most = now + self.patience.quiet * MAX_QUIET;
        self.phase = Phase::Quiet { until: now + self.patience.quiet, at_most };
    }

    /// A command has no answer.
    fn silent(&mut self, now: Instant, out: &mut Vec<Output<Event>>) {
        self.n_silent = self.n_silent.saturating_add(1);
        if self.n_silent >= MAX_SILENT {
            self.end(Err(Fault::Silent), out);
            self.state = None;
            if !std::mem::replace(&mut self.has_told_down, true) {
                out.push(Output::Event(Event::Down(Down::Silent)));
            }
        }
        self.be_quiet(now);
    }

    fn lost(&mut self, fault: LinkFault, out: &mut Vec<Output<Event>>) {
        self.end(Err(Fault::Silent), out);
        self.frames.clear();
        (self.phase, self.state, self.has_told_down) = (Phase::Closed, None, true);
        out.push(Output::Event(Event::Down(fault.into())));
    }

    fn command(&mut self, now: Instant, command: Command, out: &mut Vec<Output<Event>>) {
        match command {
            Command::Reset => {
                self.has_reset = false;
                if let Phase::Rest { .. } = self.phase {
                    self.has_reset = true;
                    self.ask(now, Op::Reset, out);
                }
            }
            Command::Move { number, motion } => {
                let is_here = !matches!(self.phase, Phase::Closed) && !self.has_told_down;
                let refusal =
                    if self.job.is_some() { Some(Fault::Busy) } else { (!is_here).then_some(Fault::Silent) };
                if let Some(fault) = refusal {
                    out.push(Output::Event(Event::Moved { number, outcome: Err(fault) }));
                    return;
                }
                let until = now + self.patience.motion;
                self.job = Some(Job { number, motion, until, n_sent: 0, taken: None });
                if let Phase::Rest { .. } = self.phase {
                    self.ask(now, Op::Status, out);
                }
            }
        }
    }
}

enum Next {
    End(Result<(), Fault>),
    Wait,
    Send,
}

/// What a state means for a motion. `begins`: it may not have begun yet.
fn decide(job: &Job, state: State, begins: bool) -> Next {
    let is_sent = job.n_sent > 0;
    let is_there = match job.motion {
        Motion::Feed => state.place == Place::Reading,
        // Perhaps it was taken already.
        Motion::Present => state.place == Place::Gate || is_sent && state.place == Place::Nowhere,
        Motion::Capture => is_sent && state.place == Place::Nowhere,
    };
    if state.is_moving {
        return Next::Wait;
    }
    if is_there {
        return Next::End(Ok(()));
    }
    if let Some(fault) = state.fault {
        return Next::End(Err(fault));
    }
    match job.motion {
        Motion::Feed if state.stock == Stock::Empty && !is_sent => return Next::End(Err(Fault::Empty)),
        Motion::Feed if state.place != Place::Nowhere && !is_sent => return Next::End(Err(Fault::Busy)),
        Motion::Present if state.place == Place::Nowhere => return Next::End(Err(Fault::Missed)),
        // A hand was quicker, or it never left the stack: who asked knows.
        Motion::Capture if state.place == Place::Nowhere => return Next::End(Err(Fault::Missed)),
        Motion::Capture if state.is_bin_full => return Next::End(Err(Fault::BinFull)),
        Motion::Feed | Motion::Present | Motion::Capture => {}
    }
    match (is_sent, job.taken) {
        (false, _) => Next::Send,
        // It did not arrive, and the card is where it was: it may be sent again.
        (true, None) if job.n_sent < MAX_SENT => Next::Send,
        (true, None) => Next::End(Err(Fault::Silent)),
        (true, Some(_)) if begins => Next::Wait,
        (true, Some(_)) => Next::End(Err(Fault::Missed)),
    }
}

impl<D: Dialect> Machine for Dispenser<D> {
    type Command = Command;
    type Event = Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Command>, out: &mut Vec<Output<Event>>) {
        match input {
            Input::Opened => {
                (self.n_silent, self.has_reset, self.has_told_down) = (0, false, false);
                self.ask(now, Op::Status, out);
            }
            Input::Lost(fault) => self.lost(fault, out),
            Input::Bytes(bytes) => self.bytes(now, bytes, out),
            Input::Command(command) => self.command(now, command, out),
            Input::Tick => {}
        }
        self.bytes(now, &[], out);
        match self.phase {
            Phase::Sent { until, .. } | Phase::Taken { until, .. } if until <= now => self.silent(now, out),
            Phase::Quiet { until, .. } | Phase::Rest { until } if until <= now => {
                self.ask(now, Op::Status, out);
            }
            Phase::Closed
            | Phase::Quiet { .. }
            | Phase::Rest { .. }
            | Phase::Sent { .. }
            | Phase::Taken { .. } => {}
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let phase = match self.phase {
            Phase::Closed => None,
            Phase::Quiet { until, .. }
            | Phase::Rest { until }
            | Phase::Sent { until, .. }
            | Phase::Taken { until, .. } => Some(until),
        };
        phase.into_iter().chain(self.frames.deadline()).min()
    }
}

/// The longest silence within a frame.
const GAP: Duration = Duration::from_millis(50);
const MAX_SILENT: u32 = 4;
const MAX_SENT: u32 = 3;
const MAX_QUIET: u32 = 10;

#[cfg(test)]
mod tests;
