//! Out of service, and back.

use std::time::Instant;

use super::state::{Handing, Reject, State};
use super::{Slot, has_any_room};
use crate::io::{Alarm, Outage, Output, Power, Refusal, Sign};
use crate::journal::Step;
use crate::sensors::{Belt, Sensors};
use crate::shutter::Stand;

impl Slot {
    /// Everything stops where it is; what is in hand is kept in mind.
    pub(super) fn fall_out(&mut self, now: Instant, outage: Outage, out: &mut Vec<Output>) {
        let before = match self.state {
            State::Out { outage: before, .. } if before == outage => return,
            State::Out { outage: before, .. } => Some(before),
            State::Blank
            | State::Recover(_)
            | State::Idle { .. }
            | State::WaitItem { .. }
            | State::Intake(_)
            | State::Hold { .. }
            | State::Commit(_)
            | State::Checkin { .. }
            | State::Sort(_)
            | State::Reject(_)
            | State::Keep(_)
            | State::Closing { .. } => None,
        };
        if let Some(before) = before {
            self.alarm(Alarm::Out(before), false, out);
        }
        self.inlet(Belt::Stop, out);
        self.sorter(false, out);
        self.flushes_until = None;
        if matches!(outage, Outage::Service | Outage::Blind | Outage::Shutter) {
            self.shutter.halt(out);
        }
        self.put_down();
        (self.may_power_off, self.is_receiving) = (false, false);
        self.alarm(Alarm::Out(outage), true, out);
        out.push(Output::Say(Sign::Closed(outage)));
        self.state = State::Out { outage, since: now };
    }

    pub(super) fn outage(
        &mut self,
        now: Instant,
        outage: Outage,
        since: Instant,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        let has_power = self.power == Power::Mains
            && self.mains_since.is_none_or(|since| now >= since + self.setup.timing.mains);
        let is_over = match outage {
            Outage::Service => !sensors.service_door_is_open,
            Outage::Blind => true,
            Outage::Full => has_any_room(sensors),
            Outage::Power => has_power,
            Outage::Staff => !self.is_withdrawn,
            // What burnt may burn again.
            Outage::Smoke => false,
            Outage::Shutter | Outage::Jam | Outage::Disk => {
                has_power && now >= since + self.setup.timing.self_test
            }
        };
        if is_over {
            self.recover(now, out);
            return None;
        }
        let closes = !matches!(outage, Outage::Service | Outage::Shutter);
        if closes && self.close(now, sensors, out) == Stand::Failed {
            self.fall_out(now, Outage::Shutter, out);
            return None;
        }
        let is_still = !closes || self.shutter.stand(sensors) == Stand::Reached;
        if self.power == Power::Low && is_still && !self.may_power_off {
            self.may_power_off = true;
            out.push(Output::MayPowerOff);
        }
        None
    }

    /// The journal cannot be written. What could go back goes back; else everything stands, and the shutter closes.
    pub(super) fn disk_failed(&mut self, now: Instant, step: Step, out: &mut Vec<Output>) {
        let goes_back = step == Step::Seen && matches!(self.state, State::Intake(_) | State::Hold { .. });
        let Some(sensors) = self.sensors.clone().filter(|_| goes_back) else {
            return self.fall_out(now, Outage::Disk, out);
        };
        // A row that comes late is none the worse: the next one says that it went back.
        if let Some(current) = self.current.as_mut() {
            current.waits = None;
        }
        let phase = Handing::Opening;
        let back = Reject { why: Refusal::Closing, then: Some(Outage::Disk), tries: 0, phase };
        self.enter(now, State::Reject(back), &sensors, out);
    }

    pub(super) fn closing(
        &mut self,
        now: Instant,
        then: Option<Outage>,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        let stand = self.close(now, sensors, out);
        match (then, stand) {
            (Some(outage), Stand::Reached) => {
                self.fall_out(now, outage, out);
                None
            }
            (None, Stand::Reached) => Some(State::Idle { is_wanted: false }),
            // Somebody puts something in just now.
            (None, Stand::OnTheWay) if sensors.eye_in => Some(State::WaitItem { until: None }),
            (_, Stand::OnTheWay | Stand::Failed) => None,
        }
    }

    pub(super) fn powered(&mut self, now: Instant, power: Power) {
        if power == Power::Mains && self.power != Power::Mains {
            self.mains_since = Some(now);
        }
        self.power = power;
    }

    /// Why nothing new is taken, whatever room there is.
    pub(super) const fn must_close(&self) -> Option<Outage> {
        match (self.power, self.is_withdrawn) {
            (Power::Battery | Power::Low, _) => Some(Outage::Power),
            (Power::Mains, true) => Some(Outage::Staff),
            (Power::Mains, false) => None,
        }
    }

    pub(super) fn mended(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.misses.clear();
        self.alarm(Alarm::Misses, false, out);
        if matches!(self.state, State::Out { outage, .. } if outage != Outage::Service && outage != Outage::Blind)
        {
            self.recover(now, out);
        }
    }

    /// What comes after an item: the next, unless the slot has to close or has more to put in order.
    pub(super) fn next_item(&mut self, now: Instant, sensors: &Sensors) -> State {
        if self.is_recovering {
            return self.recovery(now, sensors);
        }
        match (self.must_close(), has_any_room(sensors)) {
            (None, true) => State::WaitItem { until: None },
            // Somebody has put it in while the last one was sorted: it is finished, or handed back, before anything else.
            _ if sensors.is_inlet_covered() => State::WaitItem { until: None },
            (None, false) => State::Closing { then: Some(Outage::Full) },
            (Some(outage), _) => State::Closing { then: Some(outage) },
        }
    }
}
