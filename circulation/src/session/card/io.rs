//! What goes into the desk and what comes out of it, and what the library decides about cards.

use std::time::Duration;

use jiff::civil::Date;

use crate::card_type::CardType;
use crate::id::{PatronId, TransactionId};
use crate::identity::{Identity, IdentityFault, Secret};
use crate::issue::{self, Medium, Row};
use crate::money::Amount;
use crate::patron::Pin;
use crate::screen::{CardService, Cards, HolderState, PayCode, Printer, Refusal, Touch};
use crate::session::Printout;

/// What the library decides about cards at the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// version of the text that is agreed to
    pub consent: u32,
    /// who is younger than this, in years, comes with a guardian
    pub child_below: u8,
    /// a guardian is at least this old, in years
    pub adult_from: u8,
    /// a page without any sign of life closes after this
    pub idle: Duration,
    /// the countdown is shown for this long before
    pub warn: Duration,
    /// the disk and central have this long to answer
    pub answer: Duration,
    /// paying may take this long
    pub pay: Duration,
    /// a motion of a card, or writing it, may take this long
    pub motion: Duration,
    /// a card is held out for this long
    pub take: Duration,
    /// what failed is tried again after this
    pub again: Duration,
    /// a reader waits for this long while what was begun is taken back
    pub undo: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            consent: 1,
            child_below: 14,
            adult_from: 18,
            idle: Duration::from_secs(60),
            warn: Duration::from_secs(15),
            answer: Duration::from_secs(10),
            pay: Duration::from_secs(120),
            motion: Duration::from_secs(30),
            take: Duration::from_secs(30),
            again: Duration::from_secs(20),
            undo: Duration::from_secs(20),
        }
    }
}

/// How the parts are that cards need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// central answers
    pub online: bool,
    /// the identity reader answers
    pub identity: bool,
    /// the stack of cards
    pub cards: Cards,
    /// the receipt printer
    pub printer: Printer,
    /// the day
    pub today: Date,
}

/// What happens to the desk.
#[derive(Debug, Clone)]
pub enum Input {
    /// Somebody wants something about a card.
    Open,
    /// Something was touched.
    Touch(Touch),
    /// An identity card was read, or could not be.
    Identity(Result<Identity, IdentityFault>),
    /// The parts are so now.
    Parts(Parts),
    /// Central's answer to [`Output::Check`].
    Checked {
        /// number of the question
        query: u64,
        /// what it knows, or why not
        answer: Result<Standing, Refusal>,
    },
    /// Central's answer to [`Output::Serve`].
    Served {
        /// number of the question
        query: u64,
        /// done, with the last day of the card if it says it; or why not
        answer: Result<Option<Date>, Refusal>,
    },
    /// The answer to [`Output::NewId`].
    NewId(TransactionId),
    /// [`Output::Keep`] is on the disk.
    Kept {
        /// the card that is being issued
        id: TransactionId,
    },
    /// The row could not be put on the disk.
    NotKept {
        /// the card that is being issued
        id: TransactionId,
    },
    /// Central's answer to [`Output::Reserve`]; [`Refusal::CentralSilent`] if there is none.
    Reserved {
        /// the card that is being issued
        id: TransactionId,
        /// the number, or why not
        answer: Result<Reserved, Refusal>,
    },
    /// The codes by which it is paid.
    PayCodes {
        /// the card that is being issued
        id: TransactionId,
        /// one for each that takes the money
        codes: Vec<PayCode>,
    },
    /// What became of any other act.
    Acted {
        /// the card that is being issued
        id: TransactionId,
        /// what became of it
        what: issue::Input,
        /// why it failed, if that is known
        why: Option<Refusal>,
    },
    /// A card was being issued when the machine stopped; from the disk, at the start.
    Resume {
        /// the card
        id: TransactionId,
        /// what it costs
        fee: Amount,
        /// what it is
        medium: Medium,
        /// its last row
        row: Row,
    },
    /// The outcome of [`Output::Print`].
    Printed(Printout),
    /// Time has passed; sent at [`super::Desk::deadline`].
    Tick,
}

/// What central knows of the holder of an identity card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// the card that there is already
    pub holder: Option<Holder>,
    /// the kinds of cards that this library makes
    pub types: Vec<CardType>,
    /// what a card costs that replaces a lost one
    pub replacement: Amount,
}

/// A card that there is already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// its number
    pub card: PatronId,
    /// whether it is in force
    pub state: HolderState,
    /// its last day
    pub valid_until: Option<Date>,
}

/// What central has reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// the number of the card
    pub card: PatronId,
    /// its last day
    pub valid_until: Option<Date>,
    /// what makes a phone the card, once: a ticket, never the number
    pub ticket: Option<String>,
}

/// What central gets with the wish for a card. Leaves the kiosk once, and is never written down there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// who gets it
    pub identity: Identity,
    /// a child's guardian
    pub guardian: Option<Identity>,
    /// the lost card that it replaces
    pub replaces: Option<PatronId>,
    /// code of the kind of card; none for a replacement, which is as the lost one was
    pub kind: Option<String>,
    /// telephone number; empty for a replacement
    pub phone: Secret,
    /// password; empty for a replacement
    pub pin: Pin,
    /// version of the text that was agreed to
    pub consent: u32,
    /// what it is
    pub medium: Medium,
}

/// What is asked of central for somebody who has a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// A longer term.
    Renew(PatronId),
    /// The card is lost: nobody may borrow with it.
    ReportLoss(PatronId),
    /// Another password.
    ChangePin(PatronId, Pin),
}

/// A receipt, or a voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardPaper {
    /// what was done
    pub service: CardService,
    /// the card, masked; none on a voucher
    pub card: Option<String>,
    /// its last day
    pub valid_until: Option<Date>,
    /// what was paid, or is owed
    pub amount: Amount,
    /// by which staff finds it again
    pub number: Option<TransactionId>,
    /// staff owes the amount
    pub is_voucher: bool,
}

/// What the shell is to do. The order is the order of performance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Look for identity cards, or stop that.
    Look(bool),
    /// Ask central what it knows of the holder of an identity card.
    Check {
        /// number of the question
        query: u64,
        /// number of the identity card
        number: Secret,
    },
    /// Ask central for something about a card.
    Serve {
        /// number of the question
        query: u64,
        /// number of the identity card that was shown
        number: Secret,
        /// what
        what: Service,
    },
    /// Make an id for a card that is to be issued.
    NewId,
    /// Put this row on the disk.
    Keep {
        /// the card that is being issued
        id: TransactionId,
        /// what is about to be done
        row: Row,
        /// what it costs
        fee: Amount,
        /// what it is
        medium: Medium,
    },
    /// Ask central for a number, under this id.
    Reserve {
        /// the card that is being issued
        id: TransactionId,
        /// for whom
        application: Box<Application>,
    },
    /// Ask the reader for the money, under this id.
    Pay {
        /// the card that is being issued
        id: TransactionId,
        /// how much
        amount: Amount,
    },
    /// Nobody is to pay any more.
    StopPay {
        /// the card that is being issued
        id: TransactionId,
    },
    /// Write the card at the writing place, and read it back.
    Write {
        /// the card that is being issued
        id: TransactionId,
        /// its number
        card: PatronId,
    },
    /// One of the acts that need no more than the id.
    Act {
        /// the card that is being issued
        id: TransactionId,
        /// what
        act: Act,
    },
    /// Print a receipt or a voucher.
    Print(CardPaper),
}

/// Acts that need no more than the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Move a card from the stack to where it is written.
    Feed,
    /// Hold the card out; answered once it was taken.
    Present,
    /// Tell central that the card was taken.
    Confirm,
    /// Move the card into the bin.
    Capture,
    /// Delete the reader at central.
    Delete,
    /// Give back what was paid, if anything was.
    Refund,
}
