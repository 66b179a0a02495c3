//! The pages of a visit: who is here, what lies on the pad, what became of it.

use jiff::civil::Date;

use crate::id::ItemId;
use crate::transaction::{Destination, Reason};

/// The page that asks for a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identify {
    /// what is asked for
    pub entry: Entry,
    /// what the patron came for
    pub wish: Wish,
    /// items that lie on the pad already and wait for a card
    pub n_waiting: usize,
    /// central is being asked
    pub busy: bool,
    /// why the last try failed
    pub problem: Option<Reason>,
    /// seconds until the page closes by itself, shown once it is soon
    pub seconds_left: Option<u16>,
}

/// What the patron came for, when a card is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// to borrow
    Borrow,
    /// to see what is on loan
    Account,
    /// to reserve the title that was found
    Reserve,
}

/// What the patron has to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Put the card on the pad, or choose to type its number.
    Card,
    /// Typing the card number: all but the last four characters are stars.
    Number {
        /// the number as shown
        masked: String,
    },
    /// Typing the password.
    Pin {
        /// characters typed
        len: usize,
    },
}

/// Which way the items go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A patron is known: secured items are lent, unsecured ones are taken back.
    Borrow,
    /// No patron: everything is taken back.
    Return,
}

/// The page of a running visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// which page it is
    pub purpose: Purpose,
    /// who is here, masked
    pub patron: Option<PatronView>,
    /// one line for each item, in order of arrival
    pub lines: Vec<Line>,
    /// what the patron should do now
    pub hint: Hint,
    /// seconds until the visit ends by itself, shown once it is soon
    pub seconds_left: Option<u16>,
}

/// A patron as a screen may show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatronView {
    /// masked name
    pub name: String,
    /// masked card number
    pub card: String,
    /// loans now, if known
    pub n_loans: Option<u32>,
    /// loans allowed, if known
    pub loan_limit: Option<u32>,
}

/// One item on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// the item's barcode; a tag that could not be read has none
    pub item: Option<ItemId>,
    /// title, as soon as it is known
    pub title: Option<String>,
    /// author, as soon as it is known
    pub author: Option<String>,
    /// whether the item goes out or comes in
    pub way: Way,
    /// of an item in several parts: what is there
    pub set: Option<SetView>,
    /// how far it is
    pub progress: Progress,
    /// of one that was taken back: where it goes, if it does not stay here for everybody
    pub goes: Option<Goes>,
}

/// Where an item goes that was taken back, if not onto the shelf beside the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// Somebody waits for it here.
    HoldShelf,
    /// Somebody waits for it at another branch.
    HoldElsewhere,
    /// To the branch where it belongs.
    Home,
}

impl Goes {
    /// What a patron is told of a destination.
    #[must_use]
    pub const fn of(destination: &Destination) -> Option<Self> {
        match destination {
            Destination::Shelf => None,
            Destination::HoldShelf => Some(Self::HoldShelf),
            Destination::HoldElsewhere(_) => Some(Self::HoldElsewhere),
            Destination::Home(_) => Some(Self::Home),
        }
    }
}

/// The parts of an item that has several, each with its own tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetView {
    /// parts in the set
    pub of: u16,
    /// numbers of the parts that were not seen, in order
    pub missing: Vec<u16>,
}

/// Whether an item goes out or comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// checkout
    Out,
    /// checkin
    In,
}

/// How far a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Central is being asked, or the tag is being written. The book must stay on the pad.
    Working,
    /// Done: in the ledger, at central (or to be told to it), and verified on the tag.
    Done {
        /// due date of a checkout
        due: Option<Date>,
        /// central has not confirmed it yet; it will be told
        provisional: bool,
    },
    /// Refused; nothing was changed.
    Refused(Reason),
    /// Parts of the set are not there: put them on the pad too.
    Incomplete,
    /// It is on loan to this patron already.
    Yours {
        /// when it is due, if that is known
        due: Option<Date>,
        /// whether it can be renewed, and how far that is
        renewal: super::Renewal,
    },
    /// The book was taken away too early: put it back.
    PutBack,
    /// The loan was undone because the tag could not be written: this book is not lent.
    Undone,
    /// It is not known what central did; staff will look. The book stays here.
    Unclear,
    /// Taken back at central, but the tag could not be secured: give the book to staff.
    Unsecured,
}

/// What the patron should do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Put books on the pad.
    PutBooks,
    /// Leave the books where they are.
    Wait,
    /// All is done: take the books, add more, or finish.
    TakeBooks,
    /// Nothing more will happen, and not every book was done: look at the list.
    SeeLines,
    /// A book was taken away too early.
    PutBack,
    /// A part of a set is missing.
    AddPart,
}

/// The last page of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// all lines of the visit
    pub lines: Vec<Line>,
    /// the card still lies on the pad
    pub card_left: bool,
    /// books still lie on the pad
    pub books_left: bool,
    /// how the patron takes home what was done
    pub receipt: Receipt,
}

/// The receipt of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// Nothing was done that a receipt could say.
    Nothing,
    /// The patron may choose.
    Offered {
        /// whether it can be printed
        printer: super::Printer,
    },
    /// It is shown as a code for the phone.
    Code,
    /// It is being printed.
    Printing,
    /// It is printed.
    Printed,
    /// It could not be printed: the code is offered instead.
    NotPrinted,
    /// The paper is used up: the code is offered instead.
    NoPaper,
}

impl Done {
    /// Items lent in this visit.
    #[must_use]
    pub fn n_lent(&self) -> usize {
        n_done(&self.lines, Way::Out)
    }

    /// Items taken back in this visit.
    #[must_use]
    pub fn n_returned(&self) -> usize {
        n_done(&self.lines, Way::In)
    }

    /// Items that were neither lent nor taken back.
    #[must_use]
    pub fn n_refused(&self) -> usize {
        self.lines.len().saturating_sub(self.n_lent()).saturating_sub(self.n_returned())
    }

    /// The earliest due date of what was lent.
    #[must_use]
    pub fn first_due(&self) -> Option<Date> {
        self.lines.iter().filter_map(|line| line.progress.due()).min()
    }
}

impl Line {
    /// Whether central has it, or will be told: the item is lent, or is off the patron's account. A book whose tag
    /// could not be secured is returned all the same.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        match self.progress {
            Progress::Done { .. } => true,
            Progress::Unsecured => matches!(self.way, Way::In),
            Progress::Working
            | Progress::Refused(_)
            | Progress::Incomplete
            | Progress::Yours { .. }
            | Progress::PutBack
            | Progress::Undone
            | Progress::Unclear => false,
        }
    }
}

impl Progress {
    /// Whether nothing more will happen to the line unless the patron does something.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::Working | Self::Incomplete | Self::PutBack)
    }

    /// Whether the book must not leave the machine before staff has looked at it.
    #[must_use]
    pub const fn needs_staff(&self) -> bool {
        matches!(self, Self::Unclear | Self::Unsecured)
    }

    /// When a checkout that is done is due, if central said it.
    #[must_use]
    pub const fn due(&self) -> Option<Date> {
        match self {
            Self::Done { due, .. } => *due,
            Self::Working
            | Self::Refused(_)
            | Self::Incomplete
            | Self::Yours { .. }
            | Self::PutBack
            | Self::Undone
            | Self::Unclear
            | Self::Unsecured => None,
        }
    }
}

fn n_done(lines: &[Line], way: Way) -> usize {
    lines.iter().filter(|line| line.way == way && line.is_done()).count()
}
