//! The jobs of the task as data: what is to be done, and what it leaves behind.

use circulation::id::{ItemId, TransactionId};
use circulation::transaction::Transaction;

use super::{Lookup, SyncEvent, outcome};
use crate::central::{CallError, Called};
use crate::link::{self, Outcome};

/// What is to be done.
pub(super) enum Job {
    Lookup(Lookup),
    Ask(Transaction),
    Resolve(TransactionId),
    Reverse(TransactionId),
    /// Tells many facts at once; their items are busy meanwhile.
    Batch(Vec<BatchRow>),
    /// Records that central has heard them.
    Told(Vec<BatchRow>),
    /// Brings the mirror up to date.
    Refresh,
    Probe,
}

/// A row of a batch.
#[derive(Debug, Clone)]
pub(super) struct BatchRow {
    pub(super) seq: i64,
    pub(super) id: TransactionId,
    pub(super) item: ItemId,
}

impl Job {
    /// Whether somebody stands at the kiosk and waits for it.
    pub(super) const fn is_live(&self) -> bool {
        match self {
            Self::Lookup(_) | Self::Ask(_) | Self::Reverse(_) => true,
            Self::Resolve(_) | Self::Batch(_) | Self::Told(_) | Self::Refresh | Self::Probe => false,
        }
    }

    /// The transaction it is about; jobs without one are never queued by it.
    pub(super) fn key(&self) -> Key {
        match self {
            Self::Ask(transaction) => Key::Live(transaction.id),
            Self::Reverse(id) => Key::Reverse(*id),
            Self::Resolve(id) => Key::Row(*id),
            Self::Lookup(_) => Key::Lookup,
            Self::Batch(_) => Key::Batch,
            Self::Told(_) => Key::Told,
            Self::Refresh => Key::Refresh,
            Self::Probe => Key::Probe,
        }
    }
}

/// What makes two waiting jobs the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Live(TransactionId),
    Reverse(TransactionId),
    Row(TransactionId),
    Lookup,
    Batch,
    Told,
    Refresh,
    Probe,
}

impl Key {
    /// What the end of such a job says of the link.
    pub(super) const fn said(self, outcome: Outcome) -> link::Input {
        match self {
            Self::Probe => link::Input::Probed(outcome),
            Self::Live(_)
            | Self::Reverse(_)
            | Self::Row(_)
            | Self::Lookup
            | Self::Refresh
            | Self::Batch
            | Self::Told => link::Input::Called(outcome),
        }
    }
}

/// What a job leaves behind.
pub(super) struct Done {
    pub(super) key: Key,
    /// the item whose queue goes on
    pub(super) item: Option<ItemId>,
    pub(super) events: Vec<SyncEvent>,
    /// what the calls say of the link; nothing if none was made
    pub(super) outcome: Option<Outcome>,
    /// whether the row needs the task no more
    pub(super) released: bool,
    pub(super) fault: Option<CallError>,
    /// the rows of a batch, and whether each was heard by central, or recorded as heard
    pub(super) batch: Vec<(BatchRow, bool)>,
}

impl Done {
    pub(super) const fn new(key: Key) -> Self {
        Self {
            key,
            item: None,
            events: Vec::new(),
            outcome: None,
            released: false,
            fault: None,
            batch: Vec::new(),
        }
    }

    /// Keeps what a call said of the link, and passes its answer on.
    pub(super) fn heard<T>(&mut self, answer: Called<T>) -> Called<T> {
        self.outcome = Some(outcome(answer.is_ok()));
        if let Err(fault) = &answer {
            self.fault = Some(fault.clone());
        }
        answer
    }
}
