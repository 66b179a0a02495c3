//! The client of SIP2: one connection, kept alive, plain or over TLS; requests one after another in the order asked.
//!
//! **Rule**: an error says [`AskError::is_in_doubt`] unless it is certain that the ACS did nothing. What lends, takes
//! back or charges is sent once, and only over a line that has just answered; what only looks is sent again over a new
//! line if the old one breaks.
//!
//! One call, connection and login included, takes at most the configured total. No text of an error holds a card
//! number, a name or a password. SIP2 sends all of them in the clear: without TLS the line itself must be safe.

mod config;
mod error;
mod keeper;
mod line;

use std::time::Instant;

use circulation::account::Hold;
use circulation::id::{ItemId, PatronId};
use circulation::patron::{Patron, Pin};
use circulation::screen::HoldState;
use circulation::transaction::{Reason, Verdict};
use jiff::Timestamp;
use jiff::civil::DateTime;
use tokio::sync::{mpsc, oneshot, watch};

use super::answer::{self, Fault, ItemFact, Renewed, Status};
use super::ask::{Asks, Fees, HoldChange, Past, Payment};
use super::field::{F_HOLD_ITEMS, F_UNAVAILABLE_HOLDS};
use super::fixed::{SUMMARY_HOLDS, SUMMARY_UNAVAILABLE};
use super::message::Message;
use crate::answer::{HoldingFact, Loan};
pub use config::{ConfigProblem, Roots, Sip2Config, Tls};
pub use error::{AskError, NotSent, Silence};
use keeper::{Call, Needs};

/// The client. Cheap to clone; all clones share the one connection, which ends with the last of them.
#[derive(Debug, Clone)]
pub struct Sip2 {
    config: std::sync::Arc<Sip2Config>,
    calls: mpsc::Sender<Call>,
    status: watch::Receiver<Option<Status>>,
}

/// A patron's loans by number, and what keeps the list from being whole.
struct Listed {
    items: Vec<ItemId>,
    fault: Option<Fault>,
}

impl Sip2 {
    /// Starts the client's task on the runtime it is called on. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ConfigProblem`] if the configuration cannot work.
    pub fn start(config: Sip2Config) -> Result<Self, ConfigProblem> {
        let connector = line::Connector::new(&config)?;
        let config = std::sync::Arc::new(config);
        let (calls, queue) = mpsc::channel(QUEUE);
        let (said, status) = watch::channel(None);
        tokio::spawn(keeper::run(std::sync::Arc::clone(&config), connector, queue, said));
        Ok(Self { config, calls, status })
    }

    /// What the ACS last said of itself; nothing before the first connection.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.status.borrow().clone()
    }

    /// Looks a patron up, and checks the password if there is one: one who may use the kiosk today, or why not.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn patron_with(
        &self,
        id: &PatronId,
        pin: Option<&Pin>,
    ) -> Result<Result<Patron, Reason>, AskError> {
        let answer = self.ask(self.asks().patron(id, pin), Needs::Nothing, self.until()).await?;
        let today = self.local_now().date();
        Ok(answer::of_patron(&answer, id, pin.is_some(), today, &self.config.dialect)?)
    }

    /// Looks a patron up: one who may use the kiosk today, or why not.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn patron(&self, id: &PatronId) -> Result<Result<Patron, Reason>, AskError> {
        self.patron_with(id, None).await
    }

    /// Checks that a card and its password belong together.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn confirm(&self, id: &PatronId, pin: &Pin) -> Result<Result<(), Reason>, AskError> {
        Ok(self.patron_with(id, Some(pin)).await?.map(drop))
    }

    /// Lends an item.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn checkout(&self, patron: &PatronId, item: &ItemId) -> Result<Verdict, AskError> {
        self.lend(patron, item, None, Fees::NotAsked).await
    }

    /// Lends an item; or tells that it was lent (`past`), as a fact if the server's dialect knows facts; or says that
    /// the patron accepts the fee for it.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn lend(
        &self,
        patron: &PatronId,
        item: &ItemId,
        past: Option<&Past>,
        fees: Fees,
    ) -> Result<Verdict, AskError> {
        let until = self.until();
        let answer =
            self.ask(self.asks().checkout(patron, item, past, fees), Needs::Checkouts, until).await?;
        match answer::of_checkout(&answer, item, &self.config.dialect)? {
            Verdict::Declined(words) => {
                let fact = self.item_until(item, until).await;
                Ok(Verdict::Declined(match fact {
                    Ok(fact) => answer::why_not_out(words, fact.as_ref()),
                    // It is refused whatever the question behind it brings.
                    Err(_) => words,
                }))
            }
            granted @ Verdict::Granted(_) => Ok(granted),
        }
    }

    /// Takes an item back.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn checkin(&self, item: &ItemId) -> Result<Verdict, AskError> {
        self.take_back(item, self.asks().checkin(item, None)).await
    }

    /// Takes back an item that came back while the ACS was silent.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn checkin_past(&self, item: &ItemId, past: &Past) -> Result<Verdict, AskError> {
        self.take_back(item, self.asks().checkin(item, Some(past))).await
    }

    /// Takes back a checkout that the kiosk could not finish, as if it had never been.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn cancel_checkout(&self, item: &ItemId) -> Result<Verdict, AskError> {
        self.take_back(item, self.asks().cancel_checkout(item)).await
    }

    /// Renews one loan.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn renew(
        &self,
        patron: &PatronId,
        item: &ItemId,
        pin: Option<&Pin>,
    ) -> Result<Verdict, AskError> {
        let answer = self.ask(self.asks().renew(patron, item, pin), Needs::Nothing, self.until()).await?;
        Ok(answer::of_renew(&answer, item, &self.config.dialect)?)
    }

    /// Renews all of a patron's loans.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn renew_all(
        &self,
        patron: &PatronId,
        pin: Option<&Pin>,
    ) -> Result<Result<Renewed, Reason>, AskError> {
        let answer = self.ask(self.asks().renew_all(patron, pin), Needs::Nothing, self.until()).await?;
        Ok(answer::of_renew_all(&answer, &self.config.dialect)?)
    }

    /// Lists a patron's loans by their numbers, or says why not. Titles and days are [`Sip2::look`]'s.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came, or a list that is not whole.
    pub async fn loans(&self, patron: &PatronId) -> Result<Result<Vec<Loan>, Reason>, AskError> {
        match self.list(patron, self.until()).await? {
            Ok(Listed { fault: Some(fault), .. }) => Err(fault.into()),
            Ok(Listed { items, fault: None }) => Ok(Ok(without_details(items))),
            Err(reason) => Ok(Err(reason)),
        }
    }

    /// Lists a patron's loans, the first `n` of them with their titles and days: one question each. A list that is
    /// not whole is given as far as it goes: nothing is decided by it.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn loans_with_details(
        &self,
        patron: &PatronId,
        n: usize,
    ) -> Result<Result<Vec<Loan>, Reason>, AskError> {
        let until = self.until();
        let Listed { items, .. } = match self.list(patron, until).await? {
            Ok(listed) => listed,
            Err(reason) => return Ok(Err(reason)),
        };
        let mut loans = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let fact = if at < n { self.item_until(&item, until).await? } else { None };
            loans.push(answer::loan(item, fact));
        }
        Ok(Ok(loans))
    }

    /// A patron's holds, at most `n` of each list, with their titles: one question each. What the ACS lists as waiting for
    /// the patron (AS) and is on loan all the same is a hold that the patron waits for: some list all of them there.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn holds(&self, patron: &PatronId, n: usize) -> Result<Result<Vec<Hold>, Reason>, AskError> {
        let until = self.until();
        let mut holds = Vec::new();
        for (position, field) in [(SUMMARY_HOLDS, F_HOLD_ITEMS), (SUMMARY_UNAVAILABLE, F_UNAVAILABLE_HOLDS)] {
            let answer = self.ask(self.asks().holds(patron, position, n), Needs::Nothing, until).await?;
            let listed = answer::of_holds(&answer, patron, field, &self.config.dialect)?;
            for text in listed.into_iter().take(n) {
                let item = ItemId::parse(&text).ok();
                let fact = match &item {
                    Some(item) => self.item_until(item, until).await?,
                    None => None,
                };
                holds.push(held(item, text, fact, field == F_HOLD_ITEMS));
            }
        }
        Ok(Ok(holds))
    }

    /// What the ACS says of one loan now: the patron's loans, among them the item with its days if it is one of them.
    /// The list is joined with the item's own answer, so that a server that lists titles is no reason for doubt.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came, or the two together do not say whether the patron has the item.
    pub async fn look(
        &self,
        patron: &PatronId,
        item: &ItemId,
    ) -> Result<Result<Vec<Loan>, Reason>, AskError> {
        let until = self.until();
        let Listed { items, fault } = match self.list(patron, until).await? {
            Ok(listed) => listed,
            Err(reason) => return Ok(Err(reason)),
        };
        let is_listed = items.iter().any(|listed| is_same(listed, item));
        if !is_listed && fault.is_none() {
            return Ok(Ok(without_details(items)));
        }
        // Without its days a loan of last month would be taken for the one in doubt.
        let fact = self.item_until(item, until).await?;
        if let (false, Some(fault), true) = (is_listed, fault, may_be_lent(fact.as_ref())) {
            return Err(fault.into());
        }
        let mut loans = without_details(items.into_iter().filter(|listed| !is_same(listed, item)).collect());
        if is_listed {
            loans.push(answer::loan(item.clone(), fact));
        }
        Ok(Ok(loans))
    }

    /// Looks an item up; nothing if the ACS does not know it.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn holding(&self, item: &ItemId) -> Result<Option<HoldingFact>, AskError> {
        Ok(self.item(item).await?.map(ItemFact::holding))
    }

    /// Looks an item up; nothing if the ACS does not know it.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn item(&self, item: &ItemId) -> Result<Option<ItemFact>, AskError> {
        self.item_until(item, self.until()).await
    }

    /// Tells the ACS of a payment. To be repeated with the same payment until it is answered.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn fee_paid(
        &self,
        patron: &PatronId,
        payment: &Payment,
    ) -> Result<Result<(), Reason>, AskError> {
        self.done(self.asks().fee_paid(patron, payment)).await
    }

    /// Makes, changes or deletes a hold.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn hold(
        &self,
        change: HoldChange,
        patron: &PatronId,
        item: &ItemId,
        pin: Option<&Pin>,
    ) -> Result<Result<(), Reason>, AskError> {
        self.done(self.asks().hold(change, patron, item, pin)).await
    }

    /// Stores an item's properties.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came: see [`AskError::is_in_doubt`].
    pub async fn item_status_update(
        &self,
        item: &ItemId,
        properties: &str,
    ) -> Result<Result<(), Reason>, AskError> {
        self.done(self.asks().item_status_update(item, properties)).await
    }

    /// Says that the patron has gone.
    ///
    /// # Errors
    /// [`AskError`] if no usable answer came.
    pub async fn end_session(&self, patron: &PatronId) -> Result<Result<(), Reason>, AskError> {
        self.done(self.asks().end_session(patron)).await
    }

    /// Asks any other request, and brings its answer as it is.
    ///
    /// # Errors
    /// [`AskError`] if no answer came: see [`AskError::is_in_doubt`].
    pub async fn exchange(&self, message: Message) -> Result<Message, AskError> {
        self.ask(message, Needs::Nothing, self.until()).await
    }

    /// Asks for something harmless, to learn whether the ACS answers and is well.
    ///
    /// # Errors
    /// [`AskError`] if it does not, or says that it is off-line.
    pub async fn ping(&self) -> Result<(), AskError> {
        let answer = self.ask(self.asks().status(), Needs::Nothing, self.until()).await?;
        let status = answer::of_status(&answer)?;
        if status.is_online || !self.config.dialect.obeys_status {
            Ok(())
        } else {
            Err(NotSent::Closed { what: "anything" }.into())
        }
    }

    /// Builds requests of now, for [`Sip2::exchange`].
    #[must_use]
    pub fn asks(&self) -> Asks<'_> {
        Asks::at(self.local_now(), &self.config.dialect, &self.config.station)
    }

    /// Now, as the server's local time.
    #[must_use]
    pub fn local_now(&self) -> DateTime {
        self.local(self.config.clock.now())
    }

    /// A moment as the server's local time.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        self.config.utc_offset.to_datetime(at)
    }

    async fn done(&self, message: Message) -> Result<Result<(), Reason>, AskError> {
        Ok(answer::of_done(&self.ask(message, Needs::Nothing, self.until()).await?)?)
    }

    async fn take_back(&self, item: &ItemId, message: Message) -> Result<Verdict, AskError> {
        let until = self.until();
        let answer = self.ask(message, Needs::Checkins, until).await?;
        match answer::of_checkin(&answer, item, &self.config.dialect)? {
            Verdict::Declined(words) => {
                let fact = self.item_until(item, until).await;
                Ok(Verdict::Declined(match fact {
                    Ok(fact) => answer::why_not_back(words, fact.as_ref()),
                    // It is refused whatever the question behind it brings.
                    Err(_) => words,
                }))
            }
            granted @ Verdict::Granted(_) => Ok(granted),
        }
    }

    async fn item_until(&self, item: &ItemId, until: Instant) -> Result<Option<ItemFact>, AskError> {
        let answer = self.ask(self.asks().item(item), Needs::Nothing, until).await?;
        Ok(answer::of_item(&answer, item, &self.config.dialect)?)
    }

    /// Page by page, until as many are listed as the ACS counts, or a page brings nothing new.
    async fn list(&self, patron: &PatronId, until: Instant) -> Result<Result<Listed, Reason>, AskError> {
        let mut items: Vec<ItemId> = Vec::new();
        let mut counted = None;
        let mut n_unreadable = 0_usize;
        for _ in 0..MAX_PAGES {
            let first = items.len().saturating_add(1);
            let message = self.asks().loans(patron, None, first, items.len().saturating_add(PAGE));
            let answer = self.ask(message, Needs::Nothing, until).await?;
            let page = match answer::of_loans(&answer, patron, &self.config.dialect)? {
                Ok(page) => page,
                Err(reason) => return Ok(Err(reason)),
            };
            let before = items.len();
            items.extend(page.items.into_iter().filter(|item| !items.contains(item)).collect::<Vec<_>>());
            (counted, n_unreadable) = (page.n_loans, n_unreadable.max(page.n_unreadable));
            if items.len() == before || counted.is_none_or(|counted| items.len() >= counted) {
                break;
            }
        }
        let listed = items.len();
        let fault = match counted {
            Some(counted) if listed < counted || n_unreadable > 0 => {
                Some(Fault::Incomplete { listed, counted })
            }
            Some(_) => None,
            // Neither a list nor a count: nothing was said about loans at all.
            None => items.is_empty().then_some(Fault::Incomplete { listed, counted: 0 }),
        };
        Ok(Ok(Listed { items, fault }))
    }

    /// Queues a request and waits for its answer, at most until `until`.
    async fn ask(&self, message: Message, needs: Needs, until: Instant) -> Result<Message, AskError> {
        let (reply, answer) = oneshot::channel();
        let call = Call { message, needs, until, reply };
        match tokio::time::timeout_at(until.into(), self.calls.send(call)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(NotSent::Stopped.into()),
            Err(_) => return Err(NotSent::NoTime.into()),
        }
        // The keeper answers every call, at the latest when its time is over.
        answer.await.unwrap_or(Err(AskError::Silent(Silence::Stopped)))
    }

    fn until(&self) -> Instant {
        line::monotonic() + self.config.total_timeout
    }
}

fn held(item: Option<ItemId>, text: String, fact: Option<ItemFact>, is_there: bool) -> Hold {
    let is_lent = fact.as_ref().is_some_and(|fact| fact.place == answer::Place::OnLoan);
    let state = if is_there && !is_lent {
        HoldState::Ready { at: None, until: None }
    } else {
        HoldState::Waiting { before: None }
    };
    let mut description = fact.map(|fact| fact.description).unwrap_or_default();
    // An entry that is no number, or of which nothing is known, is shown as it is.
    if description.title.is_none() {
        description.title = Some(text);
    }
    Hold { item, description, state }
}

fn is_same(one: &ItemId, other: &ItemId) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

fn may_be_lent(fact: Option<&ItemFact>) -> bool {
    use answer::Place::{InLibrary, NotOnLoan, OnHold, OnLoan, Unknown};
    match fact.map(|fact| fact.place) {
        Some(OnLoan | Unknown) => true,
        Some(InLibrary | OnHold | NotOnLoan) | None => false,
    }
}

fn without_details(items: Vec<ItemId>) -> Vec<Loan> {
    items.into_iter().map(|item| answer::loan(item, None)).collect()
}

/// Calls that may wait for the connection; those beyond wait at their own side.
const QUEUE: usize = 64;
/// Loans asked for at once: longer lists are known to fail.
const PAGE: usize = 50;
const MAX_PAGES: usize = 20;
