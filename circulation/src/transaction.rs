//! Transactions and the verdicts on them.

use jiff::civil::Date;

use crate::id::{ItemId, PatronId, TransactionId};
use crate::item::{Description, Security};
use crate::money::Amount;

/// One checkout or checkin, from the moment the kiosk wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// made at the kiosk before anything is sent
    pub id: TransactionId,
    /// what is to be done
    pub act: Act,
}

/// What a transaction does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Lend an item to a patron.
    Checkout {
        /// who borrows
        patron: PatronId,
        /// what is lent
        item: ItemId,
    },
    /// Take an item back. A return needs no card.
    Checkin {
        /// what comes back
        item: ItemId,
    },
}

impl Act {
    /// The item that the act is about.
    #[must_use]
    pub const fn item(&self) -> &ItemId {
        match self {
            Self::Checkout { item, .. } | Self::Checkin { item } => item,
        }
    }

    /// The state in which the act leaves the item's security bits.
    #[must_use]
    pub const fn security(&self) -> Security {
        match self {
            Self::Checkout { .. } => Security::Unsecured,
            Self::Checkin { .. } => Security::Secured,
        }
    }
}

/// What central says to a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is done at central.
    Granted(Grant),
    /// It is not done at central, and asking again will not help.
    Declined(Reason),
}

/// What comes with a grant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    /// title and author, as far as central says them
    pub description: Description,
    /// the day the item is due; checkouts only
    pub due: Option<Date>,
    /// where the item goes; checkins only, and only if central says it
    pub destination: Option<Destination>,
}

/// Where an item goes that was brought back: for the sorter, and for whoever stands at the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// onto the open shelf, here
    Shelf,
    /// onto the hold shelf, here: somebody waits for it
    HoldShelf,
    /// to another branch, where somebody waits for it
    HoldElsewhere(String),
    /// to another branch, where it belongs
    Home(String),
}

impl Destination {
    /// Whether somebody waits for it.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        match self {
            Self::HoldShelf | Self::HoldElsewhere(_) => true,
            Self::Shelf | Self::Home(_) => false,
        }
    }
}

/// Why something is refused: a closed set, to which the screen has a sentence and an advice in every language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Central knows no such card.
    PatronUnknown,
    /// The card's password is wrong.
    WrongPin,
    /// The card's term is over.
    PatronExpired,
    /// The card is to be verified by staff first.
    PatronUnverified,
    /// The card is reported lost.
    PatronLost,
    /// The card is suspended.
    PatronSuspended,
    /// The card is cancelled.
    PatronCancelled,
    /// The patron owes more than the library allows.
    Fees(Amount),
    /// The patron has as many loans as the card type allows.
    LoanLimit(Option<u32>),
    /// The card type lends nothing (a reading-room card).
    NoLoans,
    /// Central knows no such item.
    ItemUnknown,
    /// The item is not lent: reference, closed stacks, in repair.
    NotForLoan,
    /// The item is on loan already.
    OnLoan,
    /// The item is held for somebody else.
    OnHold,
    /// A checkin of an item that is not on loan.
    NotOnLoan,
    /// The tag belongs to no library item that this kiosk knows how to read.
    TagForeign,
    /// The tag answers, but its content is damaged.
    TagDamaged,
    /// A part of a set is missing.
    PartMissing,
    /// Central does not answer.
    CentralSilent,
    /// Central refuses for a cause this program does not know; its own words for the patron.
    Other(String),
}
