//! What goes into the session and what comes out of it, and what the library decides about visits.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use crate::account::Account;
use crate::id::{ItemId, PatronId, TagKey, TransactionId};
use crate::item::{Description, ItemTag, Security};
use crate::patron::{Patron, Pin};
use crate::screen::{Language, Line, Look, Notice, Opening, Place, Printer, Screen, StaffAct, Touch};

use super::card;
use super::staff::Inspection;
use crate::search::{self, TitleKey};
use crate::sighting::LastSeen;
use crate::transaction::{Reason, Transaction, Verdict};

/// What the library decides about visits.
#[derive(Debug, Clone)]
pub struct Settings {
    /// language at the start of each visit
    pub language: Language,
    /// size and colours at the start of each visit
    pub look: Look,
    /// there is a staff's corner
    pub has_staff_pin: bool,
    /// staff took the machine out of service before it was started
    pub out_of_service: bool,
    /// code of the branch in which the machine stands, if it is known
    pub branch: Option<String>,
    /// where the machine stands, and what it offers
    pub place: Arc<Place>,
    /// whether a card on the pad needs its password too; a typed number always does
    pub pin: PinPolicy,
    /// what a checkin becomes when central is silent
    pub offline_checkin: Offline,
    /// a visit without any sign of life ends after this
    pub idle: Duration,
    /// the countdown is shown for this long before
    pub warn: Duration,
    /// the last page stays this long
    pub done: Duration,
    /// a book taken away too early may be put back for this long
    pub put_back: Duration,
    /// the visit ends this long after the last book was taken away
    pub linger: Duration,
    /// a reader that is away for less than this is not shown as a fault
    pub reader_grace: Duration,
    /// what the library decides about cards, where this machine makes them; the first that is told holds
    pub desk: Option<card::Rules>,
}

/// What is around the machine, as far as it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// whether the library is open
    pub opening: Opening,
    /// dark colours are better now
    pub night: bool,
    /// the receipt printer
    pub printer: Printer,
}

impl Surroundings {
    /// The library is closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.opening, Opening::Closed { .. })
    }
}

/// Whether a card on the pad needs its password too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinPolicy {
    /// The card is enough.
    CardOnly,
    /// Card and password.
    Required,
}

/// What a transaction becomes when central is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offline {
    /// Done on the kiosk's word, and told to central later.
    Assume,
    /// Not done.
    Refuse,
}

/// What happens to the kiosk. Only the shell makes these.
#[derive(Debug, Clone)]
pub enum Input {
    /// The reader answers.
    ReaderUp,
    /// The reader does not answer any more.
    ReaderDown,
    /// A whole round was read and every tag on the pad is known.
    PadComplete,
    /// A tag came onto the pad.
    Arrived {
        /// the tag
        tag: TagKey,
        /// what it says it is
        object: PadObject,
        /// a fresh id, used if a transaction begins with this tag
        fresh: TransactionId,
    },
    /// A tag left the pad.
    Departed {
        /// the tag
        tag: TagKey,
    },
    /// A patron's card was read as a code, by a scanner.
    Scanned(PatronId),
    /// The patron touched something.
    Touch(Touch),
    /// Central's answer to [`Output::Identify`].
    Identified {
        /// number of the question
        query: u64,
        /// the patron, or why not
        answer: Result<Patron, Reason>,
    },
    /// Central's answer to [`Output::Describe`].
    Described {
        /// the item asked for
        item: ItemId,
        /// what is known of it
        description: Description,
    },
    /// Central answered [`Output::Ask`], **and the row that says so is on the disk**.
    Answered {
        /// the transaction
        id: TransactionId,
        /// its verdict
        verdict: Verdict,
    },
    /// Central did not answer [`Output::Ask`].
    Silent {
        /// the transaction
        id: TransactionId,
        /// it may have been done all the same
        in_doubt: bool,
        /// of a checkout: the due date if it may be taken as done, or why not ([`crate::policy`])
        assume: Result<Date, Reason>,
    },
    /// [`Output::Assume`] is on the disk.
    Assumed {
        /// the transaction
        id: TransactionId,
    },
    /// The outcome of [`Output::Secure`].
    Wrote {
        /// the transaction
        id: TransactionId,
        /// what became of the tag
        outcome: Written,
    },
    /// [`Output::Settle`] is on the disk.
    Settled {
        /// the transaction
        id: TransactionId,
    },
    /// The outcome of [`Output::Reverse`].
    Reversed {
        /// the transaction
        id: TransactionId,
        /// whether central undid the loan
        undone: bool,
    },
    /// The ledger could not keep a row of this transaction.
    NotKept {
        /// the transaction
        id: TransactionId,
    },
    /// The ledger works, or does not.
    Ledger {
        /// whether rows can be written
        works: bool,
    },
    /// The mains hold, or do not: then what is in hand is finished, and nothing new is begun.
    Mains {
        /// whether they hold
        holds: bool,
    },
    /// Central answers, or does not.
    Link {
        /// whether it answers
        online: bool,
    },
    /// What the library tells its readers now; nothing takes it back.
    Notice(Option<Arc<Notice>>),
    /// Central's answer to [`Output::Account`].
    Account {
        /// number of the question
        query: u64,
        /// the account, or why not
        answer: Result<Account, Reason>,
    },
    /// Central's answer to [`Output::Renew`].
    Renewed {
        /// the item
        item: ItemId,
        /// the new due date if central says it, or why not
        answer: Result<Option<Date>, Reason>,
    },
    /// The answer to [`Output::Search`]; none if there is no catalogue.
    Found {
        /// number of the question
        query: u64,
        /// what was found
        results: Option<search::Results>,
    },
    /// The answer to [`Output::Holdings`].
    Stands {
        /// number of the question
        query: u64,
        /// its copies
        holdings: Vec<search::Holding>,
    },
    /// Central's answer to [`Output::Sightings`]; nothing comes if it is silent, or has no such word.
    Sighted {
        /// number of the question
        query: u64,
        /// where copies were last seen
        seen: Vec<(ItemId, LastSeen)>,
    },
    /// Central's answer to [`Output::Reserve`].
    Reserved {
        /// number of the question
        query: u64,
        /// done, or why not
        answer: Result<(), Reason>,
    },
    /// Central's answer to [`Output::CancelHold`].
    HoldCancelled {
        /// the copy
        item: ItemId,
        /// done, or why not
        answer: Result<(), Reason>,
    },
    /// What is around the machine changed.
    Surroundings(Surroundings),
    /// The library decides otherwise from now on. Taken over between two visits: what somebody looks at does not change.
    Settings(Box<Settings>),
    /// Staff takes the machine out of service from afar, or puts it back. Whoever stands there is served to the end.
    Service {
        /// out of service
        out: bool,
    },
    /// The outcome of [`Output::CheckStaffPin`].
    StaffPin {
        /// number of the question
        query: u64,
        /// whether it is the right one
        right: bool,
    },
    /// The answer to [`Output::Inspect`].
    Inspected(Inspection),
    /// The outcome of [`Output::Print`].
    Printed(Printout),
    /// Something happened at the desk for cards. The first is [`card::Input::Parts`]: before it there is no desk.
    Desk(card::Input),
    /// Time has passed; sent at [`super::Session::deadline`].
    Tick,
}

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printout {
    /// It came out.
    Whole,
    /// The paper is used up.
    NoPaper,
    /// It did not come out, or not whole.
    Failed,
}

/// What a printed receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// the lines of the visit
    pub lines: Vec<Line>,
    /// the card, masked; none for a return without one
    pub card: Option<String>,
    /// the first transaction of the visit, by which staff finds it again
    pub number: Option<TransactionId>,
    /// in this language
    pub language: Language,
}

/// What a tag says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PadObject {
    /// an item of a library
    Item(ItemTag),
    /// a patron's card
    Card(PatronId),
    /// a tag that is not a library's, or an empty one
    Foreign,
    /// a library tag whose content is damaged
    Damaged,
}

/// What became of a tag that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Written and read back.
    Verified,
    /// The tag left before anything was written.
    Gone,
    /// Something may have been written, but it could not be read back.
    Uncertain,
    /// The tag answers and is unchanged.
    Refused,
}

/// What the shell is to do. The order is the order of performance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Show this screen.
    Show(Screen),
    /// Ask central who this is.
    Identify {
        /// number of the question
        query: u64,
        /// the card
        patron: PatronId,
        /// the password, if one is needed
        pin: Option<Pin>,
    },
    /// Ask central for the title.
    Describe(ItemId),
    /// Ask central for the patron's loans, holds and fees.
    Account {
        /// number of the question
        query: u64,
        /// whose
        patron: PatronId,
    },
    /// Ask central to renew a loan. It needs no row: nothing at the kiosk changes, and an answer that does not come
    /// is told as such.
    Renew {
        /// whose loan
        patron: PatronId,
        /// of what
        item: ItemId,
    },
    /// Print a receipt.
    Print(Paper),
    /// Look in the catalogue.
    Search {
        /// number of the question
        query: u64,
        /// what is looked for
        what: search::Query,
    },
    /// Say where a title stands.
    Holdings {
        /// number of the question
        query: u64,
        /// the title
        title: TitleKey,
    },
    /// Ask central where these were last seen.
    Sightings {
        /// number of the question
        query: u64,
        /// copies that can be taken, each once
        items: Vec<ItemId>,
    },
    /// Ask central for a hold.
    Reserve {
        /// number of the question
        query: u64,
        /// for whom
        patron: PatronId,
        /// a copy of the title
        item: ItemId,
    },
    /// Ask central to give a hold up.
    CancelHold {
        /// whose hold
        patron: PatronId,
        /// the copy by which it is known
        item: ItemId,
    },
    /// Check the staff's password.
    CheckStaffPin {
        /// number of the question
        query: u64,
        /// what was typed
        pin: Pin,
    },
    /// Say how every part is.
    Inspect,
    /// What the last [`Input::Settings`] brought is in force.
    Configured,
    /// Staff wants this.
    Staff(StaffAct),
    /// Put the row on the disk, then ask central.
    Ask(Transaction),
    /// Put on the disk that this is done on the kiosk's word.
    Assume {
        /// the transaction
        id: TransactionId,
        /// the provisional due date of a checkout
        due: Option<Date>,
    },
    /// Write the tag's security bits and read them back.
    Secure {
        /// the transaction
        id: TransactionId,
        /// the tag
        tag: TagKey,
        /// the state it is to have
        to: Security,
    },
    /// Put on the disk that all of it is done.
    Settle(TransactionId),
    /// Nothing was sent to central: close the row.
    Withdraw(TransactionId),
    /// It is not known what central did: look, and undo it if it was done.
    Resolve(TransactionId),
    /// Undo a granted loan at central.
    Reverse {
        /// the transaction
        id: TransactionId,
        /// the tag may be left open: staff must look at the book
        tag_uncertain: bool,
    },
    /// Central has it, but the tag could not be secured: staff must look at the book.
    Park(TransactionId),
    /// Something for a card.
    Desk(card::Output),
}
