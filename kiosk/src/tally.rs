//! Counts transactions and their times, for metrics: by kind and end, never by whose they are.

use std::collections::BTreeMap;
use std::time::Instant;

use circulation::id::TransactionId;
use circulation::transaction::{Act, Transaction, Verdict};
use supervision::metrics::Metrics;

use crate::event::Row;

/// What is under way, and since when.
#[derive(Debug)]
pub(crate) struct Tally {
    metrics: Metrics,
    begun: BTreeMap<TransactionId, (&'static str, Instant)>,
}

impl Tally {
    pub(crate) const fn new(metrics: Metrics) -> Self {
        Self { metrics, begun: BTreeMap::new() }
    }

    pub(crate) fn began(&mut self, now: Instant, transaction: &Transaction) {
        if self.begun.len() >= MAX_BEGUN {
            self.begun.pop_first();
        }
        let op = match transaction.act {
            Act::Checkout { .. } => "checkout",
            Act::Checkin { .. } => "checkin",
        };
        self.begun.insert(transaction.id, (op, now));
    }

    /// Central's verdict has come, or will not.
    pub(crate) fn answered(&self, now: Instant, id: TransactionId) {
        if let Some((_, begun)) = self.begun.get(&id) {
            self.metrics.round_trip(now.saturating_duration_since(*begun));
        }
    }

    /// A row is on the disk.
    pub(crate) fn kept(&mut self, now: Instant, id: TransactionId, row: &Row) {
        let result = match row {
            Row::Asked(_) | Row::Answered(Verdict::Granted(_)) => return,
            Row::Assumed { .. } => {
                if let Some((op, _)) = self.begun.get(&id) {
                    self.metrics.transaction(op, "assumed");
                }
                return;
            }
            Row::Answered(Verdict::Declined(_)) => "declined",
            Row::Settled => "done",
            Row::Withdrawn => "withdrawn",
            Row::Doubted => "in_doubt",
            Row::Reversing { .. } => "undone",
            Row::Parked { .. } => "parked",
        };
        let Some((op, begun)) = self.begun.remove(&id) else { return };
        self.metrics.transaction(op, result);
        if matches!(row, Row::Settled) {
            self.metrics.took(op, now.saturating_duration_since(begun));
        }
    }
}

/// More than a patron can carry.
const MAX_BEGUN: usize = 1_000;
