//! Fees one by one, and money that comes in. A payment is booked once: its number makes a repeated call harmless.

use circulation::id::{Isil, PatronId};
use circulation::money::Amount;

use super::engine::{Access, Value};
use super::statement::{circulate, desk as sql};
use super::{Desk, Store, StoreError, look};
use crate::clock;
use crate::ledger::{Open, PayRefused, settle};

/// A charge and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// its number in the log
    pub fee: i64,
    /// when it arose
    pub at: String,
    /// what for: `overdue`, or a word of staff's
    pub kind: String,
    /// the item it is about, if there is one
    pub item: String,
    /// the item's title
    pub title: Option<String>,
    /// what is left
    pub left: Amount,
}

/// Money that somebody gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// how much; nothing: what is left of the charge named
    pub amount: Option<Amount>,
    /// openlib `moneytype`
    pub how: String,
    /// number of the order: the same one again is the same payment
    pub serial: String,
    /// what for
    pub purpose: Purpose,
}

/// What money is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// what is owed, the oldest first
    Debt,
    /// one charge
    Fee(i64),
    /// to be kept for later
    Prepay,
}

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// how much it was
    pub amount: Amount,
    /// what is owed now
    pub debt: Amount,
    /// it was booked before; nothing was done this time
    pub already: bool,
}

impl Store {
    /// A patron's open charges, the oldest first. What is owed may be more: charges from before there was a log.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn charges(&self, of: &Isil, patron: &PatronId) -> Result<Vec<Charge>, StoreError> {
        self.look(|db| {
            let all = charges(db, of, patron)?;
            Ok(all.into_iter().filter(|charge| charge.left.fen() > 0).collect())
        })
    }

    /// Books a payment, or says what became of it before.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn pay(
        &self,
        of: &Isil,
        patron: &PatronId,
        payment: &Payment,
        desk: &Desk,
    ) -> Result<Result<Paid, PayRefused>, StoreError> {
        self.change(|db| {
            db.lock(of, &[], &[patron])?;
            let Some(record) = look::patron(db, of, patron)? else { return Ok(Err(PayRefused::Unknown)) };
            if let Some(booked) = booked(db, of, patron, payment)? {
                return Ok(booked.map(|amount| Paid { amount, debt: record.debt, already: true }));
            }
            let parts = match payment.purpose {
                Purpose::Prepay => match payment.amount.filter(|amount| amount.fen() > 0) {
                    Some(amount) => vec![(None, amount)],
                    None => return Ok(Err(PayRefused::NoAmount)),
                },
                Purpose::Debt | Purpose::Fee(_) => {
                    let open = charges(db, of, patron)?;
                    let open: Vec<Open> =
                        open.iter().map(|charge| Open { fee: charge.fee, left: charge.left }).collect();
                    match settle(record.debt, &open, payment.purpose.fee(), payment.amount) {
                        Ok(parts) => parts,
                        Err(refused) => return Ok(Err(refused)),
                    }
                }
            };
            let amount = Amount::from_fen(parts.iter().map(|(_, part)| part.fen()).sum());
            book(db, of, patron, (payment, amount), &parts, desk)?;
            let debt = match payment.purpose {
                Purpose::Prepay => record.debt,
                Purpose::Debt | Purpose::Fee(_) => Amount::from_fen(record.debt.fen() - amount.fen()),
            };
            Ok(Ok(Paid { amount, debt, already: false }))
        })
    }
}

impl Purpose {
    const fn fee(self) -> Option<i64> {
        match self {
            Self::Fee(fee) => Some(fee),
            Self::Debt | Self::Prepay => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Debt | Self::Fee(_) => "debt",
            Self::Prepay => "prepay",
        }
    }
}

fn charges(db: &mut dyn Access, of: &Isil, patron: &PatronId) -> Result<Vec<Charge>, StoreError> {
    let rows = db.rows(&sql::CHARGES, &[of.into(), patron.into()])?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Charge {
                fee: row.int("fee_log.seq")?,
                at: row.text("fee_log.at")?,
                kind: row.text("fee_log.kind")?,
                item: row.text("fee_log.item")?,
                title: row.text_or_null("item.title")?,
                left: row.fen("fee_log.amount_fen")?,
            })
        })
        .collect()
}

/// What the payment with this number was: the same one, or another.
fn booked(
    db: &mut dyn Access,
    of: &Isil,
    patron: &PatronId,
    payment: &Payment,
) -> Result<Option<Result<Amount, PayRefused>>, StoreError> {
    let rows = db.rows(&sql::PAYMENT, &[of.into(), (&payment.serial).into()])?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let (whose, purpose) = (row.text("payment.patron")?, row.text("payment.purpose")?);
    let (amount, fee) = (row.fen("payment.amount_fen")?, row.int_or_null("payment.fee")?);
    let is_same = whose == patron.as_str()
        && purpose == payment.purpose.word()
        && fee == payment.purpose.fee()
        && payment.amount.is_none_or(|said| said == amount);
    Ok(Some(if is_same { Ok(amount) } else { Err(PayRefused::SerialUsed) }))
}

fn book(
    db: &mut dyn Access,
    of: &Isil,
    patron: &PatronId,
    (payment, amount): (&Payment, Amount),
    parts: &[(Option<i64>, Amount)],
    desk: &Desk,
) -> Result<(), StoreError> {
    let at = clock::stamp(desk.now);
    let values = [
        of.into(),
        (&payment.serial).into(),
        (&at).into(),
        patron.into(),
        payment.purpose.word().into(),
        amount.into(),
        (&payment.how).into(),
        payment.purpose.fee().map_or(Value::Null, Value::Int),
        (&desk.opuser).into(),
    ];
    db.write(&sql::KEEP_PAYMENT, &values)?;
    if payment.purpose == Purpose::Prepay {
        return db.write(&sql::PREPAY, &[of.into(), patron.into(), amount.into()]);
    }
    for (fee, part) in parts {
        let values = [
            of.into(),
            (&at).into(),
            patron.into(),
            "".into(),
            Amount::from_fen(-part.fen()).into(),
            (&desk.opuser).into(),
            "payment".into(),
            fee.map_or(Value::Null, Value::Int),
            (&payment.serial).into(),
        ];
        db.write(&sql::LOG_SETTLED, &values)?;
    }
    db.write(&circulate::OWE, &[of.into(), patron.into(), Amount::from_fen(-amount.fen()).into()])
}
