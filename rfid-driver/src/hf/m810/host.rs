//! The host's side: [`Ask`] to request, answer to [`Reply`].

use std::time::Duration;

use super::request::{
    INFO_AFI, INFO_DSFID, INFO_MEMORY, INFORMATION, INVENTORY, PREPARE, PROBE, READ_AFI, VERSION, WITH_DSFID,
    WITH_UID,
};
use super::{Answer, Answers, BLOCK_SIZE, Command, Start, Status, answer, request::Act};
use crate::dialogue::{Accepted, Protocol};
use crate::hf::{Ask, Capabilities, HfProtocol, Identity, Refusal, Reply, Rest, SystemInformation};
use crate::tag::{Afi, Uid};

/// A 3M reader as seen by a host.
///
/// It probes in turn as the 810 is probed and by the version that the 210's document knows. A tag or a reader without
/// the tag information is asked for its AFI alone. {#m810.afi-alone}
#[derive(Clone, Debug)]
pub struct M810 {
    probes: Probes,
    /// The version that the probe was answered with: only an 810 does.
    probed: Option<String>,
    afi_alone: AfiAlone,
}

#[derive(Clone, Copy, Debug)]
enum Probes {
    ByStart,
    ByVersion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AfiAlone {
    Never,
    Of(Uid),
    Always,
}

impl M810 {
    /// A reader that was not asked anything yet.
    pub fn new() -> Self {
        Self { probes: Probes::ByStart, probed: None, afi_alone: AfiAlone::Never }
    }

    fn is_afi_alone(&self, uid: Uid) -> bool {
        match self.afi_alone {
            AfiAlone::Never => false,
            AfiAlone::Of(of) => of == uid,
            AfiAlone::Always => true,
        }
    }

    fn probe(&mut self, answer: &Answer) -> Option<Reply> {
        match (answer.start, answer.command, answer.data.as_slice()) {
            (Start::Probe, PROBE, [VERSION, data @ ..]) => {
                self.probed = Some(answer::version(data)?);
                Some(Reply::Done)
            }
            (Start::Usual, VERSION, _) => Some(Reply::Done),
            _ => None,
        }
    }

    fn identity(&self, answer: &Answer) -> Option<Reply> {
        let (model, firmware) = match (answer.status, &self.probed) {
            (Status::OK, probed) => {
                (if probed.is_some() { MODEL_810 } else { MODEL }, answer::version(&answer.data)?)
            }
            (_, Some(version)) => (MODEL_810, version.clone()),
            (_, None) => return Some(failure(&Ask::Identify, answer.status, &[])),
        };
        Some(Reply::Reader(Identity { model: model.to_owned(), firmware }))
    }

    /// The answer to a command for one tag. Whose answer it is shows by its UID; only errors may lack it.
    fn of_tag(&mut self, uid: Uid, ask: &Ask, answer: &Answer) -> Option<Reply> {
        let fields = match answer.data.split_first_chunk() {
            Some((of, fields)) if Uid(*of) == uid => fields,
            None if answer.data.is_empty() && answer.status != Status::OK => &[],
            Some(_) | None => return None,
        };
        if answer.status != Status::OK {
            return Some(match self.falls_back(uid, answer) {
                true => Reply::Missing,
                false => failure(ask, answer.status, fields),
            });
        }
        match (ask, answer.command) {
            (Ask::System { .. }, INFORMATION) => self.information(uid, fields),
            (Ask::System { .. }, READ_AFI) => match fields {
                [afi] => Some(Reply::System(system(uid, Afi(*afi)))),
                _ => None,
            },
            (Ask::Read { first, n, lock_bits, .. }, _) => match answer::blocks(*first, fields)? {
                (bytes, _, Some(status)) if bytes.is_empty() => Some(failure(ask, status, &[])),
                (bytes, ..) if bytes.is_empty() || bytes.len() > usize::from(*n) * BLOCK_SIZE => None,
                (bytes, locked, _) => Some(Reply::Blocks {
                    block_size: BLOCK_SIZE_BYTE,
                    bytes,
                    locked: if *lock_bits { locked } else { Vec::new() },
                }),
            },
            // The block behind the last one that was written: an earlier one tells that some were not.
            (Ask::Write { first, bytes, .. }, _) => match fields {
                [] => Some(Reply::Done),
                [end] if usize::from(*end) == usize::from(*first) + bytes.len() / BLOCK_SIZE => {
                    Some(Reply::Done)
                }
                [_] => Some(Reply::Missing),
                _ => None,
            },
            // Whether the bit is told after the UID is not published.
            (Ask::WriteEas { on, .. }, _) => match fields {
                [] => Some(Reply::Done),
                [eas] if *eas == u8::from(*on) => Some(Reply::Done),
                [_] => Some(Reply::Missing),
                _ => None,
            },
            _ => fields.is_empty().then_some(Reply::Done),
        }
    }

    fn information(&mut self, uid: Uid, fields: &[u8]) -> Option<Reply> {
        let information = answer::information(fields)?;
        let Some(afi) = information.afi else {
            self.afi_alone = AfiAlone::Of(uid);
            return Some(Reply::Missing);
        };
        let (block_size, n_blocks) = information.memory.unzip();
        Some(Reply::System(SystemInformation {
            dsfid: information.dsfid,
            block_size: block_size.unwrap_or(BLOCK_SIZE_BYTE),
            n_blocks,
            ..system(uid, afi)
        }))
    }

    /// Whether the tag is to be asked again, for its AFI alone.
    fn falls_back(&mut self, uid: Uid, answer: &Answer) -> bool {
        let instead = match answer.status {
            Status::NOT_IMPLEMENTED => AfiAlone::Always,
            status if is_no(status) => AfiAlone::Of(uid),
            _ => return false,
        };
        let is_due = answer.command == INFORMATION;
        if is_due {
            self.afi_alone = instead;
        }
        is_due
    }
}

impl Default for M810 {
    fn default() -> Self {
        Self::new()
    }
}

impl Protocol for M810 {
    type Format = Answers;
    type Ask = Ask;
    type Reply = Reply;

    fn encode(&mut self, ask: &Ask) -> Vec<u8> {
        let of = |uid: &Uid, act| Command::Tag { uid: *uid, act };
        let command = match ask {
            Ask::Probe => self.next_probe(),
            Ask::Prepare => Command::Prepare,
            // There is no reset of the field: never asked, see its capabilities.
            Ask::Identify | Ask::ResetField => Command::Version,
            Ask::Inventory { more: _ } => Command::Inventory { afi: ALL, options: WITH_UID },
            Ask::InventoryOf { afi } => Command::Inventory { afi: *afi, options: WITH_DSFID | WITH_UID },
            Ask::Quiet { uid } => of(uid, Act::Quiet),
            Ask::System { uid } if self.is_afi_alone(*uid) => of(uid, Act::ReadAfi),
            Ask::System { uid } => of(uid, Act::Information { wanted: INFO_DSFID | INFO_AFI | INFO_MEMORY }),
            // Lock bits are told in any case.
            Ask::Read { uid, first, n, lock_bits: _ } => of(uid, Act::ReadBlocks { first: *first, n: *n }),
            Ask::Write { uid, first, block_size: _, bytes } => {
                of(uid, Act::WriteBlocks { first: *first, bytes: bytes.clone() })
            }
            Ask::WriteDsfid { uid, dsfid } => of(uid, Act::WriteDsfid { dsfid: *dsfid }),
            Ask::WriteAfi { uid, afi } => of(uid, Act::WriteAfi { afi: *afi }),
            Ask::WriteEas { uid, on } => of(uid, Act::WriteEas { on: *on }),
        };
        command.to_bytes()
    }

    fn accept(&mut self, ask: &Ask, frame: &[u8]) -> Accepted<Reply> {
        self.accepted(ask, frame).into()
    }

    fn patience(&self, ask: &Ask) -> Duration {
        match ask {
            Ask::Inventory { .. } | Ask::InventoryOf { .. } => INVENTORY_TIME,
            Ask::Read { n, .. } => BLOCK_TIME * u32::from(*n),
            Ask::Write { bytes, .. } => {
                TAG_TIME * u32::try_from(bytes.len() / BLOCK_SIZE).unwrap_or(u32::MAX)
            }
            Ask::System { .. } | Ask::WriteDsfid { .. } | Ask::WriteAfi { .. } | Ask::WriteEas { .. } => {
                TAG_TIME
            }
            Ask::Probe | Ask::Prepare | Ask::Identify | Ask::ResetField | Ask::Quiet { .. } => Duration::ZERO,
        }
    }

    fn is_repeatable(&self, ask: &Ask) -> bool {
        // The next round asks it again, and sooner than a repetition says that the reader is silent.
        !matches!(ask, Ask::Inventory { .. } | Ask::InventoryOf { .. })
    }
}

impl M810 {
    pub(super) fn accepted(&mut self, ask: &Ask, frame: &[u8]) -> Option<Reply> {
        let answer = Answer::parse(frame)?;
        if let Ask::Probe = ask {
            return self.probe(&answer);
        }
        if answer.start != Start::Usual || !commands(ask).contains(&answer.command) {
            return None;
        }
        match ask {
            Ask::Probe | Ask::Prepare | Ask::ResetField => Some(Reply::Done),
            Ask::Identify => self.identity(&answer),
            Ask::Inventory { .. } | Ask::InventoryOf { .. } => match answer.status {
                Status::OK if is_of_another_afi(ask, &answer) => None,
                Status::OK => {
                    let tags = answer::sightings(&answer.data)?;
                    Some(Reply::Found { tags, rest: Rest::Nothing })
                }
                Status::NO_TRANSPONDER => Some(Reply::Found { tags: Vec::new(), rest: Rest::Nothing }),
                status => Some(failure(ask, status, &[])),
            },
            Ask::Quiet { uid }
            | Ask::System { uid }
            | Ask::Read { uid, .. }
            | Ask::Write { uid, .. }
            | Ask::WriteDsfid { uid, .. }
            | Ask::WriteAfi { uid, .. }
            | Ask::WriteEas { uid, .. } => self.of_tag(*uid, ask, &answer),
        }
    }
}

impl HfProtocol for M810 {
    fn capabilities(&self) -> Capabilities {
        Capabilities { is_prepared: true, is_field_reset: false, is_afi_asked: true }
    }
}

impl M810 {
    fn next_probe(&mut self) -> Command {
        let (command, next) = match self.probes {
            Probes::ByStart => (Command::Probe, Probes::ByVersion),
            Probes::ByVersion => (Command::Version, Probes::ByStart),
        };
        self.probes = next;
        command
    }
}

/// The commands whose answers answer an ask.
fn commands(ask: &Ask) -> &'static [u8] {
    match ask {
        Ask::Probe => &[PROBE, VERSION],
        Ask::Prepare => &[PREPARE],
        Ask::Identify | Ask::ResetField => &[VERSION],
        Ask::Inventory { .. } | Ask::InventoryOf { .. } => &[INVENTORY],
        Ask::Quiet { .. } => &[super::request::QUIET],
        Ask::System { .. } => &[INFORMATION, READ_AFI],
        Ask::Read { .. } => &[super::request::READ],
        Ask::Write { .. } => &[super::request::WRITE],
        Ask::WriteDsfid { .. } => &[super::request::WRITE_DSFID],
        Ask::WriteAfi { .. } => &[super::request::WRITE_AFI],
        Ask::WriteEas { .. } => &[super::request::WRITE_EAS],
    }
}

/// An answer repeats the AFI that its inventory was of.
fn is_of_another_afi(ask: &Ask, answer: &Answer) -> bool {
    matches!(ask, Ask::InventoryOf { afi } if answer.data.first() != Some(&afi.0))
}

/// An error that is a no leaves the tag as it was; every other may be a lost answer. {#m810.error}
fn failure(ask: &Ask, status: Status, fields: &[u8]) -> Reply {
    if !is_no(status) {
        return Reply::Missing;
    }
    let tag = (Status::TAG_ERROR_1.0..=Status::TAG_ERROR_3.0).contains(&status.0);
    Reply::Refused(Refusal {
        status: status.0,
        tag: tag.then(|| status.0 - Status::TAG_ERROR_1.0 + 1),
        block: fields.first().copied().filter(|_| matches!(ask, Ask::Write { .. })),
        is_locked: status == Status::LOCKED,
    })
}

fn is_no(status: Status) -> bool {
    NOES.contains(&status)
}

/// What is known of a tag that has told its AFI alone.
fn system(uid: Uid, afi: Afi) -> SystemInformation {
    SystemInformation { uid, dsfid: None, afi, block_size: BLOCK_SIZE_BYTE, n_blocks: None }
}

const MODEL_810: &str = "3M 810";
const MODEL: &str = "3M 210 or 810";
/// Errors by which the reader or the tag says that nothing was done.
const NOES: [Status; 9] = [
    Status::NOT_IMPLEMENTED,
    Status::NO_SUCH_MEMORY,
    Status::LOCKED,
    Status::TAG_ERROR_1,
    Status::TAG_ERROR_2,
    Status::TAG_ERROR_3,
    Status::NOT_SUPPORTED,
    Status::OPTION,
    Status::PARAMETER,
];
/// The AFI that stands for every tag in an inventory.
const ALL: Afi = Afi(0);
/// Bytes in a block, as the pad counts them.
const BLOCK_SIZE_BYTE: u8 = 4;
/// Air time of thirty tags, polled twice, and the time of their UIDs on the line.
const INVENTORY_TIME: Duration = Duration::from_millis(800);
/// Air and line time of one block, each of which is read by itself.
const BLOCK_TIME: Duration = Duration::from_millis(15);
/// Line time and the longest time that a tag may program.
const TAG_TIME: Duration = Duration::from_millis(60);
