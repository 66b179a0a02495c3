//! Questions: what is stored, as of the last commit.

use circulation::id::{Isil, ItemId, PatronId};

use super::engine::{Access, Row};
use super::facts::{item_record, patron_record};
use super::statement::{enter, look};
use super::{Branch, ItemRecord, LoanRecord, PatronRecord, Store, StoreError};

impl Store {
    /// The institution and the secret's hash behind an `appid`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn app(&self, appid: &str) -> Result<Option<(Isil, String)>, StoreError> {
        self.look(|db| {
            let row = db.rows(&enter::APP, &[appid.into()])?.into_iter().next();
            row.map(|mut row| Ok((row.institution("app.institution")?, row.text("app.secret_hash")?)))
                .transpose()
        })
    }

    /// The hash of a patron's password.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn password_hash(&self, of: &Isil, patron: &PatronId) -> Result<Option<String>, StoreError> {
        self.look(|db| {
            let row = db.rows(&look::PASSWORD_HASH, &[of.into(), patron.into()])?.into_iter().next();
            row.map(|mut row| row.text("patron.password_hash")).transpose()
        })
    }

    /// A patron.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn patron(&self, of: &Isil, id: &PatronId) -> Result<Option<PatronRecord>, StoreError> {
        self.look(|db| patron(db, of, id))
    }

    /// An item.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn item(&self, of: &Isil, id: &ItemId) -> Result<Option<ItemRecord>, StoreError> {
        self.look(|db| item(db, of, id))
    }

    /// All items of a bibliographic record, by barcode.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn items_of_record(&self, of: &Isil, record: i64) -> Result<Vec<ItemRecord>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&look::ITEMS_OF_RECORD, &[of.into(), record.into()])?;
            rows.into_iter().map(|mut row| read_item(&mut row)).collect()
        })
    }

    /// A patron's loans, the one due first in front.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn loans(&self, of: &Isil, patron: &PatronId) -> Result<Vec<LoanRecord>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&look::LOANS, &[of.into(), patron.into()])?;
            rows.into_iter().map(read_loan).collect()
        })
    }

    /// The branches of an institution, by code.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn branches(&self, of: &Isil) -> Result<Vec<Branch>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&look::BRANCHES, &[of.into()])?;
            let branch = |mut row: Row| {
                Ok(Branch { branch: row.text("branch.branch")?, name: row.text("branch.name")? })
            };
            rows.into_iter().map(branch).collect()
        })
    }
}

pub(super) fn patron(
    db: &mut dyn Access,
    of: &Isil,
    id: &PatronId,
) -> Result<Option<PatronRecord>, StoreError> {
    let Some(mut row) = db.rows(&look::PATRON, &[of.into(), id.into()])?.into_iter().next() else {
        return Ok(None);
    };
    let id = row.patron("patron.patron")?;
    patron_record(&mut row, id).map(Some)
}

pub(super) fn item(db: &mut dyn Access, of: &Isil, id: &ItemId) -> Result<Option<ItemRecord>, StoreError> {
    let row = db.rows(&look::ITEM, &[of.into(), id.into()])?.into_iter().next();
    row.map(|mut row| read_item(&mut row)).transpose()
}

fn read_item(row: &mut Row) -> Result<ItemRecord, StoreError> {
    let id = row.item("item.item")?;
    item_record(row, id)
}

fn read_loan(mut row: Row) -> Result<LoanRecord, StoreError> {
    Ok(LoanRecord {
        item: read_item(&mut row)?,
        loaned_at: row.time("loan.loaned_at")?,
        due_on: row.day("loan.due_on")?,
        n_renewals: row.number("loan.n_renewals")?,
    })
}
