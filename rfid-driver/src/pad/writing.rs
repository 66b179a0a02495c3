//! One security write: AFI, then EAS, then the AFI read back by address.
//!
//! ```text
//! [precheck] ─▶ AFI ─▶ EAS ─▶ check ─▶ Verified
//!      │         │      │       └ not heard ─▶ Uncertain
//!      │         │      ├ said no ─▶ write the AFI before ─▶ check ─▶ Refused
//!      │         │      └ not heard ─▶ Uncertain
//!      │         └ said no, or not heard ─▶ check: was it written all the same?
//!      └ not heard ─▶ Gone
//! ```
//! What counts as verified. AFI: read back by address after everything was written. EAS: the tag's own answer to the
//! addressed write, which it gives after programming. The EAS alarm is not asked: it is not addressed, so that any other
//! item on the pad answers in this one's place, and silence means "off" as well as "gone".
//!
//! Several may be read back together, by one inventory of the AFI that was written: see [`super::filter`].
//!
//! A write that is not answered may have been carried out: the answer can be what was lost. So Gone is told only if
//! nothing was sent to the tag, after a precheck when the last round has missed it.

use std::time::Duration;

use super::event::WriteOutcome;
use crate::hf::{Ask, Reply};
use crate::tag::{Afi, Security, SecurityPolicy, Uid};

/// A job: one SetSecurity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) request: u64,
    pub(super) uid: Uid,
    pub(super) to: Security,
}

/// A write under way.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    job: Job,
    policy: SecurityPolicy,
    before: Option<Afi>,
    stage: Stage,
    tries: u8,
    has_sent: bool,
    eas: Eas,
    rewrites: u8,
    /// Everything is written and was answered; it is only to be read back.
    may_wait: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Precheck,
    Afi,
    Eas,
    Check,
    Undo,
    CheckUndo,
}

/// What is known of the EAS bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Eas {
    AsBefore,
    Unknown,
    Written,
}

/// How a write goes on.
pub(super) enum Next {
    /// Ask this after a wait.
    Ask(Writing, Ask, Duration),
    /// It has ended; the AFI if it is known.
    Done(Job, WriteOutcome, Option<Afi>),
}

impl Writing {
    /// Begins; `before` is the AFI as last read, `precheck` asks first whether the tag is still there.
    pub(super) fn begin(job: Job, policy: SecurityPolicy, before: Option<Afi>, precheck: bool) -> Next {
        let stage = Stage::Precheck;
        let writing = Self {
            job,
            policy,
            before,
            stage,
            tries: TRIES,
            has_sent: false,
            eas: Eas::AsBefore,
            rewrites: REWRITES,
            may_wait: false,
        };
        match (precheck || (policy.use_afi && before.is_none()), writing.first()) {
            (true, _) => writing.to(Stage::Precheck),
            (false, Some(first)) => writing.to(first),
            (false, None) => writing.done(WriteOutcome::Verified),
        }
    }

    /// Ends because the link is lost.
    pub(super) fn abandon(self) -> (Job, WriteOutcome) {
        (self.job, if self.has_sent { WriteOutcome::Uncertain } else { WriteOutcome::Gone })
    }

    pub(super) fn uid(&self) -> Uid {
        self.job.uid
    }

    /// Whether the reading back, which was to be asked, may wait for that of others.
    pub(super) fn may_wait(&self) -> bool {
        self.may_wait
    }

    /// Goes on by itself after it has waited.
    pub(super) fn resume(self) -> Next {
        Self { may_wait: false, ..self }.send(Duration::ZERO)
    }

    /// The AFI was read back as it is wanted, after everything was written.
    pub(super) fn verified(self) -> Next {
        self.done(WriteOutcome::Verified)
    }

    pub(super) fn reply(self, reply: &Reply) -> Next {
        let is_written = matches!((self.stage, reply), (Stage::Afi | Stage::Eas, Reply::Done));
        match self.next(reply) {
            Next::Ask(writing, ask, after) => {
                let may_wait = is_written && writing.stage == Stage::Check;
                Next::Ask(Self { may_wait, ..writing }, ask, after)
            }
            done @ Next::Done(..) => done,
        }
    }

    fn next(mut self, reply: &Reply) -> Next {
        match (self.stage, reply) {
            (Stage::Precheck, Reply::System(system)) => {
                self.before = Some(system.afi);
                self.go()
            }
            (Stage::Precheck, Reply::Refused(_)) => self.go(),
            (Stage::Precheck, _) => self.again(|writing| writing.done(WriteOutcome::Gone)),
            (Stage::Afi, Reply::Done) => self.after_afi(),
            (Stage::Afi, _) => self.again(|writing| writing.to(Stage::Check)),
            (Stage::Eas, Reply::Done) => {
                self.eas = Eas::Written;
                if self.policy.use_afi { self.to(Stage::Check) } else { self.done(WriteOutcome::Verified) }
            }
            (Stage::Eas, Reply::Refused(_)) => self.again(Self::eas_refused),
            (Stage::Eas, _) => {
                self.eas = Eas::Unknown;
                self.again(|writing| writing.done(WriteOutcome::Uncertain))
            }
            (Stage::Check, Reply::System(system)) => self.check(system.afi),
            (Stage::CheckUndo, Reply::System(system)) if Some(system.afi) == self.before => {
                self.done(WriteOutcome::Refused)
            }
            (Stage::Undo, Reply::Done) => self.to(Stage::CheckUndo),
            (Stage::Undo, _) => self.again(|writing| writing.to(Stage::CheckUndo)),
            (Stage::Check | Stage::CheckUndo, _) => {
                self.again(|writing| writing.done(WriteOutcome::Uncertain))
            }
        }
    }

    fn first(&self) -> Option<Stage> {
        match (self.policy.use_afi, self.policy.use_eas) {
            (true, _) => Some(Stage::Afi),
            (false, true) => Some(Stage::Eas),
            (false, false) => None,
        }
    }

    fn go(self) -> Next {
        match self.first() {
            Some(first) => self.to(first),
            None => self.done(WriteOutcome::Verified),
        }
    }

    pub(super) fn wanted(&self) -> Afi {
        self.policy.afi(self.job.to)
    }

    fn after_afi(self) -> Next {
        if self.policy.use_eas && self.eas != Eas::Written {
            self.to(Stage::Eas)
        } else {
            self.to(Stage::Check)
        }
    }

    fn check(mut self, afi: Afi) -> Next {
        let is_last = !self.policy.use_eas || self.eas == Eas::Written;
        if afi == self.wanted() {
            return if is_last { self.done(WriteOutcome::Verified) } else { self.to(Stage::Eas) };
        }
        // Every write was answered, and still the AFI is another: once more, then it is a riddle.
        if self.eas == Eas::Written {
            return match self.rewrites.checked_sub(1) {
                Some(rewrites) => {
                    self.rewrites = rewrites;
                    self.to(Stage::Afi)
                }
                None => self.done(WriteOutcome::Uncertain),
            };
        }
        let as_before = Some(afi) == self.before;
        self.done(if as_before { WriteOutcome::Refused } else { WriteOutcome::Uncertain })
    }

    fn eas_refused(self) -> Next {
        match (self.eas, self.before) {
            (Eas::Unknown | Eas::Written, _) => self.done(WriteOutcome::Uncertain),
            (Eas::AsBefore, _) if !self.policy.use_afi => self.done(WriteOutcome::Refused),
            (Eas::AsBefore, Some(before)) if before == self.wanted() => self.done(WriteOutcome::Refused),
            (Eas::AsBefore, Some(_)) => self.to(Stage::Undo),
            (Eas::AsBefore, None) => self.done(WriteOutcome::Uncertain),
        }
    }

    fn to(mut self, stage: Stage) -> Next {
        self.stage = stage;
        self.tries = TRIES;
        self.send(Duration::ZERO)
    }

    fn again(mut self, otherwise: impl FnOnce(Self) -> Next) -> Next {
        match self.tries.checked_sub(1) {
            Some(tries) => {
                self.tries = tries;
                self.send(WAIT)
            }
            None => otherwise(self),
        }
    }

    fn send(mut self, after: Duration) -> Next {
        let uid = self.job.uid;
        let ask = match self.stage {
            Stage::Precheck | Stage::Check | Stage::CheckUndo => Ask::System { uid },
            Stage::Afi => Ask::WriteAfi { uid, afi: self.wanted() },
            Stage::Undo => Ask::WriteAfi { uid, afi: self.before.unwrap_or_else(|| self.wanted()) },
            Stage::Eas => Ask::WriteEas { uid, on: self.job.to == Security::Secured },
        };
        self.has_sent |= matches!(self.stage, Stage::Afi | Stage::Eas | Stage::Undo);
        Next::Ask(self, ask, after)
    }

    fn done(self, outcome: WriteOutcome) -> Next {
        let afi = match outcome {
            WriteOutcome::Verified if self.policy.use_afi => Some(self.wanted()),
            WriteOutcome::Verified | WriteOutcome::Refused => self.before,
            WriteOutcome::Gone | WriteOutcome::Uncertain => None,
        };
        Next::Done(self.job, outcome, afi)
    }
}

/// How often each step is repeated.
const TRIES: u8 = 4;
/// How often an AFI that reads back wrong is written again.
const REWRITES: u8 = 1;
/// Between two tries: a hand that moves an item moves on.
const WAIT: Duration = Duration::from_millis(40);
