//! What is done with sheets by programs at the shelves: each act once, by the id that it was given where it was done.
//!
//! **Rule**: the id is kept in the SQL transaction that carries the act out. What was refused is not kept: it was not done.

use circulation::id::{Isil, ItemId};
use jiff::civil::DateTime;
use sync_client::kiosk_api::transfer::{Act, Deed, NotTaken, Refusal, SheetReport, Told, barcodes};

use super::look::{self, read, sheet_items};
use super::{Counted, NewSheet, NotListed, Sheet, count, end, fill, make, receive, ship};
use crate::clock;
use crate::ledger::{SheetEvent, SheetRefused};
use crate::store::engine::Access;
use crate::store::statement::transfer as sql;
use crate::store::{Desk, Store, StoreError};

/// What came of an act: items that are not on the sheet, or why nothing was done.
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
                let sheet = report(db, of, act)?;
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
            Ok(Told { already, refused, sheet: report(db, of, act)?, not })
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
    let (n_put, done) = carry_out(db, of, act, desk)?;
    let not = match done {
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
    if label.is_some() {
        count(db, of, &act.sheet, Counted { boxes: 1, ..Counted::default() })?;
    }
    Ok(Ok(not))
}

/// Does it. Gives how many items a box put on the sheet, too.
fn carry_out(db: &mut dyn Access, of: &Isil, act: &Act, desk: &Desk) -> Result<(i64, Done), StoreError> {
    let sheet = act.sheet.as_str();
    let none = |done: Result<Sheet, SheetRefused>| done.map(|_| Vec::new()).map_err(refusal);
    let done = match &act.deed {
        Deed::Make { from, to, keeps_home } => {
            let new = NewSheet { sheet, from, to, keeps_home: *keeps_home };
            make(db, of, new, desk)?.map(|()| Vec::new()).map_err(refusal)
        }
        Deed::Box { declared, items, .. } if usize::try_from(*declared) != Ok(items.len()) => {
            Err(Refusal::Count)
        }
        Deed::Box { items, .. } => {
            let filled = match fill(db, of, sheet, &known(items), Some(desk.now))? {
                Ok(filled) => filled,
                Err(refused) => return Ok((0, Err(refusal(refused)))),
            };
            let not = filled.not.into_iter().map(|(item, why)| NotTaken { item, why: word(why).to_owned() });
            return Ok((filled.n_put, Ok(not.collect())));
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
    };
    Ok((0, done))
}

/// An act that was read has barcodes only.
fn known(items: &[String]) -> Vec<ItemId> {
    barcodes(items).unwrap_or_default()
}

/// The sheet as an act leaves it. Its boxes and differences are listed for whoever looks or closes it; a box gives itself
/// alone: what is answered to the last of a thousand boxes is as short as to the first.
fn report(db: &mut dyn Access, of: &Isil, act: &Act) -> Result<Option<SheetReport>, StoreError> {
    let sheet = act.sheet.as_str();
    let Some(known) = read(db, of, sheet)? else { return Ok(None) };
    let is_whole = matches!(act.deed, Deed::Look | Deed::Close);
    let boxes = match act.deed {
        Deed::Look | Deed::Close => look::boxes(db, of, sheet)?,
        Deed::Box { .. } => {
            let id = act.id.to_string();
            let rows = db.rows(&sql::BOX, &[of.into(), (&id).into()])?;
            rows.into_iter().map(look::read_box).collect::<Result<_, _>>()?
        }
        Deed::Make { .. } | Deed::Ship | Deed::Receive { .. } | Deed::Undo => Vec::new(),
    };
    let mut odd = Vec::new();
    for state in ["missing", "extra"].into_iter().filter(|_| is_whole) {
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
        n_boxes: known.n_boxes,
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
