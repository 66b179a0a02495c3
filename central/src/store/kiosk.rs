//! A kiosk's transactions: each applied once, its answer kept in the SQL transaction that applied it.
//!
//! **Rule**: a batch is one SQL transaction, applied in its order: all of it is on the disk, or nothing.

use std::collections::BTreeMap;

use circulation::id::{Isil, ItemId, PatronId, TransactionId};
use circulation::item::Description;
use circulation::transaction::{Act, Grant};
use jiff::civil::{Date, DateTime};
use sync_client::kiosk_api::locate::How;
use sync_client::kiosk_api::{Answered, Batch, Entry, Exception, Outcome, What};

use super::circulate::{self, bring_back, lend, take_back};
use super::engine::{Access, Row, Value};
use super::facts::Facts;
use super::statement::{Statement, circulate as circulation_path, kiosk};
use super::{Desk, ItemRecord, StaffException, Store, StoreError, seen};
use crate::clock;
use crate::ledger::{Fact, Loan, Route, Told, told_checkin, told_checkout};

mod ahead;

use ahead::{Ahead, Done, Touching, subject};

/// What is kept of a transaction.
struct Kept {
    act: String,
    item: String,
    patron: Option<String>,
    outcome: Outcome,
}

impl Store {
    /// Applies a batch, or answers what was applied before. `now` is the library's local time.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the batch was applied.
    pub fn transact(&self, of: &Isil, batch: &Batch, now: DateTime) -> Result<Vec<Answered>, StoreError> {
        let items: Vec<&ItemId> = batch.entries.iter().map(|entry| subject(&entry.what).0).collect();
        let patrons: Vec<&PatronId> =
            batch.entries.iter().filter_map(|entry| subject(&entry.what).1).collect();
        let desk = Desk { opuser: batch.opuser.clone(), now };
        self.change(|db| {
            db.lock(of, &items, &patrons)?;
            let mut book =
                Book { of, desk: &desk, kept: kept(db, of, &batch.entries)?, ahead: Ahead::default() };
            (0..batch.entries.len()).map(|at| book.transact(db, (&batch.entries, at))).collect()
        })
    }

    /// What staff must look at and nobody has settled, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn exceptions(&self, of: &Isil) -> Result<Vec<StaffException>, StoreError> {
        self.look(|db| {
            let rows = db.rows(&kiosk::EXCEPTIONS, &[of.into()])?;
            let exception = |mut row: Row| {
                Ok(StaffException {
                    seq: row.int("staff_exception.seq")?,
                    code: row.text("staff_exception.code")?,
                    act: row.text("staff_exception.act")?,
                    item: row.item("staff_exception.item")?,
                    happened_at: row.time("staff_exception.happened_at")?,
                    opuser: row.text("staff_exception.opuser")?,
                })
            };
            rows.into_iter().map(exception).collect()
        })
    }
}

/// A batch while it is applied.
struct Book<'a> {
    of: &'a Isil,
    desk: &'a Desk,
    kept: BTreeMap<TransactionId, Kept>,
    ahead: Ahead,
}

impl Book<'_> {
    fn transact(&mut self, db: &mut dyn Access, at: (&[Entry], usize)) -> Result<Answered, StoreError> {
        let entry = at.0.get(at.1).ok_or(StoreError::Missing("an entry"))?;
        let answered = |already, outcome| Ok(Answered { id: entry.id, already, outcome });
        let kept = self.kept.get(&entry.id);
        if let Some(kept) = kept {
            if !is_about(kept, &entry.what) {
                return answered(true, Outcome::IdReused);
            }
            match (&kept.outcome, &entry.what) {
                // Refused when asked, done all the same: a fact. Done, and now to be undone.
                (Outcome::Declined(_), What::Tell { .. } | What::Cancel { .. })
                | (Outcome::Granted(_) | Outcome::Recorded { .. }, What::Cancel { .. }) => {}
                (outcome, _) => return answered(true, outcome.clone()),
            }
        }
        let is_new = kept.is_none();
        // Facts count for the day on which they happened.
        let desk = |entry: &Entry| Desk { now: counts_at(entry, self.desk), ..self.desk.clone() };
        let (facts, moved_at) = self.ahead.facts(db, self.of, at, desk)?;
        let touching = Touching::of(entry, &facts);
        let (outcome, done) = match &entry.what {
            What::Ask(act) => ask(db, self.of, entry.id, act, &facts, self.desk)?,
            What::Tell { act, due } => {
                let fact = Fact { at: counts_at(entry, self.desk), moved_at, due: *due };
                tell(db, self.of, entry, act, (facts, fact), self.desk)?
            }
            What::Cancel { item } => {
                // It was there when it was asked for, and was not taken along.
                let then = Desk { now: entry.at.min(self.desk.now), ..self.desk.clone() };
                seen::here(db, self.of, &facts, How::Pad, &then)?;
                (cancel(db, self.of, entry.id, item, &facts, self.desk)?, Done::More)
            }
        };
        self.ahead.done(touching, done);
        if is_new {
            keep(db, self.of, entry, &outcome, self.desk)?;
        } else {
            let text = text_of(&outcome)?;
            db.write(&kiosk::KEEP_ANEW, &[self.of.into(), (&entry.id).into(), (&text).into()])?;
        }
        let (act, item, patron) = parts(&entry.what);
        let now = Kept {
            act: act.to_owned(),
            item: item.as_str().to_owned(),
            patron: patron.map(|patron| patron.as_str().to_owned()),
            outcome: outcome.clone(),
        };
        self.kept.insert(entry.id, now);
        answered(false, outcome)
    }
}

/// When an entry counts: an ask now, a fact when it happened, but never in the future.
fn counts_at(entry: &Entry, desk: &Desk) -> DateTime {
    match &entry.what {
        What::Tell { .. } if !is_ahead(entry, desk) => entry.at,
        What::Tell { .. } | What::Ask(_) | What::Cancel { .. } => desk.now,
    }
}

fn is_ahead(entry: &Entry, desk: &Desk) -> bool {
    entry.at > desk.now.saturating_add(MAX_AHEAD)
}

fn ask(
    db: &mut dyn Access,
    of: &Isil,
    id: TransactionId,
    act: &Act,
    facts: &Facts,
    desk: &Desk,
) -> Result<(Outcome, Done), StoreError> {
    let declined = |reason| (Outcome::Declined(reason), Done::Nothing);
    Ok(match act {
        Act::Checkout { patron, .. } => match circulate::checkout(db, of, patron, facts, desk, Some(id))? {
            Ok(loan) => {
                let done = Done::Moved { ended: None, lent: Some((patron.clone(), loan.due_on)) };
                (Outcome::Granted(grant(&loan.item, Some(loan.due_on), None)), done)
            }
            Err(reason) => declined(reason),
        },
        Act::Checkin { .. } => match circulate::checkin(db, of, facts, desk)? {
            Ok(back) => {
                let ended = facts.item_standing().and_then(|item| item.loan.clone());
                let grant = grant(&back.loan.item, None, Some(&back.route));
                (Outcome::Granted(grant), taken_back(facts, ended, desk))
            }
            Err(reason) => declined(reason),
        },
    })
}

/// What a return does: it may also cost something.
fn taken_back(facts: &Facts, ended: Option<Loan>, desk: &Desk) -> Done {
    let is_late = ended.as_ref().is_some_and(|loan| loan.due_on < desk.now.date());
    if is_late && facts.terms.is_some_and(|terms| terms.fine.fen_per_day > 0) {
        Done::More
    } else {
        Done::Moved { ended, lent: None }
    }
}

fn tell(
    db: &mut dyn Access,
    of: &Isil,
    entry: &Entry,
    act: &Act,
    (facts, fact): (Facts, Fact),
    desk: &Desk,
) -> Result<(Outcome, Done), StoreError> {
    // Logged at the time when it happened: a later fact of the same kiosk must not look older than this one.
    let then = Desk { now: fact.at, ..desk.clone() };
    let told = match act {
        Act::Checkout { patron, .. } => {
            let (standing, what) = (facts.patron_standing(), facts.item_standing());
            told_checkout(patron, standing, what, facts.terms, &facts.open, fact)
        }
        Act::Checkin { .. } => told_checkin(facts.item_standing(), fact),
    };
    let done = done(act, &facts, &told, &then);
    if matches!(told, Told::Nothing(_)) {
        // What is done is in the log, with the place.
        let how = match act {
            Act::Checkout { .. } => How::Loan,
            Act::Checkin { .. } => How::Return,
        };
        seen::here(db, of, &facts, how, &then)?;
    }
    let (due_on, exception, route) = record(db, of, entry.id, act, &facts, told, &then)?;
    let exception = exception.or_else(|| is_ahead(entry, desk).then_some(Exception::ClockAhead));
    if let Some(exception) = &exception {
        except(db, of, entry.id, act, exception, &then)?;
    }
    let grant = facts.item.map_or_else(Grant::default, |item| grant(&item.record, due_on, route.as_ref()));
    Ok((Outcome::Recorded { grant, exception }, done))
}

/// What [`record`] does to loans.
fn done(act: &Act, facts: &Facts, told: &Told, desk: &Desk) -> Done {
    match (told, act) {
        (Told::Lend { ended, due_on, .. }, Act::Checkout { patron, .. }) => {
            Done::Moved { ended: ended.clone(), lent: Some((patron.clone(), *due_on)) }
        }
        (Told::TakeBack(ended), _) => taken_back(facts, Some(ended.clone()), desk),
        (Told::Nothing(_), _) | (Told::Lend { .. }, Act::Checkin { .. }) => Done::Nothing,
    }
}

/// Due date, what staff must look at, where the item goes.
type Recorded = (Option<Date>, Option<Exception>, Option<Route>);

/// Applies a judged fact. Gives the due date of the loan that is there now, and where an item goes that came back.
fn record(
    db: &mut dyn Access,
    of: &Isil,
    id: TransactionId,
    act: &Act,
    facts: &Facts,
    told: Told,
    desk: &Desk,
) -> Result<Recorded, StoreError> {
    let there = || facts.item.as_ref().ok_or(StoreError::Missing("item"));
    match (told, act) {
        (Told::Lend { ended, due_on, exception }, Act::Checkout { patron, .. }) => {
            if let Some(ended) = ended {
                take_back(db, of, there()?, &ended, desk)?;
            }
            lend(db, of, there()?, (patron, due_on), desk, Some(id))?;
            Ok((Some(due_on), exception, None))
        }
        (Told::TakeBack(ended), _) => {
            let back = bring_back(db, of, facts, &ended, desk)?;
            Ok((None, None, Some(back.route)))
        }
        (Told::Nothing(None), Act::Checkout { item, .. }) => {
            // His already, by another way: from now on by this transaction, so that it can be cancelled.
            db.write(&kiosk::CLAIM_LOAN, &[of.into(), item.into(), (&id).into()])?;
            Ok((there()?.standing.loan.as_ref().map(|loan| loan.due_on), None, None))
        }
        (Told::Nothing(exception), Act::Checkin { .. }) => {
            circulate::came_back(db, of, facts, desk)?;
            Ok((None, exception, None))
        }
        (Told::Nothing(exception), Act::Checkout { .. }) => Ok((None, exception, None)),
        (Told::Lend { exception, .. }, Act::Checkin { .. }) => Ok((None, exception, None)),
    }
}

/// Undoes the loan that this transaction made, if it is still there. The hold that it fulfilled is a hold again.
fn cancel(
    db: &mut dyn Access,
    of: &Isil,
    id: TransactionId,
    item: &ItemId,
    facts: &Facts,
    desk: &Desk,
) -> Result<Outcome, StoreError> {
    let mine = db.rows(&kiosk::LOAN_OF, &[of.into(), item.into(), (&id).into()])?.into_iter().next();
    let standing = facts.item.as_ref().and_then(|item| Some((item, item.standing.loan.as_ref()?)));
    if let (Some(mut mine), Some((item_facts, loan))) = (mine, standing) {
        circulate::undo(db, of, &item_facts.record.item, loan, desk)?;
        let placed_at = mine.text_or_null("loan.hold_placed_at")?;
        let pickup = mine.text_or_null("loan.hold_pickup_branch")?;
        if let Some(placed_at) = placed_at {
            let patron = &loan.patron;
            let values =
                [of.into(), item.into(), patron.into(), (&placed_at).into(), pickup.as_deref().into()];
            db.write(&circulation_path::PLACE_HOLD, &values)?;
        }
    }
    Ok(Outcome::Cancelled)
}

/// What is kept of the entries of a batch.
fn kept(
    db: &mut dyn Access,
    of: &Isil,
    entries: &[Entry],
) -> Result<BTreeMap<TransactionId, Kept>, StoreError> {
    let corrupt = |_| StoreError::Corrupt { column: "kiosk_transaction.outcome", expected: "an outcome" };
    let mut questions: Vec<(&'static Statement, Vec<Value<'_>>)> = Vec::with_capacity(entries.len());
    for entry in entries {
        questions.push((&kiosk::KEPT, vec![of.into(), (&entry.id).into()]));
    }
    let mut all = BTreeMap::new();
    for (entry, rows) in entries.iter().zip(db.all(&questions)?) {
        let Some(mut row) = rows.into_iter().next() else { continue };
        let kept = Kept {
            act: row.text("kiosk_transaction.act")?,
            item: row.text("kiosk_transaction.item")?,
            patron: row.text_or_null("kiosk_transaction.patron")?,
            outcome: Outcome::parse(&row.text("kiosk_transaction.outcome")?).map_err(corrupt)?,
        };
        all.insert(entry.id, kept);
    }
    Ok(all)
}

/// Whether the transaction kept is the one that comes now. A cancellation came without a patron.
fn is_about(kept: &Kept, what: &What) -> bool {
    let (act, item, patron) = parts(what);
    let is_same_patron = match (&kept.patron, patron) {
        (Some(kept), Some(patron)) => kept == patron.as_str(),
        (Some(_) | None, _) => true,
    };
    kept.act == act && kept.item == item.as_str() && is_same_patron
}

fn parts(what: &What) -> (&'static str, &ItemId, Option<&PatronId>) {
    match what {
        What::Ask(act) | What::Tell { act, .. } => match act {
            Act::Checkout { patron, item } => (CHECKOUT, item, Some(patron)),
            Act::Checkin { item } => (CHECKIN, item, None),
        },
        What::Cancel { item } => (CHECKOUT, item, None),
    }
}

fn keep(
    db: &mut dyn Access,
    of: &Isil,
    entry: &Entry,
    outcome: &Outcome,
    desk: &Desk,
) -> Result<(), StoreError> {
    let text = text_of(outcome)?;
    let (act, item, patron) = parts(&entry.what);
    let (happened, applied) = (clock::stamp(entry.at), clock::stamp(desk.now));
    let values = [
        of.into(),
        (&entry.id).into(),
        act.into(),
        item.into(),
        patron.map(PatronId::as_str).into(),
        (&desk.opuser).into(),
        (&happened).into(),
        (&applied).into(),
        (&text).into(),
    ];
    db.write(&kiosk::KEEP, &values)
}

fn text_of(outcome: &Outcome) -> Result<String, StoreError> {
    let unwritable = |_| StoreError::Corrupt { column: "kiosk_transaction.outcome", expected: "JSON" };
    outcome.to_text().map_err(unwritable)
}

fn except(
    db: &mut dyn Access,
    of: &Isil,
    id: TransactionId,
    act: &Act,
    exception: &Exception,
    desk: &Desk,
) -> Result<(), StoreError> {
    let (word, patron) = match act {
        Act::Checkout { patron, .. } => (CHECKOUT, Some(patron.as_str())),
        Act::Checkin { .. } => (CHECKIN, None),
    };
    let happened = clock::stamp(desk.now);
    let values: [Value<'_>; 8] = [
        of.into(),
        (&id).into(),
        exception.code().into(),
        word.into(),
        act.item().into(),
        patron.into(),
        (&desk.opuser).into(),
        (&happened).into(),
    ];
    db.write(&kiosk::EXCEPT, &values)
}

fn grant(item: &ItemRecord, due: Option<Date>, route: Option<&Route>) -> Grant {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Grant {
        description: Description {
            title: filled(&item.title),
            author: filled(&item.author),
            call_number: filled(&item.call_number),
        },
        due,
        destination: route.map(Route::destination),
    }
}

const CHECKOUT: &str = "checkout";
const CHECKIN: &str = "checkin";

/// Clocks may differ by this much before one of them is called wrong.
const MAX_AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
