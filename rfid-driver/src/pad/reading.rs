//! Reading one tag: system information first (AFI, DSFID, size), then blocks up to the end of the data.

use std::time::Instant;

use super::event::Arrival;
use crate::data::{Hints, TagData, decode, decoded};
use crate::hf::{Ask, Reply, SystemInformation};
use crate::tag::{SecurityPolicy, Uid};

/// A reading under way.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    uid: Uid,
    policy: SecurityPolicy,
    system: Option<SystemInformation>,
    memory: Vec<u8>,
    block_size: u8,
    tries: u8,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    System,
    Blocks { first: u8, n: u8 },
}

/// How a reading goes on.
pub(super) enum Next {
    /// Ask this.
    Ask(Reading, Ask),
    /// The tag was read.
    Done(Uid, Box<Arrival>),
    /// The tag was not heard to the end.
    Missed(Uid),
}

impl Reading {
    pub(super) fn begin(uid: Uid, policy: SecurityPolicy) -> (Self, Ask) {
        let reading = Self {
            uid,
            policy,
            system: None,
            memory: Vec::new(),
            block_size: 4,
            tries: TRIES,
            stage: Stage::System,
        };
        (reading, Ask::System { uid })
    }

    /// The arrival of a tag that is there and cannot be read.
    pub(super) fn unreadable(uid: Uid, at: Instant) -> Arrival {
        Arrival { tag: uid.into(), security: None, afi: None, layout: None, data: TagData::unreadable(), at }
    }

    pub(super) fn uid(&self) -> Uid {
        self.uid
    }

    pub(super) fn reply(mut self, now: Instant, reply: &Reply) -> Next {
        match (self.stage, reply) {
            (Stage::System, Reply::System(system)) => {
                self.system = Some(*system);
                self.block_size = system.block_size.max(1);
                self.more(now, FIRST_READ)
            }
            // Not every tag tells about itself; its blocks may still be read.
            (Stage::System, Reply::Refused(_)) => self.more(now, FIRST_READ),
            (Stage::Blocks { .. }, Reply::Blocks { block_size, bytes }) => {
                self.block_size = (*block_size).max(1);
                self.memory.extend_from_slice(bytes);
                match decoded::needs(&self.memory, &self.hints()) {
                    None => self.done(now),
                    Some(needed) => {
                        let missing = needed.saturating_sub(self.memory.len());
                        let blocks = missing.div_ceil(usize::from(self.block_size));
                        self.more(now, u8::try_from(blocks).unwrap_or(u8::MAX).max(LEAST_READ))
                    }
                }
            }
            // Beyond the end of a memory whose size was a wrong hint.
            (Stage::Blocks { first: 0, n: 0 | 1 }, Reply::Refused(_)) => {
                Next::Done(self.uid, Box::new(Self::unreadable(self.uid, now)))
            }
            (Stage::Blocks { n: 0 | 1, .. }, Reply::Refused(_)) => self.done(now),
            (Stage::Blocks { n, .. }, Reply::Refused(_)) => self.more(now, n / 2),
            (Stage::System | Stage::Blocks { .. }, _) => self.again(),
        }
    }

    /// Asks for `n` more blocks, as far as the tag has them and one answer holds them.
    fn more(mut self, now: Instant, n: u8) -> Next {
        let size = usize::from(self.block_size);
        let first = self.memory.len() / size;
        let told = self.system.and_then(|system| system.n_blocks);
        let n_blocks = told.map_or(UNKNOWN_SIZE, |told| usize::from(told).max(1));
        let n = usize::from(n).min(n_blocks.saturating_sub(first)).min((MAX_READ_BYTES / size).max(1));
        let (Ok(first), Ok(n)) = (u8::try_from(first), u8::try_from(n)) else { return self.done(now) };
        if n == 0 {
            return self.done(now);
        }
        self.stage = Stage::Blocks { first, n };
        self.tries = TRIES;
        let ask = self.ask();
        Next::Ask(self, ask)
    }

    fn again(mut self) -> Next {
        match self.tries.checked_sub(1) {
            Some(tries) => {
                self.tries = tries;
                let ask = self.ask();
                Next::Ask(self, ask)
            }
            None => Next::Missed(self.uid),
        }
    }

    fn ask(&self) -> Ask {
        match self.stage {
            Stage::System => Ask::System { uid: self.uid },
            Stage::Blocks { first, n } => Ask::Read { uid: self.uid, first, n },
        }
    }

    fn done(self, now: Instant) -> Next {
        let afi = self.system.map(|system| system.afi);
        let security = afi.filter(|_| self.policy.use_afi).and_then(|afi| self.policy.security(afi));
        let decoded = decode(&self.memory, &self.hints());
        let arrival = Arrival {
            tag: self.uid.into(),
            security,
            afi,
            layout: decoded.layout,
            data: decoded.data,
            at: now,
        };
        Next::Done(self.uid, Box::new(arrival))
    }

    /// What was learnt before the memory was read; it decides between layouts.
    fn hints(&self) -> Hints<'_> {
        Hints {
            dsfid: self.system.and_then(|system| system.dsfid),
            afi: self.system.map(|system| system.afi),
            block_size: usize::from(self.block_size),
            policy: self.policy,
            ..Hints::none()
        }
    }
}

/// How often a tag that is not heard is asked again.
const TRIES: u8 = 3;
/// Blocks that hold the data of a typical item.
const FIRST_READ: u8 = 8;
/// A further read brings at least so many blocks: one block costs as much as four.
const LEAST_READ: u8 = 4;
/// Data bytes in one answer.
const MAX_READ_BYTES: usize = 128;
/// Blocks of a tag that does not tell how many it has.
const UNKNOWN_SIZE: usize = 28;
