//! The dialogue with a reader: one ask in flight, a deadline, bounded retries, answers matched to their ask.
//!
//! ```text
//!           Ask              send_at reached            matching answer
//!  Idle ──────────▶ Waiting ────────────────▶ Asked ─────────────────────▶ Idle + Reply
//!                      ▲                        │ deadline, tries left
//!                      └────────────────────────┤
//!                                               └ deadline, none left ───▶ Idle + Silent
//! ```
//! An answer that comes when nothing is asked is stray and dropped. An ask that had to be repeated leaves answers owed
//! to it: nothing else is asked until they have come or can no longer come, so that no answer is taken for another
//! ask's (a block of one tag for a block of another).

use std::fmt::Debug;
use std::time::{Duration, Instant};

use crate::frame::{Format, Item, Items, Resync};

/// A family of readers: what is asked, how it is framed, which frames answer it.
pub trait Protocol {
    /// How its answers are framed.
    type Format: Format + Clone + Debug;
    /// What it can be asked.
    type Ask: Clone + Debug;
    /// What it replies.
    type Reply: Clone + Debug;

    /// The bytes of an ask. Called anew for each repetition: a family may ask in another way what was not answered.
    fn encode(&mut self, ask: &Self::Ask) -> Vec<u8>;

    /// What a frame whose check passed is to an ask that waits.
    fn accept(&mut self, ask: &Self::Ask, frame: &[u8]) -> Accepted<Self::Reply>;

    /// How long the reader may work on an ask beyond the usual.
    fn patience(&self, ask: &Self::Ask) -> Duration;

    /// Whether an ask may be repeated when its answer does not come.
    fn is_repeatable(&self, ask: &Self::Ask) -> bool;

    /// How long the line is silent after a [`Accepted::Part`] when the answer is over; `None`: as long as an answer
    /// may take. For families that do not say which part is the last.
    fn quiet(&self, _ask: &Self::Ask) -> Option<Duration> {
        None
    }

    /// The reply that silence makes of the parts that came; `None` if it makes none and the ask is unanswered.
    fn silence(&mut self, _ask: &Self::Ask) -> Option<Self::Reply> {
        None
    }

    /// Bytes to send at once for a frame that no ask waits for: the answer to a reader's own question (keep-alive).
    fn unasked(&mut self, _frame: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

/// What a frame is to the ask that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted<R> {
    /// Nothing: it answers something else, or nothing.
    No,
    /// A part of the answer; more will come, and the waiting begins anew.
    Part,
    /// A part of the answer, upon which the ask goes on with these bytes; the waiting begins anew.
    Go(Vec<u8>),
    /// The answer, or its last part.
    Reply(R),
}

impl<R> From<Option<R>> for Accepted<R> {
    fn from(reply: Option<R>) -> Self {
        reply.map_or(Self::No, Self::Reply)
    }
}

/// The times and counts of a dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From the last byte of an ask to the last byte of its answer.
    pub answer_timeout: Duration,
    /// A silence within a frame that ends it.
    pub gap: Duration,
    /// The pause that the reader needs between its answer and the next ask.
    pub pause: Duration,
    /// How often an unanswered ask is repeated.
    pub retries: u8,
}

impl Default for Patience {
    /// A FEIG reader on a serial line, as its maker delivers it.
    fn default() -> Self {
        Self {
            answer_timeout: Duration::from_millis(200),
            gap: Duration::from_millis(12),
            pause: Duration::from_millis(5),
            retries: 3,
        }
    }
}

/// What a dialogue is told.
#[derive(Clone, Debug)]
pub enum Input<'a, A> {
    /// Ask this, `after` a wait. A pending ask is forgotten.
    Ask {
        /// The ask.
        ask: A,
        /// How long to wait before it is sent.
        after: Duration,
    },
    /// Bytes from the reader.
    Bytes(&'a [u8]),
    /// The deadline may have come.
    Tick,
    /// The line was opened anew: whatever was in flight is gone.
    Reset,
}

/// What a dialogue tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<R> {
    /// Bytes for the reader.
    Send(Vec<u8>),
    /// The answer to the pending ask.
    Reply(R),
    /// The pending ask was not answered, nor were its repetitions.
    Silent,
    /// Bytes that belong to no frame.
    Garbage {
        /// How many.
        n: usize,
    },
    /// A good frame that answers nothing: late, or somebody else's.
    Stray,
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Dialogue<P: Protocol> {
    protocol: P,
    patience: Patience,
    resync: Resync<P::Format>,
    pending: Option<Pending<P::Ask>>,
    /// No ask is sent before.
    clear_at: Option<Instant>,
    /// Answers that repeated asks may still bring.
    owed: u8,
    items: Items,
}

#[derive(Clone, Debug)]
struct Pending<A> {
    ask: A,
    tries_left: u8,
    phase: Phase,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Waiting { send_at: Instant },
    Asked { deadline: Instant, last_call: Instant },
}

impl<P: Protocol> Dialogue<P> {
    /// A dialogue in which nothing was asked yet.
    pub fn new(protocol: P, patience: Patience) -> Self {
        let resync = Resync::new(patience.gap);
        Self { protocol, patience, resync, pending: None, clear_at: None, owed: 0, items: Items::new() }
    }

    /// Takes one input at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_, P::Ask>, out: &mut Vec<Output<P::Reply>>) {
        match input {
            Input::Ask { ask, after } => {
                let send_at = self.clear_at.map_or(now, |clear_at| clear_at.max(now)).max(now + after);
                let tries_left = if self.protocol.is_repeatable(&ask) { self.patience.retries } else { 0 };
                self.pending = Some(Pending { ask, tries_left, phase: Phase::Waiting { send_at } });
            }
            Input::Bytes(bytes) => {
                let mut items = std::mem::take(&mut self.items);
                self.resync.push(now, bytes, &mut items);
                self.take(now, &mut items, out);
            }
            Input::Tick => {}
            Input::Reset => {
                self.resync.clear();
                self.pending = None;
                self.clear_at = None;
                self.owed = 0;
            }
        }
        self.tick(now, out);
    }

    /// The family.
    pub fn protocol(&self) -> &P {
        &self.protocol
    }

    /// When [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        let due = self.pending.as_ref().map(|pending| match pending.phase {
            Phase::Waiting { send_at } => send_at,
            Phase::Asked { deadline, last_call } => extended(self.resync.deadline(), deadline, last_call),
        });
        self.resync.deadline().into_iter().chain(due).min()
    }

    fn tick(&mut self, now: Instant, out: &mut Vec<Output<P::Reply>>) {
        let mut items = std::mem::take(&mut self.items);
        self.resync.tick(now, &mut items);
        self.take(now, &mut items, out);
        let coming = self.resync.deadline();
        let Some(pending) = &mut self.pending else { return };
        match pending.phase {
            Phase::Waiting { send_at } if now >= send_at => {
                if self.clear_at.is_none_or(|clear_at| now >= clear_at) {
                    self.owed = 0;
                }
                let deadline = now + self.patience.answer_timeout + self.protocol.patience(&pending.ask);
                let last_call = deadline + self.patience.answer_timeout;
                pending.phase = Phase::Asked { deadline, last_call };
                out.push(Output::Send(self.protocol.encode(&pending.ask)));
            }
            Phase::Asked { deadline, last_call } if now >= extended(coming, deadline, last_call) => {
                self.unanswered(now, out)
            }
            Phase::Waiting { .. } | Phase::Asked { .. } => {}
        }
    }

    fn unanswered(&mut self, now: Instant, out: &mut Vec<Output<P::Reply>>) {
        if let Some(reply) = self.pending.as_ref().and_then(|pending| self.protocol.silence(&pending.ask)) {
            self.clear_at = Some(now);
            self.pending = None;
            return out.push(Output::Reply(reply));
        }
        self.owed = self.owed.saturating_add(1);
        let Some(pending) = &mut self.pending else { return };
        let wait = self.patience.answer_timeout + self.protocol.patience(&pending.ask);
        self.clear_at = Some(now + wait);
        if let Some(left) = pending.tries_left.checked_sub(1) {
            pending.tries_left = left;
            pending.phase = Phase::Waiting { send_at: now };
            return self.tick(now, out);
        }
        self.pending = None;
        out.push(Output::Silent);
    }

    fn take(&mut self, now: Instant, items: &mut Items, out: &mut Vec<Output<P::Reply>>) {
        for item in items.iter() {
            match item {
                Item::Garbage { n } => out.push(Output::Garbage { n }),
                Item::Frame(frame) => self.answer(now, frame, out),
            }
        }
        items.clear();
        self.items = std::mem::take(items);
    }

    fn answer(&mut self, now: Instant, frame: &[u8], out: &mut Vec<Output<P::Reply>>) {
        let wait = |protocol: &P, ask| self.patience.answer_timeout + protocol.patience(ask);
        if let Some(Pending { ask, phase: Phase::Asked { deadline, last_call }, .. }) = &mut self.pending {
            match self.protocol.accept(ask, frame) {
                Accepted::No => {}
                Accepted::Part => {
                    *deadline = now + self.protocol.quiet(ask).unwrap_or_else(|| wait(&self.protocol, ask));
                    *last_call = (*last_call).max(*deadline + self.patience.answer_timeout);
                    return;
                }
                Accepted::Go(bytes) => {
                    *deadline = now + wait(&self.protocol, ask);
                    *last_call = *deadline + self.patience.answer_timeout;
                    return out.push(Output::Send(bytes));
                }
                Accepted::Reply(reply) => {
                    let wait = if self.owed == 0 { self.patience.pause } else { wait(&self.protocol, ask) };
                    self.clear_at = Some(now + wait);
                    self.pending = None;
                    return out.push(Output::Reply(reply));
                }
            }
        }
        if let Some(bytes) = self.protocol.unasked(frame) {
            return out.push(Output::Send(bytes));
        }
        self.settle(now);
        out.push(Output::Stray);
    }

    /// One owed answer has come; the last one clears the line at once.
    fn settle(&mut self, now: Instant) {
        let Some(owed) = self.owed.checked_sub(1) else { return };
        self.owed = owed;
        if owed > 0 {
            return;
        }
        let clear_at = now + self.patience.pause;
        self.clear_at = Some(clear_at);
        if let Some(Pending { phase: Phase::Waiting { send_at }, .. }) = &mut self.pending {
            *send_at = clear_at.min(*send_at);
        }
    }
}

/// An answer that is just coming is waited for: until the gap ends it, or the last call.
fn extended(coming: Option<Instant>, deadline: Instant, last_call: Instant) -> Instant {
    coming.map_or(deadline, |gap| gap.clamp(deadline, last_call))
}

#[cfg(test)]
mod tests;
