//! What kiosks mirror: pages of a snapshot, and what changed after a cursor.

use circulation::id::{Isil, PatronId};
use circulation::policy::{ItemState, PatronState};
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};
use sync_client::kiosk_api::{
    BranchName, Cursor, ItemEntry, Line, PatronEntry, PatronType, PinHash, Place, Record, RuleSet, Term,
};
use sync_client::wire::code;

use super::{Store, row};
use crate::ledger::CardState;
use crate::store::{Changes, StoreError};

impl Store {
    /// Where the list of changes ends now.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn cursor(&self, of: &Isil) -> Result<Cursor, StoreError> {
        let counter = counter(&self.reader(), of)?;
        cursor(&counter.epoch, counter.last_seq)
    }

    /// The lines of a snapshot behind `place` (nothing: from the start), a page of them, and none at its end.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn snapshot_page(
        &self,
        of: &Isil,
        place: Option<&Place>,
        today: Date,
    ) -> Result<Vec<Line>, StoreError> {
        let reader = self.reader();
        let (mut lines, after_item) = match place {
            None => (vec![Line::Rules(rules(&reader, of, today)?)], ""),
            Some(Place::Patron(_)) => (Vec::new(), ""),
            Some(Place::Item(item)) => (Vec::new(), item.as_str()),
        };
        let after_patron = match place {
            None => Some(""),
            Some(Place::Patron(patron)) => Some(patron.as_str()),
            Some(Place::Item(_)) => None,
        };
        if let Some(after) = after_patron {
            let mut query = reader.prepare_cached(&format!(
                "SELECT {PATRON} WHERE p.institution = ?1 AND p.patron > ?2 ORDER BY p.patron LIMIT ?3"
            ))?;
            for patron in query.query_and_then(params![of.as_str(), after, PAGE], patron)? {
                lines.push(Line::Patron(patron?));
            }
        }
        if after_patron.is_none() || lines.len() < PAGE_LEN {
            let mut query = reader.prepare_cached(&format!(
                "SELECT {ITEM} WHERE i.institution = ?1 AND i.item > ?2 ORDER BY i.item LIMIT ?3"
            ))?;
            for item in query.query_and_then(params![of.as_str(), after_item, PAGE], item)? {
                lines.push(Line::Item(item?));
            }
        }
        Ok(lines)
    }

    /// What changed after a cursor, each thing as it is now, at most `max` things. Nothing if the cursor is not of this
    /// database, or too old: only a snapshot helps then.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn changes(
        &self,
        of: &Isil,
        after: &Cursor,
        today: Date,
        max: u32,
    ) -> Result<Option<Changes>, StoreError> {
        let reader = self.reader();
        // One moment for all that is read.
        let db = reader.unchecked_transaction()?;
        let counter = counter(&db, of)?;
        let Some(after) = place_in(&counter, after) else { return Ok(None) };
        let mut query = db.prepare_cached(
            "SELECT seq, kind, id FROM change WHERE institution = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
        )?;
        let columns = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let found: Vec<(i64, String, String)> =
            query.query_map(params![of.as_str(), after, max], columns)?.collect::<Result<_, _>>()?;
        let last = found.last().map_or(after, |(seq, ..)| *seq);
        let more = last < counter.last_seq && !found.is_empty();
        // Where nothing is left between here and the end, the next question may start at the end.
        let cursor = cursor(&counter.epoch, if more { last } else { counter.last_seq })?;
        let lines = found.iter().map(|(_, kind, id)| line(&db, of, kind, id, today));
        Ok(Some(Changes { lines: lines.collect::<Result<_, _>>()?, cursor, more }))
    }

    /// Keeps the hash of a patron's password for kiosks, unless the password is not that behind `checked` any more.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn keep_kiosk_pin(
        &self,
        of: &Isil,
        patron: &PatronId,
        checked: &str,
        hash: &str,
    ) -> Result<(), StoreError> {
        self.change(|tx| {
            tx.prepare_cached(
                "UPDATE patron SET kiosk_pin_hash = ?4 \
                 WHERE institution = ?1 AND patron = ?2 AND password_hash = ?3",
            )?
            .execute(params![of.as_str(), patron.as_str(), checked, hash])?;
            Ok(())
        })
    }

    /// Whether kiosks have a hash of a patron's password.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn has_kiosk_pin(&self, of: &Isil, patron: &PatronId) -> Result<bool, StoreError> {
        let has = self
            .reader()
            .prepare_cached(
                "SELECT count(*) FROM patron \
                 WHERE institution = ?1 AND patron = ?2 AND kiosk_pin_hash IS NOT NULL",
            )?
            .query_row(params![of.as_str(), patron.as_str()], |row| row.get::<_, i64>(0))?;
        Ok(has > 0)
    }
}

struct Counter {
    epoch: String,
    last_seq: i64,
    floor: i64,
}

fn counter(db: &Connection, of: &Isil) -> Result<Counter, StoreError> {
    let counter = db
        .prepare_cached("SELECT epoch, last_seq, floor FROM change_counter WHERE institution = ?1")?
        .query_row([of.as_str()], |row| {
            Ok(Counter { epoch: row.get(0)?, last_seq: row.get(1)?, floor: row.get(2)? })
        })?;
    Ok(counter)
}

fn cursor(epoch: &str, seq: i64) -> Result<Cursor, StoreError> {
    let corrupt = StoreError::Corrupt { column: "change_counter.epoch", expected: "hexadecimal digits" };
    Cursor::parse(&format!("{epoch}-{seq}")).ok_or(corrupt)
}

/// The place behind a cursor, if the changes after it are all here.
fn place_in(counter: &Counter, cursor: &Cursor) -> Option<i64> {
    let (epoch, seq) = cursor.as_str().split_once('-')?;
    let seq = seq.parse().ok()?;
    (epoch == counter.epoch && (counter.floor..=counter.last_seq).contains(&seq)).then_some(seq)
}

fn line(db: &Connection, of: &Isil, kind: &str, id: &str, today: Date) -> Result<Line, StoreError> {
    match kind {
        "patron" => {
            let sql = format!("SELECT {PATRON} WHERE p.institution = ?1 AND p.patron = ?2");
            let mut query = db.prepare_cached(&sql)?;
            let found = query.query_and_then(params![of.as_str(), id], patron)?.next().transpose()?;
            Ok(match found {
                Some(patron) => Line::Patron(patron),
                None => Line::PatronGone(row::patron_id(id)?),
            })
        }
        "item" => {
            let sql = format!("SELECT {ITEM} WHERE i.institution = ?1 AND i.item = ?2");
            let mut query = db.prepare_cached(&sql)?;
            let found = query.query_and_then(params![of.as_str(), id], item)?.next().transpose()?;
            Ok(match found {
                Some(item) => Line::Item(item),
                None => Line::ItemGone(row::item_id(id)?),
            })
        }
        _ => Ok(Line::Rules(rules(db, of, today)?)),
    }
}

fn rules(db: &Connection, of: &Isil, today: Date) -> Result<RuleSet, StoreError> {
    let mut types = db.prepare_cached(
        "SELECT patron_type, loan_limit FROM patron_type WHERE institution = ?1 ORDER BY patron_type",
    )?;
    let patron_type = |row: &Row<'_>| Ok(PatronType { name: row.get(0)?, loan_limit: row.get(1)? });
    let mut terms = db.prepare_cached(
        "SELECT patron_type, item_type, period_days FROM loan_rule WHERE institution = ?1 \
         ORDER BY patron_type, item_type",
    )?;
    let term = |row: &Row<'_>| {
        Ok(Term { patron_type: row.get(0)?, item_type: row.get(1)?, period_days: row.get(2)? })
    };
    let mut closed =
        db.prepare_cached("SELECT day FROM closing_day WHERE institution = ?1 AND day >= ?2 ORDER BY day")?;
    let day = |row: &Row<'_>| row::day("closing_day.day", &row.get::<_, String>(0)?);
    let mut branches =
        db.prepare_cached("SELECT branch, name FROM branch WHERE institution = ?1 ORDER BY branch")?;
    let branch = |row: &Row<'_>| Ok(BranchName { code: row.get(0)?, name: row.get(1)? });
    Ok(RuleSet {
        patron_types: types.query_map([of.as_str()], patron_type)?.collect::<Result<_, _>>()?,
        terms: terms.query_map([of.as_str()], term)?.collect::<Result<_, _>>()?,
        closed: closed
            .query_and_then(params![of.as_str(), today.to_string()], day)?
            .collect::<Result<_, StoreError>>()?,
        branches: branches.query_map([of.as_str()], branch)?.collect::<Result<_, _>>()?,
    })
}

fn patron(row: &Row<'_>) -> Result<PatronEntry, StoreError> {
    let pin: Option<String> = row.get(6)?;
    let owes_too_much: bool = row.get(7)?;
    Ok(PatronEntry {
        id: row::patron_id(&row.get::<_, String>(0)?)?,
        patron_type: row.get(1)?,
        state: patron_state(CardState::of_code(&row.get::<_, String>(2)?), owes_too_much),
        starts_on: row::day("patron.starts_on", &row.get::<_, String>(3)?)?,
        ends_on: row::day("patron.ends_on", &row.get::<_, String>(4)?)?,
        n_loans: row.get(5)?,
        // A hash that no kiosk would take is as good as none.
        pin: pin.as_deref().and_then(PinHash::parse),
    })
}

const fn patron_state(state: CardState, owes_too_much: bool) -> PatronState {
    match state {
        CardState::Valid | CardState::Credit if owes_too_much => PatronState::Owes,
        CardState::Valid | CardState::Credit => PatronState::Valid,
        CardState::Unverified => PatronState::Unverified,
        CardState::Lost => PatronState::Lost,
        CardState::Suspended => PatronState::Suspended,
        CardState::Cancelled => PatronState::Cancelled,
    }
}

fn item(row: &Row<'_>) -> Result<ItemEntry, StoreError> {
    let (state, is_lent, is_held): (String, bool, bool) = (row.get(5)?, row.get(6)?, row.get(7)?);
    let state = match (is_lent, state.as_str() == code::holding::IN_LIBRARY, is_held) {
        (true, _, _) => ItemState::OnLoan,
        (false, false, _) => ItemState::NotForLoan,
        (false, true, true) => ItemState::Held,
        (false, true, false) => ItemState::Free,
    };
    Ok(ItemEntry {
        id: row::item_id(&row.get::<_, String>(0)?)?,
        item_type: row.get(1)?,
        owner: row::institution(&row.get::<_, String>(8)?)?,
        branch: row.get(2)?,
        state,
        title: row.get(3)?,
        call_number: row.get(4)?,
        record: Record { author: row.get(9)?, isbn: row.get(10)?, ..Record::default() },
    })
}

const PATRON: &str = "p.patron, p.patron_type, p.state, p.starts_on, p.ends_on, \
    (SELECT count(*) FROM loan AS l WHERE l.institution = p.institution AND l.patron = p.patron), \
    p.kiosk_pin_hash, p.debt_fen > n.debt_limit_fen \
    FROM patron AS p JOIN institution AS n ON n.institution = p.institution";

const ITEM: &str = "i.item, i.item_type, i.branch, i.title, i.call_number, i.state, \
    EXISTS (SELECT 1 FROM loan AS l WHERE l.institution = i.institution AND l.item = i.item), \
    EXISTS (SELECT 1 FROM hold AS h WHERE h.institution = i.institution AND h.item = i.item), i.institution, \
    i.author, i.isbn FROM item AS i";

/// Lines of one kind on a page.
const PAGE: u32 = 1000;
const PAGE_LEN: usize = PAGE as usize;

#[cfg(test)]
mod tests;
