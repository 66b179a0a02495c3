//! After a start, and after whatever put the slot out of service: what is in there, and how far had it come?
//!
//! | last step | it is on the inlet belt | it is not |
//! |---|---|---|
//! | `SEEN` | asked for again | `WITHDRAWN`, and staff are told |
//! | `TAKEN` | carried through the flap, checked in; so is what lies under the eye behind it | it is behind: checked in (the same piece, so once) |
//! | `FOUND` | carried through the flap | sorted to the exception bin |
//! | `CHECKED IN` | - | sorted to the exception bin: its gate bit is not certain |
//! | `SORTED` | - | the sorting belt runs; what does not fall had fallen, or sticks where no eye sees it: `IN TRANSIT` |
//! | none | taken as a new item that lies there | under the eye behind the flap: `FOUND`; a tag that answers and no eye: `IN TRANSIT` |

use std::time::Instant;

use circulation::id::TagKey;

use super::state::{Commit, Current, Extra, Keep, Recover, State};
use super::{Slot, has_any_room};
use crate::io::{Alarm, Outage, Output};
use crate::journal::{Piece, PieceId, Step};
use crate::sensors::{Belt, Sensors};
use crate::shutter::Stand;

impl Slot {
    /// Begins anew.
    pub(super) fn recover(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(sensors) = self.sensors.clone() else { return };
        let raised: Vec<Alarm> =
            self.alarms.iter().filter(|alarm| matches!(alarm, Alarm::Out(_))).cloned().collect();
        for alarm in raised {
            self.alarm(alarm, false, out);
        }
        self.shutter.reset(out);
        self.sorter(false, out);
        let next = self.recovery(now, &sensors);
        self.enter(now, next, &sensors, out);
    }

    pub(super) fn recovery(&mut self, now: Instant, sensors: &Sensors) -> State {
        self.is_recovering = true;
        if sensors.curtain_is_clear && !sensors.eye_in {
            State::Recover(Recover::Home { was_covered: false })
        } else {
            State::Recover(Recover::PullIn { until: now + self.setup.timing.intake })
        }
    }

    pub(super) fn recovering(
        &mut self,
        now: Instant,
        recover: Recover,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        match recover {
            Recover::PullIn { until } => {
                if now >= until || (sensors.curtain_is_clear && !sensors.eye_in) {
                    self.inlet(Belt::Stop, out);
                    self.state = State::Recover(Recover::Home { was_covered: sensors.eye_in });
                }
                None
            }
            // Somebody pushes something in just now: it would stay in the mouth, and the shutter open.
            Recover::Home { was_covered: false } if sensors.eye_in => {
                self.inlet(Belt::Inwards, out);
                self.state = State::Recover(Recover::PullIn { until: now + self.setup.timing.intake });
                None
            }
            Recover::Home { .. } => {
                self.state = State::Recover(Recover::Home { was_covered: sensors.eye_in });
                if self.close(now, sensors, out) == Stand::Reached {
                    self.tags.pass();
                    self.inlet(Belt::Inwards, out);
                    // What stuck behind the flap falls now, as found, unless it is a piece that is still to be sorted.
                    if self.open.iter().all(|piece| piece.step == Step::Seen) {
                        self.sorter(true, out);
                        self.flush(now, out);
                    }
                    self.state = State::Recover(Recover::Inspect { until: now + self.setup.timing.inspect });
                }
                None
            }
            Recover::Inspect { until } => {
                if sensors.eye_mid {
                    self.inlet(Belt::Stop, out);
                }
                if now < until { None } else { self.sort_out(now, sensors, out) }
            }
        }
    }

    /// What lies there is known as far as it can be: one piece after another, the furthest first.
    fn sort_out(&mut self, now: Instant, sensors: &Sensors, out: &mut Vec<Output>) -> Option<State> {
        let furthest =
            self.open.iter().enumerate().max_by_key(|(_, piece)| far(piece.step)).map(|(at, _)| at);
        let Some(piece) = furthest.map(|at| self.open.remove(at)) else {
            return Some(self.nothing_open(now, sensors, out));
        };
        let (step, id, keys) = (piece.step, piece.id, piece.tags.clone());
        let listened = now.checked_sub(self.setup.timing.inspect).unwrap_or(now);
        let hears_it = self.tags.is_heard(&keys, listened);
        let is_covered = sensors.is_inlet_covered();
        let is_there = hears_it || (is_covered && self.tags.keys().is_empty());
        self.current = Some(Current::new(piece, true));
        match step {
            Step::Sorted { bin } => Some(State::Sort(self.run_to(now, bin, true, out))),
            // Taken and found with the shutter closed: whatever covers the eyes is it.
            Step::Found if is_covered => Some(State::Keep(Keep::Carrying(self.start_carry(now, out)))),
            // Under the eye behind the flap it may still lie in the flap, where the antenna does not reach.
            Step::Taken if is_covered || hears_it || sensors.eye_out => {
                Some(State::Commit(Commit::Carrying(self.start_carry(now, out))))
            }
            Step::Taken => Some(self.start_checkin(now, out)),
            Step::CheckedIn | Step::Found => {
                self.alarm(Alarm::Unsecured(id), step == Step::CheckedIn, out);
                Some(self.start_sort(now, None, sensors, out))
            }
            Step::Seen if is_there => Some(State::Hold { since: now }),
            Step::Seen => {
                self.alarm(Alarm::Gone(id), true, out);
                Some(self.gone(now, None, out))
            }
            Step::Dropped { .. } | Step::Withdrawn | Step::InTransit => {
                self.current = None;
                None
            }
        }
    }

    fn nothing_open(&mut self, now: Instant, sensors: &Sensors, out: &mut Vec<Output>) -> State {
        if sensors.is_inlet_covered() {
            return State::Hold { since: now };
        }
        // It was pulled in so far, or stuck there.
        if sensors.eye_out {
            self.extra = Extra::None;
            self.write_found(now, out);
            return State::Keep(Keep::Writing);
        }
        let lost = self.tags.lost(now, self.setup.timing.withdrawn);
        if !lost.is_empty() {
            self.is_lost(lost, out);
        }
        self.is_recovering = false;
        self.tags.forget_passed();
        match (self.must_close(), has_any_room(sensors)) {
            (None, true) => State::Idle { is_wanted: false },
            (None, false) => State::Closing { then: Some(Outage::Full) },
            (Some(outage), _) => State::Closing { then: Some(outage) },
        }
    }

    /// Tags answer over the inlet belt, and no eye sees what has them: it sticks between the eyes, and staff look for it.
    /// That cannot be told from a ghost, so the slot goes on: with the next piece two tags answer, and both come back.
    fn is_lost(&mut self, tags: Vec<TagKey>, out: &mut Vec<Output>) {
        let id = self.next;
        self.next = PieceId(id.0.saturating_add(1));
        for step in [Step::Found, Step::InTransit] {
            out.push(Output::Journal { piece: Piece { id, item: None, tags: tags.clone(), step } });
        }
        self.alarm(Alarm::InTransit(id), true, out);
    }

    /// The piece in hand is let go, as far as its row has come or may have come.
    pub(super) fn put_down(&mut self) {
        let Some(current) = self.current.take() else { return };
        // A row that the disk has not taken yet may still come: then it must end, too.
        let on_disk = current.is_written.then_some(current.piece.step);
        let Some(step) = current.waits.map(|(step, _)| step).or(on_disk).or(current.sent) else { return };
        if step.is_open() {
            self.open.push(Piece { step, ..current.piece });
        }
    }
}

/// How far a piece has come: the sorting belt is cleared before the inlet belt.
const fn far(step: Step) -> u8 {
    match step {
        Step::Seen => 0,
        Step::Taken => 1,
        Step::Found => 2,
        Step::CheckedIn => 3,
        Step::Sorted { .. } => 4,
        Step::Dropped { .. } | Step::Withdrawn | Step::InTransit => 5,
    }
}
