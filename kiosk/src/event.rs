//! Everything that can happen to the daemon: a closed list.

use circulation::id::TransactionId;
use circulation::screen::Touch;
use circulation::session::Input;
use circulation::transaction::{Transaction, Verdict};
use rfid_driver::port::ReaderEvent;
use supervision::part::Part;
use sync_client::ledger::{Durable, LedgerError};
use sync_client::task::SyncEvent;

use crate::supervise::Order;

/// One event of the loop.
#[derive(Debug)]
pub enum Event {
    /// from the reader task
    Reader(ReaderEvent),
    /// from the sync task
    Sync(SyncEvent),
    /// a row is on the disk, or could not be put there
    Ack(Ack),
    /// what a helper found out
    Found(Input),
    /// from the printer's task
    Printer(peripherals::escpos::Event),
    /// from the task of the identity card reader
    Identity(peripherals::idcard::Event),
    /// that task is gone
    NoIdentity,
    /// from the screen
    Touch(Touch),
    /// what is around the machine may be different now
    Surroundings,
    /// the session's deadline
    Tick,
    /// a part is gone
    Ended(Part),
    /// from whoever watches over the parts
    Order(Order),
}

/// What the ledger says.
#[derive(Debug)]
pub enum Ack {
    /// The answer to one row.
    Row {
        /// the transaction
        id: TransactionId,
        /// what the row says
        row: Row,
        /// the proof that it is on the disk
        result: Result<Durable, LedgerError>,
    },
    /// After a failure: rows can be written again.
    WorksAgain,
}

/// What a row says.
#[derive(Debug, Clone)]
pub enum Row {
    /// central is about to be asked
    Asked(Transaction),
    /// central's verdict
    Answered(Verdict),
    /// done on the kiosk's word
    Assumed {
        /// the provisional due date of a checkout
        due: Option<jiff::civil::Date>,
    },
    /// all of it is done
    Settled,
    /// nothing was sent
    Withdrawn,
    /// it is not known what central did
    Doubted,
    /// the loan is about to be undone
    Reversing {
        /// the tag may be left open
        tag_uncertain: bool,
    },
    /// staff has to look
    Parked {
        /// what staff has to know
        why: &'static str,
    },
}
