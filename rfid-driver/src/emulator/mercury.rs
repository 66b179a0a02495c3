//! The emulated Mercury module: what each command does to the tags, and which status it has.
//!
//! Where the published facts are silent it takes the plain reading, and says so here: a frame whose CRC is wrong is not
//! answered; the password in a selection is not looked at, since its tags have none; whatever is set is not stored; the
//! buffer is what the last searches heard, each tag once, and fetching goes on where it ended; without tags a search that
//! goes on tells status 0400 each round; an option other than 00 is repeated before the words of a read. As a module out of its box it runs its application and has a region.

use super::Emulator;
use super::gen2::{Gen2No, Gen2Tag};
use super::timing::Air;
use crate::data::epc::Pc;
use crate::uhf::mercury::{Answer, Command, Fault, Frame, Record, Selection, Status};
use crate::uhf::{MemoryBank, Sighting};

/// What the module remembers between two requests.
#[derive(Clone, Debug)]
pub(super) struct State {
    region: u8,
    pub(super) power: u16,
    session: u8,
    search_list: Vec<u8>,
    /// Tags that were heard and not fetched yet.
    buffer: Vec<Sighting>,
    /// Searches that go on: flags, time and metadata.
    streams: Option<(u16, u16, u16)>,
}

impl Default for State {
    fn default() -> Self {
        let (region, power, session) = (CHINA, POWER, 0);
        Self { region, power, session, search_list: vec![1], buffer: Vec::new(), streams: None }
    }
}

type Done = (Status, Vec<u8>, Air);

impl Emulator {
    /// The answers to a frame, each with the air time before it.
    pub(super) fn mercury(&mut self, bytes: &[u8]) -> Vec<(Vec<u8>, Air)> {
        let Some(frame) = Frame::parse(bytes) else { return Vec::new() };
        self.counters.frames_in += 1;
        let (status, data, air) = match Command::parse(&frame) {
            Ok(command) => self.mercury_command(command),
            Err(Fault::Opcode) => (Status::OPCODE, Vec::new(), Air::Nothing),
            Err(Fault::Parameter) => (Status::PARAMETER, Vec::new(), Air::Nothing),
        };
        vec![(Answer { opcode: frame.opcode, status, data }.to_bytes(), air)]
    }

    /// The next round of a module that goes on by itself: each tag in a frame.
    pub(super) fn mercury_round(&mut self) -> Vec<(Vec<u8>, Air)> {
        let Some((flags, timeout_ms, metadata)) = self.states.mercury.streams else { return Vec::new() };
        let heard = self.mercury_heard();
        let told = |status, data| Answer { opcode: SEARCH, status, data }.to_bytes();
        if heard.is_empty() {
            return vec![(told(Status::NO_TAGS, Vec::new()), Air::Gen2Search { ms: timeout_ms })];
        }
        let [flags, told_flags] = [flags, metadata].map(u16::to_be_bytes);
        let head = [&[WITH_METADATA][..], &flags, &told_flags, &[A_TAG]].concat();
        heard
            .into_iter()
            .map(|tag| told(Status::OK, [head.as_slice(), &Record(tag).to_bytes(metadata)].concat()))
            .map(|frame| (frame, Air::Gen2Tag))
            .collect()
    }

    fn mercury_command(&mut self, command: Command) -> Done {
        match command {
            Command::Search { is_multi_select, flags, timeout_ms, metadata } => {
                self.mercury_search(is_multi_select, flags, timeout_ms, metadata)
            }
            Command::ReadData { of, has_metadata, bank, word, n, .. } => {
                let read = self.mercury_tag(of.as_ref()).and_then(|tag| {
                    let word = usize::try_from(word).unwrap_or(usize::MAX / 4);
                    self.gen2_read(&tag.filter(), bank, word, usize::from(n.min(MAX_READ)))
                });
                let option = of.as_ref().map_or(0, Selection::option);
                let head: &[u8] = match (has_metadata, option) {
                    (true, option) => &[option | WITH_METADATA, 0, 0],
                    (false, 0) => &[],
                    (false, option) => &[option],
                };
                done(read.map(|(_, words)| [head, &words].concat()), Air::Gen2Access)
            }
            Command::WriteData { of, bank, word, words, .. } => {
                let written = self.mercury_tag(of.as_ref()).and_then(|tag| {
                    let word = usize::try_from(word).unwrap_or(usize::MAX / 4);
                    self.gen2_write(&tag.filter(), bank, word, &words)
                });
                done(written.map(|_| Vec::new()), Air::Gen2Write { n_words: words.len() })
            }
            Command::WriteEpc { of, epc, .. } => self.mercury_write_epc(of.as_ref(), &epc),
            Command::Buffer { metadata } => self.states.mercury.fetch(metadata),
            Command::Stop => {
                self.states.mercury.streams = None;
                // What is on the line already still arrives.
                self.answers.truncate(1);
                self.free_at = self.answers.front().map(|(due, _)| *due);
                plain(vec![STOPPED])
            }
            Command::Antennas => {
                let ports: std::collections::BTreeSet<u8> =
                    self.gen2_tags().map(|(_, tag)| tag.antenna).chain([1]).collect();
                plain([DETECTED].into_iter().chain(ports.into_iter().flat_map(|port| [port, 1])).collect())
            }
            setting @ (Command::Version
            | Command::Boot
            | Command::Program
            | Command::ClearBuffer
            | Command::Start { .. }
            | Command::SetSearchList(_)
            | Command::SetAccessPair(..)
            | Command::Power
            | Command::SetReadPower(_)
            | Command::SetWritePower(_)
            | Command::SetProtocol(_)
            | Command::Region
            | Command::SetRegion(_)
            | Command::Session
            | Command::SetSession(_)
            | Command::SetBaud(_)) => self.states.mercury.set(setting),
        }
    }

    fn mercury_search(
        &mut self,
        is_multi_select: bool,
        flags: u16,
        timeout_ms: u16,
        metadata: Option<u16>,
    ) -> Done {
        let heard = self.mercury_heard();
        let air = Air::Gen2Search { ms: timeout_ms };
        if heard.is_empty() {
            return (Status::NO_TAGS, Vec::new(), air);
        }
        self.states.mercury.remember(heard);
        let n = u8::try_from(self.states.mercury.buffer.len()).unwrap_or(u8::MAX);
        let option = if metadata.is_some() { WITH_METADATA } else { 0 };
        let data = match (is_multi_select, flags & LARGE_COUNT) {
            // As in the captured session.
            (true, _) => vec![MULTI_SELECT, option, 0, n],
            (false, 0) => [&[option][..], &flags.to_be_bytes(), &[n]].concat(),
            (false, _) => [&[option][..], &flags.to_be_bytes(), &u32::from(n).to_be_bytes()].concat(),
        };
        (Status::OK, data, air)
    }

    fn mercury_heard(&mut self) -> Vec<Sighting> {
        let tags = self.gen2_inventory();
        let ports = &self.states.mercury.search_list;
        tags.iter().filter(|tag| ports.contains(&tag.antenna)).map(sighting).collect()
    }

    fn mercury_write_epc(&mut self, of: Option<&Selection>, epc: &[u8]) -> Done {
        let air = Air::Gen2Write { n_words: 1 + epc.len() / 2 };
        let written = self.mercury_tag(of).and_then(|tag| {
            let pc = Pc::new(epc.len() / 2, tag.reported().pc().has_user(), None);
            let (pairs, _) = epc.as_chunks::<2>();
            let words: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            self.gen2_write(&tag.filter(), MemoryBank::Epc, 1, &[&[pc.0], words.as_slice()].concat())
        });
        done(written.map(|_| Vec::new()), air)
    }

    /// The tag that a selection means.
    fn mercury_tag(&mut self, of: Option<&Selection>) -> Result<Gen2Tag, Gen2No> {
        let is_meant = |tag: &Gen2Tag| match of {
            None => true,
            Some(Selection { bit: None, mask, .. }) => tag.reported().uii() == mask,
            Some(Selection { bank, bit: Some(bit), n_bits, mask }) => {
                let bit = usize::try_from(*bit).unwrap_or(usize::MAX / 2);
                tag.holds(*bank, bit, usize::from(*n_bits), mask)
            }
        };
        self.gen2_chosen(is_meant).ok_or(Gen2No::Absent)
    }
}

impl State {
    /// The answer to a command that no tag hears.
    fn set(&mut self, command: Command) -> Done {
        plain(match command {
            Command::Version => VERSION.to_vec(),
            Command::Program => vec![APPLICATION],
            Command::Power => [&[0], self.power.to_be_bytes().as_slice()].concat(),
            Command::Region => vec![self.region],
            Command::Session => vec![GEN2, 0, self.session],
            Command::ClearBuffer => {
                self.buffer.clear();
                Vec::new()
            }
            Command::Start { flags, timeout_ms, metadata } => {
                self.streams = Some((flags, timeout_ms, metadata));
                vec![STARTED]
            }
            Command::SetSearchList(ports) => {
                self.search_list = ports.into_iter().map(|(_, receives)| receives).collect();
                Vec::new()
            }
            Command::SetReadPower(power) | Command::SetWritePower(power) => {
                self.power = power;
                Vec::new()
            }
            Command::SetAccessPair(_, receives) => {
                self.search_list = vec![receives];
                Vec::new()
            }
            Command::SetRegion(region) => {
                self.region = region;
                Vec::new()
            }
            Command::SetSession(session) => {
                self.session = session;
                Vec::new()
            }
            Command::SetProtocol(protocol) if protocol == u16::from(GEN2) => Vec::new(),
            Command::SetBaud(_) => Vec::new(),
            Command::SetProtocol(_) => return (Status::PARAMETER, Vec::new(), Air::Nothing),
            Command::Boot
            | Command::Search { .. }
            | Command::WriteEpc { .. }
            | Command::WriteData { .. }
            | Command::ReadData { .. }
            | Command::Buffer { .. }
            | Command::Stop
            | Command::Antennas => return (Status::OPCODE, Vec::new(), Air::Nothing),
        })
    }

    fn remember(&mut self, heard: Vec<Sighting>) {
        for sighting in heard {
            if self.buffer.iter().all(|tag| (&tag.epc, tag.antenna) != (&sighting.epc, sighting.antenna)) {
                self.buffer.push(sighting);
            }
        }
    }

    /// As many tags as one frame holds.
    fn fetch(&mut self, metadata: u16) -> Done {
        if self.buffer.is_empty() {
            return (Status::BUFFER_EMPTY, Vec::new(), Air::Nothing);
        }
        let (mut records, mut n) = (Vec::new(), 0_u8);
        while let Some(sighting) = self.buffer.first() {
            let record = Record(sighting.clone()).to_bytes(metadata);
            if records.len() + record.len() > MAX_RECORDS {
                break;
            }
            records.extend(record);
            n += 1;
            self.buffer.remove(0);
        }
        plain([&metadata.to_be_bytes(), [0, n].as_slice(), &records].concat())
    }
}

fn sighting(tag: &Gen2Tag) -> Sighting {
    Sighting { epc: tag.reported(), rssi: Some(tag.rssi), antenna: Some(tag.antenna) }
}

fn plain(data: Vec<u8>) -> Done {
    (Status::OK, data, Air::Nothing)
}

fn done(outcome: Result<Vec<u8>, Gen2No>, air: Air) -> Done {
    match outcome {
        Ok(data) => (Status::OK, data, air),
        Err(Gen2No::Absent) => (Status::NO_TAGS, Vec::new(), air),
        Err(Gen2No::Overrun) => (Status::of_tag(0x03), Vec::new(), air),
        Err(Gen2No::Locked) => (Status::of_tag(0x04), Vec::new(), air),
        Err(Gen2No::Power) => (Status::of_tag(0x0B), Vec::new(), air),
    }
}

/// What the client that was captured was told.
const VERSION: &[u8] = &[
    0x12, 0x12, 0x00, 0x13, 0x18, 0x00, 0x00, 0x01, 0x20, 0x19, 0x08, 0x30, 0x01, 0x09, 0x00, 0x40, 0x00,
    0x00, 0x00, 0x10,
];
const APPLICATION: u8 = 0x12;
const CHINA: u8 = 0x06;
/// 27 dBm.
const POWER: u16 = 2700;
const GEN2: u8 = 0x05;
const DETECTED: u8 = 0x05;
const SEARCH: u8 = 0x22;
const STARTED: u8 = 0x01;
const STOPPED: u8 = 0x02;
/// What a frame of a search that goes on tells: a tag.
const A_TAG: u8 = 0x01;
const MULTI_SELECT: u8 = 0x88;
const WITH_METADATA: u8 = 0x10;
/// Flag of a search: numbers are told in four bytes.
const LARGE_COUNT: u16 = 0x0010;
/// Words in one read: what a length byte counts.
const MAX_READ: u8 = 120;
/// Bytes of records in one frame.
const MAX_RECORDS: usize = 240;
