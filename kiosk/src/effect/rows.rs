//! Rows on their way to the disk, and what follows once they are there.

use circulation::id::TransactionId;
use circulation::session::Input;
use circulation::transaction::{Reason, Verdict};
use sync_client::ledger::{Durable, Ledger, LedgerError};
use sync_client::row::Step;
use sync_client::settle;
use sync_client::task::Request;
use tracing::{error, warn};

use super::{Effects, now};
use crate::event::{Ack, Row};

impl Effects {
    /// Puts a row on the disk; the ack comes back as an event.
    pub fn keep(&self, id: TransactionId, row: Row) {
        let (ledger, acks) = (self.ledger.clone(), self.acks.clone());
        tokio::spawn(async move {
            let result = write_row(&ledger, id, &row).await;
            // The loop ends only with the daemon; what is on the disk is found again at the next start.
            if acks.send(Ack::Row { id, row, result }).await.is_err() {
                warn!(%id, "an ack came after the end");
            }
        });
    }

    /// The ledger could not keep a row: remembers it, and looks again and again until the ledger works.
    pub fn not_kept(&mut self, id: TransactionId, row: Row) {
        self.opened.remove(&id);
        self.unkept.push((id, row));
        if core::mem::replace(&mut self.watching, true) {
            return;
        }
        let (ledger, acks) = (self.ledger.clone(), self.acks.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PROBE).await;
                match ledger.probe().await {
                    Ok(()) => break,
                    Err(cause) => warn!(%cause, "the ledger does not work yet"),
                }
            }
            if acks.send(Ack::WorksAgain).await.is_err() {
                warn!("the ledger works again, after the end");
            }
        });
    }

    /// The ledger works again: what it could not keep is put on the disk as what it has become meanwhile.
    pub fn ledger_works(&mut self) {
        self.watching = false;
        for (id, row) in core::mem::take(&mut self.unkept) {
            let row = match row {
                // Nothing was sent.
                Row::Asked(_) => continue,
                // The patron was told that it is not certain: central is looked at, and a loan undone.
                Row::Answered(Verdict::Granted(_)) | Row::Assumed { .. } => Row::Doubted,
                // The tag was written, and nobody was told "done".
                Row::Settled => {
                    self.park(id, NOT_CLOSED);
                    continue;
                }
                row @ (Row::Answered(Verdict::Declined(_))
                | Row::Withdrawn
                | Row::Doubted
                | Row::Reversing { .. }
                | Row::Parked { .. }) => row,
            };
            self.keep(id, row);
        }
    }

    /// Leaves a row to staff. Of one that was assumed central has to hear first: it stays as it is, and the sync task,
    /// to whom an assumed row that was not settled is one whose tag may be open, parks it then.
    pub(super) fn park(&mut self, id: TransactionId, why: &'static str) {
        if self.assumed.contains(&id) {
            warn!(%id, why, "central is told, and then staff");
            self.close(id);
        } else {
            self.keep(id, Row::Parked { why });
        }
    }

    /// A row is on the disk: what follows from it, and what the session hears.
    pub fn kept(&mut self, id: TransactionId, row: Row, proof: Durable) -> Option<Input> {
        self.tally.kept(now(), id, &row);
        match row {
            Row::Asked(transaction) => {
                self.request(Request::Ask { transaction, proof });
                None
            }
            Row::Answered(verdict) => {
                if matches!(verdict, Verdict::Granted(_)) {
                    self.opened.insert(id, proof);
                }
                Some(Input::Answered { id, verdict })
            }
            Row::Assumed { .. } => {
                self.assumed.insert(id);
                self.opened.insert(id, proof);
                Some(Input::Assumed { id })
            }
            Row::Settled => {
                self.close(id);
                self.request(Request::Verified { id });
                Some(Input::Settled { id })
            }
            Row::Reversing { .. } => {
                self.request(Request::Reverse { id });
                None
            }
            Row::Doubted => {
                self.request(Request::Resolve { id });
                None
            }
            Row::Parked { .. } | Row::Withdrawn => {
                self.close(id);
                None
            }
        }
    }

    /// The kiosk is done with a row. Central has yet to hear of one that was assumed.
    pub(super) fn close(&mut self, id: TransactionId) {
        self.opened.remove(&id);
        if self.assumed.remove(&id) {
            self.request(Request::Resolve { id });
        }
    }

    pub(super) fn request(&mut self, request: Request) {
        match &request {
            Request::Ask { transaction, .. } => {
                self.asked.insert(transaction.id);
            }
            Request::Reverse { id } => self.hand_over(*id, true),
            Request::Resolve { id } => self.hand_over(*id, false),
            Request::Verified { .. } | Request::Look | Request::Refresh | Request::Lookup(_) => {}
        }
        // The channel is larger than any stack of books. A row that was to be handed over is found again by the next
        // sync task.
        match self.sync.request(request) {
            Ok(()) => {}
            Err(Request::Ask { transaction, .. }) => {
                warn!(id = %transaction.id, "the sync task takes no ask");
                self.asked.remove(&transaction.id);
                let assume = Err(Reason::CentralSilent);
                self.answers.push_back(Input::Silent { id: transaction.id, in_doubt: false, assume });
            }
            // Not the request itself: it may name a patron.
            Err(_) => error!("the sync task takes no request"),
        }
    }

    pub(super) fn hand_over(&mut self, id: TransactionId, undo: bool) {
        if self.handed.len() >= MAX_HANDED {
            // The oldest: the next start finds it.
            self.handed.pop_first();
        }
        self.handed.insert(id, undo);
    }
}

async fn write_row(ledger: &Ledger, id: TransactionId, row: &Row) -> Result<Durable, LedgerError> {
    match row {
        Row::Asked(transaction) => ledger.append(transaction).await,
        Row::Answered(Verdict::Granted(grant)) => {
            ledger.record(id, Step::Granted { grant: grant.clone() }).await
        }
        Row::Answered(Verdict::Declined(reason)) => ledger.record(id, Step::declined(reason)).await,
        Row::Assumed { due } => ledger.record(id, Step::Assumed { due: *due }).await,
        Row::Settled => ledger.record(id, Step::Settled).await,
        Row::Withdrawn => ledger.record(id, Step::Declined { why: "not sent".to_owned() }).await,
        Row::Doubted => ledger.record(id, Step::Doubt { why: "no answer".to_owned() }).await,
        Row::Reversing { tag_uncertain } => {
            let why = if *tag_uncertain { "tag not written, may be open" } else { "tag not written" };
            ledger.record(id, Step::Reversing { why: why.to_owned(), tag_open: *tag_uncertain }).await
        }
        Row::Parked { why } => ledger.record(id, Step::Parked { why: settle::tag_unknown(why) }).await,
    }
}

/// Rows that are remembered as the sync task's.
const MAX_HANDED: usize = 20_000;
/// How often a failed ledger is looked at.
const PROBE: std::time::Duration = std::time::Duration::from_secs(5);
const NOT_CLOSED: &str = "tag written while the disk failed, and the patron was not told that it is done";
