//! Writing one tag: its memory by a plan, then its security.
//!
//! ```text
//! read all ─▶ which state of the plan is this? ─▶ write a step ─▶ read it back ─┬─▶ ... ─▶ read all ─▶ AFI, EAS
//!    │             └ none: Stale                      ▲                         │             └ differs: Uncertain
//!    └ not heard: Gone                                └── not as written ◀──────┘
//! ```
//! Rules: addressed only; a step is taken when the one before it was read back, so that the tag is at each moment in a
//! state of the plan, or between two of them; a tag that is in a later state, as after a cut, goes on from there; a step
//! that changes nothing is left out; what is not answered is read back, for it may be written all the same.

use std::time::Duration;

use super::event::{Place, ProgramOutcome, WriteOutcome};
use super::reading::{self, Content, Extent, Reading, Rules};
use super::writing::{self, Writing};
use crate::data::plan::{Step, WritePlan, states};
use crate::hf::{Ask, Refusal, Reply};
use crate::tag::{Security, Uid};

/// One Program.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) request: u64,
    pub(super) uid: Uid,
    pub(super) before: Vec<u8>,
    pub(super) plan: WritePlan,
    pub(super) to: Security,
}

/// A tag that is being written.
#[derive(Clone, Debug)]
pub(super) struct Programming {
    order: Order,
    rules: Rules,
    /// What was read of the tag before.
    content: Content,
    /// The step that is written next.
    at: usize,
    has_sent: bool,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Before(Reading),
    Write {
        tries: u8,
    },
    /// Reads back what was written, and perhaps refused.
    Check {
        tries_left: u8,
        tries: u8,
        refusal: Option<Refusal>,
    },
    After(Reading),
    Security(Writing),
}

/// How it goes on.
pub(super) enum Next {
    /// Ask this after a wait.
    Ask(Box<Programming>, Ask, Duration),
    /// It has ended.
    Done(Order, ProgramOutcome),
}

impl Programming {
    pub(super) fn begin(order: Order, rules: Rules) -> Next {
        let (reading, ask) = Reading::begin(order.uid, rules.clone(), Extent::Memory);
        let stage = Stage::Before(reading);
        let this = Self { order, rules, content: Content::default(), at: 0, has_sent: false, stage };
        Next::Ask(Box::new(this), ask, Duration::ZERO)
    }

    /// Ends because the link is lost.
    pub(super) fn abandon(self) -> (Order, ProgramOutcome) {
        let outcome = match self.has_sent {
            true => ProgramOutcome::Uncertain { at: self.place() },
            false => ProgramOutcome::Gone,
        };
        (self.order, outcome)
    }

    pub(super) fn reply(mut self, reply: &Reply) -> Next {
        match std::mem::replace(&mut self.stage, Stage::Write { tries: 0 }) {
            Stage::Before(reading) => match reading.reply(reply) {
                reading::Next::Ask(reading, ask) => self.ask(Stage::Before(reading), ask, Duration::ZERO),
                reading::Next::Missed { .. } => self.done(ProgramOutcome::Gone),
                reading::Next::Done(content) => self.resume(content),
            },
            Stage::Write { tries } => self.written(tries, reply),
            Stage::Check { tries_left, tries, refusal } => self.checked(tries_left, tries, refusal, reply),
            Stage::After(reading) => match reading.reply(reply) {
                reading::Next::Ask(reading, ask) => self.ask(Stage::After(reading), ask, Duration::ZERO),
                reading::Next::Missed { .. } => self.uncertain(),
                reading::Next::Done(content) => self.compare(&content),
            },
            Stage::Security(writing) => {
                let next = writing.reply(reply);
                self.secure(next)
            }
        }
    }

    /// Goes on from the last state of the plan that the tag is in.
    fn resume(mut self, content: Content) -> Next {
        let steps = &self.order.plan.steps;
        let size = usize::from(content.block_size.max(1));
        let dsfid = content.system.and_then(|system| system.dsfid);
        let has_dsfid = |at: usize| {
            let due = steps.iter().take(at).find_map(|step| match step {
                Step::Dsfid(dsfid) => Some(*dsfid),
                Step::Block { .. } => None,
            });
            dsfid.is_none() || due.is_none() || due == dsfid
        };
        let all = states(steps, &self.order.before, dsfid, size).enumerate();
        let is_here = |state: &[u8]| content.memory.get(..state.len()) == Some(state);
        let at = all.filter(|(at, (state, _))| is_here(state) && has_dsfid(*at)).map(|(at, _)| at).last();
        let (Some(at), false) = (at, content.is_refused) else { return self.done(ProgramOutcome::Stale) };
        let left = steps.iter().skip(at);
        let locked = left.filter_map(|step| locked_block(step, &content.locked)).next();
        (self.at, self.content) = (at, content);
        match locked {
            Some(block) => self.done(ProgramOutcome::Refused { at: Place::Block(block), is_locked: true }),
            None if at == self.order.plan.steps.len() => self.begin_security(),
            None => self.write(WRITE_TRIES, Duration::ZERO),
        }
    }

    fn write(mut self, tries: u8, after: Duration) -> Next {
        let uid = self.order.uid;
        let ask = match self.order.plan.steps.get(self.at) {
            Some(Step::Block { block, bytes }) => {
                let (Ok(first), Ok(block_size)) = (u8::try_from(*block), u8::try_from(bytes.len())) else {
                    return self.done(ProgramOutcome::Stale);
                };
                Ask::Write { uid, first, block_size, bytes: bytes.clone() }
            }
            Some(Step::Dsfid(dsfid)) => Ask::WriteDsfid { uid, dsfid: *dsfid },
            None => return self.read_all(),
        };
        self.has_sent = true;
        self.ask(Stage::Write { tries }, ask, after)
    }

    fn written(self, tries: u8, reply: &Reply) -> Next {
        let refusal = if let Reply::Refused(refusal) = reply { Some(*refusal) } else { None };
        self.check(CHECK_TRIES, tries, refusal, Duration::ZERO)
    }

    fn check(self, tries_left: u8, tries: u8, refusal: Option<Refusal>, after: Duration) -> Next {
        let uid = self.order.uid;
        let ask = match self.order.plan.steps.get(self.at) {
            Some(Step::Block { block, .. }) => {
                Ask::Read { uid, first: u8::try_from(*block).unwrap_or(u8::MAX), n: 1, lock_bits: false }
            }
            Some(Step::Dsfid(_)) => Ask::System { uid },
            None => return self.read_all(),
        };
        self.ask(Stage::Check { tries_left, tries, refusal }, ask, after)
    }

    fn checked(mut self, tries_left: u8, tries: u8, refusal: Option<Refusal>, reply: &Reply) -> Next {
        match self.is_written(reply) {
            Some(true) => {
                self.at += 1;
                self.write(WRITE_TRIES, Duration::ZERO)
            }
            None => match tries_left.checked_sub(1) {
                Some(left) => self.check(left, tries, refusal, WAIT),
                None => self.uncertain(),
            },
            Some(false) => {
                let is_locked = refusal.is_some_and(|refusal| refusal.is_locked);
                match tries.checked_sub(1).filter(|_| !is_locked) {
                    Some(tries) => self.write(tries, WAIT),
                    None => {
                        let at = self.place();
                        self.done(ProgramOutcome::Refused { at, is_locked })
                    }
                }
            }
        }
    }

    /// Whether the tag says that the step is written; `None` if it was not heard.
    fn is_written(&self, reply: &Reply) -> Option<bool> {
        match (self.order.plan.steps.get(self.at), reply) {
            (Some(Step::Block { bytes, .. }), Reply::Blocks { bytes: read, .. }) => Some(read == bytes),
            // A tag that does not tell its DSFID is believed.
            (Some(Step::Dsfid(dsfid)), Reply::System(system)) => {
                Some(system.dsfid.is_none_or(|of| of == *dsfid))
            }
            (_, Reply::Refused(_)) => Some(false),
            _ => None,
        }
    }

    fn read_all(self) -> Next {
        let (reading, ask) = Reading::begin(self.order.uid, self.rules.clone(), Extent::Memory);
        self.ask(Stage::After(reading), ask, Duration::ZERO)
    }

    fn compare(mut self, content: &Content) -> Next {
        let plan = &self.order.plan.memory;
        let wrong = (0..plan.len()).find(|at| content.memory.get(*at) != plan.get(*at));
        if let Some(at) = wrong {
            let block = u8::try_from(at / usize::from(content.block_size.max(1))).unwrap_or(u8::MAX);
            return self.done(ProgramOutcome::Uncertain { at: Place::Block(block) });
        }
        self.content.system = content.system.or(self.content.system);
        self.begin_security()
    }

    fn begin_security(self) -> Next {
        let job = writing::Job { request: self.order.request, uid: self.order.uid, to: self.order.to };
        let before = self.content.system.map(|system| system.afi);
        let next = Writing::begin(job, self.rules.policy, before, false);
        self.secure(next)
    }

    fn secure(mut self, next: writing::Next) -> Next {
        match next {
            writing::Next::Ask(writing, ask, after) => {
                self.has_sent = true;
                self.ask(Stage::Security(writing), ask, after)
            }
            writing::Next::Done(_, outcome, _) => {
                let at = Place::Security;
                self.done(match outcome {
                    WriteOutcome::Verified => ProgramOutcome::Verified,
                    WriteOutcome::Refused => ProgramOutcome::Refused { at, is_locked: false },
                    WriteOutcome::Gone | WriteOutcome::Uncertain => ProgramOutcome::Uncertain { at },
                })
            }
        }
    }

    fn uncertain(self) -> Next {
        let at = self.place();
        self.done(ProgramOutcome::Uncertain { at })
    }

    /// What is being written, or was last.
    fn place(&self) -> Place {
        let steps = &self.order.plan.steps;
        match (&self.stage, steps.get(self.at).or_else(|| steps.last())) {
            (Stage::Security(_), _) | (_, None) => Place::Security,
            (_, Some(Step::Dsfid(_))) => Place::Dsfid,
            (_, Some(Step::Block { block, .. })) => Place::Block(u8::try_from(*block).unwrap_or(u8::MAX)),
        }
    }

    fn ask(self, stage: Stage, ask: Ask, after: Duration) -> Next {
        Next::Ask(Box::new(Self { stage, ..self }), ask, after)
    }

    fn done(self, outcome: ProgramOutcome) -> Next {
        Next::Done(self.order, outcome)
    }
}

fn locked_block(step: &Step, locked: &[bool]) -> Option<u8> {
    match step {
        Step::Block { block, .. } if locked.get(*block).is_some_and(|locked| *locked) => {
            u8::try_from(*block).ok()
        }
        Step::Block { .. } | Step::Dsfid(_) => None,
    }
}

/// How often a step is written again that is not read back as written.
const WRITE_TRIES: u8 = 4;
/// How often a tag that is not heard is asked again what is written.
const CHECK_TRIES: u8 = 4;
/// Between two tries: a hand that moves an item moves on.
const WAIT: Duration = Duration::from_millis(40);
