//! Requests: what a host says. Built for a reader, parsed by the emulator of one.

use super::{Frame, Status};
use crate::uhf::MemoryBank;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which reader; [`super::PUBLIC`] = every one.
    pub address: u8,
    /// What it shall do.
    pub command: Command,
}

/// What is requested. {#r2000.command}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `70`: the reader starts anew; it answers only if it does not.
    Reset,
    /// `72`.
    Firmware,
    /// `74`: the antenna of all that follows; forgotten without power.
    SetWorkAntenna {
        /// Counted from 0.
        antenna: u8,
    },
    /// `75`.
    WorkAntenna,
    /// `76`: stored in the reader. One power for all antennas, or one for each.
    SetPower {
        /// In dBm.
        dbm: Vec<u8>,
    },
    /// `77`.
    Power,
    /// `66`: forgotten without power.
    SetTemporaryPower {
        /// In dBm, 20..=33.
        dbm: u8,
    },
    /// `68`.
    Identifier,
    /// `79`.
    Region,
    /// `7A`.
    SetBeeper {
        /// 0 = never, 1 = after each inventory, 2 = for each tag.
        mode: u8,
    },
    /// `7B`.
    Temperature,
    /// `89`: inventory in the session that the reader prefers.
    Inventory {
        /// How many rounds; FF = one that is as short as can be.
        repeat: u8,
    },
    /// `8B`: inventory in a session of our choice.
    SessionInventory {
        /// S0..S3.
        session: u8,
        /// 0 = A, 1 = B.
        target: u8,
        /// How many rounds.
        repeat: u8,
    },
    /// `8A`: inventory on several antennas in turn.
    FastSwitch {
        /// Which, and how many rounds on each.
        antennas: Antennas,
        /// The pause between two, in ms.
        interval: u8,
        /// How many rounds over all of them.
        repeat: u8,
    },
    /// `85`: what follows is for the tag with this EPC, or for every one.
    Match {
        /// The EPC without its PC word.
        uii: Option<Vec<u8>>,
    },
    /// `86`.
    Matched,
    /// `81`.
    Read {
        /// Where.
        place: Place,
        /// How many words.
        n: u8,
        /// The tag's access password.
        password: Option<[u8; 4]>,
    },
    /// `82`, or `94` if by blocks.
    Write {
        /// The tag's access password.
        password: [u8; 4],
        /// Where.
        place: Place,
        /// The words as bytes.
        data: Vec<u8>,
        /// Whether by the command for blocks, which not every tag has.
        by_blocks: bool,
    },
}

/// The antennas of a [`Command::FastSwitch`], each with its rounds; FF = none.
pub type Antennas = [(u8, u8); 4];

/// A place in a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bank.
    pub bank: MemoryBank,
    /// The first word.
    pub word: u8,
}

/// Why a request with a good check cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The command byte is not known.
    #[error("the command is not known")]
    Unknown,
    /// A parameter is wrong; the error code that says which.
    #[error("a parameter is wrong: error {:02X}", .0.0)]
    Parameter(Status),
}

impl Request {
    /// The frame of the request.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (command, data) = self.command.encode();
        Frame { address: self.address, command, data: &data }.to_bytes()
    }
}

impl Command {
    fn encode(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Reset => (RESET, vec![]),
            Self::Firmware => (FIRMWARE, vec![]),
            Self::SetWorkAntenna { antenna } => (SET_WORK_ANTENNA, vec![*antenna]),
            Self::WorkAntenna => (WORK_ANTENNA, vec![]),
            Self::SetPower { dbm } => (SET_POWER, dbm.clone()),
            Self::Power => (POWER, vec![]),
            Self::SetTemporaryPower { dbm } => (SET_TEMPORARY_POWER, vec![*dbm]),
            Self::Identifier => (IDENTIFIER, vec![]),
            Self::Region => (REGION, vec![]),
            Self::SetBeeper { mode } => (SET_BEEPER, vec![*mode]),
            Self::Temperature => (TEMPERATURE, vec![]),
            Self::Inventory { repeat } => (INVENTORY, vec![*repeat]),
            Self::SessionInventory { session, target, repeat } => {
                (SESSION_INVENTORY, vec![*session, *target, *repeat])
            }
            Self::FastSwitch { antennas, interval, repeat } => {
                let each = antennas.iter().flat_map(|(antenna, stay)| [*antenna, *stay]);
                (FAST_SWITCH, each.chain([*interval, *repeat]).collect())
            }
            Self::Match { uii: None } => (MATCH, vec![CANCEL]),
            Self::Match { uii: Some(uii) } => {
                let n = u8::try_from(uii.len()).unwrap_or(u8::MAX);
                (MATCH, [BY_EPC, n].into_iter().chain(uii.iter().copied()).collect())
            }
            Self::Matched => (MATCHED, vec![]),
            Self::Read { place, n, password } => {
                let head = [place.bank.number(), place.word, *n];
                (READ, head.into_iter().chain(password.iter().flatten().copied()).collect())
            }
            Self::Write { password, place, data, by_blocks } => {
                let n = u8::try_from(data.len() / 2).unwrap_or(u8::MAX);
                let head = [place.bank.number(), place.word, n];
                let fields = password.iter().copied().chain(head).chain(data.iter().copied());
                (if *by_blocks { BLOCK_WRITE } else { WRITE }, fields.collect())
            }
        }
    }

    /// What a frame requests.
    ///
    /// # Errors
    /// [`Fault`]: the command is not known, or which parameter is wrong.
    pub fn parse(frame: &Frame<'_>) -> Result<Self, Fault> {
        match (frame.command, frame.data) {
            (RESET, []) => Ok(Self::Reset),
            (FIRMWARE, []) => Ok(Self::Firmware),
            (SET_WORK_ANTENNA, [antenna @ 0..=7]) => Ok(Self::SetWorkAntenna { antenna: *antenna }),
            (SET_WORK_ANTENNA, [_]) => Err(Fault::Parameter(Status::ANTENNA)),
            (WORK_ANTENNA, []) => Ok(Self::WorkAntenna),
            (SET_POWER, dbm) if matches!(dbm.len(), 1 | 4) && dbm.iter().all(|dbm| *dbm <= MAX_DBM) => {
                Ok(Self::SetPower { dbm: dbm.to_vec() })
            }
            (POWER, []) => Ok(Self::Power),
            (SET_TEMPORARY_POWER, [dbm @ 20..=MAX_DBM]) => Ok(Self::SetTemporaryPower { dbm: *dbm }),
            (SET_POWER | SET_TEMPORARY_POWER, _) => Err(Fault::Parameter(Status::POWER)),
            (IDENTIFIER, []) => Ok(Self::Identifier),
            (REGION, []) => Ok(Self::Region),
            (SET_BEEPER, [mode @ 0..=2]) => Ok(Self::SetBeeper { mode: *mode }),
            (SET_BEEPER, _) => Err(Fault::Parameter(Status::BEEPER)),
            (TEMPERATURE, []) => Ok(Self::Temperature),
            (INVENTORY, [repeat]) => Ok(Self::Inventory { repeat: *repeat }),
            (SESSION_INVENTORY, [session @ 0..=3, target @ 0..=1, repeat]) => {
                Ok(Self::SessionInventory { session: *session, target: *target, repeat: *repeat })
            }
            (FAST_SWITCH, &[a, of_a, b, of_b, c, of_c, d, of_d, interval, repeat]) => {
                let antennas = [(a, of_a), (b, of_b), (c, of_c), (d, of_d)];
                Ok(Self::FastSwitch { antennas, interval, repeat })
            }
            (MATCH, [CANCEL, ..]) => Ok(Self::Match { uii: None }),
            (MATCH, [BY_EPC, n, uii @ ..]) if !uii.is_empty() && usize::from(*n) == uii.len() => {
                Ok(Self::Match { uii: Some(uii.to_vec()) })
            }
            (MATCH, [BY_EPC, ..]) => Err(Fault::Parameter(Status::MATCH_LENGTH)),
            (MATCH, _) => Err(Fault::Parameter(Status::MATCH_MODE)),
            (MATCHED, []) => Ok(Self::Matched),
            (READ, [bank, word, n, password @ ..]) => Self::read(*bank, *word, *n, password),
            (WRITE | BLOCK_WRITE, [a, b, c, d, bank, word, n, data @ ..]) => {
                if usize::from(*n) * 2 != data.len() || data.is_empty() {
                    return Err(Fault::Parameter(Status::WORD_COUNT));
                }
                let (password, place) = ([*a, *b, *c, *d], place(*bank, *word)?);
                let by_blocks = frame.command == BLOCK_WRITE;
                Ok(Self::Write { password, place, data: data.to_vec(), by_blocks })
            }
            (command, _) if KNOWN.contains(&command) => Err(Fault::Parameter(Status::PARAMETER)),
            _ => Err(Fault::Unknown),
        }
    }

    fn read(bank: u8, word: u8, n: u8, password: &[u8]) -> Result<Self, Fault> {
        let place = place(bank, word)?;
        let password = match password {
            [] => None,
            &[a, b, c, d] => Some([a, b, c, d]),
            _ => return Err(Fault::Parameter(Status::PARAMETER)),
        };
        let is_told = (1..=MAX_WORDS).contains(&n);
        is_told.then_some(Self::Read { place, n, password }).ok_or(Fault::Parameter(Status::WORD_COUNT))
    }
}

fn place(bank: u8, word: u8) -> Result<Place, Fault> {
    let bank = MemoryBank::of_number(bank).ok_or(Fault::Parameter(Status::BANK))?;
    Ok(Place { bank, word })
}

pub(super) const RESET: u8 = 0x70;
pub(super) const FIRMWARE: u8 = 0x72;
pub(super) const SET_WORK_ANTENNA: u8 = 0x74;
pub(super) const SET_TEMPORARY_POWER: u8 = 0x66;
pub(super) const INVENTORY: u8 = 0x89;
pub(super) const SESSION_INVENTORY: u8 = 0x8B;
pub(super) const FAST_SWITCH: u8 = 0x8A;
pub(super) const MATCH: u8 = 0x85;
pub(super) const READ: u8 = 0x81;
pub(super) const WRITE: u8 = 0x82;
const WORK_ANTENNA: u8 = 0x75;
const SET_POWER: u8 = 0x76;
const POWER: u8 = 0x77;
const IDENTIFIER: u8 = 0x68;
const REGION: u8 = 0x79;
const SET_BEEPER: u8 = 0x7A;
const TEMPERATURE: u8 = 0x7B;
const MATCHED: u8 = 0x86;
const BLOCK_WRITE: u8 = 0x94;
const KNOWN: [u8; 18] = [
    RESET,
    FIRMWARE,
    SET_WORK_ANTENNA,
    WORK_ANTENNA,
    POWER,
    IDENTIFIER,
    REGION,
    TEMPERATURE,
    INVENTORY,
    SESSION_INVENTORY,
    FAST_SWITCH,
    MATCH,
    MATCHED,
    READ,
    WRITE,
    BLOCK_WRITE,
    SET_POWER,
    SET_TEMPORARY_POWER,
];
const BY_EPC: u8 = 0x00;
const CANCEL: u8 = 0x01;
const MAX_DBM: u8 = 33;
/// Words of one answer: what the length byte leaves beside the longest EPC.
const MAX_WORDS: u8 = 90;
