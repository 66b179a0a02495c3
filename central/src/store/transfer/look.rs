//! Sheets as they are, and what is on them.

use circulation::id::Isil;
use sync_client::kiosk_api::transfer::{BoxReport, MAX_BOXES};

use super::{Sheet, SheetItem};
use crate::ledger::SheetState;
use crate::store::engine::{Access, Row};
use crate::store::statement::{Statement, transfer as sql};
use crate::store::{Store, StoreError};

impl Store {
    /// The sheets, the newest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn sheets(&self, of: &Isil, max: u32) -> Result<Vec<Sheet>, StoreError> {
        self.look(|db| db.rows(&sql::SHEETS, &[of.into(), max.into()])?.into_iter().map(sheet_of).collect())
    }

    /// A sheet.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn sheet(&self, of: &Isil, sheet: &str) -> Result<Option<Sheet>, StoreError> {
        self.look(|db| read(db, of, sheet))
    }

    /// Items of a sheet, all or those in one state, behind a barcode (empty: from the first).
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn sheet_items(
        &self,
        of: &Isil,
        (sheet, state): (&str, Option<&str>),
        (after, max): (&str, u32),
    ) -> Result<Vec<SheetItem>, StoreError> {
        self.look(|db| sheet_items(db, of, (sheet, state), (after, max)))
    }

    /// The boxes of a sheet, in the order in which they were packed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn sheet_boxes(&self, of: &Isil, sheet: &str) -> Result<Vec<BoxReport>, StoreError> {
        self.look(|db| boxes(db, of, sheet))
    }

    /// A page of a sheet's items, in the order in which one goes along the shelves: `max` after the first `skip`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn sheet_page(
        &self,
        of: &Isil,
        sheet: &str,
        (skip, max): (u32, u32),
    ) -> Result<Vec<SheetItem>, StoreError> {
        self.look(|db| page(db, &sql::SHEET_PAGE, of, sheet, (skip, max)))
    }

    /// The same of what is missing, came without being on it, or was lent meanwhile; and how many these are in all.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn sheet_odd(
        &self,
        of: &Isil,
        sheet: &str,
        (skip, max): (u32, u32),
    ) -> Result<(u64, Vec<SheetItem>), StoreError> {
        self.look(|db| {
            let counted = db.rows(&sql::N_ODD, &[of.into(), sheet.into()])?.pop();
            let n = counted.map_or(Ok(0), |mut row| row.number("transfer_item"))?;
            Ok((n, page(db, &sql::SHEET_ODD, of, sheet, (skip, max))?))
        })
    }
}

/// The last [`MAX_BOXES`] of a sheet, in their order.
pub(super) fn boxes(db: &mut dyn Access, of: &Isil, sheet: &str) -> Result<Vec<BoxReport>, StoreError> {
    let rows = db.rows(&sql::BOXES, &[of.into(), sheet.into(), MAX_BOXES.into()])?;
    rows.into_iter().rev().map(read_box).collect()
}

pub(super) fn read_box(mut row: Row) -> Result<BoxReport, StoreError> {
    Ok(BoxReport {
        label: row.text("transfer_act.label")?,
        declared: u32::try_from(row.int("transfer_act.declared")?).unwrap_or(u32::MAX),
        put: u32::try_from(row.int("transfer_act.n_put")?).unwrap_or(u32::MAX),
        at: row.text("transfer_act.at")?,
    })
}

fn page(
    db: &mut dyn Access,
    statement: &'static Statement,
    of: &Isil,
    sheet: &str,
    (skip, max): (u32, u32),
) -> Result<Vec<SheetItem>, StoreError> {
    let rows = db.rows(statement, &[of.into(), sheet.into(), skip.into(), max.into()])?;
    rows.into_iter().map(item).collect()
}

pub(super) fn sheet_items(
    db: &mut dyn Access,
    of: &Isil,
    (sheet, state): (&str, Option<&str>),
    (after, max): (&str, u32),
) -> Result<Vec<SheetItem>, StoreError> {
    let values = [of.into(), sheet.into(), state.into(), after.into(), max.into()];
    db.rows(&sql::SHEET_ITEMS, &values)?.into_iter().map(item).collect()
}

pub(super) fn read(db: &mut dyn Access, of: &Isil, sheet: &str) -> Result<Option<Sheet>, StoreError> {
    db.rows(&sql::SHEET, &[of.into(), sheet.into()])?.pop().map(sheet_of).transpose()
}

fn item(mut row: Row) -> Result<SheetItem, StoreError> {
    Ok(SheetItem {
        item: row.item("transfer_item.item")?,
        state: row.text("transfer_item.state")?,
        title: row.text("item.title")?,
        call_number: row.text("item.call_number")?,
        is_lent: row.flag("loan")?,
    })
}

fn sheet_of(mut row: Row) -> Result<Sheet, StoreError> {
    let (from, to) = (row.text("transfer.from_branch")?, row.text("transfer.to_branch")?);
    let keeps_home = row.flag("transfer.keeps_home")?;
    let state = SheetState::of_word(&row.text("transfer.state")?);
    let state =
        state.ok_or(StoreError::Corrupt { column: "transfer.state", expected: "a state of a sheet" })?;
    let at = [
        row.text_or_null("transfer.made_at")?,
        row.text_or_null("transfer.shipped_at")?,
        row.text_or_null("transfer.ended_at")?,
    ];
    let (n_items, n_arrived) = (row.number("transfer.n_items")?, row.number("transfer.n_arrived")?);
    let (n_extra, n_boxes) = (row.number("transfer.n_extra")?, row.number("transfer.n_boxes")?);
    let sheet = row.text("transfer.sheet")?;
    Ok(Sheet { sheet, from, to, keeps_home, state, at, n_items, n_arrived, n_extra, n_boxes })
}
