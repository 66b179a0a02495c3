//! Answers: what a reader says. Parsed for a host, built by the emulator of a reader.

use super::{Frame, Kind};

/// How a command went. {#reader18.status}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u8);

/// What a tag itself said, in the byte after [`Status::TAG`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagError(pub u8);

/// An answer of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Which reader.
    pub address: u8,
    /// The command that it answers.
    pub command: u8,
    /// How it went.
    pub status: Status,
    /// What follows.
    pub data: &'a [u8],
}

/// A tag in an inventory. The PC word is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The EPC without its PC word.
    pub uii: Box<[u8]>,
    /// Which antenna, from 1, if it is told.
    pub antenna: Option<u8>,
    /// How strong, if it is told. In which unit is not published, so that it is not told on as dBm.
    pub strength: Option<u8>,
}

/// What a reader tells about itself. {#reader18.information}
///
/// ```text
/// version(2) | type | protocols | highest and lowest frequency | power in dBm | scan time in 100 ms | ...
/// ```
/// A 288 tells its antennas and more behind that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Information {
    /// Firmware, major and minor.
    pub version: (u8, u8),
    /// The reader's type.
    pub model: u8,
    /// In dBm.
    pub power: u8,
    /// The longest time of an inventory, in 100 ms.
    pub scan_time: u8,
    /// Whether there is more than an 18 tells.
    pub has_more: bool,
}

impl Status {
    /// Done.
    pub const OK: Self = Self(0x00);
    /// Of an inventory: all is told.
    pub const FINISHED: Self = Self(0x01);
    /// Of an inventory: its time is over; what was heard is told.
    pub const TIMEOUT: Self = Self(0x02);
    /// Of an inventory: more frames follow.
    pub const MORE: Self = Self(0x03);
    /// Of an inventory: the reader's memory was full; what it holds is told.
    pub const FULL: Self = Self(0x04);
    /// Of an inventory: a statistic, if one was asked for.
    pub const STATISTIC: Self = Self(0x26);
    /// Of a report: no tag for a while.
    pub const HEARTBEAT: Self = Self(0x28);
    /// An antenna is missing.
    pub const ANTENNA: Self = Self(0xF8);
    /// No tag.
    pub const NO_TAG: Self = Self(0xFB);
    /// The tag said no: see [`TagError`].
    pub const TAG: Self = Self(0xFC);
    /// The length of the request is wrong.
    pub const LENGTH: Self = Self(0xFD);
    /// The command is not known, or its CRC is wrong.
    pub const ILLEGAL: Self = Self(0xFE);
    /// A parameter is wrong.
    pub const PARAMETER: Self = Self(0xFF);

    /// Whether the reader says that it has not even tried: wrong passwords, wrong parameters. An illegal command is none
    /// of ours: it is one that was garbled on the line.
    pub(super) fn is_no(self) -> bool {
        matches!(self.0, 0x05 | 0x0A..=0x0E | 0x13..=0x14 | 0x19 | 0xF8 | 0xFD | 0xFF)
    }
}

impl TagError {
    /// There is no such word.
    pub const OVERRUN: Self = Self(0x03);
    /// The memory is locked.
    pub const LOCKED: Self = Self(0x04);
    /// Too little power to write.
    pub const POWER: Self = Self(0x0B);
}

impl<'a> Answer<'a> {
    /// The answer in a whole frame; `None` if the frame is not sound or has no status.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let Frame { address, command, data } = Frame::parse(bytes)?;
        let (status, data) = data.split_first()?;
        Some(Self { address, command, status: Status(*status), data })
    }

    /// The frame of the answer.
    pub fn to_bytes(&self) -> Vec<u8> {
        let data = [&[self.status.0], self.data].concat();
        Frame { address: self.address, command: self.command, data: &data }.to_bytes()
    }
}

impl Information {
    /// What an answer to the request for it tells.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let [major, minor, model, _protocols, _high, _low, power, rest @ ..] = data else { return None };
        let scan_time = rest.first().copied().unwrap_or(SCAN_TIME);
        let has_more = rest.len() > 1;
        Some(Self { version: (*major, *minor), model: *model, power: *power, scan_time, has_more })
    }

    /// Which family the reader belongs to: by its type, or if that is not known by how much it tells.
    pub fn kind(&self) -> Kind {
        match self.model {
            0x03 | 0x08 | 0x09 => Kind::Single,
            0x0C | 0x0F | 0x10 | 0x20 | 0x8B => Kind::Multiple,
            _ if self.has_more => Kind::Multiple,
            _ => Kind::Single,
        }
    }

    /// The name of the reader's type.
    pub fn name(&self) -> String {
        match self.model {
            0x03 | 0x08 => "RRU9803M".to_owned(),
            0x09 => "UHFReader18".to_owned(),
            0x0C => "UHFReader288M".to_owned(),
            0x0F | 0x10 => "UHFReader86".to_owned(),
            0x16 => "RRU9883M".to_owned(),
            0x20 => "UHFReader288MP".to_owned(),
            0x8B => "UHFReader288ADV".to_owned(),
            model => format!("UHFReader of type {model:02X}"),
        }
    }
}

/// The tags in the data of one frame of an inventory. {#reader18.inventory}
///
/// ```text
/// 18:           Num | { length EPC }
/// 288: antenna, Num | { length EPC strength }        antenna: 01, 02, 04, 08
/// ```
pub(super) fn heard(kind: Kind, data: &[u8]) -> Option<Vec<Heard>> {
    let (antenna, n, mut rest) = match (kind, data) {
        (_, []) => return Some(Vec::new()),
        (Kind::Single, [n, rest @ ..]) => (None, *n, rest),
        (Kind::Multiple, [antenna, n, rest @ ..]) => (port(*antenna), *n, rest),
        (Kind::Multiple, [_]) => return None,
    };
    let mut tags = Vec::new();
    for _ in 0..n {
        let (length, record) = rest.split_first()?;
        let is_epc = length.is_multiple_of(2) && *length <= MAX_UII;
        let (uii, behind) = record.split_at_checked(usize::from(*length)).filter(|_| is_epc)?;
        let (strength, behind) = match kind {
            Kind::Single => (None, behind),
            Kind::Multiple => behind.split_first().map(|(strength, behind)| (Some(*strength), behind))?,
        };
        tags.push(Heard { uii: uii.into(), antenna, strength });
        rest = behind;
    }
    rest.is_empty().then_some(tags)
}

/// The data of as many frames as these tags need; none for no tags.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn from_heard(kind: Kind, antenna: u8, tags: &[(Vec<u8>, u8)]) -> Vec<Vec<u8>> {
    let mut frames: Vec<(u8, Vec<u8>)> = Vec::new();
    for (uii, strength) in tags {
        let mut record = vec![u8::try_from(uii.len()).unwrap_or(MAX_UII)];
        record.extend(uii);
        if kind == Kind::Multiple {
            record.push(*strength);
        }
        match frames.last_mut() {
            Some((n, records)) if records.len() + record.len() <= MAX_RECORDS => {
                *n += 1;
                records.extend(record);
            }
            Some(_) | None => frames.push((1, record)),
        }
    }
    let head = |n| match kind {
        Kind::Single => vec![n],
        Kind::Multiple => vec![1 << antenna.saturating_sub(1).min(7), n],
    };
    frames.into_iter().map(|(n, records)| [head(n), records].concat()).collect()
}

/// One antenna of the bits that stand for each.
fn port(bits: u8) -> Option<u8> {
    (bits.count_ones() == 1).then(|| u8::try_from(bits.trailing_zeros() + 1).unwrap_or(1))
}

/// The command byte of what a reader tells by itself.
pub(crate) const REPORT: u8 = 0xEE;

/// Bytes of the longest EPC.
const MAX_UII: u8 = 62;
/// What the length byte leaves for the tags of one frame.
#[cfg(any(test, feature = "emulator"))]
const MAX_RECORDS: usize = 248;
/// A second, as the 18 is delivered.
const SCAN_TIME: u8 = 10;
