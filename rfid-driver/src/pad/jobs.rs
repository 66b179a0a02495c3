//! Commands: what is asked for, done one after the other, and answered exactly once.

use std::time::{Duration, Instant};

use super::event::{Command, Plan, PowerOutcome, ProgramOutcome, ReaderEvent, WriteOutcome};
use super::programming::{self, Order, Programming};
use super::reading::{self, Extent, Reading};
use super::trouble::{self, Work};
use super::writing::{self, Writing};
use super::{Output, Pad, Step};
use crate::hf::{HfProtocol, Reply};
use crate::presence;
use crate::tag::{SecurityPolicy, TagId, Uid};

/// A command for a tag of this pad.
#[derive(Clone, Debug)]
pub(super) enum Job {
    Security(writing::Job),
    Program(Box<Order>),
    Dump {
        request: u64,
        uid: Uid,
    },
    /// A write that is only to be read back.
    Check(Box<Writing>),
}

impl Job {
    /// The job of a command, or the answer to one for a tag that no HF reader knows.
    fn of(command: Command) -> Result<Self, Box<ReaderEvent>> {
        match command {
            Command::SetSecurity { request, tag, to } => match tag {
                TagId::Uid(uid) => Ok(Self::Security(writing::Job { request, uid, to })),
                TagId::Tid(_) | TagId::Content(_) => {
                    Err(Box::new(ReaderEvent::Wrote { request, tag, outcome: WriteOutcome::Gone }))
                }
            },
            Command::Program { request, tag, plan, to } => match (tag, plan) {
                (TagId::Uid(uid), Plan::Blocks { before, plan }) => {
                    Ok(Self::Program(Box::new(Order { request, uid, before, plan, to })))
                }
                (TagId::Uid(_), Plan::Words(_)) => {
                    Err(Box::new(ReaderEvent::Programmed { request, tag, outcome: ProgramOutcome::Unfit }))
                }
                (TagId::Tid(_) | TagId::Content(_), _) => {
                    Err(Box::new(ReaderEvent::Programmed { request, tag, outcome: ProgramOutcome::Gone }))
                }
            },
            Command::Dump { request, tag } => match tag {
                TagId::Uid(uid) => Ok(Self::Dump { request, uid }),
                TagId::Tid(_) | TagId::Content(_) => {
                    Err(Box::new(ReaderEvent::Dumped { request, tag, dump: None }))
                }
            },
            Command::SetPower { request, centi_dbm } => Err(Box::new(ReaderEvent::Power {
                request: Some(request),
                centi_dbm,
                outcome: PowerOutcome::Unfit,
            })),
        }
    }

    fn uid(&self) -> Uid {
        match self {
            Self::Security(job) => job.uid,
            Self::Program(order) => order.uid,
            Self::Dump { uid, .. } => *uid,
            Self::Check(writing) => writing.uid(),
        }
    }

    /// The answer when its tag is not there.
    pub(super) fn gone(self) -> ReaderEvent {
        match self {
            Self::Security(job) => wrote(job, WriteOutcome::Gone),
            Self::Program(order) => programmed(&order, ProgramOutcome::Gone),
            Self::Dump { request, uid } => ReaderEvent::Dumped { request, tag: uid.into(), dump: None },
            Self::Check(writing) => {
                let (job, outcome) = writing.abandon();
                wrote(job, outcome)
            }
        }
    }

    /// Whether it can be read back together with these.
    fn joins(&self, unchecked: &[Writing], policy: SecurityPolicy) -> bool {
        let Self::Security(job) = self else { return false };
        unchecked.len() < MOST_TOGETHER
            && unchecked.iter().all(|one| one.uid() != job.uid && one.wanted() == policy.afi(job.to))
    }
}

impl<P: HfProtocol> Pad<P> {
    pub(super) fn command(&mut self, command: Command, out: &mut Vec<Output>) {
        match Job::of(command) {
            Ok(job) if self.is_up() && self.presence.missed(job.uid()).is_some() => self.jobs.push_back(job),
            Ok(job) => out.push(Output::Event(job.gone())),
            Err(answer) => out.push(Output::Event(*answer)),
        }
    }

    /// The next command, unless those before it are to be read back first; whether there was anything to do.
    pub(super) fn next_job(&mut self, now: Instant, out: &mut Vec<Output>) -> bool {
        let joins =
            |job: &mut Job| self.unchecked.is_empty() || job.joins(&self.unchecked, self.config.security);
        match self.jobs.pop_front_if(joins) {
            Some(job) => self.begin(now, job, out),
            None if self.unchecked.is_empty() => return false,
            None => self.check_together(now),
        }
        true
    }

    fn begin(&mut self, now: Instant, job: Job, out: &mut Vec<Output>) {
        self.paused.take_if(|reading| reading.uid() == job.uid());
        let Some(missed) = self.presence.missed(job.uid()) else {
            return out.push(Output::Event(job.gone()));
        };
        match job {
            Job::Security(job) => {
                let before = self.known.get(&job.uid).and_then(|known| known.afi);
                self.write(now, Writing::begin(job, self.config.security, before, missed > 0), out);
            }
            Job::Check(writing) => self.write(now, writing.resume(), out),
            Job::Program(order) => self.program(now, Programming::begin(*order, self.rules()), out),
            Job::Dump { request, uid } => {
                let (reading, ask) = Reading::begin(uid, self.rules(), Extent::Memory);
                self.ask(now, Step::Dumping { request, reading }, ask, Duration::ZERO);
            }
        }
    }

    pub(super) fn write(&mut self, now: Instant, next: writing::Next, out: &mut Vec<Output>) {
        match next {
            writing::Next::Ask(writing, ..) if writing.may_wait() && self.waits(&writing) => {
                self.unchecked.push(writing);
            }
            writing::Next::Ask(writing, ask, after) => self.ask(now, Step::Writing(writing), ask, after),
            writing::Next::Done(job, outcome, afi) => {
                match outcome {
                    WriteOutcome::Verified | WriteOutcome::Refused => {
                        self.tell_presence(presence::Input::Heard(job.uid));
                    }
                    WriteOutcome::Uncertain => self.trouble(cut(job.uid), out),
                    WriteOutcome::Gone => {}
                }
                if let Some(known) = self.known.get_mut(&job.uid) {
                    known.afi = afi.or(known.afi);
                }
                out.push(Output::Event(wrote(job, outcome)));
                if matches!(outcome, WriteOutcome::Gone | WriteOutcome::Uncertain) {
                    self.forget(job.uid, out);
                }
            }
        }
    }

    /// Whether a write is read back together with others: with those that wait, or with the next.
    fn waits(&self, writing: &Writing) -> bool {
        let is_next = |job: &Job| job.joins(std::slice::from_ref(writing), self.config.security);
        self.is_believed(writing.wanted())
            && (!self.unchecked.is_empty() || self.jobs.front().is_some_and(is_next))
    }

    /// A write that was not read back together with others is next.
    pub(super) fn resume_later(&mut self, writing: Writing) {
        self.jobs.push_front(Job::Check(Box::new(writing)));
    }

    /// Whatever came of it: the tag departs, so that it arrives anew with what it then says.
    pub(super) fn program(&mut self, now: Instant, next: programming::Next, out: &mut Vec<Output>) {
        match next {
            programming::Next::Ask(programming, ask, after) => {
                self.ask(now, Step::Programming(programming), ask, after);
            }
            programming::Next::Done(order, outcome) => {
                if let ProgramOutcome::Uncertain { .. } = outcome {
                    self.trouble(cut(order.uid), out);
                }
                out.push(Output::Event(programmed(&order, outcome)));
                self.forget(order.uid, out);
            }
        }
    }

    pub(super) fn dump(
        &mut self,
        now: Instant,
        request: u64,
        reading: Reading,
        reply: &Reply,
        out: &mut Vec<Output>,
    ) {
        let uid = reading.uid();
        let dump = match reading.reply(reply) {
            reading::Next::Ask(reading, ask) => {
                return self.ask(now, Step::Dumping { request, reading }, ask, Duration::ZERO);
            }
            reading::Next::Done(content) if !content.is_refused => Some(content.dump()),
            reading::Next::Done(_) | reading::Next::Missed { .. } => None,
        };
        out.push(Output::Event(ReaderEvent::Dumped { request, tag: uid.into(), dump }));
    }

    /// Ends the job that is under way, and all that wait, because the link is lost.
    pub(super) fn abandon_jobs(&mut self, step: Step, out: &mut Vec<Output>) {
        let mut writings = std::mem::take(&mut self.unchecked);
        match step {
            Step::Writing(writing) => writings.push(writing),
            Step::Filtering(filtering) => writings.extend(filtering.into_writings()),
            Step::Programming(programming) => {
                let (order, outcome) = programming.abandon();
                out.push(Output::Event(programmed(&order, outcome)));
                self.forget(order.uid, out);
            }
            Step::Dumping { request, reading } => {
                let tag = reading.uid().into();
                out.push(Output::Event(ReaderEvent::Dumped { request, tag, dump: None }));
            }
            Step::Closed
            | Step::Probing
            | Step::Preparing
            | Step::Identifying
            | Step::Idle
            | Step::Resting { .. }
            | Step::Refreshing { .. }
            | Step::Round(_)
            | Step::Confirming { .. }
            | Step::Reading(_) => {}
        }
        // What was begun is told before what was not: a later command may be for the same tag.
        writings.into_iter().for_each(|writing| self.abandon_writing(writing, out));
        for job in std::mem::take(&mut self.jobs) {
            match job {
                Job::Check(writing) => self.abandon_writing(*writing, out),
                job @ (Job::Security(_) | Job::Program(_) | Job::Dump { .. }) => {
                    out.push(Output::Event(job.gone()));
                }
            }
        }
    }

    fn abandon_writing(&mut self, writing: Writing, out: &mut Vec<Output>) {
        let (job, outcome) = writing.abandon();
        out.push(Output::Event(wrote(job, outcome)));
        self.forget(job.uid, out);
    }
}

fn cut(uid: Uid) -> trouble::Input<'static> {
    trouble::Input::Cut(uid.into(), Work::Writing)
}

fn wrote(job: writing::Job, outcome: WriteOutcome) -> ReaderEvent {
    ReaderEvent::Wrote { request: job.request, tag: job.uid.into(), outcome }
}

fn programmed(order: &Order, outcome: ProgramOutcome) -> ReaderEvent {
    ReaderEvent::Programmed { request: order.request, tag: order.uid.into(), outcome }
}

/// So many writes wait for one another at most.
const MOST_TOGETHER: usize = 16;
