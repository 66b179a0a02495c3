//! Where items were last seen: whatever shows an item to somebody leaves its place and its time.
//!
//! | | where |
//! |---|---|
//! | counted, or put on a shelf | the shelf, if it was said; else the branch |
//! | lent, taken back, shown and neither | the account of the kiosk or desk |
//! | read in a box, arrived with a sheet | the sheet |
//!
//! **Rule**: it is written in the transaction of what showed the item, with the time at which that happened. What is told late
//! never hides what happened later. A loan and a return are in the log already, and are read there: a
//! kiosk's batch has a thousand of them.

use circulation::id::{Isil, ItemId};
use jiff::civil::{Date, DateTime};
use sync_client::kiosk_api::locate::How;
use sync_client::kiosk_api::shelves::{Expected, PAGE, Page, Question, State};
use sync_client::wire::code;

use super::engine::{Access, Row, Value};
use super::facts::{Facts, item_record};
use super::statement::{Statement, feed, seen as sql};
use super::{Desk, ItemRecord, Store, StoreError};
use crate::clock;

/// When an item was last seen, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// when it happened, in the library's local time
    pub at: DateTime,
    /// what showed it
    pub how: How,
    /// code and name of the branch; nothing: the account that saw it stands nowhere that is known
    pub branch: Option<(String, String)>,
    /// within the branch: a shelf mark, an account, a sheet, as [`How`] says; empty: nobody said
    pub place: String,
}

/// A copy of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// the item
    pub item: ItemRecord,
    /// last day of its loan
    pub due_on: Option<Date>,
    /// code of the branch where it stands
    pub at_branch: String,
    /// shelf within the branch
    pub shelf: String,
    /// patrons who hold it
    pub n_holds: u32,
    /// code of the branch where it is being sent
    pub sent_to: Option<String>,
    /// when it was last seen
    pub seen: Option<Sighting>,
}

impl Sighting {
    /// The shelf at which it was seen.
    #[must_use]
    pub fn shelf(&self) -> Option<&str> {
        Some(self.place.as_str()).filter(|place| self.how == How::Stocktake && !place.is_empty())
    }
}

impl Store {
    /// The copies of a record, by barcode.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn copies(&self, of: &Isil, record: i64) -> Result<Vec<Copy>, StoreError> {
        self.look(|db| db.rows(&sql::COPIES, &[of.into(), record.into()])?.into_iter().map(copy).collect())
    }

    /// Items by their barcodes; those that are none are left out.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn copies_of(&self, of: &Isil, items: &[ItemId]) -> Result<Vec<Copy>, StoreError> {
        self.look(|db| {
            let questions: Vec<(&'static Statement, Vec<Value<'_>>)> =
                items.iter().map(|item| (&sql::COPY, vec![of.into(), item.into()])).collect();
            db.all(&questions)?.into_iter().flatten().map(copy).collect()
        })
    }

    /// Copies that a text means: those of the record that has this barcode, it in front; else those of the titles with these
    /// words, the best title first. Says whether there are more than `most`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn locate(&self, of: &Isil, text: &str, most: usize) -> Result<(Vec<Copy>, bool), StoreError> {
        let known = match ItemId::parse(text) {
            Ok(item) => self.item(of, &item)?,
            Err(_) => None,
        };
        let mut found = Vec::new();
        if let Some(known) = known {
            found = self.copies(of, known.record)?;
            found.sort_by_key(|copy| copy.item.item != known.item);
        } else {
            for title in self.find_titles(of, text, MAX_TITLES, 0)? {
                if found.len() > most {
                    break;
                }
                found.extend(self.copies(of, title.record)?);
            }
        }
        let more = found.len() > most;
        found.truncate(most);
        Ok((found, more))
    }

    /// A page of what should stand on shelves, by barcode.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn shelves(&self, of: &Isil, question: &Question) -> Result<Page, StoreError> {
        let (shelf, after) = (question.shelf.as_deref(), question.after.as_deref().unwrap_or(""));
        self.look(|db| {
            let values = [of.into(), (&question.branch).into(), shelf.into(), after.into(), PAGE.into()];
            let rows = db.rows(&feed::SHELVES, &values)?;
            let is_last = rows.len() < PAGE as usize;
            let items: Vec<Expected> = rows.into_iter().map(expected).collect::<Result<_, _>>()?;
            let next = items.last().filter(|_| !is_last).map(|last| last.item.clone());
            Ok(Page { items, next })
        })
    }

    /// The branch where an account stands.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn stands(&self, of: &Isil, opuser: &str) -> Result<Option<String>, StoreError> {
        self.look(|db| stands(db, of, opuser))
    }
}

/// Notes that an account has seen an item; one that is unknown leaves nothing.
pub(super) fn here(
    db: &mut dyn Access,
    of: &Isil,
    facts: &Facts,
    how: How,
    desk: &Desk,
) -> Result<(), StoreError> {
    let Some(item) = &facts.item else { return Ok(()) };
    let branch = facts.here.as_deref();
    note(db, of, (&item.record.item, how), (branch, &desk.opuser), desk.now)
}

/// Notes a sighting of an item that is known.
pub(super) fn note(
    db: &mut dyn Access,
    of: &Isil,
    (item, how): (&ItemId, How),
    (branch, place): (Option<&str>, &str),
    at: DateTime,
) -> Result<(), StoreError> {
    let at = clock::stamp(at);
    let values = [of.into(), item.into(), (&at).into(), how.word().into(), branch.into(), place.into()];
    db.write(&sql::SEEN, &values)
}

/// Notes what came with a sheet. `list`: barcodes as JSON; those that no item has leave nothing.
pub(super) fn with_sheet(
    db: &mut dyn Access,
    of: &Isil,
    list: &str,
    (branch, sheet): (&str, &str),
    at: DateTime,
) -> Result<(), StoreError> {
    let at = clock::stamp(at);
    let how = How::Transfer.word();
    db.write(&sql::SEEN_ALL, &[of.into(), list.into(), (&at).into(), how.into(), branch.into(), sheet.into()])
}

pub(super) fn stands(db: &mut dyn Access, of: &Isil, opuser: &str) -> Result<Option<String>, StoreError> {
    let row = db.rows(&sql::STANDS, &[of.into(), opuser.into()])?.into_iter().next();
    row.map(|mut row| row.text("service_point.branch")).transpose()
}

fn copy(mut row: Row) -> Result<Copy, StoreError> {
    let id = row.item("item.item")?;
    Ok(Copy {
        item: item_record(&mut row, id)?,
        due_on: row.day_or_null("loan.due_on")?,
        at_branch: row.text("item.at_branch")?,
        shelf: row.text("item.shelf")?,
        n_holds: row.number("hold")?,
        sent_to: row.text_or_null("transit.to_branch")?,
        seen: sighting(&mut row)?,
    })
}

fn expected(mut row: Row) -> Result<Expected, StoreError> {
    let (item, call_number) = (row.text("item.item")?, row.text("item.call_number")?);
    let (shelf, state) = (row.text("item.shelf")?, row.text("item.state")?);
    let (is_away, is_held) = (row.flag("loan")?, row.flag("hold")?);
    let state = match (is_away, state == code::holding::IN_LIBRARY, is_held) {
        (true, _, _) => State::OnLoan,
        (false, false, _) => State::NotForLoan,
        (false, true, true) => State::Held,
        (false, true, false) => State::Free,
    };
    Ok(Expected { item, call_number, shelf, state })
}

fn sighting(row: &mut Row) -> Result<Option<Sighting>, StoreError> {
    let Some(at) = row.time_or_null("item_seen.at")? else { return Ok(None) };
    let how = How::of_word(&row.text("item_seen.how")?);
    let how = how.ok_or(StoreError::Corrupt { column: "item_seen.how", expected: "how it was seen" })?;
    let (branch, name) = (row.text_or_null("item_seen.branch")?, row.text_or_null("branch.name")?);
    let branch = branch.map(|code| (code.clone(), name.unwrap_or(code)));
    Ok(Some(Sighting { at, how, branch, place: row.text("item_seen.place")? }))
}

/// Titles of which copies are given.
const MAX_TITLES: u32 = 20;
