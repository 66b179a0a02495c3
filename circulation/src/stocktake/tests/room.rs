//! A room as a model: shelves in aisles, back to back, spines on them, a cart that walks by with one antenna.
//!
//! ```text
//!   aisle 0:  [mark ‖‖‖‖‖‖‖‖][mark ‖‖‖‖‖‖‖‖]     a shelf is a metre, its mark at the left end
//!             ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~     the back of the shelves: what is behind is heard weakly
//!   aisle 1:  [mark ‖‖‖‖‖‖‖‖][mark ‖‖‖‖‖‖‖‖]
//! ```
//! Lengths are in millimetres, so that nothing is rounded differently anywhere. All chance comes from one seed.

use std::time::{Duration, Instant};

use crate::id::{ItemId, ShelfMark, TagKey};
use crate::item::Security;
use crate::policy::ItemState;
use crate::stocktake::{Content, Expected, Input, Output, Plan, Rule, Settings, Sighting, Stocktake};

/// A room, and where everything in it really is.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) n_shelves: u32,
    pub(super) books: Vec<Book>,
    /// of a hundred tags, so many are not heard in a pass at all
    pub(super) miss_percent: u64,
    /// whether tags of the aisle behind are heard
    pub(super) has_ghosts: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Book {
    pub(super) id: ItemId,
    pub(super) home: u32,
    /// place in the order of its home, from 0
    pub(super) slot: u32,
    /// the shelf where it is; nothing: it is gone
    pub(super) on: Option<u32>,
    /// millimetres from the left end of that shelf
    pub(super) x: u32,
    pub(super) state: ItemState,
    pub(super) security: Security,
}

impl Room {
    /// Every book at home, in order.
    pub(super) fn tidy(n_shelves: u32, per_shelf: u32) -> Self {
        let books = (0..n_shelves).flat_map(|home| (0..per_shelf).map(move |slot| (home, slot)));
        let book = |(home, slot): (u32, u32)| Book {
            id: ItemId::parse(&format!("LW{home:03}{slot:04}")).unwrap(),
            home,
            slot,
            on: Some(home),
            x: 60 + slot * 900 / per_shelf,
            state: ItemState::Free,
            security: Security::Secured,
        };
        Self { n_shelves, books: books.map(book).collect(), miss_percent: 0, has_ghosts: false }
    }

    pub(super) fn mark(shelf: u32) -> ShelfMark {
        ShelfMark::parse(&format!("CJ-{shelf:03}")).unwrap()
    }

    pub(super) fn stocktake(&self, miss_rate: f64) -> Stocktake {
        let expected = self.books.iter().map(|book| Expected {
            item: book.id.clone(),
            // Two copies of a title have one call number.
            call_number: Some(format!("I247.5{}/{}", book.home, 1 + book.slot / 2)),
            shelf: Some(Self::mark(book.home)),
            state: book.state,
        });
        let plan = Plan::new((0..self.n_shelves).map(Self::mark), expected);
        let rule = Rule::new(miss_rate, 0.99).unwrap();
        Stocktake::new(plan, Settings { rule, ..Settings::default() })
    }

    /// What the antenna hears in one walk along the shelves, in the order of time, and how long it takes.
    pub(super) fn walk(&self, start: Instant, seed: u64) -> (Vec<Sighting>, Duration) {
        let mut chance = Chance(seed);
        let mut tags = Vec::new();
        for shelf in 0..self.n_shelves {
            let mark = Content::Shelf(Self::mark(shelf));
            tags.push((format!("M{shelf:03}"), mark, shelf, 0));
        }
        for book in &self.books {
            let (Some(on), false) = (book.on, chance.percent(self.miss_percent)) else { continue };
            let content = Content::Item {
                item: book.id.clone(),
                owner: None,
                set: None,
                security: Some(book.security),
            };
            tags.push((format!("T{}", book.id), content, on, book.x));
        }
        let mut heard = Vec::new();
        let steps = self.n_shelves * SHELF_MM / STEP_MM;
        for step in 0..steps {
            let at = start + Duration::from_millis(u64::from(step) * STEP_MS);
            let (aisle, along) = self.position(step * STEP_MM);
            for (key, content, shelf, x) in &tags {
                let Some(rssi) = self.rssi(aisle, along, *shelf, *x, &mut chance) else { continue };
                let tag = TagKey::parse(key).unwrap();
                heard.push(Sighting { at, tag, content: content.clone(), rssi: Some(rssi), antenna: 1 });
            }
        }
        (heard, Duration::from_millis(u64::from(steps) * STEP_MS))
    }

    /// One whole pass; gives what was told.
    pub(super) fn pass(
        &self,
        stocktake: &mut Stocktake,
        start: Instant,
        seed: u64,
    ) -> (Instant, Vec<Output>) {
        let (heard, time) = self.walk(start, seed);
        let mut out = Vec::new();
        stocktake.handle(start, Input::Begin, &mut out);
        for sighting in heard {
            stocktake.handle(sighting.at, Input::Seen(sighting), &mut out);
        }
        stocktake.handle(start + time, Input::End, &mut out);
        (start + time + Duration::from_secs(60), out)
    }

    /// Half of the shelves are in the first aisle, walked first; the others behind them.
    fn position(&self, walked: u32) -> (u32, u32) {
        let length = self.n_shelves.div_ceil(2) * SHELF_MM;
        (walked / length, walked % length)
    }

    fn rssi(&self, aisle: u32, along: u32, shelf: u32, x: u32, chance: &mut Chance) -> Option<i8> {
        let (own, tag) = self.position(shelf * SHELF_MM + x);
        let distance = tag.abs_diff(along);
        if distance > REACH_MM || (own != aisle && !self.has_ghosts) || chance.percent(LOST_PERCENT) {
            return None;
        }
        let through = if own == aisle { 0 } else { BACK_DB };
        let noise = i64::try_from(chance.below(5)).unwrap() - 2;
        i8::try_from(-40 - i64::from(distance) * FALL_DB / i64::from(REACH_MM) - through + noise).ok()
    }
}

/// A small generator (splitmix64).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n.max(1)
    }

    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(super) fn shuffle<T>(&mut self, of: &mut [T]) {
        for at in (1..of.len()).rev() {
            let other = usize::try_from(self.below(u64::try_from(at).unwrap() + 1)).unwrap();
            of.swap(at, other);
        }
    }
}

const SHELF_MM: u32 = 1_000;
/// A quarter of a metre a second, ten rounds of inventory a second.
const STEP_MM: u32 = 25;
const STEP_MS: u64 = 100;
const REACH_MM: u32 = 500;
/// From the middle of the reach to its rim.
const FALL_DB: i64 = 25;
/// Through the back of the shelf.
const BACK_DB: i64 = 24;
/// Single reads that fail, apart from tags that are missed wholly.
const LOST_PERCENT: u64 = 30;

/// Some moment: only differences count.
#[expect(clippy::disallowed_methods, reason = "any instant serves as the first one")]
pub(super) fn start() -> Instant {
    Instant::now()
}
