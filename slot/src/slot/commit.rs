//! From the decision to the check-in: closed, read once more, `TAKEN` on the disk, through the flap, told.

use std::time::{Duration, Instant};

use super::intake::refuse;
use super::state::{Carry, Commit, Extra, State};
use super::tags::{SILENT, Sight};
use super::{Slot, has_room};
use crate::io::{Alarm, Checkin, Known, Outage, Output, Refusal};
use crate::journal::Step;
use crate::sensors::{Belt, Sensors};
use crate::shutter::{Goal, Stand};
use crate::sort::Facts;

/// How a piece fares on its way through the flap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Going,
    Behind,
    Stuck,
}

impl Slot {
    pub(super) fn commit(
        &mut self,
        now: Instant,
        commit: Commit,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        match commit {
            Commit::Closing => {
                if self.close(now, sensors, out) == Stand::Reached {
                    self.state = State::Commit(Commit::Rereading { since: now });
                }
                None
            }
            Commit::Rereading { since } => self.reread(now, since, sensors, out),
            Commit::Writing => {
                if self.current.as_ref().is_some_and(|current| current.is_at(Step::Taken)) {
                    self.state = State::Commit(Commit::Carrying(self.start_carry(now, out)));
                }
                None
            }
            Commit::Carrying(mut carry) => {
                let way = self.carry(now, &mut carry, sensors, out);
                self.state = State::Commit(Commit::Carrying(carry));
                match way {
                    Way::Going => None,
                    Way::Behind => Some(self.start_checkin(now, out)),
                    Way::Stuck => self.stuck(now, out),
                }
            }
        }
    }

    /// The shutter is closed: what lies there now does not leave any more. Is it what central was asked for?
    fn reread(
        &mut self,
        now: Instant,
        since: Instant,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        let item = self.current.as_ref().and_then(|current| current.piece.item.clone());
        match self.tags.sight(Some(since)) {
            Sight::One { tag, .. }
                if Some(&tag.item) == item.as_ref() && !sensors.eye_in && sensors.curtain_is_clear =>
            {
                self.write(now, Step::Taken, out);
                self.state = State::Commit(Commit::Writing);
                return None;
            }
            Sight::One { tag, .. } if Some(&tag.item) != item.as_ref() => {
                return Some(refuse(Refusal::TooMany));
            }
            Sight::Many => return Some(refuse(Refusal::TooMany)),
            Sight::One { .. } | Sight::Nothing | Sight::Foreign | Sight::Damaged => {}
        }
        match (now >= since + self.setup.timing.tag, sensors.is_inlet_covered()) {
            (false, _) => None,
            (true, true) => Some(refuse(Refusal::NotWhole)),
            (true, false) => Some(self.gone(now, None, out)),
        }
    }

    /// Both belts run inwards.
    pub(super) fn start_carry(&mut self, now: Instant, out: &mut Vec<Output>) -> Carry {
        self.flushes_until = None;
        self.inlet(Belt::Inwards, out);
        self.sorter(true, out);
        Carry {
            until: now + self.setup.timing.transport,
            was_out: false,
            behind_since: None,
            unjamming: None,
            tries: 0,
        }
    }

    /// One look at a piece on its way through the flap. The sorting belt stops as soon as it is behind.
    pub(super) fn carry(
        &mut self,
        now: Instant,
        carry: &mut Carry,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Way {
        let timing = self.setup.timing.clone();
        if let Some(until) = carry.unjamming {
            if now >= until {
                (carry.unjamming, carry.until) = (None, now + timing.transport);
                self.inlet(Belt::Inwards, out);
            }
            return Way::Going;
        }
        if let Some(since) = carry.behind_since {
            self.watch_behind(sensors);
            return if self.is_off_the_inlet(now, since, sensors) { Way::Behind } else { Way::Going };
        }
        carry.was_out |= sensors.eye_out;
        if carry.was_out && !sensors.eye_out && !sensors.eye_mid {
            self.sorter(false, out);
            carry.behind_since = Some(now);
            return Way::Going;
        }
        if now < carry.until {
            return Way::Going;
        }
        if carry.tries >= timing.unjam_tries {
            return Way::Stuck;
        }
        carry.tries += 1;
        carry.unjamming = Some(now + timing.unjam);
        self.inlet(Belt::Outwards, out);
        Way::Going
    }

    /// Something went through the flap. Was it the piece, and not what came in with it? Its tag has been silent over the
    /// inlet belt, or that belt has run its whole length. What covers the eye may be it, in the flap where no antenna hears.
    fn is_off_the_inlet(&self, now: Instant, since: Instant, sensors: &Sensors) -> bool {
        let keys = self.current.as_ref().map(|current| current.piece.tags.as_slice()).unwrap_or_default();
        let from = now.checked_sub(SILENT).unwrap_or(since).max(since);
        let is_silent = now >= since + SILENT && !self.tags.is_heard(keys, from);
        (is_silent && !sensors.eye_out) || now >= since + SWEEP
    }

    /// It is behind the flap: the return is made. The inlet belt goes on and brings what may lie behind it unseen.
    pub(super) fn start_checkin(&mut self, now: Instant, out: &mut Vec<Output>) -> State {
        if let Some(current) = self.current.as_mut() {
            self.tags.take(now, &current.piece.tags);
            current.checkin = None;
            if let Some(item) = current.piece.item.clone() {
                out.push(Output::Checkin { piece: current.piece.id, item });
            }
        }
        let timing = &self.setup.timing;
        State::Checkin { until: now + timing.central + timing.disk }
    }

    pub(super) fn checkin(
        &mut self,
        now: Instant,
        until: Instant,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        self.watch_behind(sensors);
        self.receive(now, sensors, out);
        let current = self.current.as_ref()?;
        let (piece, secure) = (current.piece.id, self.setup.timing.secure);
        match (current.checkin.clone(), current.securing) {
            (None, _) => {
                if now >= until {
                    self.fall_out(now, Outage::Disk, out);
                }
                None
            }
            (Some(Checkin::Refused), None) => {
                self.alarm(Alarm::NotCheckedIn(piece), true, out);
                self.settle(now);
                self.write(now, Step::Found, out);
                None
            }
            (Some(Checkin::Refused), Some(_)) => {
                let is_written = current.is_at(Step::Found);
                is_written.then(|| self.start_sort(now, None, sensors, out))
            }
            (Some(Checkin::Granted(_) | Checkin::Queued), None) => {
                let tags = current.piece.tags.clone();
                self.settle(now);
                self.write(now, Step::CheckedIn, out);
                out.push(Output::Secure { piece, tags });
                None
            }
            (Some(answer), Some(since)) => {
                let (is_written, is_secured) = (current.is_at(Step::CheckedIn), current.is_secured);
                if !is_written || (is_secured.is_none() && now < since + secure) {
                    return None;
                }
                let facts = match (answer, current.known.clone()) {
                    (Checkin::Granted(facts), _) | (_, Some(Known::Item(facts))) => facts,
                    (Checkin::Queued | Checkin::Refused, _) => Facts::default(),
                };
                let (is_closed, is_whole) = (is_secured == Some(true), current.is_whole);
                self.alarm(Alarm::Unsecured(piece), !is_closed, out);
                self.alarm(Alarm::Incomplete(piece), !is_whole, out);
                let is_plain = is_closed && is_whole && facts.is_on_loan != Some(false);
                Some(self.start_sort(now, is_plain.then_some(&facts), sensors, out))
            }
        }
    }

    fn settle(&mut self, now: Instant) {
        if let Some(current) = self.current.as_mut() {
            current.securing = Some(now);
        }
    }

    /// What covers the eyes while a piece is behind the flap came in with it, unseen; with the shutter open it is the next.
    pub(super) fn watch_behind(&mut self, sensors: &Sensors) {
        self.extra = match (self.extra, sensors.eye_mid, sensors.eye_out) {
            (_, _, true) => Extra::Out,
            (Extra::Out, _, false) => Extra::Behind,
            (Extra::None, true, false) if !self.is_receiving => Extra::Coming,
            (extra, _, false) => extra,
        };
    }

    /// Where the shutter stands, wanted closed.
    pub(super) fn close(&mut self, now: Instant, sensors: &Sensors, out: &mut Vec<Output>) -> Stand {
        self.shutter.want(now, Goal::Closed, sensors, &self.setup.timing, out);
        self.shutter.stand(sensors)
    }

    /// The bin for what is behind the flap: it must lie somewhere, and the exception bin is the last resort.
    pub(super) fn bin_for(&self, facts: Option<&Facts>, sensors: &Sensors) -> usize {
        let table = &self.setup.table;
        let chosen = match facts {
            Some(facts) => table.choose(facts, |bin| has_room(sensors, bin)).bin,
            None => table.exception(|bin| has_room(sensors, bin)),
        };
        chosen.unwrap_or(table.exception)
    }
}

/// The inlet belt runs its whole length in this.
const SWEEP: Duration = Duration::from_millis(2500);
