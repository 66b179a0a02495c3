//! Answers: what a reader says. Parsed for a host, built by the emulator of a reader.

use super::{Form, Frame, reverse_blocks};
use crate::hf::{Identity, Refusal, Sighting, SystemInformation};
use crate::tag::{Afi, Dsfid, Uid};

/// The status byte of an answer. {#obid.status}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u8);

/// An answer of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The form of the frame.
    pub form: Form,
    /// The reader's bus address.
    pub address: u8,
    /// The command that it answers.
    pub command: u8,
    /// How it went.
    pub status: Status,
    /// What follows the status.
    pub data: Vec<u8>,
}

impl Status {
    /// Done.
    pub const OK: Self = Self(0x00);
    /// No tag was heard.
    pub const NO_TRANSPONDER: Self = Self(0x01);
    /// The tag's answer was garbled on air.
    pub const DATA_FALSE: Self = Self(0x02);
    /// The tag did not take what was written.
    pub const WRITE_ERROR: Self = Self(0x03);
    /// There is no such block.
    pub const ADDRESS_ERROR: Self = Self(0x04);
    /// A parameter is out of range.
    pub const PARAMETER_RANGE: Self = Self(0x11);
    /// The command is not known.
    pub const UNKNOWN_COMMAND: Self = Self(0x80);
    /// The request has the wrong length.
    pub const LENGTH_ERROR: Self = Self(0x81);
    /// Anticollision was not finished.
    pub const RF_COMMUNICATION: Self = Self(0x83);
    /// Something may disturb the field; data follow.
    pub const RF_WARNING: Self = Self(0x84);
    /// More tags than the reader can hold.
    pub const BUFFER_OVERFLOW: Self = Self(0x93);
    /// More tags than the answer can hold: ask again with MORE.
    pub const MORE_DATA: Self = Self(0x94);
    /// The tag answered with an error; its code follows.
    pub const ISO_15693_ERROR: Self = Self(0x95);
}

impl Answer {
    /// The answer in a whole frame; `None` if the frame is not sound or has no status.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let Frame { form, address, command, body } = Frame::parse(bytes)?;
        let (status, data) = body.split_first()?;
        Some(Self { form, address, command, status: Status(*status), data: data.to_vec() })
    }

    /// The frame of the answer.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body: Vec<u8> = [self.status.0].into_iter().chain(self.data.iter().copied()).collect();
        Frame { form: self.form, address: self.address, command: self.command, body: &body }.to_bytes()
    }

    /// The tag's error code, if that is what the answer is about.
    pub fn tag_error(&self) -> Option<u8> {
        if self.status == Status::ISO_15693_ERROR { self.data.first().copied() } else { None }
    }

    /// The no that the answer is; of a write of blocks, the block where it ended follows. {#obid.failing-block}
    pub(super) fn refusal(&self, of_blocks: bool) -> Refusal {
        let tag = self.tag_error();
        let block = match (self.status, self.data.as_slice()) {
            (Status::WRITE_ERROR, [block, ..]) | (Status::ISO_15693_ERROR, [_, block, ..]) if of_blocks => {
                Some(*block)
            }
            _ => None,
        };
        let is_locked = tag.is_some_and(|error| LOCKED.contains(&error));
        Refusal { status: self.status.0, tag, block, is_locked }
    }
}

/// The tags in the data of an inventory. Tags of other air interfaces end the list: their records have other lengths.
pub(super) fn sightings(data: &[u8]) -> Option<Vec<Sighting>> {
    let (n, records) = match data {
        [] => return Some(Vec::new()),
        [n, records @ ..] => (usize::from(*n), records),
    };
    let (records, _) = records.as_chunks::<10>();
    let tags = records.iter().take(n).map_while(|record| match record {
        [ISO_15693, dsfid, uid @ ..] => Some(Sighting { uid: Uid(*uid), dsfid: Some(Dsfid(*dsfid)) }),
        _ => None,
    });
    (records.len() >= n).then(|| tags.collect())
}

/// The data of an inventory.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn from_sightings(tags: &[Sighting]) -> Vec<u8> {
    let records =
        tags.iter().flat_map(|tag| [ISO_15693, dsfid(tag.dsfid)].into_iter().chain(tag.uid.bytes()));
    [u8::try_from(tags.len()).unwrap_or(u8::MAX)].into_iter().chain(records).collect()
}

/// System information. A block size that is no power of two tells that this firmware counts from 0.
pub(super) fn system_information(data: &[u8]) -> Option<SystemInformation> {
    let [dsfid, uid @ .., afi, block_size, n_blocks, _ic] = data else { return None };
    let from_0 = u8::from(!block_size.is_power_of_two());
    Some(SystemInformation {
        uid: Uid(uid.try_into().ok()?),
        dsfid: Some(Dsfid(*dsfid)),
        afi: Afi(*afi),
        block_size: block_size.saturating_add(from_0),
        n_blocks: Some(n_blocks.saturating_add(from_0)),
    })
}

/// The data of system information.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn from_system_information(system: &SystemInformation) -> Vec<u8> {
    let mut data = vec![dsfid(system.dsfid)];
    data.extend(system.uid.bytes());
    data.extend([system.afi.0, system.block_size, system.n_blocks.unwrap_or(0), IC_REFERENCE]);
    data
}

/// The DSFID byte of a tag; 00 stands for none.
#[cfg(any(test, feature = "emulator"))]
fn dsfid(dsfid: Option<Dsfid>) -> u8 {
    dsfid.map_or(0, |dsfid| dsfid.0)
}

/// Block size, memory bytes and lock bits in the data of a read.
pub(super) fn blocks(data: &[u8]) -> Option<(u8, Vec<u8>, Vec<bool>)> {
    let [n, block_size, records @ ..] = data else { return None };
    let size = usize::from(*block_size);
    if *block_size == 0 || records.len() != usize::from(*n) * (size + 1) {
        return None;
    }
    let mut bytes: Vec<u8> =
        records.chunks(size + 1).flat_map(|record| record.iter().skip(1)).copied().collect();
    reverse_blocks(&mut bytes, size);
    let locked = records.chunks(size + 1).map(|record| record.first().is_some_and(|bits| bits & 1 == 1));
    Some((*block_size, bytes, locked.collect()))
}

/// The data of a read, `locked` telling of each block whether it is.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn from_blocks(block_size: u8, bytes: &[u8], locked: impl Fn(usize) -> bool) -> Vec<u8> {
    let size = usize::from(block_size.max(1));
    let records = bytes.chunks(size).enumerate();
    let n = u8::try_from(bytes.len() / size).unwrap_or(u8::MAX);
    [n, block_size]
        .into_iter()
        .chain(
            records.flat_map(|(at, block)| {
                [u8::from(locked(at))].into_iter().chain(block.iter().rev().copied())
            }),
        )
        .collect()
}

/// Model and firmware in the data of a software version.
pub(super) fn identity(data: &[u8]) -> Option<(u8, Identity)> {
    let [major, minor, _development, _hardware, software, _types @ ..] = data else { return None };
    let model = MODELS.iter().find(|(code, _)| code == software);
    let model =
        model.map_or_else(|| format!("FEIG reader type {software:02X}"), |(_, name)| (*name).to_owned());
    Some((*software, Identity { model, firmware: format!("{major:02X}.{minor:02X}") }))
}

/// Errors of a tag: already locked; locked, and not changed.
const LOCKED: [u8; 2] = [0x11, 0x12];
/// Transponder type of the inventory's records.
const ISO_15693: u8 = 0x03;
/// What the emulator's tags tell as their chip.
#[cfg(any(test, feature = "emulator"))]
const IC_REFERENCE: u8 = 0x01;
/// Models by their SW-TYPE byte.
const MODELS: [(u8, &str); 15] = [
    (0x1E, "FEIG ID ISC.M01"),
    (0x1F, "FEIG ID ISC.M02"),
    (0x28, "FEIG ID ISC.LR100"),
    (0x29, "FEIG ID ISC.LR200"),
    (0x3C, "FEIG ID ISC.PRH101-A"),
    (0x3D, "FEIG ID ISC.PRH101-U"),
    (0x4A, "FEIG ID ISC.MR100/PR100"),
    (0x4B, "FEIG ID ISC.MR200"),
    (0x4C, "FEIG ID ISC.MR101/PR101-A"),
    (0x4E, "FEIG ID ISC.MR101/PR101-U"),
    (0x50, "FEIG ID CPR.M02"),
    (0x51, "FEIG ID CPR.02"),
    (0x54, "FEIG ID CPR.M03"),
    (0x57, "FEIG ID CPR.04"),
    (0x5B, "FEIG ID ISC.LRU1000"),
];
