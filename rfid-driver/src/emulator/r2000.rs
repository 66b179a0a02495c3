//! The emulated R2000 reader: what each command does to the tags, and which error it has.
//!
//! Where the published facts are silent it takes the plain reading, and says so here: a frame for another reader or with
//! a wrong check is not answered; a command that it does not know has error 11; a read or write without a matched EPC is
//! for every tag; a tag that was singulated and then refused is told in the long form with error 40 (locked) or 33, one
//! that was not heard in the short form with 36; it heard each tag 100 times a second, and switched antennas in 50 ms.

use super::Emulator;
use super::gen2::{Gen2No, Gen2Tag};
use super::timing::Air;
use crate::uhf::MemoryBank;
use crate::uhf::r2000::{Antennas, Command, Fault, Frame, PUBLIC, Place, Status, answer};

/// What the reader remembers between two requests.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The antenna that works, from 0.
    antenna: u8,
    /// In dBm, of each antenna.
    pub(super) power: [u8; 4],
    /// The EPC that reads and writes are for.
    matched: Option<Vec<u8>>,
}

impl Default for State {
    fn default() -> Self {
        Self { antenna: 0, power: [30; 4], matched: None }
    }
}

type Answer = (Vec<u8>, Air);

impl Emulator {
    /// The answers to a frame, each with the air time before it.
    pub(super) fn r2000(&mut self, bytes: &[u8]) -> Vec<(Vec<u8>, Air)> {
        let Some(frame) = Frame::parse(bytes).filter(|frame| [ADDRESS, PUBLIC].contains(&frame.address))
        else {
            return Vec::new();
        };
        self.counters.frames_in += 1;
        let answers = match Command::parse(&frame) {
            Ok(command) => self.r2000_carry_out(command),
            Err(Fault::Unknown) => vec![code(Status::FAIL)],
            Err(Fault::Parameter(status)) => vec![code(status)],
        };
        let whole =
            |data: Vec<u8>| Frame { address: ADDRESS, command: frame.command, data: &data }.to_bytes();
        answers.into_iter().map(|(data, air)| (whole(data), air)).collect()
    }

    /// The data of the answers.
    fn r2000_carry_out(&mut self, command: Command) -> Vec<Answer> {
        let state = &mut self.states.r2000;
        let done = vec![code(Status::OK)];
        match command {
            Command::Reset => {
                *state = State::default();
                // What was still to be said is never said.
                self.answers.clear();
                self.free_at = None;
                Vec::new()
            }
            Command::Firmware => vec![(FIRMWARE.to_vec(), Air::Nothing)],
            Command::SetWorkAntenna { antenna } => {
                state.antenna = antenna;
                done
            }
            Command::WorkAntenna => vec![(vec![state.antenna], Air::Nothing)],
            Command::SetPower { dbm } => {
                let each = dbm.iter().copied().cycle();
                state.power.iter_mut().zip(each).for_each(|(power, dbm)| *power = dbm);
                done
            }
            Command::Power => vec![(state.power.to_vec(), Air::Nothing)],
            Command::SetTemporaryPower { dbm } => {
                state.power = [dbm; 4];
                done
            }
            Command::Identifier => vec![(IDENTIFIER.to_vec(), Air::Nothing)],
            Command::Region => vec![(REGION.to_vec(), Air::Nothing)],
            Command::SetBeeper { mode: _ } => done,
            Command::Temperature => vec![(TEMPERATURE.to_vec(), Air::Nothing)],
            Command::Inventory { repeat } | Command::SessionInventory { repeat, .. } => {
                self.r2000_inventory(repeat)
            }
            Command::FastSwitch { antennas, interval: _, repeat } => self.r2000_switch(&antennas, repeat),
            Command::Match { uii } => {
                state.matched = uii;
                done
            }
            Command::Matched => vec![(matched(state.matched.as_deref()), Air::Nothing)],
            Command::Read { place, n, password: _ } => self.r2000_read(place, n),
            Command::Write { place, data, .. } => self.r2000_write(place, &data),
        }
    }

    /// Rounds on the antenna that works, then the end.
    fn r2000_inventory(&mut self, repeat: u8) -> Vec<Answer> {
        let rounds = if repeat == FAST { 1 } else { repeat };
        let antenna = self.states.r2000.antenna;
        let (mut answers, mut air) = (Vec::new(), Air::Nothing);
        for _ in 0..rounds {
            let (told, rest) = self.r2000_round(antenna);
            answers.extend(told);
            air = rest;
        }
        let n = u32::try_from(answers.len()).unwrap_or(u32::MAX);
        let rate: u16 = if n == 0 { 0 } else { RATE };
        let end = [&[antenna], rate.to_be_bytes().as_slice(), &n.to_be_bytes()].concat();
        answers.push((end, if n == 0 { air } else { Air::Nothing }));
        answers
    }

    fn r2000_switch(&mut self, antennas: &Antennas, repeat: u8) -> Vec<Answer> {
        let mut answers = Vec::new();
        for _ in 0..repeat {
            for (antenna, stay) in antennas.iter().filter(|(antenna, _)| *antenna < 4) {
                for _ in 0..*stay {
                    answers.extend(self.r2000_round(*antenna).0);
                }
            }
        }
        let n = u32::try_from(answers.len()).unwrap_or(u32::MAX);
        let [_, count @ ..] = n.to_be_bytes();
        let end = [count.as_slice(), &n.saturating_mul(SWITCH_MS).to_be_bytes()].concat();
        answers.push((end, Air::Nothing));
        answers
    }

    /// One round on one antenna: the tags as they are told, and the air time if there is none to bear it.
    fn r2000_round(&mut self, antenna: u8) -> (Vec<Answer>, Air) {
        let mut tags = self.gen2_inventory();
        tags.retain(|tag| tag.antenna == antenna + 1);
        let air = Air::Gen2Inventory { n_tags: tags.len() };
        let mut told: Vec<Answer> = tags.iter().map(|tag| (told(tag), Air::Nothing)).collect();
        if let Some((_, before)) = told.first_mut() {
            *before = air;
        }
        (told, air)
    }

    /// The tags that a read or a write is for: the matched one, or all.
    fn r2000_targets(&mut self) -> Vec<Gen2Tag> {
        match self.states.r2000.matched.clone() {
            Some(uii) => {
                let is_matched = |tag: &Gen2Tag| tag.holds(MemoryBank::Epc, UII_BIT, uii.len() * 8, &uii);
                self.gen2_chosen(is_matched).into_iter().collect()
            }
            None => self.gen2_inventory(),
        }
    }

    fn r2000_read(&mut self, place: Place, n: u8) -> Vec<Answer> {
        let targets = self.r2000_targets();
        let n_tags = u16::try_from(targets.len()).unwrap_or(u16::MAX);
        let word = usize::from(place.word);
        let mut answers = Vec::new();
        for tag in targets {
            let data = match self.gen2_read(&tag.filter(), place.bank, word, n.into()) {
                Ok((tag, words)) => {
                    let length = u8::try_from(words.len()).unwrap_or(u8::MAX);
                    answer::from_access(n_tags, &tag.reported(), &words, length, tag.antenna)
                }
                Err(Gen2No::Absent) => vec![Status::NO_TAG.0],
                Err(Gen2No::Overrun | Gen2No::Locked | Gen2No::Power) => vec![Status::READ.0],
            };
            answers.push((data, Air::Gen2Access));
        }
        or_none(answers)
    }

    fn r2000_write(&mut self, place: Place, data: &[u8]) -> Vec<Answer> {
        let (pairs, _) = data.as_chunks::<2>();
        let words: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        let targets = self.r2000_targets();
        let n_tags = u16::try_from(targets.len()).unwrap_or(u16::MAX);
        let air = Air::Gen2Write { n_words: words.len() };
        let mut answers = Vec::new();
        for tag in targets {
            let status = match self.gen2_write(&tag.filter(), place.bank, place.word.into(), &words) {
                Ok(_before) => Status::OK,
                Err(Gen2No::Absent) => Status::NO_TAG,
                Err(Gen2No::Locked) => Status::ACCESS,
                Err(Gen2No::Overrun | Gen2No::Power) => Status::WRITE,
            };
            let data = match status {
                Status::NO_TAG => vec![status.0],
                _ => answer::from_access(n_tags, &tag.reported(), &[], status.0, tag.antenna),
            };
            answers.push((data, air));
        }
        or_none(answers)
    }
}

fn told(tag: &Gen2Tag) -> Vec<u8> {
    answer::from_tag(&tag.reported(), FREQUENCY, tag.antenna, tag.rssi)
}

fn matched(uii: Option<&[u8]>) -> Vec<u8> {
    match uii {
        Some(uii) => [&[0, u8::try_from(uii.len()).unwrap_or(u8::MAX)], uii].concat(),
        None => vec![1],
    }
}

fn code(status: Status) -> Answer {
    (vec![status.0], Air::Nothing)
}

/// Nobody answered where all were meant.
fn or_none(answers: Vec<Answer>) -> Vec<Answer> {
    if answers.is_empty() { vec![(vec![Status::NO_TAG.0], Air::Gen2Access)] } else { answers }
}

/// The address in the published frames.
const ADDRESS: u8 = 0x01;
/// "As fast as can be": one round.
const FAST: u8 = 0xFF;
const FIRMWARE: &[u8] = &[0x08, 0x02];
const IDENTIFIER: &[u8] = b"EMULATOR-A0\xFF";
/// FCC, from the first to the last frequency.
const REGION: &[u8] = &[0x01, 0x07, 0x3B];
/// Where the UII begins in its bank, behind StoredCRC and PC word.
const UII_BIT: usize = 32;
/// Above zero, 25 degrees.
const TEMPERATURE: &[u8] = &[0x01, 0x19];
/// The frequency index in the published frames.
const FREQUENCY: u8 = 1;
/// Reads in a second, as the published frame tells.
const RATE: u16 = 100;
const SWITCH_MS: u32 = 50;
