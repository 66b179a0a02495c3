//! Finding titles: all of them are looked through for every key typed.
//!
//! ```text
//!   Finder::open ── every title, packed ──▶ memory                    some hundred milliseconds, once for a visit
//!   search ──▶ look through ──▶ best places ──▶ one page from the file    some milliseconds
//! ```
//! A [`Finder`] has a connection of its own: checkouts do not wait for it. It blocks; keep it on a thread of its own,
//! and drop it with the visit: its memory goes with it, and so does what was looked for.
//!
//! **Rules**: what is found is as of when the finder was loaded, copies and what is free as of now; after a new snapshot
//! it loads itself again. Nothing of a query is logged or kept.

use core::fmt;

use circulation::id::ItemId;
use circulation::policy::ItemState;
use circulation::search::{Branch, Filter, Hit, Holding, Languages, Query, Results, Terms, TitleKey};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::load::active;
use super::lookup::bad;
use super::packed::{Entry, Packed, Title};
use super::title::{find, language_of};
use super::{Mirror, MirrorError, file};

/// Looks for titles.
pub struct Finder {
    mirror: Mirror,
    connection: Connection,
    /// which snapshot was loaded, and in which tables it is; nothing while the mirror is empty
    loaded: Option<Loaded>,
    packed: Packed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Loaded {
    generation: i64,
    n_snapshots: i64,
}

/// How large a finder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// titles that can be found
    pub n_titles: usize,
    /// # Units
    /// bytes of memory
    pub bytes: usize,
}

impl Mirror {
    /// Loads all titles. Blocks for some hundred milliseconds.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn finder(&self) -> Result<Finder, MirrorError> {
        let connection = file::reader(self.path())?;
        let packed = Packed::default();
        let mut finder = Finder { mirror: self.clone(), connection, loaded: None, packed };
        finder.refresh()?;
        Ok(finder)
    }
}

impl Finder {
    /// Looks for titles. Loads all of them anew if there was a snapshot since.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn search(&mut self, query: &Query) -> Result<Results, MirrorError> {
        self.refresh()?;
        let terms = Terms::new(query);
        let Some(loaded) = self.loaded.filter(|_| !terms.is_empty()) else { return Ok(Results::default()) };
        self.read(|db| {
            let g = loaded.generation;
            let Some(kept) = Kept::new(db, g, &self.packed, &query.filter)? else {
                return Ok(Results::default());
            };
            let asked = Asked { direct: direct(db, g, &terms)?, masks: masks(&self.packed, &terms), terms };
            let mut found = Vec::new();
            // `for_each` runs through a block without asking after each title whether there is one more block.
            self.packed.iter().filter(|entry| kept.keeps(entry)).for_each(|entry| {
                found.extend(asked.rank(&entry).map(|rank| order(&entry, rank)));
            });
            let n_hits = found.len();
            let hits = page(&mut found, query.first, query.n)
                .iter()
                .filter_map(|order| self.packed.at(u32::try_from(order & 0xffff_ffff).ok()?))
                .map(|entry| hit(db, g, entry.id, kept.branch_code))
                .collect::<Result<_, _>>()?;
            Ok(Results { n_hits, first: query.first, hits })
        })
    }

    /// The copies of a title, as of now: what can be lent first, then by branch and call number.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn holdings(&self, key: TitleKey) -> Result<Vec<Holding>, MirrorError> {
        self.read(|db| {
            let Some(g) = active(db)? else { return Ok(Vec::new()) };
            let Some(title) = find(db, g, key.0)? else { return Ok(Vec::new()) };
            let mut query = db.prepare_cached(&format!(
                "SELECT i.id, b.text, n.name, s.text, coalesce(i.call, t.call) AS call, i.state FROM item_{g} AS i \
                 JOIN title_{g} AS t ON t.id = i.title JOIN word_{g} AS b ON b.code = i.branch \
                 LEFT JOIN branch_{g} AS n ON n.branch = i.branch LEFT JOIN word_{g} AS s ON s.code = i.shelf \
                 WHERE i.title = ?1 ORDER BY i.state <> 0, b.text, call, i.id LIMIT ?2"
            ))?;
            query.query_map(params![title, MAX_HOLDINGS], holding)?.collect()
        })
    }

    /// The branches that have anything, by their codes: what a filter can offer.
    ///
    /// # Errors
    /// [`MirrorError`]
    pub fn branches(&mut self) -> Result<Vec<Branch>, MirrorError> {
        self.refresh()?;
        let Some(loaded) = self.loaded else { return Ok(Vec::new()) };
        let mut n_titles = vec![0_usize; self.packed.branches().len()];
        for entry in self.packed.iter() {
            for branch in entry.branches {
                if let Some(n) = n_titles.get_mut(usize::from(*branch)) {
                    *n += 1;
                }
            }
        }
        self.read(|db| {
            let g = loaded.generation;
            let mut query = db.prepare_cached(&format!(
                "SELECT w.text, n.name FROM word_{g} AS w LEFT JOIN branch_{g} AS n ON n.branch = w.code \
                 WHERE w.code = ?1"
            ))?;
            let branch = |(code, n_titles): (&i64, usize)| {
                let row = |row: &Row<'_>| Ok(Branch { code: row.get(0)?, name: row.get(1)?, n_titles });
                query.query_row([code], row)
            };
            let mut all: Vec<Branch> =
                self.packed.branches().iter().zip(n_titles).map(branch).collect::<Result<_, _>>()?;
            all.sort_by(|one, other| one.code.cmp(&other.code));
            Ok(all)
        })
    }

    /// How large it is.
    #[must_use]
    pub fn size(&self) -> Size {
        Size { n_titles: self.packed.n_titles(), bytes: self.packed.size() }
    }

    /// Loads all titles if there was a snapshot since, or nothing is loaded yet.
    fn refresh(&mut self) -> Result<(), MirrorError> {
        let known = self.loaded;
        let fresh = self.read(|db| {
            let now = current(db)?;
            if now == known {
                return Ok(None);
            }
            let packed = now.map(|now| pack(db, now.generation)).transpose()?.unwrap_or_default();
            Ok(Some((now, packed)))
        })?;
        if let Some((now, packed)) = fresh {
            (self.loaded, self.packed) = (now, packed);
        }
        Ok(())
    }

    /// Reads as of one commit.
    fn read<T>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, MirrorError> {
        let answer = self.connection.unchecked_transaction().and_then(|transaction| question(&transaction));
        answer.map_err(|cause| self.mirror.noted(&cause))
    }
}

impl fmt::Debug for Finder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finder").field("size", &self.size()).finish_non_exhaustive()
    }
}

/// A query and what it is compared with.
struct Asked {
    terms: Terms,
    /// numbers of titles found by ISBN or call number, sorted
    direct: Vec<u32>,
    /// which words each class fits
    masks: Vec<u8>,
}

impl Asked {
    fn rank(&self, entry: &Entry<'_>) -> Option<u8> {
        if !self.direct.is_empty() && self.direct.binary_search(&entry.id).is_ok() {
            return Some(0);
        }
        let mask = self.masks.get(usize::from(entry.class)).copied().unwrap_or(0);
        self.terms.rank(entry.title, entry.author, mask).map(|rank| rank.number())
    }
}

/// What a filter lets through.
struct Kept {
    languages: Option<Languages>,
    /// its place in the table
    branch: Option<u16>,
    branch_code: Option<i64>,
}

impl Kept {
    /// Nothing if no title can pass.
    fn new(
        db: &Connection,
        g: i64,
        packed: &Packed,
        filter: &Filter,
    ) -> Result<Option<Self>, rusqlite::Error> {
        let languages = filter.languages;
        let Some(branch) = &filter.branch else {
            return Ok(Some(Self { languages, branch: None, branch_code: None }));
        };
        let code: Option<i64> = db
            .prepare_cached(&format!("SELECT code FROM word_{g} WHERE text = ?1"))?
            .query_row([branch], |row| row.get(0))
            .optional()?;
        let place = code.and_then(|code| packed.branches().iter().position(|known| *known == code));
        let branch = place.and_then(|place| u16::try_from(place).ok());
        Ok(branch.map(|place| Self { languages, branch: Some(place), branch_code: code }))
    }

    fn keeps(&self, entry: &Entry<'_>) -> bool {
        self.languages.is_none_or(|some| some.have(language_of(entry.language)))
            && self.branch.is_none_or(|branch| entry.branches.contains(&branch))
    }
}

fn current(db: &Connection) -> Result<Option<Loaded>, rusqlite::Error> {
    let Some(generation) = active(db)? else { return Ok(None) };
    let n_snapshots = db.prepare_cached("SELECT n_snapshots FROM meta")?.query_row((), |row| row.get(0))?;
    Ok(Some(Loaded { generation, n_snapshots }))
}

/// Packs every title that has a copy.
fn pack(db: &Connection, g: i64) -> Result<Packed, rusqlite::Error> {
    let mut packed = Packed::default();
    let mut query = db.prepare(&format!(
        "SELECT t.id, t.title, t.author, t.language, t.call, i.branch, i.state FROM title_{g} AS t \
         JOIN item_{g} AS i INDEXED BY item_title_{g} ON i.title = t.id ORDER BY t.id, i.branch"
    ))?;
    let mut rows = query.query(())?;
    let mut title = Title::default();
    while let Some(row) = rows.next()? {
        let id: u32 = row.get(0)?;
        if id != title.id {
            if title.n_copies > 0 {
                packed.push(&title);
            }
            let call: String = row.get(4)?;
            let class = call.split('/').next().unwrap_or_default().to_owned();
            let (text, author, language) = (row.get(1)?, row.get(2)?, row.get(3)?);
            title = Title { id, title: text, author, class, language, ..Title::default() };
        }
        let branch: i64 = row.get(5)?;
        if title.branches.last() != Some(&branch) {
            title.branches.push(branch);
        }
        title.n_copies += 1;
        title.n_free += u32::from(row.get::<_, i64>(6)? == FREE);
    }
    if title.n_copies > 0 {
        packed.push(&title);
    }
    packed.seal();
    Ok(packed)
}

fn masks(packed: &Packed, terms: &Terms) -> Vec<u8> {
    packed.classes().iter().map(|class| terms.class_mask(class)).collect()
}

/// The titles found by ISBN or call number.
fn direct(db: &Connection, g: i64, terms: &Terms) -> Result<Vec<u32>, rusqlite::Error> {
    let mut found = Vec::new();
    for isbns in terms.isbns() {
        let ends = [isbns.start(), isbns.end()].map(|isbn| i64::try_from(*isbn).unwrap_or(i64::MAX));
        let sql = format!("SELECT id FROM title_{g} WHERE isbn BETWEEN ?1 AND ?2 LIMIT {MAX_DIRECT}");
        let mut query = db.prepare_cached(&sql)?;
        for id in query.query_map(ends, |row| row.get(0))? {
            found.push(id?);
        }
    }
    if let Some(call) = terms.call_number() {
        let sql = format!("SELECT id FROM title_{g} WHERE call >= ?1 AND call < ?2 LIMIT {MAX_DIRECT}");
        let mut query = db.prepare_cached(&sql)?;
        for id in query.query_map([call, &format!("{call}\u{10ffff}")], |row| row.get(0))? {
            found.push(id?);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// What hits are sorted by, the smallest first: how well it fits, copies that are free, copies, length, place.
fn order(entry: &Entry<'_>, rank: u8) -> u64 {
    let len = u8::try_from(entry.title.len()).unwrap_or(u8::MAX);
    let [a, b, c, d] = entry.place.to_be_bytes();
    u64::from_be_bytes([rank, u8::MAX - entry.n_free, u8::MAX - entry.n_copies, len, a, b, c, d])
}

/// The `n` best from place `first` on, sorted.
fn page(found: &mut [u64], first: usize, n: usize) -> &[u64] {
    let end = first.saturating_add(n.min(MAX_PAGE)).min(found.len());
    if end < found.len() {
        found.select_nth_unstable(end);
    }
    if let Some(best) = found.get_mut(..end) {
        best.sort_unstable();
    }
    found.get(first..end).unwrap_or_default()
}

fn hit(db: &Connection, g: i64, id: u32, branch: Option<i64>) -> Result<Hit, rusqlite::Error> {
    let sql = format!(
        "SELECT t.key, t.title, t.author, t.isbn, t.call, t.language, count(i.id), \
         coalesce(sum(i.state = {FREE}), 0) FROM title_{g} AS t \
         LEFT JOIN item_{g} AS i ON i.title = t.id AND (?2 IS NULL OR i.branch = ?2) WHERE t.id = ?1 GROUP BY t.id"
    );
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    db.prepare_cached(&sql)?.query_row(params![id, branch], |row| {
        let language = language_of(row.get(5)?);
        Ok(Hit {
            key: TitleKey(row.get(0)?),
            title: row.get(1)?,
            author: filled(row.get(2)?),
            isbn: row.get::<_, Option<i64>>(3)?.map(|isbn| format!("{isbn:013}")),
            call_number: filled(row.get(4)?),
            language,
            n_copies: row.get(6)?,
            n_free: row.get(7)?,
        })
    })
}

fn holding(row: &Row<'_>) -> Result<Holding, rusqlite::Error> {
    let call: String = row.get(4)?;
    Ok(Holding {
        item: ItemId::parse(&row.get::<_, String>(0)?).map_err(|_| bad(0))?,
        branch: row.get(1)?,
        branch_name: row.get(2)?,
        shelf: row.get(3)?,
        call_number: Some(call).filter(|call| !call.is_empty()),
        state: *ItemState::ALL.get(usize::from(row.get::<_, u8>(5)?)).ok_or(bad(5))?,
    })
}

/// The place of [`ItemState::Free`] in [`ItemState::ALL`].
const FREE: i64 = 0;
/// Hits on one page.
const MAX_PAGE: usize = 100;
/// Copies of one title.
const MAX_HOLDINGS: u32 = 500;
/// Titles found by a beginning of an ISBN or call number.
const MAX_DIRECT: usize = 20_000;
