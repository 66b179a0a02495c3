//! What is wrong with what lies on the pad, whatever the air interface: pure, keyed by [`TagId`].
//!
//! Tags that claim the same item and the same part of its set {#trouble.same}:
//! ```text
//!  laid on together, all in the next Complete ──▶ one book with two tags
//!  a Complete with some of them and not all   ──▶ seen apart: two books with one id, from then on
//! ```
//! A single round is no evidence, for it misses tags; a Complete is, for it is told only when none is hidden. So "in the
//! same rounds" means: between the same two Completes. Which tags a claim had, and that they were apart, is remembered
//! when they have left. A trouble begins when two of them lie there and lasts until the last one has left: that one of
//! them is lifted does not settle whose number it is. Parts of a set are different claims; patrons' cards claim nothing;
//! a tag that is written anew takes its claim back.
//!
//! A tag that moves: it was heard within a reading and then no more, or was seen and not read in two rounds; or a write
//! to it was cut. It is over when the tag is read, or a Complete finds it gone. {#trouble.moved}
//!
//! More tags than the reader can tell apart: so it says itself in [`CROWDED_ROUNDS`] rounds in a row. It is over after
//! one round in which it says so no more. {#trouble.crowd}

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::data::{LibraryTag, TagData};
use crate::tag::TagId;

/// What is wrong. Tags and items are named; the items of a patron's card are not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// These tags claim the same item and always came and went together.
    OneBookTwoTags {
        /// The item they claim.
        item: String,
        /// The tags, two or more.
        tags: Vec<TagId>,
    },
    /// These tags claim the same item and were seen apart.
    TwoBooksOneId {
        /// The item they claim.
        item: String,
        /// The tags, two or more.
        tags: Vec<TagId>,
    },
    /// There are more tags than the reader can tell apart.
    TooMany {
        /// The tags that it did tell.
        tags: Vec<TagId>,
        /// The items of those that are read.
        items: Vec<String>,
    },
    /// A tag moves while the pad works on it.
    Moved {
        /// The tag.
        tag: TagId,
        /// Its item, if it was read.
        item: Option<String>,
        /// What was cut.
        during: Work,
    },
}

/// What a pad does with one tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// It was read.
    Reading,
    /// It was written.
    Writing,
}

/// A trouble begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Begun(Trouble),
    /// It is no more.
    Over(Trouble),
}

/// What the pad tells of its tags.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A tag arrived and says this.
    Arrived(TagId, &'a TagData),
    /// A tag has left, or what is known of it is worth nothing.
    Departed(TagId),
    /// None is hidden, and every tag is read.
    Complete,
    /// A round has ended; these tags were found, and perhaps the reader could not tell all apart.
    Round {
        /// The tags.
        found: &'a [TagId],
        /// Whether there are more.
        is_crowded: bool,
    },
    /// The work on a tag was cut by its silence.
    Cut(TagId, Work),
}

/// The machine.
#[derive(Clone, Debug, Default)]
pub struct Troubles {
    /// What each tag on the pad claims; `None` for one that claims nothing.
    there: BTreeMap<TagId, Option<Claim>>,
    /// The claims of the tags on the pad.
    groups: BTreeMap<Claim, Group>,
    /// Those that have left, the oldest first.
    left: VecDeque<(Claim, Group)>,
    moved: BTreeMap<TagId, Trouble>,
    crowded_rounds: u8,
    crowd: Option<Trouble>,
}

/// An item and the number of its part; 0 if it has but one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    item: String,
    part: u16,
}

/// The tags of one claim.
#[derive(Clone, Debug, Default)]
struct Group {
    /// Also those that are not there.
    tags: BTreeSet<TagId>,
    /// Whether a Complete was told with one of them.
    is_known: bool,
    /// Whether one was told since the last of them came.
    is_settled: bool,
    is_apart: bool,
    told: Option<Trouble>,
}

impl Troubles {
    /// Nothing is wrong.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input<'_>, out: &mut Vec<Change>) {
        match input {
            Input::Arrived(tag, data) => self.arrived(tag, data, out),
            Input::Departed(tag) => self.departed(tag, out),
            Input::Complete => self.complete(out),
            Input::Round { found, is_crowded } => self.round(found, is_crowded, out),
            Input::Cut(tag, during) => self.cut(tag, during, out),
        }
    }

    /// What is wrong now.
    pub fn now(&self) -> impl Iterator<Item = &Trouble> {
        let same = self.groups.values().filter_map(|group| group.told.as_ref());
        same.chain(self.moved.values()).chain(&self.crowd)
    }

    fn arrived(&mut self, tag: TagId, data: &TagData, out: &mut Vec<Change>) {
        if *data != TagData::unreadable() {
            out.extend(self.moved.remove(&tag).map(Change::Over));
        }
        let claim = Claim::of(data);
        self.there.insert(tag, claim.clone());
        self.take_back(tag, claim.as_ref(), out);
        let Some(claim) = claim else { return };
        let at = self.left.iter().position(|(of, _)| *of == claim);
        let left = at.and_then(|at| self.left.remove(at)).map(|(_, group)| group);
        let group = self.groups.entry(claim.clone()).or_insert_with(|| left.unwrap_or_default());
        // One that joins others with whom it was not in their Complete.
        group.is_apart |= group.tags.insert(tag) && group.is_known;
        group.is_settled = false;
        group.tell(&claim, &self.there, out);
    }

    /// A tag that claims something else now has left its old claim to the others.
    fn take_back(&mut self, tag: TagId, claim: Option<&Claim>, out: &mut Vec<Change>) {
        let live = self.groups.iter_mut();
        let left = self.left.iter_mut().map(|(of, group)| (&*of, group));
        for (_, group) in live.chain(left).filter(|(of, _)| claim != Some(*of)) {
            if group.tags.remove(&tag) && group.tags.len() < 2 {
                group.is_apart = false;
                out.extend(group.told.take().map(Change::Over));
            }
        }
        self.left.retain(|(_, group)| !group.tags.is_empty());
    }

    fn departed(&mut self, tag: TagId, out: &mut Vec<Change>) {
        if matches!(self.moved.get(&tag), Some(Trouble::Moved { during: Work::Reading, .. })) {
            out.extend(self.moved.remove(&tag).map(Change::Over));
        }
        let Some(Some(claim)) = self.there.remove(&tag) else { return };
        let is_last = |group: &Group| group.tags.iter().all(|tag| !self.there.contains_key(tag));
        if !self.groups.get(&claim).is_some_and(is_last) {
            return;
        }
        let Some(mut group) = self.groups.remove(&claim) else { return };
        out.extend(group.told.take().map(Change::Over));
        if group.is_known {
            self.left.push_back((claim, group));
        }
        if self.left.len() > MAX_REMEMBERED {
            self.left.pop_front();
        }
    }

    fn complete(&mut self, out: &mut Vec<Change>) {
        let there = &self.there;
        let gone: Vec<TagId> = self.moved.keys().filter(|tag| !there.contains_key(tag)).copied().collect();
        out.extend(gone.iter().filter_map(|tag| self.moved.remove(tag)).map(Change::Over));
        for (claim, group) in &mut self.groups {
            (group.is_known, group.is_settled) = (true, true);
            group.is_apart |= group.tags.iter().any(|tag| !there.contains_key(tag));
            group.tell(claim, there, out);
        }
    }

    fn round(&mut self, found: &[TagId], is_crowded: bool, out: &mut Vec<Change>) {
        if !is_crowded {
            self.crowded_rounds = 0;
            out.extend(self.crowd.take().map(Change::Over));
            return;
        }
        self.crowded_rounds = self.crowded_rounds.saturating_add(1);
        if self.crowded_rounds < CROWDED_ROUNDS || self.crowd.is_some() {
            return;
        }
        let items = found.iter().filter_map(|tag| self.item(*tag)).collect();
        let trouble = Trouble::TooMany { tags: found.to_vec(), items };
        self.crowd = Some(trouble.clone());
        out.push(Change::Begun(trouble));
    }

    fn cut(&mut self, tag: TagId, during: Work, out: &mut Vec<Change>) {
        if self.moved.contains_key(&tag) || self.moved.len() >= MAX_REMEMBERED {
            return;
        }
        let trouble = Trouble::Moved { tag, item: self.item(tag), during };
        self.moved.insert(tag, trouble.clone());
        out.push(Change::Begun(trouble));
    }

    fn item(&self, tag: TagId) -> Option<String> {
        self.there.get(&tag)?.as_ref().map(|claim| claim.item.clone())
    }
}

impl Group {
    fn tell(&mut self, claim: &Claim, there: &BTreeMap<TagId, Option<Claim>>, out: &mut Vec<Change>) {
        let mut tags: Vec<TagId> = self.tags.iter().filter(|tag| there.contains_key(tag)).copied().collect();
        // Told when two lie there; corrected also when one of them is left.
        match &self.told {
            None if tags.len() < 2 => return,
            Some(told) if told.tags().len() > tags.len() => tags = told.tags().to_vec(),
            Some(_) | None => {}
        }
        let item = claim.item.clone();
        let trouble = match (self.is_apart, self.is_settled) {
            (true, _) => Trouble::TwoBooksOneId { item, tags },
            (false, true) => Trouble::OneBookTwoTags { item, tags },
            (false, false) => return,
        };
        if self.told.as_ref() != Some(&trouble) {
            out.extend(self.told.replace(trouble.clone()).map(Change::Over));
            out.push(Change::Begun(trouble));
        }
    }
}

impl Trouble {
    /// What it is called; names nobody and nothing.
    pub fn name(&self) -> &'static str {
        match self {
            Self::OneBookTwoTags { .. } => "one book with two tags",
            Self::TwoBooksOneId { .. } => "two books with one id",
            Self::TooMany { .. } => "more tags than the reader can tell apart",
            Self::Moved { during: Work::Reading, .. } => "a tag that moved while it was read",
            Self::Moved { during: Work::Writing, .. } => "a tag that moved while it was written",
        }
    }

    /// The tags that it is about.
    pub fn tags(&self) -> &[TagId] {
        match self {
            Self::OneBookTwoTags { tags, .. }
            | Self::TwoBooksOneId { tags, .. }
            | Self::TooMany { tags, .. } => tags,
            Self::Moved { tag, .. } => std::slice::from_ref(tag),
        }
    }
}

impl Claim {
    fn of(data: &TagData) -> Option<Self> {
        let TagData::Library(LibraryTag { primary_item_id, set, usage, .. }) = data else { return None };
        let is_card = usage.is_some_and(|usage| usage.is_patron_card());
        let part = set.filter(|set| set.of > 1).map_or(0, |set| set.part);
        (!is_card).then(|| Self { item: primary_item_id.clone(), part })
    }
}

/// So many rounds in a row may be crowded before it is a trouble.
pub const CROWDED_ROUNDS: u8 = 3;
/// So many claims are kept in mind, and so many moved tags.
const MAX_REMEMBERED: usize = 64;

#[cfg(test)]
mod tests;
