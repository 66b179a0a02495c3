//! The host's side: [`Ask`] to request, answer to [`Reply`].

use std::time::Duration;

use super::request::{BAUD_DETECTION, CUSTOM, ISO, RF_RESET, SOFTWARE_VERSION};
use super::{Answer, Answers, Command, Form, Request, Status, Target, answer};
use crate::dialogue::{Accepted, Protocol};
use crate::hf::{Ask, Capabilities, HfProtocol, Reply, Rest};

/// A FEIG reader as seen by a host.
///
/// It remembers one thing: whether the reader is of the small CPR family, which tells at most four tags at once without
/// saying that there are more. {#obid.cpr-limit}
#[derive(Clone, Debug)]
pub struct Obid {
    address: u8,
    is_small: bool,
}

impl Obid {
    /// The reader at a bus address; 255 = whichever is there.
    pub fn new(address: u8) -> Self {
        Self { address, is_small: false }
    }

    fn reply(&mut self, ask: &Ask, answer: &Answer) -> Option<Reply> {
        match answer.status {
            Status::OK
            | Status::RF_WARNING
            | Status::RF_COMMUNICATION
            | Status::BUFFER_OVERFLOW
            | Status::MORE_DATA => self.data(ask, answer),
            Status::NO_TRANSPONDER if matches!(ask, Ask::Inventory { .. }) => {
                Some(Reply::Found { tags: Vec::new(), rest: Rest::Nothing })
            }
            Status::NO_TRANSPONDER | Status::DATA_FALSE => Some(Reply::Missing),
            _ => Some(Reply::Refused(answer.refusal(matches!(ask, Ask::Write { .. })))),
        }
    }

    fn data(&mut self, ask: &Ask, answer: &Answer) -> Option<Reply> {
        let data = &answer.data;
        match ask {
            Ask::Inventory { .. } => {
                let tags = answer::sightings(data)?;
                let rest = match answer.status {
                    Status::MORE_DATA => Rest::More,
                    Status::RF_COMMUNICATION | Status::BUFFER_OVERFLOW => Rest::Hidden,
                    _ if self.is_small && tags.len() >= SMALL_LIMIT => Rest::Hidden,
                    _ => Rest::Nothing,
                };
                Some(Reply::Found { tags, rest })
            }
            // Anticollision that failed says nothing about the one tag that was addressed.
            _ if answer.status == Status::RF_COMMUNICATION => Some(Reply::Missing),
            Ask::Identify => {
                let (software, identity) = answer::identity(data)?;
                self.is_small = SMALL.contains(&software);
                Some(Reply::Reader(identity))
            }
            Ask::System { uid } => {
                answer::system_information(data).filter(|system| system.uid == *uid).map(Reply::System)
            }
            Ask::Read { n, lock_bits, .. } => answer::blocks(data)
                .filter(|(size, bytes, _)| bytes.len() == usize::from(*size) * usize::from(*n))
                .map(|(block_size, bytes, locked)| Reply::Blocks {
                    block_size,
                    bytes,
                    locked: if *lock_bits { locked } else { Vec::new() },
                }),
            Ask::Probe
            | Ask::Prepare
            | Ask::ResetField
            | Ask::InventoryOf { .. }
            | Ask::Quiet { .. }
            | Ask::Write { .. }
            | Ask::WriteDsfid { .. }
            | Ask::WriteAfi { .. }
            | Ask::WriteEas { .. } => data.is_empty().then_some(Reply::Done),
        }
    }
}

impl Protocol for Obid {
    type Format = Answers;
    type Ask = Ask;
    type Reply = Reply;

    fn encode(&mut self, ask: &Ask) -> Vec<u8> {
        let command = match ask {
            // Nothing has to be set, and its inventory knows no AFI: never asked, see its capabilities.
            Ask::Probe | Ask::Prepare | Ask::InventoryOf { .. } => Command::BaudDetection,
            Ask::Identify => Command::SoftwareVersion,
            Ask::ResetField => Command::RfReset,
            Ask::Inventory { more } => Command::Inventory { more: *more },
            Ask::Quiet { uid } => Command::StayQuiet { uid: *uid },
            Ask::System { uid } => Command::SystemInformation { target: Target::Addressed(*uid) },
            Ask::Read { uid, first, n, lock_bits } => {
                let target = Target::Addressed(*uid);
                Command::ReadBlocks { target, first: *first, n: *n, security: *lock_bits }
            }
            Ask::Write { uid, first, block_size, bytes } => Command::WriteBlocks {
                target: Target::Addressed(*uid),
                first: *first,
                block_size: *block_size,
                bytes: bytes.clone(),
            },
            Ask::WriteDsfid { uid, dsfid } => {
                Command::WriteDsfid { target: Target::Addressed(*uid), dsfid: *dsfid }
            }
            Ask::WriteAfi { uid, afi } => Command::WriteAfi { target: Target::Addressed(*uid), afi: *afi },
            Ask::WriteEas { uid, on } => Command::WriteEas { target: Target::Addressed(*uid), on: *on },
        };
        Request { address: self.address, form: Form::Standard, command }.to_bytes()
    }

    fn accept(&mut self, ask: &Ask, frame: &[u8]) -> Accepted<Reply> {
        self.accepted(ask, frame).into()
    }

    fn patience(&self, ask: &Ask) -> Duration {
        match ask {
            Ask::Inventory { .. } | Ask::InventoryOf { .. } => INVENTORY_TIME,
            Ask::Read { .. } => READ_TIME,
            Ask::Write { block_size, bytes, .. } => {
                let n_blocks = bytes.len().div_ceil(usize::from(*block_size).max(1));
                WRITE_TIME * u32::try_from(n_blocks).unwrap_or(u32::MAX)
            }
            Ask::WriteDsfid { .. } | Ask::WriteAfi { .. } | Ask::WriteEas { .. } => WRITE_TIME,
            Ask::Probe
            | Ask::Prepare
            | Ask::Identify
            | Ask::ResetField
            | Ask::Quiet { .. }
            | Ask::System { .. } => Duration::ZERO,
        }
    }

    fn is_repeatable(&self, ask: &Ask) -> bool {
        // A lost answer to an inventory has taken its tags with it: they are already silent.
        !matches!(ask, Ask::Inventory { .. })
    }
}

impl Obid {
    pub(super) fn accepted(&mut self, ask: &Ask, frame: &[u8]) -> Option<Reply> {
        let expected = match ask {
            Ask::Probe | Ask::Prepare | Ask::InventoryOf { .. } => BAUD_DETECTION,
            Ask::Identify => SOFTWARE_VERSION,
            Ask::ResetField => RF_RESET,
            Ask::Inventory { .. }
            | Ask::Quiet { .. }
            | Ask::System { .. }
            | Ask::Read { .. }
            | Ask::Write { .. }
            | Ask::WriteDsfid { .. }
            | Ask::WriteAfi { .. } => ISO,
            Ask::WriteEas { .. } => CUSTOM,
        };
        let answer = Answer::parse(frame)?;
        let is_ours = answer.command == expected && (self.address == ANY || self.address == answer.address);
        if is_ours { self.reply(ask, &answer) } else { None }
    }
}

impl HfProtocol for Obid {
    fn capabilities(&self) -> Capabilities {
        Capabilities { is_prepared: false, is_field_reset: true, is_afi_asked: false }
    }
}

const ANY: u8 = 255;
/// SW-TYPE bytes of the CPR family.
const SMALL: [u8; 4] = [0x50, 0x51, 0x54, 0x57];
/// How many tags the CPR family tells at once.
const SMALL_LIMIT: usize = 4;
/// Air time of thirty tags.
const INVENTORY_TIME: Duration = Duration::from_millis(350);
/// Air and line time of 32 blocks.
const READ_TIME: Duration = Duration::from_millis(100);
/// The longest time that a tag may program one block or byte, with the line's time.
const WRITE_TIME: Duration = Duration::from_millis(50);
