//! One security write: one word of the EPC bank, and the bank read back.
//!
//! ```text
//! [precheck] ─▶ write ─▶ check ─┬ as wanted ──────▶ Verified
//!     │          ▲  any answer  ├ as before ──────▶ again, at last Refused
//!     │          └──────────────┼ neither ────────▶ again, at last Uncertain
//!     └ not heard ─▶ Gone       └ not heard ──────▶ Uncertain
//! ```
//! The answer to the write counts for nothing: the bank does. A tag that is found by its UII alone may say another one
//! once it is written, so that it is looked for by both. By its UII a tag is written only if no other says the same, and
//! after its serial number was read twice by that filter: a filter that begins like another UII finds both.

use std::time::Duration;

use super::known::Filters;
use crate::pad::WriteOutcome;
use crate::tag::{Security, TagId, Tid};
use crate::uhf::{Ask, Epc, MemoryBank, Reply};

/// A job: one SetSecurity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) request: u64,
    pub(super) tag: TagId,
    pub(super) to: Security,
}

/// A change of one word; the banks are without the StoredCRC, which the tag makes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The word, counted from the StoredCRC.
    pub(super) word: u16,
    /// What the tag says in inventories before and after.
    epcs: (Epc, Epc),
    pub(super) before: Vec<u8>,
    pub(super) wanted: Vec<u8>,
}

impl Change {
    /// A change of a bank; `None` if it has no such word.
    pub(super) fn new(bank: &[u8], word: usize, value: u16) -> Option<Self> {
        let before = bank.get(2..)?.to_vec();
        let mut wanted = before.clone();
        let at = word.checked_sub(1)? * 2;
        wanted.get_mut(at..at + 2)?.copy_from_slice(&value.to_be_bytes());
        let epcs = (Epc::reported(&before)?, Epc::reported(&wanted)?);
        Some(Self { word: u16::try_from(word).ok()?, epcs, before, wanted })
    }

    /// The word as it is in one of the banks.
    pub(super) fn value(&self, bank: &[u8]) -> Option<u16> {
        let at = usize::from(self.word).checked_sub(1)? * 2;
        bank.get(at..)?.first_chunk().map(|word| u16::from_be_bytes(*word))
    }

    /// Whether a bank, or its beginning, differs from the one before in that word alone, and is neither of the two.
    pub(super) fn is_torn(&self, bank: &[u8]) -> bool {
        let mut mended = bank.to_vec();
        let at = usize::from(self.word).saturating_sub(1) * 2;
        if let (Some(place), Some(value)) = (mended.get_mut(at..at + 2), self.value(&self.before)) {
            place.copy_from_slice(&value.to_be_bytes());
        }
        self.before.starts_with(&mended) && !self.is_before(bank) && !self.is_wanted(bank)
    }

    pub(super) fn is_before(&self, bank: &[u8]) -> bool {
        self.is_long_enough(bank) && self.before.starts_with(bank)
    }

    pub(super) fn is_wanted(&self, bank: &[u8]) -> bool {
        self.is_long_enough(bank) && self.wanted.starts_with(bank)
    }

    /// So many words are read back.
    fn n_words(&self) -> u8 {
        u8::try_from(self.wanted.len() / 2).unwrap_or(u8::MAX).min(MAX_WORDS)
    }

    fn is_long_enough(&self, bank: &[u8]) -> bool {
        bank.len() >= usize::from(self.n_words()) * 2
    }
}

/// A write under way.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    job: Job,
    tid: Option<Tid>,
    change: Change,
    filters: Filters,
    stage: Stage,
    tries: u8,
    writes: u8,
    n_asks: usize,
    has_sent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Is it there, and is it the only one that the filter finds?
    Precheck {
        left: u8,
    },
    Write,
    Check,
}

/// How a write goes on.
pub(super) enum Next {
    /// Ask this after a wait.
    Ask(Writing, Ask, Duration),
    /// It has ended.
    Done(Job, Change, WriteOutcome),
}

impl Writing {
    /// Begins; `precheck` asks first whether the tag is still there.
    pub(super) fn begin(job: Job, tid: Option<Tid>, change: Change, by_tid: bool, precheck: bool) -> Next {
        let (before, wanted) = &change.epcs;
        let filters = Filters::new(tid.filter(|_| by_tid), before, Some(wanted));
        let left = match (filters.is_by_tid(), tid) {
            (true, _) => u8::from(precheck),
            (false, Some(_)) => IDENTITY_CHECKS,
            (false, None) => 1,
        };
        let writing = Self {
            job,
            tid,
            filters,
            change,
            stage: Stage::Check,
            tries: TRIES,
            writes: WRITES,
            n_asks: 0,
            has_sent: false,
        };
        if left > 0 { writing.to(Stage::Precheck { left }) } else { writing.first() }
    }

    /// Ends because the link is lost.
    pub(super) fn abandon(self) -> (Job, Change, WriteOutcome) {
        let outcome = if self.has_sent { WriteOutcome::Uncertain } else { WriteOutcome::Gone };
        (self.job, self.change, outcome)
    }

    pub(super) fn reply(self, reply: &Reply) -> Next {
        match (self.stage, reply) {
            (Stage::Precheck { left }, Reply::Words(words)) => self.prechecked(left, words),
            (Stage::Precheck { .. }, _) => self.again(),
            // Whatever the answer: what counts is what the bank says.
            (Stage::Write, _) => self.to(Stage::Check),
            (Stage::Check, Reply::Words(words)) => self.check(words),
            (Stage::Check, _) => self.again(),
        }
    }

    fn prechecked(self, left: u8, words: &[u8]) -> Next {
        if !self.filters.is_by_tid() && self.tid.is_some_and(|tid| tid.bytes() != words) {
            // Another tag is found by the same filter: nothing was sent, and nothing will be.
            return self.done(WriteOutcome::Refused);
        }
        match left.checked_sub(1) {
            None | Some(0) => self.first(),
            Some(left) => self.to(Stage::Precheck { left }),
        }
    }

    /// A tag that should be in the state already is only looked at.
    fn first(self) -> Next {
        let is_needed = self.change.before != self.change.wanted;
        self.to(if is_needed { Stage::Write } else { Stage::Check })
    }

    fn check(mut self, words: &[u8]) -> Next {
        if self.change.is_wanted(words) {
            return self.done(WriteOutcome::Verified);
        }
        let is_before = self.change.is_before(words);
        // Somebody has written something else: it is none of ours any more.
        let may_write = is_before || self.change.is_torn(words);
        match self.writes.checked_sub(1) {
            Some(writes) if may_write => {
                self.writes = writes;
                self.stage = Stage::Write;
                self.tries = TRIES;
                self.send(WAIT)
            }
            Some(_) | None if is_before => self.done(WriteOutcome::Refused),
            Some(_) | None => self.done(WriteOutcome::Uncertain),
        }
    }

    fn to(mut self, stage: Stage) -> Next {
        self.stage = stage;
        self.tries = TRIES;
        self.send(Duration::ZERO)
    }

    fn again(mut self) -> Next {
        match self.tries.checked_sub(1) {
            Some(tries) => {
                self.tries = tries;
                self.send(WAIT)
            }
            None if self.has_sent => self.done(WriteOutcome::Uncertain),
            None => self.done(WriteOutcome::Gone),
        }
    }

    fn send(mut self, after: Duration) -> Next {
        let (bank, word) = (MemoryBank::Epc, self.change.word);
        // Before the first write it says the old EPC, afterwards more probably the new one.
        let of = self.filters.get(self.n_asks + usize::from(self.stage == Stage::Check && self.has_sent));
        let ask = match (self.stage, self.tid) {
            (Stage::Precheck { .. }, Some(tid)) if !self.filters.is_by_tid() => {
                let n = u8::try_from(tid.bytes().len() / 2).unwrap_or(1);
                Ask::Read { of, bank: MemoryBank::Tid, word: 0, n }
            }
            (Stage::Precheck { .. }, _) => Ask::Read { of, bank, word: 1, n: 1 },
            (Stage::Check, _) => Ask::Read { of, bank, word: 1, n: self.change.n_words() },
            (Stage::Write, _) => {
                self.has_sent = true;
                let words = self.change.value(&self.change.wanted).into_iter().collect();
                Ask::Write { of, bank, word, words }
            }
        };
        // A second try looks for the other EPC, but for a precheck: nothing was written yet.
        self.n_asks += usize::from(self.has_sent && self.stage == Stage::Check);
        Next::Ask(self, ask, after)
    }

    fn done(self, outcome: WriteOutcome) -> Next {
        Next::Done(self.job, self.change, outcome)
    }
}

/// How often each question is repeated.
const TRIES: u8 = 4;
/// How often a word that reads back wrong is written again.
const WRITES: u8 = 3;
/// Between two tries: a hand that moves an item moves on.
const WAIT: Duration = Duration::from_millis(40);
/// Words of one read: PC word and the UII of any library.
const MAX_WORDS: u8 = 16;
/// How often the serial number is read before a write by UII.
const IDENTITY_CHECKS: u8 = 2;
