//! What each command does to the tags, and which status it has.

use super::tag::{BLOCK_SIZE, BLOCK_SIZE_BYTE};
use super::timing::Air;
use super::{EmulatedTag, Emulator, Model};
use crate::hf::Sighting;
use crate::hf::obid::{Command, Status, Target, answer};
use crate::tag::{Afi, Uid};

type Done = (Status, Vec<u8>, Air);

impl Emulator {
    pub(super) fn execute(&mut self, command: &Command) -> Done {
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
            Command::StayQuiet { uid } => self.silence(*uid),
            Command::Select { uid } => self.select(*uid),
            Command::ResetToReady { target } => self.with_tag(*target, 12, 3, |tag| {
                tag.power_up();
                ok()
            }),
            Command::SystemInformation { target } => self.with_tag(*target, 12, 17, |tag| {
                (Status::OK, answer::from_system_information(&tag.system()))
            }),
            Command::ReadBlocks { target, first, n, security } => {
                let (first, n) = (usize::from(*first), usize::from(*n));
                self.counters.reads += 1;
                let air = 3 + u32::try_from(n * (BLOCK_SIZE + usize::from(*security))).unwrap_or(0);
                self.with_tag(*target, 14, air, |tag| read(tag, first, n, *security))
            }
            Command::WriteBlocks { target, first, block_size, bytes } => {
                let first = usize::from(*first);
                self.write(*target, 17, |tag| write_blocks(tag, first, *block_size, bytes))
            }
            Command::WriteDsfid { target, dsfid } => self.write(*target, 13, |tag| {
                tag.dsfid = *dsfid;
                ok()
            }),
            Command::WriteAfi { target, afi } => {
                self.take_on(*target, |tag| std::mem::take(&mut tag.faults.take_on_afi));
                self.write(*target, 13, |tag| write_afi(tag, *afi))
            }
            Command::WriteEas { .. } | Command::EasAlarm if self.config.model == Model::Cpr02 => {
                (Status::UNKNOWN_COMMAND, Vec::new(), Air::Nothing)
            }
            Command::WriteEas { target, on } => {
                self.take_on(*target, |tag| std::mem::take(&mut tag.faults.take_on_eas));
                self.write(*target, 13, |tag| write_eas(tag, *on))
            }
            Command::EasAlarm => {
                let is_heard = self.on_air().any(|tag| tag.eas && !tag.is_quiet);
                let status = if is_heard { Status::OK } else { Status::NO_TRANSPONDER };
                (status, Vec::new(), Air::Exchange { request: 5, answer: 34 })
            }
        }
    }

    fn version(&self) -> Vec<u8> {
        let software = match self.config.model {
            Model::Mr101 => 0x4C,
            Model::Cpr02 => 0x51,
        };
        vec![0x02, 0x05, 0x00, 0x00, software, 0x00, 0x08]
    }

    fn power_up(&mut self) {
        self.tags.values_mut().for_each(EmulatedTag::power_up);
        self.untold.clear();
    }

    fn on_air(&self) -> impl Iterator<Item = &EmulatedTag> {
        self.tags.values().filter(|tag| tag.is_on_pad && self.is_field_on)
    }

    fn inventory(&mut self, more: bool) -> Done {
        self.counters.inventories += 1;
        let mut air = Air::Nothing;
        if !more {
            let loud: Vec<Uid> = self.on_air().filter(|tag| !tag.is_quiet).map(|tag| tag.uid).collect();
            air = Air::Inventory { n_tags: loud.len() };
            self.untold = loud.into_iter().filter(|_| !self.is_missed()).collect();
        }
        let limit = match self.config.model {
            Model::Mr101 => self.config.max_per_inventory.clamp(1, 255),
            Model::Cpr02 => self.config.max_per_inventory.clamp(1, 4),
        };
        let told: Vec<Uid> = self.untold.drain(..limit.min(self.untold.len())).collect();
        if self.config.model == Model::Cpr02 {
            self.untold.clear();
        }
        let sightings: Vec<Sighting> = told
            .iter()
            .filter_map(|uid| self.tags.values().find(|tag| tag.uid == *uid))
            .map(|tag| Sighting { uid: tag.uid, dsfid: tag.dsfid })
            .collect();
        let status = match (sightings.is_empty(), self.untold.is_empty()) {
            (true, _) => return (Status::NO_TRANSPONDER, Vec::new(), air),
            (false, true) => Status::OK,
            (false, false) => Status::MORE_DATA,
        };
        (status, answer::from_sightings(&sightings), air)
    }

    fn silence(&mut self, uid: Uid) -> Done {
        // The tag does not answer this: the reader always says that it was sent.
        let is_missed = self.is_missed();
        if let Some(tag) = self.find(Target::Addressed(uid)).filter(|_| !is_missed) {
            tag.is_quiet = true;
        }
        plain(Air::Exchange { request: 12, answer: 0 })
    }

    fn select(&mut self, uid: Uid) -> Done {
        self.tags.values_mut().for_each(|tag| tag.is_selected = false);
        self.with_tag(Target::Addressed(uid), 12, 3, |tag| {
            tag.is_selected = true;
            ok()
        })
    }

    /// The tag that a command is for, if it is the only one that hears it.
    fn find(&mut self, target: Target) -> Option<&mut EmulatedTag> {
        let is_field_on = self.is_field_on;
        let mut hearing =
            self.tags.values_mut().filter(|tag| is_field_on && tag.is_on_pad).filter(|tag| match target {
                Target::Any => !tag.is_quiet,
                Target::Addressed(uid) => tag.uid == uid,
                Target::Selected => tag.is_selected,
            });
        let tag = hearing.next()?;
        hearing.next().is_none().then_some(tag)
    }

    fn with_tag(
        &mut self,
        target: Target,
        request: u32,
        answer: u32,
        act: impl FnOnce(&mut EmulatedTag) -> (Status, Vec<u8>),
    ) -> Done {
        let is_missed = self.is_missed();
        match self.find(target).filter(|_| !is_missed) {
            Some(tag) => {
                let (status, data) = act(tag);
                (status, data, Air::Exchange { request, answer })
            }
            None => (Status::NO_TRANSPONDER, Vec::new(), Air::Exchange { request, answer: 0 }),
        }
    }

    fn write(
        &mut self,
        target: Target,
        request: u32,
        act: impl FnOnce(&mut EmulatedTag) -> (Status, Vec<u8>),
    ) -> Done {
        self.counters.writes += 1;
        let (status, data, _) = self.with_tag(target, request, 3, act);
        (status, data, Air::Write { request })
    }

    fn take_on(&mut self, target: Target, is_due: impl FnOnce(&mut EmulatedTag) -> bool) {
        if let Some(tag) = self.find(target)
            && is_due(tag)
        {
            tag.take();
        }
    }
}

fn ok() -> (Status, Vec<u8>) {
    (Status::OK, Vec::new())
}

fn plain(air: Air) -> Done {
    (Status::OK, Vec::new(), air)
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

fn write_blocks(tag: &mut EmulatedTag, first: usize, block_size: u8, bytes: &[u8]) -> (Status, Vec<u8>) {
    if block_size != BLOCK_SIZE_BYTE {
        return (Status::PARAMETER_RANGE, Vec::new());
    }
    for (at, block) in (first..).zip(bytes.chunks(BLOCK_SIZE)) {
        let place = u8::try_from(at).unwrap_or(u8::MAX);
        if tag.faults.fail_write > 0 {
            tag.faults.fail_write -= 1;
            return (Status::WRITE_ERROR, vec![place]);
        }
        if tag.locked_blocks.contains(&at) {
            return (Status::ISO_15693_ERROR, vec![LOCKED, place]);
        }
        match tag.memory.get_mut(at * BLOCK_SIZE..(at + 1) * BLOCK_SIZE) {
            Some(memory) => memory.copy_from_slice(block),
            None => return (Status::ISO_15693_ERROR, vec![NO_SUCH_BLOCK, place]),
        }
    }
    ok()
}

fn write_afi(tag: &mut EmulatedTag, afi: Afi) -> (Status, Vec<u8>) {
    if tag.is_afi_locked {
        return (Status::ISO_15693_ERROR, vec![LOCKED]);
    }
    if tag.faults.fail_afi > 0 {
        tag.faults.fail_afi -= 1;
        return (Status::WRITE_ERROR, Vec::new());
    }
    tag.afi = afi;
    ok()
}

fn write_eas(tag: &mut EmulatedTag, on: bool) -> (Status, Vec<u8>) {
    if tag.faults.fail_eas > 0 {
        tag.faults.fail_eas -= 1;
        return (Status::WRITE_ERROR, Vec::new());
    }
    tag.eas = on;
    ok()
}

/// ISO 15693 errors of a tag.
const NO_SUCH_BLOCK: u8 = 0x10;
const LOCKED: u8 = 0x12;
