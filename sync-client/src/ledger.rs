//! The durable ledger: what the kiosk set out to do, and what became of it. SQLite on a thread of its own.
//!
//! **Rule**: what [`Ledger::append`] and [`Ledger::record`] answered with a [`Durable`] is on the disk (WAL,
//! `synchronous = FULL`) and survives power loss; an error means that nothing changed. `Durable` can be made only here,
//! so that whoever opens a tag can demand one.
//!
//! Requests that wait together are committed together: a stack of ten items costs one fsync, and a request that is refused
//! does not spoil the others. If the disk fails, all of them fail. One process has the file; a second one is told so.
//!
//! The patron number of a row is erased when the row closes (`secure_delete`), and the write-ahead log, which still
//! has it, is emptied as soon as the ledger is idle. Rows themselves are kept.

mod cards;
mod pieces;
mod schema;
mod store;
mod thread;

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use circulation::id::{ItemId, TransactionId};
use circulation::transaction::Transaction;
use jiff::Timestamp;
use tokio::sync::oneshot;

pub use cards::CardRow;
pub use pieces::{PieceRow, PieceStep, Pieces};

use crate::clock::Clock;
use crate::row::{Row, State, Step};
use crate::soon::soon;
use thread::Request;

/// A handle on the ledger. Cheap to clone; the file is closed when the last handle is dropped.
#[derive(Debug, Clone)]
pub struct Ledger {
    requests: mpsc::Sender<Request>,
    last_seq: i64,
}

/// Proof that a row is on the disk in a certain state. Cannot be copied: one proof is good for one act.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is durable is to be acted upon"]
pub struct Durable {
    id: TransactionId,
    state: State,
}

impl Durable {
    const fn new(id: TransactionId, state: State) -> Self {
        Self { id, state }
    }

    /// The transaction.
    #[must_use]
    pub const fn id(&self) -> TransactionId {
        self.id
    }

    /// The state that is on the disk.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }
}

/// How large the file may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// pages of 4 KiB; the ledger says [`LedgerError::DiskFull`] when it needs more
    pub max_pages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_pages: 262_144 }
    }
}

/// How many rows there are, by what they wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// every row
    pub total: u64,
    /// not closed, parked ones included
    pub open: u64,
    /// settled without central, which is still to be told
    pub to_tell: u64,
    /// sent and not answered
    pub doubt: u64,
    /// waiting for staff
    pub parked: u64,
    /// when the oldest open row was asked
    pub oldest: Option<Timestamp>,
}

/// One step as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// the step's word
    pub step: String,
    /// when, RFC 3339
    pub at: String,
    /// what it had to say
    pub detail: Option<String>,
}

/// Why the ledger cannot be opened. Each says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LedgerOpenError {
    /// the folder cannot be made
    #[error("cannot create the folder {}: {cause}; create it and give it to the kiosk's account", .path.display())]
    Folder {
        /// the folder
        path: PathBuf,
        /// the operating system's words
        cause: std::io::Error,
    },
    /// the account may not read or write the file
    #[error("no permission to write the ledger {}; give the file and its folder to the kiosk's account", .path.display())]
    Permission {
        /// the file
        path: PathBuf,
    },
    /// the disk is full
    #[error("the disk is full at the ledger {}; free some space and start again", .path.display())]
    DiskFull {
        /// the file
        path: PathBuf,
    },
    /// another process has it
    #[error("the ledger {} is in use by another process; stop the other kiosk program, or give this one a file of its own", .path.display())]
    Locked {
        /// the file
        path: PathBuf,
    },
    /// the file is damaged, or none of ours
    #[error("the ledger {} is damaged or not a ledger ({detail}); it is kept as it is; to go on with a new one: kioskctl queue new-ledger", .path.display())]
    Damaged {
        /// the file
        path: PathBuf,
        /// what was found
        detail: String,
    },
    /// a newer program wrote it
    #[error("the ledger {} has schema {found}, this program knows up to {known}; install the newer program again", .path.display())]
    NewerSchema {
        /// the file
        path: PathBuf,
        /// version in the file
        found: i64,
        /// newest version known
        known: i64,
    },
    /// the file system does not do what durability needs
    #[error("the ledger {} cannot be kept safely: {pragma} is {got}, not {expected}; put it on a local disk", .path.display())]
    Unsafe {
        /// the file
        path: PathBuf,
        /// the setting
        pragma: &'static str,
        /// what it must be
        expected: &'static str,
        /// what it is
        got: String,
    },
    /// anything else that SQLite or the system reports
    #[error("cannot open the ledger {}: {detail}; see the system log for disk errors", .path.display())]
    System {
        /// the file
        path: PathBuf,
        /// SQLite's or the system's words
        detail: String,
    },
}

/// Why a request to the ledger failed. Nothing changed, then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// the disk is full, or the file has reached its limit
    #[error("the ledger's disk is full; free some space")]
    DiskFull,
    /// the file system became read-only
    #[error("the ledger's disk is read-only; check it for errors")]
    ReadOnly,
    /// the file is damaged
    #[error("the ledger is damaged ({detail}); stop the kiosk and keep the file for the staff")]
    Damaged {
        /// SQLite's words
        detail: String,
    },
    /// the step is not allowed in this state
    #[error("a transaction that is {} cannot become {step}", .from.as_str())]
    Illegal {
        /// where it stands
        from: State,
        /// the step's word
        step: &'static str,
    },
    /// no such transaction
    #[error("the ledger has no such transaction")]
    Unknown,
    /// the transaction was appended before
    #[error("the ledger has this transaction already")]
    Exists,
    /// the ledger is closed
    #[error("the ledger is closed")]
    Closed,
    /// anything else that SQLite reports
    #[error("the ledger's disk fails ({detail})")]
    System {
        /// SQLite's words
        detail: String,
    },
}

impl LedgerError {
    /// Whether the request itself was wrong, and not the disk: nothing was written for it.
    const fn is_refusal(&self) -> bool {
        match self {
            Self::Illegal { .. } | Self::Unknown | Self::Exists => true,
            Self::DiskFull | Self::ReadOnly | Self::Damaged { .. } | Self::Closed | Self::System { .. } => {
                false
            }
        }
    }
}

impl Ledger {
    /// Opens the ledger, creating its folder and file if there is none, and checks it.
    ///
    /// Blocks for the check; call it before the loops start.
    ///
    /// # Errors
    /// [`LedgerOpenError`]: each variant says what to do.
    pub fn open(path: &Path, clock: Clock) -> Result<Self, LedgerOpenError> {
        Self::open_with(path, clock, Limits::default())
    }

    /// Opens the ledger with a limit on its size.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_with(path: &Path, clock: Clock, limits: Limits) -> Result<Self, LedgerOpenError> {
        let connection = schema::open(path, limits)?;
        let last_seq = schema::last_seq(&connection, path)?;
        // Whoever asks waits for the answer: no more requests wait than there are askers.
        let (requests, inbox) = mpsc::channel();
        thread::start(connection, clock, inbox)
            .map_err(|cause| LedgerOpenError::System { path: path.to_owned(), detail: cause.to_string() })?;
        Ok(Self { requests, last_seq })
    }

    /// Appends a transaction as asked. When this returns, it is on the disk.
    ///
    /// # Errors
    /// [`LedgerError::Exists`] if the id is known; otherwise what the disk says.
    pub async fn append(&self, transaction: &Transaction) -> Result<Durable, LedgerError> {
        let transaction = transaction.clone();
        self.ask(|answer| Request::Append { transaction, at: None, answer }).await
    }

    /// The same for what happened earlier, at a time that was written down then.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub async fn append_at(&self, transaction: &Transaction, at: Timestamp) -> Result<Durable, LedgerError> {
        let transaction = transaction.clone();
        self.ask(|answer| Request::Append { transaction, at: Some(at), answer }).await
    }

    /// Records a step. When this returns, it is on the disk.
    ///
    /// # Errors
    /// [`LedgerError::Illegal`] if the row may not take this step, [`LedgerError::Unknown`] if there is no such row;
    /// otherwise what the disk says.
    pub async fn record(&self, id: TransactionId, step: Step) -> Result<Durable, LedgerError> {
        self.ask(|answer| Request::Record { id, step, answer }).await
    }

    /// Records one step of each of several rows, together: one commit. Each has its own answer.
    ///
    /// # Errors
    /// What the disk says of all of them.
    pub async fn record_all(
        &self,
        steps: Vec<(TransactionId, Step)>,
    ) -> Result<Vec<Result<State, LedgerError>>, LedgerError> {
        self.ask(|answer| Request::RecordAll { steps, answer }).await
    }

    /// Puts a row of a card that is being issued on the disk: the first one, or the next. When this returns, it is there.
    ///
    /// # Errors
    /// [`LedgerError::Exists`] if the card is known and this is its first row, or it has come to its end; otherwise what
    /// the disk says.
    pub async fn keep_card(&self, card: CardRow) -> Result<(), LedgerError> {
        self.ask(|answer| Request::KeepCard { card, answer }).await
    }

    /// The cards that are being issued or taken back, in the order in which they began.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn open_cards(&self) -> Result<Vec<CardRow>, LedgerError> {
        self.ask(|answer| Request::OpenCards { answer }).await
    }

    /// Puts a step of a piece in a return slot on the disk. When this returns, it is there.
    ///
    /// # Errors
    /// [`LedgerError::Exists`] if the piece has come to its end, or the number is another piece's; otherwise what the disk
    /// says.
    pub async fn keep_piece(&self, piece: PieceRow) -> Result<(), LedgerError> {
        self.ask(|answer| Request::KeepPiece { piece, answer }).await
    }

    /// The pieces in the return slot that have not come to their end, and the highest number that was given.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn pieces(&self) -> Result<Pieces, LedgerError> {
        self.ask(|answer| Request::Pieces { answer }).await
    }

    /// The last pieces that went into the return slot, the newest first.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn recent_pieces(&self, n: u32) -> Result<Vec<PieceRow>, LedgerError> {
        self.ask(|answer| Request::RecentPieces { n, answer }).await
    }

    /// Counts a try in the background that brought no usable answer; answers the number of tries so far.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`] if there is no such row; otherwise what the disk says.
    pub async fn attempted(&self, id: TransactionId, note: String) -> Result<u32, LedgerError> {
        self.ask(|answer| Request::Attempted { id, note, answer }).await
    }

    /// Writes down, beside the steps of a transaction, what was seen of its item. When this returns, it is on the disk.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`] if there is no such row; otherwise what the disk says.
    pub async fn seen(&self, id: TransactionId, note: String) -> Result<(), LedgerError> {
        self.ask(|answer| Request::Seen { id, note, answer }).await
    }

    /// The last transaction of an item, among those of the last days.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn last_of(&self, item: ItemId) -> Result<Option<Row>, LedgerError> {
        self.ask(|answer| Request::LastOf { item, answer }).await
    }

    /// Every row that is not closed, in the order of asking.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn open_rows(&self) -> Result<Vec<Row>, LedgerError> {
        self.ask(|answer| Request::OpenRows { answer }).await
    }

    /// The open rows that an earlier run of the program left behind, in the order of asking.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn left_open(&self) -> Result<Vec<Row>, LedgerError> {
        let mut rows = self.open_rows().await?;
        rows.retain(|row| row.seq <= self.last_seq);
        Ok(rows)
    }

    /// One row.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn row(&self, id: TransactionId) -> Result<Option<Row>, LedgerError> {
        self.ask(|answer| Request::Row { id, answer }).await
    }

    /// Several rows, in the order of the ids; nothing for an id that is not known.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn rows(&self, ids: Vec<TransactionId>) -> Result<Vec<Option<Row>>, LedgerError> {
        self.ask(|answer| Request::Rows { ids, answer }).await
    }

    /// The last `n` rows, the newest first.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn recent(&self, n: u32) -> Result<Vec<Row>, LedgerError> {
        self.ask(|answer| Request::Recent { n, answer }).await
    }

    /// At most `n` rows after a place in the order of asking, the oldest first.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn after(&self, seq: i64, n: u32) -> Result<Vec<Row>, LedgerError> {
        self.ask(|answer| Request::After { seq, n, answer }).await
    }

    /// Some rows whose id, in lower-case digits without hyphens, ends so.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn ending(&self, digits: String) -> Result<Vec<Row>, LedgerError> {
        self.ask(|answer| Request::Ending { digits, answer }).await
    }

    /// Every step that a row took, in order.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn steps(&self, id: TransactionId) -> Result<Vec<Mark>, LedgerError> {
        self.ask(|answer| Request::Steps { id, answer }).await
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn counts(&self) -> Result<Counts, LedgerError> {
        self.ask(|answer| Request::Counts { answer }).await
    }

    /// Finds out whether rows can be written, by a commit that changes nothing.
    ///
    /// # Errors
    /// What a row would meet: [`LedgerError::DiskFull`], [`LedgerError::ReadOnly`], [`LedgerError::Damaged`],
    /// [`LedgerError::System`] or [`LedgerError::Closed`].
    pub async fn probe(&self) -> Result<(), LedgerError> {
        self.ask(|answer| Request::Probe { answer }).await
    }

    /// Closes the file, for all handles; when this returns, another process may open it.
    pub async fn close(self) {
        let (answer, closed) = oneshot::channel();
        if self.requests.send(Request::Close { answer }).is_ok() {
            // An error only says that the thread has ended, which is what was asked for.
            closed.await.unwrap_or_default();
        }
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, LedgerError>>) -> Request,
    ) -> Result<T, LedgerError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(request(answer)).map_err(|_| LedgerError::Closed)?;
        soon(answered).await.map_err(|_| LedgerError::Closed)?
    }
}
