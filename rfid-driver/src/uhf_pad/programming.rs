//! Writing one tag anew, word by word, by a plan.
//!
//! ```text
//! read all ─▶ which state of the plan is this? ─▶ write a word ─▶ read it back ─┬─▶ ... ─▶ read all ─▶ Verified
//!    │             └ none: Stale                      ▲                         │             └ differs: Uncertain
//!    └ not heard: Gone                                └── not as written ◀──────┘
//! ```
//! Rules, as for HF tags: a word is written when the one before it was read back, so that the tag is at each moment in a
//! state of the plan, or within one word of it; a tag in a later state, as after a cut, goes on from there; a word whose
//! writing was cut under the guard is written again. The tag is addressed by its TID; where family or tag do not allow
//! that, by what it says in each state, and only if it lies alone on the pad. {#uhf-pad.program}

use std::time::Duration;

use super::banks::{self, BankReading, Content};
use super::known::Filters;
use crate::data::epc::{Bank, WordWrite};
use crate::data::{Banks, WordPlan};
use crate::pad::{Place, ProgramOutcome};
use crate::tag::{TagId, Tid};
use crate::uhf::{Ask, Epc, MemoryBank, Reply};

/// One Program.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) request: u64,
    pub(super) tag: TagId,
    pub(super) plan: WordPlan,
}

/// A tag that is being written.
#[derive(Clone, Debug)]
pub(super) struct Programming {
    order: Order,
    tid: Option<Tid>,
    by_tid: bool,
    states: Vec<Banks>,
    /// The word that is written next.
    at: usize,
    has_sent: bool,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Before(BankReading),
    Write {
        tries: u8,
    },
    /// Reads back what was written, and perhaps refused as locked.
    Check {
        left: u8,
        tries: u8,
        is_locked: bool,
    },
    After(BankReading),
}

/// How it goes on.
pub(super) enum Next {
    /// Ask this after a wait.
    Ask(Box<Programming>, Ask, Duration),
    /// It has ended.
    Done(Order, ProgramOutcome),
}

impl Programming {
    /// Begins; `epc` is what the tag says now.
    pub(super) fn begin(order: Order, tid: Option<Tid>, by_tid: bool, epc: &Epc) -> Next {
        let filters = Filters::new(tid.filter(|_| by_tid), epc, None);
        let (reading, ask) = BankReading::begin(tid, filters);
        let states = order.plan.states().collect();
        let stage = Stage::Before(reading);
        let this = Self { order, tid, by_tid, states, at: 0, has_sent: false, stage };
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
                banks::Next::Ask(reading, ask, after) => self.ask(Stage::Before(reading), ask, after),
                banks::Next::Missed => self.done(ProgramOutcome::Gone),
                banks::Next::Other => self.done(ProgramOutcome::NotAlone),
                banks::Next::Done(content) => self.resume(&content),
            },
            Stage::Write { tries } => {
                let is_locked = matches!(reply, Reply::Refused(refusal) if refusal.is_locked);
                self.check(CHECK_TRIES, tries, is_locked, Duration::ZERO)
            }
            Stage::Check { left, tries, is_locked } => self.checked(left, tries, is_locked, reply),
            Stage::After(reading) => match reading.reply(reply) {
                banks::Next::Ask(reading, ask, after) => self.ask(Stage::After(reading), ask, after),
                banks::Next::Missed | banks::Next::Other => self.uncertain(),
                banks::Next::Done(content) => self.compare(&content.banks()),
            },
        }
    }

    /// Goes on from the last state of the plan that the tag is in.
    fn resume(mut self, content: &Content) -> Next {
        let now = content.banks();
        let is_at = |(at, state): (usize, &Banks)| {
            (is_in(&now, state) || self.is_torn(&now, at, state)).then_some(at)
        };
        match self.states.iter().enumerate().rev().find_map(is_at) {
            Some(at) => {
                self.at = at;
                self.write(WRITE_TRIES, Duration::ZERO)
            }
            None => self.done(ProgramOutcome::Stale),
        }
    }

    /// Whether a tag is in this state but for the word that is written next. Not before the guard is: what differs in the
    /// PC word alone may be another state of security.
    fn is_torn(&self, now: &Banks, at: usize, state: &Banks) -> bool {
        let Some(write) = self.order.plan.writes.get(at).filter(|_| at > 0) else { return false };
        let (mut now, mut state) = (now.clone(), state.clone());
        now.write(*write);
        state.write(*write);
        is_in(&now, &state)
    }

    fn write(mut self, tries: u8, after: Duration) -> Next {
        let Some(WordWrite { bank, word, value }) = self.order.plan.writes.get(self.at).copied() else {
            return self.read_all();
        };
        let Ok(word) = u16::try_from(word) else { return self.done(ProgramOutcome::Unfit) };
        self.has_sent = true;
        let ask = Ask::Write { of: self.filters().get(0), bank: memory_bank(bank), word, words: vec![value] };
        self.ask(Stage::Write { tries }, ask, after)
    }

    fn check(self, left: u8, tries: u8, is_locked: bool, after: Duration) -> Next {
        let Some(WordWrite { bank, word, .. }) = self.order.plan.writes.get(self.at).copied() else {
            return self.read_all();
        };
        // What it says is the new word, more probably than the old one.
        let of = self.filters().get(usize::from(CHECK_TRIES.saturating_sub(left)) + 1);
        let word = u16::try_from(word).unwrap_or(u16::MAX);
        let ask = Ask::Read { of, bank: memory_bank(bank), word, n: 1 };
        self.ask(Stage::Check { left, tries, is_locked }, ask, after)
    }

    fn checked(mut self, left: u8, tries: u8, is_locked: bool, reply: &Reply) -> Next {
        let wanted = self.order.plan.writes.get(self.at).map(|write| write.value.to_be_bytes());
        let read = if let Reply::Words(words) = reply { words.first_chunk::<2>() } else { None };
        match read {
            None => match left.checked_sub(1) {
                Some(left) => self.check(left, tries, is_locked, WAIT),
                None => self.uncertain(),
            },
            read if read == wanted.as_ref() => {
                self.at += 1;
                self.write(WRITE_TRIES, Duration::ZERO)
            }
            Some(_) => match tries.checked_sub(1).filter(|_| !is_locked) {
                Some(tries) => self.write(tries, WAIT),
                None => {
                    let at = self.place();
                    self.done(ProgramOutcome::Refused { at, is_locked })
                }
            },
        }
    }

    fn read_all(self) -> Next {
        let (reading, ask) = BankReading::begin(self.tid, self.filters());
        self.ask(Stage::After(reading), ask, Duration::ZERO)
    }

    fn compare(self, now: &Banks) -> Next {
        if is_in(now, &self.order.plan.after) {
            self.done(ProgramOutcome::Verified)
        } else {
            self.uncertain()
        }
    }

    /// By its serial number, or by what it says before and after the next word.
    fn filters(&self) -> Filters {
        let says = |at: usize| {
            self.states.get(at).or_else(|| self.states.last()).and_then(|state| Epc::reported(&state.epc))
        };
        let now = says(self.at).unwrap_or_else(|| Epc::new(crate::data::epc::Pc(0), &[]));
        Filters::new(self.tid.filter(|_| self.by_tid), &now, says(self.at + 1).as_ref())
    }

    fn uncertain(self) -> Next {
        let at = self.place();
        self.done(ProgramOutcome::Uncertain { at })
    }

    /// What is being written, or was last.
    fn place(&self) -> Place {
        let writes = &self.order.plan.writes;
        match writes.get(self.at).or_else(|| writes.last()) {
            Some(write) => {
                Place::Word { bank: write.bank, word: u16::try_from(write.word).unwrap_or(u16::MAX) }
            }
            None => Place::Security,
        }
    }

    fn ask(self, stage: Stage, ask: Ask, after: Duration) -> Next {
        Next::Ask(Box::new(Self { stage, ..self }), ask, after)
    }

    fn done(self, outcome: ProgramOutcome) -> Next {
        Next::Done(self.order, outcome)
    }
}

/// Whether what was read is this state; more may have been read.
fn is_in(now: &Banks, state: &Banks) -> bool {
    now.epc.starts_with(&state.epc) && now.user.starts_with(&state.user)
}

fn memory_bank(bank: Bank) -> MemoryBank {
    match bank {
        Bank::Epc => MemoryBank::Epc,
        Bank::User => MemoryBank::User,
    }
}

/// How often a word is written again that is not read back as written.
const WRITE_TRIES: u8 = 4;
/// How often a tag that is not heard is asked again what is written.
const CHECK_TRIES: u8 = 6;
/// Between two tries: a hand that moves an item moves on.
const WAIT: Duration = Duration::from_millis(40);
