//! The frames of the SDT protocol, both ways.

use rfid_driver::frame::{Format, Look};

/// A command: its two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request(pub [u8; 2]);

impl Request {
    /// The module begins anew.
    pub const RESET: Self = Self([0x10, 0xFF]);
    /// How the module is.
    pub const STATUS: Self = Self([0x11, 0xFF]);
    /// The module's own number.
    pub const MODULE: Self = Self([0x12, 0xFF]);
    /// Look for a card.
    pub const FIND: Self = Self([0x20, 0x01]);
    /// Speak to the card that was found.
    pub const SELECT: Self = Self([0x20, 0x02]);
    /// Read text and photograph.
    pub const READ: Self = Self([0x30, 0x01]);

    /// The frame.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        encode(&self.0)
    }
}

/// How an answer ends a command: SW3 of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 90.
    Done,
    /// 9F: a card is there.
    Found,
    /// 80: none is.
    NoCard,
    /// 81: the card does not answer.
    NotSelected,
    /// 31, 32, 33: card and module do not trust each other: forged, damaged, or not of this kind.
    Rejected,
    /// 40: a card of another kind.
    WrongCard,
    /// 41: the card was taken away.
    Moved,
    /// 91: the card has no such item.
    NoSuchItem,
    /// 60: the module is broken.
    SelfTest,
    /// 66: the module's licence is over.
    NotAuthorised,
    /// 10, 11, 21, 24 and what is not known: the command did not arrive as it was sent.
    Other(u8),
}

impl Status {
    /// What SW3 says.
    #[must_use]
    pub const fn of(sw3: u8) -> Self {
        match sw3 {
            0x90 => Self::Done,
            0x9F => Self::Found,
            0x80 => Self::NoCard,
            0x81 => Self::NotSelected,
            0x31..=0x33 => Self::Rejected,
            0x40 => Self::WrongCard,
            0x41 | 0x47 => Self::Moved,
            0x91 => Self::NoSuchItem,
            0x60 => Self::SelfTest,
            0x66 => Self::NotAuthorised,
            other => Self::Other(other),
        }
    }
}

/// A frame around a body: command or status, and data.
#[must_use]
pub fn encode(body: &[u8]) -> Vec<u8> {
    let [.., high, low] = (body.len() + 1).to_be_bytes();
    let mut frame = vec![0xAA, 0xAA, 0xAA, 0x96, 0x69, high, low];
    frame.extend(body);
    frame.push(body.iter().fold(high ^ low, |sum, byte| sum ^ byte));
    frame
}

/// The body of a whole frame.
#[must_use]
pub fn body(frame: &[u8]) -> &[u8] {
    let start = frame.iter().position(|byte| *byte == 0x96).map_or(frame.len(), |at| at + 4);
    frame.get(start..frame.len().saturating_sub(1)).unwrap_or_default()
}

/// The frames out of the bytes, of either side: the three AA may have become fewer or more on the line.
#[derive(Clone, Copy, Debug)]
pub struct Frames;

impl Format for Frames {
    const MAX: usize = MAX_PREAMBLE + 4 + MAX_LENGTH;

    fn look(bytes: &[u8]) -> Look {
        let n = bytes.iter().take_while(|byte| **byte == 0xAA).count();
        if n == 0 || n > MAX_PREAMBLE {
            return Look::Bad;
        }
        match bytes.get(n..).unwrap_or_default() {
            [] | [0x96] | [0x96, 0x69] => Look::Short,
            [0x96, 0x69, high] if usize::from(*high) * 256 <= MAX_LENGTH => Look::Short,
            [0x96, 0x69, high, low, rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
                    return Look::Bad;
                }
                match rest.get(..length) {
                    None => Look::Short,
                    Some(rest) if rest.iter().fold(high ^ low, |sum, byte| sum ^ byte) == 0 => {
                        Look::Whole(n + 4 + length)
                    }
                    Some(_) => Look::Bad,
                }
            }
            _ => Look::Bad,
        }
    }

    fn skip(bytes: &[u8]) -> usize {
        bytes.iter().position(|byte| *byte == 0xAA).unwrap_or(bytes.len())
    }
}

const MAX_PREAMBLE: usize = 8;
/// Two bytes of a command and the check.
const MIN_LENGTH: usize = 3;
const MAX_LENGTH: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::framing;

    #[test]
    fn published_frames_are_made_and_read() {
        for (request, bytes) in [
            (Request::RESET, &b"\xAA\xAA\xAA\x96\x69\x00\x03\x10\xFF\xEC"[..]),
            (Request::STATUS, b"\xAA\xAA\xAA\x96\x69\x00\x03\x11\xFF\xED"),
            (Request::MODULE, b"\xAA\xAA\xAA\x96\x69\x00\x03\x12\xFF\xEE"),
            (Request::FIND, b"\xAA\xAA\xAA\x96\x69\x00\x03\x20\x01\x22"),
            (Request::SELECT, b"\xAA\xAA\xAA\x96\x69\x00\x03\x20\x02\x21"),
            (Request::READ, b"\xAA\xAA\xAA\x96\x69\x00\x03\x30\x01\x32"),
        ] {
            assert_eq!(request.encode(), bytes);
            assert_eq!((Frames::look(bytes), body(bytes)), (Look::Whole(bytes.len()), &request.0[..]));
        }
        for (bytes, status) in [
            (&b"\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x90\x94"[..], Status::Done),
            (b"\xAA\xAA\xAA\x96\x69\x00\x08\x00\x00\x9F\x00\x00\x00\x00\x97", Status::Found),
            (b"\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x80\x84", Status::NoCard),
            (b"\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x81\x85", Status::NotSelected),
            (b"\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x41\x45", Status::Moved),
            (b"\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x91\x95", Status::NoSuchItem),
            (b"\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x10\x14", Status::Other(0x10)),
            (b"\xAA\xAA\xAA\x96\x69\x00\x0C\x00\x00\x90\x00\x00\x00\x00\x00\x00\x00\x00\x9C", Status::Done),
        ] {
            assert_eq!(Frames::look(bytes), Look::Whole(bytes.len()), "{bytes:02X?}");
            assert_eq!(Status::of(body(bytes)[2]), status);
            assert_eq!(encode(body(bytes)), bytes);
        }
    }

    #[test]
    fn a_worn_preamble_is_as_good() {
        let frame = Request::FIND.encode();
        for bytes in [&frame[1..], &frame[2..], &[&[0xAA; 3], &*frame].concat()] {
            assert_eq!(framing::split::<Frames>(bytes, &[]), (vec![bytes.to_vec()], 0));
        }
        let mut torn = frame.clone();
        *torn.last_mut().unwrap() ^= 1;
        assert_eq!(Frames::look(&torn), Look::Bad);
    }

    fn frames() -> impl Strategy<Value = Vec<u8>> {
        vec(any::<u8>(), 2..60).prop_map(|body| encode(&body))
    }

    #[test]
    fn any_chunking_gives_the_same_frames() {
        framing::any_chunking_gives_the_same_frames::<Frames>(frames());
    }

    #[test]
    fn noise_loses_no_good_frame() {
        framing::noise_loses_no_good_frame::<Frames>(frames());
    }
}
