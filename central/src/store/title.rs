//! Titles by their words: the index of the catalogue, kept up to date and searched.
//!
//! ```text
//!   item, bib changed ──trigger──▶ title_stale ──index_titles──▶ title, with its words      circulation::search::words
//!   a question ──▶ words ──▶ titles that have them, MAX_FOUND at most ──▶ ranked, as kiosks do   circulation::search
//! ```
//! **Rule**: a search first works off what is noted as stale, [`AT_ONCE`] records at most: what was changed at the desk is
//! found at once. After a seed or an import there are more; those who do that call [`Store::index_titles`], and tidying up
//! does it too.

use core::cell::RefCell;
use std::collections::BTreeSet;

use circulation::id::Isil;
use circulation::search::words::{Described, Part, Way, ask, words_of};
use circulation::search::{Field, Query, Terms, fold};

use super::engine::{Access, Row, Value};
use super::statement::{Statement, title as sql};
use super::{Phase, Store, StoreError};

/// A title that has the words of a question.
pub(super) struct Found {
    pub(super) record: i64,
    pub(super) title: String,
    pub(super) author: String,
}

impl Store {
    /// Works out the words of all titles that were added or changed. Gives how many there were; after many the tables are
    /// settled, see [`Store::settle`]. Others may read and write meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]; what was done before it stays done.
    pub fn index_titles(&self, of: &Isil) -> Result<usize, StoreError> {
        let mut n_all = 0;
        if self.meter().is_watched() {
            let n = self.look(|db| {
                let rows = db.rows(&sql::N_STALE, &[of.into()])?;
                rows.into_iter().next().map_or(Ok(0), |mut row| row.number("count"))
            })?;
            self.meter().begin(Phase::Indexing, n);
        }
        loop {
            match self.index_some(of)? {
                0 if n_all >= MANY => break,
                0 => return Ok(n_all),
                n => {
                    n_all += n;
                    self.meter().add(n);
                }
            }
        }
        self.settle()?;
        Ok(n_all)
    }

    /// Titles that have the words of a question, in the order of their records or nearly so: [`MAX_FOUND`] at most.
    pub(super) fn titles(
        &self,
        of: &Isil,
        (part, text): (Part, &str),
        branch: Option<&str>,
    ) -> Result<Vec<Found>, StoreError> {
        let asked = ask(part, text);
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        self.index_some(of)?;
        let words = [written(&asked, &FTS5), written(&asked, &TSQUERY)];
        let first = self.look(|db| some(db, &sql::FIND, of, (&words, branch), (MAX_FOUND, None)))?;
        // Letters may be pinyin, of which the index knows no more than pairs: 重返 and 沈复 are both c f, and 北京 does not
        // stand in 北海 南京 although b h and n j do.
        let field = match part {
            Part::Any => Some(Field::Any),
            Part::Title => Some(Field::Title),
            Part::Author => Some(Field::Author),
            Part::Subject | Part::Publisher | Part::Isbn | Part::Class => None,
        };
        let Some(field) = field.filter(|_| text.chars().all(|c| c.is_ascii_alphabetic() || c == ' ')) else {
            return Ok(first.into_iter().map(|(found, _)| found).collect());
        };
        let judge = &RefCell::new(Judge::new(text, field));
        let fits = move |(found, _): (Found, i64)| {
            Some(found).filter(|found| judge.borrow_mut().rank(found).is_some())
        };
        let is_all = first.len() < MAX_FOUND as usize;
        let kept: Vec<Found> = first.into_iter().filter_map(fits).collect();
        if is_all || kept.len() >= ENOUGH {
            return Ok(kept);
        }
        // Among the first were many that do not fit: those behind them may.
        self.look(|db| {
            let (mut kept, mut behind) = (Vec::new(), -1);
            loop {
                let page = some(db, &sql::FIND_ON, of, (&words, branch), (AT_ONCE_ON, Some(behind)))?;
                let is_last = page.len() < AT_ONCE_ON as usize;
                behind = page.last().map_or(behind, |(_, place)| *place);
                kept.extend(page.into_iter().filter_map(fits));
                kept.truncate(MAX_FOUND as usize);
                if is_last || kept.len() >= ENOUGH {
                    return Ok(kept);
                }
            }
        })
    }

    fn index_some(&self, of: &Isil) -> Result<usize, StoreError> {
        let last = |db: &mut dyn Access| -> Result<Option<i64>, StoreError> {
            let rows = db.rows(&sql::LAST_STALE, &[of.into(), AT_ONCE.into()])?;
            rows.into_iter().next().map_or(Ok(None), |mut row| row.int_or_null("title_stale.record"))
        };
        if self.look(last)?.is_none() {
            return Ok(0);
        }
        self.change(|db| {
            db.rows(&sql::LOCK_INDEX, &[of.into()])?;
            let Some(last) = last(db)? else { return Ok(0) };
            // Taken first, then read: what is committed after the notes are taken leaves a note of its own.
            let rows = db.rows(&sql::TAKE_STALE, &[of.into(), last.into()])?;
            let records = rows.into_iter().map(|mut row| row.int("title_stale.record"));
            let records: BTreeSet<i64> = records.collect::<Result<_, _>>()?;
            index(db, of, &records)?;
            if records.len() < MANY {
                db.rows(&sql::SORT_IN, &[of.into()])?;
            }
            Ok(records.len())
        })
    }
}

/// Titles that have the words, each with its place where that is asked for.
fn some(
    db: &mut dyn Access,
    statement: &'static Statement,
    of: &Isil,
    ([fts5, tsquery], branch): (&[String; 2], Option<&str>),
    (most, behind): (u32, Option<i64>),
) -> Result<Vec<(Found, i64)>, StoreError> {
    let mut values: Vec<Value<'_>> = vec![of.into(), fts5.into(), tsquery.into(), branch.into(), most.into()];
    values.extend(behind.map(Value::Int));
    let found = |mut row: Row| {
        let record = row.int("title.record")?;
        let (title, author) = (row.text("title.title")?, row.text("title.author")?);
        let place = if behind.is_some() { row.int("title.place")? } else { record };
        Ok((Found { record, title, author }, place))
    };
    db.rows(statement, &values)?.into_iter().map(found).collect()
}

fn index(db: &mut dyn Access, of: &Isil, records: &BTreeSet<i64>) -> Result<(), StoreError> {
    let questions: Vec<(&'static Statement, Vec<Value<'_>>)> =
        records.iter().map(|record| (&sql::COPIES, vec![of.into(), (*record).into()])).collect();
    for (record, rows) in records.iter().zip(db.all(&questions)?) {
        let Some(known) = known(rows)? else {
            db.write(&sql::FORGET, &[of.into(), (*record).into()])?;
            continue;
        };
        let words = known.words.into_iter().collect::<Vec<_>>().join(" ");
        let (title, author) = (&known.title, &known.author);
        db.write(&sql::KEEP, &[of.into(), (*record).into(), title.into(), author.into(), (&words).into()])?;
    }
    Ok(())
}

/// What stands for a title.
struct Known {
    title: String,
    author: String,
    words: BTreeSet<String>,
}

/// Of what its copies say; nothing if there is none.
fn known(rows: Vec<Row>) -> Result<Option<Known>, StoreError> {
    let mut known: Option<Known> = None;
    for mut row in rows {
        let (title, author) = (row.text("item.title")?, row.text("item.author")?);
        let (isbn, call_number) = (row.text("item.isbn")?, row.text("item.call_number")?);
        let mut next = || row.text_or_null("bib").map(Option::unwrap_or_default);
        let (class, subject, publisher) = (next()?, next()?, next()?);
        let mut words = known.as_mut().map(|known| core::mem::take(&mut known.words)).unwrap_or_default();
        let described = Described {
            title: &title,
            author: &author,
            subject: &subject,
            publisher: &publisher,
            isbn: &isbn,
            class: &call_number,
        };
        words_of(&described, &mut words);
        words_of(&Described { class: &class, ..Described::default() }, &mut words);
        // Of several the first, whatever the order in which they come.
        let (title, author) = match known {
            Some(before) => (before.title.min(title), before.author.min(author)),
            None => (title, author),
        };
        known = Some(Known { title, author, words });
    }
    Ok(known)
}

/// The best first, as on the screen of a kiosk; of equals, by title.
pub(super) fn rank(found: &mut [Found], text: &str) {
    let mut judge = Judge::new(text, Field::Any);
    // By ISBN, class or subject: of these title and author say nothing.
    found.sort_by_cached_key(|found| {
        (judge.rank(found).unwrap_or(u8::MAX), found.title.clone(), found.record)
    });
}

/// Compares titles with a question.
struct Judge {
    terms: Terms,
    title: Vec<u16>,
    author: Vec<u16>,
}

impl Judge {
    fn new(text: &str, field: Field) -> Self {
        let terms = Terms::new(&Query { text: text.to_owned(), field, ..Query::default() });
        Self { terms, title: Vec::new(), author: Vec::new() }
    }

    /// How well a title fits; nothing: not at all.
    fn rank(&mut self, found: &Found) -> Option<u8> {
        self.title.clear();
        self.author.clear();
        fold(&found.title, &mut self.title);
        fold(&found.author, &mut self.author);
        self.terms.rank(&self.title, &self.author, 0).map(|rank| rank.number())
    }
}

/// A question as SQLite's index takes it, and as PostgreSQL's does; and the statement that asks it. For a bench that runs it
/// bare.
#[doc(hidden)]
#[must_use]
pub fn question(text: &str) -> [(String, &'static str); 2] {
    let asked = ask(Part::Any, text);
    [(written(&asked, &FTS5), sql::FIND.sqlite), (written(&asked, &TSQUERY), sql::FIND.postgres)]
}

/// How an index writes a question.
struct Syntax {
    quote: char,
    and: &'static str,
    or: &'static str,
    beginning: &'static str,
}

/// No word has anything that either of them would take for its own: see [`circulation::search::words`].
fn written(asked: &[Vec<Way>], syntax: &Syntax) -> String {
    let Syntax { quote, and, or, beginning } = syntax;
    let way = |way: &Way| {
        let words = way.iter().map(|sought| {
            let end = if sought.is_beginning { beginning } else { "" };
            format!("{quote}{}{quote}{end}", sought.word)
        });
        format!("({})", words.collect::<Vec<_>>().join(and))
    };
    let ways = |ways: &Vec<Way>| format!("({})", ways.iter().map(way).collect::<Vec<_>>().join(or));
    asked.iter().map(ways).collect::<Vec<_>>().join(and)
}

/// # Spec
/// SQLite, FTS5 Extension, 3: full-text query syntax.
const FTS5: Syntax = Syntax { quote: '"', and: " AND ", or: " OR ", beginning: " *" };
/// # Spec
/// PostgreSQL 15, 8.11.2: tsquery.
const TSQUERY: Syntax = Syntax { quote: '\'', and: " & ", or: " | ", beginning: ":*" };

/// Records whose words are worked out in one change.
const AT_ONCE: u32 = 1000;
/// So many change what is quick.
const MANY: usize = 1000;
/// Titles that a question finds. Who finds as many looks for something else; fifty pages are ranked, and that is most of the time.
const MAX_FOUND: u32 = 1000;
/// Titles read at once behind those: PostgreSQL goes through all that have the words for each time.
const AT_ONCE_ON: u32 = 4000;
/// Titles that fit, of those that have the words: so many are told from others without going through all of them.
const ENOUGH: usize = 500;
