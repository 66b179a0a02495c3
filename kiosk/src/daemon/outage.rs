//! The end of the battery: when the machine is switched off.

use std::time::{Duration, Instant};

use peripherals::nut::policy::Level;

/// How it stands with the mains, and what was done about it.
#[derive(Debug, Default)]
pub(super) struct Outage {
    level: Level,
    /// the power goes then at the latest, whatever is in hand
    until: Option<Instant>,
}

impl Outage {
    /// The mains are like this now.
    pub(super) fn becomes(&mut self, now: Instant, level: Level) {
        if level == Level::Low && self.level != Level::Low {
            self.until = Some(now + PATIENCE);
        } else if level != Level::Low {
            self.until = None;
        }
        self.level = level;
    }

    /// When [`Outage::may_go`] has to be asked.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.until
    }

    /// Whether the power may go now: said once.
    pub(super) fn may_go(&mut self, now: Instant, is_at_rest: bool) -> bool {
        let may_go = self.until.is_some_and(|until| is_at_rest || until <= now);
        if may_go {
            self.until = None;
        }
        may_go
    }
}

/// What is in hand has so long; after that its row says where it was, as after any cut.
const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_goes_once_when_nothing_is_in_hand_or_after_half_a_minute() {
        let t0 = tokio::time::Instant::now().into_std();
        let mut outage = Outage::default();
        outage.becomes(t0, Level::Battery);
        assert!(!outage.may_go(t0, true), "the battery lasts");
        outage.becomes(t0, Level::Low);
        assert!(!outage.may_go(t0, false));
        assert_eq!(outage.deadline(), Some(t0 + PATIENCE));
        assert!(outage.may_go(t0, true));
        assert!(!outage.may_go(t0, true), "it was said");
        outage.becomes(t0, Level::Low);
        assert!(!outage.may_go(t0, true), "nor is it said again");
        outage.becomes(t0, Level::Returning);
        outage.becomes(t0, Level::Low);
        assert!(outage.may_go(t0 + PATIENCE, false), "whatever is in hand");
        outage.becomes(t0, Level::Low);
        outage.becomes(t0, Level::Returning);
        assert_eq!((outage.deadline(), outage.may_go(t0, true)), (None, false));
    }
}
