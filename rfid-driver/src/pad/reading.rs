//! Reading one tag: system information first (AFI, DSFID, size), then blocks up to the end of the data, or of the memory.
//!
//! System information that an inventory has told already is not asked for. How many blocks the first read brings is
//! learnt: a library's tags are all alike, so that as many as the last ones have needed are enough, in one frame.
//! Lock bits are asked only with all of the memory, of a tag that is perhaps to be written; a tag that refuses that is
//! asked without them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::event::{Arrival, Dump};
use crate::data::local::LocalLayout;
use crate::data::{Hints, TagData, decode, decoded};
use crate::hf::{Ask, Refusal, Reply, SystemInformation};
use crate::tag::{SecurityPolicy, Uid};

/// How tags are understood.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) policy: SecurityPolicy,
    pub(super) layouts: Arc<[LocalLayout]>,
}

/// How far a tag is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// To the end of its data.
    Data,
    /// To the end of its memory.
    Memory,
}

/// A reading under way.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    uid: Uid,
    rules: Rules,
    extent: Extent,
    content: Content,
    is_heard: bool,
    lock_bits: bool,
    tries: u8,
    first_read: u8,
    stage: Stage,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) system: Option<SystemInformation>,
    pub(super) memory: Vec<u8>,
    pub(super) locked: Vec<bool>,
    pub(super) block_size: u8,
    /// Not even its first block could be read.
    pub(super) is_refused: bool,
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
    Done(Content),
    /// The tag was not heard to the end; whether it was heard at all.
    Missed { is_heard: bool },
}

impl Reading {
    /// Begins with a tag of which nothing is known.
    pub(super) fn begin(uid: Uid, rules: Rules, extent: Extent) -> (Self, Ask) {
        let reading = Self {
            uid,
            rules,
            extent,
            content: Content { block_size: 4, ..Content::default() },
            is_heard: false,
            lock_bits: extent == Extent::Memory,
            tries: TRIES,
            first_read: FIRST_READ,
            stage: Stage::System,
        };
        (reading, Ask::System { uid })
    }

    /// Begins with a new tag, of which an inventory may have told something.
    pub(super) fn of_new(
        uid: Uid,
        rules: Rules,
        learnt: Option<SystemInformation>,
        lengths: &Lengths,
    ) -> (Self, Ask) {
        let (mut reading, ask) = Self::begin(uid, rules, Extent::Data);
        reading.first_read = lengths.first_read();
        match learnt {
            Some(system) => {
                let n = usize::from(reading.first_read).min(UNKNOWN_SIZE);
                reading.content.system = Some(system);
                reading.content.block_size = system.block_size.max(1);
                reading.stage = Stage::Blocks { first: 0, n: u8::try_from(n).unwrap_or(FIRST_READ) };
                let ask = reading.ask();
                (reading, ask)
            }
            None => (reading, ask),
        }
    }

    /// Goes on where it was paused.
    pub(super) fn resume(self) -> (Self, Ask) {
        let ask = self.ask();
        (self, ask)
    }

    /// The arrival of a tag that is there and cannot be read.
    pub(super) fn unreadable(uid: Uid, at: Instant) -> Arrival {
        Arrival { tag: uid.into(), security: None, afi: None, layout: None, data: TagData::unreadable(), at }
    }

    pub(super) fn uid(&self) -> Uid {
        self.uid
    }

    pub(super) fn reply(mut self, reply: &Reply) -> Next {
        match (self.stage, reply) {
            (Stage::System, Reply::System(system)) => {
                self.is_heard = true;
                self.content.system = Some(*system);
                self.content.block_size = system.block_size.max(1);
                self.first()
            }
            // Not every tag tells about itself; its blocks may still be read.
            (Stage::System, Reply::Refused(_)) => self.first(),
            (Stage::Blocks { .. }, Reply::Blocks { block_size, bytes, locked }) => {
                self.is_heard = true;
                self.content.block_size = (*block_size).max(1);
                self.content.memory.extend_from_slice(bytes);
                self.content.locked.extend_from_slice(locked);
                self.go_on()
            }
            (Stage::Blocks { n, .. }, Reply::Refused(refusal)) if self.lock_bits && is_option(refusal) => {
                self.lock_bits = false;
                self.content.locked.clear();
                self.more(n)
            }
            // Beyond the end of a memory whose size was a wrong hint.
            (Stage::Blocks { first, n: 0 | 1 }, Reply::Refused(_)) => {
                self.content.is_refused = first == 0;
                Next::Done(self.content)
            }
            (Stage::Blocks { n, .. }, Reply::Refused(_)) => self.more(n / 2),
            (Stage::System | Stage::Blocks { .. }, _) => self.again(),
        }
    }

    fn first(self) -> Next {
        match self.extent {
            Extent::Data => {
                let n = self.first_read;
                self.more(n)
            }
            Extent::Memory => self.more(u8::MAX),
        }
    }

    fn go_on(self) -> Next {
        let needed = match self.extent {
            Extent::Memory => return self.more(u8::MAX),
            Extent::Data => decoded::needs(&self.content.memory, &self.content.hints(&self.rules)),
        };
        match needed {
            None => Next::Done(self.content),
            Some(needed) => {
                let missing = needed.saturating_sub(self.content.memory.len());
                let blocks = missing.div_ceil(self.content.size());
                self.more(u8::try_from(blocks).unwrap_or(u8::MAX).max(LEAST_READ))
            }
        }
    }

    /// Asks for `n` more blocks, as far as the tag has them and one answer holds them.
    fn more(mut self, n: u8) -> Next {
        let size = self.content.size();
        let first = self.content.memory.len() / size;
        let told =
            self.content.system.and_then(|system| system.n_blocks).map(|told| usize::from(told).max(1));
        let n_blocks = match (told, self.extent) {
            (Some(told), _) => told,
            (None, Extent::Data) => UNKNOWN_SIZE,
            // It is read until it refuses.
            (None, Extent::Memory) => usize::from(u8::MAX),
        };
        let n = usize::from(n).min(n_blocks.saturating_sub(first)).min((MAX_READ_BYTES / size).max(1));
        let (Ok(first), Ok(n)) = (u8::try_from(first), u8::try_from(n)) else {
            return Next::Done(self.content);
        };
        if n == 0 {
            return Next::Done(self.content);
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
            None => Next::Missed { is_heard: self.is_heard },
        }
    }

    fn ask(&self) -> Ask {
        match self.stage {
            Stage::System => Ask::System { uid: self.uid },
            Stage::Blocks { first, n } => Ask::Read { uid: self.uid, first, n, lock_bits: self.lock_bits },
        }
    }
}

impl Content {
    /// What it says.
    pub(super) fn arrival(&self, uid: Uid, rules: &Rules, at: Instant) -> Arrival {
        if self.is_refused {
            return Reading::unreadable(uid, at);
        }
        let afi = self.system.map(|system| system.afi);
        let security = afi.filter(|_| rules.policy.use_afi).and_then(|afi| rules.policy.security(afi));
        let decoded = decode(&self.memory, &self.hints(rules));
        Arrival { tag: uid.into(), security, afi, layout: decoded.layout, data: decoded.data, at }
    }

    /// All of it, as it is.
    pub(super) fn dump(self) -> Dump {
        Dump {
            dsfid: self.system.and_then(|system| system.dsfid),
            afi: self.system.map(|system| system.afi),
            memory: self.memory,
            block_size: self.block_size,
            locked: self.locked,
            other_banks: None,
        }
    }

    fn size(&self) -> usize {
        usize::from(self.block_size.max(1))
    }

    /// What was learnt besides the memory; it decides between layouts.
    fn hints<'a>(&'a self, rules: &'a Rules) -> Hints<'a> {
        Hints {
            dsfid: self.system.and_then(|system| system.dsfid),
            afi: self.system.map(|system| system.afi),
            block_size: self.size(),
            locked: &self.locked,
            local: &rules.layouts,
            policy: rules.policy,
        }
    }
}

/// How many blocks the last tags have needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Lengths(VecDeque<u8>);

impl Lengths {
    /// A tag was read, which says this.
    pub(super) fn learn(&mut self, content: &Content, arrival: &Arrival, rules: &Rules) {
        let hints = content.hints(rules);
        let is_enough = |memory: &[u8]| {
            decoded::needs(memory, &hints).is_none() && decode(memory, &hints).data == arrival.data
        };
        let n_blocks = content.memory.len() / content.size();
        let needed = (1..n_blocks)
            .find(|n| content.memory.get(..n * content.size()).is_some_and(is_enough))
            .unwrap_or(n_blocks);
        if let (TagData::Library(_), Ok(needed)) = (&arrival.data, u8::try_from(needed)) {
            self.0.push_back(needed);
            if self.0.len() > MOST_LENGTHS {
                self.0.pop_front();
            }
        }
    }

    fn first_read(&self) -> u8 {
        let most = self.0.iter().max().filter(|_| self.0.len() >= LEAST_LENGTHS);
        most.copied().unwrap_or(FIRST_READ)
    }
}

/// Whether a tag refuses how it is asked, rather than what.
fn is_option(refusal: &Refusal) -> bool {
    refusal.tag.is_some_and(|error| OPTION_ERRORS.contains(&error))
}

/// Errors of a tag: not supported, not recognised, option not supported, unknown.
const OPTION_ERRORS: [u8; 4] = [0x01, 0x02, 0x03, 0x0F];
/// How often a tag that is not heard is asked again.
const TRIES: u8 = 3;
/// So many of the last tags tell how long the next one is...
const MOST_LENGTHS: usize = 32;
/// ...from so many on.
const LEAST_LENGTHS: usize = 4;
/// Blocks that hold the data of a typical item.
const FIRST_READ: u8 = 8;
/// A further read brings at least so many blocks: one block costs as much as four.
const LEAST_READ: u8 = 4;
/// Data bytes in one answer.
const MAX_READ_BYTES: usize = 128;
/// Blocks of a tag that does not tell how many it has.
const UNKNOWN_SIZE: usize = 28;
