//! Questions: what is stored, as of the last commit.

use circulation::id::{Isil, ItemId, PatronId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Store, row};
use crate::store::{Branch, ItemRecord, LoanRecord, PatronRecord, StoreError};

impl Store {
    /// The institution and the secret's hash behind an `appid`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn app(&self, appid: &str) -> Result<Option<(Isil, String)>, StoreError> {
        self.reader()
            .prepare_cached("SELECT institution, secret_hash FROM app WHERE appid = ?1")?
            .query_row([appid], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
            .optional()?
            .map(|(institution, hash)| Ok((row::institution(&institution)?, hash)))
            .transpose()
    }

    /// The hash of a patron's password.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn password_hash(&self, of: &Isil, patron: &PatronId) -> Result<Option<String>, StoreError> {
        let hash = self
            .reader()
            .prepare_cached("SELECT password_hash FROM patron WHERE institution = ?1 AND patron = ?2")?
            .query_row(params![of.as_str(), patron.as_str()], |row| row.get(0))
            .optional()?;
        Ok(hash)
    }

    /// A patron.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn patron(&self, of: &Isil, id: &PatronId) -> Result<Option<PatronRecord>, StoreError> {
        patron(&self.reader(), of, id)
    }

    /// An item.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn item(&self, of: &Isil, id: &ItemId) -> Result<Option<ItemRecord>, StoreError> {
        item(&self.reader(), of, id)
    }

    /// All items of a bibliographic record, by barcode.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn items_of_record(&self, of: &Isil, record: i64) -> Result<Vec<ItemRecord>, StoreError> {
        let reader = self.reader();
        let mut query = reader.prepare_cached(&format!(
            "SELECT {} FROM {} WHERE i.institution = ?1 AND i.record = ?2 ORDER BY i.item",
            row::ITEM,
            row::ITEM_FROM
        ))?;
        query.query_and_then(params![of.as_str(), record], row::item)?.collect()
    }

    /// A patron's loans, the one due first in front.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn loans(&self, of: &Isil, patron: &PatronId) -> Result<Vec<LoanRecord>, StoreError> {
        let reader = self.reader();
        let mut query = reader.prepare_cached(&format!(
            "SELECT {}, l.loaned_at, l.due_on, l.n_renewals FROM {} \
             WHERE l.institution = ?1 AND l.patron = ?2 ORDER BY l.due_on, i.item",
            row::ITEM,
            row::ITEM_FROM
        ))?;
        query.query_and_then(params![of.as_str(), patron.as_str()], row::loan)?.collect()
    }

    /// The branches of an institution, by code.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn branches(&self, of: &Isil) -> Result<Vec<Branch>, StoreError> {
        let reader = self.reader();
        let mut query = reader
            .prepare_cached("SELECT branch, name FROM branch WHERE institution = ?1 ORDER BY branch")?;
        let rows = query
            .query_map([of.as_str()], |row| Ok(Branch { branch: row.get(0)?, name: row.get(1)? }))?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }
}

pub(super) fn patron(db: &Connection, of: &Isil, id: &PatronId) -> Result<Option<PatronRecord>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT p.name, p.patron_type, p.state, p.starts_on, p.ends_on, p.deposit_fen, p.debt_fen, t.loan_limit, \
             (SELECT count(*) FROM loan AS l WHERE l.institution = p.institution AND l.patron = p.patron) \
         FROM patron AS p JOIN patron_type AS t ON t.institution = p.institution AND t.patron_type = p.patron_type \
         WHERE p.institution = ?1 AND p.patron = ?2",
    )?;
    let mut rows = query.query_and_then(params![of.as_str(), id.as_str()], |row| {
        Ok(PatronRecord {
            patron: id.clone(),
            name: row.get(0)?,
            patron_type: row.get(1)?,
            state: row.get(2)?,
            starts_on: row::day("patron.starts_on", &row.get::<_, String>(3)?)?,
            ends_on: row::day("patron.ends_on", &row.get::<_, String>(4)?)?,
            deposit: row::fen(row.get(5)?),
            debt: row::fen(row.get(6)?),
            loan_limit: row.get(7)?,
            n_loans: row.get(8)?,
        })
    })?;
    rows.next().transpose()
}

pub(super) fn item(db: &Connection, of: &Isil, id: &ItemId) -> Result<Option<ItemRecord>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {} FROM {} WHERE i.institution = ?1 AND i.item = ?2",
        row::ITEM,
        row::ITEM_FROM
    ))?;
    query.query_and_then(params![of.as_str(), id.as_str()], row::item)?.next().transpose()
}
