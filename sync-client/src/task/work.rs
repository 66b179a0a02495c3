//! One job of the task, from its first call to its last step in the ledger. Says at its end what was learnt.

use std::collections::BTreeSet;

use circulation::id::TransactionId;
use circulation::transaction::{Reason, Transaction, Verdict};
use jiff::civil::Date;

use super::job::{BatchRow, Done, Job};
use super::offline::Offline;
use super::{Options, SyncEvent, lookup};
use crate::central::{CallError, Central};
use crate::ledger::{Ledger, LedgerError};
use crate::row::{Kind, Row, State, Step};
use crate::settle::{self, Evidence, Resolution};

/// What a job works with.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) client: Central,
    pub(super) ledger: Ledger,
    pub(super) offline: Option<Offline>,
    pub(super) options: Options,
}

/// Why a row is not resolved yet.
#[derive(Debug, thiserror::Error)]
enum Later {
    #[error("{0}")]
    Ask(#[from] CallError),
    #[error("{0}")]
    Ledger(#[from] LedgerError),
    #[error("the ask may still be on its way through central")]
    TooEarly,
}

impl Tools {
    /// Whether there is a mirror that this way to central can fill.
    pub(super) const fn is_mirrored(&self) -> bool {
        self.offline.is_some() && self.client.knows_ids()
    }

    /// Whether a checkout may be taken as done: never if central may have done it and could not know it again.
    async fn assume(&self, transaction: &Transaction, in_doubt: bool) -> Result<Date, Reason> {
        match &self.offline {
            Some(offline) if !in_doubt || self.client.knows_ids() => {
                offline.checkout(&self.client, &self.ledger, transaction).await
            }
            Some(_) | None => Err(Reason::CentralSilent),
        }
    }
}

/// The end of a job that is not even tried. `is_offline`: because central is silent, and not for the item's sake.
pub(super) async fn refuse(tools: &Tools, job: Job, is_offline: bool) -> Done {
    let mut done = Done::new(job.key());
    match job {
        Job::Lookup(lookup) => lookup::answer(tools, lookup, false, &mut done).await,
        Job::Ask(transaction) => {
            let assume = match is_offline {
                true => tools.assume(&transaction, false).await,
                false => Err(Reason::CentralSilent),
            };
            done.events.push(SyncEvent::Silent { id: transaction.id, in_doubt: false, assume });
        }
        Job::Reverse(id) => done.events.push(SyncEvent::Reversed { id, ok: false }),
        Job::Batch(rows) | Job::Told(rows) => {
            done.batch = rows.into_iter().map(|row| (row, false)).collect();
        }
        Job::Resolve(_) | Job::Refresh | Job::Probe => {}
    }
    done
}

/// Does a job to its end.
pub(super) async fn perform(tools: &Tools, job: Job) -> Done {
    let mut done = Done::new(job.key());
    match job {
        Job::Lookup(lookup) => lookup::answer(tools, lookup, true, &mut done).await,
        Job::Ask(transaction) => {
            let id = transaction.id;
            let answer = tools.client.ask(&transaction).await;
            let event = match done.heard(answer) {
                Ok(verdict) => SyncEvent::Verdict { id, verdict },
                Err(cause) => {
                    let in_doubt = cause.is_in_doubt();
                    SyncEvent::Silent { id, in_doubt, assume: tools.assume(&transaction, in_doubt).await }
                }
            };
            done.events.push(event);
        }
        Job::Resolve(id) => bring_to_rest(tools, id, false, &mut done).await,
        Job::Reverse(id) => bring_to_rest(tools, id, true, &mut done).await,
        Job::Batch(rows) => tell_all(tools, rows, &mut done).await,
        Job::Told(rows) => record_told(tools, rows, &mut done).await,
        Job::Refresh => {
            if let (Central::Kiosk(client, _), Some(offline)) = (&tools.client, &tools.offline) {
                match client.refresh(offline.mirror()).await {
                    Ok(refreshed) => {
                        let here = tools.client.local_now();
                        offline.compare_clocks(here, refreshed.central_at, tools.options.clock_skew);
                        tracing::info!(lines = refreshed.n_lines, "the mirror is up to date");
                    }
                    // The next one goes on where this one stopped.
                    Err(cause) => tracing::warn!(%cause, "the mirror is not brought up to date"),
                }
            }
        }
        Job::Probe => {
            let answer = tools.client.ping().await;
            // Heard already; a probe has nothing else to say.
            drop(done.heard(answer));
        }
    }
    done
}

/// Resolves a row, or says that it must be tried again.
async fn bring_to_rest(tools: &Tools, id: TransactionId, reverse: bool, done: &mut Done) {
    let result = match if reverse { undo(tools, id, done).await } else { Ok(()) } {
        Ok(()) => resolve(tools, id, done).await,
        Err(later) => Err(later),
    };
    match result {
        Ok(()) => done.released = true,
        Err(Later::Ask(cause)) => try_later(tools, id, &cause, done).await,
        Err(Later::TooEarly) => tracing::debug!(%id, "not lent yet; it is looked at again"),
        Err(Later::Ledger(LedgerError::Unknown)) => done.released = true,
        Err(Later::Ledger(cause)) => tracing::error!(%id, %cause, "a row is not resolved"),
    }
    let is_undone = done.events.iter().any(|event| matches!(event, SyncEvent::Reversed { .. }));
    if reverse && !is_undone {
        done.events.push(SyncEvent::Reversed { id, ok: false });
    }
}

/// The live half of a reversal: central has granted it just now, so that there is nothing to look at.
async fn undo(tools: &Tools, id: TransactionId, done: &mut Done) -> Result<(), Later> {
    let row = tools.ledger.row(id).await?.ok_or(LedgerError::Unknown)?;
    let was_granted = match (row.kind, row.state) {
        (Kind::Checkout, State::Granted) => true,
        (Kind::Checkout, State::Assumed | State::Doubt) => false,
        (Kind::Checkout, State::Reversing) => !row.assumed && row.attempts == 0,
        (Kind::Checkout | Kind::Checkin, _) => return Ok(()),
    };
    if row.state != State::Reversing {
        record(
            tools,
            id,
            Step::Reversing { why: "the tag could not be opened".to_owned(), tag_open: row.tag_open },
            done,
        )
        .await?;
    }
    if was_granted {
        give_back(tools, &row, settle::undone(&row), done).await?;
    }
    Ok(())
}

async fn resolve(tools: &Tools, id: TransactionId, done: &mut Done) -> Result<(), Later> {
    let mut evidence = Evidence::NotLooked;
    // Every round but the last records a step or looks; no row needs more than four.
    for _ in 0..MAX_ROUNDS {
        let row = tools.ledger.row(id).await?.ok_or(LedgerError::Unknown)?;
        match settle::resolve(&row, evidence) {
            Resolution::Leave => return Ok(()),
            Resolution::Record(step) => record(tools, id, step, done).await?,
            Resolution::Wait => return Err(Later::TooEarly),
            Resolution::Look if tools.client.knows_ids() => evidence = settle::evidence_by_id(&row),
            Resolution::Look => match look(tools, &row, done).await? {
                Ok(seen) => evidence = seen,
                Err(reason) => park(tools, id, "central does not show the loans", &reason, done).await?,
            },
            Resolution::Return { before, done: last } => {
                if let Some(step) = before {
                    record(tools, id, step, done).await?;
                }
                give_back(tools, &row, last, done).await?;
            }
            Resolution::Lend { done: last } => {
                let Some(patron) = &row.patron else { return Ok(()) };
                let answer = tools.client.tell(&row, Some(patron)).await;
                match done.heard(answer)? {
                    Verdict::Granted(_) => record(tools, id, last, done).await?,
                    // "On loan" may mean: to this patron, by an earlier try that was answered too late.
                    Verdict::Declined(Reason::OnLoan)
                        if look(tools, &row, done).await? == Ok(Evidence::OnLoanToPatron) =>
                    {
                        record(tools, id, last, done).await?;
                    }
                    Verdict::Declined(reason) => {
                        park(tools, id, "lent without central, which refuses it", &reason, done).await?;
                    }
                }
            }
        }
    }
    tracing::error!(%id, "a row does not come to rest");
    Ok(())
}

/// Tells what is to be told of a batch. A row behind an older one of its item that is not to be told waits.
async fn tell_all(tools: &Tools, batch: Vec<BatchRow>, done: &mut Done) {
    let facts = tellable(tools, &batch).await;
    let answer = match facts.is_empty() {
        true => Ok(None),
        false => done.heard(tools.client.tell_all(&facts).await),
    };
    let heard: BTreeSet<TransactionId> = match answer {
        Ok(Some(verdicts)) => {
            let both = facts.iter().zip(verdicts);
            let granted = both.filter(|(_, verdict)| matches!(verdict, Verdict::Granted(_)));
            granted.map(|(row, _)| row.id).collect()
        }
        Ok(None) | Err(_) => BTreeSet::new(),
    };
    tracing::info!(n = heard.len(), of = batch.len(), "central was told");
    let is_heard = |row: BatchRow| {
        let is_heard = heard.contains(&row.id);
        (row, is_heard)
    };
    done.batch = batch.into_iter().map(is_heard).collect();
}

/// The rows of a batch that are facts, up to the first of each item that is none.
async fn tellable(tools: &Tools, batch: &[BatchRow]) -> Vec<Row> {
    let mut facts = Vec::new();
    let mut held_up = BTreeSet::new();
    let ids = batch.iter().map(|row| row.id).collect();
    let found = tools.ledger.rows(ids).await.unwrap_or_else(|cause| {
        tracing::error!(%cause, "a batch is not read");
        vec![None; batch.len()]
    });
    for (row, found) in batch.iter().zip(found) {
        match found {
            Some(found) if found.is_closed() => {}
            Some(found) if found.state == State::Settled && !held_up.contains(&row.item) => {
                facts.push(found);
            }
            Some(_) | None => {
                held_up.insert(row.item.clone());
            }
        }
    }
    facts
}

/// Records what central heard; what is not recorded is told again, which changes nothing.
async fn record_told(tools: &Tools, heard: Vec<BatchRow>, done: &mut Done) {
    let steps = heard.iter().map(|row| (row.id, Step::Told { note: None })).collect();
    let each = tools.ledger.record_all(steps).await.unwrap_or_else(|cause| {
        tracing::error!(%cause, "what was told is not recorded");
        heard.iter().map(|_| Err(cause.clone())).collect()
    });
    done.batch = heard.into_iter().zip(each).map(|(row, ended)| (row, ended.is_ok())).collect();
}

async fn look(tools: &Tools, row: &Row, done: &mut Done) -> Result<Result<Evidence, Reason>, Later> {
    let Some(patron) = &row.patron else {
        return Ok(Ok(Evidence::NotOnLoanToPatron));
    };
    let answer = tools.client.look(patron, &row.item).await;
    Ok(done.heard(answer)?.map(|loans| {
        let (asked, given_up) = (tools.client.local(row.asked_at), tools.client.local(row.changed_at));
        settle::evidence(
            &loans,
            &row.item,
            asked,
            given_up,
            tools.client.local_now(),
            tools.options.in_flight,
        )
    }))
}

/// Sends a return; what is not on loan counts as returned.
async fn give_back(tools: &Tools, row: &Row, last: Step, done: &mut Done) -> Result<(), Later> {
    let answer = match row.kind {
        Kind::Checkout => tools.client.undo(row).await,
        Kind::Checkin => tools.client.tell(row, None).await,
    };
    match done.heard(answer)? {
        Verdict::Granted(_) | Verdict::Declined(Reason::NotOnLoan) => {
            let is_undone = row.kind == Kind::Checkout && matches!(last, Step::Parked { .. });
            record(tools, row.id, last, done).await?;
            if is_undone {
                // The patron is owed nothing any more; staff still has to look at the tag.
                done.events.push(SyncEvent::Reversed { id: row.id, ok: true });
            }
            Ok(())
        }
        Verdict::Declined(reason) => park(tools, row.id, "central refuses the return", &reason, done).await,
    }
}

async fn park(
    tools: &Tools,
    id: TransactionId,
    what: &str,
    reason: &Reason,
    done: &mut Done,
) -> Result<(), Later> {
    let detail = crate::row::words(reason);
    record(tools, id, Step::Parked { why: format!("{what} ({detail})") }, done).await
}

/// Records a step, and says what the kiosk must hear of it.
async fn record(tools: &Tools, id: TransactionId, step: Step, done: &mut Done) -> Result<(), Later> {
    let said = match &step {
        Step::Reversed => Some(SyncEvent::Reversed { id, ok: true }),
        Step::Parked { why } => {
            tracing::warn!(%id, why, "a row needs staff");
            Some(SyncEvent::Parked { id, why: why.clone() })
        }
        Step::Granted { .. }
        | Step::Declined { .. }
        | Step::Assumed { .. }
        | Step::Settled
        | Step::Doubt { .. }
        | Step::Reversing { .. }
        | Step::Told { .. }
        | Step::Retried => None,
    };
    let durable = tools.ledger.record(id, step).await?;
    tracing::info!(%id, state = durable.state().as_str(), "a row was resolved");
    done.events.extend(said);
    Ok(())
}

/// Counts a try that was answered unusably, and parks the row that had too many.
async fn try_later(tools: &Tools, id: TransactionId, cause: &CallError, done: &mut Done) {
    if cause.is_permanent() {
        let why = format!("it cannot be told to central: {cause}");
        match record(tools, id, Step::Parked { why }, done).await {
            Ok(()) => done.released = true,
            Err(cause) => tracing::error!(%id, %cause, "a row that cannot be told is not parked"),
        }
        return;
    }
    if !cause.is_in_doubt() {
        return;
    }
    let counted = tools.ledger.attempted(id, cause.to_string()).await;
    let parked = match counted {
        Ok(attempts) if attempts >= tools.options.park_after => {
            let why = format!("central gave no usable answer {attempts} times ({cause})");
            record(tools, id, Step::Parked { why }, done).await
        }
        Ok(_) => return,
        Err(cause) => Err(cause.into()),
    };
    match parked {
        Ok(()) => done.released = true,
        Err(cause) => tracing::error!(%id, %cause, "a try is not counted"),
    }
}

/// More than any row needs, see the test of the table in [`settle`].
const MAX_ROUNDS: usize = 8;
