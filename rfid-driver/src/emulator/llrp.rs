//! The emulated LLRP reader: a server of one host, with one ROSpec and as many AccessSpecs as are added.
//!
//! It speaks the messages of [`crate::uhf::llrp`] and does what LLRP 1.0.1 says of them: a ROSpec that runs carries out
//! the AccessSpecs that belong to it on each tag that it finds, reports when its report spec says so, and tells its
//! beginning and end if that was asked for. What it does not know it refuses by name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::timing::{Air, Timing};
use super::{Emulator, Gen2Tag, Model};
use crate::uhf::llrp::answer::{self, Event, Status, TagReport};
use crate::uhf::llrp::request::{Config, Fault, Request, SpecAct};
use crate::uhf::llrp::spec::{AccessSpec, ReportSpec, RoSpec};
use crate::uhf::llrp::{Message, answer::KEEPALIVE};

mod access;
mod capabilities;

/// What the reader remembers between two requests.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    rospec: Option<(RoSpec, bool)>,
    accesses: BTreeMap<u32, Access>,
    /// Types of the events that are told.
    events: BTreeSet<u16>,
    keepalive: Option<Duration>,
    keepalive_at: Option<Instant>,
    run: Option<Run>,
    untold: Vec<TagReport>,
    pub(super) power_row: Option<u16>,
    last_id: u32,
    /// Since when its clock runs.
    start: Option<Instant>,
    is_hanging_up: bool,
}

#[derive(Clone, Debug)]
struct Access {
    spec: AccessSpec,
    is_enabled: bool,
    /// How many tags it is still for, if it ends.
    left: Option<u16>,
}

/// A ROSpec that runs.
#[derive(Clone, Copy, Debug)]
struct Run {
    ends_at: Option<Instant>,
    sweep_at: Instant,
    /// Whether its beginning was told: behind the answer to what began it.
    has_begun: bool,
}

type Taken = Result<(), Status>;

impl Emulator {
    /// In hundredths of a dBm: what the ROSpec says, or else the reader's configuration.
    pub(super) fn llrp_power(&self) -> u16 {
        let state = &self.states.llrp;
        let of_spec = |(spec, _): &(RoSpec, bool)| {
            spec.settings.iter().find_map(|antenna| Some(antenna.transmitter?.power))
        };
        let row = state.rospec.as_ref().and_then(of_spec).or(state.power_row);
        capabilities::centi_dbm(row.unwrap_or(capabilities::N_POWERS))
    }

    /// A host has connected: what an LLRP reader says to it. Serial readers notice nothing.
    pub fn connected(&mut self, now: Instant) {
        self.wire.clear();
        if self.config.model != Model::Llrp {
            return;
        }
        self.answers.clear();
        self.free_at = None;
        self.states.llrp.is_hanging_up = false;
        self.states.llrp.keepalive_at = self.states.llrp.keepalive.map(|period| now + period);
        self.tell(now, Event { connection: Some(answer::CONNECTED), rospec: None });
    }

    /// What a host is told that connects while another one is served.
    pub fn turned_away(&self) -> Vec<u8> {
        match self.config.model {
            Model::Llrp => Event { connection: Some(answer::TAKEN), rospec: None }.to_bytes(0, CLOCK),
            Model::Mr101
            | Model::Cpr02
            | Model::M810
            | Model::M100
            | Model::R2000
            | Model::Reader18
            | Model::Reader288
            | Model::Mercury => Vec::new(),
        }
    }

    /// Whether the reader wants the connection closed, now that its answers are sent. Once.
    pub fn hangs_up(&mut self) -> bool {
        self.answers.is_empty() && std::mem::take(&mut self.states.llrp.is_hanging_up)
    }

    /// The answers to a message, each with the air time before it; what follows of it is told by [`Self::llrp_tick`].
    pub(super) fn llrp(&mut self, now: Instant, bytes: &[u8]) -> Vec<(Vec<u8>, Air)> {
        let Some(message) = Message::parse(bytes) else { return Vec::new() };
        self.counters.frames_in += 1;
        let answer = match Request::parse(&message) {
            Err(Fault(code)) if is_known(message.kind) => {
                answer::response(message.kind + 10, message.id, &Status::of(code, "not understood"), &[])
            }
            Err(Fault(code)) => {
                answer::response(answer::ERROR, message.id, &Status::of(code, "not supported"), &[])
            }
            Ok(request) => match self.llrp_request(now, request) {
                Some((status, rest)) => {
                    answer::response(response_kind(message.kind), message.id, &status, &rest)
                }
                None => return Vec::new(),
            },
        };
        vec![(answer, Air::Nothing)]
    }

    fn llrp_request(&mut self, now: Instant, request: Request) -> Option<(Status, Vec<u8>)> {
        let taken = match request {
            Request::GetCapabilities { what } => return Some((ok(), capabilities::capabilities(what))),
            Request::GetConfig { what, .. } => {
                return Some((ok(), capabilities::config(what, self.states.llrp.power_row)));
            }
            Request::SetConfig(config) => {
                self.set_config(now, &config);
                Ok(())
            }
            Request::CloseConnection => {
                self.states.llrp.is_hanging_up = true;
                Ok(())
            }
            Request::AddRoSpec(spec) => self.add_rospec(spec),
            Request::RoSpec { act, id } => self.rospec(now, act, id),
            Request::AddAccessSpec(spec) => self.add_access(spec),
            Request::AccessSpec { act, id } => self.access_spec(act, id),
            Request::GetReport => {
                self.report(now);
                return None;
            }
            Request::KeepaliveAck | Request::EnableEventsAndReports => return None,
        };
        Some((taken.err().unwrap_or_else(ok), Vec::new()))
    }

    fn set_config(&mut self, now: Instant, config: &Config) {
        let state = &mut self.states.llrp;
        if config.is_reset {
            (state.events, state.keepalive, state.power_row) = (BTreeSet::new(), None, None);
        }
        for (event, is_told) in &config.events {
            if *is_told {
                state.events.insert(*event)
            } else {
                state.events.remove(event)
            };
        }
        if let Some(period) = config.keepalive {
            state.keepalive = period.map(|period| Duration::from_millis(period.into()));
        }
        let transmitter = config.antennas.iter().find_map(|antenna| antenna.transmitter);
        state.power_row = transmitter.map(|transmitter| transmitter.power).or(state.power_row);
        state.keepalive_at = state.keepalive.map(|period| now + period);
    }

    fn add_rospec(&mut self, spec: RoSpec) -> Taken {
        // As the capabilities say: no more than one.
        match &self.states.llrp.rospec {
            Some(_) => Err(Status::of(OVERFLOW, "one ROSpec is all that there is room for")),
            None if spec.id == 0 => Err(invalid("ROSpecID")),
            None => {
                self.states.llrp.rospec = Some((spec, false));
                Ok(())
            }
        }
    }

    fn rospec(&mut self, now: Instant, act: SpecAct, id: u32) -> Taken {
        let is_all = id == 0 && matches!(act, SpecAct::Delete | SpecAct::Enable | SpecAct::Disable);
        let is_running = self.states.llrp.run.is_some();
        let Some((spec, is_enabled)) =
            self.states.llrp.rospec.as_mut().filter(|(spec, _)| is_all || spec.id == id)
        else {
            return if is_all { Ok(()) } else { Err(invalid("ROSpecID")) };
        };
        match act {
            SpecAct::Enable => {
                *is_enabled = true;
                if spec.is_immediate {
                    self.begin(now);
                }
            }
            SpecAct::Start if !*is_enabled || is_running => return Err(invalid("ROSpecID")),
            SpecAct::Start => self.begin(now),
            SpecAct::Stop if !is_running => return Err(invalid("ROSpecID")),
            SpecAct::Stop => self.end(now),
            SpecAct::Disable => {
                *is_enabled = false;
                self.end(now);
            }
            SpecAct::Delete => {
                self.end(now);
                self.states.llrp.rospec = None;
            }
        }
        Ok(())
    }

    fn add_access(&mut self, spec: AccessSpec) -> Taken {
        if spec.id == 0 || self.states.llrp.accesses.contains_key(&spec.id) {
            return Err(invalid("AccessSpecID"));
        }
        let left = (spec.stop.0 == 1 && spec.stop.1 > 0).then_some(spec.stop.1);
        self.states.llrp.accesses.insert(spec.id, Access { spec, is_enabled: false, left });
        Ok(())
    }

    fn access_spec(&mut self, act: SpecAct, id: u32) -> Taken {
        let accesses = &mut self.states.llrp.accesses;
        if id != 0 && !accesses.contains_key(&id) {
            return Err(invalid("AccessSpecID"));
        }
        match act {
            SpecAct::Delete => accesses.retain(|at, _| id != 0 && *at != id),
            SpecAct::Enable | SpecAct::Start | SpecAct::Disable | SpecAct::Stop => {
                let meant = accesses.iter_mut().filter(|(at, _)| id == 0 || **at == id);
                meant.for_each(|(_, access)| access.is_enabled = act == SpecAct::Enable);
            }
        }
        Ok(())
    }

    fn begin(&mut self, now: Instant) {
        if self.states.llrp.run.is_some() {
            return;
        }
        let Some((spec, _)) = &self.states.llrp.rospec else { return };
        let ends_at = spec.duration.map(|duration| match self.config.timing {
            Timing::Fast => now,
            Timing::Real { .. } => now + Duration::from_millis(duration.into()),
        });
        self.states.llrp.run = Some(Run { ends_at, sweep_at: now, has_begun: false });
    }

    /// What is due: keepalives, the reports and the end of a ROSpec that runs.
    pub(super) fn llrp_tick(&mut self, now: Instant) {
        if let Some(at) = self.states.llrp.keepalive_at.filter(|at| *at <= now) {
            self.states.llrp.keepalive_at = self.states.llrp.keepalive.map(|period| at.max(now) + period);
            let id = self.next_llrp_id();
            self.send(now, 0, Air::Nothing, answer::bare(KEEPALIVE, id));
        }
        let Some(run) = self.states.llrp.run else { return };
        if run.sweep_at <= now {
            self.states.llrp.run = Some(Run { sweep_at: now + SWEEP, has_begun: true, ..run });
            if !run.has_begun {
                self.tell_rospec(now, 0);
            }
            self.sweep(now);
        }
        if run.ends_at.is_some_and(|at| at <= now) {
            self.end(now);
        }
    }

    /// When [`Self::llrp_tick`] is due.
    pub(super) fn llrp_deadline(&self) -> Option<Instant> {
        let state = &self.states.llrp;
        let run = state.run.into_iter().flat_map(|run| run.ends_at.into_iter().chain([run.sweep_at]));
        run.chain(state.keepalive_at).min()
    }

    /// One look at the field, with the accesses that belong to it.
    fn sweep(&mut self, now: Instant) {
        let Some((spec, _)) = self.states.llrp.rospec.clone() else { return };
        let hears = |tag: &Gen2Tag| {
            spec.antennas.iter().any(|antenna| matches!(*antenna, 0) || *antenna == u16::from(tag.antenna))
        };
        for tag in self.gen2_inventory().into_iter().filter(hears) {
            let report = self.seen(now, &tag, &spec);
            match self.access(now, &tag, &spec) {
                Some(accessed) => self.send_report(
                    now,
                    &[TagReport { access: accessed.access, results: accessed.results, ..report }],
                    accessed.air,
                ),
                None => self.remember(report),
            }
            let n = spec.report.map_or(0, |report| usize::from(report.n));
            if n > 0 && self.states.llrp.untold.len() >= n {
                self.report(now);
            }
        }
    }

    /// A tag that was found and not told yet is only counted: two that say the same are one.
    fn remember(&mut self, report: TagReport) {
        let untold = &mut self.states.llrp.untold;
        match untold.iter_mut().find(|known| (&known.uii, known.antenna) == (&report.uii, report.antenna)) {
            Some(known) => known.count = known.count.map(|count| count.saturating_add(1)),
            None => untold.push(report),
        }
    }

    /// What is told of a tag, as the report spec wants it.
    fn seen(&mut self, now: Instant, tag: &Gen2Tag, spec: &RoSpec) -> TagReport {
        let ReportSpec { content, memory, .. } = spec.report.unwrap_or(EVERYTHING);
        let epc = tag.reported();
        let has = |bit: u16| content & bit != 0;
        TagReport {
            uii: epc.uii().to_vec(),
            rospec: has(0x8000).then_some(spec.id),
            antenna: has(0x1000).then_some(tag.antenna.into()),
            rssi: has(0x0400).then_some(tag.rssi),
            first_seen: has(0x0200).then(|| self.clock(now)),
            count: has(0x0080).then_some(1),
            pc: (memory & 0x40 != 0).then_some(epc.pc().0),
            crc: (memory & 0x80 != 0).then_some(tag.crc()),
            access: has(0x0040).then_some(0),
            results: Vec::new(),
        }
    }

    fn end(&mut self, now: Instant) {
        if self.states.llrp.run.take().is_none() {
            return;
        }
        let report = self.states.llrp.rospec.as_ref().and_then(|(spec, _)| spec.report);
        if report.is_none_or(|report| report.trigger != 0) {
            self.report(now);
        }
        self.tell_rospec(now, 1);
    }

    /// Sends what was found and not told yet; nothing if there is nothing.
    fn report(&mut self, now: Instant) {
        let untold = std::mem::take(&mut self.states.llrp.untold);
        if !untold.is_empty() {
            self.send_report(now, &untold, Air::Nothing);
        }
    }

    fn send_report(&mut self, now: Instant, tags: &[TagReport], air: Air) {
        let id = self.next_llrp_id();
        self.send(now, 0, air, answer::report(id, tags));
    }

    fn tell_rospec(&mut self, now: Instant, event: u8) {
        let state = &self.states.llrp;
        let id =
            state.rospec.as_ref().map(|(spec, _)| spec.id).filter(|_| state.events.contains(&ROSPEC_EVENT));
        if let Some(id) = id {
            self.tell(now, Event { rospec: Some((event, id)), connection: None });
        }
    }

    fn tell(&mut self, now: Instant, event: Event) {
        let id = self.next_llrp_id();
        let clock = self.clock(now);
        self.send(now, 0, Air::Nothing, event.to_bytes(id, clock));
    }

    /// Microseconds since 1970 by a clock that was set when the captured readers' were.
    fn clock(&mut self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(*self.states.llrp.start.get_or_insert(now));
        CLOCK + u64::try_from(since.as_micros()).unwrap_or(0)
    }

    fn next_llrp_id(&mut self) -> u32 {
        let state = &mut self.states.llrp;
        state.last_id = state.last_id.wrapping_add(1);
        state.last_id
    }
}

fn ok() -> Status {
    Status::of(0, "")
}

/// As a reader has answered a DELETE_ACCESSSPEC of a number that it did not know.
fn invalid(field: &str) -> Status {
    Status { code: FIELD_ERROR, text: format!("{field} : invalid"), field: Some((1, INVALID)) }
}

/// Whether there is a response to a message of that kind, though this one was wrong.
fn is_known(kind: u16) -> bool {
    matches!(kind, 1..=3 | 20..=25 | 40..=43)
}

fn response_kind(kind: u16) -> u16 {
    // CLOSE_CONNECTION is the one whose answer does not have the number ten above it.
    if kind == 14 { 4 } else { kind + 10 }
}

/// What is told when no report spec says otherwise.
const EVERYTHING: ReportSpec = ReportSpec { trigger: 2, n: 0, content: 0xFFC0, memory: 0xC0 };
/// Between two looks at the field of a ROSpec that goes on.
const SWEEP: Duration = Duration::from_millis(50);
const ROSPEC_EVENT: u16 = 2;
const FIELD_ERROR: u16 = 101;
const OVERFLOW: u16 = 105;
const INVALID: u16 = 300;
/// 2019-05-10, when the published messages were captured.
const CLOCK: u64 = 1_557_458_516_414_125;
