//! What patrons wait for: their holds, the shelf where held items wait, what nobody came for; and what they had.

use circulation::id::{Isil, ItemId, PatronId};
use jiff::civil::{Date, DateTime};

use super::engine::{Access, Row, day};
use super::facts::{Facts, item_record};
use super::hold::{limits, send_on};
use super::statement::{circulate, desk as desk_sql, shelf as sql};
use super::{Desk, ItemRecord, Store, StoreError};
use crate::clock;
use crate::ledger::{self, HoldRefused, Route};

/// The two kinds of holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldKind {
    /// 预约: the next one to come back
    Reserve,
    /// 预借: fetched from the shelf
    Prelend,
}

/// What a patron wants held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// which kind
    pub kind: HoldKind,
    /// the branch where it is picked up; nothing: wherever the item stands
    pub pickup: Option<&'a str>,
    /// the last day on which it is wanted
    pub until: Option<Date>,
}

/// A hold as its patron sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRecord {
    /// the item
    pub item: ItemRecord,
    /// which kind
    pub kind: HoldKind,
    /// when it was placed
    pub placed_at: String,
    /// where it is picked up: code and name; nothing: wherever the item stands
    pub pickup: Option<(String, String)>,
    /// it waits on the shelf until the end of this day; nothing: it is not there yet
    pub ready_until: Option<Date>,
    /// the last day on which it is wanted
    pub wanted_until: Option<String>,
    /// patrons who get it first
    pub n_before: u32,
    /// it is on its way to where it is picked up
    pub is_on_its_way: bool,
}

/// An item that waits on the hold shelf.
#[derive(Clone, PartialEq, Eq)]
pub struct Waiting {
    /// the item
    pub item: ItemId,
    /// for whom
    pub patron: PatronId,
    /// last day
    pub until: Date,
    /// title
    pub title: String,
    /// code of the branch
    pub branch: String,
}

/// What a patron is to be told.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// its number: they are read in this order
    pub seq: i64,
    /// when it arose
    pub at: String,
    /// who is to be told
    pub patron: PatronId,
    /// `hold_ready` or `hold_expired`
    pub kind: String,
    /// the item
    pub item: ItemId,
    /// where it waits
    pub branch: Option<String>,
    /// how long
    pub until: Option<String>,
}

/// What tidying up did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tidied {
    /// holds ended
    pub n_ended: u32,
    /// of their items those that waited on a hold shelf, and where they go: somebody has to take them from there
    pub waited: Vec<(ItemId, Route)>,
}

/// A loan of the past.
#[derive(Clone, PartialEq, Eq)]
pub struct PastLoan {
    /// the item
    pub item: ItemId,
    /// title, author, ISBN, shelf mark, as far as the item is still there
    pub described: [Option<String>; 4],
    /// when it was lent
    pub loaned_at: String,
    /// when it was due
    pub due_on: String,
    /// when it came back; nothing: it has not
    pub returned_at: Option<String>,
}

impl Store {
    /// Holds an item in the way that is wanted.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn place_wanted(
        &self,
        of: &Isil,
        (patron, item): (&PatronId, &ItemId),
        wanted: &Wanted<'_>,
        desk: &Desk,
    ) -> Result<Result<(), HoldRefused>, StoreError> {
        self.change(|db| {
            db.lock(of, &[item], &[patron])?;
            let facts = Facts::read(db, of, item, Some(patron), desk)?;
            if let Some(branch) = wanted.pickup
                && db.rows(&circulate::IS_BRANCH, &[of.into(), branch.into()])?.is_empty()
            {
                return Ok(Err(HoldRefused::NoBranch));
            }
            if facts.item.as_ref().is_some_and(|item| item.is_held_by_patron) {
                return Ok(Err(HoldRefused::Already));
            }
            let limits = limits(db, of, patron)?;
            let today = desk.now.date();
            let (who, what) = (facts.patron_standing(), facts.item_standing());
            let judged = ledger::hold(patron, who, what, facts.terms, limits, today).and_then(|()| {
                ledger::hold_kind(wanted.kind == HoldKind::Prelend, what, wanted.until, today)
            });
            if let Err(refused) = judged {
                return Ok(Err(refused));
            }
            let (at, until) = (clock::stamp(desk.now), wanted.until.map(|day| day.to_string()));
            let values = [
                of.into(),
                item.into(),
                patron.into(),
                (&at).into(),
                wanted.pickup.into(),
                wanted.kind.word().into(),
                until.as_deref().into(),
            ];
            db.write(&sql::PLACE_WANTED, &values)?;
            Ok(Ok(()))
        })
    }

    /// Gives up a hold of one kind. Says whether there was one. An item that waited goes to whoever is next.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn end_wanted(
        &self,
        of: &Isil,
        (patron, item): (&PatronId, &ItemId),
        kind: Option<HoldKind>,
        desk: &Desk,
    ) -> Result<bool, StoreError> {
        self.change(|db| {
            db.lock(of, &[item], &[patron])?;
            let key = [of.into(), item.into(), patron.into()];
            let Some(mut row) = db.rows(&sql::HOLD_KIND, &key)?.into_iter().next() else { return Ok(false) };
            let found = row.text("hold.kind")?;
            if kind.is_some_and(|kind| kind.word() != found) {
                return Ok(false);
            }
            end(db, of, (patron, item), desk)?;
            Ok(true)
        })
    }

    /// Has a hold picked up at another branch; its place in the queue stays. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn move_pickup(
        &self,
        of: &Isil,
        (patron, item): (&PatronId, &ItemId),
        branch: &str,
        desk: &Desk,
    ) -> Result<Result<bool, HoldRefused>, StoreError> {
        self.change(|db| {
            db.lock(of, &[item], &[patron])?;
            if db.rows(&circulate::IS_BRANCH, &[of.into(), branch.into()])?.is_empty() {
                return Ok(Err(HoldRefused::NoBranch));
            }
            let facts = Facts::read(db, of, item, None, desk)?;
            let values = [of.into(), item.into(), patron.into(), branch.into()];
            let is_moved = !db.rows(&sql::MOVE_PICKUP, &values)?.is_empty();
            // If it waited here it has to set out.
            let waited = facts.item.as_ref().filter(|item| item.standing.loan.is_none());
            if let Some(there) = waited.filter(|_| is_moved) {
                again(db, of, item, there.at_branch.as_deref(), desk)?;
            }
            Ok(Ok(is_moved))
        })
    }

    /// Has a hold wanted until another day; its place in the queue stays. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn prolong_hold(
        &self,
        of: &Isil,
        (patron, item): (&PatronId, &ItemId),
        until: Date,
        desk: &Desk,
    ) -> Result<Result<bool, HoldRefused>, StoreError> {
        if until < desk.now.date() {
            return Ok(Err(HoldRefused::DayOver));
        }
        let day = until.to_string();
        self.change(|db| {
            db.lock(of, &[item], &[patron])?;
            let values = [of.into(), item.into(), patron.into(), (&day).into()];
            Ok(Ok(!db.rows(&sql::PROLONG_HOLD, &values)?.is_empty()))
        })
    }

    /// A patron's holds, or those of one kind, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn holds(
        &self,
        of: &Isil,
        patron: &PatronId,
        kind: Option<HoldKind>,
        today: Date,
    ) -> Result<Vec<HoldRecord>, StoreError> {
        let today = today.to_string();
        self.look(|db| {
            let kind = kind.map(HoldKind::word);
            let rows = db.rows(&sql::HOLDS_OF, &[of.into(), patron.into(), kind.into(), (&today).into()])?;
            rows.into_iter().map(|row| hold_record(row, &today)).collect()
        })
    }

    /// What waits on the hold shelf, in one branch or anywhere; the one that waits least longer first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn hold_shelf(
        &self,
        of: &Isil,
        branch: Option<&str>,
        today: Date,
    ) -> Result<Vec<Waiting>, StoreError> {
        let today = today.to_string();
        self.look(|db| {
            let rows = db.rows(&sql::HOLD_SHELF, &[of.into(), branch.into(), (&today).into()])?;
            let waiting = |mut row: Row| {
                Ok(Waiting {
                    item: row.item("hold.item")?,
                    patron: row.patron("hold.patron")?,
                    until: row.day("hold.expires_on")?,
                    title: row.text("item.title")?,
                    branch: row.text("item.branch")?,
                })
            };
            rows.into_iter().map(waiting).collect()
        })
    }

    /// Ends holds that nobody came for or wants any more, and sends each item to whoever is next; at most `max` at once.
    ///
    /// # Errors
    /// [`StoreError`]; what was done before it stays done.
    pub fn tidy_holds(&self, of: &Isil, max: u32, desk: &Desk) -> Result<Tidied, StoreError> {
        let today = desk.now.date().to_string();
        let stale = self.look(|db| {
            let rows = db.rows(&sql::STALE_HOLDS, &[of.into(), (&today).into(), max.into()])?;
            rows.into_iter()
                .map(|mut row| Ok((row.item("hold.item")?, row.patron("hold.patron")?)))
                .collect::<Result<Vec<_>, StoreError>>()
        })?;
        let mut tidied = Tidied::default();
        for (item, patron) in stale {
            let route = self.change(|db| {
                db.lock(of, &[&item], &[&patron])?;
                // Another copy of central may have been quicker, or the reader.
                let key = [of.into(), (&item).into(), (&patron).into(), (&today).into()];
                if db.rows(&sql::STALE_HOLD, &key)?.is_empty() {
                    return Ok(None);
                }
                notify(db, of, (&patron, "hold_expired"), &item, (None, None), desk)?;
                end(db, of, (&patron, &item), desk).map(Some)
            })?;
            tidied.n_ended += u32::from(route.is_some());
            tidied.waited.extend(route.flatten().map(|route| (item, route)));
        }
        Ok(tidied)
    }

    /// What patrons are to be told, behind a number; at most `max`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn notices(&self, of: &Isil, after: i64, max: u32) -> Result<Vec<Notice>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&desk_sql::NOTICES, &[of.into(), after.into(), max.into()])?;
            let notice = |mut row: Row| {
                Ok(Notice {
                    seq: row.int("notice.seq")?,
                    at: row.text("notice.at")?,
                    patron: row.patron("notice.patron")?,
                    kind: row.text("notice.kind")?,
                    item: row.item("notice.item")?,
                    branch: row.text_or_null("notice.branch")?,
                    until: row.text_or_null("notice.until")?,
                })
            };
            rows.into_iter().map(notice).collect()
        })
    }

    /// A patron's loans between two moments, the newest first: one page of them, and how many there are.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn history(
        &self,
        of: &Isil,
        patron: &PatronId,
        (from, to): (DateTime, DateTime),
        (skip, max): (u32, u32),
    ) -> Result<(u64, Vec<PastLoan>), StoreError> {
        let (from, to) = (clock::stamp(from), clock::stamp(to));
        self.look(|db| {
            let key = [of.into(), patron.into(), (&from).into(), (&to).into()];
            let mut length = db.rows(&sql::HISTORY_LENGTH, &key)?;
            let n = length.pop().map_or(Ok(0), |mut row| row.number("circulation_log"))?;
            let values = [of.into(), patron.into(), (&from).into(), (&to).into(), max.into(), skip.into()];
            let rows = db.rows(&sql::HISTORY, &values)?;
            Ok((n, rows.into_iter().map(past_loan).collect::<Result<_, StoreError>>()?))
        })
    }
}

impl HoldKind {
    /// The word in the store.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Prelend => "prelend",
        }
    }
}

impl core::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Waiting").field("item", &self.item).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Notice {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Notice").field("seq", &self.seq).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for PastLoan {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PastLoan").field("item", &self.item).finish_non_exhaustive()
    }
}

/// Writes down what a patron is to be told.
pub(super) fn notify(
    db: &mut dyn Access,
    of: &Isil,
    (patron, kind): (&PatronId, &'static str),
    item: &ItemId,
    (branch, until): (Option<&str>, Option<&str>),
    desk: &Desk,
) -> Result<(), StoreError> {
    let at = clock::stamp(desk.now);
    let values =
        [of.into(), (&at).into(), patron.into(), kind.into(), item.into(), branch.into(), until.into()];
    db.write(&desk_sql::NOTIFY, &values)
}

/// Ends a hold; an item that is not on loan goes to whoever is next. Gives where, if it waited or was on its way.
fn end(
    db: &mut dyn Access,
    of: &Isil,
    (patron, item): (&PatronId, &ItemId),
    desk: &Desk,
) -> Result<Option<Route>, StoreError> {
    let key = [of.into(), item.into(), patron.into()];
    let mut was_ready = false;
    if let Some(mut row) = db.rows(&circulate::HOLD, &key)?.into_iter().next() {
        row.skip(1);
        was_ready = row.text_or_null("hold.ready_at")?.is_some();
    }
    db.rows(&circulate::END_HOLD, &key)?;
    let facts = Facts::read(db, of, item, None, desk)?;
    let there = facts.item.as_ref().filter(|item| item.standing.loan.is_none());
    match there {
        // On the open shelf nothing happens to it.
        Some(there) if was_ready => again(db, of, item, there.at_branch.as_deref(), desk).map(Some),
        Some(_) | None => Ok(None),
    }
}

/// Decides anew where an item goes that stands where it was last seen.
fn again(
    db: &mut dyn Access,
    of: &Isil,
    item: &ItemId,
    at_branch: Option<&str>,
    desk: &Desk,
) -> Result<Route, StoreError> {
    let mut facts = Facts::read(db, of, item, None, desk)?;
    // The account that ends a hold need not stand where the item is.
    facts.here = match (&facts.item, at_branch) {
        (Some(_), Some(branch)) => Some(branch.to_owned()),
        (Some(item), None) => Some(item.record.branch.clone()),
        (None, _) => None,
    };
    let there = facts.item.as_ref().ok_or(StoreError::Missing("item"))?;
    send_on(db, of, &facts, there, desk)
}

fn hold_record(mut row: Row, today: &str) -> Result<HoldRecord, StoreError> {
    let id = row.item("item.item")?;
    let item = item_record(&mut row, id)?;
    let kind = match row.text("hold.kind")?.as_str() {
        "prelend" => HoldKind::Prelend,
        _ => HoldKind::Reserve,
    };
    let placed_at = row.text("hold.placed_at")?;
    let (branch, name) = (row.text_or_null("hold.pickup_branch")?, row.text_or_null("branch.name")?);
    let is_ready = row.text_or_null("hold.ready_at")?.is_some();
    let expires_on = row.text_or_null("hold.expires_on")?.filter(|last| is_ready && last.as_str() >= today);
    Ok(HoldRecord {
        item,
        kind,
        placed_at,
        pickup: branch.map(|branch| (branch.clone(), name.unwrap_or(branch))),
        ready_until: expires_on.map(|last| day("hold.expires_on", &last)).transpose()?,
        wanted_until: row.text_or_null("hold.wanted_until")?,
        n_before: row.number("hold")?,
        is_on_its_way: row.flag("transit")?,
    })
    .map(|hold| HoldRecord { is_on_its_way: hold.is_on_its_way && hold.n_before == 0, ..hold })
}

fn past_loan(mut row: Row) -> Result<PastLoan, StoreError> {
    Ok(PastLoan {
        item: row.item("circulation_log.item")?,
        described: [
            row.text_or_null("item.title")?,
            row.text_or_null("item.author")?,
            row.text_or_null("item.isbn")?,
            row.text_or_null("item.call_number")?,
        ],
        loaned_at: row.text("circulation_log.at")?,
        due_on: row.text("circulation_log.due_on")?,
        returned_at: row.text_or_null("circulation_log.at")?,
    })
}
