//! What inventories of one AFI save, and that they are believed only where they may be.

use super::pair::{Family, Pair};
use super::{SECOND, up};
use crate::emulator::EmulatorConfig;
use crate::hf::m810::M810;
use crate::hf::obid::Obid;
use crate::pad::WriteOutcome;
use crate::tag::Security;

/// A reader on which another stack lay before.
fn tried(config: EmulatorConfig, ignores_afi: bool) -> (Pair<M810>, Vec<String>) {
    let mut pair = up::<M810>(config);
    pair.emulator.faults.ignores_afi = ignores_afi;
    let names = pair.items(5);
    pair.line(&format!("put {}", names.join(" ")));
    pair.until(SECOND * 5, "the first stack", |pair| pair.complete() == Some(5));
    pair.run(SECOND);
    pair.line("take all");
    pair.until(SECOND * 5, "an empty pad", |pair| pair.complete() == Some(0));
    pair.transcript.clear();
    (pair, names)
}

fn lend_all(pair: &mut Pair<M810>, names: &[String]) {
    let before = pair.outcomes();
    names.iter().for_each(|name| _ = pair.set(name, Security::Unsecured));
    pair.until(SECOND * 5, "the writes", |pair| pair.outcomes() == before + names.len());
}

fn n_sent<P: Family>(pair: &Pair<P>, command: &str) -> usize {
    pair.transcript.iter().filter(|line| line.starts_with("> ") && line.get(8..10) == Some(command)).count()
}

const INFORMATION: &str = "0D";
const READ_AFI: &str = "0A";

/// covers: pad.filter
#[test]
fn a_stack_is_asked_and_read_back_at_once() {
    let (mut pair, names) = tried(M810::real(), false);
    pair.line(&format!("put {}", names.join(" ")));
    pair.until(SECOND * 5, "the stack", |pair| pair.complete() == Some(5));
    lend_all(&mut pair, &names);
    assert!((0..5).all(|request| pair.outcome(request) == Some(WriteOutcome::Verified)));
    assert_eq!(n_sent(&pair, INFORMATION) + n_sent(&pair, READ_AFI), 0, "{:#?}", pair.transcript);
}

/// What an inventory of one AFI does not tell is asked by address, and what it tells is what the tag says.
#[test]
fn mixed_stacks_and_writes_that_fail_are_told_as_they_are() {
    for (miss, seed) in [(0, 1), (20, 2), (40, 3)] {
        let (mut pair, names) = tried(EmulatorConfig { seed, ..M810::fast() }, false);
        pair.line("book L1 owner=CN-110108-1-NLC on-loan");
        pair.line("book L2 owner=CN-110108-1-NLC on-loan");
        pair.line(&format!("miss {miss}"));
        pair.line(&format!("put {} L1 L2", names.join(" ")));
        pair.until(SECOND * 20, "the stack", |pair| pair.complete() == Some(7));
        pair.emulator.tag_mut("I2").unwrap().is_afi_locked = true;
        pair.emulator.tag_mut("I3").unwrap().faults.fail_afi = 1;
        lend_all(&mut pair, &names);
        if miss == 0 {
            assert_eq!(pair.outcome(1), Some(WriteOutcome::Refused));
            assert!([0, 2, 3, 4].iter().all(|at| pair.outcome(*at) == Some(WriteOutcome::Verified)));
        }
    }
}

/// covers: pad.filter
#[test]
fn a_reader_that_does_not_heed_the_afi_verifies_nothing() {
    let (mut pair, names) = tried(M810::real(), true);
    pair.line(&format!("put {}", names.join(" ")));
    pair.until(SECOND * 5, "the stack", |pair| pair.complete() == Some(5));
    lend_all(&mut pair, &names);
    assert_eq!(n_sent(&pair, INFORMATION), 10, "each before and after");
    assert!((0..5).all(|request| pair.outcome(request) == Some(WriteOutcome::Verified)));
}

#[test]
fn a_link_that_is_lost_before_writes_are_read_back_leaves_them_uncertain() {
    for stop in 1..8 {
        let (mut pair, names) = tried(M810::real(), false);
        pair.line(&format!("put {}", names.join(" ")));
        pair.until(SECOND * 5, "the stack", |pair| pair.complete() == Some(5));
        names.iter().for_each(|name| _ = pair.set(name, Security::Unsecured));
        // The same once more: a later command must not be told before an earlier one for the same tag.
        names.iter().for_each(|name| _ = pair.set(name, Security::Secured));
        pair.run(SECOND * stop / 20);
        pair.line("unplug");
        pair.line("plug");
        pair.until(SECOND * 5, "the outcomes", |pair| pair.outcomes() == 10);
        pair.until(SECOND * 5, "the stack", |pair| pair.complete() == Some(5));
    }
}

/// The round that sees a new stack begins with its inventory.
#[test]
fn the_field_is_reset_at_rest() {
    let mut pair = up::<Obid>(Obid::real());
    pair.run(SECOND);
    let names = pair.items(1);
    pair.until(SECOND, "a reset", |pair| pair.transcript.last().is_some_and(|line| line == "< 06006900F6FA"));
    pair.transcript.clear();
    pair.line(&format!("put {}", names.join(" ")));
    pair.until(SECOND, "the item", |pair| pair.n_there() == 1);
    assert!(pair.transcript[0].starts_with("> 07FFB00100"), "{:#?}", pair.transcript);
    assert_eq!(pair.transcript.len(), 6, "inventory, system information, blocks: {:#?}", pair.transcript);
}

/// A command does not cost the reading that it interrupts what was read.
#[test]
fn a_reading_goes_on_where_a_command_came_between() {
    let mut pair = up::<Obid>(Obid::real());
    let names = pair.items(5);
    pair.line(&format!("put {}", names.join(" ")));
    pair.transcript.clear();
    for n in 1..=5 {
        pair.until(SECOND, "the next item", |pair| pair.n_there() == n);
        let tags = pair.pad.seen();
        let item = tags.iter().filter_map(|seen| seen.item.clone()).next_back().unwrap();
        pair.set(&item, Security::Unsecured);
    }
    pair.until(SECOND, "the writes", |pair| pair.outcomes() == 5);
    let n_asked = pair.transcript.iter().filter(|line| line.starts_with("> 0FFFB02B")).count();
    assert_eq!(n_asked, 10, "each before and after its write");
}

/// What the last tags have needed is read in one frame.
#[test]
fn how_much_is_read_first_is_learnt() {
    let mut pair = up::<Obid>(Obid::real());
    let reads = |pair: &Pair<Obid>| -> Vec<String> {
        let reads = pair.transcript.iter().filter(|line| line.starts_with("> 11FFB02301"));
        reads.filter_map(|line| line.get(28..32)).map(str::to_owned).collect()
    };
    for at in 0..5 {
        pair.line(&format!("book N{at} owner=CN-110108-1-NLC"));
        pair.line(&format!("put N{at}"));
        pair.until(SECOND, "the item", |pair| pair.n_there() == at + 1);
    }
    let short = reads(&pair);
    assert_eq!(short.get(..4), Some(&["0008", "0008", "0008", "0008"].map(str::to_owned)[..]));
    assert!(short[4] < short[0], "{short:?}");
    pair.transcript.clear();
    for at in 0..2 {
        pair.line(&format!(
            "book LONG{at}ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 owner=CN-110108-1-NLC set=1/1"
        ));
        pair.line(&format!("put LONG{at}ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"));
        pair.until(SECOND, "the item", |pair| pair.n_there() == at + 6);
    }
    let long = reads(&pair);
    assert_eq!(long.len(), 4, "in three, and then in one: {long:?}");
}
