//! Who is on the pad: what comes of a round, of a doubt and of a reading.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::event::{Arrival, ReaderEvent, Seen};
use super::reading::{self, Reading, Rules};
use super::trouble::{self, Change, Work};
use super::{Output, Pad, Step};
use crate::data::TagData;
use crate::hf::{Ask, HfProtocol, Reply, SystemInformation};
use crate::presence;
use crate::tag::{Afi, TagId, Uid};

/// What is known of a tag on the pad.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) afi: Option<Afi>,
    item: Option<String>,
    last: Instant,
    /// What an inventory of one AFI has told in this round of a tag that is still to be read.
    learnt: Option<SystemInformation>,
    /// Whether it was told; else it is still to be read, and so many readings have failed.
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unread { n_failed: u8 },
    Told,
}

impl Known {
    pub(super) fn is_unread(&self) -> bool {
        self.state != State::Told
    }

    /// Whether it is still to be read, and its AFI to be asked for.
    pub(super) fn is_unlearnt(&self) -> bool {
        self.is_unread() && self.learnt.is_none()
    }

    pub(super) fn learn(&mut self, learnt: SystemInformation) {
        self.learnt = Some(learnt);
    }

    pub(super) fn learnt(&self) -> Option<SystemInformation> {
        self.learnt
    }
}

impl<P: HfProtocol> Pad<P> {
    /// What the pad sees now, tag by tag.
    pub fn seen(&self) -> Vec<Seen> {
        let seen = self.known.iter().filter_map(|(uid, known)| {
            let (looks, sightings) = self.presence.counts(*uid)?;
            let Known { afi, ref item, last, .. } = *known;
            let item = item.clone();
            Some(Seen { tag: (*uid).into(), item, afi, rssi: None, antenna: None, looks, sightings, last })
        });
        seen.collect()
    }

    /// What is wrong now with what lies on the pad.
    pub fn troubles(&self) -> impl Iterator<Item = &trouble::Trouble> {
        self.troubles.now()
    }

    pub(super) fn end_round(
        &mut self,
        now: Instant,
        found: &BTreeSet<Uid>,
        is_crowded: bool,
        out: &mut Vec<Output>,
    ) {
        self.void_rounds = 0;
        self.n_rounds += 1;
        let input = if is_crowded { presence::Input::Part(found) } else { presence::Input::Round(found) };
        let told = self.tell_presence(input);
        self.to_confirm.clear();
        self.to_read.clear();
        let mut is_news = is_crowded;
        for output in told {
            match output {
                presence::Output::Arrived(uid) => {
                    is_news = true;
                    let state = State::Unread { n_failed: 0 };
                    self.known.insert(uid, Known { afi: None, item: None, last: now, learnt: None, state });
                }
                presence::Output::Doubted(uid) => self.to_confirm.push_back(uid),
                presence::Output::Departed(uid) => self.depart(uid, out),
            }
        }
        for uid in found {
            self.heard(now, *uid);
        }
        self.completeness.round(is_news);
        self.known.values_mut().for_each(|known| known.learnt = None);
        self.to_learn = vec![self.config.security.unsecured, self.config.security.secured];
        self.to_read.extend(found.iter().filter(|uid| self.known.get(uid).is_some_and(Known::is_unread)));
        let tags: Vec<TagId> = found.iter().map(|uid| (*uid).into()).collect();
        self.trouble(trouble::Input::Round { found: &tags, is_crowded }, out);
        if self.is_complete() {
            // Those that this round has missed may just have been taken.
            self.to_confirm = self.presence.unheard().collect();
        }
        let has_work =
            self.has_changed || !self.to_read.is_empty() || self.presence.unheard().next().is_some();
        if !has_work || is_crowded {
            self.rest(now);
        }
    }

    /// Waits for the next round; what that needs is done before.
    pub(super) fn rest(&mut self, now: Instant) {
        if let Some((filtering, ask)) = self.trial() {
            return self.ask_at_once(now, Step::Filtering(filtering), ask);
        }
        self.rest_at_once(now);
    }

    pub(super) fn rest_at_once(&mut self, now: Instant) {
        let until = self.next_round(now);
        if self.capabilities.is_field_reset && !self.is_field_fresh {
            self.ask_at_once(now, Step::Refreshing { until }, Ask::ResetField);
        } else {
            self.step = Step::Resting { until };
        }
    }

    /// When the next round is due while nothing changes: a long round is not followed by a long pause.
    fn next_round(&self, now: Instant) -> Instant {
        self.config.next_round(self.round_at, now)
    }

    /// Tells that the stack is complete, if it is and that is new.
    pub(super) fn tell_complete(&mut self, out: &mut Vec<Output>) -> bool {
        let is_new = self.is_complete() && self.presence.unheard().next().is_none();
        if is_new {
            self.has_changed = false;
            self.presence.settle();
            self.trouble(trouble::Input::Complete, out);
            out.push(Output::Event(ReaderEvent::Complete { n: self.presence.n_tags() }));
        }
        is_new
    }

    fn is_complete(&self) -> bool {
        self.has_changed
            && !self.known.values().any(Known::is_unread)
            && self.completeness.is_reached(self.presence.tally())
    }

    /// A tag that was asked by its address, and whether it may be asked again at once.
    pub(super) fn confirm(
        &mut self,
        now: Instant,
        uid: Uid,
        tries: u8,
        reply: &Reply,
        out: &mut Vec<Output>,
    ) {
        if matches!(reply, Reply::System(_) | Reply::Refused(_)) {
            self.tell_presence(presence::Input::Heard(uid));
            return self.heard(now, uid);
        }
        let is_gone = self.unheard(uid, out);
        if let Some(tries) = tries.checked_sub(1)
            && !is_gone
            && self.jobs.is_empty()
        {
            self.ask(now, Step::Confirming { uid, tries }, Ask::System { uid }, Duration::ZERO);
        }
    }

    pub(super) fn read(&mut self, now: Instant, reading: Reading, reply: &Reply, out: &mut Vec<Output>) {
        let uid = reading.uid();
        match reply {
            Reply::System(_) | Reply::Blocks { .. } => {
                self.tell_presence(presence::Input::Heard(uid));
                self.heard(now, uid);
            }
            Reply::Missing if self.unheard(uid, out) => return,
            Reply::Missing | Reply::Refused(_) | Reply::Done | Reply::Reader(_) | Reply::Found { .. } => {}
        }
        match reading.reply(reply) {
            reading::Next::Ask(reading, _) if !self.jobs.is_empty() => self.paused = Some(reading),
            reading::Next::Ask(reading, ask) => self.ask(now, Step::Reading(reading), ask, Duration::ZERO),
            reading::Next::Done(content) => {
                let arrival = content.arrival(uid, &self.rules(), now);
                self.lengths.learn(&content, &arrival, &self.rules());
                self.arrive(uid, arrival, out);
            }
            reading::Next::Missed { is_heard } => self.missed_reading(now, uid, is_heard, out),
        }
    }

    pub(super) fn rules(&self) -> Rules {
        Rules { policy: self.config.security, layouts: self.config.layouts.clone() }
    }

    /// A tag of which nothing certain is known departs, and arrives anew with what it says when it is next seen.
    pub(super) fn forget(&mut self, uid: Uid, out: &mut Vec<Output>) {
        let told = self.tell_presence(presence::Input::Lost(uid));
        self.take_departures(told, out);
    }

    pub(super) fn trouble(&mut self, input: trouble::Input<'_>, out: &mut Vec<Output>) {
        let mut changes = Vec::new();
        self.troubles.handle(input, &mut changes);
        out.extend(changes.into_iter().map(|change| {
            Output::Event(match change {
                Change::Begun(trouble) => ReaderEvent::Trouble(trouble),
                Change::Over(trouble) => ReaderEvent::TroubleOver(trouble),
            })
        }));
    }

    /// A call by address was not answered: whether the tag has left with that.
    fn unheard(&mut self, uid: Uid, out: &mut Vec<Output>) -> bool {
        let told = self.tell_presence(presence::Input::Unheard(uid));
        self.take_departures(told, out)
    }

    fn take_departures(&mut self, told: Vec<presence::Output<Uid>>, out: &mut Vec<Output>) -> bool {
        let mut is_gone = false;
        for output in told {
            if let presence::Output::Departed(uid) = output {
                is_gone = true;
                self.completeness.round(true);
                self.depart(uid, out);
            }
        }
        is_gone
    }

    pub(super) fn heard(&mut self, now: Instant, uid: Uid) {
        if let Some(known) = self.known.get_mut(&uid) {
            known.last = now;
        }
    }

    fn arrive(&mut self, uid: Uid, arrival: Arrival, out: &mut Vec<Output>) {
        if let Some(known) = self.known.get_mut(&uid) {
            known.state = State::Told;
            known.afi = arrival.afi;
            known.item = match &arrival.data {
                TagData::Library(tag) => Some(tag.primary_item_id.clone()),
                TagData::Blank | TagData::Foreign | TagData::Damaged { .. } => None,
            };
        }
        (self.has_changed, self.has_told) = (true, true);
        let mut told = Vec::new();
        self.trouble(trouble::Input::Arrived(uid.into(), &arrival.data), &mut told);
        out.push(Output::Event(ReaderEvent::Arrived(arrival)));
        out.extend(told);
    }

    /// A tag that is seen again and again and never read is told all the same: somebody must take it off.
    fn missed_reading(&mut self, now: Instant, uid: Uid, is_heard: bool, out: &mut Vec<Output>) {
        let Some(Known { state: State::Unread { n_failed }, .. }) = self.known.get_mut(&uid) else { return };
        *n_failed += 1;
        let n_failed = *n_failed;
        if is_heard || n_failed > 1 {
            self.trouble(trouble::Input::Cut(uid.into(), Work::Reading), out);
        }
        if n_failed >= MAX_FAILED_READINGS {
            self.arrive(uid, Reading::unreadable(uid, now), out);
        }
    }

    fn depart(&mut self, uid: Uid, out: &mut Vec<Output>) {
        self.paused.take_if(|reading| reading.uid() == uid);
        if self.known.remove(&uid).is_some_and(|known| !known.is_unread()) {
            self.has_changed = true;
            out.push(Output::Event(ReaderEvent::Departed { tag: uid.into() }));
        }
        self.trouble(trouble::Input::Departed(uid.into()), out);
    }
}

/// In so many rounds a tag may be seen and not read before it is told as unreadable.
const MAX_FAILED_READINGS: u8 = 5;
