//! What the board shows, told in letters ([`Count`]'s own form), and that its counts are those of its spines.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::room::{Chance, Room, start};
use super::*;
use crate::item::Security;
use crate::screen::{Count, Ears, SpineState};

/// A stocktake and its board, told the same.
struct Seat {
    stocktake: Stocktake,
    board: Board,
    now: Instant,
}

impl Seat {
    fn new(room: &Room) -> Self {
        let stocktake = room.stocktake(0.01);
        let board = Board::new(&stocktake);
        Self { stocktake, board, now: start() }
    }

    fn tell(&mut self, input: Input) {
        let mut out = Vec::new();
        self.stocktake.handle(self.now, input.clone(), &mut out);
        self.board.take(self.stocktake.plan(), &input, &out);
    }

    /// A tag from near, and so much later the next one.
    fn read(&mut self, tag: &str, content: Content) {
        let tag = TagKey::parse(tag).unwrap();
        self.tell(Input::Seen(Sighting { at: self.now, tag, content, rssi: Some(-45), antenna: 1 }));
        self.now += Duration::from_millis(400);
    }

    fn mark(&mut self, shelf: u32) {
        self.read(&format!("M{shelf}"), Content::Shelf(Room::mark(shelf)));
    }

    fn item(&mut self, id: &str, security: Security) {
        let item = ItemId::parse(id).unwrap();
        let content = Content::Item { item, owner: None, set: None, security: Some(security) };
        self.read(&format!("T{id}"), content);
    }

    fn seen(&self) -> String {
        self.board.count(&self.stocktake, Ears::Up, false).to_string()
    }

    fn settle(&mut self) {
        self.board.settle(&self.stocktake, &self.stocktake.report());
    }

    /// The page of a shelf.
    fn page(&self, shelf: ShelfNo) -> Count {
        let mut board = self.board.clone();
        board.show(shelf);
        board.count(&self.stocktake, Ears::Up, false)
    }
}

#[test]
fn a_shelf_fills_as_it_is_read_and_a_report_sets_it_right() {
    let mut room = Room::tidy(2, 6);
    (room.books[2].state, room.books[2].on) = (ItemState::OnLoan, None);
    room.books[4].state = ItemState::OnLoan;
    let mut seat = Seat::new(&room);
    assert_eq!(seat.seen(), "count: Idle, pass 0 of 1, reader Up\n  shelves 0/2, items 0/10");
    seat.tell(Input::Begin);
    seat.mark(0);
    for id in ["LW0000000", "LW0000001", "LW0000004"] {
        seat.item(id, Security::Secured);
    }
    seat.item("LW0000005", Security::Unsecured);
    // Twice: one read alone may be a chance.
    seat.item("LW0010003", Security::Secured);
    seat.now += Duration::from_secs(1);
    seat.item("LW0010003", Security::Secured);
    seat.read("T9", Content::Foreign);
    assert_eq!(
        seat.seen(),
        "count: Reading, pass 1 of 1, reader Up\n  shelves 0/2, items 5/11\n  CJ-000 4/5 PP_.LUM?\n  Stranger ? at CJ-000, of ?"
    );
    let first = ShelfNo(0);
    let sought = seat.board.sought(Some(first));
    assert_eq!(sought.len(), 1, "the lent one is not looked for");
    assert_eq!(seat.stocktake.plan().item_id(sought[0]).unwrap().as_str(), "LW0000003");
    // What was heard there belongs to the next shelf, and comes home: the first one was gone over.
    seat.now += Duration::from_secs(2);
    seat.mark(1);
    seat.now += Duration::from_secs(9);
    seat.item("LW0010000", Security::Secured);
    assert_eq!(
        seat.seen(),
        "count: Reading, pass 1 of 1, reader Up\n  shelves 1/2, items 6/11\n  CJ-001 2/6 P.._..\n  Stranger ? at CJ-000, of ?"
    );
    seat.tell(Input::End);
    seat.settle();
    seat.board.show(first);
    assert_eq!(
        seat.seen(),
        "count: Idle, pass 1 of 1, reader Up\n  shelves 2/2, items 6/11\n  CJ-000 4/5 PP_-LUM?\n  Stranger ? at CJ-000, of ?"
    );
    assert_eq!(seat.board.sought(None).len(), 5);
    let shelves = seat.board.shelves(seat.stocktake.plan(), 1, 8);
    assert_eq!((shelves.rows.len(), shelves.n_shelves, shelves.rows[0].is_swept), (1, 2, true));
}

#[test]
fn another_pass_begins_with_nothing_heard_in_it() {
    let mut seat = Seat::new(&Room::tidy(1, 4));
    let fresh = |seat: &Seat| {
        let row = seat.board.count(&seat.stocktake, Ears::Up, false).shelf.unwrap();
        row.spines.iter().map(|spine| spine.is_fresh).collect::<Vec<_>>()
    };
    seat.tell(Input::Begin);
    seat.mark(0);
    seat.item("LW0000000", Security::Secured);
    seat.tell(Input::End);
    seat.tell(Input::Begin);
    assert_eq!(fresh(&seat), [false; 4]);
    seat.item("LW0000001", Security::Secured);
    assert_eq!(fresh(&seat), [false, true, false, false]);
    // A device that takes over reads the same out of the journal.
    seat.settle();
    assert_eq!(fresh(&seat), [false, true, false, false]);
    assert!(seat.seen().contains("CJ-000 2/4 PP.."));
}

/// The counts, counted again from the spines of all shelves.
fn holds(seat: &Seat) -> Result<(), TestCaseError> {
    let plan = seat.stocktake.plan();
    let pages: Vec<Count> = plan.shelves().map(|(shelf, _)| seat.page(shelf)).collect();
    let rows = || pages.iter().filter_map(|page| page.shelf.as_ref());
    let n_of = |state| {
        let spines = rows().flat_map(|row| &row.spines).filter(|spine| spine.state == state);
        u32::try_from(spines.count()).unwrap()
    };
    let count = seat.board.count(&seat.stocktake, Ears::Up, false);
    let misplaced = n_of(SpineState::Misplaced);
    let at_home = [SpineState::Present, SpineState::OnLoan, SpineState::Unsecured].map(n_of);
    prop_assert_eq!(count.library.done, at_home.iter().sum::<u32>() + misplaced);
    // A misplaced one leaves a gap at home, and is expected; what is lent leaves one too, and is not.
    let lent = n_of(SpineState::Absent) - misplaced;
    prop_assert_eq!(count.library.of, u32::try_from(plan.n_items()).unwrap() - lent);
    let odd = count.odd;
    prop_assert_eq!(
        (odd.misplaced, odd.missing, odd.on_loan, odd.unsecured),
        (misplaced, n_of(SpineState::Missing), at_home[1], at_home[2])
    );
    prop_assert_eq!(rows().map(|row| row.gauge.done).sum::<u32>(), count.library.done);
    prop_assert_eq!(rows().map(|row| row.gauge.of).sum::<u32>(), count.library.of);
    prop_assert!(rows().all(|row| row.gauge.done <= row.gauge.of));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn counts_are_those_of_the_spines_and_a_report_is_the_truth(
        (n_shelves, per_shelf, miss, seed) in (2_u32..5, 4_u32..16, 0_u64..31, any::<u64>())
    ) {
        let mut room = Room { miss_percent: miss, has_ghosts: true, ..Room::tidy(n_shelves, per_shelf) };
        let mut chance = Chance(seed);
        for book in &mut room.books {
            match chance.below(8) {
                0 => book.on = None,
                1 => (book.state, book.on) = (ItemState::OnLoan, None),
                2 => book.state = ItemState::OnLoan,
                3 => book.on = Some(u32::try_from(chance.below(n_shelves.into())).unwrap()),
                4 => book.security = Security::Unsecured,
                _ => {}
            }
        }
        let mut seat = Seat::new(&room);
        for pass in 0..2 {
            seat.tell(Input::Begin);
            let (heard, time) = room.walk(seat.now, seed ^ pass);
            for sighting in heard {
                seat.tell(Input::Seen(sighting));
                if chance.percent(1) {
                    holds(&seat)?;
                }
            }
            seat.now += time;
            seat.tell(Input::End);
            holds(&seat)?;
            seat.settle();
            holds(&seat)?;
            // Nothing of what was told before is left.
            let report = seat.stocktake.report();
            let fresh = Board::new(&seat.stocktake);
            let fresh = Seat { stocktake: seat.stocktake.clone(), board: fresh, now: seat.now };
            for (shelf, _) in seat.stocktake.plan().shelves() {
                prop_assert_eq!(seat.page(shelf).shelf, fresh.page(shelf).shelf);
            }
            let count = seat.board.count(&seat.stocktake, Ears::Up, false);
            let total = report.total;
            prop_assert_eq!(u64::from(count.odd.missing), total.missing);
            prop_assert_eq!(u64::from(count.odd.misplaced), total.misplaced);
            seat.now += Duration::from_secs(60);
        }
    }
}
