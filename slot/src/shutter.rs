//! The shutter: the one part that can hurt somebody.
//!
//! ```text
//!                 want open                  at its limit
//!   Still ───────────────────▶ Opening ────────────────────▶ Still
//!     │ want closed, clear               too long, overload ▶ Failed
//!     ├──────────────────────▶ Closing ── at its limit ─────▶ Still
//!     │ broken                   │ broken, overload, too long: STOP
//!     └────────────▶ Clearing ◀──┴─▶ Releasing (opens a little, lets go)
//!                       │ clear for long enough ▶ Closing        the last try ▶ Failed: it stands where it stands
//! ```
//! **Rule S1**: closing begins only on a clear curtain and ends with the first image of a broken one. Opening and
//! releasing move away from what is there.

use std::time::Instant;

use crate::io::{Output, Sign};
use crate::sensors::{Motion, Sensors, ShutterDrive};
use crate::timing::Timing;

/// Where it is to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Open.
    Open,
    /// Closed.
    Closed,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// At the goal, and still.
    Reached,
    /// On the way, or waiting until it may go on.
    OnTheWay,
    /// It stands somewhere and does not move until [`Shutter::reset`].
    Failed,
}

/// The machine of the shutter.
#[derive(Clone, Debug)]
pub struct Shutter {
    goal: Goal,
    phase: Phase,
    /// failed tries to close, since it was last closed
    tries: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Still,
    Opening { until: Instant },
    Closing { until: Instant },
    Releasing { until: Instant },
    Clearing { since: Option<Instant>, until: Instant },
    Failed,
}

impl Shutter {
    /// A shutter that stands, to be closed.
    pub const fn new() -> Self {
        Self { goal: Goal::Closed, phase: Phase::Still, tries: 0 }
    }

    /// Sets where it is to stand.
    pub fn want(
        &mut self,
        now: Instant,
        goal: Goal,
        sensors: &Sensors,
        timing: &Timing,
        out: &mut Vec<Output>,
    ) {
        if self.goal != goal && self.phase != Phase::Failed {
            self.goal = goal;
            if self.is_driven() {
                drive(ShutterDrive::Stop, out);
            }
            self.phase = Phase::Still;
        }
        self.sense(now, sensors, timing, out);
    }

    /// Takes an image of the contacts, or the passing of time.
    pub fn sense(&mut self, now: Instant, sensors: &Sensors, timing: &Timing, out: &mut Vec<Output>) {
        match self.phase {
            Phase::Failed => {}
            Phase::Still => self.start(now, sensors, timing, out),
            Phase::Opening { until } => {
                if sensors.shutter_is_open {
                    self.rest(Phase::Still, out);
                } else if sensors.shutter_is_overloaded || now >= until {
                    self.rest(Phase::Failed, out);
                }
            }
            Phase::Closing { until } => {
                if !sensors.curtain_is_clear || sensors.shutter_is_overloaded || now >= until {
                    self.obstructed(now, timing, out);
                } else if sensors.shutter_is_closed {
                    self.tries = 0;
                    self.rest(Phase::Still, out);
                }
            }
            Phase::Releasing { until } => {
                if sensors.shutter_is_open || now >= until {
                    self.rest(self.clearing(now, timing), out);
                }
            }
            Phase::Clearing { since, until } => self.clear(now, since, until, sensors, timing, out),
        }
    }

    /// Stands still at once, and stays so until it is wanted somewhere again: contacts unknown, service door open.
    pub fn halt(&mut self, out: &mut Vec<Output>) {
        self.rest(if self.phase == Phase::Failed { Phase::Failed } else { Phase::Still }, out);
    }

    /// Forgets failures: staff have looked at it, or it is tried again. What is driven stops: no phase watches it now.
    pub fn reset(&mut self, out: &mut Vec<Output>) {
        self.rest(Phase::Still, out);
        self.tries = 0;
    }

    /// Where it stands.
    pub fn stand(&self, sensors: &Sensors) -> Stand {
        let is_there = match self.goal {
            Goal::Open => sensors.shutter_is_open,
            Goal::Closed => sensors.shutter_is_closed,
        };
        match self.phase {
            Phase::Failed => Stand::Failed,
            Phase::Still if is_there => Stand::Reached,
            Phase::Still
            | Phase::Opening { .. }
            | Phase::Closing { .. }
            | Phase::Releasing { .. }
            | Phase::Clearing { .. } => Stand::OnTheWay,
        }
    }

    /// When it wants to be called again, if no image comes before.
    pub const fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Still | Phase::Failed => None,
            Phase::Opening { until }
            | Phase::Closing { until }
            | Phase::Releasing { until }
            | Phase::Clearing { until, .. } => Some(until),
        }
    }

    fn start(&mut self, now: Instant, sensors: &Sensors, timing: &Timing, out: &mut Vec<Output>) {
        match self.goal {
            Goal::Open if !sensors.shutter_is_open => {
                self.phase = Phase::Opening { until: now + timing.shutter_travel };
                drive(ShutterDrive::Open, out);
            }
            Goal::Closed if !sensors.shutter_is_closed => {
                if sensors.curtain_is_clear {
                    self.close(now, timing, out);
                } else {
                    self.phase = self.clearing(now, timing);
                }
            }
            Goal::Open | Goal::Closed => {}
        }
    }

    fn close(&mut self, now: Instant, timing: &Timing, out: &mut Vec<Output>) {
        self.phase = Phase::Closing { until: now + timing.shutter_travel };
        drive(ShutterDrive::Close, out);
    }

    /// Something was in the way: stop, let go, wait; or stand still for good.
    fn obstructed(&mut self, now: Instant, timing: &Timing, out: &mut Vec<Output>) {
        drive(ShutterDrive::Stop, out);
        out.push(Output::Say(Sign::MindYourHand));
        self.phase = Phase::Releasing { until: now + timing.release };
        if self.is_last_try(timing) {
            self.phase = Phase::Failed;
        } else {
            drive(ShutterDrive::Open, out);
        }
    }

    fn clear(
        &mut self,
        now: Instant,
        since: Option<Instant>,
        until: Instant,
        sensors: &Sensors,
        timing: &Timing,
        out: &mut Vec<Output>,
    ) {
        let since = if sensors.curtain_is_clear { Some(since.unwrap_or(now)) } else { None };
        self.phase = Phase::Clearing { since, until };
        // What was never in the shutter's way need not be waited out.
        let patience = if self.tries == 0 { std::time::Duration::ZERO } else { timing.clear_before_close };
        if since.is_some_and(|since| now >= since + patience) {
            self.close(now, timing, out);
        } else if now >= until {
            out.push(Output::Say(Sign::MindYourHand));
            let is_last = self.is_last_try(timing);
            self.phase = if is_last { Phase::Failed } else { self.clearing(now, timing) };
        }
    }

    const fn is_last_try(&mut self, timing: &Timing) -> bool {
        self.tries = self.tries.saturating_add(1);
        self.tries >= timing.close_tries
    }

    fn clearing(&self, now: Instant, timing: &Timing) -> Phase {
        Phase::Clearing { since: None, until: now + timing.clear_before_close * 4 }
    }

    const fn is_driven(&self) -> bool {
        matches!(self.phase, Phase::Opening { .. } | Phase::Closing { .. } | Phase::Releasing { .. })
    }

    fn rest(&mut self, phase: Phase, out: &mut Vec<Output>) {
        self.phase = phase;
        drive(ShutterDrive::Stop, out);
    }
}

impl Default for Shutter {
    fn default() -> Self {
        Self::new()
    }
}

fn drive(drive: ShutterDrive, out: &mut Vec<Output>) {
    out.push(Output::Move(Motion::Shutter(drive)));
}
