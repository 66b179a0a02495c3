//! What central keeps, and the only way to change it.
//!
//! Each change is one transaction: lock what it is about, read the facts, ask [`crate::ledger`], apply what is granted,
//! log it. Two engines do the same work: an embedded SQLite file for one library, and PostgreSQL for a district with any
//! number of copies of central. Both run the statements of one list, so that neither can do what the other does not.

use circulation::id::{ItemId, PatronId};
use circulation::money::Amount;
use jiff::civil::{Date, DateTime};
use sync_client::kiosk_api::{Cursor, Line};

mod address;
mod bib;
mod card;
mod circulate;
mod district;
mod engine;
mod error;
mod facts;
mod feed;
pub mod fleet;
mod gate;
mod given;
mod hold;
mod ill;
mod import;
mod kiosk;
mod look;
pub mod machine;
mod map;
mod meter;
mod money;
pub mod opac;
mod operator;
pub mod order;
pub mod people;
mod periodical;
mod postgres;
mod reader;
mod report;
mod rules;
mod seen;
mod shelf;
mod sow;
mod sqlite;
mod statement;
mod tables;
mod title;
mod token;
mod transfer;

pub use address::Address;
pub use bib::{BibDetails, BibQuery, BibRecord, ItemExtras, Odd, Stocktake};
pub use circulate::Returned;
pub use district::Dealt;
pub use error::{OpenError, StoreError};
pub use hold::Hold;
pub use ill::{Ill, Title, With};
pub use import::{Import, Imported};
pub use map::{MapRows, MapShelf};
pub use meter::{Meter, Phase, Reading};
pub use money::{Charge, Paid, Payment, Purpose};
pub use operator::Operator;
pub use periodical::{Issue, IssueProblem, NewSubscription};
pub use reader::{By, NewCard, ReaderRecord, RenumberRefused};
pub use rules::{CardRule, HouseRules, LoanRule, Rules};
pub use seen::{Copy, Sighting};
pub use shelf::{HoldKind, HoldRecord, Notice, PastLoan, Tidied, Waiting, Wanted};
pub use sow::Hashes;
pub use tables::{BadCell, Stored, Table};
#[doc(hidden)]
pub use title::question;
pub use transfer::{NewSheet, NotListed, Sheet, SheetItem};

use engine::{Access, Engine};
use gate::{About, Gate};
use meter::Metered;

/// The store. All its functions block; call them off the async threads. Dropping it closes the database.
pub struct Store(Box<dyn Engine>, Gate, Meter);

impl Store {
    /// Opens the database, making or migrating it as needed.
    ///
    /// # Errors
    /// [`OpenError`]: each variant says what to do.
    pub fn open(address: &Address) -> Result<Self, OpenError> {
        Ok(match address {
            // One writes at a time; those who wait meanwhile are the next group.
            Address::File(path) => {
                Self(Box::new(sqlite::Database::open(path)?), Gate::new(1), Meter::default())
            }
            // While one group's commit is on its way to the disk another one is made.
            Address::Server(config) => {
                Self(Box::new(postgres::Database::open(config)?), Gate::new(2), Meter::default())
            }
        })
    }

    /// Has the database learn how its tables are filled, after many rows have come at once.
    ///
    /// # Errors
    /// [`StoreError`]; what is stored is as it was.
    pub fn settle(&self) -> Result<(), StoreError> {
        self.0.settle()
    }

    /// How far it is, for programs that do one long piece of work.
    #[must_use]
    pub const fn meter(&self) -> &Meter {
        &self.2
    }

    /// Decides about an item and a patron, together with whoever comes at the same time; see [`gate`].
    fn circulated<T: Send + 'static>(
        &self,
        about: About,
        decide: impl Fn(&mut dyn Access, &About, &facts::Facts) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.1.run(self.0.as_ref(), about, decide)
    }

    /// Runs one change: all of it or nothing. The engine may start it again.
    fn change<T>(&self, change: impl Fn(&mut dyn Access) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut done = None;
        self.0.change(&mut |db| {
            let is_watched = self.2.is_watched();
            done = Some(if is_watched { change(&mut Metered { db, meter: &self.2 })? } else { change(db)? });
            Ok(())
        })?;
        done.ok_or(StoreError::Missing("what was done"))
    }

    /// Asks; changes nothing.
    fn look<T>(&self, question: impl Fn(&mut dyn Access) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut answer = None;
        self.0.look(&mut |db| {
            answer = Some(question(db)?);
            Ok(())
        })?;
        answer.ok_or(StoreError::Missing("an answer"))
    }
}

/// The texts of [`Store::checkout`] and [`Store::checkin`] in their order, as SQLite and as PostgreSQL get them: for a
/// bench that runs them bare.
#[doc(hidden)]
#[must_use]
pub fn circulation_texts() -> [(&'static str, &'static str); 6] {
    use statement::circulate::{END_LOAN, FACTS, LEND, LOCK_ITEMS, LOCK_PATRONS, LOG};
    [LOCK_ITEMS, LOCK_PATRONS, FACTS, LEND, END_LOAN, LOG]
        .map(|statement| (statement.sqlite, statement.postgres))
}

/// The texts of a snapshot's pages: patrons, then items; `$2` behind it, `$3` at most. For a bench that runs them bare.
#[doc(hidden)]
#[must_use]
pub fn feed_texts() -> [(&'static str, &'static str); 2] {
    use statement::feed::{ITEM_ENTRIES, PATRON_ENTRIES};
    [PATRON_ENTRIES, ITEM_ENTRIES].map(|statement| (statement.sqlite, statement.postgres))
}

/// On whose account, and when, something is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// operator account (openlib `opuser`): one for each kiosk or counter
    pub opuser: String,
    /// the library's local time
    pub now: DateTime,
}

/// A patron as stored, without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct PatronRecord {
    /// card number
    pub patron: PatronId,
    /// name
    pub name: String,
    /// type of the card
    pub patron_type: String,
    /// `rdcfstate`
    pub state: String,
    /// first day of the term
    pub starts_on: Date,
    /// last day of the term
    pub ends_on: Date,
    /// deposit paid
    pub deposit: Amount,
    /// fees owed
    pub debt: Amount,
    /// loans now
    pub n_loans: u32,
    /// loans that the type allows
    pub loan_limit: u32,
}

/// An item as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRecord {
    /// barcode
    pub item: ItemId,
    /// number of the bibliographic record, the same for all copies
    pub record: i64,
    /// title proper
    pub title: String,
    /// author
    pub author: String,
    /// ISBN
    pub isbn: String,
    /// shelf mark
    pub call_number: String,
    /// type of the item
    pub item_type: String,
    /// code of the branch
    pub branch: String,
    /// name of the branch
    pub branch_name: String,
    /// holding state; on loan if it is on loan
    pub state: String,
}

/// A loan together with its item.
#[derive(Clone, PartialEq, Eq)]
pub struct LoanRecord {
    /// the item
    pub item: ItemRecord,
    /// when it was lent
    pub loaned_at: DateTime,
    /// last day of the loan
    pub due_on: Date,
    /// renewals so far
    pub n_renewals: u32,
}

/// What changed after a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// each thing once, as it is now
    pub lines: Vec<Line>,
    /// where to go on
    pub cursor: Cursor,
    /// whether there are more already
    pub more: bool,
}

/// A fact of a kiosk that staff must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffException {
    /// its number
    pub seq: i64,
    /// see [`sync_client::kiosk_api::Exception::code`]
    pub code: String,
    /// `checkout` or `checkin`
    pub act: String,
    /// the item to look at
    pub item: ItemId,
    /// when it happened
    pub happened_at: DateTime,
    /// the kiosk's account
    pub opuser: String,
}

/// A branch of the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// code
    pub branch: String,
    /// name
    pub name: String,
}

/// What sowing demo data did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sown {
    /// The rows were added.
    Now {
        /// patrons added
        n_patrons: usize,
        /// items added
        n_items: usize,
    },
    /// They were there already; nothing was changed.
    Before,
}

// Who borrows what is nobody's business: neither prints itself.
impl core::fmt::Debug for PatronRecord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PatronRecord").field("state", &self.state).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for LoanRecord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LoanRecord").field("item", &self.item.item).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
