//! Reading one tag: its serial number, its EPC bank to the end, and the user memory as far as there are data.
//!
//! ```text
//! TID (6 words, 4, 2) ─▶ who is it? ─▶ EPC bank ─┬─────────────────────▶ user memory ─▶ done
//!                            │             ▲  └ torn ─▶ write the word before ┘
//!                            └ another's: again
//! ```
//! The inventory is not trusted: it tells no more words than a PC word counts that may be torn. So the bank is read from
//! its StoredCRC to the end of the memory, and must begin with what the inventory has told. {#uhf.bank}

use std::time::Instant;

use super::known::Filters;
use super::writing::Change;
use crate::data::epc::EpcBank;
use crate::data::{Decoded, Hints, LibraryTag, Problem, Sureness, TagData, decode_uhf_memory, uhf};
use crate::tag::Tid;
use crate::uhf::{Ask, Epc, MemoryBank, Reply};

/// A reading under way.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    epc: Epc,
    by_tid: bool,
    tid: Option<Tid>,
    memory: Vec<u8>,
    user: Option<Vec<u8>>,
    cut: Option<Change>,
    /// Whether the cut may be mended: the filter finds no other tag.
    may_mend: bool,
    stage: Stage,
    tries: u8,
    /// Answers of other tags.
    strays: u8,
    mends: u8,
    n_asks: usize,
    n_heard: u32,
    n_missed: u32,
    /// What the round has told.
    sighted: Epc,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Tid { n: u8, refusals: u8 },
    Bank { n: u8 },
    Mend,
    User { n: u8 },
}

/// What was read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// What it says in inventories: what the round has told, or what it says since it was mended.
    pub(super) epc: Epc,
    /// What the round has told.
    pub(super) sighted: Epc,
    pub(super) tid: Option<Tid>,
    pub(super) memory: Vec<u8>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) decoded: Decoded,
    /// Whether a word is torn and could not be mended.
    pub(super) is_torn: bool,
    /// How often it has answered, and how often not.
    pub(super) n_heard: u32,
    pub(super) n_missed: u32,
    pub(super) at: Instant,
}

/// How a reading goes on.
pub(super) enum Next {
    /// Ask this.
    Ask(Reading, Ask),
    /// The serial number is known: [`Reading::go_on`] or [`Reading::not_ours`].
    Named(Reading, Option<Tid>),
    /// The tag was read.
    Done(Box<Read>),
    /// The tag was not heard to the end.
    Missed(Reading),
}

impl Reading {
    pub(super) fn begin(epc: Epc, by_tid: bool) -> (Self, Ask) {
        let stage = Stage::Tid { n: TID_WORDS, refusals: 0 };
        let reading = Self {
            sighted: epc.clone(),
            epc,
            by_tid,
            tid: None,
            memory: Vec::new(),
            user: None,
            cut: None,
            may_mend: false,
            stage,
            tries: TRIES,
            strays: STRAYS,
            mends: MENDS,
            n_asks: 0,
            n_heard: 0,
            n_missed: 0,
        };
        let ask = reading.ask();
        (reading, ask)
    }

    /// What is known of a tag that is there and cannot be read.
    pub(super) fn unreadable(epc: Epc, tid: Option<Tid>, at: Instant) -> Read {
        let data = TagData::unreadable();
        let decoded = Decoded { layout: None, sureness: Sureness::Guess, data, security: None };
        let sighted = epc.clone();
        let (is_torn, n_heard, n_missed) = (true, 0, 0);
        Read { epc, sighted, tid, memory: Vec::new(), user: None, decoded, is_torn, n_heard, n_missed, at }
    }

    pub(super) fn sighted(&self) -> &Epc {
        &self.sighted
    }

    /// Whether the tag is just being written: a command waits for the end of that.
    pub(super) fn is_mending(&self) -> bool {
        self.mends < MENDS
    }

    pub(super) fn tid(&self) -> Option<Tid> {
        self.tid
    }

    /// The serial number is that of this tag; `cut` is a write of it that ended in the dark.
    pub(super) fn go_on(mut self, tid: Option<Tid>, cut: Option<Change>, is_alone: bool) -> Next {
        self.tid = tid;
        self.cut = cut;
        self.may_mend = is_alone || (self.by_tid && tid.is_some());
        self.to(Stage::Bank { n: MOST })
    }

    /// It was another tag that answered.
    pub(super) fn not_ours(mut self) -> Next {
        match self.strays.checked_sub(1) {
            Some(strays) => {
                self.strays = strays;
                self.to(Stage::Tid { n: TID_WORDS, refusals: 0 })
            }
            None => Next::Missed(self),
        }
    }

    pub(super) fn reply(mut self, now: Instant, reply: &Reply, hints: &Hints<'_>) -> Next {
        self.n_heard += u32::from(matches!(reply, Reply::Words(_)));
        self.n_missed += u32::from(matches!(reply, Reply::Missing));
        match (self.stage, reply) {
            (Stage::Tid { .. }, Reply::Words(words)) => Next::Named(self, Tid::new(words)),
            (Stage::Tid { n, refusals }, Reply::Refused(_)) => self.shorter_tid(n, refusals),
            (Stage::Bank { n }, Reply::Words(words)) => self.more_of_the_bank(now, n, words, hints),
            (Stage::Bank { n }, Reply::Refused(_)) => match shorter(n) {
                Some(n) => self.to(Stage::Bank { n }),
                // To the last word.
                None => self.bank_is_read(now, hints),
            },
            (Stage::Mend, _) => {
                let stage = Stage::Bank { n: MOST };
                Self { memory: Vec::new(), n_asks: self.n_asks + 1, ..self }.to(stage)
            }
            (Stage::User { .. }, Reply::Words(words)) => {
                let mut user = self.user.unwrap_or_default();
                user.extend_from_slice(words);
                Self { user: Some(user), ..self }.more_of_the_user(now, hints)
            }
            (Stage::User { n }, Reply::Refused(_)) => match shorter(n) {
                Some(n) => self.to(Stage::User { n }),
                None => self.done(now, hints),
            },
            (Stage::Tid { .. } | Stage::Bank { .. } | Stage::User { .. }, _) => self.again(),
        }
    }

    /// A tag without so many words refuses; so may one that had too little power.
    fn shorter_tid(self, n: u8, refusals: u8) -> Next {
        match n {
            _ if refusals == 0 => self.to(Stage::Tid { n, refusals: 1 }),
            TID_WORDS => self.to(Stage::Tid { n: 4, refusals: 0 }),
            4 => self.to(Stage::Tid { n: 2, refusals: 0 }),
            _ => Next::Named(self, None),
        }
    }

    fn more_of_the_bank(mut self, now: Instant, n: u8, words: &[u8], hints: &Hints<'_>) -> Next {
        if words.len() != usize::from(n) * 2 {
            return self.again();
        }
        self.memory.extend_from_slice(words);
        let is_told =
            EpcBank::parse(&self.memory).is_some_and(|bank| bank.uii.len() == bank.pc.n_words() * 2);
        let is_over =
            n < MOST || (is_told && self.memory.ends_with(&[0, 0])) || self.memory.len() >= MAX_BANK;
        if is_over && is_told { self.bank_is_read(now, hints) } else { self.to(Stage::Bank { n }) }
    }

    fn bank_is_read(mut self, now: Instant, hints: &Hints<'_>) -> Next {
        let behind_crc = self.memory.get(2..).unwrap_or_default();
        let told = Epc::reported(behind_crc);
        let torn = self.cut.as_ref().filter(|cut| cut.is_torn(behind_crc)).cloned();
        if let (Some(_), true, Some(mends)) = (&torn, self.may_mend, self.mends.checked_sub(1)) {
            self.mends = mends;
            return self.to(Stage::Mend);
        }
        match told {
            Some(told) if self.is_mending() => self.epc = told,
            // Another tag has answered, or somebody has just written this one.
            told if told.as_ref() != Some(&self.epc) => return Next::Missed(self),
            Some(_) | None => {}
        }
        // A tag that goes on is in one of the two states, or is told as torn.
        self.cut = torn;
        self.more_of_the_user(now, hints)
    }

    fn more_of_the_user(self, now: Instant, hints: &Hints<'_>) -> Next {
        let have = self.user.as_deref().unwrap_or_default();
        let needed = EpcBank::parse(&self.memory).and_then(|bank| uhf::needs_user(&bank, have));
        match needed {
            Some(needed) if needed > have.len() && have.len() < MAX_USER => {
                let words = (needed - have.len()).div_ceil(2);
                let n = u8::try_from(words).unwrap_or(MOST).clamp(LEAST, MOST);
                self.to(Stage::User { n })
            }
            Some(_) | None => self.done(now, hints),
        }
    }

    fn to(mut self, stage: Stage) -> Next {
        self.stage = stage;
        self.tries = TRIES;
        let ask = self.ask();
        Next::Ask(self, ask)
    }

    fn again(mut self) -> Next {
        match self.tries.checked_sub(1) {
            Some(tries) => {
                self.tries = tries;
                self.n_asks += 1;
                let ask = self.ask();
                Next::Ask(self, ask)
            }
            None => Next::Missed(self),
        }
    }

    fn ask(&self) -> Ask {
        let words = |bytes: &[u8]| u16::try_from(bytes.len() / 2).unwrap_or(u16::MAX);
        let of = self.filters().get(self.n_asks);
        match self.stage {
            Stage::Tid { n, .. } => Ask::Read { of, bank: MemoryBank::Tid, word: 0, n },
            Stage::Bank { n } => Ask::Read { of, bank: MemoryBank::Epc, word: words(&self.memory), n },
            Stage::User { n } => {
                let word = words(self.user.as_deref().unwrap_or_default());
                Ask::Read { of, bank: MemoryBank::User, word, n }
            }
            Stage::Mend => {
                let word = self.cut.as_ref().map_or(1, |cut| cut.word);
                let before = self.cut.as_ref().and_then(|cut| cut.value(&cut.before));
                Ask::Write { of, bank: MemoryBank::Epc, word, words: before.into_iter().collect() }
            }
        }
    }

    /// Before the serial number is known, and if the family cannot filter by it: by what the tag says, and where a cut is
    /// mended by what it says then.
    fn filters(&self) -> Filters {
        let mended =
            self.cut.as_ref().filter(|_| self.is_mending()).and_then(|cut| Epc::reported(&cut.before));
        Filters::new(self.tid.filter(|_| self.by_tid), &self.epc, mended.as_ref())
    }

    fn done(self, at: Instant, hints: &Hints<'_>) -> Next {
        let Self { epc, sighted, tid, memory, user, n_heard, n_missed, .. } = self;
        let is_torn = self.cut.is_some();
        let decoded = decode_uhf_memory(&memory, user.as_deref(), hints);
        let mut decoded = decoded.unwrap_or_else(|| Self::unreadable(epc.clone(), tid, at).decoded);
        if let Some(cut) = self.cut {
            let partial = match &decoded.data {
                TagData::Library(tag) | TagData::Damaged { partial: tag, .. } => tag.clone(),
                TagData::Blank | TagData::Foreign => LibraryTag::default(),
            };
            let problems = vec![Problem::Torn { word: cut.word.into() }];
            decoded.data = TagData::Damaged { partial, problems };
        }
        let read = Read { epc, sighted, tid, memory, user, decoded, is_torn, n_heard, n_missed, at };
        Next::Done(Box::new(read))
    }
}

/// The next smaller number of words to ask for.
fn shorter(n: u8) -> Option<u8> {
    [12, 10, 8, 6, 4, 2, 1].into_iter().find(|less| *less < n)
}

/// How often a tag that is not heard is asked again.
const TRIES: u8 = 3;
/// How often in one reading another tag may answer.
const STRAYS: u8 = 7;
/// How often the word of a cut write is written again.
const MENDS: u8 = 3;
/// Words of a TID with a serial number of 48 or 64 bits.
const TID_WORDS: u8 = 6;
/// Words of one read; the fewest that are worth an ask.
const MOST: u8 = 16;
const LEAST: u8 = 4;
/// Bytes of the largest EPC bank.
const MAX_BANK: usize = 2 + 2 + 62 + 2;
/// So much user memory is looked at.
const MAX_USER: usize = 512;
