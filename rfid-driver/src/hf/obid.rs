//! FEIG OBID "ISO-Host" (ID CPR, ID ISC.MR, PR, LR): the frames, in both directions.
//!
//! Line: 8 data bits, even parity, 1 stop bit, 38 400 baud by default. {#obid.frame}
//! ```text
//! standard  LENGTH | COM-ADR | CMD | [STATUS] data... | CRC, LSB first        LENGTH counts all bytes, 5..=255
//! advanced  02 | ALENGTH, MSB first | COM-ADR | CMD | [STATUS] data... | CRC, LSB first
//! ```
//! Only answers have a STATUS. A reader answers an advanced request in the advanced form, and a standard one too if the
//! answer does not fit. The CRC has polynomial 8408 (reflected 1021), start FFFF, and goes over all bytes before it. A
//! reader gives no answer at all to a frame whose CRC is wrong. Numbers and UIDs go MSB first; the bytes of each memory
//! block go REVERSED.

use crate::crc::CRC_8408;
use crate::frame::{Format, Look};

pub(crate) mod answer;
mod host;
mod request;

pub use crate::hf::Target;
pub use answer::{Answer, Status};
pub use host::Obid;
pub use request::{Command, Fault, Request};

/// How the length of a frame is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One length byte.
    Standard,
    /// `02` and two length bytes.
    Advanced,
}

/// A frame whose CRC is right, of either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// How it tells its length.
    pub form: Form,
    /// The bus address: of the reader in answers, 255 = any in requests.
    pub address: u8,
    /// The command byte.
    pub command: u8,
    /// What follows the command byte, without the CRC.
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
        look(bytes, 1, is_command)
    }

    fn skip(bytes: &[u8]) -> usize {
        let may_begin = |head: &[u8; 3]| {
            let [length, _, command] = *head;
            length == STX || length > 5 && is_command(command)
        };
        let heads = bytes.array_windows();
        heads.clone().position(may_begin).unwrap_or_else(|| heads.len())
    }
}

impl Format for Requests {
    const MAX: usize = MAX_FRAME_LEN;

    fn look(bytes: &[u8]) -> Look {
        look(bytes, 0, |_| true)
    }
}

impl<'a> Frame<'a> {
    /// The parts of one whole frame; `None` if its length or CRC is wrong.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (body, check) = bytes.split_last_chunk::<2>()?;
        if u16::from_le_bytes(*check) != crc(body) {
            return None;
        }
        let length = bytes.len();
        match body {
            [STX, high, low, address, command, body @ ..]
                if length == usize::from(u16::from_be_bytes([*high, *low])) =>
            {
                Some(Self { form: Form::Advanced, address: *address, command: *command, body })
            }
            [one, address, command, body @ ..] if *one != STX && length == usize::from(*one) => {
                Some(Self { form: Form::Standard, address: *address, command: *command, body })
            }
            _ => None,
        }
    }

    /// The frame's bytes. A body too long for the standard form goes in the advanced form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.body.len() + 7);
        match u8::try_from(self.body.len() + 5) {
            Ok(length) if self.form == Form::Standard => bytes.push(length),
            _ => {
                bytes.push(STX);
                // Bodies are bounded by MAX_FRAME_LEN, which two bytes hold.
                bytes.extend(u16::try_from(self.body.len() + 7).unwrap_or(u16::MAX).to_be_bytes());
            }
        }
        bytes.extend([self.address, self.command]);
        bytes.extend_from_slice(self.body);
        let check = crc(&bytes);
        bytes.extend(check.to_le_bytes());
        bytes
    }
}

/// The CRC of the protocol: polynomial 8408, start FFFF.
pub fn crc(bytes: &[u8]) -> u16 {
    CRC_8408.update(0xFFFF, bytes)
}

/// Between a memory and the wire: the bytes of each block are reversed, both ways alike. {#obid.block-order}
pub fn reverse_blocks(bytes: &mut [u8], block_size: usize) {
    bytes.chunks_mut(block_size.max(1)).for_each(<[u8]>::reverse);
}

fn is_command(command: u8) -> bool {
    IS_COMMAND.get(usize::from(command)) == Some(&true)
}

fn look(bytes: &[u8], n_status: usize, is_command: impl Fn(u8) -> bool) -> Look {
    let (length, command, least) = match bytes {
        [STX, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest.get(1), 7),
        [STX, ..] => return Look::Short,
        [length, rest @ ..] => (usize::from(*length), rest.get(1), 5),
        [] => return Look::Short,
    };
    if length < least + n_status
        || length > MAX_FRAME_LEN
        || command.is_some_and(|command| !is_command(*command))
    {
        return Look::Bad;
    }
    match bytes.get(..length) {
        None => Look::Short,
        Some(frame) if Frame::parse(frame).is_some() => Look::Whole(length),
        Some(_) => Look::Bad,
    }
}

/// The longest frame that is believed: 255 tags in one advanced answer. Longer lengths are garbage.
pub const MAX_FRAME_LEN: usize = 2600;

const STX: u8 = 0x02;

/// Every command byte of the protocol that is answered.
const COMMANDS: [u8; 22] = [
    0x52, 0x55, 0x63, 0x64, 0x65, 0x66, 0x69, 0x6A, 0x6E, 0x71, 0x72, 0x74, 0x80, 0x81, 0x82, 0x83, 0x85,
    0xB0, 0xB1, 0xB2, 0xBD, 0xBF,
];

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
