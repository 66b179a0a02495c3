//! The emulated 3M 810: what each command does to the tags, and which error it has.
//!
//! Where the published facts are silent it takes the plain reading, and says so here: a frame whose check is wrong is not
//! answered; an inventory wakes every tag first (nothing else could); a block that cannot be read has four zeros behind
//! its error; a successful EAS write repeats the UID alone; a tag that says no answers error 21.

use super::Emulator;
use super::field::{No, Outcome};
use super::tag::{BLOCK_SIZE, BLOCK_SIZE_BYTE, EmulatedTag};
use super::timing::Air;
use crate::hf::Target;
use crate::hf::m810::{
    Act, Answer, Command, Fault, Frame, Information, MAX_FRAME_LEN, SKIP_SECOND, Status, answer,
};
use crate::tag::{Afi, Dsfid, Uid};

type Done = (Status, Vec<u8>, Air);

impl Emulator {
    /// The answer to a frame, and the air time before it.
    pub(super) fn m810(&mut self, bytes: &[u8]) -> Option<(Vec<u8>, Air)> {
        let frame = Frame::parse(bytes)?;
        self.counters.frames_in += 1;
        let (status, data, air) = match Command::parse(&frame) {
            Ok(Command::Probe) => (Status::OK, PROBED.to_vec(), Air::Nothing),
            Ok(Command::Prepare) => (Status::OK, PREPARED.to_vec(), Air::Nothing),
            Ok(Command::Version) => (Status::OK, VERSION.to_vec(), Air::Nothing),
            Ok(Command::Inventory { afi, options }) => self.count(afi, options),
            Ok(Command::Tag { uid, act }) => {
                let (status, fields, air) = self.act(uid, &act);
                (status, uid.bytes().into_iter().chain(fields).collect(), air)
            }
            Err(Fault::Unknown) => (Status::NOT_IMPLEMENTED, Vec::new(), Air::Nothing),
            Err(Fault::Option) => (Status::OPTION, Vec::new(), Air::Nothing),
            Err(Fault::Parameter) => (Status::PARAMETER, Vec::new(), Air::Nothing),
        };
        let answer = Answer { start: frame.start, command: frame.command, status, data }.to_bytes();
        debug_assert!(answer.len() <= MAX_FRAME_LEN, "an answer that no host accepts");
        Some((answer, air))
    }

    /// One inventory. Some tags are told twice: they have answered the second poll too.
    fn count(&mut self, afi: Afi, options: u8) -> Done {
        self.counters.inventories += 1;
        self.power_up();
        let is_all = afi == ALL || self.faults.ignores_afi;
        let (mut heard, air) = self.anticollide(|tag| is_all || tag.afi == afi);
        if options & SKIP_SECOND == 0 {
            let again: Vec<Uid> = heard.iter().copied().filter(|_| self.is_doubled()).collect();
            heard.extend(again);
        }
        heard.truncate(MAX_TOLD);
        let tags: Vec<(Dsfid, Uid)> = heard
            .iter()
            .filter_map(|uid| self.tags.values().find(|tag| tag.uid == *uid))
            .map(|tag| (tag.dsfid, tag.uid))
            .collect();
        (Status::OK, answer::from_sightings(afi, options, &tags), air)
    }

    /// What one tag does; the fields come after its UID.
    fn act(&mut self, uid: Uid, act: &Act) -> Done {
        let target = Target::Addressed(uid);
        match act {
            Act::Quiet => (Status::OK, Vec::new(), self.silence(uid)),
            Act::ReadBlocks { first, n } => self.read_each(target, *first, *n),
            Act::WriteBlocks { first, bytes } => {
                let n = u8::try_from(bytes.len() / BLOCK_SIZE).unwrap_or(u8::MAX);
                let end = first.saturating_add(n);
                told(self.write_blocks(target, *first, bytes), |()| vec![end])
            }
            Act::WriteBlock { block, bytes } => told(self.write_blocks(target, *block, bytes), nothing),
            Act::WriteAndLockBlock { block, bytes } => match self.write_blocks(target, *block, bytes) {
                (Ok(()), _) => self.lock(target, |tag| lock_block(tag, *block)),
                (Err(no), air) => refused(no, air),
            },
            Act::LockBlock { block } => self.lock(target, |tag| lock_block(tag, *block)),
            Act::ReadAfi => told(self.with_tag(target, 12, 17, |tag| Ok(tag.afi)), |afi| vec![afi.0]),
            Act::WriteAfi { afi } => told(self.write_afi(target, *afi), nothing),
            Act::LockAfi => self.lock(target, |tag| {
                tag.is_afi_locked = true;
                Ok(())
            }),
            Act::CheckEas => {
                let heard = |tag: &mut EmulatedTag| if tag.eas { Ok(()) } else { Err(No::Absent) };
                told(self.with_tag(target, 13, 34, heard), |()| vec![1])
            }
            Act::WriteEas { on } => told(self.write_eas(target, *on), nothing),
            Act::ReadDsfid => told(self.with_tag(target, 12, 17, |tag| Ok(tag.dsfid)), |dsfid| vec![dsfid.0]),
            Act::WriteDsfid { dsfid } => told(self.write_dsfid(target, *dsfid), nothing),
            Act::LockDsfid => self.lock(target, |tag| {
                tag.is_dsfid_locked = true;
                Ok(())
            }),
            Act::Information { wanted } => {
                let outcome = self.with_tag(target, 12, 17, |tag| Ok(information(tag)));
                told(outcome, |information| answer::from_information(*wanted, &information))
            }
        }
    }

    /// Blocks are read one by one on air.
    fn read_each(&mut self, target: Target, first: u8, n: u8) -> Done {
        self.counters.reads += 1;
        let (outcome, _) = self.with_tag(target, 13, 7, |tag| blocks(tag, first, n));
        let air = Air::Exchanges { n: n.into(), request: 13, answer: 7 };
        told((outcome, air), |blocks| answer::from_blocks(first, &blocks))
    }

    fn lock(&mut self, target: Target, act: impl FnOnce(&mut EmulatedTag) -> Result<(), No>) -> Done {
        told(self.write(target, 13, act), nothing)
    }
}

type Block = Result<(bool, [u8; BLOCK_SIZE]), Status>;

fn blocks(tag: &EmulatedTag, first: u8, n: u8) -> Result<Vec<Block>, No> {
    let (memory, _) = tag.memory.as_chunks::<BLOCK_SIZE>();
    let read = |at: usize| match memory.get(at) {
        Some(bytes) => Ok((tag.locked_blocks.contains(&at), *bytes)),
        None => Err(Status::NO_SUCH_MEMORY),
    };
    let first = usize::from(first);
    match (read(first), first + usize::from(n)) {
        (Err(_), _) => Err(No::Beyond { at: None }),
        (Ok(_), end) => Ok((first..end.min(256)).map(read).collect()),
    }
}

fn lock_block(tag: &mut EmulatedTag, block: u8) -> Result<(), No> {
    let block = usize::from(block);
    if block >= tag.n_blocks() {
        return Err(No::Beyond { at: None });
    }
    tag.locked_blocks.insert(block);
    Ok(())
}

fn information(tag: &EmulatedTag) -> Information {
    let n_blocks = u8::try_from(tag.n_blocks()).unwrap_or(u8::MAX);
    Information {
        dsfid: Some(tag.dsfid),
        afi: Some(tag.afi),
        memory: Some((BLOCK_SIZE_BYTE, n_blocks)),
        ic: Some(IC_REFERENCE),
    }
}

fn nothing(_done: ()) -> Vec<u8> {
    Vec::new()
}

fn told<T>((outcome, air): Outcome<T>, fields: impl FnOnce(T) -> Vec<u8>) -> Done {
    match outcome {
        Ok(value) => (Status::OK, fields(value), air),
        Err(no) => refused(no, air),
    }
}

fn refused(no: No, air: Air) -> Done {
    let (status, at) = match no {
        No::Absent => (Status::NO_TRANSPONDER, None),
        No::Locked { at } => (Status::LOCKED, at),
        No::Beyond { at } => (Status::NO_SUCH_MEMORY, at),
        No::Failed { at } => (Status::TAG_ERROR_1, at),
    };
    (status, at.into_iter().collect(), air)
}

/// The AFI that stands for every tag.
const ALL: Afi = Afi(0);
/// One byte counts the tags of an inventory.
const MAX_TOLD: usize = 255;
/// What the emulator's tags tell as their chip.
const IC_REFERENCE: u8 = 0x01;
/// What an 810 has answered to its probe, without the error byte.
const PROBED: &[u8] = &[0x11, 0x0A, 0x05, 0x00, 0x02];
/// What an 810 has answered to its preparation, without the error byte.
const PREPARED: &[u8] = &[0x02, 0x01, 0x01, 0x03, 0x02, 0x02, 0x03, 0x00];
/// The version in the document of the 210.
const VERSION: &[u8] = &[0x0A, 0x03, 0x02, 0x06];
