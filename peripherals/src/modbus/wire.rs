//! The two frames around a request or an answer.
//!
//! A serial frame has no length: it is told by its function, and its CRC. What is no frame is skipped byte by byte, as on
//! every other line (`rfid_driver::frame`).

use std::time::Duration;

use rfid_driver::crc::Crc16;
use rfid_driver::frame::{Format, Look};

use super::pdu::{READ_COILS, READ_INPUTS, REFUSED, WRITE_COIL, WRITE_COILS};

/// In what the two ways to a module differ.
pub trait Wire {
    /// How answers are told.
    type Answers: Format;

    /// The frame of a request; what comes before its answer is no answer to it.
    fn ask(&mut self, unit: u8, pdu: &[u8]) -> Vec<u8>;

    /// The answer within a frame, if it can be one to the last request.
    fn hear<'a>(&self, unit: u8, frame: &'a [u8]) -> Option<&'a [u8]>;

    /// The silence between two frames; none where a late answer is told by its number.
    fn silence(&self) -> Option<Duration>;
}

/// A serial line.
#[derive(Clone, Copy, Debug)]
pub struct Rtu {
    silence: Duration,
}

impl Rtu {
    /// A line of this speed.
    pub fn new(baud: u32) -> Self {
        // Eleven bits are a character; above 19200 baud it is fixed (Serial Line, 2.5.1.1).
        let silence = Duration::from_micros(11 * 3_500_000 / u64::from(baud.max(1)));
        Self { silence: silence.max(Duration::from_micros(1750)) }
    }
}

impl Wire for Rtu {
    type Answers = RtuAnswers;

    fn ask(&mut self, unit: u8, pdu: &[u8]) -> Vec<u8> {
        rtu(unit, pdu)
    }

    fn hear<'a>(&self, unit: u8, frame: &'a [u8]) -> Option<&'a [u8]> {
        rtu_pdu(frame).and_then(|(of, pdu)| (of == unit).then_some(pdu))
    }

    fn silence(&self) -> Option<Duration> {
        Some(self.silence)
    }
}

/// TCP.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp {
    transaction: u16,
}

impl Wire for Tcp {
    type Answers = Mbap;

    fn ask(&mut self, unit: u8, pdu: &[u8]) -> Vec<u8> {
        self.transaction = self.transaction.wrapping_add(1);
        mbap(self.transaction, unit, pdu)
    }

    fn hear<'a>(&self, unit: u8, frame: &'a [u8]) -> Option<&'a [u8]> {
        let (transaction, of, pdu) = mbap_pdu(frame)?;
        (transaction == self.transaction && of == unit).then_some(pdu)
    }

    fn silence(&self) -> Option<Duration> {
        None
    }
}

/// A serial frame.
pub fn rtu(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut frame = [&[unit], pdu].concat();
    frame.extend(crc(&frame).to_le_bytes());
    frame
}

/// Unit and content of a serial frame whose CRC is right.
pub fn rtu_pdu(frame: &[u8]) -> Option<(u8, &[u8])> {
    let (body, _) = frame.split_last_chunk::<2>()?;
    body.split_first().map(|(unit, pdu)| (*unit, pdu))
}

/// A frame of TCP.
pub fn mbap(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let length = u16::try_from(pdu.len() + 1).unwrap_or(u16::MAX);
    let head = [transaction.to_be_bytes(), [0, 0], length.to_be_bytes()].concat();
    [&head, &[unit][..], pdu].concat()
}

/// Transaction, unit and content of a frame of TCP.
pub fn mbap_pdu(frame: &[u8]) -> Option<(u16, u8, &[u8])> {
    let ([a, b, _, _, _, _, unit], pdu) = frame.split_first_chunk::<7>()?;
    Some((u16::from_be_bytes([*a, *b]), *unit, pdu))
}

/// Answers on a serial line, of the functions that we ask.
#[derive(Clone, Copy, Debug)]
pub struct RtuAnswers;

impl Format for RtuAnswers {
    const MAX: usize = MAX_RTU;

    fn look(bytes: &[u8]) -> Look {
        let [_, function, rest @ ..] = bytes else { return Look::Short };
        let n = match (*function, rest) {
            (READ_COILS | READ_INPUTS, []) => return Look::Short,
            (READ_COILS | READ_INPUTS, [n, ..]) => 5 + usize::from(*n),
            (WRITE_COIL | WRITE_COILS, _) => 8,
            (function, _) if function & REFUSED != 0 => 5,
            _ => return Look::Bad,
        };
        checked(bytes, n)
    }
}

/// Requests on a serial line: of our functions, and of those that are refused.
#[derive(Clone, Copy, Debug)]
pub struct RtuRequests;

impl Format for RtuRequests {
    const MAX: usize = MAX_RTU;

    fn look(bytes: &[u8]) -> Look {
        let [_, function, rest @ ..] = bytes else { return Look::Short };
        let n = match (*function, rest) {
            (READ_COILS | READ_INPUTS | WRITE_COIL | 0x03 | 0x04 | 0x06, _) => 8,
            (WRITE_COILS | 0x10, [_, _, _, _, n, ..]) => 9 + usize::from(*n),
            (WRITE_COILS | 0x10, _) => return Look::Short,
            _ => return Look::Bad,
        };
        checked(bytes, n)
    }
}

/// Frames of TCP, both ways.
#[derive(Clone, Copy, Debug)]
pub struct Mbap;

impl Format for Mbap {
    const MAX: usize = 260;

    fn look(bytes: &[u8]) -> Look {
        if bytes.iter().skip(2).take(2).any(|byte| *byte != 0) {
            return Look::Bad;
        }
        let [_, _, _, _, a, b, ..] = bytes else { return Look::Short };
        let length = usize::from(u16::from_be_bytes([*a, *b]));
        match length + 6 {
            _ if length < 2 => Look::Bad,
            n if n > Self::MAX => Look::Bad,
            n if bytes.len() < n => Look::Short,
            n => Look::Whole(n),
        }
    }
}

fn checked(bytes: &[u8], n: usize) -> Look {
    match bytes.get(..n) {
        _ if n > MAX_RTU => Look::Bad,
        None => Look::Short,
        Some(frame) => match frame.split_last_chunk::<2>() {
            Some((body, check)) if crc(body).to_le_bytes() == *check => Look::Whole(n),
            Some(_) | None => Look::Bad,
        },
    }
}

fn crc(bytes: &[u8]) -> u16 {
    CRC_A001.update(0xFFFF, bytes)
}

static CRC_A001: Crc16 = Crc16::reflected(0xA001);
/// Serial Line, 2.5.1.
const MAX_RTU: usize = 256;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::framing;

    /// Frames that makers of modules print.
    #[test]
    fn published_frames_are_made_and_read() {
        for frame in [
            &b"\x01\x02\x00\x00\x00\x08\x79\xCC"[..],
            b"\x01\x05\x00\x00\xFF\x00\x8C\x3A",
            b"\x01\x05\x00\x00\x00\x00\xCD\xCA",
            b"\x01\x0F\x00\x00\x00\x08\x01\x00\xFE\x95",
        ] {
            assert_eq!(RtuRequests::look(frame), Look::Whole(frame.len()), "{frame:02X?}");
            let (unit, pdu) = rtu_pdu(frame).unwrap();
            assert_eq!(rtu(unit, pdu), frame);
        }
        let refusal = b"\x01\x82\x02\xC1\x61";
        assert_eq!(RtuAnswers::look(refusal), Look::Whole(5));
        let tcp = b"\x15\x01\x00\x00\x00\x06\xFF\x02\x00\x00\x00\x08";
        assert_eq!(Mbap::look(tcp), Look::Whole(12));
        assert_eq!(mbap_pdu(tcp), Some((0x1501, 0xFF, &b"\x02\x00\x00\x00\x08"[..])));
    }

    #[test]
    fn the_silence_is_that_of_the_specification() {
        let silence = |baud| Rtu::new(baud).silence().unwrap().as_micros();
        assert_eq!([silence(9600), silence(19_200), silence(115_200)], [4010, 2005, 1750]);
    }

    #[test]
    fn an_answer_of_another_transaction_or_unit_is_none() {
        let mut tcp = Tcp::default();
        let first = tcp.ask(1, b"\x02\0\0\0\x08");
        assert_eq!(tcp.hear(1, &first), Some(&b"\x02\0\0\0\x08"[..]));
        assert_eq!(tcp.hear(2, &first), None);
        tcp.ask(1, b"\x02\0\0\0\x08");
        assert_eq!(tcp.hear(1, &first), None);
        assert_eq!(Rtu::new(9600).hear(2, &rtu(1, b"\x02\x01\xFF")), None);
    }

    fn answers() -> impl Strategy<Value = Vec<u8>> {
        let read = (any::<u8>(), vec(any::<u8>(), 1..20)).prop_map(|(unit, bits)| {
            let n = u8::try_from(bits.len()).unwrap();
            rtu(unit, &[&[READ_INPUTS, n], &*bits].concat())
        });
        let refusal = (any::<u8>(), any::<u8>()).prop_map(|(unit, code)| rtu(unit, &[0x82, code]));
        prop_oneof![read, refusal]
    }

    fn requests() -> impl Strategy<Value = Vec<u8>> {
        let pdu = prop_oneof![Just(&b"\x01\0\0\0\x08"[..]), Just(&b"\x0F\0\0\0\x08\x01\xA5"[..])];
        (any::<u8>(), pdu).prop_map(|(unit, pdu)| rtu(unit, pdu))
    }

    fn tcp_frames() -> impl Strategy<Value = Vec<u8>> {
        (any::<u16>(), any::<u8>(), vec(any::<u8>(), 1..20))
            .prop_map(|(transaction, unit, pdu)| mbap(transaction, unit, &pdu))
    }

    #[test]
    fn any_chunking_gives_the_same_frames() {
        framing::any_chunking_gives_the_same_frames::<RtuAnswers>(answers());
        framing::any_chunking_gives_the_same_frames::<RtuRequests>(requests());
        framing::any_chunking_gives_the_same_frames::<Mbap>(tcp_frames());
    }

    #[test]
    fn noise_loses_no_good_frame() {
        framing::noise_loses_no_good_frame::<RtuAnswers>(answers());
        framing::noise_loses_no_good_frame::<RtuRequests>(requests());
    }
}
