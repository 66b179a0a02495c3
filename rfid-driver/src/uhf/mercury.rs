//! ThingMagic Mercury modules (M6e, Micro, Nano, M7e) and what speaks their protocol (Silion): the frames, both ways.
//!
//! Line: 8 data bits, no parity, 1 stop bit, 115 200 baud. {#mercury.frame}
//! ```text
//! to the module    FF | LEN | OPCODE | LEN bytes of data...             | CRC, MSB first
//! from the module  FF | LEN | OPCODE | STATUS, MSB first | LEN bytes... | CRC, MSB first
//! ```
//! The CRC has the polynomial 1021 and starts with FFFF, from LEN to the last byte of data; the data are shifted in at
//! its low end, which makes it another than the usual one. An answer says which command it answers, but not for which
//! tag: what is late must have come, or can no longer come, before another tag is asked.
//!
//! Facts: sessions of the vendor's own client (Mercury API C 1.37) and SparkFun's examples, as the notes have them; where
//! the mask stands in a read or write is that client's too.

use crate::crc::CRC_1021;
use crate::frame::{Format, Look, until};

mod answer;
mod host;
mod request;

pub use answer::{Answer, Record, Status};
pub use host::Mercury;
pub use request::{Command, Fault, Selection};

/// A frame whose CRC is right. To the module; the data of one from the module begin with the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The operation.
    pub opcode: u8,
    /// What follows it, without the CRC.
    pub data: &'a [u8],
}

/// The framing of answers (what a host receives).
#[derive(Clone, Copy, Debug)]
pub struct Answers;

/// The framing of commands (what a module receives).
#[derive(Clone, Copy, Debug)]
pub struct Requests;

impl Format for Answers {
    const MAX: usize = MAX_FRAME_LEN;

    fn look(bytes: &[u8]) -> Look {
        match bytes {
            [_, _, _, class, ..] if !Status::CLASSES.contains(class) => Look::Bad,
            _ => look(bytes, STATUS_SIZE),
        }
    }

    fn skip(bytes: &[u8]) -> usize {
        until(START, bytes)
    }
}

impl Format for Requests {
    const MAX: usize = MAX_FRAME_LEN;

    fn look(bytes: &[u8]) -> Look {
        look(bytes, 0)
    }

    fn skip(bytes: &[u8]) -> usize {
        until(START, bytes)
    }
}

impl<'a> Frame<'a> {
    /// The parts of one whole frame to the module; `None` if its start, length or CRC is wrong.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        Self::parse_behind(bytes, 0)
    }

    /// The frame's bytes. More data than a length byte counts are never sent: commands are built of bounded parts.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes_behind(0)
    }

    /// A frame in which so many bytes of its data are not counted.
    fn parse_behind(bytes: &'a [u8], uncounted: usize) -> Option<Self> {
        let (counted, check) = bytes.strip_prefix(&[START])?.split_last_chunk::<2>()?;
        let [length, opcode, data @ ..] = counted else { return None };
        let is_sound =
            data.len() == usize::from(*length) + uncounted && u16::from_be_bytes(*check) == crc(counted);
        is_sound.then_some(Self { opcode: *opcode, data })
    }

    fn to_bytes_behind(self, uncounted: usize) -> Vec<u8> {
        let length = u8::try_from(self.data.len().saturating_sub(uncounted)).unwrap_or(u8::MAX);
        let mut bytes = [&[START, length, self.opcode], self.data].concat();
        let check = crc(bytes.get(1..).unwrap_or_default());
        bytes.extend(check.to_be_bytes());
        bytes
    }
}

/// The check of the protocol.
pub fn crc(bytes: &[u8]) -> u16 {
    match bytes.split_last_chunk::<2>() {
        // The usual CRC takes its last two bytes as if two zeros followed them; this one does not.
        Some((first, last)) => CRC_1021.update(START_BEHIND_ZEROS, first) ^ u16::from_be_bytes(*last),
        None => bytes
            .iter()
            .fold(0xFFFF, |_, byte| u16::from_be_bytes([0xFF, *byte]) ^ CRC_1021.update(0, &[0xFF])),
    }
}

fn look(bytes: &[u8], uncounted: usize) -> Look {
    match bytes {
        [START] => Look::Short,
        [START, length, ..] => {
            let n = usize::from(*length) + uncounted + OVERHEAD;
            match bytes.get(..n) {
                None => Look::Short,
                Some(frame) if Frame::parse_behind(frame, uncounted).is_some() => Look::Whole(n),
                Some(_) => Look::Bad,
            }
        }
        _ => Look::Bad,
    }
}

/// What FFFF becomes by two bytes of zeros.
const START_BEHIND_ZEROS: u16 = 0x1D0F;

/// The longest frame: what a length byte counts, and a status.
pub const MAX_FRAME_LEN: usize = 255 + STATUS_SIZE + OVERHEAD;

const START: u8 = 0xFF;
/// Start, length, opcode and CRC.
const OVERHEAD: usize = 5;
const STATUS_SIZE: usize = 2;

#[cfg(test)]
mod tests;
