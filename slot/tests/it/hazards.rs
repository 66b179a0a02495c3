//! Every hazard that a slot meets, by name: what happens, where the thing ends, what is said, what the journal has.

use std::time::Duration;

use slot::io::{Alarm, Outage, Power, Refusal, Sign};
use slot::journal::{Piece, Step};
use slot::slot::Rest;

use crate::rig::Rig;
use crate::street::{Sort, bring, grasp, put_in};
use slot::mechanics::Place;

pub(crate) const SOON: Duration = Duration::from_secs(60);

pub(crate) fn ready() -> Rig {
    let mut rig = Rig::new(7);
    rig.read_rate = 1.0;
    assert!(rig.until(SOON, |rig| rig.rest() == Rest::Idle), "{:#?}", rig.story);
    rig
}

pub(crate) fn steps(rig: &Rig) -> Vec<Vec<Step>> {
    rig.journal.values().map(|(_, steps)| steps.clone()).collect()
}

pub(crate) fn pieces(rig: &Rig) -> Vec<Piece> {
    rig.journal.values().map(|(piece, _)| piece.clone()).collect()
}

/// Wholly on the belt, with the shutter still open.
pub(crate) fn is_held(rig: &Rig) -> bool {
    matches!(rig.state(), "hold" | "commit") && rig.iron.shutter > 0.8
}

/// Puts one thing in and waits until the slot rests.
pub(crate) fn visit(rig: &mut Rig, sort: Sort) -> usize {
    let thing = bring(rig, sort);
    assert!(put_in(rig, thing), "{:#?}", rig.story);
    rest(rig);
    thing
}

pub(crate) fn rest(rig: &mut Rig) {
    let is_at_rest = rig.until(Duration::from_secs(300), |rig| rig.rest() != Rest::Busy);
    assert!(is_at_rest && rig.faults.is_empty(), "{:#?}", rig.story);
}

pub(crate) fn returned(bin: usize) -> Vec<Step> {
    vec![Step::Seen, Step::Taken, Step::CheckedIn, Step::Sorted { bin }, Step::Dropped { bin }]
}

#[test]
fn a_book_is_returned_into_its_bin() {
    let mut rig = ready();
    let book = visit(&mut rig, Sort::Book);
    assert_eq!(rig.iron.things[book].place, Place::Bin(0));
    assert_eq!(steps(&rig), [returned(0)]);
    assert!(rig.signs.contains(&Sign::Returned));
}

#[test]
fn a_held_item_goes_to_the_hold_bin() {
    let mut rig = ready();
    let book = visit(&mut rig, Sort::Held);
    assert_eq!(rig.iron.things[book].place, Place::Bin(1));
}

#[test]
fn an_item_of_ours_that_is_not_on_loan_is_taken_without_a_word_and_staff_see_it() {
    let mut rig = ready();
    let book = visit(&mut rig, Sort::NotOnLoan);
    assert_eq!(rig.iron.things[book].place, Place::Bin(2));
    assert!(!rig.signs.iter().any(|sign| matches!(sign, Sign::Refused(_))));
}

#[test]
fn a_hand_in_the_shutter_stops_it_and_three_times_put_it_out_of_service_where_it_stands() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, |rig| rig.state() == "commit" && rig.iron.shutter < 0.9));
    rig.iron.has_hand = true;
    rig.step();
    rig.step();
    let stands_at = rig.iron.shutter;
    assert!(rig.until(SOON, |rig| rig.signs.contains(&Sign::MindYourHand)));
    assert!(rig.iron.shutter >= stands_at, "it moved on towards the hand");
    // The hand goes: it closes after a while, and the return is made.
    rig.iron.has_hand = false;
    rest(&mut rig);
    assert_eq!(rig.iron.things[book].place, Place::Bin(0));

    let next = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, next));
    assert!(rig.until(SOON, |rig| rig.state() == "commit"));
    rig.iron.has_hand = true;
    rest(&mut rig);
    assert_eq!(rig.rest(), Rest::OutOfService(Outage::Shutter));
    assert!(rig.iron.shutter > 0.3, "open far enough for a hand");
}

#[test]
fn a_book_pulled_back_after_it_was_read_is_not_checked_in() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, is_held));
    rig.iron.things[book].place = Place::Street;
    rest(&mut rig);
    assert_eq!(steps(&rig), [vec![Step::Seen, Step::Withdrawn]]);
}

#[test]
fn two_books_at_once_come_back_and_neither_is_checked_in() {
    let mut rig = ready();
    let (first, second) = (bring(&mut rig, Sort::Book), bring(&mut rig, Sort::Book));
    let tags = rig.iron.things[second].tags.clone();
    rig.iron.things[first].tags.extend(tags);
    assert!(put_in(&mut rig, first));
    assert!(rig.until(SOON, |rig| rig.signs.contains(&Sign::Refused(Refusal::TooMany))));
    assert!(rig.until(SOON, |rig| rig.iron.things[first].tail().is_some_and(|tail| tail < 0.0)));
    assert!(grasp(&mut rig, first));
    rest(&mut rig);
    assert!(
        steps(&rig)
            .iter()
            .all(|steps| !steps.contains(&Step::CheckedIn) && steps.last() == Some(&Step::Withdrawn))
    );
}

#[test]
fn what_nobody_takes_back_is_kept_as_found_and_staff_are_told() {
    for sort in [Sort::Foreign, Sort::Tagless, Sort::BusCard, Sort::Damaged] {
        let mut rig = ready();
        let thing = visit(&mut rig, sort);
        assert_eq!(rig.iron.things[thing].place, Place::Bin(2), "{sort:?}");
        let all = steps(&rig);
        assert!(all.iter().any(|steps| steps.contains(&Step::Found)), "{sort:?} {all:?}");
        assert!(!all.iter().any(|steps| steps.contains(&Step::CheckedIn)), "{sort:?} {all:?}");
    }
}

#[test]
fn each_refusal_says_why() {
    let rows = [
        (Sort::Foreign, Refusal::NotOurs),
        (Sort::Tagless, Refusal::NoTag),
        (Sort::Damaged, Refusal::NoTag),
        (Sort::BusCard, Refusal::NotOurs),
    ];
    for (sort, why) in rows {
        let mut rig = ready();
        visit(&mut rig, sort);
        assert!(rig.signs.contains(&Sign::Refused(why)), "{sort:?} {:?}", rig.signs);
    }
}

#[test]
fn a_full_bin_flows_over_and_no_room_at_all_closes_the_slot() {
    let mut rig = ready();
    rig.iron.bins[0] = (true, true);
    let book = visit(&mut rig, Sort::Book);
    assert_eq!(rig.iron.things[book].place, Place::Bin(2));
    rig.iron.bins = vec![(true, true), (false, false), (true, true)];
    assert!(rig.until(SOON, |rig| rig.rest() == Rest::OutOfService(Outage::Full)), "{:#?}", rig.story);
    rig.iron.bins[1] = (true, false);
    assert!(rig.until(SOON, |rig| rig.rest() == Rest::Idle), "{:#?}", rig.story);
}

#[test]
fn a_jam_is_tried_twice_and_then_the_piece_is_in_transit() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, |rig| rig.state() == "commit" && rig.iron.shutter <= 0.0));
    rig.iron.things[book].is_stuck = true;
    rest(&mut rig);
    assert_eq!(rig.rest(), Rest::OutOfService(Outage::Jam));
    assert!(rig.until(SOON, |rig| pieces(rig)[0].step == Step::InTransit));
    rig.mend();
    assert!(rig.until(SOON, |rig| rig.rest() == Rest::Idle), "{:#?}", rig.story);
}

#[test]
fn a_jam_that_gives_way_goes_on() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, |rig| rig.state() == "commit" && rig.iron.shutter <= 0.0));
    rig.iron.things[book].is_stuck = true;
    let end = rig.now + Duration::from_secs(10);
    rig.until(SOON, |rig| rig.now >= end);
    rig.iron.things[book].is_stuck = false;
    rest(&mut rig);
    assert_eq!(rig.iron.things[book].place, Place::Bin(0), "{:#?}", rig.story);
}

#[test]
fn a_diverter_that_misses_is_told_as_it_was() {
    let mut rig = ready();
    rig.iron.misses = true;
    let book = visit(&mut rig, Sort::Book);
    assert_eq!(rig.iron.things[book].place, Place::Bin(2));
    assert_eq!(steps(&rig)[0].last(), Some(&Step::Dropped { bin: 2 }));
}

#[test]
fn the_plug_is_pulled_in_each_state_and_every_book_ends_in_one_place() {
    for state in ["wait-item", "intake", "hold", "commit", "checkin", "sort"] {
        let mut rig = ready();
        let book = bring(&mut rig, Sort::Book);
        rig.give(slot::io::Input::Approach);
        let mut is_in = false;
        let end = rig.now + SOON;
        while rig.state() != state && rig.now < end {
            is_in = is_in || crate::street::push(&mut rig, book);
            rig.step();
        }
        rig.pull_plug();
        rig.plug_in();
        while !is_in && rig.rest() == Rest::Busy {
            grasp(&mut rig, book);
            rig.step();
        }
        rest(&mut rig);
        let last = pieces(&rig).last().map(|piece| piece.step);
        match rig.iron.things[book].place {
            Place::Bin(bin) => assert_eq!(last, Some(Step::Dropped { bin }), "{state} {:#?}", rig.story),
            Place::Street => {
                assert!(last.is_none_or(|step| step == Step::Withdrawn), "{state} {:#?}", rig.story)
            }
            place @ (Place::Held(_) | Place::Lying(_) | Place::Staff) => {
                panic!("{state}: {place:?} {:#?}", rig.story)
            }
        }
    }
}

#[test]
fn what_is_pushed_in_while_the_slot_puts_things_in_order_is_taken() {
    for n_before in 0..40 {
        let mut rig = ready();
        let book = bring(&mut rig, Sort::Book);
        rig.give(slot::io::Input::Approach);
        assert!(rig.until(SOON, |rig| rig.iron.shutter >= 1.0));
        let push = |rig: &mut Rig, n: usize| {
            let is_in = (0..n).any(|_| {
                rig.step();
                crate::street::push(rig, book)
            });
            is_in || !matches!(rig.iron.things[book].place, Place::Held(_))
        };
        rig.pull_plug();
        push(&mut rig, n_before);
        rig.plug_in();
        if !push(&mut rig, 1_000) {
            // It was closed before.
            rig.give(slot::io::Input::Approach);
            assert!(push(&mut rig, 1_000), "{n_before} {:#?}", rig.story);
        }
        rest(&mut rig);
        let place = rig.iron.things[book].place;
        assert!(matches!(place, Place::Bin(_)), "{n_before}: {place:?} {:#?}", rig.story);
        assert!(rig.faults.is_empty(), "{:?}", rig.faults);
    }
}

#[test]
fn without_central_ours_are_taken_and_others_come_back() {
    let mut rig = ready();
    rig.is_online = false;
    let book = visit(&mut rig, Sort::Book);
    assert_eq!(rig.iron.things[book].place, Place::Bin(2), "no facts to sort by");
    assert!(rig.signs.contains(&Sign::Received));
    visit(&mut rig, Sort::Foreign);
    assert!(rig.signs.contains(&Sign::Refused(Refusal::NotOurs)));
}

#[test]
fn a_tag_that_stays_open_goes_to_staff() {
    let mut rig = ready();
    rig.fails_to_secure = true;
    let book = visit(&mut rig, Sort::Book);
    assert_eq!(rig.iron.things[book].place, Place::Bin(2));
    assert!(rig.story.iter().any(|line| line.contains("alarm Unsecured")));
}

#[test]
fn a_return_that_central_refuses_is_kept_for_staff() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    let item = circulation::id::ItemId::parse("LW00000").unwrap();
    rig.refuses.insert(item);
    assert!(put_in(&mut rig, book));
    rest(&mut rig);
    assert_eq!(rig.iron.things[book].place, Place::Bin(2));
    assert!(rig.story.iter().any(|line| line.contains("alarm NotCheckedIn")));
}

#[test]
fn a_disk_that_does_not_write_hands_the_book_back() {
    let mut rig = ready();
    rig.has_disk = false;
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, |rig| rig.signs.contains(&Sign::Refused(Refusal::Closing))), "{:#?}", rig.story);
    assert!(rig.until(SOON, |rig| rig.iron.things[book].tail().is_some_and(|tail| tail < 0.0)));
    grasp(&mut rig, book);
    rest(&mut rig);
    assert_eq!(rig.rest(), Rest::OutOfService(Outage::Disk));
    assert!(rig.journal.is_empty());
}

#[test]
fn mains_lost_the_book_in_hand_is_finished_and_nothing_new_is_taken() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, is_held));
    rig.power = Power::Battery;
    rig.give(slot::io::Input::Power(Power::Battery));
    rest(&mut rig);
    assert_eq!((rig.iron.things[book].place, rig.rest()), (Place::Bin(0), Rest::OutOfService(Outage::Power)));
    rig.give(slot::io::Input::Power(Power::Low));
    assert!(rig.until(SOON, |rig| rig.story.iter().any(|line| line.ends_with("may power off"))));
    rig.give(slot::io::Input::Power(Power::Mains));
    let back = rig.now + Duration::from_secs(59);
    assert!(rig.until(Duration::from_secs(120), |rig| rig.rest() == Rest::Idle));
    assert!(rig.now >= back, "mains have to stay");
}

#[test]
fn contacts_that_are_not_known_stop_everything() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, |rig| rig.state() == "intake" || rig.state() == "hold"));
    rig.is_blind = true;
    rig.step();
    assert_eq!(rig.rest(), Rest::OutOfService(Outage::Blind));
    assert!(!rig.iron.is_moving());
    rig.is_blind = false;
    assert!(rig.until(SOON, |rig| rig.rest() == Rest::Idle), "{:#?}", rig.story);
    assert_eq!(rig.iron.things[book].place, Place::Bin(0), "{:#?}", rig.story);
}

#[test]
fn the_service_door_stops_everything_and_its_closing_begins_anew() {
    let mut rig = ready();
    rig.iron.is_door_open = true;
    rig.step();
    assert_eq!(rig.rest(), Rest::OutOfService(Outage::Service));
    assert!(!rig.iron.is_moving());
    rig.iron.is_door_open = false;
    assert!(rig.until(SOON, |rig| rig.rest() == Rest::Idle), "{:#?}", rig.story);
}

#[test]
fn a_shutter_that_does_not_close_is_an_alarm() {
    let mut rig = ready();
    rig.give(slot::io::Input::Approach);
    assert!(rig.until(SOON, |rig| rig.iron.shutter >= 1.0));
    rig.iron.is_shutter_dead = true;
    rest(&mut rig);
    assert_eq!(rig.rest(), Rest::OutOfService(Outage::Shutter));
    let alarm = format!("alarm {:?}", Alarm::Out(Outage::Shutter));
    assert!(rig.story.iter().any(|line| line.ends_with(&alarm)));
}

#[test]
fn a_ghost_from_a_bin_is_not_a_second_book() {
    let mut rig = ready();
    let first = visit(&mut rig, Sort::Book);
    let (key, content) = rig.iron.things[first].tags[0].clone();
    let second = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, second));
    for _ in 0..20 {
        rig.hear_once(key.clone(), content.clone());
        rig.step();
    }
    rest(&mut rig);
    assert_eq!(rig.iron.things[second].place, Place::Bin(0), "{:#?}", rig.story);
}

#[test]
fn a_second_thing_pushed_in_behind_is_found_and_not_lost() {
    let mut rig = ready();
    let (book, other) = (bring(&mut rig, Sort::Book), bring(&mut rig, Sort::Tagless));
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, is_held));
    // Between the eyes, where neither sees it, while the belt stands.
    rig.iron.things[other].len = 100.0;
    rig.iron.things[other].place = Place::Lying(165.0);
    rest(&mut rig);
    assert!(matches!(rig.iron.things[other].place, Place::Bin(_) | Place::Street), "{:#?}", rig.story);
    assert!(matches!(rig.iron.things[book].place, Place::Bin(_) | Place::Street), "{:#?}", rig.story);
}
