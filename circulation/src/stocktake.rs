//! Stocktaking: what stands on which shelf, from sightings of tags.
//!
//! ```text
//!   Plan ─────────────────────┐
//!   Begin, Pause, Resume, End ┤
//!   Sighting { tag, at, RSSI, ├─▶ Stocktake ─▶ Shelf, Heard, Full    at once: for the eye and the ear
//!              antenna }      │       └──────▶ Report                any time: each item stands in one way
//!   AtShelf (a touch) ────────┘
//! ```
//! Shelf marks say before which shelf the antenna stands; an item is on the shelf before which it was heard best. What was
//! heard from afar only may be on the shelf behind: it is in the room, no more is said of it. An item is missing only
//! after the rule says so ([`Rule`]). A later pass counts more than an earlier one, if it heard the item from near.
//!
//! **Rules**
//! - The report of a pass is a property of the set of its sightings: their order makes no difference, nor do doubles, nor
//!   those without [`Output::Keep`]. Only what is told at once depends on it.
//! - Every item of the plan stands in exactly one way ([`Counts::adds_up`]).
//! - A shelf is gone over from its mark on: what is heard before it belongs to the shelf before.
//! - Bounded: a tag takes some 300 bytes, and 100 for each further pass, however often it is read; beyond [`MAX_TAGS`] new tags are told and dropped.
//! - It waits for nothing, and so has no deadline.

mod miss;
mod order;
mod plan;
mod reckon;
mod report;
mod timeline;
mod trace;
mod view;

use std::collections::BTreeMap;
use std::time::Instant;

pub use miss::{Rule, Shown, Sure};
pub use plan::{Expected, ItemNo, Marks, Plan, ShelfNo};
pub use report::{Counts, Finding, Report, ShelfReport, Standing, What};
pub use view::Board;

use crate::id::{Isil, ItemId, ShelfMark, TagKey};
use crate::item::{Security, SetPart};
use timeline::Pass;
use trace::{Moment, Trace};

/// The most tags that one stocktake keeps.
pub const MAX_TAGS: usize = 1_000_000;

/// The most passes of one stocktake.
pub const MAX_PASSES: u8 = 32;

/// How a stocktake judges.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// when an unheard item is missing
    pub rule: Rule,
    /// the weakest read of a tag on the shelf before the antenna, in dBm; what is weaker may be behind it
    pub near_dbm: i8,
    /// whose items are ours; a tag that names no owner is ours
    pub owners: Vec<Isil>,
}

impl Default for Settings {
    /// The default rule, -60 dBm, and no owner but those that tags do not name.
    fn default() -> Self {
        Self { rule: Rule::default(), near_dbm: -60, owners: Vec::new() }
    }
}

/// What a tag carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A shelf mark; [`Marks`] tells it from an item.
    Shelf(ShelfMark),
    /// An item.
    Item {
        /// its number
        item: ItemId,
        /// whose it is, if the tag says
        owner: Option<Isil>,
        /// which part of a set; its parts have one number
        set: Option<SetPart>,
        /// its security bits, if they were read
        security: Option<Security>,
    },
    /// No item: a patron card, a tag of other things.
    Foreign,
    /// Nothing that can be read.
    Unreadable,
}

/// A tag was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// when
    pub at: Instant,
    /// the tag's own number
    pub tag: TagKey,
    /// what it carries
    pub content: Content,
    /// how strong it was, in dBm, if the reader says; one that does not hears only what is near
    pub rssi: Option<i8>,
    /// by which antenna
    pub antenna: u8,
}

/// What the machine is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A pass begins.
    Begin,
    /// The pass is interrupted: the shelf in hand was not gone over as a whole.
    Pause,
    /// It goes on, before no shelf until one is marked.
    Resume,
    /// It ends; the last shelf was gone over as a whole.
    End,
    /// Somebody says before which shelf all antennas stand.
    AtShelf(ShelfNo),
    /// A tag was heard; it counts in the pass of its own time, late as it may come.
    Seen(Sighting),
}

/// What the machine tells at once. What it comes to is in the [`Report`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// An antenna stands before another shelf than before; nothing: one that is in no plan.
    Shelf {
        /// which
        shelf: Option<ShelfNo>,
        /// of which antenna; nothing: all of them
        antenna: Option<u8>,
    },
    /// A tag was heard from near for the first time in this pass.
    Heard {
        /// what it is
        what: Heard,
        /// before which shelf, if one is open
        shelf: Option<ShelfNo>,
    },
    /// This sighting changed what is known. Whoever writes these down, and all other inputs, has everything: a machine that is
    /// told them again comes to the same report. Of a tag that is read for hours there are some dozens.
    Keep,
    /// There are [`MAX_TAGS`] tags: this one was dropped.
    Full,
}

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Heard {
    /// An item of the plan, where it belongs or where no shelf is open.
    AtHome(ItemNo),
    /// An item of the plan that belongs on another shelf: the sound of a misplaced book.
    Astray(ItemNo),
    /// An item that is not in the plan.
    Unlisted,
    /// Of another library, or no item.
    Foreign,
    /// Not readable.
    Unreadable,
}

/// Whether a pass goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// none has begun, or the last one has ended
    Idle,
    /// one goes on
    Reading,
    /// one is interrupted
    Paused,
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Stocktake {
    plan: Plan,
    settings: Settings,
    /// the time from which all others are counted
    zero: Option<Instant>,
    passes: Vec<Pass>,
    tags: BTreeMap<TagKey, Tag>,
    /// before which shelf each antenna stands now, for what is told at once
    open: BTreeMap<u8, Option<ShelfNo>>,
}

/// What is kept of a tag.
#[derive(Debug, Clone)]
struct Tag {
    kind: Kind,
    /// which part of a set
    part: Option<u16>,
    /// the last pass that read its security bits, and whether any of its reads found them open
    security: Option<(u8, bool)>,
    /// one for each pass that heard it, the first first
    traces: Vec<Trace>,
}

/// What a tag is, the more that is known the less: of two readings the first in this order counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Mark(Option<ShelfNo>),
    Item(ItemNo),
    Unlisted(ItemId),
    Foreign,
    Unreadable,
}

impl Stocktake {
    /// A stocktake that has not begun.
    #[must_use]
    pub const fn new(plan: Plan, settings: Settings) -> Self {
        Self { plan, settings, zero: None, passes: Vec::new(), tags: BTreeMap::new(), open: BTreeMap::new() }
    }

    /// Takes one input. What does not fit the state (a pause without a pass) changes nothing.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Begin => self.begin(now),
            Input::Pause => {
                let at = self.ms(now);
                if let Some(pass) = self.current().filter(|pass| !pass.is_paused()) {
                    pass.pauses.push((at, None));
                    self.open.clear();
                }
            }
            Input::Resume => {
                let at = self.ms(now);
                if let Some((_, until @ None)) = self.current().and_then(|pass| pass.pauses.last_mut()) {
                    *until = Some(at);
                }
            }
            Input::End => {
                let at = self.ms(now);
                if let Some(pass) = self.current() {
                    pass.ended = Some(at);
                    self.open.clear();
                }
            }
            Input::AtShelf(shelf) => {
                let at = self.ms(now);
                let is_known = self.plan.mark(shelf).is_some();
                if let Some(pass) = self.current().filter(|pass| is_known && !pass.is_paused()) {
                    pass.named.push((at, shelf));
                    self.open = (0..=u8::MAX).map(|antenna| (antenna, Some(shelf))).collect();
                    out.push(Output::Shelf { shelf: Some(shelf), antenna: None });
                }
            }
            Input::Seen(sighting) => self.seen(sighting, out),
        }
    }

    /// The plan that it works by.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether a pass goes on.
    #[must_use]
    pub fn state(&self) -> State {
        match self.passes.last().filter(|pass| pass.ended.is_none()) {
            None => State::Idle,
            Some(pass) if pass.is_paused() => State::Paused,
            Some(_) => State::Reading,
        }
    }

    /// How many passes have begun.
    #[must_use]
    pub fn n_passes(&self) -> u8 {
        u8::try_from(self.passes.len()).unwrap_or(MAX_PASSES)
    }

    /// How many tags are kept.
    #[must_use]
    pub fn n_tags(&self) -> usize {
        self.tags.len()
    }

    /// Everything as it is now: some seconds for the whole of a large library.
    #[must_use]
    pub fn report(&self) -> Report {
        reckon::report(self)
    }

    /// The items that the last pass that has begun heard from near.
    pub fn heard_now(&self) -> impl Iterator<Item = ItemNo> {
        let last = self.n_passes().checked_sub(1);
        self.tags.values().filter_map(move |tag| match tag.kind {
            Kind::Item(item) => {
                let is_heard = tag.traces.iter().any(|trace| Some(trace.pass) == last && trace.was_told);
                is_heard.then_some(item)
            }
            Kind::Mark(_) | Kind::Unlisted(_) | Kind::Foreign | Kind::Unreadable => None,
        })
    }

    fn begin(&mut self, now: Instant) {
        self.zero.get_or_insert(now);
        let at = self.ms(now);
        if self.current().is_none() && self.passes.len() < usize::from(MAX_PASSES) {
            self.passes.push(Pass { begun: at, ..Pass::default() });
            self.open.clear();
        }
    }

    /// The pass that goes on.
    fn current(&mut self) -> Option<&mut Pass> {
        self.passes.last_mut().filter(|pass| pass.ended.is_none())
    }

    /// Milliseconds since the beginning; 49 days at most.
    fn ms(&self, at: Instant) -> u32 {
        let since = self.zero.map_or_else(Default::default, |zero| at.saturating_duration_since(zero));
        u32::try_from(since.as_millis()).unwrap_or(u32::MAX)
    }

    fn seen(&mut self, sighting: Sighting, out: &mut Vec<Output>) {
        let at = self.ms(sighting.at);
        let Some((pass, _)) = (0_u8..).zip(&self.passes).find(|(_, pass)| pass.has(at)) else { return };
        let (kind, part, security) = self.kind(sighting.content);
        let is_full = self.tags.len() >= MAX_TAGS;
        let tag = match self.tags.get_mut(&sighting.tag) {
            Some(tag) => tag,
            None if is_full => return out.push(Output::Full),
            None => {
                let new = Tag { kind: kind.clone(), part: None, security: None, traces: Vec::new() };
                self.tags.entry(sighting.tag).or_insert(new)
            }
        };
        let read = Moment { rssi: sighting.rssi.unwrap_or(NEXT_TO), at, antenna: sighting.antenna };
        let is_near = read.rssi >= self.settings.near_dbm;
        let is_more = tag.learn(kind, part, security.map(|security| (pass, security == Security::Unsecured)));
        let (is_better, was_told) = tag.hear(pass, read, is_near);
        if is_more || is_better {
            out.push(Output::Keep);
        }
        if !is_near {
            return;
        }
        let shelf = self.open.get(&read.antenna).copied().flatten();
        match tag.kind {
            Kind::Mark(mark) => {
                if self.open.insert(read.antenna, mark) != Some(mark) {
                    out.push(Output::Shelf { shelf: mark, antenna: Some(read.antenna) });
                }
            }
            _ if was_told => {}
            Kind::Item(item) => {
                let home = self.plan.home(item);
                let is_astray = home.is_some() && shelf.is_some() && home != shelf;
                let what = if is_astray { Heard::Astray(item) } else { Heard::AtHome(item) };
                out.push(Output::Heard { what, shelf });
            }
            Kind::Unlisted(_) => out.push(Output::Heard { what: Heard::Unlisted, shelf }),
            Kind::Foreign => out.push(Output::Heard { what: Heard::Foreign, shelf }),
            Kind::Unreadable => out.push(Output::Heard { what: Heard::Unreadable, shelf }),
        }
    }

    fn kind(&self, content: Content) -> (Kind, Option<u16>, Option<Security>) {
        match content {
            Content::Shelf(mark) => (Kind::Mark(self.plan.find_shelf(&mark)), None, None),
            Content::Item { item, owner, set, security } => {
                let is_ours = owner.is_none_or(|owner| self.settings.owners.contains(&owner));
                let kind = match self.plan.find_item(&item) {
                    Some(item) => Kind::Item(item),
                    None if is_ours => Kind::Unlisted(item),
                    None => Kind::Foreign,
                };
                (kind, set.map(|set| set.part), security)
            }
            Content::Foreign => (Kind::Foreign, None, None),
            Content::Unreadable => (Kind::Unreadable, None, None),
        }
    }
}

impl Tag {
    /// Takes what a reading says. Tells whether it was news.
    fn learn(&mut self, kind: Kind, part: Option<u16>, security: Option<(u8, bool)>) -> bool {
        let is_news = kind < self.kind || part > self.part || security > self.security;
        if kind < self.kind {
            self.kind = kind;
        }
        self.part = self.part.max(part);
        self.security = self.security.max(security);
        is_news
    }

    /// Takes a read of a pass; reads of an earlier one may come late. Tells whether it changed anything, and whether the tag
    /// was told in that pass already.
    fn hear(&mut self, pass: u8, read: Moment, is_near: bool) -> (bool, bool) {
        let most = self.kind.n_moments();
        if let Some(trace) = self.traces.iter_mut().find(|trace| trace.pass == pass) {
            let was_told = trace.was_told;
            trace.was_told |= is_near;
            return (trace.hear(read, most), was_told);
        }
        let mut new = Trace::new(pass);
        new.hear(read, most);
        new.was_told = is_near;
        let at = self.traces.partition_point(|trace| trace.pass < pass);
        self.traces.reserve_exact(1);
        self.traces.insert(at, new);
        (true, false)
    }
}

impl Kind {
    /// How many moments of a pass are kept. A tag that could not be read yet may be a shelf mark.
    const fn n_moments(&self) -> usize {
        match self {
            Self::Mark(_) | Self::Unreadable => MARK_MOMENTS,
            Self::Item(_) | Self::Unlisted(_) | Self::Foreign => MOMENTS,
        }
    }
}

/// What a reader without RSSI hears is next to it.
const NEXT_TO: i8 = 0;
/// Moments of an item in a pass: four seconds of walking by.
const MOMENTS: usize = 8;
/// Moments of a shelf mark in a pass: it may be passed several times.
const MARK_MOMENTS: usize = 64;

#[cfg(test)]
mod tests;
