//! Card dispensers: a stack of blank cards, a place where one is read and written, a gate, and a bin for failed ones.
//!
//! ```text
//!   stack ──feed──▶ reading place ──present──▶ gate ──hand──▶ the patron
//!                        └────────capture───────┴─▶ bin
//! ```
//! [`Dispenser`] is one machine for all of them; what differs is data ([`Dialect`]) and frames ([`f2`], [`sf`]).
//!
//! **Rule**: a motion is never sent twice on a guess. Where the word of the dispenser is missing, it is asked where the
//! card is, and what it answers decides.

pub mod f2;
mod machine;
pub mod sf;

use crate::device::LinkFault;

pub use machine::{Dispenser, Patience};

/// How many cards are in the stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stock {
    /// None.
    Empty,
    /// Soon none.
    Low,
    /// Enough.
    #[default]
    Enough,
}

/// Where the card is that left the stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// There is none.
    #[default]
    Nowhere,
    /// Where it is read and written.
    Reading,
    /// At the gate, to be taken.
    Gate,
    /// Between places.
    Between,
}

/// Why a card does not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A card is stuck.
    #[error("a card is stuck")]
    Jam,
    /// The stack is empty.
    #[error("there is no card left")]
    Empty,
    /// The bin is full.
    #[error("the bin of failed cards is full")]
    BinFull,
    /// It wants to be reset first.
    #[error("the dispenser has to be reset")]
    NotReset,
    /// The card did not get where it should.
    #[error("the card is not where it should be")]
    Missed,
    /// The dispenser does not answer.
    #[error("the dispenser does not answer")]
    Silent,
    /// Another motion is under way.
    #[error("another card is on its way")]
    Busy,
    /// Its own code.
    #[error("the dispenser tells code {}{}", char::from(.0[0]), char::from(.0[1]))]
    Code([u8; 2]),
}

/// How a dispenser is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The stack.
    pub stock: Stock,
    /// The card outside of it.
    pub place: Place,
    /// The bin takes no more.
    pub is_bin_full: bool,
    /// A card is moving.
    pub is_moving: bool,
    /// What keeps it from moving one.
    pub fault: Option<Fault>,
}

/// A motion of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// From the stack to the reading place.
    Feed,
    /// To the gate.
    Present,
    /// Into the bin.
    Capture,
}

/// What can be asked of a dispenser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Begin anew; a card stays where it is.
    Reset,
    /// How it is.
    Status,
    /// Move a card.
    Move(Motion),
}

/// What the machine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Move a card; answered by exactly one [`Event::Moved`] of the same number.
    Move {
        /// Its number.
        number: u64,
        /// Where to.
        motion: Motion,
    },
    /// Begin anew, after somebody has mended it.
    Reset,
}

/// What the machine tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// How the dispenser is: at the start, and whenever it changes.
    State(State),
    /// It is not there, or does not answer.
    Down(Down),
    /// What became of a motion.
    Moved {
        /// Its number.
        number: u64,
        /// Done, or why not; then the card is where the last state says.
        outcome: Result<(), Fault>,
    },
}

/// Why there is no dispenser.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Down {
    /// Its port.
    #[error(transparent)]
    Link(#[from] LinkFault),
    /// The port is there, and nothing answers.
    #[error("the card dispenser is silent: check its power, its cable and the configured kind and baud rate")]
    Silent,
}

/// What a frame of the dispenser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The command has arrived.
    Taken,
    /// It has not: a check was wrong.
    NotTaken,
    /// How it is: the answer to a question.
    State(State),
    /// A motion is done; how it is comes with it.
    Done,
    /// The command is refused.
    Refused(Fault),
}

/// In what families differ.
pub trait Dialect {
    /// Their frames.
    type Frames: rfid_driver::frame::Format;

    /// The bytes of a command.
    fn command(&self, op: Op) -> Vec<u8>;

    /// What a frame says.
    fn hear(&self, frame: &[u8]) -> Option<Heard>;

    /// What is sent once a command has arrived, so that it is carried out.
    fn execute(&self) -> Option<Vec<u8>>;

    /// What is sent once an answer has arrived.
    fn confirm(&self) -> Option<Vec<u8>>;

    /// Whether a motion is answered when it is done; otherwise only the state tells.
    fn answers_motions(&self) -> bool;
}
