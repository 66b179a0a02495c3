//! Requests: what a host says. Built for a reader, parsed by the emulator of one.
//!
//! The pass-through of raw ISO 15693 frames (`14`) is not here: where its optional flags byte stands is not published.

use super::{BLOCK_SIZE, Frame, Start};
use crate::tag::{Afi, Dsfid, Uid};

/// What is requested. {#m810.command}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `D5 .. 04 00 11`: is it an 810? Answered with its version, also by one that was just switched on.
    Probe,
    /// `13 04 01 00 02 00 03 00 04 00`: what the maker's program sends to an 810 before all else; its meaning is not
    /// published.
    Prepare,
    /// `11`.
    Version,
    /// `FE`: which tags are there?
    Inventory {
        /// Only tags of this AFI; 00 = all.
        afi: Afi,
        /// What is told: [`WITH_DSFID`], always with [`WITH_UID`].
        options: u8,
    },
    /// Any command for one tag.
    Tag {
        /// The tag.
        uid: Uid,
        /// What it shall do.
        act: Act,
    },
}

/// What one tag shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// `01`: keep out of the inventory that is under way.
    Quiet,
    /// `02`.
    ReadBlocks {
        /// First block.
        first: u8,
        /// How many.
        n: u8,
    },
    /// `04`.
    WriteBlocks {
        /// First block.
        first: u8,
        /// The bytes in the order of the memory, whole blocks.
        bytes: Vec<u8>,
    },
    /// `05`.
    WriteBlock {
        /// The block.
        block: u8,
        /// Its bytes in the order of the memory.
        bytes: [u8; BLOCK_SIZE],
    },
    /// `07`: write a block and lock it.
    WriteAndLockBlock {
        /// The block.
        block: u8,
        /// Its bytes in the order of the memory.
        bytes: [u8; BLOCK_SIZE],
    },
    /// `08`.
    LockBlock {
        /// The block.
        block: u8,
    },
    /// `0A`.
    ReadAfi,
    /// `09`.
    WriteAfi {
        /// Its new AFI.
        afi: Afi,
    },
    /// `06`.
    LockAfi,
    /// `03`: a tag whose EAS bit is reset is told like one that is not there.
    CheckEas,
    /// `0C`.
    WriteEas {
        /// Set or reset.
        on: bool,
    },
    /// `0F`.
    ReadDsfid,
    /// `0B`.
    WriteDsfid {
        /// Its new DSFID.
        dsfid: Dsfid,
    },
    /// `0E`.
    LockDsfid,
    /// `0D`.
    Information {
        /// What is wanted: [`INFO_DSFID`], [`INFO_AFI`], [`INFO_MEMORY`], [`INFO_IC`].
        wanted: u8,
    },
}

/// Why a request with a good check cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The command byte is not known (error 02).
    #[error("the command is not known")]
    Unknown,
    /// An option is not known (error 31).
    #[error("an option of the request is not known")]
    Option,
    /// Parameters are missing, too many, or out of range (error 32).
    #[error("the parameters of the request are wrong")]
    Parameter,
}

impl Command {
    /// The frame of the request.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (start, command, body) = match self {
            Self::Probe => (Start::Probe, PROBE, PROBE_BODY.to_vec()),
            Self::Prepare => (Start::Usual, PREPARE, PREPARE_BODY.to_vec()),
            Self::Version => (Start::Usual, VERSION, Vec::new()),
            Self::Inventory { afi, options } => (Start::Usual, INVENTORY, vec![afi.0, *options]),
            Self::Tag { uid, act } => {
                let (command, fields) = act.encode();
                (Start::Usual, command, uid.bytes().into_iter().chain(fields).collect())
            }
        };
        Frame { start, command, body: &body }.to_bytes()
    }

    /// What a frame requests.
    ///
    /// # Errors
    /// [`Fault`], each variant with the error by which a reader tells it.
    pub fn parse(frame: &Frame<'_>) -> Result<Self, Fault> {
        match (frame.start, frame.command, frame.body) {
            (Start::Probe, PROBE, PROBE_BODY) => Ok(Self::Probe),
            (Start::Probe, ..) => Err(Fault::Unknown),
            (Start::Usual, PREPARE, PREPARE_BODY) => Ok(Self::Prepare),
            (Start::Usual, VERSION, []) => Ok(Self::Version),
            (Start::Usual, INVENTORY, [afi, options]) => {
                if options & WITH_UID != WITH_UID || options & !(WITH_UID | WITH_DSFID | SKIP_SECOND) != 0 {
                    return Err(Fault::Option);
                }
                Ok(Self::Inventory { afi: Afi(*afi), options: *options })
            }
            (Start::Usual, PREPARE | VERSION | INVENTORY, _) => Err(Fault::Parameter),
            (Start::Usual, command, body) => match body.split_first_chunk() {
                Some((uid, fields)) => Ok(Self::Tag { uid: Uid(*uid), act: Act::parse(command, fields)? }),
                None if TAG_COMMANDS.contains(&command) => Err(Fault::Parameter),
                None => Err(Fault::Unknown),
            },
        }
    }
}

impl Act {
    fn encode(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Quiet => (QUIET, vec![]),
            Self::ReadBlocks { first, n } => (READ, vec![*first, *n]),
            Self::WriteBlocks { first, bytes } => {
                let n = u8::try_from(bytes.len() / BLOCK_SIZE).unwrap_or(u8::MAX);
                (WRITE, [*first, n, 0].into_iter().chain(bytes.iter().copied()).collect())
            }
            Self::WriteBlock { block, bytes } => (WRITE_BLOCK, [*block].into_iter().chain(*bytes).collect()),
            Self::WriteAndLockBlock { block, bytes } => {
                (WRITE_AND_LOCK, [*block].into_iter().chain(*bytes).collect())
            }
            Self::LockBlock { block } => (LOCK_BLOCK, vec![*block]),
            Self::ReadAfi => (READ_AFI, vec![]),
            Self::WriteAfi { afi } => (WRITE_AFI, vec![afi.0]),
            Self::LockAfi => (LOCK_AFI, vec![]),
            Self::CheckEas => (CHECK_EAS, vec![]),
            Self::WriteEas { on } => (WRITE_EAS, vec![u8::from(*on)]),
            Self::ReadDsfid => (READ_DSFID, vec![]),
            Self::WriteDsfid { dsfid } => (WRITE_DSFID, vec![dsfid.0]),
            Self::LockDsfid => (LOCK_DSFID, vec![]),
            Self::Information { wanted } => (INFORMATION, vec![*wanted]),
        }
    }

    fn parse(command: u8, fields: &[u8]) -> Result<Self, Fault> {
        match (command, fields) {
            (QUIET, []) => Ok(Self::Quiet),
            (READ, [first, n]) => Ok(Self::ReadBlocks { first: *first, n: *n }),
            (READ, [_, _, _]) => Err(Fault::Option),
            (WRITE, [first, n, 0, bytes @ ..]) if bytes.len() == usize::from(*n) * BLOCK_SIZE => {
                Ok(Self::WriteBlocks { first: *first, bytes: bytes.to_vec() })
            }
            (WRITE_BLOCK, &[block, a, b, c, d]) => Ok(Self::WriteBlock { block, bytes: [a, b, c, d] }),
            (WRITE_AND_LOCK, &[block, a, b, c, d]) => {
                Ok(Self::WriteAndLockBlock { block, bytes: [a, b, c, d] })
            }
            (LOCK_BLOCK, [block]) => Ok(Self::LockBlock { block: *block }),
            (READ_AFI, []) => Ok(Self::ReadAfi),
            (WRITE_AFI, [afi]) => Ok(Self::WriteAfi { afi: Afi(*afi) }),
            (LOCK_AFI, []) => Ok(Self::LockAfi),
            (CHECK_EAS, []) => Ok(Self::CheckEas),
            (WRITE_EAS, [on @ 0..=1]) => Ok(Self::WriteEas { on: *on == 1 }),
            (READ_DSFID, []) => Ok(Self::ReadDsfid),
            (WRITE_DSFID, [dsfid]) => Ok(Self::WriteDsfid { dsfid: Dsfid(*dsfid) }),
            (LOCK_DSFID, []) => Ok(Self::LockDsfid),
            (INFORMATION, [wanted]) => Ok(Self::Information { wanted: *wanted }),
            _ if TAG_COMMANDS.contains(&command) => Err(Fault::Parameter),
            _ => Err(Fault::Unknown),
        }
    }
}

/// Option bits of the inventory: the UIDs are told...
pub const WITH_UID: u8 = 0x05;
/// ...each with its DSFID before it...
pub const WITH_DSFID: u8 = 0x02;
/// ...and the second poll is left out.
pub const SKIP_SECOND: u8 = 0x20;
/// Bits of the tag information: the DSFID...
pub const INFO_DSFID: u8 = 0x01;
/// ...the AFI...
pub const INFO_AFI: u8 = 0x02;
/// ...block size and number of blocks, both less one...
pub const INFO_MEMORY: u8 = 0x04;
/// ...the chip's reference.
pub const INFO_IC: u8 = 0x08;

pub(super) const PROBE: u8 = 0x04;
pub(super) const PREPARE: u8 = 0x13;
pub(super) const VERSION: u8 = 0x11;
pub(super) const INVENTORY: u8 = 0xFE;
pub(super) const QUIET: u8 = 0x01;
pub(super) const READ: u8 = 0x02;
pub(super) const CHECK_EAS: u8 = 0x03;
pub(super) const WRITE: u8 = 0x04;
pub(super) const WRITE_BLOCK: u8 = 0x05;
pub(super) const LOCK_AFI: u8 = 0x06;
pub(super) const WRITE_AND_LOCK: u8 = 0x07;
pub(super) const LOCK_BLOCK: u8 = 0x08;
pub(super) const WRITE_AFI: u8 = 0x09;
pub(super) const READ_AFI: u8 = 0x0A;
pub(super) const WRITE_DSFID: u8 = 0x0B;
pub(super) const WRITE_EAS: u8 = 0x0C;
pub(super) const INFORMATION: u8 = 0x0D;
pub(super) const LOCK_DSFID: u8 = 0x0E;
pub(super) const READ_DSFID: u8 = 0x0F;
const TAG_COMMANDS: std::ops::RangeInclusive<u8> = QUIET..=READ_DSFID;
const PROBE_BODY: &[u8] = &[0x00, 0x11];
const PREPARE_BODY: &[u8] = &[0x04, 0x01, 0x00, 0x02, 0x00, 0x03, 0x00, 0x04, 0x00];
