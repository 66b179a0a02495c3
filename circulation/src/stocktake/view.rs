//! A stocktake as it is seen while it goes on: the machine tells, and a page comes out ([`Count`], [`Shelves`]).
//!
//! ```text
//!   Report ──settle──▶ ┌───────┐
//!   Input, Output ───▶ │ Board │ ──▶ Count, Shelves
//!                      └───────┘
//! ```
//! The report is the truth, and takes seconds for a large library; what the machine tells at once is for the eye, and costs
//! nothing. So the board follows what is told, and is set right by a report whenever there is time for one: at the beginning,
//! at a pause, at the end of a pass.
//!
//! **Rules**
//! - After [`Board::settle`] the board says what the report says, whatever was told before.
//! - A page costs as much as the shelf that it shows, whatever the library holds.

use std::collections::BTreeSet;

use super::plan::{ItemNo, Plan, ShelfNo};
use super::report::{Report, Standing, What};
use super::{Content, Heard, Input, Output, Sighting, State, Stocktake};
use crate::id::{ItemId, ShelfMark};
use crate::item::Security;
use crate::policy::ItemState;
use crate::screen::{
    Count, CountState, Ears, Gauge, Odd, Row, Seen, ShelfLine, Shelves, Spine, SpineState, Telling,
};

/// What is known of everything, at hand for a page.
#[derive(Debug, Clone, Default)]
pub struct Board {
    items: Vec<Stand>,
    shelves: Vec<Shelf>,
    passes_needed: u8,
    /// items of a shelf and of none that were heard, and that should be there
    library: Gauge,
    odd: Odd,
    /// the shelf that the page shows
    shown: Option<ShelfNo>,
    finding: Option<Seen>,
    n_findings: u32,
}

/// How an item stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stand {
    state: SpineState,
    /// before which shelf a misplaced one was heard
    at: Option<ShelfNo>,
    is_fresh: bool,
}

#[derive(Debug, Clone, Default)]
struct Shelf {
    /// what belongs here, in the order of the call numbers
    row: Vec<ItemNo>,
    gauge: Gauge,
    /// what is here and does not belong here
    misplaced: BTreeSet<ItemNo>,
    n_strangers: u32,
    sweeps: u8,
    is_swept: bool,
}

impl Board {
    /// The board of a stocktake as it stands.
    #[must_use]
    pub fn new(stocktake: &Stocktake) -> Self {
        let plan = stocktake.plan();
        let mut board = Self {
            items: vec![Stand::default(); plan.n_items()],
            shelves: vec![Shelf::default(); plan.n_shelves()],
            ..Self::default()
        };
        for (item, of) in plan.all() {
            if let Some(shelf) = of.home.and_then(|home| board.shelf_mut(home)) {
                shelf.row.push(item);
            }
        }
        for shelf in &mut board.shelves {
            shelf
                .row
                .sort_by_key(|item| (plan.item(*item).and_then(|of| of.rank).unwrap_or(u32::MAX), *item));
        }
        board.settle(stocktake, &stocktake.report());
        board
    }

    /// Says what the report says. The last finding and the shelf that is shown stay.
    pub fn settle(&mut self, stocktake: &Stocktake, report: &Report) {
        let plan = stocktake.plan();
        self.passes_needed = report.passes_needed;
        self.library = Gauge::default();
        self.odd = Odd::default();
        for (shelf, told) in self.shelves.iter_mut().zip(&report.shelves) {
            shelf.gauge = Gauge::default();
            shelf.misplaced.clear();
            shelf.n_strangers = 0;
            (shelf.sweeps, shelf.is_swept) = (told.sweeps, told.sweeps > 0);
        }
        self.items.fill(Stand::default());
        for (item, of) in plan.all() {
            let Some((standing, _)) = report.standing(item) else { continue };
            let stand = match standing {
                Standing::Present => Stand { state: SpineState::Present, ..Stand::default() },
                Standing::Elsewhere(at) => {
                    Stand { state: SpineState::Misplaced, at: Some(at), ..Stand::default() }
                }
                Standing::Away => Stand { state: SpineState::Absent, ..Stand::default() },
                Standing::Missing => Stand { state: SpineState::Missing, ..Stand::default() },
                Standing::Glimpsed | Standing::Unseen => Stand::default(),
            };
            self.expect(of.home, stand.state != SpineState::Absent);
            self.stand(plan, item, stand);
        }
        self.settle_findings(plan, report);
        for item in stocktake.heard_now() {
            if let Some(stand) = at_mut(&mut self.items, item.0) {
                stand.is_fresh = true;
            }
        }
    }

    /// Follows what the machine told when it was given an input.
    pub fn take(&mut self, plan: &Plan, input: &Input, outputs: &[Output]) {
        match input {
            // Another pass: nothing was heard in it yet.
            Input::Begin => self.items.iter_mut().for_each(|stand| stand.is_fresh = false),
            Input::Pause | Input::Resume | Input::End | Input::AtShelf(_) | Input::Seen(_) => {}
        }
        for output in outputs {
            match output {
                Output::Shelf { shelf, .. } => self.open(*shelf),
                Output::Heard { what, shelf } => self.hear(plan, input, *what, *shelf),
                Output::Keep | Output::Full => {}
            }
        }
    }

    /// Shows a shelf, whatever is heard, until another one is.
    pub fn show(&mut self, shelf: ShelfNo) {
        self.shown = Some(shelf);
    }

    /// The shelf that is shown.
    #[must_use]
    pub const fn shown(&self) -> Option<ShelfNo> {
        self.shown
    }

    /// The page of the shelf in hand.
    #[must_use]
    pub fn count(&self, stocktake: &Stocktake, reader: Ears, asks_end: bool) -> Count {
        let plan = stocktake.plan();
        let n_swept = self.shelves.iter().filter(|shelf| shelf.is_swept).count();
        Count {
            state: match stocktake.state() {
                State::Idle => CountState::Idle,
                State::Reading => CountState::Reading,
                State::Paused => CountState::Paused,
            },
            pass: stocktake.n_passes(),
            passes_needed: self.passes_needed,
            reader,
            shelf: self.shown.and_then(|shelf| self.row(plan, shelf)),
            room: Gauge::new(n(n_swept), n(self.shelves.len())),
            library: self.library,
            odd: self.odd,
            finding: self.finding.clone(),
            asks_end,
            telling: Telling::No,
        }
    }

    /// A page of the list of shelves, from a position on.
    #[must_use]
    pub fn shelves(&self, plan: &Plan, first: usize, most: usize) -> Shelves {
        let rows = plan.shelves().zip(&self.shelves).skip(first).take(most);
        let rows = rows.map(|((no, mark), shelf)| ShelfLine {
            mark: mark.clone(),
            gauge: shelf.gauge,
            is_swept: shelf.is_swept,
            is_here: self.shown == Some(no),
        });
        Shelves { rows: rows.collect(), first, n_shelves: self.shelves.len() }
    }

    /// What is not found yet of a shelf, or of all of the plan: missing, or not heard. In the order of the call numbers.
    #[must_use]
    pub fn sought(&self, shelf: Option<ShelfNo>) -> Vec<ItemNo> {
        let of: Vec<ItemNo> = match shelf {
            Some(shelf) => self.shelf(shelf).map(|shelf| shelf.row.clone()).unwrap_or_default(),
            None => (0..n(self.items.len())).map(ItemNo).collect(),
        };
        let is_sought = |item: &ItemNo| {
            let state = at(&self.items, item.0).map(|stand| stand.state);
            matches!(state, Some(SpineState::Unseen | SpineState::Missing))
        };
        of.into_iter().filter(is_sought).collect()
    }

    fn row(&self, plan: &Plan, shelf: ShelfNo) -> Option<Row> {
        let of = self.shelf(shelf)?;
        let spine = |item: &ItemNo, is_at_home: bool| {
            let stand = at(&self.items, item.0).copied().unwrap_or_default();
            // Of this shelf, and on another one: here is a gap.
            let is_gap = is_at_home && stand.state == SpineState::Misplaced;
            let state = if is_gap { SpineState::Absent } else { stand.state };
            Spine { item: plan.item_id(*item).cloned(), state, is_fresh: stand.is_fresh }
        };
        let own = of.row.iter().map(|item| spine(item, true));
        let astray = of.misplaced.iter().map(|item| spine(item, false));
        let stranger = Spine { item: None, state: SpineState::Stranger, is_fresh: true };
        let strangers = (0..of.n_strangers).map(|_| stranger.clone());
        Some(Row {
            mark: plan.mark(shelf)?.clone(),
            spines: own.chain(astray).chain(strangers).collect(),
            gauge: of.gauge,
            sweeps: of.sweeps,
        })
    }

    /// A reader goes from one shelf to the next: the one that it leaves was gone over, until a report says otherwise.
    fn open(&mut self, shelf: Option<ShelfNo>) {
        let Some(shelf) = shelf else { return };
        let left = self.shown.replace(shelf).filter(|left| *left != shelf);
        if let Some(left) = left.and_then(|left| self.shelf_mut(left)) {
            left.is_swept |= left.gauge.done > 0;
        }
    }

    fn hear(&mut self, plan: &Plan, input: &Input, what: Heard, shelf: Option<ShelfNo>) {
        let sighting = if let Input::Seen(sighting) = input { Some(sighting) } else { None };
        match what {
            Heard::AtHome(item) => {
                let is_lent = plan.item(item).is_some_and(|of| of.state == ItemState::OnLoan);
                let state = match sighting {
                    _ if is_lent => SpineState::OnLoan,
                    Some(sighting) if is_open(sighting) => SpineState::Unsecured,
                    Some(_) | None => SpineState::Present,
                };
                self.heard(plan, item, Stand { state, at: None, is_fresh: true });
                if state.is_odd() {
                    self.find(plan, state, Some(item), None, shelf);
                }
            }
            Heard::Astray(item) => {
                self.heard(plan, item, Stand { state: SpineState::Misplaced, at: shelf, is_fresh: true });
                self.find(plan, SpineState::Misplaced, Some(item), None, shelf);
            }
            Heard::Unlisted | Heard::Foreign | Heard::Unreadable => {
                if let Some(shelf) = shelf.and_then(|shelf| self.shelf_mut(shelf)) {
                    shelf.n_strangers = shelf.n_strangers.saturating_add(1);
                }
                self.odd.strangers = self.odd.strangers.saturating_add(1);
                let id = sighting.and_then(|sighting| match &sighting.content {
                    Content::Item { item, .. } => Some(item.clone()),
                    Content::Shelf(_) | Content::Foreign | Content::Unreadable => None,
                });
                self.find(plan, SpineState::Stranger, None, id, shelf);
            }
        }
    }

    /// An item was heard that stood otherwise before.
    fn heard(&mut self, plan: &Plan, item: ItemNo, stand: Stand) {
        let Some(before) = at(&self.items, item.0).copied() else { return };
        let home = plan.home(item);
        if let Some(odd) = self.odd.of(before.state) {
            *odd = odd.saturating_sub(1);
        }
        if before.state == SpineState::Misplaced
            && let Some(shelf) = before.at.and_then(|at| self.shelf_mut(at))
        {
            shelf.misplaced.remove(&item);
        }
        match before.state {
            // What is on loan was not expected.
            SpineState::Absent => self.expect(home, true),
            SpineState::Unseen | SpineState::Missing => {}
            SpineState::Present
            | SpineState::OnLoan
            | SpineState::Unsecured
            | SpineState::Misplaced
            | SpineState::Stranger => self.count_done(home, -1),
        }
        self.stand(plan, item, stand);
    }

    /// Sets how an item stands, and counts it.
    fn stand(&mut self, plan: &Plan, item: ItemNo, stand: Stand) {
        match stand.state {
            SpineState::Unseen | SpineState::Missing | SpineState::Absent => {}
            SpineState::Present
            | SpineState::OnLoan
            | SpineState::Unsecured
            | SpineState::Misplaced
            | SpineState::Stranger => self.count_done(plan.home(item), 1),
        }
        if let Some(odd) = self.odd.of(stand.state) {
            *odd = odd.saturating_add(1);
        }
        if stand.state == SpineState::Misplaced
            && let Some(shelf) = stand.at.and_then(|at| self.shelf_mut(at))
        {
            shelf.misplaced.insert(item);
        }
        if let Some(of) = at_mut(&mut self.items, item.0) {
            *of = stand;
        }
    }

    /// What is told of items besides where they are, and of what is no item of the plan.
    fn settle_findings(&mut self, plan: &Plan, report: &Report) {
        let marked = plan.shelves().map(|(shelf, _)| Some(shelf)).chain([None]);
        for shelf in marked {
            for finding in report.shelf(shelf).into_iter().flat_map(|shelf| &shelf.findings) {
                match &finding.what {
                    What::OnLoan { item } => self.mark(*item, SpineState::OnLoan),
                    What::Unsecured { item } => self.mark(*item, SpineState::Unsecured),
                    What::Unlisted { .. } | What::Foreign { .. } | What::Unreadable { .. } => {
                        self.odd.strangers = self.odd.strangers.saturating_add(1);
                        if let Some(shelf) = shelf.and_then(|shelf| self.shelf_mut(shelf)) {
                            shelf.n_strangers = shelf.n_strangers.saturating_add(1);
                        }
                    }
                    What::Misplaced { .. }
                    | What::Missing { .. }
                    | What::OutOfOrder { .. }
                    | What::Doubled { .. } => {}
                }
            }
        }
    }

    /// Says more of an item that is present; where it is comes first.
    fn mark(&mut self, item: ItemNo, state: SpineState) {
        let Some(stand) = at_mut(&mut self.items, item.0).filter(|stand| stand.state == SpineState::Present)
        else {
            return;
        };
        stand.state = state;
        if let Some(odd) = self.odd.of(state) {
            *odd = odd.saturating_add(1);
        }
    }

    fn find(
        &mut self,
        plan: &Plan,
        state: SpineState,
        item: Option<ItemNo>,
        id: Option<ItemId>,
        here: Option<ShelfNo>,
    ) {
        self.n_findings = self.n_findings.wrapping_add(1);
        let mark = |shelf: Option<ShelfNo>| -> Option<ShelfMark> { plan.mark(shelf?).cloned() };
        self.finding = Some(Seen {
            state,
            item: id.or_else(|| plan.item_id(item?).cloned()),
            call_number: item.and_then(|item| plan.call_number(item)).map(str::to_owned),
            here: mark(here),
            home: mark(item.and_then(|item| plan.home(item))),
            number: self.n_findings,
        });
    }

    /// Counts an item among those that should be there.
    fn expect(&mut self, home: Option<ShelfNo>, is_expected: bool) {
        if !is_expected {
            return;
        }
        self.library.of = self.library.of.saturating_add(1);
        if let Some(shelf) = home.and_then(|home| self.shelf_mut(home)) {
            shelf.gauge.of = shelf.gauge.of.saturating_add(1);
        }
    }

    fn count_done(&mut self, home: Option<ShelfNo>, by: i32) {
        let count = |gauge: &mut Gauge| gauge.done = gauge.done.saturating_add_signed(by);
        count(&mut self.library);
        if let Some(shelf) = home.and_then(|home| self.shelf_mut(home)) {
            count(&mut shelf.gauge);
        }
    }

    fn shelf(&self, shelf: ShelfNo) -> Option<&Shelf> {
        at(&self.shelves, shelf.0)
    }

    fn shelf_mut(&mut self, shelf: ShelfNo) -> Option<&mut Shelf> {
        at_mut(&mut self.shelves, shelf.0)
    }
}

impl Odd {
    /// The count of a state, if it is counted.
    const fn of(&mut self, state: SpineState) -> Option<&mut u32> {
        match state {
            SpineState::Misplaced => Some(&mut self.misplaced),
            SpineState::Missing => Some(&mut self.missing),
            SpineState::OnLoan => Some(&mut self.on_loan),
            SpineState::Unsecured => Some(&mut self.unsecured),
            // Counted by the tag: they are no items of the plan.
            SpineState::Stranger | SpineState::Unseen | SpineState::Present | SpineState::Absent => None,
        }
    }
}

fn is_open(sighting: &Sighting) -> bool {
    matches!(sighting.content, Content::Item { security: Some(Security::Unsecured), .. })
}

fn at<T>(all: &[T], number: u32) -> Option<&T> {
    all.get(usize::try_from(number).ok()?)
}

fn at_mut<T>(all: &mut [T], number: u32) -> Option<&mut T> {
    all.get_mut(usize::try_from(number).ok()?)
}

fn n(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
