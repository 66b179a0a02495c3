//! What kiosks mirror: pages of a snapshot, and what changed after a cursor.

use circulation::id::{Isil, ItemId, PatronId};
use circulation::policy::{ItemState, PatronState};
use jiff::civil::Date;
use sync_client::kiosk_api::{
    BranchName, Cursor, ItemEntry, Line, PatronEntry, PatronType, PinHash, Place, Record, RuleSet, Term,
};
use sync_client::wire::code;

use super::engine::{Access, Row};
use super::facts;
use super::statement::{feed, look};
use super::{Changes, Store, StoreError};
use crate::ledger::{CardState, OpenDays};

impl Store {
    /// Where the list of changes ends now.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn cursor(&self, of: &Isil) -> Result<Cursor, StoreError> {
        self.number_changes(of)?;
        let counter = self.look(|db| counter(db, of))?;
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
        self.look(|db| page(db, of, place, today))
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
        self.number_changes(of)?;
        self.look(|db| {
            // The counter first: all that it counts is there when the rows are read. What comes between the two reads has
            // a higher number, and things are read after their numbers: never older than the cursor says.
            let counter = counter(db, of)?;
            let Some(after) = place_in(&counter, after) else { return Ok(None) };
            let mut found = Vec::new();
            for mut row in db.rows(&feed::CHANGES, &[of.into(), after.into(), max.into()])? {
                found.push((row.int("change.seq")?, row.text("change.kind")?, row.text("change.id")?));
            }
            let last = found.last().map_or(after, |(seq, ..)| *seq);
            let more = last < counter.last_seq && !found.is_empty();
            // Where nothing is left between here and the end, the next question may start at the end.
            let cursor = cursor(&counter.epoch, if more { last } else { last.max(counter.last_seq) })?;
            let lines = found.iter().map(|(_, kind, id)| line(db, of, kind, id, today));
            Ok(Some(Changes { lines: lines.collect::<Result<_, _>>()?, cursor, more }))
        })
    }

    /// Gives numbers to the changes that were committed without one; see [`feed`].
    fn number_changes(&self, of: &Isil) -> Result<(), StoreError> {
        if self.look(|db| Ok(db.rows(&feed::HAS_PENDING, &[of.into()])?.is_empty()))? {
            return Ok(());
        }
        self.change(|db| {
            db.rows(&feed::LOCK_LIST, &[of.into()])?;
            db.write(&feed::NUMBER, &[of.into()])
        })
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
        self.change(|db| {
            db.write(&feed::KEEP_KIOSK_PIN, &[of.into(), patron.into(), checked.into(), hash.into()])
        })
    }

    /// Whether kiosks have a hash of a patron's password.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn has_kiosk_pin(&self, of: &Isil, patron: &PatronId) -> Result<bool, StoreError> {
        self.look(|db| Ok(!db.rows(&feed::HAS_KIOSK_PIN, &[of.into(), patron.into()])?.is_empty()))
    }
}

fn page(db: &mut dyn Access, of: &Isil, place: Option<&Place>, today: Date) -> Result<Vec<Line>, StoreError> {
    let (mut lines, after_item) = match place {
        None => (vec![Line::Rules(rules(db, of, today)?)], ""),
        Some(Place::Patron(_)) => (Vec::new(), ""),
        Some(Place::Item(item)) => (Vec::new(), item.as_str()),
    };
    let after_patron = match place {
        None => Some(""),
        Some(Place::Patron(patron)) => Some(patron.as_str()),
        Some(Place::Item(_)) => None,
    };
    if let Some(after) = after_patron {
        for row in db.rows(&feed::PATRON_ENTRIES, &[of.into(), after.into(), PAGE.into()])? {
            lines.push(Line::Patron(patron(row)?));
        }
    }
    if after_patron.is_none() || lines.len() < PAGE_LEN {
        for row in db.rows(&feed::ITEM_ENTRIES, &[of.into(), after_item.into(), PAGE.into()])? {
            lines.push(Line::Item(item(row)?));
        }
    }
    Ok(lines)
}

struct Counter {
    epoch: String,
    last_seq: i64,
    floor: i64,
}

fn counter(db: &mut dyn Access, of: &Isil) -> Result<Counter, StoreError> {
    let row = db.rows(&feed::COUNTER, &[of.into()])?.into_iter().next();
    let mut row = row.ok_or(StoreError::Missing("change_counter"))?;
    Ok(Counter {
        epoch: row.text("change_counter.epoch")?,
        last_seq: row.int("change_counter.last_seq")?,
        floor: row.int("change_counter.floor")?,
    })
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

fn line(db: &mut dyn Access, of: &Isil, kind: &str, id: &str, today: Date) -> Result<Line, StoreError> {
    match kind {
        "patron" => {
            let found = db.rows(&feed::PATRON_ENTRY, &[of.into(), id.into()])?.into_iter().next();
            let corrupt = |_| StoreError::Corrupt { column: "change.id", expected: "a card number" };
            match found {
                Some(row) => patron(row).map(Line::Patron),
                None => Ok(Line::PatronGone(PatronId::parse(id).map_err(corrupt)?)),
            }
        }
        "item" => {
            let found = db.rows(&feed::ITEM_ENTRY, &[of.into(), id.into()])?.into_iter().next();
            let corrupt = |_| StoreError::Corrupt { column: "change.id", expected: "a barcode" };
            match found {
                Some(row) => item(row).map(Line::Item),
                None => Ok(Line::ItemGone(ItemId::parse(id).map_err(corrupt)?)),
            }
        }
        _ => Ok(Line::Rules(rules(db, of, today)?)),
    }
}

fn rules(db: &mut dyn Access, of: &Isil, today: Date) -> Result<RuleSet, StoreError> {
    let patron_type = |mut row: Row| {
        Ok(PatronType {
            name: row.text("patron_type.patron_type")?,
            loan_limit: row.number("patron_type.loan_limit")?,
        })
    };
    let term = |mut row: Row| {
        Ok(Term {
            patron_type: row.text("loan_rule.patron_type")?,
            item_type: row.text("loan_rule.item_type")?,
            period_days: row.number("loan_rule.period_days")?,
        })
    };
    let types = db.rows(&feed::PATRON_TYPES, &[of.into()])?.into_iter().map(patron_type);
    let patron_types = types.collect::<Result<_, StoreError>>()?;
    let terms = db.rows(&feed::TERMS, &[of.into()])?.into_iter().map(term);
    let terms = terms.collect::<Result<_, StoreError>>()?;
    let branch =
        |mut row: Row| Ok(BranchName { code: row.text("branch.branch")?, name: row.text("branch.name")? });
    let branches = db.rows(&look::BRANCHES, &[of.into()])?.into_iter().map(branch);
    let branches = branches.collect::<Result<_, StoreError>>()?;
    Ok(RuleSet { patron_types, terms, closed: closed(db, of, today)?, branches })
}

/// Closing days as kiosks know them: days only, so that weekdays are told as days, as far ahead as a loan may reach.
fn closed(db: &mut dyn Access, of: &Isil, today: Date) -> Result<Vec<Date>, StoreError> {
    let day = today.to_string();
    let rows = db.rows(&feed::CLOSING, &[of.into(), (&day).into()])?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(Vec::new()) };
    let weekdays = facts::weekdays(row.number("institution.closed_weekdays")?)?;
    let mut days = facts::days(row.text_or_null("closing_day.day")?.as_deref())?;
    days.extend(OpenDays::weekdays_as_days(weekdays, today, DAYS_AHEAD));
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

fn patron(mut row: Row) -> Result<PatronEntry, StoreError> {
    let id = row.patron("patron.patron")?;
    let patron_type = row.text("patron.patron_type")?;
    let state = CardState::of_code(&row.text("patron.state")?);
    let (starts_on, ends_on) = (row.day("patron.starts_on")?, row.day("patron.ends_on")?);
    let n_loans = row.number("loan")?;
    let pin = row.text_or_null("patron.kiosk_pin_hash")?;
    let owes_too_much = row.flag("patron.debt_fen")?;
    let is_blocked = row.flag("patron_block")?;
    Ok(PatronEntry {
        id,
        patron_type,
        state: match patron_state(state, owes_too_much) {
            // Kiosks know one word for it: what staff has against somebody is told at the desk.
            PatronState::Valid if is_blocked => PatronState::Suspended,
            state @ (PatronState::Valid
            | PatronState::Unverified
            | PatronState::Lost
            | PatronState::Suspended
            | PatronState::Cancelled
            | PatronState::Owes) => state,
        },
        starts_on,
        ends_on,
        n_loans,
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

fn item(mut row: Row) -> Result<ItemEntry, StoreError> {
    let id = row.item("item.item")?;
    let (item_type, branch) = (row.text("item.item_type")?, row.text("item.branch")?);
    let (title, call_number) = (row.text("item.title")?, row.text("item.call_number")?);
    let is_there = row.text("item.state")? == code::holding::IN_LIBRARY;
    let (is_lent, is_held) = (row.flag("loan")?, row.flag("hold")?);
    let state = match (is_lent, is_there, is_held) {
        (true, _, _) => ItemState::OnLoan,
        (false, false, _) => ItemState::NotForLoan,
        (false, true, true) => ItemState::Held,
        (false, true, false) => ItemState::Free,
    };
    let owner = row.institution("item.institution")?;
    let record = Record {
        author: row.text("item.author")?,
        isbn: row.text("item.isbn")?,
        language: row.text("item.language")?,
        shelf: row.text("item.shelf")?,
    };
    Ok(ItemEntry { id, item_type, owner, branch, state, title, call_number, record })
}

/// Lines of one kind on a page.
const PAGE: u32 = 1000;
const PAGE_LEN: usize = PAGE as usize;

/// Days ahead for which closed weekdays are told: longer than the loans that kiosks grant by themselves.
const DAYS_AHEAD: i64 = 400;

#[cfg(test)]
mod tests;
