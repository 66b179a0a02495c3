//! Somebody looks for a book: what is typed, what is found, and where a title stands.
//!
//! Invariant: what was typed lives only in this value, which is dropped with the page. An answer to an older question
//! than the last changes nothing.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::call_number::CallNumber;
use crate::id::{ItemId, PatronId};
use crate::keyboard::{self, Edit, Key, Keyboard};
use crate::policy::ItemState;
use crate::screen::{
    Availability, Filter, Find, Hit, Holding, Keys, Layout, Reserve, Script, Shelf, Title, Touch,
};
use crate::search::{self, ItemLanguage, Languages, MAX_TEXT, Query, Results};
use crate::sighting::LastSeen;
use crate::transaction::Reason;

use super::visit::{countdown, next_countdown};
use super::{Output, Settings};

/// Hits on one page.
const PAGE: usize = 6;
/// Copies of one title whose last sightings are asked for: more than anybody walks to.
const MAX_SOUGHT: usize = 100;
/// Candidates of the keyboard on one page.
const CANDIDATES: usize = 8;

#[derive(Debug)]
pub(super) struct Finding {
    text: String,
    keyboard: Keyboard,
    filter: Filter,
    first: usize,
    /// the last question that has no answer yet
    asked: Option<u64>,
    results: Option<Results>,
    /// the catalogue is not there
    unavailable: bool,
    open: Option<Opened>,
    last_sign: Instant,
}

/// A title that somebody looks at.
#[derive(Debug)]
struct Opened {
    hit: search::Hit,
    asked: u64,
    /// the question with which it was opened
    opened: u64,
    holdings: Vec<search::Holding>,
    /// where those that can be taken were last seen, once central has said it
    seen: BTreeMap<ItemId, LastSeen>,
    reserve: Reserve,
}

impl Finding {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            text: String::new(),
            keyboard: Keyboard::new(keyboard::Layout::Pinyin, CANDIDATES),
            filter: Filter::default(),
            first: 0,
            asked: None,
            results: None,
            unavailable: false,
            open: None,
            last_sign: now,
        }
    }

    /// Takes a touch; `query` is the number of the question that may follow from it.
    pub(super) fn touched(
        &mut self,
        now: Instant,
        touch: Touch,
        query: u64,
        settings: &Settings,
        out: &mut Vec<Output>,
    ) {
        self.last_sign = now;
        match touch {
            Touch::Open(at) if self.open.is_none() => self.open(at, query, settings, out),
            Touch::Back => self.open = None,
            Touch::Turn { next } if self.open.is_none() => {
                let to = if next { self.first.saturating_add(PAGE) } else { self.first.saturating_sub(PAGE) };
                if self.results.as_ref().is_some_and(|results| to < results.n_hits) {
                    self.first = to;
                    self.ask(query, settings, out);
                }
            }
            Touch::OnlyHere(only_here) => {
                self.filtered(Filter { only_here, ..self.filter }, query, settings, out)
            }
            Touch::Only(script) => self.filtered(Filter { script, ..self.filter }, query, settings, out),
            Touch::Key(key) => self.pressed(Key::Character(key), query, settings, out),
            Touch::Erase => self.pressed(Key::Delete, query, settings, out),
            Touch::Enter => self.pressed(Key::Confirm, query, settings, out),
            Touch::Candidate(at) => self.pressed(Key::Choose(at), query, settings, out),
            Touch::Candidates { next: true } => self.pressed(Key::NextPage, query, settings, out),
            Touch::Candidates { next: false } => self.pressed(Key::PreviousPage, query, settings, out),
            Touch::Layout(layout) => self.pressed(Key::Switch(of_screen(layout)), query, settings, out),
            Touch::Language(_)
            | Touch::Style(_)
            | Touch::HighContrast(_)
            | Touch::Low(_)
            | Touch::Voice(_)
            | Touch::Borrow
            | Touch::Return
            | Touch::Account
            | Touch::Find
            | Touch::About
            | Touch::NewCard
            | Touch::CancelHold(_)
            | Touch::KeepHold
            | Touch::TypeNumber
            | Touch::Open(_)
            | Touch::Turn { .. }
            | Touch::Reserve
            | Touch::Renew(_)
            | Touch::RenewAll
            | Touch::Code
            | Touch::Print
            | Touch::More
            | Touch::Finish
            | Touch::Cancel
            | Touch::Corner(_)
            | Touch::Stocktake(_)
            | Touch::Card(_)
            | Touch::Staff(_) => {}
        }
    }

    fn pressed(&mut self, key: Key, query: u64, settings: &Settings, out: &mut Vec<Output>) {
        let before = self.wanted();
        match self.keyboard.press(key) {
            Some(Edit::Insert(text)) => {
                let room = MAX_TEXT.saturating_sub(self.text.chars().count());
                // A space at the start, or a second one, says nothing.
                if text != " " || !(self.text.is_empty() || self.text.ends_with(' ')) {
                    self.text.extend(text.chars().take(room));
                }
            }
            Some(Edit::DeleteLast) => {
                self.text.pop();
            }
            Some(Edit::Clear) => self.text.clear(),
            None => {}
        }
        if self.wanted() != before {
            self.first = 0;
            self.ask(query, settings, out);
        }
    }

    fn filtered(&mut self, filter: Filter, query: u64, settings: &Settings, out: &mut Vec<Output>) {
        if filter != self.filter {
            self.filter = filter;
            self.first = 0;
            self.ask(query, settings, out);
        }
    }

    /// What is looked for: what is written, and the letters that are not hanzi yet, which may be initials.
    fn wanted(&self) -> String {
        let view = self.keyboard.view();
        let letters: String = view.composition.chars().filter(|c| !c.is_whitespace()).collect();
        if letters.is_empty() {
            self.text.trim().to_owned()
        } else {
            format!("{} {letters}", self.text).trim_start().to_owned()
        }
    }

    fn ask(&mut self, query: u64, settings: &Settings, out: &mut Vec<Output>) {
        let text = self.wanted();
        self.open = None;
        if text.trim().is_empty() {
            self.asked = None;
            self.results = None;
            return;
        }
        self.asked = Some(query);
        let branch = settings.branch.clone().filter(|_| self.filter.only_here);
        let languages = self.filter.script.map(|script| match script {
            Script::Han => Languages::Only(ItemLanguage::Chinese),
            Script::Other => Languages::AllBut(ItemLanguage::Chinese),
        });
        let filter = search::Filter { branch, languages };
        let what = Query { text, filter, first: self.first, n: PAGE, ..Query::default() };
        out.push(Output::Search { query, what });
    }

    pub(super) fn found(&mut self, query: u64, answer: Option<Results>) {
        if self.asked == Some(query) {
            self.asked = None;
            self.unavailable = answer.is_none();
            self.results = answer;
        }
    }

    fn open(&mut self, at: usize, query: u64, settings: &Settings, out: &mut Vec<Output>) {
        let Some(hit) = self.results.as_ref().and_then(|results| results.hits.get(at)) else { return };
        out.push(Output::Holdings { query, title: hit.key });
        let reserve = if settings.place.offers.reserve { Reserve::Offered } else { Reserve::No };
        let (hit, holdings, seen) = (hit.clone(), Vec::new(), BTreeMap::new());
        self.open = Some(Opened { hit, asked: query, opened: query, holdings, seen, reserve });
    }

    /// The title stands there. Central is asked where what can be taken was last seen.
    pub(super) fn stands(&mut self, query: u64, holdings: Vec<search::Holding>, out: &mut Vec<Output>) {
        if let Some(open) = self.open.as_mut().filter(|open| open.asked == query) {
            let free = holdings.iter().filter(|copy| copy.state == ItemState::Free);
            let items: Vec<ItemId> = free.map(|copy| copy.item.clone()).take(MAX_SOUGHT).collect();
            open.holdings = holdings;
            if !items.is_empty() {
                out.push(Output::Sightings { query, items });
            }
        }
    }

    pub(super) fn sighted(&mut self, query: u64, seen: Vec<(ItemId, LastSeen)>) {
        if let Some(open) = self.open.as_mut().filter(|open| open.opened == query) {
            open.seen = seen.into_iter().collect();
        }
    }

    /// Whether the title shown may be reserved now.
    pub(super) fn may_reserve(&self) -> bool {
        let offered = self.open.as_ref().is_some_and(|open| match open.reserve {
            Reserve::Offered | Reserve::Refused(_) => true,
            Reserve::No | Reserve::Asking | Reserve::Done => false,
        });
        offered && self.copy().is_some()
    }

    /// The copy that a hold is put on: one that is lent, since one that stands here can be taken.
    fn copy(&self) -> Option<ItemId> {
        let open = self.open.as_ref()?;
        let lent = open.holdings.iter().find(|holding| holding.state == ItemState::OnLoan);
        let any = || open.holdings.iter().find(|holding| holding.state != ItemState::NotForLoan);
        Some(lent.or_else(any)?.item.clone())
    }

    /// It is known for whom: asks for the hold.
    pub(super) fn reserve(&mut self, now: Instant, query: u64, patron: &PatronId, out: &mut Vec<Output>) {
        self.last_sign = now;
        let Some(item) = self.copy() else { return };
        if let Some(open) = &mut self.open {
            open.asked = query;
            open.reserve = Reserve::Asking;
            out.push(Output::Reserve { query, patron: patron.clone(), item });
        }
    }

    pub(super) fn reserved(&mut self, query: u64, answer: Result<(), Reason>) {
        if let Some(open) = self.open.as_mut().filter(|open| open.asked == query) {
            open.reserve = match answer {
                Ok(()) => Reserve::Done,
                Err(reason) => Reserve::Refused(reason),
            };
        }
    }

    pub(super) const fn touched_at(&mut self, now: Instant) {
        self.last_sign = now;
    }

    /// A title is shown.
    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn is_over(&self, now: Instant, settings: &Settings) -> bool {
        self.last_sign + settings.idle <= now
    }

    pub(super) fn next_tick(&self, now: Instant, settings: &Settings) -> Option<Instant> {
        next_countdown(now, self.last_sign, settings)
    }

    pub(super) fn page(&self, now: Instant, settings: &Settings) -> Find {
        let view = self.keyboard.view();
        let results = self.results.as_ref();
        Find {
            text: self.text.clone(),
            keys: Keys {
                layout: to_screen(view.layout),
                composition: view.composition,
                candidates: view.candidates,
                before: view.has_previous,
                after: view.has_next,
            },
            hits: results.map(|results| results.hits.iter().map(hit).collect()).unwrap_or_default(),
            n_found: results.map(|results| u32::try_from(results.n_hits).unwrap_or(u32::MAX)),
            first: results.map_or(0, |results| results.first),
            more: results.is_some_and(|found| found.first.saturating_add(found.hits.len()) < found.n_hits),
            filter: self.filter,
            unavailable: self.unavailable,
            seconds_left: countdown(now, self.last_sign, settings),
        }
    }

    /// The title that is looked at.
    pub(super) fn title(&self, now: Instant, settings: &Settings) -> Option<Title> {
        let open = self.open.as_ref()?;
        Some(Title {
            title: open.hit.title.clone(),
            author: open.hit.author.clone(),
            isbn: open.hit.isbn.clone(),
            holdings: together(open, settings),
            reserve: open.reserve.clone(),
            seconds_left: countdown(now, self.last_sign, settings),
        })
    }
}

fn hit(hit: &search::Hit) -> Hit {
    Hit { title: hit.title.clone(), author: hit.author.clone(), n_copies: hit.n_copies, n_free: hit.n_free }
}

/// Copies that stand together, those of this branch first.
fn together(open: &Opened, settings: &Settings) -> Vec<Holding> {
    let mut groups: Vec<Holding> = Vec::new();
    for copy in &open.holdings {
        let seen = open.seen.get(&copy.item).filter(|_| copy.state == ItemState::Free);
        let here = settings.branch.as_ref() == Some(&copy.branch);
        let branch = copy.branch_name.clone().unwrap_or_else(|| copy.branch.clone());
        let same = |group: &&mut Holding| {
            group.branch == branch && group.call_number == copy.call_number && group.location == copy.shelf
        };
        match groups.iter_mut().find(same) {
            Some(group) => {
                group.n_copies = group.n_copies.saturating_add(1);
                group.availability = better(group.availability, availability(copy.state));
                group.seen = newer(group.seen.take(), seen.cloned());
            }
            None => groups.push(Holding {
                branch,
                here,
                call_number: copy.call_number.clone(),
                location: copy.shelf.clone(),
                n_copies: 1,
                availability: availability(copy.state),
                shelf: if here { shelf(copy.call_number.as_deref(), &settings.place.shelves) } else { None },
                seen: seen.cloned(),
            }),
        }
    }
    groups.sort_by_key(|group| !group.here);
    groups
}

/// The later of two sightings.
fn newer(one: Option<LastSeen>, other: Option<LastSeen>) -> Option<LastSeen> {
    [one, other].into_iter().flatten().min_by_key(|seen| seen.age)
}

const fn availability(state: ItemState) -> Availability {
    match state {
        ItemState::Free => Availability::In,
        ItemState::OnLoan | ItemState::Held => Availability::Lent { due: None },
        ItemState::NotForLoan => Availability::HereOnly,
    }
}

/// Of two copies that stand together, the one that is easier to have.
const fn better(one: Availability, other: Availability) -> Availability {
    const fn rank(of: Availability) -> u8 {
        match of {
            Availability::In => 0,
            Availability::Lent { .. } => 1,
            Availability::HereOnly => 2,
            Availability::Unknown => 3,
        }
    }
    if rank(one) <= rank(other) { one } else { other }
}

/// The shelf on which a call number stands.
fn shelf(call_number: Option<&str>, shelves: &[Shelf]) -> Option<usize> {
    let mark = CallNumber::new(call_number?);
    shelves
        .iter()
        .position(|shelf| mark.is_between(&CallNumber::new(&shelf.from), &CallNumber::new(&shelf.to)))
}

const fn to_screen(layout: keyboard::Layout) -> Layout {
    match layout {
        keyboard::Layout::Pinyin => Layout::Pinyin,
        keyboard::Layout::Letters => Layout::Letters,
        keyboard::Layout::Digits => Layout::Digits,
    }
}

const fn of_screen(layout: Layout) -> keyboard::Layout {
    match layout {
        Layout::Pinyin => keyboard::Layout::Pinyin,
        Layout::Letters => keyboard::Layout::Letters,
        Layout::Digits => keyboard::Layout::Digits,
    }
}
