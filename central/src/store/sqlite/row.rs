//! Columns to values and back. A stored text that cannot be read is an error, never a guess.

use circulation::id::{Isil, ItemId, PatronId};
use circulation::money::Amount;
use jiff::civil::{Date, DateTime};
use rusqlite::Row;

use crate::store::{ItemRecord, LoanRecord, StoreError};

/// The columns that [`item`] reads, from `item AS i JOIN branch AS b LEFT JOIN loan AS l`.
pub(super) const ITEM: &str = "i.item, i.record, i.title, i.author, i.isbn, i.call_number, i.item_type, i.branch, \
     b.name, CASE WHEN l.item IS NULL THEN i.state ELSE '3' END";

/// The tables behind [`ITEM`].
pub(super) const ITEM_FROM: &str = "item AS i JOIN branch AS b ON b.institution = i.institution AND b.branch = i.branch \
     LEFT JOIN loan AS l ON l.institution = i.institution AND l.item = i.item";

pub(super) fn item(row: &Row<'_>) -> Result<ItemRecord, StoreError> {
    Ok(ItemRecord {
        item: item_id(&row.get::<_, String>(0)?)?,
        record: row.get(1)?,
        title: row.get(2)?,
        author: row.get(3)?,
        isbn: row.get(4)?,
        call_number: row.get(5)?,
        item_type: row.get(6)?,
        branch: row.get(7)?,
        branch_name: row.get(8)?,
        state: row.get(9)?,
    })
}

/// [`ITEM`] followed by `l.loaned_at, l.due_on, l.n_renewals`.
pub(super) fn loan(row: &Row<'_>) -> Result<LoanRecord, StoreError> {
    Ok(LoanRecord {
        item: item(row)?,
        loaned_at: time("loan.loaned_at", &row.get::<_, String>(10)?)?,
        due_on: day("loan.due_on", &row.get::<_, String>(11)?)?,
        n_renewals: row.get(12)?,
    })
}

pub(super) fn item_id(text: &str) -> Result<ItemId, StoreError> {
    ItemId::parse(text).map_err(|_| StoreError::Corrupt { column: "item", expected: "a barcode" })
}

pub(super) fn patron_id(text: &str) -> Result<PatronId, StoreError> {
    PatronId::parse(text).map_err(|_| StoreError::Corrupt { column: "patron", expected: "a card number" })
}

pub(super) fn institution(text: &str) -> Result<Isil, StoreError> {
    Isil::parse(text).map_err(|_| StoreError::Corrupt { column: "institution", expected: "an ISIL" })
}

pub(super) fn fen(fen: i64) -> Amount {
    Amount::from_fen(fen)
}

pub(super) fn day(column: &'static str, text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { column, expected: "a day" })
}

pub(super) fn time(column: &'static str, text: &str) -> Result<DateTime, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { column, expected: "a time" })
}
