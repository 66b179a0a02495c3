//! Who is on the pad: rounds of sightings become arrivals and departures.
//!
//! ```text
//!            seen                missed `depart_rounds` rounds           asked by address, and so often
//!  absent ─────────▶ present ─────────────────────────────────▶ doubted ───────────────────────────────▶ absent
//!          Arrived      ▲                     Doubted              │      unheard that it is gone  Departed
//!                       └──────────── seen or heard ◀──────────────┘
//! ```
//! A tag that inventories miss is first asked by its address: anticollision misses tags that are there. For one tag,
//! Arrived and Departed alternate. A lost link changes nothing: only rounds that were carried out are evidence.
//!
//! How often is enough depends on how well this tag was heard so far. {#presence.gone}
//! ```text
//! p = (misses + 1) / (looks + 2)          of this tag, Laplace's estimate; at most the last 64 looks count
//! gone when p^m <= 1 in 1,000,000         m looks in a row, rounds and calls by address, did not hear it
//! ```
//! A tag that always answered is gone after four looks; one at the edge of the field that answers every third call has
//! p = 2/3 and is gone only after 34. A miss counts for p when the tag is heard again: then it was there.

use std::collections::{BTreeMap, BTreeSet};

/// What the machine is told.
#[derive(Clone, Debug)]
pub enum Input<'a, K> {
    /// A whole round found these.
    Round(&'a BTreeSet<K>),
    /// A round that could not tell all tags found these: it is no evidence against the others.
    Part(&'a BTreeSet<K>),
    /// A tag was heard by its address.
    Heard(K),
    /// A tag was asked by its address and not heard.
    Unheard(K),
    /// What is known of a tag is worth nothing, or it was not heard to the end of all patience.
    Lost(K),
}

/// What the machine tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output<K> {
    /// A tag is new on the pad.
    Arrived(K),
    /// A tag should be asked by its address: answer with [`Input::Heard`], [`Input::Unheard`] or [`Input::Lost`].
    Doubted(K),
    /// A tag has left the pad.
    Departed(K),
}

/// How often tags that were there were looked for, and missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often they were looked for.
    pub looks: u32,
    /// How often they were not heard.
    pub misses: u32,
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Presence<K> {
    depart_rounds: u8,
    tags: BTreeMap<K, Tag>,
    /// Of the tags that have left since [`Presence::settle`].
    left: Tally,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tag {
    /// How many rounds in a row have missed it.
    missed: u8,
    /// How many looks in a row have, rounds and calls.
    unheard: u32,
    tally: Tally,
    looks: u64,
    sightings: u64,
}

impl<K: Copy + Ord> Presence<K> {
    /// An empty pad; a tag is doubted when `depart_rounds` rounds in a row have missed it.
    pub fn new(depart_rounds: u8) -> Self {
        Self { depart_rounds: depart_rounds.max(1), tags: BTreeMap::new(), left: Tally::default() }
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input<'_, K>, out: &mut Vec<Output<K>>) {
        match input {
            Input::Round(found) => {
                self.miss(found, out);
                self.find(found, out);
            }
            Input::Part(found) => self.find(found, out),
            Input::Heard(tag) => {
                if let Some(tag) = self.tags.get_mut(&tag) {
                    tag.hear();
                }
            }
            Input::Unheard(key) => {
                if self.tags.get_mut(&key).is_some_and(Tag::is_gone) {
                    self.remove(key, out);
                }
            }
            Input::Lost(key) => self.remove(key, out),
        }
    }

    /// How many more looks in a row must miss a tag until it is gone, at least one: a call by its address.
    pub fn looks_left(&self, tag: K) -> u32 {
        let left = |tag: &Tag| tag.tally.enough(GONE).saturating_sub(tag.unheard);
        self.tags.get(&tag).map_or(0, left).max(1)
    }

    /// How many rounds in a row have missed a tag; `None` if it is not on the pad.
    pub fn missed(&self, tag: K) -> Option<u8> {
        self.tags.get(&tag).map(|tag| tag.missed)
    }

    /// The tags that were not heard when they were last looked for.
    pub fn unheard(&self) -> impl Iterator<Item = K> {
        self.tags.iter().filter(|(_, tag)| tag.unheard > 0).map(|(key, _)| *key)
    }

    /// How often a tag was looked for and how often it was found, since it arrived.
    pub fn counts(&self, tag: K) -> Option<(u64, u64)> {
        self.tags.get(&tag).map(|tag| (tag.looks, tag.sightings))
    }

    /// The tags on the pad.
    pub fn tags(&self) -> impl Iterator<Item = K> {
        self.tags.keys().copied()
    }

    /// How many tags are on the pad.
    pub fn n_tags(&self) -> usize {
        self.tags.len()
    }

    /// How often the tags of this stack were missed: those that are there, and those that left since it was settled.
    /// Misses that may be a departure count, for they may as well be none.
    pub fn tally(&self) -> Tally {
        self.tags.values().fold(self.left, |sum, tag| sum.and(tag.tally).and(Tally::misses(tag.unheard)))
    }

    /// The stack is known: those that have left are no longer a part of it.
    pub fn settle(&mut self) {
        self.left = Tally::default();
    }

    fn miss(&mut self, found: &BTreeSet<K>, out: &mut Vec<Output<K>>) {
        for (key, tag) in self.tags.iter_mut().filter(|(key, _)| !found.contains(key)) {
            tag.missed = tag.missed.saturating_add(1);
            tag.look();
            if tag.missed >= self.depart_rounds {
                out.push(Output::Doubted(*key));
            }
        }
    }

    fn find(&mut self, found: &BTreeSet<K>, out: &mut Vec<Output<K>>) {
        for key in found {
            let tag = self.tags.entry(*key).or_insert_with(|| {
                out.push(Output::Arrived(*key));
                Tag::default()
            });
            // The look that discovers a tag tells nothing of how often one that is there is missed.
            if tag.looks > 0 {
                tag.hear();
            }
            tag.looks = tag.looks.max(1);
            tag.sightings = tag.sightings.max(1);
        }
    }

    fn remove(&mut self, key: K, out: &mut Vec<Output<K>>) {
        if let Some(tag) = self.tags.remove(&key) {
            self.left = self.left.and(tag.tally);
            out.push(Output::Departed(key));
        }
    }
}

impl Tag {
    fn look(&mut self) {
        self.looks = self.looks.saturating_add(1);
        self.unheard = self.unheard.saturating_add(1);
    }

    fn hear(&mut self) {
        self.looks = self.looks.saturating_add(1);
        self.sightings = self.sightings.saturating_add(1);
        self.tally = self.tally.and(Tally::misses(self.unheard)).and(Tally { looks: 1, misses: 0 }).recent();
        (self.missed, self.unheard) = (0, 0);
    }

    /// One more call was not answered: whether that is enough.
    fn is_gone(&mut self) -> bool {
        self.look();
        self.unheard >= self.tally.enough(GONE)
    }
}

impl Tally {
    /// The chance that a tag that is there is missed: `(misses + 1) / (looks + 2)`.
    pub fn rate(self) -> f64 {
        (f64::from(self.misses) + 1.0) / (f64::from(self.looks) + 2.0)
    }

    /// How many looks in a row must miss a tag until the chance of that is at most `bound`.
    pub fn enough(self, bound: f64) -> u32 {
        let rate = self.rate();
        let chances = std::iter::successors(Some(1.0), |chance| Some(chance * rate));
        (0..MOST).zip(chances).find(|(_, chance)| *chance <= bound).map_or(MOST, |(k, _)| k)
    }

    fn misses(n: u32) -> Self {
        Self { looks: n, misses: n }
    }

    fn and(self, other: Self) -> Self {
        Self {
            looks: self.looks.saturating_add(other.looks),
            misses: self.misses.saturating_add(other.misses),
        }
    }

    /// What is long ago counts half, so that a tag that was moved is known anew soon.
    fn recent(self) -> Self {
        if self.looks > RECENT { Self { looks: self.looks / 2, misses: self.misses / 2 } } else { self }
    }
}

/// The chance at which a silent tag is gone.
const GONE: f64 = 1e-6;
/// So many looks at one tag count.
const RECENT: u32 = 64;
/// No tag is asked more often.
const MOST: u32 = 60;

#[cfg(test)]
mod tests;
