//! R2000 (Impinj Indy) readers, the "A0" protocol of Rodinbell, Invelion and others: the frames, in both directions.
//!
//! Line: 8 data bits, no parity, 1 stop bit, 115 200 baud. {#r2000.frame}
//! ```text
//! A0 | LEN | ADDR | CMD | data... | CHECK        LEN counts the bytes after it
//! ```
//! The sum of all bytes of a frame is 0 modulo 256. ADDR FF means every reader; an answer bears the reader's own. Numbers
//! go most significant byte first, words of a bank in the order of the memory.
//!
//! Sources: the frames that pyImpinj builds and understands (commands, error codes), and for the antennas above the
//! fourth the makers' own programs as published; the document "Serial Interface Protocol V3.7" only by its contents.
//! Another protocol with the header A0 ends its frames with C0 and has a status byte: its frames fail the check here.

use crate::frame::{Format, Look, until};

pub(crate) mod answer;
mod host;
mod request;

pub use answer::{Access, Status, Told};
pub use host::R2000;
pub use request::{Antennas, Command, Fault, Place, Request};

/// A frame whose check is right, of either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Which reader.
    pub address: u8,
    /// The command byte.
    pub command: u8,
    /// What follows it, without the check.
    pub data: &'a [u8],
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
        // Address, command, at least an error code, check.
        look(bytes, 4)
    }

    fn skip(bytes: &[u8]) -> usize {
        until(HEAD, bytes)
    }
}

impl Format for Requests {
    const MAX: usize = MAX_FRAME_LEN;

    fn look(bytes: &[u8]) -> Look {
        // Address, command, check.
        look(bytes, 3)
    }

    fn skip(bytes: &[u8]) -> usize {
        until(HEAD, bytes)
    }
}

impl<'a> Frame<'a> {
    /// The parts of one whole frame; `None` if its head, length or check is wrong.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let [HEAD, length, address, command, data @ .., _] = bytes else { return None };
        (usize::from(*length) + 2 == bytes.len() && sum(bytes) == 0).then_some(Self {
            address: *address,
            command: *command,
            data,
        })
    }

    /// The frame's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // What is built here is far shorter: at most 64 bytes of EPC and 32 of data.
        let length = u8::try_from(self.data.len() + 3).unwrap_or(u8::MAX);
        let mut bytes = vec![HEAD, length, self.address, self.command];
        bytes.extend_from_slice(self.data);
        bytes.push(sum(&bytes).wrapping_neg());
        bytes
    }
}

fn look(bytes: &[u8], least: u8) -> Look {
    match bytes {
        [] | [HEAD] => Look::Short,
        [HEAD, length, ..] if *length >= least => match bytes.get(..usize::from(*length) + 2) {
            None => Look::Short,
            Some(frame) if sum(frame) == 0 => Look::Whole(frame.len()),
            Some(_) => Look::Bad,
        },
        _ => Look::Bad,
    }
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

/// Head, length, and the 255 bytes that one byte can count.
pub const MAX_FRAME_LEN: usize = 257;

/// The address that every reader obeys.
pub const PUBLIC: u8 = 0xFF;

const HEAD: u8 = 0xA0;

#[cfg(test)]
mod tests;
