//! The emulated M100: what each command does to the tags, and which error it has.
//!
//! Where the published facts are silent it takes the plain reading, and says so here: a frame whose sum is wrong is not
//! answered; a command or a parameter that is not known has error 17; the password of a read or write is not looked at,
//! since its tags have none; of several tags that a selection means, any answers; an error names the tag if it
//! was heard; a notice that is on its way when the reader is told to stop still comes.

use super::Emulator;
use super::gen2::{Gen2No, Gen2Tag};
use super::timing::Air;
use crate::uhf::m100::{Access, Answer, Code, Command, Frame, Info, Mask, SelectMode, Told};
use crate::uhf::{Epc, Sighting};

/// What the reader remembers between two requests.
#[derive(Clone, Debug)]
pub(super) struct State {
    select: Option<Mask>,
    mode: SelectMode,
    query: u16,
    pub(super) power: u16,
    region: u8,
    /// Inventories that were commanded and are still to be done.
    rounds_left: u16,
}

impl Default for State {
    fn default() -> Self {
        let (query, power, region) = (QUERY, POWER, CHINA_900);
        Self { select: None, mode: SelectMode::Never, query, power, region, rounds_left: 0 }
    }
}

impl Emulator {
    /// The answers to a frame, each with the air time before it.
    pub(super) fn m100(&mut self, bytes: &[u8]) -> Vec<(Vec<u8>, Air)> {
        let Some(frame) = Frame::parse(bytes) else { return Vec::new() };
        self.counters.frames_in += 1;
        let command = Command::parse(&frame);
        let (answer, air) = match command {
            Ok(Command::Inventory) => return self.m100_inventory(),
            Ok(Command::Inventories(n)) => {
                self.states.m100.rounds_left = n;
                return Vec::new();
            }
            Ok(Command::Stop) => {
                self.m100_stop();
                (told(frame.command, &DONE), Air::Nothing)
            }
            Ok(Command::Read { bank, word, n, .. }) if n <= MAX_READ => {
                let read = |reader: &mut Self, tag: &Gen2Tag| {
                    reader.gen2_read(&tag.filter(), bank, word.into(), n.into())
                };
                (self.m100_access(frame.command, READING, read), Air::Gen2Access)
            }
            Ok(Command::Write { bank, word, words, .. }) => {
                let air = Air::Gen2Write { n_words: words.len() };
                let write = |reader: &mut Self, tag: &Gen2Tag| {
                    let before = reader.gen2_write(&tag.filter(), bank, word.into(), &words)?;
                    Ok((before, DONE.to_vec()))
                };
                (self.m100_access(frame.command, WRITING, write), air)
            }
            Ok(setting) => (self.states.m100.set(setting), Air::Nothing),
            Err(_) => (error(Code::COMMAND, None), Air::Nothing),
        };
        vec![(answer, air)]
    }

    /// The next round of a reader that was told to do several.
    pub(super) fn m100_round(&mut self) -> Vec<(Vec<u8>, Air)> {
        let Some(left) = self.states.m100.rounds_left.checked_sub(1) else { return Vec::new() };
        self.states.m100.rounds_left = left;
        self.m100_inventory()
    }

    /// A notice for each tag that was heard, and nothing at the end.
    fn m100_inventory(&mut self) -> Vec<(Vec<u8>, Air)> {
        let mut heard = self.gen2_inventory();
        if self.states.m100.mode == SelectMode::Always {
            heard.retain(|tag| is_selected(self.states.m100.select.as_ref(), tag));
        }
        let notices = heard.iter().enumerate().map(|(at, tag)| {
            let air = if at == 0 { Air::Gen2Inventory { n_tags: 1 } } else { Air::Gen2Tag };
            let sighting = Sighting { epc: tag.reported(), rssi: Some(tag.rssi), antenna: None };
            (Answer::Notice(sighting).to_bytes(), air)
        });
        if heard.is_empty() {
            return vec![(error(Code::NO_TAG, None), Air::Gen2Inventory { n_tags: 0 })];
        }
        notices.collect()
    }

    fn m100_stop(&mut self) {
        self.states.m100.rounds_left = 0;
        self.answers.truncate(1);
        self.free_at = self.answers.front().map(|(due, _)| *due);
    }

    fn m100_access(
        &mut self,
        command: u8,
        (silent, of_tag): Errors,
        act: impl FnOnce(&mut Self, &Gen2Tag) -> Result<(Gen2Tag, Vec<u8>), Gen2No>,
    ) -> Vec<u8> {
        let mask = self.states.m100.mask_of_access();
        let tag = self.gen2_chosen(|tag| is_selected(mask.as_ref(), tag));
        let Some(tag) = tag else { return error(silent, None) };
        let named = Some(tag.reported());
        match act(self, &tag) {
            Ok((tag, data)) => told(command, &Access { tag: tag.reported(), data }.to_bytes()),
            Err(Gen2No::Absent) => error(silent, None),
            Err(Gen2No::Overrun) => error(of_tag(3), named),
            Err(Gen2No::Locked) => error(of_tag(4), named),
            Err(Gen2No::Power) => error(of_tag(0x0B), named),
        }
    }
}

fn is_selected(mask: Option<&Mask>, tag: &Gen2Tag) -> bool {
    let Some(Mask { bank, bit, n_bits, bytes, .. }) = mask else { return true };
    usize::try_from(*bit).is_ok_and(|bit| tag.holds(*bank, bit, usize::from(*n_bits), bytes))
}

impl State {
    fn mask_of_access(&self) -> Option<Mask> {
        self.select.clone().filter(|_| self.mode != SelectMode::Never)
    }

    /// The answer to a command that no tag hears.
    fn set(&mut self, command: Command) -> Vec<u8> {
        let byte = command.byte();
        match command {
            Command::Information(info) => {
                return told(byte, &[&[info.number()], information(info).as_bytes()].concat());
            }
            Command::Region => return told(byte, &[self.region]),
            Command::Query => return told(byte, &self.query.to_be_bytes()),
            Command::Power => return told(byte, &self.power.to_be_bytes()),
            Command::Selection => {
                let mask = self.select.as_ref().map(Mask::to_bytes);
                return told(byte, &mask.unwrap_or_else(|| vec![0; 7]));
            }
            Command::SetRegion(region) => self.region = region,
            Command::SetQuery(query) => self.query = query,
            Command::SetPower(power) => self.power = power,
            Command::Select(mask) => (self.select, self.mode) = (Some(mask), SelectMode::Access),
            Command::SetSelectMode(mode) => {
                self.mode = mode;
                return told(MODE_ANSWER, &DONE);
            }
            Command::Inventory
            | Command::Inventories(_)
            | Command::Stop
            | Command::Read { .. }
            | Command::Write { .. } => return error(Code::COMMAND, None),
        }
        told(byte, &DONE)
    }
}

fn information(info: Info) -> &'static str {
    match info {
        Info::Hardware => "M100 26dBm V1.0",
        Info::Firmware => "V2.3.5",
        Info::Maker => "MagicRF",
    }
}

fn told(command: u8, parameters: &[u8]) -> Vec<u8> {
    Answer::Told(Told { command, parameters: parameters.to_vec() }).to_bytes()
}

fn error(code: Code, tag: Option<Epc>) -> Vec<u8> {
    Answer::Error { code, tag }.to_bytes()
}

/// The error when no tag was heard, and the one for a tag's own.
type Errors = (Code, fn(u8) -> Code);

const READING: Errors = (Code::READ_FAILED, Code::of_read);
const WRITING: Errors = (Code::WRITE_FAILED, Code::of_write);
const DONE: [u8; 1] = [0];
/// As the document has it: the answer to 12 says 0C.
const MODE_ANSWER: u8 = 0x0C;
/// Words in one read.
const MAX_READ: u16 = 32;
/// DR 8, FM0, pilot, all tags, session 0, target A, Q 4.
const QUERY: u16 = 0x1020;
/// 26 dBm.
const POWER: u16 = 2600;
const CHINA_900: u8 = 1;
