//! Money for cards that machines make: orders at payment providers, followed until nothing is open any more.
//!
//! ```text
//!   kiosk ── pay, paid, refund ──▶ Cashier ─▶ store::order: the row first
//!                                     │ payment::Provider: a call ══ HTTP ══▶ WeChat Pay, Alipay
//!   provider ── notification ──▶ notice          │
//!   every minute ──▶ settle: what is promised    ▼ a tiding ─▶ ledger::order: what follows
//! ```
//! **Rule**: whatever may have been paid for a card that nobody took goes back, whoever is cut where: the machine, this
//! process, the way to the provider. What a provider does not give back is shown to staff.

mod file;
pub mod notice;
mod settle;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use circulation::id::{Isil, TransactionId};
use circulation::money::Amount;
use jiff::{SignedDuration, Timestamp};
use sync_client::kiosk_api::issue::{CardTold, Refusal};
use sync_client::kiosk_api::pay::{MoneyWord, PayCode, PayVia};

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::app::App;
use crate::ledger::{OrderState, Tiding};
use crate::password;
use crate::payment::{Answer, Call, Method, Moment, Order, OrderNumber, PaymentError, Provider, Trade};
use crate::store::StoreError;
use crate::store::order::{Heard, PayOrder};

pub use file::FileError;
pub use settle::{run, settle};

/// Whoever takes money for the institutions of this central.
pub struct Cashier {
    merchants: BTreeMap<(Isil, PayVia), Box<dyn Provider + Send + Sync>>,
    http: reqwest::Client,
    times: Times,
}

/// What the cashier waits for, and by which clock.
#[derive(Clone)]
pub struct Times {
    /// the moment
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// a call to a provider takes this long at most
    pub call: Duration,
    /// a machine waits this long for its answer at most: one provider that hangs keeps nobody from the other
    pub answer: Duration,
    /// an order can be paid for this long; a provider takes none of less than a minute
    pub order: SignedDuration,
    /// what is promised is tried again after this
    pub again: Duration,
}

impl Default for Times {
    /// The machine's clock; a patron has two minutes at the machine, an order five.
    fn default() -> Self {
        Self {
            now: Arc::new(Timestamp::now),
            call: Duration::from_secs(10),
            answer: Duration::from_secs(2),
            order: SignedDuration::from_mins(5),
            again: Duration::from_secs(60),
        }
    }
}

/// Why a provider's answer leads nowhere.
#[derive(Debug)]
enum Unheard {
    /// No answer: it may have done what was asked.
    Silent(String),
    /// An answer, but not that.
    Answered(PaymentError),
}

/// How far an order could be brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Driven {
    /// There is nothing to do for now.
    Still,
    /// The provider does not answer.
    Silent,
    /// The provider says no.
    Refused,
}

impl Cashier {
    /// Who takes money for an institution.
    #[must_use]
    pub fn vias(&self, of: &Isil) -> Vec<PayVia> {
        PayVia::ALL.into_iter().filter(|via| self.merchant(of, *via).is_some()).collect()
    }

    fn merchant(&self, of: &Isil, via: PayVia) -> Option<&(dyn Provider + Send + Sync)> {
        self.merchants.get(&(of.clone(), via)).map(|merchant| &**merchant)
    }

    fn now(&self) -> Timestamp {
        (self.times.now)()
    }

    /// Codes by which a reserved card is paid.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn pay(
        self: &Arc<Self>,
        app: &App,
        of: &Isil,
        (id, amount): (TransactionId, Amount),
        opuser: &str,
    ) -> Result<CardTold, StoreError> {
        let vias = self.vias(of);
        if vias.is_empty() {
            return Ok(refused(Refusal::NoPayment));
        }
        let (now, opuser) = (self.now(), opuser.to_owned());
        let expires = now.saturating_add(self.times.order).unwrap_or(Timestamp::MAX);
        let begun = with_store(app, of, move |app, of| {
            app.store().begin_orders(of, id, (amount, &vias), (now, expires), &opuser)
        });
        let orders = match begun.await? {
            Ok(orders) => orders,
            Err(why) => return Ok(refused(why)),
        };
        let is_refused = self.drive_all(app, of, orders).await?.contains(&Driven::Refused);
        let orders = with_store(app, of, move |app, of| app.store().orders(of, id)).await?;
        let code = |order: &PayOrder| order.code.clone().map(|code| PayCode { via: order.via, code });
        let mut codes: Vec<PayCode> = orders.iter().filter_map(code).collect();
        codes.sort_by_key(|code| code.via);
        if codes.is_empty() && is_refused {
            return Ok(refused(Refusal::ProviderRefuses));
        }
        Ok(CardTold { codes, money: Some(money(&orders)), ..CardTold::default() })
    }

    /// How far the money for a card is: what the providers say is heard first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn paid(
        self: &Arc<Self>,
        app: &App,
        of: &Isil,
        id: TransactionId,
    ) -> Result<CardTold, StoreError> {
        let orders = with_store(app, of, move |app, of| app.store().orders(of, id)).await?;
        let mut looks = JoinSet::new();
        for order in orders.into_iter().filter(|order| order.state == OrderState::Open) {
            let (cashier, app, of) = (Arc::clone(self), app.clone(), of.clone());
            looks.spawn(async move { cashier.look(&app, &of, &order).await });
        }
        let looked = async {
            while let Some(orders) = looks.join_next().await {
                if money(&orders.unwrap_or(Err(PANICKED))?) != MoneyWord::Open {
                    break;
                }
            }
            Ok::<(), StoreError>(())
        };
        // Whoever has not answered by then is asked again with the next look.
        timeout(self.times.answer, looked).await.unwrap_or(Ok(()))?;
        let orders = with_store(app, of, move |app, of| app.store().orders(of, id)).await?;
        let word = money(&orders);
        if orders.iter().any(|order| order.state == OrderState::Closing) {
            settle::beside(self, app, of, orders);
        }
        Ok(CardTold { money: Some(word), ..CardTold::default() })
    }

    /// Nobody is to pay for a card any more; what was paid goes back.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn refund(
        self: &Arc<Self>,
        app: &App,
        of: &Isil,
        id: TransactionId,
    ) -> Result<CardTold, StoreError> {
        let now = self.now();
        let orders = with_store(app, of, move |app, of| app.store().unwanted(of, id, now)).await?;
        let driven = self.drive_all(app, of, orders).await?;
        let orders = with_store(app, of, move |app, of| app.store().orders(of, id)).await?;
        let money = money(&orders);
        if money == MoneyWord::Returning && driven.contains(&Driven::Refused) {
            return Ok(CardTold { money: Some(money), ..refused(Refusal::ProviderRefuses) });
        }
        Ok(CardTold { money: Some(money), ..CardTold::default() })
    }

    /// Does what the states of orders ask for, and waits for that as long as a machine does; it goes on all the same.
    async fn drive_all(
        self: &Arc<Self>,
        app: &App,
        of: &Isil,
        orders: Vec<PayOrder>,
    ) -> Result<Vec<Driven>, StoreError> {
        let (cashier, app, of) = (Arc::clone(self), app.clone(), of.clone());
        let work = tokio::spawn(async move { settle::all(&cashier, &app, &of, orders).await });
        match timeout(self.times.answer, work).await {
            Ok(driven) => driven.unwrap_or(Err(PANICKED)),
            Err(_) => Ok(vec![Driven::Silent]),
        }
    }

    /// Asks the provider of an open order. Silence changes nothing.
    async fn look(&self, app: &App, of: &Isil, order: &PayOrder) -> Result<Vec<PayOrder>, StoreError> {
        let id = order.id;
        match self.query(of, order).await {
            Ok(trade) => self.heard(app, of, (order, &trade)).await,
            Err(unheard) => {
                if !matches!(&unheard, Unheard::Answered(why) if why.is_unknown_order()) {
                    tracing::warn!(%unheard, via = order.via.word(), "a payment provider does not say how far an order is");
                }
                with_store(app, of, move |app, of| app.store().orders(of, id)).await
            }
        }
    }

    /// Takes what a provider says of an order.
    async fn heard(
        &self,
        app: &App,
        of: &Isil,
        (order, trade): (&PayOrder, &Trade),
    ) -> Result<Vec<PayOrder>, StoreError> {
        let (id, via, now) = (order.id, order.via, self.now());
        let tiding = tiding(order, trade);
        let number = trade.transaction.clone();
        with_store(app, of, move |app, of| match tiding {
            Some(tiding) => {
                let heard = Heard { trade: number.as_deref(), ..Heard::plain(tiding, now) };
                app.store().hear(of, (id, via), heard)
            }
            None => app.store().orders(of, id),
        })
        .await
    }

    async fn query(&self, of: &Isil, order: &PayOrder) -> Result<Trade, Unheard> {
        let number = number_of(order.id)?;
        self.ask(of, order, |at, moment| at.query(&number, moment), |at, answer, now| at.queried(answer, now))
            .await
    }

    /// One call to a provider.
    async fn ask<T>(
        &self,
        of: &Isil,
        order: &PayOrder,
        call: impl FnOnce(&dyn Provider, &Moment) -> Result<Call, PaymentError>,
        read: impl FnOnce(&dyn Provider, Answer<'_>, Timestamp) -> Result<T, PaymentError>,
    ) -> Result<T, Unheard> {
        let merchant = self.merchant(of, order.via).ok_or(PaymentError::Free)?;
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|fault| Unheard::Silent(fault.to_string()))?;
        let moment = Moment { at: self.now(), nonce: password::hex(&bytes) };
        let reply = self.send(call(merchant, &moment)?).await?;
        let headers: Vec<(&str, &str)> =
            reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = Answer { status: reply.status, headers: &headers, body: &reply.body };
        Ok(read(merchant, answer, self.now())?)
    }

    async fn send(&self, call: Call) -> Result<Reply, Unheard> {
        let silent = |fault: reqwest::Error| Unheard::Silent(fault.without_url().to_string());
        let request = match call.method {
            Method::Get => self.http.get(&call.url),
            Method::Post => self.http.post(&call.url).body(call.body),
        };
        let request =
            call.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let mut response = request.timeout(self.times.call).send().await.map_err(silent)?;
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers =
            response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(silent)? {
            if body.len().saturating_add(chunk.len()) > MAX_ANSWER {
                return Err(Unheard::Silent(format!("an answer of more than {MAX_ANSWER} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body })
    }
}

struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl From<PaymentError> for Unheard {
    fn from(why: PaymentError) -> Self {
        Self::Answered(why)
    }
}

impl fmt::Display for Unheard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(why) => write!(f, "no answer: {why}"),
            Self::Answered(why) => why.fmt(f),
        }
    }
}

impl fmt::Debug for Cashier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.merchants.keys()).finish()
    }
}

/// What a provider's word means; nothing if it is none, or of another order.
fn tiding(order: &PayOrder, trade: &Trade) -> Option<Tiding> {
    use crate::payment::TradeState as State;
    match trade.state {
        State::Open => None,
        State::Closed | State::Refunded => Some(Tiding::Ended),
        State::Paid => {
            let is_ours = to_order(order).is_ok_and(|known| trade.settles(&known));
            if !is_ours {
                let (told, via) = (trade.amount.map(Amount::fen), order.via.word());
                tracing::error!(id = %order.id, via, ?told, "a payment is not of its order's amount: staff has to look");
            }
            is_ours.then_some(Tiding::Paid)
        }
    }
}

/// How far the money is, in one word for the machine.
fn money(orders: &[PayOrder]) -> MoneyWord {
    let is = |state| orders.iter().any(|order| order.state == state);
    match () {
        () if is(OrderState::Paid) => MoneyWord::Paid,
        () if is(OrderState::Refunding) => MoneyWord::Returning,
        () if is(OrderState::Asked) || is(OrderState::Open) => MoneyWord::Open,
        () => MoneyWord::Settled,
    }
}

/// The number at the provider: the card's id without its dashes, which is what both take at most.
fn number_of(id: TransactionId) -> Result<OrderNumber, PaymentError> {
    let number = OrderNumber::parse(&id.to_string().replace('-', ""));
    number.ok_or(PaymentError::Shape { what: "the id" })
}

/// The card's id, from the number at the provider.
fn id_of(number: &str) -> Option<TransactionId> {
    let parts =
        [number.get(..8)?, number.get(8..12)?, number.get(12..16)?, number.get(16..20)?, number.get(20..)?];
    TransactionId::parse(&parts.join("-"))
}

fn to_order(order: &PayOrder) -> Result<Order, PaymentError> {
    let number = number_of(order.id)?;
    Ok(Order { number, amount: order.amount, subject: SUBJECT.to_owned(), expires: order.expires })
}

fn refused(why: Refusal) -> CardTold {
    CardTold { refused: Some(why), ..CardTold::default() }
}

/// Runs what waits for the store off the async threads.
async fn with_store<T: Send + 'static>(
    app: &App,
    of: &Isil,
    work: impl FnOnce(&App, &Isil) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (app, of) = (app.clone(), of.clone());
    let done = tokio::task::spawn_blocking(move || work(&app, &of)).await;
    done.unwrap_or(Err(PANICKED))
}

const PANICKED: StoreError = StoreError::Missing("an answer: the work panicked");

/// What is paid for, as the patron reads it on the phone.
const SUBJECT: &str = "图书馆读者证";
/// Bytes of a provider's answer.
const MAX_ANSWER: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_at_the_provider_is_the_cards_id() {
        let id = TransactionId::from_bytes([0x5A; 16]);
        let number = number_of(id).unwrap();
        assert_eq!(number.as_str(), "5a".repeat(16));
        assert_eq!(id_of(number.as_str()), Some(id));
        for wrong in ["", "5a5a", "证证证证证证证证证证证", &"5a".repeat(17), &"zz".repeat(16)] {
            assert_eq!(id_of(wrong), None, "{wrong}");
        }
    }
}
