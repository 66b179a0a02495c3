//! A hunt for single items, and the sound that leads the ear.

use std::time::{Duration, Instant};

use circulation::hunt::Hunt;
use circulation::screen::{Ears, Hunting};

/// A hunt that goes on.
#[derive(Debug)]
pub(super) struct Chase {
    pub(super) hunt: Hunt,
    pub(super) first: usize,
    beat: u32,
    /// when the next beat is due, while something is heard
    pub(super) next_beat: Option<Instant>,
}

impl Chase {
    pub(super) const fn of(hunt: Hunt) -> Self {
        Self { hunt, first: 0, beat: 0, next_beat: None }
    }

    /// What is seen of it: so many rows.
    pub(super) fn page(&self, reader: Ears, rows: usize) -> Hunting {
        self.hunt.page(self.first, rows, reader, self.beat)
    }

    pub(super) fn n_all(&self) -> usize {
        usize::try_from(self.page(Ears::Up, 0).found.of).unwrap_or(usize::MAX)
    }

    /// The sound that leads the ear: the nearer, the more often. Tells whether it beat.
    pub(super) fn beat(&mut self, now: Instant) -> bool {
        let page = self.page(Ears::Up, 0);
        if !page.is_heard {
            self.next_beat = None;
            return false;
        }
        let is_due = self.next_beat.is_some_and(|due| due <= now);
        if is_due {
            self.beat = self.beat.wrapping_add(1);
        }
        if is_due || self.next_beat.is_none() {
            let nearer = SLOWEST.saturating_sub(FASTEST) * u32::from(page.strength) / 100;
            self.next_beat = Some(now + SLOWEST.saturating_sub(nearer));
        }
        is_due
    }
}

/// The time between two beats of a hunt, from far and from near.
const SLOWEST: Duration = Duration::from_millis(1_100);
const FASTEST: Duration = Duration::from_millis(220);
