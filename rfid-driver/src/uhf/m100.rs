//! M100, QM100, R200, YRM100, JRD-4035 and their kin: the frames, in both directions.
//!
//! Line: 8 data bits, no parity, 1 stop bit, 115 200 baud. {#m100.frame}
//! ```text
//! BB | TYPE | CMD | PL, MSB first | PL bytes of parameters... | CHK | 7E
//! ```
//! TYPE: 00 a command of the host, 01 its answer, 02 a notice (a tag of an inventory). CHK is the low byte of the sum
//! from TYPE to the last parameter. BB and 7E may stand anywhere inside: the end is found by PL. An error is an answer
//! of its own, `FF`, that does not say which command it answers.
//!
//! Facts: "Communication user Protocol V2.1" (Q1 of the notes), and the driver `uhf-rfid`, which our emulator is tested
//! with. Misprints of Q1 that are not followed: the sum of the module information (92, not 22), `10 0A` of a write that
//! failed (10 11), the command type 1A, a question for the query parameters without its length.

use crate::frame::{Format, Look, until};

mod answer;
mod host;
mod request;

pub use answer::{Access, Answer, Code, Told};
pub use host::M100;
pub use request::{Command, Fault, Info, Mask, SelectMode};

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `00`: from the host.
    Command,
    /// `01`: an answer.
    Answer,
    /// `02`: a tag was heard.
    Notice,
}

/// A frame whose sum is right, of either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it is.
    pub kind: Kind,
    /// The command byte.
    pub command: u8,
    /// The parameters.
    pub parameters: &'a [u8],
}

/// The framing of answers and notices (what a host receives).
#[derive(Clone, Copy, Debug)]
pub struct Answers;

/// The framing of commands (what a reader receives).
#[derive(Clone, Copy, Debug)]
pub struct Requests;

impl Format for Answers {
    const MAX: usize = MAX_FRAME_LEN;

    fn look(bytes: &[u8]) -> Look {
        look(bytes, |kind| matches!(kind, Kind::Answer | Kind::Notice))
    }

    fn skip(bytes: &[u8]) -> usize {
        until(START, bytes)
    }
}

impl Format for Requests {
    const MAX: usize = MAX_FRAME_LEN;

    fn look(bytes: &[u8]) -> Look {
        look(bytes, |kind| kind == Kind::Command)
    }

    fn skip(bytes: &[u8]) -> usize {
        until(START, bytes)
    }
}

impl<'a> Frame<'a> {
    /// The parts of one whole frame; `None` if its ends, length or sum are wrong.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let [START, summed @ .., check, END] = bytes else { return None };
        let [kind, command, high, low, parameters @ ..] = summed else { return None };
        let kind = Kind::of(*kind)?;
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        (length == parameters.len() && *check == sum(summed)).then_some(Self {
            kind,
            command: *command,
            parameters,
        })
    }

    /// The frame's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Parameters are bounded by MAX_FRAME_LEN, which two bytes hold.
        let [high, low] = u16::try_from(self.parameters.len()).unwrap_or(u16::MAX).to_be_bytes();
        let summed = [&[self.kind.byte(), self.command, high, low], self.parameters].concat();
        [&[START], summed.as_slice(), &[sum(&summed), END]].concat()
    }
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        match byte {
            0x00 => Some(Self::Command),
            0x01 => Some(Self::Answer),
            0x02 => Some(Self::Notice),
            _ => None,
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::Command => 0x00,
            Self::Answer => 0x01,
            Self::Notice => 0x02,
        }
    }
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| byte.wrapping_add(sum))
}

fn look(bytes: &[u8], is_ours: impl Fn(Kind) -> bool) -> Look {
    match bytes {
        [START] => Look::Short,
        [START, kind, rest @ ..] if Kind::of(*kind).is_some_and(is_ours) => match rest {
            [_, high, low, ..] => {
                let n = usize::from(u16::from_be_bytes([*high, *low])) + OVERHEAD;
                match bytes.get(..n) {
                    _ if n > MAX_FRAME_LEN => Look::Bad,
                    None => Look::Short,
                    Some(frame) if Frame::parse(frame).is_some() => Look::Whole(n),
                    Some(_) => Look::Bad,
                }
            }
            _ => Look::Short,
        },
        _ => Look::Bad,
    }
}

/// The longest frame that is believed: an EPC of 62 bytes with 64 bytes read behind it, and some. Longer lengths are
/// garbage.
pub const MAX_FRAME_LEN: usize = 160;

const START: u8 = 0xBB;
const END: u8 = 0x7E;
/// What a frame has besides its parameters.
const OVERHEAD: usize = 7;

#[cfg(test)]
mod tests;
