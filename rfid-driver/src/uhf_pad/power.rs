//! The transmit power: set after each opening, and by command. A reader that does not take it keeps the one before.

use std::time::{Duration, Instant};

use super::{Step, UhfPad};
use crate::hf::Identity;
use crate::pad::{Output, PowerOutcome, ReaderEvent};
use crate::uhf::{Ask, Reply, UhfProtocol};

/// A power that the reader is being told.
#[derive(Clone, Debug)]
pub(super) enum Powering {
    /// Before the reader is told to be up.
    Opening { identity: Box<Identity>, centi_dbm: u16 },
    /// By a command.
    Command { request: u64, centi_dbm: u16 },
}

impl<P: UhfProtocol> UhfPad<P> {
    /// The last step of an opening: the reader is up once it has its power.
    pub(super) fn set_up(&mut self, now: Instant, identity: &Identity, out: &mut Vec<Output>) {
        let Some(centi_dbm) = self.power else { return self.up(identity, out) };
        let identity = Box::new(identity.clone());
        let step = Step::Powering(Powering::Opening { identity, centi_dbm });
        self.ask(now, step, Ask::SetPower { centi_dbm }, Duration::ZERO);
    }

    pub(super) fn begin_power(&mut self, now: Instant, request: u64, centi_dbm: u16) {
        let step = Step::Powering(Powering::Command { request, centi_dbm });
        self.ask(now, step, Ask::SetPower { centi_dbm }, Duration::ZERO);
    }

    pub(super) fn powered(&mut self, powering: Powering, reply: &Reply, out: &mut Vec<Output>) {
        let is_set = matches!(reply, Reply::Done);
        let outcome = if is_set { PowerOutcome::Set } else { PowerOutcome::Refused };
        match powering {
            Powering::Opening { identity, centi_dbm } => {
                self.up(&identity, out);
                if !is_set {
                    out.push(Output::Event(ReaderEvent::Power { request: None, centi_dbm, outcome }));
                }
            }
            Powering::Command { request, centi_dbm } => {
                if is_set {
                    self.power = Some(centi_dbm);
                }
                out.push(Output::Event(ReaderEvent::Power { request: Some(request), centi_dbm, outcome }));
            }
        }
    }

    /// The answer to a command that the reader does not hear: it is set when it answers again.
    pub(super) fn power_later(&mut self, request: u64, centi_dbm: u16) -> ReaderEvent {
        self.power = Some(centi_dbm);
        ReaderEvent::Power { request: Some(request), centi_dbm, outcome: PowerOutcome::Unheard }
    }
}
