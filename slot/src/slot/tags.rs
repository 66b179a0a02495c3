//! What the antennas hear while one item is in hand.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use circulation::id::TagKey;
use circulation::item::ItemTag;

use crate::io::{Antenna, Content};

/// What was heard over the inlet belt, and which tags went behind the flap lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Tags {
    heard: BTreeMap<TagKey, (Content, Instant)>,
    taken: BTreeMap<TagKey, Instant>,
    /// heard while the belt was pulled empty after a start, and told of by no row yet
    passed: BTreeMap<TagKey, Instant>,
    /// told as lost already
    lost: BTreeSet<TagKey>,
}

/// What lies on the belt, as the antenna has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// No tag answers.
    Nothing,
    /// One item, with one tag or all those of a set.
    One { tag: ItemTag, keys: Vec<TagKey> },
    /// Several items, or two tags with one number.
    Many,
    /// Tags that are no items.
    Foreign,
    /// Tags that cannot be read.
    Damaged,
}

impl Tags {
    /// Takes a sighting. A tag that went behind the flap within `ghost` is not new: antennas hear into bins.
    pub(super) fn hear(&mut self, now: Instant, key: TagKey, content: Content, at: Antenna, ghost: Duration) {
        self.taken.retain(|_, since| now.saturating_duration_since(*since) < ghost);
        if at == Antenna::Tunnel && !self.taken.contains_key(&key) && self.heard.len() < MOST_TAGS {
            self.heard.insert(key, (content, now));
        }
    }

    /// What was heard since then, or since the belt was empty.
    pub(super) fn sight(&self, since: Option<Instant>) -> Sight {
        let is_recent = |at: Instant| since.is_none_or(|since| at >= since);
        let recent = || self.heard.iter().filter(|(_, (_, at))| is_recent(*at));
        let items: Vec<(&TagKey, &ItemTag)> = recent()
            .filter_map(|(key, (content, _))| match content {
                Content::Item(tag) => Some((key, tag)),
                Content::Foreign | Content::Damaged => None,
            })
            .collect();
        match items.as_slice() {
            [] if recent().any(|(_, (content, _))| *content == Content::Damaged) => Sight::Damaged,
            [] if recent().next().is_some() => Sight::Foreign,
            [] => Sight::Nothing,
            // A second tag that cannot be read may be a second book. A bus card in a book is none.
            [..] if recent().any(|(_, (content, _))| *content == Content::Damaged) => Sight::Many,
            [(key, tag)] => Sight::One { tag: (*tag).clone(), keys: vec![(*key).clone()] },
            [(_, first), ..] if is_set(&items) => Sight::One {
                tag: (*first).clone(),
                keys: items.iter().map(|(key, _)| (*key).clone()).collect(),
            },
            [..] => Sight::Many,
        }
    }

    /// Whether one of these was heard since then.
    pub(super) fn is_heard(&self, keys: &[TagKey], since: Instant) -> bool {
        keys.iter().any(|key| self.heard.get(key).is_some_and(|(_, at)| *at >= since))
    }

    /// Every tag heard.
    pub(super) fn keys(&self) -> Vec<TagKey> {
        self.heard.keys().cloned().collect()
    }

    /// Every tag heard, and these.
    pub(super) fn keys_and(&self, keys: &[TagKey]) -> Vec<TagKey> {
        let all: BTreeSet<TagKey> = self.heard.keys().chain(keys).cloned().collect();
        all.into_iter().collect()
    }

    /// The belt is taken as empty from now on.
    pub(super) fn forget_heard(&mut self) {
        self.heard.clear();
    }

    /// What lay there is pulled in, perhaps as far as behind the flap: it is listened to anew, but kept in mind.
    pub(super) fn pass(&mut self) {
        for (key, (_, at)) in std::mem::take(&mut self.heard) {
            if self.passed.len() < MOST_TAGS || self.passed.contains_key(&key) {
                self.passed.insert(key, at);
            }
        }
    }

    /// The tags of what falls now after a start, unseen by any eye before: those that were heard, and answer no more.
    /// Each is told once.
    pub(super) fn fallen(&mut self, now: Instant) -> Vec<TagKey> {
        let is_silent = |at: &Instant| now.saturating_duration_since(*at) >= SILENT;
        let heard = &self.heard;
        let gone = self.passed.extract_if(.., |key, at| {
            is_silent(at) && heard.get(key).is_none_or(|(_, again)| is_silent(again))
        });
        gone.map(|(key, _)| key).collect()
    }

    /// The tags that answer though no eye sees what has them. Each is told once, until it goes behind the flap.
    pub(super) fn lost(&mut self, now: Instant, within: Duration) -> Vec<TagKey> {
        let answers = |at: &Instant| now.saturating_duration_since(*at) < within;
        let lost = &self.lost;
        let new = self.heard.iter().filter(|(key, (_, at))| answers(at) && !lost.contains(*key));
        let new: Vec<TagKey> = new.map(|(key, _)| key.clone()).take(MOST_TAGS).collect();
        if self.lost.len() > MOST_TAGS {
            self.lost.clear();
        }
        self.lost.extend(new.iter().cloned());
        new
    }

    /// Everything is in order: what was heard before has its row, or went back to the street.
    pub(super) fn forget_passed(&mut self) {
        self.passed.clear();
    }

    /// These went behind the flap.
    pub(super) fn take(&mut self, now: Instant, keys: &[TagKey]) {
        for key in keys {
            self.heard.remove(key);
            self.passed.remove(key);
            self.lost.remove(key);
            self.taken.insert(key.clone(), now);
        }
    }

    /// A bin was emptied: its items may come again.
    pub(super) fn forget_taken(&mut self) {
        self.taken.clear();
    }
}

/// Whether these are the parts of one item, no part twice.
fn is_set(items: &[(&TagKey, &ItemTag)]) -> bool {
    let Some((_, first)) = items.first() else { return false };
    let mut parts: Vec<_> = items.iter().filter_map(|(_, tag)| tag.set).map(|set| set.part).collect();
    let n_parts = parts.len();
    parts.sort_unstable();
    parts.dedup();
    n_parts == items.len() && parts.len() == n_parts && items.iter().all(|(_, tag)| tag.item == first.item)
}

/// A tag over the inlet belt answers within this, as good as always.
pub(super) const SILENT: Duration = Duration::from_millis(400);
/// More tags than lie in any mouth: noise does not grow us.
const MOST_TAGS: usize = 64;
