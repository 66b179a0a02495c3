//! What the kiosk wants of the task, and what it hears.

use circulation::account::Account;
use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::item::Description;
use circulation::patron::{Patron, Pin};
use circulation::sighting::LastSeen;
use circulation::transaction::{Reason, Transaction, Verdict};
use jiff::civil::Date;

use crate::ledger::Durable;

/// What the kiosk wants.
#[derive(Debug)]
pub enum Request {
    /// Answer a question of somebody at the screen.
    Lookup(Lookup),
    /// Ask central. The row stays the kiosk's.
    Ask {
        /// what to ask
        transaction: Transaction,
        /// that its row is on the disk
        proof: Durable,
    },
    /// Undo a granted checkout. The row is the task's from now on.
    Reverse {
        /// the transaction
        id: TransactionId,
    },
    /// Take over a row in doubt, or tell an assumed one. The row is the task's from now on.
    Resolve {
        /// the transaction
        id: TransactionId,
    },
    /// The row is settled: its item's tag was written and read back.
    Verified {
        /// the transaction
        id: TransactionId,
    },
    /// Look at the task's rows now.
    Look,
    /// Bring the mirror up to date now.
    Refresh,
}

/// A question of somebody at the screen, which no row stands for.
#[derive(Debug)]
pub enum Lookup {
    /// Look a patron up, and check the password if there is one.
    Patron {
        /// comes back with the answer
        query: u64,
        /// card number
        id: PatronId,
        /// password
        pin: Option<Pin>,
    },
    /// Say what the catalogue knows of an item.
    Describe(ItemId),
    /// Say what a patron has on loan, and owes.
    Account {
        /// comes back with the answer
        query: u64,
        /// card number
        patron: PatronId,
    },
    /// Renew a loan.
    Renew {
        /// whose
        patron: PatronId,
        /// the item
        item: ItemId,
    },
    /// Put a hold on an item.
    Reserve {
        /// comes back with the answer
        query: u64,
        /// for whom
        patron: PatronId,
        /// the item
        item: ItemId,
    },
    /// Give a hold up.
    CancelHold {
        /// whose
        patron: PatronId,
        /// the item by which it is known
        item: ItemId,
    },
    /// Say where items were last seen.
    Seen {
        /// comes back with the answer
        query: u64,
        /// which
        items: Vec<ItemId>,
    },
}

/// What the kiosk hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncEvent {
    /// The answer to [`Lookup::Patron`]; [`Reason::CentralSilent`] if there was none.
    Patron {
        /// the query asked
        query: u64,
        /// a patron who may use the kiosk, or why not
        result: Result<Patron, Reason>,
    },
    /// The answer to [`Request::Ask`].
    Verdict {
        /// the transaction
        id: TransactionId,
        /// what central says
        verdict: Verdict,
    },
    /// There is no answer to [`Request::Ask`].
    Silent {
        /// the transaction
        id: TransactionId,
        /// whether central may have done it
        in_doubt: bool,
        /// of a checkout: the due date if the library's rules take it as done, or why they do not
        assume: Result<Date, Reason>,
    },
    /// The answer to [`Lookup::Describe`]; empty if central does not say.
    Described {
        /// the item
        item: ItemId,
        /// what the catalogue knows
        description: Description,
    },
    /// The answer to [`Lookup::Account`]; [`Reason::CentralSilent`] if there was none.
    Account {
        /// the query asked
        query: u64,
        /// the account, or why not
        result: Result<Account, Reason>,
    },
    /// The answer to [`Lookup::Renew`]; [`Reason::CentralSilent`] if there was none: it may be renewed all the same.
    Renewed {
        /// the item
        item: ItemId,
        /// the new due date if central says it, or why not
        result: Result<Option<Date>, Reason>,
    },
    /// The answer to [`Lookup::Reserve`]; [`Reason::CentralSilent`] if there was none: it may be on hold all the same.
    Reserved {
        /// the query asked
        query: u64,
        /// done, or why not
        result: Result<(), Reason>,
    },
    /// The answer to [`Lookup::CancelHold`]; [`Reason::CentralSilent`] if there was none: it may be given up all the same.
    HoldCancelled {
        /// the item asked for
        item: ItemId,
        /// done, or why not
        result: Result<(), Reason>,
    },
    /// The answer to [`Lookup::Seen`]; empty if there was none, or central keeps no sightings.
    Seen {
        /// of the question
        query: u64,
        /// where items were last seen
        seen: Vec<(ItemId, LastSeen)>,
    },
    /// A checkout of the task's was undone, or could not be undone yet. After `false`, `true` or
    /// [`SyncEvent::Parked`] follows some time.
    Reversed {
        /// the transaction
        id: TransactionId,
        /// whether it is undone
        ok: bool,
    },
    /// The link went up or down.
    Link {
        /// whether central can be reached
        online: bool,
    },
    /// A row needs staff.
    Parked {
        /// the transaction
        id: TransactionId,
        /// what staff must know
        why: String,
    },
}
