//! From the approach to the decision: the shutter opens, one item goes in, the library is asked.

use std::time::Instant;

use circulation::item::ItemTag;

use super::state::{Commit, Current, Extra, Handing, Intake, Keep, Reject, State};
use super::tags::Sight;
use super::{Slot, has_any_room};
use crate::io::{Known, Outage, Output, Refusal, Sign};
use crate::journal::{Piece, PieceId, Step};
use crate::sensors::Sensors;
use crate::shutter::Stand;

impl Slot {
    pub(super) fn idle(&mut self, now: Instant, is_wanted: bool, sensors: &Sensors) -> Option<State> {
        if let Some(outage) = self.must_close() {
            return Some(State::Closing { then: Some(outage) });
        }
        if !has_any_room(sensors) {
            return Some(State::Closing { then: Some(Outage::Full) });
        }
        if sensors.is_inlet_covered() {
            return Some(self.recovery(now, sensors));
        }
        is_wanted.then_some(State::WaitItem { until: None })
    }

    pub(super) fn wait_item(
        &mut self,
        now: Instant,
        until: Option<Instant>,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        if self.shutter.stand(sensors) != Stand::Reached {
            return None;
        }
        let Some(until) = until else {
            self.state = State::WaitItem { until: Some(now + self.setup.timing.wait_item) };
            out.push(Output::Say(Sign::InsertOne));
            return None;
        };
        if sensors.is_inlet_covered() {
            self.tags.forget_heard();
            self.extra = Extra::None;
            let until = now + self.setup.timing.intake;
            return Some(State::Intake(Intake { until, covered_since: None, n_edges: 0 }));
        }
        if let Some(outage) = self.must_close() {
            return Some(State::Closing { then: Some(outage) });
        }
        (now >= until).then_some(State::Closing { then: None })
    }

    pub(super) fn intake(
        &mut self,
        now: Instant,
        mut intake: Intake,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        self.recognise(now, out);
        match (sensors.eye_in, intake.covered_since) {
            (true, None) => {
                intake.covered_since = Some(now);
                intake.n_edges = intake.n_edges.saturating_add(1);
            }
            (false, Some(_)) => intake.covered_since = None,
            (true, Some(_)) | (false, None) => {}
        }
        self.state = State::Intake(intake);
        let is_held = |since: Instant| now >= since + self.setup.timing.eye_in_covered;
        let is_too_long = sensors.eye_in && (sensors.eye_out || intake.covered_since.is_some_and(is_held));
        if is_too_long {
            return Some(refuse(Refusal::NotWhole));
        }
        if intake.n_edges > 1 {
            return Some(refuse(Refusal::TooMany));
        }
        if sensors.eye_mid && !sensors.eye_in {
            return Some(State::Hold { since: now });
        }
        // Where no eye sees it, it may have stuck: it is looked for outwards, and its tag listened to.
        (now >= intake.until).then(|| refuse(Refusal::NotWhole))
    }

    /// Something lies wholly on the belt and could still go back.
    pub(super) fn hold(
        &mut self,
        now: Instant,
        since: Instant,
        sensors: &Sensors,
        out: &mut Vec<Output>,
    ) -> Option<State> {
        self.recognise(now, out);
        let timing = &self.setup.timing;
        if !sensors.is_inlet_covered() && !self.answers(now) && now >= since + timing.withdrawn {
            return Some(self.gone(now, None, out));
        }
        let has_waited = now >= since + timing.tag;
        match self.tags.sight(None) {
            Sight::Many => Some(refuse(Refusal::TooMany)),
            Sight::One { tag, .. } => self.decide(now, since, &tag, sensors),
            Sight::Foreign if has_waited => Some(refuse(Refusal::NotOurs)),
            Sight::Nothing | Sight::Damaged if has_waited => Some(self.without_tag(now)),
            Sight::Foreign | Sight::Nothing | Sight::Damaged => None,
        }
    }

    /// One item with its tag: the journal has it, and central spoke or had its time.
    fn decide(&self, now: Instant, since: Instant, tag: &ItemTag, sensors: &Sensors) -> Option<State> {
        let timing = &self.setup.timing;
        let current = self.current.as_ref()?;
        let had_its_time = current.asked.is_some_and(|asked| now >= asked + timing.central);
        let known = match (&current.known, had_its_time) {
            (Some(known), _) => known.clone(),
            (None, true) => Known::Silent,
            (None, false) => return None,
        };
        if !current.is_at(Step::Seen) {
            return None;
        }
        if let Err(why) = self.judge(&known, tag, sensors) {
            return Some(refuse(why));
        }
        // A hand is still there, or the item stands out.
        if sensors.eye_in {
            let has_waited = now >= since + timing.hand_back;
            return has_waited.then(|| refuse(Refusal::NotWhole));
        }
        Some(State::Commit(Commit::Closing))
    }

    fn judge(&self, known: &Known, tag: &ItemTag, sensors: &Sensors) -> Result<(), Refusal> {
        let is_ours = tag.owner.as_ref().is_none_or(|owner| self.setup.ours.contains(owner));
        match known {
            Known::NotOurs => return Err(Refusal::NotOurs),
            Known::Silent | Known::Undated if !is_ours => return Err(Refusal::NotOurs),
            Known::Undated => return Err(Refusal::NoClock),
            Known::Silent | Known::Item(_) => {}
        }
        if has_any_room(sensors) { Ok(()) } else { Err(Refusal::NoRoom) }
    }

    /// No tag that says which item it is: kept for staff, or handed back.
    fn without_tag(&self, now: Instant) -> State {
        if self.setup.keeps_unknown {
            State::Keep(Keep::start(now + self.setup.timing.intake))
        } else {
            refuse(Refusal::NoTag)
        }
    }

    /// As soon as one item is heard it gets its row, and central is asked: both take time, and the belt runs meanwhile.
    pub(super) fn recognise(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Sight::One { tag, keys } = self.tags.sight(None) else { return };
        let is_whole = tag.set.is_none_or(|set| keys.len() >= usize::from(set.of));
        if self.current.is_none() {
            let piece = Piece { id: self.next, item: Some(tag.item), tags: keys, step: Step::Seen };
            self.next = PieceId(self.next.0.saturating_add(1));
            self.current = Some(Current::new(piece, false));
            self.write(now, Step::Seen, out);
        } else if let Some(current) =
            self.current.as_mut().filter(|one| one.piece.item.as_ref() == Some(&tag.item))
        {
            // The other parts of a set are heard one after another.
            current.piece.tags = keys;
        }
        let Some(current) = self.current.as_mut() else { return };
        current.is_whole = is_whole;
        if let (None, Some(item)) = (current.asked, &current.piece.item) {
            current.asked = Some(now);
            out.push(Output::Look(item.clone()));
        }
    }

    /// Whether the tag of the piece in hand has answered lately.
    pub(super) fn answers(&self, now: Instant) -> bool {
        let keys = self.current.as_ref().map(|current| current.piece.tags.as_slice()).unwrap_or_default();
        let from = now.checked_sub(self.setup.timing.withdrawn).unwrap_or(now);
        self.tags.is_heard(keys, from)
    }

    /// Nothing is on the belt any more: its row says so, if it has one.
    pub(super) fn gone(&mut self, now: Instant, then: Option<Outage>, out: &mut Vec<Output>) -> State {
        if self.current.is_some() {
            self.write(now, Step::Withdrawn, out);
        }
        State::Reject(Reject { why: Refusal::NotWhole, then, tries: 0, phase: Handing::Ending })
    }
}

/// Back to the street with it.
pub(super) const fn refuse(why: Refusal) -> State {
    State::Reject(Reject { why, then: None, tries: 0, phase: Handing::Opening })
}
