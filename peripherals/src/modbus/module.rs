//! The machine of a module.
//!
//! ```text
//!  Closed ─▶ Rest ─▶ Sent ─answer─▶ Rest ─▶ Sent ..      write, if another image is wanted; read it back; else the inputs
//!             ▲       │ time-out
//!             └─Quiet◀┘  a serial line: until it was silent; then an exchange of another function
//! ```
//! It is up when its outputs are as they were ordered, [`Setup::safe`] after it was down, and its inputs were read.

use std::time::{Duration, Instant};

use rfid_driver::frame::{Item, Items, Resync};

use super::debounce::{Debouncer, Hold};
use super::pdu::{Exception, Heard, Request, Span};
use super::wire::Wire;
use crate::device::{Input, LinkFault, Machine, Output};

/// A module as it is wired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// its number on the line
    pub unit: u8,
    /// its contacts, if it has any
    pub inputs: Option<Span>,
    /// its relays, if it has any
    pub outputs: Option<Span>,
    /// the outputs with which nothing moves; what is missing is off
    pub safe: Vec<bool>,
    /// how long each contact must be so; what is missing counts at once
    pub holds: Vec<Hold>,
}

/// The times of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long an answer may take.
    pub answer: Duration,
    /// From one look at the inputs to the next.
    pub poll: Duration,
    /// From one look at the outputs to the next, when nothing is ordered.
    pub check: Duration,
    /// So much silence, and that of the line, means that no late answer comes any more.
    pub quiet: Duration,
    /// The pause after a refusal.
    pub retry: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_millis(100),
            poll: Duration::from_millis(20),
            check: Duration::from_millis(500),
            quiet: Duration::from_millis(20),
            retry: Duration::from_secs(1),
        }
    }
}

/// What a module is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The outputs are to be so, all of them; what is missing is off. Of no effect while it is down.
    Set(Vec<bool>),
}

/// What a module tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The inputs, debounced: when they have changed, and first of all when it is up.
    Inputs(Vec<bool>),
    /// The outputs have been ordered so, and read back so.
    Outputs(Vec<bool>),
    /// Nothing is known, until the next [`Event::Inputs`].
    Down(Down),
}

/// Why nothing is known of a module: in words for whoever has to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Down {
    /// The way to it.
    #[error("{0}")]
    Link(#[from] LinkFault),
    /// It does not answer.
    #[error("the module does not answer: check its power, its cable, its number on the line and its speed")]
    Silent,
    /// It refuses what is asked.
    #[error(
        "the module refuses function {function} ({exception}): correct the addresses in the configuration, or set the \
         module to Modbus coils and discrete inputs"
    )]
    Refused {
        /// The number of the function.
        function: u8,
        /// Why.
        exception: Exception,
    },
    /// An output does not become what it was ordered to be.
    #[error(
        "output {at} of the module stays as it is: the module is broken, or another program writes to it"
    )]
    Stuck {
        /// The address.
        at: usize,
    },
    /// Its outputs have changed without an order: its watchdog has cut them, or it has begun anew.
    #[error("the module has changed its outputs by itself: its watchdog has cut them, or its power was gone")]
    Cut,
}

/// The machine.
#[derive(Debug)]
pub struct Module<W: Wire> {
    wire: W,
    setup: Setup,
    patience: Patience,
    frames: Resync<W::Answers>,
    phase: Phase,
    /// what the outputs are to be
    wanted: Vec<bool>,
    /// what was written last, and answered
    written: Option<Vec<bool>>,
    /// it was read back so
    is_read_back: bool,
    /// so often it was not
    n_differs: u32,
    check_at: Instant,
    poll_at: Instant,
    contacts: Debouncer,
    /// the inputs that were told last; none while it is down
    inputs: Option<Vec<bool>>,
    is_up: bool,
    told: Option<Down>,
    /// what is asked next whatever is due, so that a late answer is told apart
    probe: Option<Ask>,
    n_silent: u32,
}

#[derive(Clone, Debug)]
enum Phase {
    Closed,
    /// Nothing is under way, and nothing is sent before.
    Rest {
        ready: Instant,
    },
    Sent {
        ask: Ask,
        request: Request,
        until: Instant,
    },
    Quiet {
        until: Instant,
        at_most: Instant,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Inputs,
    Outputs,
    Write,
}

impl<W: Wire> Module<W> {
    /// A module whose port is not open yet, at `now`.
    #[must_use]
    pub fn new(now: Instant, wire: W, setup: Setup, patience: Patience) -> Self {
        let wanted = image(&setup.safe, setup.outputs);
        Self {
            wire,
            setup,
            patience,
            frames: Resync::new(GAP),
            phase: Phase::Closed,
            wanted,
            written: None,
            is_read_back: false,
            n_differs: 0,
            check_at: now,
            poll_at: now,
            contacts: Debouncer::default(),
            inputs: None,
            is_up: false,
            told: None,
            probe: None,
            n_silent: 0,
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
            if let Item::Frame(frame) = item {
                self.frame(now, frame, out);
            }
        }
        if let Phase::Quiet { until, at_most } = &mut self.phase
            && !bytes.is_empty()
        {
            *until = (now + quiet(&self.wire, &self.patience)).min(*at_most);
        }
    }

    fn frame(&mut self, now: Instant, frame: &[u8], out: &mut Vec<Output<Event>>) {
        let Phase::Sent { ask, request, .. } = &self.phase else { return };
        let (ask, request) = (*ask, request.clone());
        // What answers something else has come late, or is of another module: the answer may still come.
        let Some(heard) = self.wire.hear(self.setup.unit, frame).and_then(|pdu| request.hear(pdu)) else {
            return;
        };
        self.n_silent = 0;
        self.probe = None;
        self.rest(now, self.wire.silence().unwrap_or_default());
        match heard {
            Heard::Refused(Exception::BUSY | Exception::LATER) => self.rest(now, self.patience.answer),
            Heard::Refused(exception) => {
                self.fall(Down::Refused { function: request.function(), exception }, out);
                self.rest(now, self.patience.retry);
            }
            Heard::Written => {
                (self.written, self.is_read_back) = (request.into_bits(), false);
            }
            Heard::Bits(bits) if ask == Ask::Inputs => self.inputs_are(now, &bits, out),
            Heard::Bits(bits) => self.outputs_are(now, bits, out),
        }
    }

    fn rest(&mut self, now: Instant, pause: Duration) {
        self.phase = Phase::Rest { ready: now + pause };
    }

    fn inputs_are(&mut self, now: Instant, bits: &[bool], out: &mut Vec<Output<Event>>) {
        self.poll_at = now + self.patience.poll;
        // Not before its outputs are known to be safe.
        if !self.is_up && !self.outputs_are_settled() {
            return;
        }
        let bits = self.contacts.see(now, bits, &self.setup.holds);
        self.rise();
        if self.inputs.as_ref() != Some(&bits) {
            self.inputs = Some(bits.clone());
            out.push(Output::Event(Event::Inputs(bits)));
        }
    }

    /// The outputs were read back.
    fn outputs_are(&mut self, now: Instant, bits: Vec<bool>, out: &mut Vec<Output<Event>>) {
        self.check_at = now + self.patience.check;
        let Some(written) = &self.written else { return };
        if let Some(at) = written.iter().zip(&bits).position(|(wanted, got)| wanted != got) {
            self.differs(now, at, out);
            return;
        }
        self.n_differs = 0;
        let is_news = !std::mem::replace(&mut self.is_read_back, true);
        if self.setup.inputs.is_none() {
            self.rise();
        }
        if is_news && self.is_up {
            out.push(Output::Event(Event::Outputs(bits)));
        }
    }

    fn differs(&mut self, now: Instant, at: usize, out: &mut Vec<Output<Event>>) {
        if self.is_read_back {
            self.fall(Down::Cut, out);
            return;
        }
        self.written = None;
        self.n_differs = self.n_differs.saturating_add(1);
        if self.n_differs >= MAX_DIFFERS {
            let first = self.setup.outputs.map_or(0, Span::first);
            self.fall(Down::Stuck { at: at + usize::from(first) }, out);
            self.rest(now, self.patience.retry);
        }
    }

    fn outputs_are_settled(&self) -> bool {
        self.setup.outputs.is_none() || (self.is_read_back && self.written.as_ref() == Some(&self.wanted))
    }

    fn rise(&mut self) {
        (self.is_up, self.told) = (true, None);
    }

    /// Nothing is known any more; what was ordered is forgotten.
    fn fall(&mut self, down: Down, out: &mut Vec<Output<Event>>) {
        self.wanted = image(&self.setup.safe, self.setup.outputs);
        (self.written, self.is_read_back, self.n_differs) = (None, false, 0);
        self.contacts.forget();
        (self.inputs, self.is_up) = (None, false);
        if self.told.as_ref() != Some(&down) {
            self.told = Some(down.clone());
            out.push(Output::Event(Event::Down(down)));
        }
    }

    /// A request has no answer.
    fn silent(&mut self, now: Instant, ask: Ask, out: &mut Vec<Output<Event>>) {
        self.n_silent = self.n_silent.saturating_add(1);
        if ask == Ask::Write {
            // It may have been carried out or not.
            self.written = None;
        }
        if self.n_silent >= MAX_SILENT {
            self.fall(Down::Silent, out);
        }
        if self.wire.silence().is_none() {
            self.rest(now, Duration::ZERO);
            return;
        }
        self.probe = match ask {
            // It may hear though its answers are lost: a module that is asked does not cut its outputs by itself.
            Ask::Inputs if self.setup.outputs.is_some() && !self.is_up => Some(Ask::Write),
            Ask::Inputs if self.setup.outputs.is_some() => Some(Ask::Outputs),
            Ask::Outputs | Ask::Write if self.setup.inputs.is_some() => Some(Ask::Inputs),
            Ask::Inputs | Ask::Outputs | Ask::Write => None,
        };
        let quiet = quiet(&self.wire, &self.patience);
        self.phase = Phase::Quiet { until: now + quiet, at_most: now + quiet * MAX_QUIET };
    }

    /// Sends what is due, if the line is free.
    fn go_on(&mut self, now: Instant, out: &mut Vec<Output<Event>>) {
        let Phase::Rest { ready } = self.phase else { return };
        if ready > now {
            return;
        }
        let Some((ask, at)) = self.due() else { return };
        if at.is_some_and(|at| at > now) {
            return;
        }
        let Some(request) = self.request(ask) else { return };
        out.push(Output::Send(self.wire.ask(self.setup.unit, &request.encode())));
        self.phase = Phase::Sent { ask, request, until: now + self.patience.answer };
    }

    /// What is to be asked next, and when; at once, if no time is said.
    fn due(&self) -> Option<(Ask, Option<Instant>)> {
        if let Some(probe) = self.probe {
            return Some((probe, None));
        }
        if self.setup.outputs.is_some() {
            if self.written.as_ref() != Some(&self.wanted) {
                return Some((Ask::Write, None));
            }
            if !self.is_read_back {
                return Some((Ask::Outputs, None));
            }
        }
        let check = self.setup.outputs.map(|_| (Ask::Outputs, self.check_at));
        let poll = self.setup.inputs.map(|_| (Ask::Inputs, self.poll_at));
        let next = poll.into_iter().chain(check).min_by_key(|(_, at)| *at);
        next.map(|(ask, at)| (ask, Some(at)))
    }

    fn request(&self, ask: Ask) -> Option<Request> {
        Some(match ask {
            Ask::Inputs => Request::ReadInputs(self.setup.inputs?),
            Ask::Outputs => Request::ReadCoils(self.setup.outputs?),
            Ask::Write => Request::WriteCoils { span: self.setup.outputs?, bits: self.wanted.clone() },
        })
    }
}

impl<W: Wire> Module<W> {
    fn opened(&mut self, now: Instant) {
        self.frames.clear();
        (self.written, self.is_read_back, self.probe, self.n_silent) = (None, false, None, 0);
        (self.poll_at, self.check_at) = (now, now);
        self.rest(now, self.wire.silence().unwrap_or_default());
    }

    fn lost(&mut self, fault: LinkFault, out: &mut Vec<Output<Event>>) {
        self.fall(fault.into(), out);
        self.frames.clear();
        self.phase = Phase::Closed;
    }

    fn set(&mut self, bits: &[bool]) {
        if self.is_up {
            self.wanted = image(bits, self.setup.outputs);
            // Whoever orders it again hears again that it is so.
            self.is_read_back = false;
        }
    }
}

impl<W: Wire> Machine for Module<W> {
    type Command = Command;
    type Event = Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Command>, out: &mut Vec<Output<Event>>) {
        match input {
            Input::Opened => self.opened(now),
            Input::Lost(fault) => self.lost(fault, out),
            Input::Bytes(bytes) => self.bytes(now, bytes, out),
            Input::Command(Command::Set(bits)) => self.set(&bits),
            Input::Tick => {}
        }
        self.bytes(now, &[], out);
        match &self.phase {
            Phase::Sent { ask, until, .. } if *until <= now => {
                let ask = *ask;
                self.silent(now, ask, out);
            }
            Phase::Quiet { until, .. } if *until <= now => {
                self.frames.clear();
                self.rest(now, Duration::ZERO);
            }
            Phase::Closed | Phase::Rest { .. } | Phase::Sent { .. } | Phase::Quiet { .. } => {}
        }
        self.go_on(now, out);
    }

    fn deadline(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Closed => None,
            Phase::Rest { ready } => self.due().map(|(_, at)| at.map_or(*ready, |at| at.max(*ready))),
            Phase::Sent { until, .. } | Phase::Quiet { until, .. } => Some(*until),
        };
        phase.into_iter().chain(self.frames.deadline()).min()
    }
}

/// An image as long as there are outputs.
fn image(bits: &[bool], outputs: Option<Span>) -> Vec<bool> {
    let n = outputs.map_or(0, Span::len);
    bits.iter().copied().chain(std::iter::repeat(false)).take(n).collect()
}

fn quiet<W: Wire>(wire: &W, patience: &Patience) -> Duration {
    patience.quiet + wire.silence().unwrap_or_default()
}

/// The longest silence within a frame; drivers of serial adapters hand bytes over in pieces.
const GAP: Duration = Duration::from_millis(50);
/// So many requests without an answer, and nothing is known any more.
const MAX_SILENT: u32 = 3;
/// So often outputs are written that are read back otherwise.
const MAX_DIFFERS: u32 = 3;
/// Noise does not keep the line busy for longer than so many times the silence.
const MAX_QUIET: u32 = 10;

#[cfg(test)]
mod tests;
