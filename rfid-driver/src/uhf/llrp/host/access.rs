//! Reading and writing words of a tag: an AccessSpec, a ROSpec that runs until it is done, and their clearing away.

use std::collections::VecDeque;

use super::{ALL_ANTENNAS, Llrp, Talk, Use, is_end, is_of, refusal};
use crate::dialogue::Accepted;
use crate::hf::Refusal;
use crate::uhf::llrp::Message;
use crate::uhf::llrp::answer::{self, OpDone, OpResult, Status, TagReport};
use crate::uhf::llrp::request::{Request, SpecAct};
use crate::uhf::llrp::spec::{AccessSpec, Act, Op, Target};
use crate::uhf::{Ask, Filter, MemoryBank, Reply};

#[derive(Clone, Debug)]
pub(super) struct Access {
    /// What the ROSpec is for.
    runs: Use,
    spec: u32,
    /// Messages that are not answered yet, and whether each may fail.
    needed: VecDeque<(u32, bool)>,
    pub(super) outcome: Option<Reply>,
    /// The ROSpec has ended.
    is_over: bool,
    /// STOP_ROSPEC and DELETE_ACCESSSPEC, once they were sent.
    parting: Option<(Option<u32>, u32)>,
    pub(super) has_parted: bool,
}

impl Llrp {
    pub(super) fn access(&mut self, of: &Filter, bank: MemoryBank, word: u16, act: Act) -> Vec<u8> {
        let runs = match act {
            Act::Read(1) => Use::Call,
            Act::Read(_) => Use::Read,
            Act::Write(_) | Act::BlockWrite(_) => Use::Write,
        };
        let (mut requests, n_free) = self.load(runs);
        self.last_access = self.last_access.wrapping_add(1).max(1);
        let id = self.last_access;
        requests.push(Request::AddAccessSpec(AccessSpec {
            id,
            antenna: ALL_ANTENNAS,
            rospec: runs.id(),
            stop: (1, 1),
            targets: vec![target(of)],
            ops: vec![Op { id: OP, bank: bank.number(), word, act }],
            report: Some(1),
        }));
        requests.push(Request::AccessSpec { act: SpecAct::Enable, id });
        requests.push(Request::RoSpec { act: SpecAct::Start, id: runs.id() });
        let (bytes, ids) = self.send(&requests);
        let needed = ids.into_iter().enumerate().map(|(at, id)| (id, at < n_free)).collect();
        self.talk = Talk::Access(Access {
            runs,
            spec: id,
            needed,
            outcome: None,
            is_over: false,
            parting: None,
            has_parted: false,
        });
        bytes
    }

    pub(super) fn accept_access(
        &mut self,
        ask: &Ask,
        mut access: Access,
        message: &Message<'_>,
    ) -> Accepted<Reply> {
        let accepted = if let Some(status) = Status::parse(message) {
            self.access_status(&mut access, message.id, &status)
        } else if let Some(tags) = answer::reports(message) {
            let result = tags
                .iter()
                .filter(|tag| access.is_of(ask, tag))
                .flat_map(|tag| &tag.results)
                .find(|result| result.op == OP);
            match result.filter(|_| access.outcome.is_none()).and_then(|result| judge(ask, result)) {
                Some(outcome) => {
                    access.outcome = Some(outcome);
                    self.part(&mut access)
                }
                None => Accepted::No,
            }
        } else if is_end(message, access.runs) && access.needed.is_empty() {
            access.is_over = true;
            self.part(&mut access)
        } else {
            Accepted::No
        };
        if access.has_parted && access.is_over {
            return Accepted::Reply(access.outcome.unwrap_or(Reply::Missing));
        }
        self.talk = Talk::Access(access);
        accepted
    }

    fn access_status(&mut self, access: &mut Access, id: u32, status: &Status) -> Accepted<Reply> {
        if let Some((_, may_fail)) = access.needed.pop_front_if(|(needed, _)| *needed == id) {
            if status.code == 0 || may_fail {
                return self.next();
            }
            self.loaded = None;
            access.needed.clear();
            access.is_over = true;
            access.outcome.get_or_insert_with(|| Reply::Refused(refusal(status.code)));
            return self.part(access);
        }
        match access.parting {
            // What cannot be stopped does not run any more.
            Some((Some(stop), _)) if stop == id => access.is_over |= status.code != 0,
            // An AccessSpec that has done its work may be gone by itself.
            Some((_, delete)) if delete == id => access.has_parted = true,
            Some(_) | None => return Accepted::No,
        }
        self.next()
    }

    /// Clears away what the access has needed, once.
    fn part(&mut self, access: &mut Access) -> Accepted<Reply> {
        if access.parting.is_some() {
            return Accepted::Part;
        }
        let delete = Request::AccessSpec { act: SpecAct::Delete, id: access.spec };
        let stop = Request::RoSpec { act: SpecAct::Stop, id: access.runs.id() };
        let requests = if access.is_over { vec![delete] } else { vec![stop, delete] };
        let (bytes, ids) = self.send(&requests);
        access.parting = ids.last().map(|delete| (ids.first().filter(|_| !access.is_over).copied(), *delete));
        Accepted::Go(bytes)
    }
}

impl Access {
    /// Whether a report is about this access, and about its tag where that shows.
    fn is_of(&self, ask: &Ask, tag: &TagReport) -> bool {
        let is_tag = match ask {
            Ask::Read { of: Filter::Uii(uii), .. } | Ask::Write { of: Filter::Uii(uii), .. } => {
                *tag.uii == **uii
            }
            Ask::Read { of: Filter::Tid(_), .. } | Ask::Write { of: Filter::Tid(_), .. } => true,
            Ask::Probe | Ask::Prepare { .. } | Ask::Identify | Ask::Inventory | Ask::SetPower { .. } => false,
        };
        is_tag && tag.access == Some(self.spec) && is_of(tag.rospec, self.runs)
    }
}

/// A result that is a no leaves the tag as it was; every other may be a lost answer. {#llrp.result}
fn judge(ask: &Ask, OpResult { result, done, .. }: &OpResult) -> Option<Reply> {
    let no = |tag| {
        Reply::Refused(Refusal { status: *result, tag: Some(tag), block: None, is_locked: tag == LOCKED })
    };
    Some(match (ask, done) {
        (Ask::Read { n, .. }, OpDone::Read(bytes)) => match result {
            0 if bytes.len() == usize::from(*n) * 2 => Reply::Words(bytes.clone()),
            1 => no(NONSPECIFIC),
            // LLRP 1.1 tells these apart.
            4 => no(OVERRUN),
            5 => no(LOCKED),
            _ => Reply::Missing,
        },
        (Ask::Write { words, .. }, OpDone::Wrote(n)) => match result {
            0 if usize::from(*n) == words.len() => Reply::Done,
            1 if *n == 0 => no(OVERRUN),
            2 if *n == 0 => no(LOCKED),
            3 if *n == 0 => no(POWER),
            4 if *n == 0 => no(NONSPECIFIC),
            _ => Reply::Missing,
        },
        _ => return None,
    })
}

/// An empty UII would be in every tag: then the length in the PC word is asked for.
fn target(of: &Filter) -> Target {
    match of {
        Filter::Uii(uii) if uii.is_empty() => Target {
            n_bits: PC_LENGTH_BITS,
            mask: vec![0xF8],
            ..Target::bytes(MemoryBank::Epc.number(), 16, &[0])
        },
        Filter::Uii(uii) => Target::bytes(MemoryBank::Epc.number(), 32, uii),
        Filter::Tid(tid) => Target::bytes(MemoryBank::Tid.number(), 0, tid.bytes()),
    }
}

const OP: u16 = 1;
const PC_LENGTH_BITS: u16 = 5;
/// Errors of Gen2 tags.
const OVERRUN: u8 = 0x03;
const LOCKED: u8 = 0x04;
const POWER: u8 = 0x0B;
const NONSPECIFIC: u8 = 0x0F;
