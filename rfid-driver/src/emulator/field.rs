//! What happens between the reader and its tags, whatever the host's protocol: a family translates its commands to this
//! and what comes of them to its own status bytes.

use super::Emulator;
use super::tag::{BLOCK_SIZE, EmulatedTag};
use super::timing::Air;
use crate::hf::Target;
use crate::tag::{Afi, Dsfid, Uid};

/// Why a command to a tag was not carried out; the block where it ended, if it is about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum No {
    /// No tag, or more than one, has heard it.
    Absent,
    /// What was to be written is locked.
    Locked { at: Option<u8> },
    /// The tag has no such block.
    Beyond { at: Option<u8> },
    /// The tag did not take what was written.
    Failed { at: Option<u8> },
}

/// What came of a command, and what went on on air.
pub(super) type Outcome<T> = (Result<T, No>, Air);

impl Emulator {
    pub(super) fn power_up(&mut self) {
        self.tags.values_mut().for_each(EmulatedTag::power_up);
        self.untold.clear();
    }

    pub(super) fn on_air(&self) -> impl Iterator<Item = &EmulatedTag> {
        self.tags.values().filter(|tag| tag.is_on_pad && self.is_field_on)
    }

    /// Carries out one inventory: the tags that were heard.
    pub(super) fn anticollide(&mut self, is_asked: impl Fn(&EmulatedTag) -> bool) -> (Vec<Uid>, Air) {
        let is_field_on = self.is_field_on;
        let loud: Vec<Uid> = self
            .tags
            .values_mut()
            .filter(|tag| is_field_on && tag.is_on_pad && !tag.is_quiet && is_asked(tag))
            .filter_map(|tag| tag.hears().then_some(tag.uid))
            .collect();
        let air = Air::Inventory { n_tags: loud.len() };
        (loud.into_iter().filter(|_| !self.is_missed()).collect(), air)
    }

    pub(super) fn silence(&mut self, uid: Uid) -> Air {
        // The tag does not answer this: the reader always says that it was sent.
        let is_missed = self.is_missed();
        if let Some(tag) = self.find(Target::Addressed(uid)).filter(|_| !is_missed) {
            tag.is_quiet = true;
        }
        Air::Exchange { request: 12, answer: 0 }
    }

    pub(super) fn write_blocks(&mut self, target: Target, first: u8, bytes: &[u8]) -> Outcome<()> {
        self.cut(target, |this| this.write(target, 17, |tag| write_blocks(tag, usize::from(first), bytes)))
    }

    pub(super) fn write_afi(&mut self, target: Target, afi: Afi) -> Outcome<()> {
        self.take_on(target, |tag| std::mem::take(&mut tag.faults.take_on_afi));
        self.write(target, 13, |tag| {
            if tag.is_afi_locked {
                return Err(No::Locked { at: None });
            }
            take_failure(&mut tag.faults.fail_afi, None)?;
            tag.afi = afi;
            Ok(())
        })
    }

    pub(super) fn write_eas(&mut self, target: Target, on: bool) -> Outcome<()> {
        self.take_on(target, |tag| std::mem::take(&mut tag.faults.take_on_eas));
        self.write(target, 13, |tag| {
            take_failure(&mut tag.faults.fail_eas, None)?;
            tag.eas = on;
            Ok(())
        })
    }

    pub(super) fn write_dsfid(&mut self, target: Target, dsfid: Dsfid) -> Outcome<()> {
        self.cut(target, |this| {
            this.write(target, 13, |tag| {
                if tag.is_dsfid_locked {
                    return Err(No::Locked { at: None });
                }
                tag.dsfid = dsfid;
                Ok(())
            })
        })
    }

    /// An exchange of so many bytes with one tag.
    pub(super) fn with_tag<T>(
        &mut self,
        target: Target,
        request: u32,
        answer: u32,
        act: impl FnOnce(&mut EmulatedTag) -> Result<T, No>,
    ) -> Outcome<T> {
        let is_missed = self.is_missed();
        match self.find(target).filter(|_| !is_missed).and_then(|tag| tag.hears().then_some(tag)) {
            Some(tag) => (act(tag), Air::Exchange { request, answer }),
            None => (Err(No::Absent), Air::Exchange { request, answer: 0 }),
        }
    }

    /// An exchange after which the tag programs.
    pub(super) fn write<T>(
        &mut self,
        target: Target,
        request: u32,
        act: impl FnOnce(&mut EmulatedTag) -> Result<T, No>,
    ) -> Outcome<T> {
        self.counters.writes += 1;
        let (outcome, _) = self.with_tag(target, request, 3, act);
        (outcome, Air::Write { request })
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

    fn take_on(&mut self, target: Target, is_due: impl FnOnce(&mut EmulatedTag) -> bool) -> bool {
        let Some(tag) = self.find(target) else { return false };
        let is_due = is_due(tag);
        if is_due {
            tag.take();
        }
        is_due
    }

    /// A write before or after which the tag may be taken away.
    fn cut(&mut self, target: Target, write: impl FnOnce(&mut Self) -> Outcome<()>) -> Outcome<()> {
        self.take_on(target, |tag| count_down(&mut tag.faults.take_on_write));
        let (outcome, air) = write(self);
        let is_lost = self.take_on(target, |tag| count_down(&mut tag.faults.take_after_write));
        (if is_lost { Err(No::Absent) } else { outcome }, air)
    }
}

fn write_blocks(tag: &mut EmulatedTag, first: usize, bytes: &[u8]) -> Result<(), No> {
    for (place, block) in (first..).zip(bytes.chunks(BLOCK_SIZE)) {
        let at = u8::try_from(place).ok();
        take_failure(&mut tag.faults.fail_write, at)?;
        if tag.locked_blocks.contains(&place) {
            return Err(No::Locked { at });
        }
        match tag.memory.get_mut(place * BLOCK_SIZE..(place + 1) * BLOCK_SIZE) {
            Some(memory) if memory.len() == block.len() => memory.copy_from_slice(block),
            Some(_) | None => return Err(No::Beyond { at }),
        }
    }
    Ok(())
}

/// Whether what comes after so many others comes now.
fn count_down(left: &mut Option<u32>) -> bool {
    let rest = left.map(|n| n.checked_sub(1));
    *left = rest.flatten();
    rest == Some(None)
}

fn take_failure(left: &mut u32, at: Option<u8>) -> Result<(), No> {
    match left.checked_sub(1) {
        Some(rest) => {
            *left = rest;
            Err(No::Failed { at })
        }
        None => Ok(()),
    }
}
