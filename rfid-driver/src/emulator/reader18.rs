//! The emulated UHFReader18 and UHFReader288: what each command does to the tags, and which status it has.
//!
//! Where the published facts are silent it takes the plain reading, and says so here: a frame for another reader or with
//! a wrong CRC is not answered; commands that are not emulated have status FE; the strength of -55 dBm is the byte 6B;
//! one that was set to tell tags by itself does so in rounds, and then carries out only what concerns itself.

use super::gen2::{Gen2No, Gen2Tag};
use super::timing::Air;
use super::{Emulator, Model};
use crate::uhf::reader18::{
    Aim, Answer, BROADCAST, Command, Fault, Frame, Kind, Mask, Place, Rounds, Status, TagError, answer,
};
use crate::uhf::{Filter, MemoryBank};

/// What the reader remembers between two requests.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// In dBm.
    pub(super) power: u8,
    /// In 100 ms.
    scan_time: u8,
    /// It tells tags by itself.
    is_reporting: bool,
}

impl Default for State {
    fn default() -> Self {
        Self { power: 0x1E, scan_time: 0x0A, is_reporting: false }
    }
}

/// Status, data, and the air time before.
type Said = (Status, Vec<u8>, Air);

impl Emulator {
    /// The answers to a frame, each with the air time before it.
    pub(super) fn reader18(&mut self, bytes: &[u8]) -> Vec<(Vec<u8>, Air)> {
        let Some(frame) = Frame::parse(bytes).filter(|frame| [ADDRESS, BROADCAST].contains(&frame.address))
        else {
            return Vec::new();
        };
        self.counters.frames_in += 1;
        let said = match Command::parse(self.reader18_kind(), &frame) {
            Ok(command) => self.reader18_carry_out(&command),
            Err(Fault::Unknown) => vec![said(Status::ILLEGAL)],
            Err(Fault::Length) => vec![said(Status::LENGTH)],
            Err(Fault::Parameter) => vec![said(Status::PARAMETER)],
        };
        said.into_iter().map(|said| whole(frame.command, &said)).collect()
    }

    /// What it tells by itself: the tags of one round, each in a frame.
    pub(super) fn reader18_round(&mut self) -> Vec<(Vec<u8>, Air)> {
        if !self.states.reader18.is_reporting {
            return Vec::new();
        }
        let kind = self.reader18_kind();
        let air = |n_tags| Air::Gen2Inventory { n_tags };
        let report = |tag: &Gen2Tag| {
            let uii = tag.reported().uii().to_vec();
            let data = match (kind, told(tag)) {
                (Kind::Single, _) => uii,
                (Kind::Multiple, (uii, strength)) => {
                    let length = u8::try_from(uii.len()).unwrap_or(u8::MAX);
                    [&[1, length], uii.as_slice(), &[strength]].concat()
                }
            };
            whole(answer::REPORT, &(Status::OK, data, air(1)))
        };
        self.gen2_inventory().iter().map(report).collect()
    }

    fn reader18_kind(&self) -> Kind {
        if self.config.model == Model::Reader288 { Kind::Multiple } else { Kind::Single }
    }

    fn reader18_carry_out(&mut self, command: &Command) -> Vec<Said> {
        let kind = self.reader18_kind();
        let state = &mut self.states.reader18;
        match command {
            Command::Information => vec![(Status::OK, information(kind, state), Air::Nothing)],
            Command::SetScanTime { time } => {
                state.scan_time = *time;
                vec![said(Status::OK)]
            }
            Command::SetPower { dbm } => {
                state.power = *dbm;
                vec![said(Status::OK)]
            }
            Command::SetWorkMode { mode, details: _ } => {
                state.is_reporting = mode & 3 != 0;
                vec![said(Status::OK)]
            }
            Command::Inventory { .. } | Command::Read { .. } | Command::Write { .. }
                if state.is_reporting =>
            {
                Vec::new()
            }
            Command::Inventory { rounds } => self.reader18_inventory(rounds.as_ref()),
            Command::Read { aim, place, n, .. } => vec![self.reader18_read(aim, *place, *n)],
            Command::Write { aim, place, data, .. } => vec![self.reader18_write(aim, *place, data)],
        }
    }

    /// The tags of one antenna in as many frames as they need; the last one says that it is.
    fn reader18_inventory(&mut self, rounds: Option<&Rounds>) -> Vec<Said> {
        let kind = self.reader18_kind();
        let course = rounds.and_then(|rounds| rounds.course);
        let antenna = course.map_or(1, |[_, antenna, _]| (antenna & 3) + 1);
        let mask = rounds.and_then(|rounds| rounds.mask.as_ref());
        let mut tags = self.gen2_inventory();
        tags.retain(|tag| tag.antenna == antenna && mask.is_none_or(|mask| holds(tag, mask)));
        let heard: Vec<(Vec<u8>, u8)> = tags.iter().map(told).collect();
        let mut frames = answer::from_heard(kind, antenna, &heard);
        if frames.is_empty() {
            frames.push(if kind == Kind::Multiple { vec![1 << (antenna - 1), 0] } else { vec![0] });
        }
        let n_frames = frames.len();
        let mut said: Vec<Said> = Vec::new();
        for (at, data) in frames.into_iter().enumerate() {
            let status = if at + 1 == n_frames { Status::FINISHED } else { Status::MORE };
            let air = if at == 0 { Air::Gen2Inventory { n_tags: heard.len() } } else { Air::Nothing };
            said.push((status, data, air));
        }
        if rounds.is_some_and(|rounds| rounds.q & STATISTIC != 0) {
            let n = u32::try_from(heard.len()).unwrap_or(u32::MAX);
            let data = [&[1 << (antenna - 1)], RATE.to_be_bytes().as_slice(), &n.to_be_bytes()].concat();
            said.push((Status::STATISTIC, data, Air::Nothing));
        }
        said
    }

    fn reader18_read(&mut self, aim: &Aim, place: Place, n: u8) -> Said {
        let read = self.reader18_target(aim).ok_or(Gen2No::Absent);
        let read = read.and_then(|of| self.gen2_read(&of, place.bank, place.word.into(), n.into()));
        match read {
            Ok((_, words)) => (Status::OK, words, Air::Gen2Access),
            Err(no) => refused(no, Air::Gen2Access),
        }
    }

    fn reader18_write(&mut self, aim: &Aim, place: Place, data: &[u8]) -> Said {
        let (pairs, _) = data.as_chunks::<2>();
        let words: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        let air = Air::Gen2Write { n_words: words.len() };
        let written = self.reader18_target(aim).ok_or(Gen2No::Absent);
        let written = written.and_then(|of| self.gen2_write(&of, place.bank, place.word.into(), &words));
        match written {
            Ok(_before) => (Status::OK, Vec::new(), air),
            Err(no) => refused(no, air),
        }
    }

    /// The tag that a command is for.
    fn reader18_target(&mut self, aim: &Aim) -> Option<Filter> {
        let chosen = match aim {
            Aim::Epc(epc) => self.gen2_chosen(|tag| tag.holds(MemoryBank::Epc, UII_BIT, epc.len() * 8, epc)),
            Aim::Mask(mask) => self.gen2_chosen(|tag| holds(tag, mask)),
        };
        chosen.map(|tag| tag.filter())
    }
}

fn holds(tag: &Gen2Tag, mask: &Mask) -> bool {
    tag.holds(mask.bank, mask.first_bit.into(), mask.n_bits.into(), &mask.bytes)
}

/// What an inventory tells of a tag: its EPC without the PC word, and its strength.
fn told(tag: &Gen2Tag) -> (Vec<u8>, u8) {
    let strength = u8::try_from((i16::from(tag.rssi) + STRENGTH_OFFSET).clamp(0, 255)).unwrap_or(0);
    (tag.reported().uii().to_vec(), strength)
}

fn information(kind: Kind, state: &State) -> Vec<u8> {
    let (head, tail) = match kind {
        Kind::Single => (INFORMATION_18, [].as_slice()),
        Kind::Multiple => (INFORMATION_288, TAIL_288),
    };
    [head, &[state.power, state.scan_time], tail].concat()
}

fn refused(no: Gen2No, air: Air) -> Said {
    let error = match no {
        Gen2No::Absent => return (Status::NO_TAG, Vec::new(), air),
        Gen2No::Overrun => TagError::OVERRUN,
        Gen2No::Locked => TagError::LOCKED,
        Gen2No::Power => TagError::POWER,
    };
    (Status::TAG, vec![error.0], air)
}

fn said(status: Status) -> Said {
    (status, Vec::new(), Air::Nothing)
}

fn whole(command: u8, (status, data, air): &Said) -> (Vec<u8>, Air) {
    (Answer { address: ADDRESS, command, status: *status, data }.to_bytes(), *air)
}

/// The address in the published frames.
const ADDRESS: u8 = 0x00;
/// The bit of an inventory's first parameter that asks for a statistic.
const STATISTIC: u8 = 0x80;
/// Reads in a second, as it tells.
const RATE: u16 = 100;
/// Where the UII begins in its bank, behind StoredCRC and PC word.
const UII_BIT: usize = 32;
const STRENGTH_OFFSET: i16 = 162;
/// Version, type, protocols and frequencies; those of the 288 as published.
const INFORMATION_18: &[u8] = &[0x02, 0x24, 0x09, 0x03, 0x31, 0x80];
const INFORMATION_288: &[u8] = &[0x00, 0x16, 0x0C, 0x03, 0x4E, 0x00];
const TAIL_288: &[u8] = &[0x01, 0x00, 0x00, 0x00];
