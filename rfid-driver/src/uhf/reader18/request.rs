//! Requests: what a host says. Built for a reader, parsed by the emulator of one.

use super::{Frame, Kind};
use crate::uhf::MemoryBank;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which reader; [`super::BROADCAST`] = every one.
    pub address: u8,
    /// What it shall do.
    pub command: Command,
}

/// What is requested. {#reader18.command}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `01`: which tags are there?
    Inventory {
        /// How: only of [`Kind::Multiple`], and always then.
        rounds: Option<Rounds>,
    },
    /// `02`.
    Read {
        /// Which tag.
        aim: Aim,
        /// Where.
        place: Place,
        /// How many words, at most 120.
        n: u8,
        /// The tag's access password.
        password: [u8; 4],
    },
    /// `03`.
    Write {
        /// Which tag.
        aim: Aim,
        /// Where.
        place: Place,
        /// The words as bytes.
        data: Vec<u8>,
        /// The tag's access password.
        password: [u8; 4],
    },
    /// `21`: which reader is it?
    Information,
    /// `25`: the longest time of an inventory; stored in the reader.
    SetScanTime {
        /// In 100 ms, 3 or more.
        time: u8,
    },
    /// `2F`.
    SetPower {
        /// In dBm, at most 30.
        dbm: u8,
    },
    /// `35` (18) and `76` (288): whether the reader tells tags by itself; stored in the reader.
    SetWorkMode {
        /// Bits 1-0: 0 = it answers, else it tells.
        mode: u8,
        /// What it tells, if it is a [`Kind::Single`].
        details: Option<[u8; 5]>,
    },
}

/// How an inventory is done. {#reader18.rounds}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// Bit 7: tell a statistic at the end; bits 4-0: the number of slots is 2 to this power.
    pub q: u8,
    /// S0..S3, or FF as the reader likes.
    pub session: u8,
    /// Only tags whose memory holds this.
    pub mask: Option<Mask>,
    /// Target (0 = A, 1 = B), antenna (80 = the first, 81 = the second...), time in 100 ms: all or none.
    pub course: Option<[u8; 3]>,
}

/// Bits of a tag's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// The bank.
    pub bank: MemoryBank,
    /// The first bit.
    pub first_bit: u16,
    /// How many bits.
    pub n_bits: u8,
    /// The bits.
    pub bytes: Vec<u8>,
}

/// Which tag a command is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// The one with this EPC, at most 15 words; whichever, if none.
    Epc(Vec<u8>),
    /// The one whose memory holds this. Only of [`Kind::Multiple`].
    Mask(Mask),
}

/// A place in a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bank.
    pub bank: MemoryBank,
    /// The first word.
    pub word: u8,
}

/// Why a request with a good CRC cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The command byte is not known (status FE).
    #[error("the command is not known")]
    Unknown,
    /// The length does not fit the command (status FD).
    #[error("the length is wrong")]
    Length,
    /// A parameter is out of range (status FF).
    #[error("a parameter is wrong")]
    Parameter,
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
            Self::Inventory { rounds } => (INVENTORY, rounds.as_ref().map_or_else(Vec::new, Rounds::encode)),
            Self::Read { aim, place, n, password } => {
                let what = [place.bank.number(), place.word, *n];
                (READ, [&aim.head(), what.as_slice(), password, &aim.tail()].concat())
            }
            Self::Write { aim, place, data, password } => {
                let n = u8::try_from(data.len() / 2).unwrap_or(u8::MAX);
                let to = [place.bank.number(), place.word];
                (WRITE, [&[n], aim.head().as_slice(), &to, data, password, &aim.tail()].concat())
            }
            Self::Information => (INFORMATION, vec![]),
            Self::SetScanTime { time } => (SET_SCAN_TIME, vec![*time]),
            Self::SetPower { dbm } => (SET_POWER, vec![*dbm]),
            Self::SetWorkMode { mode, details: Some(details) } => {
                (SET_WORK_MODE_18, [&[*mode], details.as_slice()].concat())
            }
            Self::SetWorkMode { mode, details: None } => (SET_WORK_MODE_288, vec![*mode]),
        }
    }

    /// What a frame requests of a reader of this kind.
    ///
    /// # Errors
    /// [`Fault`], each variant with the status by which a reader tells it.
    pub fn parse(kind: Kind, frame: &Frame<'_>) -> Result<Self, Fault> {
        match (frame.command, frame.data, kind) {
            (INVENTORY, [], Kind::Single) => Ok(Self::Inventory { rounds: None }),
            (INVENTORY, data, Kind::Multiple) => Ok(Self::Inventory { rounds: Some(Rounds::parse(data)?) }),
            (READ, [n_epc, rest @ ..], _) => {
                let (epc, rest) = epc(*n_epc, rest)?;
                let [bank, word, n, a, b, c, d, tail @ ..] = rest else { return Err(Fault::Length) };
                let (place, password) = (place(*bank, *word)?, [*a, *b, *c, *d]);
                if !(1..=MAX_WORDS).contains(n) {
                    return Err(Fault::Parameter);
                }
                Ok(Self::Read { aim: Aim::parse(kind, epc, tail)?, place, n: *n, password })
            }
            (WRITE, [n, n_epc, rest @ ..], _) => {
                let (epc, rest) = epc(*n_epc, rest)?;
                let [bank, word, rest @ ..] = rest else { return Err(Fault::Length) };
                let (data, rest) = rest.split_at_checked(usize::from(*n) * 2).ok_or(Fault::Length)?;
                let (password, tail) = rest.split_first_chunk().ok_or(Fault::Length)?;
                let (place, data) = (place(*bank, *word)?, data.to_vec());
                if data.is_empty() {
                    return Err(Fault::Parameter);
                }
                Ok(Self::Write { aim: Aim::parse(kind, epc, tail)?, place, data, password: *password })
            }
            (INFORMATION, [], _) => Ok(Self::Information),
            (SET_SCAN_TIME, [time], _) => {
                (*time >= 3).then_some(Self::SetScanTime { time: *time }).ok_or(Fault::Parameter)
            }
            (SET_POWER, [dbm], _) => {
                (*dbm <= MAX_DBM).then_some(Self::SetPower { dbm: *dbm }).ok_or(Fault::Parameter)
            }
            (SET_WORK_MODE_18, &[mode, a, b, c, d, e], Kind::Single) => {
                Ok(Self::SetWorkMode { mode, details: Some([a, b, c, d, e]) })
            }
            (SET_WORK_MODE_288, [mode], Kind::Multiple) => {
                Ok(Self::SetWorkMode { mode: *mode, details: None })
            }
            (INVENTORY | READ | WRITE | INFORMATION | SET_SCAN_TIME | SET_POWER, ..) => Err(Fault::Length),
            (SET_WORK_MODE_18, _, Kind::Single) | (SET_WORK_MODE_288, _, Kind::Multiple) => {
                Err(Fault::Length)
            }
            _ => Err(Fault::Unknown),
        }
    }
}

impl Rounds {
    fn encode(&self) -> Vec<u8> {
        let mask = self.mask.as_ref().map_or_else(|| NO_MASK.to_vec(), Mask::encode);
        let course = self.course.iter().flatten().copied();
        [self.q, self.session].into_iter().chain(mask).chain(course).collect()
    }

    /// An inventory of TIDs instead of EPCs is not here: its two fields are a wrong length.
    fn parse(data: &[u8]) -> Result<Self, Fault> {
        let [q, session, rest @ ..] = data else { return Err(Fault::Length) };
        let (mask, rest) = match rest.len() {
            0 | 3 => (None, rest),
            _ => Mask::parse(rest).ok_or(Fault::Length)?,
        };
        let course = match rest {
            [] => None,
            &[target, antenna, time] => Some([target, antenna, time]),
            _ => return Err(Fault::Length),
        };
        let has_antenna =
            course.is_none_or(|[target, antenna, _]| target <= 1 && (0x80..=0x83).contains(&antenna));
        if q & 0x1F > 15 || !(*session <= 3 || *session == 0xFF) || !has_antenna {
            return Err(Fault::Parameter);
        }
        Ok(Self { q: *q, session: *session, mask: mask.filter(|mask| mask.n_bits > 0), course })
    }
}

impl Mask {
    /// Whole bytes of a bank, at most 31.
    pub fn bytes(bank: MemoryBank, bytes: &[u8]) -> Option<Self> {
        let n_bits = u8::try_from(bytes.len() * 8).ok()?;
        Some(Self { bank, first_bit: 0, n_bits, bytes: bytes.to_vec() })
    }

    fn encode(&self) -> Vec<u8> {
        let [high, low] = self.first_bit.to_be_bytes();
        [&[self.bank.number(), high, low, self.n_bits], self.bytes.as_slice()].concat()
    }

    fn parse(bytes: &[u8]) -> Option<(Option<Self>, &[u8])> {
        let [bank, high, low, n_bits, rest @ ..] = bytes else { return None };
        let bank = MemoryBank::of_number(*bank)?;
        let (mask, rest) = rest.split_at_checked(usize::from(*n_bits).div_ceil(8))?;
        let first_bit = u16::from_be_bytes([*high, *low]);
        Some((Some(Self { bank, first_bit, n_bits: *n_bits, bytes: mask.to_vec() }), rest))
    }
}

impl Aim {
    /// What stands before the place: the number of words of the EPC, and the EPC.
    fn head(&self) -> Vec<u8> {
        match self {
            Self::Epc(epc) => {
                let n = u8::try_from(epc.len() / 2).unwrap_or(MASKED);
                [n].into_iter().chain(epc.iter().copied()).collect()
            }
            Self::Mask(_) => vec![MASKED],
        }
    }

    /// What stands behind all else.
    fn tail(&self) -> Vec<u8> {
        match self {
            Self::Epc(_) => Vec::new(),
            Self::Mask(mask) => mask.encode(),
        }
    }

    fn parse(kind: Kind, epc: Option<&[u8]>, tail: &[u8]) -> Result<Self, Fault> {
        match (epc, kind) {
            (Some(epc), _) if tail.is_empty() => Ok(Self::Epc(epc.to_vec())),
            (None, Kind::Multiple) => match Mask::parse(tail) {
                Some((Some(mask), [])) => Ok(Self::Mask(mask)),
                _ => Err(Fault::Length),
            },
            (None, Kind::Single) => Err(Fault::Parameter),
            (Some(_), _) => Err(Fault::Length),
        }
    }
}

/// The EPC behind its number of words, `None` if a mask stands for it; and what follows.
fn epc(n_words: u8, rest: &[u8]) -> Result<(Option<&[u8]>, &[u8]), Fault> {
    match n_words {
        0..=MAX_EPC_WORDS => {
            let split = rest.split_at_checked(usize::from(n_words) * 2);
            split.map(|(epc, rest)| (Some(epc), rest)).ok_or(Fault::Length)
        }
        MASKED => Ok((None, rest)),
        _ => Err(Fault::Parameter),
    }
}

fn place(bank: u8, word: u8) -> Result<Place, Fault> {
    let bank = MemoryBank::of_number(bank).ok_or(Fault::Parameter)?;
    Ok(Place { bank, word })
}

pub(super) const INVENTORY: u8 = 0x01;
pub(super) const READ: u8 = 0x02;
pub(super) const WRITE: u8 = 0x03;
pub(super) const INFORMATION: u8 = 0x21;
pub(super) const SET_POWER: u8 = 0x2F;
/// Words of the longest EPC that a tag can be addressed by.
pub(super) const MAX_EPC_WORDS: u8 = 15;
const SET_SCAN_TIME: u8 = 0x25;
const SET_WORK_MODE_18: u8 = 0x35;
const SET_WORK_MODE_288: u8 = 0x76;
const MASKED: u8 = 0xFF;
/// A mask of no bits, as the published frame has it.
const NO_MASK: [u8; 4] = [0x01, 0x00, 0x00, 0x00];
const MAX_WORDS: u8 = 120;
const MAX_DBM: u8 = 30;
