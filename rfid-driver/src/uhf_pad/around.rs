//! Who is on the pad: what comes of a round, of a doubt and of a reading.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::known::{Filters, Known, Sightings, id_of, id_of_epc};
use super::reading::{self, Read, Reading};
use super::{Step, UhfPad};
use crate::data::Hints;
use crate::pad::trouble::{self, Change, Work};
use crate::pad::{Arrival, Output, ReaderEvent, Seen};
use crate::presence;
use crate::tag::{TagId, Tid};
use crate::uhf::{Ask, Epc, MemoryBank, Reply, Sighting, UhfProtocol};

impl<P: UhfProtocol> UhfPad<P> {
    /// What the pad sees now, tag by tag.
    pub fn seen(&self) -> Vec<Seen> {
        let seen = self.known.iter().filter_map(|(tag, known)| {
            let (looks, sightings) = self.presence.counts(*tag)?;
            let (rssi, antenna) = known.heard;
            let (afi, item, last) = (known.epc.pc().afi(), known.item(), known.last);
            Some(Seen { tag: *tag, item, afi, rssi, antenna, looks, sightings, last })
        });
        seen.collect()
    }

    /// What is wrong now with what lies on the pad.
    pub fn troubles(&self) -> impl Iterator<Item = &trouble::Trouble> {
        self.troubles.now()
    }

    pub(super) fn end_round(&mut self, now: Instant, found: &[Sighting], out: &mut Vec<Output>) {
        self.void_rounds = 0;
        self.n_rounds += 1;
        self.sightings = Sightings::new(found);
        let tags = self.take_sightings(now);
        if let Some(tag) = self.in_doubt.take().filter(|tag| !tags.contains(tag)) {
            self.unheard(tag, out);
        }
        let told = self.tell_presence(presence::Input::Round(&tags));
        self.to_confirm = told.iter().filter_map(|output| doubted(*output)).collect();
        let is_news = self.take_strangers();
        self.completeness.round(is_news);
        let found: Vec<TagId> = tags.into_iter().collect();
        self.trouble(trouble::Input::Round { found: &found, is_crowded: false }, out);
        if self.is_complete() {
            // Those that this round has missed may just have been taken.
            self.to_confirm = self.presence.unheard().collect();
        }
        let has_work =
            self.has_changed || !self.to_read.is_empty() || self.presence.unheard().next().is_some();
        self.step = if has_work { Step::Idle } else { Step::Resting { until: self.next_round(now) } };
    }

    /// When the next round is due while nothing changes: a long round is not followed by a long pause.
    pub(super) fn next_round(&self, now: Instant) -> Instant {
        self.config.next_round(self.round_at, now)
    }

    /// The known tags that the round has seen. Of tags that say the same, none is seen unless all are.
    fn take_sightings(&mut self, now: Instant) -> BTreeSet<TagId> {
        let mut twins: BTreeMap<Epc, usize> = BTreeMap::new();
        for known in self.known.values() {
            *twins.entry(known.epc.clone()).or_default() += 1;
        }
        let mut tags = BTreeSet::new();
        for (tag, known) in &mut self.known {
            let n = self.sightings.n(&known.epc);
            if n > 0 && n >= twins.get(&known.epc).copied().unwrap_or(0) {
                known.heard = self.sightings.heard(&known.epc);
                known.last = now;
                tags.insert(*tag);
            }
        }
        tags
    }

    /// EPCs that more tags say than are known; whether one of them is new. The longest are read first: a filter for a
    /// short one finds those too that only begin with it.
    fn take_strangers(&mut self) -> bool {
        let n_known = |epc: &Epc| self.known.values().filter(|known| known.epc == *epc).count();
        let here: BTreeSet<Epc> =
            self.sightings.epcs().filter(|epc| self.sightings.n(epc) > n_known(epc)).cloned().collect();
        for (epc, stranger) in &mut self.strangers {
            stranger.missed = if here.contains(epc) { 0 } else { stranger.missed.saturating_add(1) };
        }
        self.strangers.retain(|_, stranger| stranger.missed < FORGET_ROUNDS);
        let mut is_news = false;
        for epc in &here {
            self.strangers.entry(epc.clone()).or_insert_with(|| {
                is_news = true;
                Default::default()
            });
        }
        let mut to_read: Vec<Epc> = here.into_iter().filter(|epc| self.is_unsettled(epc)).collect();
        to_read.sort_by_key(|epc| Reverse(epc.uii().len()));
        self.to_read = to_read.into();
        is_news
    }

    /// Whether it is not known yet who says an EPC: not after so many readings to no end.
    pub(super) fn is_unsettled(&self, epc: &Epc) -> bool {
        self.strangers.get(epc).is_some_and(|stranger| stranger.failures < MAX_FAILED_READINGS)
    }

    /// Tells that the stack is complete, if it is and that is new.
    pub(super) fn tell_complete(&mut self, out: &mut Vec<Output>) -> bool {
        let is_new = self.is_complete() && self.presence.unheard().next().is_none();
        if is_new {
            self.has_changed = false;
            self.presence.settle();
            out.push(Output::Event(ReaderEvent::Complete { n: self.presence.n_tags() }));
            self.trouble(trouble::Input::Complete, out);
        }
        is_new
    }

    fn is_complete(&self) -> bool {
        self.has_changed
            && !self.strangers.keys().any(|epc| self.is_unsettled(epc))
            && self.completeness.is_reached(self.presence.tally())
    }

    /// The question by which a known tag shows that it is there: one word by its TID, else its TID by its UII.
    pub(super) fn call(&self, tag: TagId) -> Option<Ask> {
        let known = self.known.get(&tag)?;
        let filters = Filters::new(known.tid.filter(|_| self.capabilities.by_tid), &known.epc, None);
        let (bank, n) = match known.tid {
            Some(tid) if !filters.is_by_tid() => (MemoryBank::Tid, tid.bytes().len() / 2),
            Some(_) | None => (MemoryBank::Tid, 1),
        };
        Some(Ask::Read { of: filters.get(0), bank, word: 0, n: u8::try_from(n).unwrap_or(1) })
    }

    /// A tag that was called, and whether it may be called again at once.
    pub(super) fn confirm(
        &mut self,
        now: Instant,
        tag: TagId,
        tries: u8,
        reply: &Reply,
        out: &mut Vec<Output>,
    ) {
        let Some(known) = self.known.get_mut(&tag) else { return };
        let is_heard = match (reply, known.tid) {
            (Reply::Words(words), Some(tid)) => tid.bytes().starts_with(words),
            (Reply::Words(_) | Reply::Refused(_), _) => true,
            (Reply::Done | Reply::Reader(_) | Reply::Found(_) | Reply::Missing, _) => false,
        };
        if is_heard {
            known.last = now;
            self.tell_presence(presence::Input::Heard(tag));
            return;
        }
        let is_gone = self.unheard(tag, out);
        if let Some(tries) = tries.checked_sub(1)
            && !is_gone
            && self.jobs.is_empty()
            && let Some(ask) = self.call(tag)
        {
            self.ask(now, Step::Confirming { tag, tries }, ask, Duration::ZERO);
        }
    }

    pub(super) fn read(&mut self, now: Instant, reading: Reading, reply: &Reply, out: &mut Vec<Output>) {
        let next = reading.reply(now, reply, &self.hints());
        self.go_on(now, next, out);
    }

    fn go_on(&mut self, now: Instant, next: reading::Next, out: &mut Vec<Output>) {
        match next {
            reading::Next::Ask(reading, _) if !self.jobs.is_empty() && !reading.is_mending() => {
                self.to_read.push_front(reading.sighted().clone())
            }
            reading::Next::Ask(reading, ask) => {
                self.ask(now, Step::Reading(Box::new(reading)), ask, Duration::ZERO)
            }
            reading::Next::Named(reading, tid) => self.named(now, reading, tid, out),
            reading::Next::Done(read) => self.arrive(now, &read, out),
            reading::Next::Missed(reading) => self.missed_reading(now, &reading, out),
        }
    }

    /// It is known who answers to an EPC: a new tag, one that has changed, or one that is known to say another one.
    fn named(&mut self, now: Instant, reading: Reading, tid: Option<Tid>, out: &mut Vec<Output>) {
        let known = tid.and_then(|tid| self.known.get(&TagId::Tid(tid)));
        let next = match known {
            Some(known) if known.epc == *reading.sighted() => return self.missed_reading(now, &reading, out),
            Some(known) if self.sightings.n(&known.epc) > 0 => reading.not_ours(),
            Some(_) | None => {
                let cut = tid.and_then(|tid| self.cuts.of(&tid)).cloned();
                let is_alone = self.is_alone(reading.sighted(), None);
                reading.go_on(tid, cut, is_alone)
            }
        };
        self.go_on(now, next, out);
    }

    /// Whether a filter for this UII finds no other tag than the one that is meant, as far as is known.
    pub(super) fn is_alone(&self, epc: &Epc, meant: Option<TagId>) -> bool {
        let is_found = |other: &Epc| other.uii().starts_with(epc.uii());
        let others = self.known.iter().filter(|(tag, _)| Some(**tag) != meant).map(|(_, known)| &known.epc);
        let strangers = self.strangers.keys().filter(|other| self.is_unsettled(other));
        let meant_itself = meant.is_none().then_some(epc);
        !others.chain(strangers.filter(|other| Some(*other) != meant_itself)).any(is_found)
            && (self.sightings.n(epc) <= 1
                || self.strangers.get(epc).is_some_and(|_| !self.is_unsettled(epc)))
    }

    pub(super) fn hints(&self) -> Hints<'static> {
        Hints { policy: self.config.security, ..Hints::none() }
    }

    /// A tag of which nothing certain is known departs, and arrives anew with what it says when it is next seen.
    pub(super) fn forget(&mut self, tag: TagId, out: &mut Vec<Output>) {
        let told = self.tell_presence(presence::Input::Lost(tag));
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

    /// A call was not answered: whether the tag has left with that.
    pub(super) fn unheard(&mut self, tag: TagId, out: &mut Vec<Output>) -> bool {
        let told = self.tell_presence(presence::Input::Unheard(tag));
        self.take_departures(told, out)
    }

    fn take_departures(&mut self, told: Vec<presence::Output<TagId>>, out: &mut Vec<Output>) -> bool {
        let mut is_gone = false;
        for output in told {
            if let presence::Output::Departed(tag) = output {
                is_gone = true;
                self.completeness.round(true);
                self.depart(tag, out);
            }
        }
        is_gone
    }

    fn depart(&mut self, tag: TagId, out: &mut Vec<Output>) {
        if self.known.remove(&tag).is_some() {
            self.has_changed = true;
            out.push(Output::Event(ReaderEvent::Departed { tag }));
        }
        self.trouble(trouble::Input::Departed(tag), out);
    }

    fn arrive(&mut self, now: Instant, read: &Read, out: &mut Vec<Output>) {
        self.strangers.remove(&read.sighted);
        let mut tag = id_of(read);
        if let Some(known) = self.known.get_mut(&tag) {
            let is_other = read.tid.is_none() && self.sightings.n(&known.epc) > 0 && known.epc != read.epc;
            if is_other {
                // Two tags without serial numbers that tell the same item.
                tag = id_of_epc(&read.epc);
            } else if known.told == read.decoded {
                let Read { epc, memory, user, .. } = read.clone();
                (known.epc, known.memory, known.user) = (epc, memory, user);
                return;
            }
        }
        self.forget(tag, out);
        if let Some(tid) = read.tid.filter(|_| !read.is_torn) {
            self.cuts.forget(&tid);
        }
        let mut known = Known::new(read, now);
        known.heard = self.sightings.heard(&read.sighted);
        self.known.insert(tag, known);
        self.tell_presence(presence::Input::Part(&BTreeSet::from([tag])));
        // How often it was missed while it was read tells how much a miss is worth.
        for _ in 0..read.n_missed.min(MOST_MISSES) {
            self.tell_presence(presence::Input::Unheard(tag));
        }
        for _ in 0..read.n_heard.max(1) {
            self.tell_presence(presence::Input::Heard(tag));
        }
        self.tell_arrival(tag, read, out);
    }

    fn tell_arrival(&mut self, tag: TagId, read: &Read, out: &mut Vec<Output>) {
        self.has_changed = true;
        self.completeness.round(true);
        let decoded = &read.decoded;
        let is_used = self.config.security.use_afi || self.config.security.use_eas;
        let mut told = Vec::new();
        self.trouble(trouble::Input::Arrived(tag, &decoded.data), &mut told);
        out.push(Output::Event(ReaderEvent::Arrived(Arrival {
            tag,
            security: decoded.security.filter(|_| is_used),
            afi: read.epc.pc().afi(),
            layout: decoded.layout.clone(),
            data: decoded.data.clone(),
            at: read.at,
        })));
        out.extend(told);
    }

    /// A tag that is seen again and again and never read is told all the same: somebody must take it off. An EPC that was
    /// told twice and has but one tag behind it, as often as it was asked, is that one's.
    pub(super) fn missed_reading(&mut self, now: Instant, reading: &Reading, out: &mut Vec<Output>) {
        let epc = reading.sighted();
        let Some(stranger) = self.strangers.get_mut(epc) else { return };
        stranger.failures = stranger.failures.saturating_add(1);
        let is_last = stranger.failures >= MAX_FAILED_READINGS;
        let is_known = self.known.values().any(|known| known.epc == *epc);
        let tag = reading.tid().map_or_else(|| id_of_epc(epc), TagId::Tid);
        if is_known {
            return;
        }
        if reading.tid().is_some() {
            self.trouble(trouble::Input::Cut(tag, Work::Reading), out);
        }
        if is_last {
            let read = Reading::unreadable(epc.clone(), reading.tid(), now);
            self.arrive(now, &read, out);
        }
    }
}

fn doubted(output: presence::Output<TagId>) -> Option<TagId> {
    match output {
        presence::Output::Doubted(tag) => Some(tag),
        presence::Output::Arrived(_) | presence::Output::Departed(_) => None,
    }
}

/// In so many rounds an EPC may be seen without it being told who says it.
const MAX_FAILED_READINGS: u8 = 6;
/// So many rounds an EPC that nobody says is kept in mind.
const FORGET_ROUNDS: u8 = 3;
/// So many misses of a reading count: fewer than make a new tag leave.
const MOST_MISSES: u32 = 12;
