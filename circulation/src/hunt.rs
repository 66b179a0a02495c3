//! Looking for items by the strength of their tags: many at once, until each is found or given up.
//!
//! ```text
//!             heard strongly, twice
//!   full power ───────────────────▶ less power ─ .. ─▶ least power ──heard, twice──▶ found ─▶ full power
//!       ▲          silent, 1.5 s        │                  │
//!       └───────────────────────────────┴──────────────────┘ one step up
//! ```
//! With less power a tag must be nearer to answer. The bar shows what the tag would sound like at full power, so that it rises
//! while one nears and does not fall when the power does. One item has the ear, the strongest that was heard; the others are
//! noted as they pass: where, and when.
//!
//! **Rules**
//! - Found is only what answered at the least power, twice within [`TWICE`]. A reader without power or RSSI hears nothing
//!   but what lies before it: one read is enough.
//! - The next to look for is the nearest by the order of the shelves from the last shelf mark that was heard.
//! - Bounded: nothing is kept of tags that nobody looks for.

mod signal;
mod view;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::call_number::CallNumber;
use crate::id::{ItemId, ShelfMark};
use crate::stocktake::{Content, Sighting};
use signal::Signal;

pub use signal::{Bar, MAX_BAR};

/// An item that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// its number
    pub item: ItemId,
    /// its call number, if known
    pub call_number: Option<CallNumber>,
    /// the shelf where it belongs, if known
    pub shelf: Option<ShelfMark>,
}

/// An item of a hunt, by its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WantedNo(pub u32);

/// What a hunt is set up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// the powers that the reader can be set to, in dBm, from full to least; one or none: its power stays
    pub powers_dbm: Vec<i8>,
    /// how strong an answer is that lets the power be stepped down, in dBm
    pub strong_dbm: i8,
}

impl Default for Settings {
    /// A handheld UHF reader of 30 dBm, in steps of 4.
    fn default() -> Self {
        Self { powers_dbm: vec![30, 26, 22, 18, 14, 10], strong_dbm: -50 }
    }
}

/// What the machine is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A tag was heard: an item, or a shelf mark.
    Seen(Sighting),
    /// The reader has the power that was asked for.
    Powered(i8),
    /// Somebody has it in the hand, or will look for it no more.
    Close {
        /// which
        wanted: WantedNo,
        /// it was found
        is_found: bool,
    },
    /// Time has passed: the deadline has come.
    Tick,
}

/// What the machine tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Set the reader to this power, in dBm, and say so with [`Input::Powered`].
    Power(i8),
    /// How near the item that has the ear is, for a bar and a sound. Nothing is heard of it: 0.
    Signal {
        /// which
        wanted: WantedNo,
        /// how near
        bar: Bar,
    },
    /// An item was found.
    Found(WantedNo),
}

/// How an item of the hunt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has it yet.
    Sought,
    /// It was found.
    Found,
    /// Nobody looks for it any more.
    GivenUp,
}

/// When and where an item was heard last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastHeard {
    /// when
    pub at: Instant,
    /// the shelf whose mark was heard last before it, if any was
    pub shelf: Option<ShelfMark>,
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Hunt {
    settings: Settings,
    quarry: Vec<Quarry>,
    by_item: BTreeMap<ItemId, WantedNo>,
    /// the place of each shelf in the order in which one walks
    order: BTreeMap<ShelfMark, u32>,
    /// the last shelf mark that was heard
    here: Option<ShelfMark>,
    ear: Option<Ear>,
    power: Power,
}

#[derive(Debug, Clone)]
struct Quarry {
    wanted: Wanted,
    state: State,
    last: Option<LastHeard>,
}

/// The item that has the ear.
#[derive(Debug, Clone)]
struct Ear {
    wanted: WantedNo,
    signal: Signal,
    bar: Bar,
    last: Instant,
    /// a strong answer at the power of now
    strong: Option<Instant>,
}

/// The power of the reader, as a place in the settings; nothing: its power stays.
#[derive(Debug, Clone, Copy, Default)]
struct Power {
    /// as the reader confirmed it
    is: usize,
    /// asked for and not confirmed: which, and when
    asked: Option<(usize, Instant)>,
}

impl Hunt {
    /// A hunt for a list; of an item that is given twice, the first counts. `shelves` are in the order in which one walks.
    #[must_use]
    pub fn new(
        settings: Settings,
        wanted: impl IntoIterator<Item = Wanted>,
        shelves: impl IntoIterator<Item = ShelfMark>,
    ) -> Self {
        let mut hunt = Self {
            settings,
            quarry: Vec::new(),
            by_item: BTreeMap::new(),
            order: BTreeMap::new(),
            here: None,
            ear: None,
            power: Power::default(),
        };
        for (at, mark) in (0..).zip(shelves) {
            hunt.order.entry(mark).or_insert(at);
        }
        for wanted in wanted {
            let number = WantedNo(u32::try_from(hunt.quarry.len()).unwrap_or(u32::MAX));
            if !hunt.by_item.contains_key(&wanted.item) {
                hunt.by_item.insert(wanted.item.clone(), number);
                hunt.quarry.push(Quarry { wanted, state: State::Sought, last: None });
            }
        }
        hunt
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Seen(sighting) => self.seen(sighting, out),
            Input::Powered(dbm) => {
                if let Some(at) = self.settings.powers_dbm.iter().position(|power| *power == dbm) {
                    self.power = Power { is: at, asked: None };
                    if let Some(ear) = &mut self.ear {
                        (ear.strong, ear.last) = (None, now);
                    }
                }
            }
            Input::Close { wanted, is_found } => {
                let state = if is_found { State::Found } else { State::GivenUp };
                self.close(now, wanted, state, out);
            }
            Input::Tick => {}
        }
        self.go_on(now, out);
    }

    /// When it wants an [`Input::Tick`], if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let asked = self.power.asked.map(|(_, at)| at + ANSWER);
        let silence = self.ear.as_ref().map(|ear| ear.last + self.patience());
        [asked, silence].into_iter().flatten().min()
    }

    /// The next item to look for: the nearest by the order of the shelves, then by call number.
    #[must_use]
    pub fn next(&self) -> Option<WantedNo> {
        let here = self.here.as_ref().and_then(|mark| self.order.get(mark)).copied().unwrap_or(0);
        let sought = self.numbered().filter(|(_, quarry)| quarry.state == State::Sought);
        let nearest = sought.min_by_key(|(number, quarry)| {
            let shelf = quarry.wanted.shelf.as_ref().and_then(|mark| self.order.get(mark)).copied();
            // As far away on both sides: the way on, not back. What has no shelf comes last.
            let way = shelf.map_or(u32::MAX, |shelf| shelf.abs_diff(here));
            (way, shelf.is_some_and(|shelf| shelf < here), &quarry.wanted.call_number, *number)
        });
        nearest.map(|(number, _)| number)
    }

    /// An item of the hunt: how it stands, and when and where it was heard last in it.
    #[must_use]
    pub fn look(&self, wanted: WantedNo) -> Option<(&Wanted, State, Option<&LastHeard>)> {
        let quarry = self.quarry.get(usize::try_from(wanted.0).ok()?)?;
        Some((&quarry.wanted, quarry.state, quarry.last.as_ref()))
    }

    /// How many items are still looked for.
    #[must_use]
    pub fn n_sought(&self) -> usize {
        self.quarry.iter().filter(|quarry| quarry.state == State::Sought).count()
    }

    fn numbered(&self) -> impl Iterator<Item = (WantedNo, &Quarry)> {
        (0..).map(WantedNo).zip(&self.quarry)
    }

    fn seen(&mut self, sighting: Sighting, out: &mut Vec<Output>) {
        let Sighting { at, content, rssi, .. } = sighting;
        let item = match content {
            Content::Shelf(mark) => {
                self.here = Some(mark);
                return;
            }
            Content::Item { item, .. } => item,
            Content::Foreign | Content::Unreadable => return,
        };
        let Some(wanted) = self.by_item.get(&item).copied() else { return };
        let here = self.here.clone();
        let Some(quarry) = self.quarry_mut(wanted) else { return };
        quarry.last = Some(LastHeard { at, shelf: here });
        if quarry.state != State::Sought {
            return;
        }
        match rssi {
            Some(rssi) if self.settings.powers_dbm.len() > 1 => self.listen(at, wanted, rssi, out),
            // Nothing to step: what is read lies before the reader, or as near as it can tell.
            Some(rssi) if rssi < self.settings.strong_dbm => self.listen(at, wanted, rssi, out),
            Some(_) | None => self.close(at, wanted, State::Found, out),
        }
    }

    /// Hears the item that has the ear, or gives the ear to it.
    fn listen(&mut self, at: Instant, wanted: WantedNo, rssi: i8, out: &mut Vec<Output>) {
        let as_at_full = self.as_at_full(rssi);
        let ear = match &mut self.ear {
            Some(ear) if ear.wanted == wanted => {
                ear.signal.hear(at, as_at_full);
                ear
            }
            // Another one is nearer, and nothing was begun yet.
            Some(ear) if self.power.is == 0 && ear.signal.level() < as_at_full => {
                *ear = Ear::new(at, wanted, as_at_full);
                ear
            }
            Some(_) => return,
            none @ None => none.insert(Ear::new(at, wanted, as_at_full)),
        };
        ear.last = ear.last.max(at);
        ear.show(out);
        let is_least = self.power.is + 1 == self.settings.powers_dbm.len();
        if self.power.asked.is_some() || !(is_least || rssi >= self.settings.strong_dbm) {
            return;
        }
        let was_strong = ear.strong.replace(at);
        if was_strong.is_some_and(|before| before < at && at.saturating_duration_since(before) <= TWICE) {
            ear.strong = None;
            self.step_down(at, wanted, out);
        }
    }

    /// What a strength would be at full power: the answer of a passive tag changes as the power does.
    fn as_at_full(&self, rssi: i8) -> i16 {
        let power = |at: usize| self.settings.powers_dbm.get(at).copied().map_or(0, i16::from);
        i16::from(rssi) + power(0) - power(self.power.is)
    }

    fn step_down(&mut self, now: Instant, wanted: WantedNo, out: &mut Vec<Output>) {
        let next = self.power.is + 1;
        if next < self.settings.powers_dbm.len() {
            self.ask(now, next, out);
        } else {
            self.close(now, wanted, State::Found, out);
        }
    }

    fn close(&mut self, now: Instant, wanted: WantedNo, state: State, out: &mut Vec<Output>) {
        let Some(quarry) = self.quarry_mut(wanted).filter(|quarry| quarry.state == State::Sought) else {
            return;
        };
        quarry.state = state;
        if state == State::Found {
            out.push(Output::Found(wanted));
        }
        if self.ear.as_ref().is_some_and(|ear| ear.wanted == wanted) {
            self.ear = None;
            self.full_power(now, out);
        }
    }

    /// What time brings: the reader is asked again, a silent item gets more power, then loses the ear.
    fn go_on(&mut self, now: Instant, out: &mut Vec<Output>) {
        if let Some((at, _)) = self.power.asked.filter(|(_, asked)| *asked + ANSWER <= now) {
            self.ask(now, at, out);
        }
        let patience = self.patience();
        let Some(ear) = self.ear.as_mut().filter(|ear| ear.last + patience <= now) else { return };
        (ear.last, ear.strong) = (now, None);
        if let Some(more) = self.power.is.checked_sub(1) {
            if self.power.asked.is_none() {
                self.ask(now, more, out);
            }
        } else {
            let wanted = ear.wanted;
            self.ear = None;
            out.push(Output::Signal { wanted, bar: Bar::SILENT });
        }
    }

    /// How long the item with the ear may be silent: at less than full power, it may just be a step too far.
    const fn patience(&self) -> Duration {
        if self.power.is == 0 { SILENT_AT_FULL } else { SILENT }
    }

    fn full_power(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.power.is != 0 || self.power.asked.is_some_and(|(asked, _)| asked != 0) {
            self.ask(now, 0, out);
        }
    }

    fn ask(&mut self, now: Instant, power: usize, out: &mut Vec<Output>) {
        if let Some(dbm) = self.settings.powers_dbm.get(power) {
            self.power.asked = Some((power, now));
            out.push(Output::Power(*dbm));
        }
    }

    fn quarry_mut(&mut self, wanted: WantedNo) -> Option<&mut Quarry> {
        self.quarry.get_mut(usize::try_from(wanted.0).ok()?)
    }
}

impl Ear {
    const fn new(at: Instant, wanted: WantedNo, as_at_full: i16) -> Self {
        Self { wanted, signal: Signal::new(at, as_at_full), bar: Bar::SILENT, last: at, strong: None }
    }

    fn show(&mut self, out: &mut Vec<Output>) {
        let bar = self.signal.bar();
        if bar != self.bar {
            self.bar = bar;
            out.push(Output::Signal { wanted: self.wanted, bar });
        }
    }
}

/// Two strong answers within this are no chance.
pub const TWICE: Duration = Duration::from_millis(1_000);
/// A tag that is silent for so long at less than full power is too far away for it.
const SILENT: Duration = Duration::from_millis(1_500);
/// And at full power, out of reach.
const SILENT_AT_FULL: Duration = Duration::from_secs(5);
/// A reader that has not said so by then is asked for its power again.
const ANSWER: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
