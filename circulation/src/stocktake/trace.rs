//! When and how strongly a tag was heard in one pass, in little room whatever it says.
//!
//! A pass is cut into moments of half a second. Of the reads of one antenna in one moment, the strongest stays; of all
//! moments, the `N` strongest. That is a property of the set of reads, not of their order: the weakest moment that stays only
//! ever gets stronger, so that what was dropped once could not stay later.

use core::cmp::Reverse;
use std::borrow::Cow;

/// The strongest read of one antenna in one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// dBm; readers without RSSI hear only what is near
    pub(super) rssi: i8,
    /// milliseconds since the stocktake began
    pub(super) at: u32,
    pub(super) antenna: u8,
}

/// What is kept of one tag in one pass.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    pub(super) pass: u8,
    /// heard from near already: it was told
    pub(super) was_told: bool,
    moments: Vec<Moment>,
}

impl Moment {
    /// How much it says about where the tag is: grows with what reaches the antenna.
    pub(super) fn weight(self) -> u64 {
        let above = i64::from(self.rssi).saturating_add(FLOOR_DBM).clamp(1, FLOOR_DBM);
        above.saturating_mul(above).unsigned_abs()
    }

    fn strength(self) -> (i8, Reverse<u32>, Reverse<u8>) {
        (self.rssi, Reverse(self.at), Reverse(self.antenna))
    }

    const fn key(self) -> (u32, u8) {
        (self.at / MOMENT_MS, self.antenna)
    }
}

impl Trace {
    pub(super) const fn new(pass: u8) -> Self {
        Self { pass, was_told: false, moments: Vec::new() }
    }

    /// Takes a read; `most` moments stay. Tells whether it changed anything.
    pub(super) fn hear(&mut self, read: Moment, most: usize) -> bool {
        let has_room = self.moments.len() < most;
        match self.moments.iter_mut().find(|moment| moment.key() == read.key()) {
            Some(same) if same.strength() < read.strength() => *same = read,
            Some(_) => return false,
            None if has_room => self.moments.push(read),
            None => {
                let weakest = self.moments.iter_mut().min_by_key(|moment| moment.strength());
                let Some(weakest) = weakest.filter(|weakest| weakest.strength() < read.strength()) else {
                    return false;
                };
                *weakest = read;
            }
        }
        true
    }

    pub(super) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// The `most` strongest: more are kept of a tag as long as it may be a shelf mark.
    pub(super) fn strongest(&self, most: usize) -> Cow<'_, [Moment]> {
        if self.moments.len() <= most {
            return Cow::Borrowed(&self.moments);
        }
        let mut strongest = self.moments.clone();
        strongest.sort_unstable_by_key(|moment| Reverse(moment.strength()));
        strongest.truncate(most);
        Cow::Owned(strongest)
    }

    /// The strongest one.
    pub(super) fn peak(&self) -> Option<Moment> {
        self.moments.iter().copied().max_by_key(|moment| moment.strength())
    }
}

/// How long a moment lasts.
const MOMENT_MS: u32 = 500;
/// Below minus this, a read says that the tag is somewhere.
const FLOOR_DBM: i64 = 90;
