//! Answers and notices: what a reader says. Parsed for a host, built by the emulator of a reader.

use super::request::INVENTORY;
use super::{Frame, Kind};
use crate::uhf::{Epc, Sighting};

/// The code of an error. {#m100.error}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub u8);

/// What a reader says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A tag was heard.
    Notice(Sighting),
    /// The answer to a command.
    Told(Told),
    /// Something could not be done: error `FF`.
    Error {
        /// What.
        code: Code,
        /// The tag, if it was heard.
        tag: Option<Epc>,
    },
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The command.
    pub command: u8,
    /// What follows.
    pub parameters: Vec<u8>,
}

/// An answer of a tag: to a read, or to a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The tag.
    pub tag: Epc,
    /// The words read; after a write the status, 00.
    pub data: Vec<u8>,
}

impl Code {
    /// The tag was not read.
    pub const READ_FAILED: Self = Self(0x09);
    /// The tag was not written.
    pub const WRITE_FAILED: Self = Self(0x10);
    /// No tag was heard.
    pub const NO_TAG: Self = Self(0x15);
    /// The tag wants another password.
    pub const PASSWORD: Self = Self(0x16);
    /// The reader does not know the command, or its parameters are wrong.
    pub const COMMAND: Self = Self(0x17);

    /// The tag's own error to a read.
    pub fn of_read(tag: u8) -> Self {
        Self(READ_ERRORS | tag & 0x0F)
    }

    /// The tag's own error to a write.
    pub fn of_write(tag: u8) -> Self {
        Self(WRITE_ERRORS | tag & 0x0F)
    }

    /// The error that the tag itself has told, as Gen2 numbers them.
    pub fn tag(self) -> Option<u8> {
        matches!(self.0 & 0xF0, READ_ERRORS | WRITE_ERRORS).then_some(self.0 & 0x0F)
    }
}

impl Answer {
    /// What a whole frame says; `None` if the frame is not sound.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let Frame { kind, command, parameters } = Frame::parse(bytes)?;
        match (kind, command) {
            (Kind::Notice, INVENTORY) => sighting(parameters).map(Self::Notice),
            (Kind::Answer, ERROR) => match parameters {
                [code] => Some(Self::Error { code: Code(*code), tag: None }),
                [code, rest @ ..] => {
                    let Access { tag, data } = Access::parse(rest)?;
                    data.is_empty().then_some(Self::Error { code: Code(*code), tag: Some(tag) })
                }
                [] => None,
            },
            (Kind::Answer, _) => Some(Self::Told(Told { command, parameters: parameters.to_vec() })),
            (Kind::Command | Kind::Notice, _) => None,
        }
    }

    /// The frame; the CRC is the one that a tag reports behind its EPC, only notices have it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (kind, command, parameters) = match self {
            Self::Notice(sighting) => {
                let strength = sighting.rssi.unwrap_or_default().to_be_bytes();
                let crc = sighting.epc.bank().crc().to_be_bytes();
                let parameters = [strength.as_slice(), &reported(&sighting.epc), &crc].concat();
                (Kind::Notice, INVENTORY, parameters)
            }
            Self::Told(Told { command, parameters }) => (Kind::Answer, *command, parameters.clone()),
            Self::Error { code: Code(code), tag } => {
                let tag = tag.iter().flat_map(|tag| Access { tag: tag.clone(), data: vec![] }.to_bytes());
                (Kind::Answer, ERROR, [*code].into_iter().chain(tag).collect())
            }
        };
        Frame { kind, command, parameters: &parameters }.to_bytes()
    }
}

impl Access {
    /// Length of PC word and EPC in bytes, both of them, data. {#m100.access}
    pub fn parse(parameters: &[u8]) -> Option<Self> {
        let (n, rest) = parameters.split_first()?;
        let (tag, data) = rest.split_at_checked(usize::from(*n))?;
        Some(Self { tag: Epc::reported(tag)?, data: data.to_vec() })
    }

    /// The parameters.
    pub fn to_bytes(&self) -> Vec<u8> {
        let tag = reported(&self.tag);
        // 2 + 62 bytes at most.
        let n = u8::try_from(tag.len()).unwrap_or(u8::MAX);
        [&[n], tag.as_slice(), &self.data].concat()
    }
}

/// Signal strength in dBm, PC word, EPC, CRC. {#m100.notice}
fn sighting(parameters: &[u8]) -> Option<Sighting> {
    let (rssi, rest) = parameters.split_first()?;
    let (tag, _crc) = rest.split_last_chunk::<2>()?;
    Some(Sighting { epc: Epc::reported(tag)?, rssi: Some(rssi.cast_signed()), antenna: None })
}

fn reported(epc: &Epc) -> Vec<u8> {
    [&epc.pc().0.to_be_bytes(), epc.uii()].concat()
}

const ERROR: u8 = 0xFF;
const READ_ERRORS: u8 = 0xA0;
const WRITE_ERRORS: u8 = 0xB0;
