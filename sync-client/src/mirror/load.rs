//! Filling the mirror: snapshots into the generation that nobody looks at, changes into the one that is looked at.

use std::collections::BTreeMap;

use circulation::policy::{ItemState, PatronState};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Mirror, MirrorError, title};
use crate::kiosk_api::{Cursor, Head, ItemEntry, Line, PatronEntry, Place, RuleSet};

/// A refresh under way. One at a time; dropping it stops there, and a snapshot can go on later.
#[derive(Debug)]
pub struct Loader {
    mirror: Mirror,
    target: Target,
    generation: i64,
    known: Known,
}

/// What was met so far; nothing of it after a chunk that was rolled back, for it may not be in the file.
#[derive(Debug, Default)]
struct Known {
    /// codes of words
    words: BTreeMap<String, i64>,
    /// numbers of titles by their keys, while there is no index yet; nothing: not read from the file yet
    titles: Option<BTreeMap<i64, i64>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Snapshot,
    Changes,
}

/// A snapshot that broke off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// where its changes begin
    pub cursor: Cursor,
    /// behind what it goes on
    pub place: Place,
}

impl Mirror {
    /// Starts a snapshot, dropping one that broke off.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn start_snapshot(&self, head: &Head) -> Result<Loader, MirrorError> {
        let loader = self.loader(Target::Snapshot, |db| Ok(1 - active(db)?.unwrap_or(1)))?;
        let generation = loader.generation;
        self.write(|db| {
            drop_generation(db, generation)?;
            db.execute_batch(&GENERATION.replace('?', &generation.to_string()))?;
            run(db, "UPDATE meta SET next_cursor = ?1, next_place = NULL", [head.cursor.as_str()])
        })?;
        Ok(loader)
    }

    /// The snapshot that broke off, if it had got anywhere.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn broken_off(&self) -> Result<Option<Progress>, MirrorError> {
        self.read(|db| {
            db.query_row("SELECT next_cursor, next_place FROM meta", (), |row| {
                let (cursor, place): (Option<String>, Option<String>) = (row.get(0)?, row.get(1)?);
                let cursor = cursor.as_deref().and_then(Cursor::parse);
                let place = place.as_deref().and_then(Place::parse);
                Ok(cursor.zip(place).map(|(cursor, place)| Progress { cursor, place }))
            })
        })
    }

    /// Goes on with the snapshot that broke off.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn resume_snapshot(&self) -> Result<Loader, MirrorError> {
        self.loader(Target::Snapshot, |db| Ok(1 - active(db)?.unwrap_or(1)))
    }

    /// Starts to apply changes.
    ///
    /// # Errors
    /// [`MirrorError::OutOfOrder`] if there is nothing to be changed yet.
    pub fn start_changes(&self) -> Result<Loader, MirrorError> {
        let generation = self.read(active)?.ok_or(MirrorError::OutOfOrder)?;
        self.loader(Target::Changes, |_| Ok(generation))
    }

    fn loader(
        &self,
        target: Target,
        generation: impl FnOnce(&Connection) -> Result<i64, rusqlite::Error>,
    ) -> Result<Loader, MirrorError> {
        let generation = self.read(generation)?;
        self.start_loading()?;
        Ok(Loader { mirror: self.clone(), target, generation, known: Known::default() })
    }
}

impl Loader {
    /// Writes lines between head and end, some hundreds in one commit.
    ///
    /// # Errors
    /// [`MirrorError`]; the chunks before stand.
    pub fn put(&mut self, lines: &[Line]) -> Result<(), MirrorError> {
        for chunk in lines.chunks(CHUNK) {
            let is_body = |line: &Line| match line {
                Line::Head(_) | Line::End(_) => false,
                Line::Rules(_)
                | Line::Patron(_)
                | Line::Item(_)
                | Line::PatronGone(_)
                | Line::ItemGone(_) => true,
            };
            if !chunk.iter().all(is_body) {
                return Err(MirrorError::OutOfOrder);
            }
            let (generation, target) = (self.generation, self.target);
            // What was given in a chunk that is rolled back must not be remembered.
            let mut known = core::mem::take(&mut self.known);
            self.mirror.write(|db| {
                if target == Target::Snapshot && known.titles.is_none() {
                    known.titles = Some(title::all(db, generation)?);
                }
                for line in chunk {
                    put(db, generation, &mut known, line)?;
                }
                match (target, chunk.iter().rev().find_map(place)) {
                    (Target::Snapshot, Some(place)) => {
                        db.prepare_cached("UPDATE meta SET next_place = ?1")?.execute([place.to_text()])?;
                    }
                    (Target::Snapshot, None) | (Target::Changes, _) => {}
                }
                Ok(())
            })?;
            self.known = known;
        }
        Ok(())
    }

    /// Ends the refresh: from now on lookups see it. `cursor` is where the next changes begin: for a snapshot that of
    /// its first head, for changes that of their end.
    ///
    /// # Errors
    /// [`MirrorError`]; then lookups see what they saw before.
    pub fn finish(self, head: &Head, cursor: &Cursor, now: Timestamp) -> Result<(), MirrorError> {
        let (generation, target) = (self.generation, self.target);
        if target == Target::Snapshot {
            // In commits of their own: no more of the log than one index, and who looks at the old one still does.
            for index in INDEX.replace('?', &generation.to_string()).split_inclusive(';') {
                self.mirror.write(|db| db.execute_batch(index))?;
            }
        }
        self.mirror.write(|db| {
            db.execute(
                "UPDATE meta SET active = ?1, institution = ?2, cursor = ?3, mirrored_ms = ?4",
                params![generation, head.institution.as_str(), cursor.as_str(), now.as_millisecond()],
            )?;
            if target == Target::Snapshot {
                db.execute(
                    "UPDATE meta SET next_cursor = NULL, next_place = NULL, n_snapshots = n_snapshots + 1",
                    (),
                )?;
            }
            Ok(())
        })?;
        match target {
            // In a commit of its own: the switch is quick, and who looks at the old one meanwhile still sees it.
            Target::Snapshot => self.mirror.write(|db| drop_generation(db, 1 - generation)),
            Target::Changes => Ok(()),
        }
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.mirror.stop_loading();
    }
}

pub(super) fn active(db: &Connection) -> Result<Option<i64>, rusqlite::Error> {
    db.prepare_cached("SELECT active FROM meta")?.query_row((), |row| row.get(0))
}

fn drop_generation(db: &Connection, generation: i64) -> Result<(), rusqlite::Error> {
    for table in ["word", "patron", "item", "title", "branch", "patron_type", "term", "closed"] {
        db.execute_batch(&format!("DROP TABLE IF EXISTS {table}_{generation}"))?;
    }
    Ok(())
}

fn place(line: &Line) -> Option<Place> {
    match line {
        Line::Patron(patron) => Some(Place::Patron(patron.id.clone())),
        Line::Item(item) => Some(Place::Item(item.id.clone())),
        Line::Head(_) | Line::Rules(_) | Line::PatronGone(_) | Line::ItemGone(_) | Line::End(_) => None,
    }
}

type Words = BTreeMap<String, i64>;

fn put(db: &Connection, g: i64, known: &mut Known, line: &Line) -> Result<(), rusqlite::Error> {
    let words = &mut known.words;
    match line {
        Line::Rules(rules) => put_rules(db, g, words, rules),
        Line::Patron(patron) => put_patron(db, g, words, patron),
        Line::Item(item) => put_item(db, g, known, item),
        Line::PatronGone(id) => run(db, &format!("DELETE FROM patron_{g} WHERE id = ?1"), [id.as_str()]),
        Line::ItemGone(id) => run(db, &format!("DELETE FROM item_{g} WHERE id = ?1"), [id.as_str()]),
        Line::Head(_) | Line::End(_) => Ok(()),
    }
}

fn put_patron(
    db: &Connection,
    g: i64,
    words: &mut Words,
    patron: &PatronEntry,
) -> Result<(), rusqlite::Error> {
    let patron_type = word(db, g, words, &patron.patron_type)?;
    run(
        db,
        &format!(
            "INSERT OR REPLACE INTO patron_{g} (id, type, state, starts, ends, loans, pin) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        ),
        params![
            patron.id.as_str(),
            patron_type,
            patron_code(patron.state),
            day_number(patron.starts_on),
            day_number(patron.ends_on),
            patron.n_loans,
            patron.pin.as_ref().map(crate::kiosk_api::PinHash::pack)
        ],
    )
}

fn put_item(db: &Connection, g: i64, known: &mut Known, item: &ItemEntry) -> Result<(), rusqlite::Error> {
    let words = &mut known.words;
    let item_type = word(db, g, words, &item.item_type)?;
    let owner = word(db, g, words, item.owner.as_str())?;
    let branch = word(db, g, words, &item.branch)?;
    let shelf = match item.record.shelf.as_str() {
        "" => None,
        shelf => Some(word(db, g, words, shelf)?),
    };
    let title = title::put(db, g, known.titles.as_mut(), item)?;
    run(
        db,
        &format!(
            "INSERT OR REPLACE INTO item_{g} (id, type, owner, branch, state, title, call, shelf) \
             SELECT ?1, ?2, ?3, ?4, ?5, id, nullif(?7, call), ?8 FROM title_{g} WHERE id = ?6"
        ),
        params![
            item.id.as_str(),
            item_type,
            owner,
            branch,
            item_code(item.state),
            title,
            item.call_number,
            shelf
        ],
    )
}

fn put_rules(db: &Connection, g: i64, words: &mut Words, rules: &RuleSet) -> Result<(), rusqlite::Error> {
    for table in ["patron_type", "term", "closed", "branch"] {
        db.execute(&format!("DELETE FROM {table}_{g}"), ())?;
    }
    for patron_type in &rules.patron_types {
        let code = word(db, g, words, &patron_type.name)?;
        let sql = format!("INSERT OR REPLACE INTO patron_type_{g} VALUES (?1, ?2)");
        run(db, &sql, params![code, patron_type.loan_limit])?;
    }
    for term in &rules.terms {
        let patron_type = word(db, g, words, &term.patron_type)?;
        let item_type = word(db, g, words, &term.item_type)?;
        let sql = format!("INSERT OR REPLACE INTO term_{g} VALUES (?1, ?2, ?3)");
        run(db, &sql, params![patron_type, item_type, term.period_days])?;
    }
    for branch in &rules.branches {
        let code = word(db, g, words, &branch.code)?;
        run(db, &format!("INSERT OR REPLACE INTO branch_{g} VALUES (?1, ?2)"), params![code, branch.name])?;
    }
    for day in &rules.closed {
        run(db, &format!("INSERT OR REPLACE INTO closed_{g} VALUES (?1)"), [day_number(*day)])?;
    }
    Ok(())
}

/// The code of a word, given to it when it is first met.
fn word(db: &Connection, g: i64, words: &mut Words, text: &str) -> Result<i64, rusqlite::Error> {
    if let Some(code) = words.get(text) {
        return Ok(*code);
    }
    let known = db
        .prepare_cached(&format!("SELECT code FROM word_{g} WHERE text = ?1"))?
        .query_row([text], |row| row.get(0))
        .optional()?;
    let code = match known {
        Some(code) => code,
        None => db.prepare_cached(&format!("INSERT INTO word_{g} (text) VALUES (?1)"))?.insert([text])?,
    };
    words.insert(text.to_owned(), code);
    Ok(code)
}

fn run(db: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<(), rusqlite::Error> {
    db.prepare_cached(sql)?.execute(params).map(|_| ())
}

pub(super) fn day_number(day: Date) -> i32 {
    i32::from(day.year()) * 10_000 + i32::from(day.month()) * 100 + i32::from(day.day())
}

/// The place of a state in [`PatronState::ALL`].
fn patron_code(state: PatronState) -> Option<u8> {
    PatronState::ALL.iter().position(|known| *known == state).and_then(|at| u8::try_from(at).ok())
}

/// The place of a state in [`ItemState::ALL`].
fn item_code(state: ItemState) -> Option<u8> {
    ItemState::ALL.iter().position(|known| *known == state).and_then(|at| u8::try_from(at).ok())
}

const INDEX: &str = include_str!("../../migrations/mirror_index.sql");
const GENERATION: &str = include_str!("../../migrations/mirror_generation.sql");

/// Lines in one commit: a few milliseconds of writing.
const CHUNK: usize = 500;
