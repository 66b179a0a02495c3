//! Commands: what a host says. Built for a module, parsed by the emulator of one.
//!
//! Lock and kill are not here: no library pad sends them. Nor are the settings that a pad leaves as they are.

use super::Frame;
use crate::uhf::MemoryBank;

/// What is commanded. {#mercury.command}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `03`.
    Version,
    /// `04`: leave the boot loader.
    Boot,
    /// `0C`: which program runs? 11 the boot loader, 12 the application.
    Program,
    /// `22`: search tags for some time; they are kept in the module's buffer.
    Search {
        /// Whether the byte 88, by which newer clients begin, stands first.
        is_multi_select: bool,
        /// 03: with the antennas of the search list; 10: counts are told in four bytes.
        flags: u16,
        /// For how long.
        timeout_ms: u16,
        /// What is told of each tag, see [`super::Record`]; clients that fetch the buffer may leave it out.
        metadata: Option<u16>,
    },
    /// `23`: write the EPC, and a PC word that counts it.
    WriteEpc {
        /// For how long it is tried.
        timeout_ms: u16,
        /// Which tag; whichever is heard, if there is none.
        of: Option<Selection>,
        /// The EPC.
        epc: Vec<u8>,
    },
    /// `24`.
    WriteData {
        /// For how long it is tried.
        timeout_ms: u16,
        /// Which tag; whichever is heard, if there is none.
        of: Option<Selection>,
        /// The bank.
        bank: MemoryBank,
        /// First word.
        word: u32,
        /// The words.
        words: Vec<u16>,
    },
    /// `28`.
    ReadData {
        /// For how long it is tried.
        timeout_ms: u16,
        /// Which tag; whichever is heard, if there is none.
        of: Option<Selection>,
        /// What is told of the tag before its data: only 0000 is known here.
        has_metadata: bool,
        /// The bank.
        bank: MemoryBank,
        /// First word.
        word: u32,
        /// How many.
        n: u8,
    },
    /// `29`: the next tags of the buffer.
    Buffer {
        /// What is told of each, see [`super::Record`].
        metadata: u16,
    },
    /// `2A`.
    ClearBuffer,
    /// `2F`: search until told to stop, and tell each tag at once.
    Start {
        /// How a search goes on, as in [`Command::Search`].
        flags: u16,
        /// One search takes so long.
        timeout_ms: u16,
        /// What is told of each tag.
        metadata: u16,
    },
    /// `2F`: stop it.
    Stop,
    /// `61 05`: which ports have an antenna?
    Antennas,
    /// `91 02`: with which ports tags are searched, sending and receiving.
    SetSearchList(Vec<(u8, u8)>),
    /// `91 00`: with which port one tag is read or written, sending and receiving.
    SetAccessPair(u8, u8),
    /// `62 00`: the transmit power.
    Power,
    /// `92`: the transmit power of searches and reads, in hundredths of a dBm.
    SetReadPower(u16),
    /// `94`: that of writes.
    SetWritePower(u16),
    /// `93`: the air protocol, 0005 for Gen2.
    SetProtocol(u16),
    /// `67`: the radio region; 00: none, and nothing can be sent.
    Region,
    /// `97`.
    SetRegion(u8),
    /// `6B 05 00`: the Gen2 session.
    Session,
    /// `9B 05 00`.
    SetSession(u8),
    /// `06`: the speed of the line in baud.
    SetBaud(u32),
}

/// Which tag a command is for: the one with these bits in its memory. {#mercury.select}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The bank.
    pub bank: MemoryBank,
    /// The first bit; `None`: the whole EPC is this.
    pub bit: Option<u32>,
    /// How many bits.
    pub n_bits: u16,
    /// The bits, MSB first.
    pub mask: Vec<u8>,
}

/// Why a command cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The opcode is not known (status 0101).
    #[error("the opcode is not known")]
    Opcode,
    /// Its data are too few, too many or out of range (status 0105).
    #[error("the parameters of the command are wrong")]
    Parameter,
}

impl Command {
    /// The frame of the command.
    pub fn to_bytes(&self) -> Vec<u8> {
        let data = match self {
            Self::Version | Self::Boot | Self::Program | Self::ClearBuffer | Self::Region => Vec::new(),
            Self::Search { is_multi_select, flags, timeout_ms, metadata } => {
                let prefix: &[u8] = if *is_multi_select { &[MULTI_SELECT] } else { &[] };
                let option = if metadata.is_some() { WITH_METADATA } else { 0 };
                let metadata = metadata.map_or_else(Vec::new, |flags| flags.to_be_bytes().to_vec());
                [prefix, &[option], &flags.to_be_bytes(), &timeout_ms.to_be_bytes(), &metadata].concat()
            }
            Self::WriteEpc { timeout_ms, of, epc } => match of {
                None => [&timeout_ms.to_be_bytes()[..], &[MULTI_SELECT, 0, 0], epc].concat(),
                Some(of) => [&timeout_ms.to_be_bytes()[..], &[of.option()], &of.to_bytes(), epc].concat(),
            },
            Self::WriteData { timeout_ms, of, bank, word, words } => {
                let words: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
                let (option, mask) = selected(of.as_ref());
                let place = [&word.to_be_bytes()[..], &[bank.number()]].concat();
                [&timeout_ms.to_be_bytes()[..], &[option], &place, &mask, &words].concat()
            }
            Self::ReadData { timeout_ms, of, has_metadata, bank, word, n } => {
                let (option, mask) = selected(of.as_ref());
                let head: &[u8] = if *has_metadata { &[option | WITH_METADATA, 0, 0] } else { &[option] };
                let place = [&[bank.number()][..], &word.to_be_bytes(), &[*n]].concat();
                [&timeout_ms.to_be_bytes()[..], head, &place, &mask].concat()
            }
            Self::Buffer { metadata } => [&metadata.to_be_bytes()[..], &[0]].concat(),
            Self::Start { flags, timeout_ms, metadata } => {
                let [flags, timeout, metadata] = [flags, timeout_ms, metadata].map(|word| word.to_be_bytes());
                [START, &flags, &timeout, &metadata].concat()
            }
            Self::Stop => STOP.to_vec(),
            Self::Antennas => vec![DETECTED],
            Self::SetSearchList(ports) => {
                [SEARCH_LIST].into_iter().chain(ports.iter().flat_map(|(tx, rx)| [*tx, *rx])).collect()
            }
            Self::SetAccessPair(tx, rx) => vec![ACCESS_PAIR, *tx, *rx],
            Self::Power => vec![0],
            Self::SetReadPower(word) | Self::SetWritePower(word) | Self::SetProtocol(word) => {
                word.to_be_bytes().to_vec()
            }
            Self::SetRegion(region) => vec![*region],
            Self::Session => SESSION.to_vec(),
            Self::SetSession(session) => [SESSION, &[*session]].concat(),
            Self::SetBaud(baud) => baud.to_be_bytes().to_vec(),
        };
        Frame { opcode: self.opcode(), data: &data }.to_bytes()
    }

    /// What a frame commands.
    ///
    /// # Errors
    /// [`Fault`], each variant with the status by which a module tells it.
    pub fn parse(frame: &Frame<'_>) -> Result<Self, Fault> {
        match (frame.opcode, frame.data) {
            (0x03, []) => Some(Self::Version),
            (0x04, []) => Some(Self::Boot),
            (0x06, data) => data.try_into().ok().map(u32::from_be_bytes).map(Self::SetBaud),
            (0x0C, []) => Some(Self::Program),
            (0x22, [MULTI_SELECT, rest @ ..]) => search(true, rest),
            (0x22, rest) => search(false, rest),
            (0x23, data) => write_epc(data),
            (0x24, data) => write_data(data),
            (0x28, data) => read_data(data),
            (0x29, &[high, low, 0]) => Some(Self::Buffer { metadata: u16::from_be_bytes([high, low]) }),
            (0x2A, []) => Some(Self::ClearBuffer),
            (0x2F, STOP) => Some(Self::Stop),
            (0x2F, data) => start(data),
            (0x61, [DETECTED]) => Some(Self::Antennas),
            (0x62, [0]) => Some(Self::Power),
            (0x67, []) => Some(Self::Region),
            (0x6B, SESSION) => Some(Self::Session),
            (0x91, [SEARCH_LIST, ports @ ..]) => {
                let (pairs, rest) = ports.as_chunks::<2>();
                let pairs = pairs.iter().map(|[tx, rx]| (*tx, *rx)).collect();
                rest.is_empty().then_some(Self::SetSearchList(pairs))
            }
            (0x91, [ACCESS_PAIR, tx, rx]) => Some(Self::SetAccessPair(*tx, *rx)),
            (0x92, &[high, low]) => Some(Self::SetReadPower(u16::from_be_bytes([high, low]))),
            (0x93, &[high, low]) => Some(Self::SetProtocol(u16::from_be_bytes([high, low]))),
            (0x94, &[high, low]) => Some(Self::SetWritePower(u16::from_be_bytes([high, low]))),
            (0x97, [region]) => Some(Self::SetRegion(*region)),
            (0x9B, [protocol, parameter, session @ 0..=3]) if [*protocol, *parameter] == SESSION => {
                Some(Self::SetSession(*session))
            }
            (opcode, _) if OPCODES.contains(&opcode) => None,
            _ => return Err(Fault::Opcode),
        }
        .ok_or(Fault::Parameter)
    }

    /// The operation.
    pub fn opcode(&self) -> u8 {
        match self {
            Self::Version => 0x03,
            Self::Boot => 0x04,
            Self::SetBaud(_) => 0x06,
            Self::Program => 0x0C,
            Self::Search { .. } => 0x22,
            Self::WriteEpc { .. } => 0x23,
            Self::WriteData { .. } => 0x24,
            Self::ReadData { .. } => 0x28,
            Self::Buffer { .. } => 0x29,
            Self::ClearBuffer => 0x2A,
            Self::Start { .. } | Self::Stop => 0x2F,
            Self::Antennas => 0x61,
            Self::Power => 0x62,
            Self::Region => 0x67,
            Self::Session => 0x6B,
            Self::SetSearchList(_) | Self::SetAccessPair(..) => 0x91,
            Self::SetReadPower(_) => 0x92,
            Self::SetProtocol(_) => 0x93,
            Self::SetWritePower(_) => 0x94,
            Self::SetRegion(_) => 0x97,
            Self::SetSession(_) => 0x9B,
        }
    }
}

impl Selection {
    /// The option that announces it.
    pub(crate) fn option(&self) -> u8 {
        let option = match (self.bank, self.bit) {
            (_, None) => WHOLE_EPC,
            (MemoryBank::Epc | MemoryBank::Reserved, Some(_)) => PART_OF_EPC,
            (MemoryBank::Tid | MemoryBank::User, Some(_)) => self.bank.number(),
        };
        if self.n_bits > u16::from(u8::MAX) { option | LONG } else { option }
    }

    /// No password, first bit, number of bits, bits.
    fn to_bytes(&self) -> Vec<u8> {
        let bit = self.bit.map_or_else(Vec::new, |bit| bit.to_be_bytes().to_vec());
        let [high, low] = self.n_bits.to_be_bytes();
        let n_bits: &[u8] = if self.n_bits > u16::from(u8::MAX) { &[high, low] } else { &[low] };
        [&NO_PASSWORD, bit.as_slice(), n_bits, &self.mask].concat()
    }

    /// The selection that the option announces, if any, and what follows it. The password is not looked at.
    fn parse(option: u8, bytes: &[u8]) -> Option<(Option<Self>, &[u8])> {
        let bank = match option & SELECT_BITS {
            0 => return Some((None, bytes)),
            WHOLE_EPC | PART_OF_EPC => MemoryBank::Epc,
            number => MemoryBank::of_number(number).filter(|bank| *bank != MemoryBank::Epc)?,
        };
        let (_password, mut rest) = bytes.split_first_chunk::<4>()?;
        let mut bit = None;
        if option & SELECT_BITS != WHOLE_EPC {
            let (first, others) = rest.split_first_chunk()?;
            (bit, rest) = (Some(u32::from_be_bytes(*first)), others);
        }
        let n_bits;
        if option & LONG == 0 {
            let (n, others) = rest.split_first()?;
            (n_bits, rest) = (u16::from(*n), others);
        } else {
            let (n, others) = rest.split_first_chunk()?;
            (n_bits, rest) = (u16::from_be_bytes(*n), others);
        }
        let (mask, rest) = rest.split_at_checked(usize::from(n_bits).div_ceil(8))?;
        Some((Some(Self { bank, bit, n_bits, mask: mask.to_vec() }), rest))
    }
}

fn selected(of: Option<&Selection>) -> (u8, Vec<u8>) {
    of.map_or((0, Vec::new()), |of| (of.option(), of.to_bytes()))
}

fn search(is_multi_select: bool, data: &[u8]) -> Option<Command> {
    let ([option, f, g, t, u], rest) = data.split_first_chunk()?;
    let metadata = match (*option, rest) {
        (0, []) => None,
        (WITH_METADATA, &[high, low]) => Some(u16::from_be_bytes([high, low])),
        _ => return None,
    };
    let (flags, timeout_ms) = (u16::from_be_bytes([*f, *g]), u16::from_be_bytes([*t, *u]));
    Some(Command::Search { is_multi_select, flags, timeout_ms, metadata })
}

fn write_epc(data: &[u8]) -> Option<Command> {
    let (timeout, rest) = data.split_first_chunk()?;
    let (of, epc) = match rest {
        [MULTI_SELECT, 0, 0, epc @ ..] | [0, 0, epc @ ..] => (None, epc),
        [option, rest @ ..] => Selection::parse(*option, rest)?,
        [] => return None,
    };
    let fits = !epc.is_empty() && epc.len().is_multiple_of(2) && epc.len() <= MAX_EPC;
    fits.then(|| Command::WriteEpc { timeout_ms: u16::from_be_bytes(*timeout), of, epc: epc.to_vec() })
}

fn write_data(data: &[u8]) -> Option<Command> {
    let ([t, u, option, a, b, c, d, bank], rest) = data.split_first_chunk()?;
    let (of, data) = Selection::parse(*option, rest)?;
    let (pairs, rest) = data.as_chunks::<2>();
    (rest.is_empty() && !pairs.is_empty()).then_some(Command::WriteData {
        timeout_ms: u16::from_be_bytes([*t, *u]),
        of,
        bank: MemoryBank::of_number(*bank)?,
        word: u32::from_be_bytes([*a, *b, *c, *d]),
        words: pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect(),
    })
}

fn read_data(data: &[u8]) -> Option<Command> {
    let ([t, u, option], rest) = data.split_first_chunk()?;
    let has_metadata = option & WITH_METADATA != 0;
    let rest = if has_metadata { rest.strip_prefix(&[0, 0])? } else { rest };
    let ([bank, a, b, c, d, n], rest) = rest.split_first_chunk()?;
    let (of, rest) = Selection::parse(*option, rest)?;
    rest.is_empty().then_some(Command::ReadData {
        timeout_ms: u16::from_be_bytes([*t, *u]),
        of,
        has_metadata,
        bank: MemoryBank::of_number(*bank)?,
        word: u32::from_be_bytes([*a, *b, *c, *d]),
        n: *n,
    })
}

fn start(data: &[u8]) -> Option<Command> {
    let [f, g, t, u, m, n] = *data.strip_prefix(START)? else { return None };
    let [flags, timeout_ms, metadata] = [[f, g], [t, u], [m, n]].map(u16::from_be_bytes);
    Some(Command::Start { flags, timeout_ms, metadata })
}

/// Newer clients begin an option with it.
pub(super) const MULTI_SELECT: u8 = 0x88;
/// Option: metadata flags follow.
const WITH_METADATA: u8 = 0x10;
/// Option: the number of bits of a mask has two bytes.
const LONG: u8 = 0x20;
/// Option: by what the tag is selected.
const SELECT_BITS: u8 = 0x07;
const WHOLE_EPC: u8 = 0x01;
const PART_OF_EPC: u8 = 0x04;
const NO_PASSWORD: [u8; 4] = [0; 4];
/// No timeout, start; search with Gen2 by the following seven bytes: search, metadata.
const START: &[u8] = &[0x00, 0x00, 0x01, 0x22, 0x00, 0x00, 0x05, 0x07, 0x22, 0x10];
const STOP: &[u8] = &[0x00, 0x00, 0x02];
const DETECTED: u8 = 0x05;
const SEARCH_LIST: u8 = 0x02;
const ACCESS_PAIR: u8 = 0x00;
/// Gen2, its session.
const SESSION: &[u8] = &[0x05, 0x00];
/// Bytes of the longest EPC.
const MAX_EPC: usize = 62;
/// Operations that are known, with some data or other.
const OPCODES: [u8; 21] = [
    0x03, 0x04, 0x06, 0x0C, 0x22, 0x23, 0x24, 0x28, 0x29, 0x2A, 0x2F, 0x61, 0x62, 0x67, 0x6B, 0x91, 0x92,
    0x93, 0x94, 0x97, 0x9B,
];
