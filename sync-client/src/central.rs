//! The library's system, whichever way it is reached: openlib, SIP2, or central's own interface for kiosks.
//!
//! The task speaks only these words. What differs between the ways is here, and only here:
//!
//! | | openlib | SIP2 | kiosk interface |
//! |---|---|---|---|
//! | a call in doubt | is looked up | is looked up | is repeated or cancelled: its id makes that harmless |
//! | undoing a loan | a return | a checkin with cancel (BI) | a cancellation of the id |
//! | telling what was done | an ordinary call | no block with its date, where the dialect has it | a fact, never refused |

use circulation::account::{self, Account};
use circulation::id::{ItemId, PatronId};
use circulation::item::Description;
use circulation::money::Amount;
use circulation::patron::{Patron, Pin};
use circulation::sighting::LastSeen;
use circulation::transaction::{Act, Reason, Transaction, Verdict};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use crate::answer::{HoldingFact, Loan};
use crate::clock::Clock;
use crate::http::{self, KioskApi, Openlib};
use crate::kiosk_api::Outcome;
use crate::kiosk_api::locate::Sought;
use crate::row::{Kind, Row};
use crate::sip2::ask::{Fees, HoldChange, Past};
use crate::sip2::client::{self as sip2, Sip2};

/// A client of the library's system. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Central {
    /// The interface of Interlib.
    Openlib(Openlib),
    /// 3M SIP2 2.00.
    Sip2(Sip2),
    /// Our own central's; patrons and titles come by openlib of the same server.
    Kiosk(KioskApi, Clock),
}

/// Why a call brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct CallError {
    text: String,
    in_doubt: bool,
    is_account: bool,
    is_permanent: bool,
}

impl CallError {
    /// Whether the same call can only end the same way: something in it cannot be sent or read.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        self.is_permanent
    }

    /// Whether the library's system may have done what was asked.
    #[must_use]
    pub const fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Whether the kiosk's account was refused: for the technician to mend.
    #[must_use]
    pub const fn is_account(&self) -> bool {
        self.is_account
    }
}

impl From<http::AskError> for CallError {
    fn from(cause: http::AskError) -> Self {
        let is_account = matches!(cause, http::AskError::TokenRefused);
        let is_permanent = matches!(cause, http::AskError::NotSent(http::NotSent::Local { .. }));
        Self { text: cause.to_string(), in_doubt: cause.is_in_doubt(), is_account, is_permanent }
    }
}

impl From<sip2::AskError> for CallError {
    fn from(cause: sip2::AskError) -> Self {
        let is_account = matches!(cause, sip2::AskError::LoginRefused);
        Self { text: cause.to_string(), in_doubt: cause.is_in_doubt(), is_account, is_permanent: false }
    }
}

/// The answer to a call, or that there was none.
pub type Called<T> = Result<T, CallError>;

impl Central {
    /// Whether a transaction's id makes a repetition harmless.
    #[must_use]
    pub const fn knows_ids(&self) -> bool {
        match self {
            Self::Openlib(_) | Self::Sip2(_) => false,
            Self::Kiosk(..) => true,
        }
    }

    /// Looks a patron up, and checks the password if there is one.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came.
    pub async fn patron(&self, id: &PatronId, pin: Option<&Pin>) -> Called<Result<Patron, Reason>> {
        match self {
            Self::Openlib(client) => by_openlib(client, id, pin).await,
            Self::Kiosk(client, _) => by_openlib(&client.openlib(), id, pin).await,
            Self::Sip2(client) => Ok(client.patron_with(id, pin).await?),
        }
    }

    /// What the catalogue knows of an item; nothing if it does not know the item.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came.
    pub async fn holding(&self, item: &ItemId) -> Called<Option<HoldingFact>> {
        Ok(match self {
            Self::Openlib(client) => client.holding(item).await?,
            Self::Kiosk(client, _) => client.openlib().holding(item).await?,
            Self::Sip2(client) => client.holding(item).await?,
        })
    }

    /// Asks whether a transaction may be done, and has it done.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came: see [`CallError::is_in_doubt`].
    pub async fn ask(&self, transaction: &Transaction) -> Called<Verdict> {
        match (self, &transaction.act) {
            (Self::Openlib(client), Act::Checkout { patron, item }) => {
                Ok(client.checkout(patron, item).await?)
            }
            (Self::Openlib(client), Act::Checkin { item }) => Ok(client.checkin(item).await?),
            (Self::Sip2(client), Act::Checkout { patron, item }) => Ok(client.checkout(patron, item).await?),
            (Self::Sip2(client), Act::Checkin { item }) => Ok(client.checkin(item).await?),
            (Self::Kiosk(client, clock), act) => {
                twice(|| async {
                    Ok(match act {
                        Act::Checkout { patron, item } => {
                            client.checkout(transaction.id, patron, item, clock.now()).await?
                        }
                        Act::Checkin { item } => client.checkin(transaction.id, item, clock.now()).await?,
                    })
                })
                .await
            }
        }
    }

    /// Undoes the loan of a checkout's row. "Not on loan" is as good as undone.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came.
    pub async fn undo(&self, row: &Row) -> Called<Verdict> {
        match self {
            Self::Openlib(client) => Ok(client.checkin(&row.item).await?),
            Self::Sip2(client) => Ok(client.cancel_checkout(&row.item).await?),
            Self::Kiosk(client, _) => {
                twice(|| async { Ok(client.cancel(row.id, &row.item, row.asked_at).await?) }).await?;
                Ok(Verdict::Granted(circulation::transaction::Grant::default()))
            }
        }
    }

    /// Tells what was done without central, or may have been done: a return, or the loan to `patron`.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came.
    pub async fn tell(&self, row: &Row, patron: Option<&PatronId>) -> Called<Verdict> {
        let past = Past { at: self.local(row.asked_at), due: row.due };
        let item = &row.item;
        match (self, row.kind, patron) {
            (Self::Openlib(client), Kind::Checkout, Some(patron)) => {
                Ok(client.checkout(patron, item).await?)
            }
            (Self::Openlib(client), _, _) => Ok(client.checkin(item).await?),
            (Self::Sip2(client), Kind::Checkout, Some(patron)) => {
                Ok(client.lend(patron, item, Some(&past), Fees::NotAsked).await?)
            }
            (Self::Sip2(client), _, _) => Ok(client.checkin_past(item, &past).await?),
            (Self::Kiosk(client, _), _, _) => {
                let act = match patron.filter(|_| row.kind == Kind::Checkout) {
                    Some(patron) => Act::Checkout { patron: patron.clone(), item: item.clone() },
                    None => Act::Checkin { item: item.clone() },
                };
                let fact = client.fact(row.id, row.asked_at, act, row.due);
                let answers = twice(|| async { Ok(client.tell(vec![fact.clone()]).await?) }).await?;
                Ok(verdict(answers.into_iter().next().map(|answer| answer.outcome)))
            }
        }
    }

    /// Tells several facts at once, in this order: all or none are heard. Nothing if this way knows no facts, or a row has
    /// no patron to tell any more.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came.
    pub async fn tell_all(&self, rows: &[Row]) -> Called<Option<Vec<Verdict>>> {
        let Self::Kiosk(client, _) = self else { return Ok(None) };
        let facts = rows.iter().map(|row| Some(client.fact(row.id, row.asked_at, row.act()?, row.due)));
        let Some(facts) = facts.collect::<Option<Vec<_>>>() else { return Ok(None) };
        let answers = twice(|| async { Ok(client.tell(facts.clone()).await?) }).await?;
        Ok(Some(answers.into_iter().map(|answer| verdict(Some(answer.outcome))).collect()))
    }

    /// A patron's loans, with the days of the one that is in question.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came.
    pub async fn look(&self, patron: &PatronId, item: &ItemId) -> Called<Result<Vec<Loan>, Reason>> {
        Ok(match self {
            Self::Openlib(client) => client.loans(patron).await?,
            Self::Kiosk(client, _) => client.openlib().loans(patron).await?,
            Self::Sip2(client) => client.look(patron, item).await?,
        })
    }

    /// A patron's loans and fees.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came.
    pub async fn account(&self, patron: &PatronId) -> Called<Result<Account, Reason>> {
        let today = self.local_now().date();
        let (who, loans, holds) = match self {
            Self::Openlib(client) => by_openlib_account(client, patron).await?,
            Self::Kiosk(client, _) => by_openlib_account(&client.openlib(), patron).await?,
            Self::Sip2(client) => {
                let loans = client.loans_with_details(patron, MAX_DETAILS).await?;
                (client.patron(patron).await?, loans, client.holds(patron, MAX_DETAILS).await?)
            }
        };
        Ok(match (who, loans) {
            (_, Err(reason)) => Err(reason),
            (who, Ok(loans)) => Ok(Account {
                loans: loans.into_iter().map(|loan| on_loan(loan, today)).collect(),
                // A library may know no holds.
                holds: holds.unwrap_or_default(),
                // Whoever may not borrow may see what is on loan all the same.
                debt: match who {
                    Ok(patron) => patron.debt,
                    Err(Reason::Fees(owed)) => owed,
                    Err(_) => Amount::default(),
                },
            }),
        })
    }

    /// Renews a loan: the new due date if the library's system says it, or why not.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came: it may have been renewed.
    pub async fn renew(&self, patron: &PatronId, item: &ItemId) -> Called<Result<Option<Date>, Reason>> {
        Ok(match self {
            Self::Openlib(client) => client.renew(patron, item).await?,
            Self::Kiosk(client, _) => client.openlib().renew(patron, item).await?,
            Self::Sip2(client) => match client.renew(patron, item, None).await? {
                Verdict::Granted(grant) => Ok(grant.due),
                Verdict::Declined(reason) => Err(reason),
            },
        })
    }

    /// Puts a hold on an item, or says why not.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came: it may have been put.
    pub async fn reserve(&self, patron: &PatronId, item: &ItemId) -> Called<Result<(), Reason>> {
        Ok(match self {
            Self::Openlib(client) => client.reserve(patron, item).await?,
            Self::Kiosk(client, _) => client.openlib().reserve(patron, item).await?,
            Self::Sip2(client) => client.hold(HoldChange::Add, patron, item, None).await?,
        })
    }

    /// Gives a hold up, or says why not.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came: it may have been given up.
    pub async fn cancel_hold(&self, patron: &PatronId, item: &ItemId) -> Called<Result<(), Reason>> {
        Ok(match self {
            Self::Openlib(client) => client.cancel_hold(patron, item).await?,
            Self::Kiosk(client, _) => client.openlib().cancel_hold(patron, item).await?,
            Self::Sip2(client) => client.hold(HoldChange::Delete, patron, item, None).await?,
        })
    }

    /// Whether the library's system keeps where items were last seen.
    #[must_use]
    pub const fn keeps_sightings(&self) -> bool {
        matches!(self, Self::Kiosk(..))
    }

    /// Where items were last seen; what is not known is left out, and so is everything where it keeps no sightings.
    ///
    /// # Errors
    /// [`CallError`] if no usable answer came.
    pub async fn sightings(&self, items: Vec<ItemId>) -> Called<Vec<(ItemId, LastSeen)>> {
        match self {
            Self::Kiosk(client, _) => Ok(client.locate(Sought::Items(items)).await?.last_seen()),
            Self::Openlib(_) | Self::Sip2(_) => Ok(Vec::new()),
        }
    }

    /// Finds out whether the library's system answers.
    ///
    /// # Errors
    /// [`CallError`] if it does not.
    pub async fn ping(&self) -> Called<()> {
        match self {
            Self::Openlib(client) => client.ping().await?,
            Self::Kiosk(client, _) => client.openlib().ping().await?,
            Self::Sip2(client) => client.ping().await?,
        }
        Ok(())
    }

    /// A moment as the library's local time.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        match self {
            Self::Openlib(client) => client.local(at),
            Self::Kiosk(client, _) => client.local(at),
            Self::Sip2(client) => client.local(at),
        }
    }

    /// Now, as the library's local time.
    #[must_use]
    pub fn local_now(&self) -> DateTime {
        match self {
            Self::Openlib(client) => client.local_now(),
            Self::Kiosk(client, _) => client.openlib().local_now(),
            Self::Sip2(client) => client.local_now(),
        }
    }
}

/// Items of which SIP2 is asked the title and the days, one call each: more than a screen shows at once.
const MAX_DETAILS: usize = 12;

fn on_loan(loan: Loan, today: Date) -> account::Loan {
    account::Loan {
        overdue: loan.due.is_some_and(|due| due < today),
        due: loan.due,
        description: Description { title: loan.title, author: loan.author, call_number: None },
        item: loan.item,
    }
}

/// Who it is, what is on loan, what is on hold.
type Parts = (Result<Patron, Reason>, Result<Vec<Loan>, Reason>, Result<Vec<account::Hold>, Reason>);

async fn by_openlib_account(client: &Openlib, patron: &PatronId) -> Called<Parts> {
    let who = client.patron(patron).await?;
    Ok((who, client.loans(patron).await?, client.holds(patron).await?))
}

async fn by_openlib(client: &Openlib, id: &PatronId, pin: Option<&Pin>) -> Called<Result<Patron, Reason>> {
    if let Some(pin) = pin
        && let Err(reason) = client.confirm(id, pin).await?
    {
        return Ok(Err(reason));
    }
    Ok(client.patron(id).await?)
}

/// Repeats a call in doubt once: only for calls whose id makes that harmless.
async fn twice<T, F: Future<Output = Called<T>>>(call: impl Fn() -> F) -> Called<T> {
    match call().await {
        Err(cause) if cause.is_in_doubt() => call().await,
        answer => answer,
    }
}

fn verdict(outcome: Option<Outcome>) -> Verdict {
    match outcome {
        Some(Outcome::Granted(grant) | Outcome::Recorded { grant, .. }) => Verdict::Granted(grant),
        Some(Outcome::Declined(reason)) => Verdict::Declined(reason),
        Some(Outcome::Cancelled | Outcome::IdReused) | None => {
            Verdict::Declined(Reason::Other("central knows this id as something else".to_owned()))
        }
    }
}
