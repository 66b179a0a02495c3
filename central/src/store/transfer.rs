//! Stock moved between branches, a sheet at a time (调拨). What a sheet may do decides [`crate::ledger`]; what is done to
//! its items is a handful of statements, however many they are.

use circulation::id::{Isil, ItemId};
use jiff::civil::DateTime;

use super::engine::{Access, Row, Value};
use super::statement::{Statement, circulate, transfer as sql};
use super::{Desk, Store, StoreError, seen};
use crate::clock;
use crate::ledger::{SheetEvent, SheetRefused, SheetState};

mod act;
mod look;

use look::read;

/// A sheet that is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSheet<'a> {
    /// its number
    pub sheet: &'a str,
    /// from where
    pub from: &'a str,
    /// to where
    pub to: &'a str,
    /// the items still belong to the first branch
    pub keeps_home: bool,
}

/// A sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// its number
    pub sheet: String,
    /// from where
    pub from: String,
    /// to where
    pub to: String,
    /// the items still belong to the first branch
    pub keeps_home: bool,
    /// how far it is
    pub state: SheetState,
    /// written, shipped, and received or undone
    pub at: [Option<String>; 3],
    /// items on it
    pub n_items: u64,
    /// of those, have arrived
    pub n_arrived: u64,
    /// arrived without being on it
    pub n_extra: u64,
    /// boxes packed
    pub n_boxes: u64,
}

/// An item on a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetItem {
    /// the item
    pub item: ItemId,
    /// `listed`, `sent`, `received`, `missing`, `extra`
    pub state: String,
    /// title
    pub title: String,
    /// shelf mark
    pub call_number: String,
    /// it was lent meanwhile: whoever had it in hand took it along
    pub is_lent: bool,
}

/// Why an item is not on a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotListed {
    /// no such item
    Unknown,
    /// it stands in another branch
    Elsewhere,
    /// it is on loan
    OnLoan,
    /// it is on its way
    OnItsWay,
    /// somebody waits for it
    OnHold,
    /// it is not in stock: lost, withdrawn, in repair
    NotInStock,
}

impl Store {
    /// Begins a sheet.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn make_sheet(
        &self,
        of: &Isil,
        new: NewSheet<'_>,
        desk: &Desk,
    ) -> Result<Result<(), SheetRefused>, StoreError> {
        self.change(|db| make(db, of, new, desk))
    }

    /// Puts items on a sheet: those that stand in its first branch and are free. Gives the others (a thousand at most),
    /// with the reason.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn fill_sheet(
        &self,
        of: &Isil,
        sheet: &str,
        items: &[ItemId],
    ) -> Result<Result<Vec<(String, NotListed)>, SheetRefused>, StoreError> {
        self.change(|db| Ok(fill(db, of, sheet, items, None)?.map(|filled| filled.not)))
    }

    /// Takes items off a sheet.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn take_off_sheet(
        &self,
        of: &Isil,
        sheet: &str,
        items: &[ItemId],
    ) -> Result<Result<(), SheetRefused>, StoreError> {
        self.change(|db| {
            if let Err(refused) = judge(db, of, sheet, SheetEvent::Fill)? {
                return Ok(Err(refused));
            }
            let off = of_each(db, &sql::TAKE_OFF_SHEET, (of, sheet), items)?;
            count(db, of, sheet, Counted { items: -off, ..Counted::default() })?;
            Ok(Ok(()))
        })
    }

    /// The items of a sheet set out. What was lent or held since it was put on the sheet stays behind and comes off it.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn ship_sheet(
        &self,
        of: &Isil,
        sheet: &str,
        desk: &Desk,
    ) -> Result<Result<Sheet, SheetRefused>, StoreError> {
        self.change(|db| ship(db, of, sheet, desk))
    }

    /// Items have arrived: those on the sheet, and others that came with them (which are noted). May be called as often
    /// as parts arrive; the same item again changes nothing. Gives barcodes that no item has.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn receive_sheet(
        &self,
        of: &Isil,
        sheet: &str,
        items: &[ItemId],
        desk: &Desk,
    ) -> Result<Result<Vec<String>, SheetRefused>, StoreError> {
        self.change(|db| receive(db, of, sheet, items, desk))
    }

    /// Nothing more is expected: what has not arrived is missing. Gives the sheet with its differences.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn close_sheet(
        &self,
        of: &Isil,
        sheet: &str,
        desk: &Desk,
    ) -> Result<Result<Sheet, SheetRefused>, StoreError> {
        self.change(|db| end(db, of, sheet, SheetEvent::Close, desk))
    }

    /// A sheet was a mistake: its items stand where they stood.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn undo_sheet(
        &self,
        of: &Isil,
        sheet: &str,
        desk: &Desk,
    ) -> Result<Result<Sheet, SheetRefused>, StoreError> {
        self.change(|db| end(db, of, sheet, SheetEvent::Undo, desk))
    }
}

fn make(
    db: &mut dyn Access,
    of: &Isil,
    new: NewSheet<'_>,
    desk: &Desk,
) -> Result<Result<(), SheetRefused>, StoreError> {
    let is_branch = |db: &mut dyn Access, branch: &str| {
        Ok::<_, StoreError>(!db.rows(&circulate::IS_BRANCH, &[of.into(), branch.into()])?.is_empty())
    };
    if new.from == new.to || !is_branch(db, new.from)? || !is_branch(db, new.to)? {
        return Ok(Err(SheetRefused::BadBranches));
    }
    if !db.rows(&sql::SHEET, &[of.into(), new.sheet.into()])?.is_empty() {
        return Ok(Err(SheetRefused::Exists));
    }
    let at = clock::stamp(desk.now);
    let values = [
        of.into(),
        new.sheet.into(),
        new.from.into(),
        new.to.into(),
        i64::from(new.keeps_home).into(),
        (&at).into(),
        (&desk.opuser).into(),
    ];
    db.write(&sql::MAKE_SHEET, &values)?;
    Ok(Ok(()))
}

/// What became of a list that was put on a sheet.
struct Filled {
    /// not on the sheet, and why
    not: Vec<(String, NotListed)>,
    /// on it because of the list
    n_put: i64,
}

/// `read_at`: when they were read in a box; nothing: they were listed, and nobody has seen them.
fn fill(
    db: &mut dyn Access,
    of: &Isil,
    sheet: &str,
    items: &[ItemId],
    read_at: Option<DateTime>,
) -> Result<Result<Filled, SheetRefused>, StoreError> {
    let list = json(items);
    let known = match judge(db, of, sheet, SheetEvent::Fill)? {
        Ok((known, _)) => known,
        Err(refused) => return Ok(Err(refused)),
    };
    let values = [of.into(), sheet.into(), (&list).into()];
    let n_put = n(&db.rows(&sql::FILL_SHEET, &values)?);
    count(db, of, sheet, Counted { items: n_put, ..Counted::default() })?;
    if let Some(at) = read_at {
        seen::with_sheet(db, of, &list, (&known.from, sheet), at)?;
    }
    let rows = db.rows(&sql::NOT_ON_SHEET, &values)?;
    let not = rows.into_iter().map(|row| why(row, &known.from)).collect::<Result<_, _>>()?;
    Ok(Ok(Filled { not, n_put }))
}

/// What comes onto a sheet, or off it.
#[derive(Default)]
struct Counted {
    items: i64,
    arrived: i64,
    extra: i64,
    boxes: i64,
}

fn count(db: &mut dyn Access, of: &Isil, sheet: &str, more: Counted) -> Result<(), StoreError> {
    let Counted { items, arrived, extra, boxes } = more;
    let values = [of.into(), sheet.into(), items.into(), arrived.into(), extra.into(), boxes.into()];
    db.write(&sql::COUNT_SHEET, &values)
}

fn n(rows: &[Row]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

/// The sheet first, then its items: in the order in which everybody locks them.
fn lock(db: &mut dyn Access, key: &[Value<'_>]) -> Result<(), StoreError> {
    db.rows(&sql::LOCK_SHEET, key)?;
    db.rows(&sql::LOCK_SHEET_ITEMS, key)?;
    Ok(())
}

fn ship(
    db: &mut dyn Access,
    of: &Isil,
    sheet: &str,
    desk: &Desk,
) -> Result<Result<Sheet, SheetRefused>, StoreError> {
    let at = clock::stamp(desk.now);
    let key = [of.into(), sheet.into()];
    lock(db, &key)?;
    if read(db, of, sheet)?.is_some_and(|known| known.state == SheetState::Draft) {
        let gone = db.rows(&sql::DROP_GONE, &key)?;
        count(db, of, sheet, Counted { items: -n(&gone), ..Counted::default() })?;
    }
    let state = match judge(db, of, sheet, SheetEvent::Ship)? {
        Ok((_, state)) => state,
        Err(refused) => return Ok(Err(refused)),
    };
    db.write(&sql::SEND_SHEET, &[of.into(), sheet.into(), (&at).into()])?;
    set_items(db, of, sheet, ("listed", "sent"))?;
    set(db, of, sheet, state, (Some(&at), None))?;
    read(db, of, sheet)?.ok_or(StoreError::Missing("sheet")).map(Ok)
}

fn receive(
    db: &mut dyn Access,
    of: &Isil,
    sheet: &str,
    items: &[ItemId],
    desk: &Desk,
) -> Result<Result<Vec<String>, SheetRefused>, StoreError> {
    let list = json(items);
    db.rows(&sql::LOCK_SHEET, &[of.into(), sheet.into()])?;
    db.lock(of, &items.iter().collect::<Vec<_>>(), &[])?;
    let known = match judge(db, of, sheet, SheetEvent::Receive)? {
        Ok((known, _)) => known,
        Err(refused) => return Ok(Err(refused)),
    };
    let values = [of.into(), sheet.into(), (&list).into()];
    let arrived = of_each(db, &sql::ARRIVE_LISTED, (of, sheet), items)?;
    let extra = n(&db.rows(&sql::ARRIVE_EXTRA, &values)?);
    count(db, of, sheet, Counted { arrived, extra, ..Counted::default() })?;
    let to: Value<'_> = (&known.to).into();
    let keeps = i64::from(known.keeps_home).into();
    for item in items {
        let [of, sheet, item] = [of.into(), sheet.into(), item.into()];
        db.write(&sql::STAND_RECEIVED, &[of, sheet, item, to, keeps])?;
        db.write(&sql::END_RECEIVED, &[of, sheet, item])?;
        db.write(&sql::STAND_EXTRA, &[of, sheet, item, to])?;
    }
    seen::with_sheet(db, of, &list, (&known.to, sheet), desk.now)?;
    let unknown = db.rows(&sql::NOT_ON_SHEET, &values)?;
    unknown.into_iter().map(|mut row| row.text("item.item")).collect::<Result<_, _>>().map(Ok)
}

fn end(
    db: &mut dyn Access,
    of: &Isil,
    sheet: &str,
    event: SheetEvent,
    desk: &Desk,
) -> Result<Result<Sheet, SheetRefused>, StoreError> {
    let at = clock::stamp(desk.now);
    let key = [of.into(), sheet.into()];
    lock(db, &key)?;
    let state = match judge(db, of, sheet, event)? {
        Ok((_, state)) => state,
        Err(refused) => return Ok(Err(refused)),
    };
    if event == SheetEvent::Close {
        set_items(db, of, sheet, ("sent", "missing"))?;
    } else {
        db.write(&sql::END_SHEET_WAY, &key)?;
        set_items(db, of, sheet, ("sent", "listed"))?;
    }
    set(db, of, sheet, state, (None, Some(&at)))?;
    read(db, of, sheet)?.ok_or(StoreError::Missing("sheet")).map(Ok)
}

/// Says something of each item by its key; gives for how many it was so.
fn of_each(
    db: &mut dyn Access,
    statement: &'static Statement,
    (of, sheet): (&Isil, &str),
    items: &[ItemId],
) -> Result<i64, StoreError> {
    let of_item = |item| (statement, vec![of.into(), sheet.into(), Value::from(item)]);
    let answers = db.all(&items.iter().map(of_item).collect::<Vec<_>>())?;
    let n = answers.iter().filter(|rows| !rows.is_empty()).count();
    Ok(i64::try_from(n).unwrap_or(i64::MAX))
}

/// The sheet, and its state after an event, if it may happen. The sheet is locked.
fn judge(
    db: &mut dyn Access,
    of: &Isil,
    sheet: &str,
    event: SheetEvent,
) -> Result<Result<(Sheet, SheetState), SheetRefused>, StoreError> {
    db.rows(&sql::LOCK_SHEET, &[of.into(), sheet.into()])?;
    let Some(known) = read(db, of, sheet)? else { return Ok(Err(SheetRefused::Unknown)) };
    Ok(known.state.after(event, known.n_items, known.n_arrived).map(|state| (known, state)))
}

fn set(
    db: &mut dyn Access,
    of: &Isil,
    sheet: &str,
    state: SheetState,
    (shipped, ended): (Option<&str>, Option<&str>),
) -> Result<(), StoreError> {
    let values = [of.into(), sheet.into(), state.word().into(), shipped.into(), ended.into()];
    db.write(&sql::SET_SHEET, &values)
}

fn set_items(
    db: &mut dyn Access,
    of: &Isil,
    sheet: &str,
    (before, after): (&'static str, &'static str),
) -> Result<(), StoreError> {
    db.write(&sql::SET_SHEET_ITEMS, &[of.into(), sheet.into(), before.into(), after.into()])
}

/// Why an item was not put on a sheet from this branch.
fn why(mut row: Row, from: &str) -> Result<(String, NotListed), StoreError> {
    let item = row.text("item.item")?;
    let (at, state) = (row.text_or_null("item.at_branch")?, row.text_or_null("item.state")?);
    let (is_lent, is_sent) = (row.flag("loan")?, row.flag("transit")?);
    let why = match (at, state.as_deref()) {
        (None, _) | (_, None) => NotListed::Unknown,
        _ if is_lent => NotListed::OnLoan,
        _ if is_sent => NotListed::OnItsWay,
        (Some(at), _) if at != from => NotListed::Elsewhere,
        (_, Some(state)) if state != "2" => NotListed::NotInStock,
        _ => NotListed::OnHold,
    };
    Ok((item, why))
}

/// Barcodes as both engines take them apart; none has a quotation mark or backslash that JSON would not write.
fn json(items: &[ItemId]) -> String {
    let list: Vec<&str> = items.iter().map(ItemId::as_str).collect();
    serde_json::Value::from(list).to_string()
}
