//! What the readers hear as sightings for the machine, and the closing of gate bits behind the flap.
//!
//! A reader tells edges; the machine wants to know when a tag was last heard. Between the edges that is read off the
//! reader's table, five times a second, with the times of the sightings themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use circulation::id::{ItemId, TagKey};
use circulation::item::Security;
use circulation::session::PadObject;
use rfid_driver::port::{Arrival, Command, Snapshot, WriteOutcome};
use rfid_driver::tag::TagId;
use slot::io::{Antenna, Content, Input};
use slot::journal::PieceId;
use tracing::{info, warn};

use crate::reader::Reader;
use crate::translate;

/// What is heard, and what is being closed.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// over the inlet belt
    tunnel: BTreeMap<TagId, Heard>,
    /// behind the flap
    inner: BTreeMap<TagKey, TagId>,
    closing: Option<Closing>,
    n_writes: u64,
}

#[derive(Debug)]
struct Heard {
    key: TagKey,
    content: Content,
    told: Instant,
}

/// Gate bits of a piece that are being closed.
#[derive(Debug)]
struct Closing {
    piece: PieceId,
    /// tags that the inner reader has not heard yet
    waits: BTreeSet<TagKey>,
    /// writes on their way
    writes: BTreeSet<u64>,
    failed: bool,
}

impl Tags {
    /// A tag came over the inlet belt.
    pub(super) fn arrived(&mut self, arrival: &Arrival) -> Option<Input> {
        let key = translate::key(arrival.tag)?;
        let content = match translate::object(arrival) {
            PadObject::Item(tag) => Content::Item(tag),
            PadObject::Damaged => Content::Damaged,
            PadObject::Foreign | PadObject::Card(_) => Content::Foreign,
        };
        let heard = Heard { key, content, told: arrival.at };
        let input = heard.input(arrival.at);
        self.tunnel.insert(arrival.tag, heard);
        Some(input)
    }

    /// A tag is heard no more over the inlet belt.
    pub(super) fn departed(&mut self, tag: TagId) {
        self.tunnel.remove(&tag);
    }

    /// The reader over the inlet belt is down.
    pub(super) fn forget(&mut self) {
        self.tunnel.clear();
    }

    /// Tags over the inlet belt.
    pub(super) fn over_the_belt(&self) -> Vec<TagId> {
        self.tunnel.keys().copied().collect()
    }

    /// What the reader's table says anew.
    pub(super) fn look(&mut self, table: &Snapshot) -> Vec<Input> {
        let mut inputs = Vec::new();
        for seen in &table.seen {
            let Some(heard) = self.tunnel.get_mut(&seen.tag).filter(|heard| seen.last > heard.told) else {
                continue;
            };
            heard.told = seen.last;
            inputs.push(heard.input(seen.last));
        }
        inputs
    }

    /// Whose an item is, by its tag.
    pub(super) fn owner(&self, item: &ItemId) -> Option<String> {
        let tags = self.tunnel.values().filter_map(|heard| match &heard.content {
            Content::Item(tag) if tag.item == *item => tag.owner.as_ref(),
            Content::Item(_) | Content::Foreign | Content::Damaged => None,
        });
        tags.map(|owner| owner.as_str().to_owned()).next()
    }

    /// Gate bits are to be closed, as soon as the reader behind the flap hears the tags. What can be said at once is said.
    pub(super) fn close(
        &mut self,
        piece: PieceId,
        tags: Vec<TagKey>,
        reader: Option<&Reader>,
    ) -> Option<Input> {
        let Some(reader) = reader else {
            warn!(piece = piece.0, "no reader behind the flap closes gate bits");
            return Some(Input::Secured { piece, is_closed: false });
        };
        let waits = tags.into_iter().collect();
        self.closing = Some(Closing { piece, waits, writes: BTreeSet::new(), failed: false });
        self.write(reader)
    }

    /// A tag is heard behind the flap.
    pub(super) fn arrived_inside(&mut self, arrival: &Arrival, reader: Option<&Reader>) -> Option<Input> {
        self.inner.insert(translate::key(arrival.tag)?, arrival.tag);
        self.write(reader?)
    }

    /// A tag is heard no more behind the flap.
    pub(super) fn departed_inside(&mut self, tag: TagId) {
        self.inner.retain(|_, known| *known != tag);
    }

    /// The reader behind the flap is down: what it had to write is not known.
    pub(super) fn forget_inside(&mut self) -> Option<Input> {
        self.inner.clear();
        let closing = self.closing.as_mut()?;
        closing.failed |= !closing.writes.is_empty();
        closing.writes.clear();
        self.done()
    }

    /// A write has come back.
    pub(super) fn wrote(&mut self, request: u64, outcome: WriteOutcome) -> Option<Input> {
        let closing = self.closing.as_mut()?;
        if !closing.writes.remove(&request) {
            return None;
        }
        info!(piece = closing.piece.0, ?outcome, "a gate bit was to be closed");
        closing.failed |= outcome != WriteOutcome::Verified;
        self.done()
    }

    /// Writes to the tags that are heard by now.
    fn write(&mut self, reader: &Reader) -> Option<Input> {
        let closing = self.closing.as_mut()?;
        let waiting = core::mem::take(&mut closing.waits);
        for key in waiting {
            let Some(tag) = self.inner.get(&key) else {
                closing.waits.insert(key);
                continue;
            };
            self.n_writes = self.n_writes.wrapping_add(1);
            let request = self.n_writes;
            let to = translate::security(Security::Secured);
            if reader.takes(Command::SetSecurity { request, tag: *tag, to }) {
                closing.writes.insert(request);
            } else {
                closing.failed = true;
            }
        }
        self.done()
    }

    fn done(&mut self) -> Option<Input> {
        let is_done = |closing: &mut Closing| closing.waits.is_empty() && closing.writes.is_empty();
        let Closing { piece, failed, .. } = self.closing.take_if(is_done)?;
        Some(Input::Secured { piece, is_closed: !failed })
    }
}

impl Heard {
    fn input(&self, when: Instant) -> Input {
        Input::Tag { key: self.key.clone(), content: self.content.clone(), at: Antenna::Tunnel, when }
    }
}
