//! What a slot writes down: its pieces, and their returns, from the machine's outputs to the ledger and to central.
//!
//! ```text
//!   Journal ──▶ row of a piece ──▶ Answer::Written ──▶ Durable
//!   Checkin ──▶ row of a return ─▶ Answer::Row ──────▶ asked, assumed, settled ──▶ CheckedIn
//!                                  SyncEvent ────────▶ central's word, or its silence
//! ```
//! Everything here is told what the time is: the loop has the clock.

use std::collections::BTreeMap;

use circulation::id::{ItemId, TransactionId};
use config::Config;
use jiff::Timestamp;
use slot::io::{Input, Known, Output};
use slot::journal::{Piece, PieceId, Step};
use supervision::part::{Part, State};
use sync_client::ledger::{LedgerError, Pieces};
use sync_client::task::{Request, SyncEvent};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use super::journal::Journal;
use super::returns::{self, Returns};
use crate::failure::Failure;
use crate::supervise::Reporter;
use crate::sync::{Sync, Tools};
use crate::tally::Tally;

/// What is answered beside the loop.
#[derive(Debug)]
pub enum Answer {
    /// a step of a piece is on the disk
    Written {
        /// the piece
        piece: PieceId,
        /// the step
        step: Step,
    },
    /// what is known of an item
    Looked {
        /// the item
        item: ItemId,
        /// what is known
        known: Known,
    },
    /// a row of the ledger was written, or could not be
    Row {
        /// the transaction
        id: TransactionId,
        /// what became of it
        result: Result<returns::Written, LedgerError>,
    },
}

/// The books of a slot.
#[derive(Debug)]
pub struct Books {
    pub(super) sync: Sync,
    journal: Journal,
    returns: Returns,
    reporter: Reporter,
    /// whether central answers, as far as is known
    link: watch::Sender<Option<bool>>,
    /// what is known of the items that lie there
    looked: BTreeMap<ItemId, Known>,
}

/// What books begin with.
#[derive(Debug)]
pub struct Opened {
    /// the pieces that are open, the oldest first
    pub open: Vec<Piece>,
    /// the number of the next
    pub next: PieceId,
    /// what is answered; goes to [`Books::answer`]
    pub answers: mpsc::UnboundedReceiver<Answer>,
    /// the way there, for whoever else answers
    pub answers_in: mpsc::UnboundedSender<Answer>,
    /// what the sync task tells; goes to [`Books::sync`]
    pub sync: mpsc::Receiver<SyncEvent>,
    /// whether central answers, as far as is known
    pub online: watch::Receiver<Option<bool>>,
}

impl Books {
    /// Opens them: what the ledger has of earlier runs is read, and the sync task begins.
    ///
    /// # Errors
    /// [`Failure::PartEnded`] if the ledger cannot be read.
    pub async fn open(config: &Config, tools: Tools, reporter: &Reporter) -> Result<(Self, Opened), Failure> {
        let ledger = tools.ledger.clone();
        let pieces: Pieces = ledger.pieces().await.map_err(|_| Failure::PartEnded { part: "the ledger" })?;
        let (answers_in, answers) = mpsc::unbounded_channel();
        let (journal, open, next) =
            Journal::start(config, pieces, ledger.clone(), answers_in.clone(), reporter);
        info!(n_open = open.len(), "pieces of the run before");
        let returns = Returns::new(ledger, answers_in.clone(), Tally::new(reporter.metrics().clone()));
        let (link, online) = watch::channel(None);
        let (sync, told) = Sync::start(tools, reporter.clone());
        let books =
            Self { sync, journal, returns, reporter: reporter.clone(), link, looked: BTreeMap::new() };
        Ok((books, Opened { open, next, answers, answers_in, sync: told, online }))
    }

    /// Performs what the machine tells, if it is theirs; what that gives at once.
    pub fn perform(&mut self, now: Timestamp, output: &Output) -> Option<Input> {
        match output {
            Output::Journal { piece } => {
                if matches!(piece.step, Step::Sorted { .. } | Step::InTransit) {
                    // It goes on with its bits as they are.
                    self.returns.secured(piece.id, false, &self.sync);
                }
                if !piece.step.is_open() {
                    piece.item.iter().for_each(|item| drop(self.looked.remove(item)));
                }
                self.journal.write(now, piece.clone());
                None
            }
            Output::Checkin { piece, item } => {
                let known = self.journal.known(*piece)?;
                let facts = self.looked.get(item).cloned();
                self.returns.begin(*piece, item.clone(), known, facts)
            }
            Output::Move(_)
            | Output::Look(_)
            | Output::Secure { .. }
            | Output::Say(_)
            | Output::Alarm(_)
            | Output::Calm(_)
            | Output::MayPowerOff => None,
        }
    }

    /// The gate bits of a piece were read back, or will not be.
    pub fn secured(&mut self, piece: PieceId, is_closed: bool) {
        self.returns.secured(piece, is_closed, &self.sync);
    }

    /// Takes an answer; what the machine is to be told.
    pub fn answer(&mut self, answer: Answer) -> Option<Input> {
        match answer {
            Answer::Written { piece, step } => Some(Input::Durable { piece, step }),
            Answer::Looked { item, known } => {
                let word = match known {
                    Known::Item(_) => "an item",
                    Known::NotOurs => "none of ours",
                    Known::Silent => "nothing",
                    Known::Undated => "nothing, and the clock is wrong",
                };
                info!(word, "what the library knows has come");
                if matches!(known, Known::Silent | Known::Undated) {
                    // The link is looked at, so that the next one need not wait for it.
                    drop(self.sync.request(Request::Look));
                }
                self.looked.insert(item.clone(), known.clone());
                Some(Input::Looked { item, answer: known })
            }
            Answer::Row { id, result } => {
                let is_silent = *self.link.borrow() == Some(false);
                self.returns.written(id, result, &self.sync, is_silent)
            }
        }
    }

    /// Takes what the sync task tells; nothing: it has ended.
    pub fn sync(&mut self, event: Option<SyncEvent>) {
        match event {
            None => {
                error!("the sync task has ended");
                self.reporter.ended(Part::Central, super::shell::ENDED);
                self.link.send_replace(Some(false));
                self.returns.sync_ended();
            }
            Some(SyncEvent::Verdict { id, verdict }) => self.returns.answered(id, verdict),
            Some(SyncEvent::Silent { id, in_doubt, .. }) => {
                warn!(%id, in_doubt, "central is silent");
                self.returns.silent(id);
            }
            Some(SyncEvent::Link { online }) => {
                info!(online, "the link to central changed");
                self.link.send_replace(Some(online));
                let (state, why) = if online { (State::Up, "") } else { (State::Down, "central is silent") };
                self.reporter.is(Part::Central, state, why);
            }
            Some(SyncEvent::Parked { id, why }) => {
                warn!(%id, why, "a transaction waits for staff");
                self.returns.released(id);
            }
            // A slot asks for none of these.
            Some(
                SyncEvent::Patron { .. }
                | SyncEvent::Account { .. }
                | SyncEvent::Renewed { .. }
                | SyncEvent::Reserved { .. }
                | SyncEvent::HoldCancelled { .. }
                | SyncEvent::Described { .. }
                | SyncEvent::Seen { .. }
                | SyncEvent::Reversed { .. },
            ) => {}
        }
    }

    /// Another sync task in place of one that has ended.
    pub(super) fn restart_sync(&mut self) -> mpsc::Receiver<SyncEvent> {
        let events = self.sync.restart();
        self.returns.hand_over(&self.sync);
        events
    }
}
