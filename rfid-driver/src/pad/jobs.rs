//! Commands: what is asked for, done one after the other, and answered exactly once.

use std::time::{Duration, Instant};

use super::event::{Command, ProgramOutcome, ReaderEvent, WriteOutcome};
use super::programming::{self, Order, Programming};
use super::reading::{self, Extent, Reading};
use super::trouble::{self, Work};
use super::writing::{self, Writing};
use super::{Output, Pad, Step};
use crate::hf::{HfProtocol, Reply};
use crate::presence;
use crate::tag::{TagId, Uid};

/// A command for a tag of this pad.
#[derive(Clone, Debug)]
pub(super) enum Job {
    Security(writing::Job),
    Program(Box<Order>),
    Dump { request: u64, uid: Uid },
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
            Command::Program { request, tag, before, plan, to } => match tag {
                TagId::Uid(uid) => Ok(Self::Program(Box::new(Order { request, uid, before, plan, to }))),
                TagId::Tid(_) | TagId::Content(_) => {
                    Err(Box::new(ReaderEvent::Programmed { request, tag, outcome: ProgramOutcome::Gone }))
                }
            },
            Command::Dump { request, tag } => match tag {
                TagId::Uid(uid) => Ok(Self::Dump { request, uid }),
                TagId::Tid(_) | TagId::Content(_) => {
                    Err(Box::new(ReaderEvent::Dumped { request, tag, dump: None }))
                }
            },
        }
    }

    fn uid(&self) -> Uid {
        match self {
            Self::Security(job) => job.uid,
            Self::Program(order) => order.uid,
            Self::Dump { uid, .. } => *uid,
        }
    }

    /// The answer when its tag is not there.
    pub(super) fn gone(self) -> ReaderEvent {
        match self {
            Self::Security(job) => wrote(job, WriteOutcome::Gone),
            Self::Program(order) => programmed(&order, ProgramOutcome::Gone),
            Self::Dump { request, uid } => ReaderEvent::Dumped { request, tag: uid.into(), dump: None },
        }
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

    pub(super) fn begin(&mut self, now: Instant, job: Job, out: &mut Vec<Output>) {
        let Some(missed) = self.presence.missed(job.uid()) else {
            return out.push(Output::Event(job.gone()));
        };
        match job {
            Job::Security(job) => {
                let before = self.known.get(&job.uid).and_then(|known| known.afi);
                self.write(now, Writing::begin(job, self.config.security, before, missed > 0), out);
            }
            Job::Program(order) => self.program(now, Programming::begin(*order, self.rules()), out),
            Job::Dump { request, uid } => {
                let (reading, ask) = Reading::begin(uid, self.rules(), Extent::Memory);
                self.ask(now, Step::Dumping { request, reading }, ask, Duration::ZERO);
            }
        }
    }

    pub(super) fn write(&mut self, now: Instant, next: writing::Next, out: &mut Vec<Output>) {
        match next {
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
        match step {
            Step::Writing(writing) => {
                let (job, outcome) = writing.abandon();
                out.push(Output::Event(wrote(job, outcome)));
                self.forget(job.uid, out);
            }
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
            | Step::Round(_)
            | Step::Confirming { .. }
            | Step::Reading(_) => {}
        }
        out.extend(self.jobs.drain(..).map(|job| Output::Event(job.gone())));
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
