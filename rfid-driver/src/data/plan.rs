//! What to write on a tag, block by block, so that a power cut never leaves the number of another item.
//!
//! A block that the tag cannot be read without is erased first and written last; between the two the tag is blank or
//! damaged. Which block that is depends on the old layout and on the new one, and a layout of one's own may see a
//! number in anything: so each order of writes is played through, state by state, before it is given out. The rule that
//! every plan keeps: the state after any number of its steps decodes to the old number, the new one or none. {#plan}

use super::decoded::{Hints, Layout, decode, decode_as};
use super::draft::{Draft, EncodeError};
use super::{TagData, iso28560_2, iso28560_3, rfid501};
use crate::tag::Dsfid;

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write a block.
    Block {
        /// Its number.
        block: usize,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Write the DSFID.
    Dsfid(Dsfid),
}

/// Writes in their order. No step is left out and none is taken before the one before it was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WritePlan {
    /// The writes; none if the tag already is as it should be.
    pub steps: Vec<Step>,
    /// The memory afterwards.
    pub memory: Vec<u8>,
    /// The DSFID afterwards, if one is known or written.
    pub dsfid: Option<Dsfid>,
}

/// Plans how a draft is written in a layout on a tag whose memory is known in full.
///
/// # Errors
/// Those of the layout's encoder; [`EncodeError::Layout`] for a layout that is not an HF one or not configured;
/// [`EncodeError::Locked`] if a locked block would have to change; [`EncodeError::NoSafeOrder`] if with the configured
/// layouts no order keeps the rule, or the tag would read otherwise than it was meant.
pub fn plan(
    draft: &Draft,
    layout: &Layout,
    memory: &[u8],
    hints: &Hints<'_>,
) -> Result<WritePlan, EncodeError> {
    let image = image(draft, layout, memory, hints)?;
    let changed = changed(memory, &image, hints)?;
    let dsfid = match (layout, hints.dsfid) {
        (Layout::Iso28560Part2, Some(_)) => Some(Dsfid::ISO_28560_2),
        (_, Some(Dsfid::ISO_28560_2)) => Some(Dsfid(0)),
        (_, dsfid) => dsfid,
    };
    let item = Some(draft.primary_item_id.as_str());
    let planning =
        Planning { item, layout: Some(layout), memory, image: &image, changed: &changed, dsfid, hints };
    let steps = planning.steps()?;
    Ok(WritePlan { steps, memory: image, dsfid })
}

/// Plans how a tag becomes again what it was, number or none: the memory and the DSFID that it had then.
///
/// # Errors
/// [`EncodeError::Room`] for the memory of a tag of another size; otherwise as [`plan`].
pub fn restore(
    was: &[u8],
    dsfid: Option<Dsfid>,
    memory: &[u8],
    hints: &Hints<'_>,
) -> Result<WritePlan, EncodeError> {
    if was.len() != memory.len() {
        return Err(EncodeError::Room { needed: was.len(), room: memory.len() });
    }
    let changed = changed(memory, was, hints)?;
    let before = decode(was, &Hints { dsfid, ..*hints });
    let (item, layout) = (before.item_id(), None);
    let planning = Planning { item, layout, memory, image: was, changed: &changed, dsfid, hints };
    let steps = planning.steps()?;
    Ok(WritePlan { steps, memory: was.to_vec(), dsfid })
}

/// The blocks that are to change, none of which may be locked.
fn changed(memory: &[u8], image: &[u8], hints: &Hints<'_>) -> Result<Vec<usize>, EncodeError> {
    let size = hints.block_size.max(1);
    let changed: Vec<usize> = (0..memory.len().div_ceil(size))
        .filter(|block| block_of(memory, *block, size) != block_of(image, *block, size))
        .collect();
    match changed.iter().find(|block| hints.locked.get(**block).is_some_and(|locked| *locked)) {
        Some(block) => Err(EncodeError::Locked { block: *block }),
        None => Ok(changed),
    }
}

/// The states of memory and DSFID before the first step and after each one.
pub fn states<'a>(
    steps: &'a [Step],
    memory: &[u8],
    dsfid: Option<Dsfid>,
    block_size: usize,
) -> impl Iterator<Item = (Vec<u8>, Option<Dsfid>)> + 'a {
    let mut state = (memory.to_vec(), dsfid);
    let mut steps = steps.iter();
    std::iter::successors(Some(state.clone()), move |_| {
        match steps.next()? {
            Step::Block { block, bytes } => {
                let start = block * block_size;
                state.0.iter_mut().skip(start).zip(bytes).for_each(|(old, new)| *old = *new);
            }
            Step::Dsfid(dsfid) => state.1 = Some(*dsfid),
        }
        Some(state.clone())
    })
}

/// The memory as it is to be.
fn image(draft: &Draft, layout: &Layout, memory: &[u8], hints: &Hints<'_>) -> Result<Vec<u8>, EncodeError> {
    match layout {
        Layout::Iso28560Part2 => iso28560_2::rewrite(draft, memory, hints.block_size, hints.locked),
        Layout::Iso28560Part3(order) => iso28560_3::encode(draft, memory.len(), *order),
        Layout::Rfid501 => rfid501::encode(draft, memory.len()),
        Layout::Local(name) => {
            let local = hints.local.iter().find(|local| local.name == *name);
            let local = local.ok_or_else(|| EncodeError::Layout { name: name.clone() })?;
            if let Some((oid, _)) = draft.elements()?.first() {
                return Err(EncodeError::Element { oid: *oid });
            }
            // What another layout left would go on being read.
            let is_own = decode(memory, hints).layout.as_ref() == Some(layout);
            let size = hints.block_size.max(1);
            let is_kept = |at: usize| is_own || hints.locked.get(at / size).is_some_and(|locked| *locked);
            let base: Vec<u8> =
                memory.iter().enumerate().map(|(at, byte)| if is_kept(at) { *byte } else { 0 }).collect();
            local.encode(draft.id()?, &base)
        }
        Layout::Iso28560Part4 | Layout::Gaoxiao => Err(EncodeError::Layout { name: layout.to_string() }),
    }
}

struct Planning<'a> {
    /// The number that the tag is to say, if any.
    item: Option<&'a str>,
    /// The layout in which it has to be read; nothing: whatever the memory is read as.
    layout: Option<&'a Layout>,
    memory: &'a [u8],
    image: &'a [u8],
    changed: &'a [usize],
    dsfid: Option<Dsfid>,
    hints: &'a Hints<'a>,
}

impl Planning<'_> {
    fn steps(&self) -> Result<Vec<Step>, EncodeError> {
        self.candidates().find(|steps| self.is_safe(steps)).ok_or(EncodeError::NoSafeOrder)
    }

    /// Orders of writes, the shortest and plainest first.
    fn candidates(&self) -> impl Iterator<Item = Vec<Step>> {
        let is_one = self.changed.len() + usize::from(self.dsfid_step().is_some()) <= 1;
        let plain = is_one.then(|| self.order(&[], 0));
        let sets = self.guard_sets();
        let guarded =
            sets.into_iter().flat_map(move |guards| [0x00, 0xFF].map(|fill| self.order(&guards, fill)));
        plain.into_iter().chain(guarded)
    }

    /// Blocks to be erased first and written last, in the order of erasing: block 0, the first one that changes, the
    /// ones that a configured layout cannot do without, and these together.
    fn guard_sets(&self) -> Vec<Vec<usize>> {
        let size = self.hints.block_size.max(1);
        let first: Vec<usize> = self.changed.first().copied().into_iter().collect();
        let locals: Vec<usize> =
            self.hints.local.iter().flat_map(|local| local.guards()).map(|at| at / size).collect();
        let all = [vec![0], locals.clone()].concat();
        let mut sets = vec![vec![0], first];
        sets.extend(locals.iter().map(|block| vec![*block]));
        sets.extend(locals.iter().flat_map(|block| [vec![0, *block], vec![*block, 0]]));
        sets.push(all.iter().rev().copied().collect());
        sets.push(all);
        for set in &mut sets {
            let mut seen = Vec::new();
            set.retain(|block| {
                let is_new =
                    !seen.contains(block) && !self.is_locked(*block) && block * size < self.memory.len();
                seen.push(*block);
                is_new
            });
        }
        sets.retain(|set| !set.is_empty());
        sets
    }

    /// Erases the guards, writes the DSFID and the rest, then the guards, the one erased first as the last.
    fn order(&self, guards: &[usize], fill: u8) -> Vec<Step> {
        let size = self.hints.block_size.max(1);
        let write = |block: usize| Step::Block { block, bytes: block_of(self.image, block, size).to_vec() };
        let erase = |block: usize| {
            let old = block_of(self.memory, block, size);
            let is_erased = old.iter().all(|byte| *byte == fill);
            (!is_erased).then(|| Step::Block { block, bytes: vec![fill; old.len()] })
        };
        let mut steps: Vec<Step> = guards.iter().filter_map(|block| erase(*block)).collect();
        steps.extend(self.dsfid_step());
        steps.extend(self.changed.iter().filter(|block| !guards.contains(block)).map(|block| write(*block)));
        let restored = guards.iter().rev().copied();
        steps.extend(
            restored.filter(|block| block_of(self.image, *block, size).iter().any(|b| *b != fill)).map(write),
        );
        steps
    }

    fn dsfid_step(&self) -> Option<Step> {
        self.dsfid.filter(|dsfid| self.hints.dsfid != Some(*dsfid)).map(Step::Dsfid)
    }

    /// Plays the steps through: with the DSFID, and as a reader sees them that does not tell it.
    fn is_safe(&self, steps: &[Step]) -> bool {
        let id = |memory: &[u8], dsfid| match decode(memory, &Hints { dsfid, ..*self.hints }).data {
            TagData::Library(tag) => Some(tag.primary_item_id),
            TagData::Blank | TagData::Foreign | TagData::Damaged { .. } => None,
        };
        let old = [self.hints.dsfid, None].map(|dsfid| id(self.memory, dsfid));
        let is_allowed = |found: Option<String>| {
            found.is_none_or(|found| {
                self.item == Some(found.as_str()) || old.iter().flatten().any(|old| *old == found)
            })
        };
        let is_kept = states(steps, self.memory, self.hints.dsfid, self.hints.block_size.max(1))
            .all(|(memory, dsfid)| is_allowed(id(&memory, dsfid)) && is_allowed(id(&memory, None)));
        let end = decode(self.image, &Hints { dsfid: self.dsfid, ..*self.hints });
        let is_meant =
            self.layout.is_none_or(|layout| end.data == decode_as(self.image, layout, self.hints).data);
        is_kept && is_meant && end.item_id() == self.item
    }

    fn is_locked(&self, block: usize) -> bool {
        self.hints.locked.get(block).is_some_and(|locked| *locked)
    }
}

fn block_of(memory: &[u8], block: usize, size: usize) -> &[u8] {
    let start = block * size;
    memory.get(start..memory.len().min(start + size)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
