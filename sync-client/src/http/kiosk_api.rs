//! The client of central's own interface for kiosks. Forms and codes stand in [`crate::kiosk_api`].
//!
//! **Rule**: every transaction carries the id that the kiosk gave it, so that a call in doubt is simply repeated: central
//! answers what it answered the first time. Nothing has to be looked up.

use std::sync::Arc;
use std::time::Duration;

use circulation::id::{ItemId, PatronId, TransactionId};
use circulation::transaction::{Act, Reason, Verdict};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use reqwest::Response;

use super::openlib::{self, Inner};
use super::{AskError, ConfigProblem, NotSent, Openlib, OpenlibConfig, Silence};
use crate::answer::Fault;
use crate::kiosk_api::{
    Answered, Batch, Code, Entry, MAX_BATCH, Outcome, Problem, What, heartbeat::Heartbeat, heartbeat::Told,
    issue, locate, parse_answers, path, shelves, transfer,
};

/// The client. Cheap to clone; all clones share connections and token.
#[derive(Debug, Clone)]
pub struct KioskApi(pub(super) Arc<Inner>);

/// How a call for anything but a verdict ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error("central refuses the call ({:?})", .0.code)]
    Refused(Problem),
}

impl KioskApi {
    /// Makes a client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ConfigProblem`] if the configuration cannot work.
    pub fn new(config: OpenlibConfig) -> Result<Self, ConfigProblem> {
        Openlib::new(config).map(|openlib| Self::beside(&openlib))
    }

    /// The client of the same server as `openlib`, with the same connections and token.
    #[must_use]
    pub fn beside(openlib: &Openlib) -> Self {
        Self(Arc::clone(&openlib.0))
    }

    /// Openlib at the same server: who is a patron, what has been lent.
    #[must_use]
    pub fn openlib(&self) -> Openlib {
        Openlib(Arc::clone(&self.0))
    }

    /// Lends an item. In doubt, call it again with the same id.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn checkout(
        &self,
        id: TransactionId,
        patron: &PatronId,
        item: &ItemId,
        at: Timestamp,
    ) -> Result<Verdict, AskError> {
        let act = Act::Checkout { patron: patron.clone(), item: item.clone() };
        self.ask(id, act, at).await
    }

    /// Takes an item back. In doubt, call it again with the same id.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn checkin(
        &self,
        id: TransactionId,
        item: &ItemId,
        at: Timestamp,
    ) -> Result<Verdict, AskError> {
        self.ask(id, Act::Checkin { item: item.clone() }, at).await
    }

    /// Undoes the checkout of this id, or sees to it that it is never done if it is still under way. Harmless to repeat.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: then call it again.
    pub async fn cancel(&self, id: TransactionId, item: &ItemId, at: Timestamp) -> Result<(), AskError> {
        let what = What::Cancel { item: item.clone() };
        match self.one(self.entry(id, at, what)).await? {
            Outcome::Cancelled => Ok(()),
            Outcome::Granted(_) | Outcome::Declined(_) | Outcome::Recorded { .. } | Outcome::IdReused => {
                Err(Silence::Fault(Fault::Mismatch { what: "transaction" }).into())
            }
        }
    }

    /// Tells what has happened, in this order: at most [`MAX_BATCH`] at once, all of them or none. The answers come in
    /// the same order. In doubt, tell the same again.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn tell(&self, entries: Vec<Entry>) -> Result<Vec<Answered>, AskError> {
        if entries.len() > MAX_BATCH {
            let detail = format!("{} transactions, at most {MAX_BATCH} at once", entries.len());
            return Err(NotSent::Local { detail }.into());
        }
        let expected: Vec<TransactionId> = entries.iter().map(|entry| entry.id).collect();
        let batch = Batch { opuser: self.0.opuser().to_owned(), entries };
        let body = batch.to_body().map_err(|cause| NotSent::Local { detail: cause.to_string() })?;
        let body = self.post(path::TRANSACTIONS, &body, MAX_ANSWER).await?;
        let answers =
            parse_answers(&body).map_err(|malformed| Silence::NotJson { detail: malformed.to_string() })?;
        if !answers.iter().map(|answer| answer.id).eq(expected) {
            return Err(Silence::Fault(Fault::Mismatch { what: "transaction" }).into());
        }
        Ok(answers)
    }

    /// Tells how this machine is; gives what central has for it.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn heartbeat(&self, beat: &Heartbeat) -> Result<Told, AskError> {
        let body = beat.to_body().map_err(|cause| NotSent::Local { detail: cause.to_string() })?;
        let body = self.post(path::HEARTBEAT, &body, MAX_TOLD).await?;
        Told::parse(&body).map_err(|malformed| Silence::NotJson { detail: malformed.to_string() }.into())
    }

    /// Asks something about a library card. In doubt, call it again with the same id.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn card(&self, deed: issue::CardDeed) -> Result<issue::CardTold, AskError> {
        let call = issue::CardCall { opuser: self.0.opuser().to_owned(), deed };
        let body = call.to_body().map_err(|cause| NotSent::Local { detail: cause.to_string() })?;
        let body = self.post(path::CARD, &body, MAX_ANSWER).await?;
        // What cannot be read may hold a number: the fault is named without it.
        serde_json::from_slice(&body)
            .map_err(|_| Silence::NotJson { detail: "the answer about a card".to_owned() }.into())
    }

    /// Does something with a transfer sheet. In doubt, call it again with the same id.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn transfer(&self, act: &transfer::Act) -> Result<transfer::Told, AskError> {
        let body = act.to_body().map_err(|cause| NotSent::Local { detail: cause.to_string() })?;
        let body = self.post(path::TRANSFER, &body, MAX_ANSWER).await?;
        serde_json::from_slice(&body).map_err(|fault| Silence::NotJson { detail: fault.to_string() }.into())
    }

    /// Asks where copies are.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn locate(&self, sought: locate::Sought) -> Result<locate::Located, AskError> {
        let question = locate::Question { opuser: self.0.opuser().to_owned(), sought };
        let body = question.to_body().map_err(|cause| NotSent::Local { detail: cause.to_string() })?;
        let body = self.post(path::LOCATE, &body, MAX_ANSWER).await?;
        serde_json::from_slice(&body).map_err(|fault| Silence::NotJson { detail: fault.to_string() }.into())
    }

    /// What should stand on the shelves of a branch, `shelf` as their marks begin: a page, behind a barcode.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn shelves(
        &self,
        branch: &str,
        shelf: Option<&str>,
        after: Option<String>,
    ) -> Result<shelves::Page, AskError> {
        let question = shelves::Question {
            opuser: self.0.opuser().to_owned(),
            branch: branch.to_owned(),
            shelf: shelf.map(str::to_owned),
            after,
        };
        let body =
            serde_json::to_vec(&question).map_err(|cause| NotSent::Local { detail: cause.to_string() })?;
        let body = self.post(path::SHELVES, &body, MAX_ANSWER).await?;
        serde_json::from_slice(&body).map_err(|fault| Silence::NotJson { detail: fault.to_string() }.into())
    }

    /// Sends a body that can be sent again; gives the answer's, of `most` bytes at most.
    async fn post(&self, path: &str, body: &[u8], most: usize) -> Result<Vec<u8>, AskError> {
        let call = self.0.kiosk_call(self.0.total_timeout(), |client, base| {
            client
                .post(format!("{base}{path}"))
                .header("content-type", "application/json")
                .body(body.to_vec())
        });
        let response = accepted(call.await?).await.map_err(|error| match error {
            CallError::Ask(error) => error,
            CallError::Refused(problem) => refused(&problem),
        })?;
        openlib::read(response, most).await
    }

    /// The operator account that it books on.
    #[must_use]
    pub fn opuser(&self) -> &str {
        self.0.opuser()
    }

    /// What its clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// A transaction that happened at a moment of the kiosk's clock.
    #[must_use]
    pub fn entry(&self, id: TransactionId, at: Timestamp, what: What) -> Entry {
        Entry { id, at: self.local(at), what }
    }

    /// A fact to be told: what was done, and the due date that the patron was told.
    #[must_use]
    pub fn fact(&self, id: TransactionId, at: Timestamp, act: Act, due: Option<Date>) -> Entry {
        self.entry(id, at, What::Tell { act, due })
    }

    /// A moment as the server's local time.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        self.0.offset().to_datetime(at)
    }

    async fn ask(&self, id: TransactionId, act: Act, at: Timestamp) -> Result<Verdict, AskError> {
        Ok(match self.one(self.entry(id, at, What::Ask(act))).await? {
            // A fact of this id is known: what was told is done.
            Outcome::Granted(grant) | Outcome::Recorded { grant, .. } => Verdict::Granted(grant),
            Outcome::Declined(reason) => Verdict::Declined(reason),
            Outcome::Cancelled => Verdict::Declined(Reason::Other(CANCELLED.to_owned())),
            Outcome::IdReused => {
                return Err(Silence::Fault(Fault::Mismatch { what: "transaction" }).into());
            }
        })
    }

    async fn one(&self, entry: Entry) -> Result<Outcome, AskError> {
        let mut answers = self.tell(vec![entry]).await?;
        let answer = answers.pop().map(|answer| answer.outcome);
        answer.ok_or_else(|| Silence::Fault(Fault::Mismatch { what: "transaction" }).into())
    }
}

/// The response, if central took the call.
pub(super) async fn accepted(response: Response) -> Result<Response, CallError> {
    let status = response.status().as_u16();
    if status == 200 {
        return Ok(response);
    }
    let body = openlib::read(response, MAX_PROBLEM).await.unwrap_or_default();
    // A status without its code is a proxy's, or that of another server.
    Err(match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) if problem.code.status() == status => CallError::Refused(problem),
        Ok(_) | Err(_) => CallError::Ask(Silence::Status { status }.into()),
    })
}

/// A refused call did nothing; whether it may be repeated as it is, is the difference.
pub(super) fn refused(problem: &Problem) -> AskError {
    match problem.code {
        Code::Malformed | Code::TooLarge | Code::CursorGone => {
            let at = problem.at.map(|at| format!(" of number {at}")).unwrap_or_default();
            let field = problem.field.as_deref().unwrap_or("it");
            NotSent::Local { detail: format!("central cannot read {field}{at}") }.into()
        }
        Code::TokenRefused | Code::OtherKiosk => AskError::TokenRefused,
        Code::NoSuchCall | Code::TooSlow | Code::Fault | Code::Busy => {
            Silence::Status { status: problem.code.status() }.into()
        }
    }
}

/// What a patron reads if an ask comes after its own cancellation.
const CANCELLED: &str = "此次借书已取消，请把书放回再试";

/// What a kiosk is told: a message and some orders.
const MAX_TOLD: usize = 1 << 18;

/// Answers to a full batch.
const MAX_ANSWER: usize = 4 << 20;
const MAX_PROBLEM: usize = 4096;

/// How long a snapshot or an answer full of changes may take as a whole.
pub(super) const FEED_TIMEOUT: Duration = Duration::from_secs(15 * 60);
