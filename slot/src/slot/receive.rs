//! The next one may be put in while the last is sorted: between the two is the flap, which opens inwards only.
//!
//! The shutter opens as soon as a piece is surely behind the flap and the inlet belt is empty; that belt stands until the
//! piece has fallen, so that what is put in waits where a hand can still take it. Whatever comes to light meanwhile (a
//! second thing that came in unseen, no mains, no room) closes the shutter again.

use std::time::Instant;

use super::state::Extra;
use super::{Slot, has_any_room};
use crate::io::Output;
use crate::sensors::{Belt, Sensors};
use crate::shutter::Goal;

impl Slot {
    /// One look while a piece is behind the flap.
    pub(super) fn receive(&mut self, now: Instant, sensors: &Sensors, out: &mut Vec<Output>) {
        let is_welcome = self.extra == Extra::None
            && !self.is_recovering
            && self.must_close().is_none()
            && has_any_room(sensors);
        let is_empty = !sensors.is_inlet_covered() && !sensors.eye_out;
        match (self.is_receiving, is_welcome) {
            (false, true) if is_empty => {
                self.is_receiving = true;
                self.inlet(Belt::Stop, out);
                self.shutter.want(now, Goal::Open, sensors, &self.setup.timing, out);
            }
            (true, false) => {
                self.is_receiving = false;
                self.shutter.want(now, Goal::Closed, sensors, &self.setup.timing, out);
            }
            (true, true) | (false, _) => {}
        }
    }
}
