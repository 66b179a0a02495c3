//! Answers: what a module says. Parsed for a host, built by the emulator of a module.

use super::{Frame, STATUS_SIZE};
use crate::uhf::{Epc, Sighting};

/// How it went. {#mercury.status}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

/// An answer of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The operation that it answers.
    pub opcode: u8,
    /// How it went.
    pub status: Status,
    /// What follows.
    pub data: Vec<u8>,
}

/// What is told of a tag, each if its bit of the metadata flags is set; then its EPC. {#mercury.record}
///
/// ```text
/// 0001 times read 1 | 0002 dBm 1 | 0004 antenna 1 | 0008 kHz 3 | 0010 ms 4 | 0020 phase 2 | 0040 protocol 1
/// 0080 bits of data 2, data | 0100 pins 1 | 0200 Q 1 | 0400 link 1 | 0800 target 1 | 1000 brand 2 | 2000 type 1..
/// bits of what follows 2 | PC word 2 | EPC | CRC 2
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(pub Sighting);

impl Status {
    /// Done.
    pub const OK: Self = Self(0x0000);
    /// The module does not know the opcode.
    pub const OPCODE: Self = Self(0x0101);
    /// A parameter is wrong.
    pub const PARAMETER: Self = Self(0x0105);
    /// No tag was heard.
    pub const NO_TAGS: Self = Self(0x0400);
    /// The tag's own errors, as Gen2 numbers them, in the low four bits.
    pub const TAG: Self = Self(0x0420);
    /// The buffer holds no more tags.
    pub const BUFFER_EMPTY: Self = Self(0x0600);

    /// The upper bytes that there are.
    pub(super) const CLASSES: [u8; 9] = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x7F];

    /// The tag's own error.
    pub fn of_tag(error: u8) -> Self {
        Self(Self::TAG.0 | u16::from(error & 0x0F))
    }

    /// The error that the tag itself has told.
    pub fn tag(self) -> Option<u8> {
        let [_, low] = self.0.to_be_bytes();
        (self.0 & 0xFFF0 == Self::TAG.0).then_some(low & 0x0F)
    }

    /// The status in one byte: its low one, with the class in the upper half where that is not the tags'.
    pub(super) fn short(self) -> u8 {
        let [class, low] = self.0.to_be_bytes();
        if class == 0x04 { low } else { class << 4 | low & 0x0F }
    }
}

impl Answer {
    /// The answer in a whole frame; `None` if the frame is not sound.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let Frame { opcode, data } = Frame::parse_behind(bytes, STATUS_SIZE)?;
        let (status, data) = data.split_first_chunk()?;
        Some(Self { opcode, status: Status(u16::from_be_bytes(*status)), data: data.to_vec() })
    }

    /// The frame of the answer.
    pub fn to_bytes(&self) -> Vec<u8> {
        let data = [&self.status.0.to_be_bytes(), self.data.as_slice()].concat();
        Frame { opcode: self.opcode, data: &data }.to_bytes_behind(STATUS_SIZE)
    }
}

impl Record {
    /// The first record in the bytes, and what follows it.
    pub fn parse(flags: u16, bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (mut rest, mut rssi, mut antenna) = (bytes, None, None);
        for (flag, size) in FIELDS {
            if flags & flag == 0 {
                continue;
            }
            let n = match (flag, rest) {
                (DATA, &[high, low, ..]) => 2 + data_size(u16::from_be_bytes([high, low])),
                (TYPE, bytes) => bytes.iter().position(|byte| byte & CONTINUES == 0)? + 1,
                _ => size,
            };
            let (field, others) = rest.split_at_checked(n)?;
            rest = others;
            match (flag, field) {
                (RSSI, [byte]) => rssi = Some(byte.cast_signed()),
                (ANTENNA, [byte]) => antenna = Some(byte >> 4),
                _ => {}
            }
        }
        let (n_bits, rest) = rest.split_first_chunk()?;
        let (epc, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*n_bits)).div_ceil(8))?;
        let (epc, _crc) = epc.split_last_chunk::<2>()?;
        Some((Self(Sighting { epc: Epc::reported(epc)?, rssi, antenna }), rest))
    }

    /// The record's bytes; what a sighting does not tell is as of a tag that was read once.
    pub fn to_bytes(&self, flags: u16) -> Vec<u8> {
        let Self(Sighting { epc, rssi, antenna }) = self;
        let antenna = antenna.unwrap_or_default();
        let mut bytes = Vec::new();
        for (flag, size) in FIELDS.into_iter().filter(|(flag, _)| flags & flag != 0) {
            match flag {
                COUNT => bytes.push(1),
                RSSI => bytes.push(rssi.unwrap_or_default().cast_unsigned()),
                ANTENNA => bytes.push(antenna << 4 | antenna & 0x0F),
                FREQUENCY => bytes.extend(CHANNEL_KHZ),
                PROTOCOL => bytes.push(GEN2),
                _ => bytes.extend(std::iter::repeat_n(0, size)),
            }
        }
        let bank = epc.bank();
        // 66 bytes at most.
        let n_bits = u16::try_from((bank.uii.len() + 4) * 8).unwrap_or(u16::MAX);
        bytes.extend(n_bits.to_be_bytes());
        bytes.extend(epc.pc().0.to_be_bytes());
        bytes.extend(bank.uii);
        bytes.extend(bank.crc().to_be_bytes());
        bytes
    }
}

/// The tags in a part of the buffer: flags, option, number, records. {#mercury.buffer}
pub(super) fn buffer(data: &[u8]) -> Option<Vec<Sighting>> {
    let ([high, low, _option, n], mut rest) = data.split_first_chunk()?;
    let flags = u16::from_be_bytes([*high, *low]);
    let mut tags = Vec::new();
    for _ in 0..*n {
        let (Record(sighting), others) = Record::parse(flags, rest)?;
        tags.push(sighting);
        rest = others;
    }
    rest.is_empty().then_some(tags)
}

/// Bytes of embedded data: none but two bytes of error if it failed.
fn data_size(n_bits: u16) -> usize {
    if n_bits & DATA_FAILED != 0 { 2 } else { usize::from(n_bits).div_ceil(8) }
}

const COUNT: u16 = 0x0001;
/// Signal strength.
pub(super) const RSSI: u16 = 0x0002;
/// Antenna: the port that sends in the upper half, the one that receives in the lower.
pub(super) const ANTENNA: u16 = 0x0004;
const FREQUENCY: u16 = 0x0008;
const PROTOCOL: u16 = 0x0040;
const DATA: u16 = 0x0080;
const TYPE: u16 = 0x2000;
/// Flag and size of each field, in their order.
const FIELDS: [(u16, usize); 14] = [
    (COUNT, 1),
    (RSSI, 1),
    (ANTENNA, 1),
    (FREQUENCY, 3),
    (0x0010, 4),
    (0x0020, 2),
    (PROTOCOL, 1),
    (DATA, 2),
    (0x0100, 1),
    (0x0200, 1),
    (0x0400, 1),
    (0x0800, 1),
    (0x1000, 2),
    (TYPE, 1),
];
/// In the number of bits of embedded data.
const DATA_FAILED: u16 = 0x8000;
/// In a byte of the tag's type: another follows.
const CONTINUES: u8 = 0x80;
/// 923.2 MHz, as in SparkFun's session.
const CHANNEL_KHZ: [u8; 3] = [0x0E, 0x16, 0x40];
const GEN2: u8 = 0x05;
