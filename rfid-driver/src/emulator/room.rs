//! A room as a model: shelves in aisles, back to back, spines on them, and what an antenna hears of them from a place.
//!
//! ```text
//!   aisle 1:  [mark ‖‖‖‖‖‖‖‖][mark ‖‖‖‖‖‖‖‖]     a shelf's mark is at its left end
//!             ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~     the back of the shelves: what is behind is heard weakly
//!   aisle 2:  [mark ‖‖‖‖‖‖‖‖][mark ‖‖‖‖‖‖‖‖]     1 and 2 are back to back, 3 and 4, and so on
//! ```
//! Lengths are in millimetres, so that nothing is rounded differently anywhere. The room itself knows neither time nor
//! chance: [`Walk`] has the one, the emulator the other. It is the room of the stocktake's own tests
//! (`circulation/src/stocktake/tests/room.rs`), heard through a reader.

use std::ops::Range;

use super::gen2::Gen2Tag;

#[cfg(feature = "emulator")]
pub mod file;
mod heard;
mod walk;

pub use walk::{Stand, Walk};

/// The cart with its antenna.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cart {
    /// How fast it is pushed, in millimetres a second; at least 1.
    pub speed_mm_s: u32,
    /// Which of the reader's antennas it carries, from 1.
    pub antenna: u8,
}

/// How well tags are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Radio {
    /// Strength of a tag right before the antenna at the reader's delivered power, in dBm.
    pub peak_dbm: i8,
    /// Beyond this distance along the shelf nothing is heard, in millimetres; at least 1.
    pub reach_mm: u32,
    /// What is lost between right before the antenna and the rim of its reach, in dB.
    pub fall_db: u8,
    /// What is lost through the back of a shelf, in dB; nothing: no ghosts are heard.
    pub back_db: Option<u8>,
    /// A single read is told so many dB stronger or weaker.
    pub noise_db: u8,
    /// Of a hundred single reads of a tag within reach, so many succeed.
    pub read_percent: u8,
    /// Of a hundred tags, so many are not heard in a walk at all: pressed together, on metal, turned away.
    pub miss_percent: u8,
    /// Which tags those are.
    pub seed: u64,
}

/// A shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// Its mark.
    pub mark: String,
    /// The aisle where it stands, from 1.
    pub aisle: u32,
    /// From the left end of the aisle to its own, in millimetres.
    pub start_mm: u32,
    /// Its length in millimetres.
    pub length_mm: u32,
}

/// A tag in the room: a spine, or a shelf's mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spine {
    /// The tag's name in the emulator.
    pub name: String,
    /// The aisle where it is.
    pub aisle: u32,
    /// From the left end of the aisle, in millimetres.
    pub at_mm: u32,
    /// The tag.
    pub tag: Gen2Tag,
}

/// The place before which the antenna is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The aisle, from 1.
    pub aisle: u32,
    /// From its left end, in millimetres.
    pub along_mm: u32,
}

/// A room with what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    cart: Cart,
    radio: Radio,
    shelves: Vec<Shelf>,
    /// By aisle and place.
    spines: Vec<Spine>,
    /// The aisles in the order of the walk, with their lengths.
    aisles: Vec<(u32, u32)>,
}

impl Default for Cart {
    fn default() -> Self {
        Self { speed_mm_s: 250, antenna: 1 }
    }
}

impl Default for Radio {
    fn default() -> Self {
        Self {
            peak_dbm: -40,
            reach_mm: 500,
            fall_db: 25,
            back_db: Some(24),
            noise_db: 2,
            read_percent: 70,
            miss_percent: 0,
            seed: 1,
        }
    }
}

impl Room {
    /// A room of these shelves, and all spines with their marks.
    pub fn new(cart: Cart, radio: Radio, shelves: Vec<Shelf>, mut spines: Vec<Spine>) -> Self {
        spines.sort_by_key(|spine| (spine.aisle, spine.at_mm));
        let mut aisles: Vec<(u32, u32)> = Vec::new();
        for shelf in &shelves {
            let end = shelf.start_mm + shelf.length_mm;
            match aisles.iter_mut().find(|(aisle, _)| *aisle == shelf.aisle) {
                Some((_, length)) => *length = end.max(*length),
                None => aisles.push((shelf.aisle, end)),
            }
        }
        aisles.sort_unstable();
        Self { cart, radio, shelves, spines, aisles }
    }

    /// The cart.
    pub fn cart(&self) -> Cart {
        self.cart
    }

    /// How well tags are heard.
    pub fn radio(&self) -> Radio {
        self.radio
    }

    /// The shelves, as they were given.
    pub fn shelves(&self) -> &[Shelf] {
        &self.shelves
    }

    /// What stands in it, by aisle and place.
    pub fn spines(&self) -> &[Spine] {
        &self.spines
    }

    /// The whole way of a walk, in millimetres.
    pub fn way_mm(&self) -> u64 {
        self.aisles.iter().map(|(_, length)| u64::from(*length)).sum()
    }

    /// Where the antenna is when it was pushed so far: each aisle from left to right, one after the other. `None` at the end.
    pub fn place(&self, walked_mm: u64) -> Option<Place> {
        let mut left = walked_mm;
        for (aisle, length) in &self.aisles {
            match left.checked_sub(u64::from(*length)) {
                Some(rest) => left = rest,
                None => return Some(Place { aisle: *aisle, along_mm: u32::try_from(left).ok()? }),
            }
        }
        None
    }

    /// How far it was pushed when it is at a place; the reverse of [`Self::place`].
    pub fn walked_mm(&self, place: Place) -> u64 {
        let before = self.aisles.iter().take_while(|(aisle, _)| *aisle < place.aisle);
        before.map(|(_, length)| u64::from(*length)).sum::<u64>() + u64::from(place.along_mm)
    }

    /// The shelf at a place.
    pub fn shelf_at(&self, place: Place) -> Option<&Shelf> {
        self.shelves.iter().find(|shelf| {
            let within = shelf.start_mm..shelf.start_mm + shelf.length_mm;
            shelf.aisle == place.aisle && within.contains(&place.along_mm)
        })
    }

    /// The tags within reach of a place, by their place in [`Self::spines`], with the strength of their signal in dBm at the
    /// reader's delivered power, free of noise.
    pub fn within_reach(&self, place: Place) -> Vec<(usize, i8)> {
        let behind = self.radio.back_db.map(|loss| (back_to_back(place.aisle), loss));
        let mut heard = Vec::new();
        for (aisle, through) in [(place.aisle, 0)].into_iter().chain(behind) {
            for at in self.range(aisle, place.along_mm) {
                let Some(spine) = self.spines.get(at) else { continue };
                heard.push((at, self.radio.strength(spine.at_mm.abs_diff(place.along_mm), through)));
            }
        }
        heard
    }

    fn range(&self, aisle: u32, along_mm: u32) -> Range<usize> {
        let reach = self.radio.reach_mm;
        let from = (aisle, along_mm.saturating_sub(reach));
        let to = (aisle, along_mm.saturating_add(reach));
        let start = self.spines.partition_point(|spine| (spine.aisle, spine.at_mm) < from);
        let end = self.spines.partition_point(|spine| (spine.aisle, spine.at_mm) <= to);
        start..end
    }
}

impl Radio {
    fn strength(self, distance_mm: u32, through_db: u8) -> i8 {
        let fall = u64::from(distance_mm) * u64::from(self.fall_db) / u64::from(self.reach_mm.max(1));
        let lost = i16::try_from(fall).unwrap_or(i16::MAX).saturating_add(through_db.into());
        i8::try_from(i16::from(self.peak_dbm).saturating_sub(lost)).unwrap_or(i8::MIN)
    }
}

/// The aisle behind an aisle.
fn back_to_back(aisle: u32) -> u32 {
    if aisle % 2 == 1 { aisle + 1 } else { aisle.saturating_sub(1) }
}

#[cfg(test)]
pub(super) mod tests;
