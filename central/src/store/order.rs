//! Orders at payment providers: what cards that machines make are paid with.
//!
//! **Rule**: the row is there before the provider is called, and every change follows [`OrderState::after`] in one transaction.
//! One card is paid once: as soon as one order of it is paid, the others are unwanted.

use circulation::id::{Isil, TransactionId};
use circulation::money::Amount;
use jiff::Timestamp;
use jiff::civil::DateTime;
use sync_client::kiosk_api::issue::Refusal;
use sync_client::kiosk_api::pay::PayVia;

use super::engine::{Access, Row};
use super::people::{act, audit};
use super::statement::order as sql;
use super::{Store, StoreError};
use crate::ledger::{OrderState, Tiding};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayOrder {
    /// the card's id at the machine
    pub id: TransactionId,
    /// at whom
    pub via: PayVia,
    /// how much
    pub amount: Amount,
    /// how far it is
    pub state: OrderState,
    /// what the patron's phone scans, while it can be paid
    pub code: Option<String>,
    /// the provider's own number
    pub trade: Option<String>,
    /// it cannot be paid any more from then on
    pub expires: Timestamp,
    /// its last change
    pub changed: Timestamp,
    /// the machine
    pub opuser: String,
    /// what became of the card: `reserved`, `confirmed`, `deleted`
    pub card_state: Option<String>,
    /// the number of the card
    pub card: Option<String>,
}

/// Something that was heard of an order.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// what
    pub tiding: Tiding,
    /// the code that came with it
    pub code: Option<&'a str>,
    /// the provider's own number
    pub trade: Option<&'a str>,
    /// when
    pub at: Timestamp,
}

impl<'a> Heard<'a> {
    /// Nothing came with it.
    #[must_use]
    pub const fn plain(tiding: Tiding, at: Timestamp) -> Self {
        Self { tiding, code: None, trade: None, at }
    }
}

impl Store {
    /// Keeps an order at each of these providers for a card that is reserved; those that are there stay as they are.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn begin_orders(
        &self,
        of: &Isil,
        id: TransactionId,
        (amount, vias): (Amount, &[PayVia]),
        (now, expires): (Timestamp, Timestamp),
        opuser: &str,
    ) -> Result<Result<Vec<PayOrder>, Refusal>, StoreError> {
        let (text, now, expires) = (id.to_string(), stamp(now), stamp(expires));
        self.change(|db| {
            let Some(mut due) = db.rows(&sql::DUE, &[of.into(), (&text).into()])?.pop() else {
                return Ok(Err(Refusal::Gone));
            };
            let (fee, deposit) = (due.fen("machine_card.fee_fen")?, due.fen("machine_card.deposit_fen")?);
            if due.text("machine_card.state")? != "reserved" {
                return Ok(Err(Refusal::Gone));
            }
            if fee.fen().saturating_add(deposit.fen()) != amount.fen() {
                return Ok(Err(Refusal::OtherPrice));
            }
            for via in vias {
                let values = [
                    of.into(),
                    (&text).into(),
                    via.word().into(),
                    amount.into(),
                    (&expires).into(),
                    (&now).into(),
                    opuser.into(),
                ];
                db.write(&sql::ORDER, &values)?;
            }
            orders(db, of, id).map(Ok)
        })
    }

    /// The orders of a card.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn orders(&self, of: &Isil, id: TransactionId) -> Result<Vec<PayOrder>, StoreError> {
        self.look(|db| orders(db, of, id))
    }

    /// Orders in one of two states, those first that have been so for the longest time.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn orders_in(
        &self,
        of: &Isil,
        (one, other): (OrderState, OrderState),
        limit: u32,
    ) -> Result<Vec<PayOrder>, StoreError> {
        let values = [of.into(), one.word().into(), other.word().into(), limit.into()];
        self.look(|db| db.rows(&sql::ORDERS_IN, &values)?.into_iter().map(order).collect())
    }

    /// The orders that changed last.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn last_orders(&self, of: &Isil, limit: u32) -> Result<Vec<PayOrder>, StoreError> {
        let values = [of.into(), limit.into()];
        self.look(|db| db.rows(&sql::LAST_ORDERS, &values)?.into_iter().map(order).collect())
    }

    /// Something was heard of an order. Gives the orders of the card as they are then; an order that is not known changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn hear(
        &self,
        of: &Isil,
        (id, via): (TransactionId, PayVia),
        heard: Heard<'_>,
    ) -> Result<Vec<PayOrder>, StoreError> {
        self.change(|db| {
            // The card's row keeps everybody else away.
            db.rows(&sql::DUE, &[of.into(), (&id.to_string()).into()])?;
            let all = orders(db, of, id)?;
            let Some(one) = all.iter().find(|order| order.via == via) else { return Ok(all) };
            let Some(after) = one.state.after(heard.tiding) else { return Ok(all) };
            let others = all.iter().filter(|order| order.via != via);
            let is_paid_already = others.clone().any(|order| order.state == OrderState::Paid);
            let is_too_much = after == OrderState::Paid && is_paid_already;
            let after = if is_too_much { OrderState::Refunding } else { after };
            set(db, of, (one, after), heard)?;
            if after == OrderState::Paid {
                for other in others {
                    if let Some(next) = other.state.after(Tiding::Unwanted) {
                        set(db, of, (other, next), Heard::plain(Tiding::Unwanted, heard.at))?;
                    }
                }
            }
            orders(db, of, id)
        })
    }

    /// Staff has given back by hand what the provider does not. Says whether that was owed: what went back meanwhile is not.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn given_by_hand(
        &self,
        of: &Isil,
        (id, via): (TransactionId, PayVia),
        at: Timestamp,
        (actor, now): (&str, DateTime),
    ) -> Result<bool, StoreError> {
        self.change(|db| {
            db.rows(&sql::DUE, &[of.into(), (&id.to_string()).into()])?;
            let owed = orders(db, of, id)?
                .into_iter()
                .find(|order| order.via == via && order.state == OrderState::Refunding);
            let Some(order) = owed else { return Ok(false) };
            set(db, of, (&order, OrderState::Refunded), Heard::plain(Tiding::Returned, at))?;
            audit(db, of, (actor, act::GIVE_BACK, &format!("{id} {}", via.word())), now)?;
            Ok(true)
        })
    }

    /// Nobody wants the orders of a card any more. Gives them as they are then.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn unwanted(&self, of: &Isil, id: TransactionId, at: Timestamp) -> Result<Vec<PayOrder>, StoreError> {
        self.change(|db| {
            db.rows(&sql::DUE, &[of.into(), (&id.to_string()).into()])?;
            for order in orders(db, of, id)? {
                if let Some(next) = order.state.after(Tiding::Unwanted) {
                    set(db, of, (&order, next), Heard::plain(Tiding::Unwanted, at))?;
                }
            }
            orders(db, of, id)
        })
    }
}

/// The orders of a card.
pub(super) fn orders(db: &mut dyn Access, of: &Isil, id: TransactionId) -> Result<Vec<PayOrder>, StoreError> {
    db.rows(&sql::ORDERS, &[of.into(), (&id.to_string()).into()])?.into_iter().map(order).collect()
}

fn set(
    db: &mut dyn Access,
    of: &Isil,
    (order, after): (&PayOrder, OrderState),
    heard: Heard<'_>,
) -> Result<(), StoreError> {
    let (id, at) = (order.id.to_string(), stamp(heard.at));
    // A code is worth something only while it can be paid.
    let code = heard.code.filter(|_| after == OrderState::Open);
    let values = [
        of.into(),
        (&id).into(),
        order.via.word().into(),
        after.word().into(),
        code.into(),
        heard.trade.into(),
        (&at).into(),
    ];
    db.write(&sql::SET_ORDER, &values)
}

fn order(mut row: Row) -> Result<PayOrder, StoreError> {
    let corrupt = |column, expected| StoreError::Corrupt { column, expected };
    let id = TransactionId::parse(&row.text("pay_order.id")?);
    let via = PayVia::of_word(&row.text("pay_order.via")?);
    let amount = row.fen("pay_order.amount_fen")?;
    let state = OrderState::of_word(&row.text("pay_order.state")?);
    let (code, trade) = (row.text_or_null("pay_order.code")?, row.text_or_null("pay_order.trade")?);
    let mut time = |column| row.text(column)?.parse().map_err(|_| corrupt(column, "a time"));
    let (expires, changed) = (time("pay_order.expires_at")?, time("pay_order.changed_at")?);
    Ok(PayOrder {
        id: id.ok_or_else(|| corrupt("pay_order.id", "an id"))?,
        via: via.ok_or_else(|| corrupt("pay_order.via", "a provider"))?,
        amount,
        state: state.ok_or_else(|| corrupt("pay_order.state", "a state"))?,
        code,
        trade,
        expires,
        changed,
        opuser: row.text("pay_order.opuser")?,
        card_state: row.text_or_null("machine_card.state")?,
        card: row.text_or_null("machine_card.card")?,
    })
}

/// A moment as it is kept: whole seconds of UTC, so that texts sort as times do.
fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
