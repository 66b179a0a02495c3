//! Rows of pieces on their way to the disk, one after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use circulation::id::TransactionId;
use config::Config;
use jiff::Timestamp;
use slot::journal::{Piece, PieceId, Step};
use sync_client::ledger::{Ledger, LedgerError, PieceRow, PieceStep, Pieces};
use tokio::sync::mpsc;
use tracing::{error, info};

use super::books::Answer;
use crate::supervise::{Reporter, limit};

/// What is known of pieces beside what the machine knows, and the way to the disk.
#[derive(Debug)]
pub(super) struct Journal {
    bins: Vec<String>,
    pieces: BTreeMap<PieceId, Known>,
    rows: mpsc::UnboundedSender<(PieceId, Step, PieceRow)>,
}

/// What is known of a piece.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// the transaction of its return
    pub(super) transaction: TransactionId,
    /// when it was taken
    pub(super) taken_at: Option<Timestamp>,
    /// an earlier run had it in hand
    pub(super) is_recovered: bool,
}

impl Journal {
    /// A journal, what the machine begins with, and the number of its next piece.
    pub(super) fn start(
        config: &Config,
        found: Pieces,
        ledger: Ledger,
        answers: mpsc::UnboundedSender<Answer>,
        reporter: &Reporter,
    ) -> (Self, Vec<Piece>, PieceId) {
        let bins: Vec<String> = config.bins.iter().map(|bin| bin.name.clone()).collect();
        let exception = slot::setup::table(config).exception;
        let next = PieceId(found.last.saturating_add(1));
        let mut pieces = BTreeMap::new();
        let open = found.open.into_iter().map(|row| {
            let id = PieceId(row.id);
            let (transaction, taken_at) = (row.transaction, row.taken_at);
            pieces.insert(id, Known { transaction, taken_at, is_recovered: true });
            // A bin that is no more: it goes where staff look.
            let bin = |name: &String| bins.iter().position(|bin| bin == name).unwrap_or(exception);
            let step = match &row.step {
                PieceStep::Seen => Step::Seen,
                PieceStep::Taken => Step::Taken,
                PieceStep::CheckedIn => Step::CheckedIn,
                PieceStep::Found => Step::Found,
                PieceStep::Sorted(name) => Step::Sorted { bin: bin(name) },
                PieceStep::Dropped(name) => Step::Dropped { bin: bin(name) },
                PieceStep::Withdrawn => Step::Withdrawn,
                PieceStep::InTransit => Step::InTransit,
            };
            Piece { id, item: row.item, tags: row.tags, step }
        });
        let open: Vec<Piece> = open.collect();
        let (rows, waiting) = mpsc::unbounded_channel();
        let life = reporter.life();
        tokio::spawn(async move { life.watch("journal", limit(), write(ledger, waiting, answers)).await });
        (Self { bins, pieces, rows }, open, next)
    }

    /// What is known of a piece.
    pub(super) fn known(&self, id: PieceId) -> Option<Known> {
        self.pieces.get(&id).copied()
    }

    /// A step is to be written.
    pub(super) fn write(&mut self, now: Timestamp, piece: Piece) {
        let fresh = || Known { transaction: fresh_id(), taken_at: None, is_recovered: false };
        let known = self.pieces.entry(piece.id).or_insert_with(fresh);
        if piece.step == Step::Taken {
            known.taken_at.get_or_insert(now);
        }
        let bin = |bin: usize| self.bins.get(bin).cloned().unwrap_or_default();
        let row = PieceRow {
            id: piece.id.0,
            transaction: known.transaction,
            item: piece.item,
            tags: piece.tags,
            step: match piece.step {
                Step::Seen => PieceStep::Seen,
                Step::Taken => PieceStep::Taken,
                Step::CheckedIn => PieceStep::CheckedIn,
                Step::Found => PieceStep::Found,
                Step::Sorted { bin: at } => PieceStep::Sorted(bin(at)),
                Step::Dropped { bin: at } => PieceStep::Dropped(bin(at)),
                Step::Withdrawn => PieceStep::Withdrawn,
                Step::InTransit => PieceStep::InTransit,
            },
            taken_at: known.taken_at,
        };
        if !piece.step.is_open() {
            self.pieces.remove(&piece.id);
        }
        // Closed only if its task has ended, which the watchdog sees; the machine hears of no disk then.
        if self.rows.send((piece.id, piece.step, row)).is_err() {
            error!("the journal's task has ended");
        }
    }
}

/// Writes rows in their order. A disk that does not take one is tried again and again: no row overtakes another.
async fn write(
    ledger: Ledger,
    mut rows: mpsc::UnboundedReceiver<(PieceId, Step, PieceRow)>,
    answers: mpsc::UnboundedSender<Answer>,
) {
    while let Some((piece, step, row)) = rows.recv().await {
        loop {
            match ledger.keep_piece(row.clone()).await {
                Ok(()) => {
                    info!(piece = piece.0, ?step, "a step of a piece is on the disk");
                    break;
                }
                // Nothing that is tried again would be taken.
                Err(cause @ (LedgerError::Exists | LedgerError::Closed)) => {
                    error!(piece = piece.0, ?step, %cause, "a step of a piece is refused");
                    break;
                }
                Err(cause) => {
                    error!(piece = piece.0, ?step, %cause, "a step of a piece is not on the disk");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
        if answers.send(Answer::Written { piece, step }).is_err() {
            return;
        }
    }
}

fn fresh_id() -> TransactionId {
    TransactionId::from_bytes(*uuid::Uuid::now_v7().as_bytes())
}

/// The pause before a row is tried again.
const AGAIN: Duration = Duration::from_secs(1);
