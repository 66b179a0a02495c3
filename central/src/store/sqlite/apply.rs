//! Changes: read the facts, let the ledger decide, apply and log, all in one transaction.
//!
//! The outer `Result` is whether the store works, the inner one is the ledger's verdict.

use circulation::id::{Isil, ItemId, PatronId, TransactionId};
use circulation::transaction::Reason;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::facts::{self, Facts, terms_between};
use super::{Store, read, row};
use crate::clock;
use crate::ledger::{self, Loan};
use crate::store::{Desk, LoanRecord, StoreError};

impl Store {
    /// Lends an item to a patron, if the ledger grants it. The patron's own hold on it is thereby fulfilled.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn checkout(
        &self,
        of: &Isil,
        patron: &PatronId,
        item: &ItemId,
        desk: &Desk,
    ) -> Result<Result<LoanRecord, Reason>, StoreError> {
        self.change(|tx| checkout(tx, of, (patron, item), desk, None))
    }

    /// Takes an item back. Gives the loan that ended.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn checkin(
        &self,
        of: &Isil,
        item: &ItemId,
        desk: &Desk,
    ) -> Result<Result<LoanRecord, Reason>, StoreError> {
        self.change(|tx| checkin(tx, of, item, desk))
    }

    /// Renews a patron's loan.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn renew(
        &self,
        of: &Isil,
        patron: &PatronId,
        item: &ItemId,
        desk: &Desk,
    ) -> Result<Result<LoanRecord, Reason>, StoreError> {
        self.change(|tx| {
            let record = read::patron(tx, of, patron)?;
            let facts = Facts::read(tx, of, item)?;
            let (standing, terms) = terms_between(tx, of, record.as_ref(), facts.item.as_ref())?;
            let today = desk.now.date();
            let calendar = facts::calendar(tx, of, today)?;
            let due_on =
                match ledger::renew(patron, standing.as_ref(), facts.standing.as_ref(), terms, &calendar, today) {
                    Ok(due_on) => due_on,
                    Err(reason) => return Ok(Err(reason)),
                };
            tx.prepare_cached(
                "UPDATE loan SET due_on = ?3, n_renewals = n_renewals + 1 WHERE institution = ?1 AND item = ?2",
            )?
            .execute(params![of.as_str(), item.as_str(), due_on.to_string()])?;
            log(tx, of, "renew", (item, patron, due_on), desk)?;
            loan_of(tx, of, item).map(Ok)
        })
    }
}

/// Lends if the ledger grants it.
pub(super) fn checkout(
    tx: &Transaction<'_>,
    of: &Isil,
    (patron, item): (&PatronId, &ItemId),
    desk: &Desk,
    transaction: Option<TransactionId>,
) -> Result<Result<LoanRecord, Reason>, StoreError> {
    let record = read::patron(tx, of, patron)?;
    let facts = Facts::read(tx, of, item)?;
    let (standing, terms) = terms_between(tx, of, record.as_ref(), facts.item.as_ref())?;
    let today = desk.now.date();
    let calendar = facts::calendar(tx, of, today)?;
    let judged =
        ledger::checkout(patron, standing.as_ref(), facts.standing.as_ref(), terms, &calendar, today);
    match judged {
        Ok(due_on) => lend(tx, of, (patron, item, due_on), desk, transaction).map(Ok),
        Err(reason) => Ok(Err(reason)),
    }
}

/// Takes back if the ledger grants it.
pub(super) fn checkin(
    tx: &Transaction<'_>,
    of: &Isil,
    item: &ItemId,
    desk: &Desk,
) -> Result<Result<LoanRecord, Reason>, StoreError> {
    let facts = Facts::read(tx, of, item)?;
    match ledger::checkin(facts.standing.as_ref()) {
        Ok(ended) => take_back(tx, of, item, ended, desk).map(Ok),
        Err(reason) => Ok(Err(reason)),
    }
}

/// Makes a loan and logs it. The patron's own hold on the item is thereby fulfilled.
pub(super) fn lend(
    tx: &Transaction<'_>,
    of: &Isil,
    (patron, item, due_on): (&PatronId, &ItemId, Date),
    desk: &Desk,
    transaction: Option<TransactionId>,
) -> Result<LoanRecord, StoreError> {
    let placed_at: Option<String> = tx
        .prepare_cached(
            "DELETE FROM hold WHERE institution = ?1 AND item = ?2 AND patron = ?3 RETURNING placed_at",
        )?
        .query_row(params![of.as_str(), item.as_str(), patron.as_str()], |row| row.get(0))
        .optional()?;
    tx.prepare_cached(
        "INSERT INTO loan (institution, item, patron, loaned_at, due_on, n_renewals, opuser, transaction_id, \
             hold_placed_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8)",
    )?
    .execute(params![
        of.as_str(),
        item.as_str(),
        patron.as_str(),
        clock::stamp(desk.now),
        due_on.to_string(),
        desk.opuser,
        transaction.as_ref().map(TransactionId::as_bytes),
        placed_at
    ])?;
    log(tx, of, "checkout", (item, patron, due_on), desk)?;
    loan_of(tx, of, item)
}

/// Ends a loan and logs it.
pub(super) fn take_back(
    tx: &Transaction<'_>,
    of: &Isil,
    item: &ItemId,
    ended: &Loan,
    desk: &Desk,
) -> Result<LoanRecord, StoreError> {
    let mut record = loan_of(tx, of, item)?;
    tx.prepare_cached("DELETE FROM loan WHERE institution = ?1 AND item = ?2")?
        .execute(params![of.as_str(), item.as_str()])?;
    log(tx, of, "checkin", (item, &ended.patron, ended.due_on), desk)?;
    // The item as it is now, no longer on loan.
    if let Some(now) = read::item(tx, of, item)? {
        record.item = now;
    }
    Ok(record)
}

pub(super) fn loan_of(db: &Connection, of: &Isil, item: &ItemId) -> Result<LoanRecord, StoreError> {
    db.prepare_cached(&format!(
        "SELECT {}, l.loaned_at, l.due_on, l.n_renewals FROM {} WHERE l.institution = ?1 AND l.item = ?2",
        row::ITEM,
        row::ITEM_FROM
    ))?
    .query_and_then(params![of.as_str(), item.as_str()], row::loan)?
    .next()
    .unwrap_or(Err(StoreError::Corrupt { column: "loan.item", expected: "the loan just read or made" }))
}

fn log(
    tx: &Transaction<'_>,
    of: &Isil,
    act: &str,
    (item, patron, due_on): (&ItemId, &PatronId, Date),
    desk: &Desk,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO circulation_log (institution, seq, at, act, item, patron, due_on, opuser) \
         SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7 FROM circulation_log WHERE institution = ?1",
    )?
    .execute(params![
        of.as_str(),
        clock::stamp(desk.now),
        act,
        item.as_str(),
        patron.as_str(),
        due_on.to_string(),
        desk.opuser
    ])?;
    Ok(())
}
