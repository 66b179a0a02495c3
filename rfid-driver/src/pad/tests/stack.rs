//! When a stack is complete, and when a tag has left: against a field that misses tags.

use std::time::Duration;

use super::pair::Family;
use super::{SECOND, stack, up};
use crate::emulator::EmulatorConfig;
use crate::hf::m810::M810;
use crate::hf::obid::Obid;
use crate::pad::ReaderEvent;
use crate::tag::Security;

/// How many stacks of `seeds` were called complete with fewer tags than lay there, shortly after they were
/// whole too.
fn wrong<P: Family>(n: usize, percent: u8, seeds: std::ops::Range<u64>) -> usize {
    let is_wrong = |seed: &u64| {
        // A seed of small numbers begins with small numbers.
        let seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut pair = up::<P>(EmulatorConfig { seed, ..P::fast() });
        let names = pair.items(n);
        pair.line(&format!("miss {percent}"));
        pair.line(&format!("put {}", names.join(" ")));
        let told = pair.events.len();
        pair.until(SECOND * 60, "the whole stack", |pair| pair.complete() == Some(n));
        pair.run(SECOND / 2);
        pair.events.iter().skip(told).any(|event| matches!(event, ReaderEvent::Complete { n: m } if *m < n))
    };
    seeds.filter(is_wrong).count()
}

/// covers: complete.rule (one stack of a thousand may be wrong: 0.2 of these 200 at each place)
#[test]
fn no_stack_is_called_complete_that_is_not() {
    for percent in [0, 10, 30] {
        for n in [1, 5, 10] {
            let seeds = if percent == 0 { 0..5 } else { 0..200 };
            assert_eq!(wrong::<Obid>(n, percent, seeds), 0, "{n} tags, {percent} %");
            assert_eq!(wrong::<M810>(n, percent, 200..220), 0, "{n} tags, {percent} %, 3M");
        }
    }
}

/// The default configuration on a real line: a stack that has lain there for a while, or was just read, and an item that
/// is taken at any moment of a round.
#[test]
fn a_removed_item_is_noticed_within_half_a_second() {
    for n in [1, 5, 10] {
        for wait_ms in (0..260).step_by(13).chain([2_000, 2_050, 2_100, 2_150, 2_200]) {
            let wait = Duration::from_millis(wait_ms);
            let times = [gone_after::<Obid>(n, wait), gone_after::<M810>(n, wait)];
            assert!(
                times.iter().all(|time| *time <= SECOND / 2),
                "{n} tags, taken after {wait:?}: {times:?}"
            );
        }
    }
}

fn gone_after<P: Family>(n: usize, wait: Duration) -> Duration {
    let (mut pair, _) = stack::<P>(P::real(), n);
    pair.run(wait);
    let taken_at = pair.now;
    pair.line("take I1");
    pair.until(SECOND * 5, "its departure", |pair| pair.n_there() == n - 1);
    pair.now - taken_at
}

/// The price of the rule: what a stack that misses nothing waits for its Complete after the last tag was told. With one
/// round it was 0.05 to 0.15 s.
#[test]
fn a_clean_stack_is_complete_soon() {
    for (n, limit_ms) in [(1, 220), (5, 270), (10, 300)] {
        let mut pair = up::<Obid>(Obid::real());
        let names = pair.items(n);
        pair.line(&format!("put {}", names.join(" ")));
        pair.until(SECOND * 5, "the tags", |pair| pair.n_there() == n);
        let told_at = pair.now;
        pair.until(SECOND * 5, "the stack", |pair| pair.complete() == Some(n));
        let waited = pair.now - told_at;
        assert!(waited <= Duration::from_millis(limit_ms), "{n} tags: {waited:?}");
    }
}

/// Alone and in a stack that is heard well: the whole of its patience is its own.
#[test]
fn a_tag_at_the_edge_does_not_flicker() {
    for n in [1, 5] {
        edge::<Obid>(n);
        edge::<M810>(n);
    }
}

fn edge<P: Family>(n: usize) {
    let mut pair = up::<P>(P::real());
    let names = pair.items(n);
    pair.emulator.tag_mut("I1").unwrap().faults.hears_every = 3;
    pair.line(&format!("put {}", names.join(" ")));
    pair.until(SECOND * 10, "the stack", |pair| pair.complete() == Some(n));
    let told = pair.events.len();
    pair.run(SECOND * 60);
    assert_eq!(pair.events.len(), told, "{n} tags: {:?}", pair.events.last());
    let seen = pair.pad.seen();
    let uid = pair.emulator.tag("I1").unwrap().uid;
    let edge = seen.iter().find(|seen| seen.tag == uid.into()).unwrap();
    let rate = edge.sightings as f64 / edge.looks as f64;
    assert!((0.3..0.4).contains(&rate), "{edge:?}");
    pair.line("take I1");
    pair.until(SECOND * 2, "its departure", |pair| pair.n_there() == n - 1);
}

#[test]
fn what_the_pad_sees_now() {
    let (mut pair, _) = stack::<Obid>(Obid::real(), 2);
    pair.line("blank X");
    pair.line("put X");
    pair.until(SECOND, "the blank tag", |pair| pair.complete() == Some(3));
    let before = pair.pad.seen();
    assert_eq!(before.iter().filter_map(|seen| seen.item.as_deref()).collect::<Vec<_>>().len(), 2);
    pair.set("I1", Security::Unsecured);
    pair.run(SECOND * 2);
    let after = pair.pad.seen();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.tag, after.tag);
        let n = after.sightings - before.sightings;
        assert_eq!(n, after.looks - before.looks, "nothing is missed");
        assert!((15..25).contains(&n), "{n} in two seconds");
        assert!(pair.now - after.last < Duration::from_millis(300) && after.last > before.last);
    }
    let uid = pair.emulator.tag("I1").unwrap().uid;
    let written = after.iter().find(|seen| seen.tag == uid.into()).unwrap();
    assert_eq!((written.item.as_deref(), written.afi.map(|afi| afi.0)), (Some("I1"), Some(0xC2)));
    pair.line("take all");
    pair.until(SECOND * 2, "an empty pad", |pair| pair.complete() == Some(0));
    assert_eq!(pair.pad.seen(), []);
}

/// All at once: a round asks all of them, so that many take little longer than one.
#[test]
fn a_removed_stack_is_noticed_within_a_second() {
    for n in [5, 10] {
        let times = [emptied_after::<Obid>(n), emptied_after::<M810>(n)];
        assert!(times.iter().all(|time| *time <= SECOND), "{n} tags: {times:?}");
    }
}

fn emptied_after<P: Family>(n: usize) -> Duration {
    let (mut pair, _) = stack::<P>(P::real(), n);
    pair.run(SECOND * 2);
    let taken_at = pair.now;
    pair.line("take all");
    pair.until(SECOND * 5, "an empty pad", |pair| pair.complete() == Some(0));
    pair.now - taken_at
}
