//! What central keeps, and the only way to change it.
//!
//! Each change is one transaction: read the facts, ask [`crate::ledger`], apply what is granted, log it. There is one
//! [`sqlite::Store`] so far; another database is another module with the same functions.

use std::path::PathBuf;

use circulation::id::{ItemId, PatronId};
use circulation::money::Amount;
use jiff::civil::{Date, DateTime};
use sync_client::kiosk_api::{Cursor, Line};

pub mod sqlite;

pub use sqlite::Store;

/// Why the store cannot be opened: what, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// the path leads to no place where a file can be written
    #[error(
        "cannot use the database {}: {source}; give the path of a file in a folder that exists and that this \
         account may write to", path.display()
    )]
    Path {
        /// the path given
        path: PathBuf,
        /// what the operating system says
        source: std::io::Error,
    },
    /// another central has the database
    #[error(
        "the database {} is in use by another central; stop that one first, or give another file with --db",
        path.display()
    )]
    InUse {
        /// the path given
        path: PathBuf,
    },
    /// the file is no database of central's
    #[error(
        "the file {} is not a database of central; give another file with --db (nothing was changed)",
        path.display()
    )]
    Foreign {
        /// the path given
        path: PathBuf,
    },
    /// the database was made by a newer central
    #[error(
        "the database {} has schema {found}, this central knows {known}; run the newer central again \
         (nothing was changed)", path.display()
    )]
    Newer {
        /// the path given
        path: PathBuf,
        /// schema found
        found: i64,
        /// schema known
        known: i64,
    },
    /// SQLite did not take a setting that durability rests on
    #[error(
        "the database {} does not take {setting}; put it on a local disk (network file systems do not do)",
        path.display()
    )]
    Setting {
        /// the path given
        path: PathBuf,
        /// the setting
        setting: &'static str,
    },
    /// SQLite fails
    #[error(
        "the database {} cannot be opened: {source}; check the disk, or restore the file from a backup",
        path.display()
    )]
    Sqlite {
        /// the path given
        path: PathBuf,
        /// what SQLite says
        source: rusqlite::Error,
    },
}

/// Why a question to the store has no answer. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// the database fails: full or broken disk, locked by another program
    #[error("the database fails: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// a stored text is not what its column says
    #[error("column {column} holds something else than {expected}")]
    Corrupt {
        /// the column
        column: &'static str,
        /// what should stand there
        expected: &'static str,
    },
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
