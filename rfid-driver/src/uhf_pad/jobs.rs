//! Commands: what is asked for, done one after the other, and answered exactly once.

use std::time::{Duration, Instant};

use super::banks::{self, BankReading};
use super::known::Filters;
use super::programming::{self, Order, Programming};
use super::writing::{self, Change, Writing};
use super::{Powering, Step, UhfPad};
use crate::data::epc::EpcBank;
use crate::data::{TagData, decode_uhf_memory, uhf};
use crate::pad::trouble::{self, Work};
use crate::pad::{Command, Output, Plan, ProgramOutcome, ReaderEvent, WriteOutcome};
use crate::presence;
use crate::tag::{Security, TagId};
use crate::uhf::UhfProtocol;

/// A command for a tag of this pad.
#[derive(Clone, Debug)]
pub(super) enum Job {
    Security(writing::Job),
    Program(Box<Order>, Security),
    Dump { request: u64, tag: TagId },
    Power { request: u64, centi_dbm: u16 },
}

impl Job {
    /// The job of a command, or the answer to one that no UHF tag can obey.
    fn of(command: Command) -> Result<Self, Box<ReaderEvent>> {
        match command {
            Command::SetSecurity { request, tag, to } => {
                Ok(Self::Security(writing::Job { request, tag, to }))
            }
            Command::Program { request, tag, plan: Plan::Words(plan), to } => {
                Ok(Self::Program(Box::new(Order { request, tag, plan }), to))
            }
            Command::Program { request, tag, plan: Plan::Blocks { .. }, to: _ } => {
                Err(Box::new(ReaderEvent::Programmed { request, tag, outcome: ProgramOutcome::Unfit }))
            }
            Command::Dump { request, tag } => Ok(Self::Dump { request, tag }),
            Command::SetPower { request, centi_dbm } => Ok(Self::Power { request, centi_dbm }),
        }
    }

    /// The tag that it is for; the power is no tag's.
    fn tag(&self) -> Option<TagId> {
        match self {
            Self::Security(job) => Some(job.tag),
            Self::Program(order, _) => Some(order.tag),
            Self::Dump { tag, .. } => Some(*tag),
            Self::Power { .. } => None,
        }
    }
}

impl<P: UhfProtocol> UhfPad<P> {
    pub(super) fn command(&mut self, command: Command, out: &mut Vec<Output>) {
        match Job::of(command) {
            Ok(job) if self.is_up() && self.is_there(&job) => self.jobs.push_back(job),
            Ok(job) => self.refuse(job, out),
            Err(answer) => out.push(Output::Event(*answer)),
        }
    }

    /// The answer when its tag, or the reader, is not there.
    fn refuse(&mut self, job: Job, out: &mut Vec<Output>) {
        out.push(Output::Event(match job {
            Job::Security(job) => wrote(job, WriteOutcome::Gone),
            Job::Program(order, _) => programmed(&order, ProgramOutcome::Gone),
            Job::Dump { request, tag } => ReaderEvent::Dumped { request, tag, dump: None },
            Job::Power { request, centi_dbm } => self.power_later(request, centi_dbm),
        }));
    }

    fn is_there(&self, job: &Job) -> bool {
        job.tag().is_none_or(|tag| self.known.contains_key(&tag))
    }

    pub(super) fn begin(&mut self, now: Instant, job: Job, out: &mut Vec<Output>) {
        if !self.is_there(&job) {
            return self.refuse(job, out);
        }
        match job {
            Job::Power { request, centi_dbm } => self.begin_power(now, request, centi_dbm),
            Job::Security(job) => self.begin_security(now, job, out),
            Job::Program(order, to) => self.begin_program(now, *order, to, out),
            Job::Dump { request, tag } => {
                let Some(known) = self.known.get(&tag) else { return };
                let filters = Filters::new(known.tid.filter(|_| self.capabilities.by_tid), &known.epc, None);
                let (reading, ask) = BankReading::begin(known.tid, filters);
                let step = Step::Dumping { request, tag, reading: Box::new(reading) };
                self.ask(now, step, ask, Duration::ZERO);
            }
        }
    }

    fn begin_security(&mut self, now: Instant, job: writing::Job, out: &mut Vec<Output>) {
        let (Some(known), Some(missed)) = (self.known.get(&job.tag), self.presence.missed(job.tag)) else {
            return out.push(Output::Event(wrote(job, WriteOutcome::Gone)));
        };
        if !self.config.security.use_afi && !self.config.security.use_eas {
            return out.push(Output::Event(wrote(job, WriteOutcome::Verified)));
        }
        let by_tid = self.capabilities.by_tid;
        let is_found_alone = (by_tid && known.tid.is_some()) || self.is_alone(&known.epc, Some(job.tag));
        match self.change(job.tag, job.to).filter(|_| is_found_alone) {
            Some(change) => {
                let next = Writing::begin(job, known.tid, change, by_tid, missed > 0);
                self.write(now, next, out);
            }
            None => out.push(Output::Event(wrote(job, WriteOutcome::Refused))),
        }
    }

    fn begin_program(&mut self, now: Instant, order: Order, to: Security, out: &mut Vec<Output>) {
        let Some(known) = self.known.get(&order.tag) else { return };
        let by_tid = self.capabilities.by_tid && known.tid.is_some();
        // By what it says it is found under each state of the plan, and then no other may be.
        let is_only = self.known.len() == 1 && self.strangers.is_empty() && self.sightings.n(&known.epc) <= 1;
        let says = order.plan.after.decode(&self.hints()).and_then(|decoded| decoded.security);
        // A tag that becomes blank again says none.
        if says.is_some_and(|says| says != to) {
            return out.push(Output::Event(programmed(&order, ProgramOutcome::Unfit)));
        }
        if !by_tid && !is_only {
            return out.push(Output::Event(programmed(&order, ProgramOutcome::NotAlone)));
        }
        let (tid, epc) = (known.tid, known.epc.clone());
        // What a cut security write would put back is none of this tag's any more.
        if let Some(tid) = tid {
            self.cuts.forget(&tid);
        }
        self.program(now, Programming::begin(order, tid, by_tid, &epc), out);
    }

    /// Whatever came of it, once something may be written: the tag departs, so that it arrives anew with what it says.
    pub(super) fn program(&mut self, now: Instant, next: programming::Next, out: &mut Vec<Output>) {
        match next {
            programming::Next::Ask(programming, ask, after) => {
                self.ask(now, Step::Programming(programming), ask, after);
            }
            programming::Next::Done(order, outcome) => {
                if let ProgramOutcome::Uncertain { .. } = outcome {
                    self.trouble(trouble::Input::Cut(order.tag, Work::Writing), out);
                }
                out.push(Output::Event(programmed(&order, outcome)));
                self.forget(order.tag, out);
            }
        }
    }

    pub(super) fn dump(
        &mut self,
        now: Instant,
        request: u64,
        tag: TagId,
        next: banks::Next,
        out: &mut Vec<Output>,
    ) {
        let dump = match next {
            banks::Next::Ask(reading, ask, after) => {
                let step = Step::Dumping { request, tag, reading: Box::new(reading) };
                return self.ask(now, step, ask, after);
            }
            banks::Next::Done(content) => {
                self.tell_presence(presence::Input::Heard(tag));
                Some(content.dump(self.known.get(&tag).and_then(|known| known.tid)))
            }
            banks::Next::Missed | banks::Next::Other => None,
        };
        out.push(Output::Event(ReaderEvent::Dumped { request, tag, dump }));
    }

    /// The word to write; `None` for a tag that is not to be written.
    fn change(&self, tag: TagId, to: Security) -> Option<Change> {
        let known = self.known.get(&tag)?;
        let TagData::Library(before) = &known.told.data else { return None };
        let hints = self.hints();
        let bank = EpcBank::parse(&known.memory)?;
        let change = match uhf::security_write(&bank, to, &hints) {
            Some(write) => Change::new(&known.memory, write.word, write.value)?,
            None => Change::new(&known.memory, 1, bank.pc.0)?,
        };
        // Whatever the layout's rules: the tag must afterwards say the state, and the same item.
        let wanted = [&[0, 0], change.wanted.as_slice()].concat();
        let bank = EpcBank { stored_crc: None, ..EpcBank::parse(&wanted)? };
        let memory = [&bank.crc().to_be_bytes(), change.wanted.as_slice()].concat();
        let decoded = decode_uhf_memory(&memory, known.user.as_deref(), &hints)?;
        let is_right = decoded.security == Some(to) && decoded.item_id() == Some(&before.primary_item_id);
        is_right.then_some(change)
    }

    pub(super) fn write(&mut self, now: Instant, next: writing::Next, out: &mut Vec<Output>) {
        match next {
            writing::Next::Ask(writing, ask, after) => {
                self.ask(now, Step::Writing(Box::new(writing)), ask, after);
            }
            writing::Next::Done(job, change, outcome) => self.written(now, job, change, outcome, out),
        }
    }

    fn written(
        &mut self,
        now: Instant,
        job: writing::Job,
        change: Change,
        outcome: WriteOutcome,
        out: &mut Vec<Output>,
    ) {
        let hints = self.hints();
        match outcome {
            WriteOutcome::Verified => {
                self.tell_presence(presence::Input::Heard(job.tag));
                if let Some(known) = self.known.get_mut(&job.tag) {
                    known.rewrite(&change.wanted, &hints);
                    known.last = now;
                }
            }
            WriteOutcome::Refused => {
                self.tell_presence(presence::Input::Heard(job.tag));
            }
            WriteOutcome::Gone => {}
            WriteOutcome::Uncertain => self.cut(job.tag, change, out),
        }
        out.push(Output::Event(wrote(job, outcome)));
        if matches!(outcome, WriteOutcome::Gone | WriteOutcome::Uncertain) {
            self.forget(job.tag, out);
        }
    }

    /// What the tag may say when it comes back.
    fn cut(&mut self, tag: TagId, change: Change, out: &mut Vec<Output>) {
        if let Some(tid) = self.known.get(&tag).and_then(|known| known.tid) {
            self.cuts.remember(tid, change);
        }
        self.trouble(trouble::Input::Cut(tag, Work::Writing), out);
    }

    /// Ends the job that is under way, and all that wait, because the link is lost.
    pub(super) fn abandon_jobs(&mut self, step: Step, out: &mut Vec<Output>) {
        match step {
            Step::Writing(writing) => {
                let (job, change, outcome) = writing.abandon();
                if outcome == WriteOutcome::Uncertain {
                    self.cut(job.tag, change, out);
                }
                out.push(Output::Event(wrote(job, outcome)));
                self.forget(job.tag, out);
            }
            Step::Programming(programming) => {
                let (order, outcome) = programming.abandon();
                out.push(Output::Event(programmed(&order, outcome)));
                self.forget(order.tag, out);
            }
            Step::Dumping { request, tag, .. } => {
                out.push(Output::Event(ReaderEvent::Dumped { request, tag, dump: None }));
            }
            Step::Powering(Powering::Command { request, centi_dbm }) => {
                let event = self.power_later(request, centi_dbm);
                out.push(Output::Event(event));
            }
            Step::Closed
            | Step::Probing
            | Step::Preparing { .. }
            | Step::Identifying
            | Step::Powering(Powering::Opening { .. })
            | Step::Idle
            | Step::Resting { .. }
            | Step::Round
            | Step::Confirming { .. }
            | Step::Reading(_) => {}
        }
        for job in std::mem::take(&mut self.jobs) {
            self.refuse(job, out);
        }
    }
}

fn wrote(job: writing::Job, outcome: WriteOutcome) -> ReaderEvent {
    ReaderEvent::Wrote { request: job.request, tag: job.tag, outcome }
}

fn programmed(order: &Order, outcome: ProgramOutcome) -> ReaderEvent {
    ReaderEvent::Programmed { request: order.request, tag: order.tag, outcome }
}
