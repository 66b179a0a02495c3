//! A kiosk's transactions: each applied once, its answer kept in the SQL transaction that applied it.
//!
//! **Rule**: a batch is one SQL transaction, applied in its order: all of it is on the disk, or nothing.

use circulation::id::{Isil, ItemId, PatronId, TransactionId};
use circulation::item::Description;
use circulation::policy::Calendar;
use circulation::transaction::{Act, Grant};
use jiff::civil::{Date, DateTime};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use sync_client::kiosk_api::{Answered, Batch, Entry, Exception, Outcome, What};

use super::apply::{self, lend, loan_of, take_back};
use super::facts::{self, Facts, terms_between};
use super::{Store, read, row};
use crate::clock;
use crate::ledger::{Fact, Told, told_checkin, told_checkout};
use crate::store::{Desk, ItemRecord, StaffException, StoreError};

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
        self.change(|tx| {
            let desk = Desk { opuser: batch.opuser.clone(), now };
            batch.entries.iter().map(|entry| transact(tx, of, entry, &desk)).collect()
        })
    }

    /// What staff must look at and nobody has settled, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn exceptions(&self, of: &Isil) -> Result<Vec<StaffException>, StoreError> {
        let reader = self.reader();
        let mut query = reader.prepare_cached(
            "SELECT seq, code, act, item, happened_at, opuser FROM staff_exception \
             WHERE institution = ?1 AND settled_at IS NULL ORDER BY seq",
        )?;
        query
            .query_and_then([of.as_str()], |row| {
                Ok(StaffException {
                    seq: row.get(0)?,
                    code: row.get(1)?,
                    act: row.get(2)?,
                    item: row::item_id(&row.get::<_, String>(3)?)?,
                    happened_at: row::time("staff_exception.happened_at", &row.get::<_, String>(4)?)?,
                    opuser: row.get(5)?,
                })
            })?
            .collect()
    }
}

fn transact(tx: &Transaction<'_>, of: &Isil, entry: &Entry, desk: &Desk) -> Result<Answered, StoreError> {
    let kept = kept(tx, of, entry.id)?;
    let answered = |already, outcome| Ok(Answered { id: entry.id, already, outcome });
    if let Some(kept) = &kept {
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
    let outcome = match &entry.what {
        What::Ask(act) => ask(tx, of, entry.id, act, desk)?,
        What::Tell { act, due } => tell(tx, of, entry, (act, *due), desk)?,
        What::Cancel { item } => cancel(tx, of, entry.id, item, desk)?,
    };
    keep(tx, of, entry, &outcome, desk)?;
    answered(false, outcome)
}

fn ask(
    tx: &Transaction<'_>,
    of: &Isil,
    id: TransactionId,
    act: &Act,
    desk: &Desk,
) -> Result<Outcome, StoreError> {
    let (verdict, is_loan) = match act {
        Act::Checkout { patron, item } => (apply::checkout(tx, of, (patron, item), desk, Some(id))?, true),
        Act::Checkin { item } => (apply::checkin(tx, of, item, desk)?, false),
    };
    Ok(match verdict {
        Ok(loan) => Outcome::Granted(grant(&loan.item, is_loan.then_some(loan.due_on))),
        Err(reason) => Outcome::Declined(reason),
    })
}

fn tell(
    tx: &Transaction<'_>,
    of: &Isil,
    entry: &Entry,
    (act, due): (&Act, Option<Date>),
    desk: &Desk,
) -> Result<Outcome, StoreError> {
    let is_ahead = entry.at > desk.now.saturating_add(MAX_AHEAD);
    let at = if is_ahead { desk.now } else { entry.at };
    let item = act.item();
    let facts = Facts::read(tx, of, item)?;
    let fact = Fact { at, moved_at: facts::moved_at(tx, of, item)?, due };
    // Logged at the time when it happened: a later fact of the same kiosk must not look older than this one.
    let desk = Desk { now: at, ..desk.clone() };
    let told = match act {
        Act::Checkout { patron, .. } => {
            let record = read::patron(tx, of, patron)?;
            let (standing, terms) = terms_between(tx, of, record.as_ref(), facts.item.as_ref())?;
            let calendar: Calendar = facts::calendar(tx, of, at.date())?;
            told_checkout(patron, standing.as_ref(), facts.standing.as_ref(), terms, &calendar, fact)
        }
        Act::Checkin { .. } => told_checkin(facts.standing.as_ref(), fact),
    };
    let (due_on, exception) = record(tx, of, entry.id, act, told, &desk)?;
    let exception = exception.or_else(|| is_ahead.then_some(Exception::ClockAhead));
    if let Some(exception) = &exception {
        except(tx, of, entry.id, act, exception, &desk)?;
    }
    let grant = facts.item.map_or_else(Grant::default, |record| grant(&record, due_on));
    Ok(Outcome::Recorded { grant, exception })
}

/// Applies a judged fact. Gives the due date of the loan that is there now.
fn record(
    tx: &Transaction<'_>,
    of: &Isil,
    id: TransactionId,
    act: &Act,
    told: Told,
    desk: &Desk,
) -> Result<(Option<Date>, Option<Exception>), StoreError> {
    match (told, act) {
        (Told::Lend { ended, due_on, exception }, Act::Checkout { patron, item }) => {
            if let Some(ended) = ended {
                take_back(tx, of, item, &ended, desk)?;
            }
            lend(tx, of, (patron, item, due_on), desk, Some(id))?;
            Ok((Some(due_on), exception))
        }
        (Told::TakeBack(ended), act) => {
            take_back(tx, of, act.item(), &ended, desk)?;
            Ok((None, None))
        }
        (Told::Nothing(None), Act::Checkout { item, .. }) => {
            // His already, by another way: from now on by this transaction, so that it can be cancelled.
            tx.prepare_cached("UPDATE loan SET transaction_id = ?3 WHERE institution = ?1 AND item = ?2")?
                .execute(params![of.as_str(), item.as_str(), id.as_bytes()])?;
            Ok((Some(loan_of(tx, of, item)?.due_on), None))
        }
        (Told::Nothing(exception), _) => Ok((None, exception)),
        (Told::Lend { exception, .. }, Act::Checkin { .. }) => Ok((None, exception)),
    }
}

/// Undoes the loan that this transaction made, if it is still there. The hold that it fulfilled is a hold again.
fn cancel(
    tx: &Transaction<'_>,
    of: &Isil,
    id: TransactionId,
    item: &ItemId,
    desk: &Desk,
) -> Result<Outcome, StoreError> {
    let mine: Option<Option<String>> = tx
        .prepare_cached(
            "SELECT hold_placed_at FROM loan WHERE institution = ?1 AND item = ?2 AND transaction_id = ?3",
        )?
        .query_row(params![of.as_str(), item.as_str(), id.as_bytes()], |row| row.get(0))
        .optional()?;
    let loan = Facts::read(tx, of, item)?.standing.and_then(|standing| standing.loan);
    if let (Some(placed_at), Some(loan)) = (mine, loan) {
        take_back(tx, of, item, &loan, desk)?;
        if let Some(placed_at) = placed_at {
            tx.prepare_cached(
                "INSERT OR IGNORE INTO hold (institution, item, patron, placed_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![of.as_str(), item.as_str(), loan.patron.as_str(), placed_at])?;
        }
    }
    Ok(Outcome::Cancelled)
}

fn kept(db: &Connection, of: &Isil, id: TransactionId) -> Result<Option<Kept>, StoreError> {
    let corrupt = StoreError::Corrupt { column: "kiosk_transaction.outcome", expected: "an outcome" };
    let columns = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?));
    let found = db
        .prepare_cached(
            "SELECT act, item, patron, outcome FROM kiosk_transaction WHERE institution = ?1 AND id = ?2",
        )?
        .query_row(params![of.as_str(), id.as_bytes()], columns)
        .optional()?;
    let Some((act, item, patron, outcome)) = found else { return Ok(None) };
    let outcome = Outcome::parse(&outcome).map_err(|_| corrupt)?;
    Ok(Some(Kept { act, item, patron, outcome }))
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
    tx: &Transaction<'_>,
    of: &Isil,
    entry: &Entry,
    outcome: &Outcome,
    desk: &Desk,
) -> Result<(), StoreError> {
    let unwritable = |_| StoreError::Corrupt { column: "kiosk_transaction.outcome", expected: "JSON" };
    let text = outcome.to_text().map_err(unwritable)?;
    let (act, item, patron) = parts(&entry.what);
    tx.prepare_cached(
        "INSERT INTO kiosk_transaction \
             (institution, id, act, item, patron, opuser, happened_at, applied_at, outcome) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
         ON CONFLICT (institution, id) DO UPDATE SET outcome = excluded.outcome",
    )?
    .execute(params![
        of.as_str(),
        entry.id.as_bytes(),
        act,
        item.as_str(),
        patron.map(PatronId::as_str),
        desk.opuser,
        clock::stamp(entry.at),
        clock::stamp(desk.now),
        text
    ])?;
    Ok(())
}

fn except(
    tx: &Transaction<'_>,
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
    tx.prepare_cached(
        "INSERT INTO staff_exception \
             (institution, seq, transaction_id, code, act, item, patron, opuser, happened_at) \
         SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 \
         FROM staff_exception WHERE institution = ?1",
    )?
    .execute(params![
        of.as_str(),
        id.as_bytes(),
        exception.code(),
        word,
        act.item().as_str(),
        patron,
        desk.opuser,
        clock::stamp(desk.now)
    ])?;
    Ok(())
}

fn grant(item: &ItemRecord, due: Option<Date>) -> Grant {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Grant {
        description: Description {
            title: filled(&item.title),
            author: filled(&item.author),
            call_number: filled(&item.call_number),
        },
        due,
    }
}

const CHECKOUT: &str = "checkout";
const CHECKIN: &str = "checkin";

/// Clocks may differ by this much before one of them is called wrong.
const MAX_AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
