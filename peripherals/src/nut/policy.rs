//! What is done about the mains: a machine of its own, the same for a kiosk and a slot.
//!
//! ```text
//!            OB                     OB LB, FSD, runtime < least, or on battery and nothing heard for `unheard`
//!   Mains ────────▶ Battery ──────────────────────────────────────────────────────────────▶ Low
//!     ▲ ▲             │ OL                                                                   │ OL
//!     │ └─resume─ Returning ◀───────────────────────────────────────────────────────────────┘
//!     └──────────── (OB again: Battery)
//! ```
//! A supply that is being calibrated (`CAL`) is on its battery on purpose, and nobody is sent away for that. One that was
//! never heard is taken for mains: a kiosk does not stop for want of a server.

use std::time::{Duration, Instant};

use super::Report;

/// How it stands with the power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// On the mains.
    #[default]
    Mains,
    /// On the battery: what is in hand is finished, nothing new is begun.
    Battery,
    /// The battery ends: write down what is to be kept, and switch off.
    Low,
    /// On the mains again, but not for long enough.
    Returning,
}

impl Level {
    /// Whether somebody may begin something.
    #[must_use]
    pub const fn serves(self) -> bool {
        matches!(self, Self::Mains)
    }
}

/// The times of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The battery ends when it lasts no longer than this.
    pub least: Duration,
    /// The mains must be back so long before anybody is served again.
    pub resume: Duration,
    /// On the battery, so long without a word means that it ends.
    pub unheard: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            least: Duration::from_secs(120),
            resume: Duration::from_secs(60),
            unheard: Duration::from_secs(30),
        }
    }
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Policy {
    rules: Rules,
    level: Level,
    /// when the mains came back
    returned: Option<Instant>,
    /// since when nothing is heard
    silent: Option<Instant>,
}

impl Policy {
    /// On the mains, as far as is known.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        Self { rules, level: Level::Mains, returned: None, silent: None }
    }

    /// How it stands.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The supply said something.
    pub fn told(&mut self, now: Instant, report: &Report) -> Level {
        self.silent = None;
        let Report { status, runtime, .. } = report;
        let drains = status.on_battery && !status.calibrates;
        let is_short = runtime.is_some_and(|runtime| runtime < self.rules.least);
        if status.shutdown || status.on_battery && (status.is_low || drains && is_short) {
            return self.become_(Level::Low);
        }
        if drains {
            // Whoever has begun to switch off goes on with it, whatever a battery says that recovers unloaded.
            let level = if self.level == Level::Low { Level::Low } else { Level::Battery };
            return self.become_(level);
        }
        if matches!(self.level, Level::Battery | Level::Low) {
            self.returned = Some(now);
            self.level = Level::Returning;
        }
        self.tick(now)
    }

    /// Nothing is known of the supply.
    pub fn down(&mut self, now: Instant) -> Level {
        self.silent.get_or_insert(now);
        self.tick(now)
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) -> Level {
        if self.deadline().is_some_and(|at| at <= now) {
            match self.level {
                Level::Battery => self.level = Level::Low,
                Level::Returning => self.level = Level::Mains,
                Level::Mains | Level::Low => {}
            }
        }
        self.level
    }

    /// When [`Policy::tick`] may change something.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.level {
            Level::Battery => self.silent.map(|since| since + self.rules.unheard),
            Level::Returning => self.returned.map(|since| since + self.rules.resume),
            Level::Mains | Level::Low => None,
        }
    }

    fn become_(&mut self, level: Level) -> Level {
        self.returned = None;
        self.level = level;
        level
    }
}
