//! 3M 810 and 210 (desk readers of library sites): the frames, in both directions.
//!
//! Line: 8 data bits, no parity, 1 stop bit, 19 200 baud. {#m810.frame}
//! ```text
//! D6 | LEN, MSB first | CMD | [ERROR] fields... | BCC, MSB first        LEN counts the bytes after it
//! D5 ...                                                                 the same, only for the probe of the 810
//! ```
//! Only answers have an ERROR. The BCC is a CRC with polynomial 1021, start FFFF and a final XOR with FFFF, not
//! reflected, from LEN to the last field: the start byte is not in it. Numbers and UIDs go MSB first; the bytes of a
//! memory block, which are always four, go in the order of the memory. An answer about a tag repeats its UID, with or
//! without an error, so that answers for two tags are never mixed up.

use crate::crc::CRC_1021;
use crate::frame::{Format, Look};

pub(crate) mod answer;
mod host;
mod request;

pub use answer::{Answer, Information, Status};
pub use host::M810;
pub use request::{
    Act, Command, Fault, INFO_AFI, INFO_DSFID, INFO_IC, INFO_MEMORY, SKIP_SECOND, WITH_DSFID, WITH_UID,
};

/// How a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// `D6`: every frame but the probe.
    Usual,
    /// `D5`: the probe that the 810 answers.
    Probe,
}

/// A frame whose BCC is right, of either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its first byte.
    pub start: Start,
    /// The command byte.
    pub command: u8,
    /// What follows the command byte, without the BCC.
    pub body: &'a [u8],
}

/// The framing of answers (what a host receives).
#[derive(Clone, Copy, Debug)]
pub struct Answers;

/// The framing of requests (what a reader receives).
#[derive(Clone, Copy, Debug)]
pub struct Requests;

impl Format for Answers {
    const MAX: usize = MAX_FRAME_LEN;

    fn look(bytes: &[u8]) -> Look {
        // CMD, ERROR, BCC.
        look(bytes, 4)
    }

    fn skip(bytes: &[u8]) -> usize {
        skip(bytes)
    }
}

impl Format for Requests {
    const MAX: usize = MAX_FRAME_LEN;

    fn look(bytes: &[u8]) -> Look {
        // CMD, BCC.
        look(bytes, 3)
    }

    fn skip(bytes: &[u8]) -> usize {
        skip(bytes)
    }
}

impl<'a> Frame<'a> {
    /// The parts of one whole frame; `None` if its start, length or BCC is wrong.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (start, counted) = bytes.split_first()?;
        let start = Start::of(*start)?;
        let (counted, check) = counted.split_last_chunk::<2>()?;
        let [high, low, command, body @ ..] = counted else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        (length + 3 == bytes.len() && u16::from_be_bytes(*check) == bcc(counted)).then_some(Self {
            start,
            command: *command,
            body,
        })
    }

    /// The frame's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.body.len() + 6);
        bytes.push(self.start.byte());
        // Bodies are bounded by MAX_FRAME_LEN, which two bytes hold.
        bytes.extend(u16::try_from(self.body.len() + 3).unwrap_or(u16::MAX).to_be_bytes());
        bytes.push(self.command);
        bytes.extend_from_slice(self.body);
        let check = bcc(bytes.get(1..).unwrap_or_default());
        bytes.extend(check.to_be_bytes());
        bytes
    }
}

impl Start {
    fn of(byte: u8) -> Option<Self> {
        match byte {
            USUAL => Some(Self::Usual),
            PROBE => Some(Self::Probe),
            _ => None,
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::Usual => USUAL,
            Self::Probe => PROBE,
        }
    }
}

/// The check of the protocol: polynomial 1021, start FFFF, final XOR FFFF.
pub fn bcc(bytes: &[u8]) -> u16 {
    !CRC_1021.update(0xFFFF, bytes)
}

fn skip(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| Start::of(*byte).is_some()).unwrap_or(bytes.len())
}

fn look(bytes: &[u8], least: usize) -> Look {
    match bytes {
        [start, ..] if Start::of(*start).is_none() => Look::Bad,
        [_, high, low, ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            if length < least || length + 3 > MAX_FRAME_LEN {
                return Look::Bad;
            }
            match bytes.get(..length + 3) {
                None => Look::Short,
                Some(frame) if Frame::parse(frame).is_some() => Look::Whole(length + 3),
                Some(_) => Look::Bad,
            }
        }
        _ => Look::Short,
    }
}

/// The longest frame that is believed: 255 tags with their DSFID in one inventory. Longer lengths are garbage.
pub const MAX_FRAME_LEN: usize = 2400;

/// Bytes in a block, whatever the tag.
pub(crate) const BLOCK_SIZE: usize = 4;

const USUAL: u8 = 0xD6;
const PROBE: u8 = 0xD5;

#[cfg(test)]
mod tests;
