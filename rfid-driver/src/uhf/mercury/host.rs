//! The host's side: [`Ask`] to command, answer to [`Reply`].

use std::time::Duration;

use super::answer::{self, ANTENNA, RSSI};
use super::{Answer, Answers, Command, Selection, Status};
use crate::dialogue::{Accepted, Protocol};
use crate::hf::{Identity, Refusal};
use crate::uhf::{Ask, Capabilities, Filter, MemoryBank, Reply, Sighting, UhfProtocol};

/// A module as seen by a host.
///
/// An inventory is: clear the buffer, search for a tenth of a second, fetch the buffer until it is empty. The buffer is
/// cleared first, so that nothing of an inventory that was broken off is told as of now. {#mercury.inventory}
#[derive(Clone, Debug, Default)]
pub struct Mercury {
    region: Option<u8>,
    probes: Probes,
    /// The last command of the ask under way.
    sent: Option<Command>,
    /// Tags of the inventory under way, and how many there are to be.
    heard: Vec<Sighting>,
    n_to_hear: usize,
}

#[derive(Clone, Copy, Debug, Default)]
enum Probes {
    #[default]
    ByStop,
    ByVersion,
}

impl Mercury {
    /// A module that was not asked anything yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A module that is told its radio region if it has none: most forget it when they are switched off, and send
    /// nothing before they are told. One that has a region keeps it.
    #[must_use]
    pub fn with_region(self, region: u8) -> Self {
        Self { region: Some(region), ..self }
    }

    fn go(&mut self, command: Command) -> Accepted<Reply> {
        let bytes = command.to_bytes();
        self.sent = Some(command);
        Accepted::Go(bytes)
    }

    /// A module that does not know how to stop is asked its version: stopping comes first, since one that streams may
    /// answer nothing else.
    fn next_probe(&mut self) -> Command {
        let (command, next) = match self.probes {
            Probes::ByStop => (Command::Stop, Probes::ByVersion),
            Probes::ByVersion => (Command::Version, Probes::ByStop),
        };
        self.probes = next;
        command
    }

    fn first(&mut self, ask: &Ask) -> Command {
        match ask {
            Ask::Probe => self.next_probe(),
            Ask::Prepare { step } => match *step {
                REGION_STEP => Command::Region,
                PROTOCOL_STEP => Command::SetProtocol(GEN2),
                SESSION_STEP => Command::SetSession(0),
                _ => Command::Antennas,
            },
            Ask::Identify => Command::Version,
            Ask::Inventory => Command::ClearBuffer,
            Ask::Read { of, bank, word, n } => Command::ReadData {
                timeout_ms: ACCESS_MS,
                of: Some(selection(of)),
                has_metadata: false,
                bank: *bank,
                word: u32::from(*word),
                n: *n,
            },
            Ask::Write { of, bank, word, words } => Command::WriteData {
                timeout_ms: ACCESS_MS + WORD_MS * u16::try_from(words.len()).unwrap_or(1),
                of: Some(selection(of)),
                bank: *bank,
                word: u32::from(*word),
                words: words.clone(),
            },
            Ask::SetPower { centi_dbm } => Command::SetReadPower(*centi_dbm),
        }
    }

    /// What follows an answer to the last command.
    fn answered(&mut self, ask: &Ask, sent: &Command, answer: &Answer) -> Accepted<Reply> {
        let is_done = answer.status == Status::OK;
        match (sent, answer.data.as_slice()) {
            // Whatever they say, a module is there; a boot loader is told to start what is to run.
            (Command::Stop, _) => self.go(Command::Program),
            (Command::Version, _) if matches!(ask, Ask::Probe) => self.go(Command::Program),
            (Command::Program, [BOOT_LOADER]) if is_done => self.go(Command::Boot),
            (Command::Program | Command::Boot, _) => Accepted::Reply(Reply::Done),
            (Command::ClearBuffer, _) => self.go(Command::Search {
                is_multi_select: false,
                flags: SEARCH,
                timeout_ms: SEARCH_MS,
                metadata: None,
            }),
            (Command::Search { .. } | Command::Buffer { .. }, _)
                if matches!(answer.status, Status::NO_TAGS | Status::BUFFER_EMPTY) =>
            {
                self.found()
            }
            (Command::ReadData { .. } | Command::WriteData { .. }, _) if !is_done => {
                Accepted::Reply(failure(ask, answer.status))
            }
            _ if !is_done => Accepted::Reply(refused(answer.status)),
            (Command::Version, data) => version(data).map(Reply::Reader).into(),
            (Command::Search { .. }, [.., n]) => {
                // The low byte, whether the number is told in one or in four.
                self.n_to_hear = usize::from(*n);
                self.go(Command::Buffer { metadata: RSSI | ANTENNA })
            }
            (Command::Buffer { .. }, data) => self.fetched(data),
            (Command::ReadData { n, .. }, data) => match words(usize::from(*n), data) {
                Some(words) => Accepted::Reply(Reply::Words(words.to_vec())),
                None => Accepted::No,
            },
            (Command::WriteData { .. }, _) => Accepted::Reply(Reply::Done),
            (Command::Region, [NO_REGION]) => match self.region {
                Some(region) => self.go(Command::SetRegion(region)),
                None => Accepted::Reply(refused(answer.status)),
            },
            (Command::Region, [_]) => Accepted::Reply(Reply::Done),
            (Command::Antennas, [DETECTED, ports @ ..]) => self.go(Command::SetSearchList(searched(ports))),
            (Command::SetReadPower(power), _) => {
                let power = *power;
                self.go(Command::SetWritePower(power))
            }
            (
                Command::SetProtocol(_)
                | Command::SetSession(_)
                | Command::SetRegion(_)
                | Command::SetSearchList(_)
                | Command::SetWritePower(_),
                _,
            ) => Accepted::Reply(Reply::Done),
            _ => Accepted::No,
        }
    }

    fn fetched(&mut self, data: &[u8]) -> Accepted<Reply> {
        let Some(tags) = answer::buffer(data) else { return Accepted::No };
        let is_over = tags.is_empty();
        self.heard.extend(tags);
        if is_over || self.heard.len() >= self.n_to_hear.clamp(1, MAX_HEARD) {
            return self.found();
        }
        self.go(Command::Buffer { metadata: RSSI | ANTENNA })
    }

    fn found(&mut self) -> Accepted<Reply> {
        Accepted::Reply(Reply::Found(std::mem::take(&mut self.heard)))
    }
}

impl Protocol for Mercury {
    type Format = Answers;
    type Ask = Ask;
    type Reply = Reply;

    fn encode(&mut self, ask: &Ask) -> Vec<u8> {
        self.heard.clear();
        let command = self.first(ask);
        let bytes = command.to_bytes();
        self.sent = Some(command);
        bytes
    }

    fn accept(&mut self, ask: &Ask, frame: &[u8]) -> Accepted<Reply> {
        let (Some(answer), Some(sent)) = (Answer::parse(frame), self.sent.take()) else {
            return Accepted::No;
        };
        let accepted = if answer.opcode == sent.opcode() {
            self.answered(ask, &sent, &answer)
        } else {
            // A tag of one that streams, or late.
            Accepted::No
        };
        if accepted == Accepted::No {
            self.sent = Some(sent);
        }
        accepted
    }

    fn patience(&self, ask: &Ask) -> Duration {
        let ms = match ask {
            Ask::Inventory => SEARCH_MS,
            Ask::Read { .. } => ACCESS_MS,
            Ask::Write { words, .. } => ACCESS_MS + WORD_MS * u16::try_from(words.len()).unwrap_or(1),
            Ask::Probe | Ask::Prepare { .. } | Ask::Identify | Ask::SetPower { .. } => 0,
        };
        Duration::from_millis(u64::from(ms))
    }

    fn is_repeatable(&self, ask: &Ask) -> bool {
        // The next round asks it again, and sooner than a repetition says that the reader is silent.
        !matches!(ask, Ask::Inventory)
    }
}

impl UhfProtocol for Mercury {
    fn capabilities(&self) -> Capabilities {
        Capabilities { n_prepare: 4, by_tid: true, is_call_slow: false }
    }
}

/// The selection of one tag. {#mercury.select}
///
/// A tag without a UII is told by its PC word, which counts none.
fn selection(of: &Filter) -> Selection {
    let (bank, bit, bytes) = match of {
        Filter::Uii(uii) if uii.is_empty() => {
            let mask = vec![0];
            return Selection { bank: MemoryBank::Epc, bit: Some(PC_BIT), n_bits: PC_LENGTH_BITS, mask };
        }
        Filter::Uii(uii) => (MemoryBank::Epc, None, uii.as_ref()),
        Filter::Tid(tid) => (MemoryBank::Tid, Some(0), tid.bytes()),
    };
    let n_bits = u16::try_from(bytes.len() * 8).unwrap_or(u16::MAX);
    Selection { bank, bit, n_bits, mask: bytes.to_vec() }
}

/// The words in the answer to a read; Silion's modules and the vendor's older ones repeat the option first, SparkFun's
/// does not. {#mercury.read}
fn words(n: usize, data: &[u8]) -> Option<&[u8]> {
    let words = if data.len() == n * 2 + 1 { data.get(1..)? } else { data };
    (words.len() == n * 2).then_some(words)
}

/// The ports at which an antenna was found, each to send and to receive; the first if the module cannot tell.
fn searched(ports: &[u8]) -> Vec<(u8, u8)> {
    let (pairs, _) = ports.as_chunks::<2>();
    let there: Vec<_> =
        pairs.iter().filter(|[_, is_there]| *is_there != 0).map(|[port, _]| (*port, *port)).collect();
    if there.is_empty() { vec![(1, 1)] } else { there }
}

/// Boot loader, hardware, date, firmware, protocols; four bytes each. {#mercury.version}
fn version(data: &[u8]) -> Option<Identity> {
    let ([_boot, hardware, _date, firmware, _protocols], []) = data.as_chunks::<4>() else { return None };
    let model = match hardware {
        [0x18, ..] => "ThingMagic M6e".to_owned(),
        [0x19, ..] => "ThingMagic M6e-i".to_owned(),
        [0x20, ..] => "ThingMagic M6e Micro".to_owned(),
        [0x30, ..] => "ThingMagic M6e Nano".to_owned(),
        [0x38, ..] => "ThingMagic M7e Pico".to_owned(),
        [code, ..] => format!("Mercury module {code:02X}"),
    };
    let [a, b, c, d] = firmware;
    Some(Identity { model, firmware: format!("{a:02X}.{b:02X}.{c:02X}.{d:02X}") })
}

/// An error that is a no leaves the tag as it was; every other may be a lost answer. {#mercury.status}
fn failure(ask: &Ask, status: Status) -> Reply {
    // Of several words the first may have been written before the tag said no, unless the bank is locked.
    let is_first = !matches!(ask, Ask::Write { words, .. } if words.len() > 1);
    let is_no = match status.tag() {
        Some(tag) => is_first || tag == TAG_LOCKED,
        None => NOES.contains(&status),
    };
    if is_no { refused(status) } else { Reply::Missing }
}

fn refused(status: Status) -> Reply {
    let tag = status.tag();
    Reply::Refused(Refusal { status: status.short(), tag, block: None, is_locked: tag == Some(TAG_LOCKED) })
}

/// Steps of the preparation; a last one finds the antennas and sets the search list. All is forgotten when the module is
/// switched off: protocol and session are what a pad needs, and a region is only given to a module without one.
const REGION_STEP: u8 = 0;
const PROTOCOL_STEP: u8 = 1;
const SESSION_STEP: u8 = 2;
const NO_REGION: u8 = 0x00;
const GEN2: u16 = 0x0005;
const BOOT_LOADER: u8 = 0x11;
const DETECTED: u8 = 0x05;
/// With the antennas of the search list; numbers of tags in four bytes.
const SEARCH: u16 = 0x0013;
/// For twenty tags at 219 a second.
const SEARCH_MS: u16 = 100;
/// Selection, singulation, and one command, more than once.
const ACCESS_MS: u16 = 100;
/// A tag answers a write within 20 ms; the module tries more than once.
const WORD_MS: u16 = 40;
/// Tags of one inventory, more than any pad holds: what is told of as many as a byte counts.
const MAX_HEARD: usize = 255;
/// Where the PC word stands in its bank...
const PC_BIT: u32 = 0x10;
/// ...and how many of its bits count the words of the UII.
const PC_LENGTH_BITS: u16 = 5;
/// Gen2: the memory is locked.
const TAG_LOCKED: u8 = 0x04;
/// By these the module says that it has not even begun: length, opcode, parameter, address, size; no antenna, no region.
const NOES: [Status; 7] = [
    Status(0x0100),
    Status::OPCODE,
    Status::PARAMETER,
    Status(0x0409),
    Status(0x040B),
    Status(0x0500),
    Status(0x0503),
];
