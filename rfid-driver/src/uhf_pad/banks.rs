//! Reading all banks of a tag on the pad to their ends: for a dump, and before and after it is written.
//!
//! A bank ends where a word of it is refused. Which one that is, is found by asking for fewer words at a time.

use std::time::Duration;

use super::known::Filters;
use crate::data::Banks;
use crate::data::epc::EpcBank;
use crate::pad::{Dump, OtherBanks};
use crate::tag::Tid;
use crate::uhf::{Ask, MemoryBank, Reply};

/// A reading under way.
#[derive(Clone, Debug)]
pub(super) struct BankReading {
    tid: Option<Tid>,
    filters: Filters,
    stage: Stage,
    content: Content,
    /// Words of one read.
    n: usize,
    /// The first word that is known not to be there.
    bound: usize,
    tries: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Is it the tag that is meant?
    Identity {
        left: u8,
    },
    Epc,
    User,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    /// The EPC bank from word 0.
    epc: Vec<u8>,
    user: Vec<u8>,
}

/// How a reading goes on.
pub(super) enum Next {
    /// Ask this after a wait.
    Ask(BankReading, Ask, Duration),
    /// All is read.
    Done(Content),
    /// The tag was not heard to the end.
    Missed,
    /// Another tag has answered.
    Other,
}

impl BankReading {
    /// Begins; by its UII the tag must first show its serial number, if it has one.
    pub(super) fn begin(tid: Option<Tid>, filters: Filters) -> (Self, Ask) {
        let is_known = filters.is_by_tid() || tid.is_none();
        let stage = if is_known { Stage::Epc } else { Stage::Identity { left: IDENTITY_CHECKS } };
        let bound = MAX_EPC_WORDS;
        let content = Content::default();
        let reading = Self { tid, filters, stage, content, n: MOST, bound, tries: TRIES };
        let ask = reading.question();
        (reading, ask)
    }

    pub(super) fn reply(mut self, reply: &Reply) -> Next {
        match (self.stage, reply) {
            (Stage::Identity { left }, Reply::Words(words)) => self.identity(left, words),
            (Stage::Epc | Stage::User, Reply::Words(words)) if words.len() == self.n * 2 => {
                self.memory_mut().extend_from_slice(words);
                self.more()
            }
            (Stage::Epc | Stage::User, Reply::Refused(_)) => {
                self.bound = self.bound.min(self.at() + self.n);
                self.n = (self.n / 2).max(1);
                self.more()
            }
            _ => self.again(),
        }
    }

    fn identity(self, left: u8, words: &[u8]) -> Next {
        if self.tid.is_some_and(|tid| tid.bytes() != words) {
            return Next::Other;
        }
        let stage = match left.checked_sub(1) {
            None | Some(0) => Stage::Epc,
            Some(left) => Stage::Identity { left },
        };
        Self { stage, tries: TRIES, ..self }.ask(Duration::ZERO)
    }

    /// The next words of the bank, or the next bank.
    fn more(mut self) -> Next {
        self.tries = TRIES;
        // A word that is refused is known as the last one of its read, at most.
        let left = self.bound.saturating_sub(self.at());
        let is_over = if self.is_bounded() { left <= 1 } else { left == 0 };
        if !is_over {
            let most = if self.is_bounded() { left - 1 } else { left };
            self.n = self.n.min(most).max(1);
            return self.ask(Duration::ZERO);
        }
        match self.stage {
            Stage::Identity { .. } | Stage::Epc => {
                Self { stage: Stage::User, n: MOST, bound: MAX_USER_WORDS, ..self }.ask(Duration::ZERO)
            }
            Stage::User => Next::Done(self.content),
        }
    }

    /// Whether a read has shown where the bank ends.
    fn is_bounded(&self) -> bool {
        let most = if self.stage == Stage::User { MAX_USER_WORDS } else { MAX_EPC_WORDS };
        self.bound < most
    }

    fn again(mut self) -> Next {
        match self.tries.checked_sub(1) {
            Some(tries) => {
                self.tries = tries;
                self.ask(WAIT)
            }
            None => Next::Missed,
        }
    }

    fn ask(self, after: Duration) -> Next {
        let ask = self.question();
        Next::Ask(self, ask, after)
    }

    fn question(&self) -> Ask {
        let of = self.filters.get(0);
        let n = |n: usize| u8::try_from(n).unwrap_or(1);
        let word = u16::try_from(self.at()).unwrap_or(u16::MAX);
        match self.stage {
            Stage::Identity { .. } => {
                let words = self.tid.map_or(1, |tid| tid.bytes().len() / 2);
                Ask::Read { of, bank: MemoryBank::Tid, word: 0, n: n(words) }
            }
            Stage::Epc => Ask::Read { of, bank: MemoryBank::Epc, word, n: n(self.n) },
            Stage::User => Ask::Read { of, bank: MemoryBank::User, word, n: n(self.n) },
        }
    }

    /// The word that is read next.
    fn at(&self) -> usize {
        match self.stage {
            Stage::Identity { .. } => 0,
            Stage::Epc => self.content.epc.len() / 2,
            Stage::User => self.content.user.len() / 2,
        }
    }

    fn memory_mut(&mut self) -> &mut Vec<u8> {
        if self.stage == Stage::User { &mut self.content.user } else { &mut self.content.epc }
    }
}

impl Content {
    pub(super) fn banks(&self) -> Banks {
        Banks::new(&self.epc, &self.user)
    }

    /// All of it, as it is.
    pub(super) fn dump(self, tid: Option<Tid>) -> Dump {
        let afi = EpcBank::parse(&self.epc).and_then(|bank| bank.pc.afi());
        let tid = tid.map_or_else(Vec::new, |tid| tid.bytes().to_vec());
        let other_banks = Some(OtherBanks { tid, user: self.user });
        Dump { memory: self.epc, block_size: 2, locked: Vec::new(), dsfid: None, afi, other_banks }
    }
}

/// How often a tag that is not heard is asked again.
const TRIES: u8 = 6;
/// How often the serial number is read of a tag that is found by its UII.
const IDENTITY_CHECKS: u8 = 2;
/// Between two tries: a hand that moves an item moves on.
const WAIT: Duration = Duration::from_millis(40);
/// Words of one read.
const MOST: usize = 16;
/// StoredCRC, PC word, 31 words of UII and one behind them.
const MAX_EPC_WORDS: usize = 34;
/// So much user memory is read.
const MAX_USER_WORDS: usize = 256;
