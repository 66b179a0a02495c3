//! Titles by their words: the index of the catalogue, kept up to date and searched.
//!
//! ```text
//!   item, bib changed ──trigger──▶ title_stale ──index_titles──▶ title, with its words      circulation::search::words
//!   a question ──▶ words ──▶ titles that have them, MAX_FOUND at most ──▶ ranked, as kiosks do   circulation::search
//! ```
//! **Rule**: a search first works off what is noted as stale, [`AT_ONCE`] records at most: what was changed at the desk is
//! found at once. After a seed or an import there are more; those who do that call [`Store::index_titles`], and tidying up
//! does it too.

use std::collections::BTreeSet;

use circulation::id::Isil;
use circulation::search::words::{Described, Part, Way, ask, words_of};
use circulation::search::{Field, Query, Terms, fold};

use super::engine::{Access, Row, Value};
use super::statement::{Statement, title as sql};
use super::{Store, StoreError};

/// A title that has the words of a question.
pub(super) struct Found {
    pub(super) record: i64,
    pub(super) title: String,
    pub(super) author: String,
}

impl Store {
    /// Works out the words of all titles that were added or changed. Gives how many there were. Others may read and write
    /// meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]; what was done before it stays done.
    pub fn index_titles(&self, of: &Isil) -> Result<usize, StoreError> {
        let mut n_all = 0;
        loop {
            match self.index_some(of)? {
                0 => return Ok(n_all),
                n => n_all += n,
            }
        }
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
        let (fts5, tsquery) = (written(&asked, &FTS5), written(&asked, &TSQUERY));
        let values = [of.into(), (&fts5).into(), (&tsquery).into(), branch.into(), MAX_FOUND.into()];
        let found = |mut row: Row| {
            Ok(Found {
                record: row.int("title.record")?,
                title: row.text("title.title")?,
                author: row.text("title.author")?,
            })
        };
        let found = self.look(|db| db.rows(&sql::FIND, &values)?.into_iter().map(found).collect());
        let mut found: Vec<Found> = found?;
        // Letters may be pinyin, of which the index knows the initials alone: 重返 and 沈复 are both c f.
        let field = match part {
            Part::Any => Some(Field::Any),
            Part::Title => Some(Field::Title),
            Part::Author => Some(Field::Author),
            Part::Subject | Part::Publisher | Part::Isbn | Part::Class => None,
        };
        if let Some(field) = field.filter(|_| text.chars().all(|c| c.is_ascii_alphabetic() || c == ' ')) {
            let mut judge = Judge::new(text, field);
            found.retain(|found| judge.rank(found).is_some());
        }
        Ok(found)
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
            Ok(records.len())
        })
    }
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
/// Titles that a question finds. Who finds as many looks for something else.
const MAX_FOUND: u32 = 2000;
