//! Returns: each piece's row in the ledger, from asked to settled, and what central hears of it.
//!
//! ```text
//!   Checkin ─▶ asked ─▶ central ──granted──▶ granted ─┬─ bits closed ─▶ settled            the loan is over
//!                │      central ──silent───▶ assumed ─┴─ bits closed ─▶ settled ─▶ told later, with its date
//!                │                                    └─ not closed ──▶ parked, or told and then parked
//!                └─ an earlier run had it: assumed at once, with the date of its TAKEN
//! ```
//! A row that an earlier run has begun is the sync task's (`sync_client::task`): it is looked at, and not touched.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use circulation::id::{ItemId, TransactionId};
use circulation::transaction::{Act, Reason, Transaction, Verdict};
use jiff::Timestamp;
use slot::io::{Checkin, Input, Known as KnownItem};
use slot::journal::PieceId;
use slot::sort::Facts;
use sync_client::ledger::{Durable, Ledger, LedgerError};
use sync_client::row::{State, Step};
use sync_client::settle;
use sync_client::task::Request;
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use super::books::Answer;
use super::journal::Known;
use super::library;
use crate::event::Row;
use crate::sync::Sync;
use crate::tally::Tally;

/// The returns that are under way.
#[derive(Debug)]
pub(super) struct Returns {
    ledger: Ledger,
    answers: mpsc::UnboundedSender<Answer>,
    tally: Tally,
    open: BTreeMap<TransactionId, Return>,
    /// rows that the sync task has taken over and has not let go
    handed: BTreeSet<TransactionId>,
}

#[derive(Debug)]
struct Return {
    piece: PieceId,
    known: Option<Facts>,
    is_asked: bool,
    is_assumed: bool,
    /// the row says that it is returned
    is_returned: bool,
    /// how it went with the gate bits; nothing: not known yet
    is_closed: Option<bool>,
}

/// What became of a row that was to be written.
#[derive(Debug)]
pub enum Written {
    /// an earlier run has begun it, and it stands so
    Earlier(State),
    /// it is on the disk as asked
    Asked(Transaction, Durable),
    /// a step is on the disk
    Step(Row),
}

impl Returns {
    pub(super) const fn new(ledger: Ledger, answers: mpsc::UnboundedSender<Answer>, tally: Tally) -> Self {
        Self { ledger, answers, tally, open: BTreeMap::new(), handed: BTreeSet::new() }
    }

    /// A return begins, or begins again: the row is looked for, and appended if there is none.
    pub(super) fn begin(
        &mut self,
        piece: PieceId,
        item: ItemId,
        known: Known,
        facts: Option<KnownItem>,
    ) -> Option<Input> {
        let id = known.transaction;
        if let Some(one) = self.open.get(&id) {
            // The door was open meanwhile, or the contacts were not known: it is under way.
            return one.is_returned.then_some(Input::CheckedIn { piece, answer: Checkin::Queued });
        }
        let transaction = Transaction { id, act: Act::Checkin { item } };
        self.tally.began(now(), &transaction);
        let known_facts = match facts {
            Some(KnownItem::Item(facts)) => Some(facts),
            Some(KnownItem::NotOurs | KnownItem::Silent | KnownItem::Undated) | None => None,
        };
        let fresh = Return {
            piece,
            known: known_facts,
            is_asked: !known.is_recovered,
            is_assumed: false,
            is_returned: false,
            is_closed: None,
        };
        self.open.insert(id, fresh);
        let (ledger, answers) = (self.ledger.clone(), self.answers.clone());
        tokio::spawn(async move {
            let result = append(&ledger, transaction, known.taken_at).await;
            // The loop ends only with the daemon; what is on the disk is found again at the next start.
            drop(answers.send(Answer::Row { id, result }));
        });
        None
    }

    /// A row was written, or could not be.
    pub(super) fn written(
        &mut self,
        id: TransactionId,
        result: Result<Written, LedgerError>,
        sync: &Sync,
        is_silent: bool,
    ) -> Option<Input> {
        let written = match result {
            Ok(written) => written,
            Err(cause) => {
                // The machine hears nothing, and takes the disk for gone.
                error!(%id, %cause, "the row of a return is not on the disk");
                self.open.remove(&id);
                return None;
            }
        };
        match written {
            Written::Earlier(state) => self.earlier(id, state),
            Written::Asked(transaction, proof) => {
                let asks = self.open.get(&id).is_some_and(|one| one.is_asked) && !is_silent;
                if !asks || sync.request(Request::Ask { transaction, proof }).is_err() {
                    self.keep(id, Row::Assumed { due: None });
                }
                None
            }
            Written::Step(row) => {
                self.tally.kept(now(), id, &row);
                self.step(id, &row, sync)
            }
        }
    }

    /// The sync task has the row of an earlier run: it is returned, or was refused.
    fn earlier(&mut self, id: TransactionId, state: State) -> Option<Input> {
        let Return { piece, .. } = self.open.remove(&id)?;
        info!(%id, state = state.as_str(), "an earlier run has begun this return");
        let answer = if state == State::Declined { Checkin::Refused } else { Checkin::Queued };
        Some(Input::CheckedIn { piece, answer })
    }

    fn step(&mut self, id: TransactionId, row: &Row, sync: &Sync) -> Option<Input> {
        match row {
            Row::Answered(Verdict::Granted(grant)) => {
                let one = self.open.get_mut(&id)?;
                one.is_returned = true;
                let facts = library::returned(one.known.clone().unwrap_or_default(), grant);
                let piece = one.piece;
                self.go_on(id);
                Some(Input::CheckedIn { piece, answer: Checkin::Granted(facts) })
            }
            Row::Assumed { .. } => {
                let one = self.open.get_mut(&id)?;
                (one.is_returned, one.is_assumed) = (true, true);
                let piece = one.piece;
                self.go_on(id);
                Some(Input::CheckedIn { piece, answer: Checkin::Queued })
            }
            Row::Answered(Verdict::Declined(reason)) => {
                let Return { piece, known, .. } = self.open.remove(&id)?;
                // Ours, and not on loan: it is taken without a word, and staff see it.
                let answer = if *reason == Reason::NotOnLoan {
                    Checkin::Granted(Facts { is_on_loan: Some(false), ..known.unwrap_or_default() })
                } else {
                    warn!(%id, ?reason, "central refuses a return");
                    Checkin::Refused
                };
                Some(Input::CheckedIn { piece, answer })
            }
            Row::Settled => {
                let is_assumed = self.open.remove(&id).is_some_and(|one| one.is_assumed);
                self.request(
                    sync,
                    if is_assumed { Request::Resolve { id } } else { Request::Verified { id } },
                );
                None
            }
            Row::Parked { .. } => {
                self.open.remove(&id);
                None
            }
            // A checkin has none of these.
            Row::Asked(_) | Row::Withdrawn | Row::Doubted | Row::Reversing { .. } => None,
        }
    }

    /// The gate bits of a piece were read back, or will not be.
    pub(super) fn secured(&mut self, piece: PieceId, is_closed: bool, sync: &Sync) {
        let found = self.open.iter_mut().find(|(_, one)| one.piece == piece);
        let Some((id, one)) = found.map(|(id, one)| (*id, one)) else { return };
        if one.is_closed.is_some() {
            return;
        }
        one.is_closed = Some(is_closed);
        if one.is_assumed && !is_closed {
            // Central hears of it all the same; staff then looks at the tag.
            self.open.remove(&id);
            self.request(sync, Request::Resolve { id });
            return;
        }
        self.go_on(id);
    }

    /// The last step, once the row says returned and the bits are known.
    fn go_on(&self, id: TransactionId) {
        let Some(one) = self.open.get(&id).filter(|one| one.is_returned) else { return };
        match one.is_closed {
            None => {}
            Some(true) => self.keep(id, Row::Settled),
            Some(false) => self.keep(id, Row::Parked { why: OPEN_TAG }),
        }
    }

    /// Central has spoken.
    pub(super) fn answered(&self, id: TransactionId, verdict: Verdict) {
        self.tally.answered(now(), id);
        self.keep(id, Row::Answered(verdict));
    }

    /// Central is silent: the item is in there, and is taken on our word.
    pub(super) fn silent(&self, id: TransactionId) {
        self.tally.answered(now(), id);
        if self.open.get(&id).is_some_and(|one| !one.is_returned) {
            self.keep(id, Row::Assumed { due: None });
        }
    }

    /// The sync task is gone: what it was asked it will not answer.
    pub(super) fn sync_ended(&self) {
        let asked = self.open.iter().filter(|(_, one)| one.is_asked && !one.is_returned);
        asked.for_each(|(id, _)| self.keep(*id, Row::Assumed { due: None }));
    }

    /// Another sync task takes over what the one before had taken over; it finds the rest in the ledger.
    pub(super) fn hand_over(&self, sync: &Sync) {
        let (requests, handed) = (sync.requests(), self.handed.clone());
        tokio::spawn(async move {
            for id in handed {
                if requests.send(Request::Resolve { id }).await.is_err() {
                    return;
                }
            }
        });
    }

    /// The sync task needs a row no more.
    pub(super) fn released(&mut self, id: TransactionId) {
        self.handed.remove(&id);
    }

    fn request(&mut self, sync: &Sync, request: Request) {
        if let Request::Resolve { id } = &request {
            if self.handed.len() >= MAX_HANDED {
                // The oldest: the next start finds it.
                self.handed.pop_first();
            }
            self.handed.insert(*id);
        }
        if sync.request(request).is_err() {
            error!("the sync task takes no request; it finds the row at its next start");
        }
    }

    fn keep(&self, id: TransactionId, row: Row) {
        let (ledger, answers) = (self.ledger.clone(), self.answers.clone());
        tokio::spawn(async move {
            let result = record(&ledger, id, row).await.map(Written::Step);
            drop(answers.send(Answer::Row { id, result }));
        });
    }
}

async fn append(
    ledger: &Ledger,
    transaction: Transaction,
    taken_at: Option<Timestamp>,
) -> Result<Written, LedgerError> {
    if let Some(row) = ledger.row(transaction.id).await? {
        return Ok(Written::Earlier(row.state));
    }
    let proof = match taken_at {
        Some(at) => ledger.append_at(&transaction, at).await?,
        None => ledger.append(&transaction).await?,
    };
    Ok(Written::Asked(transaction, proof))
}

async fn record(ledger: &Ledger, id: TransactionId, row: Row) -> Result<Row, LedgerError> {
    let step = match &row {
        Row::Answered(Verdict::Granted(grant)) => Step::Granted { grant: grant.clone() },
        Row::Answered(Verdict::Declined(reason)) => Step::declined(reason),
        Row::Assumed { due } => Step::Assumed { due: *due },
        Row::Settled => Step::Settled,
        Row::Parked { why } => Step::Parked { why: settle::tag_unknown(why) },
        // A checkin takes none of these steps.
        Row::Asked(_) | Row::Withdrawn | Row::Doubted | Row::Reversing { .. } => {
            return Err(LedgerError::Unknown);
        }
    };
    drop(ledger.record(id, step).await?);
    Ok(row)
}

#[expect(clippy::disallowed_methods, reason = "what is measured for whoever watches")]
fn now() -> Instant {
    Instant::now()
}

/// Rows that are remembered as the sync task's.
const MAX_HANDED: usize = 20_000;
const OPEN_TAG: &str = "returned, but its tag could not be secured";
