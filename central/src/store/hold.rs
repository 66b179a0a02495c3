//! Holds with the branch where they are picked up, and items on their way between branches.

use circulation::id::{Isil, ItemId, PatronId};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::engine::{Access, Value};
use super::facts::{Facts, ItemFacts};
use super::shelf::{HoldKind, Wanted, notify};
use super::statement::circulate;
use super::{Desk, Store, StoreError};
use crate::clock;
use crate::ledger::{self, HoldRefused, Route};

/// A patron's hold on an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// where it is to be picked up; nothing: wherever the item stands
    pub pickup_branch: Option<String>,
    /// the last day on which it waits on the shelf; nothing: it is not there yet
    pub waits_until: Option<Date>,
}

impl Store {
    /// Holds an item for a patron, to be picked up at a branch, or wherever it stands.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn place_hold(
        &self,
        of: &Isil,
        (patron, item): (&PatronId, &ItemId),
        pickup: Option<&str>,
        desk: &Desk,
    ) -> Result<Result<(), HoldRefused>, StoreError> {
        let wanted = Wanted { kind: HoldKind::Reserve, pickup, until: None };
        self.place_wanted(of, (patron, item), &wanted, desk)
    }

    /// A patron's hold on an item.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn hold(&self, of: &Isil, (patron, item): (&PatronId, &ItemId)) -> Result<Option<Hold>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&circulate::HOLD, &[of.into(), item.into(), patron.into()])?;
            let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
            let pickup_branch = row.text_or_null("hold.pickup_branch")?;
            row.skip(1);
            let until = row.text_or_null("hold.expires_on")?;
            let waits_until = until.map(|day| super::engine::day("hold.expires_on", &day)).transpose()?;
            Ok(Some(Hold { pickup_branch, waits_until }))
        })
    }

    /// An item that is not on loan has come to the desk's branch: it goes to the hold shelf, to the open one, or on its
    /// way. Nothing if there is no such item, or it is on loan.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn arrive(&self, of: &Isil, item: &ItemId, desk: &Desk) -> Result<Option<Route>, StoreError> {
        self.change(|db| {
            db.lock(of, &[item], &[])?;
            let facts = Facts::read(db, of, item, None, desk)?;
            match facts.item.as_ref().filter(|item| item.standing.loan.is_none()) {
                Some(item) => send_on(db, of, &facts, item, desk).map(Some),
                None => Ok(None),
            }
        })
    }
}

/// Decides where an item goes that is in staff's hands, and writes it down.
pub(super) fn send_on(
    db: &mut dyn Access,
    of: &Isil,
    facts: &Facts,
    item: &ItemFacts,
    desk: &Desk,
) -> Result<Route, StoreError> {
    let (id, home) = (&item.record.item, item.record.branch.as_str());
    let (held, is_ready) = match &item.standing.held_for {
        Some(patron) => {
            let (pickup, is_ready) = pickup(db, of, id, patron)?;
            (Some(ledger::Held { patron: patron.clone(), pickup }), is_ready)
        }
        None => (None, false),
    };
    let here = facts.here.as_deref();
    let route = ledger::route(here, home, held.as_ref());
    if moves(facts, item) {
        let elsewhere = here.filter(|here| *here != home);
        db.write(&circulate::STANDS_AT, &[of.into(), id.into(), elsewhere.into()])?;
    }
    let at = clock::stamp(desk.now);
    let send = |db: &mut dyn Access, to: &str, cause: &'static str| {
        let from = here.unwrap_or(home);
        let values: [Value<'_>; 6] =
            [of.into(), id.into(), from.into(), to.into(), (&at).into(), cause.into()];
        db.write(&circulate::SEND, &values)
    };
    match &route {
        Route::ToPickup(to) => send(db, to, "hold")?,
        Route::Home(to) => send(db, to, "home")?,
        Route::Shelf | Route::HoldShelf(_) if item.sent_to.is_some() => {
            db.write(&circulate::END_TRANSIT, &[of.into(), id.into()])?;
        }
        Route::Shelf | Route::HoldShelf(_) => {}
    }
    // What waits here already goes on waiting: seeing it again gives nobody more days.
    if let Route::HoldShelf(patron) = &route
        && !is_ready
    {
        let until = desk.now.date().saturating_add(i64::from(facts.shelf_days).days()).to_string();
        let values = [of.into(), id.into(), patron.into(), (&at).into(), (&until).into()];
        db.write(&circulate::SHELVE, &values)?;
        notify(db, of, (patron, "hold_ready"), id, (Some(here.unwrap_or(home)), Some(&until)), desk)?;
    }
    Ok(route)
}

/// Whether an item that is in hand here stood elsewhere before.
pub(super) fn moves(facts: &Facts, item: &ItemFacts) -> bool {
    let elsewhere = facts.here.as_deref().filter(|here| *here != item.record.branch);
    facts.here.is_some() && elsewhere != item.at_branch.as_deref()
}

/// Where a hold is picked up, and whether the item waits for it already.
fn pickup(
    db: &mut dyn Access,
    of: &Isil,
    item: &ItemId,
    patron: &PatronId,
) -> Result<(Option<String>, bool), StoreError> {
    let row = db.rows(&circulate::HOLD, &[of.into(), item.into(), patron.into()])?.into_iter().next();
    let Some(mut row) = row else { return Ok((None, false)) };
    Ok((row.text_or_null("hold.pickup_branch")?, row.text_or_null("hold.ready_at")?.is_some()))
}

/// How many holds a patron has, and may have.
pub(super) fn limits(db: &mut dyn Access, of: &Isil, patron: &PatronId) -> Result<(u32, u32), StoreError> {
    let rows = db.rows(&circulate::HOLD_LIMIT, &[of.into(), patron.into()])?;
    let Some(mut row) = rows.into_iter().next() else { return Ok((0, 0)) };
    let limit = row.number("patron_type.hold_limit")?;
    Ok((row.number("hold")?, limit))
}
