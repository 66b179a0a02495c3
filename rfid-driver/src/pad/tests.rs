//! The pad and an emulated reader, with virtual time. [`pair::Pair`] checks in every test that arrivals and departures
//! alternate, that each command has one outcome, and that the tag is in the state that the outcome tells.

use std::time::Duration;

use expect_test::expect;
use proptest::prelude::*;

use super::{DownCause, ReaderEvent, WriteOutcome};
use crate::data::TagData;
use crate::emulator::{EmulatorConfig, Model, Timing};
use crate::tag::Security;
use pair::Pair;

mod pair;

fn fast() -> EmulatorConfig {
    EmulatorConfig::default()
}

fn up(config: EmulatorConfig) -> Pair {
    let mut pair = Pair::new(config);
    pair.until(SECOND, "an empty pad", |pair| pair.complete() == Some(0));
    pair
}

fn stack(config: EmulatorConfig, n: usize) -> (Pair, Vec<String>) {
    let mut pair = up(config);
    let names = pair.items(n);
    pair.line(&format!("put {}", names.join(" ")));
    pair.until(SECOND * 5, "the whole stack", |pair| pair.complete() == Some(n));
    (pair, names)
}

fn show(events: &[ReaderEvent]) -> String {
    let show = |event: &ReaderEvent| match event {
        ReaderEvent::Up(identity) => format!("up {} {}\n", identity.model, identity.firmware),
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
    };
    events.iter().map(show).collect()
}

/// The whole story of one loan, byte by byte: no command is needless.
#[test]
fn transcript_of_one_loan() {
    let mut pair = Pair::new(fast());
    pair.line("book B123456 owner=CN-110108-1-NLC set=1/1 uid=E004010012345678");
    pair.line("put B123456");
    pair.until(SECOND, "the item", |pair| pair.complete() == Some(1));
    pair.set("B123456", Security::Unsecured);
    pair.until(SECOND, "the write", |pair| pair.outcomes() == 1);
    expect![[r#"
        > 06FF52000F6E
        < 06005200FCA8
        > 05FF65E5CB
        < 0D006500020500004C0008A628
        > 05FF698901
        < 06006900F6FA
        > 07FFB001001C56
        < 1100B000010306E004010012345678C791
        > 0FFFB02B01E00401001234567811A3
        < 1300B00006E00401001234567807041C014C85
        > 11FFB02301E004010012345678000807D6
        < 3000B0000804001C0B064100A05DD3B30003E0010200E1811B0A001A8A101000247F30C7006501010200000010016E5B
        > 05FF698901
        < 06006900F6FA
        > 07FFB001001C56
        < 1100B000010306E004010012345678C791
        > 10FFB02701E004010012345678C2794F
        < 0600B000D572
        > 10FFB104A301E004010012345678DB97
        < 0600B1000D6B
        > 0FFFB02B01E00401001234567811A3
        < 1300B00006E004010012345678C2041C01C2D0
    "#]]
    .assert_eq(&(pair.transcript.join("\n") + "\n"));
    expect![[r#"
        up FEIG ID ISC.MR101/PR101-A 02.05
        arrived B123456 Some(Secured)
        complete 1
        wrote 0: Verified
    "#]]
    .assert_eq(&show(&pair.events));
}

#[test]
fn stacks_arrive_whole() {
    for n in [1, 5, 10, 40] {
        for max_per_inventory in [1, 3, 16, 64] {
            let (pair, names) = stack(EmulatorConfig { max_per_inventory, ..fast() }, n);
            let arrived = pair.events.iter().filter(|event| matches!(event, ReaderEvent::Arrived(_))).count();
            assert_eq!(arrived, names.len());
        }
    }
}

#[test]
fn a_small_reader_tells_a_stack_by_silencing() {
    let (pair, _) = stack(EmulatorConfig { model: Model::Cpr02, ..fast() }, 10);
    assert_eq!(pair.n_there(), 10);
}

#[test]
fn a_stack_is_written_and_taken() {
    let (mut pair, names) = stack(fast(), 10);
    for name in &names {
        pair.set(name, Security::Unsecured);
    }
    pair.until(SECOND * 5, "ten writes", |pair| pair.outcomes() == 10);
    assert!((0..10).all(|request| pair.outcome(request) == Some(WriteOutcome::Verified)));
    pair.line("take all");
    pair.until(SECOND * 5, "an empty pad", |pair| pair.complete() == Some(0));
}

#[test]
fn what_lies_on_the_pad_is_told() {
    let mut pair = up(fast());
    pair.line("card P10001");
    pair.line("blank X");
    pair.line("raw D uid=E004010000000001 afi=07 data=11010131313232333334340000000000000000513E4445373035000000000000");
    pair.line("raw T uid=E004010000000002 afi=07 dsfid=06 data=7102413173FF");
    pair.line("book LONG1234567890 owner=CN-110108-1-NLC on-loan");
    pair.line("put P10001 X D T LONG1234567890");
    pair.until(SECOND * 5, "five tags", |pair| pair.complete() == Some(5));
    expect![[r#"
        up FEIG ID ISC.MR101/PR101-A 02.05
        complete 0
        arrived, foreign
        arrived, damaged: the element at byte 4 claims 255 bytes
        arrived P10001 Some(Unsecured)
        arrived, blank
        arrived LONG1234567890 Some(Unsecured)
        complete 5
    "#]]
    .assert_eq(&show(&pair.events));
}

#[test]
fn missed_reads_lose_no_tag() {
    for (percent, n, seed) in [(10, 5, 1), (10, 10, 2), (30, 1, 3), (30, 5, 4), (30, 10, 5)] {
        let mut pair = up(EmulatorConfig { seed, max_per_inventory: 4, ..fast() });
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

#[test]
fn noise_and_damage_on_the_line_lose_nothing() {
    for (noise, damage_every, piece) in
        [("noise every 2 9", 0, 1), ("noise every 3 200", 7, 5), ("noise 0", 3, 4096)]
    {
        let mut pair = up(fast());
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

#[test]
fn an_item_that_leaves_within_the_write_is_uncertain_and_comes_back_as_it_is() {
    for (hook, afi, eas) in [("on afi I1 take", 0x07, true), ("on eas I1 take", 0xC2, true)] {
        let (mut pair, _) = stack(fast(), 1);
        pair.line(hook);
        pair.set("I1", Security::Unsecured);
        pair.until(SECOND * 2, "an outcome", |pair| pair.outcomes() == 1);
        assert_eq!(pair.outcome(0), Some(WriteOutcome::Uncertain), "{hook}");
        let tag = pair.emulator.tag("I1").unwrap();
        assert_eq!((tag.afi.0, tag.eas), (afi, eas));
        assert_eq!(pair.n_there(), 0, "an uncertain item has departed");
        pair.line("put I1");
        pair.until(SECOND, "the item again", |pair| pair.complete() == Some(1));
        let Some(ReaderEvent::Arrived(arrival)) = pair.events.iter().rev().nth(1) else {
            panic!("no arrival")
        };
        assert_eq!(arrival.afi.unwrap().0, afi, "{hook}");
        pair.set("I1", Security::Unsecured);
        pair.until(SECOND, "an outcome", |pair| pair.outcomes() == 2);
        assert_eq!(pair.outcome(1), Some(WriteOutcome::Verified));
    }
}

#[test]
fn an_item_that_was_taken_before_is_gone() {
    let (mut pair, _) = stack(fast(), 2);
    pair.line("take I1");
    // One round has missed it, so that its presence is asked first.
    pair.run(Duration::from_millis(150));
    pair.set("I1", Security::Unsecured);
    pair.until(SECOND, "an outcome", |pair| pair.outcomes() == 1);
    assert_eq!(pair.outcome(0), Some(WriteOutcome::Gone));
    assert_eq!(pair.emulator.counters().writes, 0);
    pair.until(SECOND, "one item", |pair| pair.complete() == Some(1));
    pair.set("I1", Security::Unsecured);
    assert_eq!(pair.outcome(1), Some(WriteOutcome::Gone), "at once");
}

#[test]
fn a_tag_that_says_no() {
    for (fault, outcome) in [
        ("fail I1 afi 1", WriteOutcome::Verified),
        ("fail I1 eas 2", WriteOutcome::Verified),
        ("fail I1 afi 99", WriteOutcome::Refused),
        ("fail I1 eas 99", WriteOutcome::Refused),
        ("lock I1 afi", WriteOutcome::Refused),
    ] {
        let (mut pair, _) = stack(fast(), 3);
        pair.line(fault);
        pair.set("I1", Security::Unsecured);
        pair.until(SECOND * 2, "an outcome", |pair| pair.outcomes() == 1);
        assert_eq!(pair.outcome(0), Some(outcome), "{fault}");
        assert_eq!(pair.n_there(), 3, "{fault}");
    }
}

#[test]
fn a_reader_without_eas_refuses_and_leaves_the_tag_as_it_was() {
    let (mut pair, _) = stack(EmulatorConfig { model: Model::Cpr02, ..fast() }, 1);
    pair.set("I1", Security::Unsecured);
    pair.until(SECOND * 2, "an outcome", |pair| pair.outcomes() == 1);
    assert_eq!(pair.outcome(0), Some(WriteOutcome::Refused));
}

#[test]
fn a_lost_link_ends_every_command_and_forgets_nobody() {
    let (mut pair, names) = stack(EmulatorConfig { timing: Timing::real(38_400), ..fast() }, 3);
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
        up FEIG ID ISC.MR101/PR101-A 02.05
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
        up FEIG ID ISC.MR101/PR101-A 02.05
        arrived I1 Some(Unsecured)
        complete 3
    "#]]
    .assert_eq(&show(&pair.events));
}

#[test]
fn a_silent_reader_is_down_once_and_up_again() {
    let (mut pair, _) = stack(fast(), 1);
    pair.line("mute on");
    pair.run(SECOND * 20);
    pair.line("mute off");
    pair.until(SECOND * 5, "the item", |pair| pair.complete() == Some(1));
    expect![[r#"
        up FEIG ID ISC.MR101/PR101-A 02.05
        complete 0
        arrived I1 Some(Secured)
        complete 1
        down: the reader is silent: check its power, its cable and the configured baud rate and parity
        up FEIG ID ISC.MR101/PR101-A 02.05
        complete 1
    "#]]
    .assert_eq(&show(&pair.events));
}

#[test]
fn a_tag_that_comes_back_is_read_again() {
    let (mut pair, _) = stack(fast(), 1);
    pair.line("take I1");
    pair.until(SECOND * 2, "an empty pad", |pair| pair.complete() == Some(0));
    pair.emulator.tag_mut("I1").unwrap().afi = crate::tag::Afi::ON_LOAN;
    pair.line("put I1");
    pair.until(SECOND * 2, "the item", |pair| pair.complete() == Some(1));
    let Some(ReaderEvent::Arrived(arrival)) = pair.events.iter().rev().nth(1) else { panic!("no arrival") };
    assert_eq!(arrival.security, Some(Security::Unsecured));
}

/// The whole job of `n` items against the lower bound of line and air, which is reckoned without the system
/// information before the first write and without EAS: both are added here.
#[test]
fn the_job_takes_little_more_than_line_and_air() {
    for n in [1, 5, 10] {
        let mut pair = up(EmulatorConfig { timing: Timing::real(38_400), ..fast() });
        let names = pair.items(n);
        pair.run(SECOND);
        let put_at = pair.now;
        pair.line(&format!("put {}", names.join(" ")));
        pair.until(SECOND * 5, "the stack", |pair| pair.n_there() == n);
        let read_at = pair.now;
        for name in &names {
            pair.set(name, Security::Unsecured);
        }
        pair.until(SECOND * 5, "the writes", |pair| pair.outcomes() == n);
        let (b, g, p) = (0.2865, 5.0, 5.0);
        let items = n as f64;
        let inventory = [13.9, 38.9, 81.8][if n == 1 { 0 } else { n / 5 }];
        let round = 15.0 + inventory + (14.0 + 10.0 * items) * b + 2.0 * g;
        let per_item = (121.0 + 34.0 + 22.0) * b + 5.0 * g + 31.5 + 9.8 + 5.9 + 2.0 * p;
        let bound = round + items * per_item;
        let (read, all) = ((read_at - put_at).as_secs_f64() * 1e3, (pair.now - put_at).as_secs_f64() * 1e3);
        // Up to one poll pause and the rest of a round pass before the first inventory that sees the stack.
        let slack = 100.0 + 60.0 + round;
        assert!(all <= bound * 1.1 + slack, "{n}: {all:.0} ms (read after {read:.0}), bound {bound:.0} ms");
        assert_eq!(pair.emulator.counters().early, 0);
    }
}

#[derive(Clone, Debug)]
enum Action {
    Put(usize),
    Take(usize),
    Set(usize, bool),
    Line(&'static str),
    TakeOn(usize, bool),
    Run(u16),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let lines = [
        "miss 0",
        "miss 30",
        "noise 30",
        "noise every 2 5",
        "noise every 0 0",
        "mute on",
        "mute off",
        "unplug",
        "plug",
    ];
    proptest::collection::vec(
        prop_oneof![
            4 => (0_usize..5).prop_map(Action::Put),
            2 => (0_usize..5).prop_map(Action::Take),
            4 => (0_usize..5, any::<bool>()).prop_map(|(at, to)| Action::Set(at, to)),
            2 => proptest::sample::select(lines.to_vec()).prop_map(Action::Line),
            1 => (0_usize..5, any::<bool>()).prop_map(|(at, afi)| Action::TakeOn(at, afi)),
            6 => (0_u16..900).prop_map(Action::Run),
        ],
        0..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..crate::testing::config() })]

    /// Whatever happens: the watch of the pair holds, and when the faults end, the pad knows who is there.
    #[test]
    fn any_course_of_events_ends_well(actions in actions(), is_real in any::<bool>(), damage in 0_usize..9) {
        let timing = if is_real { Timing::real(38_400) } else { Timing::Fast };
        let mut pair = Pair::new(EmulatorConfig { timing, max_per_inventory: 2, ..fast() });
        let names = pair.items(5);
        pair.damage_every = damage;
        let mut n_set = 0;
        for action in actions {
            match action {
                Action::Put(at) => { pair.line(&format!("put {}", names[at])); }
                Action::Take(at) => { pair.line(&format!("take {}", names[at])); }
                Action::Set(at, secured) => {
                    pair.set(&names[at], if secured { Security::Secured } else { Security::Unsecured });
                    n_set += 1;
                }
                Action::Line(line) => { pair.line(line); }
                Action::TakeOn(at, afi) => { pair.line(&format!("on {} {} take", if afi { "afi" } else { "eas" }, names[at])); }
                Action::Run(ms) => pair.run(Duration::from_millis(ms.into())),
            }
        }
        for line in ["plug", "mute off", "miss 0", "noise every 0 0"] {
            pair.line(line);
        }
        pair.damage_every = 0;
        pair.run(SECOND * 10);
        prop_assert_eq!(pair.outcomes(), n_set, "every command has its outcome");
        let n = pair.emulator.tags().filter(|(_, tag)| tag.is_on_pad).count();
        prop_assert_eq!((pair.n_there(), pair.pad.is_up()), (n, true), "{}", show(&pair.events));
    }
}

#[test]
fn a_cause_that_stays_is_told_once() {
    let mut pair = Pair::new(fast());
    for _ in 0..3 {
        pair.feed(super::Input::Lost(DownCause::Unplugged));
    }
    assert_eq!(pair.events, [ReaderEvent::Down(DownCause::Unplugged)]);
}

const SECOND: Duration = Duration::from_secs(1);
