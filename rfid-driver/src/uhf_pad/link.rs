//! The reader itself: whether it answers, who it is, and when it is given up.

use std::time::{Duration, Instant};

use super::{Powering, Step, UhfPad};
use crate::hf::Identity;
use crate::pad::{DownCause, Output, ReaderEvent};
use crate::uhf::{Ask, Reply, UhfProtocol};

impl<P: UhfProtocol> UhfPad<P> {
    /// The steps of the preparation, then who it is.
    pub(super) fn prepare(&mut self, now: Instant, step: u8) {
        // What a reader can may show only when it answers.
        self.capabilities = self.dialogue.protocol().capabilities();
        if step < self.capabilities.n_prepare {
            self.ask(now, Step::Preparing { step }, Ask::Prepare { step }, Duration::ZERO);
        } else {
            self.ask(now, Step::Identifying, Ask::Identify, Duration::ZERO);
        }
    }

    pub(super) fn identified(&mut self, now: Instant, reply: &Reply, out: &mut Vec<Output>) {
        match reply {
            Reply::Reader(identity) => self.set_up(now, identity, out),
            Reply::Done | Reply::Found(_) | Reply::Words(_) | Reply::Missing | Reply::Refused(_) => {
                self.give_up(DownCause::Refuses, out)
            }
        }
    }

    pub(super) fn up(&mut self, identity: &Identity, out: &mut Vec<Output>) {
        self.down = None;
        self.capabilities = self.dialogue.protocol().capabilities();
        self.has_changed = true;
        self.void_rounds = 0;
        out.push(Output::Event(ReaderEvent::Up(identity.clone())));
    }

    pub(super) fn void_round(&mut self, cause: DownCause, out: &mut Vec<Output>) {
        self.void_rounds += 1;
        if self.void_rounds > MAX_VOID_ROUNDS {
            self.give_up(cause, out);
        }
    }

    pub(super) fn silent(&mut self, now: Instant, out: &mut Vec<Output>) {
        match std::mem::replace(&mut self.step, Step::Idle) {
            // Not every firmware knows what is set; whether it is there shows now.
            Step::Preparing { step } => self.prepare(now, step.saturating_add(1)),
            Step::Powering(powering @ Powering::Opening { .. }) => {
                self.powered(powering, &Reply::Missing, out);
            }
            Step::Round => self.void_round(DownCause::Silent, out),
            // A family drops answers of tags that were not meant: that it is the reader shows in the next round.
            Step::Confirming { tag, .. } => {
                self.in_doubt = Some(tag);
                self.void_round(DownCause::Silent, out);
            }
            Step::Reading(reading) => {
                self.missed_reading(now, &reading, out);
                self.void_round(DownCause::Silent, out);
            }
            step @ (Step::Closed
            | Step::Probing
            | Step::Identifying
            | Step::Idle
            | Step::Resting { .. }
            | Step::Writing(_)
            | Step::Programming(_)
            | Step::Powering(Powering::Command { .. })
            | Step::Dumping { .. }) => {
                self.step = step;
                self.give_up(DownCause::Silent, out);
            }
        }
    }

    fn give_up(&mut self, cause: DownCause, out: &mut Vec<Output>) {
        self.lose(cause, out);
        out.push(Output::Reopen);
    }

    pub(super) fn lose(&mut self, cause: DownCause, out: &mut Vec<Output>) {
        let step = std::mem::replace(&mut self.step, Step::Closed);
        self.abandon_jobs(step, out);
        self.said.clear();
        self.to_confirm.clear();
        self.to_read.clear();
        self.in_doubt = None;
        if self.down.as_ref() != Some(&cause) {
            self.down = Some(cause.clone());
            out.push(Output::Event(ReaderEvent::Down(cause)));
        }
    }
}

/// So many rounds in a row may be unanswered before the reader is given up.
const MAX_VOID_ROUNDS: u8 = 4;
