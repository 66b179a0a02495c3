//! Cards out of a stack: what the session's desk orders of the dispenser and of the reader at its writing place, and what came of
//! it. Pure: events and orders in, commands and answers out; [`run`] carries them.
//!
//! ```text
//!   Feed ─▶ Moved ─▶ Write ─▶ blank card heard ─▶ dumped ─▶ written, read back ─▶ Present ─▶ at the gate ─▶ gone: taken
//!                                                    Capture ─▶ Moved: in the bin; no card there: taken, or never out
//! ```
//! **Rules**: each order is answered once, or not at all while the dispenser is silent: then the session asks again. A card that
//! says something already is not written over. A card that was held out and is not there when it is to be captured was taken.

use circulation::id::{PatronId, TransactionId};
use circulation::issue::{Answer, Capture, Input as Issue};
use circulation::screen::{Cards, Refusal};
use circulation::session::card::Act;
use peripherals::dispenser::{self, Fault, Motion, Place, State, Stock};
use rfid_driver::data::TagData;
use rfid_driver::port::{self, Dump, ProgramOutcome, ReaderEvent};
use rfid_driver::tag::TagId;
use tracing::{info, warn};

use super::writing::Writing;

pub(super) mod run;

/// What is to be done with a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// A motion; of the acts those that move something.
    Act(TransactionId, Act),
    /// Write this number on the card at the writing place.
    Write(TransactionId, PatronId),
    /// This card was held out when the machine stopped.
    WasHeldOut(TransactionId),
}

/// What a stack wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Output {
    Dispenser(dispenser::Command),
    Writer(port::Command),
    /// What became of an order.
    Answer {
        id: TransactionId,
        what: Issue,
        why: Option<Refusal>,
    },
    /// Cards come out, or do not, otherwise than before.
    Changed(Cards),
}

/// Dispenser and writer, as they are known.
#[derive(Debug)]
pub(super) struct Stack {
    writing: Writing,
    /// nothing: it does not answer
    state: Option<State>,
    is_writer_up: bool,
    /// the card at the writing place, and whether it is blank
    card: Option<(TagId, bool)>,
    number: u64,
    motion: Option<Moving>,
    write: Option<(TransactionId, PatronId)>,
    /// the card that lies at the gate, or was taken from there
    held_out: Option<TransactionId>,
    /// the card that is to be captured, and was before
    captured: Option<TransactionId>,
    told: Cards,
}

#[derive(Debug, Clone, Copy)]
struct Moving {
    number: u64,
    id: TransactionId,
    motion: Motion,
}

impl Stack {
    pub(super) const fn new(writing: Writing) -> Self {
        Self {
            writing,
            state: None,
            is_writer_up: false,
            card: None,
            number: 0,
            motion: None,
            write: None,
            held_out: None,
            captured: None,
            told: Cards::Down,
        }
    }

    pub(super) fn order(&mut self, order: Order, out: &mut Vec<Output>) {
        match order {
            Order::Act(id, Act::Feed) => {
                // A card of before is another one.
                (self.held_out, self.captured) = (None, None);
                self.moves(id, Motion::Feed, out);
            }
            Order::Act(id, Act::Present) => self.moves(id, Motion::Present, out),
            Order::Act(id, Act::Capture) => {
                self.write = None;
                self.moves(id, Motion::Capture, out);
            }
            Order::Act(_, Act::Confirm | Act::Delete | Act::Refund) => {}
            Order::Write(id, card) => {
                self.write = Some((id, card));
                self.begin_write(out);
            }
            Order::WasHeldOut(id) => self.held_out = Some(id),
        }
    }

    fn moves(&mut self, id: TransactionId, motion: Motion, out: &mut Vec<Output>) {
        self.number = self.number.wrapping_add(1);
        let number = self.number;
        self.motion = Some(Moving { number, id, motion });
        out.push(Output::Dispenser(dispenser::Command::Move { number, motion }));
    }

    /// The dispenser says something.
    pub(super) fn dispenser(&mut self, event: dispenser::Event, out: &mut Vec<Output>) {
        match event {
            dispenser::Event::State(state) => {
                self.state = Some(state);
                self.look_at_gate(out);
            }
            dispenser::Event::Down(cause) => {
                warn!(%cause, "no card can be given out");
                self.state = None;
            }
            dispenser::Event::Moved { number, outcome } => {
                if let Some(moving) = self.motion.take_if(|moving| moving.number == number) {
                    self.moved(moving, outcome, out);
                }
            }
        }
        self.tell(out);
    }

    fn moved(
        &mut self,
        Moving { id, motion, .. }: Moving,
        outcome: Result<(), Fault>,
        out: &mut Vec<Output>,
    ) {
        if let Err(fault) = outcome {
            warn!(%id, ?motion, %fault, "a card did not move");
        }
        match (motion, outcome) {
            (Motion::Feed, Ok(())) => answer(id, Issue::Fed(Answer::Done), None, out),
            (Motion::Feed, Err(fault)) => answer(id, Issue::Fed(certainty(fault)), Some(why(fault)), out),
            (Motion::Present, Ok(())) => {
                self.held_out = Some(id);
                self.look_at_gate(out);
            }
            // Whatever is at the gate is captured next.
            (Motion::Present, Err(fault)) => answer(id, Issue::NotTaken, Some(why(fault)), out),
            (Motion::Capture, Ok(())) => self.is_captured(id, Capture::Safe, out),
            (Motion::Capture, Err(Fault::Missed)) => {
                // It was captured by an order whose answer was lost, or a hand was quicker, or it never left the stack.
                let was_taken = self.held_out == Some(id) && self.captured != Some(id);
                self.is_captured(id, if was_taken { Capture::Taken } else { Capture::Safe }, out);
            }
            (Motion::Capture, Err(Fault::Silent | Fault::Busy)) => self.captured = Some(id),
            (
                Motion::Capture,
                Err(Fault::Jam | Fault::Empty | Fault::BinFull | Fault::NotReset | Fault::Code(_)),
            ) => self.is_captured(id, Capture::Stuck, out),
        }
    }

    fn is_captured(&mut self, id: TransactionId, how: Capture, out: &mut Vec<Output>) {
        info!(%id, ?how, "a card was to be captured");
        (self.held_out, self.captured) = (None, None);
        answer(id, Issue::Captured(how), None, out);
    }

    /// A card that is held out and is not there any more was taken.
    fn look_at_gate(&mut self, out: &mut Vec<Output>) {
        let is_gone = self.state.is_some_and(|state| state.place == Place::Nowhere && !state.is_moving);
        if let Some(id) = self.held_out.filter(|_| is_gone && self.motion.is_none()) {
            answer(id, Issue::Taken, None, out);
        }
    }

    /// The reader at the writing place says something.
    pub(super) fn writer(&mut self, event: ReaderEvent, out: &mut Vec<Output>) {
        match event {
            ReaderEvent::Up(_) => self.is_writer_up = true,
            ReaderEvent::Down(cause) => {
                warn!(%cause, "no card can be written");
                (self.is_writer_up, self.card) = (false, None);
            }
            ReaderEvent::Arrived(arrival) => {
                self.card = Some((arrival.tag, arrival.data == TagData::Blank));
                self.begin_write(out);
            }
            ReaderEvent::Departed { tag } => {
                self.card.take_if(|(known, _)| *known == tag);
            }
            ReaderEvent::Dumped { tag, dump, .. } => self.dumped(tag, dump.as_ref(), out),
            ReaderEvent::Programmed { outcome, .. } => self.programmed(outcome, out),
            ReaderEvent::Heard(_)
            | ReaderEvent::Complete { .. }
            | ReaderEvent::Wrote { .. }
            | ReaderEvent::Power { .. }
            | ReaderEvent::Trouble(_)
            | ReaderEvent::TroubleOver(_) => {}
        }
        self.tell(out);
    }

    /// The writer's task has ended.
    pub(super) fn writer_ended(&mut self, out: &mut Vec<Output>) {
        (self.is_writer_up, self.card) = (false, None);
        self.tell(out);
    }

    /// Begins to write as soon as the card is heard. Until then the session's patience runs.
    fn begin_write(&mut self, out: &mut Vec<Output>) {
        match (&self.write, self.card) {
            (Some(_), Some((tag, true))) => {
                self.number = self.number.wrapping_add(1);
                out.push(Output::Writer(port::Command::Dump { request: self.number, tag }));
            }
            (Some(_), Some((tag, false))) => {
                warn!(%tag, "a card out of the stack is not blank: it is not written over");
                self.not_written(out);
            }
            (None, _) | (Some(_), None) => {}
        }
    }

    fn dumped(&mut self, tag: TagId, dump: Option<&Dump>, out: &mut Vec<Output>) {
        let Some((_, card)) = &self.write else { return };
        let planned = dump.ok_or_else(|| "it was not read to its end".to_owned());
        match planned.and_then(|dump| self.writing.plan(card, dump)) {
            Ok(plan) => {
                self.number = self.number.wrapping_add(1);
                let to = Writing::SECURITY;
                out.push(Output::Writer(port::Command::Program { request: self.number, tag, plan, to }));
            }
            Err(cause) => {
                warn!(%tag, cause, "a card cannot be written");
                self.not_written(out);
            }
        }
    }

    fn programmed(&mut self, outcome: ProgramOutcome, out: &mut Vec<Output>) {
        if outcome != ProgramOutcome::Verified {
            warn!(?outcome, "a card was not written");
            return self.not_written(out);
        }
        if let Some((id, _)) = self.write.take() {
            answer(id, Issue::Written(Answer::Done), None, out);
        }
    }

    fn not_written(&mut self, out: &mut Vec<Output>) {
        if let Some((id, _)) = self.write.take() {
            answer(id, Issue::Written(Answer::Refused), Some(Refusal::NotWritten), out);
        }
    }

    /// Whether cards come out, if that is new.
    fn tell(&mut self, out: &mut Vec<Output>) {
        let cards = match self.state {
            Some(
                State { fault: Some(Fault::Empty), .. } | State { stock: Stock::Empty, fault: None, .. },
            ) => Cards::Empty,
            Some(State { fault: None, is_bin_full: false, .. }) if self.is_writer_up => Cards::Ready,
            Some(_) | None => Cards::Down,
        };
        if core::mem::replace(&mut self.told, cards) != cards {
            info!(?cards, "the dispenser of cards");
            out.push(Output::Changed(cards));
        }
    }
}

fn answer(id: TransactionId, what: Issue, why: Option<Refusal>, out: &mut Vec<Output>) {
    out.push(Output::Answer { id, what, why });
}

/// Whether it is known that no card came.
const fn certainty(fault: Fault) -> Answer {
    match fault {
        Fault::Silent => Answer::Silent,
        Fault::Jam
        | Fault::Empty
        | Fault::BinFull
        | Fault::NotReset
        | Fault::Missed
        | Fault::Busy
        | Fault::Code(_) => Answer::Refused,
    }
}

const fn why(fault: Fault) -> Refusal {
    match fault {
        Fault::Jam => Refusal::Jam,
        Fault::Empty => Refusal::Empty,
        Fault::BinFull | Fault::NotReset | Fault::Missed | Fault::Busy | Fault::Silent | Fault::Code(_) => {
            Refusal::NoDispenser
        }
    }
}

#[cfg(test)]
mod tests;
