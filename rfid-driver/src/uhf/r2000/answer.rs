//! Answers: what a reader says. Parsed for a host, built by the emulator of a reader.

use super::Frame;
use crate::uhf::{Epc, Sighting};

/// The error code of an answer. {#r2000.error}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u8);

/// One frame of the answer to an inventory. {#r2000.inventory}
///
/// ```text
/// a tag       FreqAnt | PC(2) | EPC | RSSI      FreqAnt: frequency index in bits 7-2, antenna in bits 1-0
/// the end     seven bytes: antenna, rate and number; or, of a fast switch, number and duration
/// an error    code, or, of a fast switch, antenna and code
/// ```
/// A tag's frame never has seven bytes: an EPC has an even number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A tag.
    Tag(Sighting),
    /// All tags were told.
    End,
    /// It could not be carried out, or heard nothing.
    Error(Status),
}

/// The answer about one tag of a read or a write. {#r2000.access}
///
/// ```text
/// TagCount(2) | DataLen | PC(2) EPC CRC(2) [data] | ReadLen, or error code | antenna | count
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access<'a> {
    /// How many tags answer, each in a frame.
    pub n_tags: u16,
    /// PC word, EPC, CRC, and of a read the words.
    pub record: &'a [u8],
    /// Of a read the bytes of the words, of a write the error code.
    pub last: u8,
    /// The antenna, from 1.
    pub antenna: u8,
}

impl Status {
    /// Done.
    pub const OK: Self = Self(0x10);
    /// Not done.
    pub const FAIL: Self = Self(0x11);
    /// No antenna is connected.
    pub const ANTENNA_MISSING: Self = Self(0x22);
    /// A tag could not be read.
    pub const READ: Self = Self(0x32);
    /// A tag could not be written.
    pub const WRITE: Self = Self(0x33);
    /// No tag was heard.
    pub const NO_TAG: Self = Self(0x36);
    /// The tag refuses: the password is wrong, or it is locked.
    pub const ACCESS: Self = Self(0x40);
    /// A parameter is wrong.
    pub const PARAMETER: Self = Self(0x41);
    /// The number of words is wrong.
    pub const WORD_COUNT: Self = Self(0x42);
    /// There is no such bank.
    pub const BANK: Self = Self(0x43);
    /// There is no such antenna.
    pub const ANTENNA: Self = Self(0x47);
    /// The reader has no such power.
    pub const POWER: Self = Self(0x48);
    /// There is no such beeper mode.
    pub const BEEPER: Self = Self(0x4B);
    /// The length of an EPC to match is wrong.
    pub const MATCH_LENGTH: Self = Self(0x4D);
    /// The mode of matching is wrong.
    pub const MATCH_MODE: Self = Self(0x4E);

    /// Whether the reader says that it has not even tried: its own faults, wrong parameters, a tag that is locked.
    pub(super) fn is_no(self) -> bool {
        matches!(self.0, 0x20..=0x25 | 0x40..=0x4F | 0x51 | 0x55..=0x56)
    }
}

impl Told {
    /// What a frame of an inventory's answer tells; `None` if it is none.
    pub fn parse(data: &[u8]) -> Option<Self> {
        match data {
            [code] | [_, code] => Some(Self::Error(Status(*code))),
            [_, _, _, _, _, _, _] => Some(Self::End),
            [freq_ant, pc_and_uii @ .., rssi] => {
                let epc = Epc::reported(pc_and_uii)?;
                let is_whole = epc.uii().len() == epc.pc().n_words() * 2;
                is_whole.then(|| {
                    Self::Tag(Sighting { epc, rssi: dbm(*rssi), antenna: Some(antenna(*freq_ant, *rssi)) })
                })
            }
            [] => None,
        }
    }
}

impl<'a> Access<'a> {
    /// The answer about a tag; `None` if its lengths contradict each other.
    pub fn parse(data: &'a [u8]) -> Option<Self> {
        let [high, low, length, rest @ ..] = data else { return None };
        let (record, [last, antenna_id, count]) = rest.split_at_checked(usize::from(*length))? else {
            return None;
        };
        let n_tags = u16::from_be_bytes([*high, *low]);
        Some(Self { n_tags, record, last: *last, antenna: antenna(*antenna_id, *count) })
    }

    /// Of a read: the EPC without its PC word, and the words.
    pub fn words(&self) -> Option<(&'a [u8], &'a [u8])> {
        let at = self.record.len().checked_sub(usize::from(self.last))?;
        let (tag, words) = self.record.split_at_checked(at)?;
        Some((uii(tag)?, words))
    }

    /// Of a write: the EPC without its PC word, and the error code.
    pub fn written(&self) -> Option<(&'a [u8], Status)> {
        Some((uii(self.record)?, Status(self.last)))
    }
}

/// The EPC between PC word and CRC. The CRC is not checked: the published frames have one of another PC word.
fn uii(tag: &[u8]) -> Option<&[u8]> {
    let [_, _, uii @ .., _, _] = tag else { return None };
    Some(uii)
}

/// Bits 1-0 of one byte, and on readers with eight antennas the highest bit of another. {#r2000.antenna}
fn antenna(low: u8, high: u8) -> u8 {
    (low & 3) + (high >> 7) * 4 + 1
}

/// The strength in dBm is the byte without its highest bit, less 129. {#r2000.rssi}
fn dbm(rssi: u8) -> Option<i8> {
    i8::try_from(i16::from(rssi & 0x7F) - RSSI_OFFSET).ok()
}

/// The version in the data of the answer to a firmware request.
pub(super) fn version(data: &[u8]) -> Option<String> {
    let [major, minor] = data else { return None };
    Some(format!("{major}.{minor}"))
}

/// The error code of a frame that is nothing else.
pub(super) fn status(frame: &Frame<'_>) -> Option<Status> {
    let [code] = frame.data else { return None };
    Some(Status(*code))
}

/// The data of a tag's frame in an inventory.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn from_tag(epc: &Epc, frequency: u8, antenna: u8, rssi: i8) -> Vec<u8> {
    let port = antenna.saturating_sub(1);
    let strength = u8::try_from((i16::from(rssi) + RSSI_OFFSET).clamp(0, 0x7F)).unwrap_or(0);
    let mut data = vec![frequency << 2 | port & 3];
    data.extend(epc.pc().0.to_be_bytes());
    data.extend(epc.uii());
    data.push(strength | (port >> 2) << 7);
    data
}

/// The data of the answer about one tag: `words` of a read, or none and what came of a write.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn from_access(n_tags: u16, epc: &Epc, words: &[u8], last: u8, antenna: u8) -> Vec<u8> {
    let mut record = epc.pc().0.to_be_bytes().to_vec();
    record.extend(epc.uii());
    record.extend(epc.bank().crc().to_be_bytes());
    record.extend(words);
    let port = antenna.saturating_sub(1);
    let mut data = n_tags.to_be_bytes().to_vec();
    data.push(u8::try_from(record.len()).unwrap_or(u8::MAX));
    data.extend(record);
    data.extend([last, port & 3, 1 | (port >> 2) << 7]);
    data
}

const RSSI_OFFSET: i16 = 129;
