//! Stocktakes of rooms that are known.

mod board;
mod properties;
mod room;
mod visits;

use std::time::{Duration, Instant};

use super::*;
use crate::policy::ItemState;
use room::Room;

/// The findings of a stocktake, a line each.
fn told(stocktake: &Stocktake) -> Vec<String> {
    let report = stocktake.report();
    assert!(report.total.adds_up(), "{:?}", report.total);
    let plan = stocktake.plan();
    let id = |item: ItemNo| plan.item_id(item).unwrap().as_str();
    let shelves = report.shelves.iter().zip(plan.shelves()).map(|(shelf, (_, mark))| (mark.as_str(), shelf));
    let mut lines = Vec::new();
    for (mark, shelf) in shelves.chain([("nowhere", &report.nowhere)]) {
        for finding in &shelf.findings {
            let what = match &finding.what {
                What::Misplaced { item, home } => {
                    format!("{} of {}", id(*item), plan.mark(*home).unwrap().as_str())
                }
                What::Missing { item } => format!("{} missing", id(*item)),
                What::OnLoan { item } => format!("{} on loan", id(*item)),
                What::Unsecured { item } => format!("{} unsecured", id(*item)),
                What::OutOfOrder { item, behind } => {
                    format!("{} belongs behind {}", id(*item), behind.map_or("none", &id))
                }
                What::Doubled { item, tag } => format!("{} twice, {}", id(*item), tag.as_str()),
                What::Unlisted { item } => format!("{item} unlisted"),
                What::Foreign { tag } => format!("{} foreign", tag.as_str()),
                What::Unreadable { tag } => format!("{} unreadable", tag.as_str()),
            };
            lines.push(format!("{mark}: {what}"));
        }
    }
    lines
}

fn standing(stocktake: &Stocktake, id: &str) -> Standing {
    let item = stocktake.plan().find_item(&ItemId::parse(id).unwrap()).unwrap();
    stocktake.report().standing(item).unwrap().0
}

fn item(id: &str, owner: Option<&str>) -> Content {
    let owner = owner.map(|owner| Isil::parse(owner).unwrap());
    Content::Item { item: ItemId::parse(id).unwrap(), owner, set: None, security: None }
}

fn read(at: Instant, tag: &str, content: Content, rssi: i8) -> Input {
    Input::Seen(Sighting { at, tag: TagKey::parse(tag).unwrap(), content, rssi: Some(rssi), antenna: 1 })
}

#[test]
fn a_tidy_room_has_no_findings() {
    let room = Room::tidy(4, 30);
    let mut stocktake = room.stocktake(0.01);
    let (_, out) = room.pass(&mut stocktake, room::start(), 1);
    assert_eq!(told(&stocktake), Vec::<String>::new());
    let report = stocktake.report();
    assert_eq!((report.total.expected, report.total.present), (120, 120));
    assert!(report.shelves.iter().all(|shelf| shelf.sweeps == 1));
    // Each shelf and each book is told once.
    assert_eq!(out.iter().filter(|told| matches!(told, Output::Shelf { .. })).count(), 4);
    assert_eq!(out.iter().filter(|told| matches!(told, Output::Heard { .. })).count(), 120);
}

#[test]
fn everything_odd_is_told_with_its_shelf() {
    let mut room = Room::tidy(4, 20);
    room.has_ghosts = true;
    room.books[5].on = None;
    (room.books[27].on, room.books[27].x) = (Some(3), 500);
    room.books[42].state = ItemState::OnLoan;
    room.books[43].security = Security::Unsecured;
    (room.books[61].state, room.books[61].on) = (ItemState::OnLoan, None);
    room.books[70].x = 70;
    let mut stocktake = room.stocktake(0.01);
    room.pass(&mut stocktake, room::start(), 7);
    assert_eq!(
        told(&stocktake),
        [
            "CJ-000: LW0000005 missing",
            "CJ-002: LW0020002 on loan",
            "CJ-002: LW0020003 unsecured",
            "CJ-003: LW0010007 of CJ-001",
            "CJ-003: LW0030010 belongs behind LW0030011",
        ]
    );
    assert_eq!(standing(&stocktake, "LW0010007"), Standing::Elsewhere(ShelfNo(3)));
    assert_eq!(standing(&stocktake, "LW0030001"), Standing::Away);
}

#[test]
fn tags_that_are_no_item_of_the_plan_are_told() {
    let room = Room::tidy(1, 5);
    let mut stocktake = room.stocktake(0.01);
    stocktake.settings.owners = vec![Isil::parse("CN-1").unwrap()];
    let start = room::start();
    let mut out = Vec::new();
    stocktake.handle(start, Input::Begin, &mut out);
    stocktake.handle(start, Input::AtShelf(ShelfNo(0)), &mut out);
    let at = start + Duration::from_secs(1);
    for input in [
        read(at, "T1", item("NEW1", None), -45),
        read(at, "T2", item("NEW2", Some("CN-1")), -45),
        read(at, "T3", item("NEW3", Some("CN-2")), -45),
        read(at, "T4", Content::Foreign, -45),
        read(at, "T5", Content::Unreadable, -45),
        // A tag that is read at last is what it says.
        read(at, "T6", Content::Unreadable, -45),
        read(at, "T6", item("LW0000000", None), -45),
        read(at, "T7", item("LW0000000", None), -50),
        // From afar: nobody knows on which shelf.
        read(at, "T8", Content::Foreign, -70),
    ] {
        stocktake.handle(at, input, &mut out);
    }
    assert_eq!(
        told(&stocktake),
        [
            "CJ-000: LW0000000 twice, T7",
            "CJ-000: NEW1 unlisted",
            "CJ-000: NEW2 unlisted",
            "CJ-000: T3 foreign",
            "CJ-000: T4 foreign",
            "CJ-000: T5 unreadable",
            "nowhere: T8 foreign",
        ]
    );
}

#[test]
fn parts_of_a_set_are_not_doubled() {
    let mut stocktake = Room::tidy(1, 2).stocktake(0.01);
    let (start, mut out) = (room::start(), Vec::new());
    stocktake.handle(start, Input::Begin, &mut out);
    for part in 1..=2 {
        let set = Some(SetPart { part, of: 2 });
        let item = ItemId::parse("LW0000000").unwrap();
        let content = Content::Item { item, owner: None, set, security: None };
        stocktake.handle(start, read(start, &format!("T{part}"), content, -45), &mut out);
    }
    assert_eq!(told(&stocktake), Vec::<String>::new());
}

#[test]
fn an_interrupted_shelf_finds_nothing_missing() {
    let mut room = Room::tidy(2, 10);
    room.books[19].on = None;
    let mut stocktake = room.stocktake(0.01);
    let start = room::start();
    let (heard, time) = room.walk(start, 3);
    let pause = start + Duration::from_millis(6_500);
    let mut out = Vec::new();
    stocktake.handle(start, Input::Begin, &mut out);
    for sighting in heard {
        stocktake.handle(sighting.at, Input::Seen(sighting), &mut out);
    }
    // All of it arrives before the pause does: what was heard after it does not count.
    stocktake.handle(pause, Input::Pause, &mut out);
    stocktake.handle(start + time, Input::Resume, &mut out);
    stocktake.handle(start + time, Input::End, &mut out);
    let report = stocktake.report();
    assert_eq!([report.shelves[0].sweeps, report.shelves[1].sweeps], [1, 0]);
    assert_eq!(standing(&stocktake, "LW0010009"), Standing::Unseen);

    // The second pass makes up for it.
    room.pass(&mut stocktake, start + time + Duration::from_secs(9), 4);
    assert_eq!(told(&stocktake), ["CJ-001: LW0010009 missing"]);
}

#[test]
fn a_later_pass_counts_more_if_it_hears_from_near() {
    let mut room = Room::tidy(4, 10);
    room.has_ghosts = true;
    (room.books[3].on, room.books[3].x) = (Some(1), 500);
    let mut stocktake = room.stocktake(0.01);
    let (next, _) = room.pass(&mut stocktake, room::start(), 1);
    assert_eq!(told(&stocktake), ["CJ-001: LW0000003 of CJ-000"]);
    // Staff puts it back.
    (room.books[3].on, room.books[3].x) = (Some(0), 330);
    let (next, _) = room.pass(&mut stocktake, next, 2);
    assert_eq!(told(&stocktake), Vec::<String>::new());
    // A pass along the other aisle hears it through the shelf only: that says nothing new.
    let mut out = Vec::new();
    stocktake.handle(next, Input::Begin, &mut out);
    stocktake.handle(next, Input::AtShelf(ShelfNo(2)), &mut out);
    stocktake.handle(next, read(next, "TLW0000003", item("LW0000003", None), -68), &mut out);
    stocktake.handle(next + Duration::from_secs(5), Input::End, &mut out);
    assert_eq!(standing(&stocktake, "LW0000003"), Standing::Present);
}

#[test]
fn what_is_heard_through_the_shelf_is_not_misplaced() {
    // Only the first aisle is walked; the books of the second are heard through the back.
    let mut room = Room::tidy(4, 10);
    room.has_ghosts = true;
    let mut stocktake = room.stocktake(0.01);
    let start = room::start();
    let (heard, _) = room.walk(start, 5);
    let until = start + Duration::from_secs(8);
    let mut out = Vec::new();
    stocktake.handle(start, Input::Begin, &mut out);
    for sighting in heard.into_iter().filter(|sighting| sighting.at < until) {
        stocktake.handle(sighting.at, Input::Seen(sighting), &mut out);
    }
    stocktake.handle(until, Input::End, &mut out);
    assert_eq!(told(&stocktake), Vec::<String>::new());
    let report = stocktake.report();
    assert_eq!([report.shelves[2].counts.present, report.shelves[3].counts.present], [0, 0]);
    assert!(report.shelves[3].counts.glimpsed > 5, "{:?}", report.shelves[3].counts);
}

#[test]
fn one_pass_of_a_bad_ear_calls_nothing_missing() {
    let mut room = Room::tidy(3, 10);
    room.books[4].on = None;
    let mut stocktake = room.stocktake(0.3);
    let mut next = room::start();
    for pass in 1..=4 {
        (next, _) = room.pass(&mut stocktake, next, pass);
        let expected = if pass < 4 { Standing::Unseen } else { Standing::Missing };
        assert_eq!(standing(&stocktake, "LW0000004"), expected, "after {pass}");
    }
}

#[test]
fn shelves_that_nobody_marked_do_not_move_their_books() {
    let mut stocktake = Room::tidy(2, 3).stocktake(0.01);
    let (start, mut out) = (room::start(), Vec::new());
    stocktake.handle(start, Input::Begin, &mut out);
    stocktake.handle(start, read(start, "T1", item("LW0000000", None), -45), &mut out);
    stocktake.handle(start + Duration::from_secs(60), Input::End, &mut out);
    assert_eq!(standing(&stocktake, "LW0000000"), Standing::Present);
    assert_eq!(standing(&stocktake, "LW0000001"), Standing::Unseen, "no shelf was gone over");
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let mut stocktake = Room::tidy(1, 3).stocktake(0.01);
    let (start, mut out) = (room::start(), Vec::new());
    for input in [Input::Pause, Input::Resume, Input::End, Input::AtShelf(ShelfNo(0))] {
        stocktake.handle(start, input, &mut out);
    }
    stocktake.handle(start, read(start, "T1", item("LW0000000", None), -45), &mut out);
    assert!(out.is_empty());
    stocktake.handle(start, Input::Begin, &mut out);
    stocktake.handle(start, Input::Begin, &mut out);
    stocktake.handle(start, Input::AtShelf(ShelfNo(9)), &mut out);
    assert_eq!((stocktake.n_passes(), stocktake.n_tags(), out.len()), (1, 0, 0));
}

#[test]
fn a_shelf_mark_is_told_from_an_item() {
    let by_prefix = Marks { prefix: Some("CJ-".into()), ..Marks::default() };
    let by_usage = Marks { usage: Some(0x31), ..Marks::default() };
    assert_eq!(by_prefix.read(None, "CJ-001"), ShelfMark::parse("CJ-001").ok());
    assert_eq!(by_prefix.read(Some(0x10), "LW1"), None);
    assert_eq!(by_usage.read(Some(0x31), "3F-12"), ShelfMark::parse("3F-12").ok());
    assert_eq!(by_usage.read(None, "3F-12"), None);
    assert_eq!(Marks::default().read(None, "3F-12"), None);
}
