//! The reader itself: whether it answers, who it is, and when it is given up.

use std::time::{Duration, Instant};

use super::event::{DownCause, ReaderEvent};
use super::filter::Trust;
use super::{Output, Pad, Step};
use crate::hf::{Ask, HfProtocol, Identity, Reply};

impl<P: HfProtocol> Pad<P> {
    pub(super) fn identified(&mut self, reply: &Reply, out: &mut Vec<Output>) {
        match reply {
            Reply::Reader(identity) => self.up(identity, out),
            Reply::Done
            | Reply::Found { .. }
            | Reply::System(_)
            | Reply::Blocks { .. }
            | Reply::Missing
            | Reply::Refused(_) => self.give_up(DownCause::Refuses, out),
        }
    }

    fn up(&mut self, identity: &Identity, out: &mut Vec<Output>) {
        self.down = None;
        self.has_changed = true;
        self.void_rounds = 0;
        // It may be another one.
        self.trust = Trust::Untried { n_left_out: 0 };
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
            Step::Preparing => self.ask(now, Step::Identifying, Ask::Identify, Duration::ZERO),
            Step::Round(_) | Step::Refreshing { .. } => self.void_round(DownCause::Silent, out),
            Step::Filtering(filtering) => {
                self.unfiltered(filtering);
                self.void_round(DownCause::Silent, out);
            }
            step @ (Step::Closed
            | Step::Probing
            | Step::Identifying
            | Step::Idle
            | Step::Resting { .. }
            | Step::Confirming { .. }
            | Step::Reading(_)
            | Step::Dumping { .. }
            | Step::Writing(_)
            | Step::Programming(_)) => {
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
        self.to_learn.clear();
        self.paused = None;
        self.is_field_fresh = false;
        if self.down.as_ref() != Some(&cause) {
            self.down = Some(cause.clone());
            out.push(Output::Event(ReaderEvent::Down(cause)));
        }
    }
}

/// So many rounds in a row may be cut short by the reader before it is given up.
const MAX_VOID_ROUNDS: u8 = 4;
