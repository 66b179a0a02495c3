//! What the machine of a room is told, and what it tells. None of it says who comes.

/// The contacts, as they are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a contact of its own")]
pub struct Contacts {
    /// the door stands open
    pub door_is_open: bool,
    /// the exit button is pressed
    pub exit: bool,
    /// the fire alarm
    pub fire: bool,
    /// the outer eye of the passage is covered
    pub outer: bool,
    /// the inner eye of the passage is covered
    pub inner: bool,
    /// a counter's pulse: somebody came in
    pub count_in: bool,
    /// a counter's pulse: somebody went out
    pub count_out: bool,
    /// the security gate alarms
    pub gate: bool,
}

/// What the machine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The contacts as they are now.
    Contacts(Contacts),
    /// The modules do not answer: nothing is known, and their own watchdogs have cut the relays.
    Blind,
    /// Somebody holds up a card or a code.
    Shown,
    /// What is known of it; the number is that of [`Output::Ask`].
    Word {
        /// the number
        query: u64,
        /// the word
        word: Word,
    },
    /// The library lets people in now, or does not.
    Hours {
        /// whether it does
        is_open: bool,
    },
    /// The mains hold, or do not: then nobody is let in any more.
    Mains {
        /// whether they hold
        holds: bool,
    },
    /// The hour of the day at which nobody is inside: what was counted wrongly is forgotten.
    Reset,
    /// The deadline may have come.
    Tick,
}

/// What is known of whoever holds up a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// may come in
    Enter,
    /// may not
    Refused(Refusal),
    /// nobody knows
    Silent,
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Central knows no such card, or it is none.
    Unknown,
    /// Its term is over.
    Expired,
    /// It is reported lost.
    Lost,
    /// It is suspended, or cancelled.
    Suspended,
    /// It has to be verified by staff first.
    Unverified,
    /// Central says no for a reason of its own: an age, a kind of card.
    NotHere,
    /// The code on the phone is too old.
    OldCode,
    /// Central is silent, and nothing is known here.
    Silent,
    /// Outside the hours.
    Closed,
    /// As many are inside as may be.
    Full,
    /// The room is out of order: its contacts are not known, or the mains are gone.
    OutOfOrder,
}

impl Refusal {
    /// Every one, for whoever counts them.
    pub const ALL: [Self; 11] = [
        Self::Unknown,
        Self::Expired,
        Self::Lost,
        Self::Suspended,
        Self::Unverified,
        Self::NotHere,
        Self::OldCode,
        Self::Silent,
        Self::Closed,
        Self::Full,
        Self::OutOfOrder,
    ];

    /// Its word in programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Lost => "lost",
            Self::Suspended => "suspended",
            Self::Unverified => "unverified",
            Self::NotHere => "not-here",
            Self::OldCode => "old-code",
            Self::Silent => "silent",
            Self::Closed => "closed",
            Self::Full => "full",
            Self::OutOfOrder => "out-of-order",
        }
    }
}

/// What the machine tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The door's relay.
    Door {
        /// whether it is to be unlocked
        is_unlocked: bool,
    },
    /// What is known of the card that was held up last? Then [`Input::Word`].
    Ask {
        /// the number of the question
        query: u64,
    },
    /// What lamps and beeper say.
    Say(Sign),
    /// So many are inside.
    Inside(u32),
    /// The gate has begun to alarm; told each time, also while [`Alarm::Gate`] stands.
    Gate,
    /// Staff are to know.
    Alarm(Alarm),
    /// It is over.
    Calm(Alarm),
}

/// What is said to whoever stands at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Hold up your card.
    Ready,
    /// It is looked at.
    Wait,
    /// Come in.
    Welcome,
    /// Not now, and why.
    Refused(Refusal),
    /// The door stands open too long.
    ShutTheDoor,
    /// Everybody out: the fire alarm.
    Leave,
    /// Nobody is let in at this hour.
    Closed,
    /// Out of order.
    OutOfOrder,
}

/// What staff are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    /// The fire alarm holds the door open.
    Fire,
    /// The door was opened without a card and without the exit button.
    Forced,
    /// The door stands open too long.
    HeldOpen,
    /// More came in than were let in.
    Tailgated,
    /// The security gate alarms: an item goes out whose gate bit is closed.
    Gate,
    /// The exit button stays pressed.
    ExitStuck,
    /// The contacts are not known.
    Blind,
}

impl Alarm {
    /// What staff read.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Fire => "fire alarm: the door is unlocked",
            Self::Forced => "the door was opened without a card and without the exit button",
            Self::HeldOpen => "the door stands open too long",
            Self::Tailgated => "more came in than were let in",
            Self::Gate => "the gate alarms",
            Self::ExitStuck => "the exit button stays pressed: the door is unlocked",
            Self::Blind => "the contacts of the room are not known",
        }
    }
}
