//! Answers: what a reader says. Parsed for a host, built by the emulator of a reader.

use super::request::{INFO_AFI, INFO_DSFID, INFO_IC, INFO_MEMORY, WITH_DSFID, WITH_UID};
use super::{BLOCK_SIZE, Frame, Start};
use crate::hf::Sighting;
use crate::tag::{Afi, Dsfid, Uid};

/// The error byte of an answer. {#m810.error}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u8);

/// An answer of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How the frame begins.
    pub start: Start,
    /// The command that it answers.
    pub command: u8,
    /// How it went.
    pub status: Status,
    /// What follows the error byte.
    pub data: Vec<u8>,
}

/// What a tag tells about itself: what is `None` it does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Information {
    /// Its DSFID.
    pub dsfid: Option<Dsfid>,
    /// Its AFI.
    pub afi: Option<Afi>,
    /// Bytes in a block and number of blocks.
    pub memory: Option<(u8, u8)>,
    /// The chip's reference.
    pub ic: Option<u8>,
}

impl Status {
    /// Done.
    pub const OK: Self = Self(0x00);
    /// The reader does not know the command.
    pub const NOT_IMPLEMENTED: Self = Self(0x02);
    /// The tag was not heard; or, to the check of EAS, its bit is reset.
    pub const NO_TRANSPONDER: Self = Self(0x06);
    /// Nobody knows.
    pub const UNKNOWN: Self = Self(0x0F);
    /// There is no such block.
    pub const NO_SUCH_MEMORY: Self = Self(0x11);
    /// What was to be written is locked.
    pub const LOCKED: Self = Self(0x12);
    /// The tag's answer was garbled on air.
    pub const NOT_READ: Self = Self(0x15);
    /// It could not be written: perhaps too little power.
    pub const NOT_WRITTEN: Self = Self(0x16);
    /// The tag itself said no, for the first of three reasons.
    pub const TAG_ERROR_1: Self = Self(0x21);
    /// The tag itself said no.
    pub const TAG_ERROR_2: Self = Self(0x22);
    /// The tag itself said no.
    pub const TAG_ERROR_3: Self = Self(0x23);
    /// This tag has no such command.
    pub const NOT_SUPPORTED: Self = Self(0x30);
    /// An option of the request is not known.
    pub const OPTION: Self = Self(0x31);
    /// A parameter of the request is wrong.
    pub const PARAMETER: Self = Self(0x32);
    /// The command was called off.
    pub const CANCELLED: Self = Self(0xFD);
    /// The reader has no memory left.
    pub const OUT_OF_MEMORY: Self = Self(0xFE);
}

impl Answer {
    /// The answer in a whole frame; `None` if the frame is not sound or has no error byte.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let Frame { start, command, body } = Frame::parse(bytes)?;
        let (status, data) = body.split_first()?;
        Some(Self { start, command, status: Status(*status), data: data.to_vec() })
    }

    /// The frame of the answer.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body: Vec<u8> = [self.status.0].into_iter().chain(self.data.iter().copied()).collect();
        Frame { start: self.start, command: self.command, body: &body }.to_bytes()
    }
}

/// The tags in the data of an inventory, each once: a reader may tell one twice. {#m810.twice}
pub(super) fn sightings(data: &[u8]) -> Option<Vec<Sighting>> {
    let [_afi, options, n, records @ ..] = data else { return None };
    let has_dsfid = match options & !SKIPPING {
        WITH_UID => false,
        WITH_DSFID_AND_UID => true,
        _ => return None,
    };
    let size = UID_SIZE + usize::from(has_dsfid);
    if records.len() != usize::from(*n) * size {
        return None;
    }
    let mut tags: Vec<Sighting> = Vec::new();
    for record in records.chunks(size) {
        let uid = Uid(*record.last_chunk()?);
        let dsfid = if has_dsfid { record.first().map(|dsfid| Dsfid(*dsfid)) } else { None };
        if tags.iter().all(|tag| tag.uid != uid) {
            tags.push(Sighting { uid, dsfid });
        }
    }
    Some(tags)
}

/// The data of an inventory, in the order given, told with these options.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn from_sightings(afi: Afi, options: u8, tags: &[(Dsfid, Uid)]) -> Vec<u8> {
    let records = tags.iter().flat_map(|(dsfid, uid)| {
        (options & WITH_DSFID != 0).then_some(dsfid.0).into_iter().chain(uid.bytes())
    });
    let n = u8::try_from(tags.len()).unwrap_or(u8::MAX);
    [afi.0, options, n].into_iter().chain(records).collect()
}

/// What a tag tells, in the fields after its UID; `None` if they do not fit what they claim to hold.
pub(super) fn information(fields: &[u8]) -> Option<Information> {
    let (available, mut rest) = fields.split_first()?;
    let mut byte = |bit: u8| -> Option<Option<u8>> {
        if available & bit == 0 {
            return Some(None);
        }
        let (first, others) = rest.split_first()?;
        rest = others;
        Some(Some(*first))
    };
    let dsfid = byte(INFO_DSFID)?.map(Dsfid);
    let afi = byte(INFO_AFI)?.map(Afi);
    let block_size = byte(INFO_MEMORY)?;
    let n_blocks = byte(INFO_MEMORY)?;
    let memory = block_size.zip(n_blocks).map(|(size, n)| (size.saturating_add(1), n.saturating_add(1)));
    let ic = byte(INFO_IC)?;
    rest.is_empty().then_some(Information { dsfid, afi, memory, ic })
}

/// The fields after the UID by which a tag tells of itself what is wanted.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn from_information(wanted: u8, information: &Information) -> Vec<u8> {
    let Information { dsfid, afi, memory, ic } = *information;
    let memory = memory.map(|(size, n)| vec![size.saturating_sub(1), n.saturating_sub(1)]);
    let fields = [
        (INFO_DSFID, dsfid.map(|dsfid| vec![dsfid.0])),
        (INFO_AFI, afi.map(|afi| vec![afi.0])),
        (INFO_MEMORY, memory),
        (INFO_IC, ic.map(|ic| vec![ic])),
    ];
    let mut bytes = vec![0];
    let mut available = 0;
    for (bit, field) in fields {
        if let Some(field) = field.filter(|_| wanted & bit != 0) {
            available |= bit;
            bytes.extend(field);
        }
    }
    if let Some(first) = bytes.first_mut() {
        *first = available;
    }
    bytes
}

/// The bytes and lock bits of the blocks from `first` on, in the fields after the UID, up to the first block that could
/// not be read; then the error of that block. {#m810.block-order}
///
/// The block's number and its lock byte stand before its four bytes. A lock byte above 3 is an error; whether four
/// bytes follow it too is not published, so both are understood.
pub(super) fn blocks(first: u8, fields: &[u8]) -> Option<(Vec<u8>, Vec<bool>, Option<Status>)> {
    let (n, mut rest) = fields.split_first()?;
    let are_all_full = rest.len() == usize::from(*n) * (2 + BLOCK_SIZE);
    let (mut bytes, mut locked, mut error) = (Vec::with_capacity(rest.len()), Vec::new(), None);
    for at in 0..*n {
        let ([block, lock], others) = rest.split_first_chunk::<2>()?;
        rest = others;
        let is_error = *lock > MAX_LOCK;
        if *block != first.checked_add(at)? {
            return None;
        }
        if is_error && error.is_none() {
            error = Some(Status(*lock));
        }
        if !is_error || are_all_full {
            let (data, others) = rest.split_first_chunk::<BLOCK_SIZE>()?;
            rest = others;
            if error.is_none() {
                bytes.extend(data);
                locked.push(*lock != 0);
            }
        }
    }
    rest.is_empty().then_some((bytes, locked, error))
}

/// The fields after the UID of a read: of each block whether it is locked and its bytes, or the error.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn from_blocks(first: u8, blocks: &[Result<(bool, [u8; BLOCK_SIZE]), Status>]) -> Vec<u8> {
    let mut fields = vec![u8::try_from(blocks.len()).unwrap_or(u8::MAX)];
    for (at, block) in (first..=u8::MAX).zip(blocks) {
        let (lock, bytes) = match block {
            Ok((is_locked, bytes)) => (u8::from(*is_locked), *bytes),
            Err(status) => (status.0, [0; BLOCK_SIZE]),
        };
        fields.extend([at, lock]);
        fields.extend(bytes);
    }
    fields
}

/// The version in the data of a version request, and of a probe after its `11`: `0A`, major, minor, build.
pub(super) fn version(data: &[u8]) -> Option<String> {
    let [_, major, minor, build] = data else { return None };
    Some(format!("{major}.{minor}.{build}"))
}

const UID_SIZE: usize = 8;
const WITH_DSFID_AND_UID: u8 = WITH_UID | WITH_DSFID;
/// An option that does not change what is told.
const SKIPPING: u8 = super::request::SKIP_SECOND;
/// The largest lock byte that is none: 0 = free, 1..3 = locked in some way.
const MAX_LOCK: u8 = 3;
