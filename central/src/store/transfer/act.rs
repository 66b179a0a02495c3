//! What is done with sheets by programs at the shelves: each act once, by the id that it was given where it was done.
//!
//! **Rule**: the id is kept in the SQL transaction that carries the act out. What was refused is not kept: it was not done.

use circulation::id::{Isil, ItemId};
use jiff::civil::DateTime;
use sync_client::kiosk_api::transfer::{
    Act, BoxReport, Deed, MAX_BOXES, NotTaken, Refusal, SheetReport, Told, barcodes,
};

use super::{NewSheet, NotListed, Sheet, end, fill, json, make, read, receive, sheet_items, ship};
use crate::clock;
use crate::ledger::{SheetEvent, SheetRefused};
use crate::store::engine::{Access, Row};
use crate::store::statement::transfer as sql;
use crate::store::{Desk, Store, StoreError};

/// What came of an act that was not refused: items that are not on the sheet.
type Done = Result<Vec<NotTaken>, Refusal>;

impl Store {
    /// Carries out an act, or answers what was answered to its id before. `now` is the library's local time.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn transfer(&self, of: &Isil, act: &Act, now: DateTime) -> Result<Told, StoreError> {
        let desk = Desk { opuser: act.opuser.clone(), now };
        self.change(|db| {
            if act.deed == Deed::Look {
                let sheet = report(db, of, &act.sheet)?;
                let refused = sheet.is_none().then_some(Refusal::Unknown);
                return Ok(Told { already: false, refused, sheet, not: Vec::new() });
            }
            let kept = kept(db, of, act)?;
            let (already, done) = match kept {
                Some(done) => (true, done),
                None => (false, once(db, of, act, &desk)?),
            };
            let (refused, not) = match done {
                Ok(not) => (None, not),
                Err(refused) => (Some(refused), Vec::new()),
            };
            Ok(Told { already, refused, sheet: report(db, of, &act.sheet)?, not })
        })
    }
}

/// What was answered to this id before.
fn kept(db: &mut dyn Access, of: &Isil, act: &Act) -> Result<Option<Done>, StoreError> {
    let id = act.id.to_string();
    let Some(mut row) = db.rows(&sql::ACT, &[of.into(), (&id).into()])?.pop() else { return Ok(None) };
    let (sheet, what) = (row.text("transfer_act.sheet")?, row.text("transfer_act.what")?);
    if sheet != act.sheet || what != act.deed.word() {
        return Ok(Some(Err(Refusal::IdReused)));
    }
    let not = serde_json::from_str(&row.text("transfer_act.not_taken")?);
    let corrupt = StoreError::Corrupt { column: "transfer_act.not_taken", expected: "a list of items" };
    not.map(|not| Some(Ok(not))).map_err(|_| corrupt)
}

/// Carries it out, and keeps its id.
fn once(db: &mut dyn Access, of: &Isil, act: &Act, desk: &Desk) -> Result<Done, StoreError> {
    db.rows(&sql::LOCK_SHEET, &[of.into(), act.sheet.as_str().into()])?;
    let n_off = n_off_sheet(db, of, act)?;
    let not = match carry_out(db, of, act, desk)? {
        Ok(not) => not,
        Err(refused) => return Ok(Err(refused)),
    };
    let (label, declared) = match &act.deed {
        Deed::Box { label, declared, .. } => (Some(label.as_str()), i64::from(*declared)),
        Deed::Make { .. } | Deed::Ship | Deed::Receive { .. } | Deed::Close | Deed::Undo | Deed::Look => {
            (None, 0)
        }
    };
    let (id, at) = (act.id.to_string(), clock::stamp(desk.now));
    let list = serde_json::to_string(&not).unwrap_or_else(|_| "[]".to_owned());
    let n_put = i64::try_from(n_off.saturating_sub(not.len())).unwrap_or(i64::MAX);
    let values = [
        of.into(),
        (&id).into(),
        act.sheet.as_str().into(),
        act.deed.word().into(),
        label.into(),
        declared.into(),
        n_put.into(),
        (&at).into(),
        (&desk.opuser).into(),
        (&list).into(),
    ];
    db.write(&sql::KEEP_ACT, &values)?;
    Ok(Ok(not))
}

fn carry_out(db: &mut dyn Access, of: &Isil, act: &Act, desk: &Desk) -> Result<Done, StoreError> {
    let sheet = act.sheet.as_str();
    let none = |done: Result<Sheet, SheetRefused>| done.map(|_| Vec::new()).map_err(refusal);
    Ok(match &act.deed {
        Deed::Make { from, to, keeps_home } => {
            let new = NewSheet { sheet, from, to, keeps_home: *keeps_home };
            make(db, of, new, desk)?.map(|()| Vec::new()).map_err(refusal)
        }
        Deed::Box { declared, items, .. } if usize::try_from(*declared) != Ok(items.len()) => {
            Err(Refusal::Count)
        }
        Deed::Box { items, .. } => {
            let not = fill(db, of, sheet, &known(items), Some(desk.now))?.map_err(refusal);
            not.map(|not| {
                not.into_iter().map(|(item, why)| NotTaken { item, why: word(why).to_owned() }).collect()
            })
        }
        Deed::Receive { items } => {
            let unknown = receive(db, of, sheet, &known(items), desk)?.map_err(refusal);
            let not = |item| NotTaken { item, why: word(NotListed::Unknown).to_owned() };
            unknown.map(|unknown| unknown.into_iter().map(not).collect())
        }
        Deed::Ship => none(ship(db, of, sheet, desk)?),
        Deed::Close => none(end(db, of, sheet, SheetEvent::Close, desk)?),
        Deed::Undo => none(end(db, of, sheet, SheetEvent::Undo, desk)?),
        Deed::Look => Ok(Vec::new()),
    })
}

/// How many items of a box are not on the sheet yet. The whole sheet is not counted for that: it may be long.
fn n_off_sheet(db: &mut dyn Access, of: &Isil, act: &Act) -> Result<usize, StoreError> {
    let Deed::Box { items, .. } = &act.deed else { return Ok(0) };
    let list = json(&known(items));
    Ok(db.rows(&sql::NOT_ON_SHEET, &[of.into(), act.sheet.as_str().into(), (&list).into()])?.len())
}

/// An act that was read has barcodes only.
fn known(items: &[String]) -> Vec<ItemId> {
    barcodes(items).unwrap_or_default()
}

fn report(db: &mut dyn Access, of: &Isil, sheet: &str) -> Result<Option<SheetReport>, StoreError> {
    let Some(known) = read(db, of, sheet)? else { return Ok(None) };
    let rows = db.rows(&sql::BOXES, &[of.into(), sheet.into(), MAX_BOXES.into()])?;
    let boxes = rows.into_iter().map(|mut row: Row| {
        Ok(BoxReport {
            label: row.text("transfer_act.label")?,
            declared: u32::try_from(row.int("transfer_act.declared")?).unwrap_or(u32::MAX),
            put: u32::try_from(row.int("transfer_act.n_put")?).unwrap_or(u32::MAX),
            at: row.text("transfer_act.at")?,
        })
    });
    let mut boxes: Vec<BoxReport> = boxes.collect::<Result<_, StoreError>>()?;
    boxes.reverse();
    let mut odd = Vec::new();
    for state in ["missing", "extra"] {
        let items = sheet_items(db, of, (sheet, Some(state)), ("", MAX_ODD))?;
        odd.extend(items.into_iter().map(|item| NotTaken { item: item.item.to_string(), why: item.state }));
    }
    Ok(Some(SheetReport {
        from: known.from,
        to: known.to,
        state: known.state.word().to_owned(),
        items: known.n_items,
        arrived: known.n_arrived,
        extra: known.n_extra,
        boxes,
        odd,
    }))
}

fn refusal(why: SheetRefused) -> Refusal {
    match why {
        SheetRefused::Unknown => Refusal::Unknown,
        SheetRefused::Exists => Refusal::Exists,
        SheetRefused::BadBranches => Refusal::BadBranches,
        SheetRefused::Empty => Refusal::Empty,
        SheetRefused::State(_) => Refusal::State,
        SheetRefused::HasArrived => Refusal::HasArrived,
    }
}

fn word(why: NotListed) -> &'static str {
    match why {
        NotListed::Unknown => "unknown",
        NotListed::Elsewhere => "elsewhere",
        NotListed::OnLoan => "on_loan",
        NotListed::OnItsWay => "on_its_way",
        NotListed::OnHold => "on_hold",
        NotListed::NotInStock => "not_in_stock",
    }
}

/// Of either kind.
const MAX_ODD: u32 = 100;
