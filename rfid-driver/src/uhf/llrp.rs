//! LLRP 1.0.1 (EPCglobal; TCP port 5084): the messages of a pad, in both directions. {#llrp.message}
//!
//! ```text
//! 000 version(3) type(10) | LEN(4) | id(4) | fields | parameters          all MSB first; LEN counts the whole message
//! TLV: 000000 type(10) | LEN(2) | fields | parameters                      LEN counts the whole parameter
//! TV:  1 type(7) | value                                                   as long as its type says
//! ```
//! There is no check and no byte that begins a message: after one wrong length everything that follows is misread. So
//! nothing is resynchronised here: bytes that begin no message are told as garbage, the shell takes the first of them
//! for the end of the connection and makes it anew ([`crate::port::DownCause::Garbled`]), and the answers of the old
//! one are lost with it. Until then a ghost would have to bear the id of a message that is waited for.
//!
//! Ids tie an answer to its message; what a reader tells by itself is tied by the numbers of ROSpec and AccessSpec.
//! A reader tells a host that connects whether it will serve it: [`greeting`]. {#llrp.greeting}

use crate::frame::{Format, Look};

#[cfg_attr(
    not(any(test, feature = "emulator")),
    expect(dead_code, reason = "the reader's side is the emulator's")
)]
pub(crate) mod answer;
mod host;
pub(crate) mod parameter;
#[cfg_attr(
    not(any(test, feature = "emulator")),
    expect(dead_code, reason = "the reader's side is the emulator's")
)]
pub(crate) mod request;
pub(crate) mod spec;

pub use host::Llrp;

/// A message of either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// 1 = LLRP 1.0.1, 2 = 1.1.
    pub version: u8,
    /// What it is.
    pub kind: u16,
    /// Its id; an answer bears that of its request.
    pub id: u32,
    /// What follows the header.
    pub body: &'a [u8],
}

/// The framing of answers (what a host receives).
#[derive(Clone, Copy, Debug)]
pub struct Answers;

/// The framing of requests (what a reader receives).
#[derive(Clone, Copy, Debug)]
pub struct Requests;

/// What the first bytes of a connection say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// This host is served.
    Welcome,
    /// Another host is.
    Taken,
    /// This is no LLRP reader.
    Foreign,
    /// So many bytes are missing, at least one.
    Short {
        /// How many.
        missing: usize,
    },
}

impl Format for Answers {
    const MAX: usize = MAX_MESSAGE_LEN;

    fn look(bytes: &[u8]) -> Look {
        look(bytes, |version, kind| (1..=2).contains(&version) && answer::KINDS.contains(&kind))
    }
}

impl Format for Requests {
    const MAX: usize = MAX_MESSAGE_LEN;

    fn look(bytes: &[u8]) -> Look {
        // A reader answers what it does not know.
        look(bytes, |version, _| version > 0)
    }
}

impl<'a> Message<'a> {
    /// The parts of one whole message; `None` if its header or length is wrong.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (head, body) = bytes.split_first_chunk::<HEADER_LEN>()?;
        let [first, second, l3, l2, l1, l0, i3, i2, i1, i0] = *head;
        let length = u32::from_be_bytes([l3, l2, l1, l0]);
        (first >> 5 == 0 && usize::try_from(length).ok()? == bytes.len()).then_some(Self {
            version: first >> 2,
            kind: u16::from_be_bytes([first & 3, second]),
            id: u32::from_be_bytes([i3, i2, i1, i0]),
            body,
        })
    }

    /// The message's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [high, low] = self.kind.to_be_bytes();
        // Bodies are bounded by MAX_MESSAGE_LEN, which four bytes hold.
        let length = u32::try_from(self.body.len() + HEADER_LEN).unwrap_or(u32::MAX);
        let mut bytes = vec![self.version << 2 | high & 3, low];
        bytes.extend(length.to_be_bytes());
        bytes.extend(self.id.to_be_bytes());
        bytes.extend_from_slice(self.body);
        bytes
    }
}

/// What a reader says first; `bytes` is all that has come.
pub fn greeting(bytes: &[u8]) -> Greeting {
    if bytes.len() < HEADER_LEN {
        return Greeting::Short { missing: HEADER_LEN - bytes.len() };
    }
    match Answers::look(bytes) {
        Look::Bad => Greeting::Foreign,
        Look::Short => Greeting::Short { missing: length(bytes).saturating_sub(bytes.len()).max(1) },
        Look::Whole(n) => {
            let event =
                bytes.get(..n).and_then(Message::parse).and_then(|message| answer::Event::parse(&message));
            match event.and_then(|event| event.connection) {
                Some(answer::CONNECTED) | None => Greeting::Welcome,
                Some(_) => Greeting::Taken,
            }
        }
    }
}

fn look(bytes: &[u8], is_known: impl Fn(u8, u16) -> bool) -> Look {
    match bytes {
        [first, ..] if first >> 5 != 0 => Look::Bad,
        [first, second, ..] if !is_known(first >> 2, u16::from_be_bytes([first & 3, *second])) => Look::Bad,
        _ if bytes.len() < HEADER_LEN - 4 => Look::Short,
        _ => match length(bytes) {
            length if !(HEADER_LEN..=MAX_MESSAGE_LEN).contains(&length) => Look::Bad,
            length if bytes.len() < length => Look::Short,
            length => Look::Whole(length),
        },
    }
}

/// The length that a header tells.
fn length(bytes: &[u8]) -> usize {
    let told = bytes.get(2..6).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    usize::try_from(told).unwrap_or(usize::MAX)
}

/// CLOSE_CONNECTION: what a host says when it goes, so that the reader is free for the next at once.
pub const FAREWELL: &[u8] = &[0x04, 0x0E, 0, 0, 0, 0x0A, 0, 0, 0, 0];
/// The longest message that is believed: a report of a thousand tags. Longer lengths are garbage.
pub const MAX_MESSAGE_LEN: usize = 65_536;

const HEADER_LEN: usize = 10;
/// LLRP 1.0.1: a reader of 1.1 speaks it too until it is told otherwise.
pub(crate) const VERSION: u8 = 1;

#[cfg(test)]
mod tests;
