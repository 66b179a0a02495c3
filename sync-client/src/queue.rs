//! What staff can ask of the ledger and do with its rows: the words between `kioskctl queue` and whoever has the file.
//!
//! One request is one line of JSON, its answer another. The daemon serves them on its control socket while it runs;
//! while it does not, `kioskctl` opens the ledger and serves itself. Patron numbers leave only when asked for.
//!
//! | request | what it does |
//! |---|---|
//! | status | how many rows wait for what, and since when |
//! | list | rows, the newest first |
//! | show | one row with every step it took |
//! | retry | a parked row is tried again: told again if it was taken as done, otherwise looked at |
//! | park | an open row waits for staff from now on |
//! | settle | a parked row is closed: staff has seen to it |
//! | export | every row, the oldest first |

use circulation::id::TransactionId;
use serde::{Deserialize, Serialize};

use crate::ledger::{Ledger, LedgerError, Mark};
use crate::row::{Kind, Row, State, Step};

/// What staff asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// Counts.
    Status,
    /// Rows, the newest first.
    List {
        /// which rows
        #[serde(default)]
        which: Which,
        /// how many at most
        limit: u32,
    },
    /// One row with its steps.
    Show {
        /// the id, or as many of its last digits as tell it from others
        id: String,
        /// with the patron's number
        #[serde(default)]
        patron: bool,
    },
    /// Try a parked row again.
    Retry {
        /// as in show
        id: String,
    },
    /// Leave an open row to staff.
    Park {
        /// as in show
        id: String,
        /// why
        why: String,
    },
    /// Close a parked row.
    Settle {
        /// as in show
        id: String,
        /// what was done about it
        note: String,
    },
    /// Every row after `after`, the oldest first.
    Export {
        /// the last row that was exported before, 0 for all
        after: i64,
        /// with patrons' numbers
        #[serde(default)]
        patron: bool,
    },
}

/// Which rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// those that are not closed
    #[default]
    Open,
    /// those that wait for staff
    Parked,
    /// all
    All,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "lowercase")]
pub enum Answer {
    /// To status.
    Status(Status),
    /// To list and export.
    Rows {
        /// the rows
        rows: Vec<Entry>,
        /// whether there are more
        more: bool,
    },
    /// To show, and to retry, park and settle: the row as it is now.
    Row {
        /// the row
        row: Entry,
        /// what happened to it; only for show
        steps: Vec<StepEntry>,
    },
    /// It was not done, and why.
    Refused {
        /// what is wrong and what to do
        why: String,
    },
}

/// How many rows wait for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// every row
    pub total: u64,
    /// not closed
    pub open: u64,
    /// taken as done, central has yet to hear of it
    pub to_tell: u64,
    /// sent and not answered
    pub doubt: u64,
    /// waiting for staff
    pub parked: u64,
    /// when the oldest open row was asked, RFC 3339
    pub oldest: Option<String>,
    /// whether central answers; unknown while the kiosk does not run
    pub online: Option<bool>,
}

/// One row as staff sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// place in the order of asking
    pub seq: i64,
    /// the transaction
    pub id: String,
    /// checkout or checkin
    pub act: String,
    /// the item
    pub item: String,
    /// the title, if it is known
    pub title: Option<String>,
    /// the patron, if it was asked for and is still kept
    pub patron: Option<String>,
    /// where the row stands
    pub state: String,
    /// whether it was taken as done without central
    pub assumed: bool,
    /// whether the item's tag may be open
    pub tag_open: bool,
    /// whether nobody is owed anything any more
    pub closed: bool,
    /// when it was asked, RFC 3339
    pub asked: String,
    /// when it last changed, RFC 3339
    pub changed: String,
    /// background tries without a usable answer
    pub attempts: u32,
    /// what the last step had to say
    pub note: Option<String>,
}

/// One step of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEntry {
    /// when, RFC 3339
    pub at: String,
    /// the step's word
    pub step: String,
    /// what it had to say
    pub detail: Option<String>,
}

/// What is done besides the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The row is to be resolved again: the sync task's, from now on.
    Resolve(TransactionId),
}

/// Serves one request. The caller carries out the effect.
pub async fn serve(ledger: &Ledger, online: Option<bool>, request: &Request) -> (Answer, Option<Effect>) {
    match answer(ledger, online, request).await {
        Ok(answered) => answered,
        Err(refusal) => (Answer::Refused { why: refusal.to_string() }, None),
    }
}

/// Why a request is not carried out.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    Ledger(#[from] LedgerError),
    #[error("no row ends in {id:?}; `kioskctl queue list --all` shows them")]
    Unknown { id: String },
    #[error("{n} rows end in {id:?}; give more of the id")]
    Ambiguous { id: String, n: usize },
    #[error("the row is {state}; only a row that waits for staff (parked) can be {done}")]
    NotParked { state: &'static str, done: &'static str },
    #[error(
        "the row is {state}; what can be parked is in doubt, assumed, granted or being undone (an asked row becomes one of these \
         by itself, once the kiosk runs)"
    )]
    NotOpen { state: &'static str },
    #[error("say what was done about it: the note must not be empty, nor longer than {MAX_NOTE} bytes")]
    Note,
    #[error("give at least {MIN_ID} of the id's last digits")]
    ShortId,
}

async fn answer(
    ledger: &Ledger,
    online: Option<bool>,
    request: &Request,
) -> Result<(Answer, Option<Effect>), Refusal> {
    let plain = |answer| Ok((answer, None));
    match request {
        Request::Status => plain(Answer::Status(status(ledger, online).await?)),
        Request::List { which, limit } => plain(list(ledger, *which, *limit).await?),
        Request::Show { id, patron } => {
            let row = find(ledger, id).await?;
            let steps = ledger.steps(row.id).await?.into_iter().map(StepEntry::of).collect();
            plain(Answer::Row { row: Entry::of(&row, *patron), steps })
        }
        Request::Retry { id } => {
            let row = find(ledger, id).await?;
            if row.is_closed() || row.state != State::Parked {
                return Err(Refusal::NotParked { state: word(&row), done: "tried again" });
            }
            let now = step(ledger, row.id, Step::Retried).await?;
            Ok((now, Some(Effect::Resolve(row.id))))
        }
        Request::Park { id, why } => {
            let row = find(ledger, id).await?;
            let why = note(why)?;
            if row.is_closed() || row.standing().after(&Step::Parked { why: String::new() }).is_none() {
                return Err(Refusal::NotOpen { state: word(&row) });
            }
            plain(step(ledger, row.id, Step::Parked { why }).await?)
        }
        Request::Settle { id, note: text } => {
            let row = find(ledger, id).await?;
            let text = note(text)?;
            if row.is_closed() || row.state != State::Parked {
                return Err(Refusal::NotParked { state: word(&row), done: "settled" });
            }
            plain(step(ledger, row.id, Step::Told { note: Some(text) }).await?)
        }
        Request::Export { after, patron } => {
            let mut rows = ledger.after(*after, PAGE + 1).await?;
            let more = rows.len() > PAGE as usize;
            rows.truncate(PAGE as usize);
            plain(Answer::Rows { rows: rows.iter().map(|row| Entry::of(row, *patron)).collect(), more })
        }
    }
}

async fn status(ledger: &Ledger, online: Option<bool>) -> Result<Status, LedgerError> {
    let counts = ledger.counts().await?;
    let oldest = ledger.open_rows().await?.first().map(|row| row.asked_at.to_string());
    Ok(Status {
        total: counts.total,
        open: counts.open,
        to_tell: counts.to_tell,
        doubt: counts.doubt,
        parked: counts.parked,
        oldest,
        online,
    })
}

async fn list(ledger: &Ledger, which: Which, limit: u32) -> Result<Answer, LedgerError> {
    let limit = limit.clamp(1, PAGE);
    let mut rows = match which {
        Which::All => ledger.recent(limit + 1).await?,
        Which::Open | Which::Parked => {
            let mut rows = ledger.open_rows().await?;
            rows.retain(|row| which == Which::Open || row.state == State::Parked);
            rows.reverse();
            rows
        }
    };
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    Ok(Answer::Rows { rows: rows.iter().map(|row| Entry::of(row, false)).collect(), more })
}

async fn find(ledger: &Ledger, id: &str) -> Result<Row, Refusal> {
    let wanted: String = id.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase();
    if wanted.len() < MIN_ID {
        return Err(Refusal::ShortId);
    }
    let mut rows = ledger.ending(wanted).await?;
    match (rows.pop(), rows.len()) {
        (Some(row), 0) => Ok(row),
        (Some(_), others) => Err(Refusal::Ambiguous { id: id.to_owned(), n: others + 1 }),
        (None, _) => Err(Refusal::Unknown { id: id.to_owned() }),
    }
}

async fn step(ledger: &Ledger, id: TransactionId, step: Step) -> Result<Answer, Refusal> {
    // The proof that it is on the disk is all that is wanted of it.
    drop(ledger.record(id, step).await?);
    let row = ledger.row(id).await?.ok_or(LedgerError::Unknown)?;
    Ok(Answer::Row { row: Entry::of(&row, false), steps: Vec::new() })
}

fn note(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_NOTE { Err(Refusal::Note) } else { Ok(text.to_owned()) }
}

fn word(row: &Row) -> &'static str {
    if row.state == State::Parked && row.is_closed() { "closed already" } else { row.state.as_str() }
}

impl Entry {
    fn of(row: &Row, with_patron: bool) -> Self {
        Self {
            seq: row.seq,
            id: row.id.to_string(),
            act: match row.kind {
                Kind::Checkout => "checkout",
                Kind::Checkin => "checkin",
            }
            .to_owned(),
            item: row.item.as_str().to_owned(),
            title: row.title.clone(),
            patron: row.patron.as_ref().filter(|_| with_patron).map(|patron| patron.as_str().to_owned()),
            state: row.state.as_str().to_owned(),
            assumed: row.assumed,
            tag_open: row.tag_open,
            closed: row.is_closed(),
            asked: row.asked_at.to_string(),
            changed: row.changed_at.to_string(),
            attempts: row.attempts,
            note: row.note.clone(),
        }
    }
}

impl StepEntry {
    fn of(mark: Mark) -> Self {
        Self { at: mark.at, step: mark.step, detail: mark.detail }
    }
}

/// Rows in one answer.
const PAGE: u32 = 500;
/// Digits of an id that are believed to tell rows apart.
const MIN_ID: usize = 4;
/// Bytes of a note.
const MAX_NOTE: usize = 500;
