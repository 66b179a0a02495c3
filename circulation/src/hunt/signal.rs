//! The strength of one tag, smoothed: single reads differ by many dB, and the ear shall not jump.

use std::time::{Duration, Instant};

/// The longest bar.
pub const MAX_BAR: u8 = 10;

/// How near an item is: 0 is silent, [`MAX_BAR`] within a hand's breadth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bar(u8);

impl Bar {
    /// Nothing is heard.
    pub const SILENT: Self = Self(0);

    /// The length, at most [`MAX_BAR`].
    #[must_use]
    pub const fn length(self) -> u8 {
        self.0
    }
}

/// A strength that follows what is heard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signal {
    /// in 1/16 dB, as at full power
    level: i32,
    at: Instant,
}

impl Signal {
    pub(super) const fn new(at: Instant, dbm: i16) -> Self {
        Self { level: dbm as i32 * FINE, at }
    }

    /// Follows a read by the share of [`SETTLES`] that has passed: at 30 reads a second, a tenth; after a silence, at once.
    pub(super) fn hear(&mut self, at: Instant, dbm: i16) {
        let passed = at.saturating_duration_since(self.at).min(SETTLES).as_millis();
        let passed = i32::try_from(passed).unwrap_or(0).max(1);
        let whole = i32::try_from(SETTLES.as_millis()).unwrap_or(1);
        self.level += (i32::from(dbm) * FINE - self.level) * passed / whole;
        self.at = self.at.max(at);
    }

    /// In dBm, as at full power.
    pub(super) fn level(self) -> i16 {
        i16::try_from(self.level / FINE).unwrap_or(0)
    }

    pub(super) fn bar(self) -> Bar {
        let steps = (i32::from(self.level()) - FAR_DBM) * i32::from(MAX_BAR) / (AT_HAND_DBM - FAR_DBM);
        Bar(u8::try_from(steps.clamp(1, i32::from(MAX_BAR))).unwrap_or(1))
    }
}

const FINE: i32 = 16;
const SETTLES: Duration = Duration::from_millis(300);
/// What is as weak as this was heard by chance.
const FAR_DBM: i32 = -80;
/// A tag at the antenna, as at full power.
const AT_HAND_DBM: i32 = -25;
