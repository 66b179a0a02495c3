//! Issuing a card: the order of acts by which neither money nor cards are lost, wherever it is cut.
//!
//! ```text
//!  Reserving ─▶ Paying ─▶ Feeding ─▶ Writing ─▶ Presenting ─▶ Confirming ─▶ Done
//!                 └──────── for the phone ────────▶┘
//!      │          │          │          │            │ not taken
//!      └──────────┴──────────┴──────────┴────────────┴─▶ Undoing(card, reader, money) ─▶ Undone
//! ```
//! Each word is a row. **Rules**:
//!
//! - An act is asked for only after [`Input::Kept`] of the row that announces it: whatever was cut, the row says what may
//!   have happened, and [`Issuing::resume`] goes on from it.
//! - The number of the reader is reserved at central first, under the transaction's id, so that a question may be
//!   repeated. The card is presented last, and what is at central counts only once it was taken.
//! - The way back owes what may have been done, not what is known to have been: a card is captured before its reader is
//!   deleted, and money goes back last. What cannot be given back becomes a voucher for staff, never nothing.
//! - Once the card was taken there is no way back: central is told until it hears.
//!
//! A card for the phone takes the same way without what moves: it is presented as a code, and taken when its reader says so.

use crate::id::TransactionId;
use crate::money::Amount;

/// What the reader gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A card out of the stack.
    Card,
    /// A code for the phone: nothing moves.
    Phone,
}

/// What a row says: what is about to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// Central is asked for a number.
    Reserving,
    /// The fee is asked for.
    Paying,
    /// A card leaves the stack.
    Feeding,
    /// It is written, and read back.
    Writing,
    /// It is held out.
    Presenting,
    /// It was taken; central is told.
    Confirming,
    /// All is done.
    Done,
    /// What may have been done is taken back.
    Undoing(Debts),
    /// All was taken back; what could not be, staff has as a voucher.
    Undone {
        /// the money is owed to the patron by hand
        voucher: bool,
    },
}

/// What is to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Debts {
    /// a card may be outside of the stack
    pub card: bool,
    /// a reader may be at central
    pub reader: bool,
    /// money may have been paid
    pub money: bool,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The last row is on the disk.
    Kept,
    /// Central has reserved a number, or declines.
    Reserved(Answer),
    /// The fee was paid, or was not.
    Paid(Answer),
    /// A card is where it is written.
    Fed(Answer),
    /// The card was written and says so itself.
    Written(Answer),
    /// The card left the gate into a hand.
    Taken,
    /// Nobody took it in time, or it does not come to the gate.
    NotTaken,
    /// Where the card went that was to be captured.
    Captured(Capture),
    /// Central has deleted the reader, or never had it.
    Deleted(Answer),
    /// The money was given back, or none had been paid.
    Refunded(Answer),
    /// Central has heard that the card was taken.
    Confirmed(Answer),
    /// The wait is over: what failed is tried again.
    Again,
}

/// How something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Done,
    /// Refused for good: nothing was changed.
    Refused,
    /// Not known: it may have been done.
    Silent,
}

/// Where a card went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capture {
    /// Into the bin, or it never left the stack.
    Safe,
    /// A hand was quicker.
    Taken,
    /// It is stuck: nobody gets it before staff opens the machine.
    Stuck,
}

/// What is to be done. The order is the order of performance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Put this row on the disk.
    Keep(Row),
    /// Ask central for a number under this id.
    Reserve(TransactionId),
    /// Ask the patron for the fee, under this id.
    Pay(TransactionId, Amount),
    /// Move a card from the stack to where it is written.
    Feed,
    /// Write the card, and read it back.
    Write,
    /// Hold the card out.
    Present,
    /// Tell central that the card was taken.
    Confirm(TransactionId),
    /// Move the card into the bin.
    Capture,
    /// Delete the reader at central.
    Delete(TransactionId),
    /// Give back what was paid, if anything was.
    Refund(TransactionId),
    /// Send [`Input::Again`] after a while.
    Wait,
}

/// One card that is being issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuing {
    id: TransactionId,
    fee: Amount,
    medium: Medium,
    row: Row,
    /// the row is on the disk
    is_kept: bool,
    n_refunds: u32,
}

impl Issuing {
    /// Begins.
    #[must_use]
    pub fn begin(id: TransactionId, fee: Amount, medium: Medium, out: &mut Vec<Output>) -> Self {
        out.push(Output::Keep(Row::Reserving));
        Self { id, fee, medium, row: Row::Reserving, is_kept: false, n_refunds: 0 }
    }

    /// Goes on after a cut, from the last row that is on the disk. Nobody stands there any more, so what was not taken is
    /// taken back; a card that was held out may have been taken, and [`Output::Capture`] finds that out.
    #[must_use]
    pub fn resume(id: TransactionId, fee: Amount, medium: Medium, row: Row, out: &mut Vec<Output>) -> Self {
        let mut issuing = Self { id, fee, medium, row, is_kept: true, n_refunds: 0 };
        match row {
            Row::Confirming | Row::Undoing(_) => issuing.act(out),
            Row::Done | Row::Undone { .. } => {}
            Row::Reserving | Row::Paying | Row::Feeding | Row::Writing | Row::Presenting => {
                issuing.undo(out);
            }
        }
        issuing
    }

    /// How far it is.
    #[must_use]
    pub const fn row(&self) -> Row {
        self.row
    }

    /// Whether the row is on the disk.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Whether nothing more is to be done.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_kept && matches!(self.row, Row::Done | Row::Undone { .. })
    }

    /// Takes one input; what does not belong to the row is not heard.
    pub fn handle(&mut self, input: Input, out: &mut Vec<Output>) {
        match (self.row, input) {
            (_, Input::Kept) if !self.is_kept => {
                self.is_kept = true;
                self.act(out);
            }
            // Nothing is done on a row that is not on the disk, so nothing can have come of it.
            _ if !self.is_kept => {}
            (Row::Reserving, Input::Reserved(Answer::Done)) => {
                let next = if self.fee.fen() > 0 { Row::Paying } else { self.paid() };
                self.keep(next, out);
            }
            (Row::Reserving, Input::Reserved(Answer::Refused)) => {
                self.keep(Row::Undone { voucher: false }, out);
            }
            (Row::Paying, Input::Paid(Answer::Done)) => self.keep(self.paid(), out),
            (Row::Feeding, Input::Fed(Answer::Done)) => self.keep(Row::Writing, out),
            (Row::Writing, Input::Written(Answer::Done)) => self.keep(Row::Presenting, out),
            (Row::Presenting, Input::Taken) => self.keep(Row::Confirming, out),
            (Row::Reserving, Input::Reserved(Answer::Silent))
            | (Row::Paying, Input::Paid(Answer::Refused | Answer::Silent))
            | (Row::Feeding, Input::Fed(Answer::Refused | Answer::Silent))
            | (Row::Writing, Input::Written(Answer::Refused | Answer::Silent))
            | (Row::Presenting, Input::NotTaken) => self.undo(out),
            (Row::Confirming, Input::Confirmed(Answer::Done)) => self.keep(Row::Done, out),
            (Row::Confirming, Input::Confirmed(Answer::Refused | Answer::Silent)) => out.push(Output::Wait),
            (Row::Undoing(debts), input) => self.undoing(debts, input, out),
            (Row::Confirming, Input::Again) => self.act(out),
            (
                Row::Reserving
                | Row::Paying
                | Row::Feeding
                | Row::Writing
                | Row::Presenting
                | Row::Confirming
                | Row::Done
                | Row::Undone { .. },
                _,
            ) => {}
        }
    }

    fn undoing(&mut self, debts: Debts, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Captured(Capture::Safe | Capture::Stuck) if debts.card => {
                self.owe(Debts { card: false, ..debts }, out);
            }
            // The patron has card and number: there is no way back any more.
            Input::Captured(Capture::Taken) if debts.card => self.keep(Row::Confirming, out),
            Input::Deleted(Answer::Done | Answer::Refused) if debts.reader && !debts.card => {
                self.owe(Debts { reader: false, ..debts }, out);
            }
            Input::Refunded(Answer::Done) if is_last(debts) => self.keep(Row::Undone { voucher: false }, out),
            Input::Refunded(Answer::Refused) if is_last(debts) => {
                self.keep(Row::Undone { voucher: true }, out)
            }
            Input::Refunded(Answer::Silent) if is_last(debts) => {
                self.n_refunds = self.n_refunds.saturating_add(1);
                if self.n_refunds < MAX_REFUNDS {
                    out.push(Output::Wait);
                } else {
                    self.keep(Row::Undone { voucher: true }, out);
                }
            }
            Input::Deleted(Answer::Silent) if debts.reader => out.push(Output::Wait),
            Input::Again => self.act(out),
            Input::Kept
            | Input::Reserved(_)
            | Input::Paid(_)
            | Input::Fed(_)
            | Input::Written(_)
            | Input::Taken
            | Input::NotTaken
            | Input::Captured(_)
            | Input::Deleted(_)
            | Input::Refunded(_)
            | Input::Confirmed(_) => {}
        }
    }

    /// What follows once nothing more is to be paid.
    const fn paid(&self) -> Row {
        match self.medium {
            Medium::Card => Row::Feeding,
            Medium::Phone => Row::Presenting,
        }
    }

    /// Begins the way back: whatever the row has announced may have been done.
    fn undo(&mut self, out: &mut Vec<Output>) {
        let (card, money) = match self.row {
            Row::Reserving => (false, false),
            Row::Paying => (false, true),
            Row::Feeding | Row::Writing | Row::Presenting => {
                (self.medium == Medium::Card, self.fee.fen() > 0)
            }
            Row::Confirming | Row::Done | Row::Undoing(_) | Row::Undone { .. } => return,
        };
        self.owe(Debts { card, reader: true, money }, out);
    }

    fn owe(&mut self, debts: Debts, out: &mut Vec<Output>) {
        let is_settled = debts == Debts::default();
        self.keep(if is_settled { Row::Undone { voucher: false } } else { Row::Undoing(debts) }, out);
    }

    fn keep(&mut self, row: Row, out: &mut Vec<Output>) {
        (self.row, self.is_kept) = (row, false);
        out.push(Output::Keep(row));
    }

    /// What the row, now on the disk, announces.
    fn act(&self, out: &mut Vec<Output>) {
        let id = self.id;
        out.extend(match self.row {
            Row::Reserving => Some(Output::Reserve(id)),
            Row::Paying => Some(Output::Pay(id, self.fee)),
            Row::Feeding => Some(Output::Feed),
            Row::Writing => Some(Output::Write),
            Row::Presenting => Some(Output::Present),
            Row::Confirming => Some(Output::Confirm(id)),
            Row::Undoing(Debts { card: true, .. }) => Some(Output::Capture),
            Row::Undoing(Debts { reader: true, .. }) => Some(Output::Delete(id)),
            Row::Undoing(Debts { money: true, .. }) => Some(Output::Refund(id)),
            Row::Undoing(Debts { card: false, reader: false, money: false })
            | Row::Done
            | Row::Undone { .. } => None,
        });
    }
}

/// Only money is owed any more.
const fn is_last(debts: Debts) -> bool {
    matches!(debts, Debts { card: false, reader: false, money: true })
}

/// A refund that is not answered so often becomes a voucher.
const MAX_REFUNDS: u32 = 5;

#[cfg(test)]
mod tests;
