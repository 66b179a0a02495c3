//! What lies on the pad, in order of arrival.
//!
//! Invariant: a tag stands in the list at most once. What lay there when a visit ended (`lying`) starts nothing: it
//! has to be taken away and put back first, or a book just lent would be returned behind its reader's back.

use crate::id::{TagKey, TransactionId};

use super::PadObject;

#[derive(Debug, Default)]
pub(super) struct Pad {
    things: Vec<Thing>,
    /// something came, and the reader has not said yet that this is all
    reading: bool,
}

#[derive(Debug)]
pub(super) struct Thing {
    pub(super) tag: TagKey,
    pub(super) object: PadObject,
    /// for the transaction that may begin with this arrival
    pub(super) fresh: TransactionId,
    lying: bool,
}

impl Pad {
    pub(super) fn arrive(&mut self, tag: TagKey, object: PadObject, fresh: TransactionId) {
        self.depart(&tag);
        self.things.push(Thing { tag, object, fresh, lying: false });
        self.reading = true;
    }

    /// The reader has read all that lies there.
    pub(super) fn complete(&mut self) {
        self.reading = false;
    }

    /// More may come: the stack is not read to its end.
    pub(super) fn is_reading(&self) -> bool {
        self.reading && self.has_books()
    }

    pub(super) fn depart(&mut self, tag: &TagKey) {
        self.things.retain(|thing| thing.tag != *tag);
    }

    pub(super) fn leave_lying(&mut self) {
        for thing in &mut self.things {
            thing.lying = true;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    pub(super) fn has_card(&self) -> bool {
        self.things.iter().any(|thing| matches!(thing.object, PadObject::Card(_)))
    }

    pub(super) fn has_books(&self) -> bool {
        self.things.iter().any(|thing| !matches!(thing.object, PadObject::Card(_)))
    }

    /// Books that came since the last visit, in order of arrival.
    pub(super) fn new_books(&self) -> impl Iterator<Item = &Thing> {
        self.things.iter().filter(|thing| !thing.lying && !matches!(thing.object, PadObject::Card(_)))
    }

    pub(super) fn thing(&self, tag: &TagKey) -> Option<&Thing> {
        self.things.iter().find(|thing| thing.tag == *tag)
    }
}
