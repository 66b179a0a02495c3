//! Creator's CRT-571 and CRT-591, and their kin: frames that begin with F2.
//!
//! ```text
//!   host   F2 address · length 2 | 43 command parameter data         | 03 check     length of what stands between
//!   unit   06 arrived   15 not                                                      the bars, big-endian;
//!          F2 address · length 2 | 50 command parameter st0 st1 st2 data | 03 check  check: XOR of all before it
//!          F2 address · length 2 | 4E command parameter e1 e0            | 03 check
//!   host   06 after each answer
//! ```
//! # Spec
//! CRT-591-M001 communication protocol 1.0: 1.3 frames, 1.4 link, 2.1 states, 2.2 errors. Its text prints 45 as the head
//! of a failure, units send 4E: both are taken.

use rfid_driver::frame::{Format, Look};

use super::{Dialect, Fault, Heard, Motion, Op, Place, State, Stock};

/// The family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct F2 {
    /// The address on its switches, 0 to 15.
    pub address: u8,
    /// The parameter by which a card is presented: 30 holds it at the gate; 39 throws it out, and into the bin on some.
    pub present: u8,
}

impl Default for F2 {
    fn default() -> Self {
        Self { address: 0, present: b'0' }
    }
}

impl Dialect for F2 {
    type Frames = Frames;

    fn command(&self, op: Op) -> Vec<u8> {
        let (command, parameter) = match op {
            Op::Reset => (b'0', b'3'),
            Op::Status => (b'1', b'0'),
            Op::Move(Motion::Feed) => (b'2', b'2'),
            Op::Move(Motion::Present) => (b'2', self.present),
            Op::Move(Motion::Capture) => (b'2', b'3'),
        };
        encode(self.address, &[b'C', command, parameter])
    }

    fn hear(&self, frame: &[u8]) -> Option<Heard> {
        match *frame {
            [ACK] => Some(Heard::Taken),
            [NAK] => Some(Heard::NotTaken),
            [0xF2, address, _, _, ref text @ .., 0x03, _] if address == self.address => match *text {
                [b'P', b'1', b'0', st0, st1, st2, ..] => state(st0, st1, st2).map(Heard::State),
                [b'P', ..] => Some(Heard::Done),
                [b'N' | 0x45, _, _, e1, e0, ..] => Some(Heard::Refused(fault([e1, e0]))),
                _ => None,
            },
            _ => None,
        }
    }

    fn execute(&self) -> Option<Vec<u8>> {
        None
    }

    fn confirm(&self) -> Option<Vec<u8>> {
        Some(vec![ACK])
    }

    fn answers_motions(&self) -> bool {
        true
    }
}

/// A frame around a text.
#[must_use]
pub fn encode(address: u8, text: &[u8]) -> Vec<u8> {
    let [.., high, low] = text.len().to_be_bytes();
    let mut frame = vec![0xF2, address, high, low];
    frame.extend(text);
    frame.push(0x03);
    frame.push(frame.iter().fold(0, |sum, byte| sum ^ byte));
    frame
}

fn state(st0: u8, st1: u8, st2: u8) -> Option<State> {
    let place = match st0 {
        b'0' => Place::Nowhere,
        b'1' => Place::Gate,
        b'2' => Place::Reading,
        _ => return None,
    };
    let stock = match st1 {
        b'0' => Stock::Empty,
        b'1' => Stock::Low,
        b'2' => Stock::Enough,
        _ => return None,
    };
    Some(State { stock, place, is_bin_full: st2 == b'1', is_moving: false, fault: None })
}

fn fault(code: [u8; 2]) -> Fault {
    match &code {
        b"10" | b"12" | b"13" | b"14" | b"16" | b"43" | b"51" => Fault::Jam,
        b"A0" => Fault::Empty,
        b"A1" | b"50" => Fault::BinFull,
        b"02" | b"45" | b"B0" => Fault::NotReset,
        _ => Fault::Code(code),
    }
}

/// Frames and single bytes of either side.
#[derive(Clone, Copy, Debug)]
pub struct Frames;

impl Format for Frames {
    const MAX: usize = 1024;

    fn look(bytes: &[u8]) -> Look {
        match *bytes {
            [ACK | NAK | EOT, ..] => Look::Whole(1),
            [0xF2] => Look::Short,
            [0xF2, 0x10..=0xFF, ..] => Look::Bad,
            [0xF2, _] | [0xF2, _, 0..=3] => Look::Short,
            [0xF2, _, high, low, ref rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                if !(3..=Self::MAX - 6).contains(&length) {
                    return Look::Bad;
                }
                if rest.first().is_some_and(|head| !matches!(head, b'C' | b'P' | b'N' | 0x45)) {
                    return Look::Bad;
                }
                match bytes.get(..length + 6) {
                    None => Look::Short,
                    Some([frame @ .., 0x03, check]) => {
                        let sum = frame.iter().fold(0x03, |sum, byte| sum ^ byte);
                        if sum == *check { Look::Whole(length + 6) } else { Look::Bad }
                    }
                    Some(_) => Look::Bad,
                }
            }
            _ => Look::Bad,
        }
    }
}

pub(crate) const ACK: u8 = 0x06;
pub(crate) const NAK: u8 = 0x15;
const EOT: u8 = 0x04;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::framing;

    #[test]
    fn published_commands_are_made() {
        let unit = F2::default();
        for (op, bytes) in [
            (Op::Reset, &b"\xF2\x00\x00\x03\x43\x30\x33\x03\xB2"[..]),
            (Op::Status, b"\xF2\x00\x00\x03\x43\x31\x30\x03\xB0"),
            (Op::Move(Motion::Feed), b"\xF2\x00\x00\x03\x43\x32\x32\x03\xB1"),
            (Op::Move(Motion::Present), b"\xF2\x00\x00\x03\x43\x32\x30\x03\xB3"),
            (Op::Move(Motion::Capture), b"\xF2\x00\x00\x03\x43\x32\x33\x03\xB0"),
        ] {
            assert_eq!(unit.command(op), bytes, "{op:?}");
            assert_eq!(Frames::look(bytes), Look::Whole(bytes.len()));
        }
        let thrower = F2 { present: b'9', ..unit };
        assert_eq!(thrower.command(Op::Move(Motion::Present)), b"\xF2\x00\x00\x03\x43\x32\x39\x03\xBA");
    }

    #[test]
    fn published_answers_are_read() {
        let enough = State { stock: Stock::Enough, ..State::default() };
        for (bytes, expected) in [
            (&b"\x06"[..], Heard::Taken),
            (b"\x15", Heard::NotTaken),
            (b"\xF2\x00\x00\x06\x50\x31\x30\x30\x32\x30\x03\x94", Heard::State(enough)),
            (b"\xF2\x00\x00\x06\x50\x32\x32\x32\x32\x30\x03\x97", Heard::Done),
            (b"\xF2\x00\x00\x12\x50\x30\x33\x30\x32\x30CRT-591-M001\x03\x86", Heard::Done),
            (b"\xF2\x00\x00\x05\x4E\x32\x32\x41\x30\x03\xCB", Heard::Refused(Fault::Empty)),
            (b"\xF2\x00\x00\x05\x4E\x32\x39\x31\x30\x03\xB0", Heard::Refused(Fault::Jam)),
            (b"\xF2\x00\x00\x05\x4E\x31\x30\x42\x30\x03\xC9", Heard::Refused(Fault::NotReset)),
        ] {
            assert_eq!(Frames::look(bytes), Look::Whole(bytes.len()), "{bytes:02X?}");
            assert_eq!(F2::default().hear(bytes), Some(expected), "{bytes:02X?}");
        }
        let other = F2 { address: 1, ..F2::default() };
        assert_eq!(other.hear(b"\xF2\x00\x00\x06\x50\x31\x30\x30\x32\x30\x03\x94"), None, "another's answer");
    }

    fn frames() -> impl Strategy<Value = Vec<u8>> {
        (0_u8..16, prop_oneof![Just(b'C'), Just(b'P'), Just(b'N')], vec(any::<u8>(), 2..40))
            .prop_map(|(address, head, rest)| encode(address, &[&[head], &*rest].concat()))
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
