//! A cart in a room: where it is by the time, and what is within its reach there.
//!
//! The cart is pushed while somebody reads. When nothing is asked for half a second it waits, and goes back to the left end
//! of the shelf before which it waits, as whoever interrupts a pass does; after the end of the way the next reading is a
//! new walk from the beginning. Whatever is asked how often: at the same time the cart is at the same place.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::{Place, Room, Spine};

/// A walk through a room.
#[derive(Clone, Debug)]
pub struct Walk {
    room: Room,
    stand: Stand,
    /// Of the walks, from 1.
    n: u64,
    /// When the last reading began.
    last: Option<Instant>,
    /// When the reader was done with it.
    done: Option<Instant>,
    /// What was taken from its shelf.
    taken: BTreeSet<String>,
    /// What was within reach at the last reading.
    near: Vec<String>,
}

/// What the cart does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// It is pushed along the way, and is so far; in micrometres, so that a short time too is some way.
    Walking {
        /// From the beginning of the way.
        walked_um: u64,
    },
    /// It was put before a place, and stays.
    At(Place),
    /// It is at the end of its way, and hears nothing any more.
    Over,
}

impl Walk {
    /// A cart at the beginning of its way.
    pub fn new(room: Room) -> Self {
        let stand = Stand::Walking { walked_um: 0 };
        Self { room, stand, n: 1, last: None, done: None, taken: BTreeSet::new(), near: Vec::new() }
    }

    /// The room.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// What the cart does.
    pub fn stand(&self) -> Stand {
        self.stand
    }

    /// Which walk it is, from 1.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Begins a new walk.
    pub fn begin(&mut self) {
        self.n += 1;
        (self.stand, self.last) = (Stand::Walking { walked_um: 0 }, None);
    }

    /// Puts the cart before a shelf, so many millimetres from its left end, where it stays.
    ///
    /// # Errors
    /// What is wrong, if there is no such place.
    pub fn put(&mut self, mark: &str, along_mm: u32) -> Result<(), String> {
        let shelf = self.room.shelves().iter().find(|shelf| shelf.mark == mark);
        let shelf = shelf.ok_or_else(|| format!("there is no shelf {mark:?} in the room"))?;
        if along_mm >= shelf.length_mm {
            return Err(format!("{mark} is {} mm long", shelf.length_mm));
        }
        self.stand = Stand::At(Place { aisle: shelf.aisle, along_mm: shelf.start_mm + along_mm });
        Ok(())
    }

    /// Puts the cart right before a thing of the room, where it stays.
    ///
    /// # Errors
    /// What is wrong, if there is no such thing.
    pub fn put_before(&mut self, name: &str) -> Result<(), String> {
        let spine = self.room.spines().iter().find(|spine| spine.name == name);
        let spine = spine.filter(|spine| !self.taken.contains(&spine.name));
        let spine = spine.ok_or_else(|| format!("there is no {name:?} in the room"))?;
        self.stand = Stand::At(Place { aisle: spine.aisle, along_mm: spine.at_mm });
        Ok(())
    }

    /// Lets the cart stay where it is, whoever reads. At the end of its way it is at rest already.
    pub fn halt(&mut self) {
        if let (Stand::Walking { .. }, Some(place)) = (self.stand, self.place()) {
            self.stand = Stand::At(place);
        }
    }

    /// Pushes the cart on from where it stays.
    pub fn go_on(&mut self) {
        if let Stand::At(place) = self.stand {
            self.stand = Stand::Walking { walked_um: self.room.walked_mm(place) * UM_IN_MM };
        }
    }

    /// Takes a thing off its shelf, for good.
    pub fn take(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    /// Where the antenna is; `None` at the end.
    pub fn place(&self) -> Option<Place> {
        match self.stand {
            Stand::Walking { walked_um } => self.room.place(walked_um / UM_IN_MM),
            Stand::At(place) => Some(place),
            Stand::Over => None,
        }
    }

    /// The reader is done with the reading that has begun, or will be then.
    pub fn done(&mut self, at: Option<Instant>) {
        self.done = at;
    }

    /// A reading begins at `now`.
    pub fn read(&mut self, now: Instant) {
        let rested = self.last.max(self.done).is_some_and(|last| now.saturating_duration_since(last) >= REST);
        let since = self.last.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        self.last = Some(now);
        match self.stand {
            Stand::Walking { walked_um } if rested => {
                self.stand = Stand::Walking { walked_um: self.back_at_shelf(walked_um) };
            }
            Stand::Walking { walked_um } => self.push(walked_um, since),
            Stand::Over if rested => {
                self.begin();
                self.last = Some(now);
            }
            Stand::At(_) | Stand::Over => {}
        }
    }

    /// What was within reach at the last reading, and remembers what is now.
    pub(super) fn leave(&mut self) -> Vec<String> {
        let near = self.within_reach().into_iter().map(|(spine, _)| spine.name.clone()).collect();
        std::mem::replace(&mut self.near, near)
    }

    /// The tags within reach of the antenna in this walk, with the strength of their signal in dBm, free of noise.
    pub fn within_reach(&self) -> Vec<(&Spine, i8)> {
        let Some(place) = self.place() else { return Vec::new() };
        let within = self.room.within_reach(place).into_iter();
        let heard = within.filter(|(at, _)| !self.is_missed(*at));
        heard
            .filter_map(|(at, strength)| Some((self.room.spines().get(at)?, strength)))
            .filter(|(spine, _)| !self.taken.contains(&spine.name))
            .collect()
    }

    /// Whether a tag is not heard in this walk at all. A matter of walk and tag, not of who asks when.
    pub fn is_missed(&self, at: usize) -> bool {
        let radio = self.room.radio();
        let chance = mixed(radio.seed ^ mixed(self.n) ^ mixed(at as u64).rotate_left(32));
        chance % 100 < u64::from(radio.miss_percent)
    }

    fn push(&mut self, walked_um: u64, since: Duration) {
        let speed = u128::from(self.room.cart().speed_mm_s);
        let more = u64::try_from(since.as_micros() * speed / 1_000).unwrap_or(u64::MAX);
        let walked_um = walked_um.saturating_add(more);
        let is_over = walked_um / UM_IN_MM >= self.room.way_mm();
        self.stand = if is_over { Stand::Over } else { Stand::Walking { walked_um } };
    }

    fn back_at_shelf(&self, walked_um: u64) -> u64 {
        let place = self.room.place(walked_um / UM_IN_MM);
        let shelf = place.and_then(|place| self.room.shelf_at(place));
        shelf.map_or(walked_um, |shelf| {
            self.room.walked_mm(Place { aisle: shelf.aisle, along_mm: shelf.start_mm }) * UM_IN_MM
        })
    }
}

/// The finish of splitmix64: neighbours come out unlike each other.
fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const UM_IN_MM: u64 = 1_000;
/// Whoever asks for nothing so long has let go of the cart.
const REST: Duration = Duration::from_millis(500);
