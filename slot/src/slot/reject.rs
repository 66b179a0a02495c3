//! Back to the street; and what nobody takes back.

use std::time::{Duration, Instant};

use super::Slot;
use super::commit::Way;
use super::state::{Extra, Handing, Keep, Reject, State};
use crate::io::{Output, Sign};
use crate::journal::Step;
use crate::sensors::{Belt, Sensors};
use crate::shutter::{Goal, Stand};

impl Slot {
    pub(super) fn reject(
        &mut self,
        now: Instant,
        reject: Reject,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        let timing = self.setup.timing.clone();
        let phase = match reject.phase {
            Handing::Opening => {
                self.shutter.want(now, Goal::Open, sensors, &timing, out);
                if self.shutter.stand(sensors) != Stand::Reached {
                    return None;
                }
                out.push(Output::Say(Sign::Refused(reject.why)));
                self.outwards(now, timing.present, out)
            }
            Handing::Outwards { until, covered, for_ } => {
                let covered = if sensors.eye_in { covered.or(Some(now)) } else { covered };
                let stands_out = covered.is_some_and(|since| sensors.eye_in && now >= since + for_);
                let is_away = covered.is_some() && !sensors.is_inlet_covered();
                match (is_away, stands_out, now >= until) {
                    (true, _, _) => self.sweep(now, out),
                    (false, true, _) | (false, false, true) => {
                        self.inlet(Belt::Stop, out);
                        Handing::Offered { until: now + timing.hand_back }
                    }
                    (false, false, false) => Handing::Outwards { until, covered, for_ },
                }
            }
            Handing::Offered { until } => {
                let is_away = !sensors.is_inlet_covered() && sensors.curtain_is_clear;
                match (is_away, now >= until) {
                    (true, _) => self.sweep(now, out),
                    (false, false) => return None,
                    (false, true) if reject.tries >= timing.hand_back_tries => {
                        return Some(State::Keep(Keep::start(now + timing.intake)));
                    }
                    (false, true) => {
                        self.inlet(Belt::Inwards, out);
                        Handing::Nudging { until: now + timing.unjam }
                    }
                }
            }
            // As far out as it was pulled in, no farther: it must not fall into the street.
            Handing::Nudging { until } if now >= until => self.outwards(now, timing.unjam, out),
            Handing::Nudging { .. } => return None,
            Handing::Sweeping { until } => match (sensors.is_inlet_covered(), now >= until) {
                (true, _) => self.outwards(now, timing.present, out),
                (false, false) => return None,
                (false, true) => {
                    self.inlet(Belt::Stop, out);
                    if self.answers(now) {
                        return self.stuck(now, out);
                    }
                    return Some(self.gone(now, reject.then, out));
                }
            },
            Handing::Ending => return self.handed_back(now, &reject, sensors),
        };
        let is_new_try = matches!((reject.phase, phase), (Handing::Nudging { .. }, Handing::Outwards { .. }));
        self.state = State::Reject(Reject { phase, tries: reject.tries + u8::from(is_new_try), ..reject });
        None
    }

    fn outwards(&self, now: Instant, for_: Duration, out: &mut Vec<Output>) -> Handing {
        self.inlet(Belt::Outwards, out);
        Handing::Outwards { until: now + self.setup.timing.intake, covered: None, for_ }
    }

    /// The belt goes on outwards: a second thing may lie between the eyes, where neither sees it.
    fn sweep(&self, now: Instant, out: &mut Vec<Output>) -> Handing {
        self.inlet(Belt::Outwards, out);
        Handing::Sweeping { until: now + SWEEP }
    }

    /// It is away, and its row says so.
    fn handed_back(&mut self, now: Instant, reject: &Reject, sensors: &Sensors) -> Option<State> {
        if self.current.as_ref().is_some_and(|current| !current.is_at(Step::Withdrawn)) {
            return None;
        }
        self.current = None;
        match reject.then {
            Some(outage) => Some(State::Closing { then: Some(outage) }),
            None => Some(self.next_item(now, sensors)),
        }
    }

    /// Somebody took it at the last moment. Another may lie between the eyes: the belt is looked at anew.
    fn gone_before_it_was_kept(&mut self, now: Instant, out: &mut Vec<Output>) -> State {
        self.is_recovering = true;
        self.gone(now, None, out)
    }

    pub(super) fn keep(
        &mut self,
        now: Instant,
        keep: Keep,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        match keep {
            Keep::PullIn { until } => {
                // Somebody pushes another in behind it: it must not be carried on unseen.
                if sensors.eye_out || (sensors.eye_mid && !sensors.eye_in) {
                    self.inlet(Belt::Stop, out);
                    self.state = State::Keep(Keep::Closing);
                } else if now >= until {
                    return if sensors.is_inlet_covered() {
                        self.stuck(now, out)
                    } else {
                        Some(self.gone_before_it_was_kept(now, out))
                    };
                }
                None
            }
            Keep::Closing => {
                if self.close(now, sensors, out) != Stand::Reached {
                    return None;
                }
                if !sensors.is_inlet_covered() && !sensors.eye_out {
                    return Some(self.gone_before_it_was_kept(now, out));
                }
                self.extra = Extra::None;
                self.write_found(now, out);
                self.state = State::Keep(Keep::Writing);
                None
            }
            Keep::Writing => {
                // It may have been open for the next one when this one came to light.
                if self.close(now, sensors, out) != Stand::Reached {
                    return None;
                }
                if !self.current.as_ref().is_some_and(|current| current.is_at(Step::Found)) {
                    return None;
                }
                if self.extra == Extra::Behind {
                    self.extra = Extra::None;
                    return Some(self.start_sort(now, None, sensors, out));
                }
                self.state = State::Keep(Keep::Carrying(self.start_carry(now, out)));
                None
            }
            Keep::Carrying(mut carry) => {
                let way = self.carry(now, &mut carry, sensors, out);
                self.state = State::Keep(Keep::Carrying(carry));
                match way {
                    Way::Going => None,
                    Way::Behind => {
                        let keys = self
                            .current
                            .as_ref()
                            .map(|current| current.piece.tags.clone())
                            .unwrap_or_default();
                        self.tags.take(now, &keys);
                        self.extra = Extra::None;
                        Some(self.start_sort(now, None, sensors, out))
                    }
                    Way::Stuck => self.stuck(now, out),
                }
            }
        }
    }
}

/// The belt runs its whole length in this.
const SWEEP: Duration = Duration::from_millis(2500);
