//! The pad and an emulated reader, with virtual time. [`pair::Pair`] checks in every test that arrivals and departures
//! alternate, that each command has one outcome, and that the tag is in the state that the outcome tells.

use std::time::Duration;

use expect_test::expect;

use super::{Command, DownCause, Input, ReaderEvent, WriteOutcome};
use crate::data::TagData;
use crate::emulator::EmulatorConfig;
use crate::hf::m810::M810;
use crate::hf::obid::Obid;
use crate::tag::Security;
use pair::{Family, Pair};

mod course;
mod filter;
mod local;
mod m810;
mod obid;
mod pair;
mod program;
mod stack;
mod troubles;

/// The stories that are the same for each family.
macro_rules! stories {
    ($($story:ident)*) => {
        mod of_obid {
            $(#[test] fn $story() { super::$story::<super::Obid>(); })*
        }
        mod of_m810 {
            $(#[test] fn $story() { super::$story::<super::M810>(); })*
        }
    };
}

stories! {
    stacks_arrive_whole
    there_is_no_power_to_be_set
    a_stack_is_written_and_taken
    what_lies_on_the_pad_is_told
    missed_reads_lose_no_tag
    noise_and_damage_on_the_line_lose_nothing
    an_item_that_leaves_within_the_write_is_uncertain_and_comes_back_as_it_is
    an_item_that_was_taken_before_is_gone
    a_tag_that_says_no
    a_lost_link_ends_every_command_and_forgets_nobody
    a_silent_reader_is_down_once_and_up_again
    a_tag_that_comes_back_is_read_again
    a_cause_that_stays_is_told_once
}

fn up<P: Family>(config: EmulatorConfig) -> Pair<P> {
    let mut pair = Pair::<P>::new(config);
    pair.until(SECOND, "an empty pad", |pair| pair.complete() == Some(0));
    pair
}

fn stack<P: Family>(config: EmulatorConfig, n: usize) -> (Pair<P>, Vec<String>) {
    let mut pair = up::<P>(config);
    let names = pair.items(n);
    pair.line(&format!("put {}", names.join(" ")));
    pair.until(SECOND * 5, "the whole stack", |pair| pair.complete() == Some(n));
    (pair, names)
}

fn show(events: &[ReaderEvent]) -> String {
    let show = |event: &ReaderEvent| match event {
        ReaderEvent::Up(_) => "up\n".to_owned(),
        ReaderEvent::Down(cause) => format!("down: {cause}\n"),
        ReaderEvent::Arrived(arrival) => match &arrival.data {
            TagData::Library(tag) => format!("arrived {} {:?}\n", tag.primary_item_id, arrival.security),
            TagData::Blank => "arrived, blank\n".to_owned(),
            TagData::Foreign => "arrived, foreign\n".to_owned(),
            TagData::Damaged { problems, .. } => format!("arrived, damaged: {}\n", problems[0]),
        },
        ReaderEvent::Departed { .. } => "departed\n".to_owned(),
        ReaderEvent::Complete { n } => format!("complete {n}\n"),
        ReaderEvent::Wrote { request, outcome, .. } => format!("wrote {request}: {outcome:?}\n"),
        ReaderEvent::Programmed { request, outcome, .. } => format!("programmed {request}: {outcome:?}\n"),
        ReaderEvent::Dumped { request, dump, .. } => {
            format!("dumped {request}: {:?}\n", dump.as_ref().map(|dump| dump.memory.len()))
        }
        ReaderEvent::Heard(heard) => format!("heard {}\n", heard.len()),
        ReaderEvent::Power { centi_dbm, outcome, .. } => format!("power {centi_dbm}: {outcome:?}\n"),
        ReaderEvent::Trouble(trouble) => format!("trouble: {trouble:?}\n"),
        ReaderEvent::TroubleOver(trouble) => format!("over: {trouble:?}\n"),
    };
    events.iter().map(show).collect()
}

fn there_is_no_power_to_be_set<P: Family>() {
    let mut pair = up::<P>(P::fast());
    let power = Command::SetPower { request: 7, centi_dbm: 2_000 };
    pair.feed(Input::Command(power));
    assert_eq!(show(&pair.events[pair.events.len() - 1..]), "power 2000: Unfit\n");
}

fn stacks_arrive_whole<P: Family>() {
    for n in [1, 5, 10, 40] {
        for max_per_inventory in [1, 3, 16, 64] {
            let (pair, names) = stack::<P>(EmulatorConfig { max_per_inventory, ..P::fast() }, n);
            let arrived = pair.events.iter().filter(|event| matches!(event, ReaderEvent::Arrived(_))).count();
            assert_eq!(arrived, names.len());
        }
    }
}

fn a_stack_is_written_and_taken<P: Family>() {
    let (mut pair, names) = stack::<P>(P::fast(), 10);
    for name in &names {
        pair.set(name, Security::Unsecured);
    }
    pair.until(SECOND * 5, "ten writes", |pair| pair.outcomes() == 10);
    assert!((0..10).all(|request| pair.outcome(request) == Some(WriteOutcome::Verified)));
    pair.line("take all");
    pair.until(SECOND * 5, "an empty pad", |pair| pair.complete() == Some(0));
}

fn what_lies_on_the_pad_is_told<P: Family>() {
    let mut pair = up::<P>(P::fast());
    pair.line("card P10001");
    pair.line("blank X");
    pair.line("raw D uid=E004010000000001 afi=07 data=11010131313232333334340000000000000000513E4445373035000000000000");
    pair.line("raw T uid=E004010000000002 afi=07 dsfid=06 data=7102413173FF");
    pair.line("book LONG1234567890 owner=CN-110108-1-NLC on-loan");
    pair.line("put P10001 X D T LONG1234567890");
    pair.until(SECOND * 5, "five tags", |pair| pair.complete() == Some(5));
    expect![[r#"
        up
        complete 0
        arrived 11223344 Some(Secured)
        arrived, damaged: the element at byte 4 claims 255 bytes
        arrived P10001 Some(Unsecured)
        arrived, blank
        arrived LONG1234567890 Some(Unsecured)
        complete 5
    "#]]
    .assert_eq(&show(&pair.events));
}

fn missed_reads_lose_no_tag<P: Family>() {
    for (percent, n, seed) in [(10, 5, 1), (10, 10, 2), (30, 1, 3), (30, 5, 4), (30, 10, 5)] {
        let mut pair = up::<P>(EmulatorConfig { seed, max_per_inventory: 4, ..P::fast() });
        let names = pair.items(n);
        pair.line(&format!("miss {percent}"));
        pair.line(&format!("put {}", names.join(" ")));
        pair.until(SECOND * 20, "the whole stack", |pair| pair.complete() == Some(n));
        for name in &names {
            pair.set(name, Security::Unsecured);
        }
        pair.until(SECOND * 20, "the writes", |pair| pair.outcomes() == n);
        pair.run(SECOND * 20);
        let departed =
            pair.events.iter().filter(|event| matches!(event, ReaderEvent::Departed { .. })).count();
        let uncertain = (0..n as u64).filter(|r| pair.outcome(*r) == Some(WriteOutcome::Uncertain)).count();
        assert!(departed <= uncertain + 1, "{percent} %: {departed} of {n} departed without cause");
        assert_eq!(pair.n_there(), n);
    }
}

fn noise_and_damage_on_the_line_lose_nothing<P: Family>() {
    for (noise, damage_every, piece) in
        [("noise every 2 9", 0, 1), ("noise every 3 200", 7, 5), ("noise 0", 3, 4096)]
    {
        let mut pair = up::<P>(P::fast());
        let names = pair.items(10);
        pair.line(noise);
        pair.damage_every = damage_every;
        pair.piece = piece;
        pair.line(&format!("put {}", names.join(" ")));
        pair.until(SECOND * 60, "the whole stack", |pair| pair.complete() == Some(10));
        for name in &names {
            pair.set(name, Security::Unsecured);
        }
        pair.until(SECOND * 60, "the writes", |pair| pair.outcomes() == 10);
        assert!((0..10).all(|request| pair.outcome(request) == Some(WriteOutcome::Verified)), "{noise}");
        assert!(!pair.events.iter().any(|event| matches!(event, ReaderEvent::Down(_))), "{noise}");
    }
}

fn an_item_that_leaves_within_the_write_is_uncertain_and_comes_back_as_it_is<P: Family>() {
    for (hook, afi, eas) in [("on afi I1 take", 0x07, true), ("on eas I1 take", 0xC2, true)] {
        let (mut pair, _) = stack::<P>(P::fast(), 1);
        pair.line(hook);
        pair.set("I1", Security::Unsecured);
        pair.until(SECOND * 2, "an outcome", |pair| pair.outcomes() == 1);
        assert_eq!(pair.outcome(0), Some(WriteOutcome::Uncertain), "{hook}");
        let tag = pair.emulator.tag("I1").unwrap();
        assert_eq!((tag.afi.0, tag.eas), (afi, eas));
        assert_eq!(pair.n_there(), 0, "an uncertain item has departed");
        pair.line("put I1");
        pair.until(SECOND, "the item again", |pair| pair.complete() == Some(1));
        let last =
            pair.events.iter().rev().find_map(|event| {
                if let ReaderEvent::Arrived(arrival) = event { Some(arrival) } else { None }
            });
        let arrival = last.expect("no arrival");
        assert_eq!(arrival.afi.unwrap().0, afi, "{hook}");
        pair.set("I1", Security::Unsecured);
        pair.until(SECOND, "an outcome", |pair| pair.outcomes() == 2);
        assert_eq!(pair.outcome(1), Some(WriteOutcome::Verified));
    }
}

fn an_item_that_was_taken_before_is_gone<P: Family>() {
    let (mut pair, _) = stack::<P>(P::fast(), 2);
    pair.line("take I1");
    // One round has missed it, so that its presence is asked first.
    let uid = pair.emulator.tag("I1").unwrap().uid;
    pair.until(SECOND, "a round without it", |pair| pair.pad.presence.missed(uid) == Some(1));
    pair.set("I1", Security::Unsecured);
    pair.until(SECOND, "an outcome", |pair| pair.outcomes() == 1);
    assert_eq!(pair.outcome(0), Some(WriteOutcome::Gone));
    assert_eq!(pair.emulator.counters().writes, 0);
    pair.until(SECOND, "one item", |pair| pair.complete() == Some(1));
    pair.set("I1", Security::Unsecured);
    assert_eq!(pair.outcome(1), Some(WriteOutcome::Gone), "at once");
}

fn a_tag_that_says_no<P: Family>() {
    for (fault, outcome) in [
        ("fail I1 afi 1", WriteOutcome::Verified),
        ("fail I1 eas 2", WriteOutcome::Verified),
        ("fail I1 afi 99", WriteOutcome::Refused),
        ("fail I1 eas 99", WriteOutcome::Refused),
        ("lock I1 afi", WriteOutcome::Refused),
    ] {
        let (mut pair, _) = stack::<P>(P::fast(), 3);
        pair.line(fault);
        pair.set("I1", Security::Unsecured);
        pair.until(SECOND * 2, "an outcome", |pair| pair.outcomes() == 1);
        assert_eq!(pair.outcome(0), Some(outcome), "{fault}");
        assert_eq!(pair.n_there(), 3, "{fault}");
    }
}

fn a_lost_link_ends_every_command_and_forgets_nobody<P: Family>() {
    let (mut pair, names) = stack::<P>(P::real(), 3);
    for name in &names {
        pair.set(name, Security::Unsecured);
    }
    pair.until(SECOND, "the first write under way", |pair| pair.emulator.counters().writes == 1);
    pair.line("unplug");
    assert_eq!(
        [0, 1, 2].map(|request| pair.outcome(request)),
        [Some(WriteOutcome::Uncertain), Some(WriteOutcome::Gone), Some(WriteOutcome::Gone)]
    );
    pair.set("I2", Security::Unsecured);
    assert_eq!(pair.outcome(3), Some(WriteOutcome::Gone), "while down");
    pair.run(SECOND * 10);
    pair.line("plug");
    pair.until(SECOND * 2, "all three", |pair| pair.complete() == Some(3));
    expect![[r#"
        up
        complete 0
        arrived I1 Some(Secured)
        arrived I2 Some(Secured)
        arrived I3 Some(Secured)
        complete 3
        wrote 0: Uncertain
        departed
        wrote 1: Gone
        wrote 2: Gone
        down: the reader was unplugged
        wrote 3: Gone
        up
        arrived I1 Some(Unsecured)
        complete 3
    "#]]
    .assert_eq(&show(&pair.events));
}

fn a_silent_reader_is_down_once_and_up_again<P: Family>() {
    let (mut pair, _) = stack::<P>(P::fast(), 1);
    pair.line("mute on");
    pair.run(SECOND * 20);
    pair.line("mute off");
    pair.until(SECOND * 5, "the item", |pair| pair.complete() == Some(1));
    expect![[r#"
        up
        complete 0
        arrived I1 Some(Secured)
        complete 1
        down: the reader is silent: check its power, its cable and the configured protocol, baud rate and parity
        up
        complete 1
    "#]]
    .assert_eq(&show(&pair.events));
}

fn a_tag_that_comes_back_is_read_again<P: Family>() {
    let (mut pair, _) = stack::<P>(P::fast(), 1);
    pair.line("take I1");
    pair.until(SECOND * 2, "an empty pad", |pair| pair.complete() == Some(0));
    pair.emulator.tag_mut("I1").unwrap().afi = crate::tag::Afi::ON_LOAN;
    pair.line("put I1");
    pair.until(SECOND * 2, "the item", |pair| pair.complete() == Some(1));
    let Some(ReaderEvent::Arrived(arrival)) = pair.events.iter().rev().nth(1) else { panic!("no arrival") };
    assert_eq!(arrival.security, Some(Security::Unsecured));
}

fn a_cause_that_stays_is_told_once<P: Family>() {
    let mut pair = Pair::<P>::new(P::fast());
    for _ in 0..3 {
        pair.feed(Input::Lost(DownCause::Unplugged));
    }
    assert_eq!(pair.events, [ReaderEvent::Down(DownCause::Unplugged)]);
}

const SECOND: Duration = Duration::from_secs(1);
