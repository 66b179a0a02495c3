//! More hazards: what is put in while the last is sorted, staff, smoke, the clock, the diverter, sets.

use std::time::Duration;

use circulation::id::TagKey;
use circulation::item::SetPart;
use slot::io::{Alarm, Content, Outage, Refusal, Sign};
use slot::journal::Step;
use slot::mechanics::Place;
use slot::slot::Rest;

use crate::hazards::{SOON, is_held, pieces, ready, rest, returned, steps, visit};
use crate::rig::Rig;
use crate::street::{Sort, bring, grasp, put_in};

#[test]
fn the_next_one_waits_in_the_mouth_while_the_last_is_sorted() {
    let mut rig = ready();
    let (first, second) = (bring(&mut rig, Sort::Held), bring(&mut rig, Sort::Book));
    assert!(put_in(&mut rig, first));
    assert!(rig.until(SOON, |rig| rig.state() == "checkin"));
    assert!(rig.iron.things[first].is_inside() && rig.iron.shutter <= 0.0, "it opens only now");
    let end = rig.now + SOON;
    while !crate::street::push(&mut rig, second) && rig.now < end {
        rig.step();
    }
    assert_eq!(rig.state(), "sort", "{:#?}", rig.story);
    let lies = rig.iron.things[second].place;
    assert!(rig.until(SOON, |rig| rig.state() != "sort"));
    assert_eq!(rig.iron.things[second].place, lies, "the belt stands until the last one has fallen");
    assert_eq!(rig.iron.things[first].place, Place::Bin(1));
    rest(&mut rig);
    assert_eq!(rig.iron.things[second].place, Place::Bin(0), "{:#?}", rig.story);
    assert_eq!(steps(&rig), [returned(1), returned(0)]);
}

#[test]
fn a_second_thing_that_comes_to_light_while_the_last_is_sorted_closes_the_shutter_first() {
    let mut rig = ready();
    let (book, other) = (bring(&mut rig, Sort::Book), bring(&mut rig, Sort::Tagless));
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, |rig| rig.state() == "sort" && rig.iron.shutter > 0.3));
    // It had stuck in the flap, where no eye sees it.
    rig.iron.things[other].len = 100.0;
    rig.iron.things[other].place = Place::Lying(490.0);
    assert!(rig.until(SOON, |rig| rig.state() == "keep"), "{:#?}", rig.story);
    while rig.state() == "keep" {
        assert!(
            !rig.iron.is_moving() || rig.iron.shutter <= 0.0 || rig.iron.inlet_stands(),
            "{:#?}",
            rig.story
        );
        rig.step();
    }
    rest(&mut rig);
    assert_eq!(rig.iron.things[other].place, Place::Bin(2), "{:#?}", rig.story);
    assert_eq!(steps(&rig)[0], returned(0));
}

#[test]
fn staff_take_it_out_of_service_and_the_book_in_hand_is_finished() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, is_held));
    rig.give(slot::io::Input::Service { is_out: true });
    rest(&mut rig);
    assert_eq!((rig.iron.things[book].place, rig.rest()), (Place::Bin(0), Rest::OutOfService(Outage::Staff)));
    assert!(rig.iron.shutter <= 0.0);
    // Nobody opens it, and it does not try again by itself.
    rig.give(slot::io::Input::Approach);
    assert!(!rig.until(Duration::from_secs(1200), |rig| rig.rest() != Rest::OutOfService(Outage::Staff)));
    rig.give(slot::io::Input::Service { is_out: false });
    assert!(rig.until(SOON, |rig| rig.rest() == Rest::Idle), "{:#?}", rig.story);
}

#[test]
fn heat_or_smoke_closes_it_until_staff_have_looked() {
    let mut rig = ready();
    rig.give(slot::io::Input::Approach);
    assert!(rig.until(SOON, |rig| rig.iron.shutter >= 1.0));
    rig.iron.has_smoke = true;
    assert!(rig.until(SOON, |rig| rig.iron.shutter <= 0.0), "{:#?}", rig.story);
    assert_eq!(rig.rest(), Rest::OutOfService(Outage::Smoke));
    let alarm = format!("alarm {:?}", Alarm::Out(Outage::Smoke));
    assert!(rig.story.iter().any(|line| line.ends_with(&alarm)));
    rig.give(slot::io::Input::Mended);
    rig.step();
    assert_eq!(rig.rest(), Rest::OutOfService(Outage::Smoke), "it still burns");
    rig.iron.has_smoke = false;
    assert!(!rig.until(Duration::from_secs(1200), |rig| rig.rest() == Rest::Idle), "not by itself");
    rig.give(slot::io::Input::Mended);
    assert!(rig.until(SOON, |rig| rig.rest() == Rest::Idle), "{:#?}", rig.story);
}

#[test]
fn without_central_and_with_a_wrong_clock_nothing_is_taken() {
    let mut rig = ready();
    (rig.is_online, rig.is_clock_wrong) = (false, true);
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, |rig| rig.signs.contains(&Sign::Refused(Refusal::NoClock))), "{:#?}", rig.story);
    assert!(rig.until(SOON, |rig| rig.iron.things[book].tail().is_some_and(|tail| tail < 0.0)));
    assert!(grasp(&mut rig, book));
    rest(&mut rig);
    assert_eq!(steps(&rig), [vec![Step::Seen, Step::Withdrawn]]);
    // Central has a clock of its own.
    rig.is_online = true;
    let book = visit(&mut rig, Sort::Book);
    assert_eq!(rig.iron.things[book].place, Place::Bin(0));
}

#[test]
fn a_diverter_that_misses_often_is_an_alarm() {
    let mut rig = ready();
    let alarm = format!("alarm {:?}", Alarm::Misses);
    let is_told = |rig: &Rig| rig.story.iter().any(|line| line.ends_with(&alarm));
    for n in 1..=4 {
        rig.iron.misses = true;
        visit(&mut rig, Sort::Book);
        assert_eq!(is_told(&rig), n > 3, "after {n}");
    }
    rig.give(slot::io::Input::Mended);
    let calm = format!("calm {:?}", Alarm::Misses);
    assert!(rig.story.iter().any(|line| line.ends_with(&calm)));
}

#[test]
fn the_parts_of_a_set_are_one_return_and_one_that_lacks_a_part_goes_to_staff() {
    for (n_parts, bin) in [(2, 0), (1, 2)] {
        let mut rig = ready();
        let book = bring(&mut rig, Sort::Book);
        let (key, content) = rig.iron.things[book].tags.pop().unwrap();
        let Content::Item(tag) = content else { panic!("{content:?}") };
        let part = |part| {
            Content::Item(circulation::item::ItemTag { set: Some(SetPart { part, of: 2 }), ..tag.clone() })
        };
        let other = TagKey::parse("E0040199000000AA").unwrap();
        rig.iron.things[book].tags = vec![(key, part(1)), (other, part(2))];
        rig.iron.things[book].tags.truncate(n_parts);
        assert!(put_in(&mut rig, book));
        rest(&mut rig);
        assert_eq!(rig.iron.things[book].place, Place::Bin(bin), "{:#?}", rig.story);
        assert_eq!(steps(&rig), [returned(bin)], "one return");
        assert_eq!(pieces(&rig)[0].tags.len(), n_parts);
        assert_eq!(rig.story.iter().any(|line| line.contains("alarm Incomplete")), n_parts == 1);
    }
}

/// Neither the antenna nor an eye before the flap tells of it there: only the eye behind.
#[test]
fn a_taken_book_that_lies_in_the_flap_after_a_cut_is_carried_on_before_it_is_checked_in() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    rig.iron.things[book].len = 220.0;
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, |rig| pieces(rig).first().is_some_and(|piece| piece.step == Step::Taken)));
    rig.pull_plug();
    rig.iron.things[book].place = Place::Lying(646.0);
    assert!(!rig.iron.things[book].is_inside());
    rig.iron.things[book].is_stuck = true;
    rig.plug_in();
    assert!(rig.until(SOON, |rig| matches!(rig.state(), "commit" | "checkin")), "{:#?}", rig.story);
    rig.iron.things[book].is_stuck = false;
    rest(&mut rig);
    assert!(matches!(rig.iron.things[book].place, Place::Bin(_)), "{:#?}", rig.story);
    assert_eq!(steps(&rig)[0].iter().filter(|step| **step == Step::CheckedIn).count(), 1);
}

/// The shutter stood open, and one thing was pushed in upon another: they go through the flap together, and the eye of a
/// bin sees one fall. The row has the tags of both.
#[test]
fn things_that_piled_up_in_the_mouth_and_fall_together_are_told_by_their_tags() {
    let mut rig = ready();
    rig.pull_plug();
    let books = [bring(&mut rig, Sort::Book), bring(&mut rig, Sort::Book)];
    for book in books {
        rig.iron.things[book].len = 200.0;
        rig.iron.things[book].place = Place::Lying(110.0);
    }
    rig.plug_in();
    // The belt pulls in until the mouth is free, and a hand is there.
    rig.iron.has_hand = true;
    rig.until(Duration::from_secs(3), |_| false);
    rig.iron.has_hand = false;
    rest(&mut rig);
    let tags: Vec<TagKey> =
        books.iter().flat_map(|book| rig.iron.things[*book].tags.clone()).map(|(key, _)| key).collect();
    for book in books {
        assert_eq!(rig.iron.things[book].place, Place::Bin(2), "{:#?}", rig.story);
    }
    let told: Vec<TagKey> = pieces(&rig).into_iter().flat_map(|piece| piece.tags).collect();
    assert_eq!(told, tags, "{:#?}", rig.story);
    assert_eq!(steps(&rig), [vec![Step::Found, Step::Dropped { bin: 2 }]]);
}

/// It begins anew with something in the mouth just as the shutter is driven: nothing would watch that motion.
#[test]
fn a_shutter_that_is_driven_when_the_slot_begins_anew_stops_for_a_hand() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    assert!(rig.until(SOON, |rig| rig.state() == "commit" && rig.iron.shutter < 0.8));
    rig.iron.is_door_open = true;
    rig.until(Duration::from_secs(1), |_| false);
    // Just under the outer eye: the curtain is clear, and it is pulled in first.
    rig.iron.things[book].place = Place::Lying(45.0 + rig.iron.things[book].len);
    rig.iron.is_door_open = false;
    assert!(rig.until(SOON, |rig| rig.state() == "recover"), "{:#?}", rig.story);
    rig.iron.has_hand = true;
    rig.until(Duration::from_secs(2), |_| false);
    rig.iron.has_hand = false;
    rest(&mut rig);
    assert!(rig.faults.is_empty(), "{:#?}", rig.story);
}

/// It has no eye over it, and its tag answers: the slot cannot know more than that it is in there.
#[test]
fn what_sticks_between_the_eyes_after_a_cut_and_answers_is_in_transit_once() {
    let mut rig = ready();
    rig.pull_plug();
    let book = bring(&mut rig, Sort::Book);
    rig.iron.things[book].len = 160.0;
    rig.iron.things[book].place = Place::Lying(235.0);
    rig.iron.things[book].is_stuck = true;
    rig.plug_in();
    rest(&mut rig);
    rig.until(Duration::from_secs(1), |_| false);
    let key = rig.iron.things[book].tags[0].0.clone();
    assert_eq!(steps(&rig), [vec![Step::Found, Step::InTransit]], "{:#?}", rig.story);
    assert_eq!(pieces(&rig)[0].tags, [key]);
    rig.iron.is_door_open = true;
    rig.step();
    rig.iron.is_door_open = false;
    rig.step();
    rest(&mut rig);
    rig.until(Duration::from_secs(1), |_| false);
    assert_eq!(pieces(&rig).len(), 1, "{:#?}", rig.story);
}

#[test]
fn what_lies_under_the_eye_behind_the_flap_and_has_no_row_is_found() {
    let mut rig = ready();
    rig.pull_plug();
    let thing = bring(&mut rig, Sort::Tagless);
    rig.iron.things[thing].len = 200.0;
    rig.iron.things[thing].place = Place::Lying(660.0);
    rig.iron.things[thing].is_stuck = true;
    rig.plug_in();
    assert!(rig.until(SOON, |rig| rig.state() == "keep"), "{:#?}", rig.story);
    rig.iron.things[thing].is_stuck = false;
    rest(&mut rig);
    assert_eq!(rig.iron.things[thing].place, Place::Bin(2));
    assert_eq!(steps(&rig), [vec![Step::Found, Step::Sorted { bin: 2 }, Step::Dropped { bin: 2 }]]);
}

/// No eye sees the middle of the sorting belt: what was sent to its bin before a cut and does not fall after it may stick.
#[test]
fn what_does_not_fall_after_a_cut_is_in_transit_and_not_said_to_have_fallen() {
    let mut rig = ready();
    let book = bring(&mut rig, Sort::Book);
    assert!(put_in(&mut rig, book));
    let is_sorted = |rig: &Rig| pieces(rig).iter().any(|piece| matches!(piece.step, Step::Sorted { .. }));
    assert!(rig.until(SOON, is_sorted));
    rig.pull_plug();
    let len = rig.iron.things[book].len;
    rig.iron.things[book].place = Place::Lying(500.0 + len);
    rig.iron.things[book].is_stuck = true;
    rig.plug_in();
    rest(&mut rig);
    assert_eq!(pieces(&rig)[0].step, Step::InTransit, "{:#?}", rig.story);
    assert!(rig.story.iter().any(|line| line.contains("alarm InTransit")));
    assert_eq!(rig.rest(), Rest::Idle);
}
