//! Requests: what a host says. Built for a reader, parsed by the emulator of one.

use super::{Form, Frame, reverse_blocks};
use crate::hf::Target;
use crate::tag::{Afi, Dsfid, Uid};

/// A request to the reader at a bus address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The bus address, 255 = any.
    pub address: u8,
    /// The form of the frame.
    pub form: Form,
    /// What is requested.
    pub command: Command,
}

/// What is requested. {#obid.command}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `52`: answered only at the right baud rate and parity.
    BaudDetection,
    /// `65`.
    SoftwareVersion,
    /// `69`: field off for 15 ms.
    RfReset,
    /// `6A`: 0 = off, else the antenna.
    RfOnOff {
        /// 0 = off.
        antenna: u8,
    },
    /// `B0 01`.
    Inventory {
        /// Go on after status 94.
        more: bool,
    },
    /// `B0 02`.
    StayQuiet {
        /// The tag.
        uid: Uid,
    },
    /// `B0 23`.
    ReadBlocks {
        /// The tag.
        target: Target,
        /// First block.
        first: u8,
        /// How many.
        n: u8,
        /// Whether the lock bit of each block is wanted.
        security: bool,
    },
    /// `B0 24`.
    WriteBlocks {
        /// The tag.
        target: Target,
        /// First block.
        first: u8,
        /// Bytes in a block.
        block_size: u8,
        /// The bytes in the order of the memory, whole blocks.
        bytes: Vec<u8>,
    },
    /// `B0 25`.
    Select {
        /// The tag.
        uid: Uid,
    },
    /// `B0 26`.
    ResetToReady {
        /// The tag.
        target: Target,
    },
    /// `B0 27`.
    WriteAfi {
        /// The tag.
        target: Target,
        /// Its new AFI.
        afi: Afi,
    },
    /// `B0 29`.
    WriteDsfid {
        /// The tag.
        target: Target,
        /// Its new DSFID.
        dsfid: Dsfid,
    },
    /// `B0 2B`.
    SystemInformation {
        /// The tag.
        target: Target,
    },
    /// `B1 04 A2` and `B1 04 A3`.
    WriteEas {
        /// The tag.
        target: Target,
        /// Set or reset.
        on: bool,
    },
    /// `B1 04 A5`: does any tag with its EAS bit set hear this? Not addressed.
    EasAlarm,
}

/// Why a request with a good CRC cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The command byte or control byte is not known (status 80).
    #[error("the command is not known")]
    Unknown,
    /// There are too few or too many bytes (status 81).
    #[error("the request has the wrong length")]
    Length,
    /// A parameter is out of range (status 11).
    #[error("a parameter of the request is out of range")]
    Parameter,
}

impl Request {
    /// The frame of the request.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (command, body) = self.command.encode();
        Frame { form: self.form, address: self.address, command, body: &body }.to_bytes()
    }
}

impl Command {
    fn encode(&self) -> (u8, Vec<u8>) {
        match self {
            Self::BaudDetection => (BAUD_DETECTION, vec![0]),
            Self::SoftwareVersion => (SOFTWARE_VERSION, vec![]),
            Self::RfReset => (RF_RESET, vec![]),
            Self::RfOnOff { antenna } => (RF_ON_OFF, vec![*antenna]),
            Self::Inventory { more } => (ISO, vec![INVENTORY, if *more { MORE } else { 0 }]),
            Self::StayQuiet { uid } => tag(STAY_QUIET, Target::Addressed(*uid), 0, &[]),
            Self::ReadBlocks { target, first, n, security } => {
                tag(READ, *target, if *security { SECURITY } else { 0 }, &[*first, *n])
            }
            Self::WriteBlocks { target, first, block_size, bytes } => {
                let n = u8::try_from(bytes.len() / usize::from((*block_size).max(1))).unwrap_or(u8::MAX);
                let mut data = vec![*first, n, *block_size];
                let mut wire = bytes.clone();
                reverse_blocks(&mut wire, usize::from(*block_size));
                data.append(&mut wire);
                tag(WRITE, *target, 0, &data)
            }
            Self::Select { uid } => tag(SELECT, Target::Addressed(*uid), 0, &[]),
            Self::ResetToReady { target } => tag(RESET_TO_READY, *target, 0, &[]),
            Self::WriteAfi { target, afi } => tag(WRITE_AFI, *target, 0, &[afi.0]),
            Self::WriteDsfid { target, dsfid } => tag(WRITE_DSFID, *target, 0, &[dsfid.0]),
            Self::SystemInformation { target } => tag(SYSTEM_INFORMATION, *target, 0, &[]),
            Self::WriteEas { target, on } => {
                let mut body = vec![NXP, if *on { SET_EAS } else { RESET_EAS }];
                put_target(&mut body, *target, 0);
                (CUSTOM, body)
            }
            Self::EasAlarm => (CUSTOM, vec![NXP, EAS_ALARM, 0]),
        }
    }

    /// What a frame requests.
    ///
    /// # Errors
    /// [`Fault`], each variant with the status by which a reader tells it.
    pub fn parse(frame: &Frame<'_>) -> Result<Self, Fault> {
        match (frame.command, frame.body) {
            (BAUD_DETECTION, [0]) => Ok(Self::BaudDetection),
            (SOFTWARE_VERSION, []) => Ok(Self::SoftwareVersion),
            (RF_RESET, []) => Ok(Self::RfReset),
            (RF_ON_OFF, [antenna @ 0..=2]) => Ok(Self::RfOnOff { antenna: *antenna }),
            (RF_ON_OFF, [_]) => Err(Fault::Parameter),
            (BAUD_DETECTION | SOFTWARE_VERSION | RF_RESET | RF_ON_OFF, _) => Err(Fault::Length),
            (ISO, [INVENTORY, mode]) => Ok(Self::Inventory { more: mode & MORE != 0 }),
            (ISO, [control, mode, rest @ ..]) => Self::parse_tag(*control, *mode, rest),
            (CUSTOM, [NXP, EAS_ALARM, _mode]) => Ok(Self::EasAlarm),
            (CUSTOM, [NXP, control @ (SET_EAS | RESET_EAS), mode, rest @ ..]) => {
                let (target, rest) = take_target(*mode, rest)?;
                rest.is_empty()
                    .then_some(Self::WriteEas { target, on: *control == SET_EAS })
                    .ok_or(Fault::Length)
            }
            (ISO | CUSTOM, [] | [_]) => Err(Fault::Length),
            _ => Err(Fault::Unknown),
        }
    }

    fn parse_tag(control: u8, mode: u8, rest: &[u8]) -> Result<Self, Fault> {
        if !TAG_COMMANDS.contains(&control) {
            return Err(Fault::Unknown);
        }
        let (target, rest) = take_target(mode, rest)?;
        match (control, rest, target) {
            (STAY_QUIET, [], Target::Addressed(uid)) => Ok(Self::StayQuiet { uid }),
            (SELECT, [], Target::Addressed(uid)) => Ok(Self::Select { uid }),
            (STAY_QUIET | SELECT, [], Target::Any | Target::Selected) => Err(Fault::Parameter),
            (READ, [first, n], _) => {
                Ok(Self::ReadBlocks { target, first: *first, n: *n, security: mode & SECURITY != 0 })
            }
            (WRITE, [first, n, block_size, wire @ ..], _) => {
                if wire.len() != usize::from(*n) * usize::from(*block_size) {
                    return Err(Fault::Length);
                }
                let mut bytes = wire.to_vec();
                reverse_blocks(&mut bytes, usize::from(*block_size));
                Ok(Self::WriteBlocks { target, first: *first, block_size: *block_size, bytes })
            }
            (RESET_TO_READY, [], _) => Ok(Self::ResetToReady { target }),
            (WRITE_AFI, [afi], _) => Ok(Self::WriteAfi { target, afi: Afi(*afi) }),
            (WRITE_DSFID, [dsfid], _) => Ok(Self::WriteDsfid { target, dsfid: Dsfid(*dsfid) }),
            (SYSTEM_INFORMATION, [], _) => Ok(Self::SystemInformation { target }),
            _ => Err(Fault::Length),
        }
    }
}

fn tag(control: u8, target: Target, flags: u8, data: &[u8]) -> (u8, Vec<u8>) {
    let mut body = vec![control];
    put_target(&mut body, target, flags);
    body.extend_from_slice(data);
    (ISO, body)
}

fn put_target(body: &mut Vec<u8>, target: Target, flags: u8) {
    match target {
        Target::Any => body.push(flags),
        Target::Addressed(uid) => {
            body.push(flags | 1);
            body.extend(uid.bytes());
        }
        Target::Selected => body.push(flags | 2),
    }
}

fn take_target(mode: u8, rest: &[u8]) -> Result<(Target, &[u8]), Fault> {
    match mode & 7 {
        0 => Ok((Target::Any, rest)),
        1 => rest
            .split_first_chunk()
            .map(|(uid, rest)| (Target::Addressed(Uid(*uid)), rest))
            .ok_or(Fault::Length),
        2 => Ok((Target::Selected, rest)),
        _ => Err(Fault::Parameter),
    }
}

pub(super) const BAUD_DETECTION: u8 = 0x52;
pub(super) const SOFTWARE_VERSION: u8 = 0x65;
pub(super) const RF_RESET: u8 = 0x69;
pub(super) const RF_ON_OFF: u8 = 0x6A;
pub(super) const ISO: u8 = 0xB0;
pub(super) const CUSTOM: u8 = 0xB1;
const INVENTORY: u8 = 0x01;
const STAY_QUIET: u8 = 0x02;
const READ: u8 = 0x23;
const WRITE: u8 = 0x24;
const SELECT: u8 = 0x25;
const RESET_TO_READY: u8 = 0x26;
const WRITE_AFI: u8 = 0x27;
const WRITE_DSFID: u8 = 0x29;
const SYSTEM_INFORMATION: u8 = 0x2B;
const TAG_COMMANDS: [u8; 8] =
    [STAY_QUIET, READ, WRITE, SELECT, RESET_TO_READY, WRITE_AFI, WRITE_DSFID, SYSTEM_INFORMATION];
/// Manufacturer byte of the custom commands.
const NXP: u8 = 0x04;
const SET_EAS: u8 = 0xA2;
const RESET_EAS: u8 = 0xA3;
const EAS_ALARM: u8 = 0xA5;
/// Mode bit of the inventory.
const MORE: u8 = 0x80;
/// Mode bit of the read.
const SECURITY: u8 = 0x08;
