//! The emulated FEIG reader: what each command does to the tags, and which status it has.

use super::field::{No, Outcome};
use super::tag::{BLOCK_SIZE, BLOCK_SIZE_BYTE, EmulatedTag};
use super::timing::Air;
use super::{Emulator, Model};
use crate::hf::obid::{Answer, Command, Fault, Form, Frame, MAX_FRAME_LEN, Status, answer};
use crate::hf::{Sighting, Target};
use crate::tag::Uid;

type Done = (Status, Vec<u8>, Air);

impl Emulator {
    /// The answer to a frame, and the air time before it; `None` if the reader is silent.
    pub(super) fn obid(&mut self, bytes: &[u8]) -> Option<(Vec<u8>, Air)> {
        let frame = Frame::parse(bytes)?;
        self.counters.frames_in += 1;
        if frame.address != ANY && frame.address != self.config.address {
            return None;
        }
        let (status, data, air) = match Command::parse(&frame) {
            Ok(command) => self.execute(&command),
            Err(Fault::Unknown) => (Status::UNKNOWN_COMMAND, Vec::new(), Air::Nothing),
            Err(Fault::Length) => (Status::LENGTH_ERROR, Vec::new(), Air::Nothing),
            Err(Fault::Parameter) => (Status::PARAMETER_RANGE, Vec::new(), Air::Nothing),
        };
        let form = if data.len() + 6 > 255 { Form::Advanced } else { frame.form };
        let answer =
            Answer { form, address: self.config.address, command: frame.command, status, data }.to_bytes();
        debug_assert!(answer.len() <= MAX_FRAME_LEN, "an answer that no host accepts");
        Some((answer, air))
    }

    fn execute(&mut self, command: &Command) -> Done {
        match command {
            Command::BaudDetection => plain(Air::Nothing),
            Command::SoftwareVersion => (Status::OK, self.version(), Air::Nothing),
            Command::RfReset => {
                self.power_up();
                plain(Air::FieldReset)
            }
            Command::RfOnOff { antenna } => {
                self.is_field_on = *antenna != 0;
                self.power_up();
                plain(Air::Nothing)
            }
            Command::Inventory { more } => self.inventory(*more),
            Command::StayQuiet { uid } => plain(self.silence(*uid)),
            Command::Select { uid } => self.select(*uid),
            Command::ResetToReady { target } => wrote(self.with_tag(*target, 12, 3, |tag| {
                tag.power_up();
                Ok(())
            })),
            Command::SystemInformation { target } => {
                told(self.with_tag(*target, 12, 17, |tag| Ok(tag.system())), |system| {
                    answer::from_system_information(&system)
                })
            }
            Command::ReadBlocks { target, first, n, security } => {
                self.read(*target, usize::from(*first), usize::from(*n), *security)
            }
            Command::WriteBlocks { block_size, .. } if *block_size != BLOCK_SIZE_BYTE => {
                (Status::PARAMETER_RANGE, Vec::new(), Air::Nothing)
            }
            Command::WriteBlocks { target, first, block_size: _, bytes } => {
                wrote(self.write_blocks(*target, *first, bytes))
            }
            Command::WriteDsfid { target, dsfid } => wrote(self.write_dsfid(*target, *dsfid)),
            Command::WriteAfi { target, afi } => wrote(self.write_afi(*target, *afi)),
            Command::WriteEas { .. } | Command::EasAlarm if self.config.model == Model::Cpr02 => {
                (Status::UNKNOWN_COMMAND, Vec::new(), Air::Nothing)
            }
            Command::WriteEas { target, on } => wrote(self.write_eas(*target, *on)),
            Command::EasAlarm => {
                let is_heard = self.on_air().any(|tag| tag.eas && !tag.is_quiet);
                let status = if is_heard { Status::OK } else { Status::NO_TRANSPONDER };
                (status, Vec::new(), Air::Exchange { request: 5, answer: 34 })
            }
        }
    }

    fn version(&self) -> Vec<u8> {
        let software = if self.config.model == Model::Cpr02 { 0x51 } else { 0x4C };
        vec![0x02, 0x05, 0x00, 0x00, software, 0x00, 0x08]
    }

    fn inventory(&mut self, more: bool) -> Done {
        self.counters.inventories += 1;
        let mut air = Air::Nothing;
        if !more {
            let (heard, time) = self.anticollide(|_| true);
            air = time;
            self.untold = heard.into();
        }
        if self.faults.crowd > 0 && self.on_air().count() > self.faults.crowd {
            return self.crowded(air);
        }
        let is_small = self.config.model == Model::Cpr02;
        let limit = self.config.max_per_inventory.clamp(1, if is_small { 4 } else { 255 });
        let told: Vec<Uid> = self.untold.drain(..limit.min(self.untold.len())).collect();
        if is_small {
            self.untold.clear();
        }
        let sightings: Vec<Sighting> = told
            .iter()
            .filter_map(|uid| self.tags.values().find(|tag| tag.uid == *uid))
            .map(|tag| Sighting { uid: tag.uid, dsfid: Some(tag.dsfid) })
            .collect();
        let status = match (sightings.is_empty(), self.untold.is_empty()) {
            (true, _) => return (Status::NO_TRANSPONDER, Vec::new(), air),
            (false, true) => Status::OK,
            (false, false) => Status::MORE_DATA,
        };
        (status, answer::from_sightings(&sightings), air)
    }

    /// Anticollision that does not end: the same few are told, as long as they are not silenced.
    fn crowded(&mut self, air: Air) -> Done {
        let apart: Vec<Uid> = self.on_air().map(|tag| tag.uid).take(self.faults.crowd).collect();
        let heard = std::mem::take(&mut self.untold);
        let told: Vec<Sighting> = heard
            .into_iter()
            .filter(|uid| apart.contains(uid))
            .map(|uid| Sighting { uid, dsfid: None })
            .collect();
        (Status::RF_COMMUNICATION, answer::from_sightings(&told), air)
    }

    fn select(&mut self, uid: Uid) -> Done {
        self.tags.values_mut().for_each(|tag| tag.is_selected = false);
        let outcome = self.with_tag(Target::Addressed(uid), 12, 3, |tag| {
            tag.is_selected = true;
            Ok(())
        });
        wrote(outcome)
    }

    fn read(&mut self, target: Target, first: usize, n: usize, security: bool) -> Done {
        self.counters.reads += 1;
        let air = 3 + u32::try_from(n * (BLOCK_SIZE + usize::from(security))).unwrap_or(0);
        let (outcome, air) = self.with_tag(target, 14, air, |tag| Ok(read(tag, first, n, security)));
        match outcome {
            Ok((status, data)) => (status, data, air),
            Err(no) => refused(no, air),
        }
    }
}

fn plain(air: Air) -> Done {
    (Status::OK, Vec::new(), air)
}

fn told<T>((outcome, air): Outcome<T>, data: impl FnOnce(T) -> Vec<u8>) -> Done {
    match outcome {
        Ok(value) => (Status::OK, data(value), air),
        Err(no) => refused(no, air),
    }
}

fn wrote(outcome: Outcome<()>) -> Done {
    told(outcome, |()| Vec::new())
}

fn refused(no: No, air: Air) -> Done {
    let (status, first, at) = match no {
        No::Absent => (Status::NO_TRANSPONDER, None, None),
        No::Locked { at } => (Status::ISO_15693_ERROR, Some(LOCKED), at),
        No::Beyond { at } => (Status::ISO_15693_ERROR, Some(NO_SUCH_BLOCK), at),
        No::Failed { at } => (Status::WRITE_ERROR, None, at),
    };
    (status, first.into_iter().chain(at).collect(), air)
}

fn read(tag: &EmulatedTag, first: usize, n: usize, security: bool) -> (Status, Vec<u8>) {
    match tag.memory.get(first * BLOCK_SIZE..(first + n) * BLOCK_SIZE) {
        Some(bytes) if n > 0 && bytes.len() <= 128 => {
            let is_locked = |at: usize| security && tag.locked_blocks.contains(&(first + at));
            (Status::OK, answer::from_blocks(BLOCK_SIZE_BYTE, bytes, is_locked))
        }
        Some(_) => (Status::PARAMETER_RANGE, Vec::new()),
        None => (Status::ISO_15693_ERROR, vec![NO_SUCH_BLOCK]),
    }
}

/// The bus address that every reader answers.
const ANY: u8 = 255;
/// ISO 15693 errors of a tag.
const NO_SUCH_BLOCK: u8 = 0x10;
const LOCKED: u8 = 0x12;
