//! TTCE's K720, K7x0 and D1801, and the CRT-531 and CD-720M: two-letter commands, carried out by ENQ, and states that
//! begin with SF.
//!
//! ```text
//!   K720            02 30 30 00 02 41 50 03 12    address 2 · length 2 · AP · 03 · XOR of all before
//!   without length  02 30 30 41 50 03 10
//!   CD-720M         02 52 46 03 15                no address either
//!   unit            06 [30 30]  15 [30 30]        then the host:  05 [30 30]    and what was asked for is done
//!   states          SF b0 b1 b2 b3 (K720)         SF d1 d2 d3 (CD-720M), each 30 and four bits
//! ```
//! Motions have no answer: the states say how far they are.
//!
//! # Spec
//! Frames and states as several drivers for the K720 in the field agree on them; QU-CD-720M manual, pages 5 to 8. The
//! manual warns that FC4 may damage a CRT-531: it is never sent to that family.

use rfid_driver::frame::{Format, Look};

use super::f2::{ACK, NAK};
use super::{Dialect, Fault, Heard, Motion, Op, Place, State, Stock};

/// Which form the frames have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Address and length.
    #[default]
    K720,
    /// Address alone.
    NoLength,
    /// Neither: CRT-531, CD-720M.
    Cd720,
}

/// The K720 and its kin with an address; `LENGTH`: whether their frames say how long they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct K720<const LENGTH: bool> {
    /// The address, two digits of ASCII.
    pub address: [u8; 2],
    /// How a card is presented: `FC4` holds it at the gate on most, `FC0` on some, `DC` lets it go.
    pub present: &'static [u8],
}

/// The CRT-531 and CD-720M.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cd720;

impl<const LENGTH: bool> Default for K720<LENGTH> {
    fn default() -> Self {
        Self { address: *b"00", present: b"FC4" }
    }
}

impl<const LENGTH: bool> Dialect for K720<LENGTH> {
    type Frames = Addressed<LENGTH>;

    fn command(&self, op: Op) -> Vec<u8> {
        let letters: &[u8] = match op {
            Op::Reset => b"RS",
            Op::Status => b"AP",
            Op::Move(Motion::Feed) => b"FC7",
            Op::Move(Motion::Present) => self.present,
            Op::Move(Motion::Capture) => b"CP",
        };
        let form = if LENGTH { Form::K720 } else { Form::NoLength };
        encode(form, self.address, letters)
    }

    fn hear(&self, frame: &[u8]) -> Option<Heard> {
        match *frame {
            [ACK, a, b] if [a, b] == self.address => Some(Heard::Taken),
            [NAK, a, b] if [a, b] == self.address => Some(Heard::NotTaken),
            [0x02, a, b, ref rest @ .., 0x03, _] if [a, b] == self.address => {
                let text = if LENGTH { rest.get(2..)? } else { rest };
                match *text {
                    [b'S', b'F', b0, b1, b2, b3] => Some(Heard::State(advanced([b0, b1, b2, b3]))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn execute(&self) -> Option<Vec<u8>> {
        Some([&[ENQ][..], &self.address].concat())
    }

    fn confirm(&self) -> Option<Vec<u8>> {
        None
    }

    fn answers_motions(&self) -> bool {
        false
    }
}

impl Dialect for Cd720 {
    type Frames = Bare;

    fn command(&self, op: Op) -> Vec<u8> {
        let letters: &[u8] = match op {
            Op::Reset => b"ST",
            Op::Status => b"RF",
            Op::Move(Motion::Feed) => b"DH",
            Op::Move(Motion::Present) => b"DC",
            Op::Move(Motion::Capture) => b"CP",
        };
        encode(Form::Cd720, [0; 2], letters)
    }

    fn hear(&self, frame: &[u8]) -> Option<Heard> {
        match *frame {
            [ACK] => Some(Heard::Taken),
            [NAK] => Some(Heard::NotTaken),
            [0x02, b'S', b'F', d1, d2, d3, 0x03, _] => Some(Heard::State(basic([d1, d2, d3]))),
            _ => None,
        }
    }

    fn execute(&self) -> Option<Vec<u8>> {
        Some(vec![ENQ])
    }

    fn confirm(&self) -> Option<Vec<u8>> {
        None
    }

    fn answers_motions(&self) -> bool {
        false
    }
}

/// A frame around letters.
#[must_use]
pub fn encode(form: Form, address: [u8; 2], letters: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x02];
    if form != Form::Cd720 {
        frame.extend(address);
    }
    if form == Form::K720 {
        let [.., high, low] = letters.len().to_be_bytes();
        frame.extend([high, low]);
    }
    frame.extend(letters);
    frame.push(0x03);
    frame.push(frame.iter().fold(0, |sum, byte| sum ^ byte));
    frame
}

/// The four bytes of the K720.
fn advanced([b0, b1, b2, b3]: [u8; 4]) -> State {
    let is = |byte: u8, bit: u8| byte & bit != 0;
    let fault = if is(b2, 2) || is(b2, 4) {
        Some(Fault::Jam)
    } else if is(b1, 1) || is(b1, 2) {
        Some(Fault::Missed)
    } else if is(b0, 4) || is(b0, 2) {
        Some(Fault::NotReset)
    } else {
        None
    };
    State {
        stock: stock(is(b3, 8), is(b2, 1)),
        place: match b3 & 7 {
            0 | 4 => Place::Nowhere,
            1 => Place::Gate,
            3 => Place::Reading,
            _ => Place::Between,
        },
        is_bin_full: is(b0, 8) || is(b2, 8),
        is_moving: is(b1, 8) || is(b1, 4) || is(b0, 1),
        fault,
    }
}

/// The three bytes of the CD-720M.
fn basic([d1, d2, d3]: [u8; 3]) -> State {
    let is = |byte: u8, bit: u8| byte & bit != 0;
    let fault = if is(d2, 2) {
        Some(Fault::Jam)
    } else if is(d1, 2) {
        Some(Fault::Missed)
    } else if is(d3, 1) {
        Some(Fault::NotReset)
    } else {
        None
    };
    State {
        stock: stock(is(d3, 8), is(d2, 1)),
        place: match d3 & 6 {
            0 => Place::Nowhere,
            2 => Place::Reading,
            4 => Place::Gate,
            _ => Place::Between,
        },
        is_bin_full: is(d1, 1),
        is_moving: is(d1, 8) || is(d1, 4),
        fault,
    }
}

const fn stock(is_empty: bool, is_low: bool) -> Stock {
    match (is_empty, is_low) {
        (true, _) => Stock::Empty,
        (false, true) => Stock::Low,
        (false, false) => Stock::Enough,
    }
}

/// Frames of either side that have an address.
#[derive(Clone, Copy, Debug)]
pub struct Addressed<const LENGTH: bool>;

impl<const LENGTH: bool> Format for Addressed<LENGTH> {
    const MAX: usize = 40;

    fn look(bytes: &[u8]) -> Look {
        let is_address = bytes.iter().skip(1).take(2).all(u8::is_ascii_digit);
        match *bytes {
            [0x02 | ACK | NAK | ENQ, ..] if !is_address => Look::Bad,
            [ACK | NAK | ENQ, _, _, ..] => Look::Whole(3),
            [0x02, _, _, high, low, ..] if LENGTH => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                if (2..=MAX_LETTERS).contains(&length) { ended(bytes, length + 5) } else { Look::Bad }
            }
            [0x02, _, _, 1..=0xFF, ..] if LENGTH => Look::Bad,
            [0x02, _, _, ..] if !LENGTH => up_to_end(bytes, 3),
            [0x02 | ACK | NAK | ENQ, ..] => Look::Short,
            _ => Look::Bad,
        }
    }
}

/// Frames of either side without an address.
#[derive(Clone, Copy, Debug)]
pub struct Bare;

impl Format for Bare {
    const MAX: usize = 20;

    fn look(bytes: &[u8]) -> Look {
        match *bytes {
            [ACK | NAK | ENQ, ..] => Look::Whole(1),
            [0x02, ..] => up_to_end(bytes, 1),
            _ => Look::Bad,
        }
    }
}

/// A frame whose 03 stands at a place that is known.
fn ended(bytes: &[u8], at: usize) -> Look {
    match bytes.get(..at + 2) {
        Some([frame @ .., 0x03, check]) if frame.iter().fold(0x03, |sum, byte| sum ^ byte) == *check => {
            Look::Whole(at + 2)
        }
        Some(_) => Look::Bad,
        None => Look::Short,
    }
}

/// A frame that ends with the first 03: what stands before it are letters, digits and states.
fn up_to_end(bytes: &[u8], from: usize) -> Look {
    let text = bytes.get(from..).unwrap_or_default();
    let n = text.iter().take_while(|byte| matches!(byte, b'0'..=b'?' | b'A'..=b'Z')).count();
    match text.get(n) {
        Some(0x03) if (2..=MAX_LETTERS).contains(&n) => ended(bytes, from + n),
        None if n <= MAX_LETTERS => Look::Short,
        Some(_) | None => Look::Bad,
    }
}

pub(crate) const ENQ: u8 = 0x05;
const MAX_LETTERS: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::framing;

    #[test]
    fn published_commands_are_made() {
        let k720 = K720::<true>::default();
        for (op, bytes) in [
            (Op::Reset, &b"\x02\x30\x30\x00\x02\x52\x53\x03\x02"[..]),
            (Op::Status, b"\x02\x30\x30\x00\x02\x41\x50\x03\x12"),
            (Op::Move(Motion::Feed), b"\x02\x30\x30\x00\x03\x46\x43\x37\x03\x30"),
            (Op::Move(Motion::Present), b"\x02\x30\x30\x00\x03\x46\x43\x34\x03\x33"),
            (Op::Move(Motion::Capture), b"\x02\x30\x30\x00\x02\x43\x50\x03\x10"),
        ] {
            assert_eq!(k720.command(op), bytes, "{op:?}");
        }
        assert_eq!(k720.execute(), Some(b"\x0500".to_vec()));
        let short = K720::<false>::default();
        assert_eq!(short.command(Op::Status), b"\x02\x30\x30\x41\x50\x03\x10");
        assert_eq!(short.command(Op::Move(Motion::Feed)), b"\x02\x30\x30\x46\x43\x37\x03\x33");
        for (op, bytes) in [
            (Op::Move(Motion::Present), b"\x02\x44\x43\x03\x06"),
            (Op::Move(Motion::Capture), b"\x02\x43\x50\x03\x12"),
            (Op::Status, b"\x02\x52\x46\x03\x15"),
            (Op::Reset, b"\x02\x53\x54\x03\x06"),
            (Op::Move(Motion::Feed), b"\x02\x44\x48\x03\x0D"),
        ] {
            assert_eq!(Cd720.command(op), bytes, "{op:?}");
        }
    }

    #[test]
    fn published_states_are_read() {
        let ready = State::default();
        for (states, expected) in [
            (b"0004", ready),
            (b"0003", State { place: Place::Reading, ..ready }),
            (b"0008", State { stock: Stock::Empty, ..ready }),
            (b"0018", State { stock: Stock::Empty, ..ready }),
            (b"0010", State { stock: Stock::Low, ..ready }),
            (b"0020", State { fault: Some(Fault::Jam), ..ready }),
            (b"8000", State { is_bin_full: true, ..ready }),
            (b"0801", State { is_moving: true, place: Place::Gate, ..ready }),
            (b"000;", State { stock: Stock::Empty, place: Place::Reading, ..ready }),
            (b"0006", State { place: Place::Between, ..ready }),
        ] {
            let frame = encode(Form::K720, *b"00", &[b"SF", &states[..]].concat());
            assert_eq!(K720::<true>::default().hear(&frame), Some(Heard::State(expected)), "{states:?}");
        }
        let published = b"\x02\x30\x30\x00\x06\x53\x46\x30\x30\x30\x33\x03\x11";
        assert_eq!(Addressed::<true>::look(published), Look::Whole(published.len()));
        for (states, expected) in [
            (b"000", ready),
            (b"004", State { place: Place::Gate, ..ready }),
            (b"002", State { place: Place::Reading, ..ready }),
            (b"008", State { stock: Stock::Empty, ..ready }),
            (b"010", State { stock: Stock::Low, ..ready }),
            (b"020", State { fault: Some(Fault::Jam), ..ready }),
            (b"100", State { is_bin_full: true, ..ready }),
            (b"200", State { fault: Some(Fault::Missed), ..ready }),
            (b"800", State { is_moving: true, ..ready }),
            (b"001", State { fault: Some(Fault::NotReset), ..ready }),
        ] {
            let frame = encode(Form::Cd720, [0; 2], &[b"SF", &states[..]].concat());
            assert_eq!(Cd720.hear(&frame), Some(Heard::State(expected)), "{states:?}");
        }
    }

    fn frames(form: Form) -> impl Strategy<Value = Vec<u8>> {
        "[A-Z0-9:;<=>?]{2,8}".prop_map(move |letters| encode(form, *b"07", letters.as_bytes()))
    }

    #[test]
    fn any_chunking_gives_the_same_frames() {
        framing::any_chunking_gives_the_same_frames::<Addressed<true>>(frames(Form::K720));
        framing::any_chunking_gives_the_same_frames::<Addressed<false>>(frames(Form::NoLength));
        framing::any_chunking_gives_the_same_frames::<Bare>(frames(Form::Cd720));
    }

    #[test]
    fn noise_loses_no_good_frame() {
        framing::noise_loses_no_good_frame::<Addressed<true>>(frames(Form::K720));
        framing::noise_loses_no_good_frame::<Addressed<false>>(frames(Form::NoLength));
        framing::noise_loses_no_good_frame::<Bare>(frames(Form::Cd720));
    }
}
