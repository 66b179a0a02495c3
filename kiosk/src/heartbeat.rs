//! Tells central how this kiosk is, and does what staff says there about transactions that wait for them.
//!
//! A task of its own beside the event loop: nothing waits for it, and a patron's loan does not. What is told are the parts
//! as the supervisor's board has them, and counts and items of the ledger; never who a patron is. When it is told is
//! [`sync_client::beat`]'s to say. What central has the kiosk tell its readers goes to the screen, and from it when its time
//! is over, whether central is heard of or not.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use circulation::screen::Notice;
use jiff::civil::DateTime;
use supervision::board::Board;
use supervision::part::{self, Part, State};
use sync_client::beat::{self, Beat, Input};
use sync_client::http::{AskError, KioskApi};
use sync_client::kiosk_api::heartbeat::{
    Condition, Given, Heartbeat, MAX_ROWS, OrderKind, ParkedReport, PartReport, Posted, Told,
};
use sync_client::ledger::{Ledger, LedgerError};
use sync_client::queue::{self, Answer, Effect, Request};
use sync_client::row::{Kind, Row, State as RowState};
use tokio::sync::{mpsc, watch};
use tracing::{debug, error, info, warn};

use crate::given;
use crate::reload::{self, Ask};
use crate::room;
use crate::supervise::{Order, Reporter};

/// The task.
#[derive(Debug)]
pub struct Teller {
    /// the way to central
    pub api: KioskApi,
    /// the rows
    pub ledger: Ledger,
    /// how the parts are
    pub board: watch::Receiver<Board>,
    /// whether central answers
    pub online: watch::Receiver<Option<bool>>,
    /// the event loop, which has the rows tried again
    pub orders: mpsc::Sender<Order>,
    /// where the key of codes on phones is kept
    pub data_dir: PathBuf,
    /// where it is told that central refuses this kiosk
    pub reporter: Reporter,
    /// its pauses
    pub options: beat::Options,
    /// the configuration's file and the data folder, if central may give settings: the kiosk was started with a file
    pub own: Option<(PathBuf, PathBuf)>,
    /// whom to tell that the configuration is another one
    pub reload: mpsc::Sender<Ask>,
}

/// The settings that central gave last.
#[derive(Debug, Default)]
struct Gifts {
    /// their version; empty: none
    version: String,
    /// why they do not count
    refused: Option<String>,
}

/// How the last heart-beat ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Answered,
    Failed,
    Refused,
}

/// What is told at once when it is different.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Urgent {
    parts: Vec<(Part, State)>,
    out_of_service: bool,
    n_parked: u64,
}

impl Teller {
    /// Runs until the daemon ends.
    pub async fn run(mut self) {
        let mut beat = Beat::new(now(), self.options);
        let (mut urgent, mut last) = (Urgent::default(), Last::Answered);
        let mut shown = Shown::default();
        let mut gifts = self.gifts().await;
        let mut key: Option<String> = None;
        let mut out = Vec::new();
        loop {
            let deadline = beat.deadline();
            // Every branch is safe to cancel.
            let input = tokio::select! {
                changed = self.board.changed() => match changed {
                    Ok(()) => {
                        let is = Urgent::of(&self.board.borrow_and_update());
                        let is_new = core::mem::replace(&mut urgent, is.clone()) != is;
                        is_new.then_some(Input::Changed)
                    }
                    Err(_) => return,
                },
                changed = self.online.changed() => match changed {
                    Ok(()) => (*self.online.borrow_and_update() == Some(true)).then_some(Input::Reached),
                    Err(_) => return,
                },
                () = until(deadline) => Some(Input::Tick),
                () = until(shown.ends) => {
                    self.show(&mut shown, None).await;
                    None
                }
            };
            if let Some(input) = input {
                beat.handle(now(), input, &mut out);
            }
            for beat::Output::Send in core::mem::take(&mut out) {
                let result = self.send(&gifts).await;
                last = self.heard(last, &result);
                match result {
                    Ok(told) => {
                        beat.handle(now(), Input::Answered { every_s: told.every_s }, &mut out);
                        self.show(&mut shown, told.message.as_ref()).await;
                        if let Some(fresh) =
                            told.card_key.as_ref().filter(|fresh| key.as_ref() != Some(fresh))
                        {
                            room::key::keep(&self.data_dir, fresh).await;
                            key = Some(fresh.clone());
                        }
                        let is_given = match told.given.clone() {
                            Some(given) => self.take(&mut gifts, given).await,
                            None => false,
                        };
                        if self.carry_out(&told).await || is_given {
                            // Central and whoever looks at its page are to know that it is done.
                            beat.handle(now(), Input::Changed, &mut out);
                        }
                    }
                    Err(_) => beat.handle(now(), Input::Failed, &mut out),
                }
            }
        }
    }

    /// What central gave before this start.
    async fn gifts(&self) -> Gifts {
        let Some((_, data_dir)) = self.own.clone() else { return Gifts::default() };
        let kept = tokio::task::spawn_blocking(move || given::kept(&data_dir)).await.ok().flatten();
        Gifts { version: kept.map(|given| given.version).unwrap_or_default(), refused: None }
    }

    /// Takes what central gives: kept if it fits, and then taken over as a changed file is. Says that central is to hear of it.
    async fn take(&self, gifts: &mut Gifts, given: Given) -> bool {
        let Some((file, data_dir)) = self.own.clone() else { return false };
        let version = given.version.clone();
        let keep = tokio::task::spawn_blocking(move || given::keep(&file, &data_dir, &given)).await;
        let mut done = keep.unwrap_or_else(|_| Err("the kiosk is ending".to_owned()));
        if done.is_ok() {
            done = reload::ask(&self.reload).await.map(|_| ());
        }
        if let Err(why) = &done {
            error!(why, version, "the settings that central gives are not taken");
        }
        *gifts = Gifts { version, refused: done.err() };
        true
    }

    async fn send(&self, gifts: &Gifts) -> Result<Told, AskError> {
        let board = self.board.borrow().clone();
        let rows = match waiting(&self.ledger).await {
            Ok(rows) => rows,
            Err(cause) => {
                // The board says that the ledger fails; all the rest is told all the same.
                debug!(%cause, "the rows are not told");
                Waiting::default()
            }
        };
        self.api.heartbeat(&self.report(&board, rows, gifts)).await
    }

    fn report(&self, board: &Board, rows: Waiting, gifts: &Gifts) -> Heartbeat {
        let local = |at| self.api.local(at);
        let parked = rows.parked.iter().map(|row| ParkedReport {
            id: row.id,
            is_checkout: row.kind == Kind::Checkout,
            item: row.item.clone(),
            title: row.title.clone().unwrap_or_default(),
            note: row.note.clone().unwrap_or_default(),
            asked: local(row.asked_at),
        });
        Heartbeat {
            opuser: self.api.opuser().to_owned(),
            at: local(self.api.now()),
            version: board.version.clone(),
            n_waiting: count(rows.n_waiting),
            n_parked: count(rows.n_parked),
            oldest: rows.oldest.map(local),
            parts: parts(board).into_iter().chain(gifts.report()).collect(),
            given: gifts.version.clone(),
            rows: parked.take(MAX_ROWS).collect(),
        }
    }

    /// Has the screen show what central says, if it says something else than before.
    async fn show(&self, shown: &mut Shown, posted: Option<&Posted>) {
        let now = (self.api.local(self.api.now()), now());
        let is = Shown::of(posted, now);
        if is.notice != shown.notice && self.orders.send(Order::Notice(is.notice.clone())).await.is_err() {
            // The loop has ended, and the screen with it.
            debug!("a message is not shown: the kiosk ends");
        }
        *shown = is;
    }

    /// Says once what is wrong, and once that it is over.
    fn heard(&self, last: Last, result: &Result<Told, AskError>) -> Last {
        match result {
            Ok(_) => {
                match last {
                    Last::Answered => {}
                    Last::Failed => info!("central hears how this kiosk is again"),
                    Last::Refused => {
                        info!("central admits this kiosk again");
                        self.reporter.is(Part::Central, State::Up, "");
                    }
                }
                Last::Answered
            }
            Err(AskError::TokenRefused) => {
                if last != Last::Refused {
                    error!(opuser = self.api.opuser(), "{REFUSED}");
                }
                // Each time: the link may have said something else since.
                self.reporter.is(Part::Central, State::Down, REFUSED);
                Last::Refused
            }
            Err(cause @ (AskError::NotSent(_) | AskError::Silent(_))) => {
                if last == Last::Answered {
                    warn!(%cause, "central does not hear how this kiosk is");
                }
                Last::Failed
            }
        }
    }

    /// Does what staff says about parked rows; says whether anything was done.
    async fn carry_out(&self, told: &Told) -> bool {
        let online = *self.online.borrow();
        let mut is_any = false;
        for order in &told.orders {
            let id = order.id.to_string();
            let request = match order.what {
                OrderKind::Retry => Request::Retry { id },
                OrderKind::Settle => {
                    Request::Settle { id, note: format!("settled at central by {}", order.by) }
                }
            };
            let (answer, effect) = queue::serve(&self.ledger, online, &request).await;
            match answer {
                // Given again because the answer to it was lost, or somebody here was first.
                Answer::Refused { why } => debug!(id = %order.id, why, "staff's word is not carried out"),
                Answer::Row { .. } | Answer::Rows { .. } | Answer::Status(_) => {
                    info!(id = %order.id, what = order.what.word(), "staff's word at central is carried out");
                    is_any = true;
                }
            }
            if let Some(Effect::Resolve(id)) = effect
                && self.orders.send(Order::Resolve(id)).await.is_err()
            {
                // The row is open, so that the next start finds it.
                warn!(%id, "a row is tried again only after the next start");
            }
        }
        is_any
    }
}

impl Gifts {
    /// A line among the parts; none if central gave nothing.
    fn report(&self) -> Option<PartReport> {
        if self.version.is_empty() {
            return None;
        }
        let (state, detail) = match &self.refused {
            Some(why) => (Condition::Attention, why.clone()),
            None => (Condition::Works, String::new()),
        };
        Some(PartReport { part: "settings".to_owned(), state, detail })
    }
}

/// What readers are told now.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shown {
    notice: Option<Arc<Notice>>,
    ends: Option<Instant>,
}

impl Shown {
    /// Of what central says, at a moment by both clocks: nothing of it once it is over.
    fn of(posted: Option<&Posted>, (local, now): (DateTime, Instant)) -> Self {
        let Some(Posted { notice, until }) = posted else { return Self::default() };
        let left = until.map(|until| Duration::try_from(until.duration_since(local)).unwrap_or_default());
        if left.is_some_and(|left| left.is_zero()) || notice.chinese.trim().is_empty() {
            return Self::default();
        }
        let notice = Notice { chinese: notice.chinese.clone(), english: notice.english.clone() };
        Self { notice: Some(Arc::new(notice)), ends: left.and_then(|left| now.checked_add(left)) }
    }
}

/// What waits in the ledger.
#[derive(Debug, Default)]
struct Waiting {
    n_waiting: u64,
    n_parked: u64,
    oldest: Option<jiff::Timestamp>,
    /// the oldest first
    parked: Vec<Row>,
}

/// Counts, and the rows only if one of them is staff's: thousands may be open after a day without central.
async fn waiting(ledger: &Ledger) -> Result<Waiting, LedgerError> {
    let counts = ledger.counts().await?;
    if counts.parked == 0 {
        return Ok(Waiting { n_waiting: counts.open, oldest: counts.oldest, ..Waiting::default() });
    }
    let (parked, others): (Vec<Row>, Vec<Row>) =
        ledger.open_rows().await?.into_iter().partition(|row| row.state == RowState::Parked);
    Ok(Waiting {
        n_waiting: others.len() as u64,
        n_parked: parked.len() as u64,
        oldest: others.first().map(|row| row.asked_at),
        parked,
    })
}

fn parts(board: &Board) -> Vec<PartReport> {
    let mut parts: Vec<PartReport> = board.parts.iter().filter_map(report).collect();
    if board.out_of_service {
        let detail = "taken out of service by staff".to_owned();
        parts.push(PartReport { part: "service".to_owned(), state: Condition::Attention, detail });
    }
    parts
}

/// Nothing of a part that has not spoken yet.
fn report(known: &part::Condition) -> Option<PartReport> {
    let state = match known.state {
        State::Starting => return None,
        State::Up => Condition::Works,
        State::Degraded => Condition::Attention,
        State::Down | State::Restarting => Condition::Fails,
        State::Absent => Condition::Absent,
    };
    Some(PartReport { part: known.part.word().to_owned(), state, detail: known.why.clone() })
}

impl Urgent {
    fn of(board: &Board) -> Self {
        Self {
            parts: board.parts.iter().map(|known| (known.part, known.state)).collect(),
            out_of_service: board.out_of_service,
            n_parked: board.queue.as_ref().map_or(0, |queue| queue.parked),
        }
    }
}

fn count(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => core::future::pending().await,
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// What staff reads on the kiosk's console and in its log.
pub const REFUSED: &str = "central refuses this kiosk's secret: it was revoked, replaced, or is another kiosk's; make a new one \
    at central (`central kiosk add`, or the page 自助机) and put it into [central]";

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn every_state_of_a_part_has_its_word_and_one_that_has_not_spoken_has_none() {
        let mut board = Board::new("one".to_owned(), Timestamp::UNIX_EPOCH);
        assert_eq!(parts(&board), []);
        for (known, state) in board.parts.iter_mut().zip(State::ALL) {
            known.state = state;
        }
        board.out_of_service = true;
        let told: Vec<(String, &str)> =
            parts(&board).into_iter().map(|part| (part.part, part.state.word())).collect();
        let told: Vec<(&str, &str)> = told.iter().map(|(part, state)| (part.as_str(), *state)).collect();
        assert_eq!(
            told,
            [
                ("ledger", "works"),
                ("central", "attention"),
                ("screen", "fails"),
                ("speech", "fails"),
                ("catalogue", "absent"),
                ("service", "attention"),
            ]
        );
    }

    #[test]
    fn a_message_is_shown_until_its_time_is_over() {
        let (local, now) = (jiff::civil::datetime(2026, 11, 23, 9, 30, 0, 0), now());
        let of = |until: Option<DateTime>, chinese: &str| {
            let notice = sync_client::kiosk_api::heartbeat::Notice {
                chinese: chinese.to_owned(),
                english: String::new(),
            };
            Shown::of(Some(&Posted { notice, until }), (local, now))
        };
        let minute = jiff::SignedDuration::from_mins(1);
        let shown = of(Some(local.saturating_add(minute)), "今日 16 点闭馆");
        assert_eq!(shown.notice.unwrap().chinese, "今日 16 点闭馆");
        assert_eq!(shown.ends, Some(now + Duration::from_secs(60)));
        assert_eq!(of(None, "今日").ends, None, "until central says otherwise");
        for (until, chinese) in
            [(local, "今日"), (local.saturating_sub(minute), "今日"), (local.saturating_add(minute), " ")]
        {
            assert_eq!(of(Some(until), chinese), Shown::default());
        }
        assert_eq!(Shown::of(None, (local, now)), Shown::default());
    }

    #[test]
    fn a_new_page_is_not_urgent_and_a_part_that_fails_is() {
        let mut board = Board::new("one".to_owned(), Timestamp::UNIX_EPOCH);
        let before = Urgent::of(&board);
        board.page = "visit".to_owned();
        assert_eq!(Urgent::of(&board), before);
        board.parts[0].state = State::Down;
        assert_ne!(Urgent::of(&board), before);
    }
}
