//! The money for a card, booked when the card was taken.

use circulation::id::{Isil, PatronId, TransactionId};
use circulation::money::Amount;

use super::{There, Till};
use crate::clock;
use crate::ledger::OrderState;
use crate::store::engine::{Access, Value};
use crate::store::order::orders;
use crate::store::statement::{circulate, desk as sql};
use crate::store::{Desk, StoreError, look};

/// Books fee and deposit of a card. What was not paid is owed: the card is in somebody's hand. No deposit is owed: without
/// it staff sees a deposit of nothing.
pub(super) fn take_money(
    db: &mut dyn Access,
    of: &Isil,
    id: TransactionId,
    (kept, till): (&There, Till),
    desk: &Desk,
) -> Result<(), StoreError> {
    let is_due = kept.fee.fen() > 0 || kept.deposit.fen() > 0;
    if !is_due || look::patron(db, of, &kept.card)?.is_none() {
        return Ok(());
    }
    let how = match till {
        Till::Machine => Some("machine"),
        Till::Here => orders(db, of, id)?
            .into_iter()
            .find(|order| order.state == OrderState::Paid)
            .map(|order| order.via.word()),
    };
    if kept.deposit.fen() > 0
        && let Some(how) = how
    {
        db.write(&sql::SET_DEPOSIT, &[of.into(), (&kept.card).into(), kept.deposit.into()])?;
        book(db, of, (&id.to_string(), &kept.card), ("deposit", kept.deposit, how), desk)?;
    }
    if kept.fee.fen() > 0 {
        let serial = format!("{id}-fee");
        log(db, of, &kept.card, (kept.fee, "card", None), desk)?;
        match how {
            Some(how) => {
                book(db, of, (&serial, &kept.card), ("debt", kept.fee, how), desk)?;
                let paid = Amount::from_fen(-kept.fee.fen());
                log(db, of, &kept.card, (paid, "payment", Some(&serial)), desk)?;
            }
            None => {
                tracing::warn!(%id, "a card was taken that is not paid: its fee is owed");
                db.write(&circulate::OWE, &[of.into(), (&kept.card).into(), kept.fee.into()])?;
            }
        }
    }
    Ok(())
}

fn book(
    db: &mut dyn Access,
    of: &Isil,
    (serial, card): (&str, &PatronId),
    (purpose, amount, how): (&str, Amount, &str),
    desk: &Desk,
) -> Result<(), StoreError> {
    let at = clock::stamp(desk.now);
    let values = [
        of.into(),
        serial.into(),
        (&at).into(),
        card.into(),
        purpose.into(),
        amount.into(),
        how.into(),
        Value::Null,
        (&desk.opuser).into(),
    ];
    db.write(&sql::KEEP_PAYMENT, &values)
}

fn log(
    db: &mut dyn Access,
    of: &Isil,
    card: &PatronId,
    (amount, kind, serial): (Amount, &str, Option<&str>),
    desk: &Desk,
) -> Result<(), StoreError> {
    let at = clock::stamp(desk.now);
    let values = [
        of.into(),
        (&at).into(),
        card.into(),
        "".into(),
        amount.into(),
        (&desk.opuser).into(),
        kind.into(),
        Value::Null,
        serial.into(),
    ];
    db.write(&sql::LOG_SETTLED, &values)
}
