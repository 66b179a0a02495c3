//! UHFReader18, UHFReader86 and UHFReader288 (Chafon and many names): the frames, in both directions.
//!
//! Line: 8 data bits, no parity, 1 stop bit, 57 600 baud (115 200 for the 86). {#reader18.frame}
//! ```text
//! LEN | ADR | CMD | data... | CRC, LSB first                  LEN counts the bytes after it
//! LEN | ADR | CMD | STATUS | data... | CRC, LSB first         the same, of an answer
//! ```
//! The CRC is FEIG's: polynomial 8408, start FFFF, from LEN to the last byte of data. ADR FF means every reader; an answer
//! bears the reader's own. No byte begins a frame: what is one shows by its CRC, and to a host also by its CMD, one of
//! those that are asked here or a report. Words go most significant byte first.
//!
//! Two families share all of this and differ in the inventory and in what a tag is addressed by: [`Kind`].
//!
//! Sources: wabson/chafon-rfid with its captured frames, uhfreader18 (status table, work modes), and the pages of the
//! "UR-SERIES User Manual v1.14" (UHFReader288) that are public. The families with the headers `CF` and `SW`/`CT` are others.

use crate::frame::{Format, Look};
use crate::hf::obid::crc;

pub(crate) mod answer;
mod host;
mod request;

use answer::REPORT;
use request::{INFORMATION, INVENTORY, READ, SET_POWER, WRITE};

pub use answer::{Answer, Heard, Information, Status, TagError};
pub use host::Reader18;
pub use request::{Aim, Command, Fault, Mask, Place, Request, Rounds};

/// Which of the two families a reader belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UHFReader18, RRU9803M: one antenna, an inventory without parameters, a tag is addressed by its EPC.
    Single,
    /// UHFReader288 and 86: an inventory with session, antenna and time, strength of the signal, a tag is addressed by any
    /// part of its memory.
    Multiple,
}

/// A frame whose CRC is right, of either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Which reader.
    pub address: u8,
    /// The command byte.
    pub command: u8,
    /// What follows it, without the CRC.
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
        match bytes {
            [_, _, command, ..] if !is_command(*command) => Look::Bad,
            // Address, command, status, CRC.
            _ => look(bytes, 5),
        }
    }

    fn skip(bytes: &[u8]) -> usize {
        let may_begin = |[length, _, command]: &[u8; 3]| *length >= 5 && is_command(*command);
        let heads = bytes.array_windows();
        heads.clone().position(may_begin).unwrap_or_else(|| heads.len())
    }
}

impl Format for Requests {
    const MAX: usize = MAX_FRAME_LEN;

    fn look(bytes: &[u8]) -> Look {
        // Address, command, CRC.
        look(bytes, 4)
    }
}

impl<'a> Frame<'a> {
    /// The parts of one whole frame; `None` if its length or CRC is wrong.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (counted, check) = bytes.split_last_chunk::<2>()?;
        let [length, address, command, data @ ..] = counted else { return None };
        let is_sound = usize::from(*length) + 1 == bytes.len() && u16::from_le_bytes(*check) == crc(counted);
        is_sound.then_some(Self { address: *address, command: *command, data })
    }

    /// The frame's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // What is built here is shorter: requests by their parameters, answers because the emulator cuts them.
        let length = u8::try_from(self.data.len() + 4).unwrap_or(u8::MAX);
        let mut bytes = vec![length, self.address, self.command];
        bytes.extend_from_slice(self.data);
        bytes.extend(crc(&bytes).to_le_bytes());
        bytes
    }
}

fn look(bytes: &[u8], least: u8) -> Look {
    match bytes {
        [] => Look::Short,
        [length, ..] if *length < least => Look::Bad,
        [length, ..] => match bytes.get(..usize::from(*length) + 1) {
            None => Look::Short,
            Some(frame) if Frame::parse(frame).is_some() => Look::Whole(frame.len()),
            Some(_) => Look::Bad,
        },
    }
}

/// Whether a host hears frames with this command byte. Others would answer what it never asks.
fn is_command(command: u8) -> bool {
    IS_COMMAND.get(usize::from(command)) == Some(&true)
}

/// The length byte, and the 255 bytes that it can count.
pub const MAX_FRAME_LEN: usize = 256;

/// The address that every reader obeys.
pub const BROADCAST: u8 = 0xFF;

/// What [`Reader18`] asks, and what a reader tells unasked.
const COMMANDS: [u8; 6] = [INVENTORY, READ, WRITE, INFORMATION, SET_POWER, REPORT];

/// The same, by command byte: in noise it is asked of every byte.
const IS_COMMAND: [bool; 256] = {
    let mut table = [false; 256];
    let mut rest: &[u8] = &COMMANDS;
    while let [command, others @ ..] = rest {
        #[expect(clippy::indexing_slicing, reason = "a byte is always within the table")]
        {
            table[*command as usize] = true;
        }
        rest = others;
    }
    table
};

#[cfg(test)]
mod tests;
