//! Commands: what is asked for, done one after the other, and answered exactly once.

use std::time::Instant;

use super::writing::{self, Change, Job, Writing};
use super::{Step, UhfPad};
use crate::data::epc::EpcBank;
use crate::data::{TagData, decode_uhf_memory, uhf};
use crate::pad::trouble::{self, Work};
use crate::pad::{Command, Output, ProgramOutcome, ReaderEvent, WriteOutcome};
use crate::presence;
use crate::tag::{Security, TagId};
use crate::uhf::UhfProtocol;

impl<P: UhfProtocol> UhfPad<P> {
    pub(super) fn command(&mut self, command: Command, out: &mut Vec<Output>) {
        let event = match command {
            Command::SetSecurity { request, tag, to } => {
                let job = Job { request, tag, to };
                if self.is_up() && self.known.contains_key(&tag) {
                    self.jobs.push_back(job);
                    return;
                }
                wrote(job, WriteOutcome::Gone)
            }
            // Plans of blocks are for HF tags.
            Command::Program { request, tag, .. } => {
                ReaderEvent::Programmed { request, tag, outcome: ProgramOutcome::Gone }
            }
            Command::Dump { request, tag } => ReaderEvent::Dumped { request, tag, dump: None },
        };
        out.push(Output::Event(event));
    }

    pub(super) fn begin(&mut self, now: Instant, job: Job, out: &mut Vec<Output>) {
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
        job: Job,
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
        if let Step::Writing(writing) = step {
            let (job, change, outcome) = writing.abandon();
            if outcome == WriteOutcome::Uncertain {
                self.cut(job.tag, change, out);
            }
            out.push(Output::Event(wrote(job, outcome)));
            self.forget(job.tag, out);
        }
        out.extend(self.jobs.drain(..).map(|job| Output::Event(wrote(job, WriteOutcome::Gone))));
    }
}

fn wrote(job: Job, outcome: WriteOutcome) -> ReaderEvent {
    ReaderEvent::Wrote { request: job.request, tag: job.tag, outcome }
}
