//! What the task does by the way: many rows told at once, the mirror brought up to date, staff spared a look.

use std::collections::btree_map::Entry;
use std::ops::Bound;

use circulation::id::{ItemId, TransactionId};

use super::job::{BatchRow, Job, Key};
use super::{Task, monotonic};
use crate::ledger::{Ledger, LedgerError};
use crate::row::Step;
use crate::settle;

impl Task {
    /// Starts the next batch: the oldest rows of ours whose items nothing else is done about. Central hears the next one
    /// while the ledger still writes down that it has heard the last: in their order all the same, for each is sent when
    /// the one before was answered.
    pub(super) fn start_batch(&mut self) {
        let Some(after) = self.batch_after.filter(|_| !self.link.is_offline()) else { return };
        if self.queued.contains(&Key::Batch) || self.n_recording >= MAX_RECORDING {
            return;
        }
        let beyond = self.owned.range((Bound::Excluded(after), Bound::Unbounded));
        let is_free = |item: &ItemId| !self.busy.contains(item) && !self.queues.contains_key(item);
        let rows: Vec<BatchRow> = beyond
            .filter(|(_, (_, item))| is_free(item))
            .take(BATCH)
            .map(|(seq, (id, item))| BatchRow { seq: *seq, id: *id, item: item.clone() })
            .collect();
        self.batch_after = rows.last().map(|last| last.seq);
        if rows.is_empty() {
            return;
        }
        self.busy.extend(rows.iter().map(|row| row.item.clone()));
        self.queued.insert(Key::Batch);
        self.start(None, Job::Batch(rows));
    }

    /// The batch was told: what was heard is to be recorded, what was not is resolved row by row.
    pub(super) fn end_batch(&mut self, batch: Vec<(BatchRow, bool)>, is_answered: bool) {
        let mut heard = Vec::new();
        for (row, is_heard) in batch {
            self.busy.remove(&row.item);
            if is_heard {
                *self.recording.entry(row.item.clone()).or_default() += 1;
                heard.push(row);
            } else if is_answered {
                self.enqueue(row.item, Job::Resolve(row.id));
            }
        }
        if !heard.is_empty() {
            self.n_recording += 1;
            self.start(None, Job::Told(heard));
        }
        if !is_answered {
            self.batch_after = None;
        }
    }

    /// What is recorded is not ours any more; what could not be is resolved row by row.
    pub(super) fn end_told(&mut self, batch: Vec<(BatchRow, bool)>) {
        self.n_recording = self.n_recording.saturating_sub(1);
        for (row, is_recorded) in batch {
            if let Entry::Occupied(mut entry) = self.recording.entry(row.item.clone()) {
                *entry.get_mut() = entry.get().saturating_sub(1);
                if *entry.get() == 0 {
                    entry.remove();
                }
            }
            if is_recorded {
                self.owned.remove(&row.seq);
            } else {
                self.enqueue(row.item, Job::Resolve(row.id));
            }
        }
    }

    /// Brings the mirror up to date, unless that is under way. While central is silent, only the time of the next try
    /// is set: the link comes first.
    pub(super) fn refresh(&mut self) {
        self.next_refresh = monotonic() + self.options.refresh;
        if self.tools.is_mirrored() && !self.link.is_offline() && self.queued.insert(Key::Refresh) {
            self.start(None, Job::Refresh);
        }
    }

    /// Closes the rows that only wait for a look at an item whose tag a settled row has written and read back.
    pub(super) async fn close_outdated(&self, by: TransactionId) {
        if let Err(cause) = close_outdated(&self.tools.ledger, by).await {
            tracing::error!(%by, %cause, "staff is not told that a look is not needed any more");
        }
    }
}

/// Nothing is read for a row that central has not agreed to: a night's worth of them may be open then.
async fn close_outdated(ledger: &Ledger, by: TransactionId) -> Result<(), LedgerError> {
    let later = ledger.row(by).await?.ok_or(LedgerError::Unknown)?;
    if later.assumed {
        return Ok(());
    }
    for parked in ledger.open_rows().await? {
        if settle::is_outdated(&parked, &later) {
            let note =
                format!("its tag was written and read back by {by}: nobody has to look at it any more");
            drop(ledger.record(parked.id, Step::Told { note: Some(note) }).await?);
            tracing::info!(id = %parked.id, %by, "staff need not look any more");
        }
    }
    Ok(())
}

/// So many rows of ours are worth a batch.
pub(super) const BATCH_FROM: usize = 16;
/// Batches that are told and not yet recorded.
const MAX_RECORDING: usize = 2;
/// Rows in one batch.
const BATCH: usize = 500;
