//! Changes: read the facts, let the ledger decide, apply and log, all in one transaction.
//!
//! The outer `Result` is whether the store works, the inner one is the ledger's verdict.

use circulation::id::{Isil, ItemId, PatronId};
use circulation::money::Amount;
use circulation::transaction::Reason;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use sync_client::wire::code;

use super::{Store, read, row};
use crate::clock;
use crate::ledger::{self, CardState, ItemStanding, Loan, PatronStanding, Terms};
use crate::store::{Desk, ItemRecord, LoanRecord, PatronRecord, StoreError};

/// An item with what the ledger wants to know of it.
struct Facts {
    item: Option<ItemRecord>,
    standing: Option<ItemStanding>,
}

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
        self.change(|tx| {
            let record = read::patron(tx, of, patron)?;
            let facts = Facts::read(tx, of, item)?;
            let (standing, terms) = terms_between(tx, of, record.as_ref(), facts.item.as_ref())?;
            let due_on = match ledger::checkout(
                patron,
                standing.as_ref(),
                facts.standing.as_ref(),
                terms,
                desk.now.date(),
            ) {
                Ok(due_on) => due_on,
                Err(reason) => return Ok(Err(reason)),
            };
            tx.prepare_cached(
                "INSERT INTO loan (institution, item, patron, loaned_at, due_on, n_renewals, opuser) \
                 VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)",
            )?
            .execute(params![
                of.as_str(),
                item.as_str(),
                patron.as_str(),
                clock::stamp(desk.now),
                due_on.to_string(),
                desk.opuser
            ])?;
            tx.prepare_cached("DELETE FROM hold WHERE institution = ?1 AND item = ?2 AND patron = ?3")?
                .execute(params![of.as_str(), item.as_str(), patron.as_str()])?;
            log(tx, of, "checkout", (item, patron, due_on), desk)?;
            loan_of(tx, of, item).map(Ok)
        })
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
        self.change(|tx| {
            let facts = Facts::read(tx, of, item)?;
            let ended = match ledger::checkin(facts.standing.as_ref()) {
                Ok(loan) => loan,
                Err(reason) => return Ok(Err(reason)),
            };
            let mut record = loan_of(tx, of, item)?;
            tx.prepare_cached("DELETE FROM loan WHERE institution = ?1 AND item = ?2")?
                .execute(params![of.as_str(), item.as_str()])?;
            log(tx, of, "checkin", (item, &ended.patron, ended.due_on), desk)?;
            // The item as it is now, no longer on loan.
            if let Some(now) = read::item(tx, of, item)? {
                record.item = now;
            }
            Ok(Ok(record))
        })
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
            let due_on =
                match ledger::renew(patron, standing.as_ref(), facts.standing.as_ref(), terms, desk.now.date()) {
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

impl Facts {
    fn read(db: &Connection, of: &Isil, id: &ItemId) -> Result<Self, StoreError> {
        let Some(item) = read::item(db, of, id)? else { return Ok(Self { item: None, standing: None }) };
        let loan = db
            .prepare_cached(
                "SELECT patron, due_on, n_renewals FROM loan WHERE institution = ?1 AND item = ?2",
            )?
            .query_and_then(params![of.as_str(), id.as_str()], |row| -> Result<Loan, StoreError> {
                Ok(Loan {
                    patron: row::patron_id(&row.get::<_, String>(0)?)?,
                    due_on: row::day("loan.due_on", &row.get::<_, String>(1)?)?,
                    n_renewals: row.get(2)?,
                })
            })?
            .next()
            .transpose()?;
        let held_for = db
            .prepare_cached(
                "SELECT patron FROM hold WHERE institution = ?1 AND item = ?2 ORDER BY placed_at, patron LIMIT 1",
            )?
            .query_row(params![of.as_str(), id.as_str()], |row| row.get::<_, String>(0))
            .optional()?
            .map(|text| row::patron_id(&text))
            .transpose()?;
        // A loan hides where the item would be without it; the ledger asks for the loan first.
        let is_in_library = item.state == code::holding::IN_LIBRARY;
        Ok(Self { item: Some(item), standing: Some(ItemStanding { is_in_library, loan, held_for }) })
    }
}

fn terms_between(
    db: &Connection,
    of: &Isil,
    patron: Option<&PatronRecord>,
    item: Option<&ItemRecord>,
) -> Result<(Option<PatronStanding>, Option<Terms>), StoreError> {
    let Some(patron) = patron else { return Ok((None, None)) };
    let debt_limit: i64 = db
        .prepare_cached("SELECT debt_limit_fen FROM institution WHERE institution = ?1")?
        .query_row([of.as_str()], |row| row.get(0))?;
    let standing = PatronStanding {
        state: CardState::of_code(&patron.state),
        starts_on: patron.starts_on,
        ends_on: patron.ends_on,
        debt: patron.debt,
        debt_limit: Amount::from_fen(debt_limit),
        n_loans: patron.n_loans,
        loan_limit: patron.loan_limit,
    };
    let Some(item) = item else { return Ok((Some(standing), None)) };
    let terms = db
        .prepare_cached(
            "SELECT period_days, n_renewals FROM loan_rule \
             WHERE institution = ?1 AND patron_type = ?2 AND item_type = ?3",
        )?
        .query_row(params![of.as_str(), patron.patron_type, item.item_type], |row| {
            Ok(Terms { period_days: row.get(0)?, n_renewals: row.get(1)? })
        })
        .optional()?;
    Ok((Some(standing), terms))
}

fn loan_of(db: &Connection, of: &Isil, item: &ItemId) -> Result<LoanRecord, StoreError> {
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
