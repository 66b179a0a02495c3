//! What the machine is told, and what it tells.

use std::time::Instant;

use circulation::id::{ItemId, TagKey};
use circulation::item::ItemTag;

use crate::journal::{Piece, PieceId, Step};
use crate::sensors::{Motion, Sensors};
use crate::sort;

/// What the machine is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// The contacts as they are now.
    Sensors(Sensors),
    /// The input module does not answer: nothing is known, and its own watchdog has cut the outputs.
    Blind,
    /// A tag answered.
    Tag {
        /// its own number
        key: TagKey,
        /// what it carries
        content: Content,
        /// where it was heard
        at: Antenna,
        /// when; not later than now
        when: Instant,
    },
    /// Somebody is there: a card, a touch, a tag held to the mouth.
    Approach,
    /// Central's word on an item, asked by [`Output::Look`].
    Looked {
        /// the item
        item: ItemId,
        /// what it says
        answer: Known,
    },
    /// A step is on the disk.
    Durable {
        /// the piece
        piece: PieceId,
        /// the step
        step: Step,
    },
    /// What became of [`Output::Checkin`].
    CheckedIn {
        /// the piece
        piece: PieceId,
        /// what became of it
        answer: Checkin,
    },
    /// What became of [`Output::Secure`].
    Secured {
        /// the piece
        piece: PieceId,
        /// the bits were read back as closed
        is_closed: bool,
    },
    /// The state of the mains.
    Power(Power),
    /// Staff have mended what was wrong.
    Mended,
    /// Staff take it out of service, or put it back: what is in hand is finished, nothing new is taken.
    Service {
        /// out, and not back
        is_out: bool,
    },
    /// From now on bins are chosen by this table. It is of the same bins.
    Table(sort::Table),
    /// Time has passed: the [`crate::slot::Slot::deadline`] has come.
    Tick,
}

/// What a tag carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An item.
    Item(ItemTag),
    /// Something that is no item: a bus card, a blank.
    Foreign,
    /// Nothing that can be read.
    Damaged,
}

/// Where a tag was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Antenna {
    /// Over the inlet belt.
    Tunnel,
    /// Behind the flap.
    Inner,
}

/// What is known of an item, before it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// The library knows it.
    Item(sort::Facts),
    /// The library does not know it.
    NotOurs,
    /// Central does not answer.
    Silent,
    /// Central does not answer, and the clock is wrong: a return of now could not be dated.
    Undated,
}

/// What became of a check-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkin {
    /// Central has it; what it says may change the bin.
    Granted(sort::Facts),
    /// The ledger has it; central is told later.
    Queued,
    /// Central refuses it. The item is in there all the same.
    Refused,
}

/// The state of the mains, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// On mains.
    Mains,
    /// On battery: what is in hand is finished, nothing new is taken.
    Battery,
    /// The battery ends.
    Low,
}

/// What the machine tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Something is to move.
    Move(Motion),
    /// A step is to be written, then [`Input::Durable`].
    Journal {
        /// the piece as it is when the row is written; `step` is the one to write
        piece: Piece,
    },
    /// What does the library know of an item? Then [`Input::Looked`].
    Look(ItemId),
    /// The return of an item, with the time of its `TAKEN`; the piece is its identity, and may come twice.
    /// Then [`Input::CheckedIn`].
    Checkin {
        /// the piece
        piece: PieceId,
        /// the item
        item: ItemId,
    },
    /// The gate bits are to be closed and read back. Then [`Input::Secured`].
    Secure {
        /// the piece
        piece: PieceId,
        /// its tags
        tags: Vec<TagKey>,
    },
    /// What the lamp, the screen and the voice say.
    Say(Sign),
    /// Staff are to know.
    Alarm(Alarm),
    /// An alarm is over.
    Calm(Alarm),
    /// Everything is at rest and on the disk: the power may go.
    MayPowerOff,
}

/// What is said to whoever stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Welcome; the slot is ready.
    Ready,
    /// One item, please.
    InsertOne,
    /// Wait: it is being looked at.
    Wait,
    /// It is taken; the return is made.
    Returned,
    /// It is taken; the return is made as soon as central answers.
    Received,
    /// It is taken; staff look at it.
    Kept,
    /// It comes back.
    Refused(Refusal),
    /// Your hand, please.
    MindYourHand,
    /// Nothing is taken here now.
    Closed(Outage),
}

/// Why an item comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// More than one: one after another.
    TooMany,
    /// No tag answers.
    NoTag,
    /// Not of this library.
    NotOurs,
    /// Too long, or not wholly put in.
    NotWhole,
    /// No bin has room.
    NoRoom,
    /// The slot is closing.
    Closing,
    /// Central does not answer, and a return could not be dated.
    NoClock,
}

/// Why the slot takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outage {
    /// The shutter does not reach its limits.
    Shutter,
    /// Something sticks.
    Jam,
    /// Every bin is full or away.
    Full,
    /// The contacts are not known.
    Blind,
    /// No mains.
    Power,
    /// The service door is open.
    Service,
    /// The journal cannot be written.
    Disk,
    /// Heat or smoke: it stays closed until staff have looked.
    Smoke,
    /// Staff took it out of service.
    Staff,
}

/// What staff are told, raised and cleared by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    /// The slot takes nothing.
    Out(Outage),
    /// A bin is full or away.
    Bin(usize),
    /// A piece lies somewhere between flap and bins.
    InTransit(PieceId),
    /// A piece was kept without a return.
    Found(PieceId),
    /// A return that central did not make.
    NotCheckedIn(PieceId),
    /// A tag whose gate bit may be open.
    Unsecured(PieceId),
    /// A piece that was seen, and gone after the plug was pulled.
    Gone(PieceId),
    /// An item of several parts came without all of them.
    Incomplete(PieceId),
    /// The diverter misses more often than now and then.
    Misses,
}
