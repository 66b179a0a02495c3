//! Commands: what a host says. Built for a reader, parsed by the emulator of one.
//!
//! Lock, kill and the commands of single makers of tags are not here: no library pad sends them.

use super::{Frame, Kind};
use crate::uhf::MemoryBank;

/// What is commanded. {#m100.command}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `03`: which module is it?
    Information(Info),
    /// `07`, `08`: the radio region.
    SetRegion(u8),
    /// `08`.
    Region,
    /// `0B`: which tags are selected?
    Selection,
    /// `0C`: the tags that commands are for. Sets [`SelectMode::Access`] too.
    Select(Mask),
    /// `0D`: how inventories are done: DR 1, M 2, TRext 1, Sel 2, Session 2, Target 1, Q 4 bits and 3 of padding.
    Query,
    /// `0E`.
    SetQuery(u16),
    /// `12`: when the selection counts.
    SetSelectMode(SelectMode),
    /// `22`: one inventory.
    Inventory,
    /// `27`: so many inventories, one after the other.
    Inventories(u16),
    /// `28`: stop them.
    Stop,
    /// `39`: read words.
    Read {
        /// The tag's access password; 0 if it has none.
        password: u32,
        /// The bank.
        bank: MemoryBank,
        /// First word.
        word: u16,
        /// How many.
        n: u16,
    },
    /// `49`: write words, at most 32.
    Write {
        /// The tag's access password; 0 if it has none.
        password: u32,
        /// The bank.
        bank: MemoryBank,
        /// First word.
        word: u16,
        /// The words.
        words: Vec<u16>,
    },
    /// `B6`: the transmit power in hundredths of a dBm.
    SetPower(u16),
    /// `B7`.
    Power,
}

/// A part of the module's information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Info {
    /// `00`: the hardware.
    Hardware,
    /// `01`: the firmware.
    Firmware,
    /// `02`: the maker.
    Maker,
}

/// When the selection counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectMode {
    /// `00`: always, for inventories too.
    Always,
    /// `01`: never.
    #[default]
    Never,
    /// `02`: for everything but inventories.
    Access,
}

/// Which tags a selection means: those with these bits in their memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// The flag that the selection sets (0 = inventoried of session 0) and how, in the upper six bits.
    pub action: u8,
    /// The bank.
    pub bank: MemoryBank,
    /// First bit.
    pub bit: u32,
    /// How many bits.
    pub n_bits: u8,
    /// The bits, MSB first.
    pub bytes: Vec<u8>,
}

/// The command is not known, or its parameters are wrong: error 17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the command or its parameters are not known")]
pub struct Fault;

impl Command {
    /// The frame of the command.
    pub fn to_bytes(&self) -> Vec<u8> {
        let parameters = match self {
            Self::Information(info) => vec![info.number()],
            Self::Region | Self::Selection | Self::Query | Self::Inventory | Self::Stop | Self::Power => {
                Vec::new()
            }
            Self::SetRegion(region) => vec![*region],
            Self::Select(mask) => mask.to_bytes(),
            Self::SetSelectMode(mode) => vec![mode.number()],
            Self::SetQuery(word) | Self::SetPower(word) => word.to_be_bytes().to_vec(),
            Self::Inventories(n) => [&[INVENTORIES_RESERVED], n.to_be_bytes().as_slice()].concat(),
            Self::Read { password, bank, word, n } => access(*password, *bank, *word, *n),
            Self::Write { password, bank, word, words } => {
                let n = u16::try_from(words.len()).unwrap_or(u16::MAX);
                let mut parameters = access(*password, *bank, *word, n);
                parameters.extend(words.iter().flat_map(|word| word.to_be_bytes()));
                parameters
            }
        };
        Frame { kind: Kind::Command, command: self.byte(), parameters: &parameters }.to_bytes()
    }

    /// What a frame commands.
    ///
    /// # Errors
    /// [`Fault`], which a reader tells as error 17.
    pub fn parse(frame: &Frame<'_>) -> Result<Self, Fault> {
        match (frame.kind, frame.command, frame.parameters) {
            (Kind::Command, INFORMATION, [info]) => Info::of(*info).map(Self::Information),
            (Kind::Command, SET_REGION, [region]) => Some(Self::SetRegion(*region)),
            (Kind::Command, REGION, []) => Some(Self::Region),
            (Kind::Command, SELECTION, []) => Some(Self::Selection),
            (Kind::Command, SELECT, mask) => Mask::parse(mask).map(Self::Select),
            (Kind::Command, QUERY, []) => Some(Self::Query),
            (Kind::Command, SET_QUERY, &[high, low]) => Some(Self::SetQuery(u16::from_be_bytes([high, low]))),
            (Kind::Command, SELECT_MODE, [mode]) => SelectMode::of(*mode).map(Self::SetSelectMode),
            (Kind::Command, INVENTORY, []) => Some(Self::Inventory),
            (Kind::Command, INVENTORIES, &[_, high, low]) => {
                Some(Self::Inventories(u16::from_be_bytes([high, low])))
            }
            (Kind::Command, STOP, []) => Some(Self::Stop),
            (Kind::Command, READ, parameters) => read(parameters),
            (Kind::Command, WRITE, parameters) => write(parameters),
            (Kind::Command, SET_POWER, &[high, low]) => Some(Self::SetPower(u16::from_be_bytes([high, low]))),
            (Kind::Command, POWER, []) => Some(Self::Power),
            (Kind::Command | Kind::Answer | Kind::Notice, ..) => None,
        }
        .ok_or(Fault)
    }

    /// The command byte.
    pub fn byte(&self) -> u8 {
        match self {
            Self::Information(_) => INFORMATION,
            Self::SetRegion(_) => SET_REGION,
            Self::Region => REGION,
            Self::Selection => SELECTION,
            Self::Select(_) => SELECT,
            Self::Query => QUERY,
            Self::SetQuery(_) => SET_QUERY,
            Self::SetSelectMode(_) => SELECT_MODE,
            Self::Inventory => INVENTORY,
            Self::Inventories(_) => INVENTORIES,
            Self::Stop => STOP,
            Self::Read { .. } => READ,
            Self::Write { .. } => WRITE,
            Self::SetPower(_) => SET_POWER,
            Self::Power => POWER,
        }
    }
}

impl Info {
    /// Its number in the frame.
    pub fn number(self) -> u8 {
        match self {
            Self::Hardware => 0,
            Self::Firmware => 1,
            Self::Maker => 2,
        }
    }

    /// The part of a number.
    pub fn of(number: u8) -> Option<Self> {
        [Self::Hardware, Self::Firmware, Self::Maker].into_iter().find(|info| info.number() == number)
    }
}

impl SelectMode {
    fn number(self) -> u8 {
        match self {
            Self::Always => 0,
            Self::Never => 1,
            Self::Access => 2,
        }
    }

    fn of(number: u8) -> Option<Self> {
        [Self::Always, Self::Never, Self::Access].into_iter().find(|mode| mode.number() == number)
    }
}

impl Mask {
    /// Its parameters, with no truncation. {#m100.select}
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = [self.action << 2 | self.bank.number()];
        [&head, self.bit.to_be_bytes().as_slice(), &[self.n_bits, NO_TRUNCATION], &self.bytes].concat()
    }

    fn parse(parameters: &[u8]) -> Option<Self> {
        let ([head, a, b, c, d, n_bits, _truncation], bytes) = parameters.split_first_chunk()?;
        (bytes.len() == usize::from(*n_bits).div_ceil(8)).then_some(Self {
            action: head >> 2,
            bank: MemoryBank::of_number(head & 0b11)?,
            bit: u32::from_be_bytes([*a, *b, *c, *d]),
            n_bits: *n_bits,
            bytes: bytes.to_vec(),
        })
    }
}

fn access(password: u32, bank: MemoryBank, word: u16, n: u16) -> Vec<u8> {
    let (word, n) = (word.to_be_bytes(), n.to_be_bytes());
    [password.to_be_bytes().as_slice(), &[bank.number()], &word, &n].concat()
}

fn read(parameters: &[u8]) -> Option<Command> {
    let [p, q, r, s, bank, word, ord, n, m] = *parameters else { return None };
    Some(Command::Read {
        password: u32::from_be_bytes([p, q, r, s]),
        bank: MemoryBank::of_number(bank)?,
        word: u16::from_be_bytes([word, ord]),
        n: u16::from_be_bytes([n, m]),
    })
}

fn write(parameters: &[u8]) -> Option<Command> {
    let (head, data) = parameters.split_first_chunk::<ACCESS_SIZE>()?;
    let Command::Read { password, bank, word, n } = read(head)? else { return None };
    let (pairs, rest) = data.as_chunks::<2>();
    let words: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let fits = rest.is_empty() && words.len() == usize::from(n) && (1..=MAX_WRITE).contains(&words.len());
    fits.then_some(Command::Write { password, bank, word, words })
}

pub(super) const INFORMATION: u8 = 0x03;
pub(super) const SET_REGION: u8 = 0x07;
pub(super) const REGION: u8 = 0x08;
pub(super) const SELECTION: u8 = 0x0B;
pub(super) const SELECT: u8 = 0x0C;
pub(super) const QUERY: u8 = 0x0D;
pub(super) const SET_QUERY: u8 = 0x0E;
pub(super) const SELECT_MODE: u8 = 0x12;
pub(super) const INVENTORY: u8 = 0x22;
pub(super) const INVENTORIES: u8 = 0x27;
pub(super) const STOP: u8 = 0x28;
pub(super) const READ: u8 = 0x39;
pub(super) const WRITE: u8 = 0x49;
pub(super) const SET_POWER: u8 = 0xB6;
pub(super) const POWER: u8 = 0xB7;
/// A byte of the multiple inventory that has always this value.
const INVENTORIES_RESERVED: u8 = 0x22;
const NO_TRUNCATION: u8 = 0x00;
/// Password, bank, word, number of words.
const ACCESS_SIZE: usize = 9;
/// Words in one write.
const MAX_WRITE: usize = 32;
