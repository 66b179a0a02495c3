//! The tags of one item: one, or one for each part of a set.
//!
//! Invariant: no tag and no part number stands here twice; a part that is not on the pad is never written.

use crate::id::TagKey;
use crate::item::Security;
use crate::screen::SetView;

use super::PadObject;
use super::pad::Thing;

#[derive(Debug)]
pub(super) struct Parts {
    /// parts in the set; 1 for an item that is none
    of: u16,
    list: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    tag: TagKey,
    /// number in the set, from 1
    number: u16,
    /// state of the bit when the tag was read
    found: Security,
    on_pad: bool,
    /// a write was tried in this transaction
    tried: bool,
    /// it needs no (more) writing
    right: bool,
    /// it was opened, or may have been
    open: bool,
}

/// Larger sets are taken as mistakes of whoever wrote the tag.
const MAX_PARTS: u16 = 32;

impl Parts {
    pub(super) fn new(thing: &Thing) -> Self {
        let (number, of) = place(thing).unwrap_or((1, 1));
        let mut parts = Self { of, list: Vec::new() };
        parts.push(thing, number);
        parts
    }

    fn push(&mut self, thing: &Thing, number: u16) {
        let found = match &thing.object {
            PadObject::Item(tag) => tag.security,
            PadObject::Card(_) | PadObject::Foreign | PadObject::Damaged => Security::Secured,
        };
        let tag = thing.tag.clone();
        self.list.push(Part { tag, number, found, on_pad: true, tried: false, right: false, open: false });
    }

    /// Takes another part of the same set; `false` if it is none, or is there already.
    pub(super) fn join(&mut self, thing: &Thing) -> bool {
        match place(thing) {
            Some((number, of))
                if of == self.of
                    && !self.has(&thing.tag)
                    && self.list.iter().all(|part| part.number != number) =>
            {
                self.push(thing, number);
                true
            }
            Some(_) | None => false,
        }
    }

    /// A part left before the transaction began.
    pub(super) fn forget(&mut self, tag: &TagKey) {
        self.list.retain(|part| part.tag != *tag);
    }

    pub(super) fn tags(&self) -> Vec<TagKey> {
        self.list.iter().map(|part| part.tag.clone()).collect()
    }

    pub(super) fn has(&self, tag: &TagKey) -> bool {
        self.list.iter().any(|part| part.tag == *tag)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.list.len() >= usize::from(self.of)
    }

    /// A set goes the way of its first open part: half a set that is open was lent.
    pub(super) fn found(&self) -> Security {
        if self.list.iter().any(|part| part.found == Security::Unsecured) {
            Security::Unsecured
        } else {
            Security::Secured
        }
    }

    pub(super) fn are_on_pad(&self) -> bool {
        self.list.iter().all(|part| part.on_pad)
    }

    pub(super) fn set_on_pad(&mut self, tag: &TagKey, on_pad: bool) {
        for part in self.list.iter_mut().filter(|part| part.tag == *tag) {
            part.on_pad = on_pad;
        }
    }

    /// All are to be written.
    pub(super) fn write_all(&mut self) {
        for part in &mut self.list {
            part.right = false;
        }
    }

    /// Those that were tried and lie on the pad are to be written back.
    pub(super) fn write_back(&mut self) {
        for part in &mut self.list {
            part.right = !(part.tried && part.on_pad);
        }
    }

    pub(super) fn set_open(&mut self, tag: &TagKey, open: bool) {
        for part in self.list.iter_mut().filter(|part| part.tag == *tag) {
            part.open = open;
        }
    }

    /// A tag was opened, or may have been, and was not seen closed since.
    pub(super) fn may_be_open(&self) -> bool {
        self.list.iter().any(|part| part.open)
    }

    /// The part to write next, and whether it lies on the pad.
    pub(super) fn next(&self) -> Option<(&TagKey, bool)> {
        // What is there goes first: the others may be put back meanwhile.
        let wrong = || self.list.iter().filter(|part| !part.right);
        wrong().find(|part| part.on_pad).or_else(|| wrong().next()).map(|part| (&part.tag, part.on_pad))
    }

    pub(super) fn trying(&mut self, tag: &TagKey) {
        for part in self.list.iter_mut().filter(|part| part.tag == *tag) {
            part.tried = true;
        }
    }

    pub(super) fn is_right(&mut self, tag: &TagKey) {
        for part in self.list.iter_mut().filter(|part| part.tag == *tag) {
            part.right = true;
        }
    }

    pub(super) fn is_on_pad(&self, tag: &TagKey) -> bool {
        self.list.iter().any(|part| part.tag == *tag && part.on_pad)
    }

    /// What the screen says of a set; nothing of an item that is none.
    pub(super) fn view(&self) -> Option<SetView> {
        (self.of > 1).then(|| SetView {
            of: self.of,
            missing: (1..=self.of)
                .filter(|number| self.list.iter().all(|part| part.number != *number))
                .collect(),
        })
    }
}

/// Number in the set, and parts in it; nothing if the tag says no set, or one that cannot be.
fn place(thing: &Thing) -> Option<(u16, u16)> {
    let PadObject::Item(tag) = &thing.object else { return None };
    let set = tag.set?;
    ((2..=MAX_PARTS).contains(&set.of) && (1..=set.of).contains(&set.part)).then_some((set.part, set.of))
}
