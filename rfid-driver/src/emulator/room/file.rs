//! A room as a file: TOML, in the words of whoever sets up a demonstration.
//!
//! ```toml
//! [[shelf]]
//! mark = "CJ-001"
//! books = [
//!   { item = "LW0000001", call_number = "I247.5/1", width_mm = 22 },
//!   { item = "LW0000031", call_number = "I247.5/9", home = "CJ-002" },   # stands on the wrong shelf
//! ]
//! [[gone]]
//! item = "LW0000002"
//! home = "CJ-001"
//! ```
//! The same file knows what the catalogue believes ([`RoomFile::plan`]), so that a count has something to compare with.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Deserialize;

use super::{Cart, Radio, Room, Shelf, Spine};
use crate::data::epc::Pc;
use crate::emulator::{Gen2Layout, Gen2Tag};
use crate::tag::{Afi, Security};

/// A room as it is written down.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomFile {
    #[serde(default)]
    cart: CartTable,
    #[serde(default)]
    radio: RadioTable,
    #[serde(default)]
    shelf: Vec<ShelfTable>,
    /// What the catalogue has and nobody can find.
    #[serde(default)]
    gone: Vec<Book>,
}

/// Why a file is no room.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// It is not TOML, or has words that a room does not have.
    #[error("{0}")]
    Toml(String),
    /// There is nothing to walk along.
    #[error("there is no [[shelf]] in it")]
    NoShelf,
    /// A value is outside what a room can have.
    #[error("{place}: {name} = {value} is not from {least} to {most}")]
    Value {
        /// In which part.
        place: String,
        /// Which one.
        name: &'static str,
        /// What it is.
        value: u32,
        /// The least that it may be.
        least: u32,
        /// The most that it may be.
        most: u32,
    },
    /// A shelf is too short for its books.
    #[error("{mark}: the books need {need_mm} mm, the shelf has {length_mm}")]
    Full {
        /// The shelf.
        mark: String,
        /// What its mark and books take.
        need_mm: u32,
        /// What it has.
        length_mm: u32,
    },
    /// A thing is in the room twice.
    #[error("{0:?} is there twice: no two things have one tag")]
    Twice(String),
    /// A book's home is no shelf of the room.
    #[error(
        "{item:?}: its home {home:?} is no shelf of the room; write \"\" for a book that the catalogue does not have"
    )]
    Home {
        /// The book.
        item: String,
        /// What was called its home.
        home: String,
    },
    /// A number has no place on a tag.
    #[error("{name:?} has no place on a tag: {why}")]
    Tag {
        /// The number.
        name: String,
        /// Why.
        why: String,
    },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CartTable {
    speed_mm_s: u32,
    antenna: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RadioTable {
    peak_dbm: i8,
    reach_mm: u32,
    fall_db: u32,
    back_db: u32,
    ghosts: bool,
    noise_db: u32,
    read_percent: u32,
    miss_percent: u32,
    seed: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShelfTable {
    mark: String,
    #[serde(default = "first_aisle")]
    aisle: u32,
    #[serde(default = "metre")]
    length_mm: u32,
    #[serde(default)]
    books: Vec<Book>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    item: String,
    #[serde(default)]
    call_number: String,
    #[serde(default = "spine")]
    width_mm: u32,
    /// Empty room before it.
    #[serde(default)]
    gap_mm: u32,
    /// Its shelf by the catalogue: where it stands, if nothing is said; none, if it is not in the catalogue.
    home: Option<String>,
    /// Its state by the catalogue, as a plan has it.
    #[serde(default)]
    state: String,
    owner: Option<String>,
    /// Its tag's security is off, as if it were lent.
    #[serde(default)]
    open: bool,
    #[serde(default)]
    tag: TagKind,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum TagKind {
    #[default]
    Library,
    /// One of the Chinese universities' tags.
    Gaoxiao,
    /// A tag of a library whose content is damaged.
    Damaged,
    /// A tag of something that is no book: a parcel, a coat.
    Foreign,
    /// None, or one that is dead.
    None,
}

impl RoomFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`RoomError`], the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, RoomError> {
        let file: Self = toml::from_str(text).map_err(|error| RoomError::Toml(error.to_string()))?;
        file.check()?;
        Ok(file)
    }

    /// The room, with a tag for each thing that has one.
    ///
    /// # Errors
    /// [`RoomError::Tag`] if a number has no place on a tag.
    pub fn room(&self) -> Result<Room, RoomError> {
        let mut shelves = Vec::new();
        let mut spines = Vec::new();
        for table in &self.shelf {
            let before = shelves.iter().filter(|shelf: &&Shelf| shelf.aisle == table.aisle);
            let start_mm = before.map(|shelf| shelf.length_mm).sum();
            table.spines(start_mm, &mut spines)?;
            let (mark, aisle, length_mm) = (table.mark.clone(), table.aisle, table.length_mm);
            shelves.push(Shelf { mark, aisle, start_mm, length_mm });
        }
        let cart = Cart { speed_mm_s: self.cart.speed_mm_s, antenna: byte(self.cart.antenna) };
        spines.iter_mut().for_each(|spine| spine.tag.antenna = cart.antenna);
        Ok(Room::new(cart, self.radio.radio(), shelves, spines))
    }

    /// What the catalogue believes: the list that `kioskctl stocktake start --plan` takes, as CSV.
    pub fn plan(&self) -> String {
        let mut plan = "barcode,call_number,shelf,state\n".to_owned();
        let standing =
            self.shelf.iter().flat_map(|shelf| shelf.books.iter().map(|book| (book, shelf.mark.as_str())));
        let gone = self.gone.iter().map(|book| (book, ""));
        let mut rows: Vec<(usize, &Book, &str)> = Vec::new();
        for (book, stands_on) in standing.chain(gone) {
            let home = book.home.as_deref().unwrap_or(stands_on);
            let order = self.shelf.iter().position(|shelf| shelf.mark == home);
            rows.extend(order.map(|order| (order, book, home)));
        }
        // Within a shelf as they stand; those that are elsewhere after them.
        rows.sort_by_key(|(order, ..)| *order);
        for (_, book, home) in rows {
            // A String takes everything.
            writeln!(plan, "{},{},{home},{}", quoted(&book.item), quoted(&book.call_number), book.state)
                .unwrap_or_default();
        }
        plan
    }

    fn check(&self) -> Result<(), RoomError> {
        if self.shelf.is_empty() {
            return Err(RoomError::NoShelf);
        }
        let cart = ("[cart]", "speed_mm_s", self.cart.speed_mm_s, 1, 10_000);
        within(cart)?;
        within(("[cart]", "antenna", self.cart.antenna, 1, 16))?;
        self.radio.check()?;
        let mut names = BTreeSet::new();
        for shelf in &self.shelf {
            shelf.check()?;
            let books = shelf.books.iter().map(|book| &book.item);
            for name in [&shelf.mark].into_iter().chain(books) {
                once(&mut names, name)?;
            }
        }
        for book in &self.gone {
            once(&mut names, &book.item)?;
        }
        let books = self.shelf.iter().flat_map(|shelf| &shelf.books).chain(&self.gone);
        for (book, home) in books.filter_map(|book| Some((book, book.home.as_deref()?))) {
            if !home.is_empty() && !self.shelf.iter().any(|shelf| shelf.mark == home) {
                return Err(RoomError::Home { item: book.item.clone(), home: home.to_owned() });
            }
        }
        Ok(())
    }
}

impl RadioTable {
    fn check(&self) -> Result<(), RoomError> {
        for (name, value, least, most) in [
            ("reach_mm", self.reach_mm, 1, 20_000),
            ("fall_db", self.fall_db, 0, 90),
            ("back_db", self.back_db, 0, 90),
            ("noise_db", self.noise_db, 0, 20),
            ("read_percent", self.read_percent, 1, 100),
            ("miss_percent", self.miss_percent, 0, 100),
        ] {
            within(("[radio]", name, value, least, most))?;
        }
        Ok(())
    }

    fn radio(&self) -> Radio {
        Radio {
            peak_dbm: self.peak_dbm,
            reach_mm: self.reach_mm,
            fall_db: byte(self.fall_db),
            back_db: self.ghosts.then(|| byte(self.back_db)),
            noise_db: byte(self.noise_db),
            read_percent: byte(self.read_percent),
            miss_percent: byte(self.miss_percent),
            seed: self.seed,
        }
    }
}

impl ShelfTable {
    fn check(&self) -> Result<(), RoomError> {
        within((&self.mark, "length_mm", self.length_mm, 1, 100_000))?;
        within((&self.mark, "aisle", self.aisle, 1, 10_000))?;
        for book in &self.books {
            within((&book.item, "width_mm", book.width_mm, 1, 1_000))?;
            within((&book.item, "gap_mm", book.gap_mm, 0, 100_000))?;
        }
        let books: u32 = self.books.iter().map(|book| book.gap_mm + book.width_mm).sum();
        let (need_mm, length_mm) = (MARK_MM + books, self.length_mm);
        if need_mm > length_mm {
            return Err(RoomError::Full { mark: self.mark.clone(), need_mm, length_mm });
        }
        Ok(())
    }

    fn spines(&self, start_mm: u32, spines: &mut Vec<Spine>) -> Result<(), RoomError> {
        let at = |name: &str, at_mm, tag| Spine { name: name.to_owned(), aisle: self.aisle, at_mm, tag };
        let mark = library(&self.mark, None, Security::Secured, Gen2Layout::Iso28560Part4)?;
        spines.push(at(&self.mark, start_mm + MARK_MM / 2, mark));
        let mut left = start_mm + MARK_MM;
        for book in &self.books {
            left += book.gap_mm;
            if let Some(tag) = book.tag()? {
                spines.push(at(&book.item, left + book.width_mm / 2, tag));
            }
            left += book.width_mm;
        }
        Ok(())
    }
}

impl Book {
    fn tag(&self) -> Result<Option<Gen2Tag>, RoomError> {
        let security = if self.open { Security::Unsecured } else { Security::Secured };
        let written = |layout| library(&self.item, self.owner.clone(), security, layout);
        let tid = Gen2Tag::tid_of(&self.item);
        let own = tid.get(4..).unwrap_or_default().repeat(2);
        let own = own.get(..UII_BYTES).unwrap_or_default();
        Ok(match self.tag {
            TagKind::Library => Some(written(Gen2Layout::Iso28560Part4)?),
            TagKind::Gaoxiao => Some(written(Gen2Layout::Gaoxiao)?),
            TagKind::Foreign => Some(Gen2Tag::new(tid, Pc::new(6, false, None), own, &[])),
            // A code that no text has stands before what is left of it.
            TagKind::Damaged => {
                let torn = [&[0xFF, 0xFF], own.get(2..).unwrap_or_default()].concat();
                Some(Gen2Tag::new(tid, Pc::new(6, false, Some(Afi(0x07))), &torn, &[]))
            }
            TagKind::None => None,
        })
    }
}

fn library(
    name: &str,
    owner: Option<String>,
    security: Security,
    layout: Gen2Layout,
) -> Result<Gen2Tag, RoomError> {
    Gen2Tag::item(Gen2Tag::tid_of(name), name, owner, None, security, layout)
        .map_err(|error| RoomError::Tag { name: name.to_owned(), why: error.to_string() })
}

fn within((place, name, value, least, most): (&str, &'static str, u32, u32, u32)) -> Result<(), RoomError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(RoomError::Value { place: place.to_owned(), name, value, least, most })
}

fn once<'a>(names: &mut BTreeSet<&'a str>, name: &'a str) -> Result<(), RoomError> {
    if names.insert(name) { Ok(()) } else { Err(RoomError::Twice(name.to_owned())) }
}

/// A cell of CSV.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A value that was checked to be small.
fn byte(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

impl Default for CartTable {
    fn default() -> Self {
        let Cart { speed_mm_s, antenna } = Cart::default();
        Self { speed_mm_s, antenna: antenna.into() }
    }
}

impl Default for RadioTable {
    fn default() -> Self {
        let Radio { peak_dbm, reach_mm, fall_db, back_db, noise_db, read_percent, miss_percent, seed } =
            Radio::default();
        Self {
            peak_dbm,
            reach_mm,
            fall_db: fall_db.into(),
            back_db: back_db.unwrap_or_default().into(),
            ghosts: back_db.is_some(),
            noise_db: noise_db.into(),
            read_percent: read_percent.into(),
            miss_percent: miss_percent.into(),
            seed,
        }
    }
}

fn first_aisle() -> u32 {
    1
}

fn metre() -> u32 {
    1_000
}

fn spine() -> u32 {
    22
}

/// A room of six shelves with one of each thing that a count has to tell.
pub const EXAMPLE: &str = include_str!("example.toml");

/// The mark's width at the left end of its shelf.
const MARK_MM: u32 = 30;
const UII_BYTES: usize = 12;
