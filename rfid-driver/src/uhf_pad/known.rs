//! What is known of the tags on the pad, and of those whose writing was cut.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use crate::data::epc::{self, EpcBank};
use crate::data::{Decoded, TagData, decode_uhf_memory};
use crate::tag::{TagId, Tid};
use crate::uhf::{Epc, Filter, Sighting};

use super::reading::Read;
use super::writing::Change;

/// A tag on the pad.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Its serial number, if it has one.
    pub(super) tid: Option<Tid>,
    /// What it says in inventories.
    pub(super) epc: Epc,
    /// Its EPC bank from word 0; empty if it could not be read.
    pub(super) memory: Vec<u8>,
    /// Its user memory, as far as it was read.
    pub(super) user: Option<Vec<u8>>,
    /// What was told of it.
    pub(super) told: Decoded,
    /// Strength of its signal and antenna when it was last heard.
    pub(super) heard: (Option<i8>, Option<u8>),
    /// When that was.
    pub(super) last: Instant,
}

/// An EPC that was seen and of which it is not known which tag says it, or whether two do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stranger {
    /// Readings that did not tell.
    pub(super) failures: u8,
    /// Rounds in a row that did not see it.
    pub(super) missed: u8,
}

/// How often each EPC was told in the last round.
#[derive(Clone, Debug, Default)]
pub(super) struct Sightings(BTreeMap<Epc, Heard>);

#[derive(Clone, Copy, Debug)]
struct Heard {
    n: usize,
    rssi: Option<i8>,
    antenna: Option<u8>,
}

/// Writes that ended in the dark, by the tag they were for.
#[derive(Clone, Debug, Default)]
pub(super) struct Cuts(VecDeque<(Tid, Change)>);

impl Known {
    pub(super) fn new(read: &Read, now: Instant) -> Self {
        Self {
            tid: read.tid,
            epc: read.epc.clone(),
            memory: read.memory.clone(),
            user: read.user.clone(),
            told: read.decoded.clone(),
            heard: (None, None),
            last: now,
        }
    }

    /// Takes over that a write is verified.
    pub(super) fn rewrite(&mut self, behind_crc: &[u8], hints: &crate::data::Hints<'_>) {
        let Some(epc) = Epc::reported(behind_crc) else { return };
        let crc = EpcBank { stored_crc: None, pc: epc.pc(), uii: epc.uii() }.crc();
        self.memory = [&crc.to_be_bytes(), behind_crc].concat();
        self.epc = epc;
        if let Some(decoded) = decode_uhf_memory(&self.memory, self.user.as_deref(), hints) {
            self.told = decoded;
        }
    }

    /// The item it is on, once it was read.
    pub(super) fn item(&self) -> Option<String> {
        match &self.told.data {
            TagData::Library(tag) => Some(tag.primary_item_id.clone()),
            TagData::Blank | TagData::Foreign | TagData::Damaged { .. } => None,
        }
    }
}

/// By what a tag is told that was read: its serial number, else what is on it and does not change with its security.
pub(super) fn id_of(read: &Read) -> TagId {
    match (&read.tid, &read.decoded.data) {
        (Some(tid), _) => TagId::Tid(*tid),
        (None, TagData::Library(tag)) => {
            let owner = tag.owner.as_deref().unwrap_or_default();
            TagId::of_content(&[owner.as_bytes(), &[0], tag.primary_item_id.as_bytes()].concat())
        }
        (None, TagData::Blank | TagData::Foreign | TagData::Damaged { .. }) => id_of_epc(&read.epc),
    }
}

/// By what a tag is told of which nothing else is known.
pub(super) fn id_of_epc(epc: &Epc) -> TagId {
    TagId::of_content(&epc::bank(epc.pc(), epc.uii()))
}

impl Sightings {
    pub(super) fn new(found: &[Sighting]) -> Self {
        let mut seen = BTreeMap::new();
        for sighting in found {
            let room = seen.len() < MAX_TAGS || seen.contains_key(&sighting.epc);
            if room {
                let Sighting { epc, rssi, antenna } = sighting.clone();
                seen.entry(epc).or_insert(Heard { n: 0, rssi, antenna }).n += 1;
            }
        }
        Self(seen)
    }

    /// How often an EPC was told.
    pub(super) fn n(&self, epc: &Epc) -> usize {
        self.0.get(epc).map_or(0, |heard| heard.n)
    }

    pub(super) fn epcs(&self) -> impl Iterator<Item = &Epc> {
        self.0.keys()
    }

    /// Strength and antenna with which an EPC was heard.
    pub(super) fn heard(&self, epc: &Epc) -> (Option<i8>, Option<u8>) {
        self.0.get(epc).map_or((None, None), |heard| (heard.rssi, heard.antenna))
    }
}

impl Cuts {
    /// The write of a tag that ended in the dark.
    pub(super) fn of(&self, tid: &Tid) -> Option<&Change> {
        self.0.iter().find(|(of, _)| of == tid).map(|(_, change)| change)
    }

    /// A write ended in the dark. What was before the first of several is what the tag goes back to.
    pub(super) fn remember(&mut self, tid: Tid, change: Change) {
        self.forget(&tid);
        self.0.push_back((tid, change));
        if self.0.len() > MAX_CUTS {
            self.0.pop_front();
        }
    }

    pub(super) fn forget(&mut self, tid: &Tid) {
        self.0.retain(|(of, _)| of != tid);
    }
}

/// Filters that find one tag.
#[derive(Clone, Debug)]
pub(super) struct Filters {
    first: Filter,
    other: Option<Filter>,
}

impl Filters {
    /// By serial number if family and tag allow, else by these EPCs in turn.
    pub(super) fn new(by_tid: Option<Tid>, first: &Epc, other: Option<&Epc>) -> Self {
        match by_tid {
            Some(tid) => Self { first: Filter::Tid(tid), other: None },
            None => Self { first: first.filter(), other: other.map(Epc::filter) },
        }
    }

    /// The filter of the try of this number.
    pub(super) fn get(&self, n: usize) -> Filter {
        let other = self.other.as_ref().filter(|_| !n.is_multiple_of(2));
        other.unwrap_or(&self.first).clone()
    }

    pub(super) fn is_by_tid(&self) -> bool {
        matches!(self.first, Filter::Tid(_))
    }
}

/// More tags than any pad reads.
const MAX_TAGS: usize = 256;
/// So many cut writes are kept in mind: more than lie on a pad at once.
const MAX_CUTS: usize = 64;
