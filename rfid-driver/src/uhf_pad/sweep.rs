//! The sweep: a reader that is carried along shelves. Tags are told as they are heard, and nothing is asked of any of them.
//!
//! What a tag says in an inventory is all that is known of it: its EPC. So it is told by that ([`TagId::Content`]), and two
//! tags that say the same are one here. Rounds follow one another without a pause. Of what an antenna hears again and again
//! within [`TELL`] only the strongest is told: a thousand reads a second of fifty tags are two hundred sightings.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::known::id_of_epc;
use super::{Step, UhfPad};
use crate::data::{Hints, TagData, decode_uhf};
use crate::pad::{Heard, Output, ReaderEvent};
use crate::tag::TagId;
use crate::uhf::{Epc, Sighting, UhfProtocol};

/// What was heard and not told yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Untold {
    heard: BTreeMap<(Epc, Option<u8>), (Option<i8>, Instant)>,
    since: Option<Instant>,
}

impl Untold {
    fn take(&mut self, now: Instant, found: &[Sighting]) {
        for Sighting { epc, rssi, antenna } in found {
            let key = (epc.clone(), *antenna);
            if self.heard.len() >= MOST && !self.heard.contains_key(&key) {
                continue;
            }
            let best = self.heard.entry(key).or_insert((*rssi, now));
            if *rssi > best.0 {
                *best = (*rssi, now);
            }
        }
        if !self.heard.is_empty() {
            self.since.get_or_insert(now);
        }
    }

    /// What is to be told now, if it is time.
    fn due(&mut self, now: Instant, hints: &Hints<'_>) -> Option<Vec<Heard>> {
        self.since.filter(|since| now.saturating_duration_since(*since) >= TELL)?;
        self.since = None;
        let told = std::mem::take(&mut self.heard);
        Some(
            told.into_iter()
                .map(|((epc, antenna), (rssi, at))| heard(&epc, antenna, rssi, at, hints))
                .collect(),
        )
    }
}

impl<P: UhfProtocol> UhfPad<P> {
    pub(super) fn end_sweep(&mut self, now: Instant, found: &[Sighting], out: &mut Vec<Output>) {
        self.void_rounds = 0;
        self.n_rounds += 1;
        self.untold.take(now, found);
        let hints = self.hints();
        if let Some(told) = self.untold.due(now, &hints) {
            out.push(Output::Event(ReaderEvent::Heard(told)));
        }
        self.step = Step::Idle;
    }
}

fn heard(epc: &Epc, antenna: Option<u8>, rssi: Option<i8>, at: Instant, hints: &Hints<'_>) -> Heard {
    let decoded = decode_uhf(&epc.bank(), None, hints);
    Heard { tag: id(epc, &decoded.data), data: decoded.data, security: decoded.security, rssi, antenna, at }
}

/// By what a tag is told whose serial number was not asked for: what a change of its security leaves as it is.
fn id(epc: &Epc, data: &TagData) -> TagId {
    match data {
        TagData::Library(tag) => {
            let owner = tag.owner.as_deref().unwrap_or_default();
            let part = tag.set.map_or(0, |set| set.part).to_be_bytes();
            TagId::of_content(&[owner.as_bytes(), &[0], tag.primary_item_id.as_bytes(), &[0], &part].concat())
        }
        TagData::Blank | TagData::Foreign | TagData::Damaged { .. } => id_of_epc(epc),
    }
}

/// How long what is heard is gathered.
const TELL: Duration = Duration::from_millis(200);
/// Tags and antennas that are gathered at most: more than any room has within reach.
const MOST: usize = 4_096;
