//! Which visit a read belongs to, told as scripts: time, what, how strong.

use std::time::Duration;

use super::room::{Room, start};
use super::*;

/// Three shelves of two books; a line is `ms what dBm`, where `A` .. `C` are marks and `a0` .. `c1` their books; a strength of
/// `-` is a reader's that does not say.
fn stocktake(script: &str, end_ms: u64) -> Stocktake {
    let (mut stocktake, mut out) = (Room::tidy(3, 2).stocktake(0.01), Vec::new());
    let zero = start();
    stocktake.handle(zero, Input::Begin, &mut out);
    for line in script.split(';') {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = zero + Duration::from_millis(words[0].parse().unwrap());
        let shelf = u32::from(words[1].to_ascii_uppercase().as_bytes()[0] - b'A');
        let content = match words[1].get(1..) {
            Some(slot) if !slot.is_empty() => item(&format!("LW{shelf:03}000{slot}"), None),
            _ => Content::Shelf(Room::mark(shelf)),
        };
        let (tag, rssi) = (TagKey::parse(words[1]).unwrap(), words[2].parse().ok());
        stocktake.handle(at, Input::Seen(Sighting { at, tag, content, rssi, antenna: 1 }), &mut out);
    }
    stocktake.handle(zero + Duration::from_millis(end_ms), Input::End, &mut out);
    stocktake
}

fn sweeps(stocktake: &Stocktake) -> Vec<u8> {
    stocktake.report().shelves.iter().map(|shelf| shelf.sweeps).collect()
}

#[test]
fn a_mark_that_is_heard_ahead_opens_nothing() {
    let stocktake = stocktake("0 A -40; 1000 B -57; 1500 a0 -45; 2000 a0 -45; 15000 B -40", 20_000);
    assert_eq!(standing(&stocktake, "LW0000000"), Standing::Present);
    assert_eq!(sweeps(&stocktake), [1, 1, 0]);
}

#[test]
fn a_shelf_in_passing_is_not_gone_over() {
    assert_eq!(sweeps(&stocktake("0 A -40; 1000 B -40; 4000 C -40", 5_000)), [0, 1, 0]);
}

#[test]
fn a_shelf_can_be_visited_again() {
    let stocktake =
        stocktake("0 A -40; 5000 B -40; 7000 b0 -45; 20000 A -40; 25000 a0 -45; 25500 a0 -45", 30_000);
    assert_eq!(standing(&stocktake, "LW0000000"), Standing::Present);
    assert_eq!(standing(&stocktake, "LW0010000"), Standing::Present);
    assert_eq!(sweeps(&stocktake), [1, 1, 0], "once in a pass, however often");
}

/// A tablet that is started again where it stood hears the same mark within seconds: it is before that shelf, not nowhere.
#[test]
fn after_a_pause_the_same_mark_opens_the_shelf_anew() {
    let (mut stocktake, mut out) = (Room::tidy(2, 2).stocktake(0.01), Vec::new());
    let zero = start();
    let at = |ms| zero + Duration::from_millis(ms);
    stocktake.handle(zero, Input::Begin, &mut out);
    stocktake.handle(at(0), read(at(0), "M1", Content::Shelf(Room::mark(1)), -40), &mut out);
    stocktake.handle(at(1_000), Input::Pause, &mut out);
    stocktake.handle(at(2_000), Input::Resume, &mut out);
    stocktake.handle(at(2_100), read(at(2_100), "M1", Content::Shelf(Room::mark(1)), -41), &mut out);
    for ms in [5_000, 5_500] {
        stocktake.handle(at(ms), read(at(ms), "T", item("LW0000000", None), -45), &mut out);
    }
    stocktake.handle(at(9_000), Input::End, &mut out);
    assert_eq!(standing(&stocktake, "LW0000000"), Standing::Elsewhere(ShelfNo(1)));
    assert_eq!(sweeps(&stocktake), [0, 1]);
}

#[test]
fn what_is_heard_alike_on_two_strange_shelves_is_on_neither() {
    let on_both = "0 A -40; 2000 c0 -45; 2500 c0 -45; 5000 B -40; 7000 c0 -45; 7500 c0 -45";
    assert_eq!(standing(&stocktake(on_both, 9_000), "LW0020000"), Standing::Glimpsed);
    let on_one = "0 A -40; 2000 c0 -45; 2500 c0 -45; 5000 B -40; 7000 c0 -75";
    assert_eq!(standing(&stocktake(on_one, 9_000), "LW0020000"), Standing::Elsewhere(ShelfNo(0)));
}

#[test]
fn one_read_from_a_distance_moves_no_book() {
    let once = stocktake("0 A -40; 2000 c0 -45", 5_000);
    assert_eq!(standing(&once, "LW0020000"), Standing::Glimpsed);
    let by_wand = stocktake("0 A -; 2000 c0 -", 5_000);
    assert_eq!(standing(&by_wand, "LW0020000"), Standing::Elsewhere(ShelfNo(0)));
}

#[test]
fn a_shelf_of_no_plan_closes_the_one_before() {
    let (mut stocktake, mut out) = (Room::tidy(1, 2).stocktake(0.01), Vec::new());
    let zero = start();
    stocktake.handle(zero, Input::Begin, &mut out);
    for (ms, tag, content) in [
        (0, "M0", Content::Shelf(Room::mark(0))),
        (5_000, "M9", Content::Shelf(Room::mark(9))),
        (8_000, "X", Content::Foreign),
    ] {
        let at = zero + Duration::from_millis(ms);
        stocktake.handle(at, read(at, tag, content, -45), &mut out);
    }
    stocktake.handle(zero + Duration::from_secs(60), Input::End, &mut out);
    assert_eq!(
        told(&stocktake),
        ["CJ-000: LW0000000 missing", "CJ-000: LW0000001 missing", "nowhere: X foreign"]
    );
}

#[test]
fn each_antenna_stands_before_a_shelf_of_its_own() {
    let (mut stocktake, mut out) = (Room::tidy(2, 2).stocktake(0.01), Vec::new());
    let zero = start();
    stocktake.handle(zero, Input::Begin, &mut out);
    for (ms, tag, content, antenna) in [
        (0, "M0", Content::Shelf(Room::mark(0)), 1),
        (100, "M1", Content::Shelf(Room::mark(1)), 2),
        (5_000, "T0", item("LW0000000", None), 1),
        (5_000, "T1", item("LW0010000", None), 2),
        // The lower board hears the book of the upper one, and worse.
        (5_000, "T2", item("LW0000001", None), 1),
        (5_000, "T2", item("LW0000001", None), 2),
    ] {
        let at = zero + Duration::from_millis(ms);
        let rssi = Some(if (tag, antenna) == ("T2", 2) { -58 } else { -45 });
        let sighting = Sighting { at, tag: TagKey::parse(tag).unwrap(), content, rssi, antenna };
        stocktake.handle(at, Input::Seen(sighting), &mut out);
    }
    stocktake.handle(zero + Duration::from_secs(60), Input::End, &mut out);
    let report = stocktake.report();
    assert_eq!([report.shelves[0].counts.present, report.shelves[1].counts.present], [2, 1]);
    assert_eq!(sweeps(&stocktake), [1, 1]);
}

#[test]
fn what_a_pass_missed_is_told_by_what_another_one_heard() {
    let (mut stocktake, mut out) = (Room::tidy(1, 2).stocktake(0.01), Vec::new());
    let mut at = start();
    // The first book is heard twice, the second once.
    for books in [&["LW0000000", "LW0000001"][..], &["LW0000000"]] {
        stocktake.handle(at, Input::Begin, &mut out);
        stocktake.handle(at, Input::AtShelf(ShelfNo(0)), &mut out);
        for book in books {
            stocktake.handle(at, read(at, &format!("T{book}"), item(book, None), -45), &mut out);
        }
        stocktake.handle(at + Duration::from_secs(5), Input::End, &mut out);
        at += Duration::from_secs(60);
    }
    // Of the second book only the second pass can be judged: the first is what tells that it is there.
    assert_eq!(stocktake.report().shown, Shown { known: 3, missed: 1 });
}
