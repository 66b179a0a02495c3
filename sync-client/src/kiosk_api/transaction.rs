//! Transactions and the answers to them.

use circulation::id::{ItemId, MAX_LEN, TransactionId};
use circulation::item::Description;
use circulation::money::Amount;
use circulation::transaction::{Act, Grant, Reason};
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::line::{day, item_id, patron_id, stamp};
use super::{MAX_BATCH, Malformed};
use crate::wire::{Next, code};

/// What a kiosk sends at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// the operator account on which it is booked
    pub opuser: String,
    /// at most [`MAX_BATCH`], applied in this order
    pub entries: Vec<Entry>,
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// made at the kiosk
    pub id: TransactionId,
    /// when the kiosk did it or wanted it, the library's local time
    pub at: DateTime,
    /// what it is
    pub what: What,
}

/// What a transaction is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// May this be done?
    Ask(Act),
    /// It was done.
    Tell {
        /// what was done
        act: Act,
        /// the due date that the patron was told
        due: Option<Date>,
    },
    /// The checkout of this id did not happen after all.
    Cancel {
        /// the item it was about
        item: ItemId,
    },
}

/// The answer to one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// the transaction
    pub id: TransactionId,
    /// whether it was answered before; nothing was done this time
    pub already: bool,
    /// what became of it
    pub outcome: Outcome,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The ask is done.
    Granted(Grant),
    /// The ask is not done.
    Declined(Reason),
    /// The fact is known now.
    Recorded {
        /// title and due date, as far as central knows the item
        grant: Grant,
        /// what staff must look at
        exception: Option<Exception>,
    },
    /// The checkout is undone, or was never done and never will be.
    Cancelled,
    /// The id was used for something else before; nothing was done.
    IdReused,
}

/// Why staff must look at a fact. Nothing of it is a refusal: the book is gone, or here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exception {
    /// `superseded`: something later happened to the item elsewhere; the loan or return was not applied
    Superseded,
    /// `was_on_loan`: the item was on loan to somebody else; that loan was ended
    WasOnLoan,
    /// `clock_ahead`: the kiosk's time lies in the future; central's time was taken
    ClockAhead,
    /// a reason's code: the rules would have refused it. Applied, unless patron or item is unknown
    Against(Reason),
}

impl Exception {
    /// The code for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Superseded => SUPERSEDED,
            Self::WasOnLoan => WAS_ON_LOAN,
            Self::ClockAhead => CLOCK_AHEAD,
            Self::Against(reason) => code::of_reason(reason).unwrap_or(UNNAMED),
        }
    }

    fn of_code(text: &str) -> Self {
        match text {
            SUPERSEDED => Self::Superseded,
            WAS_ON_LOAN => Self::WasOnLoan,
            CLOCK_AHEAD => Self::ClockAhead,
            code => Self::Against(code::to_reason(code, code)),
        }
    }
}

impl Batch {
    /// Reads a batch.
    ///
    /// # Errors
    /// [`Malformed`]: which transaction, and which part of it; more than [`MAX_BATCH`] are malformed too.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let form: BatchForm = serde_json::from_slice(body).map_err(|_| Malformed::of("body"))?;
        let opuser = form.opuser.trim();
        if opuser.is_empty() || opuser.chars().count() > MAX_LEN || opuser.chars().any(char::is_control) {
            return Err(Malformed::of("opuser"));
        }
        if form.transactions.len() > MAX_BATCH {
            return Err(Malformed::of("transactions"));
        }
        let entries = form
            .transactions
            .iter()
            .enumerate()
            .map(|(at, form)| form.entry().map_err(|fault| Malformed { at: Some(at), ..fault }));
        Ok(Self { opuser: opuser.to_owned(), entries: entries.collect::<Result<_, _>>()? })
    }

    /// The body.
    ///
    /// # Errors
    /// None that can happen: every value has its JSON form.
    pub fn to_body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let transactions = self.entries.iter().map(EntryForm::from).collect();
        serde_json::to_vec(&BatchForm { opuser: self.opuser.clone(), transactions })
    }
}

/// The body with the answers to a batch.
///
/// # Errors
/// None that can happen: every value has its JSON form.
pub fn write_answers(answers: &[Answered]) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&AnswersForm { answers: answers.iter().map(AnswerForm::from).collect() })
}

/// Reads the answers to a batch.
///
/// # Errors
/// [`Malformed`]: which answer, and which part of it.
pub fn parse_answers(body: &[u8]) -> Result<Vec<Answered>, Malformed> {
    let form: AnswersForm = serde_json::from_slice(body).map_err(|_| Malformed::of("body"))?;
    let answers = form.answers.into_iter().enumerate();
    answers.map(|(at, form)| form.answered().map_err(|fault| Malformed { at: Some(at), ..fault })).collect()
}

impl Outcome {
    /// The outcome as central keeps it.
    ///
    /// # Errors
    /// None that can happen: every value has its JSON form.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&OutcomeForm::from(self))
    }

    /// Reads what [`Outcome::to_text`] wrote.
    ///
    /// # Errors
    /// [`Malformed`]
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let form: OutcomeForm = serde_json::from_str(text).map_err(|_| Malformed::of("outcome"))?;
        form.outcome()
    }
}

#[derive(Serialize, Deserialize)]
struct BatchForm {
    opuser: String,
    transactions: Vec<EntryForm>,
}

#[derive(Serialize, Deserialize)]
struct EntryForm {
    id: String,
    mode: Mode,
    kind: Kind,
    item: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patron: Option<String>,
    at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Ask,
    Tell,
    Cancel,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Checkout,
    Checkin,
}

#[derive(Serialize, Deserialize)]
struct AnswersForm {
    answers: Vec<AnswerForm>,
}

#[derive(Serialize, Deserialize)]
struct AnswerForm {
    id: String,
    already: bool,
    #[serde(flatten)]
    outcome: OutcomeForm,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct OutcomeForm {
    outcome: Option<Word>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// words of a refusal that has no code
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fen: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// where an item goes that came back
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Next>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Granted,
    Declined,
    Recorded,
    Cancelled,
    IdReused,
}

impl EntryForm {
    fn entry(&self) -> Result<Entry, Malformed> {
        let id = TransactionId::parse(&self.id).ok_or(Malformed::of("id"))?;
        let at = self.at.parse().map_err(|_| Malformed::of("at"))?;
        let due = self.due.as_deref().map(|text| day("due", text)).transpose()?;
        let what = match (self.mode, self.kind) {
            (Mode::Ask, _) => What::Ask(self.act()?),
            (Mode::Tell, _) => What::Tell { act: self.act()?, due },
            (Mode::Cancel, Kind::Checkout) => What::Cancel { item: item_id(&self.item)? },
            // A book that is back is back.
            (Mode::Cancel, Kind::Checkin) => return Err(Malformed::of("mode")),
        };
        Ok(Entry { id, at, what })
    }

    fn act(&self) -> Result<Act, Malformed> {
        let item = item_id(&self.item)?;
        match (self.kind, &self.patron) {
            (Kind::Checkout, Some(patron)) => Ok(Act::Checkout { patron: patron_id(patron)?, item }),
            (Kind::Checkout, None) => Err(Malformed::of("patron")),
            (Kind::Checkin, _) => Ok(Act::Checkin { item }),
        }
    }
}

impl From<&Entry> for EntryForm {
    fn from(entry: &Entry) -> Self {
        let (mode, act, due) = match &entry.what {
            What::Ask(act) => (Mode::Ask, Some(act), None),
            What::Tell { act, due } => (Mode::Tell, Some(act), *due),
            What::Cancel { .. } => (Mode::Cancel, None, None),
        };
        let (kind, patron) = match act {
            Some(Act::Checkout { patron, .. }) => (Kind::Checkout, Some(patron.as_str().to_owned())),
            Some(Act::Checkin { .. }) => (Kind::Checkin, None),
            None => (Kind::Checkout, None),
        };
        Self {
            id: entry.id.to_string(),
            mode,
            kind,
            item: entry.what.item().as_str().to_owned(),
            patron,
            at: stamp(entry.at),
            due: due.map(|due| due.to_string()),
        }
    }
}

impl What {
    /// The item it is about.
    #[must_use]
    pub const fn item(&self) -> &ItemId {
        match self {
            Self::Ask(act) | Self::Tell { act, .. } => act.item(),
            Self::Cancel { item } => item,
        }
    }
}

impl AnswerForm {
    fn answered(self) -> Result<Answered, Malformed> {
        let id = TransactionId::parse(&self.id).ok_or(Malformed::of("id"))?;
        Ok(Answered { id, already: self.already, outcome: self.outcome.outcome()? })
    }
}

impl From<&Answered> for AnswerForm {
    fn from(answer: &Answered) -> Self {
        Self { id: answer.id.to_string(), already: answer.already, outcome: (&answer.outcome).into() }
    }
}

impl OutcomeForm {
    fn outcome(self) -> Result<Outcome, Malformed> {
        Ok(match self.outcome.ok_or(Malformed::of("outcome"))? {
            Word::Granted => Outcome::Granted(self.grant()?),
            Word::Declined => Outcome::Declined(self.reason()?),
            Word::Recorded => {
                let exception = self.code.as_deref().map(Exception::of_code);
                Outcome::Recorded { grant: self.grant()?, exception }
            }
            Word::Cancelled => Outcome::Cancelled,
            Word::IdReused => Outcome::IdReused,
        })
    }

    fn grant(self) -> Result<Grant, Malformed> {
        let due = self.due.as_deref().map(|text| day("due", text)).transpose()?;
        let description = Description { title: self.title, author: self.author, call_number: self.call };
        Ok(Grant { description, due, destination: self.next.and_then(Next::destination) })
    }

    fn reason(self) -> Result<Reason, Malformed> {
        let Some(code) = self.code else {
            return Ok(Reason::Other(self.text.ok_or(Malformed::of("code"))?));
        };
        let reason = code::to_reason(&code, &code);
        Ok(match (reason, self.fen, self.limit) {
            (Reason::Fees(_), Some(fen), _) => Reason::Fees(Amount::from_fen(fen)),
            (Reason::LoanLimit(_), _, limit) => Reason::LoanLimit(limit),
            (reason, _, _) => reason,
        })
    }

    fn with_grant(self, grant: &Grant) -> Self {
        Self {
            title: grant.description.title.clone(),
            author: grant.description.author.clone(),
            call: grant.description.call_number.clone(),
            due: grant.due.map(|due| due.to_string()),
            next: grant.destination.as_ref().map(Next::from),
            ..self
        }
    }

    fn with_reason(self, reason: &Reason) -> Self {
        let code = code::of_reason(reason).map(str::to_owned);
        let fen = if let Reason::Fees(amount) = reason { Some(amount.fen()) } else { None };
        let limit = if let Reason::LoanLimit(limit) = reason { *limit } else { None };
        let text = match (&code, reason) {
            (Some(_), _) => None,
            (None, Reason::Other(text)) => Some(text.clone()),
            (None, other) => Some(format!("{other:?}")),
        };
        Self { code, fen, limit, text, ..self }
    }
}

impl From<&Outcome> for OutcomeForm {
    fn from(outcome: &Outcome) -> Self {
        let word = |word| Self { outcome: Some(word), ..Self::default() };
        match outcome {
            Outcome::Granted(grant) => word(Word::Granted).with_grant(grant),
            Outcome::Declined(reason) => word(Word::Declined).with_reason(reason),
            Outcome::Recorded { grant, exception } => {
                let code = exception.as_ref().map(|exception| exception.code().to_owned());
                Self { code, ..word(Word::Recorded) }.with_grant(grant)
            }
            Outcome::Cancelled => word(Word::Cancelled),
            Outcome::IdReused => word(Word::IdReused),
        }
    }
}

const SUPERSEDED: &str = "superseded";
const WAS_ON_LOAN: &str = "was_on_loan";
const CLOCK_AHEAD: &str = "clock_ahead";
/// A reason that central never gives.
const UNNAMED: &str = "refused";
