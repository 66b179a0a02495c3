//! The dialogue with an ACS: one message in flight, its sequence number, its repetitions, its answer.
//!
//! ```text
//!          Ask                                        answer: pair, sequence and echo fit
//!  Idle ─────────▶ Asked ─────────────────────────────────────────────────────────────────▶ Idle + Answer
//!                  │ │ └ 96 (not understood) ........ the same message, the same sequence number, tries left
//!                  │ └── wrong checksum (strict) .... 97: the ACS says its answer again, tries left
//!                  └──── no answer in time .......... the same again, for what may be repeated, tries left
//!                                                     otherwise Idle + Silent
//! ```
//! **Rule**: nothing is sent twice that does more when done twice ([`super::message::MessageId::is_repeatable`]); only the ACS's own
//! "not understood" is reason enough to repeat an act, and never after a 97, for then the 96 may answer that.
//!
//! After [`Silence::Timeout`] the line is to be closed: a late answer would meet the next request.
//! An answer that fits nothing is [`Output::Stray`] and dropped; a 98 that nobody asked for is the ACS saying that its
//! state has changed, not an answer.

use std::time::{Duration, Instant};

use super::dialect::{Checksum, Dialect};
use super::field::{F_ITEM_ID, F_PATRON_ID, FieldCode};
use super::frame::{self, Check, EncodeError, Frame, Piece, Sequence, Splitter};
use super::message::{AcsStatus, Message, ResendAnswer, ResendRequest};

/// Times and counts of a dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// from a message to its answer
    pub answer_timeout: Duration,
    /// how often one message is repeated, and one answer asked for again
    pub retries: u8,
}

impl Default for Patience {
    fn default() -> Self {
        Self { answer_timeout: Duration::from_secs(3), retries: 3 }
    }
}

/// What a dialogue is told.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// Ask this. An ask while another is pending is refused with [`Silence::Busy`].
    Ask {
        /// the message
        message: Message,
        /// when nobody waits for the answer any more
        until: Instant,
    },
    /// Bytes from the ACS.
    Bytes(&'a [u8]),
    /// The deadline may have come.
    Tick,
    /// The line was opened anew: whatever was in flight is gone.
    Reset,
}

/// What a dialogue tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Bytes for the ACS.
    Send(Vec<u8>),
    /// The answer to the pending ask.
    Answer(Message),
    /// There is no answer to the pending ask.
    Silent(Silence),
    /// The ACS says unasked how it is.
    Status(Message),
    /// A good message that answers nothing: late, or somebody else's.
    Stray,
    /// Bytes that are no message.
    Garbage {
        /// how many
        n: usize,
    },
    /// An answer was taken although its checksum is missing or wrong.
    Unchecked(Check),
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// none came in time
    #[error("no answer in time")]
    Timeout,
    /// every time it was sent the ACS said that it did not understand: it did nothing
    #[error(
        "the server understands nothing of it ({n} times 96): check character set and checksum in the configuration"
    )]
    NotUnderstood {
        /// how often
        n: u8,
    },
    /// its answer came, but never with a right checksum
    #[error(
        "the answer's checksum is wrong or missing ({n} times): check the checksum mode in the configuration"
    )]
    BadChecksum {
        /// how often
        n: u8,
    },
    /// what came is no SIP2
    #[error("what answers there does not speak SIP2")]
    Foreign,
    /// the message cannot be written
    #[error("the message cannot be written ({0})")]
    Local(#[from] EncodeError),
    /// another ask is pending
    #[error("another message is in flight")]
    Busy,
}

impl Silence {
    /// Whether the ACS may have done what was asked.
    #[must_use]
    pub const fn is_in_doubt(&self) -> bool {
        match self {
            Self::Timeout | Self::BadChecksum { .. } | Self::Foreign => true,
            Self::NotUnderstood { .. } | Self::Local(_) | Self::Busy => false,
        }
    }
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Dialogue {
    dialect: Dialect,
    patience: Patience,
    splitter: Splitter,
    /// of the next message
    sequence: Sequence,
    pending: Option<Pending>,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
struct Pending {
    message: Message,
    bytes: Vec<u8>,
    sequence: Sequence,
    until: Instant,
    deadline: Instant,
    tries_left: u8,
    n_sent: u8,
    n_not_understood: u8,
    n_bad: u8,
    n_garbage: u8,
}

impl Dialogue {
    /// A dialogue in which nothing was asked yet.
    #[must_use]
    pub fn new(dialect: Dialect, patience: Patience) -> Self {
        let (splitter, sequence) = (Splitter::default(), Sequence::default());
        Self { dialect, patience, splitter, sequence, pending: None, pieces: Vec::new() }
    }

    /// Takes one input at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, out: &mut Vec<Output>) {
        match input {
            Input::Ask { message, until } => self.ask(now, message, until, out),
            Input::Bytes(bytes) => {
                let mut pieces = std::mem::take(&mut self.pieces);
                self.splitter.push(bytes, &mut pieces);
                for piece in pieces.drain(..) {
                    self.hear(now, &piece, out);
                }
                self.pieces = pieces;
            }
            Input::Tick => {}
            Input::Reset => {
                self.splitter.clear();
                self.pending = None;
            }
        }
        self.tick(now, out);
    }

    /// When [`Input::Tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.pending.as_ref().map(|pending| pending.deadline)
    }

    /// What is written and how.
    #[must_use]
    pub const fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    fn ask(&mut self, now: Instant, message: Message, until: Instant, out: &mut Vec<Output>) {
        if self.pending.is_some() {
            return out.push(Output::Silent(Silence::Busy));
        }
        let sequence = self.sequence;
        let bytes = match frame::encode(&message, sequence, &self.dialect) {
            Ok(bytes) => bytes,
            Err(cause) => return out.push(Output::Silent(cause.into())),
        };
        self.sequence = sequence.next();
        out.push(Output::Send(bytes.clone()));
        self.pending = Some(Pending {
            message,
            bytes,
            sequence,
            until,
            deadline: self.patience.deadline(now, until),
            tries_left: self.patience.retries,
            n_sent: 1,
            n_not_understood: 0,
            n_bad: 0,
            n_garbage: 0,
        });
    }

    fn tick(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(pending) = &mut self.pending else { return };
        if now < pending.deadline {
            return;
        }
        if pending.message.id().is_repeatable() && now < pending.until && pending.try_again() {
            pending.deadline = self.patience.deadline(now, pending.until);
            return out.push(Output::Send(pending.bytes.clone()));
        }
        self.give_up(Silence::Timeout, out);
    }

    fn hear(&mut self, now: Instant, piece: &Piece, out: &mut Vec<Output>) {
        let bytes = match piece {
            Piece::Frame(bytes) => bytes,
            Piece::TooLong { n } => return self.garbage(*n, out),
        };
        // Before anything is read: a frame damaged on its way may read as anything.
        if self.dialect.checksum == Checksum::Strict && frame::check(bytes) != Check::Good {
            return self.unreadable(now, bytes.len(), out);
        }
        match frame::decode(bytes, self.dialect.charset) {
            Ok(frame) => self.take(now, frame, out),
            Err(_) => self.garbage(bytes.len(), out),
        }
    }

    fn take(&mut self, now: Instant, frame: Frame, out: &mut Vec<Output>) {
        let id = frame.message.id();
        let is_unasked = |pending: &Pending| pending.message.id().answer() != Some(id);
        match &self.pending {
            Some(_) if id == ResendRequest::ID => self.repeat(now, out),
            Some(pending) if pending.is_answered_by(&frame, &self.dialect) => {
                if self.dialect.checksum == Checksum::Lenient && frame.check != Check::Good {
                    out.push(Output::Unchecked(frame.check));
                }
                self.pending = None;
                out.push(Output::Answer(frame.message));
            }
            None if id == AcsStatus::ID => out.push(Output::Status(frame.message)),
            Some(pending) if id == AcsStatus::ID && is_unasked(pending) => {
                out.push(Output::Status(frame.message));
            }
            Some(_) | None => out.push(Output::Stray),
        }
    }

    /// The ACS has not understood.
    fn repeat(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(pending) = &mut self.pending else { return };
        if pending.n_bad > 0 {
            // It may be the 97 that it has not understood, and the act done.
            let n = pending.n_bad;
            return self.give_up(Silence::BadChecksum { n }, out);
        }
        pending.n_not_understood = pending.n_not_understood.saturating_add(1);
        if now < pending.until && pending.try_again() {
            pending.deadline = self.patience.deadline(now, pending.until);
            return out.push(Output::Send(pending.bytes.clone()));
        }
        let n = pending.n_not_understood;
        let is_certain = n >= pending.n_sent;
        self.give_up(if is_certain { Silence::NotUnderstood { n } } else { Silence::Timeout }, out);
    }

    /// A frame whose checksum is not right: asked for again, without saying the request again.
    fn unreadable(&mut self, now: Instant, n: usize, out: &mut Vec<Output>) {
        out.push(Output::Garbage { n });
        let resend = frame::encode(&Message::new(ResendAnswer {}), self.sequence, &self.dialect);
        let Some(pending) = &mut self.pending else { return };
        pending.n_bad = pending.n_bad.saturating_add(1);
        match (pending.tries_left.checked_sub(1), resend) {
            (Some(left), Ok(bytes)) if now < pending.until => {
                pending.tries_left = left;
                pending.deadline = self.patience.deadline(now, pending.until);
                out.push(Output::Send(bytes));
            }
            (Some(_) | None, Ok(_) | Err(_)) => {
                let n = pending.n_bad;
                self.give_up(Silence::BadChecksum { n }, out);
            }
        }
    }

    fn garbage(&mut self, n: usize, out: &mut Vec<Output>) {
        out.push(Output::Garbage { n });
        let Some(pending) = &mut self.pending else { return };
        pending.n_garbage = pending.n_garbage.saturating_add(1);
        if pending.n_garbage >= MAX_GARBAGE {
            self.give_up(Silence::Foreign, out);
        }
    }

    fn give_up(&mut self, silence: Silence, out: &mut Vec<Output>) {
        self.pending = None;
        out.push(Output::Silent(silence));
    }
}

impl Patience {
    fn deadline(&self, now: Instant, until: Instant) -> Instant {
        until.min(now + self.answer_timeout)
    }
}

impl Pending {
    /// Counts a repetition, if one is left.
    fn try_again(&mut self) -> bool {
        let Some(left) = self.tries_left.checked_sub(1) else { return false };
        self.tries_left = left;
        self.n_sent = self.n_sent.saturating_add(1);
        true
    }

    fn is_answered_by(&self, frame: &Frame, dialect: &Dialect) -> bool {
        let is_pair = self.message.id().answer() == Some(frame.message.id());
        let must_match = dialect.match_sequence && dialect.checksum.is_sent();
        let is_in_sequence = frame.sequence.is_none_or(|sequence| !must_match || sequence == self.sequence);
        is_pair && is_in_sequence && [F_ITEM_ID, F_PATRON_ID].into_iter().all(|code| self.echoes(frame, code))
    }

    /// Whether the answer names the item, or the patron, of the request; many leave it out.
    fn echoes(&self, frame: &Frame, code: FieldCode) -> bool {
        let asked = self.message.fields.said(code);
        let said = frame.message.fields.said(code);
        asked.zip(said).is_none_or(|(asked, said)| asked.eq_ignore_ascii_case(said))
    }
}

/// Frames that are none, after which what answers is taken for something else: a web server, a terminal.
const MAX_GARBAGE: u8 = 4;

#[cfg(test)]
mod tests;
