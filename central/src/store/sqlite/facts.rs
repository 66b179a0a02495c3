//! The facts that the ledger judges by.

use circulation::id::{Isil, ItemId};
use circulation::money::Amount;
use circulation::policy::Calendar;
use jiff::civil::{Date, DateTime};
use rusqlite::{Connection, OptionalExtension as _, params};
use sync_client::wire::code;

use super::{read, row};
use crate::ledger::{CardState, ItemStanding, Loan, PatronStanding, Terms};
use crate::store::{ItemRecord, PatronRecord, StoreError};

/// An item with what the ledger wants to know of it.
pub(super) struct Facts {
    pub(super) item: Option<ItemRecord>,
    pub(super) standing: Option<ItemStanding>,
}

impl Facts {
    pub(super) fn read(db: &Connection, of: &Isil, id: &ItemId) -> Result<Self, StoreError> {
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

pub(super) fn terms_between(
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

/// The closing days from `today` on.
pub(super) fn calendar(db: &Connection, of: &Isil, today: Date) -> Result<Calendar, StoreError> {
    let mut query =
        db.prepare_cached("SELECT day FROM closing_day WHERE institution = ?1 AND day >= ?2 ORDER BY day")?;
    let days: Vec<Date> = query
        .query_and_then(params![of.as_str(), today.to_string()], |row| {
            row::day("closing_day.day", &row.get::<_, String>(0)?)
        })?
        .collect::<Result<_, _>>()?;
    Ok(Calendar::new(days))
}

/// When an item was last lent or taken back: what the log says, or, for loans older than the log, the loan itself.
pub(super) fn moved_at(db: &Connection, of: &Isil, item: &ItemId) -> Result<Option<DateTime>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT max(at) FROM ( \
             SELECT at FROM (SELECT at FROM circulation_log \
                 WHERE institution = ?1 AND item = ?2 AND act <> 'renew' ORDER BY seq DESC LIMIT 1) \
             UNION ALL SELECT loaned_at FROM loan WHERE institution = ?1 AND item = ?2)",
    )?;
    let at: Option<String> = query.query_row(params![of.as_str(), item.as_str()], |row| row.get(0))?;
    at.map(|at| row::time("circulation_log.at", &at)).transpose()
}
