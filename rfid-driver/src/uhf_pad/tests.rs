//! The UHF pad and an emulated reader, with virtual time. [`pair::Pair`] checks in every test that arrivals and departures
//! alternate, that no tag is told as another item, that each command has one outcome, and that the tag is in the state
//! that the outcome tells.

use std::time::Duration;

use expect_test::expect;

use crate::data::TagData;
use crate::emulator::{EmulatorConfig, Model};
use crate::pad::{DownCause, ReaderEvent, WriteOutcome};
use crate::tag::Security;
use crate::uhf::llrp::Llrp;
use crate::uhf::m100::M100;
use crate::uhf::mercury::Mercury;
use crate::uhf::r2000::R2000;
use crate::uhf::reader18::Reader18;
use pair::{Family, Pair};
use power::the_power_is_set_and_kept;
use program::a_fresh_tag_is_written_and_arrives_anew;
use sweep::what_is_heard_on_the_way_is_told_and_nothing_is_asked;
use twins::ByUii;

mod course;
mod cuts;
mod pair;
mod power;
mod program;
mod sweep;
mod twins;

impl Family for M100 {
    const MODEL: Model = Model::M100;
}

impl Family for R2000 {
    const MODEL: Model = Model::R2000;
}

impl Family for Reader18 {
    const MODEL: Model = Model::Reader288;
}

impl Family for Mercury {
    const MODEL: Model = Model::Mercury;
}

impl Family for Llrp {
    const MODEL: Model = Model::Llrp;
}

/// The stories that are the same for each family.
macro_rules! stories {
    ($($story:ident)*) => {
        stories! { @of m100 M100 $($story)* }
        stories! { @of m100_by_uii ByUii $($story)* }
        stories! { @of r2000 R2000 $($story)* }
        stories! { @of reader18 Reader18 $($story)* }
        stories! { @of mercury Mercury $($story)* }
    };
    (@of $module:ident $family:ident $($story:ident)*) => {
        mod $module {
            $(#[test] fn $story() { super::$story::<super::$family>(); })*
        }
    };
}

stories! { @of llrp Llrp
    stacks_arrive_whole
    what_lies_on_the_pad_is_told
    missed_reads_lose_no_tag
    an_item_that_was_taken_before_is_gone
    a_tag_that_says_no
    a_lost_link_ends_every_command_and_forgets_nobody
    a_silent_reader_is_down_once_and_up_again
    a_tag_that_comes_back_is_read_again
    a_tag_that_somebody_else_writes_arrives_anew
    tags_without_serial_numbers_are_told_by_their_item
    a_fresh_tag_is_written_and_arrives_anew
    the_power_is_set_and_kept
    what_is_heard_on_the_way_is_told_and_nothing_is_asked
}

// Families of serial lines; over TCP no byte is damaged, and a call that is not answered takes longer.
stories! {
    the_power_is_set_and_kept
    what_is_heard_on_the_way_is_told_and_nothing_is_asked
    stacks_arrive_whole
    a_stack_is_written_and_taken
    what_lies_on_the_pad_is_told
    missed_reads_lose_no_tag
    noise_and_damage_on_the_line_lose_nothing
    an_item_that_was_taken_before_is_gone
    a_tag_that_says_no
    a_lost_link_ends_every_command_and_forgets_nobody
    a_silent_reader_is_down_once_and_up_again
    a_tag_that_comes_back_is_read_again
    a_tag_that_somebody_else_writes_arrives_anew
    one_that_answers_every_third_time_does_not_flicker
    what_is_removed_is_noticed_in_half_a_second
    tags_without_serial_numbers_are_told_by_their_item
    a_fresh_tag_is_written_and_arrives_anew
}

fn up<P: Family>(config: EmulatorConfig) -> Pair<P> {
    let mut pair = Pair::<P>::new(config);
    pair.until(SECOND * 3, "an empty pad", |pair| pair.complete() == Some(0));
    pair
}

fn stack<P: Family>(config: EmulatorConfig, n: usize) -> (Pair<P>, Vec<String>) {
    let mut pair = up::<P>(config);
    let names = pair.items(n);
    pair.line(&format!("put {}", names.join(" ")));
    pair.until(SECOND * 10, "the whole stack", |pair| pair.complete() == Some(n));
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
        ReaderEvent::Programmed { .. }
        | ReaderEvent::Dumped { .. }
        | ReaderEvent::Power { .. }
        | ReaderEvent::Heard(_) => {
            format!("{event:?}\n")
        }
        ReaderEvent::Trouble(trouble) => format!("trouble: {trouble:?}\n"),
        ReaderEvent::TroubleOver(trouble) => format!("over: {trouble:?}\n"),
    };
    events.iter().map(show).collect()
}

fn stacks_arrive_whole<P: Family>() {
    for n in [1, 5, 10, 40] {
        for config in [P::fast(), P::real()] {
            let (pair, names) = stack::<P>(config, n);
            let arrived = pair.events.iter().filter(|event| matches!(event, ReaderEvent::Arrived(_))).count();
            assert_eq!(arrived, names.len());
        }
    }
}

/// covers: uhf-pad.tid
fn a_stack_is_written_and_taken<P: Family>() {
    for config in [P::fast(), P::real()] {
        let (mut pair, names) = stack::<P>(config, 10);
        for to in [Security::Unsecured, Security::Secured] {
            let before = pair.outcomes();
            for name in &names {
                pair.set(name, to);
            }
            pair.until(SECOND * 5, "ten writes", |pair| pair.outcomes() == before + 10);
        }
        assert!((0..20).all(|request| pair.outcome(request) == Some(WriteOutcome::Verified)));
        pair.run(SECOND * 2);
        assert_eq!(pair.n_departed(), 0, "a tag is not another one because it was written");
        pair.line("take all");
        pair.until(SECOND * 5, "an empty pad", |pair| pair.complete() == Some(0));
    }
}

fn what_lies_on_the_pad_is_told<P: Family>() {
    let mut pair = up::<P>(P::fast());
    pair.line("card P10001");
    pair.line("blank X");
    pair.line("raw S epc=30003034257BF7194E4000001A85");
    pair.line("raw D epc=1907141CC04FC70BADB5C6E2");
    pair.line("book LONG1234567890 owner=CN-110108-1-NLC on-loan");
    pair.line("book 32103179 layout=gaoxiao");
    pair.line("put P10001 X S D LONG1234567890 32103179");
    pair.until(SECOND * 5, "six tags", |pair| pair.complete() == Some(6));
    let mut told: Vec<String> = show(&pair.events).lines().map(str::to_owned).collect();
    told[2..8].sort();
    expect![[r#"
        up
        complete 0
        arrived 32103179 Some(Secured)
        arrived LONG1234567890 Some(Unsecured)
        arrived P10001 Some(Unsecured)
        arrived, blank
        arrived, damaged: the memory goes on behind the length that the PC word tells: the identifier may be cut short
        arrived, foreign
        complete 6
    "#]]
    .assert_eq(&(told.join("\n") + "\n"));
    for name in ["X", "S", "D"] {
        let request = pair.set(name, Security::Unsecured);
        pair.until(SECOND, "an outcome", |pair| pair.outcome(request).is_some());
        assert_eq!(pair.outcome(request), Some(WriteOutcome::Refused), "{name}");
    }
    assert_eq!(pair.emulator.counters().writes, 0);
}

fn missed_reads_lose_no_tag<P: Family>() {
    for (percent, n, seed) in [(10, 5, 1), (10, 10, 2), (30, 1, 3), (30, 5, 4), (30, 10, 5)] {
        let mut pair = up::<P>(EmulatorConfig { seed, ..P::fast() });
        let names = pair.items(n);
        pair.line(&format!("miss {percent}"));
        pair.line(&format!("put {}", names.join(" ")));
        pair.until(SECOND * 20, "the whole stack", |pair| pair.complete() == Some(n));
        for name in &names {
            pair.set(name, Security::Unsecured);
        }
        pair.until(SECOND * 20, "the writes", |pair| pair.outcomes() == n);
        pair.run(SECOND * 20);
        let uncertain = (0..n as u64).filter(|r| pair.outcome(*r) == Some(WriteOutcome::Uncertain)).count();
        let departed = pair.n_departed();
        assert!(departed <= uncertain + 1, "{percent} %: {departed} of {n} departed without cause");
        assert_eq!(pair.n_there(), n);
    }
}

fn noise_and_damage_on_the_line_lose_nothing<P: Family>() {
    for (noise, damage_every, piece) in
        [("noise every 2 9", 0, 1), ("noise every 3 200", 7, 5), ("noise 0", 5, 4096)]
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

fn an_item_that_was_taken_before_is_gone<P: Family>() {
    let (mut pair, _) = stack::<P>(P::fast(), 2);
    pair.line("take I1");
    let writes = pair.emulator.counters().writes;
    // One round has missed it, so that its presence is asked first; or it is known to have left.
    pair.run(Duration::from_millis(150));
    pair.set("I1", Security::Unsecured);
    pair.until(SECOND * 2, "an outcome", |pair| pair.outcomes() == 1);
    assert_eq!(pair.outcome(0), Some(WriteOutcome::Gone));
    assert_eq!(pair.emulator.counters().writes, writes);
    pair.until(SECOND * 2, "one item", |pair| pair.complete() == Some(1));
    pair.set("I1", Security::Unsecured);
    assert_eq!(pair.outcome(1), Some(WriteOutcome::Gone), "at once");
}

fn a_tag_that_says_no<P: Family>() {
    for (fault, outcome) in [
        ("fail I1 write 1", WriteOutcome::Verified),
        ("fail I3 write 2", WriteOutcome::Verified),
        ("fail I1 write 99", WriteOutcome::Refused),
        ("lock I1 epc", WriteOutcome::Refused),
        ("lock I3 epc", WriteOutcome::Refused),
    ] {
        let (mut pair, _) = stack::<P>(P::fast(), 3);
        pair.line(fault);
        pair.set(fault.split(' ').nth(1).unwrap(), Security::Unsecured);
        pair.until(SECOND * 4, "an outcome", |pair| pair.outcomes() == 1);
        assert_eq!(pair.outcome(0), Some(outcome), "{fault}");
        pair.run(SECOND);
        assert_eq!((pair.n_there(), pair.n_departed()), (3, 0), "{fault}");
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
    pair.until(SECOND * 3, "all three", |pair| pair.complete() == Some(3));
    let events: Vec<ReaderEvent> = pair
        .events
        .iter()
        .filter(|event| !matches!(event, ReaderEvent::Trouble(_) | ReaderEvent::TroubleOver(_)))
        .cloned()
        .collect();
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
    .assert_eq(&show(&events));
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

/// covers: uhf.bank
fn a_tag_that_comes_back_is_read_again<P: Family>() {
    for name in ["I1", "I3"] {
        let (mut pair, _) = stack::<P>(P::fast(), 3);
        pair.line(&format!("take {name}"));
        pair.until(SECOND * 2, "two items", |pair| pair.complete() == Some(2));
        pair.emulator.gen2_mut(name).unwrap().secure(Security::Unsecured);
        pair.line(&format!("put {name}"));
        pair.until(SECOND * 2, "the item", |pair| pair.complete() == Some(3));
        assert_eq!(arrived(&pair, name), 2);
        assert!(show(&pair.events).contains(&format!("arrived {name} Some(Unsecured)")));
    }
}

fn a_tag_that_somebody_else_writes_arrives_anew<P: Family>() {
    for name in ["I1", "I3"] {
        let (mut pair, _) = stack::<P>(P::fast(), 3);
        pair.emulator.gen2_mut(name).unwrap().secure(Security::Unsecured);
        pair.until(SECOND * 2, "the change", |pair| arrived(pair, name) == 2);
        pair.until(SECOND * 2, "all of them", |pair| pair.complete() == Some(3));
        assert_eq!((pair.n_there(), pair.n_departed()), (3, 1));
    }
}

fn one_that_answers_every_third_time_does_not_flicker<P: Family>() {
    let mut n_departed = 0;
    for seed in 1..6 {
        let mut pair = up::<P>(EmulatorConfig { seed, ..P::fast() });
        // As tags at the edge of the field: two of three exchanges fail.
        pair.line("miss 66");
        let names = pair.items(2);
        pair.line(&format!("put {}", names.join(" ")));
        pair.until(SECOND * 60, "both", |pair| pair.n_there() == 2);
        pair.run(SECOND * 30);
        n_departed += pair.n_departed();
    }
    assert!(n_departed <= 1, "{n_departed} departures of ten tags in half a minute each");
}

/// With the default configuration, at each moment of a round, of a stack that lies there for long, or was just read.
#[test]
fn what_is_removed_is_noticed_in_half_a_second_over_llrp() {
    for n in [1, 3, 10] {
        for wait in (0..250).step_by(10).chain((500..750).step_by(25)).chain((5_000..5_250).step_by(25)) {
            let (mut pair, _) = stack::<Llrp>(Llrp::real(), n);
            pair.run(Duration::from_millis(wait));
            pair.line("take I1");
            let taken = pair.now;
            pair.until(SECOND * 2, "the departure", |pair| pair.n_departed() == 1);
            let span = pair.now - taken;
            assert!(span <= Duration::from_millis(500), "{n} tags, after {wait} ms: {span:?}");
        }
    }
}

/// Of every three looks two miss it, on a reader that takes its time.
#[test]
fn one_at_the_edge_does_not_flicker_over_llrp() {
    for (n, seed) in [(1, 1), (1, 2), (3, 3), (3, 4)] {
        let mut pair = up::<Llrp>(EmulatorConfig { seed, ..Llrp::real() });
        pair.line("miss 66");
        let names = pair.items(n);
        pair.line(&format!("put {}", names.join(" ")));
        pair.until(SECOND * 60, "the stack", |pair| pair.n_there() == n);
        pair.run(SECOND * 60);
        assert_eq!(pair.n_departed(), 0, "{n} tags");
    }
}

fn what_is_removed_is_noticed_in_half_a_second<P: Family>() {
    for (n, wait) in [(1, 0), (1, 70), (5, 30), (10, 0), (10, 110)] {
        let (mut pair, _) = stack::<P>(P::real(), n);
        pair.run(SECOND * 2 + Duration::from_millis(wait));
        pair.line("take I1");
        let taken = pair.now;
        pair.until(SECOND * 2, "the departure", |pair| pair.n_departed() == 1);
        let span = pair.now - taken;
        assert!(span <= Duration::from_millis(500), "{n} tags: {span:?}");
    }
}

fn tags_without_serial_numbers_are_told_by_their_item<P: Family>() {
    let mut pair = up::<P>(P::fast());
    pair.line("book I1 owner=CN-110108-1-NLC tid=E2003412");
    pair.line("book I2 owner=CN-110108-1-NLC tid=E2003412");
    pair.line("put I1 I2");
    pair.until(SECOND * 3, "both", |pair| pair.complete() == Some(2));
    let tags: Vec<_> = pair.pad.seen().into_iter().map(|seen| (seen.tag, seen.item)).collect();
    assert_eq!(tags.len(), 2);
    for to in [Security::Unsecured, Security::Secured] {
        for (tag, item) in &tags {
            let request = pair.set_as(item.as_ref().unwrap(), *tag, to);
            pair.until(SECOND * 2, "the write", |pair| pair.pad.n_jobs() == 0);
            assert_eq!(pair.outcome(request), Some(WriteOutcome::Verified));
        }
    }
    pair.run(SECOND);
    assert_eq!(pair.n_departed(), 0);
}

#[test]
fn strength_and_antenna_are_seen() {
    let mut pair = up::<M100>(M100::fast());
    pair.line("book I1 rssi=-61");
    pair.line("put I1");
    pair.until(SECOND * 2, "the item", |pair| pair.complete() == Some(1));
    let seen = pair.pad.seen();
    assert_eq!((seen.len(), seen[0].rssi, seen[0].item.as_deref()), (1, Some(-61), Some("I1")));
    pair.line("rssi I1 -40");
    pair.run(SECOND);
    assert_eq!(pair.pad.seen()[0].rssi, Some(-40));
    assert!(pair.pad.seen()[0].looks > seen[0].looks);
}

fn arrived<P: Family>(pair: &Pair<P>, item: &str) -> usize {
    let is_it = |event: &&ReaderEvent| {
        matches!(event, ReaderEvent::Arrived(arrival)
            if matches!(&arrival.data, TagData::Library(tag) if tag.primary_item_id == item))
    };
    pair.events.iter().filter(is_it).count()
}

#[test]
fn a_cause_that_stays_is_told_once() {
    let mut pair = Pair::<M100>::new(M100::fast());
    for _ in 0..3 {
        pair.feed(crate::pad::Input::Lost(DownCause::Unplugged));
    }
    assert_eq!(pair.events, [ReaderEvent::Down(DownCause::Unplugged)]);
}

const SECOND: Duration = Duration::from_secs(1);
