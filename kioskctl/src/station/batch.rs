//! What a batch knows: which item is on which tag, and what may be written next. Pure: no reader, no file, no clock.
//!
//! ```text
//!   Intent ──▶ open ──Done──────────▶ written ──Undone──▶ (free again)
//!                │──Failed──────────▶ (free again: the tag is as it was)
//!                │──Torn────────────▶ open: what is on the tag is not known
//!                └──GivenUp─────────▶ the tag may carry it
//! ```
//! **Rules**
//! - At most one item is open, and nothing else is written before it is settled.
//! - An item is on one tag of a batch at most, a part of a set being an item of its own; a tag carries one item at most.
//! - An item that some other tag may carry is not written: one that was given up, that said so on the pad, or that says so
//!   again since something was taken back.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// An item, or one part of a set under one number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) item: String,
    /// as 1/2; nothing: it is no set
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) set: Option<(u16, u16)>,
}

/// What a tag was, so that it can be that again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Was {
    /// the item that it said, or seemed to say
    pub(super) item: Option<String>,
    /// hexadecimal: all blocks of an HF tag, the EPC bank of a UHF one
    pub(super) memory: String,
    /// hexadecimal, of a UHF tag
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dsfid: Option<u8>,
}

/// Something that happened in a batch, as the journal has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Event {
    /// A tag is about to be written: on the disk before the first write.
    Intent { key: Key, tag: String, was: Was },
    /// It was read back, and is the item's.
    Done { seconds: f64 },
    /// It is as it was.
    Failed { why: String },
    /// Some of it may be written.
    Torn { why: String },
    /// Nothing was begun.
    Refused {
        key: Key,
        tag: Option<String>,
        /// the item that the tag says it is
        says: Option<String>,
        why: String,
    },
    /// The last one is about to become again what it was. It counts as written until it is.
    Undoing { key: Key, tag: String },
    /// It is as it was before.
    Undone { key: Key, tag: String },
    /// Nobody looks for the tag any more that may carry the item.
    GivenUp { key: Key, tag: String },
}

/// An item that is being written, or is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) tag: String,
    pub(super) was: Was,
}

/// Why an item or a tag is not for writing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum No {
    /// The barcode came twice.
    #[error(
        "{key} is on tag {tag} since earlier in this batch: no second tag gets its number; `undo` takes back the last one"
    )]
    Twice { key: Key, tag: String },
    /// Two parts of a set, or a set and none.
    #[error(
        "{key} does not go with {other}, which this batch has written already: look at the parts of the set"
    )]
    Set { key: Key, other: Key },
    /// Another tag may carry it.
    #[error("tag {tag} may carry {key} already: lay that one on the pad, no other gets its number")]
    MayCarry { key: Key, tag: String },
    /// Nothing was written since the batch began, or the last is taken back already.
    #[error("there is nothing to take back: only the last one can be")]
    NothingLast,
    /// The tag is another item's, of this batch.
    #[error(
        "this tag was made {other} in this batch: has it come back onto the pad? Lay the one of {key} there"
    )]
    Taken { key: Key, other: Key },
    /// The tag says another number.
    #[error(
        "this tag says already that it is {old}: is it the right one? `--rewrite` lets tags of other items be rewritten"
    )]
    OtherItem { old: String },
}

/// A batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Batch {
    written: BTreeMap<Key, String>,
    on: BTreeMap<String, Key>,
    /// tags that may carry a number without being written here
    may_carry: BTreeMap<Key, String>,
    open: Option<Entry>,
    /// the last one that is written, while it can be undone
    last: Option<Entry>,
}

impl Batch {
    /// Takes what happened.
    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::Intent { key, tag, was } => {
                self.open = Some(Entry { key: key.clone(), tag: tag.clone(), was: was.clone() });
            }
            Event::Done { .. } => {
                let Some(done) = self.open.take() else { return };
                self.may_carry.retain(|key, tag| *tag != done.tag && *key != done.key);
                self.on.insert(done.tag.clone(), done.key.clone());
                self.written.insert(done.key.clone(), done.tag.clone());
                self.last = Some(done);
            }
            Event::Failed { .. } => {
                if let Some(Entry { tag, was, .. }) = self.open.take() {
                    self.carries(was.item, tag);
                }
            }
            Event::Torn { .. } | Event::Undoing { .. } => {}
            Event::Refused { tag, says, .. } => {
                if let Some(tag) = tag {
                    self.carries(says.clone(), tag.clone());
                }
            }
            Event::Undone { key, tag } => {
                self.written.remove(key);
                self.on.remove(tag);
                let was = self.last.take().and_then(|last| last.was.item);
                self.carries(was, tag.clone());
            }
            Event::GivenUp { key, tag } => {
                let was = self.open.take().and_then(|open| open.was.item);
                self.may_carry.insert(key.clone(), tag.clone());
                self.carries(was, tag.clone());
            }
        }
    }

    /// A tag says a number that it was not given here.
    fn carries(&mut self, item: Option<String>, tag: String) {
        if let Some(item) = item.filter(|_| !self.on.contains_key(&tag)) {
            self.may_carry.insert(Key { item, set: None }, tag);
        }
    }

    /// Whether an item may be written at all.
    ///
    /// # Errors
    /// [`No`], if not.
    pub(super) fn may_begin(&self, key: &Key) -> Result<(), No> {
        if let Some(tag) = self.written.get(key) {
            return Err(No::Twice { key: key.clone(), tag: tag.clone() });
        }
        let alike = self.written.keys().find(|other| !key.goes_with(other));
        alike.map_or(Ok(()), |other| Err(No::Set { key: key.clone(), other: other.clone() }))
    }

    /// Whether an item may be written on a tag that says this number now.
    ///
    /// # Errors
    /// [`No`], if not.
    pub(super) fn may_write(
        &self,
        key: &Key,
        tag: &str,
        says: Option<&str>,
        rewrite: bool,
    ) -> Result<(), No> {
        self.may_begin(key)?;
        let open = self.open.as_ref().filter(|open| open.key == *key).map(|open| &open.tag);
        if let Some(other) = open.or_else(|| self.elsewhere(key, tag)).filter(|other| *other != tag) {
            return Err(No::MayCarry { key: key.clone(), tag: other.clone() });
        }
        if let Some(other) = self.on.get(tag) {
            return Err(No::Taken { key: key.clone(), other: other.clone() });
        }
        match says {
            // What was torn says anything.
            Some(old) if old != key.item && !rewrite && open.is_none() => {
                Err(No::OtherItem { old: old.to_owned() })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Another tag than this one that may carry an item.
    fn elsewhere(&self, key: &Key, tag: &str) -> Option<&String> {
        let alike = self.may_carry.iter().filter(|(other, on)| !key.goes_with(other) && *on != tag);
        alike.map(|(_, on)| on).next()
    }

    /// What `undo` takes back.
    ///
    /// # Errors
    /// [`No`]: nothing, or the tag would say a number again that another one has by now.
    pub(super) fn may_undo(&self) -> Result<&Entry, No> {
        let last = self.last.as_ref().ok_or(No::NothingLast)?;
        if let Some(item) = &last.was.item {
            let old = Key { item: item.clone(), set: None };
            let others = self.written.iter().filter(|(key, tag)| !old.goes_with(key) && **tag != last.tag);
            let other = others.map(|(_, tag)| tag).next().or_else(|| self.elsewhere(&old, &last.tag));
            if let Some(tag) = other {
                return Err(No::MayCarry { key: old, tag: tag.clone() });
            }
        }
        Ok(last)
    }

    /// What is being written, or was when the program ended.
    pub(super) const fn open(&self) -> Option<&Entry> {
        self.open.as_ref()
    }

    /// Whether an item is written.
    pub(super) fn is_done(&self, key: &Key) -> bool {
        self.written.contains_key(key)
    }

    /// How many are.
    pub(super) fn n_done(&self) -> usize {
        self.written.len()
    }
}

impl Key {
    /// Whether both can be tags of one library: other items, or other parts of one set.
    fn goes_with(&self, other: &Self) -> bool {
        match (self.set, other.set) {
            _ if self.item != other.item => true,
            (Some((part, of)), Some((other_part, other_of))) => part != other_part && of == other_of,
            (None, _) | (_, None) => false,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.set {
            Some((part, of)) => write!(f, "{} ({part}/{of})", self.item),
            None => f.write_str(&self.item),
        }
    }
}

#[cfg(test)]
mod tests;
