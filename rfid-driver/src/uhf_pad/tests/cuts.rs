//! Writes that are cut: before, after and within the word.

use super::pair::{Family, Pair};
use super::twins::ByUii;
use super::{SECOND, arrived, show, stack};
use crate::data::{Problem, TagData};
use crate::pad::{PadConfig, ReaderEvent, WriteOutcome};
use crate::tag::Security;
use crate::uhf::m100::M100;

/// The tag comes back as it was, or as it should be: it says so itself.
#[test]
fn an_item_that_leaves_within_the_write_is_uncertain_and_comes_back_as_it_is() {
    for (hook, security) in [("on", Security::Secured), ("after", Security::Unsecured)] {
        for name in ["I1", "I3"] {
            let (mut pair, _) = stack::<M100>(M100::fast(), 3);
            pair.line(&format!("{hook} write {name} take"));
            pair.set(name, Security::Unsecured);
            pair.until(SECOND * 4, "an outcome", |pair| pair.outcomes() == 1);
            assert_eq!(pair.outcome(0), Some(WriteOutcome::Uncertain), "{hook} {name}");
            assert_eq!(pair.n_there(), 2, "an uncertain item has departed");
            pair.line(&format!("put {name}"));
            pair.until(SECOND * 2, "the item again", |pair| pair.complete() == Some(3));
            assert_eq!(pair.tag(name).security(), Some(security));
            assert!(show(&pair.events).contains(&format!("arrived {name} Some({security:?})")));
            pair.set(name, Security::Unsecured);
            pair.until(SECOND * 2, "an outcome", |pair| pair.outcomes() == 2);
            assert_eq!(pair.outcome(1), Some(WriteOutcome::Verified));
        }
    }
}

/// Any torn word: while the pad remembers the write, the tag is as before when it comes back.
///
/// covers: uhf-pad.cut
#[test]
fn a_torn_word_is_mended_before_the_item_arrives() {
    for name in ["I1", "I3"] {
        for torn in torn_values() {
            let mut pair = torn_and_back::<M100>(name, torn);
            pair.until(SECOND * 3, "the item again", |pair| pair.complete() == Some(3));
            assert_eq!(arrived(&pair, name), 2, "{torn:04X}: {}", show(&pair.events));
        }
    }
}

/// By its UII it is mended only if the filter for what is left of it finds no other tag; else it arrives as torn.
#[test]
fn by_its_uii_a_torn_word_is_mended_or_told() {
    let mut n_mended = 0;
    for name in ["I1", "I3"] {
        for torn in torn_values() {
            let mut pair = torn_and_back::<ByUii>(name, torn);
            pair.until(SECOND * 9, "the item again", |pair| pair.complete() == Some(3));
            n_mended += arrived(&pair, name) - 1;
            let others = ["I1", "I2", "I3"].into_iter().filter(|other| *other != name);
            others.for_each(|other| {
                assert_eq!(pair.tag(other).security(), Some(Security::Secured), "{torn:04X}")
            });
        }
    }
    assert!(n_mended > 60, "{n_mended}");
}

/// The same after a restart: the item is told right, or not at all; and one that is told can be secured.
#[test]
fn a_torn_word_never_makes_another_item() {
    for name in ["I1", "I3"] {
        for torn in torn_values() {
            let (mut pair, _) = stack::<M100>(M100::fast(), 3);
            tear(&mut pair, name, torn);
            pair.line(&format!("put {name}"));
            let config = PadConfig::default();
            pair.restart(config);
            pair.until(SECOND * 5, "all three", |pair| pair.complete() == Some(3));
            if arrived(&pair, name) == 2 {
                let request = pair.set(name, Security::Secured);
                pair.until(SECOND * 2, "the write", |pair| pair.outcome(request).is_some());
                assert_eq!(pair.outcome(request), Some(WriteOutcome::Verified), "{torn:04X}");
            }
        }
    }
}

/// An AFI between the two values is a library's tag whose state is not known.
#[test]
fn an_afi_that_is_neither_is_a_state_that_is_not_known() {
    let (mut pair, _) = stack::<M100>(M100::fast(), 3);
    let [high, _] = pair.tag("I1").epc[..2] else { panic!("no PC word") };
    tear(&mut pair, "I1", u16::from_be_bytes([high, 0x42]));
    pair.line("put I1");
    pair.restart(PadConfig::default());
    pair.until(SECOND * 5, "all three", |pair| pair.complete() == Some(3));
    assert!(show(&pair.events).contains("arrived I1 None"), "{}", show(&pair.events));
    pair.set("I1", Security::Secured);
    pair.until(SECOND * 2, "the write", |pair| pair.outcomes() == 2);
    assert_eq!(pair.tag("I1").security(), Some(Security::Secured));
}

#[test]
fn what_cannot_be_mended_is_told_as_torn() {
    for (name, torn) in [("I1", 0x0000), ("I1", 0x1907), ("I3", 0xFFFF)] {
        let (mut pair, _) = stack::<M100>(M100::fast(), 3);
        tear(&mut pair, name, torn);
        pair.line(&format!("lock {name} epc"));
        pair.line(&format!("put {name}"));
        pair.until(SECOND * 5, "all three", |pair| pair.complete() == Some(3));
        let is_torn = |event: &ReaderEvent| {
            matches!(event, ReaderEvent::Arrived(arrival) if matches!(&arrival.data,
                TagData::Damaged { problems, .. } if matches!(problems[..], [Problem::Torn { .. }])))
        };
        assert!(pair.events.iter().any(is_torn), "{}", show(&pair.events));
        let request = pair.set(name, Security::Secured);
        assert_eq!(pair.outcome(request), Some(WriteOutcome::Refused), "it is not written");
    }
}

/// The tag of an item lies there again, with this word; the bank as it was before is what it then has, or has again.
fn torn_and_back<P: Family>(name: &str, torn: u16) -> Pair<P> {
    let (mut pair, _) = stack::<P>(P::fast(), 3);
    tear(&mut pair, name, torn);
    pair.line(&format!("put {name}"));
    pair
}

fn tear<P: Family>(pair: &mut Pair<P>, name: &str, torn: u16) {
    let n = pair.outcomes();
    pair.line(&format!("tear {name} {torn:04X}"));
    pair.set(name, Security::Unsecured);
    pair.until(SECOND * 4, "an outcome", |pair| pair.outcomes() == n + 1);
    assert_eq!(pair.outcome(n as u64), Some(WriteOutcome::Uncertain));
    assert_eq!(pair.n_there(), 2);
}

/// Lengths, T and AFI of a PC word; the security bit and the packing of word 2.
fn torn_values() -> impl Iterator<Item = u16> {
    let lengths = (0_u16..32).map(|n| n << 11 | 0x0107);
    lengths.chain([0x0000, 0x3000, 0x4000, 0x4C00, 0x5142, 0x51FF, 0xFFFF, 0x8000, 0x0040, 0x0080, 0x80C0])
}
