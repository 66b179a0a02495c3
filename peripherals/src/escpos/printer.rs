//! The machine of a receipt printer: asks how it is, prints one receipt after another, and knows when each is on paper.
//!
//! ```text
//!  Closed ─opened─▶ Quiet ─silence─▶ Asking 1,2,3,4 ─▶ Rest ─▶ Asking ..
//!                     ▲                 │ no answer       a round says how the printer is: [`Event::State`]
//!                     └─────────────────┘ late answers are let pass: they do not say of which group they are
//! ```
//! A job is sent only after a round in which all was well, and is [`Outcome::Printed`] only after the printer has answered
//! the question behind it *and* a later round was well. If something happens meanwhile, what is not printed yet is
//! dropped in the printer: the next patron must not find the rest of another's receipt.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rfid_driver::frame::{Item, Items, Resync};

use super::command;
use super::slip::Job;
use super::status::{Answer, Answers, PaperState, State};
use crate::device::{Input, LinkFault, Machine, Output};

/// What the machine is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Print this; answered by exactly one [`Event::Printed`] of the same number.
    Print {
        /// Its number.
        number: u64,
        /// The receipt.
        job: Job,
    },
}

/// What the machine tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// How the printer is: at the start, and whenever it changes.
    State(State),
    /// It is not there, or does not answer.
    Down(Down),
    /// What became of a job.
    Printed {
        /// Its number.
        number: u64,
        /// What became of it.
        outcome: Outcome,
    },
}

/// Why there is no printer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Down {
    /// Its port.
    #[error(transparent)]
    Link(#[from] LinkFault),
    /// The port is there, and nothing answers.
    #[error("the printer is silent: check its power, its cable and the configured baud rate")]
    Silent,
}

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on paper.
    Printed,
    /// Nothing was sent.
    NotBegun(Trouble),
    /// A part of it may be on paper; the rest will never be.
    CutShort(Trouble),
}

/// Why a job is not printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No paper.
    PaperOut,
    /// The cover is open.
    CoverOpen,
    /// The cutter is stuck.
    Cutter,
    /// Another error of the printer.
    Error,
    /// The printer is not there, or says nothing.
    NoPrinter,
    /// More receipts wait than anybody waits for.
    TooMany,
}

/// The times of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long an answer may take.
    pub answer: Duration,
    /// So much silence means that no late answer comes any more.
    pub quiet: Duration,
    /// The pause between two rounds.
    pub poll: Duration,
    /// The same while something is printed.
    pub poll_printing: Duration,
    /// How long a job may take, beside [`Patience::per_line`].
    pub job: Duration,
    /// How long a line of it may take.
    pub per_line: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_millis(500),
            quiet: Duration::from_millis(200),
            poll: Duration::from_secs(2),
            poll_printing: Duration::from_millis(200),
            job: Duration::from_secs(5),
            per_line: Duration::from_millis(200),
        }
    }
}

/// The machine.
#[derive(Debug)]
pub struct Printer {
    patience: Patience,
    frames: Resync<Answers>,
    phase: Phase,
    /// what the last round said
    state: Option<State>,
    /// rounds without an answer, one after the other
    n_silent: u32,
    has_told_down: bool,
    waiting: VecDeque<(u64, Job)>,
    printing: Option<Printing>,
    n_garbage: u64,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Closed,
    /// Bytes are let pass until none came for a while, or this has lasted long enough.
    Quiet {
        until: Instant,
        at_most: Instant,
    },
    Asking {
        group: u8,
        answers: [u8; 4],
        until: Instant,
    },
    Rest {
        until: Instant,
    },
}

/// The job that was sent.
#[derive(Clone, Copy, Debug)]
struct Printing {
    number: u64,
    until: Instant,
    /// the printer has answered what stands behind the job
    is_through: bool,
}

impl Printer {
    /// A printer whose port is not open yet.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            frames: Resync::new(GAP),
            phase: Phase::Closed,
            state: None,
            n_silent: 0,
            has_told_down: false,
            waiting: VecDeque::new(),
            printing: None,
            n_garbage: 0,
        }
    }

    /// How many bytes were no answer so far.
    #[must_use]
    pub const fn n_garbage(&self) -> u64 {
        self.n_garbage
    }

    fn bytes(&mut self, now: Instant, bytes: &[u8], out: &mut Vec<Output<Event>>) {
        let mut items = Items::new();
        if bytes.is_empty() {
            self.frames.tick(now, &mut items);
        } else {
            self.frames.push(now, bytes, &mut items);
        }
        for item in items.iter() {
            match item {
                Item::Garbage { n } => self.n_garbage += n as u64,
                Item::Frame(frame) => match Answer::of(frame) {
                    Some(Answer::Status(byte)) => self.answered(now, byte, out),
                    Some(Answer::Paper) => self.came_through(),
                    Some(Answer::Cleared) | None => {}
                },
            }
        }
        if let Phase::Quiet { until, at_most } = &mut self.phase
            && !bytes.is_empty()
        {
            *until = (now + self.patience.quiet).min(*at_most);
        }
    }

    fn came_through(&mut self) {
        if let Some(printing) = &mut self.printing {
            printing.is_through = true;
        }
    }

    fn answered(&mut self, now: Instant, byte: u8, out: &mut Vec<Output<Event>>) {
        let Phase::Asking { group, mut answers, .. } = self.phase else {
            self.n_garbage += u64::from(!matches!(self.phase, Phase::Quiet { .. }));
            return;
        };
        if let Some(answer) = answers.get_mut(usize::from(group.saturating_sub(1))) {
            *answer = byte;
        }
        if group < N_GROUPS {
            self.ask(now, group + 1, answers, out);
        } else {
            self.round_over(now, State::of(answers), out);
        }
    }

    fn ask(&mut self, now: Instant, group: u8, answers: [u8; 4], out: &mut Vec<Output<Event>>) {
        self.phase = Phase::Asking { group, answers, until: now + self.patience.answer };
        out.push(Output::Send(command::real_time_status(group).to_vec()));
    }

    /// All four groups were answered.
    fn round_over(&mut self, now: Instant, state: State, out: &mut Vec<Output<Event>>) {
        self.n_silent = 0;
        if self.state != Some(state) || self.has_told_down {
            self.has_told_down = false;
            out.push(Output::Event(Event::State(state)));
        }
        let was_stuck =
            self.state.replace(state).is_some_and(|before| before.has_error || before.is_cutter_stuck);
        if let Some(printing) = self.printing {
            self.look_after(now, printing, state, out);
        } else if was_stuck && state.has_error {
            // Somebody may have mended it: it does not go on by itself.
            out.push(Output::Send(command::RECOVER.to_vec()));
        }
        if self.printing.is_none() {
            self.begin(now, state, out);
        }
        if !matches!(self.phase, Phase::Quiet { .. }) {
            let pause =
                if self.printing.is_some() { self.patience.poll_printing } else { self.patience.poll };
            self.phase = Phase::Rest { until: now + pause };
        }
    }

    /// A job is under way.
    fn look_after(&mut self, now: Instant, printing: Printing, state: State, out: &mut Vec<Output<Event>>) {
        if let Some(trouble) = trouble(state) {
            self.end(now, printing.number, Outcome::CutShort(trouble), out);
        } else if printing.is_through {
            self.printing = None;
            out.push(printed(printing.number, Outcome::Printed));
        } else if printing.until <= now {
            self.end(now, printing.number, Outcome::CutShort(Trouble::Error), out);
        }
    }

    /// A job that will not come to its end: what the printer still holds of it is dropped.
    fn end(&mut self, now: Instant, number: u64, outcome: Outcome, out: &mut Vec<Output<Event>>) {
        self.printing = None;
        out.push(Output::Send(command::CLEAR.to_vec()));
        out.push(printed(number, outcome));
        self.be_quiet(now);
    }

    /// Begins with the next job, or says why not.
    fn begin(&mut self, now: Instant, state: State, out: &mut Vec<Output<Event>>) {
        if let Some(trouble) = trouble(state) {
            self.refuse_all(trouble, out);
            return;
        }
        let Some((number, job)) = self.waiting.pop_front() else { return };
        let lines = u32::try_from(job.n_lines()).unwrap_or(u32::MAX);
        let time = self.patience.job.saturating_add(self.patience.per_line.saturating_mul(lines));
        self.printing = Some(Printing { number, until: now + time, is_through: false });
        out.push(Output::Send([&command::NO_AUTO_STATUS, job.bytes(), &command::PAPER_STATUS].concat()));
    }

    fn refuse_all(&mut self, trouble: Trouble, out: &mut Vec<Output<Event>>) {
        out.extend(self.waiting.drain(..).map(|(number, _)| printed(number, Outcome::NotBegun(trouble))));
    }

    fn be_quiet(&mut self, now: Instant) {
        let at_most = now + self.patience.quiet * MAX_QUIET;
        self.phase = Phase::Quiet { until: now + self.patience.quiet, at_most };
    }

    /// A question was not answered.
    fn silent(&mut self, now: Instant, out: &mut Vec<Output<Event>>) {
        self.n_silent = self.n_silent.saturating_add(1);
        if self.n_silent >= MAX_SILENT {
            self.state = None;
            if !self.has_told_down {
                self.has_told_down = true;
                out.push(Output::Event(Event::Down(Down::Silent)));
            }
            if let Some(printing) = self.printing.take() {
                out.push(Output::Send(command::CLEAR.to_vec()));
                out.push(printed(printing.number, Outcome::CutShort(Trouble::NoPrinter)));
            }
            self.refuse_all(Trouble::NoPrinter, out);
        }
        self.be_quiet(now);
    }

    fn lost(&mut self, fault: LinkFault, out: &mut Vec<Output<Event>>) {
        self.phase = Phase::Closed;
        self.frames.clear();
        self.state = None;
        self.has_told_down = true;
        if let Some(printing) = self.printing.take() {
            out.push(printed(printing.number, Outcome::CutShort(Trouble::NoPrinter)));
        }
        self.refuse_all(Trouble::NoPrinter, out);
        out.push(Output::Event(Event::Down(fault.into())));
    }

    fn print(&mut self, now: Instant, number: u64, job: Job, out: &mut Vec<Output<Event>>) {
        if self.waiting.len() >= MAX_WAITING {
            out.push(printed(number, Outcome::NotBegun(Trouble::TooMany)));
            return;
        }
        self.waiting.push_back((number, job));
        match self.phase {
            Phase::Closed => self.refuse_all(Trouble::NoPrinter, out),
            Phase::Quiet { .. } | Phase::Asking { .. } if self.has_told_down => {
                self.refuse_all(Trouble::NoPrinter, out);
            }
            // Somebody waits: the round that must come before it comes now.
            Phase::Rest { .. } => self.ask(now, 1, [0; 4], out),
            Phase::Quiet { .. } | Phase::Asking { .. } => {}
        }
    }
}

impl Machine for Printer {
    type Command = Command;
    type Event = Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Command>, out: &mut Vec<Output<Event>>) {
        match input {
            Input::Opened => {
                self.n_silent = 0;
                // Of a job from before the start nothing is to be printed any more.
                out.push(Output::Send(command::CLEAR.to_vec()));
                self.be_quiet(now);
            }
            Input::Lost(fault) => self.lost(fault, out),
            Input::Bytes(bytes) => self.bytes(now, bytes, out),
            Input::Command(Command::Print { number, job }) => self.print(now, number, job, out),
            Input::Tick => {}
        }
        self.bytes(now, &[], out);
        match self.phase {
            Phase::Asking { until, .. } if until <= now => self.silent(now, out),
            Phase::Quiet { until, .. } | Phase::Rest { until } if until <= now => {
                self.ask(now, 1, [0; 4], out)
            }
            Phase::Closed | Phase::Quiet { .. } | Phase::Asking { .. } | Phase::Rest { .. } => {}
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let phase = match self.phase {
            Phase::Closed => None,
            Phase::Quiet { until, .. } | Phase::Asking { until, .. } | Phase::Rest { until } => Some(until),
        };
        phase.into_iter().chain(self.frames.deadline()).min()
    }
}

const fn printed(number: u64, outcome: Outcome) -> Output<Event> {
    Output::Event(Event::Printed { number, outcome })
}

/// Why a printer in this state prints nothing.
const fn trouble(state: State) -> Option<Trouble> {
    match state {
        State { is_cover_open: true, .. } => Some(Trouble::CoverOpen),
        State { paper: PaperState::Out, .. } => Some(Trouble::PaperOut),
        State { is_cutter_stuck: true, .. } => Some(Trouble::Cutter),
        State { has_error: true, .. } | State { is_offline: true, .. } => Some(Trouble::Error),
        State { .. } => None,
    }
}

/// Groups of states.
const N_GROUPS: u8 = 4;
/// The longest silence within an answer.
const GAP: Duration = Duration::from_millis(50);
/// So many rounds without an answer mean that there is no printer.
const MAX_SILENT: u32 = 3;
/// Noise that does not end is let pass for so many times the silence.
const MAX_QUIET: u32 = 10;
/// So many receipts may wait.
const MAX_WAITING: usize = 8;

#[cfg(test)]
mod tests;
