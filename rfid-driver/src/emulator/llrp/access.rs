//! What AccessSpecs do with a tag that a ROSpec has found.

use std::time::Instant;

use super::super::gen2::Gen2No;
use super::{Air, Emulator, Gen2Tag};
use crate::tag::Tid;
use crate::uhf::llrp::answer::{OpDone, OpResult};
use crate::uhf::llrp::spec::{AccessSpec, Act, Op, RoSpec, Target};
use crate::uhf::{Filter, MemoryBank};

/// What was done with a tag.
pub(super) struct Accessed {
    pub(super) access: Option<u32>,
    pub(super) results: Vec<OpResult>,
    pub(super) air: Air,
}

impl Emulator {
    /// Carries out the first AccessSpec that belongs to the ROSpec and means the tag.
    pub(super) fn access(&mut self, _now: Instant, tag: &Gen2Tag, rospec: &RoSpec) -> Option<Accessed> {
        let accesses = &mut self.states.llrp.accesses;
        let belongs = |spec: &AccessSpec| spec.rospec == 0 || spec.rospec == rospec.id;
        let (id, access) = accesses.iter_mut().find(|(_, access)| {
            access.is_enabled && belongs(&access.spec) && is_meant(tag, &access.spec.targets)
        })?;
        let (id, ops) = (*id, access.spec.ops.clone());
        access.left = access.left.map(|left| left - 1);
        if access.left == Some(0) {
            accesses.remove(&id);
        }
        let filter = Tid::new(&tag.tid).map_or_else(|| tag.reported().filter(), Filter::Tid);
        let mut air = Air::Gen2Access;
        let results = ops.iter().map(|op| self.op(&filter, op, &mut air)).collect();
        let has_id = rospec.report.is_none_or(|report| report.content & 0x0040 != 0);
        Some(Accessed { access: has_id.then_some(id), results, air })
    }

    fn op(&mut self, filter: &Filter, op: &Op, air: &mut Air) -> OpResult {
        // Two bits have a bank each.
        let bank = MemoryBank::of_number(op.bank).unwrap_or(MemoryBank::Reserved);
        let word = usize::from(op.word);
        let (result, done) = match &op.act {
            Act::Read(n) => match self.gen2_read(filter, bank, word, usize::from(*n)) {
                Ok((_, words)) => (0, OpDone::Read(words)),
                Err(no) => (read_error(no), OpDone::Read(Vec::new())),
            },
            Act::Write(words) | Act::BlockWrite(words) => {
                *air = Air::Gen2Write { n_words: words.len() };
                let (result, n) = match self.gen2_write(filter, bank, word, words) {
                    Ok(_) => (0, u16::try_from(words.len()).unwrap_or(u16::MAX)),
                    Err(no) => (write_error(no), 0),
                };
                let is_block = matches!(op.act, Act::BlockWrite(_));
                (result, if is_block { OpDone::BlockWrote(n) } else { OpDone::Wrote(n) })
            }
        };
        OpResult { op: op.id, result, done }
    }
}

/// LLRP 1.0.1 has no number of its own for what a tag refuses to read.
fn read_error(no: Gen2No) -> u8 {
    match no {
        Gen2No::Absent => 2,
        Gen2No::Overrun | Gen2No::Locked | Gen2No::Power => 1,
    }
}

fn write_error(no: Gen2No) -> u8 {
    match no {
        Gen2No::Overrun => 1,
        Gen2No::Locked => 2,
        Gen2No::Power => 3,
        Gen2No::Absent => 5,
    }
}

fn is_meant(tag: &Gen2Tag, targets: &[Target]) -> bool {
    targets.iter().all(|target| {
        let memory = match MemoryBank::of_number(target.bank) {
            Some(MemoryBank::Epc) => tag.epc_bank(),
            Some(MemoryBank::Tid) => tag.tid.clone(),
            Some(MemoryBank::User) => tag.user.clone(),
            Some(MemoryBank::Reserved) | None => Vec::new(),
        };
        let is_so = |at: u16| {
            let wanted = bit(&target.bits, at.into());
            !bit(&target.mask, at.into()).unwrap_or(false)
                || bit(&memory, usize::from(target.pointer) + usize::from(at)) == wanted
        };
        (0..target.n_bits).all(is_so) == target.is_match
    })
}

fn bit(bytes: &[u8], at: usize) -> Option<bool> {
    bytes.get(at / 8).map(|byte| byte & 0x80 >> (at % 8) != 0)
}
